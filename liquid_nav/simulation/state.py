"""What the embedded drone is doing at one instant."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class DroneState:
    """True state of the drone."""

    time: float
    """Simulated time, or that of the message it was read from, s."""
    position: np.ndarray
    """Position, float64 [3], ENU m."""
    quaternion: np.ndarray
    """Attitude, float64 [4] w x y z, from body FLU to ENU."""
    velocity: np.ndarray
    """Velocity, float64 [3], ENU m/s."""
    angular_velocity: np.ndarray
    """Angular velocity, float64 [3], body FLU rad/s."""
    acceleration: np.ndarray
    """Specific force (what an accelerometer measures), float64 [3], body FLU m/s^2; NaN where
    unknown.
    """

    @property
    def yaw(self) -> float:
        """Heading in rad, counter-clockwise from east, in (-pi, pi]."""
        w, x, y, z = self.quaternion
        return math.atan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))

    def level_velocity(self) -> np.ndarray:
        """Return float64 [3]: forward, left, up in m/s in the level body frame."""
        c = math.cos(self.yaw)
        s = math.sin(self.yaw)
        vx, vy, vz = self.velocity
        return np.array((c * vx + s * vy, -s * vx + c * vy, vz))

    def yaw_rate(self) -> float:
        """Return the rate of change of the heading in rad/s (level frame, counter-clockwise)."""
        w, x, y, z = self.quaternion
        # Third row of the rotation matrix: what the body rates contribute about the vertical.
        p, q, r = self.angular_velocity
        return float(
            2 * (x * z - w * y) * p + 2 * (y * z + w * x) * q + (1 - 2 * (x * x + y * y)) * r
        )
