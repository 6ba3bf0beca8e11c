"""Who is in charge: the cases in which a drone armed, climbed or changed its mode without being
asked, each pinned.

Supervisor, session and test vehicle in lock step, see ``Chain`` in conftest.py. What a property
test does at random is here one by one, with the numbers that docs/reference/safety.md names.
"""

from dataclasses import replace

import pytest

from liquid_nav.autopilots import ARDUPILOT, PX4
from liquid_nav.safety import FaultKind, Mode, Phase, SafetyLimits
from liquid_nav.sitl.other_components import all_other_components
from liquid_nav.types import Command

ARM = 400
SET_MODE = 176
RETURN = {"px4": 0x5040000, "px4_dds": 0x5040000, "ardupilot": 6}
STILL = {"px4": 0x4030000, "px4_dds": 0x4030000, "ardupilot": 17}


def rests_on_the_ground(chain, seconds=20.0):
    """Whether the vehicle stays disarmed and down for a time."""
    for _ in range(round(seconds / 0.1)):
        chain.go(0.1)
        if chain.vehicle.armed or chain.height > 0.05:
            return False
    return True


def zero_since(chain, time):
    """Whether every set point since then was zero."""
    return all(max(abs(value) for value in point[1:]) < 1e-9 for point in chain.set_points(time))


# A state is no event.


def test_a_bridge_that_starts_finds_an_old_engagement_and_stays_on_the_ground(chain, kind):
    """Bridge killed in flight, the pilot lands and disarms, the bridge is started again."""
    chain = chain(kind).take_off()
    chain.kill_bridge()
    chain.go(3.0)
    chain.vehicle.pilot_sticks(throttle=-1.0)
    chain.vehicle.pilot_switches(chain.pilot_mode)
    chain.go(20.0, lambda: not chain.vehicle.armed)
    chain.start_bridge()
    begin = chain.now
    assert rests_on_the_ground(chain)
    assert chain.session.phase is Phase.READY
    assert not chain.set_points(begin) and not chain.requests(begin)


def test_a_bridge_that_starts_in_flight_touches_nothing(chain, kind):
    chain = chain(kind).take_off()
    chain.kill_bridge()
    chain.go(3.0)
    mode = chain.shown
    chain.start_bridge()
    begin = chain.now
    chain.go(10.0)
    assert (
        chain.session.phase is Phase.RELEASED and chain.session.fault.kind is FaultKind.FOUND_ARMED
    )
    assert chain.supervisor.mode == "pilot"
    assert not chain.set_points(begin) and not chain.requests(begin) and chain.shown == mode
    assert chain.engage() == (True, "engaged")  # a person, just now
    chain.until("flying", 10.0)


def test_an_engagement_during_a_landing_is_refused_and_never_kept(chain, kind):
    """Engage during a landing, then a camera dropout after touchdown: the supervisor resumes by
    itself.
    """
    chain = chain(kind).take_off()
    assert chain.supervisor.land(chain.now)[0]
    chain.go(1.0)
    done, why = chain.engage()
    assert not done and "landing goes on" in why
    chain.until("ready", 40.0)
    chain.camera = False
    chain.go(2.0)
    chain.camera = True
    assert rests_on_the_ground(chain)


def test_an_engagement_that_reaches_a_landing_bridge_is_used_up(flight, kind):
    flight = flight(kind).fly().person("landing")
    flight.go(1.0)
    flight.person("engaged")
    assert (
        flight.session.phase is Phase.LANDING
        and flight.session.fault.kind is FaultKind.LANDING_GOES_ON
    )
    flight.until("ready", 40.0)
    for request in ("holding", "engaged", "holding", "engaged"):
        flight.change(request)
        flight.go(2.0)
    assert not flight.vehicle.armed and flight.session.phase is Phase.READY


@pytest.mark.parametrize("wanted", ["engaged", "landing"])
def test_the_first_order_received_counts_as_seen(flight, kind, wanted):
    flight = flight(kind).settle().person("engaged")
    flight.until("flying")
    flight.person("landing")
    flight.until("ready", 40.0)
    flight.person(wanted)
    flight.start_bridge()
    begin = flight.now
    flight.go(15.0)
    assert not flight.vehicle.armed and not flight.requests(begin)


