"""MAVLink behind the session: messages of the vehicle's autopilot come in, and of no other
component; requests go out.

A system on a MAVLink network has components: gimbals, cameras and companion computers share the
vehicle's system id. Only messages of component 1, the autopilot, are taken here, and
acknowledgements only if they are addressed to us or broadcast.
"""

from __future__ import annotations

from collections import deque

from pymavlink.dialects.v20 import common as mavlink

from liquid_nav.autopilots import mavlink_messages as messages
from liquid_nav.autopilots import mavlink_telemetry as telemetry
from liquid_nav.autopilots.adapter import Answer, RequestKind
from liquid_nav.autopilots.failsafes import failsafe_parameters
from liquid_nav.autopilots.freshness import NEVER, SLOWEST_LINK
from liquid_nav.autopilots.mavlink_codec import (
    COMPANION_COMPONENT_ID,
    COMPANION_SYSTEM_ID,
    MavlinkMessage,
)
from liquid_nav.autopilots.mavlink_text import Text, TextJoiner
from liquid_nav.autopilots.profiles import PX4, AutopilotProfile
from liquid_nav.autopilots.session import OffboardSession
from liquid_nav.autopilots.session_config import SessionConfig
from liquid_nav.safety import Phase
from liquid_nav.types import Command

TRIES = 5
"""Times that messages and parameters are asked for again which some autopilots do not have."""
LONGEST_ANSWER = 2.0
"""s after which a question counts as lost."""
QUIET = 5.0
"""s after a question, or after an answer to one before it, from which on the next question may
follow, where they are asked one by one. An answer that comes later counts from the older question.
"""
DRAIN = 6.0
"""s without any answer after which none counts as being on its way any more, where questions are
asked one by one: later, an answer to an older question would seem a quick one to a new one.
"""
AUTOPILOT = mavlink.MAV_COMP_ID_AUTOPILOT1
COMMANDS = {
    RequestKind.MODE: mavlink.MAV_CMD_DO_SET_MODE,
    RequestKind.ARM: mavlink.MAV_CMD_COMPONENT_ARM_DISARM,
    RequestKind.DISARM: mavlink.MAV_CMD_COMPONENT_ARM_DISARM,
    RequestKind.LAND: mavlink.MAV_CMD_NAV_LAND,
    RequestKind.TAKE_OFF: mavlink.MAV_CMD_NAV_TAKEOFF,
}
ANSWERS = {
    mavlink.MAV_RESULT_ACCEPTED: Answer.ACCEPTED,
    mavlink.MAV_RESULT_TEMPORARILY_REJECTED: Answer.TEMPORARILY_REJECTED,
    mavlink.MAV_RESULT_DENIED: Answer.DENIED,
    mavlink.MAV_RESULT_UNSUPPORTED: Answer.UNSUPPORTED,
    mavlink.MAV_RESULT_FAILED: Answer.FAILED,
    mavlink.MAV_RESULT_IN_PROGRESS: Answer.IN_PROGRESS,
    6: Answer.CANCELLED,  # MAV_RESULT_CANCELLED, which older dialects do not name
}
"""MAV_RESULT -> answer; an unknown one is a failure."""


