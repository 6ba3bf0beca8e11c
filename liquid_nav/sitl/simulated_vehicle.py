"""A vehicle to test against: a body behind a small MAVLink server that behaves like an autopilot
where it matters.

Pure: bytes go in with ``receive``, simulated time goes on with ``advance``, which returns the
packets to send. What is particular to PX4 or ArduPilot is in ``simulated_px4`` and
``simulated_ardupilot``.
"""

from __future__ import annotations

import heapq
import itertools
import math

import numpy as np
from pymavlink.dialects.v20 import common as mavlink

from liquid_nav import geometry
from liquid_nav.autopilots import (
    VELOCITY_YAW_RATE_MASK,
    MavlinkCodec,
    MavlinkMessage,
    decode_parameter,
    parameter_value_message,
)
from liquid_nav.sitl.vehicle_body import Body
from liquid_nav.sitl.vehicle_motion import CENTRE, TRAVEL, VehicleMotion
from liquid_nav.sitl.vehicle_telemetry import KINDS, PERIODS, VehicleTelemetry
from liquid_nav.types import Command

SLICE = 0.02
"""s between two looks at modes and failsafes."""
ACCEPTED = 0
TEMPORARILY_REJECTED = 1
DENIED = 2
UNSUPPORTED = 3
FAILED = 4
GROUND = 1
AIR = 2
TAKEOFF = 3
LANDING = 4
CRITICAL = 2
INFO = 6
ARMED = mavlink.MAV_MODE_FLAG_SAFETY_ARMED
COMPONENT = mavlink.MAV_COMP_ID_AUTOPILOT1


