"""Flights to learn from with a wrong velocity estimate: how many, how wrong, and the same for the
same seed.
"""

import numpy as np

from liquid_nav.learning.rollout import DRIFT, RolloutTask, draw_drift
from liquid_nav.worlds import DriftSpec, load_condition, load_scenario

FIELD, SUMMER = load_scenario("field"), load_condition("summer")


def drawn(share, seeds=range(600)):
    return [draw_drift(RolloutTask(FIELD, SUMMER, seed, drifting=share)) for seed in seeds]


def test_the_share_of_flights_that_drift_is_that_of_the_recipe():
    assert all(spec == DriftSpec() for spec in drawn(0.0))
    share = np.mean([spec != DriftSpec() for spec in drawn(0.4)])
    assert abs(share - 0.4) < 0.06


def test_errors_are_of_every_size_up_to_the_largest_and_half_of_them_wander():
    specs = drawn(1.0)
    velocity = np.array([spec.velocity for spec in specs])
    vertical = np.array([spec.vertical for spec in specs])
    for values, most in ((velocity, DRIFT.velocity), (vertical, DRIFT.vertical)):
        assert values.max() <= most and values.max() > 0.95 * most and values.min() < 0.05 * most
    wander = np.array([spec.wander for spec in specs])
    assert 0.4 < (wander > 0.0).mean() < 0.6
    assert wander[wander > 0.0].min() >= 3.0 and wander.max() <= DRIFT.wander
    assert specs == drawn(1.0)


def test_what_is_reported_lies_inside_what_is_trained_with():
    """0.2 m/s sideways and 0.15 m/s in height are reported; training goes further."""
    assert DRIFT.velocity > 0.2 and DRIFT.vertical > 0.15
