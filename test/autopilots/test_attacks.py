"""What an adversary found in the first version of the contract: each attack once, with the line
that stops it.

Some need a link that takes its time (``SlowLink``) or loses single messages.
"""

import numpy as np
import pytest

from liquid_nav.autopilots import Landed, px4_dds
from liquid_nav.autopilots.freshness import SLOWEST_LINK
from liquid_nav.safety import FaultKind, Mode, Phase
from liquid_nav.types import Command

ARM, SET_MODE, LAND, TAKE_OFF = 400, 176, 21, 22
ARMED, DISARMED = 1.0, 0.0
"""What the first parameter of ARM asks for."""
ZERO = Command()


class SlowLink:
    """Delays what goes either way by ``seconds``, and drops the sent values for which ``loses`` is
    true.
    """

    def __init__(self, bench, seconds=0.0, loses=lambda value: False):
        self.seconds, self.loses = seconds, loses
        self._down, self._up = [], []
        down, up = bench.end.down, bench.end.up

        def slow_down(packets, now):
            self._down.append((now + self.seconds, packets))
            while self._down and self._down[0][0] <= now + 1e-9:
                down(self._down.pop(0)[1], now)

        def slow_up(now):
            self._up += [(now + self.seconds, one) for one in up(now) if not self.loses(one[0])]
            due = [one for time, one in self._up if time <= now + 1e-9]
            self._up = [(time, one) for time, one in self._up if time > now + 1e-9]
            return due

        bench.end.down, bench.end.up = slow_down, slow_up


def number_of(value):
    """MAV_CMD of a sent value, or 0."""
    if isinstance(value, px4_dds.Px4VehicleCommand):
        return value.number
    return getattr(value, "command", 0)


def asks(bench, *numbers, since=-1.0):
    return [request for request in bench.requests(since) if request[1] in numbers]


def stays_down(bench, seconds):
    for _ in range(round(seconds / 0.1)):
        bench.go(0.1)
        if bench.vehicle.armed or bench.height > 0.05:
            return False
    return True


# 1. A landing before the motors run.


@pytest.mark.parametrize("after", [0.02, 0.1, 0.3, 0.8, 1.4])
def test_landing_right_after_engaging_never_takes_off(chain, kind, after):
    chain = chain(kind).settle()
    assert chain.engage()[0]
    chain.go(after)
    chain.supervisor.land(chain.now)
    chain.go(20.0, lambda: chain.session.phase is Phase.READY)
    assert stays_down(chain, 6.0) and chain.supervisor.mode == "disengaged"


def test_a_battery_that_is_low_right_after_engaging_never_takes_off(chain, kind):
    from liquid_nav.safety import WatchLimits

    chain = chain(
        kind, watch=WatchLimits(odometry_age=0.5, autopilot_age=1.0, battery=0.2)
    ).settle()
    assert chain.engage()[0]
    chain.go(0.1)
    for _ in range(3):
        chain.supervisor.watch.battery(0.1, chain.now)
    chain.go(20.0, lambda: chain.session.phase is Phase.READY)
    assert stays_down(chain, 6.0)


# 2., 3. Motors that we have started, and a link or a mode that comes between.


@pytest.mark.parametrize("when", ["before", "after", "never"])
def test_motors_that_run_when_the_link_is_back_are_stopped(chain, kind, when):
    chain = chain(kind).settle()
    assert chain.engage()[0]
    chain.go(10.0, lambda: chain.vehicle.armed)
    if when == "before":
        chain.supervisor.disengage(chain.now)
    chain.cut = True
    chain.go(3.6)
    if when == "after":
        chain.supervisor.disengage(chain.now)
    chain.cut = False
    chain.go(2.5)
    assert not chain.vehicle.armed and chain.height < 0.3
    assert stays_down(chain, 5.0)


@pytest.mark.parametrize("seconds", [0.0, 0.1, 0.3])
def test_a_request_to_arm_that_is_on_its_way_is_taken_back(chain, over_mavlink, seconds):
    """Or, where the motors ran already when the pilot's mode was seen, disengaging stops them."""
    chain = chain(over_mavlink)
    SlowLink(chain, seconds)
    chain.vehicle.pilot_sticks(throttle=-1.0)
    chain.settle()
    assert chain.engage()[0]
    chain.go(15.0, lambda: asks(chain, ARM))
    chain.vehicle.pilot_switches(chain.pilot_mode)
    chain.go(1.0)
    chain.supervisor.disengage(chain.now)
    chain.go(1.5)
    assert not chain.vehicle.armed, chain.summary()
    assert stays_down(chain, 3.0)


