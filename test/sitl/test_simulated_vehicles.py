"""The test vehicles: streams, a pilot with a remote control, returns, refusals, others on the
link.
"""

import math

import pytest

mavlink = pytest.importorskip("pymavlink.dialects.v20.common")

from liquid_nav.autopilots import mavlink_messages as messages
from liquid_nav.autopilots.mavlink_codec import MavlinkCodec
from liquid_nav.autopilots.profiles import ARDUPILOT, PX4, px4_mode
from liquid_nav.sitl import simulated_ardupilot as ardupilot
from liquid_nav.sitl import simulated_px4 as px4
from liquid_nav.sitl.other_components import Gimbal, all_other_components
from liquid_nav.sitl.simulated_ardupilot import ArduPilotVehicle
from liquid_nav.sitl.simulated_px4 import Px4Vehicle
from liquid_nav.sitl.vehicle_body import PointBody
from liquid_nav.sitl.vehicle_motion import RETURN_ALTITUDE
from liquid_nav.sitl.vehicle_telemetry import DEGREE, ORIGIN
from liquid_nav.types import Command

KINDS = {"px4": (PX4, Px4Vehicle), "ardupilot": (ARDUPILOT, ArduPilotVehicle)}
STEP = 0.02
ACCEPTED, REJECTED, DENIED, FAILED = 0, 1, 2, 4
GROUND, AIR, TAKING_OFF, LANDING = 1, 2, 3, 4
PILOTS_MODE = {"px4": px4.POSCTL, "ardupilot": ardupilot.LOITER}
RETURN = {"px4": px4.RTL, "ardupilot": ardupilot.RTL}
ARM, MODE, INTERVAL = 400, 176, 511


class Station:
    """A ground station beside a vehicle; everything received is kept with its time."""

    def __init__(self, name, height=0.0, **options):
        self.profile, kind = KINDS[name]
        self.vehicle, self.codec, self.received = (
            kind(PointBody(height), **options),
            MavlinkCodec(),
            [],
        )
        self.publish(mavlink.MAVLink_heartbeat_message(mavlink.MAV_TYPE_GCS, 8, 0, 0, 0, 3))

    def publish(self, message, codec=None):
        self.vehicle.receive((codec or self.codec).encode(message))

    def order(self, number, *parameters, codec=None):
        self.publish(messages.command_long(1, number, parameters), codec)

    def choose(self, mode):
        self.order(MODE, *self.profile.mode_parameters(mode))

    def every(self, number, interval):
        """Ask for an interval in us; returns the answer."""
        self.order(INTERVAL, number, interval)
        self.go(STEP)
        return self.of("COMMAND_ACK")[-1][1].result

    def go(self, seconds, until=None, command=None):
        end = self.vehicle.now + seconds
        while self.vehicle.now < end - 1e-9:
            if command is not None:
                self.publish(messages.set_point(command, self.vehicle.now, 1))
            for packet in self.vehicle.advance(min(end, self.vehicle.now + STEP)):
                self.received += [
                    (self.vehicle.now, message) for message in self.codec.decode(packet)
                ]
            if until is not None and until():
                return self
        assert until is None, f"not in {seconds} s: mode {self.vehicle.shown_mode:#x}, {self.texts}"
        return self

    def of(self, kind):
        return [(now, message) for now, message in self.received if message.get_type() == kind]

    def count(self, kind, seconds):
        before = len(self.of(kind))
        self.go(seconds)
        return len(self.of(kind)) - before

    def acks(self, number):
        return [
            message.result for _, message in self.of("COMMAND_ACK") if message.command == number
        ]

    @property
    def texts(self):
        return "".join(message.text for _, message in self.of("STATUSTEXT"))

    @property
    def landed_states(self):
        states = [message.landed_state for _, message in self.of("EXTENDED_SYS_STATE")]
        return [state for before, state in zip([None, *states], states) if state != before]

    @property
    def position(self):
        return self.vehicle.body.state.position

    @property
    def velocity(self):
        return self.vehicle.body.state.level_velocity()

    def engage(self):
        """Stream, follow, arm."""
        self.go(6.0)
        self.go(1.2, command=Command())
        self.choose(self.profile.follow)
        self.order(ARM, 1.0)
        return self.go(0.1, command=Command())


@pytest.fixture(params=KINDS)
def name(request):
    return request.param


# Streams.


