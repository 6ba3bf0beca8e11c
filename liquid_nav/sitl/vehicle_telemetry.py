"""What a simulated vehicle reports: telemetry messages made from its state."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from pymavlink.dialects.v20 import common as mavlink

from liquid_nav import geometry
from liquid_nav.autopilots import DEGREES_PER_E7, PX4_METRES_PER_E7, MavlinkMessage
from liquid_nav.sitl.vehicle_body import Body

PERIODS = {
    "heartbeat": 1.0,
    "landed": 0.2,
    "position": 1.0 / 30.0,
    "attitude": 1.0 / 30.0,
    "status": 0.2,
    "sticks": 0.1,
    "global_position": 1.0,
    "true_pose": math.inf,
}
"""s between messages of a kind, until another interval is asked for."""
KINDS = {
    mavlink.MAVLINK_MSG_ID_HEARTBEAT: "heartbeat",
    mavlink.MAVLINK_MSG_ID_EXTENDED_SYS_STATE: "landed",
    mavlink.MAVLINK_MSG_ID_LOCAL_POSITION_NED: "position",
    mavlink.MAVLINK_MSG_ID_ATTITUDE_QUATERNION: "attitude",
    mavlink.MAVLINK_MSG_ID_SYS_STATUS: "status",
    mavlink.MAVLINK_MSG_ID_RC_CHANNELS: "sticks",
    mavlink.MAVLINK_MSG_ID_GLOBAL_POSITION_INT: "global_position",
    mavlink.MAVLINK_MSG_ID_HIL_STATE_QUATERNION: "true_pose",
    mavlink.MAVLINK_MSG_ID_SIM_STATE: "true_pose",
}
"""Message id -> key of ``PERIODS``."""
ORIGIN = (47.397742, 8.545594, 488.0)
"""Latitude and longitude in degrees and height above the sea in m of the local origin."""
DEGREE = 111_319.5
"""m of one degree of latitude."""


class VehicleTelemetry:
    """The messages of ``PERIODS``, each from the method with its name. The vehicle sets the
    attributes.
    """

    autopilot = mavlink.MAV_AUTOPILOT_GENERIC
    metre = PX4_METRES_PER_E7
    """m of 1e-7 degrees of latitude."""
    body: Body
    """What moves."""
    origin: NDArray[np.float64]
    """Origin of the local position, ENU m, float64 [3]."""
    home: NDArray[np.float64]
    """Where a return ends, ENU m, float64 [3]."""
    estimate_error: NDArray[np.float64]
    """Reported minus true position, ENU m, float64 [3]."""
    global_position: bool
    """Whether there is one."""
    landed_state: int
    """MAV_LANDED_STATE."""
    battery: float
    """What is left, 0 to 1."""
    sticks: tuple[int, ...] | None
    """us of the remote control's channels; None: there is none."""
    radio: bool
    """Whether the receiver receives from the transmitter."""

    @property
    def uptime(self) -> float:
        """Time since boot, s."""
        raise NotImplementedError

    def heartbeat(self) -> MavlinkMessage:
        """Return the heartbeat."""
        raise NotImplementedError

    def _heartbeat(self) -> MavlinkMessage:
        return self.heartbeat()

    def _landed(self) -> MavlinkMessage:
        return mavlink.MAVLink_extended_sys_state_message(0, self.landed_state)

    def _position(self) -> MavlinkMessage:
        state = self.body.state
        x, y, z = (state.position + self.estimate_error - self.origin).tolist()
        vx, vy, vz = state.velocity.tolist()
        # East, north, up of ours are north, east, down of theirs.
        return mavlink.MAVLink_local_position_ned_message(
            round(self.uptime * 1000), y, x, -z, vy, vx, -vz
        )

    def _global_position(self) -> MavlinkMessage | None:
        if not self.global_position:
            return None
        state = self.body.state
        x, y, z = (state.position - self.origin).tolist()
        vx, vy, vz = state.velocity.tolist()
        latitude, longitude, height = ORIGIN
        east_degree = DEGREE * math.cos(math.radians(latitude))
        heading = math.degrees(geometry.yaw_enu_to_ned(state.yaw)) % 360.0
        return mavlink.MAVLink_global_position_int_message(
            round(self.uptime * 1000),
            round((latitude + y / DEGREE) * 1e7),
            round((longitude + x / east_degree) * 1e7),
            round((height + z) * 1000.0),
            round((state.position[2] - self.home[2]) * 1000.0),
            round(vy * 100.0),
            round(vx * 100.0),
            round(-vz * 100.0),
            round(heading * 100.0) % 36000,
        )

    def _true_pose(self) -> MavlinkMessage:
        """What a simulator behind the autopilot reports, with neither its noise nor the
        estimator's errors.
        """
        state = self.body.state
        x, y, z = (state.position - self.origin).tolist()
        east, north, up = state.velocity.tolist()
        q = geometry.attitude_enu_to_ned(state.quaternion).tolist()
        rates = geometry.flu_to_frd(state.angular_velocity).tolist()
        latitude, longitude, height = ORIGIN
        place = (
            round(latitude / DEGREES_PER_E7 + y / self.metre),
            round(longitude / DEGREES_PER_E7 + x / (self.metre * math.cos(math.radians(latitude)))),
        )
        if self.autopilot == mavlink.MAV_AUTOPILOT_ARDUPILOTMEGA:
            angles = (0.0, 0.0, 0.0)
            degrees = tuple(value * DEGREES_PER_E7 for value in place)
            return mavlink.MAVLink_sim_state_message(
                *q,
                *angles,
                0.0,
                0.0,
                0.0,
                *rates,
                *degrees,
                height + z,
                0.0,
                0.0,
                north,
                east,
                -up,
                *place,
            )
        centimetres = (round(100.0 * value) for value in (north, east, -up))
        # PX4 leaves the time at zero.
        return mavlink.MAVLink_hil_state_quaternion_message(
            0, q, *rates, *place, round(1000.0 * (height + z)), *centimetres, 0, 0, 0, 0, 0
        )

    def _attitude(self) -> MavlinkMessage:
        state = self.body.state
        q = geometry.attitude_enu_to_ned(state.quaternion)
        rates = geometry.flu_to_frd(state.angular_velocity)
        return mavlink.MAVLink_attitude_quaternion_message(
            round(self.uptime * 1000), *q.tolist(), *rates.tolist()
        )

    def _status(self) -> MavlinkMessage:
        left = round(100 * self.battery)
        present = 0
        if self.sticks is not None:
            present = mavlink.MAV_SYS_STATUS_SENSOR_RC_RECEIVER
        healthy = 0
        if self.radio:
            healthy = present
        return mavlink.MAVLink_sys_status_message(
            present, present, healthy, 0, 14000 + 28 * left, -1, left, 0, 0, 0, 0, 0, 0
        )

    def _sticks(self) -> MavlinkMessage | None:
        if self.sticks is None:
            return None
        channels = (*self.sticks, *(65535,) * (18 - len(self.sticks)))
        return mavlink.MAVLink_rc_channels_message(
            round(self.uptime * 1000), len(self.sticks), *channels, 255
        )
