"""Links that are lost, reboots, clocks that jump and computers that sleep."""

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
    PROFILE,
    RETURN,
    STEP,
    ZERO,
    Bench,
    count,
    points,
)

from liquid_nav.autopilots.adapter import RequestKind
from liquid_nav.autopilots.session import SessionEvent
from liquid_nav.autopilots.steps import SWITCHES
from liquid_nav.autopilots.vehicle import Landed
from liquid_nav.safety import Fault, FaultKind, Phase

# Links that are lost and come back.


def test_a_link_is_lost_after_more_than_three_seconds_without_a_heartbeat(bench):
    bench.fly().go(3.0, without=("heartbeat",))
    assert bench.phase is Phase.HOLDING
    bench.step(A_LITTLE, without=("heartbeat",))
    session = bench.session
    assert bench.phase is Phase.OFFLINE
    assert session.fault == Fault(FaultKind.LINK_LOST, limit=3.0)
    assert (session.streaming, session.allowed) == (False, frozenset())
    notes = bench.go(4.0, without=("heartbeat",))
    assert {note[0] for note in notes} == {"life"}


@pytest.mark.parametrize("begin", ["connect", "found_flying", "start", "climbing", "land"])
def test_a_link_is_lost_in_every_phase(bench, begin):
    getattr(bench, begin)().lost()
    assert bench.fault is FaultKind.LINK_LOST


def test_a_flight_whose_link_comes_back_holds_where_it_still_waits_for_set_points(bench):
    bench.fly()
    bench.obedient = False
    bench.lost().back()
    assert bench.phase is Phase.HOLDING
    assert bench.session.allowed == {GUIDED}
    assert bench.session.streaming
    bench.step()
    assert bench.asked()[-1] == (RequestKind.MODE, BRAKE)


@pytest.mark.parametrize("mode", [BRAKE, RETURN, LOITER])
def test_a_flight_whose_link_comes_back_in_another_mode_is_released(bench, mode):
    bench.fly().lost().back(mode=mode)
    assert bench.phase is Phase.RELEASED
    assert bench.session.fault == Fault(FaultKind.FOREIGN_MODE, subject=PROFILE.mode_name(mode))


def test_a_flight_whose_link_comes_back_disarmed_is_over(bench):
    bench.fly()
    bench.session.arm_asked = bench.now
    bench.lost().back(armed=False)
    assert bench.phase is Phase.READY
    assert bench.session.arm_asked is None
    bench.lost().back(armed=True)
    assert bench.fault is FaultKind.FOUND_ARMED  # what was kept is forgotten


def test_a_start_whose_link_comes_back_with_motors_on_stops_them(bench):
    bench.climbing().lost().back()
    assert bench.phase is Phase.STOPPING
    assert bench.session.allowed == {GUIDED}


def test_a_start_whose_link_comes_back_in_its_own_failsafe_on_the_ground_stops_its_motors(bench):
    bench.climbing().lost().back(mode=BRAKE, failsafe=True)
    assert bench.phase is Phase.STOPPING
    assert bench.session.allowed == {BRAKE}


@pytest.mark.parametrize(("mode", "failsafe"), [(BRAKE, False), (AUTO, True), (AUTO, False)])
def test_a_start_whose_link_comes_back_in_another_mode_is_released(bench, mode, failsafe):
    bench.climbing().lost().back(mode=mode, failsafe=failsafe)
    assert bench.phase is Phase.RELEASED
    assert bench.fault is FaultKind.FOREIGN_MODE


@pytest.mark.parametrize(
    ("shown", "lands"),
    [
        ({"mode": LAND}, True),
        ({"mode": GUIDED}, True),
        ({"mode": BRAKE, "failsafe": True}, True),
        ({"mode": BRAKE}, False),
        ({"mode": RETURN, "failsafe": True}, False),
        ({"mode": LOITER}, False),
    ],
)
def test_a_landing_whose_link_comes_back_lands_unless_a_pilot_has_taken_over(bench, shown, lands):
    bench.fly().person("landing")
    bench.obedient = False
    bench.step()
    bench.lost().back(**shown)
    if lands:
        assert (bench.phase, bench.fault) == (Phase.LANDING, None)
        assert bench.session.allowed >= {shown["mode"], LAND}
    else:
        assert (bench.phase, bench.fault) == (Phase.RELEASED, FaultKind.FOREIGN_MODE)


def test_a_landing_that_was_shown_and_whose_link_comes_back_is_asked_for_once_more_at_most(bench):
    bench.land().lost().back()
    assert (bench.phase, bench.fault) == (Phase.LANDING, None)
    bench.sent.clear()
    bench.go(1.0)
    assert not bench.asked()  # it is shown already


