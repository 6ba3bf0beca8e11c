"""A simulated vehicle's true pose over MAVLink bytes: where it is, and what is dropped."""

import math

import numpy as np
import pytest

pytest.importorskip("pymavlink")

from pymavlink.dialects.v20 import common as mavlink

from liquid_nav.autopilots.mavlink_codec import (
    COMPANION_COMPONENT_ID,
    COMPANION_SYSTEM_ID,
    MavlinkCodec,
)
from liquid_nav.autopilots.mavlink_messages import request_message_rate
from liquid_nav.autopilots.true_pose import TRUE_POSE_MESSAGE_IDS, TRUE_POSE_RATE, MavlinkTruePose
from liquid_nav.sitl.simulated_ardupilot import ArduPilotVehicle
from liquid_nav.sitl.simulated_px4 import Px4Vehicle
from liquid_nav.sitl.vehicle_body import PointBody
from liquid_nav.types import Command

KINDS = {"px4": Px4Vehicle, "ardupilot": ArduPilotVehicle}


def hil(
    lat=474000000,
    lon=85000000,
    alt=500000,
    q=(1.0, 0.0, 0.0, 0.0),
    v=(100, 200, -50),
    rates=(0.1, 0.2, 0.3),
):
    return mavlink.MAVLink_hil_state_quaternion_message(
        0, list(q), *rates, lat, lon, alt, *v, 0, 0, 0, 0, 0
    )


def reported(vehicle, codec, seconds):
    """What the vehicle has reported in some time, as messages."""
    packets = vehicle.advance(vehicle.now + seconds)
    return [message for packet in packets for message in codec.decode(packet)]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_truth_comes_only_when_asked_for_and_shows_what_the_estimate_hides(kind):
    vehicle, codec, pose = (
        KINDS[kind](PointBody(3.0)),
        MavlinkCodec(COMPANION_SYSTEM_ID, COMPANION_COMPONENT_ID),
        MavlinkTruePose(),
    )
    assert not [m for m in reported(vehicle, codec, 1.0) if pose.read(m, 1.0)]
    vehicle.receive(
        codec.encode(request_message_rate(1, TRUE_POSE_MESSAGE_IDS[kind], TRUE_POSE_RATE))
    )
    found, estimates = [], []
    for step in range(100):
        vehicle.estimate_error = np.array((0.01, -0.02, 0.005)) * step
        vehicle.body.drive(Command(vx=1.0, vy=0.5, vz=0.2, yaw_rate=0.1))
        for message in reported(vehicle, codec, 0.02):
            odometry = pose.read(message, vehicle.now)
            if odometry is not None:
                found.append((odometry, vehicle.body.state))
            if message.get_type() == "LOCAL_POSITION_NED":
                estimates.append(np.array((message.y, message.x, -message.z)) + vehicle.origin)
    assert len(found) > 60
    first = found[0][1].position
    for odometry, state in found:
        np.testing.assert_allclose(odometry.position, state.position - first, atol=0.03)
        np.testing.assert_allclose(odometry.velocity, state.velocity, atol=0.1)
        assert abs(float(odometry.quaternion @ state.quaternion)) == pytest.approx(1.0, abs=1e-3)
    error = estimates[-1] - vehicle.body.state.position
    assert np.linalg.norm(error) > 1.5, (
        "the estimate has drifted away, and the true pose has not followed it"
    )


def test_frames_and_units_of_px4():
    pose = MavlinkTruePose()
    pose.read(hil(), 1.0)
    half = math.sqrt(0.5)
    found = pose.read(hil(lat=474000090, lon=85000000, alt=502500, q=(half, 0.0, 0.0, half)), 1.02)
    assert found.time == 1.02
    np.testing.assert_allclose(found.position, (0.0, 1.0, 2.5), atol=2e-3)
    np.testing.assert_allclose(found.velocity, (2.0, 1.0, 0.5))
    np.testing.assert_allclose(found.angular_velocity, (0.1, -0.2, -0.3))
    # Looking east by theirs is yaw zero by ours.
    np.testing.assert_allclose(np.abs(found.quaternion), (1.0, 0.0, 0.0, 0.0), atol=1e-6)


def test_east_shrinks_with_the_latitude():
    pose = MavlinkTruePose()
    pose.read(hil(lat=600000000, lon=0), 1.0)
    east, north, _ = pose.read(hil(lat=600000000, lon=1000), 1.1).position
    assert (
        east == pytest.approx(1000 * 6_371_000 * math.radians(1e-7) / 2, rel=1e-9) and north == 0.0
    )


def sim(lat, lon):
    """A vehicle of ArduPilot, at rest and level."""
    return mavlink.MAVLink_sim_state_message(
        1.0, *[0.0] * 12, lat * 1e-7, lon * 1e-7, 500.0, *[0.0] * 5, lat_int=lat, lon_int=lon
    )


@pytest.mark.parametrize(
    ("message", "metre"), [(hil, 6_371_000 * math.radians(1e-7)), (sim, 0.011131884502145034)]
)
def test_each_autopilot_lays_out_its_map_with_a_scale_of_its_own(message, metre):
    pose = MavlinkTruePose()
    pose.read(message(lat=474000000, lon=85000000), 1.0)
    found = pose.read(message(lat=474100000, lon=85000000), 2.0)
    assert found.position[1] == pytest.approx(100_000 * metre, rel=1e-9)


def test_an_attitude_of_nearly_the_right_length_is_brought_to_it():
    found = MavlinkTruePose().read(hil(q=(1.05, 0.0, 0.0, 0.0)), 1.0)
    assert np.linalg.norm(found.quaternion) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize(
    "bad",
    [
        hil(lat=0, lon=0),
        hil(q=(0.0, 0.0, 0.0, 0.0)),
        hil(q=(2.0, 0.0, 0.0, 0.0)),
        hil(q=(math.nan, 0.0, 0.0, 0.0)),
        hil(rates=(math.inf, 0.0, 0.0)),
        mavlink.MAVLink_heartbeat_message(2, 12, 0, 0, 3, 3),
    ],
    ids=["nowhere", "no rotation", "too long", "nan", "infinite", "another message"],
)
def test_what_is_no_pose_is_dropped_and_makes_no_origin(bad):
    pose = MavlinkTruePose()
    assert pose.read(bad, 1.0) is None
    np.testing.assert_array_equal(pose.read(hil(), 1.0).position, np.zeros(3))


def test_without_a_time_or_without_progress_there_is_no_pose():
    pose = MavlinkTruePose()
    assert pose.read(hil(), None) is None
    assert pose.read(hil(), 5.0) is not None
    assert pose.read(hil(), 5.0) is None
    assert pose.read(hil(), 1.0) is not None, "the vehicle has started again"
