"""The session's picture of the vehicle, its own limits of a command, and its memory of orders."""

import math

import numpy as np
import pytest

from liquid_nav.autopilots import Landed, SessionConfig, VehicleState
from liquid_nav.autopilots.ledger import Ledger, News
from liquid_nav.autopilots.session_config import bounded
from liquid_nav.errors import UserError
from liquid_nav.safety import Mode, Order
from liquid_nav.types import Command

TIMES = ("heartbeat", "position_time", "sticks_time", "receiver_time", "global_time")


def at_height(height, **state):
    return VehicleState(position=np.array((1.0, 2.0, -height)), **state)


# Heartbeats and clocks.


def test_a_vehicle_of_which_nothing_is_known_claims_nothing():
    vehicle = VehicleState()
    assert (
        not vehicle.armed and not vehicle.failsafe and not vehicle.airborne and vehicle.reboots == 0
    )
    assert (
        vehicle.landed is Landed.UNKNOWN
        and vehicle.height == 0.0
        and vehicle.heartbeat_period == 1.0
    )
    assert vehicle.odometry() is None and list(vehicle.rates) == [0.0, 0.0, 0.0]


def test_the_first_heartbeat_gives_no_period():
    vehicle = VehicleState()
    vehicle.beat(50.0)
    assert (vehicle.heartbeat, vehicle.heartbeat_period) == (50.0, 1.0)


@pytest.mark.parametrize(
    ("pauses", "period"),
    [
        ([3.0], 3.0),
        ([0.5], 0.8),
        ([0.5, 0.5], 0.64),
        ([0.75], 0.8),
        ([0.875], 0.875),
        ([2.0, 0.5], 1.6),
    ],
)
def test_the_time_between_heartbeats_rises_at_once_and_falls_slowly(pauses, period):
    vehicle = VehicleState(heartbeat=50.0)
    for pause in pauses:
        vehicle.beat(vehicle.heartbeat + pause)
    assert vehicle.heartbeat_period == pytest.approx(period) and vehicle.heartbeat == 50.0 + sum(
        pauses
    )


@pytest.mark.parametrize("name", TIMES)
@pytest.mark.parametrize(("time", "kept"), [(None, None), (9.0, 9.0), (10.0, 10.0), (11.0, 10.0)])
def test_after_a_jump_of_the_clock_nothing_has_come_in_the_future(name, time, kept):
    vehicle = VehicleState(**dict.fromkeys(TIMES, 12.0) | {name: time})
    vehicle.clip(10.0)
    assert getattr(vehicle, name) == kept
    assert [getattr(vehicle, other) for other in TIMES if other != name] == [10.0] * 4


# Standing and flying.


@pytest.mark.parametrize(
    ("landed", "height", "flies"),
    [
        (Landed.IN_AIR, 5.0, True),
        (Landed.ON_GROUND, 9.0, False),
        (Landed.TAKING_OFF, 5.0, True),
        (Landed.COMING_DOWN, 5.0, True),
        (Landed.UNKNOWN, 5.25, False),
        (Landed.UNKNOWN, 5.4, True),
        (Landed.UNKNOWN, 4.0, False),
    ],
)
def test_an_armed_vehicle_flies_by_its_own_report_or_by_its_height_above_the_ground(
    landed, height, flies
):
    assert at_height(height, landed=landed, ground=5.0, armed=True).airborne is flies


@pytest.mark.parametrize("landed", Landed)
def test_a_disarmed_vehicle_flies_only_by_its_own_report(landed):
    assert at_height(9.0, landed=landed, ground=5.0, armed=False).airborne is (
        landed is Landed.IN_AIR
    )
    assert at_height(9.0, landed=landed, ground=None, armed=False).airborne is (
        landed is Landed.IN_AIR
    )


@pytest.mark.parametrize(("height", "flies"), [(0.29, False), (0.3, False), (0.31, True)])
def test_where_its_detector_is_silent_it_flies_from_thirty_centimetres_on(height, flies):
    assert at_height(height, ground=0.0, armed=True).airborne is flies


def test_an_armed_vehicle_of_which_no_ground_is_known_flies():
    assert at_height(0.0, armed=True).airborne and VehicleState(armed=True).airborne


@pytest.mark.parametrize(("armed", "ground"), [(False, 5.0), (True, 2.0)])
def test_the_ground_is_where_it_stands_disarmed(armed, ground):
    vehicle = at_height(5.0, ground=2.0, armed=armed)
    vehicle.stand()
    assert vehicle.ground == ground


def test_the_ground_is_not_known_without_a_position():
    vehicle = VehicleState(ground=2.0)
    vehicle.stand()
    assert vehicle.ground == 2.0


# Odometry.


def moving():
    return VehicleState(
        position=np.array((1.0, 2.0, 3.0)),
        velocity=np.array((4.0, 5.0, 6.0)),
        attitude=np.array((1.0, 0.0, 0.0, 0.0)),
        rates=np.array((7.0, 8.0, 9.0)),
        boot=42.0,
    )


def test_odometry_is_in_our_frames_with_the_time_of_the_vehicles_clock():
    odometry = moving().odometry()
    assert odometry.time == 42.0
    assert odometry.position.tolist() == [2.0, 1.0, -3.0] and odometry.velocity.tolist() == [
        5.0,
        4.0,
        -6.0,
    ]
    assert odometry.angular_velocity.tolist() == [7.0, -8.0, -9.0]
    # Level and to the north: a quarter of a turn to the left of east.
    assert odometry.quaternion == pytest.approx((math.sqrt(0.5), 0.0, 0.0, math.sqrt(0.5)))


