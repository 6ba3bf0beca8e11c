"""The supervisor: never outside its limits, never moving while it should not, whatever comes in and
when.
"""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liquid_nav.safety import SafetyLimits, SafetySupervisor
from liquid_nav.types import Command

ZERO = Command()
LIMITS = SafetyLimits(
    speed=2.0, vertical_speed=1.0, yaw_rate=1.2, acceleration=3.0, yaw_acceleration=4.0
)
thorough = settings(derandomize=True, deadline=None, max_examples=200)

number = st.floats(-5.0, 5.0) | st.floats()
instant = st.floats(0.0, 0.4) | st.sampled_from((0.0, 0.033, 0.6, 1.2, 30.0, -0.05, -2.0))
age = st.floats(-0.05, 0.3) | st.floats()
commands = st.builds(Command, number, number, number, number)
events = st.one_of(
    st.tuples(st.just("image"), age),
    st.tuples(st.just("command"), commands, age),
    st.tuples(st.just("fresh"), commands),
    st.tuples(st.sampled_from(("engage", "disengage", "hold", "land"))),
    st.tuples(st.just("update")),
)


def play(supervisor, timed_events):
    """Feed events and ask after each; yields (now, output)."""
    now = 100.0
    for pause, (kind, *values) in timed_events:
        now += pause
        if kind == "image":
            supervisor.image(now - values[0])
        elif kind == "command":
            supervisor.command(values[0], now - values[1], now)
        elif kind == "fresh":
            supervisor.image(now)
            supervisor.command(values[0], now, now)
        elif kind != "update":
            done, reason = getattr(supervisor, kind)(now)
            assert reason and "\n" not in reason
            assert done or kind == "engage"
        yield now, supervisor.update(now)


@thorough
@given(st.lists(st.tuples(instant, events), max_size=40))
def test_never_outside_the_limits_and_never_moving_while_it_must_not(timed_events):
    supervisor, last, last_time = SafetySupervisor(LIMITS), ZERO, None
    for now, output in play(supervisor, timed_events):
        command = output.command
        assert command.is_finite()
        assert math.hypot(command.vx, command.vy) <= LIMITS.speed * (1 + 1e-12)
        assert abs(command.vz) <= LIMITS.vertical_speed and abs(command.yaw_rate) <= LIMITS.yaw_rate
        if output.mode in ("disengaged", "holding"):
            assert command == ZERO
        else:
            dt = 0.0 if last_time is None else min(max(now - last_time, 0.0), 0.5)
            most, slack = LIMITS.acceleration * dt, 1e-9
            assert math.hypot(command.vx - last.vx, command.vy - last.vy) <= most + slack
            assert abs(command.vz - last.vz) <= most + slack
            assert abs(command.yaw_rate - last.yaw_rate) <= LIMITS.yaw_acceleration * dt + slack
        assert output.mode != "engaged" or not output.faults, "engaged means that nothing is wrong"
        assert all(str(fault) and "\n" not in str(fault) for fault in output.faults)
        last, last_time = command, now


@thorough
@given(
    st.lists(
        st.tuples(instant, events.filter(lambda e: e[0] not in ("engage", "land"))), max_size=40
    )
)
def test_nothing_moves_before_a_person_engages(timed_events):
    assert all(output.command == ZERO for _, output in play(SafetySupervisor(LIMITS), timed_events))


@thorough
@given(st.lists(st.tuples(instant, events), max_size=20), commands.filter(Command.is_finite))
def test_whatever_happened_before_fresh_inputs_and_an_engage_are_enough(timed_events, command):
    supervisor, now = SafetySupervisor(LIMITS), 100.0
    for now, _ in play(supervisor, timed_events):
        pass
    # Stamps from the future may have been believed: the first image of the past puts that right.
    for stamp in (now - 5.0, now):
        supervisor.image(stamp)
    supervisor.command(command, now, now)
    if supervisor.mode == "landing":
        done, why = supervisor.engage(now)
        assert not done and "landing goes on" in why, (
            "a landing is ended by a hold, never by an engagement"
        )
        supervisor.hold(now)
    assert supervisor.engage(now) == (True, "engaged")
    assert supervisor.update(now).mode == "engaged"