class MavlinkAdapter:
    """One end of a MAVLink link; times are seconds of the caller's clock."""

    def __init__(
        self,
        profile: AutopilotProfile = PX4,
        config: SessionConfig | None = None,
        target: int | None = 1,
        system: int = COMPANION_SYSTEM_ID,
        component: int = COMPANION_COMPONENT_ID,
    ) -> None:
        """Make the session behind it.

        Args:
            profile: The autopilot that is expected; default PX4.
            config: How to fly.
            target: System id of the vehicle; None: that of the first autopilot's heartbeat.
            system: Our system id.
            component: Our component id.
        """
        self.profile = profile
        self.target = target
        self.foreign = 0
        """Messages that were not the vehicle's autopilot's, or acknowledgements for another
        system.
        """
        self._us = (system, component)
        self._joiner = TextJoiner()
        self._out: list[MavlinkMessage] = []
        self._asked: dict[int, RequestKind] = {}
        self._types: dict[str, int] = {}
        self._received: set[int] = set()
        self._tries = 0
        # Bounded, since a vehicle may never answer; as many as are asked for in about 2 s.
        self._polls: deque[float] = deque(maxlen=32)
        """When heartbeats were asked for whose answers have not come yet, s."""
        self._last_poll = NEVER
        """When a heartbeat was last asked for, s."""
        self._answered = NEVER
        """When an answer to such a question last came, s."""
        self._stray = NEVER
        """When an answer last came that no single question explains, or the asking one by one
        began, s.
        """
        self.session = OffboardSession(self, config)

    # What comes in.

    def is_vehicle(self, message: MavlinkMessage) -> bool:
        """Whether a message is the autopilot's of our vehicle."""
        if message.get_srcComponent() != AUTOPILOT:
            return False
        if self.target is None or message.get_type() == "HEARTBEAT":
            # A script may send with the autopilot's ids: its heartbeat shows that it is none.
            return _is_autopilot(message) and self.target in (None, message.get_srcSystem())
        return bool(message.get_srcSystem() == self.target)

    def receive(self, message: MavlinkMessage, now: float) -> bool:
        """Take one message from the link; returns whether it brought anything of our vehicle."""
        kind = message.get_type()
        if not self.is_vehicle(message):
            self.foreign += 1
            return False
        if self.target is None:
            self.target = message.get_srcSystem()
        session = self.session
        session.now = now
        self._received.add(message.get_msgId())
        news = telemetry.read(message, session.vehicle, now)
        if kind == "HEARTBEAT":
            session.received_heartbeat(now)
        elif kind == "LOCAL_POSITION_NED" and news:
            session.received_position(now)
        elif kind == "RC_CHANNELS" and news:
            session.received_sticks(now)
        elif kind == "SYS_STATUS":
            session.received_receiver_status(now)
        elif kind == "COMMAND_ACK":
            news = self._acknowledge(message, now)
        elif kind == "STATUSTEXT":
            self._pass_on(self._joiner.add(message, now))
        elif kind == "PARAM_VALUE":
            value = messages.decode_parameter(
                message.param_value, message.param_type, self.profile.bytewise
            )
            session.parameters[message.param_id] = value
            self._types[message.param_id] = message.param_type
        return news

    def update(self, now: float) -> list[MavlinkMessage]:
        """Return what has to be sent now."""
        self._pass_on(self._joiner.expired(now))
        return self.session.update(now)

    # For the session, see ``Adapter``.

    @property
    def _vehicle(self) -> int:
        """``target``: the session asks for nothing before the first heartbeat, which sets it."""
        assert self.target is not None
        return self.target

    def greet(self) -> None:
        """Ask for the messages that are needed, and for the parameters of the autopilot's own
        failsafes.
        """
        self._received.clear()
        self._tries = 0
        for number, rate in messages.WANTED.items():
            self._send(messages.request_message_rate(self._vehicle, number, rate))
        for name in failsafe_parameters(self.profile.name):
            self.read_parameter(name)

    def ask_again(self) -> None:
        """Ask again for what has not come: for what we cannot fly without for ever, for the rest
        some times.
        """
        self._tries += 1
        for number, rate in messages.WANTED.items():
            wanted = number in messages.ESSENTIAL or self._tries <= TRIES
            if number not in self._received and wanted:
                self._send(messages.request_message_rate(self._vehicle, number, rate))
        for name in failsafe_parameters(self.profile.name):
            if name not in self.session.parameters and self._tries <= TRIES:
                self.read_parameter(name)

    def ask_for_heartbeat(self) -> None:
        """Ask for one heartbeat: PX4 does not let its rate be changed, but sends one whenever it is
        asked.
        """
        if self._awaits_answer(self.session.now):
            return
        number = mavlink.MAVLINK_MSG_ID_HEARTBEAT
        self._polls.append(self.session.now)
        self._last_poll = self.session.now
        self._send(messages.command_long(self._vehicle, mavlink.MAV_CMD_REQUEST_MESSAGE, (number,)))

    def show_life(self) -> None:
        """Send our own heartbeat."""
        self._send(messages.heartbeat(self.profile.texts_for_stations))

    def send_set_point(self, command: Command) -> None:
        """Send a velocity and a yaw rate in the level body frame."""
        self._send(messages.set_point(command, self.session.now, self._vehicle))

    def request(self, kind: RequestKind, value: float = 0.0, attempt: int = 0) -> None:
        """Send a MAV_CMD."""
        parameters: tuple[float, ...] = ()
        if kind is RequestKind.MODE:
            parameters = self.profile.mode_parameters(int(value))
        elif kind is RequestKind.ARM:
            parameters = (1.0,)
        elif kind is RequestKind.DISARM:
            parameters = (0.0,)
        elif kind is RequestKind.TAKE_OFF:
            parameters = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, value)
        number = COMMANDS[kind]
        self._asked[number] = kind
        self._send(messages.command_long(self._vehicle, number, parameters, attempt))

    def read_parameter(self, name: str) -> None:
        """Ask for a parameter."""
        self._send(messages.read_parameter(self._vehicle, name))

    def set_parameter(self, name: str, value: float) -> None:
        """Set a parameter whose type was learned by reading it."""
        kind = self._types[name]
        self._send(messages.set_parameter(self._vehicle, name, value, kind, self.profile.bytewise))

    def ready(self, now: float) -> str:
        """Set points in the body frame need nothing more."""
        return ""

    def warnings(self) -> list[str]:
        """The autopilot sends its warnings as texts."""
        return []

    def take(self) -> list[MavlinkMessage]:
        """Return what has to be sent, and forget it."""
        out = self._out
        self._out = []
        return out

    def _acknowledge(self, message: MavlinkMessage, now: float) -> bool:
        whom = (getattr(message, "target_system", 0), getattr(message, "target_component", 0))
        kind = self._asked.get(message.command)
        if whom not in (self._us, (0, 0)):
            self.foreign += 1
            return False
        if message.command == mavlink.MAV_CMD_REQUEST_MESSAGE:
            self._measure(now)
        if kind is not None:
            self.session.answered(kind, ANSWERS.get(message.result, Answer.FAILED), now)
        return kind is not None

    @property
    def _asks_one_by_one(self) -> bool:
        """Whether heartbeats are asked for one at a time.

        Answers have no numbers: after one was lost, each later one is taken for the answer to an
        older question, and the link seems slow for as long as questions overlap. So they do not
        overlap while nothing of ours goes on and the link seems too slow to begin anything; nor
        does the first one follow while answers to those before may be on their way, which would
        be taken for quick ones to it.
        """
        idle = self.session.phase in (Phase.READY, Phase.RELEASED)
        return idle and self.session.round_trip > SLOWEST_LINK

    def _awaits_answer(self, now: float) -> bool:
        """Whether no question may follow yet, where they are asked one by one."""
        if not self._asks_one_by_one:
            return False
        if now < max(self._last_poll, self._answered, self._stray):
            # The clock has gone back: wait for as long as after a question of now.
            self._polls.clear()
            self._last_poll = self._answered = self._stray = now
        if now - self._stray <= DRAIN:
            return True
        return bool(self._polls) and now - max(self._last_poll, self._answered) <= QUIET

    def _measure(self, now: float) -> None:
        """An answer to the oldest question for a heartbeat: how long the link needs; lost ones make
        it longer, see ``_asks_one_by_one``.
        """
        self._answered = now
        if self._asks_one_by_one:
            if len(self._polls) != 1:
                # Others are on their way, or were lost: no question until no answer comes any more.
                self._stray = now
            if self._polls:
                self.session.took(now - self._polls[0])
            self._polls.clear()
            return
        while self._polls and not 0.0 <= now - self._polls[0] <= LONGEST_ANSWER:
            self._polls.popleft()
        if self._polls:
            self.session.took(now - self._polls.popleft())
        if self._asks_one_by_one:
            # From now on. The answers to these questions are on their way, or lost.
            self._polls.clear()
            self._stray = now

    def _pass_on(self, texts: list[Text]) -> None:
        for text in texts:
            self.session.received_text(
                text.text, text.severity <= mavlink.MAV_SEVERITY_WARNING, text.time
            )

    def _send(self, message: MavlinkMessage) -> None:
        self._out.append(message)


def _is_autopilot(message: MavlinkMessage) -> bool:
    if message.get_type() != "HEARTBEAT":
        return False
    return bool(message.autopilot != mavlink.MAV_AUTOPILOT_INVALID)
