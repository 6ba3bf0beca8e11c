"""The steps of a flight as generators: each yields until the autopilot has confirmed it, or raises ``Refused``.

A step counts as done only when the command was acknowledged *and* a later heartbeat shows it: PX4 acknowledges twice,
and says yes before it says no.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Iterator

from pymavlink.dialects.v20 import common as mavlink

from liquid_nav.autopilots import mavlink_messages as messages
from liquid_nav.types import Command

if TYPE_CHECKING:
    from liquid_nav.autopilots.flavours import ParameterRule
    from liquid_nav.autopilots.mavlink_autopilot import Autopilot
    from liquid_nav.autopilots.mavlink_codec import Message

RETRY = 1.0
"""s until a command without an answer is repeated."""
ATTEMPTS = 4
ARMING_ATTEMPTS, ARMING_PAUSE = 3, 2.0
"""and s between them."""
CONFIRM = 3.0
"""s that a heartbeat may take to show what was acknowledged; heartbeats come once a second."""
EXPLAIN = 0.3
"""s to wait for the autopilot's words after a refusal."""
ACCEPTED = mavlink.MAV_RESULT_ACCEPTED
HEARD = 5.0
"""s that the supervisor's commands may take to be heard once it has engaged: discovery takes its time."""
Step = Iterator[None]


class Refused(Exception):
    """The autopilot did not do what was asked; one line with its own words."""


def ask(a: Autopilot, what: str, number: int, parameters: tuple[float, ...], done: Callable[[], bool],
        since: float | None = None) -> Step:
    """Send a command until it is acknowledged, then wait for the heartbeat.

    ``since``: s from which on the autopilot's warnings explain a refusal; None: from the request on.
    """
    a.acks.pop(number, None)
    begin, sent, attempt = a.now, None, 0
    while True:
        ack = a.acks.get(number)
        if ack is None and (sent is None or a.now - sent >= RETRY):
            if attempt == ATTEMPTS:
                raise Refused(f"{what}: no answer from the autopilot after {ATTEMPTS} attempts")
            a.order(number, parameters, attempt)
            sent, attempt = a.now, attempt + 1
        elif ack is not None and ack.result not in (ACCEPTED, mavlink.MAV_RESULT_IN_PROGRESS):
            while a.now < ack.time + EXPLAIN:
                yield
            name = mavlink.enums["MAV_RESULT"].get(ack.result)
            words = "; ".join(a.complaints(begin if since is None else since)) or "it gives no reason"
            raise Refused(f"{what} refused ({name.name[11:].lower() if name else ack.result}): {words}")
        elif ack is not None and a.telemetry.heartbeat > ack.time and done():
            return
        elif ack is not None and a.now - ack.time > CONFIRM + (60.0 if ack.result != ACCEPTED else 0.0):
            shown = a.flavour.mode_name(a.telemetry.mode)
            raise Refused(f"{what}: acknowledged, but the heartbeat shows {shown}, "
                          f"{'armed' if a.telemetry.armed else 'disarmed'}")
        yield


def enter(a: Autopilot, mode: int) -> Step:
    """Change the mode."""
    yield from ask(a, f"mode {a.flavour.mode_name(mode)}", mavlink.MAV_CMD_DO_SET_MODE, a.flavour.mode_parameters(mode),
                   lambda: a.telemetry.mode == mode)


def arm(a: Autopilot, wanted: bool = True, since: float | None = None) -> Step:
    """Arm or disarm; never by force."""
    yield from ask(a, "arming" if wanted else "disarming", mavlink.MAV_CMD_COMPONENT_ARM_DISARM, (float(wanted),),
                   lambda: a.telemetry.armed == wanted, since)


def arm_patiently(a: Autopilot, since: float) -> Step:
    """Arm; a refusal is tried again, since estimators settle and sensors warm up.

    ``since``: s; PX4 names the cause ("Preflight Fail: ...") when the mode changes, and not again when it refuses.
    """
    for attempt in range(ARMING_ATTEMPTS):
        try:
            if not a.telemetry.armed:
                yield from arm(a, since=since)
            return
        except Refused as refusal:
            if attempt == ARMING_ATTEMPTS - 1:
                raise
            a.complain(f"{refusal} (trying again)")
        begin = a.now
        while a.now - begin < ARMING_PAUSE:
            yield


