"""What must be fresh or known before the vehicle flies by our set points, and how old it may be."""

from __future__ import annotations

from liquid_nav.autopilots.adapter import Adapter
from liquid_nav.autopilots.profiles import AutopilotProfile
from liquid_nav.autopilots.session_config import SessionConfig
from liquid_nav.autopilots.vehicle import Landed, VehicleState
from liquid_nav.safety import Fault, FaultKind

NEVER = -1e9
"""Time of what has not happened, s."""
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
SLOWEST_LINK = 0.8
"""s that a question and its answer may take for us to take over: on a slower link a pilot could be
overruled.
"""
OLDEST_REPORTED = 999.0
"""s that an age is reported to be at most: what never came has no age."""


def too_old(
    now: float, commanded: float, grace: float, vehicle: VehicleState, config: SessionConfig
) -> Fault | None:
    """Return what is too old to fly on, or nothing.

    Args:
        now: Time, s.
        commanded: When the supervisor's last command came, s.
        grace: Time of the last jump of the clock, s: no age counts from before.
        vehicle: What the vehicle has reported.
        config: How old a command and a position may be.
    """
    silent = _age(now, commanded, grace)
    if not 0.0 <= silent <= config.freshness:
        return Fault(FaultKind.SUPERVISOR_SILENT, min(silent, OLDEST_REPORTED), config.freshness)
    seen = _age(now, vehicle.position_time, grace)
    if not 0.0 <= seen <= config.position_age:
        return Fault(FaultKind.POSITION_OLD, min(seen, OLDEST_REPORTED), config.position_age)
    beat = _age(now, vehicle.heartbeat, grace)
    most = min(max(HEARTBEAT_AGE, HEARTBEATS * vehicle.heartbeat_period), HEARTBEAT_OLDEST)
    if not 0.0 <= beat <= most:
        return Fault(FaultKind.HEARTBEAT_OLD, min(beat, OLDEST_REPORTED), most)
    return None


def not_ready(adapter: Adapter, now: float) -> Fault | None:
    """Return why the adapter cannot send set points at ``now`` (s), or nothing."""
    missing = adapter.ready(now)
    if missing:
        return Fault(FaultKind.REFUSED, subject=missing)
    return None


def not_known(vehicle: VehicleState, round_trip: float) -> Fault | None:
    """Return what must be known before anything begins, or nothing.

    Args:
        vehicle: What the vehicle has reported.
        round_trip: Time from a question to the vehicle's answer lately, s.
    """
    if vehicle.landed is Landed.UNKNOWN:
        return Fault(FaultKind.LANDED_UNKNOWN)
    if round_trip > SLOWEST_LINK:
        return Fault(FaultKind.LINK_SLOW, round_trip, SLOWEST_LINK)
    return None


def can_hold_by_mode(now: float, vehicle: VehicleState, profile: AutopilotProfile) -> bool:
    """Whether the autopilot's own hold can work here; PX4's needs a recent global position
    (``now``: s).
    """
    known = vehicle.global_time is not None and 0.0 <= now - vehicle.global_time <= LINK_LOST
    return known or not profile.hold_needs_global_position


def _age(now: float, time: float | None, grace: float) -> float:
    """Return how long ago something came, s, counted from ``grace`` on at the earliest."""
    if time is None:
        time = NEVER
    return now - max(time, grace)
