"""The safety supervisor: the only thing between a policy and the drone.

A pure state machine with an injected clock that never goes back (``StampClock`` brings stamps to
it). It never waits: every call returns at once, and whatever happens the answer is a finite command
inside the limits. What a person asks for is numbered (see ``contract``), so that the bridge can
distinguish it from a state that lasts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from liquid_nav.safety.contract import (
    ACTIVE_MODES,
    FLOWN_PHASES,
    PHASES_IN_CHARGE,
    BridgeReport,
    Mode,
    Order,
    Phase,
)
from liquid_nav.safety.faults import Fault, FaultKind
from liquid_nav.safety.fence import LOOK_AHEAD
from liquid_nav.safety.flips import Flips
from liquid_nav.safety.limit_changes import FENCE, differences, refused_in_flight
from liquid_nav.safety.limits import SafetyLimits, limit
from liquid_nav.safety.watch import EARLY_STAMP_TOLERANCE, Watch, WatchLimits
from liquid_nav.types import Command

ZERO = Command()
NO_BRIDGE = frozenset(
    {
        FaultKind.NO_BRIDGE,
        FaultKind.BRIDGE_OLD,
        FaultKind.BRIDGE_OFFLINE,
        FaultKind.ORDER_NOT_RECEIVED,
    }
)
"""Faults with which no bridge can carry out a landing."""
CALM = 1.0
"""s after any change of the mode in which a flip of the engage switch counts for nothing."""
UNCONFIRMED = 2.0
"""s in which the bridge must have confirmed an engagement, by a report."""
CLOCK_BEGINS_ANEW = 1.0
"""s that an image's stamp must go back for the camera's clock to have been started again."""
MODE_TRANSITIONS: dict[Mode, frozenset[Mode]] = {
    Mode.DISENGAGED: frozenset({Mode.ENGAGED, Mode.HOLDING, Mode.LANDING, Mode.PILOT}),
    Mode.ENGAGED: frozenset({Mode.DISENGAGED, Mode.HOLDING, Mode.LANDING, Mode.PILOT}),
    Mode.HOLDING: frozenset({Mode.DISENGAGED, Mode.ENGAGED, Mode.LANDING, Mode.PILOT}),
    Mode.LANDING: frozenset({Mode.DISENGAGED, Mode.HOLDING, Mode.PILOT}),
    Mode.PILOT: frozenset({Mode.DISENGAGED, Mode.ENGAGED, Mode.HOLDING, Mode.LANDING}),
}
"""Which mode may follow which."""


@dataclass(frozen=True, slots=True)
class SupervisorOutput:
    """What goes to the drone now."""

    command: Command
    """The command that is let through."""
    mode: str
    """The mode's name."""
    faults: tuple[Fault, ...]
    """What is wrong."""


