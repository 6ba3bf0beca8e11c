"""The plain backend: velocities for whatever takes a Twist, and zero when nobody says anything any more."""

from __future__ import annotations

import numpy as np

from liquid_nav import geometry
from liquid_nav.types import Command

ZERO = Command()


def in_body(command: Command, quaternion: np.ndarray) -> Command:
    """Return a level command as a drone of that attitude (w x y z, body FLU to ENU) has to take it in its tilted body.

    Who reads a command in the tilted body flies down while the nose is down: 2 m/s forward at 17 degrees of tilt are
    0.6 m/s of descent.
    """
    level = np.array((command.vx, command.vy, command.vz))
    world = geometry.world_from_level(level, geometry.yaw_of(quaternion))
    w, x, y, z = quaternion
    vx, vy, vz = geometry.rotate(np.array((w, -x, -y, -z)), world)
    return Command(float(vx), float(vy), float(vz), command.yaw_rate)


class PlainStream:
    """Repeats the last command at a rate, for as long as it is fresh and the supervisor lets it through."""

    def __init__(self, rate: float = 20.0, freshness: float = 0.5) -> None:
        """``rate``: Hz; ``freshness``: s after which a command counts no more."""
        self._period, self._freshness = 1.0 / rate, freshness
        self._command, self._time, self._sent = ZERO, -1e9, -1e9
        self._new, self._word = False, "disengaged"
        self._quaternion, self._seen = None, -1e9

    def command(self, command: Command, now: float) -> None:
        """Take a command; what is not finite is zero."""
        self._command, self._time, self._new = (command if command.is_finite() else ZERO), now, True

    def attitude(self, quaternion: np.ndarray, now: float) -> None:
        """Take the drone's attitude (unit, w x y z, FLU to ENU): commands are then turned into its tilted body."""
        if np.isfinite(quaternion).all() and abs(np.linalg.norm(quaternion) - 1.0) < 0.01:
            self._quaternion, self._seen = np.asarray(quaternion, dtype=np.float64), now

    def follow(self, word: str, now: float) -> None:
        """Take the supervisor's mode."""
        self._word = word

    def update(self, now: float) -> Command | None:
        """Return what has to be sent now, or None."""
        due = self._new or not 0.0 <= now - self._sent < self._period - 1e-4
        if not due:
            return None
        self._sent, self._new = now, False
        fresh = 0.0 <= now - self._time <= self._freshness
        if not fresh or self._word not in ("engaged", "landing"):
            return ZERO
        known = self._quaternion is not None and 0.0 <= now - self._seen <= self._freshness
        return in_body(self._command, self._quaternion) if known else self._command
