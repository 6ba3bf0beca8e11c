"""Which pictures show something: rendered ones of every condition, and those of a blinded
camera.
"""

import math

import cv2
import numpy as np
import pytest

from liquid_nav.camera.blindness import COARSE_LIMIT, FINE_LIMIT, look
from liquid_nav.simulation import World
from liquid_nav.worlds import load_condition, load_scenario

SEED = 17
"""Of layouts and noise, below 10,000."""
LEVELS = (0, 3, 10, 40, 128, 220, 250, 255)
WORLDS = [("forest", name) for name in ("summer", "autumn", "winter", "fog", "dusk")]
WORLDS += [("field", name) for name in ("winter", "fog", "dusk")]
"""Scenario and condition; the field by day has more contrast than any of these."""


def turned(yaw, pitch):
    """Quaternion w x y z of a heading and of the nose held down, rad."""
    half_yaw, half_pitch = yaw / 2, pitch / 2
    return (
        math.cos(half_yaw) * math.cos(half_pitch),
        -math.sin(half_yaw) * math.sin(half_pitch),
        math.cos(half_yaw) * math.sin(half_pitch),
        math.sin(half_yaw) * math.cos(half_pitch),
    )


def poses(layout):
    """Places (x, y, z, yaw, pitch): on the way, at trunks, over the ground, nose up and down."""
    start, target = layout.start, layout.target
    way = math.atan2(target.y - start.y, target.x - start.x)
    for share, pitch in ((0.0, 0.0), (0.3, -0.5), (0.6, 0.5), (0.8, 0.2)):
        x = start.x + share * (target.x - start.x)
        y = start.y + share * (target.y - start.y)
        yield x, y, 1.5, way, pitch
        yield x, y, 0.25, way, 0.5
    trunks = [solid for solid in layout.solids() if solid.kind == "trunk"]
    for number, trunk in enumerate(trunks[:4]):
        away = trunk.size[0] + 0.2
        x = trunk.position[0] - away * math.cos(number)
        y = trunk.position[1] - away * math.sin(number)
        yield x, y, 1.5, float(number), 0.0


@pytest.fixture(scope="module")
def rendered():
    """{(scenario, condition): pictures} of the embedded simulator."""
    found = {}
    for scenario, condition in WORLDS:
        world = World(load_scenario(scenario), SEED, load_condition(condition))
        pictures = []
        for *place, yaw, pitch in poses(world.drones[0].layout):
            world.data.qpos[:7] = (*place, *turned(yaw, pitch))
            world.refresh()
            pictures.append(world.drones[0].render())
        world.close()
        found[scenario, condition] = pictures
    return found


def noisy(pixels, sigma, seed=0):
    """The picture with noise of that standard deviation in levels, uint8."""
    noise = np.random.default_rng(seed).normal(0.0, sigma, pixels.shape)
    return np.clip(pixels + noise + 0.5, 0, 255).astype(np.uint8)


def uniform(level, height=144, width=256):
    return np.full((height, width, 3), float(level))


@pytest.mark.parametrize(("scenario", "condition"), WORLDS)
def test_what_the_simulator_shows_is_seen_with_a_margin(rendered, scenario, condition):
    sights = [look(pixels) for pixels in rendered[scenario, condition]]
    assert len(sights) >= 8
    assert min(sight.fine for sight in sights) > 1.5 * FINE_LIMIT
    assert min(sight.coarse for sight in sights) > 1.5 * COARSE_LIMIT
    assert not any(sight.blind for sight in sights)


@pytest.mark.parametrize("sigma", [0, 1, 2, 4, 8, 12])
@pytest.mark.parametrize("level", LEVELS)
def test_one_colour_with_noise_is_blindness_with_a_margin(level, sigma):
    for seed in range(5):
        sight = look(noisy(uniform(level), sigma, seed))
        assert sight.blind
        assert sight.fine < FINE_LIMIT / 1.5
        assert sight.coarse < COARSE_LIMIT / 2.0


@pytest.mark.parametrize(("sigma", "smooth"), [(4, 1), (6, 1), (2, 2), (3, 2)])
def test_noise_that_a_camera_has_smoothed_is_blindness_too(sigma, smooth):
    for level in LEVELS:
        noise = np.random.default_rng(level).normal(0.0, 1.0, (144, 256, 3))
        noise = cv2.GaussianBlur(noise, (0, 0), smooth)
        pixels = uniform(level) + sigma * noise / noise.std()
        assert look(np.clip(pixels, 0, 255).astype(np.uint8)).blind


def test_light_that_falls_off_slowly_is_nothing_to_see():
    down, across = np.mgrid[:144, :256]
    vignette = 220.0 * (1.0 - 0.6 * ((across - 128) ** 2 + (down - 72) ** 2) / 147**2)
    ramp = 220.0 * across / 256
    for light in (vignette, ramp):
        assert look(noisy(light[..., None].repeat(3, axis=2), 4)).blind


def test_a_picture_without_sharpness_is_seen_and_one_without_any_shape_is_not(rendered):
    pictures = [kind[0] for kind in rendered.values()]
    soft = [look(noisy(cv2.GaussianBlur(pixels, (0, 0), 3), 4)) for pixels in pictures]
    gone = [look(noisy(cv2.GaussianBlur(pixels, (0, 0), 40), 4)) for pixels in pictures]
    assert not any(sight.blind for sight in soft)
    assert all(sight.blind for sight in gone)


@pytest.mark.parametrize("size", [(128, 72), (640, 480), (1280, 720)])
def test_it_holds_for_other_sizes(rendered, size):
    for pixels in (kind[0] for kind in rendered.values()):
        assert not look(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)).blind
    for level in LEVELS:
        assert look(noisy(uniform(level, size[1], size[0]), 6)).blind


def test_single_bright_pixels_in_the_dark_are_nothing_to_see():
    pixels = noisy(uniform(5), 3)
    places = np.random.default_rng(1).integers(0, (144, 256), (30, 2))
    pixels[places[:, 0], places[:, 1]] = 255
    assert look(pixels).blind


@pytest.mark.parametrize("shape", [(1, 1, 3), (8, 640, 3), (144, 8, 3)])
def test_a_picture_too_small_to_be_judged_is_not_blind(shape):
    assert not look(np.zeros(shape, np.uint8)).blind


@pytest.mark.parametrize(
    ("level", "part"), [(5, "black"), (30, "without"), (225, "without"), (240, "white")]
)
def test_the_text_follows_the_brightness(level, part):
    sight = look(uniform(level).astype(np.uint8))
    assert sight.text.startswith(part) and sight.mean == level


def test_pixels_of_a_view_that_is_turned_round_are_read_too(rendered):
    pixels = rendered["forest", "summer"][0]
    assert look(pixels[..., ::-1]).fine == pytest.approx(look(pixels).fine, rel=0.2)
