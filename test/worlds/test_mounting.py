"""The camera of a condition: drawn by seed, and turned as the condition sets."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liquid_nav.geometry import euler_angles
from liquid_nav.worlds import CameraFaults, Mounting, draw_mounting

SEEDS = range(300)
ANGLE = st.floats(-3.0, 3.0)


def rotated(axis, angle):
    """Rotation about one of the axes 0, 1, 2 by an angle, written out."""
    cos, sin = math.cos(angle), math.sin(angle)
    matrix = np.eye(3)
    one, other = [(1, 2), (2, 0), (0, 1)][axis]
    matrix[one, one] = matrix[other, other] = cos
    matrix[other, one], matrix[one, other] = sin, -sin
    return matrix


def test_the_usual_camera_is_where_it_should_be():
    assert draw_mounting(CameraFaults(), 7) == Mounting(math.radians(80.0), (0.0, 0.0, 0.0))
    np.testing.assert_array_equal(Mounting(1.0, (0.0, 0.0, 0.0)).rotation, np.eye(3))


def test_the_error_has_the_size_that_was_asked_for_in_any_direction():
    turns = np.array([draw_mounting(CameraFaults(mounting=5.0), seed).turn for seed in SEEDS])
    np.testing.assert_allclose(np.linalg.norm(turns, axis=1), math.radians(5.0))
    assert (np.abs(turns.mean(axis=0)) < math.radians(0.6)).all()
    assert (turns.std(axis=0) > math.radians(2.0)).all()


def test_the_view_lies_within_its_range_and_belongs_to_the_seed():
    faults = CameraFaults(view=(70.0, 90.0))
    views = np.degrees([draw_mounting(faults, seed).view for seed in SEEDS])
    assert (
        views.min() < 71.0
        and views.max() > 89.0
        and (views >= 70.0).all()
        and (views <= 90.0).all()
    )
    assert draw_mounting(faults, 3) == draw_mounting(faults, 3) != draw_mounting(faults, 4)


def test_the_same_seed_draws_the_same_error_whatever_the_view_is():
    one, other = (
        draw_mounting(CameraFaults(view=view, mounting=5.0), 3)
        for view in ((60.0, 60.0), (70.0, 90.0))
    )
    assert one.turn == other.turn


@pytest.mark.parametrize("axis", [0, 1, 2])
@given(angle=ANGLE)
def test_a_turn_about_one_axis_is_the_rotation_about_it(axis, angle):
    turn = [0.0, 0.0, 0.0]
    turn[axis] = angle
    np.testing.assert_allclose(Mounting(1.0, tuple(turn)).rotation, rotated(axis, angle), atol=1e-9)


@given(roll=ANGLE, pitch=st.floats(-1.5, 1.5), yaw=ANGLE)
def test_euler_angles_are_those_that_make_the_rotation(roll, pitch, yaw):
    rotation = rotated(2, yaw) @ rotated(1, pitch) @ rotated(0, roll)
    found = euler_angles(rotation)
    np.testing.assert_allclose(
        rotated(2, found[2]) @ rotated(1, found[1]) @ rotated(0, found[0]), rotation, atol=1e-9
    )
