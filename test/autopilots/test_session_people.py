"""Who is in charge of a session: others' modes, several supervisors, holds, landings, a pilot's
touch, the end.
"""

import pytest
from session_bench import (
    A_LITTLE,
    AUTO,
    BRAKE,
    FORWARD,
    GUIDED,
    LAND,
    LOITER,
    NEEDS_A_PLACE,
    RETURN,
    STEP,
    ZERO,
    Bench,
    points,
)

from liquid_nav.autopilots.adapter import Answer, RequestKind
from liquid_nav.autopilots.session import SessionEvent
from liquid_nav.autopilots.steps import SWITCHES
from liquid_nav.autopilots.vehicle import Landed
from liquid_nav.safety import Fault, FaultKind, Mode, Order, Phase

HANDED_OVER = SWITCHES + 4 * STEP
"""s from a touch until the vehicle is a pilot's, or its motors are being stopped."""

# Modes of others win.


@pytest.mark.parametrize("phase", ["start", "arming", "climbing", "fly", "hold", "land"])
def test_a_mode_that_we_did_not_ask_for_ends_our_part_in_every_phase(bench, phase):
    getattr(bench, phase)().sent.clear()
    bench.sleep(STEP).beat(mode=RETURN)
    session = bench.session
    assert bench.phase is (Phase.RELEASED if bench.vehicle.armed else Phase.READY)
    assert session.fault == Fault(FaultKind.FOREIGN_MODE, subject="RTL")
    assert (session.streaming, session.allowed) == (False, frozenset())
    notes = bench.go(4.0)
    assert not points(notes)
    assert not [kind for kind, _ in bench.asked(notes) if kind is not RequestKind.DISARM]


def test_a_mode_that_was_asked_for_is_ours_before_it_is_acknowledged(bench):
    bench.found_flying().person("engaged")
    bench.obedient = False
    bench.step()
    assert bench.session.pending_mode == GUIDED
    bench.session.allowed = frozenset({LOITER})
    bench.sleep(STEP).beat(mode=GUIDED)
    assert bench.phase is Phase.STARTING
    bench.sleep(1.0).beat()
    assert bench.phase is Phase.RELEASED


@pytest.mark.parametrize("phase", ["climbing", "fly", "hold"])
def test_a_flight_that_is_disarmed_is_not_ours_any_more(bench, phase):
    getattr(bench, phase)()
    bench.sleep(STEP).beat(armed=False)
    assert bench.phase is Phase.READY  # by way of released
    assert bench.session.fault == Fault(FaultKind.DISARMED)
    assert not bench.session.streaming


def test_a_start_is_disarmed_by_nature(bench):
    bench.start().step()
    assert bench.phase is Phase.STARTING
    assert bench.fault is None


def test_motors_that_have_stopped_may_show_any_mode(bench):
    bench.climbing().person("disengaged")
    assert bench.phase is Phase.STOPPING
    bench.sleep(STEP).beat(mode=LOITER, armed=False)
    assert bench.fault is None
    assert bench.phase is Phase.STOPPING


def test_motors_that_have_not_stopped_may_not_show_any_mode(bench):
    bench.climbing().person("disengaged")
    bench.sleep(STEP).beat(mode=LOITER)
    assert bench.phase is Phase.RELEASED


def test_a_vehicle_that_is_armed_elsewhere_is_released_with_the_name_of_its_mode(bench):
    bench.connect().step()
    bench.coming |= {"armed": True, "mode": AUTO}
    bench.step()
    assert bench.phase is Phase.RELEASED
    assert bench.session.fault == Fault(FaultKind.FOUND_ARMED, subject="AUTO")
    assert not bench.asked()


def test_a_request_to_arm_that_comes_into_effect_late_is_taken_back(bench):
    bench.connect().step()
    bench.session.arm_asked = bench.now
    bench.coming["armed"] = True
    bench.step()
    assert bench.phase is Phase.STOPPING
    assert bench.session.allowed == {LOITER}
    bench.step()
    assert (RequestKind.DISARM, 0.0) in bench.asked()
    bench.go(1.5)
    assert bench.phase is Phase.READY


