"""Frames that are dropped, jittered or late: what is drawn, and what a flight makes of it."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from liquid_nav.errors import UserError
from liquid_nav.safety import SafetySupervisor
from liquid_nav.simulation import (
    PHYSICS_TIMESTEP,
    FlightJudge,
    FrameTiming,
    World,
    draw_latency,
    fly_in_simulation,
    safety_limits,
)
from liquid_nav.simulation.frame_times import (
    FRAME_DROPPED,
    FRAME_LATE,
    FRAME_ON_TIME,
    FrameSchedule,
)
from liquid_nav.types import Command
from liquid_nav.worlds import CameraFaults


class Steady:
    """A pilot without images that always returns the same and notes what it was given."""

    name, needs_image = "steady", False

    def __init__(self, command=Command(vx=1.0, yaw_rate=0.2)):
        self.command, self.elapsed, self.stamps = command, [], []

    def reset(self, layout, seed):
        self.elapsed, self.stamps = [], []

    def act(self, observation, elapsed, state):
        self.elapsed.append(elapsed)
        self.stamps.append(state.time)
        return self.command


class Counting(Steady):
    """A pilot whose command shows which frame it answers: 1 cm/s upwards for each."""

    def act(self, observation, elapsed, state):
        super().act(observation, elapsed, state)
        return Command(vz=0.01 * len(self.stamps))


def draw(timing, count=4000, rate=30.0, seed=3):
    return list(islice(timing.moments(rate, seed), count))


def limited(scenario, seconds):
    return replace(scenario, success=replace(scenario.success, time_limit=seconds))


@pytest.mark.parametrize("rate", [240.0, 30.0, 17.3, 1.0])
def test_without_faults_frames_stand_on_the_nominal_grid(rate):
    moments = draw(FrameTiming(), 300, rate)
    assert [m.time for m in moments] == [
        round(k / rate / PHYSICS_TIMESTEP) * PHYSICS_TIMESTEP for k in range(300)
    ]
    assert {m.delivery for m in moments} == {FRAME_ON_TIME}


def test_shares_are_as_asked_and_the_first_frame_always_comes():
    moments = draw(FrameTiming(drop=0.3, late=0.2))
    share = {
        delivery: np.mean([m.delivery == delivery for m in moments])
        for delivery in (FRAME_ON_TIME, FRAME_LATE, FRAME_DROPPED)
    }
    # Three standard deviations of 4,000 draws.
    assert share[FRAME_DROPPED] == pytest.approx(0.3, abs=0.022) and share[
        FRAME_LATE
    ] == pytest.approx(0.2, abs=0.019)
    assert all(
        draw(FrameTiming(drop=1.0), 2, seed=seed)[0].delivery == FRAME_ON_TIME for seed in range(20)
    )
    assert {m.delivery for m in draw(FrameTiming(drop=1.0), 50)[1:]} == {FRAME_DROPPED}


@pytest.mark.parametrize("rate", [240.0, 30.0, 6.0])
def test_jitter_stays_within_its_bound_in_order_and_on_the_grid_of_the_physics(rate):
    times = np.array([m.time for m in draw(FrameTiming(jitter=0.5), rate=rate)])
    steps = times / PHYSICS_TIMESTEP
    np.testing.assert_allclose(steps, np.round(steps), atol=1e-6)
    assert times[0] == 0.0 and np.diff(np.round(steps)).min() >= 1
    shift = times[1:] * rate - np.arange(1, len(times))
    slack = (
        PHYSICS_TIMESTEP * rate * (1.5 if rate == 240.0 else 0.501)
    )  # of rounding and, where frames are dense, of order
    assert np.abs(shift).max() <= 0.5 + slack
    if rate == 6.0:
        # Uniform: mean 0, standard deviation 1 / sqrt(12).
        assert shift.mean() == pytest.approx(0.0, abs=0.015) and shift.std() == pytest.approx(
            0.2887, abs=0.01
        )


def test_the_draw_belongs_to_the_seed_and_drops_leave_the_instants_alone():
    both = FrameTiming(drop=0.3, jitter=0.5)
    assert draw(both, 50) == draw(both, 50) != draw(both, 50, seed=4)
    assert [m.time for m in draw(both, 50)] == [m.time for m in draw(FrameTiming(jitter=0.5), 50)]


@pytest.mark.parametrize(
    "wrong", [{"drop": 1.1}, {"drop": -0.1}, {"jitter": 0.6}, {"late": 2.0}, {"drop": np.nan}]
)
def test_shares_outside_are_refused(wrong):
    with pytest.raises(UserError, match=next(iter(wrong))):
        FrameTiming(**wrong)


@pytest.mark.parametrize("rate", [30.0, 2.0])
def test_without_faults_a_flight_is_that_of_the_plain_loop(field, place, calm, rate):
    """The loop as it was before frames could be missing, written out: not a bit may differ."""
    scenario, seed = limited(field, 3.0), 5
    layout, latency, limits = place(scenario=scenario), draw_latency(seed), safety_limits(scenario)
    record = fly_in_simulation(scenario, seed, calm, Steady(), layout=layout, frame_rate=rate)
    rows = []
    with World(scenario, seed, calm, layouts=[layout]) as world:
        (drone,) = world.drones
        judge, supervisor, outcome = FlightJudge(layout), SafetySupervisor(limits), None
        while outcome is None:
            state = drone.state
            supervisor.image(state.time)
            supervisor.command(Steady().command, state.time, state.time)
            if not rows:
                supervisor.engage(state.time)
            command = supervisor.update(state.time).command
            drone.command(command, state.time + latency)
            rows.append(
                (state.time, *state.position, state.yaw, *state.velocity, *command.as_array())
            )
            until = round(len(rows) / rate / PHYSICS_TIMESTEP) * PHYSICS_TIMESTEP
            while outcome is None and world.time < until - 1e-9:
                world.advance(min(until, world.time + 0.04))
                outcome = judge.update(drone.state, drone.collision)
    columns = record.columns
    flown = np.column_stack(
        [columns[k] for k in ("time", "position", "yaw", "velocity", "command")]
    )
    np.testing.assert_array_equal(flown, np.array(rows))
    assert record.outcome == outcome


def test_a_pilot_receives_the_real_time_between_the_frames_that_came(field, place, calm):
    scenario, pilot = limited(field, 4.0), Steady()
    timing = FrameTiming(drop=0.3, jitter=0.5)
    record = fly_in_simulation(
        scenario, 8, calm, pilot, layout=place(scenario=scenario), timing=timing
    )
    came = [
        m.time for m in draw(timing, 120, seed=8) if m.delivery == FRAME_ON_TIME and m.time < 4.0
    ]
    np.testing.assert_allclose(pilot.stamps, came, atol=1e-9)
    np.testing.assert_array_equal(record.columns["time"], pilot.stamps)
    assert pilot.elapsed[0] == pytest.approx(1 / 30)
    np.testing.assert_allclose(pilot.elapsed[1:], np.diff(came), atol=1e-9)
    assert max(pilot.elapsed) > 2 / 30 and len(set(np.round(pilot.elapsed, 3))) > 10


def test_the_camera_of_the_condition_applies_in_lock_step(field, place, calm):
    scenario = limited(field, 3.0)
    faulty = replace(calm, camera=CameraFaults(noise=0.0, drop=0.3, late=0.1))
    flown, reported = (
        fly_in_simulation(
            scenario,
            8,
            calm if timing else faulty,
            Steady(),
            layout=place(scenario=scenario),
            timing=timing,
        )
        for timing in (None, FrameTiming(0.3, 0.0, 0.1))
    )
    np.testing.assert_array_equal(flown.columns["position"], reported.columns["position"])
    assert len(flown.columns["time"]) < 80
    assert FrameTiming.of(faulty.camera, drop=0.0, jitter=0.2) == FrameTiming(0.0, 0.2, 0.1)


def test_a_late_frame_keeps_its_stamp_and_comes_a_period_later(field, place, calm):
    scenario = limited(field, 1.0)
    flights = []
    for late in (0.0, 1.0):
        pilot = Counting()
        record = fly_in_simulation(
            scenario,
            0,
            calm,
            pilot,
            layout=place(scenario=scenario),
            frame_rate=10.0,
            latency=0.0,
            timing=FrameTiming(late=late),
        )
        flights.append((pilot, record.columns))
    (prompt, usual), (slow, delayed) = flights
    np.testing.assert_allclose(slow.stamps, prompt.stamps[: len(slow.stamps)], atol=1e-9)
    np.testing.assert_allclose(slow.elapsed, prompt.elapsed[: len(slow.elapsed)], atol=1e-9)
    assert len(slow.stamps) == len(prompt.stamps) - 1, (
        "the last one was still on its way when the time was over"
    )
    np.testing.assert_allclose(delayed["command"], usual["command"][:-1], atol=1e-12)
    # The first frame is prompt; from then on the drone receives everything 0.1 s later.
    rising = [np.flatnonzero(columns["velocity"][:, 2] > 0.02)[0] for columns in (usual, delayed)]
    assert rising[1] - rising[0] == 1


def test_gaps_of_thirty_per_cent_never_alarm_the_supervisor(field, place, calm):
    """Drops at 30 Hz leave gaps of a few frames, well below the limit of 0.5 s."""
    scenario = limited(field, 15.0)
    record = fly_in_simulation(
        scenario,
        1,
        calm,
        Steady(Command(yaw_rate=0.5)),
        layout=place(scenario=scenario),
        timing=FrameTiming(drop=0.3, jitter=0.5),
    )
    columns = record.columns
    assert 0.1 < np.diff(columns["time"]).max() < 0.4
    assert (columns["command"][columns["time"] > 0.5, 3] == 0.5).all(), "held at no time"


def test_a_camera_that_goes_silent_ends_in_a_hold_as_in_flight(field, place, calm):
    """The one frame asks for 1 m/s: the supervisor publishes by itself, and half a second after the
    frame it holds.
    """
    scenario = limited(field, 6.0)
    layout = place(start=(0.0, 0.0, 1.5, 0.0), scenario=scenario)
    with_frames = fly_in_simulation(
        scenario, 0, calm, Steady(Command(vx=1.0)), layout=layout, latency=0.0
    )
    pilot, states = Steady(Command(vx=1.0)), []
    record = fly_in_simulation(
        scenario,
        0,
        calm,
        pilot,
        layout=layout,
        latency=0.0,
        timing=FrameTiming(drop=1.0),
        on_frame=lambda image, state, command: states.append(state),
    )
    assert record.outcome.reason == "timeout" and len(pilot.stamps) == len(states) == 1
    distance = float(record.outcome.detail.split()[0])
    assert with_frames.columns["position"][-1, 0] > 4.0 and 14.0 < distance < 14.9


def test_on_another_clock_the_same_periods_come_as_soon_as_they_are_asked_about():
    timing = FrameTiming(0.3, 0.4, 0.1)
    moments = list(islice(timing.moments(20.0, 5), 40))
    schedule = timing.schedule(20.0, 5)
    found = [
        (time, delivery)
        for time in 100.0 + 0.002 * np.arange(970)
        if (delivery := schedule.due(time)) is not None
    ]
    assert [delivery for _, delivery in found] == [
        moment.delivery for moment in moments[: len(found)]
    ] and len(found) >= 37
    late = np.array([time - 100.0 for time, _ in found]) - [
        moment.time for moment in moments[: len(found)]
    ]
    assert (late >= -1.01e-3).all() and (late <= 2.01e-3).all()


def test_periods_that_were_not_requested_are_left_out_and_a_clock_may_begin_anew():
    schedule = FrameTiming().schedule(10.0, 0)
    assert schedule.due(50.0) == FRAME_ON_TIME
    assert schedule.due(50.05) is None
    assert schedule.due(50.55) == FRAME_ON_TIME
    assert schedule.due(50.56) is None, "what was missed does not come in a burst"
    assert schedule.due(2.0) == FRAME_ON_TIME, "the vehicle has started again"
    assert schedule.due(2.05) is None and schedule.due(2.1) == FRAME_ON_TIME


def test_a_clock_that_was_set_far_ahead_goes_on_with_the_next_period():
    """One by one, the periods of a year at 30 Hz take hours."""
    taken = []

    def counted():
        for moment in FrameTiming().moments(30.0, 0):
            taken.append(moment)
            assert len(taken) < 100
            yield moment

    schedule = FrameSchedule(counted())
    assert schedule.due(0.0) == FRAME_ON_TIME and schedule.due(0.01) is None
    assert schedule.due(1.8e9) == FRAME_ON_TIME
    assert schedule.due(1.8e9 + 0.01) is None and schedule.due(1.8e9 + 0.04) == FRAME_ON_TIME
    assert len(taken) < 6
