"""The pilot's sticks, and the plain backend."""

import math

from liquid_nav.flight.plain import PlainStream
from liquid_nav.flight.sticks import Sticks
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
