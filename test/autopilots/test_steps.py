"""The steps of a flight one by one: a real session, an adapter that only writes down, and a vehicle
set by hand.

Nothing is simulated: each test sets what the vehicle reports and the time, takes a step, and looks
at what was asked for and at what the session holds to be true.
"""

from dataclasses import replace

import numpy as np
import pytest

from liquid_nav.autopilots import ARDUPILOT, PX4, Landed, OffboardSession, SessionConfig, steps
from liquid_nav.autopilots.adapter import Answer, RequestKind
from liquid_nav.autopilots.profiles import ParameterRule, px4_mode
from liquid_nav.safety import Fault, FaultKind, Phase
from liquid_nav.types import Command

MODE, ARM, DISARM, LAND, TAKE_OFF = (
    RequestKind[name] for name in ("MODE", "ARM", "DISARM", "LAND", "TAKE_OFF")
)
ZERO = Command()
FORWARD = Command(vx=1.0)
POSCTL = px4_mode(3)
START = 100.0
PROFILE = replace(PX4, streams_first=1.25)
"""Its times are exact in binary, so that limits can be tested exactly."""
BAD = [answer for answer in Answer if answer not in (Answer.ACCEPTED, Answer.IN_PROGRESS)]
GROUND = {"landed": Landed.ON_GROUND}
AIR = {"landed": Landed.IN_AIR}
SINKING = Command(vz=-0.5)


class Recorder:
    """An adapter that writes down what it is asked for; ``missing`` and ``knows`` are what it
    reports itself.
    """

    def __init__(self, profile):
        self.profile = profile
        self.requests = []
        self.parameters = []
        self.missing = ""
        self.knows = []

    def request(self, kind, value=0.0, attempt=0):
        self.requests.append((kind, value, attempt))

    def read_parameter(self, name):
        self.parameters.append(name)

    def set_parameter(self, name, value):
        self.parameters.append((name, value))

    def ready(self, now):
        return self.missing

    def warnings(self):
        return self.knows


class Drive:
    """A session in the air in the mode that follows set points, and the step that it takes."""

    def __init__(self, profile=PROFILE, start=START, **config):
        self.adapter = Recorder(profile)
        self.profile = profile
        self.session = OffboardSession(self.adapter, SessionConfig(**config))
        self.vehicle = self.session.vehicle
        self.start = start
        self.fresh = True
        self.global_position = True
        self.step = None
        self.vehicle.mode = profile.follow
        self.vehicle.armed = True
        self.vehicle.landed = Landed.IN_AIR
        self.vehicle.position = np.array((0.0, 0.0, -3.0))
        self.session.allowed = frozenset({profile.follow})
        self.session.checked = True
        self.session.wanted = FORWARD
        self.session.streaming = True
        self.session.now = self.session.reason = start

    def at(self, seconds, beat=True, **state):
        """Let it be so many seconds after the start, and a heartbeat show ``state``; whether the
        step is over.
        """
        now = self.session.now = self.start + seconds
        for name, value in state.items():
            setattr(self.vehicle, name, value)
        if beat:
            self.vehicle.heartbeat = now
        if self.fresh:
            self.vehicle.position_time = now
            self.session.command(FORWARD, now)
        if self.global_position:
            self.vehicle.global_time = now
        return next(self.step, "over") == "over"

    def begin(self, step, **state):
        """Take a step for the first time, on a heartbeat that came at the same moment."""
        self.step = step
        return self.at(0.0, **state)

    def answer(self, kind, answer=Answer.ACCEPTED):
        self.session.answered(kind, answer, self.session.now)

    def obey(self, seconds, kind, **state):
        """Acknowledge now, and let a later heartbeat show ``state``; whether the step is over."""
        self.answer(kind)
        return self.at(seconds, **state)

    def warn(self, text, seconds):
        self.session.received_text(text, True, self.start + seconds)

    def refused(self, seconds, **state):
        """Return the fault that ends the step at this time."""
        with pytest.raises(steps.Refused) as caught:
            self.at(seconds, **state)
        assert str(caught.value) == str(caught.value.fault)
        return caught.value.fault

    def refuse(self, seconds, kind, answer=Answer.DENIED):
        """Refuse now; go on when the autopilot's texts have had their time."""
        self.answer(kind, answer)
        return self.at(seconds)

    @property
    def asked(self):
        return self.adapter.requests

    @property
    def texts(self):
        return [event.text for event in self.session.events()]

    @property
    def state(self):
        session = self.session
        return session.phase, session.streaming, session.wanted, set(session.allowed)


@pytest.fixture
def drive():
    return Drive()


# A request.


def arm(drive, done=None, **more):
    """Begin a request to arm, in the air or not: it is done when the vehicle reports that it is
    armed.
    """
    drive.vehicle.armed = False
    return steps.ask(
        drive.session, ARM, "arming", 1.0, done or (lambda: drive.vehicle.armed), **more
    )


@pytest.mark.parametrize(
    ("age", "mode", "asks"),
    [
        (0.0, PROFILE.follow, True),
        (0.049, PROFILE.follow, True),
        (0.05, PROFILE.follow, False),
        (0.051, PROFILE.follow, False),
        (0.0, POSCTL, False),
    ],
)
def test_something_is_asked_for_only_on_a_heartbeat_of_this_moment_that_shows_our_mode(
    age, mode, asks
):
    drive = Drive(start=0.0)
    drive.session.reason = -1.0
    drive.vehicle.heartbeat = 0.0
    drive.step = arm(drive)
    drive.at(age, beat=False, mode=mode)
    assert bool(drive.asked) is asks


def test_without_such_a_heartbeat_it_is_asked_for_on_the_next_one(drive):
    drive.session.reason = START - 5.0
    drive.vehicle.heartbeat = START - 1.0
    drive.step = arm(drive)
    drive.at(0.0, beat=False)
    drive.vehicle.heartbeat = START
    drive.at(0.1, beat=False)
    assert not drive.asked  # not younger than the reason
    drive.vehicle.heartbeat = START + 0.01
    drive.at(0.1, beat=False)
    assert drive.asked == [(ARM, 1.0, 0)]


def test_a_heartbeat_that_showed_a_foreign_mode_does_not_count_later(drive):
    drive.begin(arm(drive), mode=POSCTL)
    drive.session.allowed |= {POSCTL}
    drive.at(0.1, beat=False)
    assert not drive.asked
    drive.at(0.2)
    assert drive.asked == [(ARM, 1.0, 0)]


