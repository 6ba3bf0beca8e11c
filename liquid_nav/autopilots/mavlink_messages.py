"""The messages that we send to an autopilot, built from plain values."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray
from pymavlink.dialects.v20 import common as mavlink

from liquid_nav import geometry
from liquid_nav.autopilots.mavlink_codec import MavlinkMessage
from liquid_nav.types import Command

VELOCITY_YAW_RATE_MASK = 0x5C7
"""type_mask: positions, accelerations and yaw are ignored, the three velocities and the yaw rate
count.
"""
WANTED = {
    mavlink.MAVLINK_MSG_ID_LOCAL_POSITION_NED: 30.0,
    mavlink.MAVLINK_MSG_ID_ATTITUDE_QUATERNION: 30.0,
    mavlink.MAVLINK_MSG_ID_EXTENDED_SYS_STATE: 5.0,
    mavlink.MAVLINK_MSG_ID_SYS_STATUS: 2.0,
    mavlink.MAVLINK_MSG_ID_RC_CHANNELS: 10.0,
    mavlink.MAVLINK_MSG_ID_HIGHRES_IMU: 30.0,
    mavlink.MAVLINK_MSG_ID_GLOBAL_POSITION_INT: 1.0,
}
"""Message id -> rate in Hz that we ask for."""
ESSENTIAL = frozenset(
    {
        mavlink.MAVLINK_MSG_ID_LOCAL_POSITION_NED,
        mavlink.MAVLINK_MSG_ID_ATTITUDE_QUATERNION,
        mavlink.MAVLINK_MSG_ID_EXTENDED_SYS_STATE,
    }
)
"""Messages without which nothing flies."""
MOST_REPETITIONS = 255
"""Repetitions that COMMAND_LONG can count: one byte."""
INTEGERS = {
    mavlink.MAV_PARAM_TYPE_UINT8: "B",
    mavlink.MAV_PARAM_TYPE_INT8: "b",
    mavlink.MAV_PARAM_TYPE_UINT16: "H",
    mavlink.MAV_PARAM_TYPE_INT16: "h",
    mavlink.MAV_PARAM_TYPE_UINT32: "I",
    mavlink.MAV_PARAM_TYPE_INT32: "i",
}


def heartbeat(station: bool) -> MavlinkMessage:
    """Our heartbeat; ``station``: as a ground station by type, otherwise as a companion
    computer.
    """
    kind = mavlink.MAV_TYPE_GCS if station else mavlink.MAV_TYPE_ONBOARD_CONTROLLER
    return mavlink.MAVLink_heartbeat_message(
        kind, mavlink.MAV_AUTOPILOT_INVALID, 0, 0, mavlink.MAV_STATE_ACTIVE, 3
    )


def set_point(command: Command, time: float, system: int) -> MavlinkMessage:
    """A velocity and yaw rate in the level body frame; ``time``: s of our clock."""
    vx, vy, vz, yaw_rate = geometry.command_to_body_ned(command)
    return mavlink.MAVLink_set_position_target_local_ned_message(
        int(round(time * 1000.0)) & 0xFFFFFFFF,
        system,
        1,
        mavlink.MAV_FRAME_BODY_NED,
        VELOCITY_YAW_RATE_MASK,
        0.0,
        0.0,
        0.0,
        vx,
        vy,
        vz,
        0.0,
        0.0,
        0.0,
        0.0,
        yaw_rate,
    )


def command_long(
    system: int, number: int, parameters: tuple[float, ...] = (), attempt: int = 0
) -> MavlinkMessage:
    """A MAV_CMD with up to seven parameters, the rest zero; ``attempt`` counts repetitions from 0,
    sent up to 255.
    """
    seven = tuple(float(value) for value in parameters) + (0.0,) * (7 - len(parameters))
    return mavlink.MAVLink_command_long_message(
        system, 1, number, min(attempt, MOST_REPETITIONS), *seven
    )


def request_message_rate(system: int, number: int, rate: float) -> MavlinkMessage:
    """Ask for a message at a rate in Hz."""
    return command_long(system, mavlink.MAV_CMD_SET_MESSAGE_INTERVAL, (number, 1e6 / rate))


def read_parameter(system: int, name: str) -> MavlinkMessage:
    """Ask for a parameter by name."""
    return mavlink.MAVLink_param_request_read_message(system, 1, name.encode(), -1)


def set_parameter(
    system: int, name: str, value: float, kind: int, bytewise: bool
) -> MavlinkMessage:
    """Set a parameter of MAV_PARAM_TYPE ``kind``."""
    return mavlink.MAVLink_param_set_message(
        system, 1, name.encode(), encode_parameter(value, kind, bytewise), kind
    )


def parameter_value_message(
    name: str, value: float, kind: int, bytewise: bool, count: int = 1, index: int = 0
) -> MavlinkMessage:
    """What an autopilot answers."""
    return mavlink.MAVLink_param_value_message(
        name.encode(), encode_parameter(value, kind, bytewise), kind, count, index
    )


def encode_parameter(value: float, kind: int, bytewise: bool) -> float:
    """Return the float that carries a parameter; PX4 puts the bits of an integer into it, ArduPilot
    its value.
    """
    if not bytewise or kind not in INTEGERS:
        return float(value)
    bits = struct.pack("<" + INTEGERS[kind], int(value)).ljust(4, b"\0")
    return float(struct.unpack("<f", bits)[0])


def decode_parameter(value: float, kind: int, bytewise: bool) -> float:
    """Inverse of ``encode_parameter``."""
    if not bytewise or kind not in INTEGERS:
        return float(value)
    layout = "<" + INTEGERS[kind]
    return float(struct.unpack_from(layout, struct.pack("<f", value))[0])


def external_vision_message(
    time: float,
    position: NDArray[np.float64],
    quaternion: NDArray[np.float64],
    velocity: NDArray[np.float64],
    rates: NDArray[np.float64],
) -> MavlinkMessage:
    """Odometry for the autopilot's estimator. Ours: ENU [3] m, FLU to ENU [4], ENU [3] m/s, FLU [3]
    rad/s; time s.
    """
    q = geometry.attitude_enu_to_ned(quaternion)
    unknown = [float("nan")] + [0.0] * 20
    return mavlink.MAVLink_odometry_message(
        int(time * 1e6),
        mavlink.MAV_FRAME_LOCAL_NED,
        mavlink.MAV_FRAME_LOCAL_NED,
        *geometry.enu_to_ned(position),
        list(q),
        *geometry.enu_to_ned(velocity),
        *geometry.flu_to_frd(rates),
        unknown,
        unknown,
        0,
        mavlink.MAV_ESTIMATOR_TYPE_VISION,
    )