@pytest.mark.parametrize("whose", ["person", "change"])
def test_disengaging_while_the_link_is_lost_does_not_end_a_landing(bench, whose):
    bench.land().lost()
    getattr(bench, whose)("disengaged")
    bench.back()
    assert bench.phase is Phase.LANDING


@pytest.mark.parametrize(
    ("whose", "phase"), [("person", Phase.RELEASED), ("change", Phase.LANDING)]
)
def test_a_persons_hold_while_the_link_is_lost_ends_a_landing(bench, whose, phase):
    bench.land().lost()
    getattr(bench, whose)("holding")
    bench.back()
    assert bench.phase is phase


@pytest.mark.parametrize("mode", ["holding", "disengaged"])
def test_what_a_person_wants_while_the_link_is_lost_does_not_give_the_motors_away(bench, mode):
    bench.climbing().lost().person(mode).back()
    assert bench.phase is Phase.STOPPING


@pytest.mark.parametrize("mode", ["holding", "disengaged", "pilot"])
def test_orders_before_any_connection_are_nothing(bench, mode):
    bench.order("engaged").person(mode)
    assert (bench.phase, bench.fault) == (Phase.OFFLINE, None)
    bench.beat(mode=GUIDED, armed=True, landed=Landed.IN_AIR)
    assert (bench.phase, bench.fault) == (Phase.RELEASED, FaultKind.FOUND_ARMED)


def test_a_touch_while_the_link_is_lost_gives_the_flight_away(bench):
    bench.fly().lost().change("pilot").back()
    assert (bench.phase, bench.fault) == (Phase.RELEASED, FaultKind.FOUND_ARMED)


def test_a_touch_before_the_link_is_lost_gives_the_flight_away():
    bench = Bench(NEEDS_A_PLACE).fly().change("pilot").lost()
    bench.back()
    assert (bench.phase, bench.fault) == (Phase.RELEASED, FaultKind.FOUND_ARMED)


@pytest.mark.parametrize("when", ["before", "while"])
@pytest.mark.parametrize(
    ("shown", "phase"),
    [
        ({"mode": GUIDED}, Phase.STOPPING),
        ({"mode": BRAKE, "failsafe": True}, Phase.STOPPING),
        ({"mode": LOITER}, Phase.RELEASED),
        ({"mode": AUTO}, Phase.RELEASED),
        ({"mode": LOITER, "landed": Landed.IN_AIR}, Phase.RELEASED),
    ],
)
def test_a_touch_on_the_ground_does_not_keep_motors_running_whose_link_comes_back(
    bench, when, shown, phase
):
    """It was to stop them; only in a mode of their own is the vehicle the pilot's."""
    bench.climbing()
    if when == "before":
        bench.change("pilot").lost()
    else:
        bench.lost().change("pilot")
    bench.sent.clear()
    bench.back(**shown)
    assert bench.phase is phase
    assert bool(bench.asked(bench.step())) is (phase is Phase.STOPPING)


def test_a_touch_during_the_autopilots_landing_does_not_give_it_away(bench):
    bench.land().change("pilot").lost().back()
    assert bench.phase is Phase.LANDING


def test_a_flight_whose_link_came_back_may_be_resumed(bench):
    bench.fly()
    bench.obedient = False
    bench.lost().back()
    assert bench.phase is Phase.HOLDING
    bench.change("holding").change("engaged")
    assert bench.fault is not FaultKind.RESUME_REFUSED


def test_a_touch_is_forgotten_once_the_pilot_has_the_vehicle_and_a_person_asks_for_it_again(bench):
    bench.fly().change("pilot").go(SWITCHES + 4 * STEP)
    assert bench.phase is Phase.RELEASED
    bench.person("landing").person("holding").change("engaged")
    assert (bench.phase, bench.fault) == (Phase.HOLDING, None)
    bench.go(4 * STEP)
    assert bench.phase is Phase.FLYING


def test_a_touch_is_forgotten_with_the_landing_that_it_was_in(bench):
    bench.land().change("pilot")
    bench.sleep(STEP).beat(armed=False, landed=Landed.ON_GROUND)
    assert bench.phase is Phase.READY
    bench.session.arm_asked = bench.now
    bench.obedient = False
    bench.sleep(STEP).beat(armed=True)
    assert bench.phase is Phase.STOPPING
    bench.lost().back()
    assert bench.phase is Phase.STOPPING