@pytest.mark.parametrize(("round_trip", "pause"), [(0.0, 1.0), (0.5, 1.0), (0.75, 1.5)])
def test_a_request_without_an_answer_is_repeated_three_times_and_then_given_up(
    drive, round_trip, pause
):
    drive.session.round_trip = round_trip
    drive.begin(arm(drive))
    for attempt in range(4):
        drive.at(pause * (attempt + 1))
        assert drive.asked[-1] == (ARM, 1.0, attempt) and len(drive.asked) == attempt + 1
        assert drive.session.reason == drive.session.now
        drive.at(pause * (attempt + 2) - 0.01)
        assert len(drive.asked) == attempt + 1
    text = "arming: no answer from the autopilot after 4 attempts"
    assert drive.refused(pause * 5) == Fault(FaultKind.REFUSED, subject=text)
    assert len(drive.asked) == 4


def test_a_request_is_not_repeated_on_an_old_heartbeat_or_in_a_foreign_mode(drive):
    drive.begin(arm(drive))
    drive.at(0.1)
    drive.at(5.0, beat=False)
    drive.at(6.0, mode=POSCTL)
    assert len(drive.asked) == 1
    drive.at(7.0, mode=PROFILE.follow)
    assert [attempt for _, _, attempt in drive.asked] == [0, 1]


def test_what_is_so_already_is_not_asked_for(drive):
    drive.begin(arm(drive))
    assert drive.at(0.1, armed=True) and not drive.asked


@pytest.mark.parametrize(("already", "over"), [(True, True), (False, False)])
def test_whether_there_is_nothing_to_request_may_differ_from_whether_it_is_done(
    drive, already, over
):
    drive.begin(arm(drive, done=lambda: not already, already=lambda: already))
    assert drive.at(0.1) is over and bool(drive.asked) is not over


@pytest.mark.parametrize(
    ("pending", "asks"), [(None, False), (PROFILE.follow, False), (PROFILE.hold, True)]
)
def test_a_mode_that_is_shown_is_asked_for_where_another_one_may_still_take_effect(
    drive, pending, asks
):
    if pending is not None:
        drive.session.request(MODE, pending)
        drive.asked.clear()
    drive.begin(steps.enter_mode(drive.session, PROFILE.follow))
    assert drive.at(0.1) is not asks
    assert drive.asked == ([(MODE, PROFILE.follow, 0)] if asks else [])


def test_a_request_whose_acknowledgement_was_lost_is_done_when_a_heartbeat_shows_it(drive):
    drive.session.round_trip = 0.5
    drive.begin(arm(drive))
    drive.session.request(MODE, PROFILE.hold)  # still pending when the request is due again
    drive.asked.clear()
    drive.at(0.51)
    assert drive.asked == [(ARM, 1.0, 0)] and drive.session.pending_mode == PROFILE.hold
    drive.session.request(MODE, PROFILE.hold)
    drive.asked.clear()
    assert drive.at(1.51, armed=True) and not drive.asked


def test_an_answer_to_an_earlier_request_does_not_count(drive):
    drive.session.answered(ARM, Answer.DENIED, START)
    drive.begin(arm(drive))
    drive.at(0.1)
    assert drive.asked == [(ARM, 1.0, 0)]


@pytest.mark.parametrize("answer", BAD)
def test_a_refusal_is_reported_with_the_texts_that_come_soon_after_it(drive, answer):
    drive.warn("an old warning", -0.01)
    drive.adapter.knows = ["the adapter's own"]
    drive.begin(arm(drive))
    drive.at(0.5)
    drive.answer(ARM, answer)
    drive.warn("cause", 0.6)
    drive.session.now = START + 0.75
    assert not drive.at(0.79)
    drive.warn("more", 0.8)
    fault = drive.refused(0.8)
    assert fault.kind is FaultKind.REFUSED
    assert fault.subject == f"arming refused ({answer.value}): cause; more; the adapter's own"
    assert len(drive.asked) == 1


@pytest.mark.parametrize(
    ("since", "text"),
    [
        (None, "it gives no reason"),
        (START - 2.0, "before"),
        (START - 1.9, "it gives no reason"),
        (0.0, "before"),
    ],
)
def test_a_refusal_is_explained_by_warnings_from_the_request_on_or_since_a_given_time(
    drive, since, text
):
    drive.warn("before", -2.0)
    drive.begin(arm(drive, since=since))
    drive.at(0.1)
    drive.answer(ARM, Answer.TEMPORARILY_REJECTED)
    assert drive.refused(1.0).subject == f"arming refused (temporarily rejected): {text}"


@pytest.mark.parametrize("answer", [Answer.ACCEPTED, Answer.IN_PROGRESS])
def test_an_acknowledged_request_is_done_when_a_younger_heartbeat_shows_it(drive, answer):
    drive.begin(arm(drive))
    drive.at(0.1)
    drive.at(0.5, armed=True)
    drive.answer(ARM, answer)
    assert not drive.at(0.5)  # not younger than the acknowledgement
    assert not drive.at(1.0, armed=False)
    assert not drive.at(1.1, beat=False)
    assert drive.at(1.2, armed=True)
    assert len(drive.asked) == 1


@pytest.mark.parametrize(
    ("kind", "limit"), [(ARM, 3.0), (DISARM, 3.0), (LAND, 3.0), (MODE, 3.0), (TAKE_OFF, 60.0)]
)
@pytest.mark.parametrize("armed", [True, False])
def test_what_is_acknowledged_and_never_shown_is_reported_with_what_is_shown(
    drive, kind, limit, armed
):
    drive.begin(steps.ask(drive.session, kind, "it", PROFILE.follow, lambda: False), armed=armed)
    drive.at(0.25)
    drive.answer(kind)
    assert not drive.at(limit + 0.25)
    fault = drive.refused(limit + 0.26)
    part = "armed" if armed else "disarmed"
    assert fault == Fault(
        FaultKind.REFUSED, subject=f"it: acknowledged, but the heartbeat shows OFFBOARD, {part}"
    )
    assert len(drive.asked) == 1


def test_a_mode_is_requested_by_its_number_and_reported_by_its_name(drive):
    drive.begin(steps.enter_mode(drive.session, PROFILE.hold))
    drive.at(0.1)
    assert drive.asked == [(MODE, PROFILE.hold, 0)]
    drive.answer(MODE, Answer.DENIED)
    assert drive.refused(1.0).subject == "mode AUTO.LOITER refused (denied): it gives no reason"


