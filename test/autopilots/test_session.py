"""The session against the test vehicles in lock step: whole flights, refusals, pilots, losses.

Each runs over MAVLink with both autopilots and, where it makes sense, with PX4's DDS values.
"""

import math

import pytest

from liquid_nav.autopilots import ARDUPILOT, PX4
from liquid_nav.autopilots import mavlink_messages as messages
from liquid_nav.autopilots.mavlink_codec import MavlinkCodec, mavlink_signing_key
from liquid_nav.safety import Phase
from liquid_nav.types import Command

ZERO = Command()
FORWARD = Command(1.0, 0.0, 0.0, 0.2)


def fault_of(flight):
    return "" if flight.session.fault is None else str(flight.session.fault)


def test_a_flight_from_the_ground_to_the_ground(flight, kind):
    flight = flight(kind).fly()
    assert flight.vehicle.armed and flight.height == pytest.approx(1.5, abs=0.35)
    for rule in flight.profile.rules:
        assert flight.logged(rule.name, rule.why)
    flight.command = FORWARD
    flight.go(4.0)
    assert flight.vehicle.body.state.level_velocity()[0] == pytest.approx(1.0, abs=0.05)
    assert flight.vehicle.body.state.yaw_rate() == pytest.approx(0.2, abs=0.02)
    flight.person("landing")
    flight.until("ready")
    assert flight.vehicle.body.landed and not flight.vehicle.armed
    assert not flight.session.streaming and flight.session.fault is None


def test_the_stream_has_its_rate_and_carries_the_command(flight, kind):
    flight = flight(kind, 2.0).fly()
    flight.command = FORWARD
    before = flight.vehicle.set_points
    flight.go(2.0)
    assert 2 * 20 <= flight.vehicle.set_points - before <= 2 * 50
    # Over DDS it was turned by a heading that is one frame old.
    tolerance = 0.01 if kind == "px4_dds" else 1e-6
    assert flight.vehicle.set_point.as_array() == pytest.approx(FORWARD.as_array(), abs=tolerance)
    assert flight.vehicle.rejected_set_points == 0


def test_the_parameters_are_stated_before_arming(flight, over_mavlink):
    flight = flight(over_mavlink).settle().person("engaged")
    flight.go(20.0, lambda: flight.vehicle.armed)
    rule = flight.profile.rules[0]
    assert (
        flight.logged(rule.name)
        and rule.lowest <= flight.vehicle.parameters[rule.name][0] <= rule.highest
    )


def test_a_parameter_that_may_not_be_set_stops_everything(flight, over_mavlink):
    flight = flight(over_mavlink, set_parameters=False)
    if over_mavlink == "ardupilot":
        flight.vehicle.parameters["GUID_TIMEOUT"] = (20.0, 9)
    flight.settle().person("engaged")
    flight.go(10.0, lambda: fault_of(flight) != "")
    assert flight.profile.rules[0].name in fault_of(flight)
    flight.go(3.0)
    assert not flight.vehicle.armed and flight.vehicle.set_points == 0


def test_refused_arming_is_reported_with_the_autopilots_own_text(flight, kind):
    flight = flight(kind)
    flight.until("ready")
    flight.vehicle.refuse_arming = (
        "Preflight Fail: the accelerometers disagree with each other by far"
    )
    flight.go(6.0)
    flight.person("engaged")
    flight.go(25.0, lambda: flight.session.phase is Phase.READY and fault_of(flight) != "")
    text = "pre-flight checks" if kind == "px4_dds" else flight.vehicle.refuse_arming
    assert "arming refused" in fault_of(flight) and text in fault_of(flight)
    flight.go(3.0)
    assert (
        flight.session.phase is Phase.READY
        and not flight.session.streaming
        and not flight.vehicle.armed
    )


def test_a_silent_supervisor_is_a_hold_before_the_stream_stops(flight, kind):
    flight = flight(kind, 2.0).fly()
    flight.command = FORWARD
    flight.go(3.0)
    flight.fresh, silent = False, flight.now
    took = flight.go(3.0, lambda: flight.vehicle.set_point == ZERO)
    assert took <= 0.5 + 0.1
    flight.go(5.0, lambda: not flight.session.streaming)
    assert flight.shown == flight.profile.hold and flight.logged("no command from the supervisor")
    assert not flight.logged("Failsafe")
    assert all(point[1:] == pytest.approx((0.0,) * 4) for point in flight.set_points(silent + 0.55))
    ended = flight.now
    flight.go(3.0)
    assert flight.speed < 0.1 and not flight.set_points(ended)
    flight.fresh = True
    flight.go(5.0)
    assert flight.session.phase is Phase.HOLDING  # no person has engaged again