def test_a_supervisor_that_starts_anew_engages_only_when_a_person_does(chain, kind):
    chain = chain(kind).take_off()
    chain.kill_supervisor()
    chain.go(4.0)
    assert chain.session.phase is Phase.HOLDING
    chain.start_supervisor()
    begin = chain.now
    chain.go(5.0)
    assert chain.session.phase is Phase.HOLDING and not chain.requests(begin)
    assert chain.engage()[0]
    chain.until("flying", 10.0)


def test_a_bridge_that_has_not_received_the_supervisor_yet_is_named(chain, kind):
    chain = chain(kind).settle()
    chain.start_supervisor()
    done, why = chain.engage()
    assert not done and "no camera image" in why
    chain.supervisor.bridge(chain.session.report(), chain.now)
    done, why = chain.engage()
    assert "has not received this supervisor's order" in why


# Foreign modes win.


def test_a_return_chosen_while_the_bridge_is_away_goes_on(chain, kind):
    chain = chain(kind, 4.0).take_off()
    chain.go(2.0)
    chain.kill_bridge()
    chain.vehicle.pilot_switches(RETURN[kind])
    chain.go(1.0)
    chain.start_bridge()
    begin = chain.now
    chain.go(40.0, lambda: not chain.vehicle.armed)
    assert not chain.set_points(begin) and not chain.requests(begin)
    assert rests_on_the_ground(chain, 5.0)


@pytest.mark.parametrize(
    "lag",
    [None, 0.0, 0.08, 0.25],
    ids=["mode alone", "with the sticks", "80 ms after", "250 ms after"],
)
@pytest.mark.parametrize("fixed", [False, True], ids=["5 Hz", "1 Hz"])
def test_a_mode_switch_between_two_heartbeats_stays(chain, kind, lag, fixed):
    """20 phases of the heartbeat; with a touch, the supervisor receives the pilot's touch before
    the heartbeat shows it.

    ``lag``: s from a touch until the autopilot changes the mode. A real PX4 took up to 0.11 s.
    """
    if kind == "px4_dds" and (lag is not None or not fixed):
        pytest.skip(
            "over DDS the rate of the status is PX4's own, and nothing reports the remote control"
        )
    base = chain(kind, 3.0)
    base.vehicle.answers_no_requests = fixed
    base.vehicle.pilot_sticks()
    base.take_off()
    base.go(1.0)
    period = base.session.vehicle.heartbeat_period
    assert (period > 0.9) is fixed
    stays = 0
    for step in range(20):
        base.go(period / 20 * step + 0.02 if fixed else 0.02 * (step % 10) + 0.02)
        switched = base.now
        if lag is not None:
            base.vehicle.pilot_sticks(roll=0.5)
            base.go(lag)
        base.vehicle.pilot_switches(base.pilot_mode)
        base.go(3.0)
        kept = base.vehicle.mode == base.pilot_mode and base.session.phase is Phase.RELEASED
        asked = [request for request in base.requests(switched) if request[1] == SET_MODE]
        stays += kept and not asked
        base.vehicle.pilot_sticks()
        base.go(1.0)
        assert base.engage()[0], base.summary()
        base.until("flying", 12.0)
        base.go(0.3)
    assert stays == 20


@pytest.mark.parametrize("height", [0.0, 3.0], ids=["ground", "air"])
@pytest.mark.parametrize("seconds", [0.1, 0.6, 1.0, 1.3, 1.6, 2.0, 3.0])
def test_a_pilots_mode_soon_after_engaging_stays(chain, kind, height, seconds):
    chain = chain(kind, height).settle()
    chain.vehicle.pilot_sticks(throttle=-1.0 if height == 0.0 else 0.0)
    chain.go(1.0)
    assert chain.engage()[0]
    chain.go(seconds)
    chain.vehicle.pilot_switches(chain.pilot_mode)
    switched = chain.now
    chain.go(1.3)
    assert chain.vehicle.mode == chain.pilot_mode, chain.summary()
    late = chain.now
    chain.go(6.0)
    assert chain.vehicle.mode == chain.pilot_mode
    assert not chain.set_points(late)
    assert not [request for request in chain.requests(switched + 1.2) if request[1] == SET_MODE]


