"""The steps of a flight as generators: each yields until the vehicle has confirmed it, or raises
``Refused``.

A step counts as done only when the request was acknowledged *and* a later heartbeat shows it: PX4
acknowledges twice, and accepts before it refuses. A mode is asked for only after a heartbeat that
is younger than the reason for it, and once: it is repeated only when no acknowledgement came and a
heartbeat younger than the request still shows our mode.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Callable, Generator, Iterator

from liquid_nav.autopilots.adapter import GOOD, Answer, RequestKind
from liquid_nav.autopilots.vehicle import Landed
from liquid_nav.safety import Fault, FaultKind, Phase
from liquid_nav.types import Command

if TYPE_CHECKING:
    from liquid_nav.autopilots.session import OffboardSession

Step = Iterator[None]
ZERO = Command()
INSTANT = 0.05
"""s that a heartbeat is old at most when something is asked for on it."""
RETRY = 1.0
"""s until a request without an answer is repeated."""
STOP_RETRY = 0.25
"""s until a request to disarm without an answer is repeated: motors are to stop within a second and
a half.
"""
ATTEMPTS = 4
"""Times that something without an answer is asked for."""
ARMING_ATTEMPTS = 3
"""Times that arming is asked for where it is refused."""
ARMING_PAUSE = 2.0
"""s between two attempts to arm: estimators settle, sensors warm up."""
CONFIRM = 3.0
"""s that a heartbeat may take to show what was acknowledged, where it comes once a second."""
TAKES_OFF = 60.0
"""s that a take-off which is in progress may take."""
SETTLE = 1.0
"""s after the last request to arm until a heartbeat that shows "disarmed" counts: it may be on
its way.
"""
EXPLAIN = 0.3
"""s to wait for the autopilot's texts after a refusal."""
UNTIL_FRESH = 5.0
"""s that everything may take to be fresh after an engagement: discovery takes its time."""
NEARLY = 0.15
"""m below the height of take-off that are high enough."""
SWITCHES = 0.5
"""s after a pilot's touch in which no mode is asked for and no motor stopped; zero set points go
on.

A switch is seen on the remote control's channels before the autopilot acts on it: a real PX4 shows
the mode up to 0.11 s later, ArduPilot waits for 0.2 s until a switch counts. A hold that is asked
for in between would undo the pilot's choice.
"""
IDLE = 2.5
"""s that the motors turn on the ground before the take-off.

A person beside it is warned by sight and sound; and a supervisor that dies within 3 s of an
engagement is missed before the vehicle has left the ground.
"""


class Refused(Exception):
    """The vehicle did not do what was asked."""

    def __init__(self, fault: Fault) -> None:
        """``fault``: what is wrong, by the autopilot's own texts where it has sent some."""
        self.fault = fault
        super().__init__(str(fault))


def _refused(text: str) -> Refused:
    return Refused(Fault(FaultKind.REFUSED, subject=text))


def ask(
    s: OffboardSession,
    kind: RequestKind,
    what: str,
    value: float,
    done: Callable[[], bool],
    since: float | None = None,
    already: Callable[[], bool] | None = None,
) -> Step:
    """Wait for a heartbeat, send a request until it is acknowledged, then wait for the heartbeat
    that shows it.

    What is asked for on an old heartbeat could undo what a pilot has just done.

    Args:
        s: The session.
        kind: What is asked for.
        what: How it is called in texts.
        value: The mode or the height.
        done: Whether the vehicle shows it.
        since: Time from which on the autopilot's warnings explain a refusal, s; None: from the
            request on.
        already: Whether there is nothing left to ask for; None: ``done`` decides.
    """
    s.replies.pop(kind, None)
    if since is None:
        since = s.now
    longest = CONFIRM
    if kind is RequestKind.TAKE_OFF:
        longest = TAKES_OFF
    if not (s.confirmed and s.now - s.vehicle.heartbeat_time < INSTANT):
        s.reason = s.now
    sent: float | None = None
    attempt = 0
    while True:
        reply = s.replies.get(kind)
        if reply is None:
            due = sent is None or s.now - sent >= max(RETRY, 2.0 * s.round_trip)
            if due and s.confirmed:
                # Another mode that was asked for a moment ago may still take effect: then it must
                # be asked for again.
                settled = s.pending_mode in (None, s.vehicle.mode) or sent is not None
                if settled and (already or done)():
                    return  # it is so already, or the acknowledgement was lost
                if attempt == ATTEMPTS:
                    raise _refused(
                        f"{what}: no answer from the autopilot after {ATTEMPTS} attempts"
                    )
                s.request(kind, value, attempt)
                s.reason = s.now
                sent = s.now
                attempt += 1
        elif reply.answer not in GOOD:
            while s.now < reply.time + EXPLAIN:
                yield
            text = "; ".join(s.warnings(since)) or "it gives no reason"
            raise _refused(f"{what} refused ({reply.answer.value}): {text}")
        elif s.vehicle.heartbeat_time > reply.time and done():
            return
        elif s.now - reply.time > longest:
            shown = s.profile.mode_name(s.vehicle.mode)
            armed = "armed" if s.vehicle.armed else "disarmed"
            raise _refused(f"{what}: acknowledged, but the heartbeat shows {shown}, {armed}")
        yield


