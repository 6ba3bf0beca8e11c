"""Where a simulated vehicle truly is, as its simulator reports it over MAVLink: for the world that
we render around it.

An estimate drifts, and a camera that is rendered from it cannot see that. PX4 sends
HIL_STATE_QUATERNION, ArduPilot SIM_STATE, where a simulator is behind them and where they are
asked; a real vehicle sends neither. Nothing here goes to the session: the bridge flies every
vehicle by its own estimate.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pymavlink.dialects.v20 import common as mavlink

from liquid_nav import geometry
from liquid_nav.autopilots.mavlink_codec import MavlinkMessage
from liquid_nav.autopilots.vehicle import Odometry

DEGREES_PER_E7 = 1e-7
"""Unit of latitude and longitude."""
PX4_METRES_PER_E7 = 6_371_000.0 * math.radians(DEGREES_PER_E7)
"""m of a unit of latitude on the sphere on which PX4 lays out its local map."""
ARDUPILOT_METRES_PER_E7 = 0.011131884502145034
"""m of a unit of latitude in ArduPilot (LOCATION_SCALING_FACTOR)."""
TRUE_POSE_MESSAGE_IDS = {
    "px4": mavlink.MAVLINK_MSG_ID_HIL_STATE_QUATERNION,
    "ardupilot": mavlink.MAVLINK_MSG_ID_SIM_STATE,
}
"""Autopilot -> the message that carries the true pose."""
TRUE_POSE_RATE = 50.0
"""Times a second that we ask for it."""
KINDS = ("HIL_STATE_QUATERNION", "SIM_STATE")


@dataclass(frozen=True, slots=True)
class _Reading:
    """What both messages hold."""

    latitude: int
    """1e-7 degrees."""
    longitude: int
    """1e-7 degrees."""
    altitude: float
    """Above the sea, m."""
    quaternion: NDArray[np.float64]
    """float64 [4] w x y z, FRD to NED."""
    velocity: NDArray[np.float64]
    """float64 [3] NED, m/s."""
    rates: NDArray[np.float64]
    """float64 [3] FRD, rad/s."""
    metre: float
    """m of a unit of latitude."""


class MavlinkTruePose:
    """Turns these messages into odometry on a map of its own, whose origin is the first place."""

    def __init__(self) -> None:
        """Have received nothing."""
        self._origin: _Reading | None = None
        self._stamp = -math.inf

    def read(self, message: MavlinkMessage, boot: float | None) -> Odometry | None:
        """Return what a message reports, or None: it is another one, not finite, or no newer than
        the last.

        Args:
            message: Of the vehicle's autopilot.
            boot: Time since the vehicle's boot by its last position, s: PX4 leaves the time of this
                message at zero.
        """
        kind = message.get_type()
        if kind not in KINDS or boot is None or boot == self._stamp:
            return None
        reading = _px4(message) if kind == KINDS[0] else _ardupilot(message)
        size = float(np.linalg.norm(reading.quaternion))
        moves = np.isfinite(reading.velocity).all() and np.isfinite(reading.rates).all()
        finite = moves and math.isfinite(reading.altitude)
        somewhere = reading.latitude != 0 or reading.longitude != 0
        if not (finite and somewhere and abs(size - 1.0) < 0.1):
            return None
        if self._origin is None:
            self._origin = reading
        self._stamp = boot
        return Odometry(
            boot,
            _place(self._origin, reading),
            geometry.attitude_ned_to_enu(reading.quaternion / size),
            geometry.ned_to_enu(reading.velocity),
            geometry.frd_to_flu(reading.rates),
        )


def _place(origin: _Reading, reading: _Reading) -> NDArray[np.float64]:
    """Return [3] ENU m from the origin; within some hundred metres of flight the sphere is flat."""
    shrinks = math.cos(math.radians(origin.latitude * DEGREES_PER_E7))
    return np.array(
        (
            (reading.longitude - origin.longitude) * reading.metre * shrinks,
            (reading.latitude - origin.latitude) * reading.metre,
            reading.altitude - origin.altitude,
        )
    )


def _px4(message: MavlinkMessage) -> _Reading:
    return _Reading(
        message.lat,
        message.lon,
        message.alt / 1000.0,
        np.array(message.attitude_quaternion, np.float64),
        np.array((message.vx, message.vy, message.vz)) / 100.0,
        np.array((message.rollspeed, message.pitchspeed, message.yawspeed)),
        PX4_METRES_PER_E7,
    )


def _ardupilot(message: MavlinkMessage) -> _Reading:
    return _Reading(
        message.lat_int,
        message.lon_int,
        float(message.alt),
        np.array((message.q1, message.q2, message.q3, message.q4)),
        np.array((message.vn, message.ve, message.vd)),
        np.array((message.xgyro, message.ygyro, message.zgyro)),
        ARDUPILOT_METRES_PER_E7,
    )