def test_a_pilots_touch_is_zero_at_once_and_ends_where_sticks_work(chain, over_mavlink):
    kind = over_mavlink
    chain = chain(kind, 3.0)
    chain.vehicle.pilot_sticks()
    chain.take_off()
    chain.go(2.0)
    chain.vehicle.pilot_sticks(pitch=0.6)
    touched = chain.go(1.0, lambda: chain.supervisor.state is Mode.PILOT)
    assert touched <= 0.2
    begin = chain.now
    chain.until("released", 2.0)
    assert zero_since(chain, begin)
    chain.go(0.5)
    ended = chain.now
    # ArduPilot's BRAKE would not obey the sticks.
    assert chain.shown == (PX4.hold if kind == "px4" else ARDUPILOT.pilot_hold)
    # PX4's hold gives way to sticks that move (COM_RC_OVERRIDE).
    chain.vehicle.pilot_sticks(pitch=0.2)
    chain.go(3.0)
    assert chain.shown == (chain.pilot_mode if kind == "px4" else ARDUPILOT.pilot_hold)
    assert not chain.set_points(ended)


def test_a_joystick_without_a_remote_control_ends_in_a_hold(chain):
    chain = chain("ardupilot", 3.0).settle()
    chain.joysticks = [("gamepad", (0.0,) * 6, (0, 0))]
    chain.take_off()
    chain.go(1.0)
    chain.joysticks = [("gamepad", (0.0, 0.9, 0.0, 0.0, 0.0, 0.0), (0, 0))]
    chain.until("released", 2.0)
    assert chain.shown == ARDUPILOT.hold


def test_a_touch_on_the_ground_stops_the_motors(chain, over_mavlink):
    chain = chain(over_mavlink)
    chain.vehicle.pilot_sticks(throttle=-1.0)
    chain.settle()
    assert chain.engage()[0]
    chain.go(10.0, lambda: chain.vehicle.armed)
    chain.vehicle.pilot_sticks(throttle=-1.0, roll=0.7)
    chain.go(2.5, lambda: not chain.vehicle.armed)
    assert chain.height < 0.3


# A switch of the remote control engages, if flipping it is what a person has just done.

SWITCH = 7


def move_switch(chain, position, seconds):
    chain.vehicle.pilot_sticks(switch=position)
    chain.go(seconds)


def test_flipping_the_switch_is_an_engagement(chain, over_mavlink):
    chain = chain(over_mavlink, engage_channel=SWITCH)
    chain.vehicle.pilot_sticks(switch=-1.0)
    chain.settle()
    move_switch(chain, 1.0, 1.0)
    assert chain.switch_answers == [(True, "engaged")] and chain.supervisor.order.engagement == 1
    chain.until("flying")
    chain.go(5.0)
    assert chain.switch_answers == [(True, "engaged")], (
        "a switch that stays on is no second engagement"
    )


def test_the_same_switch_gives_the_drone_back_and_takes_it_again_only_when_it_is_flipped(
    chain, over_mavlink
):
    chain = chain(over_mavlink, 3.0, engage_channel=SWITCH)
    chain.vehicle.pilot_sticks(switch=-1.0)
    chain.settle()
    move_switch(chain, 1.0, 1.0)
    chain.until("flying")
    chain.vehicle.pilot_sticks(switch=-1.0)
    chain.go(0.2, lambda: chain.supervisor.state is Mode.PILOT)
    begin = chain.now
    chain.until("released", 2.0)
    assert zero_since(chain, begin)
    chain.go(4.0)
    # On again, but not for long enough; then deliberately.
    move_switch(chain, 1.0, 0.3)
    move_switch(chain, -1.0, 4.0)
    assert len(chain.switch_answers) == 1
    move_switch(chain, 1.0, 1.0)
    assert len(chain.switch_answers) == 2 and chain.supervisor.state is Mode.ENGAGED
    chain.until("flying")


