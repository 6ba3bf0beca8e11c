"""Plain velocities at the edges: exactly at each limit, at each order, and literally what is
reported.
"""

import numpy as np
import pytest

from liquid_nav import geometry
from liquid_nav.autopilots import PlainSession, SessionConfig, SessionEvent
from liquid_nav.autopilots.plain import in_body
from liquid_nav.safety import BridgeReport, FaultKind, Mode, Order, Phase
from liquid_nav.types import Command

ZERO = Command()
FORWARD = Command(vx=1.0)
SINKING = Command(vz=-0.5)
REFUSED = "the flight was interrupted: engage again to go on"
NOSE_DOWN = geometry.attitude_from_euler(0.0, 0.3, 0.0)


class Supervisor:
    """Numbers its orders as the real one does, and gives them to a session."""

    def __init__(self, session, name="test"):
        self.session, self.name = session, name
        self.act = self.engagement = self.change = 0
        self.last = None

    def person(self, mode, now):
        """A person asks for something."""
        self.act += 1
        self.engagement += mode is Mode.ENGAGED
        self.alone(mode, now)

    def alone(self, mode, now):
        """The supervisor changes its mode by itself."""
        self.change += 1
        self.last = Order(self.name, mode, self.act, self.engagement, 0.0, self.change)
        self.again(now)

    def again(self, now):
        """The same order is received once more."""
        self.session.take_order(self.last, now)


def known(**config):
    """A session that has received its supervisor, disengaged."""
    session = PlainSession(SessionConfig(**{"resume": 5.0} | config))
    supervisor = Supervisor(session)
    supervisor.alone(Mode.DISENGAGED, 0.0)
    return session, supervisor


def flying(now=1.0, **config):
    """A session that passes commands on since ``now``."""
    session, supervisor = known(**config)
    supervisor.person(Mode.ENGAGED, now)
    session.command(FORWARD, now)
    assert session.update(now) == FORWARD
    return session, supervisor


def in_phase(phase):
    """A session in a phase at 1.0 s."""
    session, supervisor = flying()
    if phase is Phase.HOLDING:
        supervisor.alone(Mode.HOLDING, 1.0)
    elif phase is Phase.LANDING:
        supervisor.person(Mode.LANDING, 1.0)
    elif phase is Phase.RELEASED:
        supervisor.alone(Mode.PILOT, 1.0)
    elif phase is Phase.READY:
        supervisor.person(Mode.DISENGAGED, 1.0)
    assert session.phase is phase
    return session, supervisor


def test_in_the_beginning_there_is_nothing_to_report():
    session = PlainSession()
    assert session.report() == BridgeReport(Phase.READY)
    assert session.events() == [] and session.finished is False
    assert session.fault is None and session.order is None and session.config == SessionConfig()


def test_a_report_states_what_was_received_and_what_is_wrong():
    session, supervisor = known()
    supervisor.person(Mode.ENGAGED, 1.0)
    assert session.report() == BridgeReport(Phase.FLYING, supervisor="test", act=1, change=2)
    session.update(1.51)
    text = "no command from the supervisor for 0.51 s, limit 0.5 s"
    assert session.report() == BridgeReport(
        Phase.HOLDING, supervisor="test", act=1, fault="supervisor_silent", text=text, change=2
    )
    assert session.events() == [SessionEvent(1.51, True, text)] and session.events() == []


# When something is sent.


@pytest.mark.parametrize(
    ("options", "early", "due"),
    [
        ({}, 0.0498, 0.05),
        ({"rate": 20.0}, 0.0498, 0.05),
        ({"rate": 10.0}, 0.0998, 0.1),
        ({"rate": 20.0}, 0.0, 0.04995),
    ],
)
def test_zero_is_repeated_at_the_rate_and_not_more_often(options, early, due):
    session = PlainSession(**options)
    assert session.update(0.0) == ZERO
    assert session.update(early) is None
    assert session.update(due) == ZERO
    assert session.update(due) is None


def test_a_clock_that_was_set_back_does_not_silence_it():
    session, _ = flying(100.0)
    assert session.update(50.0) == ZERO


def test_what_changes_is_sent_at_once():
    session, supervisor = flying()
    session.command(Command(vx=0.5), 1.01)
    assert session.update(1.01) == Command(vx=0.5)
    assert session.update(1.015) is None
    supervisor.alone(Mode.HOLDING, 1.02)
    assert session.update(1.02) == ZERO
    supervisor.alone(Mode.ENGAGED, 1.03)
    assert session.update(1.03) == Command(vx=0.5)
    session.distrust("cmd_vel", 1.04)
    assert session.update(1.04) == ZERO


