"""Plain velocities: the same contract without anything to arm."""

import math

import numpy as np
import pytest

from liquid_nav import geometry
from liquid_nav.autopilots import PlainSession, SessionConfig
from liquid_nav.autopilots.plain import in_body
from liquid_nav.safety import FaultKind, Mode, Order, Phase
from liquid_nav.types import Command

ZERO = Command()
FORWARD = Command(vx=1.0)


class Flight:
    """A session whose supervisor is the test."""

    def __init__(self, **config):
        self.session = PlainSession(SessionConfig(**{"resume": 5.0} | config), rate=20.0)
        self.now, self.act, self.engagement = 0.0, 0, 0
        self.change("disengaged")

    def person(self, request):
        self.act += 1
        self.engagement += request == "engaged"
        return self.change(request)

    def change(self, request):
        order = Order("test", Mode(request), self.act, self.engagement)
        self.session.take_order(order, self.now)
        return self

    def out(self, seconds=0.05, command=FORWARD):
        """Let time pass, with a command at its end where one is given; returns what is sent."""
        self.now += seconds
        if command is not None:
            self.session.command(command, self.now)
        return self.session.update(self.now)


def test_commands_pass_only_after_an_engagement():
    flight = Flight()
    assert flight.out() == ZERO
    flight.person("engaged")
    assert flight.out() == FORWARD and flight.session.phase is Phase.FLYING
    flight.person("disengaged")
    assert flight.out() == ZERO and flight.session.phase is Phase.READY


def test_the_first_order_received_counts_as_seen():
    session = PlainSession()
    session.take_order(Order("old", Mode.ENGAGED, 3, 2), 0.0)
    session.command(FORWARD, 0.0)
    assert session.update(0.0) == ZERO and session.phase is Phase.READY
    session.take_order(Order("old", Mode.ENGAGED, 4, 3), 0.1)
    session.command(FORWARD, 0.1)
    assert session.update(0.1) == FORWARD


def test_it_repeats_then_falls_to_zero_and_holds_until_a_person_engages():
    flight = Flight().person("engaged")
    assert flight.out(0.01) == FORWARD
    assert flight.out(0.01, None) is None and flight.out(0.05, None) == FORWARD
    assert flight.out(0.6, None) == ZERO
    assert (
        flight.session.phase is Phase.HOLDING
        and flight.session.fault.kind is FaultKind.SUPERVISOR_SILENT
    )
    assert flight.out() == ZERO
    flight.change("holding").change("engaged")
    assert flight.out() == ZERO
    flight.person("engaged")
    assert flight.out() == FORWARD and flight.session.fault is None


@pytest.mark.parametrize(
    ("resume", "after", "goes_on"), [(5.0, 1.0, True), (5.0, 6.0, False), (0.0, 0.1, False)]
)
def test_a_resume_in_time_goes_on(resume, after, goes_on):
    flight = Flight(resume=resume).person("engaged")
    flight.out()
    flight.change("holding")
    assert flight.out() == ZERO and flight.session.phase is Phase.HOLDING
    flight.out(after)
    flight.change("engaged")
    assert flight.out() == (FORWARD if goes_on else ZERO)
    assert (flight.session.fault is None) is goes_on


def test_a_pilot_ends_it():
    flight = Flight().person("engaged")
    flight.out()
    flight.change("pilot")
    assert flight.out() == ZERO and flight.session.phase is Phase.RELEASED
    flight.change("holding").change("engaged")
    assert flight.out() == ZERO
    flight.person("engaged")
    assert flight.out() == FORWARD


def test_a_landing_sinks_and_is_not_ended_by_an_engagement():
    flight = Flight().person("engaged")
    flight.out()
    flight.person("landing")
    assert (
        flight.out(command=Command(vz=-0.5)) == Command(vz=-0.5)
        and flight.session.phase is Phase.LANDING
    )
    flight.person("engaged")
    assert (
        flight.session.phase is Phase.LANDING
        and flight.session.fault.kind is FaultKind.LANDING_GOES_ON
    )
    flight.person("holding")
    assert flight.out() == ZERO


@pytest.mark.parametrize("value", [math.nan, math.inf, 1e31])
def test_no_number_is_trusted(value):
    flight = Flight().person("engaged")
    assert flight.out(command=Command(vx=value)) == ZERO
    assert flight.out() == FORWARD


def test_it_has_limits_of_its_own():
    flight = Flight(speed=1.0, vertical_speed=0.5, yaw_rate=0.3).person("engaged")
    out = flight.out(command=Command(3.0, 4.0, 9.0, -9.0))
    assert out.as_array() == pytest.approx((0.6, 0.8, 0.5, -0.3))


def test_orders_of_two_supervisors_are_ignored():
    flight = Flight().person("engaged")
    flight.out()
    flight.session.distrust("cmd_vel", flight.now)
    assert flight.out() == ZERO and flight.session.fault.kind is FaultKind.TWO_SUPERVISORS
    flight.person("engaged")
    assert flight.out() == ZERO
    flight.session.distrust("", flight.now)
    flight.change("engaged")
    assert flight.out() == ZERO  # what was received meanwhile has been seen
    flight.person("engaged")
    assert flight.out() == FORWARD


def test_it_ends_with_zero():
    flight = Flight().person("engaged")
    flight.out()
    flight.session.close(flight.now)
    assert not flight.session.finished
    assert flight.session.update(flight.now) == ZERO and flight.session.finished
    flight.person("engaged")
    assert flight.out() == ZERO


def test_it_reports_like_the_others():
    flight = Flight().person("engaged")
    report = flight.session.report()
    assert (report.phase, report.supervisor, report.act, report.fault) == (
        Phase.FLYING,
        "test",
        1,
        "",
    )
    flight.out()
    flight.out(1.0, None)
    assert (
        flight.session.report().fault == "supervisor_silent" and flight.session.events()[0].trouble
    )


@pytest.mark.parametrize(
    "roll, pitch, yaw", [(0.0, 0.3, 0.0), (0.0, 0.3, 2.0), (-0.25, 0.1, -3.0), (0.0, 0.0, 1.0)]
)
def test_in_a_tilted_body_a_level_command_is_still_level(roll, pitch, yaw):
    attitude = geometry.attitude_from_euler(roll, pitch, yaw)
    turned = in_body(Command(1.5, -0.4, 0.2, 0.7), attitude)
    world = geometry.rotate(attitude, (turned.vx, turned.vy, turned.vz))
    np.testing.assert_allclose(world, geometry.world_from_level((1.5, -0.4, 0.2), yaw), atol=1e-12)
    assert turned.yaw_rate == 0.7


def test_commands_are_turned_only_with_a_fresh_and_real_attitude():
    flight = Flight().person("engaged")
    nose_down = geometry.attitude_from_euler(0.0, 0.3, 1.0)
    flight.session.attitude(nose_down, 0.0)
    turned = flight.out(0.1)
    assert turned.vx == pytest.approx(math.cos(0.3)) and turned.vz == pytest.approx(math.sin(0.3))
    for _ in range(5):
        flight.out(0.1)
    flight.session.attitude(np.full(4, math.nan), flight.now)
    flight.session.attitude(np.zeros(4), flight.now)
    assert flight.out(0.1) == FORWARD
