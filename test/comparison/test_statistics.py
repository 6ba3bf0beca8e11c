"""Estimates against brute force, their symmetries, and known tables."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liquid_nav.comparison import Bootstrap, Estimate, Verdict, holm, judge, pooled_mcnemar
from liquid_nav.errors import UserError

WORLDS = np.arange(12) % 2


def table(rate, trainings=5, flights=12, seed=0):
    return np.random.default_rng(seed).random((trainings, flights)) < rate


def test_an_interval_is_that_of_drawing_trainings_and_flights_one_by_one():
    reached = table(0.7)
    rng = np.random.default_rng(1)
    means = []
    for _ in range(4000):
        trainings = rng.integers(5, size=5)
        flights = np.concatenate(
            [rng.choice(np.flatnonzero(WORLDS == world), 6) for world in (0, 1)]
        )
        means.append(reached[np.ix_(trainings, flights)].mean())
    low, high = np.quantile(means, (0.025, 0.975))
    found = Bootstrap(WORLDS).rate(reached)
    assert found.value == pytest.approx(reached.mean())
    assert found.low == pytest.approx(low, abs=0.02)
    assert found.high == pytest.approx(high, abs=0.02)


def test_flights_of_two_entrants_are_drawn_together():
    """Where both fail in the same places, the difference is surer than two rates are."""
    worlds = np.arange(120) % 2
    hard = np.arange(120) % 3 == 0
    reached = np.tile(~hard, (5, 1))
    bootstrap = Bootstrap(worlds)
    difference = bootstrap.difference(reached, reached)
    rate = bootstrap.rate(reached)
    assert difference.high - difference.low < 0.3 * (rate.high - rate.low)


@pytest.mark.parametrize("reached", [True, False])
def test_flights_that_all_end_alike_are_no_certainty(reached):
    """Twelve pairs without a difference: half the interval of Agresti and Min is 1.96 / 14."""
    alike = np.full((5, 12), reached)
    bootstrap = Bootstrap(WORLDS)
    difference = bootstrap.difference(alike, alike)
    assert difference == Estimate(0.0, pytest.approx(-0.14), pytest.approx(0.14))
    assert judge(difference, 0.02) is Verdict.OPEN
    rate = bootstrap.rate(alike)
    # Wilson's interval of 12 of 12 begins at 12 / (12 + 1.96^2).
    assert max(rate.low, 1.0 - rate.high) == pytest.approx(12 / (12 + 1.96**2), abs=1e-3)
    assert rate.low <= rate.value <= rate.high


def test_trainings_of_two_entrants_are_not_paired():
    """An entrant beside itself: its good trainings meet its bad ones."""
    reached = np.array([[True] * 12] * 3 + [[False] * 12] * 2)
    difference = Bootstrap(WORLDS).difference(reached, reached)
    assert difference.value == 0.0
    assert difference.low < -0.4 and difference.high > 0.4


def test_each_world_keeps_its_number_of_flights():
    """A world that always succeeds beside one that never does: no draw changes the rate."""
    worlds = np.array([0] * 9 + [1] * 3)
    reached = np.tile(worlds == 0, (4, 1))
    found = Bootstrap(worlds).rate(reached)
    assert (found.value, found.low, found.high) == pytest.approx((0.75, 0.75, 0.75))


@given(seed=st.integers(0, 10_000), rates=st.tuples(*[st.floats(0.1, 0.9)] * 2))
def test_a_difference_changes_its_sign_with_the_order(seed, rates):
    a, b = (table(rate, seed=seed + k) for k, rate in enumerate(rates))
    bootstrap = Bootstrap(WORLDS, draws=400)
    one, other = bootstrap.difference(a, b), bootstrap.difference(b, a)
    assert one.value == pytest.approx(-other.value)
    assert one.low == pytest.approx(-other.high, abs=0.1)
    assert one.low <= one.value + 1e-9 and one.value - 1e-9 <= one.high


def test_interquartile_mean_leaves_out_the_best_and_the_worst_quarter():
    rates = (0, 0, 6, 6, 6, 9, 12, 12)
    tables = [
        np.array([[place < rate for place in range(12)] for rate in rates[:4]]),
        np.array([[place < rate for place in range(12)] for rate in rates[4:]]),
    ]
    found = Bootstrap(WORLDS).interquartile_mean(tables)
    assert found.value == pytest.approx(np.mean((6, 6, 6, 9)) / 12)
    assert found.low < found.value < found.high


def test_probability_of_improvement_counts_pairs_of_trainings():
    a = [np.array([[place < rate for place in range(12)] for rate in (6, 9)])]
    b = [np.array([[place < rate for place in range(12)] for rate in (3, 6, 12)])]
    wins = sum((x > y) + 0.5 * (x == y) for x, y in itertools.product((6, 9), (3, 6, 12)))
    bootstrap = Bootstrap(WORLDS)
    found = bootstrap.probability_of_improvement(a, b)
    assert found.value == pytest.approx(wins / 6)
    assert 0.0 <= found.low < found.value < found.high <= 1.0
    assert bootstrap.probability_of_improvement(b, a).value == pytest.approx(1 - wins / 6)
    assert bootstrap.probability_of_improvement(a, a).value == pytest.approx(0.5)


def test_equal_trainings_tie_whatever_the_draw():
    """Equal rates in other places are no improvement by the rounding of a sum."""
    one = np.ones((3, 12), bool)
    found = Bootstrap(WORLDS).probability_of_improvement([one], [one])
    assert found == Estimate(0.5, 0.5, 0.5)


def test_the_same_seed_gives_the_same_interval():
    a, b = table(0.6), table(0.8, seed=1)
    assert Bootstrap(WORLDS, 3).difference(a, b) == Bootstrap(WORLDS, 3).difference(a, b)
    assert Bootstrap(WORLDS, 3).difference(a, b) != Bootstrap(WORLDS, 4).difference(a, b)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.01, 0.05, Verdict.BETTER),
        (-0.05, -0.01, Verdict.WORSE),
        (-0.02, 0.02, Verdict.SAME),
        (0.005, 0.02, Verdict.SAME),
        (-0.01, 0.03, Verdict.OPEN),
        (-0.03, 0.01, Verdict.OPEN),
        (0.0, 0.03, Verdict.OPEN),
    ],
)
def test_verdicts(low, high, verdict):
    assert judge(Estimate((low + high) / 2, low, high), 0.02) is verdict


def test_mcnemar_pools_the_pairs_of_all_trainings():
    a = np.array([[1, 1, 1, 0], [1, 1, 1, 1]], bool)
    b = np.array([[1, 0, 0, 1], [0, 0, 0, 1]], bool)
    # Only a: 2 + 3, only b: 1 + 0; two-sided binomial with 5 of 6.
    assert pooled_mcnemar(a, b) == pytest.approx(2 * (6 + 1) / 64)
    with pytest.raises(UserError, match="no pairs"):
        pooled_mcnemar(a, b[:1])


def test_holm_multiplies_step_by_step():
    pytest.importorskip("statsmodels")
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []
    assert holm([0.6, 0.7]) == [1.0, 1.0]


@pytest.mark.parametrize("shape", [(12,), (5, 11), (0, 12)])
def test_tables_of_another_shape_are_refused(shape):
    with pytest.raises(UserError, match="table has shape"):
        Bootstrap(WORLDS).rate(np.ones(shape, bool))