def test_a_mode_is_entered_when_a_heartbeat_shows_that_very_mode(drive):
    drive.begin(steps.enter_mode(drive.session, PROFILE.hold))
    drive.at(0.1)
    assert not drive.obey(0.2, MODE)
    assert not drive.at(0.3, mode=PROFILE.land)
    assert drive.at(0.4, mode=PROFILE.hold)


# Arming.


def test_arming_is_tried_three_times_with_two_seconds_between(drive):
    drive.begin(steps.arm_patiently(drive.session, START - 2.0), armed=False)
    drive.warn("compass", -2.0)
    drive.warn("long ago", -2.01)
    why = "arming refused (denied): compass"
    for attempt, (begin, sent) in enumerate(((0.0, 0.5), (3.0, 3.0))):
        assert drive.session.arm_asked == START + begin
        drive.at(begin + 0.5)
        assert drive.asked == [(ARM, 1.0, 0)] * (attempt + 1)
        drive.answer(ARM, Answer.DENIED)
        drive.at(begin + 1.0)
        assert drive.texts == ["autopilot: compass", "autopilot: long ago"] * (attempt == 0) + [
            f"{why} (trying again)"
        ]
        drive.at(begin + 2.99)
        assert drive.session.arm_asked == START + sent
        drive.at(begin + 3.0)
    assert drive.session.arm_asked == START + 6.0
    drive.at(6.5)
    drive.answer(ARM, Answer.DENIED)
    assert drive.refused(7.0) == Fault(FaultKind.REFUSED, subject=why)
    assert len(drive.asked) == 3 and drive.texts == []


def test_armed_motors_are_not_armed_again(drive):
    assert drive.begin(steps.arm_patiently(drive.session, START), armed=True)
    assert not drive.asked and drive.session.arm_asked is None


def test_motors_that_start_after_a_refusal_are_not_armed_again(drive):
    drive.begin(steps.arm_patiently(drive.session, START), armed=False)
    drive.at(0.1)
    assert not drive.refuse(0.5, ARM)
    assert drive.at(2.5, armed=True) and len(drive.asked) == 1


def test_arming_is_over_when_the_vehicle_reports_that_it_is_armed(drive):
    drive.begin(steps.arm_patiently(drive.session, START), armed=False)
    drive.at(0.1)
    assert not drive.obey(0.2, ARM)
    assert drive.at(0.3, armed=True) and len(drive.asked) == 1
    assert drive.session.arm_asked == START + 0.1


# Parameters.

RULES = (
    ParameterRule("A", 0.25, 1.0, 0.0, "for a reason"),
    ParameterRule("B", 5.0, 5.0, 5.0, "for another"),
)


def checks(**config):
    """Begin to check parameters; the first one is being read."""
    drive = Drive(replace(PROFILE, rules=RULES), **config)
    drive.session.parameters.update(A=0.5, B=5.0)  # read before: they do not count
    assert not drive.begin(steps.check_parameters(drive.session))
    assert drive.adapter.parameters == ["A"]
    return drive


@pytest.mark.parametrize("value", [0.25, 0.5, 1.0])
def test_parameters_within_their_limits_are_reported_one_after_the_other(value):
    drive = checks()
    drive.session.parameters["A"] = value
    assert not drive.at(0.1)
    assert drive.adapter.parameters == ["A", "B"]
    drive.session.parameters["B"] = 5.0
    assert drive.at(0.2)
    assert drive.texts == [f"A is {value:g}: for a reason", "B is 5: for another"]
    assert drive.adapter.parameters == ["A", "B"]


@pytest.mark.parametrize("value", [0.24, 1.01])
def test_a_parameter_outside_its_limits_is_set_and_reported(value):
    drive = checks()
    drive.session.parameters["A"] = value
    drive.at(0.1)
    assert drive.adapter.parameters == ["A", ("A", 0.0)]
    drive.session.parameters["A"] = 1e-6
    assert not drive.at(0.2)  # not near enough
    assert drive.adapter.parameters == ["A", ("A", 0.0)]
    drive.session.parameters["A"] = -9e-7
    drive.at(0.3)
    assert drive.texts == [f"A was {value:g}, is now -9e-07: for a reason"]
    assert drive.adapter.parameters[2:] == ["B"]


def test_a_parameter_is_set_to_the_value_of_its_rule():
    drive = checks()
    drive.session.parameters["A"] = 0.5
    drive.at(0.1)
    drive.session.parameters["B"] = 4.0
    drive.at(0.2)
    assert drive.adapter.parameters == ["A", "B", ("B", 5.0)]
    for value, over in ((-5.0, False), (4.9, False), (5.0, True)):
        drive.session.parameters["B"] = value
        assert drive.at(0.3) is over
    assert drive.texts[-1] == "B was 4, is now 5: for another"


def test_a_parameter_that_we_may_not_set_is_named_with_what_is_expected():
    drive = checks(set_parameters=False)
    drive.session.parameters["A"] = 2.0
    text = "A is 2, expected 0 (for a reason): set it, or allow us to"
    assert drive.refused(0.1) == Fault(FaultKind.PARAMETER, subject=text)
    assert drive.adapter.parameters == ["A"]


def test_a_parameter_that_is_not_reported_is_requested_once_a_second_and_four_times():
    drive = checks()
    for second in (1, 2, 3):
        drive.at(second - 0.01)
        assert drive.adapter.parameters == ["A"] * second
        drive.at(second)
        assert drive.adapter.parameters == ["A"] * (second + 1)
    drive.at(3.99)
    assert drive.refused(4.0) == Fault(FaultKind.PARAMETER, subject="parameter A: no answer")


def test_a_parameter_that_stays_wrong_could_not_be_set():
    drive = checks()
    drive.session.parameters["A"] = 2.0
    for second in (0, 1, 2, 3):
        drive.at(second)
        drive.session.parameters["A"] = 2.0
        assert drive.adapter.parameters == ["A"] + [("A", 0.0)] * (second + 1)
    assert drive.refused(4.0) == Fault(FaultKind.PARAMETER, subject="parameter A: could not be set")


# Taking over.


def takes_over(profile=PROFILE, begin=True, **state):
    """Engage a vehicle that stands on the ground in a pilot's mode."""
    drive = Drive(profile)
    drive.session.streaming = False
    drive.session.begun = True
    drive.session.allowed = frozenset()
    state = {"mode": POSCTL, "armed": False, **GROUND} | state
    if begin:
        assert not drive.begin(steps.take_over(drive.session), **state)
    return drive


