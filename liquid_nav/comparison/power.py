"""How many flights and trainings a comparison needs, by simulation, before any of them is flown.

``python -m liquid_nav.comparison.power`` prints for several designs how often the interval of a
difference holds the truth, how often a difference that exists is found, and how often "no
difference" is concluded where there is none.
"""

from __future__ import annotations

import argparse
import itertools
from dataclasses import dataclass
from typing import Sequence

import numpy as np

from liquid_nav.comparison.statistics import Bootstrap, Estimate, Table, Verdict, judge

MARGIN = 0.02
"""Largest difference of success rates that does not matter, fixed before the campaign."""
WORLDS = 2
"""Worlds in which each question is flown."""


@dataclass(frozen=True, slots=True)
class Design:
    """How much is trained and flown for each entrant and question."""

    trainings: int
    """Training seeds of each entrant."""
    flights: int
    """Flights of each training, over both worlds."""
    questions: int = 1
    """Questions that are pooled."""


@dataclass(frozen=True, slots=True)
class Scatter:
    """How success scatters, on the scale of logits."""

    trainings: float
    """Standard deviation over the trainings of one entrant."""
    flights: float
    """Standard deviation over flights: some places are hard for all entrants."""
    interaction: float = 0.0
    """Standard deviation over the questions of one training: a training that is good in one shift
    may be bad in another.
    """


@dataclass(frozen=True, slots=True)
class Power:
    """What a design achieves at one true difference."""

    difference: float
    """True difference of the success rates, a minus b."""
    covered: float
    """Share of the campaigns whose interval holds it."""
    found: float
    """Share whose verdict is that a is better or worse."""
    same: float
    """Share whose verdict is that there is no difference."""
    width: float
    """Mean of half the interval's width."""


def simulate_campaigns(
    design: Design,
    scatter: Scatter,
    rates: tuple[float, float],
    *,
    campaigns: int = 400,
    draws: int = 400,
    seed: int = 0,
) -> Power:
    """Simulate many campaigns of a design.

    Args:
        design: what is flown.
        scatter: how success scatters.
        rates: true success rates of a and b, over all trainings and flights.
        campaigns: how often.
        draws: of each campaign's bootstrap.
        seed: of everything.
    """
    rng = np.random.default_rng(seed)
    levels = [_level(rate, scatter) for rate in rates]
    worlds = np.arange(design.flights * design.questions) % (WORLDS * design.questions)
    truth = rates[0] - rates[1]
    verdicts: list[Verdict] = []
    intervals: list[Estimate] = []
    for number in range(campaigns):
        a, b = _draw_tables(design, scatter, levels, rng)
        interval = Bootstrap(worlds, seed=number, draws=draws).difference(a, b)
        intervals.append(interval)
        verdicts.append(judge(interval, MARGIN))
    covered = [interval.low <= truth <= interval.high for interval in intervals]
    return Power(
        truth,
        float(np.mean(covered)),
        float(np.mean([v in (Verdict.BETTER, Verdict.WORSE) for v in verdicts])),
        float(np.mean([v is Verdict.SAME for v in verdicts])),
        float(np.mean([(interval.high - interval.low) / 2 for interval in intervals])),
    )


def _draw_tables(
    design: Design, scatter: Scatter, levels: Sequence[float], rng: np.random.Generator
) -> list[Table]:
    """Return a table [K,F] for each level; the places are the same for all, the trainings not."""
    flights = design.flights * design.questions
    places = rng.normal(0.0, scatter.flights, flights)
    question = np.arange(flights) % (WORLDS * design.questions) // WORLDS
    tables = []
    for level in levels:
        training = rng.normal(0.0, scatter.trainings, (design.trainings, 1))
        shift = rng.normal(0.0, scatter.interaction, (design.trainings, design.questions))
        logits = level + training + shift[:, question] + places
        tables.append(rng.random(logits.shape) < 1.0 / (1.0 + np.exp(-logits)))
    return tables


def _level(rate: float, scatter: Scatter) -> float:
    """Return the logit whose mean success, over everything that scatters, is ``rate``."""
    # They take a second to load: help and completion do not wait for them.
    from scipy.optimize import brentq
    from scipy.special import expit

    spread = float(np.sqrt(scatter.trainings**2 + scatter.flights**2 + scatter.interaction**2))
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    weights = weights / weights.sum()

    def excess(level: float) -> float:
        return float(weights @ expit(level + spread * nodes)) - rate

    level: float = brentq(excess, -20.0, 20.0)
    return level


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table of the plan."""
    parser = argparse.ArgumentParser(
        prog="python -m liquid_nav.comparison.power", description=__doc__
    )
    parser.add_argument("--trainings", type=int, nargs="+", default=[3, 5, 10])
    parser.add_argument("--flights", type=int, nargs="+", default=[40, 100, 200])
    parser.add_argument("--questions", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--rate", type=float, default=0.95, help="success rate of the better one")
    parser.add_argument(
        "--differences", type=float, nargs="+", default=[0.0, 0.03, 0.05, 0.1], help="true ones"
    )
    parser.add_argument(
        "--scatter",
        type=float,
        nargs=3,
        default=[0.4, 1.5, 0.4],
        metavar=("TRAININGS", "FLIGHTS", "INTERACTION"),
        help="standard deviations in logits",
    )
    parser.add_argument("--campaigns", type=int, default=400)
    given = parser.parse_args(arguments)
    scatter = Scatter(*given.scatter)
    print("| trainings | flights | questions | difference | held | found | no difference | +- |")
    print("|---:|---:|---:|---:|---:|---:|---:|---:|")
    for trainings, flights, questions, difference in itertools.product(
        given.trainings, given.flights, given.questions, given.differences
    ):
        design = Design(trainings, flights, questions)
        power = simulate_campaigns(
            design, scatter, (given.rate, given.rate - difference), campaigns=given.campaigns
        )
        print(
            f"| {trainings} | {flights} | {questions} | {difference:.0%} | {power.covered:.0%} | "
            f"{power.found:.0%} | {power.same:.0%} | {power.width:.1%} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