@pytest.mark.parametrize(
    "number, kind, seconds",
    [
        (245, "EXTENDED_SYS_STATE", 0.2),
        (32, "LOCAL_POSITION_NED", 1 / 30),
        (31, "ATTITUDE_QUATERNION", 1 / 30),
        (1, "SYS_STATUS", 0.2),
        (65, "RC_CHANNELS", 0.1),
        (33, "GLOBAL_POSITION_INT", 1.0),
    ],
)
def test_an_interval_is_honoured_until_the_default_is_asked_for(name, number, kind, seconds):
    station = Station(name, 2.0)
    station.vehicle.pilot_sticks()
    default = station.count(kind, 4.0)
    assert default == pytest.approx(4.0 / seconds, abs=1)
    assert station.every(number, 500_000.0) == ACCEPTED
    station.go(1.0)
    assert station.count(kind, 4.0) == 8
    assert station.every(number, -1.0) == ACCEPTED
    assert station.count(kind, 4.0) == 0
    assert station.every(number, 0.0) == ACCEPTED
    station.go(1.0)
    assert station.count(kind, 4.0) == pytest.approx(default, abs=1)


def test_a_new_interval_counts_from_the_last_message(name):
    station = Station(name).go(1.5)
    assert station.every(33, 2e6) == ACCEPTED
    station.go(4.0)
    assert [now for now, _ in station.of("GLOBAL_POSITION_INT")] == pytest.approx(
        [1.0, 3.0, 5.0], abs=0.03
    )


def test_a_reboot_forgets_intervals(name):
    station = Station(name)
    station.every(245, -1.0)
    station.vehicle.reboot(silence=1.0)
    station.go(1.5)
    assert station.count("EXTENDED_SYS_STATE", 2.0) == 10


def test_a_reboot_forgets_the_stream():
    station = Station("px4", 3.0).go(0.5, command=Command())
    assert station.vehicle.streamed
    station.vehicle.reboot(silence=0.1)
    assert not station.vehicle.streamed


def test_ardupilots_heartbeat_can_be_faster_and_then_shows_modes_earlier():
    station = Station("ardupilot", 2.0)
    assert station.count("HEARTBEAT", 5.0) == 5
    assert station.every(0, 200_000.0) == ACCEPTED
    station.go(1.0)
    assert station.count("HEARTBEAT", 5.0) == 25
    station.vehicle.heartbeat_rate_fixed = True
    assert station.every(0, 0.0) == FAILED
    assert station.count("HEARTBEAT", 5.0) == 25


def test_px4s_heartbeat_has_a_constant_rate():
    station = Station("px4", 2.0)
    assert station.every(0, 200_000.0) == FAILED
    assert station.count("HEARTBEAT", 5.0) == 5
    station.vehicle.heartbeat_rate_fixed = False
    assert station.every(0, 200_000.0) == ACCEPTED
    station.go(1.0)
    assert station.count("HEARTBEAT", 5.0) == 25


def test_a_message_that_does_not_exist_is_refused(name):
    refusal = {"px4": FAILED, "ardupilot": DENIED}[name]
    station = Station(name)
    assert station.every(60_000, 1e5) == refusal
    assert station.every(245, math.nan) == refusal
    assert station.every(105, 1e5) == ACCEPTED  # exists, though this vehicle has none


def test_a_message_can_be_requested_once(name):
    station = Station(name)
    station.every(33, -1.0)
    station.order(512, 33.0)
    assert station.count("GLOBAL_POSITION_INT", 3.0) == 1
    assert station.acks(512) == [ACCEPTED]


@pytest.mark.parametrize("shift", [0.0, 0.26, 0.94])
def test_the_heartbeats_phase_can_be_moved(name, shift):
    station = Station(name)
    station.vehicle.shift_heartbeat(shift)
    station.go(3.99)
    times = [now for now, _ in station.of("HEARTBEAT")]
    assert times == pytest.approx([1.0 + shift, 2.0 + shift, 3.0 + shift], abs=1e-6)


def test_the_global_position_follows_the_drone(name):
    station = Station(name, 2.0)
    station.vehicle.pilot_sticks(pitch=1.0)
    station.vehicle.pilot_switches(PILOTS_MODE[name])  # east, for it begins with a heading of zero
    station.go(5.0)
    state, message = station.vehicle.body.state, station.of("GLOBAL_POSITION_INT")[-1][1]
    east = (message.lon * 1e-7 - ORIGIN[1]) * DEGREE * math.cos(math.radians(ORIGIN[0]))
    assert east == pytest.approx(state.position[0], abs=0.05) and east > 5.0
    assert message.lat == pytest.approx(ORIGIN[0] * 1e7, abs=1)
    assert message.relative_alt == 2000 and message.vy == pytest.approx(200, abs=2)
    assert message.hdg == 9000


def test_without_a_global_position_there_is_none(name):
    station = Station(name, global_position=False)
    assert station.count("GLOBAL_POSITION_INT", 5.0) == 0
    station.vehicle.global_position = True
    assert station.count("GLOBAL_POSITION_INT", 5.0) == 5


# Commands and their answers.


