"""PX4 over uXRCE-DDS behind the session, with PX4's own messages as plain values. No input or
output, no pymavlink.

What differs from MAVLink: a status is the heartbeat; set points are in NED, so they need a heading
that is fresh; ``OffboardControlMode`` goes out with a set point and never without one, since over
DDS PX4 watches nothing else; parameters and texts are not published. PX4's time stamps show
progress and nothing else: they jump when its clock is synchronised.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from liquid_nav import geometry
from liquid_nav.autopilots.adapter import Answer, RequestKind
from liquid_nav.autopilots.profiles import PX4, AutopilotProfile
from liquid_nav.autopilots.session import OffboardSession
from liquid_nav.autopilots.session_config import SessionConfig
from liquid_nav.autopilots.vehicle import Landed
from liquid_nav.types import Command

OFFBOARD = 14
LOITER = 4
LAND = 18
DESCEND = 12
"""nav_state of VehicleStatus; without a position PX4 descends where it was asked to land."""
MODES = {OFFBOARD: (1.0, 6.0, 0.0), LOITER: (1.0, 4.0, 3.0), LAND: (1.0, 4.0, 6.0)}
"""nav_state -> parameters of MAV_CMD_DO_SET_MODE."""
COMMANDS = {
    RequestKind.MODE: 176,
    RequestKind.ARM: 400,
    RequestKind.DISARM: 400,
    RequestKind.LAND: 21,
    RequestKind.TAKE_OFF: 22,
}
"""MAV_CMD numbers, which VehicleCommand shares."""
ANSWERS = {
    0: Answer.ACCEPTED,
    1: Answer.TEMPORARILY_REJECTED,
    2: Answer.DENIED,
    3: Answer.UNSUPPORTED,
    4: Answer.FAILED,
    5: Answer.IN_PROGRESS,
    6: Answer.CANCELLED,
}
"""result of VehicleCommandAck -> answer; an unknown one is a failure."""
NED = 1
BODY_FRD = 3
"""pose_frame and velocity_frame of VehicleOdometry."""
HEADING_AGE = 0.5
"""s after which a heading is too old to turn a command by it."""
TO_CHECK = (
    "parameters cannot be read over DDS: make sure that COM_OBL_RC_ACT is 5 (hold) and "
    "COM_OF_LOSS_T at most 1 s"
)


class _DdsProfile(AutopilotProfile):
    """PX4 with nav_state numbers for modes."""

    @property
    def landing_modes(self) -> frozenset[int]:
        return frozenset({LAND, DESCEND})

    def mode_parameters(self, mode: int) -> tuple[float, float, float]:
        return MODES[mode]


PX4_DDS = _DdsProfile(
    **{field.name: getattr(PX4, field.name) for field in fields(PX4)}
    | {
        "follow": OFFBOARD,
        "hold": LOITER,
        "pilot_hold": LOITER,
        "land": LAND,
        "rules": (),
        "names": {
            0: "MANUAL",
            1: "ALTCTL",
            2: "POSCTL",
            3: "AUTO.MISSION",
            LOITER: "AUTO.LOITER",
            5: "AUTO.RTL",
            6: "POSITION_SLOW",
            10: "ACRO",
            DESCEND: "DESCEND",
            13: "TERMINATION",
            OFFBOARD: "OFFBOARD",
            15: "STABILIZED",
            17: "AUTO.TAKEOFF",
            LAND: "AUTO.LAND",
            20: "AUTO.PRECLAND",
            21: "ORBIT",
        },
    }
)


KINDS = {1: 2, 2: 1, 3: 10, 4: 7}
"""vehicle_type of VehicleStatus -> MAV_TYPE: rotary wings, planes, rovers, airships."""
VTOL = 22
"""MAV_TYPE of a plane that takes off vertically."""


@dataclass(frozen=True, slots=True)
class Px4VehicleCommand:
    """A VehicleCommand."""

    number: int
    """MAV_CMD."""
    parameters: tuple[float, ...]
    """Its seven parameters."""


@dataclass(frozen=True, slots=True)
class Px4SetPoint:
    """An OffboardControlMode and its TrajectorySetpoint."""

    velocity: tuple[float, float, float]
    """North, east, down, m/s."""
    yaw_rate: float
    """Clockwise, rad/s."""


def px4_mav_type(vehicle_type: int, vertical_take_off: bool) -> int | None:
    """Return the MAV_TYPE of a VehicleStatus, or None where it has none.

    Args:
        vehicle_type: Its vehicle_type.
        vertical_take_off: Its is_vtol; such a plane calls itself a rotary wing while it hovers.
    """
    if vertical_take_off:
        return VTOL
    return KINDS.get(vehicle_type)


def px4_topic_name(folder: str, name: str, kind: type) -> str:
    """Return the topic of a px4_msgs type, such as ``fmu/out/vehicle_status_v1``: its version is
    part of the name.
    """
    version = getattr(kind, "MESSAGE_VERSION", 0)
    if version:
        return f"{folder}/{name}_v{version}"
    return f"{folder}/{name}"


class Px4DdsAdapter:
    """One end of the link; times are those of arrival, s of the caller's clock."""

    def __init__(self, config: SessionConfig | None = None, target: int | None = 1) -> None:
        """Make the session behind it; ``target``: system id of the vehicle, None: that of the first
        status.
        """
        self.profile: AutopilotProfile = PX4_DDS
        self.target = target
        self.foreign = 0
        """Statuses of other vehicles."""
        self._out: list[Px4VehicleCommand | Px4SetPoint] = []
        self._asked: dict[int, RequestKind] = {}
        self._heading: tuple[float, float] | None = None
        self._passes = True
        self._global: bool | None = None
        self._stamp: int | None = None
        self.session = OffboardSession(self, config)

    # What comes in.

    def status(
        self,
        nav_state: int,
        armed: bool,
        system: int,
        passes: bool,
        failsafe: bool,
        now: float,
        kind: int | None = None,
    ) -> None:
        """Take a VehicleStatus.

        Args:
            nav_state: The mode.
            armed: Whether arming_state is armed.
            system: Its system id.
            passes: Whether the pre-flight checks pass.
            failsafe: Whether it is in a failsafe.
            now: Time of arrival, s.
            kind: MAV_TYPE, see ``px4_mav_type``; None: unknown.
        """
        if self.target is None:
            self.target = system
        if system != self.target:
            self.foreign += 1
            return
        self._passes = passes
        session = self.session
        session.now = now
        vehicle = session.vehicle
        vehicle.beat(now)
        vehicle.autopilot = self.profile.autopilot
        vehicle.kind = kind
        vehicle.mode = nav_state
        vehicle.armed = armed
        vehicle.failsafe = failsafe
        if self._global is not False:
            vehicle.global_time = now
        session.received_heartbeat(now)

    def acknowledge(self, number: int, result: int, now: float) -> None:
        """Take a VehicleCommandAck that answers us."""
        kind = self._asked.get(number)
        if kind is not None:
            self.session.answered(kind, ANSWERS.get(result, Answer.FAILED), now)

    def landed(self, landed: bool, now: float) -> None:
        """Take a VehicleLandDetected."""
        self.session.vehicle.landed = Landed.ON_GROUND if landed else Landed.IN_AIR

    def global_position(self, valid: bool, now: float) -> None:
        """Take from a VehicleLocalPosition whether there is a global position; unknown until
        then.
        """
        self._global = valid

    def battery(self, remaining: float, voltage: float) -> None:
        """Take a BatteryStatus: 0 to 1, anything else if unknown; V, 0 if unknown."""
        vehicle = self.session.vehicle
        if 0.0 <= remaining <= 1.0:
            vehicle.battery = remaining
        else:
            vehicle.battery = None
        if math.isfinite(voltage) and voltage > 0.0:
            vehicle.voltage = voltage
        else:
            vehicle.voltage = None

    def odometry(
        self,
        position: NDArray[np.float64],
        quaternion: NDArray[np.float64],
        velocity: NDArray[np.float64],
        rates: NDArray[np.float64],
        frames_of: tuple[int, int],
        stamp: int,
        now: float,
    ) -> bool:
        """Take a VehicleOdometry; returns whether it could be used.

        Args:
            position: float64 [3] NED, m.
            quaternion: float64 [4] FRD to NED, w first.
            velocity: float64 [3] m/s in NED or FRD.
            rates: float64 [3] FRD, rad/s.
            frames_of: pose_frame and velocity_frame.
            stamp: Microseconds of PX4's clock; the same one again is no news.
            now: Time of arrival, s.
        """
        size = float(np.linalg.norm(quaternion))
        finite = all(
            np.isfinite(values).all() for values in (position, quaternion, velocity, rates)
        )
        if not finite or abs(size - 1.0) > 0.1:
            return False
        if frames_of[0] != NED or frames_of[1] not in (NED, BODY_FRD):
            return False
        if self._stamp == stamp:
            return False
        self._stamp = stamp
        vehicle = self.session.vehicle
        q = np.asarray(quaternion, dtype=np.float64) / size
        velocity = np.asarray(velocity, dtype=np.float64)
        if frames_of[1] == BODY_FRD:
            velocity = geometry.rotate(q, velocity)
        vehicle.position = np.asarray(position, dtype=np.float64)
        vehicle.position_time = now
        vehicle.stand()
        vehicle.velocity = velocity
        vehicle.attitude = q
        vehicle.boot = now
        vehicle.rates = np.asarray(rates, dtype=np.float64)
        self._heading = (geometry.yaw_ned_to_enu(geometry.yaw_of(q)), now)
        return True

    def update(self, now: float) -> list[Px4VehicleCommand | Px4SetPoint]:
        """Return what has to be sent now."""
        return self.session.update(now)

    # For the session, see ``Adapter``.

    def greet(self) -> None:
        """Log what has to be checked by hand."""
        self.session.log_event(TO_CHECK)

    def ask_for_heartbeat(self) -> None:
        """PX4 publishes the status at its own rate, and with every change."""

    def ask_again(self) -> None:
        """The agent forwards what it forwards."""

    def show_life(self) -> None:
        """The set points take the place of a heartbeat."""

    def send_set_point(self, command: Command) -> None:
        """Turn a command by the heading; without a fresh one only height and turn are commanded."""
        yaw = 0.0
        if self._heading is not None:
            yaw, _ = self._heading
        if self.ready(self.session.now):
            command = replace(command, vx=0.0, vy=0.0)
        north, east, down, yaw_rate = geometry.command_to_ned(command, yaw)
        self._out.append(Px4SetPoint((north, east, down), yaw_rate))

    def request(self, kind: RequestKind, value: float = 0.0, attempt: int = 0) -> None:
        """Send a VehicleCommand."""
        parameters: tuple[float, ...] = ()
        if kind is RequestKind.MODE:
            parameters = MODES[int(value)]
        elif kind is RequestKind.ARM:
            parameters = (1.0,)
        elif kind is RequestKind.DISARM:
            parameters = (0.0,)
        number = COMMANDS[kind]
        self._asked[number] = kind
        padding = (0.0,) * (7 - len(parameters))
        self._out.append(Px4VehicleCommand(number, (*parameters, *padding)))

    def read_parameter(self, name: str) -> None:
        """Parameters cannot be read over DDS."""

    def set_parameter(self, name: str, value: float) -> None:
        """Parameters cannot be set over DDS."""

    def ready(self, now: float) -> str:
        """Return why set points cannot be turned, or nothing."""
        fresh = self._heading is not None and 0.0 <= now - self._heading[1] <= HEADING_AGE
        if fresh:
            return ""
        return f"no usable vehicle_odometry (NED) for {HEADING_AGE:g} s: set points need a heading"

    def warnings(self) -> list[str]:
        """PX4 reports no reasons over DDS, but whether its pre-flight checks pass.

        Down again it stays in OFFBOARD, where they cannot pass without set points: that is no
        reason for anything.
        """
        session = self.session
        idle = session.vehicle.mode == OFFBOARD and not session.streaming
        if self._passes or idle:
            return []
        return ["its pre-flight checks do not pass: QGroundControl shows which"]

    def take(self) -> list[Px4VehicleCommand | Px4SetPoint]:
        """Return what has to be sent, and forget it."""
        out = self._out
        self._out = []
        return out