def enter_mode(s: OffboardSession, mode: int) -> Step:
    """Change the mode; the modes that are shown until then must be in ``allowed``, and ``mode``
    too.
    """
    name = f"mode {s.profile.mode_name(mode)}"
    yield from ask(s, RequestKind.MODE, name, mode, lambda: s.vehicle.mode == mode)


def arm_patiently(s: OffboardSession, since: float) -> Step:
    """Arm; never by force. A refusal is tried again.

    ``since``: s; PX4 names the cause ("Preflight Fail: ...") when the mode changes, and not again
    when it refuses.
    """
    for attempt in range(ARMING_ATTEMPTS):
        if s.vehicle.armed:
            return
        try:
            s.arm_asked = s.now
            yield from ask(s, RequestKind.ARM, "arming", 1.0, lambda: s.vehicle.armed, since)
            return
        except Refused as refusal:
            if attempt == ARMING_ATTEMPTS - 1:
                raise
            s.log_event(f"{refusal} (trying again)")
        begin = s.now
        while s.now - begin < ARMING_PAUSE:
            yield


def check_parameters(s: OffboardSession) -> Step:
    """Read what our safety rests on, set what is otherwise, and log it."""
    for rule in s.profile.rules:
        name = rule.name
        read = partial(s.adapter.read_parameter, name)
        value = yield from _parameter(s, name, read, lambda v: True)
        if rule.lowest <= value <= rule.highest:
            s.log_event(f"{name} is {value:g}: {rule.why}")
            continue
        if not s.config.set_parameters:
            text = (
                f"{name} is {value:g}, expected {rule.value:g} ({rule.why}): set it, or allow us to"
            )
            raise Refused(Fault(FaultKind.PARAMETER, subject=text))
        write = partial(s.adapter.set_parameter, name, rule.value)
        got = yield from _parameter(s, name, write, partial(_is_near, rule.value))
        s.log_event(f"{name} was {value:g}, is now {got:g}: {rule.why}")


def _parameter(
    s: OffboardSession, name: str, request: Callable[[], None], right: Callable[[float], bool]
) -> Generator[None, None, float]:
    """Repeat a request until the parameter is reported, and right; returns its value."""
    s.parameters.pop(name, None)
    for _ in range(ATTEMPTS):
        request()
        sent = s.now
        while s.now - sent < RETRY:
            if name in s.parameters and right(s.parameters[name]):
                return s.parameters[name]
            yield
    text = "could not be set" if name in s.parameters else "no answer"
    raise Refused(Fault(FaultKind.PARAMETER, subject=f"parameter {name}: {text}"))


def _is_near(wanted: float, value: float) -> bool:
    return abs(value - wanted) < 1e-6


def take_over(s: OffboardSession) -> Step:
    """After a new engagement: zero set points, the mode that follows them, then arm and take off,
    unless it flies.
    """
    asked = s.now
    s.enter(Phase.STARTING)
    s.begun = False
    s.reason = s.now
    s.wanted = ZERO
    follow = s.profile.follow
    s.allowed = frozenset({s.vehicle.mode})
    stale = s.staleness() or s.unknown()
    while stale is not None:
        if s.now - asked > UNTIL_FRESH:
            raise Refused(stale)
        yield
        stale = s.staleness() or s.unknown()
    s.begun = True
    if not s.checked:
        yield from check_parameters(s)
        s.checked = True
    if not s.holds_by_mode:
        s.log_event(s.profile.without_global_position)
    # A PX4 in its own failsafe goes back to OFFBOARD by itself as soon as set points come.
    s.allowed = s.allowed | {follow}
    s.streaming = True
    begin = s.now
    while s.now - begin < s.profile.streams_first:
        yield
    yield from enter_mode(s, follow)
    s.allowed = frozenset({follow})
    if s.vehicle.airborne and not s.vehicle.armed:
        raise _refused("the vehicle reports that it flies and is disarmed")
    if not s.vehicle.airborne:
        yield from arm_patiently(s, asked)
        s.enter(Phase.CLIMBING)
        yield from climb(s)
    s.wanted = ZERO
    s.enter(Phase.FLYING)


