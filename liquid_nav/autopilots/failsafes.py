"""Parameters of the autopilots' own failsafes that matter here, and what follows from their values.

Read in the sources of PX4 1.15 and 1.16 (commander_params.c, geofence_params.c, failsafe.cpp) and
of ArduCopter 4 (Parameters.cpp, events.cpp).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Callable, Mapping


@dataclass(frozen=True, slots=True)
class FailsafeParameter:
    """One parameter of an autopilot."""

    name: str
    """As the autopilot calls it."""
    explain: Callable[[int], str | None]
    """From its value to what follows; None for a value of which nothing is known."""
    subject: str
    """What it is about, for a value of which nothing is known."""
    falling: frozenset[int] = frozenset()
    """Values with which the vehicle falls out of the air; default: none."""


def _one_of(event: str, meanings: Mapping[int, str]) -> Callable[[int], str | None]:
    def explain(value: int) -> str | None:
        meaning = meanings.get(value)
        if meaning is None:
            return None
        return f"{event}: {meaning}"

    return explain


def _override(value: int) -> str:
    if value & 2:
        return "moving the sticks takes the drone back from our set points at once"
    return (
        "moving the sticks does not end OFFBOARD: only the mode switch does (bit 1 would "
        "change that)"
    )


def _excepted(value: int) -> str:
    if value & 4:
        return "losing the remote control is ignored in OFFBOARD"
    return "losing the remote control in OFFBOARD starts its failsafe (NAV_RCL_ACT)"


RADIO = "the remote control lost"
STATION = "the ground station lost"
STREAM = "set points end"
FENCE = "its own geofence"
BATTERY = "the battery at its critical level"

NOTHING = "nothing happens"
RETURNS = "it returns to its launch"
STOPS = "it stops its motors and falls"
DISARMS = "it disarms and falls"

# Where there is no position to return with, ArduPilot lands (set_mode_RTL_or_land_with_pause).
_ARDUPILOT_ACTIONS = {
    0: NOTHING,
    1: "it returns to its launch, or lands where it cannot",
    # The same as 1 since Copter 4.0: only FS_OPTIONS lets a mission go on.
    2: "it returns to its launch, or lands where it cannot",
    3: "it returns by its own path, or directly",
    4: "it returns by its own path, or lands",
    5: "it lands",
    6: "it flies the landing of its mission, or returns to its launch",
    7: "it brakes, or lands where it cannot",
}
_GUIDED_MAY_GO_ON = ", unless FS_OPTIONS has bit 2 and GUIDED goes on"
# FS_THR_ENABLE numbers landing and the smart returns otherwise than FS_GCS_ENABLE.
_ARDUPILOT_RADIO = {0: 0, 1: 1, 2: 2, 3: 5, 4: 3, 5: 4, 6: 6, 7: 7}

PX4_FAILSAFES = (
    FailsafeParameter("COM_RC_OVERRIDE", _override, "moving the sticks"),
    FailsafeParameter("COM_RCL_EXCEPT", _excepted, RADIO),
    FailsafeParameter(
        "NAV_RCL_ACT",
        _one_of(
            RADIO,
            {
                # Not in PX4's list of values, but many set it and its failsafe.cpp has it.
                0: NOTHING,
                1: "it holds",
                2: RETURNS,
                3: "it lands",
                5: STOPS,
                6: DISARMS,
            },
        ),
        RADIO,
        frozenset({5, 6}),
    ),
    FailsafeParameter(
        "NAV_DLL_ACT",
        _one_of(
            STATION,
            {
                0: NOTHING,
                1: "it holds",
                2: RETURNS,
                3: "it lands",
                5: STOPS,
                6: DISARMS,
            },
        ),
        STATION,
        frozenset({5, 6}),
    ),
    # From PX4's "low" follows a warning alone; the next levels are "critical" and "emergency".
    FailsafeParameter(
        "COM_LOW_BAT_ACT",
        _one_of(
            BATTERY,
            {
                0: "it only warns, and at the emergency level too",
                1: RETURNS,
                2: "it lands",
                3: "it returns to its launch, at the emergency level it lands",
            },
        ),
        BATTERY,
    ),
    FailsafeParameter(
        "GF_ACTION",
        _one_of(
            FENCE,
            {
                0: "it does nothing",
                1: "it only warns",
                2: "it holds",
                3: RETURNS,
                4: STOPS,
                5: "it lands",
            },
        ),
        FENCE,
        frozenset({4}),
    ),
    FailsafeParameter(
        "COM_OBL_RC_ACT",
        _one_of(
            STREAM,
            {
                0: "position mode, which needs a remote control; without one it comes down",
                1: "altitude mode, which needs a remote control",
                # Called manual in PX4 1.15; what it does is the same.
                2: "stabilized mode, which needs a remote control",
                3: "it returns to its launch, or lands where it has no global position",
                4: "it lands",
                5: "it holds, or lands where it has no global position",
                6: STOPS,
                7: DISARMS,
            },
        ),
        STREAM,
        frozenset({6, 7}),
    ),
)
ARDUPILOT_FAILSAFES = (
    FailsafeParameter(
        "FS_THR_ENABLE",
        _one_of(
            RADIO,
            {
                value: _ARDUPILOT_ACTIONS[action] + (_GUIDED_MAY_GO_ON if action else "")
                for value, action in _ARDUPILOT_RADIO.items()
            },
        ),
        RADIO,
    ),
    FailsafeParameter("FS_GCS_ENABLE", _one_of(STATION, _ARDUPILOT_ACTIONS), STATION),
    FailsafeParameter(
        "FENCE_ENABLE",
        _one_of(
            FENCE,
            {
                0: "it is off, unless FENCE_AUTOENABLE turns it on",
                1: "it is on, FENCE_ACTION defines the action",
            },
        ),
        FENCE,
    ),
)
_TABLES = {"PX4": PX4_FAILSAFES, "ArduPilot": ARDUPILOT_FAILSAFES}
_BY_NAME = {parameter.name: parameter for table in _TABLES.values() for parameter in table}


def failsafe_parameters(autopilot: str) -> tuple[str, ...]:
    """Return the names of the parameters of an autopilot (``AutopilotProfile.name``)."""
    return tuple(parameter.name for parameter in _TABLES.get(autopilot, ()))


def explain_failsafe(name: str, value: float) -> str:
    """Return what follows from the value of a parameter; nothing for one that is not listed
    here.
    """
    parameter = _BY_NAME.get(name)
    if parameter is None:
        return ""
    meaning = _meaning(parameter, value)
    if meaning is None:
        return f"{parameter.subject}: nothing is known of what it does (value {value:g})"
    return meaning


def is_known_failsafe(name: str, value: float) -> bool:
    """Return whether it is known what follows from the value of a parameter."""
    parameter = _BY_NAME.get(name)
    return parameter is not None and _meaning(parameter, value) is not None


def failsafe_stops_motors(name: str, value: float) -> bool:
    """Return whether the vehicle falls out of the air; False for an unknown value."""
    parameter = _BY_NAME.get(name)
    return parameter is not None and value in parameter.falling


def _meaning(parameter: FailsafeParameter, value: float) -> str | None:
    # All are integers of at least 0; what is not comes from another firmware, or is garbage.
    if not math.isfinite(value) or value != round(value) or value < 0:
        return None
    return parameter.explain(round(value))
