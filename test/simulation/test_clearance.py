"""Clearance and ways, against brute force."""

import numpy as np
import pytest

from liquid_nav.simulation.clearance import CELL, FAR, HARD, MARGIN, SOFT, ClearanceGrid

ENDS = np.array(((0.0, 0.0), (10.0, 3.0)))


@pytest.fixture
def discs():
    rng = np.random.default_rng(3)
    return np.column_stack(
        (rng.uniform(-3, 13, 40), rng.uniform(-5, 8, 40), rng.uniform(0.1, 0.6, 40))
    )


def brute(discs, points):
    away = np.linalg.norm(points[:, None] - discs[None, :, :2], axis=2) - discs[:, 2]
    return np.minimum(away.min(axis=1), FAR)


def test_every_cell_knows_its_nearest_surface(discs):
    grid = ClearanceGrid(discs, ENDS)
    centres = grid.centre(np.arange(grid.clearance.size))
    np.testing.assert_allclose(grid.clearance.ravel(), brute(discs, centres), atol=1e-5)


def test_points_are_read_at_their_nearest_cell(discs):
    grid = ClearanceGrid(discs, ENDS)
    points = np.random.default_rng(1).uniform(-4, 12, (200, 2))
    assert np.abs(grid.at(points) - brute(discs, points)).max() <= CELL * np.sqrt(0.5) + 1e-6
    flat = np.arange(0, grid.clearance.size, 7)
    i, j = grid.index(grid.centre(flat))
    np.testing.assert_array_equal(i * grid.shape[1] + j, flat)


def test_the_grid_covers_the_surroundings_and_answers_beyond():
    grid = ClearanceGrid(np.zeros((0, 3)), ENDS)
    low, high = grid.centre(0), grid.centre(grid.clearance.size - 1)
    assert (low <= ENDS.min(axis=0) - MARGIN + CELL).all() and (
        high >= ENDS.max(axis=0) + MARGIN - CELL
    ).all()
    assert grid.at(np.array((1e4, -1e4))) == pytest.approx(FAR)
    np.testing.assert_array_equal(grid.gradient(np.array((3.0, 3.0))), 0.0)


def test_the_gradient_points_away_from_the_nearest_surface():
    grid = ClearanceGrid(np.array(((5.0, 1.0, 0.4),)), ENDS)
    for angle in np.linspace(0, 2 * np.pi, 9)[:-1]:
        away = np.array((np.cos(angle), np.sin(angle)))
        assert grid.gradient(np.array((5.0, 1.0)) + 1.2 * away) @ away > 0.9


def test_along_is_the_tightest_place_on_the_line(discs):
    grid = ClearanceGrid(discs, ENDS)
    a, b = np.array((0.0, 0.0)), np.array((6.0, 4.0))
    line = a + np.linspace(0, 1, 400)[:, None] * (b - a)
    assert grid.along(a, b) == pytest.approx(brute(discs, line).min(), abs=CELL)
    assert grid.along(a, b) == grid.along(b, a)


def test_in_the_open_the_way_is_straight_and_costs_its_length():
    grid = ClearanceGrid(np.zeros((0, 3)), ENDS)
    goal = ENDS[1]
    cost, _ = grid.ways_to(goal, 1.5)
    for point in (ENDS[0], np.array((0.0, 9.0)), np.array((12.0, -6.0))):
        i, j = grid.index(point)
        straight = np.linalg.norm(goal - point) - 1.5
        assert straight - CELL <= cost[i, j] <= 1.04 * straight + CELL
    i, j = grid.index(goal)
    assert cost[i, j] == 0.0


def walk(grid, after, point, most=500):
    """Follow the next cells from a point to the goal; returns the places [N,2]."""
    i, j = grid.index(point)
    flat, way = int(i) * grid.shape[1] + int(j), []
    while flat >= 0 and len(way) < most:
        way.append(grid.centre(flat))
        flat = int(after[flat])
    return np.array(way)


def test_ways_keep_clear_and_arrive(discs):
    # A wall with one gap, across the straight line.
    wall = np.array([(5.0, y, 0.3) for y in np.arange(-4.0, 4.0, 0.5)])
    grid = ClearanceGrid(wall, ENDS)
    cost, after = grid.ways_to(ENDS[1], 1.5)
    way = walk(grid, after, ENDS[0])
    assert np.linalg.norm(way[-1] - ENDS[1]) <= 1.5 + 1e-6
    assert brute(wall, way).min() >= HARD - 1e-5
    assert way[:, 1].max() > 4.0 or way[:, 1].min() < -4.5
    costs = cost[grid.index(way)]
    assert (np.diff(costs) < 0).all(), "every step comes nearer"


def test_inside_an_obstacle_the_way_leads_out():
    grid = ClearanceGrid(np.array(((4.0, 1.0, 0.8),)), ENDS)
    _, after = grid.ways_to(ENDS[1], 1.5)
    way = walk(grid, after, np.array((4.0, 1.0)))
    assert grid.at(way[0]) < 0 and np.linalg.norm(way[-1] - ENDS[1]) <= 1.5 + 1e-6
    outside = grid.at(way) >= HARD
    assert outside[np.argmax(outside) :].all(), "once out, it stays out"


def test_a_goal_that_is_built_up_can_still_be_approached():
    grid = ClearanceGrid(np.array(((10.0, 3.0, 1.8),)), ENDS)
    cost, _ = grid.ways_to(ENDS[1], 1.5)
    assert np.isfinite(cost).all()


def test_near_things_cost_extra():
    tree = np.array(((5.0, 1.5, 0.2),))
    free, _ = ClearanceGrid(np.zeros((0, 3)), ENDS).ways_to(ENDS[1], 1.5)
    grid = ClearanceGrid(tree, ENDS)
    cost, _ = grid.ways_to(ENDS[1], 1.5)
    assert (cost >= free - 1e-6).all()
    clear = grid.clearance > SOFT
    assert not np.allclose(cost[~clear], free[~clear])
