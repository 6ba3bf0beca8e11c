"""Flights in lock step: the same every time, with latency, judged, and rendered only for who
looks.
"""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from liquid_nav.simulation import (
    ExpertPilot,
    FlightJudge,
    FlightOutcome,
    FlightRecord,
    PolicyPilot,
    draw_latency,
    fly_in_simulation,
    safety_limits,
)
from liquid_nav.simulation.flight import DirectTransport
from liquid_nav.simulation.flight_loop import FlightLoop
from liquid_nav.simulation.frame_loop import CameraFrame
from liquid_nav.simulation.frame_times import FrameTiming
from liquid_nav.types import Command, Decision, PolicyState
from liquid_nav.worlds import CameraConfig, load_condition


class Looking:
    """A pilot that flies by the brightness of the image and notes what it was given."""

    name = "looking"

    def __init__(self, command=Command(vx=1.0)):
        self.command, self.seen = command, []

    def reset(self, layout, seed):
        self.seen.clear()

    def act(self, observation, elapsed, state):
        self.seen.append((observation, elapsed, state))
        light = 0.0 if observation.image is None else observation.image.mean() / 255
        return replace(self.command, vy=0.5 * (light - 0.5))


class Blind(Looking):
    """A pilot that needs no image and always returns the same."""

    name, needs_image = "blind", False

    def act(self, observation, elapsed, state):
        super().act(observation, elapsed, state)
        return self.command


def short(scenario, seconds):
    return replace(scenario, success=replace(scenario.success, time_limit=seconds))


@pytest.fixture(scope="module")
def summer():
    return load_condition("summer")


@pytest.fixture(scope="module")
def expert_flight(forest, summer):
    return fly_in_simulation(forest, 20, summer, ExpertPilot())


def test_two_runs_are_bit_identical(forest, summer, expert_flight):
    again = fly_in_simulation(forest, 20, summer, ExpertPilot())
    assert again.digest() == expert_flight.digest()
    assert fly_in_simulation(forest, 21, summer, ExpertPilot()).digest() != expert_flight.digest()


def test_two_runs_by_camera_are_bit_identical(forest, summer):
    camera = CameraConfig(width=64, height=36)
    first, again = (
        fly_in_simulation(short(forest, 1.5), 22, summer, Looking(), frame_rate=10, camera=camera)
        for _ in range(2)
    )
    assert first.digest() == again.digest()
    assert np.ptp(first.columns["command"][1:, 1]) > 0, "the picture mattered"


def test_a_record_survives_json(expert_flight):
    text = json.dumps(expert_flight.to_dict())
    again = FlightRecord.from_dict(json.loads(text))
    assert again.digest() == expert_flight.digest() == json.loads(text)["digest"]
    assert again.outcome == expert_flight.outcome and again.outcome.success
    for name, values in expert_flight.columns.items():
        np.testing.assert_array_equal(again.columns[name], values)


@pytest.mark.parametrize("missing", ["scenario", "latency", "outcome", "columns"])
def test_a_record_that_lacks_something_is_refused(expert_flight, missing):
    data = expert_flight.to_dict()
    del data[missing]
    with pytest.raises(KeyError, match=missing):
        FlightRecord.from_dict(data)


@pytest.mark.parametrize("change", ["seed", "latency", "pilot", "outcome", "columns"])
def test_the_digest_covers_everything(expert_flight, change):
    value = {
        "seed": 4,
        "latency": 0.0,
        "pilot": "x",
        "outcome": FlightOutcome("success", "by luck", 3.0),
        "columns": expert_flight.columns | {"yaw": expert_flight.columns["yaw"] + 1e-15},
    }[change]
    assert replace(expert_flight, **{change: value}).digest() != expert_flight.digest()


def test_the_digest_of_a_record_stays_what_it_was():
    """Digests are compared with those of earlier versions: no rename of a class changes them."""
    record = FlightRecord(
        scenario="field",
        seed=7,
        condition="summer",
        pilot="expert",
        frame_rate=30.0,
        latency=0.02,
        start=(0.0, 0.0, 1.5, 0.1),
        target=(10.0, 2.0, 0.0),
        outcome=FlightOutcome("success", "held 1.00 m from the target", 9.5),
        columns={"time": np.arange(3.0)},
    )
    assert record.digest() == "53a0ea933a36334380f72002eb061f335916f19ca611be9f313af2ea61755ab2"


