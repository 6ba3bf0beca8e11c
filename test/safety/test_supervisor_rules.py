"""Rules of the supervisor that single values decide: engaging by a switch, what is reported, and
what has a time.
"""

import dataclasses
import math

import pytest

from liquid_nav.safety import (
    BridgeReport,
    Fault,
    FaultKind,
    Mode,
    Order,
    Phase,
    SafetyLimits,
    SafetySupervisor,
    WatchLimits,
)
from liquid_nav.safety.limits import limit
from liquid_nav.types import Command

STEP = 0.125
"""s between two reports; exact in binary."""
EARLY_AGE = -0.1
"""s; age of a stamp that lies as far ahead of our clock as it may."""


def healthy(supervisor, now):
    """Give fresh inputs."""
    supervisor.image(now)
    supervisor.command(Command(vx=1.0), now, now)
    return supervisor


class Remote:
    """A supervisor that receives the bridge's reports on the engage switch."""

    def __init__(self, inputs=True, flips=0, **watch):
        self.supervisor = SafetySupervisor(watch=WatchLimits(**watch), identity="us")
        self.now = 100.0
        self.inputs = inputs
        self.answers = []
        if flips is not None:
            self.report(flips)

    def report(self, flips, on=True, phase=Phase.READY, armed=False, **changes):
        """One report, after which fresh inputs arrive."""
        self.now += STEP
        if self.inputs:
            healthy(self.supervisor, self.now)
        order = self.supervisor.order
        report = BridgeReport(
            phase,
            armed,
            armed,
            supervisor="us",
            act=order.act,
            change=order.change,
            flips=flips,
            switched_on=on,
            bridge="theirs",
        )
        answer = self.supervisor.bridge(dataclasses.replace(report, **changes), self.now)
        self.answers += [] if answer is None else [answer]
        return self


def test_a_flipped_switch_engages_as_a_person_does():
    remote = Remote()
    assert remote.report(0).answers == []
    assert remote.report(1).answers == [(True, "engaged")]
    order = remote.supervisor.order
    assert (order.mode, order.act, order.engagement, order.stamp) == (
        Mode.ENGAGED,
        1,
        1,
        remote.now,
    )
    for _ in range(10):
        remote.report(1, phase=Phase.FLYING, armed=True)
    assert remote.answers == [(True, "engaged")] and remote.supervisor.order == order


@pytest.mark.parametrize("first", [0, 1, 5])
def test_the_number_that_is_received_first_counts_as_seen(first):
    remote = Remote(flips=None).report(first).report(first)
    assert remote.answers == []
    assert remote.report(first + 1).answers == [(True, "engaged")]


@pytest.mark.parametrize("number", [6, 7, 100])
def test_only_the_next_number_is_a_flip(number):
    """What was missed cannot be acted on any more."""
    remote = Remote(flips=4).report(number)
    assert remote.answers == []
    assert remote.report(number + 1).answers == [(True, "engaged")]


@pytest.mark.parametrize("old", [0, 2, 3])
def test_an_old_report_that_is_received_again_makes_no_old_flip_new(old):
    remote = Remote(flips=3).report(4, on=False).report(old).report(4)
    assert remote.answers == []
    assert remote.report(5).answers == [(True, "engaged")]


def test_another_bridge_begins_with_numbers_of_its_own_that_count_as_seen():
    remote = Remote(flips=3).report(4, bridge="another")
    assert remote.answers == []
    assert remote.report(4).answers == [], "the first one is back"
    assert remote.report(5).answers == [(True, "engaged")]


def test_numbers_of_another_bridge_may_be_lower_than_those_of_the_first():
    remote = Remote(flips=3).report(0, bridge="another").report(1, bridge="another")
    assert remote.answers == [(True, "engaged")]


@pytest.mark.parametrize(
    ("silence", "engages"), [(1.0, True), (1.0 + STEP, False), (60.0, False), (-1.0, False)]
)
def test_a_flip_during_a_timeout_of_the_reports_has_no_known_time(silence, engages):
    remote = Remote()
    remote.now += silence - STEP
    assert bool(remote.report(1).answers) is engages
    assert bool(remote.report(1).report(1).answers) is engages


