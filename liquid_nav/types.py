"""The few values that cross subpackages: what a policy sees, what it decides and what it
remembers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Mapping, Sequence

import numpy as np

if TYPE_CHECKING:
    import torch

COMMAND_FIELDS = ("vx", "vy", "vz", "yaw_rate")


@dataclass(frozen=True)
class Limits:
    """Limits of the commands; a default applies where neither a scenario nor a parameter of the
    supervisor gives another one.
    """

    speed: float = 2.0
    """Horizontal speed at most, m/s."""
    vertical_speed: float = 1.0
    """Vertical speed at most, m/s."""
    yaw_rate: float = 1.2
    """Yaw rate at most, rad/s."""
    acceleration: float = 3.0
    """Change of the horizontal and of the vertical velocity command at most, m/s^2."""
    yaw_acceleration: float = 4.0
    """Change of the yaw rate command at most, rad/s^2."""


@dataclass(frozen=True, slots=True)
class Command:
    """A velocity set point in the level body frame (FLU: x along the heading, z straight up)."""

    vx: float = 0.0
    """Velocity forward, m/s."""
    vy: float = 0.0
    """Velocity to the left, m/s."""
    vz: float = 0.0
    """Velocity upwards, m/s."""
    yaw_rate: float = 0.0
    """Yaw rate, rad/s, counter-clockwise seen from above."""

    def as_array(self) -> np.ndarray:
        """Return float64 [4] in the order of ``COMMAND_FIELDS``."""
        return np.array((self.vx, self.vy, self.vz, self.yaw_rate), dtype=np.float64)

    @classmethod
    def from_array(cls, values: Sequence[float]) -> Command:
        """Build from a sequence of four numbers; raises ValueError for any other length."""
        vx, vy, vz, yaw_rate = (float(v) for v in values)
        return cls(vx, vy, vz, yaw_rate)

    def is_finite(self) -> bool:
        """Return whether all four values are finite numbers."""
        return bool(np.isfinite(self.as_array()).all())


@dataclass(frozen=True, slots=True)
class Observation:
    """What the sensors deliver at one instant."""

    image: np.ndarray | None = None
    """uint8 [H,W,3] RGB of any size; None when only other sensors delivered."""
    motion: np.ndarray | None = None
    """float32 [M], values of the other sensors (channels named in the model's config); None: there
    are none.
    """


@dataclass(frozen=True, slots=True)
class Decision:
    """What a policy decides for one observation."""

    command: Command
    """Velocity set point that is asked for, m/s and rad/s in the level body frame."""


@dataclass(frozen=True, slots=True)
class PolicyState:
    """All that a policy remembers between steps."""

    core: torch.Tensor
    """float [B,S], state of the recurrent core."""
    plastic: Mapping[str, torch.Tensor] = field(default_factory=dict)
    """Weights that change in flight, by name; empty for most models."""
    held: torch.Tensor | None = None
    """float [B,I], the core's last input, which a query between frames holds; None before the first
    frame.
    """
