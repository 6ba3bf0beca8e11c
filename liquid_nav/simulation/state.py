"""What the embedded drone is doing at one instant."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from liquid_nav import geometry


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
        return geometry.yaw_of(self.quaternion)

    def level_velocity(self) -> np.ndarray:
        """Return float64 [3]: forward, left, up in m/s in the level body frame."""
        return geometry.level_from_world(self.velocity, self.yaw)

    def yaw_rate(self) -> float:
        """Return the rate of change of the heading in rad/s (level frame, counter-clockwise)."""
        x_axis, y_axis, z_axis = geometry.body_axes(self.quaternion)
        # What the body rates contribute about the vertical.
        p, q, r = self.angular_velocity
        return float(x_axis[2] * p + y_axis[2] * q + z_axis[2] * r)
