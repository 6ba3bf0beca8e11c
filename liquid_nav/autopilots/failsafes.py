"""Parameters of the autopilots' own failsafes that matter here, and what follows from their values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Mapping


@dataclass(frozen=True, slots=True)
class FailsafeParameter:
    """One parameter of an autopilot."""

    name: str
    """As the autopilot calls it."""
    explain: Callable[[int], str]
    """From its value to what follows."""


def _one_of(meanings: Mapping[int, str], otherwise: str) -> Callable[[int], str]:
    def explain(value: int) -> str:
        return meanings.get(value, f"{otherwise} (value {value})")

    return explain


def _override(value: int) -> str:
    if value & 2:
        return "moving the sticks takes the drone back from our set points at once"
    return "moving the sticks does not end OFFBOARD: only the mode switch does (bit 1 would change that)"


def _excepted(value: int) -> str:
    if value & 4:
        return "losing the remote control is ignored in OFFBOARD"
    return "losing the remote control in OFFBOARD starts its failsafe (NAV_RCL_ACT)"


PX4_FAILSAFES = (
    FailsafeParameter("COM_RC_OVERRIDE", _override),
    FailsafeParameter("COM_RCL_EXCEPT", _excepted),
    FailsafeParameter("NAV_RCL_ACT", _one_of({
        1: "the remote control lost: it holds", 2: "the remote control lost: it returns to its launch",
        3: "the remote control lost: it lands", 5: "the remote control lost: it stops its motors and falls",
        6: "the remote control lost: it disarms and falls",
    }, "the remote control lost: nothing is known of what it does")),
    FailsafeParameter("NAV_DLL_ACT", _one_of({
        0: "the ground station lost: nothing happens", 1: "the ground station lost: it holds",
        2: "the ground station lost: it returns to its launch", 3: "the ground station lost: it lands",
        5: "the ground station lost: it stops its motors and falls",
        6: "the ground station lost: it disarms and falls",
    }, "the ground station lost: nothing is known of what it does")),
    FailsafeParameter("COM_LOW_BAT_ACT", _one_of({
        0: "an empty battery only warns", 2: "a low battery lands", 3: "a low battery returns, a very low one lands",
    }, "a low battery: nothing is known of what it does")),
    FailsafeParameter("GF_ACTION", _one_of({
        0: "its own geofence does nothing", 1: "its own geofence only warns", 2: "its own geofence holds",
        3: "its own geofence returns to its launch", 4: "its own geofence stops its motors and falls",
        5: "its own geofence lands",
    }, "its own geofence: nothing is known of what it does")),
    FailsafeParameter("COM_OBL_RC_ACT", _one_of({
        0: "set points end: position mode, which needs a remote control; without one it comes down",
        1: "set points end: altitude mode", 2: "set points end: manual mode",
        3: "set points end: it returns to its launch", 4: "set points end: it lands",
        5: "set points end: it holds, or lands where it has no global position",
        6: "set points end: it stops its motors and falls", 7: "set points end: it disarms and falls",
    }, "set points end: nothing is known of what it does")),
)  # fmt: skip
ARDUPILOT_FAILSAFES = (
    FailsafeParameter("FS_THR_ENABLE", _one_of({
        0: "the remote control lost: nothing happens", 1: "the remote control lost: it returns to its launch",
        2: "the remote control lost: an AUTO mission goes on, anything else returns",
        3: "the remote control lost: it lands", 4: "the remote control lost: it returns by its own path, or directly",
        5: "the remote control lost: it returns by its own path, or lands",
    }, "the remote control lost: nothing is known of what it does")),
    FailsafeParameter("FS_GCS_ENABLE", _one_of({
        0: "the ground station lost: nothing happens", 1: "the ground station lost: it returns to its launch",
        2: "the ground station lost: an AUTO mission goes on, anything else returns",
        3: "the ground station lost: it returns by its own path, or directly",
        4: "the ground station lost: it returns by its own path, or lands",
        5: "the ground station lost: it lands",
    }, "the ground station lost: nothing is known of what it does")),
    FailsafeParameter("FENCE_ENABLE", _one_of({
        0: "its own geofence is off", 1: "its own geofence is on",
    }, "its own geofence: nothing is known of it")),
)  # fmt: skip
_TABLES = {"PX4": PX4_FAILSAFES, "ArduPilot": ARDUPILOT_FAILSAFES}


def names_for(autopilot: str) -> tuple[str, ...]:
    """Return the names of the parameters of an autopilot (``Flavour.name``)."""
    return tuple(parameter.name for parameter in _TABLES.get(autopilot, ()))


def explain(name: str, value: float) -> str:
    """Return what follows from the value of a parameter, or nothing for a parameter that is not listed here."""
    for table in _TABLES.values():
        for parameter in table:
            if parameter.name == name:
                return parameter.explain(round(value))
    return ""