def test_a_mode_of_ours_that_is_shown_late_in_a_landing_may_be_found_again(bench):
    bench.found_flying().person("engaged")
    bench.obedient = False
    bench.step()
    bench.sleep(STEP).beat(mode=AUTO)
    assert bench.phase is Phase.RELEASED
    bench.person("landing").sleep(STEP).beat(mode=GUIDED)
    assert bench.phase is Phase.LANDING
    bench.lost().back()
    assert bench.phase is Phase.LANDING


@pytest.mark.parametrize(
    ("mode", "phase"),
    [
        (LOITER, Phase.LANDING),
        (GUIDED, Phase.LANDING),
        (LAND, Phase.LANDING),
        (RETURN, Phase.RELEASED),
    ],
)
def test_a_landing_that_is_ordered_while_the_link_is_lost_is_done_later(bench, mode, phase):
    bench.found_flying().lost().person("landing")
    assert (bench.phase, bench.fault) == (Phase.OFFLINE, FaultKind.LANDING_WAITS)
    bench.back(mode=mode)
    assert bench.phase is phase
    assert bench.fault is (None if phase is Phase.LANDING else FaultKind.FOREIGN_MODE)


def test_a_landing_that_is_ordered_before_any_connection_does_not_wait(bench):
    bench.order("disengaged").person("landing")
    assert bench.session.fault == Fault(FaultKind.LANDING_WAITS)
    bench.beat(mode=LOITER, armed=True, landed=Landed.IN_AIR)
    assert (bench.phase, bench.fault) == (Phase.RELEASED, FaultKind.FOUND_ARMED)


def test_a_vehicle_that_comes_back_is_greeted_and_not_asked_again_at_once(bench):
    bench.connect().lost().sent.clear()
    bench.back()
    notes = bench.update()
    assert count(notes, "greet") == 1
    assert not count(notes, "ask again")
    assert not count(notes, "heartbeat")


# Reboots.


@pytest.mark.parametrize("begin", ["climbing", "fly", "hold", "land"])
def test_a_reboot_ends_our_part(bench, begin):
    getattr(bench, begin)().sent.clear()
    bench.session.arm_asked = bench.now
    bench.sleep(STEP).beat(reboots=1)
    session = bench.session
    assert (bench.phase, bench.fault) == (Phase.RELEASED, FaultKind.REBOOTED)
    assert (session.checked, session.arm_asked, session.streaming) == (False, None, False)
    notes = bench.update()
    assert count(notes, "greet") == 1
    assert not bench.asked(notes)
    bench.sleep(STEP).beat()
    assert not count(bench.update(), "greet")


def test_a_reboot_of_a_landed_vehicle_is_only_reported(bench):
    bench.connect().session.checked = True
    bench.session.arm_asked = bench.now
    bench.sleep(STEP).beat(reboots=1)
    assert bench.session.events() == [SessionEvent(bench.now, False, "the autopilot has rebooted")]
    assert (bench.phase, bench.fault, bench.session.checked) == (Phase.READY, None, False)
    assert bench.session.arm_asked is None


# Gaps: the clock has jumped, or ``update`` was not called.


@pytest.mark.parametrize(
    ("gap", "noticed"), [(1.0, False), (1.0 + A_LITTLE, True), (0.0, False), (-A_LITTLE, True)]
)
def test_a_gap_is_a_second_and_more_or_a_clock_that_goes_back(bench, gap, noticed):
    bench.fly()
    now = bench.jump(gap).now
    reason = bench.session.reason
    bench.beat()
    assert bench.session.reason == (now if noticed else reason)


def test_before_the_first_heartbeat_there_is_no_gap(bench):
    bench.update()
    bench.jump(5.0).position()
    bench.jump(5.0).update()
    assert bench.session.reason < 0.0


def test_after_a_gap_zero_is_streamed_until_a_new_command_comes(bench):
    bench.fly().jump(2.0)
    assert points(bench.update()) == [ZERO]
    assert bench.phase is Phase.FLYING
    bench.sleep(STEP).beat().position()
    assert points(bench.update()) == [ZERO]
    bench.sleep(STEP).beat().position().command()
    assert points(bench.update()) == [FORWARD]
    assert bench.phase is Phase.FLYING


def test_a_command_that_comes_with_the_waking_is_flown(bench):
    bench.fly().jump(2.0).beat().position().command()
    assert points(bench.update()) == [FORWARD]


def test_after_a_gap_what_is_needed_must_come_in_its_time(bench):
    bench.fly().jump(2.0).update()
    bench.go(0.5, without=("command",))
    assert bench.phase is Phase.FLYING
    bench.step(without=("command",))
    assert (bench.phase, bench.fault) == (Phase.HOLDING, FaultKind.SUPERVISOR_SILENT)


