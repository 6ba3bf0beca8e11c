"""Which limits a person may change while the drone flies: few, and only towards more caution.

On the ground every limit may be changed, since nothing follows from it before a person engages. In
flight a change must neither loosen a limit nor end in a hold or a landing that no person has asked
for.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Callable, Mapping

from liquid_nav.safety.limits import SafetyLimits
from liquid_nav.safety.watch import WatchLimits

Tighter = Callable[[float, float], bool]
"""Whether the second value is the tighter limit; the two differ."""


def is_lowered(before: float, after: float) -> bool:
    """Whether a limit that is always on is lowered."""
    return after < before


def _lower_and_on(before: float, after: float) -> bool:
    return after > 0.0 and (before == 0.0 or after < before)


def _higher_and_on(before: float, after: float) -> bool:
    return after > before


def _nearer_from_below(before: float, after: float) -> bool:
    return after < 0.0 and (before == 0.0 or after > before)


def _off(before: float, after: float) -> bool:
    return after == 0.0


IN_FLIGHT: Mapping[str, Tighter] = {
    "speed": is_lowered,
    "vertical_speed": is_lowered,
    "yaw_rate": is_lowered,
    "radius": _lower_and_on,
    "low": _nearer_from_below,
    "high": _lower_and_on,
    "battery": _higher_and_on,
    "resume": _off,
}
"""Limit -> whether a change of it only tightens. Lower accelerations would also make it brake
later, and a shorter age could turn the next message into a fault: those are for the ground.
"""
FENCE = ("radius", "low", "high")
"""Limits that are measured from where it was engaged."""


def differences(
    before: SafetyLimits, before_watch: WatchLimits, after: SafetyLimits, after_watch: WatchLimits
) -> dict[str, tuple[float, float]]:
    """Return the limits that would change: name -> the value before and after."""
    old = {**asdict(before), **asdict(before_watch)}
    new = {**asdict(after), **asdict(after_watch)}
    return {name: (old[name], value) for name, value in new.items() if value != old[name]}


def refused_in_flight(
    changes: Mapping[str, tuple[float, float]], in_flight: Mapping[str, Tighter] = IN_FLIGHT
) -> str:
    """Return why these changes are not made in flight, or nothing.

    Args:
        changes: Limit -> its value before and after.
        in_flight: Limits that may be tightened in flight; default: those of the supervisor.
    """
    for name, (before, after) in changes.items():
        tighter = in_flight.get(name)
        if tighter is None:
            return (
                f"{name} is changed on the ground only: a flight keeps what it began with. "
                "Land first"
            )
        if not tighter(before, after):
            return f"{name} {before:g} -> {after:g} loosens a limit in flight. Land first"
    return ""