def follows(drive):
    """Let the vehicle enter the mode that follows set points, 1.5 s after the start."""
    drive.at(1.25)
    assert drive.asked == [(MODE, drive.profile.follow, 0)]
    return drive.obey(1.5, MODE, mode=drive.profile.follow)


def test_taking_over_streams_zero_before_it_asks_for_the_mode():
    drive = takes_over()
    session = drive.session
    assert drive.state == (Phase.STARTING, True, ZERO, {POSCTL, PROFILE.follow})
    assert session.begun and session.reason == START and session.arm_asked is None
    drive.at(1.24)
    assert not drive.asked
    drive.at(1.25)
    assert drive.asked == [(MODE, PROFILE.follow, 0)]
    assert not drive.obey(1.5, MODE, mode=PROFILE.follow)
    assert drive.session.allowed == {PROFILE.follow}


def test_taking_over_needs_a_heartbeat_that_is_younger_than_the_engagement():
    drive = takes_over(begin=False)
    drive.session.reason = START - 5.0
    drive.vehicle.heartbeat = START
    drive.step = steps.take_over(drive.session)
    drive.at(0.0, mode=POSCTL, armed=False, **GROUND)
    drive.at(1.25, beat=False)
    drive.at(2.0, beat=False)
    assert not drive.asked
    drive.at(2.01)
    assert drive.asked == [(MODE, PROFILE.follow, 0)]


def test_a_flight_begins_from_the_ground_with_arming_and_a_climb():
    drive = takes_over()
    drive.warn("sent when the mode changed", 1.3)
    follows(drive)
    assert drive.session.arm_asked == START + 1.5 and drive.session.phase is Phase.STARTING
    drive.at(1.6)
    assert drive.asked[1:] == [(ARM, 1.0, 0)]
    drive.obey(2.0, ARM, armed=True)
    assert drive.state == (Phase.CLIMBING, True, ZERO, {PROFILE.follow})
    assert not drive.at(4.49)
    assert drive.state == (Phase.CLIMBING, True, ZERO, {PROFILE.follow})
    assert not drive.at(4.5)
    assert drive.state == (Phase.CLIMBING, True, Command(vz=0.7), {PROFILE.follow})
    assert drive.at(6.0, position=np.array((0.0, 0.0, -4.5)), **AIR)
    assert drive.state == (Phase.FLYING, True, ZERO, {PROFILE.follow})


def test_a_refused_arming_is_explained_by_the_texts_since_the_engagement():
    drive = takes_over()
    drive.warn("before", -0.01)
    drive.warn("cause", 0.0)
    follows(drive)
    drive.at(1.6)
    drive.refuse(2.0, ARM)
    assert drive.texts[-1] == "arming refused (denied): cause (trying again)"


def test_a_vehicle_that_flies_is_taken_over_by_the_mode_alone():
    drive = takes_over(armed=True, **AIR)
    assert follows(drive)
    assert drive.state == (Phase.FLYING, True, ZERO, {PROFILE.follow}) and len(drive.asked) == 1


def test_a_vehicle_that_flies_and_is_disarmed_is_not_taken_over():
    drive = takes_over(armed=False, **AIR)
    drive.at(1.25)
    drive.answer(MODE)
    fault = drive.refused(1.5, mode=PROFILE.follow)
    assert fault == Fault(
        FaultKind.REFUSED, subject="the vehicle reports that it flies and is disarmed"
    )


@pytest.mark.parametrize(
    ("spoil", "kind"),
    [
        (lambda drive: setattr(drive, "fresh", False), FaultKind.SUPERVISOR_SILENT),
        (lambda drive: setattr(drive.vehicle, "landed", Landed.UNKNOWN), FaultKind.LANDED_UNKNOWN),
        (lambda drive: setattr(drive.session, "round_trip", 0.81), FaultKind.LINK_SLOW),
        (lambda drive: setattr(drive.adapter, "missing", "no heading"), FaultKind.REFUSED),
    ],
)
def test_nothing_begins_before_everything_is_fresh_and_known_and_not_after_five_seconds(
    spoil, kind
):
    drive = takes_over(begin=False)
    drive.vehicle.mode = POSCTL
    drive.vehicle.landed = Landed.ON_GROUND
    drive.vehicle.armed = False
    spoil(drive)
    drive.begin(steps.take_over(drive.session))
    for seconds in (0.0, 2.0, 5.0):
        assert not drive.at(seconds)
        assert drive.state == (Phase.STARTING, False, ZERO, {POSCTL})
        assert drive.session.begun is False and not drive.asked
    assert drive.refused(5.01).kind is kind


@pytest.mark.parametrize("what", ["silent", "unknown"])
def test_what_becomes_known_in_time_begins_the_flight(what):
    drive = takes_over(begin=False)
    drive.vehicle.landed = Landed.UNKNOWN if what == "unknown" else Landed.ON_GROUND
    drive.vehicle.armed = False
    drive.fresh = what == "unknown"
    drive.begin(steps.take_over(drive.session))
    drive.at(4.0)
    assert not drive.session.begun
    drive.fresh = True
    assert not drive.at(5.5, **GROUND)
    assert drive.session.begun and drive.session.streaming


@pytest.mark.parametrize("checked", [True, False])
def test_parameters_are_checked_before_anything_is_sent_unless_they_were(checked):
    drive = takes_over(replace(PROFILE, rules=RULES[1:]), begin=False)
    drive.session.checked = checked
    drive.begin(steps.take_over(drive.session), mode=POSCTL, armed=False, **GROUND)
    assert drive.session.streaming is checked and drive.adapter.parameters == (
        [] if checked else ["B"]
    )
    drive.session.parameters["B"] = 5.0
    drive.at(0.1)
    assert drive.session.streaming and drive.session.checked is True


@pytest.mark.parametrize("known", [True, False])
def test_a_missing_global_position_is_reported_before_anything_is_sent(known):
    drive = takes_over(begin=False)
    drive.global_position = known
    drive.begin(steps.take_over(drive.session), mode=POSCTL, armed=False, **GROUND)
    assert drive.texts == ([] if known else [PROFILE.without_global_position])


# Taking back.


