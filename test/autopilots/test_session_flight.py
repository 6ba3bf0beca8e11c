"""A flight of a session: from its engagement to what is streamed, and what has to be fresh."""

import pytest
from session_bench import (
    A_LITTLE,
    BACK,
    BRAKE,
    CLIMBS,
    FORWARD,
    GUIDED,
    LOITER,
    NEEDS_A_PLACE,
    PROFILE,
    STEP,
    ZERO,
    Bench,
    points,
)

from liquid_nav.autopilots.adapter import Answer, RequestKind
from liquid_nav.autopilots.steps import IDLE
from liquid_nav.autopilots.vehicle import Landed
from liquid_nav.safety import Fault, FaultKind, Mode, Order, Phase
from liquid_nav.types import Command

# A flight, from its engagement on.


def test_a_flight_from_the_ground(bench):
    bench.connect().person("engaged")
    assert (bench.phase, bench.session.begun, bench.session.fault) == (Phase.STARTING, True, None)
    bench.go(1.0)
    assert bench.asked() == [(RequestKind.MODE, GUIDED), (RequestKind.ARM, 1.0)]
    assert bench.phase is Phase.CLIMBING
    bench.go(IDLE)
    assert bench.asked()[2:] == [(RequestKind.TAKE_OFF, 1.5)]
    assert bench.phase is Phase.FLYING
    assert bench.session.allowed == {GUIDED}
    assert points(bench.step()) == [FORWARD]
    assert bench.session.checked


@pytest.mark.parametrize(
    ("shown", "fault"),
    [({"armed": False}, FaultKind.DISARMED), ({"mode": LOITER}, FaultKind.FOREIGN_MODE)],
)
def test_a_pilot_who_acts_while_the_motors_turn_on_the_ground_has_them(bench, shown, fault):
    bench.idling().coming |= shown
    bench.step()
    assert bench.session.fault.kind is fault
    bench.go(2.0 * IDLE)
    assert bench.phase in (Phase.READY, Phase.RELEASED)
    assert (RequestKind.TAKE_OFF, 1.5) not in bench.asked()


@pytest.mark.parametrize("mode", ["disengaged", "holding", "landing", "pilot"])
@pytest.mark.parametrize("asked", ["person", "change"])
def test_motors_that_turn_on_the_ground_stop_on_any_other_order(bench, asked, mode):
    """Of a person, or by the supervisor itself: the engage switch, a stick, a fault."""
    getattr(bench.idling(), asked)(mode)
    bench.go(2.0 * IDLE)
    assert bench.phase is Phase.STOPPING
    assert bench.asked()[-1] == (RequestKind.DISARM, 0.0)
    assert (RequestKind.TAKE_OFF, 1.5) not in bench.asked()


def test_motors_that_turn_on_the_ground_while_the_computer_sleeps_do_not_take_off_after_it(bench):
    bench.idling().step(2.0 * IDLE)
    bench.go(2.0 * IDLE)
    assert bench.session.fault.kind is FaultKind.STOOD_STILL and bench.phase is Phase.RELEASED
    assert (RequestKind.TAKE_OFF, 1.5) not in bench.asked()


def test_motors_that_turn_on_the_ground_stop_without_a_supervisor(bench):
    bench.idling().go(1.0, without=("command",))
    assert bench.phase is Phase.STOPPING
    assert bench.asked()[-1] == (RequestKind.DISARM, 0.0)


def test_an_engagement_that_is_repeated_is_no_engagement(bench):
    bench.connect().person("engaged").go(1.0)
    bench.coming |= {"armed": False, "landed": Landed.ON_GROUND}
    bench.step()
    bench.step()
    assert bench.phase is Phase.READY
    count_before = len(bench.asked())
    for _ in range(8):
        bench.order("engaged")
        bench.step()
    assert bench.phase is Phase.READY
    assert len(bench.asked()) == count_before


def test_orders_that_are_repeated_do_not_disturb_a_flight(bench):
    bench.fly()
    for _ in range(16):
        bench.order("engaged")
        assert points(bench.step()) == [FORWARD]
    assert bench.phase is Phase.FLYING
    assert bench.fault is None