def test_an_order_that_is_repeated_changes_nothing():
    session, supervisor = flying()
    supervisor.again(1.01)
    assert session.update(1.01) is None
    supervisor.alone(Mode.HOLDING, 2.0)
    supervisor.again(6.0)
    supervisor.alone(Mode.ENGAGED, 7.1)  # more than 5 s after the hold began
    assert session.phase is Phase.HOLDING and session.fault.kind is FaultKind.RESUME_REFUSED


# Commands.


@pytest.mark.parametrize(
    ("age", "passes"),
    [(0.0, True), (0.49, True), (0.5, True), (0.50001, False), (3.0, False), (-0.01, False)],
)
def test_a_command_is_obeyed_while_it_is_fresh_and_not_from_the_future(age, passes):
    session, _ = flying()
    session.command(FORWARD, 2.0)
    sent = session.update(2.0 + age)
    assert sent == (FORWARD if passes else ZERO)
    assert session.phase is (Phase.FLYING if passes else Phase.HOLDING)
    assert (session.fault is None) is passes


def test_a_command_from_before_the_engagement_is_not_obeyed():
    session, supervisor = known()
    session.command(FORWARD, 0.9)
    supervisor.person(Mode.ENGAGED, 1.0)
    assert session.update(1.0) == ZERO and session.phase is Phase.FLYING


@pytest.mark.parametrize(("wait", "phase"), [(0.5, Phase.FLYING), (0.51, Phase.HOLDING)])
def test_the_first_command_after_an_engagement_has_its_time(wait, phase):
    session, supervisor = known()
    supervisor.person(Mode.ENGAGED, 1.0)
    assert session.update(1.0) == ZERO
    assert session.update(1.0 + wait) == ZERO and session.phase is phase


def test_without_an_engagement_nothing_is_missing():
    session, supervisor = known()
    for now in (0.0, 1.0, 2.0):
        supervisor.again(now)
        assert session.update(now) == ZERO
    assert session.fault is None and session.events() == []


# Orders.


@pytest.mark.parametrize(
    ("after", "goes_on"),
    [(0.0, True), (0.5, True), (5.0, True), (5.001, False), (-0.1, False), (-9.0, False)],
)
def test_a_resume_must_come_within_its_time_since_the_hold_began(after, goes_on):
    session, supervisor = flying()
    supervisor.alone(Mode.HOLDING, 20.0)
    supervisor.alone(Mode.ENGAGED, 20.0 + after)
    assert session.phase is (Phase.FLYING if goes_on else Phase.HOLDING)
    assert session.events() == ([] if goes_on else [SessionEvent(20.0 + after, True, REFUSED)])


def test_a_hold_with_a_fault_of_our_own_is_not_resumed():
    session, supervisor = flying()
    session.update(2.0)
    assert session.fault.kind is FaultKind.SUPERVISOR_SILENT
    supervisor.alone(Mode.HOLDING, 2.0)
    supervisor.alone(Mode.ENGAGED, 2.1)
    assert session.phase is Phase.HOLDING and session.fault.kind is FaultKind.RESUME_REFUSED


def test_a_supervisor_that_is_received_for_the_first_time_does_not_end_a_hold_of_our_own():
    session, _ = flying()
    session.update(2.0)
    session.events()
    Supervisor(session, "another").person(Mode.ENGAGED, 2.1)
    assert session.phase is Phase.HOLDING and session.events() == [SessionEvent(2.1, True, REFUSED)]


@pytest.mark.parametrize("phase", [Phase.FLYING, Phase.HOLDING])
def test_a_supervisor_may_land_by_itself_what_flies(phase):
    session, supervisor = in_phase(phase)
    supervisor.alone(Mode.LANDING, 1.1)
    assert session.phase is Phase.LANDING and session.update(1.1) == SINKING


@pytest.mark.parametrize("phase", [Phase.READY, Phase.RELEASED])
def test_only_a_person_lands_what_was_not_engaged(phase):
    session, supervisor = in_phase(phase)
    supervisor.alone(Mode.LANDING, 1.1)
    assert session.phase is phase and session.update(1.1) == ZERO
    supervisor.person(Mode.LANDING, 1.2)
    assert session.phase is Phase.LANDING and session.update(1.2) == SINKING


@pytest.mark.parametrize("phase", [Phase.FLYING, Phase.HOLDING, Phase.RELEASED])
def test_a_supervisor_that_starts_anew_ends_what_goes_on(phase):
    session, _ = in_phase(phase)
    Supervisor(session, "another").alone(Mode.DISENGAGED, 1.1)
    assert session.phase is Phase.READY and session.update(1.1) == ZERO


def test_a_supervisor_that_starts_anew_does_not_end_a_landing():
    session, _ = in_phase(Phase.LANDING)
    Supervisor(session, "another").alone(Mode.DISENGAGED, 1.1)
    assert session.phase is Phase.LANDING and session.update(1.1) == SINKING


