"""Whole flights of the embedded drone through MAVLink, and our world around a drone that flies
elsewhere.
"""

import math

import numpy as np
import pytest

pytest.importorskip("pymavlink")

from liquid_nav import geometry
from liquid_nav.simulation import DroneState, ExpertPilot, World, fly_in_simulation
from liquid_nav.simulation.posed import PosedWorld
from liquid_nav.sitl.mavlink_flight import SIMULATED_AUTOPILOTS, fly_mavlink
from liquid_nav.sitl.vehicle_body import EmbeddedBody
from liquid_nav.types import Command
from liquid_nav.worlds import DRONE_MODEL, CameraConfig, load_condition, load_scenario

FIELD = load_scenario("field")
SUMMER = load_condition("summer")


@pytest.mark.parametrize("autopilot", ["px4", "ardupilot"])
def test_the_expert_arrives_as_it_does_without_an_autopilot_between(autopilot):
    direct = fly_in_simulation(FIELD, 10_000, SUMMER, ExpertPilot())
    through = fly_mavlink(FIELD, 10_000, SUMMER, ExpertPilot(), autopilot)
    assert direct.outcome.success and through.outcome.success
    assert through.outcome.time == pytest.approx(direct.outcome.time, abs=1.0)
    assert through.latency == direct.latency
    again = fly_mavlink(FIELD, 10_000, SUMMER, ExpertPilot(), autopilot)
    assert again.digest() == through.digest()


def test_the_embedded_drone_can_stand_take_off_and_land():
    with World(FIELD, 3, SUMMER) as world:
        (drone,) = world.drones
        body = EmbeddedBody(drone, airborne=False)
        place = body.state.position.copy()
        for until, command in (
            (1.0, None),
            (2.0, Command()),
            (5.0, Command(vz=0.8)),
            (20.0, Command(vz=-0.6)),
        ):
            body.drive(command)
            while body.time < until - 1e-9 and not (until == 20.0 and body.landed):
                body.advance(body.time + 0.02)
            if until == 5.0:
                assert not body.landed and body.state.position[2] > 1.0
        assert body.landed and drone.collision is None
        assert body.state.position[2] == pytest.approx(DRONE_MODEL.standing_height) and place[
            2
        ] == pytest.approx(DRONE_MODEL.standing_height)


@pytest.mark.parametrize("autopilot", sorted(SIMULATED_AUTOPILOTS))
@pytest.mark.timeout(60)
def test_time_ends_for_a_vehicle_whose_drone_has_touched_something(autopilot):
    with World(FIELD, 3, SUMMER) as world:
        (drone,) = world.drones
        vehicle = SIMULATED_AUTOPILOTS[autopilot](EmbeddedBody(drone))
        vehicle.advance(0.1)
        drone.collision = "trunk"
        vehicle.advance(0.2)
        assert vehicle.now == pytest.approx(0.1)


def test_the_first_pose_from_outside_is_the_scenarios_start():
    world = PosedWorld(FIELD, 3, SUMMER, CameraConfig(64, 36))
    start = world.layout.start
    north = geometry.attitude_from_euler(0.0, 0.0, math.pi / 2)
    zero, still = np.zeros(3), np.full(3, math.nan)
    first = world.to_world(DroneState(4.0, np.array((7.0, 8.0, 0.2)), north, zero, zero, still))
    assert (
        first.position == pytest.approx((start.x, start.y, DRONE_MODEL.standing_height))
        and first.time == 4.0
    )
    assert math.cos(first.yaw - start.yaw) == pytest.approx(1.0)
    # A metre to the north, nose first, and two metres up: a metre along the start's heading.
    second = world.to_world(
        DroneState(5.0, np.array((7.0, 9.0, 2.2)), north, np.array((0.0, 1.0, 0.0)), zero, still)
    )
    ahead = (
        start.x + math.cos(start.yaw),
        start.y + math.sin(start.yaw),
        DRONE_MODEL.standing_height + 2.0,
    )
    assert second.position == pytest.approx(ahead)
    assert second.level_velocity() == pytest.approx((1.0, 0.0, 0.0), abs=1e-9)
    assert world.place(second) is None
    flying = PosedWorld(FIELD, 3, SUMMER, CameraConfig(64, 36))
    first = flying.to_world(
        DroneState(4.0, np.array((7.0, 8.0, 3.4)), north, zero, zero, still), airborne=True
    )
    assert first.position == pytest.approx((start.x, start.y, start.z)), (
        "in the air, not on the ground"
    )
    assert flying.place(first) is None
    flying.close()
    assert (
        world.place(DroneState(6.0, np.array((start.x, start.y, 0.0)), north, zero, zero, still))
        is not None
    )