@pytest.mark.parametrize(("calm", "engages"), [(1.0, True), (1.0 - STEP, False)])
@pytest.mark.parametrize("service", ["disengage", "engage"])
def test_a_flip_right_after_something_else_that_a_person_wanted_counts_for_nothing(
    service, calm, engages
):
    remote = Remote()
    healthy(remote.supervisor, remote.now)
    getattr(remote.supervisor, service)(remote.now)
    if service == "engage":
        remote.supervisor.disengage(remote.now)
    remote.now += calm - STEP
    assert bool(remote.report(1).answers) is engages


def test_a_switch_that_is_off_again_before_it_flies_is_the_pilots_request():
    remote = Remote().report(1)
    assert remote.supervisor.mode == "engaged"
    remote.report(1, phase=Phase.STARTING, armed=True)
    assert remote.supervisor.mode == "engaged"
    remote.report(1, on=False, phase=Phase.STARTING, armed=True)
    assert (
        remote.supervisor.mode == "pilot"
        and remote.supervisor.why == "the engage switch was switched off again"
    )
    assert remote.supervisor.order.stamp == remote.now


def test_once_it_flies_the_sticks_count_and_not_the_report():
    remote = (
        Remote()
        .report(1)
        .report(1, phase=Phase.FLYING, armed=True)
        .report(1, on=False, phase=Phase.FLYING, armed=True)
    )
    assert remote.supervisor.mode == "engaged"


def test_a_switch_that_is_off_when_the_flight_holds_again_changes_nothing():
    remote = (
        Remote()
        .report(1)
        .report(1, phase=Phase.FLYING, armed=True)
        .report(1, on=False, phase=Phase.HOLDING, armed=True)
    )
    assert remote.supervisor.mode == "engaged"


def test_a_flip_that_was_refused_is_not_taken_back_by_switching_off():
    remote = Remote(inputs=False).report(1).report(1, on=False)
    assert remote.answers[0][0] is False
    assert remote.supervisor.mode == "disengaged" and remote.supervisor.order.change == 0


def test_an_engagement_by_the_service_does_not_ask_where_the_switch_stands():
    remote = Remote()
    healthy(remote.supervisor, remote.now)
    assert remote.supervisor.engage(remote.now)[0]
    remote.report(0, on=False, phase=Phase.STARTING, armed=True)
    assert remote.supervisor.mode == "engaged"


# An engagement that the bridge has not received.


@pytest.mark.parametrize(
    ("received", "act", "mode"),
    [
        (True, 1, "engaged"),
        (True, 2, "engaged"),
        (True, 0, "disengaged"),
        (False, 1, "disengaged"),
    ],
)
def test_an_engagement_that_the_bridge_has_not_received_in_two_seconds_is_over(received, act, mode):
    remote = Remote()
    healthy(remote.supervisor, remote.now)
    begin = remote.now
    assert remote.supervisor.engage(begin)[0]
    other = {} if received else {"supervisor": "another"}
    remote.report(0, phase=Phase.READY, act=act, change=0, **other)
    for after in (1.0, 2.0):
        healthy(remote.supervisor, begin + after)
        assert remote.supervisor.update(begin + after).mode == "engaged"
    healthy(remote.supervisor, begin + 2.0 + STEP)
    assert remote.supervisor.update(begin + 2.0 + STEP).mode == mode
    if mode == "disengaged":
        assert remote.supervisor.why == "the bridge has not received the engagement"
        assert remote.supervisor.order.stamp == begin + 2.0 + STEP


def test_without_a_bridge_no_confirmation_of_an_engagement_is_needed():
    supervisor = healthy(SafetySupervisor(), 0.0)
    assert supervisor.engage(0.0)[0]
    assert healthy(supervisor, 5.0).update(5.0).mode == "engaged"


def test_what_the_bridge_has_not_received_does_not_resume():
    remote = Remote()
    supervisor = remote.supervisor
    healthy(supervisor, remote.now)
    supervisor.engage(remote.now)
    supervisor.update(remote.now + 1.0)
    assert supervisor.mode == "holding"
    for step in range(40):
        now = remote.now + 1.0 + step * STEP
        assert healthy(supervisor, now).update(now).mode == "holding"
    remote.now = now
    remote.report(0, phase=Phase.HOLDING, armed=True)
    now = remote.now + STEP
    assert healthy(supervisor, now).update(now).mode == "engaged", "received, and healthy for long"


def test_a_switch_that_is_off_again_by_the_time_its_flip_is_received_engages_nothing():
    remote = Remote().report(1, on=False).report(1)
    assert remote.answers == []


