"""The parts of a session alone, each at its limits: clocks, ages, requests, set points, polling,
remote control, reports.
"""

from dataclasses import replace

import pytest

from liquid_nav.autopilots import ARDUPILOT, PX4, Landed, SessionConfig, VehicleState, freshness
from liquid_nav.autopilots.adapter import Answer, RequestKind
from liquid_nav.autopilots.clock_gaps import ClockGaps
from liquid_nav.autopilots.polling import Polling
from liquid_nav.autopilots.reconnection import BeforeLoss
from liquid_nav.autopilots.remote_control import RemoteControl
from liquid_nav.autopilots.requests import Reply, Requests
from liquid_nav.autopilots.session_reports import EventLog, SessionEvent
from liquid_nav.autopilots.set_points import ZERO, SetPoints
from liquid_nav.safety import Fault, FaultKind, Phase
from liquid_nav.types import Command

CONFIG = SessionConfig()
FORWARD = Command(vx=1.0)


class Asked:
    """An adapter that writes down the names of its calls."""

    def __init__(self):
        self.calls = []

    def __getattr__(self, name):
        return lambda: self.calls.append(name)


# Gaps of the clock.


@pytest.mark.parametrize(
    ("now", "gap", "back"),
    [(64.0, False, False), (65.0, False, False), (65.125, True, False), (63.875, True, True)],
)
def test_a_gap_is_a_second_without_a_call_or_a_clock_that_goes_back(now, gap, back):
    gaps = ClockGaps()
    gaps.called(64.0)
    assert (gaps.is_gap(now), gaps.goes_back(now)) == (gap, back)


def test_a_gap_is_new_once():
    gaps = ClockGaps()
    assert not gaps.is_new(64.0, 8.0)  # the first call: there is no gap
    gaps.called(64.0)
    assert gaps.is_new(70.0, 8.0)
    assert not gaps.is_new(70.125, 8.0)
    gaps.called(70.25)
    assert gaps.is_new(80.0, 8.0)


def test_ages_are_forgiven_once_for_each_command_and_the_link_once_for_each_heartbeat():
    gaps = ClockGaps()
    gaps.forgive(1.0, 2.0, 70.0)
    assert (gaps.grace, gaps.link_since) == (70.0, 70.0)
    gaps.forgive(1.5, 2.0, 80.0)
    assert (gaps.grace, gaps.link_since) == (80.0, 70.0)
    gaps.forgive(1.5, 2.5, 90.0)
    assert (gaps.grace, gaps.link_since) == (80.0, 90.0)


@pytest.mark.parametrize(
    ("now", "boot", "slept"),
    [
        (70.0, 9.125, 1.125),
        (70.5, 9.125, 1.125),
        (70.625, 9.125, None),  # too late to decide
        (69.875, 9.125, None),
        (70.0, 9.0, None),  # only our clock has jumped
        (70.0, None, None),
    ],
)
def test_a_sleep_is_recognised_by_the_vehicles_clock(now, boot, slept):
    gaps = ClockGaps()
    assert gaps.slept(now, boot) is None
    gaps.called(64.0)
    assert gaps.is_new(70.0, 8.0)
    assert gaps.slept(now, boot) == slept


# What must be fresh or known.


def seen(**changes):
    """A vehicle of which everything came at 64 s."""
    facts = {"heartbeat": 64.0, "position_time": 64.0, "landed": Landed.IN_AIR}
    return VehicleState(**(facts | changes))


@pytest.mark.parametrize(
    ("now", "commanded", "vehicle", "kind"),
    [
        (64.5, 64.0, seen(), None),
        (64.625, 64.0, seen(), FaultKind.SUPERVISOR_SILENT),
        (63.875, 64.0, seen(), FaultKind.SUPERVISOR_SILENT),
        (65.0, 65.0, seen(heartbeat=65.0), None),
        (65.125, 65.0, seen(heartbeat=65.0), FaultKind.POSITION_OLD),
        (64.0, 64.0, seen(position_time=None), FaultKind.POSITION_OLD),
        (66.5, 66.5, seen(position_time=66.5), None),
        (66.625, 66.5, seen(position_time=66.5), FaultKind.HEARTBEAT_OLD),
        (64.0, 64.0, seen(heartbeat=None), FaultKind.HEARTBEAT_OLD),
    ],
)
def test_what_is_too_old_to_fly_on(now, commanded, vehicle, kind):
    fault = freshness.too_old(now, commanded, freshness.NEVER, vehicle, CONFIG)
    assert kind is (None if fault is None else fault.kind)


@pytest.mark.parametrize(("period", "limit"), [(0.125, 1.0), (0.5, 1.25), (1.0, 2.5), (2.0, 2.8)])
def test_how_old_a_heartbeat_may_be_depends_on_how_often_it_comes(period, limit):
    vehicle = seen(position_time=70.0, heartbeat_period=period)
    fault = freshness.too_old(70.0, 70.0, freshness.NEVER, vehicle, CONFIG)
    assert fault == Fault(FaultKind.HEARTBEAT_OLD, 6.0, limit)


