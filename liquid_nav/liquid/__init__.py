"""Liquid networks: wirings, cells, solvers, the fast kernel, event streams and stability analysis.

Knows nothing of images, drones or ROS. Every cell is a ``Core``; elapsed time in seconds is always an input.
"""

from .core import Core, CoreInputError
from .ltc import LTC
from .ncp import NCPWiring
from .wiring import Wiring, WiringError

__all__ = ["LTC", "Core", "CoreInputError", "NCPWiring", "Wiring", "WiringError"]
