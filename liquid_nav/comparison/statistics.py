"""How sure a comparison of entrants is: pure functions on tables of flights.

A table is boolean [K,F]: training seed x flight, whether the target was reached. All entrants fly
the same F flights in the same order, so that the flights of two entrants are paired. Training seeds
of different entrants are not.

Intervals come from a bootstrap over both axes at once: training seeds are drawn with replacement,
and so are the flights, each world's on their own. It answers what another training and other
places would have given (Owen, "The pigeonhole bootstrap", 2007). How often such intervals hold the
truth with few training seeds is measured by ``power.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Sequence

import numpy as np
from numpy.typing import NDArray

from liquid_nav.errors import UserError
from liquid_nav.evaluation import mcnemar, wilson_interval

Table = NDArray[np.bool_]
"""Boolean [K,F], see above."""
Floats = NDArray[np.float64]
DRAWS = 4000
"""Bootstrap draws of an interval."""
LEVEL = 0.95
"""Share of the draws inside an interval."""
NORMAL = 1.96
"""Half the width of such an interval of a normal distribution, in standard deviations."""
TRIMMED = 0.25
"""Share that the interquartile mean leaves out at each end."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number and how sure it is."""

    value: float
    """What was measured."""
    low: float
    """Lower end of its 95 % interval."""
    high: float
    """Upper end of its 95 % interval."""


class Verdict(Enum):
    """What follows from the interval of a difference, beside a margin that was fixed before."""

    BETTER = "better"
    """All of the interval is above zero, and not all of it within the margin."""
    WORSE = "worse"
    """All of the interval is below zero, and not all of it within the margin."""
    SAME = "no difference"
    """All of the interval is within the margin."""
    OPEN = "undecided"
    """None of these."""


def judge(difference: Estimate, margin: float) -> Verdict:
    """Return what follows from a difference; ``margin``: largest difference that does not matter.

    A difference that is surely not zero but surely within the margin is ``SAME``: it does not
    matter.
    """
    if -margin <= difference.low and difference.high <= margin:
        return Verdict.SAME
    if difference.low > 0.0:
        return Verdict.BETTER
    if difference.high < 0.0:
        return Verdict.WORSE
    return Verdict.OPEN