def test_no_age_counts_from_before_a_jump_and_none_is_reported_beyond_its_limit():
    nothing = VehicleState()
    assert freshness.too_old(64.0, freshness.NEVER, 64.0, nothing, CONFIG) is None
    fault = freshness.too_old(64.0, freshness.NEVER, freshness.NEVER, nothing, CONFIG)
    assert fault == Fault(FaultKind.SUPERVISOR_SILENT, 999.0, CONFIG.freshness)
    fault = freshness.too_old(64.0, 64.0, freshness.NEVER, nothing, CONFIG)
    assert fault == Fault(FaultKind.POSITION_OLD, 999.0, CONFIG.position_age)
    standing = VehicleState(position_time=64.0)
    fault = freshness.too_old(64.0, 64.0, freshness.NEVER, standing, CONFIG)
    assert fault == Fault(FaultKind.HEARTBEAT_OLD, 999.0, 2.5)


def test_what_must_be_known_before_anything_begins():
    assert freshness.not_known(seen(), 0.8) is None
    assert freshness.not_known(seen(), 0.9) == Fault(FaultKind.LINK_SLOW, 0.9, 0.8)
    unknown = seen(landed=Landed.UNKNOWN)
    assert freshness.not_known(unknown, 0.0) == Fault(FaultKind.LANDED_UNKNOWN)


@pytest.mark.parametrize(
    ("time", "known"), [(None, False), (61.0, True), (60.875, False), (64.125, False)]
)
def test_a_hold_mode_that_needs_a_global_position_has_received_one_lately(time, known):
    vehicle = seen(global_time=time)
    needs_it = replace(PX4, hold_needs_global_position=True)
    needs_nothing = replace(PX4, hold_needs_global_position=False)
    assert freshness.can_hold_by_mode(64.0, vehicle, needs_it) is known
    assert freshness.can_hold_by_mode(64.0, vehicle, needs_nothing)


# Requests and answers.


def test_a_mode_is_pending_for_a_second_and_the_time_of_the_link():
    requests = Requests()
    assert requests.pending_mode(64.0) is None
    requests.asked_mode(4, 64.0)
    requests.round_trip = 0.5
    shown = [requests.pending_mode(now) for now in (63.875, 64.0, 65.375, 65.5)]
    assert shown == [None, 4, 4, None]


def test_a_second_answer_makes_no_answer_younger_but_a_no_after_a_yes_counts():
    requests = Requests()
    requests.answered(RequestKind.ARM, Answer.ACCEPTED, 64.0)
    requests.answered(RequestKind.ARM, Answer.ACCEPTED, 65.0)
    assert requests.replies == {RequestKind.ARM: Reply(64.0, Answer.ACCEPTED)}
    requests.answered(RequestKind.ARM, Answer.DENIED, 66.0)
    requests.answered(RequestKind.ARM, Answer.ACCEPTED, 67.0)
    assert requests.replies == {RequestKind.ARM: Reply(66.0, Answer.DENIED)}


def test_the_time_of_the_link_rises_at_once_falls_slowly_and_has_limits():
    requests = Requests()
    requests.took(0.5)
    assert requests.round_trip == 0.5
    requests.took(-1.0)
    assert requests.round_trip == pytest.approx(0.45)
    requests.took(100.0)
    assert requests.round_trip == 3.0


def test_arming_may_still_happen_for_as_long_as_a_heartbeat_is_on_its_way():
    requests = Requests()
    assert not requests.may_still_arm(64.0)
    requests.arm_asked = 64.0
    requests.round_trip = 0.5
    assert requests.may_still_arm(65.5)
    assert not requests.may_still_arm(65.625)


def test_a_clock_that_goes_back_leaves_no_request_in_the_future():
    requests = Requests()
    requests.answered(RequestKind.ARM, Answer.ACCEPTED, 64.0)
    requests.asked_mode(4, 64.0)
    requests.turn_back(63.5)
    assert requests.arm_asked is None
    requests.arm_asked = 64.0
    requests.turn_back(63.5)
    assert requests.arm_asked == 63.5
    assert not requests.replies
    assert requests.pending_mode(64.0) is None


# Set points.


def test_set_points_have_a_rate_that_something_urgent_may_pass_up_to_50_hz():
    points = SetPoints()
    assert points.is_due(20.0, 64.0)
    assert not points.is_due(20.0, 64.03)
    assert points.is_due(20.0, 64.05)
    points.take(FORWARD, CONFIG, 64.06)
    assert not points.is_due(20.0, 64.06)
    assert points.is_due(20.0, 64.07)
    assert not points.is_due(20.0, 64.09)  # it was urgent once
    assert points.is_due(20.0, 60.0)  # the clock has gone back


def test_a_command_is_kept_inside_the_limits_and_one_that_is_not_finite_is_none():
    points = SetPoints()
    assert (points.command, points.command_time) == (ZERO, freshness.NEVER)
    points.take(Command(vx=100.0), CONFIG, 64.0)
    points.take(Command(vx=float("nan")), CONFIG, 65.0)
    assert (points.command, points.command_time) == (Command(vx=CONFIG.speed), 64.0)
    points.urgent = False
    points.drop_command()
    assert (points.command, points.command_time, points.urgent) == (ZERO, 64.0, True)


