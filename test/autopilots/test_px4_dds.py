"""PX4 over DDS: what differs from MAVLink. Whole flights are in test_session.py and
test_authority.py.
"""

import math

import numpy as np
import pytest

from liquid_nav import geometry
from liquid_nav.autopilots import Landed, Px4DdsAdapter, px4_dds
from liquid_nav.autopilots.adapter import Answer, RequestKind
from liquid_nav.autopilots.px4_dds import Px4SetPoint, Px4VehicleCommand, px4_topic_name
from liquid_nav.safety import Mode, Order, Phase
from liquid_nav.types import Command

FORWARD, STEP = Command(1.0, 0.0, 0.0, 0.2), 0.02
IDENTITY = np.array((1.0, 0.0, 0.0, 0.0))
ZERO = np.zeros(3)


def place(adapter, now, quaternion=IDENTITY, frames_of=(1, 1), stamp=None, **values):
    given = {"position": ZERO, "velocity": ZERO, "rates": ZERO} | values
    stamp = round(now * 1e6) if stamp is None else stamp
    return adapter.odometry(
        given["position"], quaternion, given["velocity"], given["rates"], frames_of, stamp, now
    )


def status(adapter, nav_state, now, armed=False, system=1, passes=True, failsafe=False):
    adapter.status(nav_state, armed, system, passes, failsafe, now)


def test_without_a_heading_nothing_starts_and_a_flight_holds(flight):
    flight = flight("px4_dds", 2.0)
    flight.command = FORWARD
    flight.end.seeing = False
    flight.until("released")
    flight.person("engaged")
    flight.go(7.0)
    assert flight.session.fault is not None and not flight.set_points()
    flight.end.seeing = True
    flight.go(1.0)
    flight.person("disengaged", "engaged")
    flight.until("flying")
    flight.go(2.0)
    flight.end.seeing, blind = False, flight.now
    flight.until("holding", 2.0)
    flight.go(4.0)
    assert "vehicle_odometry" in str(flight.session.fault) and flight.speed < 0.05
    late = flight.set_points(blind + px4_dds.HEADING_AGE + 2 * STEP)
    assert late and all(point[1:3] == (0.0, 0.0) for point in late)


def test_checks_that_fail_for_want_of_set_points_are_no_complaint():
    adapter = Px4DdsAdapter()
    status(
        adapter, px4_dds.OFFBOARD, 0.0, passes=False
    )  # as the real PX4 stands there after a landing
    assert adapter.session.warnings(0.0) == []
    status(adapter, px4_dds.LOITER, 0.1, passes=False)
    assert "pre-flight checks" in adapter.session.warnings(0.0)[0]


def test_other_systems_are_ignored():
    adapter = Px4DdsAdapter()
    status(adapter, 14, 0.0, armed=True, system=7)
    assert adapter.session.phase is Phase.OFFLINE and adapter.foreign == 1
    first = Px4DdsAdapter(target=None)
    status(first, 14, 0.0, system=7)
    status(first, 14, 0.1, system=8)
    assert (first.target, first.foreign, first.session.phase) == (7, 1, Phase.READY)


@pytest.mark.parametrize(
    ("version", "name"),
    [
        (None, "vehicle_status"),
        (0, "vehicle_status"),
        (1, "vehicle_status_v1"),
        (4, "vehicle_status_v4"),
    ],
)
def test_topic_names_follow_the_message_version(version, name):
    kind = type("VehicleStatus", (), {} if version is None else {"MESSAGE_VERSION": version})
    assert px4_topic_name("fmu/out", "vehicle_status", kind) == f"fmu/out/{name}"


@pytest.mark.parametrize(
    ("yaw_ned", "command", "velocity"),
    [
        (0.0, Command(vx=1.0), (1.0, 0.0, 0.0)),  # nose north: forward is north
        (math.pi / 2, Command(vx=1.0), (0.0, 1.0, 0.0)),  # nose east
        (math.pi / 2, Command(vy=1.0), (1.0, 0.0, 0.0)),  # left of east is north
        (math.pi, Command(vz=1.0), (0.0, 0.0, -1.0)),  # up is minus down
    ],
)
def test_set_points_are_turned_by_the_heading(yaw_ned, command, velocity):
    adapter = Px4DdsAdapter()
    tilted = geometry.attitude_from_euler(0.2, -0.1, yaw_ned)
    assert place(adapter, 0.0, tilted)
    adapter.send_set_point(Command(command.vx, command.vy, command.vz, 0.3))
    (point,) = adapter.take()
    assert isinstance(point, Px4SetPoint)
    assert point.velocity == pytest.approx(velocity, abs=1e-9) and point.yaw_rate == -0.3