def take_back(s: OffboardSession) -> Step:
    """Go on with a flight that hangs in the air by our doing; never arms."""
    s.reason = s.now
    s.wanted = ZERO
    follow = s.profile.follow
    s.allowed = s.allowed | {follow}
    stale = s.staleness()
    if stale is not None:
        raise Refused(stale)
    s.streaming = True
    begin = s.now
    while s.now - begin < s.profile.streams_first:
        yield
    yield from enter_mode(s, follow)
    s.allowed = frozenset({follow})
    s.enter(Phase.FLYING)


def climb(s: OffboardSession) -> Step:
    """Let the armed motors turn for ``IDLE``, then take off to the configured height above where it
    stands.
    """
    config = s.config
    armed = s.now
    while s.now - armed < IDLE and not s.vehicle.airborne:
        yield
    ground = s.vehicle.height
    begin = s.now
    if s.profile.takes_off:
        # Set points would end its own take-off.
        s.streaming = False

        def airborne() -> bool:
            return s.vehicle.airborne

        yield from ask(
            s, RequestKind.TAKE_OFF, "take-off", config.altitude, lambda: True, already=airborne
        )
    else:
        s.wanted = Command(vz=config.climb)
    while True:
        height = s.vehicle.height - ground
        high_enough = height >= config.altitude - NEARLY
        if high_enough and s.vehicle.airborne:
            break
        if high_enough:
            s.wanted = ZERO
        if s.now - begin > config.patience + config.altitude / config.climb:
            text = "; ".join(s.warnings(armed)) or "it gives no reason"
            raise Refused(Fault(FaultKind.TAKE_OFF_SLOW, height, s.now - begin, text))
        yield
    s.wanted = ZERO
    s.streaming = True


def _see_our_mode(s: OffboardSession) -> Step:
    """Wait for a heartbeat that is young enough, and for a mode that was asked for a moment ago."""
    while not s.confirmed or s.pending_mode not in (None, s.vehicle.mode):
        yield


def hold(s: OffboardSession) -> Step:
    """Let the autopilot hold its place; only then the set points stop. Where it cannot, zero set
    points hold.
    """
    s.enter(Phase.HOLDING)
    s.reason = s.now
    s.wanted = ZERO
    hold_mode = s.profile.hold
    s.streaming = s.streaming or s.vehicle.mode == s.profile.follow
    yield from _see_our_mode(s)
    if s.vehicle.mode not in s.profile.ours:
        s.release(Fault(FaultKind.FOREIGN_MODE, subject=s.profile.mode_name(s.vehicle.mode)))
        return
    if not s.holds_by_mode:
        return
    s.allowed = s.allowed | {hold_mode}
    try:
        yield from enter_mode(s, hold_mode)
    except Refused as refusal:
        s.record_fault(refusal.fault)
        s.log_event("holding by zero set points: the autopilot refuses its hold mode")
        return
    s.allowed = frozenset({hold_mode})
    s.streaming = False


def hand_over(s: OffboardSession) -> Step:
    """A pilot has touched something: zero set points until a mode of theirs is seen, or until a
    hold is.

    The mode to hold in is one whose sticks work, where there is a remote control. What may have
    been switched has its time to take effect first; the session lets go as soon as another mode is
    shown.
    """
    s.enter(Phase.HOLDING)
    s.wanted = ZERO
    profile = s.profile
    # Zero set points end ArduPilot's own take-off.
    s.streaming = s.streaming or s.vehicle.mode == profile.follow
    begin = s.now
    while s.now - begin < SWITCHES + s.round_trip:
        yield
    s.reason = s.now
    mode = profile.pilot_hold if s.has_remote_control else profile.hold
    # Not before a younger heartbeat: with a mode of their own the pilot may want to take off.
    while not s.confirmed:
        yield
    if not s.vehicle.airborne:
        yield from stand_down(s)
        return
    yield from _see_our_mode(s)
    if s.vehicle.mode not in profile.ours:
        s.release(Fault(FaultKind.PILOT_TOUCH))
        return
    if not s.holds_by_mode:
        return  # zero set points hold it until the pilot changes the mode
    s.allowed = s.allowed | {mode}
    try:
        yield from enter_mode(s, mode)
    except Refused as refusal:
        s.record_fault(refusal.fault)
        return
    s.release(Fault(FaultKind.PILOT_TOUCH))