class Flight:
    """A supervisor that flies, with a camera and a controller at 20 Hz as long as nothing else is
    set.
    """

    def __init__(self, limits=LIMITS, command=Command(1.0, 0.0, 0.2, 0.3)):
        self.supervisor, self.wanted, self.now = SafetySupervisor(limits), command, 50.0
        self.fly(0.0)
        assert self.supervisor.engage(self.now)[0]

    def fly(self, seconds, image=True, command=True, wanted=None):
        """Let time pass in steps of 50 ms; returns the last output."""
        output = None
        for _ in range(max(1, round(seconds / 0.05))):
            self.now += 0.05 if seconds else 0.0
            if image:
                self.supervisor.image(self.now)
            if command:
                self.supervisor.command(wanted or self.wanted, self.now, self.now)
            output = self.supervisor.update(self.now)
        return output


def test_the_policys_command_goes_through_once_engaged():
    output = Flight().fly(2.0)
    assert output.mode == "engaged" and output.faults == ()
    assert output.command == Command(1.0, 0.0, 0.2, 0.3)


def test_speed_is_cut_and_its_direction_kept():
    command = Flight(command=Command(6.0, -8.0, 5.0, -9.0)).fly(3.0).command
    assert (command.vx, command.vy) == pytest.approx((1.2, -1.6))
    assert (command.vz, command.yaw_rate) == (1.0, -1.2)


@pytest.mark.parametrize("huge", [1e12, 1e200, 1.7e308])
def test_a_command_near_the_end_of_numbers_is_just_a_fast_one(huge):
    command = Flight(command=Command(huge, huge, huge, huge)).fly(3.0).command
    assert (command.vx, command.vy) == pytest.approx((math.sqrt(2), math.sqrt(2)))


def test_it_speeds_up_no_faster_than_allowed_and_stops_at_once():
    flight = Flight(command=Command(vx=2.0))
    speeds = [flight.fly(0.05).command.vx for _ in range(20)]
    assert speeds[:3] == pytest.approx([0.15, 0.30, 0.45]) and speeds[-1] == 2.0
    flight.supervisor.hold(flight.now)
    assert flight.supervisor.update(flight.now).command == ZERO


@pytest.mark.parametrize("first", ["nothing", "image", "command"])
def test_engaging_without_inputs_is_refused_with_the_reason(first):
    supervisor = SafetySupervisor()
    if first == "image":
        supervisor.image(1.0)
    if first == "command":
        supervisor.command(Command(vx=1.0), 1.0, 1.0)
    done, reason = supervisor.engage(1.0)
    assert not done
    assert ("no camera image yet" in reason) == (first != "image")
    assert ("no command from the controller yet" in reason) == (first != "command")
    assert supervisor.update(1.0).mode == "disengaged"


@pytest.mark.parametrize(
    "broken, reason",
    [
        ({"image": False}, "camera image is"),
        ({"command": False}, "command is"),
        ({"wanted": Command(vx=math.nan)}, "not finite"),
        ({"wanted": Command(yaw_rate=math.inf)}, "not finite"),
    ],
    ids=["no image", "no command", "nan", "inf"],
)
def test_a_fault_holds_with_its_reason_and_ends_by_itself(broken, reason):
    flight = Flight()
    flight.fly(1.0)
    output = flight.fly(0.65, **broken)
    assert output.mode == "holding" and output.command == ZERO
    assert len(output.faults) == 1 and reason in str(output.faults[0])
    assert flight.fly(0.9).mode == "holding", "healthy for less than `resume`"
    assert flight.fly(0.3).mode == "engaged"
    assert flight.fly(1.0).command == flight.wanted


def test_a_single_bad_command_holds_at_once_and_the_inputs_have_half_a_second():
    flight = Flight()
    flight.fly(1.0)
    assert flight.fly(0.45, image=False).mode == "engaged"
    assert flight.fly(0.15, image=False).mode == "holding"
    flight.fly(3.0)
    assert flight.fly(0.05, wanted=Command(vz=math.nan)).mode == "holding"


