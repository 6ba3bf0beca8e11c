"""Preflight's checks of what is watched while a real drone flies. No ROS in here."""

from __future__ import annotations

import math
from typing import Mapping

from liquid_nav.preflight.facts import (
    Finding,
    ParameterScalar,
    PreflightFacts,
    PreflightLimits,
    failure,
    ok,
    warning,
)

WATCH_PARAMETERS: Mapping[str, Mapping[str, str]] = {
    "safety_supervisor": {
        "odometry_age": "odometry that stops",
        "autopilot_age": "a bridge that stops",
        "latency": "commands that come late",
        "clock_jump": "a clock that jumps",
        "position_jump": "a position that jumps",
        "pose_frozen": "a pose that stays the same under command",
        "battery": "an empty battery",
        "battery_age": "a battery whose state stops",
        "joy_age": "a remote control whose messages stop",
        "recorder_age": "a recorder that ends",
        "radius": "a drone that is too far away",
        "low": "a drone that is too low",
        "high": "a drone that is too high",
    },
    "liquid_controller": {
        "frozen_after": "a camera that repeats its picture",
        "blind_after": "a camera that sees nothing",
    },
}
"""Node -> its watch -> what is not detected where it is off, which is at 0."""
NEGATIVE = frozenset({"low"})
"""Watches that are on below zero; all others are on above it."""
RESUMING = {
    "safety_supervisor": "a hold caused by a fault ends by itself after {value:g} healthy s",
    "autopilot_bridge": "a flight that is held goes on by itself within {value:g} s",
}
"""Node -> what its parameter ``resume`` does where it is not 0."""
PARAMETER_FILE = "config/drone.yaml"


def watch_names() -> tuple[str, ...]:
    """Return the names of all watches."""
    return tuple(name for watches in WATCH_PARAMETERS.values() for name in watches)


def check_watches(facts: PreflightFacts, wanted: PreflightLimits) -> list[Finding]:
    """Return a line for each watch that is off on a real drone."""
    if not is_real(facts, wanted):
        return [ok("watches", "not asked for: no real drone flies")]
    found: list[Finding] = []
    for node, watches in WATCH_PARAMETERS.items():
        # One line for a node that does not answer, not one for each of its watches.
        if node not in facts.parameters:
            text = f"the parameters of {node} cannot be read: its watches are unknown"
            remedy = f"start {node} of this package, in the same version"
            found.append(failure("watches", text, remedy))
            continue
        for name, unnoticed in watches.items():
            value = facts.parameters[node].get(name)
            if not is_on(name, value):
                found.append(_off(node, name, value, unnoticed, wanted))
    return found or [ok("watches", f"all {len(watch_names())} are on")]


def _off(
    node: str, name: str, value: ParameterScalar | None, unnoticed: str, wanted: PreflightLimits
) -> Finding:
    state = "is missing"
    if value is not None:
        state = f"is {value}"
    check = f"watch {name}"
    text = f"{name} of {node} {state}: {unnoticed} would not be detected"
    side = "below" if name in NEGATIVE else "above"
    remedy = f"set it in {PARAMETER_FILE} ({side} 0)"
    if name in wanted.allow_off:
        return warning(check, f"{text}; allowed by --allow-off", remedy)
    return failure(check, text, f"{remedy}, or fly without it knowingly: --allow-off {name}")


def is_on(name: str, value: ParameterScalar | None) -> bool:
    """Return whether a watch is on at that value."""
    if isinstance(value, (bool, str)) or value is None or not math.isfinite(value):
        return False
    if name in NEGATIVE:
        return value < 0.0
    return value > 0.0


def check_resumes(facts: PreflightFacts, wanted: PreflightLimits) -> list[Finding]:
    """Return a line for each node that lets a flight on a real drone go on without a person."""
    if not is_real(facts, wanted):
        return []
    found: list[Finding] = []
    for node, text in RESUMING.items():
        value = facts.parameters.get(node, {}).get("resume")
        if value is None:
            remedy = f"start {node} of this package, in the same version"
            lost = "resume cannot be read: whether a flight goes on without a person is unknown"
            found.append(warning(f"resume of {node}", lost, remedy))
        if isinstance(value, float) and value > 0.0:
            remedy = f"set resume of {node} to 0.0 in {PARAMETER_FILE}: then a person decides"
            found.append(warning(f"resume of {node}", text.format(value=value), remedy))
    return found


def is_real(facts: PreflightFacts, wanted: PreflightLimits) -> bool:
    """Return whether a real drone is to fly: by an autopilot, and not in simulated time."""
    return wanted.autopilot and not facts.simulated
