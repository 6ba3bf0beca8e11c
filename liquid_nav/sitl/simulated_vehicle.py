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
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from pymavlink.dialects.v20 import common as mavlink

from liquid_nav import geometry
from liquid_nav.autopilots import (
    DEGREES_PER_E7,
    PX4_METRES_PER_E7,
    VELOCITY_YAW_RATE_MASK,
    MavlinkCodec,
    MavlinkMessage,
    decode_parameter,
    parameter_value_message,
)
from liquid_nav.sitl.vehicle_body import Body
from liquid_nav.types import Command

SLICE = 0.02
"""s between two looks at modes and failsafes."""
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
ORIGIN = (47.397742, 8.545594, 488.0)
"""Latitude and longitude in degrees and height above the sea in m of the local origin."""
COMPONENT = mavlink.MAV_COMP_ID_AUTOPILOT1
DEGREE = 111_319.5
"""m of one degree of latitude."""
ROLL = 0
"""Place of roll in ``sticks``."""
PITCH = 1
"""Place of pitch in ``sticks``."""
THROTTLE = 2
"""Place of throttle in ``sticks``."""
YAW = 3
"""Place of yaw in ``sticks``."""
CENTRE = 1500
"""us of a stick at rest."""
TRAVEL = 500
"""us of a stick from rest to its end."""
DEADBAND = 0.05
"""Of a stick's travel."""
PILOT_SPEED = 2.0
"""m/s forward or sideways for full sticks."""
PILOT_CLIMB = 1.0
"""m/s up or down for full sticks."""
PILOT_TURN = 0.8
"""rad/s for full sticks."""
RETURN_ALTITUDE = 3.0
"""m above home; low, so that tests are short. Real vehicles return much higher."""
RETURN_SPEED = 2.0
"""m/s, horizontal, on the way home."""
RETURN_CLIMB = 1.0
"""m/s up and down on the way home."""
AT_HOME = 0.3
"""m from home that are close enough to descend."""


class MavlinkVehicle:
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

    autopilot = mavlink.MAV_AUTOPILOT_GENERIC
    bytewise = False
    metre = PX4_METRES_PER_E7
    """m of 1e-7 degrees of latitude."""
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
        self.body = body
        self.system = system
        self.codec = codec or MavlinkCodec(system, 1)
        start = body.state.position
        self.origin = np.array((start[0], start[1], 0.0))
        self.home = self.origin.copy()
        self.parameters = dict(type(self).parameters)
        self.global_position = global_position
        self.acks_unaddressed = False
        self.lose_commands = 0
        self.lose_acks = 0
        self.armed = not body.landed
        self.mode = 0
        self.landed_state = landed_state_of(body.landed)
        self.sticks: tuple[int, ...] | None = None
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
        self._place: tuple[NDArray[np.float64], float] | None = None
        self._holds = False
        self._return_height: float | None = None
        self._returns = False
        self._descends = False
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
            self.body.drive(self._decide())
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

    def step_mode(self) -> Command | None:
        """Decide modes and failsafes; returns what the body shall do, None for motors off."""
        raise NotImplementedError

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

    def hold_place(self) -> Command:
        """Return the command that keeps the place, until ``step_mode`` does without it."""
        self._holds = True
        state = self.body.state
        position = state.position
        yaw = state.yaw
        if self._place is None:
            self._place = (position + 0.5 * state.velocity, yaw)
        place, heading = self._place
        x, y, z = (place - position).tolist()
        turn = geometry.wrap(heading - yaw)
        return toward(x, y, z, yaw, 1.0, 1.0, max(-0.5, min(0.5, turn)))

    def stay(self) -> Command:
        """Return the command that keeps the place in the air, and zero on the ground."""
        if self.body.landed:
            return Command()
        return self.hold_place()

    def fly_home(self, sinking: float) -> Command:
        """Return the command of a return: climb, fly home, then down at ``sinking`` m/s."""
        self._returns = True
        if self.body.landed:
            return Command()
        state = self.body.state
        x, y, z = (self.home - state.position).tolist()
        if self._return_height is None:
            self._return_height = max(RETURN_ALTITUDE, -z)
        if self._descends:
            return replace(toward(x, y, 0.0, state.yaw, RETURN_SPEED, 0.0), vz=-sinking)
        missing = self._return_height + z
        if missing > 0.2 and math.hypot(x, y) > AT_HOME:
            return Command(vz=min(RETURN_CLIMB, missing))
        self._descends = math.hypot(x, y) <= AT_HOME
        return toward(x, y, missing, state.yaw, RETURN_SPEED, RETURN_CLIMB)

    def fly_by_sticks(self) -> Command:
        """Return what the pilot's sticks command: velocities in every mode, and to keep the place
        while they are at rest.
        """
        if self.sticks is None:
            return self.stay()
        roll, pitch, throttle, yaw = (self.stick(place) for place in (ROLL, PITCH, THROTTLE, YAW))
        if self.body.landed:
            return Command(vz=max(0.0, throttle) * PILOT_CLIMB)
        if roll == pitch == throttle == yaw == 0.0:
            return self.hold_place()
        return Command(
            -pitch * PILOT_SPEED, -roll * PILOT_SPEED, throttle * PILOT_CLIMB, -yaw * PILOT_TURN
        )

    def stick(self, place: int) -> float:
        """Return where a stick of the remote control is, -1 to 1, by its channel; 0 without one."""
        if self.sticks is None or place >= len(self.sticks):
            return 0.0
        value = max(-1.0, min(1.0, (self.sticks[place] - CENTRE) / TRAVEL))
        if abs(value) < DEADBAND:
            return 0.0
        return value

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

    def _decide(self) -> Command | None:
        """Decide what the body does, and forget the place and the way home that it does not use."""
        self._holds = False
        self._returns = False
        command = self.step_mode()
        if not self._holds:
            self._place = None
        if not self._returns:
            self._return_height = None
            self._descends = False
        return command

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


def toward(
    x: float, y: float, z: float, yaw: float, speed: float, climb: float, turn: float = 0.0
) -> Command:
    """Return the command that flies along a world vector, as fast as it is long but not faster than
    allowed.

    Args:
        x: east, m.
        y: north, m.
        z: up, m.
        yaw: heading of the vehicle, rad from east.
        speed: highest velocity forward and to the left, m/s.
        climb: highest velocity up and down, m/s.
        turn: yaw rate, rad/s.
    """
    forward, left = geometry.turned(x, y, -yaw)
    return Command(
        max(-speed, min(speed, forward)),
        max(-speed, min(speed, left)),
        max(-climb, min(climb, z)),
        turn,
    )
