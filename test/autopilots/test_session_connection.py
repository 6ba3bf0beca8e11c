"""How a session begins, connects, and takes texts and answers."""

import pytest
from session_bench import (
    A_LITTLE,
    GUIDED,
    LAND,
    LOITER,
    PROFILE,
    RETURN,
    STEP,
    ZERO,
    Bench,
    Notes,
    count,
    points,
)

from liquid_nav.autopilots import OffboardSession, SessionConfig
from liquid_nav.autopilots.adapter import Answer, RequestKind
from liquid_nav.autopilots.session import Reply, SessionEvent
from liquid_nav.autopilots.vehicle import Landed
from liquid_nav.safety import Fault, FaultKind, Phase

# The beginning.


def test_a_new_session_knows_nothing_and_sends_nothing_but_life(bench):
    session = bench.session
    assert session.profile is PROFILE
    assert session.adapter is bench.adapter
    assert (session.phase, session.fault, session.order, session.arm_asked) == (
        Phase.OFFLINE,
        None,
        None,
        None,
    )
    assert (session.replies, session.parameters, session.allowed) == ({}, {}, frozenset())
    assert (session.checked, session.streaming, session.begun) == (False, False, False)
    assert (session.wanted, session.round_trip, session.now, session.pending_mode) == (
        ZERO,
        0.0,
        0.0,
        None,
    )
    assert session.finished is False
    assert not session.confirmed
    assert session.events() == []
    assert [bench.update() for _ in range(3)] == [[("life",)], [], []]
    assert bench.phase is Phase.OFFLINE


def test_a_session_without_a_config_has_the_usual_one():
    assert OffboardSession(Notes(PROFILE)).config == SessionConfig()


def test_without_an_order_no_supervisor_is_reported(bench):
    report = bench.session.report()
    assert (report.phase, report.armed, report.airborne) == (Phase.OFFLINE, False, False)
    assert (report.supervisor, report.act, report.change, report.fault, report.text) == (
        "",
        0,
        0,
        "",
        "",
    )


def test_a_report_contains_phase_vehicle_order_and_fault(bench):
    bench.fly().step(without=("position",))
    bench.go(1.25, without=("position",))
    report = bench.session.report()
    assert (report.phase, report.armed, report.airborne) == (Phase.HOLDING, True, True)
    assert (report.supervisor, report.act, report.change) == ("a", 1, 1)
    assert report.fault == "position_old"
    assert report.text == str(bench.session.fault)


# Connections.


@pytest.mark.parametrize(
    ("mode", "armed", "text"),
    [
        (LOITER, False, "connected, LOITER, disarmed"),
        (GUIDED, True, "connected, GUIDED, armed"),
    ],
)
def test_a_connection_is_reported_with_mode_and_motors(bench, mode, armed, text):
    bench.connect(mode, armed)
    assert bench.happened[0] == SessionEvent(64.0, False, text)
    assert count(bench.sent, "greet") == 1


def test_a_disarmed_vehicle_is_ready_and_an_armed_one_is_released(bench):
    assert bench.connect().phase is Phase.READY
    assert bench.fault is None
    assert not bench.asked()
    bench = Bench().found_flying()
    assert bench.phase is Phase.RELEASED
    assert bench.session.fault == Fault(FaultKind.FOUND_ARMED, subject="LOITER")
    bench.go(4.0)
    assert not bench.asked()
    assert not points(bench.sent)


def test_a_found_vehicle_that_is_disarmed_later_is_ready(bench):
    bench.found_flying().step()
    bench.coming["armed"] = False
    bench.step()
    assert bench.phase is Phase.READY


def test_a_landing_vehicle_is_watched_where_a_landing_was_ordered_before(bench):
    bench.order("landing").beat(mode=LAND, armed=True, landed=Landed.IN_AIR)
    assert bench.phase is Phase.LANDING
    assert bench.session.allowed == {LAND}
    bench.go(2.0)
    assert not bench.asked()
    bench.coming["mode"] = LOITER
    bench.step()
    assert bench.phase is Phase.RELEASED


@pytest.mark.parametrize(("order", "mode"), [("landing", LOITER), ("holding", LAND), (None, LAND)])
def test_a_found_flight_is_watched_only_if_it_lands_as_ordered(bench, order, mode):
    if order is not None:
        bench.order(order)
    bench.beat(mode=mode, armed=True, landed=Landed.IN_AIR)
    assert bench.phase is Phase.RELEASED
    assert bench.fault is FaultKind.FOUND_ARMED