def test_a_landing_sinks_at_its_own_speed_whether_or_not_commands_come():
    session, supervisor = known(descent=0.3)
    supervisor.person(Mode.LANDING, 1.0)
    session.command(Command(vx=1.0, vz=1.0), 1.0)
    assert session.update(1.0) == session.update(9.0) == Command(vz=-0.3)
    assert session.fault is None


def test_an_engagement_in_a_landing_is_refused_with_a_reason():
    session, supervisor = in_phase(Phase.LANDING)
    supervisor.person(Mode.ENGAGED, 1.2)
    text = "a landing goes on: call hold first, or wait until it is down"
    assert session.events() == [SessionEvent(1.2, True, text)] and session.update(1.2) == SINKING


# Two supervisors.


def test_two_supervisors_are_named_once_and_make_it_hold():
    session, _ = flying()
    session.distrust("", 1.1)
    assert session.phase is Phase.FLYING and session.events() == []
    for now in (1.2, 1.3):
        session.distrust("cmd_vel", now)
    (event,) = session.events()
    assert (event.time, event.trouble) == (1.2, True)
    assert event.text.startswith("more than one node publishes cmd_vel: none is obeyed.")
    assert session.phase is Phase.HOLDING
    session.distrust("order", 1.4)
    (event,) = session.events()
    assert event.text.startswith("more than one node publishes order: none is obeyed.")
    session.distrust("", 1.5)
    assert session.events() == [] and session.phase is Phase.HOLDING


def test_two_supervisors_do_not_end_a_landing_and_may_begin_one():
    session, _ = in_phase(Phase.LANDING)
    session.distrust("cmd_vel", 1.1)
    assert session.phase is Phase.LANDING and session.update(1.1) == SINKING
    session, supervisor = flying()
    session.distrust("cmd_vel", 1.1)
    supervisor.person(Mode.LANDING, 1.2)
    assert session.phase is Phase.LANDING


# The end.


@pytest.mark.parametrize(
    "phase", [Phase.READY, Phase.FLYING, Phase.HOLDING, Phase.LANDING, Phase.RELEASED]
)
def test_it_ends_with_one_zero_at_once(phase):
    session, supervisor = in_phase(phase)
    session.update(1.0)
    session.close(1.01)
    assert session.phase is Phase.READY and not session.finished
    assert session.update(1.01) == ZERO and session.finished
    supervisor.person(Mode.LANDING, 1.02)
    assert session.phase is Phase.READY and session.finished


# The tilted body.


@pytest.mark.parametrize(
    ("size", "taken"),
    [(0.0, False), (0.5, False), (0.989, False), (0.991, True), (1.009, True), (1.011, False)],
)
def test_an_attitude_is_taken_if_it_is_a_rotation(size, taken):
    session, _ = flying()
    session.attitude(size * NOSE_DOWN, 1.1)
    session.command(FORWARD, 1.1)
    sent = session.update(1.1)
    assert (sent.vz > 0.1) is taken
    assert taken or sent == FORWARD


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_an_attitude_that_is_not_finite_leaves_the_last_one(bad):
    session, _ = flying()
    session.attitude(NOSE_DOWN, 1.1)
    session.attitude(np.array((1.0, 0.0, bad, 0.0)), 1.1)
    session.command(FORWARD, 1.1)
    assert session.update(1.1) == in_body(FORWARD, NOSE_DOWN)


@pytest.mark.parametrize(
    ("age", "turned"), [(0.0, True), (0.4, True), (0.5, True), (0.51, False), (-0.1, False)]
)
def test_a_command_is_turned_by_an_attitude_that_is_fresh(age, turned):
    session, _ = flying()
    session.attitude(NOSE_DOWN, 3.0)
    session.command(FORWARD, 3.0 + age)
    assert session.update(3.0 + age) == (in_body(FORWARD, NOSE_DOWN) if turned else FORWARD)


def test_an_attitude_of_single_precision_is_turned_by_in_double():
    session, _ = flying()
    single = geometry.attitude_from_euler(0.1, 0.3, 1.0).astype(np.float32)
    session.attitude(single, 1.1)
    session.command(FORWARD, 1.1)
    assert session.update(1.1) == in_body(FORWARD, single.astype(np.float64))


def test_a_hold_that_no_person_has_just_asked_for_does_not_end_a_landing():
    session, _ = in_phase(Phase.LANDING)
    Supervisor(session, "another").alone(Mode.HOLDING, 1.1)
    assert session.phase is Phase.LANDING


@pytest.mark.parametrize(
    ("mode", "after"), [(Mode.HOLDING, Phase.HOLDING), (Mode.DISENGAGED, Phase.READY)]
)
def test_a_person_ends_a_landing_since_nothing_reports_when_it_is_down(mode, after):
    session, supervisor = in_phase(Phase.LANDING)
    supervisor.person(mode, 1.1)
    assert session.phase is after
