"""What differs between PX4 and ArduPilot: modes, parameters, and who takes off how. Needs no
pymavlink.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping

from liquid_nav.errors import UserError

CUSTOM_MODE_ENABLED = 1
"""MAV_MODE_FLAG_CUSTOM_MODE_ENABLED."""


NO_FLIGHT_MODE = "no mode"
"""What stands for the mode of a vehicle that has not reported one."""
UNNAMED_MODE_PREFIX = "mode "
"""What the number of a mode stands behind that has no name here."""


@dataclass(frozen=True, slots=True)
class ParameterRule:
    """A parameter that our safety rests on, and what it has to be."""

    name: str
    """Name of the parameter, as the autopilot calls it."""
    lowest: float
    """Lowest value that is accepted, in the parameter's own unit."""
    highest: float
    """Highest value that is accepted, in the parameter's own unit."""
    value: float
    """Value that is set where the present one is not accepted, in the parameter's own unit."""
    why: str
    """What an accepted value means, for people."""


@dataclass(frozen=True)
class AutopilotProfile:
    """One autopilot as this package uses it."""

    name: str
    """How people call it."""
    autopilot: int
    """MAV_AUTOPILOT."""
    follow: int
    """Custom mode that obeys set points."""
    hold: int
    """Custom mode that keeps the place."""
    pilot_hold: int
    """Custom mode that keeps the place and obeys the sticks of a remote control."""
    land: int
    """Custom mode that lands."""
    names: Mapping[int, str]
    """Custom mode -> name."""
    rules: tuple[ParameterRule, ...]
    """Parameters that are checked before arming."""
    bytewise: bool
    """Whether integer parameters travel as the bits of a float."""
    streams_first: float
    """Time of zero set points before ``follow`` is asked for, s."""
    takes_off: bool
    """Whether it takes off by its own command; otherwise by climbing set points."""
    lands_by_command: bool
    """Whether MAV_CMD_NAV_LAND comes first; otherwise the mode."""
    texts_for_stations: bool
    """Whether it sends its texts to ground stations only, so that we have to be one by type."""
    hold_needs_global_position: bool
    """Whether ``hold`` is refused without a global position."""
    without_global_position: str = ""
    """What then happens instead, for people."""

    @property
    def ours(self) -> frozenset[int]:
        """Modes that this package asks for."""
        return frozenset({self.follow, self.hold, self.pilot_hold, self.land})

    @property
    def landing_modes(self) -> frozenset[int]:
        """Modes in which it comes down by itself after a landing was asked for."""
        return frozenset({self.land})

    def mode_name(self, mode: int | None) -> str:
        """Return what pilots call a custom mode."""
        if mode is None:
            return NO_FLIGHT_MODE
        return self.names.get(mode, f"{UNNAMED_MODE_PREFIX}{mode:#x}")

    def mode_parameters(self, mode: int) -> tuple[float, float, float]:
        """Return the first three parameters of MAV_CMD_DO_SET_MODE."""
        if self.bytewise:
            return CUSTOM_MODE_ENABLED, mode >> 16 & 0xFF, mode >> 24 & 0xFF
        return CUSTOM_MODE_ENABLED, mode, 0

    def wrong_vehicle(self, autopilot: int | None, kind: int | None) -> str:
        """Return why this vehicle cannot be flown with this profile, or nothing; what is unknown is
        right.
        """
        if autopilot is not None and autopilot != self.autopilot:
            name = AUTOPILOTS.get(autopilot, f"autopilot {autopilot}")
            return f"this vehicle is flown by {name}, not by {self.name}"
        if kind is not None and kind not in MULTICOPTERS:
            name = VEHICLES.get(kind, f"of MAV_TYPE {kind}")
            return f"this vehicle is {name}, not a multicopter: its modes mean something else"
        return ""