def test_a_second_gap_does_not_make_the_same_command_fresh_again(bench):
    bench.fly().jump(2.0).update()
    bench.jump(2.0).beat()
    bench.vehicle.position_time = bench.now
    bench.update()
    assert (bench.phase, bench.fault) == (Phase.HOLDING, FaultKind.SUPERVISOR_SILENT)
    assert bench.session.fault.value == 2.0


def test_a_gap_is_no_lost_link_but_silence_after_it_is(bench):
    bench.found_flying().step()
    bench.jump(9.0).update()
    assert bench.phase is Phase.RELEASED
    for _ in range(24):
        bench.jump(STEP).update()
    assert bench.phase is Phase.RELEASED
    bench.jump(A_LITTLE).update()
    assert (bench.phase, bench.fault) == (Phase.OFFLINE, FaultKind.LINK_LOST)


def test_a_link_that_stays_silent_is_lost_however_seldom_we_are_called(bench):
    bench.found_flying().step()
    phases = []
    for _ in range(3):
        bench.jump(2.0).update()
        phases.append(bench.phase)
    assert phases == [Phase.RELEASED, Phase.RELEASED, Phase.OFFLINE]


def test_a_mode_is_asked_for_only_on_what_comes_after_a_gap(bench):
    bench.found_flying().step()
    bench.person("engaged").sleep(STEP).beat().jump(2.0)
    assert not bench.asked(bench.update())
    bench.sleep(STEP).beat().position().command()
    assert bench.asked(bench.update()) == [(RequestKind.MODE, GUIDED)]


def test_one_gap_is_one_however_much_is_received_after_it(bench):
    bench.fly().jump(2.0).beat()
    reason = bench.session.reason
    bench.jump(0.25).beat()
    assert bench.session.reason == reason
    bench.update()
    bench.jump(2.0).beat()
    assert bench.session.reason == bench.now


def test_a_clock_that_goes_back_begins_a_hold_anew(bench):
    bench.fly().person("holding")
    bench.obedient = False
    bench.step()
    assert bench.session.pending_mode == BRAKE
    bench.jump(-32.0).beat()
    assert bench.phase is Phase.HOLDING
    assert bench.session.pending_mode is None
    bench.position().update()
    assert bench.asked(bench.step()) == [(RequestKind.MODE, BRAKE)]


def test_a_clock_that_goes_back_after_a_touch_gives_the_pilots_switch_its_time_anew(bench):
    bench.fly().change("pilot").step()
    bench.sent.clear()
    bench.jump(-32.0).beat().position().update()
    bench.go(SWITCHES - STEP)
    assert bench.phase is Phase.HOLDING
    assert not bench.asked()
    bench.beat(mode=RETURN)
    assert bench.phase is Phase.RELEASED
    assert not bench.asked(bench.go(1.0))


def test_a_clock_that_goes_back_after_a_touch_hands_over_and_is_no_hold_of_ours(bench):
    bench.fly().vehicle.sticks = (1500,)
    bench.vehicle.sticks_time = bench.now
    bench.change("pilot").step()
    bench.jump(-32.0).beat().position().update()
    bench.sent.clear()
    bench.go(SWITCHES + 4 * STEP)
    assert bench.phase is Phase.RELEASED
    assert bench.asked() == [(RequestKind.MODE, LOITER)]


def test_a_clock_that_goes_back_after_a_touch_on_the_ground_stops_the_motors(bench):
    bench.idling().change("pilot").step()
    bench.obedient = True
    bench.jump(-32.0).beat().position().update()
    bench.go(SWITCHES + 8 * STEP)
    assert bench.phase is Phase.READY
    assert not bench.vehicle.armed


def test_a_clock_that_goes_back_leaves_a_hold_alone_that_is_shown(bench):
    bench.hold().jump(-32.0).beat().position().update()
    assert bench.phase is Phase.HOLDING
    assert not bench.asked(bench.go(1.0))


def test_a_clock_that_goes_back_leaves_a_landing_that_goes_on_and_asks_for_one_that_does_not(bench):
    bench.land().jump(-32.0).beat().position().update()
    assert bench.phase is Phase.LANDING
    assert not bench.asked(bench.go(1.0))
    bench = Bench().fly().person("landing")
    bench.obedient = False
    bench.step()
    bench.jump(-32.0).beat().position().update()
    assert bench.phase is Phase.LANDING
    assert bench.asked(bench.step()) == [(RequestKind.MODE, LAND)]


@pytest.mark.parametrize(
    ("begin", "phase"),
    [
        ("start", Phase.READY),
        ("arming", Phase.STOPPING),
        ("climbing", Phase.STOPPING),
    ],
)
def test_a_clock_that_goes_back_ends_a_start(bench, begin, phase):
    getattr(bench, begin)().jump(-32.0).beat()
    assert (bench.phase, bench.fault) == (phase, FaultKind.RESUME_REFUSED)


