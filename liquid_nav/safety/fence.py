"""The fence around the place where a person engaged: commands that lead out are cut, being out is a
fault.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from liquid_nav.safety.faults import Fault, FaultKind
from liquid_nav.types import Command

OUTSIDE = 1.0
"""m beyond the fence that turn a limit into a fault."""
LOOK_AHEAD = 1.0
"""s from the fence at which commands towards it begin to be cut."""


@dataclass(frozen=True, slots=True)
class FenceLimits:
    """Where the fence is; zero turns a side off."""

    radius: float = 0.0
    """Horizontal distance from home at most, m."""
    low: float = 0.0
    """Height above home at least, m; negative."""
    high: float = 0.0
    """Height above home at most, m."""


class Fence:
    """A cylinder around home."""

    def __init__(self, limits: FenceLimits) -> None:
        """Without a home there is no fence yet."""
        self.limits = limits
        self.home: NDArray[np.float64] | None = None

    def faults(self, position: NDArray[np.float64] | None) -> list[Fault]:
        """Return what is wrong with a position, float64 [3] ENU m."""
        if self.home is None or position is None:
            return []
        x, y, z = position - self.home
        limits = self.limits
        distance = math.hypot(x, y)
        if limits.radius and distance > limits.radius + OUTSIDE:
            return [Fault(FaultKind.FENCE_RADIUS, distance, limits.radius)]
        above = bool(limits.high) and z > limits.high + OUTSIDE
        below = bool(limits.low) and z < limits.low - OUTSIDE
        if above or below:
            return [Fault(FaultKind.FENCE_HEIGHT, float(z), limits.low, limit_high=limits.high)]
        return []

    def cut(self, command: Command, position: NDArray[np.float64] | None, yaw: float) -> Command:
        """Return the command without what leads out within ``LOOK_AHEAD`` s; ``yaw``: heading in
        ENU, rad.
        """
        if self.home is None or position is None:
            return command
        x, y, z = position - self.home
        limits = self.limits
        vx = command.vx
        vy = command.vy
        vz = command.vz
        distance = math.hypot(x, y)
        # At home itself no direction leads out, and the division below would fail.
        if limits.radius and distance > 1e-6:
            c = math.cos(yaw)
            s = math.sin(yaw)
            out_x = (c * x + s * y) / distance
            out_y = (-s * x + c * y) / distance
            allowed = max(0.0, limits.radius - distance) / LOOK_AHEAD
            excess = vx * out_x + vy * out_y - allowed
            if excess > 0.0:
                vx = vx - excess * out_x
                vy = vy - excess * out_y
        if limits.high:
            vz = min(vz, max(0.0, limits.high - z) / LOOK_AHEAD)
        if limits.low:
            vz = max(vz, min(0.0, limits.low - z) / LOOK_AHEAD)
        return Command(vx, vy, vz, command.yaw_rate)
