"""What a recorded flight is, wherever it came from: images with stamps, and what was measured or
commanded.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator

import numpy as np

from liquid_nav.camera import ImageError
from liquid_nav.clocks import NANO, Arrivals, on_clock_of
from liquid_nav.errors import UserError

Frames = Iterator["tuple[int, np.ndarray | ImageError]"]
"""Index of the frame and its pixels, uint8 [H,W,3] RGB, or why they cannot be read."""


class RecordingError(UserError):
    """A recording that cannot be used; one line with cause and remedy."""


class UnreadableRecordingError(RecordingError):
    """A file or folder that is damaged; parts of it may still be read."""


@dataclass(frozen=True)
class TimeSeries:
    """A quantity over time."""

    stamps: np.ndarray
    """int64 [M] ns on the clock of the images, increasing."""
    values: np.ndarray
    """float64 [M,4] in the order of a ``Command``."""
    held: bool
    """A value counts until the next one comes (commands); otherwise it is interpolated
    (measurements).
    """
    by_arrival: int = 0
    """Values that are filed by their arrival, because another clock than the images' stamps them.
    """
    damaged: int = 0
    """Messages that could not be read."""

    @classmethod
    def of(
        cls,
        rows: list[tuple[int, int, tuple[float, ...]]],
        images: Arrivals,
        held: bool,
        damaged: int = 0,
    ) -> TimeSeries | None:
        """Bring rows (stamp or 0, arrival, values; times in ns) to the clock of the ``images``;
        None without any.
        """
        if not rows:
            return None
        others = Arrivals(
            np.array([r[0] for r in rows], np.int64), np.array([r[1] for r in rows], np.int64)
        )
        times = others.times()
        by_arrival = np.zeros(len(rows), dtype=bool)
        if len(images.received):
            times, by_arrival = on_clock_of(images, others)
        order = np.argsort(times, kind="stable")
        values = np.array([r[2] for r in rows], np.float64)
        return cls(times[order], values[order], held, int(by_arrival.sum()), damaged)

    def apart(self, stamps: np.ndarray) -> float:
        """Return how many s lie between all values and all of ``stamps`` [N] ns, not empty; 0 where
        they overlap.
        """
        gap = max(int(self.stamps[0]) - int(stamps.max()), int(stamps.min()) - int(self.stamps[-1]))
        return max(0, gap) / NANO

    def at(self, stamps: np.ndarray, longest: float = 0.5) -> np.ndarray:
        """Values [N,4] at ``stamps`` [N] ns; NaN where none is known within ``longest`` seconds."""
        after = np.searchsorted(self.stamps, stamps, side="right")
        before = np.maximum(after - 1, 0)
        if self.held:
            values = self.values[before].copy()
            unknown = (after == 0) | (stamps - self.stamps[before] > longest * NANO)
        else:
            last = len(self.stamps) - 1
            after = np.minimum(after, last)
            width = np.maximum(self.stamps[after] - self.stamps[before], 1)
            share = np.clip((stamps - self.stamps[before]) / width, 0.0, 1.0)[:, None]
            values = (1.0 - share) * self.values[before] + share * self.values[after]
            # Zero times NaN is NaN: a value that is hit exactly does not depend on the next one.
            values = np.where(share == 0.0, self.values[before], values)
            near = np.minimum(
                np.abs(stamps - self.stamps[before]), np.abs(stamps - self.stamps[after])
            )
            unknown = near > longest * NANO
        values[unknown] = np.nan
        return values


@dataclass(frozen=True)
class Recording:
    """One drone's flight."""

    name: str
    """Unique among the recordings of a source."""
    source: Path
    """File or folder that it was read from."""
    stamps: np.ndarray
    """int64 [N] ns: stamps of the images in the order in which they were recorded, not necessarily
    increasing.
    """
    tracks: dict[str, TimeSeries]
    """What was commanded ("command") and measured ("odometry"), where they exist: level body frame,
    m/s and rad/s.
    """
    open: Callable[[], Frames]
    """Opens the images; yields the frames in the order of ``stamps``."""
    topics: dict[str, str]
    """Where it was found: the topics of "image", "command" and "odometry" in a bag, empty for none;
    the file of the "table" in a folder.
    """
    passed_over: tuple[str, ...] = ()
    """Topics of velocities that were not taken, because their names are not those of commands or
    their frame is the world's; error messages name them.
    """

    def label_track(self, labels: str) -> tuple[str, TimeSeries]:
        """Return the kind and the track of ``labels``: command, odometry, or auto (commands where
        there are any).
        """
        wanted = ("command", "odometry") if labels == "auto" else (labels,)
        for kind in wanted:
            if kind in self.tracks:
                return kind, self.tracks[kind]
        remedy = "choose others with --labels, or name the topics with --command and --odometry"
        if self.passed_over:
            remedy += (
                "; velocities that are not of the level body by their names: "
                f"{', '.join(self.passed_over)}"
            )
        raise RecordingError(f"{self.name} has no {' and no '.join(wanted)}", remedy)