def test_a_command_is_older_than_a_clock_that_goes_back():
    points = SetPoints()
    points.take(FORWARD, CONFIG, 64.0)
    points.turn_back(70.0)
    assert points.command_time == 64.0
    points.turn_back(60.0)
    assert 59.9 < points.command_time < 60.0


# Polling.


def test_each_thing_is_asked_for_at_its_own_pace():
    adapter = Asked()
    polling = Polling(adapter)
    polling.greet(64.0)
    for i in range(33):
        now = 64.0 + i / 8
        polling.show_life(now)
        polling.ask_again(now)
        polling.ask_for_heartbeat(63.0, urgent=False, now=now)
    counts = {name: adapter.calls.count(name) for name in set(adapter.calls)}
    assert counts == {"greet": 1, "show_life": 5, "ask_again": 2, "ask_for_heartbeat": 16}


@pytest.mark.parametrize(
    ("heartbeat", "urgent", "asks"),
    [(64.9, False, False), (64.75, False, True), (64.9, True, True), (64.95, True, False)],
)
def test_a_heartbeat_is_asked_for_where_the_last_is_old(heartbeat, urgent, asks):
    adapter = Asked()
    Polling(adapter).ask_for_heartbeat(heartbeat, urgent, 65.0)
    assert bool(adapter.calls) is asks


# The remote control.


def flip(remote, vehicle, phase=Phase.READY, off=4.0, on=1.0, at=64.0):
    """Channel 7 off, then on, s; returns whether a flip was seen."""
    flipped = False
    for i in range(round((off + on) * 8)):
        now = at + i / 8
        vehicle.sticks = (1500,) * 6 + ((1000,) if i / 8 < off else (2000,))
        vehicle.sticks_time = vehicle.sticks_stamp = vehicle.receiver_time = now
        flipped |= remote.received_sticks(phase, now)
    return flipped


def test_a_flip_is_counted_once_and_not_while_something_of_ours_goes_on():
    vehicle = VehicleState(receiver=True)
    remote = RemoteControl(vehicle, 7)
    assert flip(remote, vehicle)
    assert remote.flips == 1
    assert not flip(remote, vehicle, Phase.FLYING, at=80.0)
    assert remote.flips == 1


@pytest.mark.parametrize("what", ["nothing", "mode", "receiver", "order"])
def test_whatever_else_happens_ends_a_flip_that_is_under_way(what):
    vehicle = VehicleState(receiver=True, mode=1)
    remote = RemoteControl(vehicle, 7)
    remote.received_heartbeat()
    flip(remote, vehicle, off=10.0, on=0.0, at=54.0)
    remote.received_heartbeat()
    remote.received_receiver_status()
    if what == "mode":
        vehicle.mode = 2
        remote.received_heartbeat()
    elif what == "receiver":
        vehicle.receiver = False
        remote.received_receiver_status()
        vehicle.receiver = True
    elif what == "order":
        remote.forget()
    assert flip(remote, vehicle, off=2.0) is (what == "nothing")


def test_a_remote_control_counts_for_three_seconds_and_its_switch_for_half_a_second():
    vehicle = VehicleState(receiver=True)
    remote = RemoteControl(vehicle, 7)
    assert not remote.is_received(64.0)
    flip(remote, vehicle)
    last = vehicle.sticks_time
    received = [remote.is_received(last + age) for age in (-0.125, 0.0, 3.0, 3.125)]
    assert received == [False, True, True, False]
    on = [remote.switched_on(Phase.READY, last + age) for age in (0.0, 0.5, 0.625)]
    assert on == [True, True, False]
    assert not remote.switched_on(Phase.OFFLINE, last)


# The link and the report.


@pytest.mark.parametrize(
    ("mode", "failsafe", "found"),
    [(4, False, True), (5, False, False), (ARDUPILOT.hold, False, False)]
    + [(ARDUPILOT.hold, True, True), (5, True, False)],
)
def test_a_vehicle_is_found_in_a_mode_of_ours_or_held_by_its_own_failsafe(mode, failsafe, found):
    before = BeforeLoss(Phase.FLYING, frozenset({4}))
    vehicle = VehicleState(mode=mode, failsafe=failsafe)
    assert before.is_found(vehicle, ARDUPILOT) is found


def test_events_are_taken_once_and_warnings_are_kept():
    log = EventLog()
    log.add(64.0, True, "a fault")
    log.received_text(65.0, False, "an information")
    log.received_text(66.0, True, "a warning")
    assert log.take() == [
        SessionEvent(64.0, True, "a fault"),
        SessionEvent(65.0, False, "autopilot: an information"),
        SessionEvent(66.0, True, "autopilot: a warning"),
    ]
    assert log.take() == []
    assert log.warnings(66.0) == ["a warning"]
    assert log.warnings(66.125) == []