def test_a_clock_that_goes_back_does_not_keep_motors_running(bench):
    bench.climbing().person("disengaged").step()
    bench.obedient = True
    bench.session.arm_asked = bench.now
    bench.jump(-32.0).beat().position().update()
    assert bench.session.arm_asked == bench.now
    assert bench.phase is Phase.STOPPING
    bench.go(1.5)
    assert bench.phase is Phase.READY
    assert count(bench.sent, "request")
    assert bench.asked()[-1] == (RequestKind.DISARM, 0.0)


def test_a_clock_that_goes_back_knows_no_request_to_arm_that_was_not_made(bench):
    bench.connect().jump(-32.0).beat()
    assert bench.session.arm_asked is None


def test_a_clock_that_goes_back_forgets_answers(bench):
    bench.connect().answer(RequestKind.ARM).jump(-1.0).beat()
    assert bench.session.replies == {}


def test_a_clock_that_goes_back_leaves_nothing_in_the_future(bench):
    bench.fly()
    bench.vehicle.sticks_time = bench.now
    bench.jump(-32.0).update()
    vehicle = bench.vehicle
    assert (vehicle.heartbeat, vehicle.position_time, vehicle.sticks_time) == (bench.now,) * 3
    assert bench.session.staleness() is None
    assert bench.phase is Phase.FLYING


def test_a_clock_that_goes_back_lets_a_supervisors_hold_last_as_long(bench):
    bench.fly().change("holding").go(1.0)
    bench.jump(-32.0).beat().position().command().update()
    begin = bench.now
    assert bench.phase is Phase.FLYING
    bench.go(1.875)
    assert bench.phase is Phase.FLYING
    bench.step()
    assert bench.now == begin + 2.0
    assert bench.phase is Phase.HOLDING


def test_a_clock_that_goes_forward_ends_no_start(bench):
    bench.climbing().jump(2.0).beat()
    assert (bench.phase, bench.fault) == (Phase.CLIMBING, None)


# Sleeps: the vehicle's own clock distinguishes them from jumps.


@pytest.mark.parametrize(("slept", "let_go"), [(1.0 + A_LITTLE, True), (2.0, True), (30.0, True)])
def test_a_bridge_that_slept_lets_go(bench, slept, let_go):
    bench.fly().sleep(slept).beat().position()
    assert bench.phase is Phase.RELEASED
    assert bench.session.fault == Fault(FaultKind.STOOD_STILL, slept)


@pytest.mark.parametrize(
    ("jumped", "passed", "slept"),
    [
        (2.0, 0.0, False),
        (2.0, 1.0, False),
        (2.0, 1.0 + A_LITTLE, True),
        (-2.0, 1.0, False),
        (-2.0, 1.5, True),
    ],
)
def test_a_jump_of_our_clock_is_no_sleep(bench, jumped, passed, slept):
    bench.fly().jump(jumped).boot += passed
    bench.beat().position()
    assert bench.phase is (Phase.RELEASED if slept else Phase.FLYING)


@pytest.mark.parametrize(("after", "let_go"), [(0.5, True), (0.5 + A_LITTLE, False)])
def test_a_sleep_is_recognised_by_what_comes_soon_after_waking(bench, after, let_go):
    bench.fly().jump(2.0).update()
    bench.jump(after).boot += 1.5
    bench.position()
    assert bench.phase is (Phase.RELEASED if let_go else Phase.FLYING)


def test_whoever_does_not_stream_cannot_have_slept(bench):
    bench.hold().sleep(2.0).beat().position().update()
    assert bench.phase is Phase.HOLDING
    assert bench.fault is None


def test_a_vehicle_that_was_away_before_its_first_heartbeat_is_no_sleep_of_ours(bench):
    bench.order("disengaged").position()
    bench.sleep(6.0).beat(mode=LOITER, armed=True, landed=Landed.IN_AIR)
    bench.person("engaged").position().command().update()
    assert bench.session.streaming
    bench.sleep(STEP).beat().position()
    assert (bench.phase, bench.fault) == (Phase.STARTING, None)


@pytest.mark.parametrize("when", ["before", "after"])
def test_without_the_vehicles_clock_a_sleep_is_not_known(bench, when):
    bench.fly()
    if when == "before":
        bench.vehicle.boot = None
        bench.sleep(2.0).beat().position()
    else:
        bench.boot = None
        bench.jump(2.0).beat().position()
    assert bench.phase is Phase.FLYING