def test_a_switch_that_is_on_when_anything_starts_engages_nothing(chain, over_mavlink):
    chain = chain(over_mavlink, engage_channel=SWITCH)
    chain.vehicle.pilot_sticks(switch=1.0)
    chain.settle()
    for restart in (chain.start_supervisor, chain.start_bridge, chain.vehicle.reboot):
        restart()
        chain.go(8.0)
    assert not chain.switch_answers and not chain.vehicle.armed


def test_a_supervisor_that_starts_after_a_flip_does_not_take_it_for_a_new_one(chain, over_mavlink):
    chain = chain(over_mavlink, engage_channel=SWITCH)
    chain.kill_supervisor()
    chain.vehicle.pilot_sticks(switch=-1.0)
    chain.settle()
    move_switch(chain, 1.0, 2.0)
    assert chain.session.report().flips == 1
    chain.start_supervisor()
    chain.go(5.0)
    assert not chain.switch_answers and not chain.vehicle.armed


def test_flipping_the_switch_to_end_a_flight_does_not_begin_another(chain, over_mavlink):
    """Engaged by the service with the switch off: whoever flips it in alarm touches, and means no
    engagement.
    """
    chain = chain(over_mavlink, 3.0, engage_channel=SWITCH)
    chain.vehicle.pilot_sticks(switch=-1.0)
    chain.take_off()
    move_switch(chain, 1.0, 10.0)
    assert not chain.switch_answers and chain.supervisor.state is Mode.PILOT
    assert chain.session.phase is Phase.RELEASED


def test_a_flip_is_refused_like_any_engagement_and_does_not_wait_for_better_times(
    chain, over_mavlink
):
    chain = chain(over_mavlink, engage_channel=SWITCH)
    chain.vehicle.pilot_sticks(switch=-1.0)
    chain.camera = False
    chain.settle()
    move_switch(chain, 1.0, 1.0)
    assert [done for done, _ in chain.switch_answers] == [
        False
    ] and "camera" in chain.switch_answers[0][1]
    chain.camera = True
    chain.go(10.0)
    assert len(chain.switch_answers) == 1 and not chain.vehicle.armed


@pytest.mark.parametrize("seconds", [1.0, 2.0, 2.9, 3.5, 6.0, 60.0])
@pytest.mark.parametrize("before", [1.0, -1.0], ids=["its preset is off", "it repeats off"])
def test_a_transmitter_that_is_received_again_with_the_switch_on_engages_nothing(
    chain, over_mavlink, before, seconds
):
    """What a receiver reports while it receives nothing looks like a rest, and its return like a
    flip.
    """
    chain = chain(over_mavlink, engage_channel=SWITCH)
    chain.vehicle.pilot_sticks(switch=before)
    chain.settle()
    chain.vehicle.radio = False
    move_switch(chain, -1.0, seconds)
    move_switch(chain, 1.0, 0.2)
    chain.vehicle.radio = True
    chain.go(8.0)
    assert not chain.switch_answers and not chain.vehicle.armed


def switch_rests(chain, kind, height=0.0):
    chain = chain(kind, height, engage_channel=SWITCH, resume=0.0)
    chain.vehicle.pilot_sticks(switch=-1.0)
    return chain.settle()


def test_a_flip_that_is_reported_late_engages_nothing(chain, over_mavlink):
    chain = switch_rests(chain, over_mavlink)
    receive = chain.supervisor.bridge
    chain.supervisor.bridge = lambda report, now: None
    move_switch(chain, 1.0, 20.0)
    chain.supervisor.bridge = receive
    chain.go(5.0)
    assert (
        chain.session.report().flips == 1 and not chain.vehicle.armed and not chain.switch_answers
    )


