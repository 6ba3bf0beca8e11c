"""Invented and random looks: what changes, what stays, and that the seed decides."""

from dataclasses import replace

import numpy as np
import pytest

from liquid_nav.worlds import (
    AppearanceSpec,
    apply_veil,
    generate_layout,
    load_condition,
    load_scenario,
)
from liquid_nav.worlds.condition import GROUNDS, PALETTES, VEILS
from liquid_nav.worlds.mjcf import build_mujoco_spec
from liquid_nav.worlds.repaint import Repaint

PIXELS = np.random.default_rng(0).integers(0, 256, (160, 160, 3)).astype(np.uint8)
RANDOM = AppearanceSpec(random=1.0)


def test_without_a_look_nothing_changes():
    look = Repaint(AppearanceSpec(), 3)
    assert look.texture("ground", PIXELS) is PIXELS
    assert look.colour("poppy", (0.1, 0.2, 0.3)) == (0.1, 0.2, 0.3)
    np.testing.assert_array_equal(look.light(np.ones(3), "sun"), np.ones(3))


@pytest.mark.parametrize("spec", [RANDOM, *(AppearanceSpec(palette=name) for name in PALETTES[1:])])
def test_the_target_keeps_its_colours(spec):
    look = Repaint(spec, 3)
    for name in ("fabric", "frame"):
        assert look.colour(name, (0.8, 0.1, 0.1)) == (0.8, 0.1, 0.1)
        assert look.texture(name, PIXELS) is PIXELS
    assert look.colour("poppy", (0.8, 0.1, 0.1)) != (0.8, 0.1, 0.1)


def test_inverted_is_the_complement():
    look = Repaint(AppearanceSpec(palette="inverted"), 3)
    np.testing.assert_allclose(
        look.texture("leaf.oak", PIXELS).astype(int), 255 - PIXELS.astype(int), atol=1
    )
    np.testing.assert_allclose(look.colour("poppy", (0.8, 0.1, 0.0)), (0.2, 0.9, 1.0))


def test_sepia_has_brown_tones_alone():
    painted = Repaint(AppearanceSpec(palette="sepia"), 3).texture("sky", PIXELS).astype(int)
    assert (painted[..., 0] >= painted[..., 1]).all() and (painted[..., 1] >= painted[..., 2]).all()


@pytest.mark.parametrize("ground", GROUNDS[1:])
def test_a_painted_ground_leaves_all_else_alone(ground):
    look = Repaint(AppearanceSpec(ground=ground), 3)
    assert look.texture("bark.oak", PIXELS) is PIXELS
    assert (look.texture("ground", PIXELS) != PIXELS).mean() > 0.5


def test_the_ground_is_blue_or_checkered():
    blue = Repaint(AppearanceSpec(ground="blue"), 3).texture("ground", PIXELS).astype(int)
    assert (blue[..., 2] > blue[..., 0]).all()
    grey = np.full((128, 128, 3), 128, np.uint8)
    squares = Repaint(AppearanceSpec(ground="checkered"), 3).texture("ground", grey)[..., 0]
    assert len(np.unique(squares[:64, :64])) == len(np.unique(squares[64:, :64])) == 1
    assert squares[0, 0] == squares[64, 64] > squares[64, 0] == squares[0, 64]


def test_a_random_look_belongs_to_the_seed_and_to_the_material_not_to_the_order():
    one, other = Repaint(RANDOM, 3), Repaint(RANDOM, 3)
    first = one.texture("ground", PIXELS)
    other.texture("sky", PIXELS)
    np.testing.assert_array_equal(first, other.texture("ground", PIXELS))
    assert (first != Repaint(RANDOM, 4).texture("ground", PIXELS)).mean() > 0.5
    assert (first != one.texture("bark.oak", PIXELS)).mean() > 0.5
    assert not np.allclose(one.light(np.ones(3), "sun"), one.light(np.ones(3), "ambient"))


def test_the_share_of_flights_with_a_random_look_is_as_asked():
    drawn = [Repaint(AppearanceSpec(random=0.4), seed).random for seed in range(1000)]
    assert 0.35 < np.mean(drawn) < 0.45
    unlucky = drawn.index(False)
    assert Repaint(AppearanceSpec(random=0.4), unlucky).texture("ground", PIXELS) is PIXELS


@pytest.mark.parametrize("scenario", ["forest", "field"])
def test_a_look_changes_colours_and_no_shape(scenario):
    layout = generate_layout(load_scenario(scenario), 5)
    summer = load_condition("summer")
    plain, painted = (
        build_mujoco_spec(layout, c).compile() for c in (summer, replace(summer, appearance=RANDOM))
    )
    np.testing.assert_array_equal(plain.geom_pos, painted.geom_pos)
    np.testing.assert_array_equal(plain.geom_size, painted.geom_size)
    assert (plain.tex_data != painted.tex_data).mean() > 0.5
    fabric = [model.mat_rgba[model.material("fabric").id] for model in (plain, painted)]
    np.testing.assert_array_equal(*fabric)


def test_a_veil_is_pale_stripes_and_the_same_in_every_picture():
    assert apply_veil(PIXELS, "none") is PIXELS
    black = apply_veil(np.zeros((4, 200, 3), np.uint8), VEILS[1])
    assert black.max() > 100 and black.min() < 5
    assert (black == black[0]).all()
    white = apply_veil(np.full((4, 200, 3), 255, np.uint8), VEILS[1])
    assert white.min() > 200