class SafetySupervisor:
    """Gate between policy and drone. All times are seconds of one clock, given by the caller."""

    def __init__(
        self,
        limits: SafetyLimits | None = None,
        watch: WatchLimits | None = None,
        identity: str = "supervisor",
    ) -> None:
        """Start disengaged, with no input seen.

        Args:
            limits: What the drone may do; default: ``SafetyLimits()``.
            watch: Further checks; default: none.
            identity: Of this process, another one after every start.
        """
        self.limits = limits or SafetyLimits()
        self.watch = Watch(watch)
        self.identity = identity
        self.state = Mode.DISENGAGED
        self.why = ""
        """Why the mode is what it is, for people; empty after a request of a person."""
        self._acts = 0
        self._engagements = 0
        self._changes = 0
        self._changed = 0.0
        self._image: float | None = None
        self._image_early: tuple[float, float] | None = None
        """By how much the last image was ahead, and when it arrived, s; None: it was not."""
        self._command: tuple[Command, float] | None = None
        self._bad: Fault | None = None
        self._last = ZERO
        self._last_time: float | None = None
        self._healthy_since: float | None = None
        self._held_by: Fault | None = None
        self._battery_obeyed = False
        self._flips = Flips()
        self._calm_since = -math.inf
        self._unconfirmed_since: float | None = None
        self._by_switch = False

    @property
    def mode(self) -> str:
        """The mode's name."""
        return self.state.value

    @property
    def order(self) -> Order:
        """The order to the bridge."""
        return Order(
            self.identity, self.state, self._acts, self._engagements, self._changed, self._changes
        )

    # What comes in.

    def image(self, stamp: float, now: float | None = None) -> None:
        """Take note of a camera frame; a frame as old as the last one, or without a time, is not
        new.

        Args:
            stamp: When it was taken, s.
            now: When it arrived, s: one from the future is then left out, as the controller leaves
                it out, and is a fault only where no other is fresh; default: not looked at, as in
                simulation, where the message of the clock may arrive after the image's.
        """
        if not math.isfinite(stamp):
            return
        if now is not None and stamp > now + EARLY_STAMP_TOLERANCE:
            self._image_early = (stamp - now, now)
            return
        self._image_early = None
        if self._image is None or stamp > self._image or stamp < self._image - CLOCK_BEGINS_ANEW:
            self._image = stamp

    def command(self, command: Command, stamp: float, now: float) -> None:
        """Take the policy's command, stamped with the image it came from."""
        self.watch.command(stamp, now)
        if command.is_finite():
            self._command = (command, stamp)
            self._bad = None
        else:
            self._bad = Fault(FaultKind.COMMAND_NOT_FINITE, subject=str(command))

    def joy(self, name: str, axes: tuple[float, ...], buttons: tuple[int, ...], now: float) -> str:
        """Take a joystick's message; a touch ends every active mode. Returns what was touched, or
        nothing.
        """
        active = self._active
        touched = self.watch.sticks.moved(name, axes, buttons, active, now)
        if touched and active:
            self._change(Mode.PILOT, now, f"the pilot has touched {touched}")
        return touched

    def bridge(self, report: BridgeReport, now: float) -> tuple[bool, str] | None:
        """Take the bridge's report: it may have let go, given up or finished, or a pilot may have
        flipped the switch.

        Only a report of a bridge that has received our last order answers it; an older one is
        history. Returns the answer to a flip of the engage switch, as ``engage`` gives it, and None
        where there was none.
        """
        self.watch.bridge(report, now)
        flipped = self._flips.is_new(report, now)
        if report.supervisor == self.identity and report.act >= self._acts:
            self._unconfirmed_since = None
        if self._by_switch and report.phase is Phase.FLYING:
            self._by_switch = False
        elif self._by_switch and not report.switched_on:
            self._change(Mode.PILOT, now, "the engage switch was switched off again")
        if report.supervisor != self.identity or report.change != self._changes:
            return None
        self._follow(report, now)
        # Not right after another request of a person: the flip began before it.
        if not flipped or self._active or now - self._calm_since < CALM:
            return None
        answer = self.engage(now)
        self._by_switch = answer[0]
        return answer

    # What people ask for.

    def engage(self, now: float) -> tuple[bool, str]:
        """Start to let commands through; refused, with the reason, while a fault is present or a
        landing goes on.
        """
        report = self.watch.report
        bridge_lands = report is not None and report.phase is Phase.LANDING
        if self.state is Mode.LANDING or bridge_lands:
            return False, str(Fault(FaultKind.LANDING_GOES_ON))
        before = self.watch.fence.home
        # The new home counts first: a person who engages outside the old fence means a new one.
        self.watch.set_home()
        # On the ground one low charge is enough: to ask again costs nothing.
        faults = self._faults(now) or tuple(self.watch.battery_low(1))
        if faults:
            self.watch.fence.home = before
            return False, "; ".join(str(fault) for fault in faults)
        self._engagements += 1
        self._battery_obeyed = False
        self._act(Mode.ENGAGED, now)
        self._unconfirmed_since = now
        return True, "engaged"

    def disengage(self, now: float) -> tuple[bool, str]:
        """Stop at once; never refused. On the ground the bridge stops the motors, in the air it
        holds.
        """
        self._act(Mode.DISENGAGED, now)
        return True, "disengaged"

    def hold(self, now: float) -> tuple[bool, str]:
        """Hover until a person engages again; never refused."""
        self._act(Mode.HOLDING, now)
        return True, "holding"

    def land(self, now: float) -> tuple[bool, str]:
        """Descend until the vehicle has disarmed; asked for in any case, and False where no bridge
        can carry it out.
        """
        self._act(Mode.LANDING, now)
        unable = [
            fault for fault in self.watch.faults(now, self.identity) if fault.kind in NO_BRIDGE
        ]
        if unable:
            return False, f"landing is asked for, but {unable[0]}: use the remote control"
        return True, "landing"

    # What a person changes.

    @property
    def in_flight(self) -> bool:
        """Whether the drone flies, or may fly, as far as is known; a pilot by hand counts too."""
        report = self.watch.report
        flies = report is not None and (
            report.armed or report.airborne or report.phase in FLOWN_PHASES
        )
        return self.state in ACTIVE_MODES or flies

    def refuses(self, limits: SafetyLimits, watch: WatchLimits) -> str:
        """Return why the limits cannot become these now, with the remedy, or nothing; changes
        nothing.
        """
        changes = differences(self.limits, self.watch.limits, limits, watch)
        if not changes or not self.in_flight:
            return ""
        return refused_in_flight(changes) or self._refuses_at_once(changes, watch)

    def change_limits(self, limits: SafetyLimits, watch: WatchLimits) -> None:
        """Take other limits, which ``refuses`` has nothing against. Engages nothing, and changes no
        mode.
        """
        self.limits = limits
        self.watch.change_limits(watch)

    def _refuses_at_once(self, changes: dict[str, tuple[float, float]], watch: WatchLimits) -> str:
        """Return why limits that are tighter would end the flight at once, or do nothing at all."""
        if any(name in changes for name in FENCE):
            if not self.watch.knows_home:
                return (
                    "there is no fence in this flight: it was engaged without odometry. Land first"
                )
            outside = self.watch.outside(watch, LOOK_AHEAD)
            if outside:
                return f"the drone would hold there: {outside[0]}. Fly back first, or land"
        if "battery" in changes and self.watch.counts_to_100:
            return (
                "the drone would hold at once: its battery_state counts to 100, and 1 is "
                "full. Land first"
            )
        if (
            "battery" in changes
            and self.watch.charge is not None
            and self.watch.charge <= watch.battery
        ):
            return (
                f"the drone would land at once: {self.watch.charge:g} of the battery is "
                "left. Call land instead"
            )
        return ""

    # What comes out.

    def must_hold(self, now: float) -> bool:
        """Whether a flight goes on that the next ``update`` will end; changes nothing."""
        return self.state is Mode.ENGAGED and bool(self._faults(now))

    def update(self, now: float) -> SupervisorOutput:
        """Return what the drone shall do now."""
        self.watch.clock(now)
        self._forget_unconfirmed(now)
        faults = self._faults(now)
        self._judge(faults, now)
        wanted = ZERO
        if self.state is Mode.ENGAGED and self._command is not None:
            wanted = self.watch.cut(self._command[0])
        elif self.state is Mode.LANDING:
            wanted = Command(vz=-self.limits.descent)
        command = ZERO
        # Stopping is never rate limited by us: the autopilot brakes as fast as it can.
        if self.state in (Mode.ENGAGED, Mode.LANDING):
            elapsed = 0.0
            if self._last_time is not None:
                elapsed = now - self._last_time
            command = limit(wanted, self._last, elapsed, self.limits)
        self._last = command
        self._last_time = now
        self.watch.sent(command, now)
        return SupervisorOutput(command, self.mode, faults)

    def _follow(self, report: BridgeReport, now: float) -> None:
        """Change the mode where the bridge's report shows that it is over."""
        if report.phase is Phase.RELEASED and self.state in ACTIVE_MODES:
            self._change(Mode.PILOT, now, report.text or "the bridge has let go")
        elif report.phase is Phase.READY and self.state is Mode.ENGAGED:
            self._change(Mode.DISENGAGED, now, report.text or "the vehicle is disarmed")
        elif report.phase is Phase.READY and self.state is Mode.LANDING:
            self._change(Mode.DISENGAGED, now, "down and disarmed")
        elif report.phase is Phase.HOLDING and report.fault and self.state is Mode.ENGAGED:
            # The bridge holds on its own account and will not fly on by itself: the mode must show
            # that. ``_held_by`` stays None, so this hold does not end by itself either.
            self._change(Mode.HOLDING, now, report.text)

    @property
    def _active(self) -> bool:
        """Whether a pilot's touch would end something.

        The bridge may have the drone although we are disengaged: holding after ``disengage``, or
        since we were started anew.
        """
        report = self.watch.report
        in_charge = report is not None and report.armed and report.phase in PHASES_IN_CHARGE
        return self.state in ACTIVE_MODES or in_charge

    def _judge(self, faults: tuple[Fault, ...], now: float) -> None:
        """Change the mode where the faults, or their absence, ask for it."""
        if not faults:
            if self._healthy_since is None:
                self._healthy_since = now
            resume = self.limits.resume
            may_resume = self._held_by is not None and self._held_by.ends_by_itself and resume > 0.0
            confirmed = self._unconfirmed_since is None or self.watch.report is None
            if (
                self.state is Mode.HOLDING
                and may_resume
                and confirmed
                and now - self._healthy_since >= resume
            ):
                self._change(Mode.ENGAGED, now, "resumed: all inputs are healthy again")
            return
        self._healthy_since = None
        if self.state is Mode.ENGAGED:
            self._change(Mode.HOLDING, now, str(faults[0]))
            self._held_by = faults[0]
        elif self.state is Mode.HOLDING and self._held_by is not None:
            # One fault that needs a person is enough, whenever it comes.
            lasting = [fault for fault in faults if not fault.ends_by_itself]
            if lasting and self._held_by.ends_by_itself:
                self._held_by = lasting[0]
        # Once: a person who then asks for hold, since someone stands below, is obeyed.
        if self.state is Mode.HOLDING and self.watch.must_land and not self._battery_obeyed:
            self._battery_obeyed = True
            self._change(Mode.LANDING, now, "the battery is low")

    def _forget_unconfirmed(self, now: float) -> None:
        """An engagement that the bridge has not confirmed in time is over: it must not take effect
        later.
        """
        since = self._unconfirmed_since
        reported = self.watch.report is not None
        late = since is not None and reported and now - since > UNCONFIRMED
        if late and self.state is Mode.ENGAGED:
            self._change(Mode.DISENGAGED, now, "the bridge has not received the engagement")

    def _act(self, mode: Mode, now: float) -> None:
        self._acts += 1
        self._change(mode, now, "")

    def _change(self, mode: Mode, now: float, why: str) -> None:
        self.state = mode
        self.why = why
        self._changed = now
        self._calm_since = now
        self._by_switch = False
        self._changes += 1
        self._held_by = None
        self._healthy_since = None

    def _image_faults(self, now: float) -> list[Fault]:
        if self._image is None:
            found = [Fault(FaultKind.NO_IMAGE)]
        else:
            found = _age(
                now - self._image, self.limits.image_age, FaultKind.IMAGE_OLD, FaultKind.IMAGE_EARLY
            )
        if found and self._image_early is not None:
            ahead, arrived = self._image_early
            # Images do arrive: why none of them counts must be reported.
            if now - arrived <= self.limits.image_age:
                return [Fault(FaultKind.IMAGE_EARLY, ahead, EARLY_STAMP_TOLERANCE)]
        return found

    def _faults(self, now: float) -> tuple[Fault, ...]:
        limits = self.limits
        faults = self._image_faults(now)
        if self._bad is not None:
            faults.append(self._bad)
        elif self._command is None:
            faults.append(Fault(FaultKind.NO_COMMAND))
        else:
            age = now - self._command[1]
            faults += _age(age, limits.command_age, FaultKind.COMMAND_OLD, FaultKind.COMMAND_EARLY)
        return (*faults, *self.watch.faults(now, self.identity))


def _age(age: float, most: float, old: FaultKind, early: FaultKind) -> list[Fault]:
    if age < -EARLY_STAMP_TOLERANCE:
        return [Fault(early, -age, EARLY_STAMP_TOLERANCE)]
    if not age <= most:
        return [Fault(old, age, most)]
    return []
