"""Why and how our own doing is stopped: hold in the air, motors off on the ground, or hands off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from liquid_nav.autopilots import reconnection, steps
from liquid_nav.autopilots.freshness import LINK_LOST
from liquid_nav.safety import PHASES_IN_CHARGE, Fault, FaultKind, Mode, Phase

if TYPE_CHECKING:
    from liquid_nav.autopilots.session import OffboardSession


def watch(s: OffboardSession) -> None:
    """Check with every update what a flight rests on: the link, fresh data, the supervisor's
    order.
    """
    if s.phase is Phase.OFFLINE:
        return
    if s.now - max(s.vehicle.heartbeat_time, s.gaps.link_since) > LINK_LOST:
        reconnection.lose_link(s)
        return
    s.polling.ask_again(s.now)
    _watch_freshness(s)
    _watch_order(s)


def interrupt(s: OffboardSession, fault: Fault | None) -> None:
    """Stop what goes on: hold in the air, motors off on the ground.

    ``fault``: why, where it has to be reported.
    """
    if fault is not None and s.phase in PHASES_IN_CHARGE and s.phase is not Phase.LANDING:
        s.record_fault(fault)
    if s.phase not in (Phase.STARTING, Phase.CLIMBING, Phase.FLYING, Phase.HOLDING):
        return
    if not s.vehicle.airborne:
        s.run(steps.stand_down(s))
    elif s.profile.follow not in s.allowed and s.phase is Phase.STARTING:
        # It flies in a mode that is not ours, and we have asked for nothing yet.
        s.release(fault or Fault(FaultKind.RESUME_REFUSED))
    elif s.phase is not Phase.HOLDING:
        s.run(steps.hold(s))


def give_up(s: OffboardSession, fault: Fault) -> None:
    """A plan was refused: the safest thing that needs no answer of the autopilot."""
    if not s.vehicle.airborne:
        s.run(steps.stand_down(s))
    elif s.vehicle.mode == s.profile.follow and s.phase is not Phase.HOLDING:
        s.run(steps.hold(s))
    elif s.phase is not Phase.HOLDING:
        s.release(fault)
    else:
        # What was held before is held on.
        s.allowed = frozenset({s.vehicle.mode})
        s.streaming = s.vehicle.mode == s.profile.follow


def _watch_freshness(s: OffboardSession) -> None:
    """Stop a flight whose data are too old; a start, once everything was fresh."""
    starting = s.phase in (Phase.STARTING, Phase.CLIMBING) and s.begun
    if not starting and s.phase is not Phase.FLYING:
        return
    stale = s.staleness()
    if stale is not None:
        interrupt(s, stale)


def _watch_order(s: OffboardSession) -> None:
    """Stop what the supervisor does not want any more: a start at once, a flight after a while of
    zero set points.
    """
    if s.order is None or s.order.mode is Mode.ENGAGED:
        return
    if s.phase in (Phase.STARTING, Phase.CLIMBING):
        interrupt(s, None)
    elif s.phase is Phase.FLYING:
        if s.now - s.held_since >= s.config.hold_delay or s.now < s.held_since:
            s.run(steps.hold(s))
