"""The privileged pilot: it gets round things, stops before the target, holds there and remembers
nothing.
"""

import math
from dataclasses import replace

import numpy as np
import pytest

from liquid_nav.simulation import DroneState, Expert, ExpertConfig, ExpertPilot, fly_in_simulation
from liquid_nav.simulation.baseline_pilots import StraightPilot
from liquid_nav.worlds import generate_layout, load_condition
from liquid_nav.worlds.placement import make_item


class Watched(ExpertPilot):
    """An expert that keeps what it saw and commanded."""

    def __init__(self):
        self.seen = []

    def act(self, observation, elapsed, state):
        command = super().act(observation, elapsed, state)
        self.seen.append((state, command))
        return command


@pytest.fixture
def blocked(place):
    """A tree just beside the straight line to a target 12 m ahead."""
    return replace(place(target=(12.0, 0.0)), items=(make_item("oak", 0, 6.0, 0.05, 0.3),))


def at(x, y, z=1.5, yaw=0.0, velocity=(0.0, 0.0, 0.0)):
    quaternion = np.array((math.cos(yaw / 2), 0.0, 0.0, math.sin(yaw / 2)))
    return DroneState(
        0.0, np.array((x, y, z)), quaternion, np.array(velocity, float), np.zeros(3), np.zeros(3)
    )


def clearances(record, layout):
    """Distance from the drone's centre to the nearest surface at flight height, for every frame."""
    discs = layout.discs(0.9, 2.1)
    away = (
        np.linalg.norm(record.columns["position"][:, None, :2] - discs[None, :, :2], axis=2)
        - discs[:, 2]
    )
    return away.min(axis=1)


def test_it_flies_round_the_tree_that_the_blind_pilot_hits(blocked, calm):
    scenario = blocked.scenario
    assert (
        fly_in_simulation(scenario, 3, calm, StraightPilot(), layout=blocked).outcome.reason
        == "collision"
    )
    record = fly_in_simulation(scenario, 3, calm, ExpertPilot(), layout=blocked)
    assert record.outcome.success
    assert clearances(record, blocked).min() > 0.8
    assert record.outcome.time < 20.0


@pytest.fixture
def gate(place):
    """A wall of trees at x = 6 m; its only gap, at y = 1.6 m, is 1.5 m wide: under two margins."""
    trunk = make_item("oak", 0, 0.0, 0.0, 0.3).solids[0]
    assert trunk.kind == "trunk"
    edges = 0.75 + trunk.size[0] + 0.8 * np.arange(12)
    sides = np.concatenate((1.6 + edges, 1.6 - edges))
    wall = tuple(make_item("oak", 0, 6.0, float(y), 0.3) for y in sides)
    assert 1.5 < 2.0 * ExpertConfig().margin
    return replace(place(target=(12.0, 0.0)), items=wall)


def test_it_flies_through_a_narrow_gap_in_its_middle(gate, calm):
    record = fly_in_simulation(gate.scenario, 3, calm, ExpertPilot(), layout=gate)
    assert record.outcome.success
    position = record.columns["position"]
    crossing = position[np.argmin(np.abs(position[:, 0] - 6.0)), 1]
    assert crossing == pytest.approx(1.6, abs=0.15)


def test_it_aims_through_a_narrow_gap_and_not_before_it(gate):
    assert Expert(gate).aim(np.array((4.0, 1.6)))[0] > 6.0


@pytest.mark.parametrize("seed", [20, 21, 23])
def test_its_way_and_its_aims_keep_the_margin_where_there_is_space(forest, seed):
    expert = Expert(generate_layout(forest, seed))
    way = expert.way(np.zeros(2))
    # The grid's cells are 0.2 m wide.
    assert min(float(expert.grid.at(place)) for place in way) > 1.0
    assert min(expert.grid.along(place, expert.aim(place)) for place in way) > 0.92


def test_it_moves_away_from_a_tree_that_is_nearer_than_usual(blocked):
    tree = blocked.items[0]
    beside = at(tree.x, tree.y + tree.solids[0].size[0] + 0.6)
    pushed = Expert(blocked).command(beside)
    unpushed = Expert(blocked, ExpertConfig(pushed=0.0)).command(beside)
    assert pushed.vy > unpushed.vy + 0.3


def test_it_needs_no_more_than_the_present_state(blocked, calm):
    pilot = Watched()
    fly_in_simulation(blocked.scenario, 3, calm, pilot, layout=blocked)
    fresh = Expert(blocked)
    for state, command in reversed(pilot.seen[::7]):
        assert fresh.command(state) == command


