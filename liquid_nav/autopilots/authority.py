"""Who has authority: the supervisor, as long as the vehicle's heartbeats show no other control.

A mode that we did not ask for ends our part and is never asked back; motors that a pilot or another
program has started are theirs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from liquid_nav.autopilots import steps
from liquid_nav.safety import PHASES_IN_CHARGE, Fault, FaultKind, Mode, Phase

if TYPE_CHECKING:
    from liquid_nav.autopilots.session import OffboardSession


def is_confirmed(s: OffboardSession) -> bool:
    """Whether a heartbeat that was sent after ``reason`` shows one of our modes.

    What has just arrived may have been on its way for as long as the link needs.
    """
    vehicle = s.vehicle
    since = s.reason + s.round_trip
    return vehicle.heartbeat is not None and vehicle.heartbeat > since and vehicle.mode in s.allowed


def obeys_commands(s: OffboardSession) -> bool:
    """Whether the supervisor's commands are followed, where the phase is one that does."""
    if s.set_points.command_time < s.gaps.grace:
        return False  # from before a jump of the clock
    engaged = s.order is not None and s.order.mode is Mode.ENGAGED
    return engaged and not s.is_distrusted and not s.touched and s.staleness() is None


def read_heartbeat(s: OffboardSession) -> None:
    """Take what a heartbeat shows: mode and arming."""
    vehicle = s.vehicle
    if s.phase is Phase.LANDING and not vehicle.armed:
        # It is down.
        s.arm_asked = None
        s.leave(Phase.READY)
    _yield_to_foreign_mode(s)
    flies = s.phase in (Phase.CLIMBING, Phase.FLYING, Phase.HOLDING)
    if flies and not vehicle.armed:
        s.release(Fault(FaultKind.DISARMED))
    if s.phase is Phase.RELEASED and not vehicle.armed:
        s.enter(Phase.READY)
    elif s.phase is Phase.READY and vehicle.armed:
        _find_armed(s)
    forget_arming(s)


def forget_arming(s: OffboardSession) -> None:
    """A request to arm that has had its time and is not shown is over."""
    if s.vehicle.armed or s.phase in (Phase.STARTING, Phase.STOPPING):
        return
    if not s.requests.may_still_arm(s.now):
        s.arm_asked = None


def _yield_to_foreign_mode(s: OffboardSession) -> None:
    """A pilot, another program or the autopilot has chosen a mode: let go."""
    mode = s.vehicle.mode
    # Motors that are being stopped and have: it may show any mode.
    stopped = s.phase is Phase.STOPPING and not s.vehicle.armed
    ours = mode in s.allowed or mode == s.pending_mode
    if s.phase in PHASES_IN_CHARGE and not ours and not stopped:
        s.release(Fault(FaultKind.FOREIGN_MODE, subject=s.profile.mode_name(mode)))


def _find_armed(s: OffboardSession) -> None:
    """Ready, and the vehicle is armed: by our own late request, or by a pilot or program."""
    mode = s.vehicle.mode
    if s.arm_asked is not None:
        s.allowed = frozenset({mode})
        # What has left the ground meanwhile is flown by a pilot: nothing of ours has taken off.
        s.run(steps.stand_down(s, lands=False))
    else:
        s.release(Fault(FaultKind.FOUND_ARMED, subject=s.profile.mode_name(mode)))