def test_a_record_holds_what_it_declares(forest, expert_flight):
    columns, count = expert_flight.columns, len(expert_flight.columns["time"])
    assert {name: values.shape for name, values in columns.items()} == {
        "time": (count,),
        "position": (count, 3),
        "yaw": (count,),
        "velocity": (count, 3),
        "command": (count, 4),
        "distance": (count,),
    }
    assert all(values.dtype == np.float64 for values in columns.values())
    offset = columns["position"][:, :2] - expert_flight.target[:2]
    np.testing.assert_allclose(columns["distance"], np.linalg.norm(offset, axis=1))
    np.testing.assert_allclose(columns["position"][0], expert_flight.start[:3])
    assert columns["yaw"][0] == pytest.approx(expert_flight.start[3])
    assert columns["time"][-1] <= expert_flight.outcome.time < columns["time"][-1] + 1 / 30 + 0.004
    assert (expert_flight.scenario, expert_flight.condition, expert_flight.pilot) == (
        "forest",
        "summer",
        "expert",
    )


def test_commands_respect_the_scenarios_limits(forest, expert_flight):
    limits = safety_limits(forest)
    assert (limits.speed, limits.yaw_rate, limits.acceleration) == (2.0, 1.2, 3.0)
    command, dt = expert_flight.columns["command"], np.diff(expert_flight.columns["time"])
    assert np.hypot(command[:, 0], command[:, 1]).max() <= limits.speed + 1e-9
    change = np.hypot(*np.diff(command[:, :2], axis=0).T)
    assert (change <= limits.acceleration * dt + 1e-9).all()
    assert (np.abs(np.diff(command[:, 3])) <= limits.yaw_acceleration * dt + 1e-9).all()


def test_frames_come_on_the_grid_and_elapsed_time_is_real(field, place, calm):
    pilot = Blind()
    fly_in_simulation(
        short(field, 2.0), 0, calm, pilot, layout=place(scenario=short(field, 2.0)), frame_rate=30.0
    )
    times = np.array([state.time for _, _, state in pilot.seen])
    np.testing.assert_allclose(times, np.arange(len(times)) / 30.0, atol=0.0021)
    assert set(np.round(np.diff(times), 6)) == {0.032, 0.036}, "whole steps of 4 ms"
    elapsed = [e for _, e, _ in pilot.seen]
    assert elapsed[0] == pytest.approx(1 / 30.0), "the first frame: the nominal period"
    np.testing.assert_allclose(elapsed[1:], np.diff(times), atol=1e-12)


def test_latency_is_drawn_by_seed_between_0_and_80_ms(field, place, calm):
    drawn = [draw_latency(seed) for seed in range(500)]
    assert 0.0 <= min(drawn) < 0.005 and 0.075 < max(drawn) <= 0.08
    assert drawn == [draw_latency(seed) for seed in range(500)]
    scenario = short(field, 0.2)
    assert fly_in_simulation(
        scenario, 9, calm, Blind(), layout=place(scenario=scenario)
    ).latency == draw_latency(9)


def test_latency_delays_the_drone_and_not_the_pilot(field, place, calm):
    scenario = short(field, 2.0)
    records = [
        fly_in_simulation(scenario, 0, calm, Blind(), layout=place(scenario=scenario), latency=s)
        for s in (0.0, 0.08)
    ]
    commands = [record.columns["command"][:, 0] for record in records]
    np.testing.assert_array_equal(*commands)
    ahead = [np.interp(0.5, r.columns["position"][:, 0], r.columns["time"]) for r in records]
    assert ahead[1] - ahead[0] == pytest.approx(0.08, abs=0.005)


def test_only_who_looks_gets_pictures(field, place, calm):
    scenario = short(field, 0.5)
    layout, seconds = place(scenario=scenario), {}
    blind = Blind()
    fly_in_simulation(scenario, 0, calm, blind, layout=layout, seconds=seconds)
    assert seconds["render"] == 0.0 and all(o.image is None for o, _, _ in blind.seen)
    looking = Looking()
    fly_in_simulation(scenario, 0, calm, looking, layout=layout, frame_rate=5.0, seconds=seconds)
    assert seconds["render"] > 0.0
    assert {(o.image.shape, o.image.dtype.name) for o, _, _ in looking.seen} == {
        ((144, 256, 3), "uint8")
    }


def test_watching_does_not_change_the_flight(field, place, summer):
    scenario = short(field, 1.0)
    layout, frames = place(scenario=scenario), []

    def watch(*frame):
        frames.append(frame)

    unseen = fly_in_simulation(scenario, 4, summer, Blind(), layout=layout, frame_rate=8.0)
    seen = fly_in_simulation(
        scenario, 4, summer, Blind(), layout=layout, frame_rate=8.0, on_frame=watch
    )
    assert seen.digest() == unseen.digest()
    assert len(frames) == len(seen.columns["time"])
    images, states, commands = zip(*frames)
    assert all(image.shape == (144, 256, 3) for image in images)
    np.testing.assert_array_equal([c.as_array() for c in commands], seen.columns["command"])
    np.testing.assert_array_equal([s.position for s in states], seen.columns["position"])


