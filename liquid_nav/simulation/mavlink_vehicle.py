"""A vehicle to test against: a body behind a small MAVLink server that behaves like an autopilot where it matters.

Pure: bytes go in with ``receive``, simulated time goes on with ``advance``, which returns the packets to send. What is
particular to PX4 or ArduPilot is in the personalities.
"""

from __future__ import annotations

import heapq
import itertools
import math

import numpy as np
from pymavlink.dialects.v20 import common as mavlink

from liquid_nav import geometry
from liquid_nav.autopilots.mavlink_codec import Codec, Message
from liquid_nav.autopilots.mavlink_messages import VELOCITY_AND_YAW_RATE, decode_value, parameter_value
from liquid_nav.simulation.vehicle_body import Body
from liquid_nav.types import Command

SLICE = 0.02
"""s between two looks at modes and failsafes."""
PERIODS = {
    "heartbeat": 1.0, "landed": 0.2, "position": 1.0 / 30.0, "attitude": 1.0 / 30.0, "status": 0.2, "sticks": 0.1,
}  # fmt: skip
"""s between messages of a kind."""
ACCEPTED, TEMPORARILY_REJECTED, DENIED = 0, 1, 2
UNSUPPORTED, FAILED = 3, 4
GROUND, AIR, LANDING = 1, 2, 4
CRITICAL, INFO = 2, 6
ARMED = mavlink.MAV_MODE_FLAG_SAFETY_ARMED


