"""Where the time of a campaign goes: complete frames per second, and the parts of a frame."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Iterable, Mapping

from liquid_nav.evaluation.task import FlightSummary

TOTAL = "total"
RENDER = "render"


@dataclass(frozen=True, slots=True)
class Throughput:
    """Measured speed of a campaign."""

    frames: int
    """Number of camera frames of all flights."""
    wall: float
    """Wall time from start to end, the workers' start included, s."""
    workers: int | None
    """Number of processes that flew; None: those of a cluster, which are not counted."""
    blind: int = 0
    """Number of frames that were not rendered because the pilot needs no image."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """Time of all workers together by part, s; "other" is what no part accounts for."""

    @property
    def frames_per_second(self) -> float:
        """Frames per second of wall time, all workers together."""
        if not self.wall > 0:
            return math.nan
        return self.frames / self.wall

    @property
    def shares(self) -> dict[str, float]:
        """Fraction of the workers' flight time by part, largest first."""
        total = math.fsum(self.seconds.values())
        if not total > 0:
            return {}
        ordered = sorted(self.seconds.items(), key=lambda item: -item[1])
        return {part: value / total for part, value in ordered}

    def describe(self) -> str:
        """Return one line for people."""
        parts = ", ".join(f"{part} {share:.0%}" for part, share in self.shares.items())
        processes = f"{self.workers} processes"
        if self.workers is None:
            processes = "the processes of a cluster"
        elif self.workers == 1:
            processes = "1 process"
        kind = "complete frames"
        if self.blind:
            kind = f"frames ({self.blind:,} of them without an image)"
        text = (
            f"{self.frames:,} {kind} in {self.wall:.1f} s: {self.frames_per_second:.0f} frames/s"
            f" with {processes}"
        )
        if not parts:
            return text
        return f"{text} ({parts})"


def measure_throughput(
    flights: Iterable[FlightSummary], wall: float, workers: int | None
) -> Throughput:
    """Add up the measured times of all flights; ``wall``, ``workers``: as in ``Throughput``."""
    flights = list(flights)
    seconds: dict[str, float] = {}
    for flight in flights:
        for part, value in flight.timings.items():
            seconds[part] = seconds.get(part, 0.0) + value
    total = seconds.pop(TOTAL, None)
    if total is not None:
        seconds["other"] = max(0.0, total - math.fsum(seconds.values()))
    blind = sum(flight.frames for flight in flights if not flight.timings.get(RENDER))
    return Throughput(sum(flight.frames for flight in flights), wall, workers, blind, seconds)