def test_disengaging_stops_motors_on_the_ground_also_when_released(chain, over_mavlink):
    chain = chain(over_mavlink)
    chain.vehicle.pilot_sticks(throttle=-1.0)
    chain.settle()
    chain.vehicle.pilot_switches(chain.pilot_mode)
    assert chain.vehicle.pilot_arms(True)
    chain.until("released", 2.0)
    chain.supervisor.disengage(chain.now)
    chain.go(1.5)
    assert not chain.vehicle.armed


def test_disengaging_does_not_land_a_pilot_who_takes_off(chain, over_mavlink):
    """The landing detector reports "ground" for a moment too long: the refused disarming is no
    reason to land.
    """
    chain = chain(over_mavlink, 3.0)
    chain.vehicle.pilot_sticks()
    chain.settle()
    chain.vehicle.pilot_switches(chain.pilot_mode)
    chain.go(1.0)
    chain.session.vehicle.landed = Landed.ON_GROUND
    landed, chain.vehicle._landed = chain.vehicle._landed, lambda: None
    chain.supervisor.disengage(chain.now)
    chain.go(0.3)
    chain.vehicle._landed = landed
    chain.go(5.0)
    assert chain.vehicle.mode == chain.pilot_mode and not asks(chain, LAND, SET_MODE)


# 4. A process that stood still.


def test_a_heartbeat_from_before_a_stall_is_no_reason(flight, kind):
    """LAND is lost, the process stalls, the pilot switches, and what is received first is a
    command.
    """
    flight = flight(kind, 3.0).fly()
    flight.vehicle.pilot_sticks()
    link = SlowLink(flight, loses=lambda value: number_of(value) in (LAND, SET_MODE))
    flight.person("landing")
    flight.go(1.0)
    link.loses = lambda value: False
    asked = len(asks(flight, LAND, SET_MODE))
    flight.vehicle.advance(flight.now + 1.3)
    flight.vehicle.pilot_switches(flight.pilot_mode)
    flight.session.command(ZERO, flight.now)
    for _, packet in flight.end.up(flight.now):
        flight.vehicle.receive(packet)
    flight.go(5.0)
    assert flight.vehicle.mode == flight.pilot_mode
    assert len(asks(flight, LAND, SET_MODE)) == asked


def test_a_link_that_is_silent_is_lost_however_seldom_the_session_is_called(flight, kind):
    flight = flight(kind, 3.0).fly()
    for _ in range(6):
        flight.vehicle.advance(flight.now + 1.1)
        flight.session.take_order(flight.order, flight.now)
        flight.end.up(flight.now)
    assert flight.session.phase is Phase.OFFLINE


# 5. Two requests of ours, one after the other.


@pytest.mark.parametrize("seconds", [0.0, 0.04, 0.1, 0.3])
def test_a_touch_just_after_the_follow_mode_was_asked_for_does_not_leave_it_there(
    chain, over_mavlink, seconds
):
    chain = chain(over_mavlink, 3.0)
    SlowLink(chain, seconds)
    chain.vehicle.pilot_sticks()
    chain.settle()
    assert chain.engage()[0]
    chain.go(10.0, lambda: asks(chain, SET_MODE))
    chain.vehicle.pilot_sticks(roll=0.6)
    chain.go(6.0)
    assert chain.session.phase is Phase.RELEASED and chain.shown != chain.profile.follow, (
        chain.summary()
    )


@pytest.mark.parametrize("seconds", [0.0, 0.04, 0.1, 0.3])
def test_land_hold_land_lands(chain, over_mavlink, seconds):
    chain = chain(over_mavlink, 3.0)
    SlowLink(chain, seconds)
    chain.take_off()
    chain.go(1.0)
    chain.supervisor.land(chain.now)
    chain.go(1.5)
    chain.supervisor.hold(chain.now)
    count = len(chain.requests())
    chain.go(5.0, lambda: len(chain.requests()) > count)
    chain.supervisor.land(chain.now)
    chain.go(40.0, lambda: not chain.vehicle.armed)


# 6. Messages that never come.


def loses_landed_state(value):
    """Whether this asks for EXTENDED_SYS_STATE."""
    return number_of(value) == 511 and value.param1 == 245


def test_what_was_asked_for_and_lost_is_asked_for_again(flight, over_mavlink):
    flight = flight(over_mavlink)
    flight.vehicle._periods["landed"] = flight.vehicle._next["landed"] = 1e9
    link = SlowLink(flight, loses=loses_landed_state)
    flight.go(3.0)
    assert flight.session.vehicle.landed is Landed.UNKNOWN
    link.loses = lambda value: False
    flight.go(3.0)
    assert flight.session.vehicle.landed is Landed.ON_GROUND


