"""How the drone flies: it hovers, follows, lags, saturates and drifts, and never depends on how it
is asked.
"""

import math
from dataclasses import replace

import numpy as np
import pytest

from liquid_nav.simulation import PHYSICS_TIMESTEP, DroneResponse
from liquid_nav.types import Command
from liquid_nav.worlds import CameraFaults, Condition, WindSpec


def tilt(state):
    """Angle between the body's z axis and the vertical, rad."""
    _, x, y, _ = state.quaternion
    return math.acos(min(1.0, 1.0 - 2.0 * (x * x + y * y)))


def states(drone, until, step=0.02):
    found = []
    while drone.world.time < until - 1e-9:
        drone.world.advance(drone.world.time + step)
        found.append(drone.state)
    return found


def test_it_hovers_where_it_starts(simulate, place):
    drone = simulate(place(start=(2.0, -1.0, 1.8, 2.0)))
    drone.world.advance(5.0)
    state = drone.state
    np.testing.assert_allclose(state.position, (2.0, -1.0, 1.8), atol=1e-3)
    np.testing.assert_allclose(state.velocity, 0.0, atol=1e-3)
    np.testing.assert_allclose(state.acceleration, (0.0, 0.0, 9.81), atol=1e-2)
    assert state.yaw == pytest.approx(2.0, abs=1e-6)
    assert state.time == pytest.approx(5.0)


@pytest.mark.parametrize(
    "command",
    [
        Command(vx=1.0),
        Command(vx=-1.0),
        Command(vy=1.0),
        Command(vy=-0.7),
        Command(vz=0.5),
        Command(vz=-0.2),
    ],
    ids=str,
)
@pytest.mark.parametrize("heading", [0.0, 2.2])
def test_it_reaches_the_commanded_velocity_in_its_level_frame(simulate, place, command, heading):
    drone = simulate(place(start=(0.0, 0.0, 2.0, heading)))
    drone.command(command)
    drone.world.advance(4.0)
    np.testing.assert_allclose(drone.state.level_velocity(), command.as_array()[:3], atol=0.06)
    assert drone.state.yaw == pytest.approx(heading, abs=0.01)


@pytest.mark.parametrize("rate", [0.3, -1.0])
def test_it_turns_counter_clockwise_for_a_positive_yaw_rate(simulate, rate):
    drone = simulate()
    drone.command(Command(yaw_rate=rate))
    drone.world.advance(2.0)
    assert drone.state.yaw_rate() == pytest.approx(rate, rel=0.02)
    lag = DroneResponse().yaw_lag + DroneResponse().delay
    assert drone.state.yaw == pytest.approx(rate * (2.0 - lag), rel=0.08)
    assert np.hypot(*drone.state.position[:2]) < 0.05, "turning alone does not move it"


def test_it_tilts_forward_to_speed_up_and_back_to_brake(simulate):
    drone = simulate()
    drone.command(Command(vx=2.0))
    faster = states(drone, 0.6)
    assert max(tilt(s) for s in faster) > math.radians(10)
    assert max(s.quaternion[2] for s in faster) > 0.08, (
        "nose down is a positive turn about y (left)"
    )
    drone.world.advance(4.0)
    drone.command(Command())
    assert min(s.quaternion[2] for s in states(drone, 5.0)) < -0.08


def test_a_command_waits_for_latency_and_the_drones_own_delay(simulate):
    drone = simulate(response=DroneResponse(delay=0.1))
    drone.command(Command(vx=2.0), at=0.2)
    for state in states(drone, 0.3, step=PHYSICS_TIMESTEP):
        assert abs(state.quaternion[2]) < 1e-6, f"moved at {state.time} s"
    assert states(drone, 0.4)[-1].quaternion[2] > 1e-3


def test_later_commands_replace_earlier_ones_in_order(simulate):
    drone = simulate()
    drone.command(Command(vx=1.0), at=0.0)
    drone.command(Command(vx=-1.0), at=1.0)
    drone.world.advance(1.0)
    assert drone.state.velocity[0] > 0.8
    drone.world.advance(3.5)
    assert drone.state.velocity[0] == pytest.approx(-1.0, abs=0.06)