@pytest.mark.parametrize("seconds", [2.0, 60.0])
def test_a_switch_that_was_moved_while_the_bridges_computer_slept_engages_nothing(
    chain, over_mavlink, seconds
):
    chain = switch_rests(chain, over_mavlink)
    for position in (-1.0, 1.0):
        chain.vehicle.pilot_sticks(switch=position)
        chain.vehicle.advance(chain.now + seconds / 2.0)
        chain.skew -= seconds / 2.0
        chain.supervisor_skew -= seconds / 2.0
    chain.go(8.0)
    assert not chain.switch_answers and not chain.vehicle.armed


def test_an_old_report_that_is_received_again_engages_nothing(chain, over_mavlink):
    chain = switch_rests(chain, over_mavlink)
    old = chain.session.report()
    move_switch(chain, 1.0, 1.0)
    chain.until("flying")
    chain.supervisor.land(chain.now)
    chain.go(60.0, lambda: not chain.vehicle.armed)
    chain.go(5.0)
    for report in (old, replace(old, bridge="another")):
        chain.supervisor.bridge(report, chain.now)
        chain.go(3.0)
    assert chain.switch_answers == [(True, "engaged")] and not chain.vehicle.armed


def test_an_engagement_that_the_bridge_receives_a_minute_later_is_over(chain, kind):
    """By switch or by service: reports still come, orders do not."""
    chain = chain(kind, resume=5.0).settle()
    take = chain.session.take_order
    chain.session.take_order = lambda order, now: None
    assert chain.engage()[0]
    chain.go(60.0)
    assert chain.supervisor.state is Mode.DISENGAGED
    chain.session.take_order = take
    chain.go(5.0)
    assert not chain.vehicle.armed and chain.session.phase is Phase.READY


def test_a_return_that_is_chosen_while_the_hand_is_at_the_switch_goes_on(chain, over_mavlink):
    chain = switch_rests(chain, over_mavlink, 4.0)
    chain.vehicle.pilot_sticks(switch=1.0)
    chain.go(0.2)
    chain.vehicle.pilot_switches(RETURN[over_mavlink])
    begin = chain.now
    chain.go(10.0)
    assert not chain.switch_answers and not chain.requests(begin) and not chain.set_points(begin)


@pytest.mark.parametrize("service", ["disengage", "land", "hold"])
def test_a_request_during_a_flip_of_the_switch_counts(chain, over_mavlink, service):
    chain = switch_rests(chain, over_mavlink)
    chain.vehicle.pilot_sticks(switch=1.0)
    chain.go(0.4)
    getattr(chain.supervisor, service)(chain.now)
    chain.go(10.0)
    assert not chain.switch_answers and not chain.vehicle.armed


def test_a_switch_that_is_off_again_before_the_drone_flies_stops_it(chain, over_mavlink):
    """Its report comes after the sticks that mean the same: topics have no order among each
    other.
    """
    chain = switch_rests(chain, over_mavlink)
    held_back = []
    receive = chain.supervisor.bridge
    chain.supervisor.bridge = lambda report, now: held_back.append(report)
    chain.vehicle.pilot_sticks(switch=1.0)
    chain.go(1.0, lambda: held_back and held_back[-1].flips == 1)
    chain.vehicle.pilot_sticks(switch=-1.0)
    chain.go(0.14)
    reported = next(report for report in held_back if report.flips == 1)
    chain.supervisor.bridge = receive
    answer = receive(reported, chain.now)
    assert answer == (True, "engaged"), "the hole is there, or this test shows nothing"
    highest = 0.0
    for _ in range(100):
        chain.go(0.1)
        highest = max(highest, chain.height)
    assert chain.supervisor.state is Mode.PILOT and not chain.vehicle.armed and highest < 0.3


def test_a_joystick_is_no_remote_control(chain):
    chain = chain("px4", engage_channel=SWITCH).settle()
    for position in (-1.0, 1.0):
        chain.joysticks = [("remote_control", (0.0,) * 6 + (position, 0.0), ())]
        chain.go(4.0)
    assert not chain.switch_answers and not chain.vehicle.armed


# Fresh or nothing.


