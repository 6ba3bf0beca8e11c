"""The link is lost, is back, or the vehicle has rebooted: what of ours is taken up again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from liquid_nav.autopilots import steps
from liquid_nav.autopilots.freshness import LINK_LOST
from liquid_nav.autopilots.profiles import AutopilotProfile
from liquid_nav.autopilots.vehicle import VehicleState
from liquid_nav.safety import PHASES_IN_CHARGE, Fault, FaultKind, Mode, Phase

if TYPE_CHECKING:
    from liquid_nav.autopilots.session import OffboardSession


@dataclass(frozen=True, slots=True)
class BeforeLoss:
    """What the session was doing when the link was lost."""

    phase: Phase
    """LANDING, or another phase in which it was in charge."""
    modes: frozenset[int | None]
    """Modes in which the vehicle may be found again if no pilot or program has taken over."""

    def is_found(self, vehicle: VehicleState, profile: AutopilotProfile) -> bool:
        """Whether the vehicle is found as we left it, or in its own failsafe."""
        held_by_itself = vehicle.mode == profile.hold and vehicle.failsafe
        return vehicle.mode in self.modes or held_by_itself


def lose_link(s: OffboardSession) -> None:
    """The vehicle was silent for too long: nothing is sent, and what we did is remembered."""
    if s.phase in PHASES_IN_CHARGE:
        s.before_loss = _remember(s)
    s.leave(Phase.OFFLINE)
    s.record_fault(Fault(FaultKind.LINK_LOST, limit=LINK_LOST))


def connect(s: OffboardSession) -> None:
    """The first heartbeat, or the first after the link was lost."""
    vehicle = s.vehicle
    mode = s.profile.mode_name(vehicle.mode)
    before = s.before_loss
    s.before_loss = None
    s.log_event(f"connected, {mode}, {'armed' if vehicle.armed else 'disarmed'}")
    s.polling.greet(s.now)
    found: BeforeLoss | None = None
    if before is not None and before.is_found(vehicle, s.profile):
        found = before
    landing_is_ordered = s.order is not None and s.order.mode is Mode.LANDING
    if not vehicle.armed:
        s.arm_asked = None
        s.enter(Phase.READY)
    elif found is not None and found.phase is Phase.LANDING:
        s.fault = None
        s.allowed = frozenset({vehicle.mode})
        s.run(steps.land(s))
    elif found is not None and not vehicle.airborne:
        # The motors that we have started: off.
        s.allowed = frozenset({vehicle.mode})
        s.run(steps.stand_down(s))
    elif before is not None and vehicle.mode == s.profile.follow:
        # It still waits for our set points, and no one else has taken it over.
        s.allowed = frozenset({vehicle.mode})
        s.run(steps.hold(s))
    elif landing_is_ordered and vehicle.mode in s.profile.landing_modes:
        s.allowed = s.profile.landing_modes
        s.run(steps.watch_landing(s))
    elif before is None:
        s.release(Fault(FaultKind.FOUND_ARMED, subject=mode))
    else:
        s.release(Fault(FaultKind.FOREIGN_MODE, subject=mode))


def notice_reboot(s: OffboardSession) -> None:
    """The vehicle's clock has begun anew: parameters are checked anew, and whatever we did is
    over.
    """
    if s.vehicle.reboots == s.reboots_seen:
        return
    s.reboots_seen = s.vehicle.reboots
    s.checked = False
    s.arm_asked = None
    s.polling.greet(s.now)
    rebooted = Fault(FaultKind.REBOOTED)
    if s.phase in PHASES_IN_CHARGE:
        s.release(rebooted)
    else:
        s.log_event(str(rebooted))


def _remember(s: OffboardSession) -> BeforeLoss | None:
    """Return what we were doing, or None where it was about to be given away."""
    # Motors on the ground were to stop at the touch, and still are.
    if s.touched and s.phase is not Phase.LANDING and s.vehicle.airborne:
        return None
    modes: frozenset[int | None] = frozenset()
    if s.vehicle.mode is not None:
        modes = frozenset({s.vehicle.mode})
    if s.phase is Phase.LANDING:
        modes |= s.allowed
    return BeforeLoss(s.phase, modes)