@pytest.mark.parametrize(
    "command", [(40.0, 0.0, 0.0, 0.0), (0.0, -40.0, 0.0, 0.0), (-30.0, 30.0, 20.0, 9.0)]
)
def test_whatever_is_asked_tilt_and_thrust_stay_within_limits(simulate, place, command):
    response = DroneResponse()
    drone = simulate(place(start=(0.0, 0.0, 30.0, 0.3)), response=response)
    drone.command(Command(*command))
    for state in states(drone, 3.0):
        assert tilt(state) < response.tilt_limit + math.radians(6.0), state.time
        assert (
            np.linalg.norm(state.acceleration) <= (4 * 9.8 + response.drag * 40.0) / response.mass
        )
        assert all(0.0 <= thrust <= 9.8 for thrust in drone.controller.thrusts)
        assert np.isfinite(state.position).all()


def test_it_recovers_from_an_absurd_command(simulate, place):
    drone = simulate(place(start=(0.0, 0.0, 40.0, 0.0)))
    drone.command(Command(vx=40.0, vz=-40.0, yaw_rate=9.0))
    drone.world.advance(1.0)
    drone.command(Command())
    drone.world.advance(25.0)  # the integral takes its time
    np.testing.assert_allclose(drone.state.velocity, 0.0, atol=0.05)
    assert tilt(drone.state) < 0.02


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("name", ["vx", "vy", "vz", "yaw_rate"])
def test_a_command_that_is_no_number_is_refused(simulate, name, value):
    drone = simulate()
    with pytest.raises(ValueError, match="not finite"):
        drone.command(replace(Command(), **{name: value}))
    drone.world.advance(0.2)
    assert np.abs(drone.state.velocity).max() < 1e-3


def test_wind_pushes_and_the_controller_leans_against_it(simulate):
    windy = Condition(wind=WindSpec((3.0, 3.0), 0.0), camera=CameraFaults(noise=0.0))
    drone = simulate(condition=windy)
    direction = np.array(drone.world.wind.mean[:2]) / 3.0
    drone.world.advance(1.0)
    first = drone.state.position[:2] @ direction
    assert first > 0.05, "it drifts with the wind"
    drone.world.advance(8.0)
    state = drone.state
    assert np.linalg.norm(state.velocity[:2]) < 0.05, (
        "the integral stops the drift, it does not bring it back"
    )
    assert state.position[:2] @ direction > first
    up = 1.0 - 2.0 * (state.quaternion[1] ** 2 + state.quaternion[2] ** 2)
    push = DroneResponse().drag * 3.0
    assert math.tan(math.acos(up)) == pytest.approx(push / (DroneResponse().mass * 9.81), rel=0.05)


def test_gusts_move_it_about_and_differ_by_seed(simulate):
    gusty = Condition(wind=WindSpec((0.0, 0.0), 1.0))
    ends = []
    for seed in (1, 1, 2):
        drone = simulate(condition=gusty, seed=seed)
        drone.world.advance(5.0)
        ends.append(drone.state.position)
    np.testing.assert_array_equal(ends[0], ends[1])
    assert np.linalg.norm(ends[0] - ends[2]) > 0.02


def test_time_may_be_cut_in_pieces(simulate):
    whole, pieces = simulate(condition=Condition()), simulate(condition=Condition())
    for drone in (whole, pieces):
        drone.command(Command(vx=1.5, vy=0.3, yaw_rate=-0.5))
    whole.world.advance(3.0)
    for until in np.cumsum(np.full(75, 0.04)):
        pieces.world.advance(until)
    assert whole.world.time == pieces.world.time
    for name in ("position", "quaternion", "velocity", "angular_velocity", "acceleration"):
        np.testing.assert_array_equal(getattr(whole.state, name), getattr(pieces.state, name))


def test_looking_does_not_change_the_flight(simulate):
    seen, unseen = simulate(), simulate()
    for drone in (seen, unseen):
        drone.command(Command(vx=1.0, yaw_rate=0.4))
        for _ in range(3):
            drone.world.advance(drone.world.time + 0.2)
            if drone is seen:
                drone.render()
    np.testing.assert_array_equal(seen.state.position, unseen.state.position)


def test_a_state_is_a_snapshot(simulate):
    drone = simulate()
    before = drone.state
    drone.command(Command(vx=2.0, vz=0.5))
    drone.world.advance(1.0)
    np.testing.assert_array_equal(before.position, (0.0, 0.0, 1.5))
    np.testing.assert_array_equal(before.velocity, 0.0)


def test_the_seed_draws_the_drone(field, place, calm):
    from liquid_nav.simulation import World

    def drone(seed):
        with World(field, seed, calm, layouts=[place()]) as world:
            return world.drones[0].response

    assert drone(3) == drone(3)
    assert drone(3) != drone(4)
