import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liquid_nav.evaluation import SUMMARY_KEYS, FlightSummary, summarize_flights, wilson_interval

TRIALS = st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def flight(reason="success", time=10.0, model="m", condition="summer", seed=0):
    return FlightSummary(
        model, "forest", condition, seed, reason == "success", reason, "", time, 1.0, 300, "d"
    )


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    # Newcombe, Statistics in Medicine 17 (1998), table I, method 3; last: the well-known case of
    # ten of ten.
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (10, 10, 0.7225, 1.0),
    ],
)
def test_wilson_interval_has_the_known_values(successes, trials, low, high):
    assert wilson_interval(successes, trials) == pytest.approx((low, high), abs=5e-5)


@given(TRIALS)
def test_wilson_interval_contains_the_rate_and_stays_in_range(case):
    successes, trials = case
    low, high = wilson_interval(successes, trials)
    assert 0.0 <= low <= successes / trials <= high <= 1.0


@given(TRIALS)
def test_wilson_interval_is_symmetric_in_success_and_failure(case):
    successes, trials = case
    low, high = wilson_interval(successes, trials)
    assert wilson_interval(trials - successes, trials) == pytest.approx((1 - high, 1 - low))


@given(TRIALS)
def test_wilson_bounds_solve_the_score_equation(case):
    successes, trials = case
    rate, z = successes / trials, 1.959963984540054
    for bound in wilson_interval(successes, trials):
        assert (rate - bound) ** 2 == pytest.approx(z * z * bound * (1 - bound) / trials, abs=1e-9)


def test_nothing_is_known_without_trials():
    assert wilson_interval(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize("case", [(-1, 5), (6, 5)])
def test_impossible_counts_are_refused(case):
    with pytest.raises(ValueError, match="successes of"):
        wilson_interval(*case)


def test_a_row_has_exactly_the_documented_keys_and_counts_each_reason():
    reasons = ["success", "collision", "timeout", "geofence", "lost", "collision", "success"]
    (row,) = summarize_flights(
        flight(reason, time=10.0 + index) for index, reason in enumerate(reasons)
    )
    assert tuple(row) == SUMMARY_KEYS
    assert (row["flights"], row["successes"], row["success_rate"]) == (7, 2, 2 / 7)
    assert [row[key] for key in ("collisions", "timeouts", "geofence", "lost")] == [2, 1, 1, 1]
    assert row["mean_time_s"] == 13.0
    assert (row["ci_low"], row["ci_high"]) == wilson_interval(2, 7)


def test_rows_are_grouped_in_order_of_first_appearance():
    flights = [
        flight(condition="fog"),
        flight(condition="dusk"),
        flight("lost", condition="fog"),
        flight(model="n"),
    ]
    rows = summarize_flights(flights)
    assert [(row["model"], row["condition"], row["flights"]) for row in rows] == [
        ("m", "fog", 2),
        ("m", "dusk", 1),
        ("n", "summer", 1),
    ]


def test_the_mean_time_is_none_without_a_success():
    (row,) = summarize_flights([flight("timeout", 60.0)])
    assert row["mean_time_s"] is None
    assert not any(isinstance(value, float) and math.isnan(value) for value in row.values())
