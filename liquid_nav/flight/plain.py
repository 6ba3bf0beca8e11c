"""The plain backend: velocities for whatever takes a Twist, and zero when nobody says anything any more."""

from __future__ import annotations

from liquid_nav.types import Command

ZERO = Command()


class PlainStream:
    """Repeats the last command at a rate, for as long as it is fresh and the supervisor lets it through."""

    def __init__(self, rate: float = 20.0, freshness: float = 0.5) -> None:
        """``rate``: Hz; ``freshness``: s after which a command counts no more."""
        self._period, self._freshness = 1.0 / rate, freshness
        self._command, self._time, self._sent = ZERO, -1e9, -1e9
        self._new, self._word = False, "disengaged"

    def command(self, command: Command, now: float) -> None:
        """Take a command; what is not finite is zero."""
        self._command, self._time, self._new = (command if command.is_finite() else ZERO), now, True

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
        return self._command if fresh and self._word in ("engaged", "landing") else ZERO
