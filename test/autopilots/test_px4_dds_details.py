"""PX4 over DDS value by value: exactly at each limit, and what is reported when something is
unknown or too old.
"""

import math

import numpy as np
import pytest

from liquid_nav import geometry
from liquid_nav.autopilots import PX4, Px4DdsAdapter, SessionConfig, px4_dds
from liquid_nav.autopilots.adapter import Answer, RequestKind
from liquid_nav.autopilots.profiles import px4_mode
from liquid_nav.autopilots.px4_dds import PX4_DDS, Px4SetPoint, Px4VehicleCommand
from liquid_nav.safety import Phase
from liquid_nav.types import Command

EAST = geometry.attitude_from_euler(0.0, 0.0, math.pi / 2)
"""Nose east, level, FRD to NED."""
ZERO = np.zeros(3)
NO_HEADING = "no usable vehicle_odometry (NED) for 0.5 s: set points need a heading"
NO_CHECKS = "its pre-flight checks do not pass: QGroundControl shows which"
COMMAND = Command(1.0, 0.0, 0.5, 0.2)


def place(
    adapter,
    now,
    quaternion=EAST,
    position=ZERO,
    velocity=ZERO,
    rates=ZERO,
    frames_of=(1, 1),
    stamp=None,
):
    stamp = round(now * 1e6) if stamp is None else stamp
    return adapter.odometry(position, quaternion, velocity, rates, frames_of, stamp, now)


def status(
    adapter, now, nav_state=px4_dds.LOITER, armed=False, system=1, passes=True, failsafe=False
):
    adapter.status(nav_state, armed, system, passes, failsafe, now)


def set_point(adapter, now, command=COMMAND):
    adapter.session.now = now
    adapter.send_set_point(command)
    (point,) = adapter.take()
    assert isinstance(point, Px4SetPoint)
    return point


# Statuses.


def test_a_status_is_the_heartbeat_and_names_its_vehicle():
    adapter = Px4DdsAdapter(SessionConfig(rate=25.0))
    assert adapter.session.config.rate == 25.0 and adapter.foreign == 0
    status(adapter, 3.0, 2, armed=True)
    session, vehicle = adapter.session, adapter.session.vehicle
    assert (vehicle.heartbeat, vehicle.mode, vehicle.armed, vehicle.failsafe) == (
        3.0,
        2,
        True,
        False,
    )
    assert (vehicle.autopilot, vehicle.kind) == (PX4.autopilot, None)
    assert (session.now, session.phase) == (3.0, Phase.RELEASED)
    assert str(session.fault) and "POSCTL" in str(session.fault)
    status(adapter, 3.5, failsafe=True)
    assert (vehicle.heartbeat, vehicle.armed, vehicle.failsafe, session.now) == (
        3.5,
        False,
        True,
        3.5,
    )
    assert session.phase is Phase.READY


def test_statuses_of_others_are_counted_and_change_nothing():
    adapter = Px4DdsAdapter()
    status(adapter, 1.0)
    for now in (2.0, 3.0):
        status(adapter, now, 14, armed=True, system=2, passes=False)
    vehicle = adapter.session.vehicle
    assert adapter.foreign == 2
    assert (vehicle.heartbeat, vehicle.mode, vehicle.armed) == (1.0, 4, False)
    assert adapter.warnings() == []


def test_a_global_position_counts_until_px4_reports_that_there_is_none():
    adapter = Px4DdsAdapter()
    vehicle = adapter.session.vehicle
    status(adapter, 1.0)
    assert vehicle.global_time == 1.0
    adapter.global_position(False, 1.0)
    status(adapter, 2.0)
    assert vehicle.global_time == 1.0
    adapter.global_position(True, 2.0)
    status(adapter, 3.0)
    assert vehicle.global_time == 3.0


def test_checks_that_do_not_pass_are_reported_unless_it_waits_for_set_points_that_do_not_come():
    adapter = Px4DdsAdapter()
    assert adapter.warnings() == []
    status(adapter, 1.0, passes=True)
    assert adapter.warnings() == []
    status(adapter, 2.0, passes=False)
    assert adapter.warnings() == [NO_CHECKS]
    status(adapter, 3.0, px4_dds.OFFBOARD, passes=False)
    assert adapter.warnings() == []
    adapter.session.streaming = True
    assert adapter.warnings() == [NO_CHECKS]
    status(adapter, 4.0, px4_dds.OFFBOARD, passes=True)
    assert adapter.warnings() == []