@pytest.mark.parametrize(
    ("after", "round_trip", "remembered"),
    [
        (1.0, 0.0, True),
        (1.0 + A_LITTLE, 0.0, False),
        (1.25, 0.25, True),
        (1.25 + A_LITTLE, 0.25, False),
    ],
)
def test_a_request_to_arm_is_remembered_for_its_time(bench, after, round_trip, remembered):
    bench.connect()
    bench.session.arm_asked, bench.session.round_trip = bench.now, round_trip
    bench.sleep(after).beat()
    assert (bench.session.arm_asked is not None) is remembered
    assert bench.phase is Phase.READY


def test_a_request_to_arm_that_is_repeated_counts_from_the_last_time(bench):
    bench.connect()
    begin = bench.now
    bench.session.request(RequestKind.ARM, 1.0)
    assert bench.session.arm_asked == begin
    bench.sleep(0.75)
    bench.session.now = bench.now
    bench.session.request(RequestKind.ARM, 1.0, 1)
    assert bench.session.arm_asked == begin + 0.75
    bench.session.request(RequestKind.DISARM)
    assert bench.session.arm_asked == begin + 0.75


@pytest.mark.parametrize("phase", ["start", "climbing"])
def test_a_request_to_arm_is_not_forgotten_while_it_matters(bench, phase):
    getattr(bench, phase)()
    bench.session.arm_asked = bench.now - 9.0
    bench.sleep(STEP).beat()
    assert bench.session.arm_asked is not None


def test_a_request_to_arm_is_not_forgotten_while_motors_are_being_stopped(bench):
    bench.arming().person("disengaged")
    assert bench.phase is Phase.STOPPING
    bench.session.arm_asked = bench.now - 9.0
    bench.sleep(STEP).beat()
    assert bench.session.arm_asked is not None


@pytest.mark.parametrize(("after", "disarms"), [(0.5, True), (1.0, True), (1.0 + A_LITTLE, False)])
def test_a_request_to_arm_that_is_on_its_way_is_taken_back_where_a_pilot_takes_over(
    bench, after, disarms
):
    bench.arming()
    bench.session.arm_asked = bench.now + STEP - after
    bench.sleep(STEP).beat(mode=AUTO)
    asked = bench.asked(bench.update())
    assert asked == ([(RequestKind.DISARM, 0.0)] if disarms else [])


@pytest.mark.parametrize("shown", [{"armed": True}, {"landed": Landed.IN_AIR}])
def test_nothing_is_disarmed_that_a_pilot_has_armed_or_flies(bench, shown):
    bench.arming().sleep(STEP).beat(mode=AUTO, **shown)
    assert not bench.asked(bench.update())


# Two that give orders.


def test_two_publishers_mean_zero_and_a_hold_and_only_a_landing_is_obeyed(bench):
    bench.fly()
    bench.session.distrust("/order", bench.now)
    assert bench.phase is Phase.HOLDING
    assert bench.session.fault == Fault(FaultKind.TWO_SUPERVISORS, subject="/order")
    assert bench.session.events()[-1].time == bench.now
    bench.sleep(0.03125)
    assert points(bench.update()) == [ZERO]
    bench.person("engaged")
    assert bench.phase is Phase.HOLDING
    assert bench.session.report().act == 1
    bench.person("landing")
    assert bench.phase is Phase.LANDING
    assert bench.session.report().act == 3


def test_two_publishers_are_named_once_for_each_topic(bench):
    bench.fly()
    for topic in ("/order", "/order", "/command", ""):
        bench.session.distrust(topic, bench.now)
    assert [text.split(":")[0] for text in bench.trouble()[-2:]] == [
        "more than one node publishes /order",
        "more than one node publishes /command",
    ]


def test_what_was_not_obeyed_is_used_up_and_later_orders_are_obeyed(bench):
    bench.connect().session.distrust("/order", bench.now)
    assert bench.fault is None  # nothing of ours goes on
    bench.person("engaged")
    assert bench.phase is Phase.READY
    bench.session.distrust("", bench.now)
    bench.order("engaged")
    assert bench.phase is Phase.READY
    bench.person("engaged")
    assert bench.phase is Phase.STARTING