def test_a_flight_that_hangs_in_the_air_goes_on_and_never_arms(drive):
    drive.session.allowed = frozenset({PROFILE.hold})
    drive.session.streaming = False
    drive.vehicle.heartbeat = START
    drive.session.phase = Phase.HOLDING
    drive.begin(steps.take_back(drive.session), mode=PROFILE.hold)
    assert drive.state == (Phase.HOLDING, True, ZERO, {PROFILE.hold, PROFILE.follow})
    assert drive.session.reason == START
    drive.at(1.24)
    assert not drive.asked
    drive.at(1.25)
    assert drive.asked == [(MODE, PROFILE.follow, 0)]
    assert drive.obey(1.5, MODE, mode=PROFILE.follow)
    assert drive.state == (Phase.FLYING, True, ZERO, {PROFILE.follow}) and len(drive.asked) == 1


def test_a_flight_is_not_taken_back_on_anything_old(drive):
    drive.fresh = False
    drive.step = steps.take_back(drive.session)
    drive.session.streaming = False
    fault = drive.refused(0.0)
    assert fault.kind is FaultKind.SUPERVISOR_SILENT and not drive.session.streaming


# Climbing.


def high(height):
    return {"position": np.array((0.0, 0.0, -height))}


def climbs(profile=PROFILE, height=2.0, **config):
    """Return a take-off that begins now: the motors have turned for 2.5 s."""
    drive = Drive(profile, **config)
    drive.session.phase = Phase.CLIMBING
    drive.begin(steps.climb(drive.session), **high(height), **GROUND)
    drive.start += 2.5
    drive.at(0.0)
    return drive


@pytest.mark.parametrize(("height", "enough"), [(1.34, False), (1.35, True), (1.36, True)])
def test_a_climb_ends_a_little_below_its_height(height, enough):
    drive = climbs(height=0.0)
    assert drive.session.wanted == Command(vz=0.7) and not drive.asked
    assert drive.at(1.0, **high(height), **AIR) is enough
    assert drive.session.wanted == (ZERO if enough else Command(vz=0.7)) and drive.session.streaming


@pytest.mark.parametrize(("height", "enough"), [(1.4, False), (3.3, False), (3.4, True)])
def test_a_climb_counts_from_where_it_stood(height, enough):
    assert climbs().at(1.0, **high(height), **AIR) is enough


def test_a_climb_that_is_high_enough_waits_for_the_vehicles_own_report_at_zero():
    drive = climbs()
    assert not drive.at(1.0, **high(3.5), **GROUND)
    assert drive.session.wanted == ZERO
    assert drive.at(1.1, **AIR)


@pytest.mark.parametrize("text", ["motors are weak; battery low", ""])
def test_a_climb_has_its_time_and_some_patience(text):
    drive = climbs(altitude=1.5, climb=0.5, patience=12.0)
    drive.warn("before arming", -2.6)
    if text:
        drive.warn("motors are weak", -2.5)
        drive.warn("battery low", 3.0)
    assert not drive.at(15.0, **high(2.5))
    expected = Fault(FaultKind.TAKE_OFF_SLOW, 0.5, 15.25, text or "it gives no reason")
    assert drive.refused(15.25) == expected


def test_an_autopilot_that_takes_off_by_itself_gets_no_set_points_meanwhile():
    drive = climbs(ARDUPILOT)
    drive.session.wanted = FORWARD
    assert drive.session.streaming is False
    assert drive.asked == [(TAKE_OFF, 1.5, 0)]
    assert not drive.obey(0.2, TAKE_OFF)
    assert not drive.session.streaming
    assert drive.at(3.0, **high(3.5), **AIR)
    assert drive.session.streaming and drive.session.wanted == ZERO and len(drive.asked) == 1


def test_a_take_off_that_has_begun_is_not_asked_for():
    drive = Drive(ARDUPILOT)
    drive.begin(steps.climb(drive.session), **high(2.0), **GROUND)
    drive.at(2.5, beat=False)
    assert not drive.at(2.6, **AIR)
    assert not drive.asked
    assert drive.at(3.5, **high(3.5))


def test_whoever_flies_before_the_motors_have_turned_for_long_is_not_kept_down():
    drive = Drive()
    drive.session.wanted = ZERO
    drive.begin(steps.climb(drive.session), **high(2.0), **GROUND)
    drive.at(1.0)
    assert drive.session.wanted == ZERO
    drive.at(1.1, **AIR)
    assert drive.session.wanted == Command(vz=0.7)


def test_a_refused_take_off_is_reported_by_its_name():
    drive = climbs(ARDUPILOT)
    drive.answer(TAKE_OFF, Answer.FAILED)
    assert drive.refused(1.0).subject == "take-off refused (failed): it gives no reason"


# Holding.


@pytest.mark.parametrize(
    ("mode", "streaming", "streams"),
    [
        (PROFILE.follow, True, True),
        (PROFILE.follow, False, True),
        (PROFILE.land, True, True),
        (PROFILE.land, False, False),
    ],
)
def test_a_hold_is_zero_at_once_and_set_points_go_on_where_they_are_needed(
    drive, mode, streaming, streams
):
    drive.session.allowed = frozenset({mode})
    drive.session.streaming = streaming
    assert not drive.begin(steps.hold(drive.session), mode=mode)
    assert drive.state == (Phase.HOLDING, streams, ZERO, {mode}) and not drive.asked
    assert drive.session.reason == START


def test_set_points_end_when_a_heartbeat_shows_the_hold(drive):
    drive.begin(steps.hold(drive.session))
    assert not drive.at(0.5, beat=False) and not drive.asked
    assert not drive.at(0.6)
    assert drive.asked == [(MODE, PROFILE.hold, 0)]
    assert drive.session.allowed == {PROFILE.follow, PROFILE.hold}
    assert not drive.obey(0.7, MODE)
    assert drive.session.streaming
    assert drive.at(0.8, mode=PROFILE.hold)
    assert drive.state == (Phase.HOLDING, False, ZERO, {PROFILE.hold})


@pytest.mark.parametrize("handing_over", [False, True])
def test_a_mode_that_was_asked_for_a_moment_ago_is_waited_for(drive, handing_over):
    drive.session.request(MODE, PROFILE.land)
    drive.asked.clear()
    drive.begin((steps.hand_over if handing_over else steps.hold)(drive.session))
    for seconds in (0.6, 0.7, 0.99):
        assert not drive.at(seconds) and not drive.asked
    assert not drive.at(1.0)
    assert drive.asked == [(MODE, PROFILE.hold, 0)]


def test_a_hold_goes_on_as_soon_as_the_mode_that_was_asked_for_is_shown(drive):
    drive.session.request(MODE, PROFILE.follow)
    drive.asked.clear()
    drive.begin(steps.hold(drive.session))
    drive.at(0.1)
    assert drive.asked == [(MODE, PROFILE.hold, 0)]


