"""A simulated PX4's groundtruth topics: frames, what cannot be used, and how often it is passed
on.
"""

import math

import numpy as np
import pytest

from liquid_nav.autopilots.px4_truth import Px4GroundTruth

LEVEL = (1.0, 0.0, 0.0, 0.0)
ZERO = np.zeros(3)


@pytest.fixture
def truth():
    truth = Px4GroundTruth()
    assert truth.attitude(LEVEL)
    return truth


def test_a_place_is_reported_in_our_frames_with_the_time_of_its_arrival(truth):
    assert truth.attitude((2.0 * 0.52, 0.0, 0.0, 0.0)), (
        "a little longer than one is still a direction"
    )
    reported = truth.position((1.0, 2.0, -3.0), (4.0, 5.0, -6.0), (0.1, 0.2, 0.3), 12.5)
    assert reported.time == 12.5
    assert reported.position.tolist() == [2.0, 1.0, 3.0]
    assert reported.velocity.tolist() == [5.0, 4.0, 6.0]
    assert reported.angular_velocity.tolist() == [0.1, -0.2, -0.3]
    # North is our y axis.
    np.testing.assert_allclose(
        reported.quaternion, (math.sqrt(0.5), 0.0, 0.0, math.sqrt(0.5)), atol=1e-9
    )


@pytest.mark.parametrize(
    "quaternion", [(0.0,) * 4, (math.nan,) * 4, (1.2, 0.0, 0.0, 0.0), (0.8, 0.0, 0.0, 0.0)]
)
def test_what_is_no_attitude_changes_nothing(quaternion):
    truth = Px4GroundTruth()
    assert not truth.attitude(quaternion)
    assert truth.position(ZERO, ZERO, ZERO, 0.0) is None
    truth.attitude(LEVEL)
    before = truth.position(ZERO, ZERO, ZERO, 0.0)
    assert not truth.attitude(quaternion)
    after = truth.position(ZERO, ZERO, ZERO, 1.0)
    assert after.quaternion.tolist() == before.quaternion.tolist()


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_what_is_not_finite_is_no_place_and_does_not_delay_the_next(truth, bad):
    assert truth.position((0.0, bad, 0.0), ZERO, ZERO, 1.0) is None
    assert truth.position(ZERO, (0.0, 0.0, bad), ZERO, 1.0) is None
    assert truth.position(ZERO, ZERO, ZERO, 1.0) is not None


def test_it_is_passed_on_fifty_times_a_second_at_most_and_a_clock_that_goes_back_does_not_stop_it(
    truth,
):
    reported = [truth.position(ZERO, ZERO, ZERO, step / 256.0) is not None for step in range(257)]
    assert 40 <= sum(reported) <= 51
    assert truth.position(ZERO, ZERO, ZERO, 0.5) is not None
    assert truth.position(ZERO, ZERO, ZERO, 0.5) is None


def test_what_comes_in_single_precision_is_reported_in_double(truth):
    single = np.ones(3, np.float32)
    truth.attitude(np.array(LEVEL, np.float32))
    reported = truth.position(single, single, ZERO, 0.0)
    assert {reported.position.dtype, reported.velocity.dtype, reported.quaternion.dtype} == {
        np.dtype(np.float64)
    }
