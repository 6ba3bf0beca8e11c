"""How a particular drone answers a velocity command: parameters, and their spread over a fleet.

The ranges enclose the response of a real PX4 (velocity begins to answer after 0.2-0.25 s and
reaches 90 % within 0.6-1.2 s, yaw rate 90 % within 0.4-0.9 s), so that a policy never meets one
ideal drone only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from liquid_nav.worlds import DRONE_MODEL


@dataclass(frozen=True, slots=True)
class DroneResponse:
    """Physical and control parameters of one quadrotor."""

    mass: float = DRONE_MODEL.mass
    """Mass, kg."""
    drag: float = 0.35
    """Linear air drag, N per m/s of air speed."""
    motor_lag: float = 0.035
    """Time constant of the first-order lag of the rotors' thrust, s."""
    delay: float = 0.04
    """Time from the arrival of a command until the controller follows it as its set point, s."""
    velocity_gain: float = 2.6
    """Horizontal acceleration per horizontal velocity error, 1/s."""
    integral_gain: float = 0.6
    """Growth of the integral part of the acceleration per velocity error, 1/s^2, on all three axes.
    """
    vertical_gain: float = 4.0
    """Vertical acceleration per vertical velocity error, 1/s."""
    attitude_gain: float = 6.5
    """Commanded roll and pitch rate per tilt error, 1/s."""
    rate_gain: float = 18.0
    """Angular acceleration per body rate error, 1/s; half of it about the body's vertical axis."""
    yaw_lag: float = 0.22
    """Time constant of the first-order lag on the commanded yaw rate, s."""
    tilt_limit: float = 0.6
    """Largest angle between commanded thrust and vertical, rad."""
    camera_pitch: float = 0.0
    """Pitch error of the camera's mounting, rad; positive nose down."""
    camera_roll: float = 0.0
    """Roll error of the camera's mounting, rad; positive with the camera's right side raised."""


RESPONSE_RANGES: dict[str, tuple[float, float]] = {
    "mass": (1.7, 2.4),
    "drag": (0.15, 0.6),
    "motor_lag": (0.02, 0.06),
    "delay": (0.0, 0.10),
    "velocity_gain": (1.8, 4.0),
    "integral_gain": (0.3, 1.0),
    "vertical_gain": (3.0, 5.0),
    "attitude_gain": (5.0, 8.0),
    "yaw_lag": (0.12, 0.36),
    "camera_pitch": (-0.026, 0.026),
    "camera_roll": (-0.017, 0.017),
}
"""Uniform range of each parameter that differs from drone to drone."""


WIDE_RESPONSE_RANGES = RESPONSE_RANGES | {
    "drag": (0.15, 1.5),
    "delay": (0.0, 0.15),
    "yaw_lag": (0.12, 0.45),
}
"""Encloses a PX4 with stock gains too, which settles at three quarters of the commanded speed; for
training only.
"""


def sample_response(
    rng: np.random.Generator, ranges: dict[str, tuple[float, float]] = RESPONSE_RANGES
) -> DroneResponse:
    """Draw one drone of the fleet; same generator state, same drone."""
    return DroneResponse(
        **{name: float(rng.uniform(low, high)) for name, (low, high) in ranges.items()}
    )
