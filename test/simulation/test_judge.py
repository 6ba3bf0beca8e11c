"""Every verdict, and the rule that a target must be held."""

import math
from dataclasses import replace

import numpy as np
import pytest

from liquid_nav.simulation import OUTCOME_REASONS, DroneState, FlightJudge, FlightOutcome


@pytest.fixture
def layout(place):
    return place(target=(15.0, 0.0))


@pytest.fixture
def judge(layout):
    return FlightJudge(layout)


def at(time, x, y=0.0, z=1.5, speed=0.0, climb=0.0):
    velocity = np.array((speed, 0.0, climb))
    return DroneState(
        time, np.array((x, y, z)), np.array((1.0, 0, 0, 0)), velocity, np.zeros(3), np.zeros(3)
    )


def run(judge, samples):
    """Judge states until there is an outcome."""
    for state in samples:
        outcome = judge.update(state, None)
        if outcome is not None:
            return outcome
    return None


def every(period, begin, end, **where):
    return [at(t, **where) for t in np.arange(begin, end + 1e-9, period)]


def test_flying_on_is_no_outcome(judge):
    assert run(judge, every(0.5, 0.0, 59.5, x=5.0, speed=1.0)) is None


def test_success_needs_two_seconds_near_and_slow(judge):
    outcome = run(judge, every(0.1, 10.0, 20.0, x=13.5, speed=0.2))
    assert outcome.success and outcome.reason == "success"
    assert outcome.time == pytest.approx(12.0)
    assert "1.50 m" in outcome.detail


@pytest.mark.parametrize(
    "breaks", [{"x": 12.9}, {"x": 13.5, "speed": 0.5}], ids=["too far", "too fast"]
)
def test_a_break_starts_the_hold_anew(judge, breaks):
    samples = every(0.1, 0.0, 1.9, x=13.5) + [at(2.0, **breaks)] + every(0.1, 2.1, 4.05, x=13.5)
    assert run(judge, samples) is None
    assert run(judge, [at(4.1, x=13.5)]).time == pytest.approx(4.1)


def test_radius_belongs_to_it_and_speed_does_not(judge):
    assert run(judge, every(0.1, 0.0, 3.0, x=13.0 - 1e-6)) is None
    assert run(FlightJudge(judge.layout), every(0.1, 0.0, 3.0, x=13.0)).success
    assert run(FlightJudge(judge.layout), every(0.1, 0.0, 3.0, x=14.0, speed=0.5)) is None


def test_distance_is_horizontal_and_so_is_speed(judge):
    assert judge.distance(at(0.0, x=12.0, y=4.0, z=9.0)) == pytest.approx(5.0)
    assert run(judge, every(0.1, 0.0, 2.0, x=13.5, z=3.9, climb=0.9)).success


def test_timeout_comes_at_the_limit_and_a_hold_in_its_last_moment_still_counts(judge):
    late = run(judge, every(0.5, 0.0, 70.0, x=5.0))
    assert late.reason == "timeout" and late.time == pytest.approx(60.0) and "10.0 m" in late.detail
    assert run(FlightJudge(judge.layout), every(0.5, 58.0, 60.0, x=14.0)).success


@pytest.mark.parametrize(
    "z, outcome", [(0.29, "geofence"), (0.3, None), (4.0, None), (4.01, "geofence")]
)
def test_altitude_band(judge, z, outcome):
    found = judge.update(at(1.0, x=3.0, z=z), None)
    assert (found and found.reason) == outcome


def test_the_fence_is_a_circle_around_the_start(place):
    judge = FlightJudge(place(start=(2.0, 1.0, 1.5, 0.0), target=(30.0, 1.0)))
    assert judge.update(at(1.0, x=41.9, y=1.0), None) is None
    assert judge.update(at(1.0, x=42.1, y=1.0), None).reason == "geofence"


def test_lost_is_ten_metres_farther_than_at_the_start(judge):
    assert judge.update(at(1.0, x=-9.9), None) is None
    lost = judge.update(at(1.0, x=-10.1), None)
    assert lost.reason == "lost" and "25.1 m" in lost.detail


