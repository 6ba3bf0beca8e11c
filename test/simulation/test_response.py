"""One drone of the fleet and the fleet."""

from dataclasses import asdict

import numpy as np

from liquid_nav.simulation import DroneResponse, sample_response
from liquid_nav.simulation.response import RESPONSE_RANGES


def fleet(count, seed=0):
    rng = np.random.default_rng(seed)
    return [sample_response(rng) for _ in range(count)]


def test_the_same_generator_gives_the_same_drones():
    assert fleet(3) == fleet(3)
    assert fleet(3) != fleet(3, seed=1)


def test_drones_stay_inside_the_ranges_and_fill_them():
    drones = [asdict(drone) for drone in fleet(200)]
    for name, (low, high) in RESPONSE_RANGES.items():
        values = np.array([drone[name] for drone in drones])
        assert low <= values.min() and values.max() <= high
        assert np.ptp(values) > 0.9 * (high - low), name


def test_the_nominal_drone_lies_inside_the_fleet():
    nominal = asdict(DroneResponse())
    assert all(low <= nominal[name] <= high for name, (low, high) in RESPONSE_RANGES.items())


def test_what_has_no_range_is_the_same_for_all():
    fixed = set(asdict(DroneResponse())) - set(RESPONSE_RANGES)
    assert fixed == {"rate_gain", "tilt_limit"}
    assert len({(d.rate_gain, d.tilt_limit) for d in fleet(20)}) == 1