# Answers.


@pytest.mark.parametrize(
    ("result", "answer"),
    [
        (0, Answer.ACCEPTED),
        (1, Answer.TEMPORARILY_REJECTED),
        (2, Answer.DENIED),
        (3, Answer.UNSUPPORTED),
        (4, Answer.FAILED),
        (5, Answer.IN_PROGRESS),
        (6, Answer.CANCELLED),
        (99, Answer.FAILED),
    ],
)
def test_every_answer_is_understood_and_an_unknown_one_is_a_failure(result, answer):
    adapter = Px4DdsAdapter()
    adapter.request(RequestKind.LAND)
    adapter.acknowledge(21, result, 3.0)
    adapter.acknowledge(400, result, 3.0)  # it was not requested
    assert {
        kind: (reply.answer, reply.time) for kind, reply in adapter.session.replies.items()
    } == {RequestKind.LAND: (answer, 3.0)}


def test_a_take_off_is_a_command_with_seven_parameters():
    adapter = Px4DdsAdapter()
    adapter.request(RequestKind.TAKE_OFF, 1.5, 1)
    assert adapter.take() == [Px4VehicleCommand(22, (0.0,) * 7)]


# The battery.


@pytest.mark.parametrize(
    ("remaining", "battery"),
    [
        (0.0, 0.0),
        (0.01, 0.01),
        (1.0, 1.0),
        (1.01, None),
        (78.0, None),
        (-0.01, None),
        (-1.0, None),
        (math.inf, None),
    ],
)
def test_the_charge_is_between_zero_and_one_or_unknown(remaining, battery):
    adapter = Px4DdsAdapter()
    adapter.battery(remaining, 12.0)
    assert (adapter.session.vehicle.battery, adapter.session.vehicle.voltage) == (battery, 12.0)


@pytest.mark.parametrize(
    ("voltage", "known"), [(0.5, 0.5), (12.0, 12.0), (0.0, None), (-1.0, None), (math.inf, None)]
)
def test_a_voltage_is_positive_or_unknown(voltage, known):
    adapter = Px4DdsAdapter()
    adapter.battery(0.5, voltage)
    assert (adapter.session.vehicle.battery, adapter.session.vehicle.voltage) == (0.5, known)


# Odometry.


@pytest.mark.parametrize(
    ("size", "taken"), [(0.89, False), (0.91, True), (1.05, True), (1.09, True), (1.11, False)]
)
def test_an_attitude_is_taken_if_it_is_nearly_one_and_made_one(size, taken):
    adapter = Px4DdsAdapter()
    assert place(adapter, 1.0, size * EAST) is taken
    vehicle = adapter.session.vehicle
    if taken:
        assert vehicle.attitude == pytest.approx(EAST, abs=1e-12)
    else:
        assert (
            vehicle.attitude is None
            and vehicle.position is None
            and adapter.ready(1.0) == NO_HEADING
        )


@pytest.mark.parametrize("bad", [math.nan, math.inf])
@pytest.mark.parametrize("name", ["position", "quaternion", "velocity", "rates"])
def test_what_is_not_finite_is_not_taken(name, bad):
    values = np.array((1.0, 0.0, 0.0, 0.0)) if name == "quaternion" else np.zeros(3)
    values[2] = bad
    adapter = Px4DdsAdapter()
    assert not place(adapter, 1.0, **{name: values})
    assert adapter.session.vehicle.position is None


@pytest.mark.parametrize("frames_of", [(0, 1), (2, 1), (3, 3), (1, 0), (1, 2), (1, 4)])
def test_odometry_in_other_frames_is_not_taken(frames_of):
    adapter = Px4DdsAdapter()
    assert not place(adapter, 1.0, frames_of=frames_of)
    assert adapter.session.vehicle.position is None