def test_nothing_begins_while_it_is_unknown_whether_it_is_landed(flight, over_mavlink):
    flight = flight(over_mavlink).settle()
    flight.vehicle._landed = lambda: None
    flight.session.vehicle.landed = Landed.UNKNOWN
    flight.person("engaged")
    flight.go(8.0)
    assert flight.session.fault.kind is FaultKind.LANDED_UNKNOWN and not flight.vehicle.armed


@pytest.mark.parametrize("wanted", ["landing", "disengaged"])
def test_a_low_flight_without_a_landed_state_comes_down(flight, over_mavlink, wanted):
    flight = flight(over_mavlink, 3.0).fly()
    flight.command = Command(vz=-0.5)
    flight.go(10.0, lambda: flight.height < 0.29)
    flight.vehicle._landed = lambda: None
    flight.session.vehicle.landed = Landed.UNKNOWN
    flight.command = ZERO
    flight.person(wanted)
    if wanted == "disengaged":
        flight.go(3.0)
        flight.person("landing")
    flight.go(30.0, lambda: not flight.vehicle.armed)


def test_height_counts_from_the_ground_where_it_stood(flight, over_mavlink):
    vehicle = flight(over_mavlink).settle().session.vehicle
    vehicle.landed = Landed.UNKNOWN
    vehicle.armed = True
    vehicle.ground = -5.0
    assert vehicle.airborne  # 5 m above it, at the height of the map's origin
    vehicle.ground = 0.0
    assert not vehicle.airborne
    vehicle.ground = None
    assert vehicle.airborne  # it is unknown


# 7. A touch while the supervisor is disengaged and the bridge is not.


@pytest.mark.parametrize("restarts", [False, True])
def test_a_touch_counts_while_the_bridge_has_the_drone(chain, over_mavlink, restarts):
    chain = chain(over_mavlink, 3.0)
    chain.vehicle.pilot_sticks()
    chain.take_off()
    if restarts:
        chain.kill_supervisor()
        chain.go(3.0)
        chain.start_supervisor()
        chain.go(1.0)
    else:
        chain.supervisor.disengage(chain.now)
        chain.go(3.0)
    chain.vehicle.pilot_sticks(pitch=0.9)
    chain.until("released", 2.0)
    chain.go(1.0)
    # PX4's hold gives way to the sticks before we receive them.
    assert chain.supervisor.mode == "pilot" or over_mavlink == "px4"
    assert chain.shown == (5 if over_mavlink == "ardupilot" else chain.pilot_mode)


# 8. Two publishers and a landing.


def test_a_landing_is_obeyed_while_two_publishers_are_seen(flight, kind):
    flight = flight(kind, 3.0).fly()
    flight.session.distrust("cmd_vel", flight.now)
    flight.go(1.0)
    flight.person("landing")
    flight.go(40.0, lambda: not flight.vehicle.armed)


def test_nothing_else_is_obeyed_while_two_publishers_are_seen(flight, kind):
    flight = flight(kind).settle()
    flight.session.distrust("cmd_vel", flight.now)
    flight.person("engaged")
    flight.go(5.0)
    flight.session.distrust("", flight.now)
    flight.go(5.0)
    assert not flight.vehicle.armed  # it was seen, and not obeyed


# 9. Answers that promise and do not keep.


@pytest.mark.parametrize("command", [LAND, SET_MODE])
def test_in_progress_for_ever_is_a_refusal_soon(chain, over_mavlink, command):
    chain = chain(over_mavlink, 2.0).take_off()
    original = chain.vehicle.on_command

    def promise(message):
        if message.command == command and chain.supervisor.state is Mode.LANDING:
            chain.vehicle.acknowledge(message.command, 5)
        else:
            original(message)

    chain.vehicle.on_command = promise
    chain.supervisor.land(chain.now)
    chain.go(25.0, lambda: not chain.vehicle.armed)


# 10. A slow link.


@pytest.mark.parametrize("seconds", [0.1, 0.3])
def test_on_a_slow_link_a_pilots_switch_is_not_undone_by_a_repetition(chain, over_mavlink, seconds):
    chain = chain(over_mavlink, 3.0)
    SlowLink(chain, seconds)
    chain.vehicle.pilot_sticks()
    chain.settle()
    assert chain.session.round_trip > seconds
    assert chain.engage()[0]
    chain.go(15.0, lambda: chain.vehicle.mode == chain.profile.follow)
    chain.vehicle.pilot_switches(chain.pilot_mode)
    chain.go(8.0)
    assert chain.vehicle.mode == chain.pilot_mode