def test_a_command_from_before_two_publishers_is_not_flown_after_them(bench):
    bench.fly()
    bench.session.distrust("/order", bench.now)
    bench.session.distrust("", bench.now)
    bench.person("engaged")
    sent = bench.go(0.375, without=("command",), step=0.0625)
    assert bench.phase is Phase.FLYING
    assert set(points(sent)) == {ZERO}
    assert FORWARD in points(bench.step())


def test_while_two_publish_no_command_is_flown(bench):
    bench.fly()
    bench.session.distrust("/order", bench.now)
    bench.session.enter(Phase.FLYING)
    assert points(bench.step()) == [ZERO]


# The end.


def test_an_end_in_flight_is_a_hold_and_finished_when_it_is_shown(bench):
    bench.fly().session.close(bench.now)
    assert (bench.phase, bench.fault) == (Phase.HOLDING, FaultKind.ENDING)
    reported = bench.session.events()
    assert reported == [
        SessionEvent(bench.now, True, "the bridge is being ended: the autopilot holds")
    ]
    assert not bench.session.finished
    bench.step()
    assert not bench.session.finished
    bench.step()
    assert bench.session.finished
    bench.session.close(bench.now)
    assert bench.session.events() == []


@pytest.mark.parametrize("phase", ["start", "climbing"])
def test_an_end_on_the_ground_stops_the_motors(bench, phase):
    getattr(bench, phase)()
    bench.session.close(bench.now + STEP)
    assert bench.phase in (Phase.READY, Phase.STOPPING)
    assert bench.fault is FaultKind.ENDING
    assert bench.session.now == bench.now + STEP
    assert bench.session.finished is (bench.phase is Phase.READY)


def test_an_end_does_not_end_a_landing_and_waits_until_it_is_shown(bench):
    bench.fly().person("landing")
    bench.session.close(bench.now)
    assert (bench.phase, bench.fault) == (Phase.LANDING, None)
    assert not bench.session.finished
    bench.go(3 * STEP)
    assert bench.session.finished


@pytest.mark.parametrize("phase", ["connect", "found_flying", "hold"])
def test_an_end_where_nothing_moves_by_us_is_finished_at_once(bench, phase):
    getattr(bench, phase)()
    before = bench.phase, bench.fault
    assert not bench.session.finished
    bench.session.close(bench.now)
    assert bench.session.finished
    assert (bench.phase, bench.fault) == before


def test_an_ending_session_ignores_every_order(bench):
    bench.fly().session.close(bench.now)
    bench.person("landing")
    assert bench.phase is Phase.HOLDING
    assert bench.session.report().act == 1


# Holds and resumes.


def test_a_persons_hold_is_the_autopilots_and_the_stream_stops_when_it_is_shown(bench):
    bench.fly().sent.clear()
    bench.person("holding")
    assert bench.phase is Phase.HOLDING
    assert bench.fault is None
    assert points(bench.step()) == [ZERO]
    assert bench.asked() == [(RequestKind.MODE, BRAKE)]
    assert bench.session.streaming
    bench.go(2 * STEP)
    assert not bench.session.streaming
    assert not points(bench.go(1.0))


def test_a_supervisors_hold_is_zero_for_two_seconds_and_then_the_autopilots(bench):
    bench.fly().change("holding")
    begin = bench.now
    while bench.now < begin + 2.0 - STEP:
        bench.order("holding")
        assert points(bench.step()) == [ZERO]
        assert bench.phase is Phase.FLYING
    bench.step()
    assert bench.now == begin + 2.0
    assert bench.phase is Phase.HOLDING
    assert bench.fault is None


def test_a_supervisors_hold_that_is_shorter_goes_on_without_an_event(bench):
    bench.fly().change("holding").go(1.0)
    bench.change("engaged")
    assert points(bench.step()) == [FORWARD]
    assert (bench.phase, bench.fault) == (Phase.FLYING, None)