def test_an_order_that_is_older_than_the_last_one_received_is_ignored(bench):
    bench.fly()
    bench.session.take_order(Order("a", Mode.LANDING, 0, 0, 0.0, 0), bench.now)
    assert bench.phase is Phase.FLYING
    assert bench.session.report().act == 1


def test_an_engagement_without_a_link_reports_it(bench):
    bench.order("disengaged").person("engaged")
    assert bench.phase is Phase.OFFLINE
    assert bench.session.fault == Fault(FaultKind.NO_HEARTBEAT, subject="is the link up?")
    assert bench.session.events()[-1].time == 64.0
    bench.beat(mode=LOITER, armed=False)
    assert bench.phase is Phase.READY


@pytest.mark.parametrize(
    ("autopilot", "kind", "text"),
    [
        (12, 2, "this vehicle is flown by PX4, not by ArduPilot"),
        (3, 1, "this vehicle is a plane, not a multicopter: its modes mean something else"),
    ],
)
def test_a_vehicle_that_is_not_ours_to_fly_is_not_engaged(bench, autopilot, kind, text):
    bench.connect()
    bench.vehicle.autopilot, bench.vehicle.kind = autopilot, kind
    bench.person("engaged")
    assert bench.phase is Phase.READY
    assert bench.session.fault == Fault(FaultKind.WRONG_VEHICLE, subject=text)


def test_an_engagement_during_a_landing_is_refused(bench):
    bench.land().person("engaged")
    assert (bench.phase, bench.fault) == (Phase.LANDING, FaultKind.LANDING_GOES_ON)


def test_an_engagement_while_motors_are_being_stopped_is_refused(bench):
    bench.climbing().person("disengaged")
    assert bench.phase is Phase.STOPPING
    bench.person("engaged")
    assert (bench.phase, bench.fault) == (Phase.STOPPING, FaultKind.STILL_STOPPING)


@pytest.mark.parametrize("phase", ["arming", "climbing", "fly"])
def test_an_engagement_during_a_flight_begins_nothing_anew(bench, phase):
    getattr(bench, phase)()
    before = bench.phase
    bench.person("engaged")
    assert bench.phase is before
    assert bench.fault is None
    assert bench.session.events() == []


def test_an_engagement_of_a_pilots_flight_takes_over_by_the_mode_alone(bench):
    bench.released()
    bench.sent.clear()
    bench.person("engaged")
    assert bench.fault is None
    bench.go(1.0)
    assert bench.phase is Phase.FLYING
    assert bench.asked() == [(RequestKind.MODE, GUIDED)]


def test_an_engagement_ends_a_persons_hold(bench):
    bench.hold().sent.clear()
    bench.person("engaged").go(1.0)
    assert bench.phase is Phase.FLYING
    assert bench.asked() == [(RequestKind.MODE, GUIDED)]


def test_nothing_begins_before_everything_is_fresh_and_then_it_does(bench):
    bench.connect().sleep(1.0)
    bench.beat().position().update()
    bench.person("engaged").go(1.0, without=("command",))
    assert bench.phase is Phase.STARTING
    assert not bench.session.begun
    assert not bench.asked()
    assert not points(bench.sent)
    bench.go(1.0 + IDLE)
    assert bench.phase is Phase.FLYING


def test_a_connection_does_not_make_fresh_what_never_came(bench):
    bench.order("disengaged").beat(mode=LOITER, landed=Landed.ON_GROUND).person("engaged")
    assert bench.phase is Phase.STARTING
    assert bench.session.staleness().kind is FaultKind.SUPERVISOR_SILENT
    assert not bench.session.begun
    assert not bench.session.streaming


def test_a_start_that_has_begun_needs_its_supervisor(bench):
    bench.start()
    bench.obedient = False
    bench.go(0.5, without=("command",))
    assert bench.phase is Phase.STARTING
    bench.step(without=("command",))
    assert bench.fault is FaultKind.SUPERVISOR_SILENT
    assert bench.phase is Phase.READY


def test_a_climb_needs_its_supervisor(bench):
    bench.climbing().go(0.75, without=("command",))
    assert bench.fault is FaultKind.SUPERVISOR_SILENT
    assert bench.phase is Phase.STOPPING