@pytest.mark.parametrize("seconds", [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0])
def test_a_supervisor_that_dies_soon_after_engaging_is_no_climb(chain, kind, seconds):
    chain = chain(kind).settle()
    assert chain.engage()[0]
    chain.go(seconds)
    chain.kill_supervisor()
    highest = chain.height
    for _ in range(200):
        chain.go(0.1)
        highest = max(highest, chain.height)
    assert highest < 0.3
    assert chain.session.phase in (Phase.READY, Phase.HOLDING)


def test_a_position_that_stops_is_a_hold(flight, kind):
    flight = flight(kind, 3.0).fly()
    flight.command = Command(vx=1.0)
    flight.go(1.0)
    if kind == "px4_dds":
        flight.end.seeing = False
    else:
        flight.vehicle._position = lambda: None
    flight.until("holding", 2.0)
    flight.go(4.0)
    assert flight.session.fault is not None and flight.speed < 0.1


def test_a_position_that_repeats_itself_is_no_position(flight, over_mavlink):
    flight = flight(over_mavlink, 3.0).fly()
    frozen = flight.vehicle._position()
    flight.vehicle._position = lambda: frozen
    flight.until("holding", 2.0)
    assert flight.session.fault.kind is FaultKind.POSITION_OLD


# Landing is kept.


@pytest.mark.parametrize("seconds", [1.0, 3.6, 8.0])
@pytest.mark.parametrize("after", [0.1, 0.5, 2.0])
def test_a_link_that_is_lost_while_landing_still_lands(chain, kind, seconds, after):
    chain = chain(kind, 3.0).take_off()
    assert chain.supervisor.land(chain.now)[0]
    chain.go(after)
    chain.cut = True
    chain.go(seconds)
    chain.cut = False
    chain.go(40.0, lambda: not chain.vehicle.armed)
    chain.go(3.0)
    assert chain.session.phase is Phase.READY and chain.supervisor.mode == "disengaged"


@pytest.mark.parametrize("after", [0.02, 0.1, 0.5, 1.0, 3.0])
def test_ctrl_c_while_landing_still_lands(chain, kind, after):
    chain = chain(kind, 3.0).take_off()
    assert chain.supervisor.land(chain.now)[0]
    chain.go(after)
    chain.close_bridge()
    chain.go(40.0, lambda: not chain.vehicle.armed)
    assert chain.height < 0.05


def test_a_bridge_that_starts_while_it_lands_watches_and_reports(chain, kind):
    chain = chain(kind, 4.0).take_off()
    chain.supervisor.land(chain.now)
    chain.go(2.0)
    chain.kill_bridge()
    chain.go(0.5)
    chain.start_bridge()
    begin = chain.now
    chain.until("landing", 3.0)
    chain.until("ready", 40.0)
    assert not chain.vehicle.armed and not chain.set_points(begin) and not chain.requests(begin)
    chain.go(1.0)
    assert chain.supervisor.mode == "disengaged"


def test_landing_again_and_again_lands_once(chain, kind):
    chain = chain(kind, 3.0).take_off()
    for _ in range(5):
        chain.supervisor.land(chain.now)
        chain.go(0.7)
    asked = [request for request in chain.requests() if request[1] in (21, SET_MODE)]
    chain.until("ready", 40.0)
    assert len(asked) <= 3 and not chain.vehicle.armed


def test_landing_without_a_bridge_is_reported_as_impossible(chain, kind):
    chain = chain(kind, 3.0).take_off()
    chain.cut = True
    chain.until("offline", 5.0)
    chain.go(0.3)
    done, why = chain.supervisor.land(chain.now)
    assert not done and "remote control" in why
    chain.go(1.0)
    assert chain.session.fault.kind is FaultKind.LANDING_WAITS
    chain.cut = False
    chain.go(40.0, lambda: not chain.vehicle.armed)


def test_a_landing_that_is_refused_is_tried_in_other_ways(chain, over_mavlink):
    """Neither the command nor the mode: it sinks by set points."""
    chain = chain(over_mavlink, 2.0).take_off()
    refused = []
    original = chain.vehicle.on_command

    def refuse(message):
        if message.command == 21 or (
            message.command == SET_MODE and chain.supervisor.state is Mode.LANDING
        ):
            refused.append(message.command)
            chain.vehicle.acknowledge(message.command, 4)
        else:
            original(message)

    chain.vehicle.on_command = refuse
    chain.supervisor.land(chain.now)
    chain.go(2.0, lambda: chain.session.fault is not None)
    assert "refused" in str(chain.session.fault)
    chain.go(60.0, lambda: not chain.vehicle.armed)
    assert set(refused) == {21, SET_MODE} and chain.height < 0.05