class MavlinkVehicle:
    """What both personalities share: messages, parameters, streams, set points, holding a place.

    Args:
        body: what moves.
        codec: its end of the link.
        system: its system id.
    """

    autopilot = mavlink.MAV_AUTOPILOT_GENERIC
    bytewise = False
    parameters: dict[str, tuple[float, int]] = {}
    frames = (mavlink.MAV_FRAME_LOCAL_NED, mavlink.MAV_FRAME_BODY_NED)

    def __init__(self, body: Body, codec: Codec | None = None, system: int = 1) -> None:
        """Boot now, on the ground and disarmed, or armed and holding its place if the body is in the air."""
        self.body, self.system, self.codec = body, system, codec or Codec(system, 1)
        start = body.state.position
        self.origin = np.array((start[0], start[1], 0.0))
        self.parameters = dict(type(self).parameters)
        self.armed, self.mode, self.landed_state = not body.landed, 0, GROUND if body.landed else AIR
        self.sticks: tuple[int, ...] | None = None
        self.refuse_arming = ""
        self.battery = 1.0
        self.silent_until = -1.0
        self.set_points = self.rejected_set_points = 0
        self.set_point, self.set_point_time = Command(), -1e9
        self.heard_station: tuple[int, int] | None = None
        self._boot = body.time
        self._outbox: list[tuple[float, int, Message]] = []
        self._order, self._texts = itertools.count(), itertools.count(1)
        self._next = {name: body.time + period for name, period in PERIODS.items()}
        self._place: tuple[np.ndarray, float] | None = None

    @property
    def now(self) -> float:
        """Simulated time, s."""
        return self.body.time

    @property
    def uptime(self) -> float:
        """Time since boot, s."""
        return self.now - self._boot

    # The link.

    def receive(self, data: bytes) -> None:
        """Take a packet."""
        for message in self.codec.decode(data):
            if self.now >= self.silent_until:
                self.hear(message)

    def advance(self, until: float) -> list[bytes]:
        """Fly on to a time; returns the packets that were sent on the way, in order."""
        packets: list[bytes] = []
        while True:
            self.body.drive(self.think())
            packets += [self.codec.encode(message) for message in self._due()]
            if self.now >= until - 1e-9 or getattr(self.body, "simulation", None) and self.body.simulation.collision:
                return packets
            self.body.advance(min(until, self.now + SLICE))

    def reboot(self, silence: float = 4.0) -> None:
        """Start again, silent for a while, modes and armed state forgotten."""
        self._boot, self.armed, self.silent_until = self.now, False, self.now + silence
        self.heard_station, self._outbox = None, []
        self.boot()

    # For personalities.

    def boot(self) -> None:
        """Set the mode after a start."""

    def think(self) -> Command | None:
        """Decide modes and failsafes; returns what the body shall do, None for motors off."""
        raise NotImplementedError

    def on_command(self, message: Message) -> None:
        """Answer a COMMAND_LONG."""
        raise NotImplementedError

    def heartbeat(self) -> Message:
        """Return the heartbeat of this moment."""
        raise NotImplementedError

    def hear(self, message: Message) -> None:
        """Take one message."""
        kind = message.get_type()
        target = getattr(message, "target_system", self.system)
        if target not in (0, self.system):
            return
        if kind == "HEARTBEAT" and message.type == mavlink.MAV_TYPE_GCS:
            self.heard_station = (message.get_srcSystem(), message.get_srcComponent())
        elif kind == "COMMAND_LONG":
            self._asker = (message.get_srcSystem(), message.get_srcComponent())
            self.on_command(message)
        elif kind == "SET_POSITION_TARGET_LOCAL_NED":
            self._on_set_point(message)
        elif kind == "PARAM_SET" and message.param_id in self.parameters:
            value = decode_value(message.param_value, message.param_type, self.bytewise)
            self.parameters[message.param_id] = (value, self.parameters[message.param_id][1])
            self.show_parameter(message.param_id, again=True)
        elif kind == "PARAM_REQUEST_READ" and message.param_id in self.parameters:
            self.show_parameter(message.param_id)

    def show_parameter(self, name: str, again: bool = False) -> None:
        """Tell a parameter."""
        value, kind = self.parameters[name]
        self.emit(parameter_value(name, value, kind, self.bytewise))

    def emit(self, message: Message, delay: float = 0.0) -> None:
        """Send after a delay in s."""
        heapq.heappush(self._outbox, (self.now + delay, next(self._order), message))

    def acknowledge(self, command: int, result: int, delay: float = 0.0) -> None:
        """Answer whoever has asked last."""
        self.emit(mavlink.MAVLink_command_ack_message(command, result, 0, 0, *self._asker), delay)

    def text(self, words: str, severity: int = INFO, delay: float = 0.0) -> None:
        """Say something, in chunks where it is long."""
        number = next(self._texts) % 65536
        for part, begin in enumerate(range(0, len(words), 50)):
            chunk = words[begin:begin + 50].encode()
            self.emit(mavlink.MAVLink_statustext_message(severity, chunk, number, part), delay)

    def hold_place(self) -> Command:
        """Return the command that keeps the place where this was first called."""
        state = self.body.state
        if self._place is None:
            self._place = (state.position + 0.5 * state.velocity, state.yaw)
        place, yaw = self._place
        wanted = geometry.level_from_world(place - state.position, state.yaw)
        turn = geometry.wrap(yaw - state.yaw)
        return Command(*(float(np.clip(v, -1.0, 1.0)) for v in wanted), float(np.clip(turn, -0.5, 0.5)))

    def let_go(self) -> None:
        """Forget the place that is being held."""
        self._place = None

    def _on_set_point(self, m: Message) -> None:
        values = (m.vx, m.vy, m.vz, m.yaw_rate)
        if m.coordinate_frame not in self.frames:
            self.rejected_set_points += 1
            self.on_foreign_frame(m.coordinate_frame)
        elif (m.type_mask & 0x0FFF) != VELOCITY_AND_YAW_RATE or not all(math.isfinite(v) for v in values):
            self.rejected_set_points += 1
        else:
            self.set_points += 1
            command = geometry.command_from_body_ned(*values)
            if m.coordinate_frame == mavlink.MAV_FRAME_LOCAL_NED:
                world = geometry.ned_to_enu(np.array(values[:3]))
                level = geometry.level_from_world(world, self.body.state.yaw)
                command = Command(*(float(v) for v in level), command.yaw_rate)
            self.set_point, self.set_point_time = command, self.now
            self.on_set_point()

    def on_set_point(self) -> None:
        """Called after an accepted set point."""

    def on_foreign_frame(self, frame: int) -> None:
        """Called for a set point in a frame that it does not take."""

    def _due(self) -> list[Message]:
        messages = []
        while self._outbox and self._outbox[0][0] <= self.now + 1e-9:
            messages.append(heapq.heappop(self._outbox)[2])
        for name, period in PERIODS.items():
            if self.now >= self._next[name] - 1e-9:
                self._next[name] = max(self._next[name] + period, self.now)
                message = getattr(self, f"_{name}")()
                messages += [] if message is None else [message]
        return messages if self.now >= self.silent_until else []

    def _heartbeat(self) -> Message:
        return self.heartbeat()

    def _landed(self) -> Message:
        return mavlink.MAVLink_extended_sys_state_message(0, self.landed_state)

    def _position(self) -> Message:
        state = self.body.state
        position, velocity = geometry.enu_to_ned(state.position - self.origin), geometry.enu_to_ned(state.velocity)
        return mavlink.MAVLink_local_position_ned_message(round(self.uptime * 1000), *position, *velocity)

    def _attitude(self) -> Message:
        state = self.body.state
        q, rates = geometry.attitude_enu_to_ned(state.quaternion), geometry.flu_to_frd(state.angular_velocity)
        return mavlink.MAVLink_attitude_quaternion_message(round(self.uptime * 1000), *q, *rates)

    def _status(self) -> Message:
        left = round(100 * self.battery)
        return mavlink.MAVLink_sys_status_message(0, 0, 0, 0, 14000 + 28 * left, -1, left, 0, 0, 0, 0, 0, 0)

    def _sticks(self) -> Message | None:
        if self.sticks is None:
            return None
        channels = (*self.sticks, *(65535,) * (18 - len(self.sticks)))
        return mavlink.MAVLink_rc_channels_message(round(self.uptime * 1000), len(self.sticks), *channels, 255)
