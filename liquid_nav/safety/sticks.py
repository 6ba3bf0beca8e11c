"""Whether a pilot has touched anything: a joystick, or the remote control as the autopilot tells of it."""

from __future__ import annotations

from typing import Sequence

TOUCHED = 0.2
"""Part of half the range that a stick moves when somebody means it."""


class Sticks:
    """Compares sticks with where they rested before: a throttle stick rests at its end, not in the middle."""

    def __init__(self) -> None:
        """Know no rest position."""
        self._rest: tuple[float, ...] | None = None

    def moved(self, axes: Sequence[float], buttons: Sequence[int], flying: bool) -> str:
        """Return what was touched, empty if nothing; ``axes``: -1 to 1; while not ``flying`` they define rest."""
        if not flying or self._rest is None or len(self._rest) != len(axes):
            self._rest = tuple(axes)
        if any(buttons):
            return f"button {next(i for i, pressed in enumerate(buttons) if pressed)}"
        for i, (now, rest) in enumerate(zip(axes, self._rest)):
            if not abs(now - rest) <= TOUCHED:
                return f"stick {i}"
        return ""
