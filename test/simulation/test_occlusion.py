"""A target that is not drawn for a while, again and again."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liquid_nav.simulation import DroneState, PosedWorld, TargetOcclusion, World
from liquid_nav.worlds import AppearanceSpec, CameraConfig, load_condition, load_scenario

TIMES = np.arange(0.0, 120.0, 0.05)
OCCLUDED = AppearanceSpec(occluded=(1.0, 3.0), between=(2.0, 5.0))


def runs(hidden):
    """Lengths of the stretches in ``hidden`` in turn, s; the last one is cut off."""
    changes = np.flatnonzero(np.diff(hidden)) + 1
    return np.diff(np.concatenate(((0,), changes))) * 0.05


@given(st.integers(0, 2**31 - 1))
def test_it_is_hidden_and_drawn_for_times_within_the_ranges(seed):
    occlusion = TargetOcclusion(OCCLUDED, seed)
    hidden = np.array([occlusion.hidden(time) for time in TIMES])
    assert not hidden[0]
    lengths = runs(hidden)
    drawn = lengths[0::2]
    gone = lengths[1::2]
    assert len(gone) > 10
    assert gone.min() > 0.9 and gone.max() < 3.1
    assert drawn.min() > 1.9 and drawn.max() < 5.1


@given(st.integers(0, 1000), st.permutations(list(TIMES[::40])))
def test_it_depends_on_the_seed_and_the_time_alone(seed, times):
    forward = TargetOcclusion(OCCLUDED, seed)
    known = {time: forward.hidden(time) for time in TIMES[::40]}
    shuffled = TargetOcclusion(OCCLUDED, seed)
    assert {time: shuffled.hidden(time) for time in times} == known


def test_usually_the_target_is_drawn():
    occlusion = TargetOcclusion(AppearanceSpec(), 5)
    assert not any(occlusion.hidden(time) for time in TIMES)


def hidden_moment(seed):
    occlusion = TargetOcclusion(OCCLUDED, seed)
    return next(time for time in TIMES if occlusion.hidden(time))


@pytest.fixture(scope="module")
def red():
    """Number of red pixels at a time of a flight that hovers."""

    def count(image):
        red, green, blue = np.moveaxis(image.astype(int), -1, 0)
        return int(((red > 110) & (red > 2 * green) & (red > 2 * blue)).sum())

    return count


def near(layout):
    """A state 3 m before the target, looking at it."""
    place = np.array((layout.target.x - 3.0, layout.target.y, 1.5))
    level = np.array((1.0, 0.0, 0.0, 0.0))
    return DroneState(0.0, place, level, np.zeros(3), np.zeros(3), np.zeros(3))


def test_the_picture_lacks_the_target_exactly_then(red):
    camera = CameraConfig(width=128, height=72)
    with World(load_scenario("field"), 4, load_condition("occluded"), camera=camera) as world:
        (drone,) = world.drones
        drone.place(near(drone.layout))
        usual = red(drone.render())
        assert usual > 20
        assert red(world.render(drone, hidden_moment(4))) < 0.2 * usual
        assert red(world.render(drone, 0.0)) == pytest.approx(usual, rel=0.2)


def test_a_drone_that_flies_elsewhere_sees_it_by_the_time_since_its_first_pose(red):
    camera = CameraConfig(width=128, height=72)
    world = PosedWorld(load_scenario("field"), 4, load_condition("occluded"), camera)
    try:
        there = near(world.layout)
        began = 1234.5
        world.place(replace(there, time=began))
        usual = red(world.render())
        assert usual > 20
        world.place(replace(there, time=began + hidden_moment(4)))
        assert red(world.render()) < 0.2 * usual
    finally:
        world.close()
