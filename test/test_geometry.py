"""Frames: every conversion undone by its inverse, consistent with each other, and a few cases
computed by hand.
"""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liquid_nav import geometry
from liquid_nav.types import Command

number = st.floats(-1e3, 1e3, allow_nan=False)
vector = st.tuples(number, number, number).map(np.array)
angle = st.floats(-math.pi, math.pi)
quaternion = (
    st.tuples(*[st.floats(-1, 1)] * 4).map(np.array).filter(lambda q: np.linalg.norm(q) > 0.1)
)
attitude = quaternion.map(lambda q: q / np.linalg.norm(q))
command = st.builds(Command, number, number, number, number)
PAIRS = (
    (geometry.enu_to_ned, geometry.ned_to_enu),
    (geometry.flu_to_frd, geometry.frd_to_flu),
)


@given(vector)
def test_world_and_body_round_trips(v):
    for there, back in PAIRS:
        assert np.array_equal(back(there(v)), v) and np.array_equal(there(back(v)), v)
        assert np.linalg.norm(there(v)) == pytest.approx(np.linalg.norm(v))


@given(vector, vector)
def test_frames_stay_right_handed(a, b):
    for there, _ in PAIRS:
        assert there(np.cross(a, b)) == pytest.approx(np.cross(there(a), there(b)), abs=1e-6)


@given(angle)
def test_yaw_round_trip(yaw):
    assert math.cos(geometry.yaw_ned_to_enu(geometry.yaw_enu_to_ned(yaw)) - yaw) == pytest.approx(
        1.0
    )
    assert -math.pi < geometry.yaw_enu_to_ned(yaw) <= math.pi


@given(attitude, vector)
def test_attitude_round_trip_and_meaning(q, v):
    there = geometry.attitude_enu_to_ned(q)
    assert abs(np.dot(geometry.attitude_ned_to_enu(there), q)) == pytest.approx(1.0)
    # The same arrow of the body, seen from the same world, by either convention.
    assert geometry.rotate(there, geometry.flu_to_frd(v)) == pytest.approx(
        geometry.enu_to_ned(geometry.rotate(q, v)), abs=1e-6 * (1 + np.linalg.norm(v))
    )


@given(angle, st.floats(-1.4, 1.4), st.floats(-1.4, 1.4))
def test_euler_angles_and_heading(yaw, pitch, roll):
    q = geometry.attitude_from_euler(roll, pitch, yaw)
    assert math.cos(geometry.yaw_of(q) - yaw) == pytest.approx(1.0)
    enu = geometry.attitude_ned_to_enu(q)
    assert math.cos(geometry.yaw_of(enu) - geometry.yaw_ned_to_enu(yaw)) == pytest.approx(1.0)


@given(vector, angle)
def test_level_round_trip(v, yaw):
    assert geometry.world_from_level(geometry.level_from_world(v, yaw), yaw) == pytest.approx(
        v, abs=1e-6
    )


@given(command, angle)
def test_command_round_trip_and_both_ways_to_the_world(c, yaw):
    assert geometry.command_from_body_ned(*geometry.command_to_body_ned(c)) == c
    forward, right, down, rate = geometry.command_to_body_ned(c)
    heading = geometry.yaw_enu_to_ned(yaw)
    north = forward * math.cos(heading) - right * math.sin(heading)
    east = forward * math.sin(heading) + right * math.cos(heading)
    assert geometry.command_to_ned(c, yaw) == pytest.approx((north, east, down, rate), abs=1e-6)