def test_nothing_begins_before_a_supervisor_is_received(flight, kind):
    flight = flight(kind).settle().engage_without_orders()
    assert not flight.vehicle.armed and flight.vehicle.set_points == 0
    flight.go(3.0, lambda: "no command from the supervisor" in fault_of(flight))
    flight.fresh = True
    flight.go(3.0)
    assert not flight.vehicle.armed and flight.session.phase is Phase.READY
    flight.person("disengaged", "engaged")
    flight.until("flying")


def test_commands_that_arrive_late_begin_the_flight(flight, kind):
    flight = flight(kind).settle().engage_without_orders()
    flight.fresh = True
    flight.until("flying")
    assert flight.session.fault is None


def test_a_mode_that_changes_before_the_commands_arrive_is_not_requested_back(flight, kind):
    flight = flight(kind, 2.0).settle()
    flight.fresh = False
    flight.go(1.0)
    flight.person("engaged")
    flight.vehicle.pilot_sticks()
    flight.vehicle.pilot_switches(flight.pilot_mode)
    flight.until("released", 3.0)
    flight.fresh = True
    flight.go(5.0)
    assert flight.vehicle.mode == flight.pilot_mode and flight.vehicle.set_points == 0
    assert flight.logged("hands off")


@pytest.mark.parametrize("value", [math.nan, math.inf, 1e31, -3.5e38])
def test_what_no_protocol_can_carry_does_not_move_it(flight, kind, value):
    flight = flight(kind, 2.0).fly()
    flight.command = Command(vx=value)
    flight.go(6.0)
    assert flight.session.phase is Phase.HOLDING and flight.speed < 0.05


def test_the_bridge_has_limits_of_its_own(flight, kind):
    flight = flight(kind, 20.0, speed=1.0, vertical_speed=0.5, yaw_rate=0.4).fly()
    flight.command = Command(30.0, 40.0, -9.0, 9.0)
    flight.go(0.5)
    got = flight.vehicle.set_point
    assert (got.vz, got.yaw_rate) == pytest.approx((-0.5, 0.4), abs=1e-6)
    assert (got.vx, got.vy) == pytest.approx((0.6, 0.8), abs=0.02)


def test_a_pilots_mode_is_never_asked_back(flight, kind):
    flight = flight(kind, 2.0).fly()
    flight.command = FORWARD
    flight.go(1.0)
    flight.vehicle.pilot_sticks()
    flight.vehicle.pilot_switches(flight.pilot_mode)
    took, asked = flight.until("released", 2.0), flight.now
    assert took <= 1.2 and flight.logged("hands off") and not flight.session.streaming
    flight.change("holding")
    flight.go(2.0)
    flight.change("engaged")  # the supervisor's faults are gone: not a person's request
    flight.go(5.0)
    assert flight.vehicle.mode == flight.pilot_mode
    assert not flight.set_points(asked) and not flight.requests(asked)
    flight.person("disengaged", "engaged")
    flight.until("flying")


def test_a_short_hold_of_the_supervisor_streams_zero_and_a_long_one_hands_over(flight, kind):
    flight = flight(kind, 2.0).fly().change("holding")
    flight.go(1.0)
    flight.change("engaged")
    flight.go(1.0)
    assert flight.session.phase is Phase.FLYING
    flight.change("holding")
    flight.go(6.0)
    assert flight.session.phase is Phase.HOLDING and flight.shown == flight.profile.hold
    flight.change("engaged")
    flight.until("flying", 8.0)


@pytest.mark.parametrize("after", [0.5, 6.0])
def test_without_leave_to_resume_only_a_person_goes_on(flight, kind, after):
    flight = flight(kind, 2.0, resume=0.0).fly()
    flight.command = FORWARD
    flight.change("holding")
    flight.go(after)
    flight.change("engaged")
    begin = flight.now
    flight.go(6.0)
    assert flight.session.phase is Phase.HOLDING and flight.shown == flight.profile.hold
    assert "engage again" in fault_of(flight)
    assert all(point[1:] == pytest.approx((0.0,) * 4) for point in flight.set_points(begin))
    flight.person("engaged")
    flight.until("flying", 8.0)


def test_a_resume_comes_in_time_or_not_at_all(flight, kind):
    flight = flight(kind, 2.0, resume=4.0).fly().change("holding")
    flight.go(4.5)
    flight.change("engaged")
    flight.go(4.0)
    assert flight.session.phase is Phase.HOLDING and "engage again" in fault_of(flight)