def test_a_collision_outranks_everything(judge):
    run(judge, every(0.1, 0.0, 1.9, x=14.0))
    outcome = judge.update(at(2.0, x=14.0), "oak trunk")
    assert outcome.reason == "collision" and not outcome.success
    assert "oak trunk" in outcome.detail and "1.0 m" in outcome.detail
    assert (
        FlightJudge(judge.layout).update(at(99.0, x=99.0, z=99.0), "ground").reason == "collision"
    )


def test_the_rule_is_the_scenarios(layout):
    rule = replace(layout.scenario.success, radius=5.0, speed=1.5, hold=0.5, time_limit=3.0)
    judge = FlightJudge(replace(layout, scenario=replace(layout.scenario, success=rule)))
    assert run(judge, every(0.1, 1.0, 2.0, x=10.5, speed=1.4)).time == pytest.approx(1.5)
    late = FlightJudge(judge.layout)
    assert run(late, every(0.1, 2.0, 4.0, x=0.0)).time == pytest.approx(3.0)


def test_an_outcome_is_final(judge):
    high = judge.update(at(1.0, x=3.0, z=9.0), None)
    for state, collision in ((at(1.1, x=3.0), None), (at(1.2, x=3.0), "oak trunk")):
        assert judge.update(state, collision) is high is judge.outcome


def test_all_reasons_are_known():
    assert [FlightOutcome(reason, "", 0.0).success for reason in OUTCOME_REASONS] == [
        True,
        False,
        False,
        False,
        False,
        False,
    ]
    assert math.isfinite(FlightOutcome("lost", "", 1.0).time)


def test_a_landing_that_was_asked_for_ends_on_the_ground_as_landed(judge):
    for z in (1.0, 0.25, 0.1):
        assert judge.update(at(5.0, x=5.0, z=z, climb=-0.5), None, landing=True) is None
    outcome = judge.update(at(6.0, x=5.0, z=0.05, climb=-0.5), "ground", landing=True)
    assert (outcome.reason, outcome.success, outcome.time) == ("landed", False, 6.0)
    assert outcome.detail == "as asked for, 10.0 m from the target"


def test_a_landing_over_the_target_is_no_success(judge, layout):
    for k in range(90):
        sample = at(5.0 + k / 30.0, x=layout.target.x, z=2.0 - k / 60.0, climb=-0.5)
        assert judge.update(sample, None, landing=True) is None
    outcome = judge.update(at(8.1, x=layout.target.x, z=0.05, climb=-0.5), "ground", landing=True)
    assert (outcome.reason, outcome.success) == ("landed", False)


def test_a_landing_excuses_neither_trunks_nor_the_other_fences(layout):
    assert (
        FlightJudge(layout).update(at(5.0, x=5.0), "oak trunk", landing=True).reason == "collision"
    )
    assert (
        FlightJudge(layout).update(at(5.0, x=5.0, z=99.0), None, landing=True).reason == "geofence"
    )
    assert FlightJudge(layout).update(at(5.0, x=-99.0), None, landing=True).reason == "geofence"
    assert FlightJudge(layout).update(at(5.0, x=5.0, z=0.1), None).reason == "geofence"


def test_where_no_contacts_are_reported_it_has_landed_once_it_rests_low(layout):
    judge = FlightJudge(layout)
    assert judge.update(at(5.0, x=5.0, z=0.1), None, landing=True) is None
    assert judge.update(at(5.9, x=5.0, z=0.1), None, landing=True) is None
    assert judge.update(at(5.95, x=5.0, z=0.1, climb=-0.5), None, landing=True) is None
    assert judge.update(at(6.2, x=5.0, z=0.1), None, landing=True) is None
    assert judge.update(at(7.2, x=5.0, z=0.1), None, landing=True).reason == "landed"
    assert FlightJudge(layout).update(at(9.0, x=5.0, z=1.0), None, landing=True) is None, (
        "it hovers"
    )


def test_a_landing_that_is_under_way_outlives_the_time_limit_and_not_for_ever(layout):
    judge = FlightJudge(layout)
    limit = layout.scenario.success.time_limit
    assert judge.update(at(limit - 1.0, x=5.0), None, landing=True) is None
    assert judge.update(at(limit + 28.9, x=5.0), None, landing=True) is None
    assert judge.update(at(limit + 29.0, x=5.0), None, landing=True).reason == "timeout"
    assert FlightJudge(layout).update(at(limit, x=5.0), None).reason == "timeout"
