"""What the encoder has to predict, against brute force and against the world in a mirror."""

import math
from dataclasses import replace

import numpy as np
import pytest

from liquid_nav.learning.auxiliary import (
    HALF_SECTOR,
    HEIGHT,
    NAMES,
    RANGE,
    SCAN,
    SECTOR_SPAN,
    SECTORS,
    auxiliary_targets,
    mirror,
    scan,
    widen,
)
from liquid_nav.learning.windows import MIRROR_LABELS
from liquid_nav.simulation import DroneState, Expert
from liquid_nav.worlds import Layout, LayoutItem, Scenario, Solid, Start, Target


def state(x, y, yaw, velocity=(0.0, 0.0, 0.0)):
    quaternion = np.array((math.cos(yaw / 2), 0.0, 0.0, math.sin(yaw / 2)))
    return DroneState(
        0.0, np.array((x, y, 1.5)), quaternion, np.array(velocity), np.zeros(3), np.zeros(3)
    )


def wood(*trunks, target=(12.0, 0.0)):
    """A layout with trunks (x, y, radius), the start at the origin."""
    items = tuple(
        LayoutItem(
            "tree", "oak", 0, x, y, 0.0, (Solid("trunk", "cylinder", (x, y, 3.0), (r, r, 3.0)),)
        )
        for x, y, r in trunks
    )
    return Layout(
        Scenario("forest", "forest"),
        0,
        Start(0.0, 0.0, 1.5, 0.0),
        Target("chair", *target, 0.0),
        items,
        (),
    )


def march(discs, position, yaw, angles, step=0.005):
    """Walk along every ray until it is inside a disc."""
    distances = np.arange(0.0, RANGE + 1.0, step)
    found = np.full(len(angles), np.inf)
    for k, angle in enumerate(angles):
        ray = position + distances[:, None] * (math.cos(yaw + angle), math.sin(yaw + angle))
        inside = (np.linalg.norm(ray[:, None] - discs[None, :, :2], axis=2) < discs[:, 2]).any(
            axis=1
        )
        if inside.any():
            found[k] = distances[np.argmax(inside)]
    return found


def test_the_scan_equals_walking_along_every_ray():
    rng = np.random.default_rng(8)
    angles = np.linspace(SECTOR_SPAN, -SECTOR_SPAN, SECTORS)
    for _ in range(6):
        discs = np.column_stack((rng.uniform(-10, 10, (30, 2)), rng.uniform(0.1, 0.8, 30)))
        discs = discs[np.hypot(discs[:, 0], discs[:, 1]) > discs[:, 2] + 0.1]
        yaw = rng.uniform(-math.pi, math.pi)
        ours, theirs = scan(discs, np.zeros(3), yaw), march(discs, np.zeros(2), yaw, angles)
        near = theirs < RANGE
        np.testing.assert_allclose(ours[near], theirs[near], atol=0.01)
        assert (ours[~near] >= RANGE - 0.01).all()


def test_a_sector_is_as_near_as_the_nearest_of_many_rays_in_it():
    rng = np.random.default_rng(9)
    angles = np.linspace(SECTOR_SPAN, -SECTOR_SPAN, SECTORS)
    rays = angles + np.linspace(-HALF_SECTOR, HALF_SECTOR, 201)[:, None]
    for _ in range(20):
        discs = np.column_stack((rng.uniform(-10, 10, (20, 2)), rng.uniform(0.06, 0.6, 20)))
        discs = discs[np.hypot(discs[:, 0], discs[:, 1]) > discs[:, 2] + 0.3]
        yaw = rng.uniform(-math.pi, math.pi)
        ours = scan(discs, np.zeros(3), yaw, spread=HALF_SECTOR)
        theirs = scan(discs, np.zeros(3), yaw, rays.ravel()).reshape(rays.shape).min(axis=0)
        # A ray that only grazes a disc is found by the exact answer alone.
        seen = np.isfinite(theirs)
        assert (ours <= theirs + 1e-9).all()
        np.testing.assert_allclose(ours[seen], theirs[seen], atol=0.35)
        assert (seen | np.isinf(ours)).mean() > 0.97
        assert np.median(np.abs(ours[seen] - theirs[seen])) < 1e-3