def test_a_landing_that_was_found_may_be_held_and_gone_on_with(bench):
    bench.order("landing").beat(mode=LAND, armed=True, landed=Landed.IN_AIR)
    bench.position().command().person("holding")
    assert bench.phase is Phase.HOLDING
    bench.change("engaged")
    assert (bench.phase, bench.fault) == (Phase.HOLDING, None)
    bench.go(4 * STEP)
    assert bench.phase is Phase.FLYING


def test_a_first_heartbeat_that_comes_between_two_calls_begins_a_link(bench):
    bench.order("disengaged").update()
    bench.jump(0.5).beat(mode=LOITER).update()
    assert bench.phase is Phase.READY
    bench.jump(1.0).update()
    bench.jump(1.0).update()
    bench.jump(1.0).update()
    assert bench.phase is Phase.READY
    bench.jump(A_LITTLE).update()
    assert (bench.phase, bench.fault) == (Phase.OFFLINE, FaultKind.LINK_LOST)


def test_a_landing_that_was_found_is_watched_once_its_order_is_received(bench):
    bench.beat(mode=LAND, armed=True, landed=Landed.IN_AIR)
    assert bench.phase is Phase.RELEASED
    bench.order("landing")
    assert (bench.phase, bench.fault, bench.session.allowed) == (Phase.LANDING, None, {LAND})
    bench.go(2.0)
    assert not bench.asked()
    bench.coming["armed"] = False
    bench.step()
    assert bench.phase is Phase.READY


@pytest.mark.parametrize("spoilt", ["another mode", "disarmed", "foreign since"])
def test_a_landing_that_was_not_found_in_flight_is_not_watched(bench, spoilt):
    if spoilt == "foreign since":
        bench.fly().step()
        bench.coming["mode"] = LAND
        bench.step()
        bench.changes += 1
    else:
        bench.beat(mode=LAND, armed=True, landed=Landed.IN_AIR)
        if spoilt == "another mode":
            bench.vehicle.mode = RETURN
        else:
            bench.vehicle.armed = False
    before = bench.session.fault
    bench.order("landing")
    assert bench.phase is Phase.RELEASED
    assert bench.session.fault == before


def test_life_is_shown_once_a_second_and_after_the_clock_was_set_back(bench):
    shown = []
    for after in (0.0, 0.0, 1.0 - A_LITTLE, A_LITTLE, 0.0, 0.5, 0.5, -A_LITTLE, 0.0, 1.5):
        bench.now += after
        shown.append(count(bench.update(), "life"))
    assert shown == [1, 0, 0, 1, 0, 0, 1, 1, 0, 1]


def test_what_did_not_come_is_asked_for_again_every_two_seconds(bench):
    bench.connect()
    asked = []
    for after in (0.0, 1.0, 1.0 - A_LITTLE, A_LITTLE, 0.0, 1.0, 1.0, -A_LITTLE, 0.0):
        bench.now += after
        bench.vehicle.beat(bench.now)
        asked.append(count(bench.update(), "ask again"))
    assert asked == [0, 0, 0, 1, 0, 0, 1, 1, 0]


def test_nothing_is_asked_for_while_offline(bench):
    bench.order("disengaged")
    for _ in range(40):
        bench.now += STEP
        bench.update()
    assert {note[0] for note in bench.sent} == {"life"}


def test_a_heartbeat_is_asked_for_where_none_came_for_a_fifth_of_a_second():
    bench = Bench(now=0.0).connect()
    asked = []
    for now in (0.0, 0.1, 0.19, 0.2, 0.2, 0.3, 0.39, 0.4, 0.3, 0.3):
        bench.now = now
        asked.append(count(bench.update(), "heartbeat"))
    assert asked == [0, 0, 0, 1, 0, 0, 0, 1, 1, 0]


def test_no_heartbeat_is_asked_for_where_they_come_by_themselves():
    bench = Bench().connect()
    assert not count(bench.go(4.0), "heartbeat")


def test_heartbeats_are_asked_for_more_often_while_a_request_waits_for_one():
    bench = Bench(now=0.0).found_flying().person("engaged")
    asked = []
    for now in (0.0, 0.05, 0.06, 0.06, 0.1, 0.12, 0.17):
        bench.now = now
        asked.append(count(bench.update(), "heartbeat"))
    assert asked == [0, 0, 1, 0, 0, 1, 0]
    bench.now = 0.18
    bench.beat()
    bench.update()
    assert bench.asked() == [(RequestKind.MODE, GUIDED)]


