"""How a session flies its vehicle, and the bounds of what it lets through."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

from liquid_nav.errors import UserError
from liquid_nav.safety import (
    FIRST_SWITCH_CHANNEL,
    LAST_SWITCH_CHANNEL,
    is_lowered,
    refused_in_flight,
)
from liquid_nav.types import Command

FLOAT32 = 1e30
"""Beyond this a command does not fit into the protocols' 32-bit numbers; it is refused like one
that is not finite.
"""

TIGHTENED_IN_FLIGHT = ("speed", "vertical_speed", "yaw_rate", "resume")
"""What may be lowered while the vehicle flies; everything else is for the ground."""


@dataclass(frozen=True)
class SessionConfig:
    """How to fly it."""

    rate: float = 30.0
    """Set points per second, 20 to 50."""
    freshness: float = 0.5
    """Time that a command is obeyed, s."""
    position_age: float = 1.0
    """Age of the vehicle's position at most while something of ours flies, s."""
    altitude: float = 1.5
    """Height of take-off above the ground, m."""
    climb: float = 0.7
    """Speed of take-off, m/s."""
    descent: float = 0.5
    """Speed of a landing by set points, m/s."""
    speed: float = 5.0
    """Horizontal speed at most, m/s: the bridge's own limit, whatever the supervisor commands."""
    vertical_speed: float = 2.0
    """Vertical speed at most, m/s."""
    yaw_rate: float = 2.0
    """Yaw rate at most, rad/s."""
    patience: float = 12.0
    """Time for a take-off beyond the climb, and for the autopilot's own disarming after a landing,
    s.
    """
    hold_delay: float = 2.0
    """Time that a hold of the supervisor is answered by zero set points before the autopilot's hold
    mode, s.
    """
    resume: float = 0.0
    """Time since the beginning of a hold in which the supervisor may let the flight go on, s; 0: a
    person decides.
    """
    engage_channel: int = 0
    """Channel of the remote control, counted from 1, whose switch engages when it is flipped; 0:
    none.
    """
    set_parameters: bool = True
    """Whether we may set the autopilot's parameters that we rely on, or only check them."""

    def __post_init__(self) -> None:
        """Refuse what no autopilot should be given; raises UserError."""
        if not 20.0 <= self.rate <= 50.0:
            raise UserError(f"set points at {self.rate:g} Hz", "choose a rate between 20 and 50 Hz")
        if (
            self.engage_channel
            and not FIRST_SWITCH_CHANNEL <= self.engage_channel <= LAST_SWITCH_CHANNEL
        ):
            channels = f"{FIRST_SWITCH_CHANNEL} to {LAST_SWITCH_CHANNEL}"
            remedy = f"choose one of the channels {channels}, or 0 for none"
            raise UserError(f"the engage switch cannot be on channel {self.engage_channel}", remedy)


def bounded(command: Command, config: SessionConfig) -> Command | None:
    """Return a command inside the bridge's own limits, or None for one that no protocol can
    carry.
    """
    values = (command.vx, command.vy, command.vz, command.yaw_rate)
    if not all(abs(value) < FLOAT32 for value in values):
        return None
    speed = math.hypot(command.vx, command.vy)
    factor = 1.0
    if speed > config.speed:
        factor = config.speed / speed
    vz = min(max(command.vz, -config.vertical_speed), config.vertical_speed)
    yaw_rate = min(max(command.yaw_rate, -config.yaw_rate), config.yaw_rate)
    return Command(command.vx * factor, command.vy * factor, vz, yaw_rate)


def refused_while_flying(before: SessionConfig, after: SessionConfig) -> str:
    """Return why a flight does not go on with another configuration, or nothing."""
    old = asdict(before)
    changes = {
        name: (old[name], value) for name, value in asdict(after).items() if value != old[name]
    }
    return refused_in_flight(changes, dict.fromkeys(TIGHTENED_IN_FLIGHT, is_lowered))
