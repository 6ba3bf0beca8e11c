"""How a particular drone answers a velocity command: parameters, and their spread over a fleet.

The ranges enclose the response of a real PX4 (velocity begins to answer after 0.2-0.25 s and
reaches 90 % within 0.6-1.2 s, yaw rate 90 % within 0.4-0.9 s), so that a policy never meets one
ideal drone only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class DroneResponse:
    """Physical and control parameters of one quadrotor.

    mass: kg; drag: N per m/s of air speed; motor_lag: s, first order; delay: s from command to set
    point;
    velocity_gain: 1/s (acceleration per velocity error); integral_gain: 1/s^2; vertical_gain: 1/s;
    attitude_gain: 1/s; rate_gain: 1/s; yaw_lag: s, first order on the commanded yaw rate;
    tilt_limit: rad; camera_pitch, camera_roll: rad of mounting error.
    """

    mass: float = 2.0
    drag: float = 0.35
    motor_lag: float = 0.035
    delay: float = 0.04
    velocity_gain: float = 2.6
    integral_gain: float = 0.6
    vertical_gain: float = 4.0
    attitude_gain: float = 6.5
    rate_gain: float = 18.0
    yaw_lag: float = 0.22
    tilt_limit: float = 0.6
    camera_pitch: float = 0.0
    camera_roll: float = 0.0


RANGES: dict[str, tuple[float, float]] = {
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


WIDE_RANGES = RANGES | {"drag": (0.15, 1.5), "delay": (0.0, 0.15), "yaw_lag": (0.12, 0.45)}
"""Encloses a PX4 with stock gains too, which settles at three quarters of the commanded speed; for
training only.
"""


def sample_response(
    rng: np.random.Generator, ranges: dict[str, tuple[float, float]] = RANGES
) -> DroneResponse:
    """Draw one drone of the fleet; same generator state, same drone."""
    return DroneResponse(
        **{name: float(rng.uniform(low, high)) for name, (low, high) in ranges.items()}
    )