@pytest.mark.parametrize("changes", [{"supervisor": "another"}, {"change": 7}])
def test_a_flip_reported_by_a_bridge_that_has_not_received_us_is_used_up(changes):
    remote = Remote().report(1, **changes).report(1)
    assert remote.answers == []
    assert remote.report(2).answers == [(True, "engaged")]


def test_a_flip_while_a_fault_is_present_is_refused_with_the_reason_and_used_up():
    remote = Remote(inputs=False).report(1)
    assert remote.answers == [(False, "no camera image yet; no command from the controller yet")]
    remote.inputs = True
    remote.report(1).report(1)
    assert len(remote.answers) == 1 and remote.supervisor.order.act == 0
    assert remote.report(2).answers[1:] == [(True, "engaged")]


@pytest.mark.parametrize("mode", ["engaged", "holding", "landing"])
def test_while_something_goes_on_a_flip_engages_nothing(mode):
    remote = Remote()
    request = {"engaged": "engage", "holding": "hold", "landing": "land"}[mode]
    getattr(remote.supervisor, request)(remote.now)
    act = remote.supervisor.order.act
    remote.report(1, phase=Phase.FLYING, armed=True)
    assert remote.answers == [] and remote.supervisor.order.act == act


@pytest.mark.parametrize(
    ("phase", "armed", "engages"),
    [
        (Phase.HOLDING, True, False),
        (Phase.READY, False, True),
        (Phase.RELEASED, True, True),
    ],
)
def test_a_flip_while_the_bridge_has_an_armed_drone_engages_nothing(phase, armed, engages):
    remote = Remote().report(1, phase=phase, armed=armed)
    assert bool(remote.answers) is engages
    assert remote.supervisor.mode == ("engaged" if engages else "disengaged")


def test_all_reasons_for_a_refusal_are_reported_one_after_the_other():
    supervisor = SafetySupervisor(watch=WatchLimits(autopilot_age=1.0))
    assert supervisor.engage(0.0) == (
        False,
        "no camera image yet; no command from the controller yet; no autopilot bridge yet",
    )


ORDER = Order("us", Mode.HOLDING, 1, 1, 2.0, 3)


@pytest.mark.parametrize(
    ("before", "differs"),
    [
        (None, True),
        (ORDER, False),
        (dataclasses.replace(ORDER, mode=Mode.ENGAGED), True),
        (dataclasses.replace(ORDER, supervisor="them"), True),
        (dataclasses.replace(ORDER, mode=Mode.ENGAGED, supervisor="them"), True),
        (dataclasses.replace(ORDER, act=9, engagement=9, stamp=9.0, change=9), False),
    ],
)
def test_an_order_differs_by_its_mode_or_its_supervisor_and_by_nothing_else(before, differs):
    assert ORDER.differs_from(before) is differs


def test_what_a_person_asks_for_is_answered_and_has_its_time():
    supervisor = healthy(SafetySupervisor(), 7.0)
    assert supervisor.engage(7.0) == (True, "engaged") and supervisor.order.stamp == 7.0
    assert supervisor.hold(8.0) == (True, "holding") and supervisor.order.stamp == 8.0
    assert supervisor.disengage(9.0) == (True, "disengaged") and supervisor.order.stamp == 9.0
    assert (supervisor.why, supervisor.mode) == ("", "disengaged")


def test_a_hold_by_a_fault_and_its_end_are_reported_and_have_their_times():
    """Limit of the ages 0.5 s, healthy time until it goes on 1 s: both met to the last bit."""
    supervisor = healthy(SafetySupervisor(SafetyLimits(resume=1.0)), 10.0)
    supervisor.engage(10.0)
    assert supervisor.update(10.5).mode == "engaged"
    assert supervisor.update(10.625).mode == "holding"
    assert (
        supervisor.why == "camera image is 0.62 s old, limit 0.5 s"
        and supervisor.order.stamp == 10.625
    )
    for now in (11.0, 11.25, 11.5, 11.75, 11.9375):
        assert healthy(supervisor, now).update(now).mode == "holding"
    assert healthy(supervisor, 12.0).update(12.0).mode == "engaged"
    assert (
        supervisor.why == "resumed: all inputs are healthy again" and supervisor.order.stamp == 12.0
    )


def test_a_landing_that_the_battery_begins_is_reported_and_has_its_time():
    supervisor = healthy(SafetySupervisor(watch=WatchLimits(battery=0.25)), 20.0)
    supervisor.engage(20.0)
    for _ in range(3):
        supervisor.watch.battery(0.25, 20.0)
    assert supervisor.update(20.25).mode == "landing"
    assert (supervisor.why, supervisor.order.stamp) == ("the battery is low", 20.25)