@pytest.mark.parametrize("bearing", np.radians(np.arange(-39.0, 40.0, 0.5)))
def test_a_fence_post_is_seen_wherever_it_stands(bearing):
    """Single rays, 4 degrees apart, missed a post of 12 cm further away than 1.7 m most of the
    time.
    """
    post = np.array(((5.0 * math.cos(bearing), 5.0 * math.sin(bearing), 0.06),))
    there = scan(post, np.zeros(3), 0.0, spread=HALF_SECTOR)
    assert 1 <= np.isfinite(there).sum() <= 2
    assert there.min() == pytest.approx(4.94, abs=0.01)


def test_nothing_there_is_infinitely_far():
    assert np.isinf(scan(np.zeros((0, 3)), np.zeros(3), 0.3)).all()
    assert np.isinf(scan(np.array(((-3.0, 0.0, 1.0),)), np.zeros(3), 0.0)).all(), "behind"


def test_rays_run_from_left_to_right():
    left = scan(np.array(((3.0, 3.0 * math.tan(SECTOR_SPAN), 0.3),)), np.zeros(3), 0.0)
    assert np.isfinite(left[0]) and np.isinf(left[SECTORS // 2]) and np.isinf(left[-1])


def named(values):
    return dict(zip(NAMES, values, strict=True))


def test_the_targets_direction_and_distance():
    seen = named(auxiliary_targets(state(0.0, 0.0, 0.0), Expert(wood(target=(9.0, 3.0)))))
    distance = math.hypot(9.0, 3.0)
    assert seen["target_left"] == pytest.approx(3.0 / distance)
    assert seen["target_near"] == pytest.approx(1.0 / (1.0 + distance / 3.0))
    assert seen["target_visible"] == 1.0
    assert not any(seen[f"scan.{i}"] for i in range(SECTORS))


@pytest.mark.parametrize(
    "trunks, yaw, visible",
    [
        ((), 0.0, 1.0),
        ((), math.radians(41), 0.0),
        ((), math.radians(-39), 1.0),
        (((6.0, 0.0, 0.2),), 0.0, 0.0),
        (((6.0, 0.4, 0.2),), 0.0, 1.0),
        (((13.0, 0.0, 0.2),), 0.0, 1.0),
        (((-2.0, 0.0, 0.2),), 0.0, 1.0),
    ],
)
def test_the_target_is_visible_unless_a_trunk_or_the_edge_hides_it(trunks, yaw, visible):
    assert (
        named(auxiliary_targets(state(0.0, 0.0, yaw), Expert(wood(*trunks))))["target_visible"]
        == visible
    )


@pytest.mark.parametrize(
    ("trunk", "visible"),
    [((RANGE + 4.0, 0.0, 0.2), 0.0), ((RANGE + 4.0, 0.4, 0.2), 1.0), ((21.0, 0.0, 0.2), 1.0)],
    ids=["before it", "beside the line of sight", "behind it"],
)
def test_a_trunk_far_away_hides_a_target_that_is_farther(trunk, visible):
    seen = named(auxiliary_targets(state(0.0, 0.0, 0.0), Expert(wood(trunk, target=(20.0, 0.0)))))
    assert seen["target_visible"] == visible
    assert not any(seen[f"scan.{i}"] for i in range(SECTORS)), "the sectors end at RANGE"


@pytest.mark.parametrize(("sight", "visible"), [(8.9, 0.0), (9.1, 1.0)])
def test_a_target_that_is_not_drawn_is_not_visible(sight, visible):
    seen = named(auxiliary_targets(state(0.0, 0.0, 0.0), Expert(wood(target=(9.0, 0.0))), sight))
    assert seen["target_visible"] == visible


def test_a_post_between_two_rays_is_among_the_targets():
    between = 0.5 * SECTOR_SPAN / (SECTORS - 1) * 2.0 * 2.5
    post = (5.0 * math.cos(between), 5.0 * math.sin(between), 0.06)
    seen = named(auxiliary_targets(state(0.0, 0.0, 0.0), Expert(wood(post))))
    assert sum(seen[f"scan.{i}"] > 0.3 for i in range(SECTORS)) >= 1


def test_nearness_of_a_trunk_ahead():
    seen = named(auxiliary_targets(state(0.0, 0.0, 0.0), Expert(wood((3.3, 0.0, 0.3)))))
    assert seen[f"scan.{SECTORS // 2}"] == pytest.approx(0.5)
    assert auxiliary_targets(state(0.0, 0.0, 0.0), Expert(wood())).dtype == np.float32


def test_the_world_in_a_mirror_is_the_mirrored_target():
    rng = np.random.default_rng(4)
    for _ in range(8):
        trunks = [
            (rng.uniform(1.5, 10), rng.uniform(-4, 4), rng.uniform(0.1, 0.4)) for _ in range(9)
        ]
        x, y, yaw = rng.uniform(-1, 1, 3)
        here = Expert(wood(*trunks, target=(11.0, 1.7)))
        there = Expert(wood(*((tx, -ty, r) for tx, ty, r in trunks), target=(11.0, -1.7)))
        np.testing.assert_allclose(
            mirror(auxiliary_targets(state(x, y, yaw), here)),
            auxiliary_targets(state(x, -y, -yaw), there),
            atol=1e-6,
        )


def test_the_expert_in_a_mirror_gives_the_mirrored_command():
    rng = np.random.default_rng(6)
    here, there = Expert(wood((5.0, 0.4, 0.3))), Expert(wood((5.0, -0.4, 0.3)))
    for _ in range(30):
        x, y, yaw, vx, vy = rng.uniform(0.0, 9.0), *rng.uniform(-1, 1, 4)
        ours = here.command(state(x, y, yaw, (vx, vy, 0.0))).as_array()
        theirs = there.command(state(x, -y, -yaw, (vx, -vy, 0.0))).as_array()
        np.testing.assert_allclose(ours * MIRROR_LABELS, theirs, atol=1e-6)


def test_a_mirror_twice_is_no_mirror():
    values = np.random.default_rng(0).normal(size=(4, 5, len(NAMES))).astype(np.float32)
    np.testing.assert_array_equal(mirror(mirror(values)), values)
    assert mirror(values).shape == values.shape
    np.testing.assert_array_equal(mirror(values)[..., 1:3], values[..., 1:3])


def test_labels_do_not_depend_on_where_north_is():
    layout = wood((5.0, 0.4, 0.3))
    turned = replace(
        layout, target=replace(layout.target, x=0.0, y=12.0), items=wood((-0.4, 5.0, 0.3)).items
    )
    east = Expert(layout)
    north = Expert(turned)
    rng = np.random.default_rng(1)
    # Drawn, because a place half way between two cells of the expert's grid may belong to either.
    for _ in range(30):
        x, y, yaw, vx, vy = rng.uniform(0.0, 9.0), *rng.uniform(-1.0, 1.0, 4)
        ours = east.command(state(x, y, yaw, (vx, vy, 0.0))).as_array()
        theirs = north.command(state(-y, x, yaw + math.pi / 2, (-vy, vx, 0.0))).as_array()
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_the_height_is_given_relative_to_where_the_drone_should_fly():
    here = Expert(wood((5.0, 0.4, 0.3)))
    for z, reported in ((1.5, 0.0), (2.0, 1.0), (1.0, -1.0), (0.75, -1.5)):
        there = state(1.0, 0.0, 0.0)
        there = replace(there, position=np.array((1.0, 0.0, z)))
        assert auxiliary_targets(there, here)[HEIGHT] == reported
    assert NAMES[HEIGHT] == "height" and [name[:4] for name in NAMES[SCAN]] == ["scan"] * SECTORS


def test_a_mirror_changes_neither_the_height_nor_the_nearness_of_the_middle():
    values = np.random.default_rng(1).normal(size=(3, len(NAMES))).astype(np.float32)
    flipped = mirror(values)
    np.testing.assert_array_equal(flipped[:, HEIGHT], values[:, HEIGHT])
    np.testing.assert_array_equal(flipped[:, SCAN], values[:, SCAN][:, ::-1])


def test_an_older_data_set_lacks_the_height_and_nothing_else():
    old = np.random.default_rng(2).normal(size=(5, HEIGHT)).astype(np.float32)
    wide = widen(old)
    assert wide.shape == (5, len(NAMES)) and wide.dtype == np.float32
    np.testing.assert_array_equal(wide[:, :HEIGHT], old)
    assert np.isnan(wide[:, HEIGHT]).all()
    assert widen(wide) is wide