def test_cases_computed_by_hand():
    east_north_up = np.array((1.0, 2.0, 3.0))
    assert geometry.enu_to_ned(east_north_up).tolist() == [2.0, 1.0, -3.0]
    assert geometry.flu_to_frd(east_north_up).tolist() == [1.0, -2.0, -3.0]
    assert geometry.yaw_enu_to_ned(0.0) == pytest.approx(
        math.pi / 2
    )  # nose east: compass 90 degrees
    assert geometry.yaw_enu_to_ned(math.pi / 2) == pytest.approx(0.0)  # nose north: compass 0
    assert geometry.yaw_enu_to_ned(math.pi) == pytest.approx(-math.pi / 2)  # nose west
    assert geometry.command_to_body_ned(Command(2.0, 0.5, 1.0, 0.3)) == (2.0, -0.5, -1.0, -0.3)
    # Nose north (yaw 90 degrees in ENU), 2 m/s forward and 1 m/s left: 2 m/s north, 1 m/s west.
    assert geometry.command_to_ned(Command(2.0, 1.0, 0.0, 0.1), math.pi / 2) == pytest.approx(
        (2.0, -1.0, 0.0, -0.1)
    )
    assert geometry.level_from_world((0.0, 3.0, 1.0), math.pi / 2) == pytest.approx((3.0, 0.0, 1.0))
    # Level, nose north: the identity in NED, a quarter turn about the vertical in ENU.
    quarter = np.array((math.sqrt(0.5), 0.0, 0.0, math.sqrt(0.5)))
    assert geometry.attitude_enu_to_ned(quarter) == pytest.approx((1.0, 0.0, 0.0, 0.0))
    # Nose north and 30 degrees nose up is +30 degrees of pitch in NED.
    up = geometry.attitude_from_euler(0.0, math.radians(30.0), 0.0)
    assert geometry.rotate(up, (1.0, 0.0, 0.0)) == pytest.approx((math.cos(math.pi / 6), 0.0, -0.5))


def test_it_agrees_with_the_embedded_drone():
    from liquid_nav.simulation.state import DroneState

    q = geometry.attitude_from_euler(0.1, -0.2, 1.1)
    state = DroneState(0.0, np.zeros(3), q, np.array((1.0, -2.0, 0.5)), np.zeros(3), np.zeros(3))
    assert geometry.yaw_of(q) == state.yaw
    assert (
        geometry.level_from_world(state.velocity, state.yaw).tolist()
        == state.level_velocity().tolist()
    )


@given(attitude, vector)
def test_matrix_axes_and_quaternion_of_an_attitude_agree(q, v):
    matrix = geometry.rotation_from_attitude(q)
    assert matrix @ v == pytest.approx(geometry.rotate(q, v), abs=1e-6)
    assert np.array(geometry.body_axes(q.tolist())).T == pytest.approx(matrix)


@given(angle, st.floats(-1.5, 1.5), angle)
def test_euler_angles_of_a_matrix_are_those_of_its_attitude(roll, pitch, yaw):
    matrix = geometry.rotation_from_attitude(geometry.attitude_from_euler(roll, pitch, yaw))
    again = geometry.attitude_from_euler(*geometry.euler_angles(matrix))
    assert geometry.rotation_from_attitude(again) == pytest.approx(matrix, abs=1e-6)


@given(angle)
def test_turns_about_an_axis_agree_however_they_are_written(a):
    upright = geometry.rotation_about_z(a)
    assert geometry.rotation_from_attitude(geometry.attitude_from_yaw(a)) == pytest.approx(upright)
    assert geometry.rotation_about((0.0, 0.0, 1.0), a) == pytest.approx(upright)
    assert geometry.rotation_from_vector((0.0, 0.0, a)) == pytest.approx(upright)
    assert geometry.rotation_from_vector((0.0, a, 0.0)) == pytest.approx(
        geometry.rotation_about_y(a)
    )
    x, y = geometry.turned(2.0, 3.0, a, origin=(10.0, 20.0))
    assert (x - 10.0, y - 20.0) == pytest.approx(tuple((upright @ (2.0, 3.0, 0.0))[:2]))


def test_a_positive_turn_about_y_lowers_the_nose_and_one_about_z_turns_it_left():
    assert geometry.rotation_about_y(0.1) @ (1.0, 0.0, 0.0) == pytest.approx(
        (math.cos(0.1), 0.0, -math.sin(0.1))
    )
    assert geometry.turned(1.0, 0.0, 0.1) == pytest.approx((math.cos(0.1), math.sin(0.1)))
    assert geometry.direction(math.pi / 2, 0.0) == pytest.approx((0.0, 1.0, 0.0))
    assert geometry.direction(0.3, math.pi / 2) == pytest.approx((0.0, 0.0, 1.0))


def test_a_camera_looks_ahead_down_and_tilts_its_right_side_up():
    right, up, back = geometry.camera_axes(0.0).T
    assert right.tolist() == [0.0, -1.0, 0.0] and up.tolist() == [0.0, 0.0, 1.0]
    assert (-back).tolist() == pytest.approx([1.0, 0.0, 0.0])
    assert -geometry.camera_axes(0.2).T[2] == pytest.approx((math.cos(0.2), 0.0, -math.sin(0.2)))
    assert geometry.camera_axes(0.0, 0.1).T[0][2] > 0.0
