"""From single flights to success rates with confidence intervals: pure functions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Iterable

if TYPE_CHECKING:
    from liquid_nav.evaluation.task import FlightSummary

SUMMARY_KEYS = (
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
"""The documented keys of a row, in order. ``mean_time_s`` is over successful flights, or None."""


def wilson_interval(successes: int, trials: int) -> tuple[float, float]:
    """Return the 95 % Wilson score interval of a success rate (E. B. Wilson, 1927): good for few
    trials and rates near 0 or 1.

    Args:
        successes: How many of the trials succeeded.
        trials: How many there were; with none, nothing is known and the interval is (0, 1).

    Raises:
        ValueError: there are more successes than trials, or fewer than none.
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} successes of {trials} trials")
    if trials == 0:
        return 0.0, 1.0
    # Takes a second to load: help and completion do not wait for it.
    from scipy.stats import binomtest

    interval = binomtest(successes, trials).proportion_ci(0.95, method="wilson")
    return float(interval.low), float(interval.high)


def summarize_flights(flights: Iterable[FlightSummary]) -> list[dict[str, Any]]:
    """Return one flat row with ``SUMMARY_KEYS`` per model, scenario and condition, in the order of
    first appearance.
    """
    groups: dict[tuple[str, str, str], list[FlightSummary]] = {}
    for flight in flights:
        groups.setdefault((flight.model, flight.scenario, flight.condition), []).append(flight)
    return [_row(names, group) for names, group in groups.items()]


def _row(names: tuple[str, str, str], flights: list[FlightSummary]) -> dict[str, Any]:
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
    return dict(zip(SUMMARY_KEYS, values, strict=True))
