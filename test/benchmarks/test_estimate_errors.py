"""Errors of an estimate against the truth: the largest, on which side, and when it counts."""

import math

import numpy as np
import pytest

from liquid_nav_benchmarks import estimate_errors
from liquid_nav_benchmarks.estimate_errors import compare_estimates, main

TIME = np.arange(0.0, 10.0, 0.1)


def motion(yaw=0.0, forward=0.0, left=0.0, up=0.0, time=TIME):
    """Return a motion as ``compare_estimates`` takes it; values or arrays over ``time``."""
    return np.stack(
        np.broadcast_arrays(time, yaw, forward, left, up),
        axis=1,
    ).astype(float)


def test_a_perfect_estimate_has_no_errors():
    errors = compare_estimates(motion(yaw=1.0, forward=2.0), motion(yaw=1.0, forward=2.0))
    assert (errors.heading, errors.velocity, errors.vertical, errors.side) == (0.0,) * 4


def test_each_error_is_found_where_it_is():
    errors = compare_estimates(
        motion(yaw=0.2, forward=1.5, left=0.3, up=0.1),
        motion(yaw=0.5, forward=1.2, left=-0.1, up=-0.2),
    )
    assert errors.heading == pytest.approx(0.3)
    assert errors.velocity == pytest.approx(math.hypot(0.3, 0.4))
    assert errors.vertical == pytest.approx(0.3)
    assert errors.side == pytest.approx(-0.4), "the drone drifts to the right of its estimate"


def test_a_heading_that_passes_half_a_turn_is_no_error():
    yaw = np.remainder(math.pi - 0.5 + 0.2 * TIME + math.pi, math.tau) - math.pi
    true = np.remainder(yaw + 0.05 + math.pi, math.tau) - math.pi
    errors = compare_estimates(motion(yaw=yaw), motion(yaw=true))
    assert errors.heading == pytest.approx(0.05)
    errors = compare_estimates(motion(yaw=math.pi - 0.02), motion(yaw=0.03 - math.pi))
    assert errors.heading == pytest.approx(0.05), "on either side of half a turn"


def test_the_largest_error_of_a_moment_counts_not_the_mean():
    left = np.where(np.abs(TIME - 5.0) < 0.05, 0.8, 0.0)
    errors = compare_estimates(motion(), motion(left=left))
    assert errors.velocity == pytest.approx(0.8)
    assert errors.side == pytest.approx(0.8 / len(TIME))


def test_only_the_time_that_both_have_is_compared():
    late = motion(left=0.4, time=TIME + 5.0)
    errors = compare_estimates(motion(left=np.where(TIME < 4.9, 9.0, 0.1)), late)
    assert errors.velocity == pytest.approx(0.3)
    with pytest.raises(ValueError, match="do not overlap"):
        compare_estimates(motion(), motion(time=TIME + 20.0))


def test_a_folder_without_flights_of_an_autopilot(tmp_path, capsys):
    assert main([str(tmp_path)]) == 2
    message = capsys.readouterr().err
    assert message.startswith("error: ") and str(tmp_path) in message and message.count("\n") == 1


def test_a_flight_without_common_time_does_not_end_the_others(monkeypatch, capsys):
    monkeypatch.setattr(
        estimate_errors, "read_estimates", lambda flight: (motion(), motion(time=TIME + 20.0))
    )
    assert main(["one", "two"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(":")[1].strip() for line in lines] == ["one", "two"]
