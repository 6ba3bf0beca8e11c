"""Liquid networks: wirings, cells, solvers, the fast kernel, event streams and stability analysis.

Independent of images, drones and ROS. Every cell is a ``Core``; elapsed time in seconds is always
an input.
"""

from .cfc import CfC
from .core import Core, CoreInputError
from .ctrnn import CTRNN
from .gru_ode import GRUODE
from .leaky import LeakyLiquid
from .liquid_state import LiquidStateMachine
from .ltc import LTC
from .ncp import NCPWiring
from .neural_ode import NeuralODE
from .ode import ODECore
from .stream import Channel, Stream
from .warm_start import WarmStart
from .wiring import Wiring, WiringError
from .wirings import DenseWiring, RandomWiring

__all__ = [
    "CTRNN",
    "GRUODE",
    "LTC",
    "CfC",
    "Channel",
    "Core",
    "CoreInputError",
    "DenseWiring",
    "LeakyLiquid",
    "LiquidStateMachine",
    "NCPWiring",
    "NeuralODE",
    "ODECore",
    "RandomWiring",
    "Stream",
    "WarmStart",
    "Wiring",
    "WiringError",
]
