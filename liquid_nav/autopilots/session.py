"""One offboard session: who is in charge of the vehicle, decided by a state machine without a
protocol.

The vehicle is reached through an ``Adapter``; the supervisor's orders and commands come from one
side, what the vehicle reports from the other, and time is an input. What the phases are is in
``safety.contract``; which phase may follow which is in ``transitions``. Here is the session's state
and in which order things are checked; the rules themselves:

* ``orders``: what the supervisor's orders lead to (``ledger``: which of them are new).
* ``authority``: who has the vehicle, by its heartbeats.
* ``reconnection``: the link is lost, is back, or the vehicle has rebooted.
* ``interruption``: why and how our own doing is stopped.
* ``clock_gaps``: the clock has jumped, or ``update`` was not called.
* ``freshness``: what must be fresh or known, and how old it may be.
* ``steps``: how a flight starts, holds, lands and stops.
* ``requests``, ``set_points``, ``polling``: what is sent, and when.
* ``remote_control``: the pilot's sticks and the engage switch.
* ``session_reports``: events, texts, and the report to the supervisor.

What holds everywhere:

* Motors start, and the mode that obeys set points is asked for, only for an engagement that was not
  seen before.
* Any mode that we did not ask for ends the session's part; it is never asked back.
* A mode is asked for only on a heartbeat that is younger than the reason for it.
* What is needed to fly is fresh, or the vehicle holds (in the air) or its motors stop (on the
  ground).
"""

from __future__ import annotations

from typing import Any

from liquid_nav.autopilots import authority, freshness, interruption, orders, reconnection, steps
from liquid_nav.autopilots.adapter import Adapter, Answer, RequestKind
from liquid_nav.autopilots.clock_gaps import ClockGaps, notice_gap, notice_sleep
from liquid_nav.autopilots.freshness import NEVER
from liquid_nav.autopilots.ledger import Ledger
from liquid_nav.autopilots.polling import Polling
from liquid_nav.autopilots.remote_control import RemoteControl
from liquid_nav.autopilots.requests import Reply, Requests
from liquid_nav.autopilots.session_config import SessionConfig
from liquid_nav.autopilots.session_reports import EventLog, SessionEvent, bridge_report
from liquid_nav.autopilots.set_points import ZERO, SetPoints
from liquid_nav.autopilots.vehicle import VehicleState
from liquid_nav.safety import BridgeReport, Fault, FaultKind, Mode, Order, Phase
from liquid_nav.types import Command