def test_an_answer_is_addressed_to_the_requester_or_unaddressed(name):
    station = Station(name, 2.0)
    for asker in (MavlinkCodec(255, 190), MavlinkCodec(42, 7)):
        station.order(INTERVAL, 245.0, 1e6, codec=asker)
        station.go(STEP)
        _, ack = station.of("COMMAND_ACK")[-1]
        ids = asker._parser.srcSystem, asker._parser.srcComponent
        assert (ack.target_system, ack.target_component) == ids
    station.vehicle.acks_unaddressed = True
    station.order(INTERVAL, 245.0, 1e6)
    station.go(STEP)
    _, ack = station.of("COMMAND_ACK")[-1]
    assert (ack.target_system, ack.target_component) == (0, 0)


def test_lost_commands_are_not_obeyed_and_lost_answers_are(name):
    station = Station(name)
    station.go(6.0)
    station.choose(station.profile.follow if name == "ardupilot" else px4.LOITER)
    station.vehicle.lose_commands = 2
    for _ in range(2):
        station.order(ARM, 1.0)
        station.go(0.1)
        assert not station.vehicle.armed and station.acks(ARM) == []
    station.vehicle.lose_acks = 1
    station.order(ARM, 1.0)
    station.go(0.1)
    assert station.vehicle.armed and station.acks(ARM) == []
    station.order(ARM, 1.0)
    station.go(0.1)
    assert station.acks(ARM) == [ACCEPTED]


def test_commands_for_another_component_are_not_answered(name):
    station = Station(name, 2.0)
    gimbals = messages.command_long(1, ARM, (0.0, 21196.0))
    gimbals.target_component = 154
    station.publish(gimbals)
    station.go(0.1)
    assert station.vehicle.armed and station.acks(ARM) == []


def test_a_mode_of_no_number_is_refused(name):
    station = Station(name, 2.0)
    before = station.vehicle.mode
    station.order(MODE, 1.0, math.nan, math.nan)
    station.go(0.1)
    assert station.acks(MODE)[-1] != ACCEPTED and station.vehicle.mode == before


# Parameters.


@pytest.mark.parametrize(
    "name, parameter, value, kind",
    [
        ("px4", "COM_RC_OVERRIDE", 1, 6),
        ("px4", "COM_RCL_EXCEPT", 0, 6),
        ("px4", "NAV_RCL_ACT", 2, 6),
        ("px4", "NAV_DLL_ACT", 0, 6),
        ("px4", "COM_LOW_BAT_ACT", 0, 6),
        ("px4", "GF_ACTION", 2, 6),
        ("px4", "COM_OBL_RC_ACT", 0, 6),
        ("px4", "COM_OF_LOSS_T", 1, 9),
        ("ardupilot", "FS_THR_ENABLE", 1, 2),
        ("ardupilot", "FS_GCS_ENABLE", 0, 2),
        ("ardupilot", "FENCE_ENABLE", 0, 2),
        ("ardupilot", "GUID_TIMEOUT", 3, 9),
    ],
)
def test_failsafe_parameters_have_their_defaults_and_types(name, parameter, value, kind):
    station = Station(name)
    station.publish(messages.read_parameter(1, parameter))
    station.go(0.1)
    _, message = station.of("PARAM_VALUE")[-1]
    assert (message.param_id, message.param_type) == (parameter, kind)
    assert messages.decode_parameter(message.param_value, kind, station.profile.bytewise) == value


# A pilot.


def test_the_pilots_switch_is_obeyed_at_once_and_without_a_text(name):
    station = Station(name, 2.0).engage()
    station.vehicle.pilot_sticks()
    before = len(station.of("COMMAND_ACK"))
    assert station.vehicle.pilot_switches(PILOTS_MODE[name])
    assert station.vehicle.shown_mode == PILOTS_MODE[name]
    station.go(1.0, command=Command(1.0))
    assert station.of("HEARTBEAT")[-1][1].custom_mode == PILOTS_MODE[name]
    assert len(station.of("COMMAND_ACK")) == before
    assert abs(station.velocity).max() < 0.05


@pytest.mark.parametrize(
    "sticks, velocity, turn",
    [
        ({"pitch": 1.0}, (2.0, 0.0, 0.0), 0.0),
        ({"roll": 0.5}, (0.0, -1.0, 0.0), 0.0),
        ({"throttle": 0.5}, (0.0, 0.0, 0.5), 0.0),
        ({"yaw": 1.0}, (0.0, 0.0, 0.0), -0.8),
    ],
)
@pytest.mark.parametrize(
    "name, mode",
    [
        *(("px4", mode) for mode in (px4.POSCTL, px4.ALTCTL, px4.STABILIZED)),
        *(
            ("ardupilot", mode)
            for mode in (
                ardupilot.LOITER,
                ardupilot.ALT_HOLD,
                ardupilot.STABILIZE,
                ardupilot.POSHOLD,
            )
        ),
    ],
)
def test_sticks_move_it_in_the_pilots_modes(name, mode, sticks, velocity, turn):
    station = Station(name, 5.0)
    station.vehicle.pilot_sticks(**sticks)
    assert station.vehicle.pilot_switches(mode)
    station.go(3.0)
    assert station.velocity == pytest.approx(velocity, abs=0.02)
    assert station.vehicle.body.state.yaw_rate() == pytest.approx(turn, abs=0.01)
    station.vehicle.pilot_sticks()
    station.go(3.0)
    assert abs(station.velocity).max() < 0.05