def test_a_flight_ends_at_what_it_hits(field, place, calm, trunk):
    record = fly_in_simulation(field, 0, calm, Blind(), layout=place(trunk(3.0, 0.0)))
    assert record.outcome.reason == "collision" and "trunk" in record.outcome.detail
    # Where both front rotor discs touch a trunk of 0.2 m between them; the last frame came a little
    # before.
    assert 2.548 - 0.06 < record.columns["position"][-1, 0] < 2.548


@pytest.mark.parametrize(
    "command, reason",
    [
        (Command(vx=2.0, yaw_rate=0.0), "geofence"),
        (Command(vx=-2.0), "lost"),
        (Command(vz=1.0), "geofence"),
        (Command(yaw_rate=1.0), "timeout"),
        (Command(vz=-0.5), "geofence"),
    ],
    ids=str,
)
def test_every_other_end(field, place, calm, command, reason):
    scenario = short(field, 25.0)
    record = fly_in_simulation(
        scenario, 0, calm, Blind(command), layout=place(scenario=scenario), frame_rate=10.0
    )
    assert record.outcome.reason == reason


def test_a_pilot_without_a_finite_command_hovers_until_the_time_is_over(field, place, calm):
    class Broken(Blind):
        def act(self, observation, elapsed, state):
            return Command(vx=math.nan if 1.0 < state.time < 1.5 or state.time > 3.0 else 1.0)

    scenario = short(field, 8.0)
    record = fly_in_simulation(scenario, 0, calm, Broken(), layout=place(scenario=scenario))
    time, command = record.columns["time"], record.columns["command"]
    assert record.outcome.reason == "timeout" and np.isfinite(command).all()
    assert not command[(time > 1.05) & (time < 2.4)].any(), "held, and for a second longer"
    assert command[(time > 2.9) & (time < 3.0), 0].min() > 0.9, "then it went on"
    assert not command[time > 3.05].any()


class Counting:
    """A policy that answers with the number of frames it remembers."""

    def initial_state(self, batch=1):
        return PolicyState(core=0)

    def step(self, observation, state, elapsed):
        assert observation.image is not None
        return Decision(Command(vz=0.01 * state.core)), PolicyState(core=state.core + 1)


def test_a_policys_state_lives_for_one_flight(field, place, calm):
    scenario = short(field, 0.9)
    pilot = PolicyPilot(Counting(), "counting")
    for _ in range(2):
        record = fly_in_simulation(
            scenario, 0, calm, pilot, layout=place(scenario=scenario), frame_rate=5.0
        )
        np.testing.assert_allclose(
            record.columns["command"][:, 2], 0.01 * np.arange(len(record.columns["time"]))
        )
    forgetful = PolicyPilot(Counting(), "counting", memoryless=True)
    record = fly_in_simulation(
        scenario, 0, calm, forgetful, layout=place(scenario=scenario), frame_rate=5.0
    )
    assert not record.columns["command"].any()


def test_while_frames_are_missing_the_last_command_counts_for_a_quarter_of_a_second(simulate):
    class Steady:
        name = "steady"
        needs_image = False

        def reset(self, layout, seed):
            pass

        def act(self, observation, elapsed, state):
            return Command(vx=0.5)

    drone = simulate()
    judge = FlightJudge(drone.layout)
    loop = FlightLoop(drone, DirectTransport(drone, judge), judge, Steady(), 25.0, 0.0)
    (first,) = loop.answer([[CameraFrame(None, 0.04, drone.state)]], 0.0)
    assert first is not None
    assert loop.answer([[]], 0.04) == [None]
    assert loop.answer([[]], 0.24) == [None]
    (later,) = loop.answer([[]], 0.28)
    assert later is not None, "the supervisor commands by itself"
    assert loop.answer([[]], 0.32) == [None]


def test_a_late_frame_keeps_its_stamp_and_arrives_with_the_next_moment_before_its_frame(simulate):
    drone = simulate()
    judge = FlightJudge(drone.layout)
    transport = DirectTransport(drone, judge)
    seen = []

    class Still:
        name = "still"
        needs_image = False

        def reset(self, layout, seed):
            pass

        def act(self, observation, elapsed, state):
            seen.append((state.time, transport.now, elapsed))
            return Command()

    timing = FrameTiming(late=0.5)
    FlightLoop(drone, transport, judge, Still(), 25.0, 0.0, timing).fly()
    stamps = [stamp for stamp, _, _ in seen]
    assert stamps == sorted(set(stamps))
    waits = {round((now - stamp) * 25.0) for stamp, now, _ in seen}
    assert waits == {0, 1}
    late = [index for index, (stamp, now, _) in enumerate(seen) if now - stamp > 0.03]
    assert len(late) > 20
    # It shares its arrival with the frame of that moment, unless that one is late itself.
    together = [index for index in late[:-1] if seen[index + 1][1] == seen[index][1]]
    assert len(together) > 5
    assert all(elapsed == pytest.approx(0.04) for _, _, elapsed in seen[1:])
