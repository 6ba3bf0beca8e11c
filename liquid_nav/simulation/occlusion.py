"""When the target of a flight is not drawn, although the drone is near enough to see it."""

from __future__ import annotations

from bisect import bisect_right

from liquid_nav.worlds import AppearanceSpec, RandomStream


class TargetOcclusion:
    """Alternates between drawn and not drawn, from the beginning of the flight on."""

    def __init__(self, appearance: AppearanceSpec, seed: int) -> None:
        """``appearance``: of the flight's condition; ``seed``: of the flight."""
        self._occluded = appearance.occluded
        self._between = appearance.between
        self._rng = RandomStream.OCCLUSION.generator(seed)
        self._changes: list[float] = []
        """Times at which the target vanishes and appears in turn, s; as many as were asked for."""

    def hidden(self, time: float) -> bool:
        """Return whether the target is not drawn at a time of the flight, s."""
        if self._occluded[1] <= 0.0:
            return False
        while not self._changes or self._changes[-1] <= time:
            vanishes = float(self._rng.uniform(*self._between))
            if self._changes:
                vanishes += self._changes[-1]
            self._changes += [vanishes, vanishes + float(self._rng.uniform(*self._occluded))]
        return bisect_right(self._changes, time) % 2 == 1
