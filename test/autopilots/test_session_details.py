"""What single lines of the sessions are for: found by mutants that survived the tests of whole
flights.
"""

import numpy as np
import pytest

from liquid_nav.autopilots import PlainSession, SessionConfig, authority, orders
from liquid_nav.safety import Fault, FaultKind, Mode, Order, Phase
from liquid_nav.types import Command

ZERO = Command()
FORWARD = Command(vx=1.0)


# The session.


def test_two_publishers_mean_zero_at_once_and_a_hold_that_names_them(flight, kind):
    flight = flight(kind, 3.0).fly()
    flight.command = FORWARD
    flight.go(1.0)
    flight.session.distrust("/d1/cmd_vel", flight.now)
    begin = flight.now
    assert (
        flight.session.phase is Phase.HOLDING
        and flight.session.fault.kind is FaultKind.TWO_SUPERVISORS
    )
    assert flight.session.fault.subject == "/d1/cmd_vel"
    flight.go(0.06)
    points = flight.set_points(begin)
    assert points and all(point[1:] == pytest.approx((0.0,) * 4) for point in points)
    count = len(flight.log)
    flight.session.distrust("/d1/cmd_vel", flight.now)
    flight.session.distrust("", flight.now)
    flight.go(0.1)
    assert not [
        text for text in flight.log[count:] if "more than one node" in text
    ]  # reported once


def test_a_closing_session_ignores_orders_and_reports_why_it_holds(flight, kind):
    flight = flight(kind, 3.0).fly()
    flight.session.close(flight.now)
    assert flight.session.fault.kind is FaultKind.ENDING and not flight.session.finished
    flight.go(3.0, lambda: flight.session.finished)
    begin = flight.now
    flight.person("engaged")
    flight.person("landing")
    flight.go(3.0)
    assert flight.session.phase is Phase.HOLDING and not flight.requests(begin)
    assert flight.session.finished


def test_a_session_that_is_not_closing_is_never_finished(flight):
    flight = flight("px4", 3.0)
    assert not flight.session.finished
    flight.fly()
    assert not flight.session.finished
    flight.person("landing")
    flight.go(3.0)
    assert not flight.session.finished
    flight.session.close(flight.now)
    assert flight.session.finished  # it lands by itself


def test_a_vehicle_that_was_armed_elsewhere_is_reported_with_its_mode(flight, over_mavlink):
    flight = flight(over_mavlink)
    flight.vehicle.pilot_sticks(throttle=-1.0)
    flight.settle()
    flight.vehicle.pilot_switches(flight.pilot_mode)
    assert flight.vehicle.pilot_arms(True)
    flight.until("released", 2.0)
    fault = flight.session.fault
    assert (fault.kind, fault.subject) == (
        FaultKind.FOUND_ARMED,
        flight.profile.mode_name(flight.pilot_mode),
    )
    begin = flight.now
    flight.go(3.0)
    assert not flight.requests(begin)


def test_a_vehicle_that_arms_late_on_our_request_is_stopped(flight, over_mavlink):
    flight = flight(over_mavlink).settle()
    session = flight.session
    session.arm_asked = flight.now
    session.vehicle.armed = True
    session.received_heartbeat(flight.now)
    assert session.phase is Phase.STOPPING and session.allowed == {session.vehicle.mode}
    flight.until("ready", 3.0)
    assert session.arm_asked is None


def test_a_request_to_arm_is_forgotten_after_its_time_and_not_before(flight, over_mavlink):
    session = flight(over_mavlink).settle().session
    session.round_trip = 0.5
    session.arm_asked = 100.0
    for now, there in ((100.9, True), (101.4, True), (101.6, False)):
        session.now = now
        authority.forget_arming(session)
        assert (session.arm_asked is not None) is there


@pytest.mark.parametrize("spoilt", ["disarmed", "on the ground", "touched"])
def test_a_resume_takes_an_armed_drone_in_the_air_that_no_pilot_has_touched(flight, spoilt):
    flight = flight("px4", 3.0).fly().change("holding")
    flight.until("holding", 5.0)
    flight.go(2.0)
    session = flight.session
    if spoilt == "disarmed":
        session.vehicle.armed = False
    elif spoilt == "touched":
        session.touched = True
    else:
        session.vehicle.landed = type(session.vehicle.landed).ON_GROUND
    begin = flight.now
    flight.change("engaged")
    assert session.fault.kind is FaultKind.RESUME_REFUSED
    assert not [request for request in flight.requests(begin) if request[1] == 176]


def test_only_warnings_explain_and_only_those_since_then(flight):
    session = flight("px4").session
    session.received_text("old warning", True, 1.0)
    session.received_text("an information", False, 5.0)
    session.received_text("a warning", True, 5.0)
    session.received_text("a warning", True, 6.0)
    assert session.warnings(5.0) == ["a warning"] and session.warnings(0.0) == [
        "old warning",
        "a warning",
    ]


def test_a_reboot_is_noticed_once_and_everything_is_asked_for_again(flight, over_mavlink):
    flight = flight(over_mavlink).fly()
    flight.person("landing")
    flight.until("ready", 40.0)
    session = flight.session
    assert session.checked
    session.vehicle.reboots += 1
    count = len(flight.sent)
    session.received_heartbeat(flight.now)
    assert not session.checked and session.arm_asked is None
    flight.go(0.1)
    intervals = [value for _, value in flight.sent[count:] if getattr(value, "command", 0) == 511]
    assert len(intervals) >= 7
    flight.go(1.0)
    assert sum("has rebooted" in text for text in flight.log) == 1


