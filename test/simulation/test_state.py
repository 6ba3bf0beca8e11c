"""Velocities and rates in the level frame, against SciPy's rotations and by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from liquid_nav.simulation import DroneState

fixed = settings(derandomize=True, deadline=None, max_examples=60)
angle = st.floats(-math.pi, math.pi)
tilt = st.floats(-1.2, 1.2)
rate = st.floats(-3.0, 3.0)


def state(rotation, velocity=(0.0, 0.0, 0.0), rates=(0.0, 0.0, 0.0)):
    x, y, z, w = rotation.as_quat()
    return DroneState(
        0.0, np.zeros(3), np.array((w, x, y, z)), np.array(velocity), np.array(rates), np.zeros(3)
    )


@fixed
@given(angle, tilt, tilt, st.tuples(rate, rate, rate))
def test_level_velocity_turns_by_the_heading_only(yaw, pitch, roll, velocity):
    tilted = state(Rotation.from_euler("ZYX", (yaw, pitch, roll)), velocity)
    expected = Rotation.from_euler("z", yaw).inv().apply(velocity)
    np.testing.assert_allclose(tilted.level_velocity(), expected, atol=1e-9)
    assert math.cos(tilted.yaw - yaw) == pytest.approx(1.0)


@pytest.mark.parametrize(
    "heading, velocity, level",
    [
        (0.0, (1, 0, 0), (1, 0, 0)),  # looks east, flies east: forward
        (90.0, (1, 0, 0), (0, -1, 0)),  # looks north, flies east: to its right
        (90.0, (0, 2, 0.5), (2, 0, 0.5)),
        (180.0, (1, 0, 0), (-1, 0, 0)),
        (-90.0, (1, 0, 0), (0, 1, 0)),
    ],
)
def test_level_velocity_by_hand(heading, velocity, level):
    there = state(Rotation.from_euler("z", heading, degrees=True), velocity)
    np.testing.assert_allclose(there.level_velocity(), level, atol=1e-12)


@fixed
@given(angle, st.floats(-0.7, 0.7), st.floats(-0.7, 0.7), st.tuples(rate, rate, rate))
def test_yaw_rate_is_the_vertical_part_of_the_rotation(yaw, pitch, roll, rates):
    attitude = Rotation.from_euler("ZYX", (yaw, pitch, roll))
    in_world = attitude.apply(rates)
    assert state(attitude, rates=rates).yaw_rate() == pytest.approx(in_world[2], abs=1e-9)


@fixed
@given(angle, rate)
def test_yaw_rate_of_a_level_drone_is_how_fast_its_yaw_grows(yaw, turn):
    dt = 1e-4
    before = Rotation.from_euler("z", yaw)
    after = before * Rotation.from_rotvec((0.0, 0.0, turn * dt))
    difference = state(after).yaw - state(before).yaw
    assert (difference + math.pi) % (2 * math.pi) - math.pi == pytest.approx(turn * dt, abs=1e-9)
    assert state(before, rates=(0.0, 0.0, turn)).yaw_rate() == pytest.approx(turn)