@pytest.mark.parametrize("mode", ["holding", "pilot", "landing", "disengaged"])
def test_only_an_engaged_supervisors_command_is_flown(bench, mode):
    bench.fly()
    bench.session.order = Order("a", Mode(mode), 1, 1)
    assert points(bench.step()) == [ZERO]


def test_a_command_without_a_supervisor_is_not_flown(bench):
    bench.fly().session.order = None
    assert points(bench.step()) == [ZERO]


@pytest.mark.parametrize("phase", ["start", "climbing"])
@pytest.mark.parametrize("whose", ["person", "change"])
@pytest.mark.parametrize("mode", ["holding", "disengaged"])
def test_a_hold_or_an_end_before_it_flies_stops_the_motors(bench, phase, whose, mode):
    getattr(bench, phase)()
    getattr(bench, whose)(mode)
    assert bench.phase is (Phase.READY if phase == "start" else Phase.STOPPING)
    assert bench.fault is None
    bench.obedient = True
    bench.go(3.0)
    assert bench.phase is Phase.READY
    assert not bench.vehicle.armed


def test_a_hold_while_it_climbs_in_the_air_is_a_hold(bench):
    bench.climbing().vehicle.landed = Landed.IN_AIR
    bench.change("holding")
    assert bench.phase is Phase.HOLDING


def test_a_start_in_a_foreign_mode_is_given_up_without_a_request(bench):
    bench.found_flying().vehicle.landed = Landed.UNKNOWN
    bench.person("engaged").step()
    assert (bench.phase, bench.session.allowed) == (Phase.STARTING, {LOITER})
    bench.person("holding")
    assert bench.phase is Phase.RELEASED
    assert bench.fault is FaultKind.RESUME_REFUSED
    assert not bench.asked(bench.go(1.0))


def test_a_start_in_a_foreign_mode_is_given_up_with_its_own_reason(bench):
    bench.found_flying().vehicle.landed = Landed.UNKNOWN
    bench.person("engaged").step()
    bench.session.distrust("/order", bench.now)
    assert bench.phase is Phase.RELEASED
    assert bench.fault is FaultKind.TWO_SUPERVISORS


def test_a_start_in_the_air_whose_mode_may_come_holds(bench):
    bench.found_flying().person("engaged")
    assert bench.session.allowed == {LOITER, GUIDED}
    bench.person("holding")
    assert bench.phase is Phase.HOLDING


def test_a_persons_hold_stops_a_landing_in_the_air_and_not_on_the_ground(bench):
    bench.land().session.record_fault(Fault(FaultKind.LANDING_GOES_ON))
    bench.person("holding")
    assert (bench.phase, bench.fault) == (Phase.HOLDING, None)
    bench = Bench().land()
    bench.vehicle.landed = Landed.ON_GROUND
    bench.person("holding")
    assert bench.phase is Phase.LANDING


def test_a_supervisors_hold_does_not_stop_a_landing(bench):
    bench.land().change("holding").go(1.0)
    assert bench.phase is Phase.LANDING


@pytest.mark.parametrize("begin", ["connect", "found_flying", "released"])
def test_a_hold_of_what_is_not_ours_begins_nothing(bench, begin):
    getattr(bench, begin)()
    before = bench.phase, bench.fault
    bench.person("holding")
    assert (bench.phase, bench.fault) == before
    assert not bench.asked(bench.go(1.0))


@pytest.mark.parametrize(("after", "goes_on"), [(2.5, True), (8.0, True), (8.0 + A_LITTLE, False)])
def test_a_hold_goes_on_by_itself_within_the_time_for_that(bench, after, goes_on):
    bench.fly().change("holding")
    begin = bench.now
    bench.go(after - 0.5)
    bench.order("holding")
    bench.step(begin + after - bench.now)
    assert bench.phase is Phase.HOLDING
    bench.session.record_fault(Fault(FaultKind.POSITION_OLD))
    bench.sent.clear()
    bench.change("engaged")
    if goes_on:
        assert bench.fault is None
        bench.go(1.0)
        assert bench.phase is Phase.FLYING
        assert (RequestKind.MODE, GUIDED) in bench.asked()
    else:
        assert (bench.phase, bench.fault) == (Phase.HOLDING, FaultKind.RESUME_REFUSED)
        bench.go(1.0)
        assert (RequestKind.MODE, GUIDED) not in bench.asked()