@pytest.mark.parametrize(("seconds", "idle"), [(0.6, 4.0), (0.6, 60.0), (1.5, 60.0), (2.5, 60.0)])
def test_a_link_that_is_too_slow_is_not_taken_for_a_takeover(chain, over_mavlink, seconds, idle):
    chain = chain(over_mavlink, 3.0)
    SlowLink(chain, seconds)
    chain.settle()
    chain.go(idle)
    mode = chain.shown
    chain.engage()
    chain.go(8.0)
    assert chain.session.fault.kind is FaultKind.LINK_SLOW and chain.shown == mode


@pytest.mark.parametrize("seconds", [0.5, 0.7, 0.9, 2.5, 4.0, 8.0])
def test_a_slow_link_never_seems_fast_also_where_messages_come_twice(chain, over_mavlink, seconds):
    chain = chain(over_mavlink, 3.0)
    chain.settle()
    random = np.random.default_rng(7)
    SlowLink(chain, seconds)
    deliver = chain.session.adapter.receive

    def twice(message, now):
        deliver(message, now)
        if random.random() < 0.5:
            deliver(message, now)

    chain.session.adapter.receive = twice
    chain.go(2.0 * seconds + 4.0)
    seen = []
    for _ in range(600):
        chain.go(0.1)
        seen.append(chain.session.round_trip)
    assert min(seen) > SLOWEST_LINK


@pytest.mark.parametrize("height", [0.0, 3.0])
@pytest.mark.parametrize("outage", [1.0, 1.5, 2.5])
def test_answers_that_were_lost_do_not_make_a_link_slow_for_ever(
    chain, over_mavlink, outage, height
):
    chain = chain(over_mavlink, height)
    chain.settle()
    chain.cut = True
    chain.go(outage)
    chain.cut = False
    chain.go(0.5)
    assert chain.session.round_trip > SLOWEST_LINK
    chain.go(15.0)
    assert chain.session.round_trip < 0.1
    assert chain.engage()[0]
    chain.until("flying")


# 11. The acknowledgement of arming is not that of disarming.


@pytest.mark.parametrize("later", [0.7, 0.9, 1.1, 1.3])
@pytest.mark.parametrize("requests", [1, 3])
def test_a_pilot_who_arms_and_takes_off_after_our_requests_were_lost_is_not_landed(
    chain, over_mavlink, requests, later
):
    """By hand in a mode that we use too: it is found armed as if by our own late request."""
    chain = chain(over_mavlink)
    lost = []

    def arming(value):
        if number_of(value) == ARM and value.param1 == 1.0:
            lost.append(value)
            return True
        return False

    SlowLink(chain, 0.35, arming)
    chain.vehicle.pilot_sticks(throttle=-1.0)
    chain.settle()
    assert chain.engage()[0]
    chain.go(25.0, lambda: len(lost) == requests)
    begin = chain.now
    mode = chain.pilot_mode
    chain.vehicle.pilot_switches(mode)
    chain.go(later)
    assert chain.vehicle.pilot_arms(True)
    chain.vehicle.pilot_sticks(throttle=1.0)
    chain.go(7.0)
    assert not asks(chain, LAND, SET_MODE, since=begin)
    if chain.vehicle.armed:
        assert chain.height > 1.0 and chain.vehicle.mode == mode


@pytest.mark.parametrize("seconds", [0.0, 0.04, 0.1, 0.2])
def test_a_lost_disarming_is_repeated_at_once(chain, over_mavlink, seconds):
    chain = chain(over_mavlink)
    lost = []

    def first_disarming(value):
        if number_of(value) == ARM and value.param1 < 0.5 and not lost:
            lost.append(value)
            return True
        return False

    SlowLink(chain, seconds, first_disarming)
    chain.settle()
    assert chain.engage()[0]
    chain.go(15.0, lambda: asks(chain, ARM))
    chain.supervisor.disengage(chain.now)
    chain.go(1.5)
    assert lost and not chain.vehicle.armed
    assert stays_down(chain, 3.0)


