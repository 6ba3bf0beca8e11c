"""The exposure of a condition: one gain a flight, and the same in every way of flying with the same
seed.
"""

from dataclasses import replace

import numpy as np
import pytest

from liquid_nav.simulation import World
from liquid_nav.simulation.camera_renderer import apply_camera_faults, draw_exposure
from liquid_nav.simulation.image_weather import Weather
from liquid_nav.simulation.posed import PosedWorld
from liquid_nav.worlds import CameraConfig, CameraFaults, load_condition, load_scenario

GREY = 100
FRAMES = 4
FIELD = load_scenario("field")
SUMMER = load_condition("summer")
UNSTEADY = replace(SUMMER, camera=CameraFaults(noise=0.0, exposure=(0.5, 1.5)))
CAMERA = CameraConfig(width=64, height=36)


class GreyRenderer:
    """In place of the renderer: whatever the world looks like, the camera sees one grey."""

    def __init__(self, model, width, height, sight):
        self.picture = np.full((height, width, 3), GREY, np.uint8)

    def render(self, data, camera):
        return self.picture

    def close(self):
        pass


def alone(seed):
    with World(FIELD, seed, UNSTEADY, camera=CAMERA) as world:
        return [world.drones[0].render() for _ in range(FRAMES)]


def first_of_two(seed):
    with World(FIELD, seed, UNSTEADY, count=2, camera=CAMERA) as shared:
        return [shared.drones[0].render() for _ in range(FRAMES)]


def second_of_two(seed):
    with World(FIELD, seed, UNSTEADY, count=2, camera=CAMERA) as shared:
        return [shared.drones[1].render() for _ in range(FRAMES)]


def flown_by_an_autopilot(seed):
    world = PosedWorld(FIELD, seed, UNSTEADY, CAMERA)
    try:
        return [world.render() for _ in range(FRAMES)]
    finally:
        world.close()


def over_gazebos_pictures(seed):
    weather = Weather(UNSTEADY, seed)
    picture = np.full((36, 64, 3), GREY, np.uint8)
    return [weather.look(picture) for _ in range(FRAMES)]


def level(pictures):
    """Return the one grey level of all pictures."""
    levels = np.unique(np.stack(pictures))
    assert len(levels) == 1, f"the exposure changes within a flight: {levels}"
    return int(levels[0])


@pytest.fixture
def grey(monkeypatch):
    monkeypatch.setattr("liquid_nav.simulation.world.CameraRenderer", GreyRenderer)


@pytest.mark.parametrize("way", [alone, first_of_two, flown_by_an_autopilot, over_gazebos_pictures])
def test_every_way_of_flying_draws_the_same_exposure_once_for_a_flight(grey, way):
    levels = {seed: level(way(seed)) for seed in (3, 4)}
    assert levels == {3: level(alone(3)), 4: level(alone(4))}
    assert levels[3] != levels[4]


def test_another_drone_in_the_same_world_has_another_camera(grey):
    assert level(second_of_two(3)) != level(first_of_two(3))


def test_a_fixed_exposure_is_that_and_a_range_gives_every_gain_within_it():
    assert draw_exposure(CameraFaults(exposure=(0.7, 0.7)), 5).exposure == (0.7, 0.7)
    gains = []
    for seed in range(200):
        low, high = draw_exposure(CameraFaults(exposure=(0.5, 1.5)), seed).exposure
        assert low == high
        gains.append(low)
    assert 0.5 <= min(gains) < 0.55
    assert 1.45 < max(gains) <= 1.5


def test_a_picture_is_not_made_with_a_range():
    """It would be drawn for every frame again, and differently in every way of flying."""
    picture = np.zeros((4, 4, 3), np.uint8)
    with pytest.raises(ValueError, match="draw_exposure"):
        apply_camera_faults(picture, CameraFaults(exposure=(0.5, 1.5)), np.random.default_rng(0))