class Bootstrap:
    """Draws of training seeds and flights, the same flights for all entrants.

    Args:
        worlds: int [F], the world of each flight; each keeps its number of flights in every draw.
        seed: of the draws.
        draws: how many.
    """

    def __init__(self, worlds: NDArray[np.int64], seed: int = 0, draws: int = DRAWS) -> None:
        self.worlds = worlds
        self.draws = draws
        self._seed = seed
        rng = np.random.default_rng([seed, 0])
        self._flights = np.zeros((draws, len(worlds)))
        """Weight of each flight in each draw; each draw's sum to one."""
        for world in np.unique(worlds):
            members = np.flatnonzero(worlds == world)
            counts = rng.multinomial(len(members), np.full(len(members), 1 / len(members)), draws)
            self._flights[:, members] = counts / len(worlds)

    def rate(self, table: Table, entrant: int = 0) -> Estimate:
        """Return the success rate.

        ``entrant``: a number of the entrant; two with the same number get the same draws of
        training seeds.
        """
        draws = self._means(table, entrant).mean(axis=1)
        found = _estimate(float(table.mean()), draws)
        if table.all() or not table.any():
            # All flights ended alike: no draw shows that another one might not.
            low, high = wilson_interval(int(table[0].sum()), table.shape[1])
            return Estimate(found.value, low, high)
        return found

    def difference(self, a: Table, b: Table) -> Estimate:
        """Return the success rate of ``a`` minus that of ``b`` on the same flights.

        The interval is never narrower than that of Agresti and Min (2005) for pairs of flights none
        of which differ, as if each entrant were trained once: where all flights end alike, no draw
        differs from another, and an interval of no width would claim a certainty that few flights
        cannot give.
        """
        draws = self._means(a, 0).mean(axis=1) - self._means(b, 1).mean(axis=1)
        found = _estimate(float(a.mean() - b.mean()), draws)
        least = NORMAL / (a.shape[1] + 2)
        return Estimate(
            found.value,
            min(found.low, found.value - least),
            max(found.high, found.value + least),
        )

    def interquartile_mean(self, tables: Sequence[Table], entrant: int = 0) -> Estimate:
        """Return the mean of the middle half of the success rates of all training seeds in all
        tasks, one table each (Agarwal et al., "Deep reinforcement learning at the edge of the
        statistical precipice", 2021).
        """
        scores = np.array([table.mean(axis=1) for table in tables])
        drawn = np.stack([self._means(table, entrant) for table in tables], axis=1)
        return _estimate(
            float(_middle_half(scores.reshape(1, -1))[0]),
            _middle_half(drawn.reshape(self.draws, -1)),
        )

    def probability_of_improvement(self, a: Sequence[Table], b: Sequence[Table]) -> Estimate:
        """Return how likely a training of ``a`` does better than one of ``b`` in a task, ties
        counted half: the mean over tasks, one table of each in each (Agarwal et al., 2021).
        """
        measured = [
            _superiority(one.mean(axis=1)[None], other.mean(axis=1)[None])[0]
            for one, other in zip(a, b, strict=True)
        ]
        drawn = [
            _superiority(self._means(one, 0), self._means(other, 1))
            for one, other in zip(a, b, strict=True)
        ]
        return _estimate(float(np.mean(measured)), np.mean(drawn, axis=0))

    def _means(self, table: Table, entrant: int) -> Floats:
        """Return float64 [draws,K]: the success rates of the drawn training seeds on the drawn
        flights.
        """
        if table.ndim != 2 or table.shape[1] != len(self.worlds) or not table.shape[0]:
            raise UserError(
                f"a table has shape {list(table.shape)}",
                f"give [training seeds, {len(self.worlds)} flights]",
            )
        rng = np.random.default_rng([self._seed, 1, entrant])
        seeds = rng.integers(len(table), size=(self.draws, len(table)))
        rates = self._flights @ table.T.astype(float)
        drawn: Floats = np.take_along_axis(rates, seeds, axis=1)
        return drawn


def _estimate(value: float, draws: Floats) -> Estimate:
    low, high = np.quantile(draws, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return Estimate(value, float(low), float(high))


def _middle_half(scores: Floats) -> Floats:
    """Return the interquartile mean of each row."""
    # Takes a second to load: help and completion do not wait for it.
    from scipy.stats import trim_mean

    means: Floats = trim_mean(scores, TRIMMED, axis=1)
    return means


def _superiority(a: Floats, b: Floats) -> Floats:
    """Return for each row how often a score of ``a`` [D,K] is above one of ``b`` [D,L], ties
    counted half.
    """
    # Sums of weights in another order: what differs by less than a flight is equal.
    signs = np.sign(np.round(a[:, :, None] - b[:, None, :], 9))
    likely: Floats = 0.5 + 0.5 * signs.mean(axis=(1, 2))
    return likely


def pooled_mcnemar(a: Table, b: Table) -> float:
    """Return the exact p-value of McNemar's test over all pairs of flights, training seed k of
    ``a`` against training seed k of ``b``.

    Flights of one training are not independent of each other: it is optimistic where trainings
    differ, and stands beside the intervals because papers report it.
    """
    if a.shape != b.shape:
        raise UserError(
            f"tables of {list(a.shape)} and {list(b.shape)} have no pairs",
            "compare entrants with as many training seeds",
        )
    return mcnemar(int((a & ~b).sum()), int((b & ~a).sum()))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the p-values corrected for their number (Holm, 1979), in the same order."""
    if not p_values:
        return []
    from statsmodels.stats.multitest import multipletests

    return [float(p) for p in multipletests(p_values, method="holm")[1]]