def test_a_low_battery_lands_from_a_hold_although_no_person_has_engaged_since_the_start():
    """The supervisor may have been started anew while the drone was in the air."""
    supervisor = SafetySupervisor(watch=WatchLimits(battery=0.25))
    supervisor.hold(1.0)
    for _ in range(3):
        supervisor.watch.battery(0.2, 1.0)
    assert supervisor.update(1.0).mode == "landing"
    supervisor.hold(2.0)
    assert supervisor.update(2.0).mode == "holding", "once: a person's hold stops that"


@pytest.mark.parametrize("age", [EARLY_AGE, 0.0, 0.5])
def test_stamps_within_their_limits_are_no_fault(age):
    """From 0.1 s in the future, since clocks differ a little, to an age of 0.5 s: both ends count
    as good.
    """
    supervisor = healthy(SafetySupervisor(), -age)
    assert supervisor.update(0.0).faults == ()


def test_single_images_from_the_future_are_left_out_and_the_flight_goes_on():
    supervisor = healthy(SafetySupervisor(), 1.0)
    assert supervisor.engage(1.0)[0]
    supervisor.image(1.5, 1.25)
    supervisor.command(Command(), 1.125, 1.25)
    output = supervisor.update(1.25)
    assert (output.mode, output.faults) == ("engaged", ())
    # The one after it is new, although its stamp is older.
    supervisor.image(1.375, 1.375)
    supervisor.command(Command(), 1.375, 1.375)
    assert supervisor.update(1.875).mode == "engaged"


def test_where_all_images_are_from_the_future_that_is_the_fault():
    supervisor = healthy(SafetySupervisor(), 1.0)
    supervisor.image(1.75, 1.25)
    supervisor.command(Command(), 1.625, 1.625)
    assert supervisor.update(1.625).faults == (Fault(FaultKind.IMAGE_EARLY, 0.5, 0.1),)
    supervisor.image(1.625, 1.625)
    assert supervisor.update(1.625).faults == ()


def test_a_camera_that_ends_after_images_from_the_future_is_called_old():
    supervisor = healthy(SafetySupervisor(), 1.0)
    supervisor.image(1.75, 1.25)
    supervisor.command(Command(), 1.75, 1.75)
    assert supervisor.update(1.75).faults == (Fault(FaultKind.IMAGE_EARLY, 0.5, 0.1),)
    supervisor.command(Command(), 2.0, 2.0)
    assert supervisor.update(2.0).faults == (Fault(FaultKind.IMAGE_OLD, 1.0, 0.5),)


def test_where_the_first_image_is_from_the_future_that_is_the_fault():
    supervisor = SafetySupervisor()
    supervisor.image(1.5, 1.0)
    supervisor.command(Command(), 1.0, 1.0)
    assert supervisor.update(1.0).faults == (Fault(FaultKind.IMAGE_EARLY, 0.5, 0.1),)


def test_an_image_just_not_from_the_future_counts():
    supervisor = SafetySupervisor()
    supervisor.image(-EARLY_AGE, 0.0)
    supervisor.command(Command(), 0.0, 0.0)
    assert supervisor.update(0.0).faults == ()


def test_an_image_long_on_its_way_is_old_although_one_before_it_was_from_the_future():
    supervisor = healthy(SafetySupervisor(), 0.5)
    supervisor.image(2.0, 1.0)
    supervisor.image(0.75, 1.125)
    supervisor.command(Command(), 1.375, 1.375)
    assert supervisor.update(1.375).faults == (Fault(FaultKind.IMAGE_OLD, 0.625, 0.5),)


@pytest.mark.parametrize("stamp", [math.nan, math.inf, -math.inf])
def test_an_image_without_a_time_does_not_hide_those_that_follow(stamp):
    supervisor = SafetySupervisor()
    supervisor.image(stamp)
    assert supervisor.update(1.0).faults[0].kind is FaultKind.NO_IMAGE
    supervisor.image(1.0)
    supervisor.image(stamp)
    supervisor.command(Command(), 1.0, 1.0)
    assert supervisor.update(1.0).faults == ()