def test_a_resume_at_the_moment_of_the_hold_goes_on(bench):
    bench.fly().change("holding").change("engaged")
    assert (bench.phase, bench.fault) == (Phase.FLYING, None)


def test_a_resume_of_a_hold_that_began_in_the_future_is_refused(bench):
    bench.fly().change("holding").jump(-A_LITTLE).change("engaged")
    assert (bench.phase, bench.fault) == (Phase.HOLDING, FaultKind.RESUME_REFUSED)


def test_a_resume_that_is_not_allowed_is_a_hold_where_it_still_flies():
    bench = Bench(resume=0.0).fly().change("holding")
    bench.step()
    assert bench.phase is Phase.FLYING
    bench.change("engaged")
    assert (bench.phase, bench.fault) == (Phase.HOLDING, FaultKind.RESUME_REFUSED)


@pytest.mark.parametrize("spoilt", ["disarmed", "on the ground", "touched", "never held"])
def test_a_resume_takes_only_what_hangs_in_the_air_by_our_doing(bench, spoilt):
    if spoilt == "touched":
        bench = Bench(NEEDS_A_PLACE).fly().change("pilot").change("holding")
    elif spoilt == "never held":
        bench.fly().change("pilot")
        bench.session.enter(Phase.FLYING)
    else:
        bench.hold()
        if spoilt == "disarmed":
            bench.vehicle.armed = False
        else:
            bench.vehicle.landed = Landed.ON_GROUND
    bench.change("engaged")
    assert bench.fault is FaultKind.RESUME_REFUSED
    assert bench.phase is (Phase.STOPPING if spoilt == "on the ground" else Phase.HOLDING)


@pytest.mark.parametrize("begin", ["connect", "released", "land"])
def test_a_resume_elsewhere_is_nothing(bench, begin):
    getattr(bench, begin)()
    before = bench.phase, bench.fault
    bench.change("holding").change("engaged")
    assert (bench.phase, bench.fault) == before


# Disengaging.


@pytest.mark.parametrize("whose", ["person", "change"])
def test_disengaging_in_flight_holds(bench, whose):
    bench.fly()
    getattr(bench, whose)("disengaged")
    assert (bench.phase, bench.fault) == (Phase.HOLDING, None)


def test_another_supervisor_that_wants_nothing_is_a_hold(bench):
    bench.fly().order("disengaged", "b")
    assert bench.phase is Phase.HOLDING
    assert bench.session.report().supervisor == "b"


@pytest.mark.parametrize("whose", ["person", "change"])
def test_disengaging_does_not_end_a_landing(bench, whose):
    bench.land().sent.clear()
    getattr(bench, whose)("disengaged")
    assert (bench.phase, bench.fault) == (Phase.LANDING, None)
    bench.go(1.0)
    assert not bench.asked()


def test_disengaging_a_held_vehicle_that_stands_stops_its_motors_once(bench):
    bench.hold().person("disengaged")
    bench.vehicle.landed = Landed.ON_GROUND
    bench.order("disengaged").step()
    assert bench.phase is Phase.HOLDING  # the same order is no event
    bench.person("disengaged").go(1.0)
    assert bench.phase is Phase.READY
    assert not bench.vehicle.armed


def test_a_person_may_disarm_on_the_ground_whoever_has_armed(bench):
    bench.connect(LOITER, True).sent.clear()
    assert bench.phase is Phase.RELEASED
    bench.change("holding").change("disengaged")
    assert bench.phase is Phase.RELEASED
    bench.person("disengaged")
    assert bench.phase is Phase.STOPPING
    bench.go(1.0)
    assert bench.asked() == [(RequestKind.DISARM, 0.0)]
    assert bench.phase is Phase.READY


def test_a_pilots_flight_is_not_disarmed(bench):
    bench.released().sent.clear()
    bench.person("disengaged")
    assert bench.phase is Phase.RELEASED
    assert not bench.asked(bench.go(1.0))


