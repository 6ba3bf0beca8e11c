"""When camera frames are taken and which of them arrive: dropped, jittered and late frames, drawn
by seed.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Iterator

from liquid_nav.errors import UserError
from liquid_nav.simulation.world import PHYSICS_TIMESTEP
from liquid_nav.worlds import CameraFaults, RandomStream

FRAME_ON_TIME = "on time"
FRAME_LATE = "late"
FRAME_DROPPED = "dropped"
EARLY = 1e-3
"""s by which a frame may be taken too early on a clock that is not ours: its next tick may be far.
"""
LONGEST_STEP = 60.0
"""s; a clock that is not ours and steps farther ahead was set: to skip its periods one by one would
take too long.
"""


@dataclass(frozen=True, slots=True)
class Moment:
    """One period of the camera."""

    time: float
    """When its frame is taken, s, on the grid of ``PHYSICS_TIMESTEP``."""
    delivery: str
    """What becomes of its frame: ``FRAME_ON_TIME``, ``FRAME_LATE`` or ``FRAME_DROPPED``."""


@dataclass(frozen=True, slots=True)
class FrameTiming:
    """How regularly frames come. Raises UserError for values outside their ranges."""

    drop: float = 0.0
    """Share of frames that never come, 0 to 1."""
    jitter: float = 0.0
    """Largest shift of a frame's instant to either side, as a share of the period, 0 to 0.5."""
    late: float = 0.0
    """Share of frames that arrive one period after they were taken, 0 to 1."""

    def __post_init__(self) -> None:
        for name, most in (("drop", 1.0), ("jitter", 0.5), ("late", 1.0)):
            if not 0.0 <= getattr(self, name) <= most:
                raise UserError(
                    f"{name} is {getattr(self, name):g}", f"choose a share from 0 to {most:g}"
                )

    @classmethod
    def of(
        cls, faults: CameraFaults, drop: float | None = None, jitter: float | None = None
    ) -> FrameTiming:
        """Return the timing of a condition's camera; ``drop`` and ``jitter``, where given, replace
        the condition's.
        """
        return cls(
            faults.drop if drop is None else drop,
            faults.jitter if jitter is None else jitter,
            faults.late,
        )

    def moments(self, rate: float, seed: int) -> Iterator[Moment]:
        """Yield the camera's periods for ever: frame k at (k + u) / rate, u uniform within the
        jitter.

        The first frame is taken at time zero and always arrives. Times grow by a step of the
        physics at least. Each frame draws the same two numbers whatever the shares are, so that
        other drops leave the instants as they are.

        Args:
            rate: nominal frames per second.
            seed: of the flight; the draws have a stream of their own.
        """
        rng = RandomStream.FRAME_TIMES.generator(seed)
        last = 0
        yield Moment(0.0, FRAME_ON_TIME)
        for number in itertools.count(1):
            chance, shift = rng.random(2)
            shift = self.jitter * (2.0 * shift - 1.0)
            last = max(round((number + shift) / rate / PHYSICS_TIMESTEP), last + 1)
            yield Moment(last * PHYSICS_TIMESTEP, self._delivery(chance))

    def schedule(self, rate: float, seed: int) -> FrameSchedule:
        """Return the same periods for a camera on a clock that another program drives."""
        return FrameSchedule(self.moments(rate, seed))

    def _delivery(self, chance: float) -> str:
        if chance < self.drop:
            return FRAME_DROPPED
        if chance < self.drop + self.late:
            return FRAME_LATE
        return FRAME_ON_TIME


class FrameSchedule:
    """The periods of a camera on a clock that is not ours: it is asked often, and reports when a
    frame is due.
    """

    def __init__(self, moments: Iterator[Moment]) -> None:
        """``moments``: see ``FrameTiming.moments``; their zero is the first ``time`` of ``due``."""
        self._moments = moments
        self._next = next(moments)
        self._begin: float | None = None
        self._asked = 0.0

    def due(self, time: float) -> str | None:
        """Return what becomes of the frame that is taken at ``time``, s, or None where none is due.

        Periods that pass between two calls are skipped. A clock that has gone back, or ahead by
        more than ``LONGEST_STEP``, begins anew with the next period.
        """
        if self._begin is None or not 0.0 <= time - self._asked <= LONGEST_STEP:
            self._begin = time - self._next.time
        self._asked = time
        since = time - self._begin + EARLY
        if since < self._next.time:
            return None
        delivery = self._next.delivery
        while self._next.time <= since:
            self._next = next(self._moments)
        return delivery
