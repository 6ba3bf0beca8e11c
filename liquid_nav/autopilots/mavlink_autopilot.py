"""The bridge's end of a MAVLink link: a state machine with an injected clock, without input or output.

Give it what was received, the supervisor's word and commands, and the time; it answers with messages to send. Phases:
``offline`` (no vehicle heard), ``ready`` (nothing of ours goes on), ``starting``, ``climbing``, ``flying`` (our
commands are streamed), ``holding`` (the autopilot holds because we asked), ``landing``, ``released`` (pilot or
autopilot have changed the mode: hands off until somebody engages again).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from pymavlink.dialects.v20 import common as mavlink

from liquid_nav.autopilots import mavlink_messages as messages
from liquid_nav.autopilots import mavlink_steps as steps
from liquid_nav.autopilots.flavours import PX4, Flavour
from liquid_nav.autopilots.mavlink_codec import Message
from liquid_nav.autopilots.mavlink_telemetry import IN_AIR, ON_GROUND, Telemetry
from liquid_nav.autopilots.mavlink_text import Text, TextJoiner
from liquid_nav.errors import UserError
from liquid_nav.types import Command

LINK_LOST = 3.0
"""s without a heartbeat, which comes once a second."""
MOVING = (mavlink.MAV_LANDED_STATE_TAKEOFF, mavlink.MAV_LANDED_STATE_LANDING)
GAP = 1.0
"""s between two calls of ``update`` beyond which the clock has jumped."""
WAKING = 0.5
"""s after such a gap in which the vehicle's own clock tells a jump of ours from a sleep; less than ``GAP``."""
CLOSEST = 0.0199
"""s between two set points at least: 50 Hz."""


@dataclass(frozen=True)
class AutopilotConfig:
    """How to fly it.

    target: system id of the vehicle, None: the first heard; rate: set points per second, 20 to 50; freshness: s that a
    command is obeyed; altitude: m to take off to; climb, descent: m/s; patience: s for take-off beyond the climb, and
    for the autopilot's own disarming; hiccup: s for which a holding supervisor is answered by zero set points, before
    the autopilot is asked to hold; set_parameters: whether we may set them, or only check.
    """

    target: int | None = 1
    rate: float = 30.0
    freshness: float = 0.5
    altitude: float = 1.5
    climb: float = 0.7
    descent: float = 0.5
    patience: float = 12.0
    hiccup: float = 2.0
    set_parameters: bool = True

    def __post_init__(self) -> None:
        """Refuse what no autopilot should be given."""
        if not 20.0 <= self.rate <= 50.0:
            raise UserError(f"set points at {self.rate:g} Hz", "choose a rate between 20 and 50 Hz")


@dataclass(frozen=True, slots=True)
class Event:
    """Something worth a line in a log: time s, whether it is trouble, and words."""

    time: float
    trouble: bool
    words: str


@dataclass(frozen=True, slots=True)
class Ack:
    """The answer to a command."""

    time: float
    result: int