def test_it_holds_before_the_target(place, calm):
    layout = place(target=(10.0, 2.0))
    patient = replace(layout.scenario, success=replace(layout.scenario.success, hold=15.0))
    layout = replace(layout, scenario=patient)
    record = fly_in_simulation(patient, 1, calm, ExpertPilot(), layout=layout)
    assert record.outcome.success
    resting = record.columns["time"] > record.outcome.time - 10.0
    distance = record.columns["distance"][resting]
    assert 1.0 < distance.min() and distance.max() < 1.9
    assert np.linalg.norm(record.columns["velocity"][resting], axis=1).max() < 0.2
    bearing = math.atan2(
        2.0 - record.columns["position"][-1, 1], 10.0 - record.columns["position"][-1, 0]
    )
    assert record.columns["yaw"][-1] == pytest.approx(bearing, abs=0.1), "it looks at the target"


@pytest.mark.parametrize(
    "name, seed", [("forest", 20), ("forest", 21), ("forest", 23), ("field", 20), ("field", 21)]
)
def test_it_reaches_the_target_in_summer(forest, field, name, seed):
    scenario = {"forest": forest, "field": field}[name]
    pilot = Watched()
    record = fly_in_simulation(scenario, seed, load_condition("summer"), pilot)
    assert record.outcome.success, record.outcome
    assert clearances(record, pilot.expert.layout).min() > 0.7


def test_its_commands_are_moderate_everywhere(blocked):
    expert, limits = Expert(blocked), ExpertConfig()
    rng = np.random.default_rng(2)
    for _ in range(300):
        state = at(
            rng.uniform(-5, 16),
            rng.uniform(-8, 8),
            rng.uniform(0.4, 3.5),
            rng.uniform(-3.1, 3.1),
            rng.uniform(-2, 2, 3),
        )
        command = expert.command(state)
        assert command.is_finite()
        assert math.hypot(command.vx, command.vy) <= limits.speed + 1.6 * 2.0
        assert abs(command.vz) <= limits.vertical_speed and abs(command.yaw_rate) <= limits.yaw_rate


def test_in_the_open_it_heads_for_the_target_at_cruise_speed(place):
    expert = Expert(place(target=(14.0, 0.0)))
    command = expert.command(at(0.0, 0.0))
    assert command.vx == pytest.approx(ExpertConfig().speed, rel=0.02)
    assert (
        abs(command.vy) < 0.15 and abs(command.yaw_rate) < 0.1 and command.vz == pytest.approx(0.0)
    )
    level = expert.command(at(0.0, 0.0, yaw=math.pi / 2))
    assert level.vy == pytest.approx(-command.vx, abs=0.05), "the target is to its right now"
    assert level.yaw_rate == -ExpertConfig().yaw_rate


@pytest.mark.parametrize("height, sign", [(1.0, 1.0), (2.2, -1.0)])
def test_it_returns_to_cruise_altitude(place, height, sign):
    assert sign * Expert(place()).command(at(0.0, 0.0, z=height)).vz > 0.3


def test_it_slows_down_on_its_way_in(place):
    expert = Expert(place(target=(14.0, 0.0)))
    speeds = [expert.command(at(x, 0.0)).vx for x in (8.0, 11.0, 11.8, 12.2)]
    assert speeds == sorted(speeds, reverse=True) and speeds[-1] < 0.5
    assert expert.command(at(13.2, 0.0)).vx < -0.3, "too near: it backs off"


def test_it_keeps_the_target_in_view_while_it_turns_aside(blocked):
    expert = Expert(blocked)
    view = math.radians(40.0)
    for x in np.linspace(0.0, 9.0, 10):
        state = at(x, 0.9)
        bearing = math.atan2(-0.9, 12.0 - x)
        turned_away = expert.command(at(x, 0.9, yaw=bearing + view)).yaw_rate
        assert turned_away < 0 < expert.command(at(x, 0.9, yaw=bearing - view)).yaw_rate, (
            state.position
        )


def test_it_leads_out_of_where_it_should_not_be(blocked):
    tree = blocked.items[0]
    expert = Expert(blocked)
    for angle in np.linspace(0, 2 * math.pi, 7)[:-1]:
        away = np.array((math.cos(angle), math.sin(angle)))
        place = np.array((tree.x, tree.y)) + 0.55 * away
        command = expert.command(at(*place))
        assert np.array((command.vx, command.vy)) @ away > 0.0
