"""Liquid networks: wirings, cells, solvers, the fast kernel, event streams and stability analysis.

Knows nothing of images, drones or ROS. Every cell is a ``Core``; elapsed time in seconds is always an input.
"""

from .cfc import CfC
from .core import Core, CoreInputError
from .ctrnn import CTRNN
from .gru_ode import GRUODE
from .leaky import LeakyLiquid
from .ltc import LTC
from .ncp import NCPWiring
from .neural_ode import NeuralODE
from .ode import ODECore
from .wiring import Wiring, WiringError
from .wirings import DenseWiring, RandomWiring

__all__ = [
    "CTRNN",
    "CfC",
    "GRUODE",
    "LTC",
    "Core",
    "DenseWiring",
    "RandomWiring",
    "CoreInputError",
    "LeakyLiquid",
    "NCPWiring",
    "NeuralODE",
    "ODECore",
    "Wiring",
    "WiringError",
]