def test_a_plan_that_waits_for_nothing_polls_slowly():
    bench = Bench(now=0.0).found_flying().person("landing")
    bench.obedient = False
    bench.now = 0.1
    bench.beat(mode=LAND)
    bench.update()
    bench.now = 0.11
    bench.beat()
    bench.update()
    bench.now = 0.2
    assert bench.session.confirmed
    assert bench.phase is Phase.LANDING
    assert not count(bench.update(), "heartbeat")
    bench.now = 0.32
    assert count(bench.update(), "heartbeat")


# Texts, requests and answers.


def test_events_are_reported_once_and_in_order(bench):
    session = bench.session
    session.now = 65.0
    session.log_event("something")
    session.record_fault(Fault(FaultKind.REBOOTED))
    session.received_text("hello", True, 66.0)
    session.received_text("bye", False, 67.0)
    assert session.events() == [
        SessionEvent(65.0, False, "something"),
        SessionEvent(65.0, True, "the autopilot has rebooted"),
        SessionEvent(66.0, True, "autopilot: hello"),
        SessionEvent(67.0, False, "autopilot: bye"),
    ]
    assert session.events() == []
    assert session.fault == Fault(FaultKind.REBOOTED)


def test_warnings_are_the_autopilots_own_of_the_time_and_then_the_protocols_each_once(bench):
    session = bench.session
    session.received_text("early", True, 64.0)
    session.received_text("chat", False, 65.0)
    session.received_text("bad", True, 65.0)
    session.received_text("worse", True, 66.0)
    session.received_text("bad", True, 66.0)
    bench.adapter.known = ["known", "worse"]
    assert session.warnings(65.0) == ["bad", "worse", "known"]
    assert session.warnings(65.0 + A_LITTLE) == ["worse", "bad", "known"]
    assert session.warnings(64.0) == ["early", "bad", "worse", "known"]


def test_the_last_fifty_texts_are_kept(bench):
    for number in range(51):
        bench.session.received_text(str(number), True, 64.0)
    assert bench.session.warnings(0.0) == [str(number) for number in range(1, 51)]


YES, WAIT, NO, LATER = (
    Answer.ACCEPTED,
    Answer.IN_PROGRESS,
    Answer.DENIED,
    Answer.TEMPORARILY_REJECTED,
)


@pytest.mark.parametrize(
    ("first", "second", "counts"),
    [
        (YES, YES, Reply(64.0, YES)),
        (YES, NO, Reply(65.0, NO)),
        (NO, YES, Reply(64.0, NO)),
        (NO, NO, Reply(64.0, NO)),
        (WAIT, YES, Reply(65.0, YES)),
        (YES, WAIT, Reply(65.0, WAIT)),
        (WAIT, LATER, Reply(65.0, LATER)),
        (LATER, NO, Reply(64.0, LATER)),
    ],
)
def test_a_second_answer_makes_nothing_younger_but_a_no_after_a_yes_is_a_no(
    bench, first, second, counts
):
    session = bench.session
    session.answered(RequestKind.ARM, first, 64.0)
    session.answered(RequestKind.ARM, second, 65.0)
    assert session.replies == {RequestKind.ARM: counts}
    assert session.now == 65.0


def test_a_request_goes_to_the_adapter_as_it_is(bench):
    bench.session.request(RequestKind.TAKE_OFF, 1.5, 2)
    bench.session.request(RequestKind.DISARM)
    assert bench.adapter.take() == [
        ("request", RequestKind.TAKE_OFF, 1.5, 2),
        ("request", RequestKind.DISARM, 0.0, 0),
    ]
    assert bench.session.pending_mode is None


@pytest.mark.parametrize(
    ("kind", "value", "mode"),
    [
        (RequestKind.MODE, 5.0, LOITER),
        (RequestKind.LAND, 0.0, LAND),
        (RequestKind.ARM, 1.0, None),
    ],
)
@pytest.mark.parametrize(
    ("after", "round_trip", "pending"),
    [
        (0.0, 0.0, True),
        (1.0 - A_LITTLE, 0.0, True),
        (1.0, 0.0, False),
        (1.0, 0.5, True),
        (1.5 - A_LITTLE, 0.5, True),
        (1.5, 0.5, False),
        (-A_LITTLE, 0.5, False),
    ],
)
def test_a_mode_that_was_asked_for_may_take_effect_for_a_second(
    bench, kind, value, mode, after, round_trip, pending
):
    session = bench.session
    session.now, session.round_trip = 64.0, round_trip
    session.request(kind, value)
    session.now = 64.0 + after
    assert session.pending_mode == (mode if pending else None)
    assert session.pending_mode is None or isinstance(session.pending_mode, int)