def test_channels_are_those_of_a_radio():
    station = Station("px4")
    station.vehicle.pilot_sticks(roll=0.2, pitch=1.0, throttle=-1.0, yaw=-0.5)
    assert station.vehicle.sticks == (1600, 1000, 1000, 1250, 1500, 1500, 1500, 1500)


@pytest.mark.parametrize(
    "name, mode",
    [
        ("ardupilot", ardupilot.BRAKE),
        ("ardupilot", ardupilot.GUIDED),
        ("ardupilot", ardupilot.AUTO),
        ("px4", px4.OFFBOARD),
    ],
)
def test_sticks_do_nothing_in_other_modes(name, mode):
    station = Station(name, 3.0)
    station.go(0.5, command=Command())
    station.vehicle.pilot_sticks()
    station.choose(mode)
    station.go(0.5, command=Command())
    place = station.position
    station.vehicle.pilot_sticks(1.0, 1.0, 1.0, 1.0)
    station.go(2.0, command=Command())
    assert station.vehicle.shown_mode == mode
    assert station.position == pytest.approx(place, abs=0.02)


def test_a_pilot_takes_off_flies_and_lands(name):
    station = Station(name)
    vehicle = station.go(6.0).vehicle
    assert not vehicle.pilot_arms(
        True
    )  # not by sticks in the mode after a start, or with the throttle up
    vehicle.pilot_sticks(throttle=-1.0)
    assert vehicle.pilot_switches(PILOTS_MODE[name]) and vehicle.pilot_arms(True)
    vehicle.pilot_sticks(throttle=1.0)
    station.go(5.0, lambda: station.position[2] > 2.0)
    vehicle.pilot_sticks()
    station.go(3.0)
    assert not vehicle.pilot_arms(False) and vehicle.armed
    height = station.position[2]
    station.go(3.0)
    assert station.position[2] == pytest.approx(height, abs=0.01)
    vehicle.pilot_sticks(throttle=-1.0)
    station.go(5.0, lambda: vehicle.body.landed)
    assert vehicle.armed
    station.go(12.0, lambda: not vehicle.armed)
    station.go(0.5)
    assert station.landed_states == [GROUND, AIR, GROUND]
    assert vehicle.mode == PILOTS_MODE[name] and station.acks(ARM) == []


@pytest.mark.parametrize(
    "name, mode, throttle, arms",
    [
        ("px4", px4.POSCTL, 0.0, True),
        ("px4", px4.POSCTL, 0.5, False),
        ("px4", px4.STABILIZED, 0.0, False),
        ("px4", px4.STABILIZED, -1.0, True),
        ("px4", px4.LOITER, -1.0, False),
        ("ardupilot", ardupilot.LOITER, 0.0, True),
        ("ardupilot", ardupilot.LOITER, 0.5, False),
        ("ardupilot", ardupilot.STABILIZE, 0.0, False),
        ("ardupilot", ardupilot.STABILIZE, -1.0, True),
        ("ardupilot", ardupilot.GUIDED, -1.0, False),
        ("ardupilot", ardupilot.BRAKE, -1.0, False),
    ],
)
def test_a_pilot_arms_in_the_pilots_modes_with_the_throttle_down(name, mode, throttle, arms):
    station = Station(name).go(6.0)
    station.vehicle.pilot_sticks(throttle=throttle)
    assert station.vehicle.pilot_switches(mode)
    assert station.vehicle.pilot_arms(True) == arms == station.vehicle.armed
    station.go(0.1)
    assert ("Arming denied" in station.texts or "Arm: " in station.texts) != arms
    assert station.vehicle.pilot_arms(False) and not station.vehicle.armed


@pytest.mark.parametrize(
    "name, mode", [("px4", px4.STABILIZED), ("ardupilot", ardupilot.STABILIZE)]
)
def test_a_pilot_may_stop_the_motors_in_the_air_where_the_throttle_is_thrust(name, mode):
    station = Station(name, 3.0)
    station.vehicle.pilot_sticks()
    station.vehicle.pilot_switches(mode)
    assert station.vehicle.pilot_arms(False) and not station.vehicle.armed
    station.go(3.0)
    assert station.vehicle.body.landed


