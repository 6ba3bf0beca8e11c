"""One offboard session: who is in charge of the vehicle, decided by a state machine without a
protocol.

An ``Adapter`` speaks to the vehicle; the supervisor's orders and commands come from one side, what
the vehicle says from the other, and time is an input. What the phases are is in
``safety.contract``; which phase may follow which is in ``transitions``. Rules that hold everywhere:

* Motors start, and the mode that obeys set points is asked for, only for an engagement that was not
  seen before.
* Any mode that we did not ask for ends the session's part; it is never asked back.
* A mode is asked for only on a heartbeat that is younger than the reason for it.
* What is needed to fly is fresh, or the vehicle holds (in the air) or its motors stop (on the
  ground).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

from liquid_nav.autopilots import steps
from liquid_nav.autopilots.adapter import GOOD, Adapter, Answer, RequestKind
from liquid_nav.autopilots.config import SessionConfig, bounded
from liquid_nav.autopilots.ledger import Ledger
from liquid_nav.autopilots.vehicle import Landed, VehicleState
from liquid_nav.safety import (
    IN_CHARGE,
    BridgeReport,
    EngageSwitch,
    Fault,
    FaultKind,
    Mode,
    Order,
    Phase,
)
from liquid_nav.types import Command

ZERO = Command()
LINK_LOST = 3.0
"""s without a heartbeat after which the link counts as lost."""
HEARTBEATS = 2.5
"""Periods without a heartbeat that make it old; an autopilot sends one a second unless it is asked
for more.
"""
HEARTBEAT_AGE = 1.0
"""s that a heartbeat may be old in any case."""
HEARTBEAT_OLDEST = 2.8
"""s that a heartbeat may be old at most, so that a flight holds before the link counts as lost."""
POLL = 0.2
"""s between heartbeats that are asked for: a mode must not be known a second too late."""
URGENT_POLL = 0.06
"""s between them while a request waits for a heartbeat that is younger than its reason."""
GAP = 1.0
"""s between two calls of ``update`` beyond which the clock has jumped or we were not called."""
WAKING = 0.5
"""s after such a gap in which the vehicle's own clock tells a jump of ours from a sleep; less than
``GAP``.
"""
PENDING = 1.0
"""s in which a mode that was asked for may still take effect."""
SLOWEST_LINK = 0.8
"""s that a question and its answer may take for us to take over: on a slower link a pilot could be
overruled.
"""
STICKS_AGE = 0.5
"""s for which the last position of the engage switch counts."""
RECEIVER_AGE = 2.0
"""s for which the vehicle's word on the health of its receiver counts; it is asked for twice a
second.
"""
ASK_AGAIN = 2.0
"""s until messages that do not come are asked for again."""
CLOSEST = 0.0199
"""s between two set points at least: 50 Hz."""
NEVER = -1e9


@dataclass(frozen=True, slots=True)
class Event:
    """Something worth a line in a log."""

    time: float
    """When, s."""
    trouble: bool
    """Whether it is trouble."""
    words: str
    """What."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The autopilot's answer to a request."""

    time: float
    """When it came, s."""
    answer: Answer
    """What it was."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the session was doing when the link was lost."""

    phase: Phase
    """LANDING, or another phase in which it was in charge."""
    modes: frozenset[int]
    """Modes in which the vehicle may be found again if nobody else has taken over."""


