"""What the vehicle reports of itself, whatever the protocol: all that the session has of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from liquid_nav import geometry

HEARTBEAT_DECAY = 0.8
"""Part of the longest time between heartbeats that is kept with each new one: it rises at once and
falls slowly.
"""

CHANNEL = (800, 2200)
"""Pulses of a channel that has a position, microseconds."""
OFF_THE_GROUND = 0.3
"""m above the ground from which on it flies, where its own detector reports nothing."""


class Landed(Enum):
    """What the vehicle's own landing detector reports."""

    UNKNOWN = "unknown"
    ON_GROUND = "on_ground"
    TAKING_OFF = "taking_off"
    IN_AIR = "in_air"
    COMING_DOWN = "coming_down"


@dataclass(frozen=True, slots=True)
class Odometry:
    """The vehicle's state in our frames."""

    time: float
    """Time of the vehicle's clock, s."""
    position: NDArray[np.float64]
    """float64 [3] ENU from its origin, m."""
    quaternion: NDArray[np.float64]
    """float64 [4] w x y z, FLU to ENU."""
    velocity: NDArray[np.float64]
    """float64 [3] ENU, m/s."""
    angular_velocity: NDArray[np.float64]
    """float64 [3] FLU, rad/s."""


@dataclass
class VehicleState:
    """The last of everything, in the protocol's frames (NED, FRD); None until it came."""

    heartbeat: float | None = None
    """When the last heartbeat came, s of the caller's clock."""
    heartbeat_period: float = 1.0
    """Time between heartbeats lately, s, rather too long than too short."""
    autopilot: int | None = None
    """MAV_AUTOPILOT."""
    kind: int | None = None
    """MAV_TYPE; None where the protocol does not report it."""
    mode: int | None = None
    """Custom mode, as the profile counts."""
    armed: bool = False
    """Whether the motors are armed."""
    failsafe: bool = False
    """Whether the autopilot reports that it is in a failsafe."""
    landed: Landed = Landed.UNKNOWN
    """Its landing detector."""
    position: NDArray[np.float64] | None = None
    """float64 [3] NED from its origin, m."""
    velocity: NDArray[np.float64] | None = None
    """float64 [3] NED, m/s."""
    position_time: float | None = None
    """When the position last made progress, by its own stamps; s of the caller's clock."""
    attitude: NDArray[np.float64] | None = None
    """float64 [4] w x y z, FRD to NED."""
    rates: NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))
    """float64 [3] FRD, rad/s."""
    force: NDArray[np.float64] | None = None
    """float64 [3] FRD, specific force, m/s^2."""
    battery: float | None = None
    """Charge, 0 to 1."""
    voltage: float | None = None
    """V."""
    sticks: tuple[int, ...] | None = None
    """Channels of the remote control, microseconds."""
    sticks_time: float | None = None
    """When they came, s of the caller's clock."""
    sticks_stamp: float = 0.0
    """When the vehicle read them, s of its own clock."""
    receiver: bool = False
    """Whether it reports that the receiver of its remote control is there and healthy."""
    receiver_time: float | None = None
    """When it last reported that, s of the caller's clock."""
    global_time: float | None = None
    """When a global position last came, s of the caller's clock."""
    boot: float | None = None
    """Time since its boot, s of its own clock."""
    reboots: int = 0
    """How often that clock has begun anew."""
    ground: float | None = None
    """Height above the origin of its map where it was last disarmed, m."""

    def beat(self, now: float) -> None:
        """Take the time of a heartbeat, s."""
        if self.heartbeat is not None:
            self.heartbeat_period = max(
                now - self.heartbeat, HEARTBEAT_DECAY * self.heartbeat_period
            )
        self.heartbeat = now

    def clip(self, now: float) -> None:
        """The caller's clock has gone back to ``now``, s: nothing may have come later."""
        for name in ("heartbeat", "position_time", "sticks_time", "receiver_time", "global_time"):
            time = getattr(self, name)
            if time is not None and time > now:
                setattr(self, name, now)

    @property
    def heartbeat_time(self) -> float:
        """``heartbeat``, where one has come: in every phase of the session but OFFLINE."""
        assert self.heartbeat is not None
        return self.heartbeat

    @property
    def positions(self) -> tuple[float, ...]:
        """Channels of the remote control, -1 to 1; NaN for one that has no position (0, 65535: it
        is not used).
        """
        return tuple(_position_of(pulse) for pulse in self.sticks or ())

    @property
    def height(self) -> float:
        """Height above the origin of its map, m; 0 as long as it is unknown."""
        if self.position is None:
            return 0.0
        return -float(self.position[2])

    @property
    def airborne(self) -> bool:
        """Whether it reports to be in the air, or is armed and not known to be where it was
        disarmed.
        """
        if self.landed is Landed.IN_AIR:
            return True
        if self.landed is Landed.ON_GROUND:
            return False
        moving = self.landed in (Landed.TAKING_OFF, Landed.COMING_DOWN)
        return self.armed and (
            moving or self.ground is None or self.height - self.ground > OFF_THE_GROUND
        )

    def stand(self) -> None:
        """Take note of the ground, where it stands disarmed."""
        if not self.armed and self.position is not None:
            self.ground = self.height

    def odometry(self) -> Odometry | None:
        """Return position, attitude and velocities in our frames, or None until all have come."""
        if self.position is None or self.velocity is None:
            return None
        if self.attitude is None or self.boot is None:
            return None
        return Odometry(
            self.boot,
            geometry.ned_to_enu(self.position),
            geometry.attitude_ned_to_enu(self.attitude),
            geometry.ned_to_enu(self.velocity),
            geometry.frd_to_flu(self.rates),
        )


def _position_of(pulse: int) -> float:
    """Return the position of a channel by its pulse in microseconds; NaN where it has none."""
    shortest, longest = CHANNEL
    if shortest <= pulse <= longest:
        return (pulse - 1500) / 500.0
    return math.nan
