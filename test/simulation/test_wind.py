"""Mean wind and gusts: their statistics, exactly as the model defines."""

import math

import numpy as np
import pytest

from liquid_nav.simulation.wind import GUST_TIME_CONSTANT, Wind


def series(wind, dt, count):
    return np.array([wind.velocity(dt) for _ in range(count)])


def test_no_wind_is_no_wind():
    assert not series(Wind((0.0, 0.0), 0.0, np.random.default_rng(0)), 0.02, 20).any()


def test_the_mean_is_drawn_from_the_range_and_blows_level():
    for seed in range(30):
        wind = Wind((0.5, 2.0), 0.0, np.random.default_rng(seed))
        assert 0.5 <= math.hypot(*wind.mean[:2]) <= 2.0
        assert wind.mean[2] == 0.0
        np.testing.assert_array_equal(series(wind, 0.02, 3), [wind.mean] * 3)


def test_the_same_generator_gives_the_same_wind():
    first, second = (
        series(Wind((0, 2), 0.5, np.random.default_rng(4)), 0.02, 50) for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)


def test_gusts_have_the_given_strength_and_memory():
    dt, count = 0.3, 20_000
    gusts = series(Wind((0.0, 0.0), 0.6, np.random.default_rng(2)), dt, count)
    np.testing.assert_allclose(gusts.std(axis=0), (0.6, 0.6, 0.2), rtol=0.05)
    np.testing.assert_allclose(gusts.mean(axis=0), 0.0, atol=0.05)
    for axis in gusts.T:
        correlation = np.corrcoef(axis[:-5], axis[5:])[0, 1]
        assert correlation == pytest.approx(math.exp(-5 * dt / GUST_TIME_CONSTANT), abs=0.04)