@pytest.mark.parametrize("armings", [1, 2, 3, 4])
def test_a_lost_disarming_is_repeated_after_the_last_of_several_requests_to_arm(
    chain, over_mavlink, armings
):
    """All requests to arm but the last one are lost, and so is the first one to disarm."""
    chain = chain(over_mavlink)
    sent = {ARMED: 0, DISARMED: 0}

    def loses(value):
        if number_of(value) != ARM:
            return False
        sent[value.param1] += 1
        if value.param1 == ARMED:
            return sent[ARMED] < armings
        return sent[DISARMED] == 1

    SlowLink(chain, 0.0, loses)
    chain.settle()
    assert chain.engage()[0]
    chain.go(15.0, lambda: sent[ARMED] == armings)
    chain.supervisor.disengage(chain.now)
    chain.go(1.5)
    assert not chain.vehicle.armed and sent[DISARMED] > 1
    assert stays_down(chain, 3.0)


# 12. A simulated clock that goes back.


@pytest.mark.parametrize("wanted", ["landing", "holding", "disengaged"])
def test_a_clock_that_goes_back_hangs_no_plan(flight, over_mavlink, wanted):
    ground = wanted == "disengaged"
    flight = flight(over_mavlink, 0.0 if ground else 3.0)
    if ground:
        flight.settle().person("engaged")
        flight.go(10.0, lambda: flight.vehicle.armed)
    else:
        flight.fly()
    flight.vehicle.lose_commands = 2
    flight.person(wanted)
    flight.go(0.3)
    for owner, call in (
        (flight.adapter, "update"),
        (flight.adapter, "receive"),
        (flight.session, "command"),
        (flight.session, "take_order"),
    ):
        method = getattr(owner, call)
        setattr(owner, call, lambda *values, m=method: m(*values[:-1], values[-1] - 60.0))
    if wanted == "holding":
        flight.go(8.0, lambda: flight.shown == flight.profile.hold)
    else:
        flight.go(25.0, lambda: not flight.vehicle.armed)


# 15., 16., 17. The rest.


def test_px4_that_descends_where_it_was_asked_to_land_is_no_pilot(flight):
    flight = flight("px4_dds", 3.0).fly().person("landing")
    flight.go(1.5)
    adapter = flight.adapter
    for _ in range(50):
        flight.go(0.02)
        adapter.status(px4_dds.DESCEND, True, 1, True, True, flight.now)
    assert flight.session.phase is Phase.LANDING


def test_a_landing_from_before_there_was_a_vehicle_is_no_landing(flight, kind):
    flight = flight(kind, 3.0)
    flight.cut = True
    flight.go(1.0)
    flight.person("landing")
    assert flight.session.fault.kind is FaultKind.LANDING_WAITS
    flight.go(5.0)
    flight.cut = False
    flight.go(5.0)
    assert flight.session.phase is Phase.RELEASED and not flight.requests()


def test_a_lost_answer_to_a_take_off_is_no_refusal(flight):
    flight = flight("ardupilot").settle()
    flight.person("engaged")
    flight.go(10.0, lambda: asks(flight, ARM))
    flight.go(5.0, lambda: flight.vehicle.armed)
    flight.vehicle.lose_acks = 50
    flight.go(5.0, lambda: asks(flight, TAKE_OFF))
    flight.go(1.2)
    flight.vehicle.lose_acks = 0
    flight.until("flying", 15.0)


def test_a_resume_that_is_refused_holds_as_before(flight, over_mavlink):
    flight = flight(over_mavlink, 3.0).fly().change("holding")
    flight.until("holding", 5.0)
    flight.go(3.0)
    flight.fresh = False
    flight.go(1.0)
    flight.change("engaged")
    begin = flight.now
    flight.go(5.0)
    assert flight.session.phase is Phase.HOLDING and not flight.session.streaming
    assert flight.session.allowed == {flight.profile.hold} and not flight.set_points(begin)


def test_a_bridge_that_receives_the_heartbeat_before_the_order_still_watches_the_landing(
    flight, kind
):
    flight = flight(kind, 5.0).fly().person("landing")
    flight.go(2.0)
    order = flight.order
    flight.start_bridge()
    flight.order = type(order)("none yet", Mode.DISENGAGED)
    flight.until("released", 3.0)
    flight.order = order
    begin = flight.now
    flight.until("landing", 1.0)
    flight.until("ready", 40.0)
    assert not flight.requests(begin) and not flight.set_points(begin)


def test_a_heartbeat_that_reports_disarmed_in_flight_does_not_make_it_so(flight, over_mavlink):
    """One that was reordered, or a lie: hands off, and no request to disarm goes out in the air."""
    flight = flight(over_mavlink, 3.0).fly()
    begin = flight.now
    flight.session.vehicle.armed = False
    flight.session.received_heartbeat(flight.now)
    assert flight.session.fault.kind is FaultKind.DISARMED
    flight.go(3.0)
    assert not asks(flight, ARM, since=begin) and flight.vehicle.armed