class OffboardSession:
    """See the module."""

    def __init__(self, adapter: Adapter, config: SessionConfig | None = None) -> None:
        """Start offline, having seen nothing."""
        self.adapter = adapter
        """The connection to the vehicle, in its protocol."""
        self.profile = adapter.profile
        """The autopilot's modes and behaviour."""
        self.config = config or SessionConfig()
        """How to fly; may be replaced while the session runs."""
        self.identity = ""
        """Of this process, for the supervisor; another one after every start."""
        self.now = 0.0
        """Time of what has come last, s."""
        self.phase = Phase.OFFLINE
        """What the session does; changed by ``enter`` only."""
        self.fault: Fault | None = None
        """What is wrong, until the next engagement."""

        # Who is obeyed.
        self.order: Order | None = None
        """The supervisor's order that is obeyed."""
        self.held_since = NEVER
        """When the supervisor's last hold began, s."""
        self.touched = False
        """Whether a pilot has touched something: zero set points until it is handed over."""
        self._ledger = Ledger()
        self._distrusted = ""
        """Topic that more than one node publishes; empty: there is none."""
        self._closing = False
        """Whether the session is about to end."""

        # What the vehicle reports, and what was asked of it.
        self.vehicle = VehicleState()
        """What the vehicle reports; the adapter updates it."""
        self.parameters: dict[str, float] = {}
        """Name -> value of the vehicle's parameters, as far as it has sent them."""
        self.checked = False
        """Whether the parameters were checked since the vehicle's boot."""
        self.reboots_seen = 0
        """How many of the vehicle's reboots have been dealt with."""
        self.before_loss: reconnection.BeforeLoss | None = None
        """What is taken up again when the link is back."""
        self.allowed: frozenset[int | None] = frozenset()
        """Modes that are ours now, as ``vehicle.mode`` shows them; any other one ends our part."""
        self.reason = NEVER
        """Time of the reason for the next request of a mode, s; only a younger heartbeat allows it.
        """
        self.requests = Requests()
        """What was asked for and answered."""
        self.remote = RemoteControl(self.vehicle, self.config.engage_channel)
        """The pilot's sticks and the engage switch."""

        # What is sent.
        self.streaming = False
        """Whether set points are sent."""
        self.wanted = ZERO
        """Set point while it is not the supervisor's command."""
        self.begun = False
        """Whether everything was fresh once since the engagement."""
        self.set_points = SetPoints()
        """The supervisor's command, and the rate of the set points."""
        self.polling = Polling(adapter)
        """Heartbeats of ours, and requests for messages of the vehicle."""
        self.gaps = ClockGaps()
        """Jumps of the clock, and times in which ``update`` was not called."""
        self._plan: steps.Step | None = None
        """The steps that are under way."""
        self._log = EventLog()

    # From the supervisor.

    def take_order(self, order: Order, now: float) -> None:
        """Take the supervisor's order; the same one may come any number of times."""
        self.now = now
        # Seen is seen, also what is not obeyed: it must not look new when it comes again.
        news = self._ledger.take(order)
        # A landing cannot arm and cannot fly on: it is obeyed whatever other nodes publish.
        distrusted = self.is_distrusted and order.mode is not Mode.LANDING
        if self._closing or distrusted or not news.current:
            return
        if news.act:
            # A person has just wanted something else.
            self.remote.forget()
        orders.obey(self, order, news)

    def command(self, command: Command, now: float) -> None:
        """Take the supervisor's command; what no protocol can carry is as good as none."""
        self.set_points.take(command, self.config, now)

    def distrust(self, topic: str, now: float) -> None:
        """More than one node publishes ``topic``: none of them is obeyed; empty: all is well
        again.
        """
        self.now = now
        if topic and topic != self._distrusted:
            self.set_points.drop_command()
            interruption.interrupt(self, Fault(FaultKind.TWO_SUPERVISORS, subject=topic))
        self._distrusted = topic

    @property
    def is_distrusted(self) -> bool:
        """Whether more than one node publishes what only one may."""
        return bool(self._distrusted)

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
            interruption.interrupt(self, Fault(FaultKind.ENDING))

    @property
    def finished(self) -> bool:
        """Whether a closing session has nothing more to send."""
        lands_by_itself = self.phase is Phase.LANDING and self.allowed == self.profile.landing_modes
        return self._closing and (not self.is_busy or lands_by_itself)

    # From the vehicle, through the adapter, which has updated ``vehicle`` before.

    def received_heartbeat(self, now: float) -> None:
        """A heartbeat of the vehicle's autopilot is in ``vehicle``."""
        self.now = now
        notice_gap(self)
        self.remote.received_heartbeat()
        if self.phase is Phase.OFFLINE:
            reconnection.connect(self)
        reconnection.notice_reboot(self)
        authority.read_heartbeat(self)

    def received_position(self, now: float) -> None:
        """A position is in ``vehicle``: its clock distinguishes a jump of ours from a sleep."""
        self.now = now
        notice_gap(self)
        notice_sleep(self)

    def received_sticks(self, now: float) -> None:
        """Channels of the remote control are in ``vehicle``: its switch may have been flipped."""
        self.now = now
        if self.remote.received_sticks(self.phase, now):
            self.log_event("the engage switch was flipped")

    def received_receiver_status(self, now: float) -> None:
        """A report on the receiver of the remote control is in ``vehicle``."""
        self.now = now
        self.remote.received_receiver_status()

    def answered(self, kind: RequestKind, answer: Answer, now: float) -> None:
        """Take the autopilot's answer to a request."""
        self.now = now
        self.requests.answered(kind, answer, now)

    def received_text(self, text: str, warning: bool, now: float) -> None:
        """Take a text of the autopilot."""
        self._log.received_text(now, warning, text)

    def took(self, seconds: float) -> None:
        """Take the time from a question to its answer, s."""
        self.requests.took(seconds)

    # Out.

    def update(self, now: float) -> list[Any]:
        """Return what has to be sent now; call at least at the rate of set points."""
        self.now = now
        notice_gap(self)
        self.gaps.called(now)
        self.polling.show_life(now)
        interruption.watch(self)
        self._step()
        if self.phase is not Phase.OFFLINE:
            urgent = self.is_busy and not self.confirmed
            self.polling.ask_for_heartbeat(self.vehicle.heartbeat_time, urgent, now)
        if self.streaming:
            self._stream()
        return self.adapter.take()

    def events(self) -> list[SessionEvent]:
        """Return what has happened since the last call."""
        return self._log.take()

    def report(self) -> BridgeReport:
        """Return the report to the supervisor."""
        return bridge_report(self)

    # For the steps and the rules.

    def run(self, plan: steps.Step) -> None:
        """Begin a plan and take its first step, so that the phase is true when this returns."""
        self._plan = plan
        self._step()

    @property
    def is_busy(self) -> bool:
        """Whether steps are under way."""
        return self._plan is not None

    def enter(self, phase: Phase) -> None:
        """Change the phase."""
        self.phase = phase

    def leave(self, phase: Phase) -> None:
        """Stop all that goes on, and change the phase: nothing is ours any more."""
        self._plan = None
        self.streaming = False
        self.allowed = frozenset()
        self.touched = False
        self.enter(phase)

    def release(self, fault: Fault) -> None:
        """Hands off; a request to arm that is still on its way is taken back."""
        pending = self.requests.may_still_arm(self.now)
        if pending and not self.vehicle.armed and not self.vehicle.airborne:
            self.request(RequestKind.DISARM)
        self.leave(Phase.RELEASED)
        self.record_fault(fault)

    def request(self, kind: RequestKind, value: float = 0.0, attempt: int = 0) -> None:
        """Ask the vehicle for something, and remember a mode or an arming that may therefore take
        effect.
        """
        if kind is RequestKind.MODE:
            self.requests.asked_mode(int(value), self.now)
        elif kind is RequestKind.LAND:
            self.requests.asked_mode(self.profile.land, self.now)
        elif kind is RequestKind.ARM:
            # Repeated, it counts from the last time: the first one may have been lost.
            self.arm_asked = self.now
        self.adapter.request(kind, value, attempt)

    def log_event(self, text: str) -> None:
        """Note an event."""
        self._log.add(self.now, False, text)

    def record_fault(self, fault: Fault) -> None:
        """Log a fault; it stays as ``fault`` until the next engagement."""
        self.fault = fault
        self._log.add(self.now, True, str(fault))

    def warnings(self, since: float) -> list[str]:
        """Return the autopilot's own warnings since then (s), each once."""
        found = [*self._log.warnings(since), *self.adapter.warnings()]
        return list(dict.fromkeys(found))

    @property
    def replies(self) -> dict[RequestKind, Reply]:
        """The autopilot's answer that counts, for each kind of request."""
        return self.requests.replies

    @property
    def pending_mode(self) -> int | None:
        """Mode that was asked for a moment ago, whether or not it is shown; None: there is none."""
        return self.requests.pending_mode(self.now)

    @property
    def arm_asked(self) -> float | None:
        """When arming was last asked for, until the vehicle reports that it is disarmed, s."""
        return self.requests.arm_asked

    @arm_asked.setter
    def arm_asked(self, time: float | None) -> None:
        self.requests.arm_asked = time

    @property
    def round_trip(self) -> float:
        """Time from a question to the vehicle's answer lately, s."""
        return self.requests.round_trip

    @round_trip.setter
    def round_trip(self, seconds: float) -> None:
        self.requests.round_trip = seconds

    def staleness(self) -> Fault | None:
        """Return what is too old to fly on, or nothing; ages count from a jump of the clock on."""
        commanded = self.set_points.command_time
        stale = freshness.too_old(self.now, commanded, self.gaps.grace, self.vehicle, self.config)
        return stale or freshness.not_ready(self.adapter, self.now)

    def unknown(self) -> Fault | None:
        """Return what must be known before anything begins, or nothing."""
        return freshness.not_known(self.vehicle, self.round_trip)

    @property
    def confirmed(self) -> bool:
        """Whether a heartbeat that was sent after ``reason`` shows one of our modes."""
        return authority.is_confirmed(self)

    @property
    def holds_by_mode(self) -> bool:
        """Whether the autopilot's own hold can work here; PX4's needs a global position."""
        return freshness.can_hold_by_mode(self.now, self.vehicle, self.profile)

    @property
    def has_remote_control(self) -> bool:
        """Whether the vehicle receives a remote control."""
        return self.remote.is_received(self.now)

    # Steps and set points.

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
            self.record_fault(refusal.fault)
            interruption.give_up(self, refusal.fault)

    def _stream(self) -> None:
        set_point = self.wanted
        if self.phase is Phase.FLYING and authority.obeys_commands(self):
            set_point = self.set_points.command
        if self.set_points.is_due(self.config.rate, self.now):
            self.adapter.send_set_point(set_point)