def test_a_lost_link_and_its_return(flight, kind):
    flight = flight(kind, 2.0).fly()
    flight.command = FORWARD
    flight.go(2.0)
    flight.cut = True
    flight.go(5.0)
    assert flight.session.phase is Phase.OFFLINE and "link lost" in fault_of(flight)
    flight.go(1.0)
    assert flight.speed < 0.1  # its own failsafe
    flight.cut = False
    flight.go(6.0)
    # PX4 has changed its mode: hands off. ArduPilot still waits for set points: it is asked to
    # hold.
    assert flight.session.phase is (Phase.HOLDING if kind == "ardupilot" else Phase.RELEASED)
    assert flight.speed < 0.1 and not flight.session.streaming


def test_a_hold_asked_for_on_a_broken_link_is_not_ours_to_end(flight):
    flight = flight("px4", 2.0).fly()
    flight.cut = True
    flight.change("holding")  # the supervisor misses the odometry
    flight.until("offline", 5.0)
    flight.cut = False
    flight.until("released", 3.0)
    flight.change("engaged")  # the supervisor's faults are gone: not a person's request
    flight.go(3.0)
    assert (
        flight.session.phase is Phase.RELEASED and flight.shown == PX4.hold and flight.speed < 0.1
    )


@pytest.mark.parametrize("seconds", [5.0, -5.0])
def test_a_jump_of_the_bridges_clock_is_no_lost_link(flight, over_mavlink, seconds):
    flight = flight(over_mavlink, 2.0).fly()
    flight.command = FORWARD
    flight.go(1.0)
    for owner, call in (
        (flight.adapter, "update"),
        (flight.adapter, "receive"),
        (flight.session, "command"),
        (flight.session, "take_order"),
    ):
        method = getattr(owner, call)
        setattr(owner, call, lambda *values, m=method: m(*values[:-1], values[-1] + seconds))
    fresh, flight.fresh, jumped = flight.fresh, False, flight.now
    flight.go(0.3)
    late = flight.set_points(jumped + 0.1)
    assert late and all(
        point[1:] == pytest.approx((0.0,) * 4) for point in late
    )  # the command is from before
    flight.fresh = fresh
    flight.go(2.0)
    assert not flight.logged("link lost") and not flight.logged("Failsafe")
    assert flight.session.phase is Phase.FLYING and flight.vehicle.set_point.vx == pytest.approx(
        1.0
    )
    flight.cut = True
    flight.go(3.5)
    assert flight.session.phase is Phase.OFFLINE  # it still notices a real loss


@pytest.mark.parametrize("received", [0, 60, 1000])
@pytest.mark.parametrize("acts_first", [True, False])
def test_a_bridge_that_slept_does_not_ask_the_failsafes_mode_back(
    flight, over_mavlink, acts_first, received
):
    """As seen with a real PX4: awake again, its own hold had hidden the failsafe's, and it flew on
    by itself.
    """
    flight = flight(over_mavlink, 2.0).fly()
    flight.command = FORWARD
    flight.go(2.0)
    packets = flight.vehicle.advance(flight.now + 6.0)
    if flight.profile is PX4:
        assert flight.shown == PX4.hold
    if acts_first:
        for _, packet in flight.end.up(flight.now):
            flight.vehicle.receive(packet)
    # The socket's buffer is full after a while: the rest is lost.
    flight.end.down(packets[:received], flight.now)
    flight.change("holding")
    flight.go(1.0)
    flight.change("engaged")  # resumed by the supervisor: not a person's request
    flight.go(3.0)
    # PX4's own mode shows it too, where that is received first.
    mode_seen = over_mavlink == "px4" and flight.logged("AUTO.LOITER", "hands off")
    assert flight.session.phase is Phase.RELEASED and (
        flight.logged("the bridge stood still") or mode_seen
    )
    assert not flight.session.streaming and flight.speed < 0.1


def test_a_session_that_is_seldom_called_still_misses_its_supervisor(flight, over_mavlink):
    flight = flight(over_mavlink, 3.0).fly()
    flight.fresh = False
    for _ in range(4):
        flight.end.down(flight.vehicle.advance(flight.now + 1.1), flight.now)
        flight.session.take_order(flight.order, flight.now)
        flight.end.up(flight.now)
    assert (
        flight.session.phase in (Phase.HOLDING, Phase.RELEASED) and flight.session.fault is not None
    )


