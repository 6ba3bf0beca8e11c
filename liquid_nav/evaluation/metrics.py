"""From single flights to success rates with confidence intervals: pure functions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Iterable

if TYPE_CHECKING:
    from liquid_nav.evaluation.task import FlightSummary

Z_95 = 1.959963984540054
"""The 97.5 % quantile of the normal distribution: two-sided 95 %."""

ROW_KEYS = (
    "model",
    "scenario",
    "condition",
    "flights",
    "successes",
    "success_rate",
    "ci_low",
    "ci_high",
    "collisions",
    "timeouts",
    "geofence",
    "lost",
    "mean_time_s",
)
"""The documented keys of a row, in order. ``mean_time_s`` is over the successful flights, None
without any.
"""


def wilson_interval(successes: int, trials: int, z: float = Z_95) -> tuple[float, float]:
    """Return the Wilson score interval of a success rate: good for few trials and rates near 0 or
    1.

    Args:
        successes: How many of the trials succeeded.
        trials: How many there were; with none, nothing is known and the interval is (0, 1).
        z: Quantile of the normal distribution; the default gives 95 %.
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} successes of {trials} trials")
    if trials == 0:
        return 0.0, 1.0
    rate = successes / trials
    scale = 1.0 + z * z / trials
    centre = (rate + z * z / (2.0 * trials)) / scale
    half = z / scale * math.sqrt(rate * (1.0 - rate) / trials + z * z / (4.0 * trials * trials))
    low = max(0.0, centre - half)
    high = min(1.0, centre + half)
    # At the ends the bound is exactly 0 or 1; rounding would leave it a hair inside or outside.
    if successes == 0:
        low = 0.0
    if successes == trials:
        high = 1.0
    return low, high


def summarize(flights: Iterable[FlightSummary]) -> list[dict[str, object]]:
    """Return one flat row with ``ROW_KEYS`` per model, scenario and condition, in the order of
    first appearance.
    """
    groups: dict[tuple[str, str, str], list[FlightSummary]] = {}
    for flight in flights:
        groups.setdefault((flight.model, flight.scenario, flight.condition), []).append(flight)
    return [_row(names, group) for names, group in groups.items()]


def _row(names: tuple[str, str, str], flights: list[FlightSummary]) -> dict[str, object]:
    times = [flight.time for flight in flights if flight.success]
    low, high = wilson_interval(len(times), len(flights))

    def count(reason: str) -> int:
        return sum(flight.reason == reason for flight in flights)

    values = (
        *names,
        len(flights),
        len(times),
        len(times) / len(flights),
        low,
        high,
        count("collision"),
        count("timeout"),
        count("geofence"),
        count("lost"),
        math.fsum(times) / len(times) if times else None,
    )
    return dict(zip(ROW_KEYS, values, strict=True))