def check_parameters(a: Autopilot) -> Step:
    """Read what our safety rests on, set what is otherwise, and say so."""
    for rule in a.flavour.rules:
        value, kind = yield from _parameter(a, rule.name, lambda r=rule: messages.read_parameter(a.target, r.name))
        if rule.lowest <= value <= rule.highest:
            a.say(f"{rule.name} is {value:g}: {rule.why}")
            continue
        if not a.config.set_parameters:
            raise Refused(f"{rule.name} is {value:g}, expected {rule.value:g} ({rule.why}): set it, or allow us to")

        def setting(r: ParameterRule = rule, k: int = kind) -> Message:
            return messages.set_parameter(a.target, r.name, r.value, k, a.flavour.bytewise)

        got, _ = yield from _parameter(a, rule.name, setting, lambda v, r=rule: abs(v - r.value) < 1e-6)
        a.say(f"{rule.name} was {value:g}, is now {got:g}: {rule.why}")


def _parameter(a: Autopilot, name: str, request: Callable, right: Callable[[float], bool] = lambda value: True):
    a.parameters.pop(name, None)
    for _ in range(ATTEMPTS):
        a.send(request())
        sent = a.now
        while a.now - sent < RETRY:
            if name in a.parameters and right(a.parameters[name][0]):
                return a.parameters[name]
            yield
    raise Refused(f"parameter {name}: " + ("could not be set" if name in a.parameters else "no answer"))


def take_over(a: Autopilot) -> Step:
    """Zero set points, then the mode that follows them, then arm and take off, unless it flies already."""
    asked = a.now
    if not a.checked:
        yield from check_parameters(a)
        a.checked = True
    begin, mode = a.now, a.telemetry.mode
    while not a.fresh:
        if a.now - begin > HEARD:
            raise Refused("no command from the supervisor: is it the only node that publishes cmd_vel?")
        if a.airborne and a.telemetry.mode != mode:
            raise Refused(f"mode changed to {a.flavour.mode_name(a.telemetry.mode)} before we had it: hands off")
        yield
    a.phase, a.wanted, a.streaming = "starting", Command(), True
    begin = a.now
    while a.now - begin < a.flavour.streams_first:
        yield
    follow = a.flavour.follow
    yield from enter(a, follow)
    a.expected = {follow}
    yield from arm_patiently(a, asked)
    if not a.airborne:
        a.phase = "climbing"
        yield from climb(a)
    a.wanted, a.phase, a.since = Command(), "flying", a.now


def climb(a: Autopilot) -> Step:
    """Take off to the configured height above where it stands."""
    ground = a.height
    if a.flavour.takes_off:
        yield from ask(a, "take-off", mavlink.MAV_CMD_NAV_TAKEOFF, (0, 0, 0, 0, 0, 0, a.config.altitude), lambda: True)
    else:
        a.wanted = Command(vz=a.config.climb)
    begin = a.now
    while a.height - ground < a.config.altitude - 0.15 or not a.airborne:
        if a.now - begin > a.config.patience + a.config.altitude / a.config.climb:
            words = "; ".join(a.complaints(begin)) or "it gives no reason"
            raise Refused(f"take-off: {a.height - ground:.1f} m after {a.now - begin:.0f} s: {words}")
        if not a.flavour.takes_off and a.height - ground >= a.config.altitude - 0.15:
            a.wanted = Command()
        yield
    a.wanted = Command()


def hold(a: Autopilot) -> Step:
    """Let the autopilot hold its place; only then the set points stop."""
    a.phase, a.wanted = "holding", Command()
    if a.expected:
        a.expected = {*a.expected, a.flavour.hold}
    try:
        yield from enter(a, a.flavour.hold)
        a.expected = {a.flavour.hold}
    finally:
        a.streaming = False


def land(a: Autopilot) -> Step:
    """Land where it is and see it disarmed; asks again until the autopilot obeys, sinking by set points meanwhile."""
    a.phase, a.wanted = "landing", Command()
    if a.expected:
        a.expected = {*a.expected, a.flavour.land}
    while True:
        try:
            if a.flavour.lands_by_command:
                yield from ask(a, "landing", mavlink.MAV_CMD_NAV_LAND, (), lambda: a.telemetry.mode == a.flavour.land)
            else:
                yield from enter(a, a.flavour.land)
            break
        except Refused as refusal:
            a.complain(str(refusal))
            a.wanted = Command(vz=-a.config.descent)
    a.streaming, a.expected = False, {a.flavour.land}
    while a.airborne:
        yield
    # Down: whatever mode it shows now is no change that anybody made to stop us.
    a.expected, touched = set(), a.now
    while a.telemetry.armed and a.now - touched < a.config.patience:
        yield
    if a.telemetry.armed:
        yield from arm(a, False)
    a.phase = "ready"


def stand_down(a: Autopilot) -> Step:
    """On the ground: no set points, and motors off if they run."""
    a.streaming, a.phase, a.expected = False, "ready", set()
    if a.telemetry.armed:
        yield from arm(a, False)
