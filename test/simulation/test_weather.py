"""Weather laid over images: what it does to pixels and to the order of frames."""

import math
from dataclasses import replace

import numpy as np
import pytest

from liquid_nav.simulation.image_weather import CameraPlacement, Weather, fogged, relit, row_depths
from liquid_nav.worlds import CameraConfig, CameraFaults, Condition

CLEAR = CameraFaults(noise=0.0)
PICTURE = np.random.default_rng(0).integers(0, 255, (36, 64, 3), dtype=np.uint8)


def test_it_is_placed_and_looks_like_the_camera_of_the_drone():
    view, camera = CameraPlacement(), CameraConfig()
    assert view.vertical_fov == pytest.approx(camera.vertical_fov, abs=5e-4)
    assert view.pitch == camera.pitch


def test_rows_below_the_horizon_show_the_ground():
    view = CameraPlacement(height=2.0, pitch=0.0, depth=50.0)
    depths = row_depths(view, 100)
    assert (depths[:50] == 50.0).all() and (np.diff(depths) <= 0).all()
    # The lowest ray is half the field of view down, minus half a pixel.
    assert depths[-1] == pytest.approx(2.0 / math.tan(view.vertical_fov / 2), rel=0.02)


def test_fog_hides_the_distance_first():
    black = np.zeros((100, 4, 3), np.uint8)
    seen = fogged(black, 0.085, (1.0, 1.0, 1.0), CameraPlacement())
    assert seen[0, 0, 0] == pytest.approx(255 * (1 - math.exp(-0.085 * 25.0)), abs=1)
    assert (np.diff(seen[:, 0, 0].astype(int)) <= 0).all() and seen[-1, 0, 0] < 80


def test_no_fog_is_no_change():
    np.testing.assert_array_equal(fogged(PICTURE, 0.0, (1, 1, 1), CameraPlacement()), PICTURE)


def test_dusk_is_dimmer():
    grey = np.full((4, 4, 3), 120, np.uint8)
    assert 50 < relit(grey, "dusk").min() and relit(grey, "dusk").max() < 90
    assert (relit(grey, "day") == grey).all()


def test_a_clear_day_leaves_the_picture_alone():
    weather = Weather(Condition(camera=CLEAR))
    np.testing.assert_array_equal(weather.look(PICTURE), PICTURE)


def test_the_same_seed_gives_the_same_pictures():
    condition = Condition(
        fog=0.05, light="dusk", camera=CameraFaults(noise=5.0, exposure=(0.5, 1.5))
    )
    first, again, other = (Weather(condition, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.look(PICTURE), again.look(PICTURE))
    assert (first.look(PICTURE) != other.look(PICTURE)).any()


def play(count=400, **faults):
    weather, order = Weather(Condition(camera=replace(CLEAR, **faults)), seed=3), []
    for k in range(count):
        weather.deliver(lambda k=k: order.append(k))
    return order


def test_dropped_frames_never_come():
    order = play(drop=0.3)
    assert order == sorted(order) and 0.6 < len(order) / 400 < 0.8


def test_late_frames_come_with_the_next_and_in_order():
    order = play(late=0.5)
    assert order == list(range(len(order))) and len(order) >= 398


def test_nothing_is_late_by_default():
    assert play() == list(range(400))