def test_a_refused_arming_reports_the_cause_that_px4_named_before(flight):
    """As a real PX4 does: the cause once, when the mode changes; then only that there is one."""
    flight = flight("px4").settle()
    flight.vehicle.refuse_arming = "Arming denied: Resolve system health failures first"
    flight.person("engaged")
    flight.until("starting")
    flight.vehicle.text("Preflight Fail: compass", 4)
    flight.until("ready")
    assert "Preflight Fail: compass" in fault_of(flight)
    assert "Resolve system health failures first" in fault_of(flight)


def test_a_reboot_in_flight_is_noticed(flight, over_mavlink):
    flight = flight(over_mavlink, 2.0).fly()
    flight.vehicle.reboot()
    flight.go(1.0)
    flight.change("holding")  # the supervisor misses the odometry
    flight.go(9.0)
    assert flight.logged("link lost") and flight.logged("has rebooted")
    assert (
        flight.session.phase is Phase.READY
        and not flight.session.streaming
        and not flight.session.checked
    )
    flight.change("engaged")  # its faults are gone: not a person's request
    flight.go(5.0)
    assert flight.session.phase is Phase.READY and not flight.vehicle.armed


def test_a_vehicle_that_was_away_on_the_ground_does_not_take_off_by_itself(flight, kind):
    flight = flight(kind)
    flight.until("ready")
    flight.person("engaged")
    flight.cut = True
    flight.until("offline", 10.0)
    flight.change("holding")
    flight.cut = False
    flight.go(10.0, lambda: flight.session.phase is Phase.READY)
    flight.change("engaged")  # resumed by the supervisor
    flight.go(15.0)
    assert flight.session.phase is Phase.READY and not flight.vehicle.armed
    flight.person("disengaged", "engaged")
    flight.go(20.0, lambda: flight.vehicle.armed)


def test_an_outside_mode_change_while_landing_is_obeyed(flight, kind):
    flight = flight(kind, 3.0).fly().person("landing")
    flight.go(3.0)
    flight.vehicle.pilot_sticks()
    flight.vehicle.pilot_switches(flight.pilot_mode)
    flight.until("released", 2.0)
    flight.go(3.0)
    assert flight.vehicle.mode == flight.pilot_mode


def test_disengaging_on_the_ground_stands_down(flight, kind):
    flight = flight(kind).settle().person("engaged")
    flight.go(20.0, lambda: flight.vehicle.armed)
    flight.person("disengaged")
    took = flight.go(12.0, lambda: not flight.vehicle.armed)
    flight.go(2.0)
    assert took < 1.5 and flight.session.phase is Phase.READY and not flight.session.streaming


@pytest.mark.parametrize("vehicle_type", [1, 10, 21])
def test_a_vehicle_that_is_no_multicopter_is_named(flight, over_mavlink, vehicle_type):
    flight = flight(over_mavlink).settle()
    flight.session.vehicle.kind = vehicle_type
    flight.person("engaged")
    assert "not a multicopter" in fault_of(flight) and flight.session.phase is Phase.READY


def test_the_wrong_autopilot_is_named(flight, over_mavlink):
    flight = flight(over_mavlink).settle()
    flight.session.profile = {"px4": ARDUPILOT, "ardupilot": PX4}[over_mavlink]
    flight.person("engaged")
    assert flight.session.profile.name in fault_of(flight) and flight.session.phase is Phase.READY


def test_signed_it_flies_and_an_unsigned_intruder_does_not_move_it(flight, over_mavlink):
    key = mavlink_signing_key("forest")
    ours, theirs = (
        MavlinkCodec(key=key, unix_time=1.8e9),
        MavlinkCodec(1, 1, key=key, unix_time=1.8e9),
    )
    flight, intruder = flight(over_mavlink, 2.0, (ours, theirs)).fly(), MavlinkCodec(255, 190)
    flight.go(3.0)
    place = flight.vehicle.body.state.position.copy()
    for _ in range(100):
        for message in (
            messages.set_point(Command(vx=5.0), flight.now, 1),
            messages.command_long(1, 400, (0.0, 21196.0)),
            messages.command_long(1, 21),
        ):
            flight.vehicle.receive(intruder.encode(message))
        flight.go(0.02)
    moved = float(((flight.vehicle.body.state.position - place) ** 2).sum() ** 0.5)
    assert moved < 0.01 and flight.vehicle.armed and flight.session.phase is Phase.FLYING
    assert theirs.counts.rejected == 300