def test_a_flight_holds_where_its_supervisor_falls_silent(bench):
    bench.fly().go(0.5, without=("command",))
    assert bench.phase is Phase.FLYING
    bench.step(without=("command",))
    assert bench.phase is Phase.HOLDING
    assert bench.session.fault == Fault(FaultKind.SUPERVISOR_SILENT, 0.625, 0.5)
    assert points(bench.sent)[-1] == ZERO


# What is fresh.


@pytest.fixture
def fresh():
    return Bench().found_flying()


def age(bench, seconds, of):
    """Everything is received ``seconds`` later, but for one thing."""
    bench.session.now = bench.now = bench.now + seconds
    if of != "command":
        bench.command()
    if of != "position":
        bench.vehicle.position_time = bench.now
    if of != "heartbeat":
        bench.vehicle.heartbeat = bench.now
    return bench.session.staleness()


@pytest.mark.parametrize(
    ("of", "kind", "limit"),
    [
        ("command", FaultKind.SUPERVISOR_SILENT, 0.5),
        ("position", FaultKind.POSITION_OLD, 1.0),
        ("heartbeat", FaultKind.HEARTBEAT_OLD, 2.5),
    ],
)
def test_each_thing_is_fresh_up_to_its_limit(of, kind, limit):
    def fault(seconds):
        return age(Bench().found_flying(), seconds, of)

    assert fault(0.0) is None
    assert fault(limit) is None
    assert fault(limit + A_LITTLE) == Fault(kind, limit + A_LITTLE, limit)


def test_what_comes_from_the_future_is_not_fresh(fresh):
    session, vehicle, now = fresh.session, fresh.vehicle, fresh.now
    vehicle.heartbeat = now + A_LITTLE
    assert session.staleness() == Fault(FaultKind.HEARTBEAT_OLD, -A_LITTLE, 2.5)
    vehicle.position_time = now + A_LITTLE
    assert session.staleness() == Fault(FaultKind.POSITION_OLD, -A_LITTLE, 1.0)
    session.command(ZERO, now + A_LITTLE)
    assert session.staleness() == Fault(FaultKind.SUPERVISOR_SILENT, -A_LITTLE, 0.5)


def test_what_never_came_has_the_age_of_eternity():
    bench = Bench()
    bench.session.now = 64.0
    session, vehicle = bench.session, bench.vehicle
    assert session.staleness() == Fault(FaultKind.SUPERVISOR_SILENT, 999.0, 0.5)
    session.command(ZERO, 64.0)
    assert session.staleness() == Fault(FaultKind.POSITION_OLD, 999.0, 1.0)
    vehicle.position_time = 64.0
    assert session.staleness() == Fault(FaultKind.HEARTBEAT_OLD, 999.0, 2.5)
    vehicle.heartbeat = 64.0
    assert session.staleness() is None


@pytest.mark.parametrize(
    ("period", "limit"), [(0.25, 1.0), (0.5, 1.25), (1.0, 2.5), (1.125, 2.8), (3.0, 2.8)]
)
def test_a_heartbeat_is_old_after_two_and_a_half_of_its_periods_within_bounds(fresh, period, limit):
    fresh.vehicle.heartbeat_period = period
    assert age(fresh, limit - A_LITTLE, "heartbeat") is None
    fault = age(fresh, 2.0 * A_LITTLE, "heartbeat")
    assert fault.kind is FaultKind.HEARTBEAT_OLD
    assert fault.limit == limit


def test_what_the_protocol_misses_is_a_reason_not_to_fly(fresh):
    fresh.adapter.missing = "no heading"
    assert age(fresh, 1.0, "") == Fault(FaultKind.REFUSED, subject="no heading")
    assert fresh.adapter.asked_at == 65.0


def test_a_vehicle_that_does_not_report_whether_it_flies_is_not_flown(bench):
    assert bench.session.unknown() == Fault(FaultKind.LANDED_UNKNOWN)
    bench.connect()
    assert bench.session.unknown() is None
    bench.vehicle.landed = Landed.UNKNOWN
    bench.person("engaged").go(6.0)
    assert (bench.phase, bench.fault) == (Phase.READY, FaultKind.LANDED_UNKNOWN)
    assert not bench.asked()