def test_a_pilots_vehicle_that_leaves_the_ground_while_it_is_disarmed_is_not_ours_to_land(bench):
    bench.connect(LOITER, True).person("disengaged")
    bench.obedient = False
    bench.step()
    bench.answer(RequestKind.DISARM, Answer.DENIED)
    bench.vehicle.landed = Landed.IN_AIR
    bench.step()
    assert bench.phase is Phase.RELEASED


def test_a_vehicle_of_ours_that_leaves_the_ground_while_it_is_disarmed_lands(bench):
    bench.climbing().person("disengaged")
    bench.step()
    bench.answer(RequestKind.DISARM, Answer.DENIED)
    bench.vehicle.landed = Landed.IN_AIR
    bench.step()
    assert bench.phase is Phase.LANDING


# A pilot's touch.


def test_a_touch_is_zero_at_once_and_hands_over(bench):
    bench.fly().sent.clear()
    bench.change("pilot")
    assert (bench.phase, bench.fault) == (Phase.HOLDING, FaultKind.PILOT_TOUCH)
    bench.now += 0.02
    assert points(bench.update()) == [ZERO]
    bench.go(SWITCHES - 2 * STEP)
    assert bench.phase is Phase.HOLDING and not bench.asked()
    bench.go(6 * STEP)
    assert bench.phase is Phase.RELEASED
    assert bench.asked() == [(RequestKind.MODE, BRAKE)]
    assert not points(bench.go(1.0))


def test_a_touch_of_a_remote_control_ends_where_its_sticks_work(bench):
    bench.fly().sent.clear()
    bench.vehicle.sticks, bench.vehicle.sticks_time = (1500,), bench.now
    bench.change("pilot").go(HANDED_OVER)
    assert bench.asked() == [(RequestKind.MODE, LOITER)]


@pytest.mark.parametrize("seconds", [STEP, SWITCHES - STEP])
def test_a_switch_that_the_autopilot_shows_after_its_touch_is_the_pilots_choice(bench, seconds):
    """The remote control's channels show a switch before the autopilot has acted on it."""
    bench.fly().sent.clear()
    bench.change("pilot").go(seconds)
    bench.beat(mode=RETURN)
    assert bench.phase is Phase.RELEASED
    bench.go(4.0)
    assert not bench.asked()


def test_a_touch_is_reported_once_however_often_it_is_received():
    bench = Bench(NEEDS_A_PLACE).fly().change("pilot")
    for _ in range(8):
        bench.order("pilot")
        assert points(bench.step()) == [ZERO]
    assert bench.trouble().count(str(Fault(FaultKind.PILOT_TOUCH))) == 1


def test_after_a_touch_an_engagement_flies_again(bench):
    bench.fly().change("pilot").go(HANDED_OVER)
    bench.person("engaged").go(4 * STEP)
    assert bench.phase is Phase.FLYING
    assert points(bench.step()) == [FORWARD]


@pytest.mark.parametrize("begin", ["connect", "found_flying", "released"])
def test_a_touch_of_what_is_not_ours_is_nothing(bench, begin):
    getattr(bench, begin)()
    before = bench.phase, bench.fault
    bench.change("pilot")
    assert (bench.phase, bench.fault) == before


def test_a_touch_does_not_keep_motors_running_that_are_being_stopped(bench):
    bench.climbing().person("disengaged").change("pilot")
    assert (bench.phase, bench.fault) == (Phase.STOPPING, None)


def test_a_touch_on_the_ground_stops_the_motors_after_a_younger_heartbeat(bench):
    bench.climbing().change("pilot")
    assert bench.phase is Phase.HOLDING
    bench.go(SWITCHES)
    assert bench.phase is Phase.HOLDING
    bench.go(2 * STEP)
    assert bench.phase is Phase.STOPPING


def test_a_touch_during_the_autopilots_landing_leaves_it_to_the_autopilot(bench):
    bench.land().change("pilot")
    assert (bench.phase, bench.fault) == (Phase.LANDING, FaultKind.PILOT_TOUCH)
    assert not bench.asked(bench.go(1.0))
    assert bench.phase is Phase.LANDING


