"""A velocity estimate that is wrong: the drone flies another velocity than the commanded one, and
no sensor shows it.
"""

import numpy as np
import pytest

from liquid_nav.simulation.drift import EstimatorDrift
from liquid_nav.simulation.world import World
from liquid_nav.types import Command
from liquid_nav.worlds import (
    KEYS_OF_OWN_ESTIMATOR,
    CameraFaults,
    Condition,
    ConditionError,
    DriftSpec,
    WindSpec,
    check_condition_supported,
    load_condition,
)

CALM = {"wind": WindSpec((0.0, 0.0), 0.0), "camera": CameraFaults(noise=0.0)}
CONSTANT = DriftSpec(0.2, 0.15)


def errors(spec, seeds):
    return np.array([EstimatorDrift(spec, np.random.default_rng(seed)).error for seed in seeds])


def test_a_constant_error_has_its_size_in_any_direction_and_stays():
    found = errors(CONSTANT, range(200))
    np.testing.assert_allclose(np.hypot(found[:, 0], found[:, 1]), 0.2)
    np.testing.assert_allclose(np.abs(found[:, 2]), 0.15)
    assert abs(found.mean(axis=0)).max() < 0.04
    assert 70 < (found[:, 2] > 0.0).sum() < 130
    drift = EstimatorDrift(CONSTANT, np.random.default_rng(1))
    before = drift.error
    drift.advance(10.0)
    assert drift.error == before


def test_a_wandering_error_has_its_size_as_deviation_and_forgets_within_its_time():
    drift = EstimatorDrift(DriftSpec(0.2, 0.1, wander=5.0), np.random.default_rng(0))
    found = []
    for _ in range(40_000):
        drift.advance(0.5)
        found.append(drift.error)
    found = np.array(found)
    np.testing.assert_allclose(found.std(axis=0), (0.2, 0.2, 0.1), rtol=0.08)
    # After one time constant (ten steps) 37 % are left of what it was.
    kept = [np.corrcoef(found[:-10, axis], found[10:, axis])[0, 1] for axis in range(3)]
    np.testing.assert_allclose(kept, np.exp(-1.0), atol=0.06)
    begin = errors(DriftSpec(0.2, 0.1, wander=5.0), range(300))
    np.testing.assert_allclose(begin.std(axis=0), (0.2, 0.2, 0.1), rtol=0.15)


@pytest.mark.parametrize("command", [Command(), Command(vx=1.0, yaw_rate=0.3)])
def test_the_drone_flies_the_command_less_the_error(simulate, command):
    """The controller sees the estimate follow the command; what is true differs by the error."""
    drone = simulate(condition=Condition(drift=CONSTANT, **CALM), seed=3)
    exact = simulate(condition=Condition(**CALM), seed=3)
    for one in (drone, exact):
        one.command(command)
        one.world.advance(6.0)
    error = np.array(drone.drift.error)
    np.testing.assert_allclose(exact.state.velocity - drone.state.velocity, error, atol=0.03)


def test_without_drift_nothing_changes(simulate):
    ends = []
    for condition in (Condition(**CALM), Condition(drift=DriftSpec(wander=3.0), **CALM)):
        drone = simulate(condition=condition)
        drone.command(Command(vx=1.0, vy=-0.4, vz=0.2, yaw_rate=0.2))
        drone.world.advance(3.0)
        ends.append(drone.state)
    assert np.array_equal(ends[0].position, ends[1].position)
    assert np.array_equal(ends[0].quaternion, ends[1].quaternion)


def test_each_of_several_drones_has_an_error_of_its_own(field):
    with World(field, 4, Condition(drift=CONSTANT, **CALM), count=2) as world:
        first, second = (drone.drift.error for drone in world.drones)
    assert first != second


def test_a_condition_states_how_wrong_it_is(tmp_path):
    path = tmp_path / "drifting.yaml"
    path.write_text("drift: {velocity: 0.2, vertical: 0.15, wander: 12.0}\n")
    assert load_condition(path).drift == DriftSpec(0.2, 0.15, 12.0)
    assert load_condition("summer").drift == DriftSpec()
    assert load_condition("drift").drift == DriftSpec(0.2, 0.15, 0.0)
    assert load_condition("drift_wandering").drift == DriftSpec(0.2, 0.15, 10.0)


def test_where_the_estimator_is_another_ones_the_key_is_refused_and_not_ignored():
    assert check_condition_supported(
        load_condition("fog"), "Gazebo", KEYS_OF_OWN_ESTIMATOR
    ) == load_condition("fog")
    with pytest.raises(
        ConditionError, match="condition drift: 'drift' cannot be simulated in Gazebo"
    ):
        check_condition_supported(load_condition("drift"), "Gazebo", KEYS_OF_OWN_ESTIMATOR)