def test_a_vehicle_in_a_foreign_mode_is_not_held(drive):
    drive.session.allowed = frozenset({POSCTL})
    drive.begin(steps.hold(drive.session), mode=POSCTL)
    assert drive.at(0.1)
    assert drive.session.phase is Phase.RELEASED and not drive.asked and not drive.session.streaming
    assert drive.session.fault == Fault(FaultKind.FOREIGN_MODE, subject="POSCTL")


def test_without_a_global_position_zero_set_points_hold_and_no_mode_is_asked_for(drive):
    drive.global_position = False
    drive.begin(steps.hold(drive.session))
    assert drive.at(0.1) and not drive.asked
    assert drive.state == (Phase.HOLDING, True, ZERO, {PROFILE.follow})


def test_a_hold_that_is_refused_is_held_by_zero_set_points_and_reported(drive):
    drive.begin(steps.hold(drive.session))
    drive.at(0.1)
    assert drive.refuse(1.0, MODE)
    assert drive.session.fault.subject == "mode AUTO.LOITER refused (denied): it gives no reason"
    assert drive.texts[-1] == "holding by zero set points: the autopilot refuses its hold mode"
    assert drive.state == (Phase.HOLDING, True, ZERO, {PROFILE.follow, PROFILE.hold})


# Handing over.


def touched(profile=ARDUPILOT, sticks=True, **state):
    """Let a pilot touch something in flight."""
    drive = Drive(profile)
    drive.vehicle.sticks = (1500,) * 8 if sticks else None
    drive.vehicle.sticks_time = START
    drive.begin(steps.hand_over(drive.session), **state)
    return drive


WAITED = steps.SWITCHES + 0.01
"""s from a touch until a mode may be asked for."""


@pytest.mark.parametrize(
    ("sticks", "mode"), [(True, ARDUPILOT.pilot_hold), (False, ARDUPILOT.hold)]
)
def test_a_pilot_gets_zero_at_once_and_then_a_mode_whose_sticks_work(sticks, mode):
    drive = touched(sticks=sticks)
    assert drive.state == (Phase.HOLDING, True, ZERO, {ARDUPILOT.follow}) and not drive.asked
    assert not drive.at(0.25) and not drive.at(steps.SWITCHES - 0.01)
    assert drive.state == (Phase.HOLDING, True, ZERO, {ARDUPILOT.follow}) and not drive.asked
    drive.vehicle.sticks_time = drive.session.now
    assert not drive.at(WAITED) and not drive.asked
    assert drive.session.reason == START + WAITED
    assert not drive.at(WAITED + 0.1)
    assert drive.asked == [(MODE, mode, 0)] and drive.session.allowed == {ARDUPILOT.follow, mode}
    assert drive.obey(WAITED + 0.2, MODE, mode=mode)
    assert drive.session.phase is Phase.RELEASED and drive.session.fault == Fault(
        FaultKind.PILOT_TOUCH
    )
    assert not drive.session.streaming


def test_half_a_second_is_enough_for_a_pilots_switch():
    drive = touched()
    assert not drive.at(0.5) and not drive.asked
    assert not drive.at(0.51)
    assert [kind for kind, *_ in drive.asked] == [MODE]


def test_a_slow_link_gives_a_pilots_switch_more_time():
    """The heartbeat with the pilot's mode is on its way for as long as the link needs."""
    drive = touched()
    drive.session.round_trip = 0.4
    for seconds in (0.6, steps.SWITCHES + 0.39, steps.SWITCHES + 0.79):
        assert not drive.at(seconds)
    assert not drive.at(steps.SWITCHES + 1.18) and not drive.asked
    assert not drive.at(steps.SWITCHES + 1.2)
    assert [kind for kind, *_ in drive.asked] == [MODE]


def test_an_autopilots_own_take_off_ends_at_a_touch():
    drive = Drive(ARDUPILOT)
    drive.session.streaming = False
    drive.begin(steps.hand_over(drive.session))
    assert drive.state == (Phase.HOLDING, True, ZERO, {ARDUPILOT.follow}) and not drive.asked


@pytest.mark.parametrize("streaming", [True, False])
def test_a_touch_in_a_mode_that_follows_no_set_points_begins_none_and_ends_none(streaming):
    """Those that go on already are for a mode that was asked for and may still come."""
    drive = Drive(ARDUPILOT)
    drive.session.streaming = streaming
    drive.session.allowed = frozenset({ARDUPILOT.land})
    drive.begin(steps.hand_over(drive.session), mode=ARDUPILOT.land)
    assert drive.session.streaming is streaming


def test_a_pilot_who_has_chosen_a_mode_keeps_it():
    drive = touched(PROFILE)
    drive.session.allowed = frozenset({POSCTL})
    assert not drive.at(WAITED, mode=POSCTL)
    assert drive.at(WAITED + 0.1)
    assert drive.session.phase is Phase.RELEASED and not drive.asked
    assert drive.session.fault == Fault(FaultKind.PILOT_TOUCH)


def test_without_a_global_position_a_touch_is_held_by_zero_set_points(drive):
    drive.global_position = False
    drive.begin(steps.hand_over(drive.session))
    assert not drive.at(WAITED)
    assert drive.at(WAITED + 0.1) and not drive.asked
    assert drive.state == (Phase.HOLDING, True, ZERO, {PROFILE.follow})


def test_a_pilots_hold_that_is_refused_leaves_zero_set_points():
    drive = touched()
    drive.at(WAITED)
    drive.at(WAITED + 0.1)
    assert drive.refuse(2.0, MODE)
    assert drive.session.fault.subject == "mode LOITER refused (denied): it gives no reason"
    assert (
        drive.session.phase is Phase.HOLDING
        and drive.session.streaming
        and drive.session.wanted == ZERO
    )


def test_a_touch_on_the_ground_stops_the_motors_after_a_younger_heartbeat():
    """Not at once: a pilot who has switched to a mode of their own may want to take off."""
    drive = touched(PROFILE, **GROUND)
    assert not drive.at(steps.SWITCHES - 0.01) and not drive.asked
    assert not drive.at(WAITED) and not drive.asked
    assert not drive.at(WAITED + 0.1, beat=False) and not drive.asked
    assert not drive.at(WAITED + 0.2)
    assert drive.asked == [(DISARM, 0.0, 0)] and drive.session.phase is Phase.STOPPING
    assert drive.at(WAITED + 0.3, armed=False)
    assert drive.session.phase is Phase.READY