def land(s: OffboardSession) -> Step:
    """Land where it is and see it disarmed.

    Asks again until the autopilot obeys, by command and by mode in turn, sinking by set points
    meanwhile where it follows them.
    """
    s.enter(Phase.LANDING)
    s.reason = s.now
    s.wanted = ZERO
    profile = s.profile
    s.allowed = frozenset({*s.allowed, s.vehicle.mode}) | profile.landing_modes
    by_command = profile.lands_by_command
    while True:
        try:
            if by_command:

                def lands() -> bool:
                    return s.vehicle.mode in profile.landing_modes

                yield from ask(s, RequestKind.LAND, "landing", 0.0, lands)
            else:
                yield from enter_mode(s, profile.land)
            break
        except Refused as refusal:
            s.record_fault(refusal.fault)
            by_command = not by_command
            s.wanted = Command(vz=-s.config.descent)
            s.reason = s.now
            if not s.vehicle.airborne:
                break  # by set points
    s.fault = None
    if s.vehicle.mode in profile.landing_modes:
        s.allowed = profile.landing_modes
        s.streaming = False
    yield from watch_landing(s)


def watch_landing(s: OffboardSession) -> Step:
    """See a landing through; the session ends it when a heartbeat shows that the vehicle is
    disarmed.
    """
    s.enter(Phase.LANDING)
    touched: float | None = None
    while True:
        if s.vehicle.airborne:
            touched = None
        elif touched is None:
            touched = s.now
        elif s.now - touched >= s.config.patience:
            yield from stand_down(s)
            return
        yield


def stand_down(s: OffboardSession, lands: bool = True) -> Step:
    """On the ground: motors off, from when arming was asked for until the vehicle reports that
    it is disarmed.

    Zero set points go on meanwhile: without any, PX4 would follow the last ones for another second.

    Args:
        s: The session.
        lands: Whether a vehicle that has left the ground meanwhile is ours to land; otherwise a
            pilot or another program flies it.
    """
    s.wanted = ZERO
    s.streaming = s.vehicle.mode == s.profile.follow
    if not s.vehicle.armed and s.arm_asked is None:
        s.streaming = False
        s.allowed = frozenset()
        s.enter(Phase.READY)
        return
    s.enter(Phase.STOPPING)
    s.allowed = frozenset({*s.allowed, s.vehicle.mode})
    s.replies.pop(RequestKind.DISARM, None)
    begin = s.now
    sent: float | None = None
    attempt = 0
    while True:
        if sent is not None and not s.vehicle.armed:
            # An acknowledgement may be that of the request to arm: only the heartbeat counts, once
            # both have had their time.
            since = begin
            if s.arm_asked is not None:
                since = s.arm_asked + SETTLE
            if s.vehicle.heartbeat_time > since + s.round_trip:
                break
        reply = s.replies.get(RequestKind.DISARM)
        refusal: Answer | None = None
        if reply is not None and reply.answer not in GOOD:
            refusal = reply.answer
        if (
            refusal is not None
            and (s.vehicle.airborne or s.vehicle.landed is Landed.UNKNOWN)
            and s.vehicle.armed
        ):
            # It has left the ground meanwhile, or that is unknown: down again, by its own landing,
            # if it is ours.
            if not lands or s.vehicle.mode not in s.profile.ours:
                s.release(
                    Fault(FaultKind.FOREIGN_MODE, subject=s.profile.mode_name(s.vehicle.mode))
                )
                return
            yield from land(s)
            return
        if refusal is not None:
            fault = Fault(FaultKind.REFUSED, subject=_why_not_disarmed(s, refusal))
            if fault != s.fault:
                s.record_fault(fault)
            s.replies.pop(RequestKind.DISARM, None)
        if sent is None or s.now - sent >= STOP_RETRY:
            s.request(RequestKind.DISARM, 0.0, attempt)
            sent = s.now
            attempt += 1
        yield
    s.streaming = False
    s.arm_asked = None
    s.allowed = frozenset()
    s.enter(Phase.READY)


def _why_not_disarmed(s: OffboardSession, answer: Answer) -> str:
    text = "; ".join(s.warnings(s.now - CONFIRM)) or "it gives no reason"
    return f"disarming refused ({answer.value}): {text}"