AUTOPILOTS = {0: "a generic autopilot", 3: "ArduPilot", 8: "no autopilot", 12: "PX4"}
"""MAV_AUTOPILOT -> name."""
MULTICOPTERS = frozenset({2, 3, 4, 13, 14, 15, 29, 35, 43})
"""MAV_TYPE of quadrotors, hexarotors and so on, coaxial ones and helicopters, which the same modes
fly.
"""
VEHICLES = {
    1: "a plane",
    7: "an airship",
    10: "a rover",
    11: "a boat",
    12: "a submarine",
    19: "a tailsitter",
    20: "a tailsitter",
    21: "a tiltrotor",
    22: "a VTOL plane",
}
"""MAV_TYPE -> what people mistake for a multicopter's."""


def px4_mode(main: int, sub: int = 0) -> int:
    """Return PX4's custom mode of a main and a sub mode."""
    return main << 16 | sub << 24


PX4 = AutopilotProfile(
    name="PX4",
    autopilot=12,
    follow=px4_mode(6),
    hold=px4_mode(4, 3),
    pilot_hold=px4_mode(4, 3),
    land=px4_mode(4, 6),
    names={
        px4_mode(1): "MANUAL",
        px4_mode(2): "ALTCTL",
        px4_mode(3): "POSCTL",
        px4_mode(4, 1): "AUTO.READY",
        px4_mode(4, 2): "AUTO.TAKEOFF",
        px4_mode(4, 3): "AUTO.LOITER",
        px4_mode(4, 4): "AUTO.MISSION",
        px4_mode(4, 5): "AUTO.RTL",
        px4_mode(4, 6): "AUTO.LAND",
        px4_mode(5): "ACRO",
        px4_mode(6): "OFFBOARD",
        px4_mode(7): "STABILIZED",
        px4_mode(4, 9): "AUTO.PRECLAND",
    },
    rules=(
        ParameterRule("COM_OBL_RC_ACT", 5, 5, 5, "when set points stop, hold"),
        ParameterRule("COM_OF_LOSS_T", 0.2, 1.0, 1.0, "seconds without set points until it holds"),
    ),
    bytewise=True,
    streams_first=1.2,
    takes_off=False,
    lands_by_command=True,
    texts_for_stations=True,
    hold_needs_global_position=True,
    without_global_position=(
        "there is no global position: PX4's hold mode cannot work. The bridge holds by zero set "
        "points instead, and if the bridge itself ends, PX4's failsafe lands (COM_OBL_RC_ACT falls "
        "through)"
    ),
)
"""Modes and numbers of PX4."""

ARDUPILOT = AutopilotProfile(
    name="ArduPilot",
    autopilot=3,
    follow=4,
    hold=17,
    pilot_hold=5,
    land=9,
    names={
        0: "STABILIZE",
        1: "ACRO",
        2: "ALT_HOLD",
        3: "AUTO",
        4: "GUIDED",
        5: "LOITER",
        6: "RTL",
        7: "CIRCLE",
        9: "LAND",
        16: "POSHOLD",
        17: "BRAKE",
        20: "GUIDED_NOGPS",
        21: "SMART_RTL",
    },
    rules=(
        ParameterRule("GUID_TIMEOUT", 0.2, 1.0, 1.0, "seconds without set points until it stops"),
    ),
    bytewise=False,
    streams_first=0.2,
    takes_off=True,
    lands_by_command=False,
    texts_for_stations=False,
    hold_needs_global_position=False,
)
"""Modes and numbers of ArduPilot's copters."""

AUTOPILOT_PROFILES = {"px4": PX4, "ardupilot": ARDUPILOT}
"""Name of an autopilot in parameters -> its profile."""


def autopilot_profile(name: str) -> AutopilotProfile:
    """Return an autopilot by name; raises UserError for an unknown one."""
    if name not in AUTOPILOT_PROFILES:
        raise UserError(
            f"unknown autopilot '{name}'", f"choose one of: {', '.join(AUTOPILOT_PROFILES)}"
        )
    return AUTOPILOT_PROFILES[name]
