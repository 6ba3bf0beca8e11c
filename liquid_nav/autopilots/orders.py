"""What the supervisor's orders lead to, in each phase.

An order is a state that is repeated; only ``News`` shows that a person has asked for something.
Only an engagement that was not seen before starts motors or takes a vehicle over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from liquid_nav.autopilots import steps
from liquid_nav.autopilots.interruption import interrupt
from liquid_nav.autopilots.ledger import News
from liquid_nav.autopilots.reconnection import BeforeLoss
from liquid_nav.safety import PHASES_IN_CHARGE, Fault, FaultKind, Mode, Order, Phase

if TYPE_CHECKING:
    from liquid_nav.autopilots.session import OffboardSession


def obey(s: OffboardSession, order: Order, news: News) -> None:
    """Do what an order asks for; it is one that may be obeyed.

    Args:
        s: The session.
        order: The order; it becomes the session's.
        news: What is new in it.
    """
    before = s.order
    s.order = order
    changed = order.differs_from(before)
    if order.mode is Mode.ENGAGED:
        if news.engagement:
            _engage(s)
        elif changed and before is not None:
            _resume(s)
    elif order.mode is Mode.HOLDING:
        if changed:
            s.held_since = s.now
        _hold(s, news.act)
    elif order.mode is Mode.LANDING:
        if news.act or (changed and s.phase in PHASES_IN_CHARGE):
            _land(s)
        elif s.phase is Phase.RELEASED:
            watch_landing_found(s)
    elif order.mode is Mode.PILOT:
        if changed:
            _touch(s)
    elif news.act or (changed and s.phase is not Phase.LANDING):
        # Disengaged, by a person or because the supervisor has started anew.
        _disengage(s, news.act)


def watch_landing_found(s: OffboardSession) -> None:
    """The vehicle was found armed before the order came: it lands already, as was ordered."""
    found = s.fault is not None and s.fault.kind is FaultKind.FOUND_ARMED
    if found and s.vehicle.armed and s.vehicle.mode in s.profile.landing_modes:
        s.fault = None
        s.allowed = s.profile.landing_modes
        s.run(steps.watch_landing(s))


def _engage(s: OffboardSession) -> None:
    """A person has engaged: take over, or report why not."""
    wrong = s.profile.wrong_vehicle(s.vehicle.autopilot, s.vehicle.kind)
    if s.phase is Phase.OFFLINE:
        s.record_fault(Fault(FaultKind.NO_HEARTBEAT, subject="is the link up?"))
    elif wrong:
        s.record_fault(Fault(FaultKind.WRONG_VEHICLE, subject=wrong))
    elif s.phase is Phase.LANDING:
        s.record_fault(Fault(FaultKind.LANDING_GOES_ON))
    elif s.phase is Phase.STOPPING:
        s.record_fault(Fault(FaultKind.STILL_STOPPING))
    elif s.phase in (Phase.READY, Phase.HOLDING, Phase.RELEASED):
        s.fault = None
        s.touched = False
        s.run(steps.take_over(s))


def _resume(s: OffboardSession) -> None:
    """The supervisor lets the flight go on by itself: only what hangs in the air by our doing, and
    not for long.
    """
    if s.phase not in (Phase.FLYING, Phase.HOLDING):
        return
    ours = s.vehicle.armed and s.vehicle.airborne and not s.touched
    if not ours or not 0.0 <= s.now - s.held_since <= s.config.resume:
        interrupt(s, Fault(FaultKind.RESUME_REFUSED))
    elif s.phase is Phase.HOLDING:
        s.fault = None
        s.run(steps.take_back(s))


def _hold(s: OffboardSession, act: bool) -> None:
    """Hold; a flight goes on with zero set points first, unless a person asks for it (``act``)."""
    if s.phase in (Phase.STARTING, Phase.CLIMBING) or (act and s.phase is Phase.FLYING):
        interrupt(s, None)
    elif act and s.phase is Phase.LANDING and s.vehicle.airborne:
        s.fault = None
        s.run(steps.hold(s))
    elif act and s.before_loss is not None:
        s.before_loss = BeforeLoss(Phase.HOLDING, s.before_loss.modes)


def _land(s: OffboardSession) -> None:
    """Land what flies, stop motors on the ground; without a link, land when it is back."""
    if s.phase is Phase.OFFLINE:
        s.record_fault(Fault(FaultKind.LANDING_WAITS))
        if s.vehicle.mode is not None:
            modes = frozenset({s.vehicle.mode, s.profile.follow}) | s.profile.landing_modes
            s.before_loss = BeforeLoss(Phase.LANDING, modes)
    elif s.phase is Phase.LANDING:
        return
    elif s.vehicle.airborne and s.vehicle.armed:
        s.fault = None
        s.run(steps.land(s))
    elif s.phase is Phase.STARTING or s.vehicle.armed or s.arm_asked is not None:
        s.run(steps.stand_down(s))


def _touch(s: OffboardSession) -> None:
    """A pilot has touched something: zero at once, and hands off as soon as that is safe."""
    if s.phase is Phase.OFFLINE:
        if s.vehicle.airborne:
            s.before_loss = None
        return
    if s.phase not in PHASES_IN_CHARGE or s.phase is Phase.STOPPING:
        return
    s.touched = True
    s.set_points.urgent = True
    s.record_fault(Fault(FaultKind.PILOT_TOUCH))
    if s.phase is Phase.LANDING and not s.streaming:
        # The autopilot lands by itself: a pilot who wants to fly on changes the mode.
        return
    s.run(steps.hand_over(s))


def _disengage(s: OffboardSession, act: bool) -> None:
    """Nothing of ours flies any more; ``act``: a person has asked for it."""
    if s.phase in (Phase.OFFLINE, Phase.LANDING):
        return  # what lands comes down and disarms: that is what was asked for
    if act and s.phase is Phase.RELEASED and not s.vehicle.airborne:
        # Whoever started the motors: a person wants them off, on the ground.
        s.run(steps.stand_down(s, lands=False))
    else:
        interrupt(s, None)