@pytest.mark.parametrize("missing", ["position", "attitude", "boot"])
def test_there_is_no_odometry_until_all_of_it_has_come(missing):
    vehicle = moving()
    setattr(vehicle, missing, None)
    assert vehicle.odometry() is None


# The bridge's own limits.


@pytest.mark.parametrize("rate", [20.0, 30.0, 50.0])
def test_rates_of_set_points_that_an_autopilot_follows(rate):
    assert SessionConfig(rate=rate).rate == rate


@pytest.mark.parametrize("rate", [0.0, 19.9, 50.1, math.nan])
def test_other_rates_are_refused_with_advice(rate):
    with pytest.raises(UserError) as caught:
        SessionConfig(rate=rate)
    assert str(caught.value) == str(
        UserError(f"set points at {rate:g} Hz", "choose a rate between 20 and 50 Hz")
    )


LIMITS = SessionConfig(speed=5.0, vertical_speed=2.0, yaw_rate=1.5)


@pytest.mark.parametrize(
    ("command", "inside"),
    [
        (Command(), Command()),
        (Command(3.0, 4.0, 2.0, 1.5), Command(3.0, 4.0, 2.0, 1.5)),
        (Command(3.0, -4.0, -2.0, -1.5), Command(3.0, -4.0, -2.0, -1.5)),
        (Command(6.0, 8.0, 2.1, 1.6), Command(3.0, 4.0, 2.0, 1.5)),
        (Command(-6.0, -8.0, -2.1, -1.6), Command(-3.0, -4.0, -2.0, -1.5)),
        (Command(0.5, 0.0, 1.0, 1.0), Command(0.5, 0.0, 1.0, 1.0)),
        (Command(vx=9.9e29), Command(vx=5.0)),
    ],
)
def test_a_command_is_brought_inside_the_bridges_own_limits(command, inside):
    assert bounded(command, LIMITS).as_array() == pytest.approx(inside.as_array())


def test_limits_of_zero_let_no_motion_through():
    still = SessionConfig(speed=0.0, vertical_speed=0.0, yaw_rate=0.0)
    for command in (Command(), Command(1.0, -1.0, 1.0, -1.0)):
        assert bounded(command, still).as_array() == pytest.approx(Command().as_array())


@pytest.mark.parametrize("name", ["vx", "vy", "vz", "yaw_rate"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e30, -1e30])
def test_what_no_protocol_can_carry_is_no_command(name, value):
    assert bounded(Command(**{name: value}), LIMITS) is None


# Orders that were seen.


def order(supervisor="a", act=0, engagement=0, change=0):
    return Order(supervisor, Mode.ENGAGED, act, engagement, 0.0, change)


def test_the_first_order_of_a_supervisor_counts_as_seen():
    ledger = Ledger()
    assert ledger.take(order(act=3, engagement=2)) == News(
        act=False, engagement=False, current=True
    )
    assert ledger.take(order("b", act=9, engagement=9)) == News()


@pytest.mark.parametrize(
    ("act", "engagement", "news"),
    [
        (3, 2, News()),
        (4, 2, News(act=True)),
        (4, 3, News(act=True, engagement=True)),
        (3, 3, News()),
    ],
)
def test_only_a_higher_number_is_news_and_only_once(act, engagement, news):
    ledger = Ledger()
    ledger.take(order(act=3, engagement=2, change=5))
    assert ledger.take(order(act=act, engagement=engagement, change=6)) == news
    assert ledger.take(order(act=act, engagement=engagement, change=6)) == News()


def test_each_of_many_requests_is_news():
    ledger = Ledger()
    ledger.take(order())
    for number in (1, 2, 3):
        assert ledger.take(order(act=number, engagement=number, change=number)) == News(
            act=True, engagement=True
        )
    assert ledger.take(order(act=4, engagement=3, change=4)) == News(act=True)
    assert not ledger.take(order(act=3, engagement=3, change=4)).current


def test_64_supervisors_are_remembered_and_the_oldest_is_forgotten():
    ledger = Ledger()
    for number in range(64):
        ledger.take(order(str(number), act=1))
    assert ledger.take(order("0", act=2)).act  # all 64 are known
    ledger.take(order("64", act=1))
    assert ledger.take(order("1", act=2)).act and ledger.take(order("64", act=2)).act
    assert not ledger.take(order("0", act=3)).act  # it is received for the first time
    assert not ledger.take(order("1", act=3)).act  # the next oldest had to go for it
    assert ledger.take(order("3", act=2)).act


# The remote control.


def test_channels_become_positions_and_those_that_are_not_used_have_none():
    assert VehicleState().positions == ()
    vehicle = VehicleState(sticks=(1000, 1500, 2000, 800, 2200))
    assert vehicle.positions == (-1.0, 0.0, 1.0, -1.4, 1.4)
    unused = VehicleState(sticks=(0, 799, 2201, 65535)).positions
    assert len(unused) == 4 and all(math.isnan(position) for position in unused)


@pytest.mark.parametrize("channel", [0, 5, 16])
def test_the_engage_switch_may_be_on_any_channel_behind_the_sticks(channel):
    assert SessionConfig(engage_channel=channel).engage_channel == channel


@pytest.mark.parametrize("channel", [-1, 1, 4, 17])
def test_an_engage_switch_on_a_stick_or_nowhere_is_refused(channel):
    with pytest.raises(UserError) as error:
        SessionConfig(engage_channel=channel)
    assert error.value.cause == f"the engage switch cannot be on channel {channel}"
    assert error.value.remedy == "choose one of the channels 5 to 16, or 0 for none"