def test_a_vehicle_that_will_not_arm_does_not_for_a_pilot_either(name):
    station = Station(name).go(6.0)
    station.vehicle.refuse_arming = "Preflight Fail: compass"
    station.vehicle.pilot_sticks(throttle=-1.0)
    station.vehicle.pilot_switches(PILOTS_MODE[name])
    assert not station.vehicle.pilot_arms(True)
    station.go(0.1)
    assert "Preflight Fail: compass" in station.texts


@pytest.mark.parametrize(
    "mask, mode, takes",
    [
        (1, px4.LOITER, True),
        (1, px4.RTL, True),
        (1, px4.LAND, True),
        (1, px4.OFFBOARD, False),
        (2, px4.OFFBOARD, True),
        (2, px4.LOITER, False),
        (3, px4.OFFBOARD, True),
        (0, px4.LAND, False),
    ],
)
def test_moved_sticks_take_over_from_px4_as_its_parameter_defines(mask, mode, takes):
    station = Station("px4", 5.0)
    station.vehicle.parameters["COM_RC_OVERRIDE"] = (float(mask), 6)
    station.vehicle.pilot_sticks()
    station.go(1.0, command=Command())
    station.choose(mode)
    station.go(1.0, command=Command())
    station.vehicle.pilot_sticks(pitch=0.3)
    station.go(0.1, command=Command())
    assert station.vehicle.shown_mode == (px4.POSCTL if takes else mode)
    assert ("Pilot took over using sticks" in station.texts) == takes


def test_slow_sticks_and_a_radio_that_is_switched_on_take_nothing_over():
    station = Station("px4", 5.0)
    station.vehicle.pilot_sticks(pitch=1.0)
    station.go(1.0)
    for step in range(200):  # 25 % of the travel a second
        station.vehicle.pilot_sticks(pitch=1.0 - step * 0.005)
        station.go(STEP)
    assert station.vehicle.shown_mode == px4.LOITER
    station.vehicle.pilot_sticks(pitch=0.3)
    station.go(0.1)
    assert station.vehicle.shown_mode == px4.POSCTL


def test_moved_sticks_end_px4s_failsafe_for_good():
    station = Station("px4", 3.0)
    station.vehicle.parameters["COM_OBL_RC_ACT"] = (5.0, 6)
    station.vehicle.pilot_sticks()
    station.engage()
    station.go(2.0)
    assert station.vehicle.shown_mode == px4.LOITER and station.vehicle.failsafe
    station.vehicle.pilot_sticks(roll=1.0)
    station.go(1.0, command=Command())
    assert (
        station.vehicle.shown_mode == station.vehicle.mode == px4.POSCTL
        and not station.vehicle.failsafe
    )


@pytest.mark.parametrize(
    "name, parameter, action, shown",
    [
        ("px4", "NAV_RCL_ACT", 2, px4.RTL),
        ("px4", "NAV_RCL_ACT", 1, px4.LOITER),
        ("px4", "NAV_RCL_ACT", 3, px4.LAND),
        ("ardupilot", "FS_THR_ENABLE", 1, ardupilot.RTL),
        ("ardupilot", "FS_THR_ENABLE", 3, ardupilot.LAND),
        ("ardupilot", "FS_THR_ENABLE", 0, ardupilot.GUIDED),
        ("px4", "COM_RCL_EXCEPT", 4, px4.OFFBOARD),
        ("px4", "COM_RCL_EXCEPT", 2, px4.RTL),
    ],
)
def test_a_lost_radio_ends_in_the_failsafe_of_the_parameters(name, parameter, action, shown):
    station = Station(name, 4.0)
    station.vehicle.pilot_sticks()
    station.vehicle.parameters[parameter] = (
        float(action),
        station.vehicle.parameters[parameter][1],
    )
    station.engage()
    station.vehicle.lose_radio()
    station.go(1.0, command=Command(1.0))
    assert station.vehicle.shown_mode == shown and station.vehicle.sticks is None
    assert (station.velocity[0] > 0.5) == (shown == station.profile.follow)
    assert ("ailsafe" in station.texts) != (shown == station.profile.follow)
    station.choose(station.profile.follow)
    station.go(0.1, command=Command(1.0))
    assert station.vehicle.shown_mode == station.profile.follow


# Return.


def away(name, height):
    """A vehicle some metres from home, at a height."""
    station = Station(name, height)
    station.vehicle.pilot_sticks(pitch=1.0, roll=-1.0)
    station.vehicle.pilot_switches(PILOTS_MODE[name])
    station.go(3.0)
    station.vehicle.pilot_sticks()
    station.go(2.0)
    assert math.hypot(*station.position[:2]) > 5.0
    return station