def test_a_touch_before_a_landing_has_begun_ends_it(bench):
    bench.fly().person("landing").change("pilot")
    assert (bench.phase, bench.fault) == (Phase.HOLDING, FaultKind.PILOT_TOUCH)


def test_a_resume_after_a_touch_flies_no_command(bench):
    bench.fly().change("pilot")
    bench.session.enter(Phase.FLYING)
    bench.session.order = Order("a", Mode.ENGAGED, 1, 1)
    assert points(bench.step()) == [ZERO]


# Landings.


@pytest.mark.parametrize("whose", ["person", "change"])
@pytest.mark.parametrize("begin", ["fly", "hold"])
def test_a_landing_of_ours_is_asked_for_and_watched(bench, begin, whose):
    getattr(bench, begin)().session.record_fault(Fault(FaultKind.POSITION_OLD))
    bench.sent.clear()
    getattr(bench, whose)("landing")
    assert (bench.phase, bench.fault) == (Phase.LANDING, None)
    bench.go(4 * STEP)
    assert bench.asked() == [(RequestKind.MODE, LAND)]
    bench.coming |= {"armed": False, "landed": Landed.ON_GROUND}
    bench.step()
    session = bench.session
    assert (bench.phase, bench.fault) == (Phase.READY, None)
    assert (session.streaming, session.allowed, session.arm_asked) == (False, frozenset(), None)


def test_a_landing_that_is_repeated_lands_once(bench):
    bench.land().sent.clear()
    bench.order("landing").person("landing")
    assert not bench.asked(bench.go(1.0))


def test_a_pilots_flight_is_landed_for_a_person_only(bench):
    bench.released().change("landing")
    assert bench.phase is Phase.RELEASED
    bench.person("landing")
    assert bench.phase is Phase.LANDING


def test_a_landing_of_a_disarmed_vehicle_is_nothing(bench):
    bench.connect().person("landing")
    assert (bench.phase, bench.fault) == (Phase.READY, None)
    assert not bench.asked(bench.go(1.0))


def test_a_landing_of_a_vehicle_that_stands_stops_its_motors_with_one_request_at_a_time(bench):
    bench.climbing().person("landing")
    assert bench.phase is Phase.STOPPING
    notes = bench.step()
    bench.order("landing")
    notes += bench.step(0.0625)
    assert bench.asked(notes) == [(RequestKind.DISARM, 0.0)]


def test_a_landing_of_what_was_armed_elsewhere_on_the_ground_stops_its_motors(bench):
    bench.connect(LOITER, True).person("landing")
    assert bench.phase is Phase.STOPPING


def test_a_landing_stops_motors_that_may_start_late(bench):
    bench.connect().session.arm_asked = bench.now
    bench.person("landing")
    assert bench.phase is Phase.STOPPING


def test_a_landing_of_a_start_gives_it_up(bench):
    bench.start().person("landing")
    assert bench.phase is Phase.READY
    assert not bench.session.streaming


def test_a_vehicle_that_reports_that_it_flies_disarmed_is_not_landed(bench):
    bench.found_flying().vehicle.armed = False
    bench.person("landing")
    assert bench.phase is Phase.RELEASED


def test_a_landing_by_set_points_ends_disarmed(bench):
    bench.fly()
    bench.obedient = False
    bench.person("landing").step()
    bench.answer(RequestKind.MODE, Answer.DENIED)
    bench.vehicle.landed = Landed.ON_GROUND
    bench.go(0.5)
    assert bench.phase is Phase.LANDING
    assert bench.session.streaming
    bench.session.arm_asked = bench.now
    bench.sleep(STEP).beat(armed=False)
    session = bench.session
    assert (bench.phase, session.streaming, session.allowed) == (Phase.READY, False, frozenset())
    assert session.arm_asked is None
    notes = bench.go(1.0)
    assert not points(notes)
    assert not bench.asked(notes)
    assert bench.phase is Phase.READY