def test_a_vehicle_that_leaves_the_ground_after_a_touch_is_handed_over_and_not_stopped_up_there():
    """It reports that on the very heartbeat that is waited for."""
    drive = touched(PROFILE, **GROUND)
    drive.vehicle.sticks_time = START + WAITED
    assert not drive.at(WAITED) and not drive.asked
    assert not drive.at(WAITED + 0.1, **AIR)
    assert drive.asked == [(MODE, PROFILE.pilot_hold, 0)] and drive.session.phase is Phase.HOLDING
    assert drive.obey(WAITED + 0.2, MODE, mode=PROFILE.pilot_hold)
    assert drive.session.phase is Phase.RELEASED


# Landing.


def test_a_landing_is_asked_for_by_command_and_set_points_end_when_it_is_shown(drive):
    drive.session.allowed = frozenset({POSCTL})
    drive.session.fault = Fault(FaultKind.LINK_LOST)
    drive.begin(steps.land(drive.session))
    assert drive.state == (Phase.LANDING, True, ZERO, {POSCTL, PROFILE.follow, PROFILE.land})
    assert drive.session.reason == START and not drive.asked
    drive.at(0.1)
    assert drive.asked == [(LAND, 0.0, 0)]
    assert not drive.obey(0.2, LAND)
    assert drive.session.streaming
    assert not drive.at(0.3, mode=PROFILE.land)
    assert (
        drive.state == (Phase.LANDING, False, ZERO, {PROFILE.land}) and drive.session.fault is None
    )
    assert not drive.at(30.0) and len(drive.asked) == 1


def test_an_autopilot_that_lands_by_its_mode_is_asked_for_that():
    drive = Drive(ARDUPILOT)
    drive.begin(steps.land(drive.session))
    drive.at(0.1)
    assert drive.asked == [(MODE, ARDUPILOT.land, 0)]


@pytest.mark.parametrize(
    ("profile", "ways"),
    [
        (PROFILE, [(LAND, 0.0), (MODE, PROFILE.land), (LAND, 0.0)]),
        (ARDUPILOT, [(MODE, 9), (LAND, 0.0), (MODE, 9)]),
    ],
)
def test_a_landing_that_is_refused_is_tried_in_the_other_way_and_sinks_meanwhile(profile, ways):
    drive = Drive(profile)
    drive.begin(steps.land(drive.session))
    for index, (kind, value) in enumerate(ways):
        drive.at(index + 0.1)
        assert drive.asked[-1] == (kind, value, 0) and len(drive.asked) == index + 1
        assert drive.session.wanted == (SINKING if index else ZERO)
        assert not drive.refuse(index + 0.5, kind)
        name = {LAND: "landing", MODE: f"mode {profile.mode_name(profile.land)}"}[kind]
        assert drive.session.fault.subject == f"{name} refused (denied): it gives no reason"
        assert drive.session.reason == drive.session.now and drive.session.phase is Phase.LANDING
    drive.at(3.1)
    assert not drive.obey(3.2, ways[1][0], mode=profile.land)
    assert (
        drive.state == (Phase.LANDING, False, SINKING, {profile.land})
        and drive.session.fault is None
    )


def test_a_refused_landing_is_asked_for_again_only_on_a_younger_heartbeat(drive):
    drive.begin(steps.land(drive.session))
    drive.at(0.1)
    drive.refuse(0.5, LAND)
    drive.at(0.9, beat=False)
    assert len(drive.asked) == 1
    drive.at(1.0)
    assert drive.asked[1:] == [(MODE, PROFILE.land, 0)]


def test_a_landing_that_is_refused_until_it_stands_is_watched_and_its_motors_are_stopped(drive):
    drive.begin(steps.land(drive.session))
    drive.at(0.1)
    drive.answer(LAND, Answer.DENIED)
    assert not drive.at(1.0, **GROUND)
    assert drive.state == (Phase.LANDING, True, SINKING, {PROFILE.follow, PROFILE.land})
    assert drive.session.fault is None and len(drive.asked) == 1
    drive.at(12.99)
    assert len(drive.asked) == 1
    drive.at(13.0)
    assert drive.asked[1:] == [(DISARM, 0.0, 0)]


def test_a_landing_is_watched_until_it_has_stood_for_its_patience_and_then_the_motors_are_stopped(
    drive,
):
    drive.session.phase = Phase.OFFLINE
    drive.session.allowed = frozenset({PROFILE.land})
    drive.begin(steps.watch_landing(drive.session), mode=PROFILE.land)
    assert drive.session.phase is Phase.LANDING
    drive.at(1.0, **GROUND)
    drive.at(12.0)
    drive.at(12.5, **AIR)  # it has bounced
    drive.at(13.0, **GROUND)
    drive.at(24.99)
    assert not drive.asked and drive.session.phase is Phase.LANDING
    assert not drive.at(25.0)
    assert drive.asked == [(DISARM, 0.0, 0)] and drive.session.phase is Phase.STOPPING
    assert drive.at(25.1, armed=False)
    assert drive.session.phase is Phase.READY


# Stopping the motors.


def stops(profile=PROFILE, lands=None, **state):
    """Begin to stop the motors of a vehicle that stands on the ground."""
    drive = Drive(profile)
    step = (
        steps.stand_down(drive.session)
        if lands is None
        else steps.stand_down(drive.session, lands=lands)
    )
    drive.begin(step, **GROUND | state)
    return drive


@pytest.mark.parametrize("mode", [PROFILE.follow, PROFILE.hold])
def test_motors_that_were_never_started_are_ready_at_once(drive, mode):
    assert drive.begin(steps.stand_down(drive.session), armed=False, mode=mode, **GROUND)
    assert drive.state == (Phase.READY, False, ZERO, set()) and not drive.asked


@pytest.mark.parametrize("mode", [PROFILE.follow, PROFILE.hold])
def test_motors_are_stopped_at_once_with_zero_set_points_where_they_are_followed(mode):
    drive = stops(mode=mode)
    follows_them = mode == PROFILE.follow
    assert drive.state == (Phase.STOPPING, follows_them, ZERO, {PROFILE.follow, mode})
    assert drive.asked == [(DISARM, 0.0, 0)]
    assert drive.at(0.1, armed=False)
    assert drive.state == (Phase.READY, False, ZERO, set()) and len(drive.asked) == 1