@pytest.mark.parametrize("height", [1.0, 5.0])
@pytest.mark.parametrize("by", ["mode", "command", "pilot"])
def test_a_return_climbs_flies_home_lands_and_disarms(name, height, by):
    station = away(name, height)
    if by == "mode":
        station.choose(RETURN[name])
    elif by == "command":
        station.order(20)
    else:
        station.vehicle.pilot_switches(RETURN[name])
    station.go(0.1)
    assert station.vehicle.shown_mode == RETURN[name]
    highest, farthest_low, lowest_far = 0.0, 0.0, 99.0
    begin = math.hypot(*station.position[:2])
    while station.vehicle.armed and station.vehicle.now < 60.0:
        station.go(STEP)
        distance = math.hypot(*station.position[:2])
        highest = max(highest, station.position[2])
        farthest_low = max(farthest_low, distance if station.position[2] < 0.9 else 0.0)
        lowest_far = min(lowest_far, station.position[2] if 1.0 < distance < begin - 0.3 else 99.0)
    assert station.vehicle.body.landed and not station.vehicle.armed
    assert highest == pytest.approx(max(height, RETURN_ALTITUDE), abs=0.3)
    assert farthest_low < 0.4  # it comes down at home only
    assert lowest_far > highest - 0.3  # and flies there at one height
    assert LANDING in station.landed_states and station.vehicle.landed_state == GROUND
    if name == "px4":
        assert station.vehicle.mode == px4.POSCTL  # a return is forgotten when it disarms


def test_a_second_return_begins_anew(name):
    station = away(name, 1.0)
    station.vehicle.pilot_switches(RETURN[name])
    station.go(20.0, lambda: math.hypot(*station.position[:2]) < 0.2 and station.position[2] < 2.0)
    station.vehicle.pilot_switches(PILOTS_MODE[name])
    station.vehicle.pilot_sticks(pitch=1.0)
    station.go(4.0)
    station.vehicle.pilot_sticks()
    station.go(2.0)
    height, distance = station.position[2], math.hypot(*station.position[:2])
    station.vehicle.pilot_switches(RETURN[name])
    station.go(1.5)
    assert station.position[2] > height + 0.5
    assert math.hypot(*station.position[:2]) == pytest.approx(distance, abs=0.2)


def test_a_place_is_forgotten_when_it_flies_on(name):
    station = Station(name, 3.0)
    for _ in range(2):
        station.engage().go(3.0, command=Command(1.0))
        there = station.position[0]
        station.choose(station.profile.hold)
        station.go(3.0)
        assert station.position[0] == pytest.approx(there + 0.4, abs=0.4)
    assert there > 4.0


def test_ardupilot_holds_a_new_place_each_time_when_set_points_stop():
    station = Station("ardupilot", 3.0)
    for _ in range(2):
        station.engage().go(3.0, command=Command(1.0))
        station.go(3.0)
        there = station.position[0]  # the last set point is obeyed for GUID_TIMEOUT
        station.go(4.0)
        assert station.position[0] == pytest.approx(there + 0.4, abs=0.4)
    assert there > 8.0


def test_home_is_where_it_was_armed_last(name):
    station = away(name, 1.0)
    station.vehicle.pilot_sticks(throttle=-1.0)
    station.go(20.0, lambda: not station.vehicle.armed)
    assert station.vehicle.home == pytest.approx((0.0, 0.0, 0.0))
    assert station.vehicle.pilot_arms(True)
    assert station.vehicle.home == pytest.approx(station.position) and station.position[0] > 3.0


def test_every_mode_that_can_be_chosen_keeps_it_in_the_air_or_lands_it(name):
    profile, _ = KINDS[name]
    for mode in profile.names:
        station = Station(name, 5.0)
        station.vehicle.pilot_sticks()
        station.go(0.5, command=Command())
        assert station.vehicle.pilot_switches(mode), profile.mode_name(mode)
        station.go(6.0, command=Command())
        assert math.hypot(*station.position[:2]) < 0.1, profile.mode_name(mode)
        down = mode in (profile.land, RETURN[name], px4_mode(4, 9), ardupilot.SMART_RTL)
        assert (station.position[2] < 4.0) == down, profile.mode_name(mode)
        if not down:
            assert station.position[2] == pytest.approx(5.0, abs=0.05), profile.mode_name(mode)


# PX4 alone.


@pytest.mark.parametrize(
    "mode, text", [(px4.LOITER, "Hold"), (px4.RTL, "Return"), (px4.MISSION, "Mission")]
)
def test_without_a_global_position_px4_refuses_to_hold(mode, text):
    station = Station("px4", 2.0, global_position=False)
    assert station.vehicle.mode == px4.POSCTL
    station.choose(mode)
    station.go(0.1)
    assert station.acks(MODE) == [ACCEPTED, REJECTED] and station.vehicle.mode == px4.POSCTL
    assert f"Switching to {text} is currently not available" in station.texts
    assert not station.vehicle.pilot_switches(mode)
    station.choose(px4.LAND)
    station.go(0.1)
    assert station.vehicle.mode == px4.LAND