def test_odometry_becomes_ours_and_what_cannot_be_used_is_refused():
    adapter, quarter = Px4DdsAdapter(), geometry.attitude_from_euler(0.0, 0.0, math.pi / 2)
    forward = np.array((1.0, 0.0, 0.0))
    assert place(
        adapter,
        5.0,
        quarter,
        (1, 3),
        position=np.array((1.0, 2.0, -3.0)),
        velocity=forward,
        rates=np.array((0.1, 0.2, 0.3)),
    )
    odometry = adapter.session.vehicle.odometry()
    assert odometry.position.tolist() == [2.0, 1.0, 3.0]
    assert odometry.velocity == pytest.approx((1.0, 0.0, 0.0))  # forward with the nose east
    assert geometry.yaw_of(odometry.quaternion) == pytest.approx(0.0, abs=1e-9)
    assert odometry.angular_velocity.tolist() == [0.1, -0.2, -0.3]
    for q, frames_of in (
        (IDENTITY, (2, 1)),
        (IDENTITY, (1, 0)),
        (np.zeros(4), (1, 1)),
        (np.full(4, math.nan), (1, 1)),
    ):
        assert not place(adapter, 6.0, q, frames_of)
    assert not place(adapter, 6.0, position=np.full(3, math.nan))
    assert adapter.session.vehicle.position_time == 5.0


def test_the_same_odometry_again_is_no_news():
    adapter = Px4DdsAdapter()
    assert place(adapter, 1.0, stamp=77) and not place(adapter, 2.0, stamp=77)
    assert adapter.session.vehicle.position_time == 1.0
    assert place(adapter, 3.0, stamp=5)  # its clock was set: still progress


@pytest.mark.parametrize(
    ("kind", "value", "number", "parameters"),
    [
        (RequestKind.MODE, 14, 176, (1.0, 6.0, 0.0)),
        (RequestKind.MODE, 4, 176, (1.0, 4.0, 3.0)),
        (RequestKind.MODE, 18, 176, (1.0, 4.0, 6.0)),
        (RequestKind.ARM, 1.0, 400, (1.0, 0.0, 0.0)),
        (RequestKind.DISARM, 0.0, 400, (0.0, 0.0, 0.0)),
        (RequestKind.LAND, 0.0, 21, (0.0, 0.0, 0.0)),
    ],
)
def test_requests_are_vehicle_commands_and_answers_find_them(kind, value, number, parameters):
    adapter = Px4DdsAdapter()
    adapter.acknowledge(number, 0, 0.5)
    assert adapter.session.replies == {}  # nothing was requested
    adapter.request(kind, value)
    assert (
        adapter.take() == [Px4VehicleCommand(number, (*parameters, 0.0, 0.0, 0.0, 0.0))]
        and adapter.take() == []
    )
    adapter.acknowledge(number, 1, 1.0)
    assert adapter.session.replies[kind].answer is Answer.TEMPORARILY_REJECTED
    adapter.acknowledge(number, 99, 1.0)


def test_landed_battery_and_failsafe_reach_the_picture():
    adapter = Px4DdsAdapter()
    vehicle = adapter.session.vehicle
    adapter.landed(True, 0.0)
    assert vehicle.landed is Landed.ON_GROUND
    adapter.landed(False, 0.0)
    assert vehicle.landed is Landed.IN_AIR and vehicle.airborne
    adapter.battery(0.7, 15.0)
    assert (vehicle.battery, vehicle.voltage) == (0.7, 15.0)
    adapter.battery(1.7, 0.0)
    assert (vehicle.battery, vehicle.voltage) == (None, None)
    for unknown in (-1.0, math.nan):
        adapter.battery(unknown, math.nan)
        assert vehicle.battery is None and vehicle.voltage is None
    status(adapter, 4, 1.0, armed=True, failsafe=True)
    assert vehicle.failsafe and vehicle.armed and vehicle.mode == 4


def test_without_a_global_position_it_holds_by_set_points():
    adapter = Px4DdsAdapter()
    status(adapter, 4, 1.0)
    assert adapter.session.holds_by_mode  # no message has reported that there is none
    adapter.global_position(False, 1.0)
    status(adapter, 4, 5.0)
    assert not adapter.session.holds_by_mode
    adapter.global_position(True, 5.0)
    status(adapter, 4, 5.1)
    assert adapter.session.holds_by_mode


def test_nothing_is_sent_before_an_engagement():
    adapter = Px4DdsAdapter()
    session = adapter.session
    for i in range(200):
        now = 0.02 * i
        status(adapter, 4, now)
        place(adapter, now)
        session.command(FORWARD, now)
        session.take_order(Order("old", Mode.ENGAGED, 5, 3), now)
        assert adapter.update(now) == []
    assert any(px4_dds.TO_CHECK == event.text for event in session.events())