def test_a_person_may_stop_a_landing(chain, kind):
    """A person stands below."""
    chain = chain(kind, 6.0).take_off()
    chain.supervisor.land(chain.now)
    chain.go(2.0)
    chain.supervisor.hold(chain.now)
    chain.until("holding", 1.0)
    chain.go(4.0)
    height = chain.height
    chain.go(5.0)
    assert abs(chain.height - height) < 0.1 and chain.shown == chain.profile.hold


def test_disengaging_does_not_stop_a_landing(chain, kind):
    chain = chain(kind, 3.0).take_off()
    chain.supervisor.land(chain.now)
    chain.go(1.0)
    chain.supervisor.disengage(chain.now)
    chain.go(40.0, lambda: not chain.vehicle.armed)


def test_whoever_asks_for_a_landing_after_a_pilots_flight_gets_it(chain, kind):
    chain = chain(kind, 4.0)
    chain.vehicle.pilot_sticks()
    chain.take_off()
    chain.vehicle.pilot_switches(chain.pilot_mode)
    chain.until("released", 2.0)
    chain.go(1.0)
    assert chain.supervisor.land(chain.now)[0]
    chain.go(40.0, lambda: not chain.vehicle.armed)


def test_ctrl_c_in_flight_ends_in_the_autopilots_hold(chain, kind):
    chain = chain(kind, 3.0).take_off()
    chain.go(1.0)
    begin = chain.now
    chain.close_bridge()
    assert (
        chain.shown == chain.profile.hold
        and not chain.logged("Failsafe")
        and zero_since(chain, begin)
    )
    chain.go(5.0)
    assert chain.speed < 0.1 and chain.vehicle.armed


def test_ctrl_c_while_starting_stops_the_motors(chain, kind):
    chain = chain(kind).settle()
    assert chain.engage()[0]
    chain.go(10.0, lambda: chain.vehicle.armed)
    chain.close_bridge()
    assert not chain.vehicle.armed


# Disengage disarms.


@pytest.mark.parametrize("fixed", [False, True], ids=["5 Hz", "1 Hz"])
@pytest.mark.parametrize("after", [-0.06, -0.02, 0.0, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0])
def test_disengaging_soon_after_arming_stops_the_motors(chain, kind, after, fixed):
    """``after``: s since arming was asked for, or before."""
    chain = chain(kind)
    chain.vehicle.answers_no_requests = fixed
    chain.settle()
    assert chain.engage()[0]
    asked = chain.go(10.0, lambda: any(request[1] == ARM for request in chain.requests()))
    assert asked > 0.0
    chain.go(max(after, 0.0))
    chain.supervisor.disengage(chain.now)
    # ArduPilot may have left the ground within the second: then it lands.
    highest = 0.0
    for _ in range(15):
        chain.go(0.1)
        highest = max(highest, chain.height)
    assert not chain.vehicle.armed or (kind == "ardupilot" and highest > 0.0), chain.summary()
    chain.go(15.0, lambda: not chain.vehicle.armed)
    assert rests_on_the_ground(chain, 5.0) and highest < 0.3
    assert chain.session.phase is Phase.READY


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_disarming_is_repeated_until_the_vehicle_reports_it(chain, over_mavlink, lost):
    chain = chain(over_mavlink).settle()
    assert chain.engage()[0]
    chain.go(10.0, lambda: chain.vehicle.armed)
    chain.vehicle.lose_commands = lost
    chain.supervisor.disengage(chain.now)
    chain.go(3.0, lambda: not chain.vehicle.armed)