class MavlinkVehicle(VehicleMotion, VehicleTelemetry):
    """What both simulated autopilots share: messages, parameters, streams, set points, a pilot,
    holding a place.

    Tests may set these attributes at any time:
        global_position: whether it has a global position; True.
        heartbeat_rate_fixed: whether it refuses to change the heartbeat's interval; default: as
            its autopilot does.
        answers_no_requests: whether it refuses to send a message when asked for one, as old
            firmware does.
        acks_unaddressed: whether acknowledgements carry 0/0 instead of who asked, as some firmware
            does; False.
        lose_commands: how many COMMAND_LONG that come next are lost; 0.
        lose_acks: how many acknowledgements that come next are not sent; 0.
        refuse_arming: the text with which it refuses to arm; empty: it does not.
        battery: what is left, 0 to 1; 1.
        silent_until: simulated time in s until which it neither receives nor sends.
        sticks: us of the remote control's channels (roll, pitch, throttle, yaw, ...); None: there
            is none.
        estimate_error: m by which the position that it reports lies east, north and above the true
            one; zero.
        radio: whether its receiver receives from the transmitter; without it the channels are
            those that the receiver makes up.

    Args:
        body: what moves.
        codec: its end of the link.
        system: its system id.
        global_position: see above.
    """

    bytewise = False
    parameters: dict[str, tuple[float, int]] = {}
    frames: tuple[int, ...] = (mavlink.MAV_FRAME_LOCAL_NED, mavlink.MAV_FRAME_BODY_NED)
    heartbeat_rate_fixed = False
    answers_no_requests = False
    unknown_message = FAILED
    """MAV_RESULT for the interval of a message that it does not have."""
    ready_after = 0.0
    """s after a start on the ground until its checks pass."""

    def __init__(
        self,
        body: Body,
        codec: MavlinkCodec | None = None,
        system: int = 1,
        *,
        global_position: bool = True,
    ) -> None:
        """Boot now, on the ground and disarmed, or armed and holding its place if the body is in
        the air.
        """
        start = body.state.position
        self.origin = np.array((start[0], start[1], 0.0))
        super().__init__(body, self.origin.copy())
        self.system = system
        self.codec = codec or MavlinkCodec(system, 1)
        self.parameters = dict(type(self).parameters)
        self.global_position = global_position
        self.acks_unaddressed = False
        self.lose_commands = 0
        self.lose_acks = 0
        self.armed = not body.landed
        self.mode = 0
        self.landed_state = landed_state_of(body.landed)
        self.radio = True
        self.estimate_error = np.zeros(3)
        self.refuse_arming = ""
        self.battery = 1.0
        self.silent_until = -1.0
        self.set_points = 0
        self.rejected_set_points = 0
        self.set_point = Command()
        self.set_point_time = -1e9
        self.ground_station: tuple[int, int] | None = None
        self._asker = (0, 0)
        self._boot = body.time
        self._outbox: list[tuple[float, int, MavlinkMessage]] = []
        self._order = itertools.count()
        self._texts = itertools.count(1)
        self._default_streams()
        self._ready_at = 0.0
        if body.landed:
            self._ready_at = self.ready_after
        self.boot()

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
                self.handle(message)

    def advance(self, until: float) -> list[bytes]:
        """Fly on to a time; returns the packets that were sent on the way, in order."""
        packets: list[bytes] = []
        while True:
            self.body.drive(self.decide())
            packets += [self.codec.encode(message) for message in self._due()]
            if self.now >= until - 1e-9 or self.body.collided:
                return packets
            self.body.advance(min(until, self.now + SLICE))

    def reboot(self, silence: float = 4.0) -> None:
        """Start again, silent for a while, modes and armed state forgotten."""
        self._boot = self.now
        self.armed = False
        self.silent_until = self.now + silence
        self.ground_station = None
        self._outbox = []
        self.set_point_time = -1e9
        self._default_streams()
        self.boot()

    def shift_heartbeat(self, seconds: float) -> None:
        """Move the next heartbeat and all after it by a time in s; not before now."""
        self._next["heartbeat"] = max(self.now, self._next["heartbeat"] + seconds)
        self._soonest = min(self._next.values())

    # The pilot.

    def pilot_switches(self, mode: int) -> bool:
        """Let a pilot choose a mode, by remote control or ground station; returns whether it was
        taken.
        """
        raise NotImplementedError

    def pilot_arms(self, wanted: bool) -> bool:
        """Let the pilot arm or disarm by remote control; returns whether the vehicle did."""
        raise NotImplementedError

    def lose_radio(self) -> None:
        """Let the remote control's messages stop: no more sticks, and the failsafe that the
        parameters choose.

        Setting ``sticks`` to None takes them away without a failsafe, as if there had never been
        any.
        """
        self.sticks = None
        if self.armed:
            self.on_lost_radio()

    def on_lost_radio(self) -> None:
        """Called when the remote control's messages stop while armed."""

    def pilot_sticks(
        self,
        roll: float = 0.0,
        pitch: float = 0.0,
        throttle: float = 0.0,
        yaw: float = 0.0,
        switch: float = 0.0,
    ) -> None:
        """Put the sticks somewhere, each -1 to 1: right, forward, up, clockwise are positive;
        ``switch`` is channel 7.

        Sets ``sticks``, eight channels in us. Forward is below 1500 there, as ArduPilot expects it.
        """
        wanted = (roll, -pitch, throttle, yaw)
        channels = (*wanted, 0.0, 0.0, switch, 0.0)
        self.sticks = tuple(round(CENTRE + TRAVEL * value) for value in channels)

    # For the simulated autopilots.

    def boot(self) -> None:
        """Set the mode after a start."""

    def on_command(self, message: MavlinkMessage) -> None:
        """Answer a COMMAND_LONG."""
        raise NotImplementedError

    def heartbeat(self) -> MavlinkMessage:
        """Return the heartbeat of this moment."""
        raise NotImplementedError

    def handle(self, message: MavlinkMessage) -> None:
        """Take one message."""
        kind = message.get_type()
        target = getattr(message, "target_system", self.system)
        component = getattr(message, "target_component", COMPONENT)
        if target not in (0, self.system) or component not in (0, COMPONENT):
            return
        if kind == "HEARTBEAT" and message.type == mavlink.MAV_TYPE_GCS:
            self.ground_station = (message.get_srcSystem(), message.get_srcComponent())
        elif kind == "COMMAND_LONG":
            self._on_command_long(message)
        elif kind == "SET_POSITION_TARGET_LOCAL_NED":
            self._on_set_point(message)
        elif kind == "PARAM_SET" and message.param_id in self.parameters:
            value = decode_parameter(message.param_value, message.param_type, self.bytewise)
            self.parameters[message.param_id] = (value, self.parameters[message.param_id][1])
            self.show_parameter(message.param_id, again=True)
        elif kind == "PARAM_REQUEST_READ" and message.param_id in self.parameters:
            self.show_parameter(message.param_id)

    def _on_command_long(self, message: MavlinkMessage) -> None:
        asks_for_messages = message.command in (
            mavlink.MAV_CMD_SET_MESSAGE_INTERVAL,
            mavlink.MAV_CMD_REQUEST_MESSAGE,
        )
        if self.lose_commands > 0 and not asks_for_messages:
            self.lose_commands -= 1
            return
        self._asker = (message.get_srcSystem(), message.get_srcComponent())
        if message.command == mavlink.MAV_CMD_SET_MESSAGE_INTERVAL:
            self.acknowledge(
                message.command, self._on_interval(whole(message.param1), message.param2)
            )
        elif message.command == mavlink.MAV_CMD_REQUEST_MESSAGE:
            self._on_request(message)
        else:
            self.on_command(message)

    def _on_interval(self, number: int, interval: float) -> int:
        """Change how often a message is sent; ``interval``: us, 0: as after boot, negative: never
        again.
        """
        name = KINDS.get(number)
        if number not in mavlink.mavlink_map or not math.isfinite(interval):
            return self.unknown_message
        if name is None:
            return ACCEPTED  # real ones have more messages than ours; asking for them does no harm
        if name == "heartbeat" and self.heartbeat_rate_fixed:
            return FAILED
        if interval < 0.0:
            period = math.inf
        elif interval == 0.0:
            period = PERIODS[name]
        else:
            period = interval * 1e-6
        self._periods[name] = period
        self._next[name] = max(self.now, self._sent[name] + period)
        self._soonest = min(self._next.values())
        return ACCEPTED

    def _on_request(self, message: MavlinkMessage) -> None:
        name = KINDS.get(whole(message.param1))
        answer = None
        if name is not None and not self.answers_no_requests:
            answer = getattr(self, f"_{name}")()
        if answer is None:
            self.acknowledge(message.command, self.unknown_message)
            return
        self.acknowledge(message.command, ACCEPTED)
        self.emit(answer)

    def _default_streams(self) -> None:
        """Send everything at its default rate, beginning one period from now."""
        now = self.now
        self._periods = dict(PERIODS)
        self._sent = {name: now for name in PERIODS}
        self._next = {name: now + period for name, period in PERIODS.items()}
        self._soonest = min(self._next.values())

    def show_parameter(self, name: str, again: bool = False) -> None:
        """Send a parameter."""
        value, kind = self.parameters[name]
        self.emit(parameter_value_message(name, value, kind, self.bytewise))

    def emit(self, message: MavlinkMessage, delay: float = 0.0) -> None:
        """Send after a delay in s."""
        heapq.heappush(self._outbox, (self.now + delay, next(self._order), message))

    def acknowledge(self, command: int, result: int, delay: float = 0.0) -> None:
        """Answer the component that has asked last."""
        if self.lose_acks > 0:
            self.lose_acks -= 1
            return
        asker = self._asker
        if self.acks_unaddressed:
            asker = (0, 0)
        self.emit(mavlink.MAVLink_command_ack_message(command, result, 0, 0, *asker), delay)

    def text(self, text: str, severity: int = INFO, delay: float = 0.0) -> None:
        """Send a text, in chunks where it is long."""
        number = next(self._texts) % 65536
        for part, begin in enumerate(range(0, len(text), 50)):
            chunk = text[begin : begin + 50].encode()
            self.emit(mavlink.MAVLink_statustext_message(severity, chunk, number, part), delay)

    @property
    def shown_mode(self) -> int:
        """The mode that the heartbeat shows."""
        return self.mode

    def _on_set_point(self, m: MavlinkMessage) -> None:
        values = (m.vx, m.vy, m.vz, m.yaw_rate)
        if m.coordinate_frame not in self.frames:
            self.rejected_set_points += 1
            self.on_foreign_frame(m.coordinate_frame)
        elif (m.type_mask & 0x0FFF) != VELOCITY_YAW_RATE_MASK or not all(
            math.isfinite(v) for v in values
        ):
            self.rejected_set_points += 1
        else:
            self.set_points += 1
            command = geometry.command_from_body_ned(*values)
            if m.coordinate_frame == mavlink.MAV_FRAME_LOCAL_NED:
                world = geometry.ned_to_enu(np.array(values[:3]))
                level = geometry.level_from_world(world, self.body.state.yaw)
                vx, vy, vz = (float(v) for v in level)
                command = Command(vx, vy, vz, command.yaw_rate)
            self.set_point = command
            self.set_point_time = self.now
            self.on_set_point()

    def on_set_point(self) -> None:
        """Called after an accepted set point."""

    def on_foreign_frame(self, frame: int) -> None:
        """Called for a set point in a frame that it does not take."""

    def _due(self) -> list[MavlinkMessage]:
        messages = []
        now = self.now
        while self._outbox and self._outbox[0][0] <= now + 1e-9:
            messages.append(heapq.heappop(self._outbox)[2])
        if now >= self._soonest - 1e-9:
            for name, due in self._next.items():
                if now >= due - 1e-9:
                    self._sent[name] = now
                    self._next[name] = max(due + self._periods[name], now)
                    message = getattr(self, f"_{name}")()
                    if message is not None:
                        messages.append(message)
            self._soonest = min(self._next.values())
        if now < self.silent_until:
            return []
        return messages


def landed_state_of(landed: bool) -> int:
    """Return MAV_LANDED_STATE of a vehicle that stands (``landed``) or flies."""
    if landed:
        return GROUND
    return AIR


def whole(value: float) -> int:
    """Return a command's parameter as an integer; -1 for what is not a number."""
    if not math.isfinite(value):
        return -1
    return round(value)
