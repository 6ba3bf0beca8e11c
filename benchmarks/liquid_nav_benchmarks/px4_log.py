"""Reads the step response of a real PX4 from a MAVLink recording (tlog), in the terms of the
embedded drone's.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from liquid_nav.errors import UserError
from liquid_nav_benchmarks.recorded_steps import DURATION, STEP, StepResponse

_MESSAGES = ["SET_POSITION_TARGET_LOCAL_NED", "LOCAL_POSITION_NED", "ATTITUDE"]
_BEFORE = 0.5
"""s of record kept before the command."""


class LogError(UserError):
    """A recording that cannot be read or does not hold the step."""


def read_px4_step(path: str | Path, name: str = "PX4") -> StepResponse:
    """Return the first 2 m/s, 0.3 rad/s step (body frame, velocity and yaw rate) of a recording.

    Times are those at which the companion sent and received, so the link is in them. PX4 turns
    right for a positive yaw rate (NED): the side is counted to the right.

    Raises:
        LogError: no such file, no pymavlink, or no such step.
    """
    sent, velocities, attitudes = _messages(Path(path))
    if sent is None or len(velocities) < 10 or len(attitudes) < 10:
        raise LogError(
            f"'{path}' holds no step to {STEP.vx:g} m/s and {STEP.yaw_rate:g} rad/s, or not what "
            "followed",
            "give a recording in which a companion sends it in frame 8 (BODY_NED)",
        )
    received, boot, north, east, down = velocities.T
    _, attitude_boot, roll, pitch, yaw, _, q, r = attitudes.T
    # Both messages carry the vehicle's clock: their samples meet on it, not on the times of
    # arrival.
    heading = np.interp(boot, attitude_boot, np.unwrap(yaw))
    turn = (np.sin(roll) * q + np.cos(roll) * r) / np.cos(pitch)
    cos = np.cos(heading)
    sin = np.sin(heading)
    return StepResponse(
        name,
        received - sent,
        cos * north + sin * east,
        -sin * north + cos * east,
        -down,
        np.interp(boot, attitude_boot, turn),
    )


def _messages(path: Path) -> tuple[float | None, np.ndarray, np.ndarray]:
    """Return when the step was sent (s), and what came around it: velocities [N,5] and attitudes
    [M,8].
    """
    if not path.is_file():
        raise LogError(f"no recording at '{path}'", "give a .tlog file")
    try:
        from pymavlink import mavutil
    except ImportError as error:
        raise LogError(
            "the Python package 'pymavlink' is not installed", "pip install 'liquid_nav[flight]'"
        ) from error
    log = mavutil.mavlink_connection(str(path), dialect="common")
    sent = None
    velocities: list[tuple[float, ...]] = []
    attitudes: list[tuple[float, ...]] = []
    while (message := log.recv_match(type=_MESSAGES)) is not None:
        stamp = message._timestamp
        kind = message.get_type()
        if sent is not None and stamp > sent + DURATION:
            break
        if kind == "SET_POSITION_TARGET_LOCAL_NED":
            if (
                sent is None
                and abs(message.vx - STEP.vx) < 1e-3
                and abs(message.yaw_rate - STEP.yaw_rate) < 1e-3
            ):
                sent = stamp
        elif kind == "LOCAL_POSITION_NED":
            velocities.append(
                (stamp, message.time_boot_ms / 1000.0, message.vx, message.vy, message.vz)
            )
        else:
            attitudes.append(
                (
                    stamp,
                    message.time_boot_ms / 1000.0,
                    message.roll,
                    message.pitch,
                    message.yaw,
                    message.rollspeed,
                    message.pitchspeed,
                    message.yawspeed,
                )
            )
    log.close()
    since = float("inf") if sent is None else sent - _BEFORE
    return sent, _sorted(velocities, since, 5), _sorted(attitudes, since, 8)


def _sorted(rows: list[tuple[float, ...]], since: float, width: int) -> np.ndarray:
    """Rows received from ``since`` on, in the order of the vehicle's clock, each instant once:
    float64 [N,width].
    """
    values = np.array([row for row in rows if row[0] >= since], dtype=np.float64).reshape(-1, width)
    _, unique = np.unique(values[:, 1], return_index=True)
    return values[unique]