def test_a_disarming_that_is_refused_in_the_air_lands(flight, over_mavlink):
    """It has left the ground while the request was on its way, and its landing detector reports it
    too late.
    """
    flight = flight(over_mavlink).settle().person("engaged")
    flight.go(20.0, lambda: flight.height > 0.05)
    flight.session.vehicle.landed = type(flight.session.vehicle.landed).ON_GROUND
    flight.person("disengaged")
    flight.go(40.0, lambda: not flight.vehicle.armed)
    assert flight.height < 0.05


# Only the vehicle counts.


def test_a_flight_among_gimbals_stations_and_other_vehicles(chain, over_mavlink):
    chain = chain(over_mavlink)
    chain.others = all_other_components(chain.profile)
    chain.take_off()
    chain.go(5.0)
    assert chain.session.phase is Phase.FLYING and chain.adapter.foreign > 50
    chain.supervisor.land(chain.now)
    chain.until("ready", 40.0)
    assert not chain.vehicle.armed


def test_a_gimbal_alone_is_no_vehicle(chain, over_mavlink):
    chain = chain(over_mavlink)
    chain.others = all_other_components(chain.profile)
    chain.vehicle.silent_until = 1e9
    chain.go(5.0)
    assert chain.session.phase is Phase.OFFLINE and chain.session.vehicle.heartbeat is None


def test_a_gimbal_does_not_keep_a_lost_link(chain, over_mavlink):
    chain = chain(over_mavlink, 3.0)
    chain.others = all_other_components(chain.profile)
    chain.take_off()
    chain.vehicle.silent_until = 1e9
    chain.until("offline", 4.0)


def test_an_unaddressed_acknowledgement_counts_as_ours(chain):
    chain = chain("ardupilot")
    chain.vehicle.acks_unaddressed = True
    chain.take_off()


# Without a global position.


@pytest.mark.parametrize("kind", ["px4"])
def test_without_a_global_position_zero_set_points_hold(chain, kind):
    chain = chain(kind)
    chain.vehicle.global_position = False
    chain.take_off()
    assert chain.logged("no global position", "zero set points")
    chain.go(2.0)
    chain.supervisor.hold(chain.now)
    chain.until("holding", 1.0)
    begin = chain.now
    chain.go(6.0)
    assert (
        chain.vehicle.mode == chain.profile.follow
        and zero_since(chain, begin)
        and chain.speed < 0.1
    )
    assert len(chain.set_points(begin)) > 6 * 20
    assert chain.engage()[0]
    chain.until("flying", 6.0)


def test_a_hold_that_is_refused_is_held_by_zero_set_points(chain, over_mavlink):
    chain = chain(over_mavlink, 3.0).take_off()
    original = chain.vehicle.on_command

    def refuse(message):
        if message.command == SET_MODE:
            chain.vehicle.acknowledge(message.command, 1)
        else:
            original(message)

    chain.vehicle.on_command = refuse
    chain.supervisor.hold(chain.now)
    begin = chain.now
    chain.go(8.0)
    assert chain.session.phase is Phase.HOLDING and "refused" in str(chain.session.fault)
    assert (
        zero_since(chain, begin)
        and chain.vehicle.mode == chain.profile.follow
        and chain.speed < 0.1
    )


# Resuming.


def test_a_camera_that_drops_out_resumes_in_the_air_where_that_is_allowed(chain, kind):
    chain = chain(kind, 3.0).take_off()
    arms = len([request for request in chain.requests() if request[1] == ARM])
    chain.camera = False
    chain.go(3.5)
    assert chain.session.phase is Phase.HOLDING
    chain.camera = True
    chain.until("flying", 6.0)
    assert len([request for request in chain.requests() if request[1] == ARM]) == arms


def test_a_resume_after_a_real_drones_parameters_waits_for_a_person(chain, kind):
    chain = chain(kind, 3.0, limits=SafetyLimits(resume=0.0), resume=0.0).take_off()
    chain.camera = False
    chain.go(1.0)
    chain.camera = True
    chain.go(10.0)
    assert chain.supervisor.mode == "holding" and chain.session.phase is Phase.HOLDING
    assert chain.engage()[0]
    chain.until("flying", 6.0)
