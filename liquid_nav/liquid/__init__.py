"""Liquid networks: wirings, cells, solvers, the fast kernel, event streams and stability analysis.

Independent of images, drones and ROS. Every cell is a ``Core``; elapsed time in seconds is always
an input.
"""

from typing import TYPE_CHECKING

from liquid_nav.lazy_names import lazy_names

if TYPE_CHECKING:
    from liquid_nav.liquid.cfc import CfC
    from liquid_nav.liquid.core import Core, CoreInputError
    from liquid_nav.liquid.ctrnn import CTRNN
    from liquid_nav.liquid.event_stream import Channel, Stream
    from liquid_nav.liquid.fast import fast_ltc_available
    from liquid_nav.liquid.gru_ode import GRUODE
    from liquid_nav.liquid.leaky import LeakyLiquid
    from liquid_nav.liquid.liquid_state import LiquidStateMachine
    from liquid_nav.liquid.ltc import LTC
    from liquid_nav.liquid.ncp import NCPWiring
    from liquid_nav.liquid.neural_ode import NeuralODE
    from liquid_nav.liquid.ode import ODECore
    from liquid_nav.liquid.regularizers import time_constant_penalty
    from liquid_nav.liquid.solvers.dormand_prince import DormandPrince
    from liquid_nav.liquid.solvers.explicit_euler import ExplicitEuler
    from liquid_nav.liquid.solvers.implicit import ImplicitEuler
    from liquid_nav.liquid.solvers.rk4 import RK4
    from liquid_nav.liquid.solvers.semi_implicit import SemiImplicitEuler
    from liquid_nav.liquid.unstructured_wirings import DenseWiring, RandomWiring
    from liquid_nav.liquid.warm_start import WarmStart
    from liquid_nav.liquid.wiring import Wiring, WiringError
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "cfc": ["CfC"],
            "core": ["Core", "CoreInputError"],
            "ctrnn": ["CTRNN"],
            "event_stream": ["Channel", "Stream"],
            "fast": ["fast_ltc_available"],
            "gru_ode": ["GRUODE"],
            "leaky": ["LeakyLiquid"],
            "liquid_state": ["LiquidStateMachine"],
            "ltc": ["LTC"],
            "ncp": ["NCPWiring"],
            "neural_ode": ["NeuralODE"],
            "ode": ["ODECore"],
            "regularizers": ["time_constant_penalty"],
            "solvers.dormand_prince": ["DormandPrince"],
            "solvers.explicit_euler": ["ExplicitEuler"],
            "solvers.implicit": ["ImplicitEuler"],
            "solvers.rk4": ["RK4"],
            "solvers.semi_implicit": ["SemiImplicitEuler"],
            "unstructured_wirings": ["DenseWiring", "RandomWiring"],
            "warm_start": ["WarmStart"],
            "wiring": ["Wiring", "WiringError"],
        },
    )

__all__ = [
    "CTRNN",
    "CfC",
    "Channel",
    "Core",
    "CoreInputError",
    "DenseWiring",
    "DormandPrince",
    "ExplicitEuler",
    "GRUODE",
    "ImplicitEuler",
    "LTC",
    "LeakyLiquid",
    "LiquidStateMachine",
    "NCPWiring",
    "NeuralODE",
    "ODECore",
    "RK4",
    "RandomWiring",
    "SemiImplicitEuler",
    "Stream",
    "WarmStart",
    "Wiring",
    "WiringError",
    "fast_ltc_available",
    "time_constant_penalty",
]
