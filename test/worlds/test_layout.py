"""Layouts: pure functions of scenario and seed that can be flown and are not trivial."""

import math
import subprocess
import sys

import numpy as np
import pytest

from liquid_nav.worlds import generate_layout, line_blocked, load_scenario
from liquid_nav.worlds.placement import (
    BAND,
    CLEARANCE,
    START_CLEAR,
    TARGET_CLEAR,
    Ground,
    passable,
)
from liquid_nav.worlds.solids import Solid

SEEDS = range(200)


@pytest.fixture(scope="module")
def layouts():
    return {
        name: [generate_layout(load_scenario(name), seed) for seed in SEEDS]
        for name in ("forest", "field")
    }


def test_same_seed_same_place(layouts):
    for name in ("forest", "field"):
        assert generate_layout(load_scenario(name), 3) == layouts[name][3]
        assert generate_layout(load_scenario(name), 4) != layouts[name][3]


def test_another_process_makes_the_same_place(layouts):
    code = (
        "from liquid_nav.worlds import *; "
        "print(repr([s.position for s in generate_layout(load_scenario('forest'), 5).solids()]))"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()
    assert out == repr([s.position for s in layouts["forest"][5].solids()])


@pytest.mark.parametrize(("name", "distance"), [("forest", (8, 18)), ("field", (12, 25))])
def test_target_is_roughly_ahead(layouts, name, distance):
    for layout in layouts[name]:
        start, target = layout.start, layout.target
        assert distance[0] <= math.hypot(target.x, target.y) <= distance[1]
        bearing = math.remainder(math.atan2(target.y, target.x) - start.yaw, 2 * math.pi)
        assert abs(bearing) <= math.radians(25)
        assert (start.x, start.y, start.z) == (0, 0, 1.5)


@pytest.mark.parametrize(("name", "low", "high"), [("forest", 0.6, 0.9), ("field", 0.25, 0.4)])
def test_share_of_blocked_lines(layouts, name, low, high):
    assert low <= np.mean([line_blocked(layout) for layout in layouts[name]]) <= high


@pytest.mark.parametrize("name", ["forest", "field"])
def test_every_layout_can_be_flown(layouts, name):
    for layout in layouts[name]:
        discs = layout.discs(*BAND)
        target = np.array((layout.target.x, layout.target.y))
        assert (np.hypot(discs[:, 0], discs[:, 1]) - discs[:, 2] >= START_CLEAR - 1e-9).all()
        assert (
            np.linalg.norm(discs[:, :2] - target, axis=1) - discs[:, 2] >= TARGET_CLEAR - 1e-9
        ).all()
        assert passable(discs, tuple(target), CLEARANCE)


def test_gaps_between_things_near_the_way(layouts):
    for layout in layouts["forest"][:40]:
        things = [
            (item, np.array([d for s in item.solids for d in s.discs(*BAND)]))
            for item in layout.items
            if item.species not in ("far_tree",) and math.hypot(item.x, item.y) < 14
        ]
        things = [(item, discs) for item, discs in things if len(discs)]
        for i, (_, first) in enumerate(things):
            for _, second in things[:i]:
                away = np.linalg.norm(first[:, None, :2] - second[None, :, :2], axis=2)
                assert (away - first[:, None, 2] - second[None, :, 2]).min() >= 0.99


def test_the_rules_hold_however_many_things_stand():
    ground = Ground(np.random.default_rng(0), (300.0, 0.0))
    places = [(-100.0 + 6.0 * (n % 40), 8.0 + 6.0 * (n // 40)) for n in range(800)]
    for x, y in places:
        assert ground.add("bale_stack", x, y, gap=0.0)
    assert len(ground.discs) > 4096
    # On the first of them and on the last.
    for x, y in (places[0], places[-1]):
        assert not ground.add("bale_stack", x, y, gap=0.0)
    assert len(ground.items) == len(places)


def test_low_things_stand_nearer_to_start_and_target_and_not_in_each_other():
    ground = Ground(np.random.default_rng(0), (10.0, 0.0))
    assert not ground.add("stump", 1.0, 0.0) and not ground.add("stump", 8.6, 0.0)
    assert ground.add("stump", 1.6, 0.0) and ground.add("stump", 8.0, 0.0)
    assert not ground.add("stump", 1.7, 0.1)
    assert not ground.add("post", 1.6, 1.0), "it reaches into the flight band"
    assert len(ground.discs) == 0


def test_a_wall_is_not_passable():
    wall = np.array([(4.0, y, 0.5) for y in np.arange(-30, 30, 0.8)])
    assert not passable(wall, (8.0, 0.0))
    assert passable(wall[:0], (8.0, 0.0))


def test_discs_cover_solids():
    box = Solid("bale", "box", (1.0, 2.0, 0.5), (1.2, 0.4, 0.5), yaw=0.7)
    discs = np.array(box.discs(0.2, 0.8))
    for a in np.linspace(-1.2, 1.2, 25):
        for b in (-0.4, 0.4):
            x = 1.0 + a * math.cos(0.7) - b * math.sin(0.7)
            y = 2.0 + a * math.sin(0.7) + b * math.cos(0.7)
            assert (np.hypot(discs[:, 0] - x, discs[:, 1] - y) <= discs[:, 2] + 1e-9).any()
    assert box.discs(1.1, 2.0) == []
    ball = Solid("bush", "ellipsoid", (0.0, 0.0, 1.0), (1.0, 1.0, 1.0))
    assert ball.discs(0.5, 1.5)[0][2] == pytest.approx(1.0)
    assert ball.discs(1.6, 3.0)[0][2] == pytest.approx(0.8)


def test_blocked_line():
    layout = generate_layout(load_scenario("field"), 0)
    clear = type(layout)(layout.scenario, 0, layout.start, layout.target, (), ())
    assert not line_blocked(clear)
    item = generate_layout(load_scenario("forest"), 0).items[0]
    middle = Solid(
        "trunk", "cylinder", (layout.target.x / 2, layout.target.y / 2, 2.0), (0.1, 0.1, 2.0)
    )
    blocked = type(layout)(
        layout.scenario,
        0,
        layout.start,
        layout.target,
        (type(item)("tree", "oak", 0, 0, 0, 0, (middle,)),),
        (),
    )
    assert line_blocked(blocked)


def test_negative_seed():
    with pytest.raises(ValueError, match="non-negative"):
        generate_layout(load_scenario("forest"), -1)
