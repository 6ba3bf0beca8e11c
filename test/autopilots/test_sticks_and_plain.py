"""The pilot's sticks, and the plain backend."""

import math

import numpy as np
import pytest

from liquid_nav import geometry
from liquid_nav.autopilots.plain import PlainStream, in_body
from liquid_nav.safety.sticks import Sticks
from liquid_nav.types import Command

FORWARD = Command(vx=1.0)


def test_a_throttle_at_its_end_is_no_input_and_any_movement_is():
    sticks = Sticks()
    assert sticks.moved((0.0, 0.0, -1.0, 0.0), (), flying=False) == ""
    assert sticks.moved((0.05, 0.0, -1.0, 0.0), (), flying=True) == ""
    assert sticks.moved((0.0, 0.0, -0.7, 0.0), (), flying=True) == "stick 2"
    assert sticks.moved((0.0, math.nan, -1.0, 0.0), (), flying=True) == "stick 1"
    assert sticks.moved((0.0, 0.0, -1.0, 0.0), (0, 0, 1), flying=True) == "button 2"


def test_a_pilot_who_comes_in_flight_starts_from_where_the_sticks_are():
    sticks = Sticks()
    assert sticks.moved((0.0, -1.0), (), flying=True) == ""
    assert sticks.moved((0.5, -1.0), (), flying=True) == "stick 0"


def test_the_plain_stream_repeats_then_falls_to_zero():
    stream = PlainStream(rate=20.0, freshness=0.5)
    assert stream.update(0.0) == Command()
    stream.follow("engaged", 0.0)
    stream.command(FORWARD, 0.01)
    assert stream.update(0.01) == FORWARD and stream.update(0.02) is None
    assert stream.update(0.07) == FORWARD
    assert stream.update(0.6) == Command() and stream.update(30.0) == Command()


def test_the_plain_stream_obeys_the_supervisor_and_trusts_no_number():
    stream = PlainStream()
    stream.command(FORWARD, 1.0)
    assert stream.update(1.0) == Command()
    for word, wanted in (("landing", FORWARD), ("holding", Command()), ("pilot", Command()), ("engaged", FORWARD)):
        stream.follow(word, 1.0)
        stream.command(FORWARD, 1.0)
        assert stream.update(1.0) == wanted
    stream.command(Command(vx=math.nan), 1.0)
    assert stream.update(1.0) == Command()
    stream.command(FORWARD, 1.0)
    assert stream.update(0.5) == Command()  # the clock has gone back


@pytest.mark.parametrize("roll, pitch, yaw", [(0.0, 0.3, 0.0), (0.0, 0.3, 2.0), (-0.25, 0.1, -3.0), (0.0, 0.0, 1.0)])
def test_in_a_tilted_body_a_level_command_is_still_level(roll, pitch, yaw):
    attitude = geometry.attitude_from_euler(roll, pitch, yaw)
    turned = in_body(Command(1.5, -0.4, 0.2, 0.7), attitude)
    world = geometry.rotate(attitude, (turned.vx, turned.vy, turned.vz))
    np.testing.assert_allclose(world, geometry.world_from_level((1.5, -0.4, 0.2), yaw), atol=1e-12)
    assert turned.yaw_rate == 0.7


def test_the_plain_stream_turns_commands_only_with_a_fresh_and_real_attitude():
    stream, nose_down = PlainStream(freshness=0.5), geometry.attitude_from_euler(0.0, 0.3, 1.0)
    stream.follow("engaged", 0.0)
    stream.attitude(nose_down, 0.0)
    stream.command(FORWARD, 0.1)
    turned = stream.update(0.1)
    assert turned.vx == pytest.approx(math.cos(0.3)) and turned.vz == pytest.approx(math.sin(0.3))
    stream.attitude(np.full(4, math.nan), 0.6)
    stream.attitude(np.zeros(4), 0.6)
    stream.command(FORWARD, 0.6)
    assert stream.update(0.6) == FORWARD
    stream.follow("holding", 0.7)
    stream.attitude(nose_down, 0.7)
    stream.command(FORWARD, 0.7)
    assert stream.update(0.7) == Command()