def test_a_frozen_image_is_no_image():
    flight = Flight()
    flight.fly(0.5)
    frozen = flight.now
    for _ in range(15):
        flight.now += 0.05
        flight.supervisor.image(frozen)
        flight.supervisor.command(flight.wanted, flight.now, flight.now)
        output = flight.supervisor.update(flight.now)
    assert output.mode == "holding" and "camera image" in str(output.faults[0])


def test_a_command_from_an_old_image_is_stale_however_late_it_comes():
    flight = Flight()
    flight.fly(0.5)
    flight.supervisor.command(Command(vx=1.0), flight.now - 0.7, flight.now)
    output = flight.supervisor.update(flight.now)
    assert output.mode == "holding"
    assert [str(fault) for fault in output.faults] == ["command is 0.70 s old, limit 0.5 s"]


def test_a_camera_that_starts_anew_is_believed_and_one_image_from_the_past_is_not():
    supervisor = SafetySupervisor()
    supervisor.image(100.0)
    supervisor.image(99.7)
    supervisor.command(ZERO, 100.1, 100.1)
    assert supervisor.engage(100.1)[0], "the newest image counts"
    supervisor.image(2.0)
    supervisor.command(ZERO, 2.0, 2.0)
    assert supervisor.update(2.0).mode == "engaged", "simulated time has started again"


@pytest.mark.parametrize("stamp", [math.nan, math.inf, -math.inf])
def test_an_image_without_a_time_changes_nothing(stamp):
    supervisor = SafetySupervisor()
    supervisor.image(stamp)
    assert "no camera image yet" in supervisor.engage(1.0)[1]
    supervisor.image(1.0)
    supervisor.image(stamp)
    supervisor.command(ZERO, 1.0, 1.0)
    assert supervisor.engage(1.0)[0]


def test_resume_zero_waits_for_a_person():
    flight = Flight(SafetyLimits(resume=0.0))
    flight.fly(0.6, image=False)
    assert flight.fly(30.0).mode == "holding"
    assert flight.supervisor.engage(flight.now) == (True, "engaged")
    assert flight.fly(1.0).mode == "engaged"


def test_a_hold_that_a_person_requested_does_not_end_by_itself():
    flight = Flight()
    flight.supervisor.hold(flight.now)
    assert flight.fly(30.0).mode == "holding"
    # ... not even when a fault comes and goes meanwhile, or was there before.
    flight.fly(1.0, image=False)
    assert flight.fly(5.0).mode == "holding"
    other = Flight()
    other.fly(1.0, image=False)
    other.supervisor.hold(other.now)
    assert other.fly(5.0).mode == "holding"


def test_a_fault_never_engages_what_was_disengaged():
    flight = Flight()
    flight.supervisor.disengage(flight.now)
    flight.fly(1.0, image=False)
    assert flight.fly(5.0).mode == "disengaged"


def test_landing_descends_without_camera_or_controller_until_a_person_requests_hold():
    flight = Flight()
    flight.fly(2.0)
    assert flight.supervisor.land(flight.now) == (True, "landing")
    output = flight.fly(3.0, image=False, command=False)
    assert output.mode == "landing" and output.faults
    assert output.command == Command(vz=-0.5)
    assert flight.fly(1.0, wanted=Command(vx=2.0, vz=1.0)).command == Command(vz=-0.5)
    flight.supervisor.hold(flight.now)
    assert flight.fly(0.1).command == ZERO


def test_landing_brakes_within_the_limits():
    flight = Flight(command=Command(vx=2.0, vz=1.0))
    flight.fly(2.0)
    flight.supervisor.land(flight.now)
    first = flight.fly(0.05).command
    assert (first.vx, first.vz) == pytest.approx((2.0 - 0.15, 1.0 - 0.15))


def test_asking_does_not_disturb():
    """Two updates at one instant return the same."""
    flight = Flight()
    flight.fly(0.3)
    assert flight.supervisor.update(flight.now) == flight.supervisor.update(flight.now)