class OffboardSession:
    """See the module."""

    def __init__(self, adapter: Adapter, config: SessionConfig | None = None) -> None:
        """Start offline, having seen nothing."""
        self.adapter = adapter
        self.flavour = adapter.flavour
        self.config = config or SessionConfig()
        self.vehicle = VehicleState()
        self.now = 0.0
        self.phase = Phase.OFFLINE
        self.fault: Fault | None = None
        self.order: Order | None = None
        self.replies: dict[RequestKind, Reply] = {}
        self.parameters: dict[str, float] = {}
        self.checked = False
        """Whether the parameters were checked since the vehicle's boot."""
        self.allowed: frozenset[int] = frozenset()
        """Modes that are ours now; any other one ends our part."""
        self.reason = NEVER
        """Time of the reason for the next request of a mode; only a younger heartbeat allows it."""
        self.streaming = False
        self.wanted = ZERO
        """Set point while it is not the supervisor's command."""
        self.arm_asked: float | None = None
        """When arming was last asked for, until the vehicle says that it is disarmed, s."""
        self.round_trip = 0.0
        """Time from a question to the vehicle's answer lately, s, rather too long than too short.
        """
        self.begun = False
        """Whether everything was fresh once since the engagement."""
        self.switch = EngageSwitch(self.config.engage_channel)
        self.identity = ""
        """Of this process, for the supervisor; another one after every start."""
        self.flips = 0
        """How often the engage switch was flipped while nothing of ours went on."""
        self._shown: tuple[int | None, bool] | None = None
        self._ledger = Ledger()
        self._pending: tuple[int, float] | None = None
        self._touched = False
        self._held_since = NEVER
        self._distrusted = ""
        self._closing = False
        self._kept: _Kept | None = None
        self._plan: steps.Step | None = None
        self._command = ZERO
        self._command_time = NEVER
        self._urgent = False
        self._texts: deque[tuple[float, bool, str]] = deque(maxlen=50)
        self._events: list[Event] = []
        self._beat = NEVER
        self._asked_heartbeat = NEVER
        self._asked_again = NEVER
        self._link_since = NEVER
        self._gap_heartbeat: float | None = None
        self._gap_command = NEVER
        self._grace = NEVER
        self._streamed = NEVER
        self._updated = NEVER
        self._reboots = 0
        self._asleep_since = NEVER
        self._woke = NEVER
        self._boot: float | None = None

    # From the supervisor.

    def take_order(self, order: Order, now: float) -> None:
        """Take the supervisor's order; the same one may come any number of times."""
        self.now = now
        # Seen is seen, also what is not obeyed: it must not look new when it is heard again.
        news = self._ledger.take(order)
        # A landing cannot arm and cannot fly on: it is obeyed whoever else speaks.
        distrusted = bool(self._distrusted) and order.mode is not Mode.LANDING
        if self._closing or distrusted or not news.current:
            return
        if news.act:
            # A person has just wanted something else.
            self.switch.forget()
        before = self.order
        self.order = order
        changed = order.differs_from(before)
        if order.mode is Mode.ENGAGED:
            if news.engagement:
                self._start()
            elif changed and before is not None:
                self._resume()
        elif order.mode is Mode.HOLDING:
            if changed:
                self._held_since = now
            self._on_hold(news.act)
        elif order.mode is Mode.LANDING:
            if news.act or (changed and self.phase in IN_CHARGE):
                self._land()
            elif self.phase is Phase.RELEASED:
                self._watch_landing_found()
        elif order.mode is Mode.PILOT:
            if changed:
                self._touch()
        elif news.act or (changed and self.phase is not Phase.LANDING):
            # Disengaged, by a person or because the supervisor has started anew.
            self._disengage(news.act)

    def command(self, command: Command, now: float) -> None:
        """Take the supervisor's command; what is not finite, or does not fit the protocol, is as
        good as none.
        """
        inside = bounded(command, self.config)
        if inside is None:
            return
        self._command = inside
        self._command_time = now
        self._urgent = True

    def distrust(self, topic: str, now: float) -> None:
        """More than one node publishes ``topic``: nobody is obeyed; empty: all is well again."""
        self.now = now
        if topic and topic != self._distrusted:
            self._command = ZERO
            self._urgent = True
            self._interrupt(Fault(FaultKind.TWO_SUPERVISORS, subject=topic))
        self._distrusted = topic

    def close(self, now: float) -> None:
        """End: a landing goes on without us, a flight ends in the autopilot's hold, motors on the
        ground stop.

        Go on to call ``update`` until ``finished``, or until patience ends.
        """
        self.now = now
        if self._closing:
            return
        self._closing = True
        if self.phase in (Phase.STARTING, Phase.CLIMBING, Phase.FLYING):
            self._interrupt(Fault(FaultKind.ENDING))

    @property
    def finished(self) -> bool:
        """Whether a closing session has nothing more to say."""
        lands_by_itself = self.phase is Phase.LANDING and self.allowed == self.flavour.landing_modes
        return self._closing and (self._plan is None or lands_by_itself)

    # From the vehicle, through the adapter, which has updated ``vehicle`` before.

    def heard_heartbeat(self, now: float) -> None:
        """A heartbeat of the vehicle's autopilot is in ``vehicle``."""
        self.now = now
        vehicle = self.vehicle
        self._notice_gap()
        shown = (vehicle.mode, vehicle.armed)
        if shown != self._shown:
            # Somebody has just chosen something: a hand that was at the switch before did not know.
            self._shown = shown
            self.switch.forget()
        if self.phase is Phase.OFFLINE:
            self._connect()
        if vehicle.reboots != self._reboots:
            self._on_reboot()
        if self.phase is Phase.LANDING and not vehicle.armed:
            self._finish_landing()
        # Motors that are being stopped and have: it may show any mode.
        stopped = self.phase is Phase.STOPPING and not vehicle.armed
        ours = vehicle.mode in self.allowed or vehicle.mode == self.pending_mode
        if self.phase in IN_CHARGE and not ours and not stopped:
            mode = self.flavour.mode_name(vehicle.mode)
            self.release(Fault(FaultKind.FOREIGN_MODE, subject=mode))
        flies = self.phase in (Phase.CLIMBING, Phase.FLYING, Phase.HOLDING)
        if flies and not vehicle.armed:
            self.release(Fault(FaultKind.DISARMED))
        if self.phase is Phase.RELEASED and not vehicle.armed:
            self.enter(Phase.READY)
        elif self.phase is Phase.READY and vehicle.armed:
            self._find_armed()
        self._forget_arming()

    def heard_position(self, now: float) -> None:
        """A position is in ``vehicle``: its clock tells a sleep of ours from a jump of our
        clock.
        """
        self.now = now
        self._notice_gap()
        self._notice_sleep()

    def heard_sticks(self, now: float) -> None:
        """Channels of the remote control are in ``vehicle``: a person may have flipped the engage
        switch.
        """
        self.now = now
        vehicle = self.vehicle
        told = vehicle.receiver_time
        healthy = vehicle.receiver and told is not None and 0.0 <= now - told <= RECEIVER_AGE
        active = self.phase not in (Phase.READY, Phase.RELEASED)
        if self.switch.flipped(vehicle.positions, healthy, active, vehicle.sticks_stamp, now):
            self.flips += 1
            self.say("the engage switch was flipped")

    def heard_receiver(self, now: float) -> None:
        """Word of the receiver is in ``vehicle``: while it hears nothing, nobody flips anything."""
        self.now = now
        if not self.vehicle.receiver:
            self.switch.forget()

    def answered(self, kind: RequestKind, answer: Answer, now: float) -> None:
        """Take the autopilot's answer; a second one does not make the first younger, but a no after
        a yes is a no.
        """
        self.now = now
        before = self.replies.get(kind)
        if before is None or (before.answer in GOOD and before.answer is not answer):
            self.replies[kind] = Reply(now, answer)

    def told(self, words: str, warning: bool, now: float) -> None:
        """Take what the autopilot says in words."""
        self._texts.append((now, warning, words))
        self._events.append(Event(now, warning, f"autopilot: {words}"))

    # Out.

    def update(self, now: float) -> list[Any]:
        """Return what has to be sent now; call at least at the rate of set points."""
        self.now = now
        self._notice_gap()
        self._updated = now
        if not 0.0 <= now - self._beat < 1.0:
            self._beat = now
            self.adapter.show_life()
        self._watch()
        self._step()
        self._poll_heartbeat()
        self._stream()
        return self.adapter.take()

    def events(self) -> list[Event]:
        """Return what has happened since the last call."""
        events = self._events
        self._events = []
        return events

    def report(self) -> BridgeReport:
        """Return what the supervisor has to know."""
        return BridgeReport(
            phase=self.phase,
            armed=self.vehicle.armed,
            airborne=self.vehicle.airborne,
            supervisor="" if self.order is None else self.order.supervisor,
            act=0 if self.order is None else self.order.act,
            fault="" if self.fault is None else self.fault.kind.value,
            words="" if self.fault is None else str(self.fault),
            change=0 if self.order is None else self.order.change,
            flips=self.flips,
            switched_on=self.switch.on
            and self.phase is not Phase.OFFLINE
            and self._sticks_within(STICKS_AGE),
            bridge=self.identity,
        )

    # For the steps.

    def request(self, kind: RequestKind, value: float = 0.0, attempt: int = 0) -> None:
        """Ask the vehicle for something, and remember a mode that may therefore take effect."""
        if kind is RequestKind.MODE:
            self._pending = (int(value), self.now)
        elif kind is RequestKind.LAND:
            self._pending = (self.flavour.land, self.now)
        self.adapter.request(kind, value, attempt)

    @property
    def pending_mode(self) -> int | None:
        """Mode that was asked for a moment ago, whether or not it is shown; None: there is none."""
        if self._pending is None:
            return None
        mode, asked = self._pending
        return mode if 0.0 <= self.now - asked < PENDING + self.round_trip else None

    def took(self, seconds: float) -> None:
        """Take the time from a question to its answer, s."""
        seconds = min(max(seconds, 0.0), LINK_LOST)
        self.round_trip = max(seconds, 0.9 * self.round_trip + 0.1 * seconds)

    def enter(self, phase: Phase) -> None:
        """Change the phase."""
        self.phase = phase

    def say(self, words: str) -> None:
        """Note an event."""
        self._events.append(Event(self.now, False, words))

    def complain(self, fault: Fault) -> None:
        """Note trouble; it stays as ``fault`` until the next engagement."""
        self.fault = fault
        self._events.append(Event(self.now, True, str(fault)))

    def warnings(self, since: float) -> list[str]:
        """Return the autopilot's own warnings since then, each once."""
        found = [words for time, warning, words in self._texts if warning and time >= since]
        return list(dict.fromkeys([*found, *self.adapter.warnings()]))

    def staleness(self) -> Fault | None:
        """Return what is too old to fly on, or nothing; ages count from a jump of the clock on."""
        config = self.config
        vehicle = self.vehicle
        silent = self.now - max(self._command_time, self._grace)
        if not 0.0 <= silent <= config.freshness:
            return Fault(FaultKind.SUPERVISOR_SILENT, min(silent, 999.0), config.freshness)
        seen = self.now - max(
            NEVER if vehicle.position_time is None else vehicle.position_time, self._grace
        )
        if not 0.0 <= seen <= config.position_age:
            return Fault(FaultKind.POSITION_OLD, min(seen, 999.0), config.position_age)
        beat = self.now - max(
            NEVER if vehicle.heartbeat is None else vehicle.heartbeat, self._grace
        )
        most = min(max(HEARTBEAT_AGE, HEARTBEATS * vehicle.heartbeat_period), HEARTBEAT_OLDEST)
        if not 0.0 <= beat <= most:
            return Fault(FaultKind.HEARTBEAT_OLD, min(beat, 999.0), most)
        missing = self.adapter.ready(self.now)
        return Fault(FaultKind.REFUSED, subject=missing) if missing else None

    def unknown(self) -> Fault | None:
        """Return what must be known before anything begins, or nothing."""
        if self.vehicle.landed is Landed.UNKNOWN:
            return Fault(FaultKind.LANDED_UNKNOWN)
        if self.round_trip > SLOWEST_LINK:
            return Fault(FaultKind.LINK_SLOW, self.round_trip, SLOWEST_LINK)
        return None

    @property
    def confirmed(self) -> bool:
        """Whether a heartbeat that was sent after ``reason`` shows one of our modes.

        What has just arrived may have been on its way for as long as the link needs.
        """
        vehicle = self.vehicle
        since = self.reason + self.round_trip
        return (
            vehicle.heartbeat is not None
            and vehicle.heartbeat > since
            and vehicle.mode in self.allowed
        )

    @property
    def holds_by_mode(self) -> bool:
        """Whether the autopilot's own hold can work here; PX4's needs a global position."""
        known = (
            self.vehicle.global_time is not None
            and 0.0 <= self.now - self.vehicle.global_time <= LINK_LOST
        )
        return known or not self.flavour.hold_needs_global_position

    @property
    def has_remote_control(self) -> bool:
        """Whether the vehicle hears a remote control."""
        return self.vehicle.sticks is not None and self._sticks_within(LINK_LOST)

    def _sticks_within(self, age: float) -> bool:
        """Whether channels of the remote control were heard in the last ``age`` seconds."""
        time = self.vehicle.sticks_time
        return time is not None and 0.0 <= self.now - time <= age

    # What orders lead to.

    def _start(self) -> None:
        wrong = self.flavour.wrong_vehicle(self.vehicle.autopilot, self.vehicle.kind)
        if self.phase is Phase.OFFLINE:
            self.complain(Fault(FaultKind.NO_HEARTBEAT, subject="is the link up?"))
        elif wrong:
            self.complain(Fault(FaultKind.WRONG_VEHICLE, subject=wrong))
        elif self.phase is Phase.LANDING:
            self.complain(Fault(FaultKind.LANDING_GOES_ON))
        elif self.phase is Phase.STOPPING:
            self.complain(Fault(FaultKind.STILL_STOPPING))
        elif self.phase in (Phase.READY, Phase.HOLDING, Phase.RELEASED):
            self.fault = None
            self._touched = False
            self._run(steps.take_over(self))

    def _resume(self) -> None:
        """The supervisor lets the flight go on by itself: only what hangs in the air by our doing,
        and not for long.
        """
        if self.phase not in (Phase.FLYING, Phase.HOLDING):
            return
        ours = self.vehicle.armed and self.vehicle.airborne and not self._touched
        if not ours or not 0.0 <= self.now - self._held_since <= self.config.resume:
            self._interrupt(Fault(FaultKind.RESUME_REFUSED))
        elif self.phase is Phase.HOLDING:
            self.fault = None
            self._run(steps.take_back(self))

    def _on_hold(self, act: bool) -> None:
        if self.phase in (Phase.STARTING, Phase.CLIMBING) or (act and self.phase is Phase.FLYING):
            self._interrupt(None)
        elif act and self.phase is Phase.LANDING and self.vehicle.airborne:
            self.fault = None
            self._run(steps.hold(self))
        elif act and self._kept is not None:
            self._kept = _Kept(Phase.HOLDING, self._kept.modes)

    def _disengage(self, act: bool) -> None:
        if self.phase in (Phase.OFFLINE, Phase.LANDING):
            return  # what lands comes down and disarms: that is what was asked for
        if act and self.phase is Phase.RELEASED and not self.vehicle.airborne:
            # Whoever started the motors: a person wants them off, on the ground.
            self._run(steps.stand_down(self, lands=False))
        else:
            self._interrupt(None)

    def _touch(self) -> None:
        """A pilot has touched something: zero at once, and hands off as soon as that is safe."""
        if self.phase is Phase.OFFLINE:
            if self.vehicle.airborne:
                self._kept = None
            return
        if self.phase not in IN_CHARGE or self.phase is Phase.STOPPING:
            return
        self._touched = True
        self._urgent = True
        self.complain(Fault(FaultKind.PILOT_TOUCH))
        if self.phase is Phase.LANDING and not self.streaming:
            # The autopilot lands by itself: whoever wants to fly on changes the mode.
            return
        self._run(steps.hand_over(self))

    def _land(self) -> None:
        if self.phase is Phase.OFFLINE:
            self.complain(Fault(FaultKind.LANDING_WAITS))
            if self.vehicle.mode is not None:
                modes = (
                    frozenset({self.vehicle.mode, self.flavour.follow}) | self.flavour.landing_modes
                )
                self._kept = _Kept(Phase.LANDING, modes)
        elif self.phase is Phase.LANDING:
            return
        elif self.vehicle.airborne and self.vehicle.armed:
            self.fault = None
            self._run(steps.land(self))
        elif self.phase is Phase.STARTING or self.vehicle.armed or self.arm_asked is not None:
            self._run(steps.stand_down(self))

    def _watch_landing_found(self) -> None:
        """The vehicle was found armed before the order was heard: it lands already, as was
        ordered.
        """
        found = self.fault is not None and self.fault.kind is FaultKind.FOUND_ARMED
        if found and self.vehicle.armed and self.vehicle.mode in self.flavour.landing_modes:
            self.fault = None
            self.allowed = self.flavour.landing_modes
            self._run(steps.watch_landing(self))

    def _find_armed(self) -> None:
        """Ready, and the vehicle is armed: by our own late request, or by somebody else."""
        mode = self.vehicle.mode
        if self.arm_asked is not None:
            self.allowed = frozenset({mode})
            self._run(steps.stand_down(self))
        else:
            self.release(Fault(FaultKind.FOUND_ARMED, subject=self.flavour.mode_name(mode)))

    def _forget_arming(self) -> None:
        """A request to arm that has had its time and is not shown is over."""
        if (
            self.arm_asked is None
            or self.vehicle.armed
            or self.phase in (Phase.STARTING, Phase.STOPPING)
        ):
            return
        if self._had_its_time(self.arm_asked):
            self.arm_asked = None

    def _had_its_time(self, asked: float) -> bool:
        """Whether a request to arm would be shown by now."""
        return self.now > asked + steps.SETTLE + self.round_trip

    def _interrupt(self, fault: Fault | None) -> None:
        """Stop what goes on: hold in the air, motors off on the ground."""
        if fault is not None and self.phase in IN_CHARGE and self.phase is not Phase.LANDING:
            self.complain(fault)
        if self.phase not in (Phase.STARTING, Phase.CLIMBING, Phase.FLYING, Phase.HOLDING):
            return
        if not self.vehicle.airborne:
            self._run(steps.stand_down(self))
        elif self.flavour.follow not in self.allowed and self.phase is Phase.STARTING:
            # It flies in somebody else's mode, and we have asked for nothing yet.
            self.release(fault or Fault(FaultKind.RESUME_REFUSED))
        elif self.phase is not Phase.HOLDING:
            self._run(steps.hold(self))

    def release(self, fault: Fault) -> None:
        """Hands off; a request to arm that is still on its way is taken back."""
        pending = self.arm_asked is not None and not self._had_its_time(self.arm_asked)
        if pending and not self.vehicle.armed and not self.vehicle.airborne:
            self.request(RequestKind.DISARM)
        self._plan = None
        self.streaming = False
        self.allowed = frozenset()
        self._touched = False
        self.enter(Phase.RELEASED)
        self.complain(fault)

    # What the vehicle leads to.

    def _connect(self) -> None:
        vehicle = self.vehicle
        mode = self.flavour.mode_name(vehicle.mode)
        kept = self._kept
        self._kept = None
        self.say(f"connected, {mode}, {'armed' if vehicle.armed else 'disarmed'}")
        self._greet()
        landing_is_ordered = self.order is not None and self.order.mode is Mode.LANDING
        if not vehicle.armed:
            self.arm_asked = None
            self.enter(Phase.READY)
        elif kept is not None and kept.phase is Phase.LANDING and self._is_ours(kept):
            self.fault = None
            self.allowed = frozenset({vehicle.mode})
            self._run(steps.land(self))
        elif kept is not None and not vehicle.airborne and self._is_ours(kept):
            # The motors that we have started: off.
            self.allowed = frozenset({vehicle.mode})
            self._run(steps.stand_down(self))
        elif kept is not None and vehicle.mode == self.flavour.follow:
            # It still waits for our set points, and nobody else wants it.
            self.allowed = frozenset({vehicle.mode})
            self._run(steps.hold(self))
        elif landing_is_ordered and vehicle.mode in self.flavour.landing_modes:
            self.allowed = self.flavour.landing_modes
            self._run(steps.watch_landing(self))
        else:
            kind = FaultKind.FOUND_ARMED if kept is None else FaultKind.FOREIGN_MODE
            self.release(Fault(kind, subject=mode))

    def _is_ours(self, kept: _Kept) -> bool:
        """Whether the vehicle is found as we left it, or in its own failsafe."""
        held_by_itself = self.vehicle.mode == self.flavour.hold and self.vehicle.failsafe
        return self.vehicle.mode in kept.modes or held_by_itself

    def _greet(self) -> None:
        self.adapter.greet()
        self._asked_heartbeat = self.now
        self._asked_again = self.now

    def _on_reboot(self) -> None:
        self._reboots = self.vehicle.reboots
        self.checked = False
        self.arm_asked = None
        self._greet()
        if self.phase in IN_CHARGE:
            self.release(Fault(FaultKind.REBOOTED))
        else:
            self.say(str(Fault(FaultKind.REBOOTED)))

    def _finish_landing(self) -> None:
        self._plan = None
        self.streaming = False
        self.allowed = frozenset()
        self.arm_asked = None
        self._touched = False
        self.enter(Phase.READY)

    def _lose_link(self) -> None:
        if self.phase in IN_CHARGE:
            modes = frozenset() if self.vehicle.mode is None else frozenset({self.vehicle.mode})
            if self.phase is Phase.LANDING:
                modes |= self.allowed
            # Motors on the ground were to stop at the touch, and still are.
            given_away = self._touched and self.phase is not Phase.LANDING and self.vehicle.airborne
            self._kept = None if given_away else _Kept(self.phase, modes)
        self._plan = None
        self.streaming = False
        self.allowed = frozenset()
        self._touched = False
        self.enter(Phase.OFFLINE)
        self.complain(Fault(FaultKind.LINK_LOST, limit=LINK_LOST))

    def _notice_gap(self) -> None:
        """The clock has jumped, or nobody has called us: nothing can be said of how long the link
        was silent.
        """
        heartbeat = self.vehicle.heartbeat
        if heartbeat is None or 0.0 <= self.now - self._updated <= GAP:
            return
        if self._asleep_since != self._updated:
            self._asleep_since = self._updated
            self._woke = self.now
            self._boot = self.vehicle.boot
            # What is known is from before: only what comes from now on may be a reason.
            self.reason = self.now
            if self.now < self._updated:
                self._begin_plan_anew()
        if self._command_time != self._gap_command:
            # Once for each command: what is needed may come anew, with zero set points meanwhile.
            self._gap_command = self._command_time
            self._grace = self.now
        if heartbeat != self._gap_heartbeat:
            # Once for each heartbeat: a link that stays silent is lost, however seldom we are
            # called.
            self._gap_heartbeat = heartbeat
            self._link_since = self.now

    def _begin_plan_anew(self) -> None:
        """The clock has gone back: times that were remembered lie in the future, and nobody may
        wait for them.
        """
        self.vehicle.clip(self.now)
        # A moment before: it is from before the jump.
        self._command_time = min(self._command_time, self.now - 1e-6)
        self.replies.clear()
        self._pending = None
        if self.arm_asked is not None:
            self.arm_asked = self.now
        self._held_since = min(self._held_since, self.now)
        if self.phase in (Phase.STARTING, Phase.CLIMBING):
            self._interrupt(Fault(FaultKind.RESUME_REFUSED))
        elif self.phase is Phase.STOPPING:
            self._run(steps.stand_down(self))
        elif self.phase is Phase.HOLDING and self._plan is not None:
            self._run(steps.hand_over(self) if self._touched else steps.hold(self))
        elif self.phase is Phase.LANDING and self._plan is not None:
            self._run(steps.land(self))

    def _notice_sleep(self) -> None:
        """We were not called (a frozen computer): by the vehicle's clock its failsafe must have
        taken over.
        """
        boot = self.vehicle.boot
        if not self.streaming or self._boot is None or boot is None:
            return
        if 0.0 <= self.now - self._woke <= WAKING and boot - self._boot > GAP:
            self.release(Fault(FaultKind.STOOD_STILL, boot - self._boot))

    def _watch(self) -> None:
        vehicle = self.vehicle
        if self.phase is Phase.OFFLINE:
            return
        if self.now - max(vehicle.heartbeat, self._link_since) > LINK_LOST:
            self._lose_link()
            return
        if not 0.0 <= self.now - self._asked_again < ASK_AGAIN:
            self._asked_again = self.now
            self.adapter.ask_again()
        starting = self.phase in (Phase.STARTING, Phase.CLIMBING) and self.begun
        if starting or self.phase is Phase.FLYING:
            stale = self.staleness()
            if stale is not None:
                self._interrupt(stale)
        unwanted = self.order is not None and self.order.mode is not Mode.ENGAGED
        if unwanted and self.phase in (Phase.STARTING, Phase.CLIMBING):
            self._interrupt(None)
        elif unwanted and self.phase is Phase.FLYING:
            if self.now - self._held_since >= self.config.hiccup or self.now < self._held_since:
                self._run(steps.hold(self))

    def _poll_heartbeat(self) -> None:
        """Ask for a heartbeat where the vehicle does not send one often enough by itself."""
        if self.phase is Phase.OFFLINE:
            return
        waits = self._plan is not None and not self.confirmed
        period = URGENT_POLL if waits else POLL
        old = not 0.0 <= self.now - self.vehicle.heartbeat < period
        if old and not 0.0 <= self.now - self._asked_heartbeat < period:
            self._asked_heartbeat = self.now
            self.adapter.ask_for_heartbeat()

    # Steps and set points.

    def _run(self, plan: steps.Step) -> None:
        """Begin a plan; its first step is taken at once, so that the phase is true when this
        returns.
        """
        self._plan = plan
        self._step()

    def _step(self) -> None:
        plan = self._plan
        if plan is None:
            return
        try:
            next(plan)
        except StopIteration:
            if self._plan is plan:
                self._plan = None
        except steps.Refused as refusal:
            self._plan = None
            self.complain(refusal.fault)
            self._give_up(refusal.fault)

    def _give_up(self, fault: Fault) -> None:
        """A plan was refused: the safest thing that needs nobody's permission."""
        if not self.vehicle.airborne:
            self._run(steps.stand_down(self))
        elif self.vehicle.mode == self.flavour.follow and self.phase is not Phase.HOLDING:
            self._run(steps.hold(self))
        elif self.phase is not Phase.HOLDING:
            self.release(fault)
        else:
            # What was held before is held on.
            self.allowed = frozenset({self.vehicle.mode})
            self.streaming = self.vehicle.mode == self.flavour.follow

    def _stream(self) -> None:
        if not self.streaming:
            return
        obeys = self.phase is Phase.FLYING and self._is_obeyed()
        current = self._command if obeys else self.wanted
        since = self.now - self._streamed
        due = since >= 1.0 / self.config.rate - 1e-4 or since < 0.0
        if due or (self._urgent and since >= CLOSEST):
            self._streamed = self.now
            self._urgent = False
            self.adapter.send_set_point(current)

    def _is_obeyed(self) -> bool:
        engaged = self.order is not None and self.order.mode is Mode.ENGAGED
        if self._command_time < self._grace:
            return False  # from before a jump of the clock
        return engaged and not self._distrusted and not self._touched and self.staleness() is None
