"""From stamps of a clock that people may set to a clock that is never set.

Ages are safety: they must not change because the computer's clock was corrected by a minute. So
every stamp is moved to the steady clock by the difference of both clocks. A jump of that difference
is reported, and for a while stamps that were made before it are still understood.
"""

from __future__ import annotations

JUMP = 0.1
"""s by which the difference of the clocks must change at once to be a jump; less is a slew and is
followed.
"""
OLD_STAMPS = 2.0
"""s after a jump for which stamps of the time before it may still arrive."""


class StampClock:
    """Follows the difference between a clock that stamps messages and a steady one."""

    def __init__(self) -> None:
        """Begin without any message."""
        self._offset: float | None = None
        self._steady = 0.0
        self._jump: tuple[float, float] | None = None
        """Difference of the clocks before the last jump, and when that was on the steady clock, s.
        """

    def observe(self, stamping: float, steady: float) -> float:
        """Take both clocks' times of one instant, s; returns by how much the stamping clock has
        jumped, or 0.
        """
        offset = stamping - steady
        before = offset if self._offset is None else self._offset
        self._offset = offset
        self._steady = steady
        if abs(offset - before) <= JUMP:
            return 0.0
        self._jump = (before, steady)
        return offset - before

    def steady(self, stamp: float) -> float:
        """Return a stamp (s) on the steady clock; call ``observe`` with the time of arrival
        before.
        """
        if self._offset is None:
            return stamp
        moved = stamp - self._offset
        if self._jump is None or self._steady - self._jump[1] > OLD_STAMPS:
            return moved
        # Made before or after the jump: what is nearer to the arrival is what was meant.
        old = stamp - self._jump[0]
        return min(moved, old, key=lambda time: abs(self._steady - time))
