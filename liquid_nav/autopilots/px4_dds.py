"""PX4 over uXRCE-DDS: the same flight as over MAVLink, with PX4's own messages as plain values. No input or output.

Phases, steps and rules are those of ``mavlink_autopilot``: hold before the stream ends, hands off after a mode change
that is not ours. What differs: a status is the heartbeat; set points are in NED, so they need a heading that is fresh;
``OffboardControlMode`` goes out with a set point and never without one, since over DDS PX4 watches nothing else; nobody
tells parameters or texts. PX4's time stamps are not looked at: they jump when its clock is synchronised. For the same
reason ours are left to PX4.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from liquid_nav import geometry
from liquid_nav.autopilots.flavours import PX4, Flavour
from liquid_nav.autopilots.mavlink_autopilot import Autopilot, AutopilotConfig
from liquid_nav.autopilots.mavlink_telemetry import IN_AIR, ON_GROUND
from liquid_nav.types import Command

OFFBOARD, LOITER, LAND = 14, 4, 18
"""nav_state of VehicleStatus."""
MODES = {OFFBOARD: (1.0, 6.0, 0.0), LOITER: (1.0, 4.0, 3.0), LAND: (1.0, 4.0, 6.0)}
"""nav_state -> parameters of MAV_CMD_DO_SET_MODE."""
NED, BODY_FRD = 1, 3
"""pose_frame and velocity_frame of VehicleOdometry."""
HEADING_AGE = 0.5
"""s after which a heading is too old to turn a command by it."""
TO_CHECK = "parameters cannot be read over DDS: make sure that COM_OBL_RC_ACT is 5 (hold) and COM_OF_LOSS_T at most 1 s"


class _DdsFlavour(Flavour):
    """PX4 with nav_state numbers for modes."""

    def mode_parameters(self, mode: int) -> tuple[float, float, float]:
        return MODES[mode]


PX4_DDS = _DdsFlavour(**{name: getattr(PX4, name) for name in Flavour.__dataclass_fields__} | {
    "follow": OFFBOARD, "hold": LOITER, "land": LAND, "rules": (),
    "names": {
        0: "MANUAL", 1: "ALTCTL", 2: "POSCTL", 3: "AUTO.MISSION", LOITER: "AUTO.LOITER", 5: "AUTO.RTL",
        6: "POSITION_SLOW", 10: "ACRO", 12: "DESCEND", 13: "TERMINATION", OFFBOARD: "OFFBOARD", 15: "STABILIZED",
        17: "AUTO.TAKEOFF", LAND: "AUTO.LAND", 20: "AUTO.PRECLAND", 21: "ORBIT",
    },
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Order:
    """A VehicleCommand: MAV_CMD number and its seven parameters."""

    number: int
    parameters: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class SetPoint:
    """An OffboardControlMode and its TrajectorySetpoint: north, east, down in m/s, clockwise yaw rate in rad/s."""

    velocity: tuple[float, float, float]
    yaw_rate: float


def topic(folder: str, name: str, kind: type) -> str:
    """Return the topic of a px4_msgs type, such as ``fmu/out/vehicle_status_v1``: its version is part of the name."""
    version = getattr(kind, "MESSAGE_VERSION", 0)
    return f"{folder}/{name}_v{version}" if version else f"{folder}/{name}"


class Px4Dds(Autopilot):
    """The bridge's end; ``update`` returns ``Order`` and ``SetPoint`` values. Times are those of arrival, s."""

    def __init__(self, config: AutopilotConfig | None = None) -> None:
        """Start offline."""
        super().__init__(PX4_DDS, config or AutopilotConfig())
        self._heading: tuple[float, float] | None = None
        self._passes, self._stale = True, False

    # What comes in.

    def status(self, nav_state: int, armed: bool, system: int, passes: bool, now: float) -> None:
        """Take a VehicleStatus; ``passes``: its pre-flight checks do."""
        self.now = now
        self.target = system if self.target is None else self.target
        if system != self.target:
            self.foreign += 1
            return
        telemetry, self._passes = self.telemetry, passes
        telemetry.heartbeat, telemetry.autopilot = now, self.flavour.autopilot
        telemetry.mode, telemetry.armed = nav_state, armed
        self._on_heartbeat()

    def acknowledge(self, number: int, result: int, now: float) -> None:
        """Take a VehicleCommandAck that answers us."""
        self.now = now
        self._acknowledge(number, result)

    def landed(self, landed: bool, now: float) -> None:
        """Take a VehicleLandDetected."""
        self.now = now
        self.telemetry.landed = ON_GROUND if landed else IN_AIR

    def battery(self, remaining: float, voltage: float) -> None:
        """Take a BatteryStatus: 0 to 1, below 0 if unknown; V, 0 if unknown."""
        known = math.isfinite(remaining) and remaining >= 0.0
        self.telemetry.battery = min(remaining, 1.0) if known else None
        self.telemetry.voltage = voltage if math.isfinite(voltage) and voltage > 0.0 else None

    def odometry(self, position: np.ndarray, quaternion: np.ndarray, velocity: np.ndarray, rates: np.ndarray,
                 frames_of: tuple[int, int], now: float) -> bool:
        """Take a VehicleOdometry; returns whether it could be used.

        position [3] NED m; quaternion [4] FRD to NED, w first; velocity [3] m/s in NED or FRD; rates [3] FRD rad/s;
        frames_of: pose_frame and velocity_frame.
        """
        self.now = now
        size = float(np.linalg.norm(quaternion))
        finite = all(np.isfinite(values).all() for values in (position, quaternion, velocity, rates))
        if not finite or abs(size - 1.0) > 0.1 or frames_of[0] != NED or frames_of[1] not in (NED, BODY_FRD):
            return False
        telemetry, q = self.telemetry, np.asarray(quaternion, dtype=np.float64) / size
        velocity = geometry.rotate(q, velocity) if frames_of[1] == BODY_FRD else np.asarray(velocity, dtype=np.float64)
        telemetry.position, telemetry.position_time = np.asarray(position, dtype=np.float64), now
        telemetry.velocity, telemetry.attitude, telemetry.boot = velocity, q, now
        telemetry.rates = np.asarray(rates, dtype=np.float64)
        self._heading = geometry.yaw_ned_to_enu(geometry.yaw_of(q)), now
        return True

    # What differs.

    def start(self, now: float) -> None:
        """Take over, if there is a heading to turn commands by."""
        self.now = now
        if self.phase in ("ready", "holding", "released") and not self._has_heading():
            self.complain(f"no usable vehicle_odometry (NED) for {HEADING_AGE:g} s: set points need a heading")
            return
        super().start(now)

    def order(self, number: int, parameters: tuple[float, ...] = (), attempt: int = 0) -> None:
        """Queue a VehicleCommand."""
        self.send(Order(number, (*map(float, parameters), *(0.0,) * (7 - len(parameters)))))

    def complaints(self, since: float) -> list[str]:
        """PX4 tells no reasons over DDS, but whether its pre-flight checks pass.

        Down again it stays in OFFBOARD, where they cannot pass without set points: that is no reason for anything.
        """
        idle = self.telemetry.mode == OFFBOARD and not self.streaming
        return [] if self._passes or idle else ["its pre-flight checks do not pass: QGroundControl says which"]

    def _has_heading(self) -> bool:
        return self._heading is not None and 0.0 <= self.now - self._heading[1] <= HEADING_AGE

    def _watch(self) -> None:
        super()._watch()
        stale, before = not self._has_heading(), self._stale
        self._stale = stale and self.phase == "flying"
        if self._stale and not before and self._plan is None:
            self.complain("no usable vehicle_odometry: holding")
            self.hold(self.now)

    def _show_life(self) -> None:
        pass

    def _greet(self) -> None:
        self.say(TO_CHECK)

    def _send_set_point(self, command: Command) -> None:
        if not self._has_heading():
            command = replace(command, vx=0.0, vy=0.0)
        yaw = 0.0 if self._heading is None else self._heading[0]
        *velocity, yaw_rate = geometry.command_to_ned(command, yaw)
        self.send(SetPoint(tuple(velocity), yaw_rate))