def test_on_the_ground_it_takes_the_mode_and_refuses_to_arm():
    station = Station("px4", global_position=False).go(6.0)
    station.choose(px4.LOITER)
    station.order(ARM, 1.0)
    station.go(0.1)
    assert station.acks(MODE)[-1] == ACCEPTED and station.acks(ARM) == [REJECTED]
    assert "Resolve system health failures" in station.texts


@pytest.mark.parametrize("mode", [px4.RTL, px4.LAND, px4.PRECLAND])
def test_px4_does_not_arm_to_land(mode):
    station = Station("px4").go(6.0)
    station.vehicle.pilot_switches(mode)
    station.order(ARM, 1.0)
    station.go(0.1)
    assert not station.vehicle.armed and station.acks(ARM) == [REJECTED]


@pytest.mark.parametrize(
    "action, sticks, there, shown",
    [
        (5, False, True, px4.LOITER),
        (5, False, False, px4.LAND),
        (3, False, True, px4.RTL),
        (3, False, False, px4.LAND),
        (4, False, True, px4.LAND),
        (0, True, True, px4.POSCTL),
        (0, False, True, px4.POSCTL),
        (1, True, True, px4.ALTCTL),
        (2, True, False, px4.STABILIZED),
    ],
)
def test_what_px4_does_when_set_points_stop(action, sticks, there, shown):
    station = Station("px4", 4.0, global_position=there)
    station.vehicle.parameters["COM_OBL_RC_ACT"] = (float(action), 6)
    station.vehicle.sticks = (1500,) * 8 if sticks else None
    station.engage()
    assert station.vehicle.shown_mode == px4.OFFBOARD
    station.go(0.8)
    assert not station.vehicle.failsafe
    station.go(0.4)
    assert station.vehicle.shown_mode == shown and "Failsafe activated" in station.texts
    height = station.position[2]
    station.go(2.0)
    sinks = shown in (px4.LAND, px4.RTL) or (shown == px4.POSCTL and not sticks)  # it is at home
    assert (station.position[2] < height - 0.3) == sinks
    station.go(0.5, command=Command())
    assert station.vehicle.shown_mode == px4.OFFBOARD  # whoever streams again is followed again


def test_px4_that_loses_its_global_position_in_hold_lands():
    station = Station("px4", 3.0)
    station.vehicle.global_position = False
    station.go(0.1)
    assert station.vehicle.shown_mode == px4.LAND and "Failsafe activated" in station.texts


def test_offboard_failsafe_that_loses_its_global_position_lands():
    station = Station("px4", 3.0)
    station.vehicle.parameters["COM_OBL_RC_ACT"] = (5.0, 6)
    station.engage().go(2.0)
    assert station.vehicle.shown_mode == px4.LOITER
    station.vehicle.global_position = False
    station.go(0.1)
    assert station.vehicle.shown_mode == px4.LAND


def test_px4_takes_off_by_itself_and_then_holds():
    station = Station("px4").go(6.0)
    station.order(22)
    station.order(ARM, 1.0)
    station.go(10.0, lambda: station.vehicle.mode == px4.LOITER)
    station.go(2.0)
    assert station.position[2] == pytest.approx(px4.TAKEOFF_HEIGHT, abs=0.35)
    assert station.landed_states[:3] == [GROUND, TAKING_OFF, AIR]


# Arming and disarming.


def test_a_disarm_right_after_arming_disarms(name):
    station = Station(name).engage()
    assert station.vehicle.armed
    station.order(ARM, 0.0)
    station.go(0.1)
    assert not station.vehicle.armed and station.acks(ARM) == [ACCEPTED, ACCEPTED]


def test_arming_and_disarming_in_the_same_moment(name):
    station = Station(name).go(6.0)
    station.go(1.2, command=Command())
    station.choose(station.profile.follow)
    station.order(ARM, 1.0)
    station.order(ARM, 0.0)
    station.go(0.1)
    assert not station.vehicle.armed and station.acks(ARM) == [ACCEPTED, ACCEPTED]


def test_disarming_in_the_air_is_refused_unless_forced(name):
    refusal = {"px4": REJECTED, "ardupilot": FAILED}[name]
    station = Station(name, 3.0)
    station.order(ARM, 0.0)
    station.go(0.1)
    assert station.vehicle.armed and station.acks(ARM) == [refusal]
    station.order(ARM, 0.0, 21196.0)
    station.go(0.1)
    assert not station.vehicle.armed


def test_px4_goes_back_to_its_mode_when_a_landing_ends_by_command():
    station = Station("px4", 0.5)
    station.vehicle.pilot_sticks()
    station.vehicle.mode = px4.POSCTL  # as some tests set it
    station.order(21)
    station.go(5.0, lambda: station.vehicle.body.landed)
    assert station.vehicle.shown_mode == px4.LAND
    station.order(ARM, 0.0)
    station.go(0.1)
    assert not station.vehicle.armed and station.vehicle.mode == px4.POSCTL