@pytest.mark.parametrize(
    ("frame", "velocity"), [(px4_dds.NED, (1.0, 2.0, 3.0)), (px4_dds.BODY_FRD, (-2.0, 1.0, 3.0))]
)
def test_odometry_of_single_precision_becomes_double_and_ned(frame, velocity):
    """With the nose east, forward is east and right is south."""
    adapter = Px4DdsAdapter()
    single = {
        "position": np.array((1, 2, -3), dtype=np.float32),
        "velocity": np.array((1, 2, 3), dtype=np.float32),
        "rates": np.array((0.5, 0.25, 0.125), dtype=np.float32),
    }
    assert place(adapter, 4.0, EAST.astype(np.float32), frames_of=(1, frame), **single)
    vehicle = adapter.session.vehicle
    assert vehicle.position.tolist() == [1.0, 2.0, -3.0] and vehicle.rates.tolist() == [
        0.5,
        0.25,
        0.125,
    ]
    assert vehicle.velocity == pytest.approx(velocity, abs=1e-6)
    assert (vehicle.position_time, vehicle.boot, vehicle.ground) == (4.0, 4.0, 3.0)
    for values in (vehicle.position, vehicle.velocity, vehicle.attitude, vehicle.rates):
        assert values.dtype == np.float64


def test_a_stamp_of_zero_is_progress_once():
    adapter = Px4DdsAdapter()
    assert place(adapter, 1.0, stamp=0)
    assert not place(adapter, 1.1, stamp=0)
    assert adapter.session.vehicle.position_time == 1.0


# Set points.


@pytest.mark.parametrize(
    ("age", "fresh"), [(0.0, True), (0.4, True), (0.5, True), (0.51, False), (-0.1, False)]
)
def test_a_heading_turns_a_command_for_half_a_second_and_then_only_height_and_turn_are_left(
    age, fresh
):
    adapter = Px4DdsAdapter()
    assert place(adapter, 2.0)
    assert adapter.ready(2.0 + age) == ("" if fresh else NO_HEADING)
    point = set_point(adapter, 2.0 + age)
    assert point.velocity == pytest.approx((0.0, 1.0 if fresh else 0.0, -0.5), abs=1e-12)
    assert point.yaw_rate == -0.2


def test_without_any_heading_only_height_and_turn_are_commanded():
    adapter = Px4DdsAdapter()
    assert adapter.ready(0.0) == NO_HEADING
    for command in (COMMAND, Command(3.0, 4.0, 0.5, 0.2)):
        assert set_point(adapter, 0.0, command) == Px4SetPoint((0.0, 0.0, -0.5), -0.2)


def test_odometry_that_is_not_taken_does_not_freshen_the_heading():
    adapter = Px4DdsAdapter()
    assert place(adapter, 2.0, stamp=7)
    assert not place(adapter, 2.4, stamp=7)
    assert adapter.ready(2.6) == NO_HEADING


# PX4 as DDS counts its modes.


@pytest.mark.parametrize(
    ("nav_state", "mode"),
    [
        (PX4_DDS.follow, PX4.follow),
        (PX4_DDS.hold, PX4.hold),
        (PX4_DDS.pilot_hold, PX4.pilot_hold),
        (PX4_DDS.land, PX4.land),
    ],
)
def test_the_same_mode_is_asked_for_and_called_the_same_over_dds_and_mavlink(nav_state, mode):
    assert PX4_DDS.mode_parameters(nav_state) == PX4.mode_parameters(mode)
    assert PX4_DDS.mode_name(nav_state) == PX4.mode_name(mode)
    adapter = Px4DdsAdapter()
    adapter.request(RequestKind.MODE, nav_state)
    assert adapter.take() == [
        Px4VehicleCommand(176, (*PX4.mode_parameters(mode), 0.0, 0.0, 0.0, 0.0))
    ]


def test_a_landing_may_become_a_descent():
    assert PX4_DDS.landing_modes == {18, 12} and PX4_DDS.ours == {14, 4, 18}


def test_custom_modes_of_px4_have_the_main_mode_in_byte_2_and_the_sub_mode_in_byte_3():
    assert (px4_mode(6), px4_mode(4, 3), px4_mode(1, 255)) == (
        0x0006_0000,
        0x0304_0000,
        0xFF01_0000,
    )