def test_a_link_is_too_slow_beyond_its_limit(bench):
    session = bench.connect().session
    session.took(0.8)
    assert session.unknown() is None
    session.took(0.875)
    assert session.unknown() == Fault(FaultKind.LINK_SLOW, 0.875, 0.8)


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ((0.5,), 0.5),
        ((0.5, 0.25), 0.475),
        ((0.5, 1.0), 1.0),
        ((-1.0,), 0.0),
        ((9.0,), 3.0),
        ((1.0, 0.0), 0.9),
        ((2.0, 1.875), 1.9875),
    ],
)
def test_the_time_of_the_link_rises_at_once_and_falls_slowly(bench, times, expected):
    for seconds in times:
        bench.session.took(seconds)
    assert bench.session.round_trip == pytest.approx(expected)


@pytest.mark.parametrize(
    ("after", "mode", "round_trip", "confirmed"),
    [
        (A_LITTLE, LOITER, 0.0, True),
        (0.0, LOITER, 0.0, False),
        (-A_LITTLE, LOITER, 0.0, False),
        (A_LITTLE, GUIDED, 0.0, False),
        (0.5, LOITER, 0.5, False),
        (0.5 + A_LITTLE, LOITER, 0.5, True),
    ],
)
def test_a_mode_is_confirmed_by_a_heartbeat_that_was_sent_after_the_reason(
    bench, after, mode, round_trip, confirmed
):
    session = bench.session
    session.allowed = frozenset({LOITER})
    session.reason, session.round_trip = 64.0, round_trip
    assert not session.confirmed
    bench.vehicle.mode = mode
    bench.vehicle.heartbeat = 64.0 + after
    assert session.confirmed is confirmed


@pytest.mark.parametrize(
    ("profile", "age", "holds"),
    [
        (NEEDS_A_PLACE, None, False),
        (NEEDS_A_PLACE, 0.0, True),
        (NEEDS_A_PLACE, 3.0, True),
        (NEEDS_A_PLACE, 3.0 + A_LITTLE, False),
        (NEEDS_A_PLACE, -A_LITTLE, False),
        (PROFILE, None, True),
        (PROFILE, 9.0, True),
    ],
)
def test_a_hold_mode_works_with_a_global_position_or_without_needing_one(profile, age, holds):
    bench = Bench(profile)
    bench.session.now = 64.0
    bench.vehicle.global_time = None if age is None else 64.0 - age
    assert bench.session.holds_by_mode is holds


@pytest.mark.parametrize(
    ("sticks", "age", "there"),
    [
        ((1500,), 0.0, True),
        ((1500,), 3.0, True),
        ((1500,), 3.0 + A_LITTLE, False),
        ((1500,), -A_LITTLE, False),
        ((1500,), None, False),
        (None, 0.0, False),
        (None, None, False),
    ],
)
def test_a_remote_control_is_one_that_was_received_lately(bench, sticks, age, there):
    bench.session.now = 64.0
    bench.vehicle.sticks = sticks
    bench.vehicle.sticks_time = None if age is None else 64.0 - age
    assert bench.session.has_remote_control is there


# What a refusal leads to.


def refuse_mode(bench):
    """The next mode is asked for, refused, and the refusal's time to explain itself is over."""
    bench.obedient = False
    bench.step()
    bench.answer(RequestKind.MODE, Answer.DENIED)
    bench.go(0.5)


def test_a_start_that_is_refused_on_the_ground_ends_with_the_autopilots_text(bench):
    bench.start()
    bench.session.received_text("no GPS", True, bench.now)
    refuse_mode(bench)
    assert bench.phase is Phase.READY
    assert str(bench.session.fault) == "mode GUIDED refused (denied): no GPS"
    assert not bench.session.streaming


def test_a_start_that_is_refused_in_the_air_releases_the_vehicle(bench):
    bench.found_flying().person("engaged")
    refuse_mode(bench)
    assert (bench.phase, bench.fault) == (Phase.RELEASED, FaultKind.REFUSED)
    assert str(bench.session.fault).startswith("mode GUIDED refused")