def test_ardupilots_take_off_is_shown_as_one():
    station = Station("ardupilot").engage()
    station.order(22, 0, 0, 0, 0, 0, 0, 2.0)
    station.go(10.0, lambda: station.position[2] > 1.89)
    station.go(0.5)
    assert station.landed_states == [GROUND, TAKING_OFF, AIR]
    station.choose(ardupilot.LAND)
    station.go(10.0, lambda: not station.vehicle.armed)
    station.go(0.5)
    assert station.landed_states == [GROUND, TAKING_OFF, AIR, LANDING, GROUND]


def test_a_take_off_that_was_cut_off_is_forgotten():
    station = Station("ardupilot").engage()
    station.order(22, 0, 0, 0, 0, 0, 0, 2.0)
    station.go(2.0)
    station.order(ARM, 0.0, 21196.0)
    station.go(3.0, lambda: station.vehicle.body.landed)
    station.order(ARM, 1.0)
    station.go(3.0, command=Command())
    assert station.vehicle.armed and station.vehicle.body.landed


def test_ardupilots_motors_stop_after_ten_seconds_on_the_ground_with_the_throttle_down():
    station = Station("ardupilot").engage()
    begin = station.vehicle.now
    station.go(11.0, lambda: not station.vehicle.armed, Command())
    assert station.vehicle.now - begin == pytest.approx(9.9, abs=0.1)
    station.vehicle.pilot_sticks()
    station.order(ARM, 1.0)
    station.go(15.0)
    assert station.vehicle.armed


# Others on the link.


def test_others_send_at_their_rates_with_their_ids():
    ids, codec = {}, MavlinkCodec()
    others = all_other_components(PX4, Px4Vehicle.parameters)
    for step in range(100):
        for other in others:
            for packet in other.packets(step * 0.05):
                for message in codec.decode(packet):
                    who = (message.get_srcSystem(), message.get_srcComponent())
                    ids.setdefault(who, []).append(message)
    assert set(ids) == {(1, 154), (1, 156), (1, 191), (255, 190), (2, 1)}
    for received in ids.values():
        assert sum(message.get_type() == "HEARTBEAT" for message in received) == 5
    beats = {
        who: next(m for m in received if m.get_type() == "HEARTBEAT")
        for who, received in ids.items()
    }
    assert {who: m.autopilot for who, m in beats.items() if m.autopilot != 8} == {(2, 1): 12}
    assert (
        beats[1, 154].type == mavlink.MAV_TYPE_GIMBAL
        and beats[255, 190].type == mavlink.MAV_TYPE_GCS
    )
    assert beats[2, 1].base_mode & 128 and beats[2, 1].custom_mode == px4.POSCTL


@pytest.mark.parametrize("profile", [PX4, ARDUPILOT], ids=["px4", "ardupilot"])
def test_a_gimbal_contradicts_the_autopilot(profile):
    vehicle = KINDS[profile.name.lower()][1]
    gimbal, codec = Gimbal(vehicle.parameters, profile.bytewise), MavlinkCodec()
    received = [message for packet in gimbal.packets(0.0) for message in codec.decode(packet)]
    acks = [m for m in received if m.get_type() == "COMMAND_ACK"]
    assert {m.result for m in acks} == {DENIED}
    assert {m.command for m in acks} == {
        MODE,
        ARM,
        21,
        22,
        INTERVAL,
        mavlink.MAV_CMD_REQUEST_MESSAGE,
    }
    # To the bridge: only their sender shows that they are not the autopilot's.
    assert {(m.target_system, m.target_component) for m in acks} == {(247, 191)}
    reported = {
        m.param_id: messages.decode_parameter(m.param_value, m.param_type, profile.bytewise)
        for m in received
        if m.get_type() == "PARAM_VALUE"
    }
    assert set(reported) == set(vehicle.parameters)
    assert all(reported[name] != value for name, (value, _) in vehicle.parameters.items())
    assert {"HEARTBEAT", "STATUSTEXT", "LOCAL_POSITION_NED"} <= {m.get_type() for m in received}
    assert gimbal.packets(0.1) == [] and gimbal.packets(0.3)


def test_commands_to_the_gimbal_of_a_vehicle_with_others_on_the_link_do_not_disturb_it(name):
    station = Station(name, 2.0)
    others = all_other_components(station.profile, station.vehicle.parameters)
    place = station.position
    for _ in range(100):
        for other in others:
            for packet in other.packets(station.vehicle.now):
                station.vehicle.receive(packet)
        station.go(STEP)
    assert station.position == pytest.approx(place, abs=0.01)
    assert station.vehicle.parameters == type(station.vehicle).parameters