@pytest.mark.parametrize(
    ("age", "image", "command"),
    [
        (0.75, Fault(FaultKind.IMAGE_OLD, 0.75, 0.5), Fault(FaultKind.COMMAND_OLD, 0.75, 0.5)),
        (
            math.nextafter(EARLY_AGE, -1.0),
            Fault(FaultKind.IMAGE_EARLY, math.nextafter(0.1, 1.0), 0.1),
            Fault(FaultKind.COMMAND_EARLY, math.nextafter(0.1, 1.0), 0.1),
        ),
        (-60.0, Fault(FaultKind.IMAGE_EARLY, 60.0, 0.1), Fault(FaultKind.COMMAND_EARLY, 60.0, 0.1)),
    ],
)
def test_stamps_beyond_their_limits_are_faults_with_their_numbers(age, image, command):
    supervisor = healthy(SafetySupervisor(), -age)
    assert supervisor.update(0.0).faults == (image, command)


@pytest.mark.parametrize(("back", "age"), [(0.0, 0.25), (0.5, 0.25), (1.0, 0.25), (1.0625, 1.3125)])
def test_only_an_image_from_far_back_means_that_the_cameras_clock_began_anew(back, age):
    """The newest image counts, in whatever order they come, until one is older by more than 1 s."""
    supervisor = SafetySupervisor(SafetyLimits(image_age=0.0))
    supervisor.image(100.0)
    supervisor.image(100.0 - back)
    assert supervisor.update(100.25).faults[0] == Fault(FaultKind.IMAGE_OLD, age, 0.0)


def test_a_command_of_no_numbers_is_shown_as_it_came():
    supervisor = healthy(SafetySupervisor(), 1.0)
    supervisor.command(Command(vy=math.nan), 1.0, 1.0)
    text = "command is not finite: Command(vx=0.0, vy=nan, vz=0.0, yaw_rate=0.0)"
    assert supervisor.engage(1.0) == (False, text)


def test_it_starts_disengaged_and_without_a_request():
    assert SafetySupervisor().order == Order("supervisor", Mode.DISENGAGED)
    assert SafetySupervisor().why == ""


# How fast.


def test_a_speed_limit_of_zero_lets_no_horizontal_movement_through():
    limits = SafetyLimits(speed=0.0)
    for wanted in (Command(), Command(vx=3.0, vy=-4.0)):
        sent = limit(wanted, Command(), 0.5, limits)
        assert (sent.vx, sent.vy) == (0.0, 0.0)


def test_a_command_exactly_at_the_limit_passes_to_the_last_bit():
    wanted = Command(0.9485145810807845, -1.1620327402776325)
    assert math.hypot(wanted.vx, wanted.vy) == 1.5
    assert limit(wanted, wanted, 0.1, SafetyLimits(speed=1.5)) == wanted


@pytest.mark.parametrize(
    ("elapsed", "change"),
    [(-1.0, 0.0), (0.0, 0.0), (0.25, 1.0), (0.5, 2.0), (0.75, 2.0), (60.0, 2.0)],
)
def test_a_long_pause_allows_no_more_change_than_half_a_second(elapsed, change):
    limits = SafetyLimits(
        speed=50.0, vertical_speed=50.0, yaw_rate=50.0, acceleration=4.0, yaw_acceleration=8.0
    )
    sent = limit(Command(50.0, 0.0, -50.0, 50.0), Command(1.0, 0.0, 1.0, 1.0), elapsed, limits)
    assert sent == Command(1.0 + change, 0.0, 1.0 - change, 1.0 + 2.0 * change)


@pytest.mark.parametrize(
    ("wanted", "last", "sent"),
    [
        (Command(vx=2.0), Command(), (0.5, 0.0)),
        (Command(vy=2.0), Command(), (0.0, 0.5)),
        (Command(vy=-2.0), Command(), (0.0, -0.5)),
        (Command(vx=1.5, vy=2.0), Command(), (0.3, 0.4)),
        (Command(vx=-1.0, vy=1.0), Command(vx=0.5, vy=-1.0), (0.2, -0.6)),
        (Command(vx=0.3, vy=-0.2), Command(vy=0.1), (0.3, -0.2)),
    ],
)
def test_velocity_changes_towards_what_is_wanted_no_faster_than_allowed(wanted, last, sent):
    """0.1 s at 5 m/s^2, in whatever direction."""
    command = limit(wanted, last, 0.1, SafetyLimits(speed=10.0, acceleration=5.0))
    assert (command.vx, command.vy) == pytest.approx(sent)
