"""Several drones in one world: the first flies as if alone, they see and touch each other, each has
its own start.
"""

import math
from dataclasses import replace

import numpy as np
import pytest

from liquid_nav.errors import UserError
from liquid_nav.simulation import World
from liquid_nav.simulation.camera_renderer import RenderingError
from liquid_nav.types import Command
from liquid_nav.worlds import (
    CameraConfig,
    generate_layout,
    load_condition,
    load_scenario,
    shared_start,
)
from liquid_nav.worlds.placement import BAND
from liquid_nav.worlds.starts import CLEAR, MAX_DRONES

FIELD, SUMMER, SEED = load_scenario("field"), load_condition("summer"), 3


@pytest.fixture(scope="module")
def place():
    return generate_layout(FIELD, SEED)


def ahead(layout, distance):
    """Return the same place with the start ``distance`` m in front of the other one's nose."""
    start = layout.start
    x, y = start.x + distance * math.cos(start.yaw), start.y + distance * math.sin(start.yaw)
    return replace(layout, start=replace(start, x=x, y=y))


def test_the_first_of_two_flies_as_if_alone():
    with World(FIELD, SEED, SUMMER, count=2) as shared, World(FIELD, SEED, SUMMER) as alone:
        for count in range(20):
            command = Command(vx=1.0, yaw_rate=0.03 * count)
            shared.drones[0].command(command, shared.time + 0.03)
            alone.drones[0].command(command, alone.time + 0.03)
            shared.advance(shared.time + 0.1)
            alone.advance(alone.time + 0.1)
        ours, theirs = shared.drones[0].state, alone.drones[0].state
        assert ours.time == theirs.time and shared.drones[1].collision is None
        for name in ("position", "quaternion", "velocity", "angular_velocity", "acceleration"):
            assert getattr(ours, name) == pytest.approx(getattr(theirs, name), abs=1e-9), name
        other = shared.drones[1]
        start = other.layout.start
        assert np.hypot(*(other.state.position[:2] - (start.x, start.y))) < 0.5, (
            "this one received no command"
        )


def test_one_sees_the_other_but_not_itself(place):
    camera = CameraConfig(128, 72)
    with World(FIELD, SEED, SUMMER, camera=camera, layouts=[place, ahead(place, 2.5)]) as shared:
        try:
            behind, front = (drone.render() for drone in shared.drones)
        except RenderingError as error:
            pytest.skip(str(error))
    with World(FIELD, SEED, SUMMER, camera=camera) as alone:
        differs = (behind != alone.drones[0].render()).any(axis=2)
    # 0.75 m wide, 2.5 m ahead and flat: some 20 of 128 columns in the middle of the picture, few
    # rows.
    rows, columns = np.nonzero(differs)
    assert 15 < len(rows) < 300 and np.ptp(columns) < 40 and 44 < columns.mean() < 84
    assert front.shape == behind.shape


def test_a_collision_counts_for_both_and_the_others_fly_on(place):
    with World(
        FIELD, SEED, SUMMER, layouts=[place, ahead(place, 1.5), ahead(place, -3.0)]
    ) as shared:
        for _ in range(200):
            shared.drones[0].command(Command(vx=2.0))
            shared.advance(shared.time + 0.02)
        first, second, third = shared.drones
        assert (first.collision, second.collision, third.collision) == ("drone", "drone", None)
        assert first.state.position[2] < 0.5, "it has fallen"
        assert third.state.position[2] == pytest.approx(place.start.z, abs=0.3) and not shared.over


@pytest.mark.parametrize("scenario", ["forest", "field"])
def test_starts_are_free_and_apart(scenario):
    for seed in (1, 2):
        layout = generate_layout(load_scenario(scenario), seed)
        target = np.array((layout.target.x, layout.target.y))
        places = []
        for number in range(3):
            shared = shared_start(layout, number)
            start, spot = shared.start, np.array((shared.start.x, shared.start.y))
            places.append(spot)
            discs = layout.discs(*BAND)
            gaps = np.hypot(*(discs[:, :2] - spot).T) - discs[:, 2]
            bearing = math.remainder(math.atan2(*(target - spot)[::-1]) - start.yaw, math.tau)
            assert gaps.min() >= CLEAR - 1e-9 and abs(bearing) < 0.5 and start.z == layout.start.z
            assert shared.items is layout.items and shared.target == layout.target
        assert shared_start(layout, 0) is layout
        apart = [np.hypot(*(a - b)) for i, a in enumerate(places) for b in places[:i]]
        assert min(apart) > 4.0


def test_more_drones_than_there_are_sides(place):
    with pytest.raises(UserError, match=str(MAX_DRONES - 1)):
        shared_start(place, MAX_DRONES)


def test_a_step_gives_each_drone_its_command_and_keeps_the_last_one_of_the_others():
    with World(FIELD, SEED, SUMMER, count=2) as world:
        first, second = world.drones
        world.step([Command(vz=0.5), Command(vz=-0.3)], 1.0)
        world.step([Command(), None], 1.0)
        assert world.time == pytest.approx(2.0)
        assert abs(first.state.velocity[2]) < 0.1
        assert second.state.velocity[2] == pytest.approx(-0.3, abs=0.1)


def test_a_step_wants_a_command_for_each_drone_and_numbers():
    with World(FIELD, SEED, SUMMER, count=2) as world:
        with pytest.raises(ValueError, match="longer|shorter"):
            world.step([Command()], 0.1)
        with pytest.raises(ValueError, match="not finite"):
            world.step([Command(), Command(vx=math.nan)], 0.1)