def test_motors_are_stopped_from_the_moment_at_which_arming_was_asked_for(drive):
    """A heartbeat that shows "disarmed" may be from before the arming: it counts a second after
    that.
    """
    drive.session.arm_asked = START - 0.25
    assert not drive.begin(steps.stand_down(drive.session), armed=False, **GROUND)
    assert drive.session.phase is Phase.STOPPING and drive.asked == [(DISARM, 0.0, 0)]
    assert not drive.at(0.75)
    assert drive.at(0.76)
    assert drive.session.arm_asked is None and drive.session.phase is Phase.READY


@pytest.mark.parametrize(("arm_asked", "limit"), [(None, 0.5), (START, 1.5), (START + 0.25, 1.75)])
def test_a_heartbeat_that_shows_disarmed_is_younger_than_the_request_by_the_time_of_the_link(
    drive, arm_asked, limit
):
    drive.session.round_trip = 0.5
    drive.session.arm_asked = arm_asked
    drive.begin(steps.stand_down(drive.session), armed=True, **GROUND)
    assert not drive.at(limit, armed=False)
    assert not drive.at(limit + 0.1, beat=False)
    assert drive.at(limit + 0.2)


def test_a_request_to_disarm_is_repeated_every_quarter_of_a_second_until_it_is_obeyed():
    drive = stops()
    drive.answer(DISARM)  # an acknowledgement alone does not count
    for count in range(1, 9):
        drive.at(0.25 * count - 0.01)
        assert len(drive.asked) == count
        drive.at(0.25 * count)
        assert drive.asked[-1] == (DISARM, 0.0, count) and len(drive.asked) == count + 1


@pytest.mark.parametrize("answer", BAD)
def test_a_refusal_to_disarm_on_the_ground_is_reported_with_its_text(answer):
    drive = stops()
    drive.warn("too old", -3.0)
    drive.warn("rotors are turning", -2.5)
    drive.warn("it moves", 0.1)
    drive.answer(DISARM, answer)
    drive.at(0.25)
    assert drive.session.fault == Fault(
        FaultKind.REFUSED,
        subject=f"disarming refused ({answer.value}): rotors are turning; it moves",
    )
    assert drive.session.phase is Phase.STOPPING


@pytest.mark.parametrize(("received", "asks"), [(0.1, False), (0.24, False), (0.25, True)])
def test_a_refusal_to_disarm_is_reported_once_and_the_request_is_repeated_in_its_own_time(
    received, asks
):
    drive = stops()
    drive.answer(DISARM, Answer.DENIED)
    drive.at(received)
    assert len(drive.texts) == 1 and (len(drive.asked) == 2) is asks
    drive.answer(DISARM, Answer.DENIED)
    drive.at(2.0)
    assert drive.texts == [] and len(drive.asked) == (3 if asks else 2)


def test_a_refusal_that_was_reported_does_not_explain_what_comes_later():
    """It has left the ground since: whether it stops there has to be asked, and is not known from
    before.
    """
    drive = stops()
    drive.answer(DISARM, Answer.DENIED)
    drive.at(0.25)
    assert drive.session.phase is Phase.STOPPING
    drive.at(0.5, **AIR)
    assert drive.session.phase is Phase.STOPPING and LAND not in [kind for kind, *_ in drive.asked]
    drive.answer(DISARM, Answer.DENIED)
    drive.at(0.75)
    assert drive.session.phase is Phase.LANDING


def test_texts_of_three_seconds_before_a_refusal_explain_it_and_otherwise_it_gives_no_reason():
    for seconds, text in ((-2.5, "stuck"), (-2.51, "it gives no reason")):
        drive = stops()
        drive.warn("stuck", seconds)
        drive.answer(DISARM, Answer.DENIED)
        drive.at(0.5)
        assert drive.session.fault.subject == f"disarming refused (denied): {text}"


def test_an_answer_from_before_the_request_to_disarm_does_not_count(drive):
    drive.session.answered(DISARM, Answer.DENIED, START)
    drive.begin(steps.stand_down(drive.session), **GROUND)
    assert drive.session.fault is None and drive.asked == [(DISARM, 0.0, 0)]


@pytest.mark.parametrize("landed", [Landed.IN_AIR, Landed.UNKNOWN])
def test_a_vehicle_that_refuses_to_disarm_because_it_flies_or_because_that_is_unknown_lands(landed):
    drive = stops()
    drive.answer(DISARM, Answer.DENIED)
    assert not drive.at(0.1, landed=landed)
    assert drive.session.phase is Phase.LANDING and len(drive.asked) == 1
    assert not drive.at(0.2)
    assert drive.asked[1:] == [(LAND, 0.0, 0)]
    assert not drive.obey(0.3, LAND, mode=PROFILE.land)
    assert drive.state == (Phase.LANDING, False, ZERO, {PROFILE.land})


@pytest.mark.parametrize(
    ("lands", "mode"), [(False, PROFILE.follow), (True, POSCTL), (None, POSCTL), (False, POSCTL)]
)
def test_a_released_vehicle_that_flies_is_not_landed(lands, mode):
    drive = stops(lands=lands, mode=mode)
    drive.answer(DISARM, Answer.DENIED)
    assert drive.at(0.1, **AIR)
    assert drive.session.phase is Phase.RELEASED and len(drive.asked) == 1
    assert drive.session.fault == Fault(FaultKind.FOREIGN_MODE, subject=PROFILE.mode_name(mode))


@pytest.mark.parametrize("lands", [True, None])
def test_our_vehicle_that_flies_is_landed(lands):
    drive = stops(lands=lands)
    drive.answer(DISARM, Answer.DENIED)
    assert not drive.at(0.1, **AIR)
    assert drive.session.phase is Phase.LANDING


def test_a_refusal_of_a_vehicle_that_is_disarmed_is_no_reason_to_land(drive):
    drive.session.arm_asked = START
    drive.begin(steps.stand_down(drive.session), armed=False, landed=Landed.UNKNOWN)
    drive.answer(DISARM, Answer.DENIED)
    assert not drive.at(0.1)
    assert drive.session.phase is Phase.STOPPING
    assert drive.at(1.1)
    assert drive.session.phase is Phase.READY


@pytest.mark.parametrize("answer", [Answer.ACCEPTED, Answer.IN_PROGRESS])
def test_a_vehicle_that_agrees_to_disarm_is_not_landed(answer):
    drive = stops()
    drive.answer(DISARM, answer)
    assert not drive.at(0.1, **AIR)
    assert drive.session.phase is Phase.STOPPING and drive.session.fault is None
