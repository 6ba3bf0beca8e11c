import math

import numpy as np
import pytest

from liquid_nav.simulation.baseline_pilots import ColourPilot, StraightPilot
from liquid_nav.types import Command, Observation

GREEN = (60, 120, 40)
RED = (200, 20, 25)


def look(column=None, row=None, size=10, colour=RED):
    """Return an observation of a green world with a square blob centred on (row, column)."""
    image = np.full((144, 256, 3), GREEN, dtype=np.uint8)
    if column is not None:
        image[
            max(0, row - size // 2) : row + size // 2,
            max(0, column - size // 2) : column + size // 2,
        ] = colour
    return Observation(image)


@pytest.fixture
def pilot():
    pilot = ColourPilot()
    pilot.reset(None, 0)
    return pilot


def test_straight_flies_straight():
    assert StraightPilot().act(Observation(), 0.03, None) == Command(vx=1.5)


def test_the_blob_is_found_where_it_is(pilot):
    blob = pilot.find(look(192, 72).image)
    assert math.atan(blob.x) == pytest.approx(math.radians(22.8), abs=0.02)
    assert blob.y == pytest.approx(0.0, abs=0.01)
    assert blob.area == pytest.approx(100 / (256 * 144))


def test_the_largest_blob_counts_and_other_colours_do_not(pilot):
    image = look(50, 72, size=6).image
    image[60:80, 200:220] = RED
    image[0:40, 0:100] = (130, 80, 40)
    assert pilot.find(image).x > 0
    assert pilot.find(look(50, 72, colour=(120, 70, 40)).image) is None
    assert pilot.find(look(50, 72, size=2).image) is None


@pytest.mark.parametrize("colour", [(190, 15, 30), (190, 25, 15)])
def test_red_is_found_on_both_sides_of_hue_zero(pilot, colour):
    assert pilot.find(look(50, 72, colour=colour).image) is not None


def test_it_turns_towards_the_blob(pilot):
    assert pilot.act(look(200, 72), 0.03, None).yaw_rate < -0.3
    assert pilot.act(look(56, 72), 0.03, None).yaw_rate > 0.3
    assert pilot.act(look(128, 72), 0.03, None).yaw_rate == pytest.approx(0.0, abs=0.02)


def test_it_slows_down_as_the_blob_sinks_and_holds_when_it_is_gone_below(pilot):
    speeds = [pilot.act(look(128, row), 0.03, None).vx for row in (50, 80, 100, 130)]
    assert speeds[0] == 1.5
    assert speeds == sorted(speeds, reverse=True)
    assert speeds[-1] < 0.3
    assert pilot.act(look(), 0.03, None) == Command()


def test_it_searches_by_turning_then_by_flying_on(pilot):
    commands = [pilot.act(look(), 0.1, None) for _ in range(150)]
    turned = sum(command.yaw_rate for command in commands) * 0.1
    assert turned == pytest.approx(2 * math.pi, abs=0.1)
    assert commands[0].yaw_rate > 0
    assert commands[-1] == Command(vx=1.5)


def test_it_searches_without_an_image_and_forgets_the_last_flight(pilot):
    pilot.act(look(128, 130), 0.03, None)
    pilot.reset(None, 1)
    assert pilot.act(Observation(), 0.03, None).yaw_rate > 0
