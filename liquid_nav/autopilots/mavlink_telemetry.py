"""What the vehicle says about itself, reduced from its messages: the bridge's only picture of it.

Raw units and frames are those of the protocol (NED, FRD); ``odometry`` turns them into ours.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from pymavlink.dialects.v20 import common as mavlink

from liquid_nav import geometry
from liquid_nav.autopilots.mavlink_codec import Message

AUTOPILOT = mavlink.MAV_COMP_ID_AUTOPILOT1
ON_GROUND, IN_AIR = mavlink.MAV_LANDED_STATE_ON_GROUND, mavlink.MAV_LANDED_STATE_IN_AIR


@dataclass(frozen=True, slots=True)
class Odometry:
    """The vehicle's state in our frames, float64.

    time: s of the vehicle's clock; position: [3] ENU m from its origin; quaternion: [4] FLU to ENU; velocity: [3] ENU
    m/s; angular_velocity: [3] FLU rad/s.
    """

    time: float
    position: np.ndarray
    quaternion: np.ndarray
    velocity: np.ndarray
    angular_velocity: np.ndarray


class Telemetry:
    """The last of everything, with the time (s, the caller's clock) at which it came; None until it came."""

    def __init__(self) -> None:
        """Know nothing."""
        self.heartbeat: float | None = None
        self.autopilot: int | None = None
        self.mode: int | None = None
        self.armed = False
        self.status: int | None = None
        self.landed: int | None = None
        self.position: np.ndarray | None = None
        self.velocity: np.ndarray | None = None
        self.position_time: float | None = None
        self.attitude: np.ndarray | None = None
        self.rates = np.zeros(3)
        self.force: np.ndarray | None = None
        self.battery: float | None = None
        self.voltage: float | None = None
        self.sticks: tuple[int, ...] | None = None
        self.boot: float | None = None
        self.reboots = 0

    def receive(self, message: Message, now: float) -> None:
        """Take one message of the vehicle; other components than its autopilot are not heard."""
        if message.get_srcComponent() != AUTOPILOT:
            return
        kind = message.get_type()
        if kind == "HEARTBEAT":
            if message.autopilot == mavlink.MAV_AUTOPILOT_INVALID:
                return
            self.heartbeat, self.autopilot, self.mode = now, message.autopilot, message.custom_mode
            self.armed = bool(message.base_mode & mavlink.MAV_MODE_FLAG_SAFETY_ARMED)
            self.status = message.system_status
        elif kind == "EXTENDED_SYS_STATE":
            self.landed = message.landed_state
        elif kind == "LOCAL_POSITION_NED":
            self._position(message, now)
        elif kind == "ATTITUDE_QUATERNION":
            q = np.array((message.q1, message.q2, message.q3, message.q4))
            size = float(np.linalg.norm(q))
            rates = np.array((message.rollspeed, message.pitchspeed, message.yawspeed))
            if math.isfinite(size) and abs(size - 1.0) < 0.1 and np.isfinite(rates).all():
                self.attitude, self.rates = q / size, rates
        elif kind == "HIGHRES_IMU":
            self.force = np.array((message.xacc, message.yacc, message.zacc))
        elif kind == "SYS_STATUS":
            self.battery = None if message.battery_remaining < 0 else message.battery_remaining / 100.0
            self.voltage = None if message.voltage_battery == 0xFFFF else message.voltage_battery / 1000.0
        elif kind == "RC_CHANNELS" and message.chancount:
            count = min(int(message.chancount), 16)
            self.sticks = tuple(getattr(message, f"chan{i}_raw") for i in range(1, count + 1))

    def _position(self, message: Message, now: float) -> None:
        position = np.array((message.x, message.y, message.z))
        velocity = np.array((message.vx, message.vy, message.vz))
        if not (np.isfinite(position).all() and np.isfinite(velocity).all()):
            return
        boot = message.time_boot_ms / 1000.0
        if self.boot is not None and boot < self.boot - 1.0:
            self.reboots += 1
        self.boot = boot
        self.position, self.velocity, self.position_time = position, velocity, now

    def odometry(self) -> Odometry | None:
        """Return position, attitude and velocities in our frames, or None until all have come."""
        if self.position is None or self.attitude is None:
            return None
        return Odometry(
            self.boot, geometry.ned_to_enu(self.position), geometry.attitude_ned_to_enu(self.attitude),
            geometry.ned_to_enu(self.velocity), geometry.frd_to_flu(self.rates),
        )  # fmt: skip
