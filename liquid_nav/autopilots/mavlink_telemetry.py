"""From the vehicle's MAVLink messages to the state of it that knows no protocol. The caller has
checked that they are the vehicle's.
"""

from __future__ import annotations

import math

import numpy as np
from pymavlink.dialects.v20 import common as mavlink

from liquid_nav.autopilots.mavlink_codec import MavlinkMessage
from liquid_nav.autopilots.vehicle import Landed, VehicleState

LANDED = {
    mavlink.MAV_LANDED_STATE_ON_GROUND: Landed.ON_GROUND,
    mavlink.MAV_LANDED_STATE_IN_AIR: Landed.IN_AIR,
    mavlink.MAV_LANDED_STATE_TAKEOFF: Landed.TAKING_OFF,
    mavlink.MAV_LANDED_STATE_LANDING: Landed.COMING_DOWN,
}
RESTART = 1.0
"""s that the vehicle's clock must go back to have been started again."""
FAILSAFE = (mavlink.MAV_STATE_CRITICAL, mavlink.MAV_STATE_EMERGENCY)
MOST_CHANNELS = 16
"""Channels of a remote control that are read."""
RECEIVER = mavlink.MAV_SYS_STATUS_SENSOR_RC_RECEIVER
NO_VOLTAGE = 0xFFFF
"""What SYS_STATUS holds where the voltage is unknown."""


def read(message: MavlinkMessage, vehicle: VehicleState, now: float) -> bool:
    """Take one message of the vehicle's autopilot into ``vehicle``; returns whether it brought
    anything.
    """
    reader = _READERS.get(message.get_type())
    return reader is not None and reader(message, vehicle, now)


def _heartbeat(message: MavlinkMessage, vehicle: VehicleState, now: float) -> bool:
    vehicle.beat(now)
    vehicle.autopilot = message.autopilot
    vehicle.kind = message.type
    vehicle.mode = message.custom_mode
    vehicle.armed = bool(message.base_mode & mavlink.MAV_MODE_FLAG_SAFETY_ARMED)
    vehicle.failsafe = message.system_status in FAILSAFE
    return True


def _landed(message: MavlinkMessage, vehicle: VehicleState, now: float) -> bool:
    vehicle.landed = LANDED.get(message.landed_state, Landed.UNKNOWN)
    return True


def _position(message: MavlinkMessage, vehicle: VehicleState, now: float) -> bool:
    position = np.array((message.x, message.y, message.z))
    velocity = np.array((message.vx, message.vy, message.vz))
    if not (np.isfinite(position).all() and np.isfinite(velocity).all()):
        return False
    boot = message.time_boot_ms / 1000.0
    if vehicle.boot is not None:
        if boot < vehicle.boot - RESTART:
            vehicle.reboots += 1
        elif boot <= vehicle.boot:
            return False  # no progress: the same one again, or out of order
    vehicle.boot = boot
    vehicle.position = position
    vehicle.velocity = velocity
    vehicle.position_time = now
    vehicle.stand()
    return True


def _attitude(message: MavlinkMessage, vehicle: VehicleState, now: float) -> bool:
    quaternion = np.array((message.q1, message.q2, message.q3, message.q4))
    rates = np.array((message.rollspeed, message.pitchspeed, message.yawspeed))
    size = float(np.linalg.norm(quaternion))
    if not (math.isfinite(size) and abs(size - 1.0) < 0.1 and np.isfinite(rates).all()):
        return False
    vehicle.attitude = quaternion / size
    vehicle.rates = rates
    return True


def _imu(message: MavlinkMessage, vehicle: VehicleState, now: float) -> bool:
    vehicle.force = np.array((message.xacc, message.yacc, message.zacc))
    return True


def _status(message: MavlinkMessage, vehicle: VehicleState, now: float) -> bool:
    receiver = (
        message.onboard_control_sensors_present & message.onboard_control_sensors_health & RECEIVER
    )
    vehicle.receiver = bool(receiver)
    vehicle.receiver_time = now
    vehicle.battery = _charge(message)
    vehicle.voltage = _voltage(message)
    return True


def _charge(message: MavlinkMessage) -> float | None:
    """Return the charge of a SYS_STATUS, 0 to 1; None where it has none."""
    percent: int = message.battery_remaining
    if 0 <= percent <= 100:
        return percent / 100.0
    return None


def _voltage(message: MavlinkMessage) -> float | None:
    """Return the voltage of a SYS_STATUS, V; None where it has none."""
    millivolts: int = message.voltage_battery
    if millivolts == NO_VOLTAGE:
        return None
    return millivolts / 1000.0


def _sticks(message: MavlinkMessage, vehicle: VehicleState, now: float) -> bool:
    count = min(int(message.chancount), MOST_CHANNELS)
    if count == 0:
        return False
    vehicle.sticks = tuple(getattr(message, f"chan{i}_raw") for i in range(1, count + 1))
    vehicle.sticks_time = now
    vehicle.sticks_stamp = message.time_boot_ms / 1000.0
    return True


def _global(message: MavlinkMessage, vehicle: VehicleState, now: float) -> bool:
    if message.lat == 0 and message.lon == 0:
        return False  # what an autopilot without a position fix sends
    vehicle.global_time = now
    return True


_READERS = {
    "HEARTBEAT": _heartbeat,
    "EXTENDED_SYS_STATE": _landed,
    "LOCAL_POSITION_NED": _position,
    "ATTITUDE_QUATERNION": _attitude,
    "HIGHRES_IMU": _imu,
    "SYS_STATUS": _status,
    "RC_CHANNELS": _sticks,
    "GLOBAL_POSITION_INT": _global,
}