def test_a_start_that_is_refused_where_set_points_are_followed_holds(bench):
    bench.found_flying(GUIDED)
    bench.session.took(0.9)
    bench.person("engaged").go(6.0)
    assert bench.phase is Phase.HOLDING
    assert bench.fault is FaultKind.LINK_SLOW


def test_a_resume_that_is_refused_holds_on_as_before(bench):
    bench.hold().sent.clear()
    bench.change("engaged")
    refuse_mode(bench)
    assert (bench.phase, bench.fault) == (Phase.HOLDING, FaultKind.REFUSED)
    assert bench.session.allowed == {BRAKE}
    assert not bench.session.streaming
    assert not points(bench.go(1.0))


def test_a_resume_that_is_refused_while_zero_set_points_hold_goes_on_with_them():
    bench = Bench(NEEDS_A_PLACE).fly().person("holding")
    bench.step()
    bench.adapter.missing = "no heading"
    bench.change("engaged")
    assert (bench.phase, bench.fault) == (Phase.HOLDING, FaultKind.REFUSED)
    assert bench.session.allowed == {GUIDED}
    assert bench.session.streaming
    assert points(bench.step()) == [ZERO]


# The stream.


def test_set_points_come_at_their_rate():
    bench = Bench(rate=32.0).fly()
    bench.vehicle.heartbeat_period = 1.0
    sent = []
    for after in (0.5, 0.0, 0.03110, 0.00010, 0.0, 0.03125, -0.015625, 0.0, 0.03125):
        bench.now += after
        sent.append(len(points(bench.update())))
    assert sent == [1, 0, 0, 1, 0, 1, 1, 0, 1]


def test_a_new_command_is_sent_at_once_but_not_faster_than_fifty_a_second():
    bench = Bench(rate=20.0).fly()
    bench.step()
    sent = []
    for after, news in (
        (0.0, True),
        (0.0198, False),
        (0.0002, False),
        (0.0, False),
        (0.03, False),
        (0.025, False),
    ):
        bench.now += after
        if news:
            bench.command(BACK)
        sent.append(points(bench.update()))
    assert sent == [[], [], [BACK], [], [], [BACK]]


@pytest.mark.parametrize(
    ("after", "news", "due"),
    [
        (0.0198, True, False),
        (0.0199, True, True),
        (0.0199, False, False),
        (0.0311, False, False),
        (0.03125 - 0.0001, False, True),
    ],
)
def test_a_set_point_is_due_from_its_time_on(after, news, due):
    bench = Bench(rate=32.0).fly()
    bench.now = 0.0
    bench.beat().position().command()
    assert points(bench.update()) == [FORWARD]
    bench.now = after
    if news:
        bench.command()
    assert len(points(bench.update())) == due


def test_a_command_is_bounded_and_one_that_no_protocol_can_carry_is_as_good_as_none(bench):
    bench.fly()
    bench.wish = Command(vx=1e6, vz=-9.0, yaw_rate=9.0)
    assert points(bench.step()) == [Command(5.0, 0.0, -2.0, 2.0)]
    bench.command(Command(vx=float("nan")))
    bench.sleep(STEP).beat().position()
    assert points(bench.update()) == [Command(5.0, 0.0, -2.0, 2.0)]
    bench.wish = Command(vx=float("inf"))
    bench.go(0.5)
    assert bench.phase is Phase.HOLDING
    assert bench.fault is FaultKind.SUPERVISOR_SILENT


def test_nothing_is_streamed_before_an_engagement_and_zero_until_it_flies(bench):
    bench.found_flying()
    assert not points(bench.go(1.0))
    bench.person("engaged")
    notes = []
    while bench.phase is not Phase.FLYING:
        assert set(points(notes)) <= {ZERO}
        notes = bench.step()
    assert points(bench.step()) == [FORWARD]


def test_a_climb_by_set_points_streams_its_own_and_not_the_supervisors():
    bench = Bench(CLIMBS).climbing()
    bench.vehicle.position = (0.0, 0.0, 0.0)
    assert set(points(bench.go(0.5))) == {Command(vz=0.7)}


def test_what_is_not_fresh_stops_the_command_at_once(bench):
    bench.fly()
    bench.adapter.missing = "no heading"
    assert points(bench.step()) == [ZERO]
    assert bench.phase is Phase.HOLDING