@pytest.mark.parametrize(
    ("fault", "mode", "armed", "watches"),
    [
        (FaultKind.FOUND_ARMED, "land", True, True),
        (FaultKind.FOREIGN_MODE, "land", True, False),
        (FaultKind.FOUND_ARMED, "hold", True, False),
        (FaultKind.FOUND_ARMED, "land", False, False),
        (None, "land", True, False),
    ],
)
def test_a_landing_is_watched_only_where_it_was_found(flight, fault, mode, armed, watches):
    session = flight("px4", 3.0).settle().session
    session.vehicle.mode = getattr(session.profile, mode)
    session.vehicle.armed = armed
    session.fault = None if fault is None else Fault(fault)
    orders.watch_landing_found(session)
    assert (session.phase is Phase.LANDING) is watches
    if watches:
        assert session.fault is None and session.allowed == {session.profile.land}


# The plain session.


def plain(**config):
    session = PlainSession(SessionConfig(**{"resume": 5.0, "freshness": 0.5} | config), rate=20.0)
    session.take_order(Order("a", Mode.DISENGAGED), 10.0)
    return session


def engage(session, now=10.0, act=1):
    session.take_order(Order("a", Mode.ENGAGED, act, act), now)
    return session


def test_an_order_is_answered_at_once_and_the_rest_at_its_rate():
    session = plain()
    assert session.update(10.0) == ZERO and session.update(10.0) is None
    assert session.update(10.04) is None and session.update(10.05) == ZERO
    engage(session, 10.06)
    assert session.update(10.06) == ZERO
    session.command(FORWARD, 10.07)
    assert session.update(10.07) == FORWARD and session.update(10.1) is None
    session.take_order(Order("a", Mode.HOLDING, 1, 1), 10.1)
    assert session.update(10.1) == ZERO
    assert session.update(5.0) == ZERO  # the clock has gone back


def test_a_command_is_fresh_up_to_its_limit():
    session = engage(plain())
    session.command(FORWARD, 11.0)
    assert session.update(11.5) == FORWARD and session.phase is Phase.FLYING
    assert session.update(11.6) == ZERO
    assert (session.fault.value, session.fault.limit) == (pytest.approx(0.6), 0.5)
    assert session.events()[0].time == 11.6


@pytest.mark.parametrize(
    ("after", "goes_on"), [(0.0, True), (0.5, True), (5.0, True), (5.01, False), (-0.1, False)]
)
def test_a_resume_in_its_time(after, goes_on):
    session = engage(plain())
    session.take_order(Order("a", Mode.HOLDING, 1, 1), 20.0)
    session.take_order(Order("a", Mode.ENGAGED, 1, 1), 20.0 + after)
    assert (session.phase is Phase.FLYING) is goes_on
    if not goes_on:
        assert session.events()[-1].time == pytest.approx(20.0 + after)


def test_an_attitude_is_used_up_to_its_age():
    session = engage(plain())
    nose_down = (0.9887710779360422, 0.0, 0.14943813247359922, 0.0)
    session.attitude(np.array(nose_down), 11.0)
    for now, turned in ((11.0, True), (11.5, True), (11.6, False)):
        session.command(FORWARD, now)
        assert (session.update(now) != FORWARD) is turned


@pytest.mark.parametrize(
    ("mode", "act", "phase"),
    [
        (Mode.LANDING, 1, Phase.LANDING),
        (Mode.LANDING, 2, Phase.LANDING),
        (Mode.DISENGAGED, 2, Phase.READY),
        (Mode.DISENGAGED, 1, Phase.READY),
        (Mode.PILOT, 1, Phase.RELEASED),
        (Mode.HOLDING, 2, Phase.HOLDING),
    ],
)
def test_what_an_order_makes_of_a_flight(mode, act, phase):
    session = engage(plain())
    session.take_order(Order("a", mode, act, 1), 11.0)
    assert session.phase is phase


def test_a_landing_of_the_battery_begins_only_in_flight():
    session = plain()
    session.take_order(Order("a", Mode.LANDING, 0, 0), 11.0)
    assert session.phase is Phase.READY
    session.take_order(Order("a", Mode.LANDING, 1, 0), 11.0)
    assert session.phase is Phase.LANDING


@pytest.mark.parametrize(
    ("supervisor", "act", "phase"), [("a", 3, Phase.READY), ("b", 0, Phase.LANDING)]
)
def test_a_landing_ends_by_a_persons_request_and_not_by_a_new_supervisor(supervisor, act, phase):
    session = engage(plain())
    session.take_order(Order("a", Mode.LANDING, 2, 1), 11.0)
    session.take_order(Order(supervisor, Mode.DISENGAGED, act, act and 1), 12.0)
    assert session.phase is phase
    assert session.update(12.0) == (Command(vz=-0.5) if phase is Phase.LANDING else ZERO)


def test_an_engagement_during_a_landing_is_named_with_its_time():
    session = engage(plain())
    session.take_order(Order("a", Mode.LANDING, 2, 1), 11.0)
    session.take_order(Order("a", Mode.ENGAGED, 3, 2), 12.0)
    assert session.fault.kind is FaultKind.LANDING_GOES_ON and session.events()[-1].time == 12.0
    report = session.report()
    assert (report.phase, report.supervisor, report.act, report.fault) == (
        Phase.LANDING,
        "a",
        3,
        "landing_goes_on",
    )
    assert (
        report.text == str(session.fault)
        and report.change == 0
        and not report.armed
        and not report.airborne
    )


def test_it_reports_no_supervisor_before_an_order():
    report = PlainSession().report()
    assert (report.supervisor, report.act, report.change, report.fault, report.text) == (
        "",
        0,
        0,
        "",
        "",
    )