@dataclass
class Autopilot:
    """See the module. ``fault`` is why the last thing asked for did not happen, empty if it did."""

    flavour: Flavour = PX4
    config: AutopilotConfig = field(default_factory=AutopilotConfig)

    def __post_init__(self) -> None:
        """Start offline."""
        self.now, self.target = 0.0, self.config.target
        self.telemetry, self.phase, self.fault, self.word = Telemetry(), "offline", "", "disengaged"
        self.acks: dict[int, Ack] = {}
        self.parameters: dict[str, tuple[float, int]] = {}
        self.expected: set[int] = set()
        self.checked = self.streaming = False
        self.wanted, self.since = Command(), 0.0
        self.foreign = 0
        self._texts, self._joiner = deque(maxlen=50), TextJoiner()
        self._command, self._command_time = Command(), -1e9
        self._plan: steps.Step | None = None
        self._out: list[Message] = []
        self._events: list[Event] = []
        self._beat = self._streamed = self._updated = -1e9
        self._new, self._reboots, self._held = False, 0, 0.0
        self._interrupted = False
        self._asleep_since, self._woke, self._boot = -1e9, -1e9, None

    # What comes in.

    def receive(self, message: Message, now: float) -> None:
        """Take one message from the link; other systems than our vehicle are counted and ignored."""
        self.now = now
        self._notice_gap()
        kind, system = message.get_type(), message.get_srcSystem()
        if self.target is None and kind == "HEARTBEAT" and message.autopilot != mavlink.MAV_AUTOPILOT_INVALID:
            self.target = system
        if system != self.target:
            self.foreign += 1
            return
        self.telemetry.receive(message, now)
        self._notice_sleep()
        if kind == "HEARTBEAT":
            self._on_heartbeat()
        elif kind == "COMMAND_ACK":
            self._acknowledge(message.command, message.result)
        elif kind == "STATUSTEXT":
            self._hear(self._joiner.add(message, now))
        elif kind == "PARAM_VALUE":
            value = messages.decode_value(message.param_value, message.param_type, self.flavour.bytewise)
            self.parameters[message.param_id] = (value, message.param_type)

    def command(self, command: Command, now: float) -> None:
        """Take the supervisor's command; what is not finite is as good as none."""
        if command.is_finite():
            self._command, self._command_time, self._new = command, now, True

    def follow(self, word: str, now: float) -> None:
        """Obey the supervisor's mode when it changes: engaged, holding, landing, disengaged, pilot."""
        before, self.word, self.now = self.word, word, now
        if word == before:
            return
        if word == "engaged" and before == "holding" and self.phase == "ready" and self._interrupted:
            # The supervisor resumes by itself; motors that have stopped, or a vehicle that was away, need a person.
            self._interrupted = False
            self.complain("the flight was interrupted: engage again to go on")
        elif word == "engaged" and not (before == "holding" and self.phase == "released"):
            self.start(now)
        elif word == "landing":
            self.land(now)
        elif word in ("disengaged", "pilot") or self.phase != "flying":
            self.hold(now)
        self._held = now

    def start(self, now: float) -> None:
        """Take over: from the ground with arming and take-off, in the air by the mode alone."""
        self.now = now
        wrong = self.telemetry.autopilot not in (None, self.flavour.autopilot)
        if self.phase == "offline" or wrong:
            name = mavlink.enums["MAV_AUTOPILOT"].get(self.telemetry.autopilot)
            self.complain(f"this vehicle is {name.name if name else 'unknown'}, not {self.flavour.name}" if wrong
                          else "no heartbeat from the autopilot: is the link up?")
        elif self.phase in ("ready", "holding", "released"):
            self.fault, self.expected, self._interrupted = "", set(), False
            self._run(steps.take_over(self))

    def hold(self, now: float) -> None:
        """Stop: the autopilot holds its place; on the ground, motors off."""
        self.now = now
        if self.phase in ("starting", "climbing", "flying", "landing"):
            self._interrupted = not self.airborne
            self._run(steps.hold(self) if self.airborne else steps.stand_down(self))

    def land(self, now: float) -> None:
        """Land and disarm, from wherever we are in command; somebody says so, so also when released."""
        self.now = now
        if self.phase not in ("offline", "ready", "landing"):
            self._run(steps.land(self) if self.airborne else steps.stand_down(self))

    # What comes out.

    def update(self, now: float) -> list[Message]:
        """Return what has to be sent now; call at least at the rate of set points."""
        self.now = now
        self._notice_gap()
        self._updated = now
        self._hear(self._joiner.expired(now))
        if now - self._beat >= 1.0 or now < self._beat:
            self._beat = now
            self._show_life()
        self._watch()
        self._step()
        self._stream()
        out, self._out = self._out, []
        return out

    def events(self) -> list[Event]:
        """Return what has happened since the last call."""
        events, self._events = self._events, []
        return events

    @property
    def airborne(self) -> bool:
        """Whether it flies, by its own word, or armed and clearly above where its map begins."""
        landed = self.telemetry.landed
        if landed in (ON_GROUND, IN_AIR):
            return landed == IN_AIR
        return self.telemetry.armed and (landed in MOVING or self.height > 0.3)

    @property
    def fresh(self) -> bool:
        """Whether the supervisor speaks: its last command is not older than ``freshness``."""
        return 0.0 <= self.now - self._command_time <= self.config.freshness

    @property
    def height(self) -> float:
        """Height above the origin of its map, m; 0 as long as it is unknown."""
        return 0.0 if self.telemetry.position is None else -float(self.telemetry.position[2])

    # For the steps.

    def send(self, message: Message) -> None:
        """Queue a message."""
        self._out.append(message)

    def order(self, number: int, parameters: tuple[float, ...] = (), attempt: int = 0) -> None:
        """Queue a MAV_CMD; ``attempt`` counts repetitions from 0."""
        self.send(messages.command_long(self.target, number, parameters, attempt))

    def say(self, words: str) -> None:
        """Note an event."""
        self._events.append(Event(self.now, False, words))

    def complain(self, words: str) -> None:
        """Note trouble; it stays as ``fault`` until the next start."""
        self.fault = words
        self._events.append(Event(self.now, True, words))

    def complaints(self, since: float) -> list[str]:
        """Return the autopilot's own warnings since then, each once."""
        return list(dict.fromkeys(text.words for text in self._texts if text.time >= since and _bad(text)))

    # What another wire than MAVLink says otherwise, see ``px4_dds``.

    def _show_life(self) -> None:
        self.send(messages.heartbeat())

    def _greet(self) -> None:
        for number, rate in messages.WANTED.items():
            self.send(messages.ask_for_message(self.target, number, rate))

    def _send_set_point(self, command: Command) -> None:
        self.send(messages.set_point(command, self.now, self.target))

    def _acknowledge(self, number: int, result: int) -> None:
        before = self.acks.get(number)
        if before is None or before.result in (mavlink.MAV_RESULT_ACCEPTED, mavlink.MAV_RESULT_IN_PROGRESS):
            # A second acknowledgement does not make the first one younger, but a "no" after a "yes" is a no.
            same = before is not None and before.result == result
            self.acks[number] = before if same else Ack(self.now, result)

    def _hear(self, texts: list[Text]) -> None:
        for text in texts:
            self._texts.append(text)
            self._events.append(Event(text.time, _bad(text), f"autopilot: {text.words}"))

    def _run(self, plan: steps.Step) -> None:
        self._plan = plan

    def _step(self) -> None:
        if self._plan is None:
            return
        plan = self._plan
        try:
            next(plan)
        except StopIteration:
            self._plan = None if self._plan is plan else self._plan
        except steps.Refused as refusal:
            self._plan = None
            self.complain(str(refusal))
            if self.phase == "holding":
                self.complain(f"{refusal}; set points stop, its own failsafe takes over")
            elif self.airborne and self.expected:
                self._run(steps.hold(self))
            elif self.airborne:
                self.streaming, self.phase = False, "released"
            else:
                self._run(steps.stand_down(self))

    def _on_heartbeat(self) -> None:
        telemetry = self.telemetry
        if self.phase == "offline":
            self.phase = "ready"
            self.say(f"connected to system {self.target}, {self.flavour.mode_name(telemetry.mode)}")
            self._greet()
            if self.expected:
                # Back after a loss, still in a mode that we had asked for: hold first, whatever comes next.
                self.phase = "flying"
                self._run(steps.hold(self))
        if self.expected and telemetry.mode not in self.expected:
            self._release(f"mode changed to {self.flavour.mode_name(telemetry.mode)} by pilot or autopilot: hands off")
        elif self.expected and not telemetry.armed and self.phase not in ("starting", "landing"):
            self._release("disarmed in flight, not by us")

    def _release(self, why: str) -> None:
        self._plan, self.streaming, self.expected, self.phase = None, False, set(), "released"
        self.complain(why)

    def _notice_gap(self) -> None:
        """The clock has jumped, or nobody has called us: nothing can be said of how long the link was silent."""
        if self.telemetry.heartbeat is None or 0.0 <= self.now - self._updated <= GAP:
            return
        if self._asleep_since != self._updated:
            self._asleep_since, self._woke, self._boot = self._updated, self.now, self.telemetry.boot
        self.telemetry.heartbeat = self.now

    def _notice_sleep(self) -> None:
        """We were not called (a frozen computer): by the vehicle's clock its failsafe must have taken over."""
        boot = self.telemetry.boot
        if not self.streaming or self._boot is None or boot is None or not 0.0 <= self.now - self._woke <= WAKING:
            return
        if boot - self._boot > GAP:
            self._release(f"no set points for {boot - self._boot:.1f} s, the bridge stood still: hands off")

    def _watch(self) -> None:
        telemetry = self.telemetry
        if self.phase != "offline" and self.now - telemetry.heartbeat > LINK_LOST:
            self._plan, self.streaming, self.phase, self._interrupted = None, False, "offline", True
            # A hold that we were asking for when it broke is not ours to end, if the autopilot is found in it.
            self.expected &= {telemetry.mode}
            self.complain(f"no heartbeat from the autopilot for {LINK_LOST:g} s: link lost, set points stopped")
        # Its position may be heard before its heartbeat: then it is still offline.
        if telemetry.reboots != self._reboots and self.phase != "offline":
            self._reboots, self.checked = telemetry.reboots, False
            self._release("the autopilot has rebooted")
        if self.phase == "flying" and self._plan is None:
            silent = self.now - max(self._command_time, self.since)
            if silent > self.config.freshness:
                self.complain(f"no command from the supervisor for {silent:.2f} s: holding")
                self._run(steps.hold(self))
            elif self.word == "holding" and self.now - self._held >= self.config.hiccup:
                self._run(steps.hold(self))

    def _stream(self) -> None:
        if not self.streaming:
            return
        flying = self.phase == "flying" and self.fresh
        current = self._command if flying else self.wanted
        since = self.now - self._streamed
        if since >= 1.0 / self.config.rate - 1e-4 or since < 0.0 or (flying and self._new and since >= CLOSEST):
            self._streamed, self._new = self.now, False
            self._send_set_point(current)


def _bad(text: Text) -> bool:
    return text.severity <= mavlink.MAV_SEVERITY_WARNING
