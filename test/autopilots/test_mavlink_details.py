"""MAVLink value by value: what we send field for field, what is read at the edges, and who is
received at all.

Where pymavlink itself knows how something is encoded, it is asked.
"""

import importlib.util
import math
import struct

import numpy as np
import pytest

mavlink = pytest.importorskip("pymavlink.dialects.v20.common")

from pymavlink.mavparm import MAVParmDict

from liquid_nav import geometry
from liquid_nav.autopilots import ARDUPILOT, PX4, SessionConfig, autopilot_profile
from liquid_nav.autopilots import mavlink_messages as messages
from liquid_nav.autopilots import mavlink_telemetry as telemetry
from liquid_nav.autopilots.adapter import Answer, RequestKind
from liquid_nav.autopilots.failsafes import (
    explain_failsafe,
    failsafe_parameters,
    failsafe_stops_motors,
    is_known_failsafe,
)
from liquid_nav.autopilots.freshness import LINK_LOST, SLOWEST_LINK
from liquid_nav.autopilots.mavlink_adapter import (
    COMMANDS,
    DRAIN,
    LONGEST_ANSWER,
    QUIET,
    TRIES,
    MavlinkAdapter,
)
from liquid_nav.autopilots.mavlink_codec import (
    COMPANION_COMPONENT_ID,
    COMPANION_SYSTEM_ID,
    SIGNING_EPOCH,
    Counts,
    MavlinkCodec,
    mavlink_signing_key,
)
from liquid_nav.autopilots.mavlink_text import CHUNK, PATIENCE, TextJoiner
from liquid_nav.autopilots.vehicle import Landed, VehicleState
from liquid_nav.errors import UserError
from liquid_nav.safety import Phase
from liquid_nav.types import Command

KEY = mavlink_signing_key("a secret")
NOW = 1_800_000_000.0
PROFILES = pytest.mark.parametrize("autopilot", [PX4, ARDUPILOT], ids=lambda profile: profile.name)
WIDTHS = {
    mavlink.MAV_PARAM_TYPE_UINT8: (0, 1, 200, 255),
    mavlink.MAV_PARAM_TYPE_INT8: (-128, -1, 0, 5, 127),
    mavlink.MAV_PARAM_TYPE_UINT16: (0, 5, 65535),
    mavlink.MAV_PARAM_TYPE_INT16: (-32768, -1, 5, 32767),
    mavlink.MAV_PARAM_TYPE_UINT32: (0, 5, 1 << 24),
    mavlink.MAV_PARAM_TYPE_INT32: (-3, 5, 1 << 24),
}
"""MAV_PARAM_TYPE -> values at its edges (those whose bits make a number)."""


def fields(message):
    return {name: value for name, value in message.to_dict().items() if name != "mavpackettype"}


def sent_by(message, system=1, component=1):
    """The message as it arrives from a sender."""
    (received,) = MavlinkCodec().decode(MavlinkCodec(system, component).encode(message))
    return received


def heartbeat(kind=2, autopilot=12, flags=1, mode=0, status=4):
    return mavlink.MAVLink_heartbeat_message(kind, autopilot, flags, mode, status, 3)


def position(time=10.0, place=(1.0, 2.0, -3.0), velocity=(0.1, 0.2, 0.3)):
    return mavlink.MAVLink_local_position_ned_message(round(time * 1000), *place, *velocity)


def attitude(quaternion=(1.0, 0.0, 0.0, 0.0), rates=(0.1, 0.2, 0.3)):
    return mavlink.MAVLink_attitude_quaternion_message(0, *quaternion, *rates)


def status(voltage=15000, remaining=50):
    return mavlink.MAVLink_sys_status_message(0, 0, 0, 0, voltage, 0, remaining, 0, 0, 0, 0, 0, 0)


def channels(count, values):
    values = [*values, *[65535] * (18 - len(values))]
    return mavlink.MAVLink_rc_channels_message(0, count, *values, 0)


def text(content, number=0, part=0, severity=2):
    return mavlink.MAVLink_statustext_message(severity, content.encode(), number, part)


def acknowledgement(command, result=0, to=(0, 0)):
    return mavlink.MAVLink_command_ack_message(command, result, 0, 0, *to)


def connected(autopilot=PX4, **options):
    """An adapter that has just received its vehicle; what it asks for first has been taken."""
    adapter = MavlinkAdapter(autopilot, **options)
    adapter.receive(sent_by(heartbeat(autopilot=autopilot.autopilot)), 0.0)
    adapter.take()
    return adapter


# What we send.


@pytest.mark.parametrize(("station", "kind"), [(True, 6), (False, 18)])
def test_our_heartbeat_names_a_station_or_a_companion_and_no_autopilot(station, kind):
    assert fields(messages.heartbeat(station)) == {
        "type": kind,
        "autopilot": 8,
        "base_mode": 0,
        "custom_mode": 0,
        "system_status": 4,
        "mavlink_version": 3,
    }


def test_a_set_point_is_a_velocity_and_a_yaw_rate_in_the_body_and_nothing_else():
    assert fields(messages.set_point(Command(1.0, 2.0, 3.0, 0.5), 12.5, 7)) == {
        "time_boot_ms": 12500,
        "target_system": 7,
        "target_component": 1,
        "coordinate_frame": 8,
        "type_mask": 1479,
        "x": 0.0,
        "y": 0.0,
        "z": 0.0,
        "vx": 1.0,
        "vy": -2.0,
        "vz": -3.0,
        "afx": 0.0,
        "afy": 0.0,
        "afz": 0.0,
        "yaw": 0.0,
        "yaw_rate": -0.5,
    }


@pytest.mark.parametrize(
    ("time", "stamp"),
    [
        (0.0004, 0),
        (0.0006, 1),
        (4294967.295, 4294967295),
        (4294967.296, 0),
        (NOW, 1_800_000_000_000 % 4294967296),
    ],
)
def test_the_stamp_of_a_set_point_is_rounded_and_fits_into_32_bits(time, stamp):
    message = messages.set_point(Command(), time, 1)
    assert message.time_boot_ms == stamp
    assert sent_by(message).time_boot_ms == stamp


@pytest.mark.parametrize("given", [(), (1.0,), (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0)])
def test_a_command_has_seven_parameters_and_those_that_are_not_given_are_zero(given):
    message = messages.command_long(9, 400, given, 3)
    seven = [getattr(message, f"param{i}") for i in range(1, 8)]
    assert seven == [*given, *[0.0] * (7 - len(given))]
    assert (
        message.target_system,
        message.target_component,
        message.command,
        message.confirmation,
    ) == (9, 1, 400, 3)
    assert messages.command_long(9, 400, given).confirmation == 0


@pytest.mark.parametrize(("attempt", "reported"), [(0, 0), (255, 255), (256, 255), (100_000, 255)])
def test_repetitions_are_counted_as_far_as_a_message_can_hold(attempt, reported):
    """Motors that refuse to stop are asked four times a second, for longer than a minute where it
    must be.
    """
    assert sent_by(messages.command_long(9, 400, (), attempt)).confirmation == reported


def test_a_message_is_asked_for_by_the_time_between_two_of_them():
    message = messages.request_message_rate(3, 32, 40.0)
    assert (message.target_system, message.command) == (3, mavlink.MAV_CMD_SET_MESSAGE_INTERVAL)
    assert (message.param1, message.param2, message.param3) == (32.0, 25000.0, 0.0)


def test_a_parameter_is_asked_for_by_its_name():
    assert fields(sent_by(messages.read_parameter(4, "COM_OF_LOSS_T"))) == {
        "target_system": 4,
        "target_component": 1,
        "param_id": "COM_OF_LOSS_T",
        "param_index": -1,
    }


@pytest.mark.parametrize(
    ("bytewise", "value"), [(True, struct.unpack("<f", struct.pack("<i", 5))[0]), (False, 5.0)]
)
def test_a_parameter_is_set_and_reported_in_the_autopilots_own_encoding(bytewise, value):
    kind = mavlink.MAV_PARAM_TYPE_INT32
    assert fields(sent_by(messages.set_parameter(4, "COM_OBL_RC_ACT", 5, kind, bytewise))) == {
        "target_system": 4,
        "target_component": 1,
        "param_id": "COM_OBL_RC_ACT",
        "param_value": value,
        "param_type": kind,
    }
    reported = {"param_id": "COM_OBL_RC_ACT", "param_value": value, "param_type": kind}
    answer = messages.parameter_value_message("COM_OBL_RC_ACT", 5, kind, bytewise, 900, 12)
    assert fields(sent_by(answer)) == reported | {"param_count": 900, "param_index": 12}
    answer = messages.parameter_value_message("COM_OBL_RC_ACT", 5, kind, bytewise)
    assert fields(sent_by(answer)) == reported | {"param_count": 1, "param_index": 0}


class Recorder:
    """Stands where pymavlink has its connection, and answers at once."""

    def param_set_send(self, name, value, parm_type):
        self.value = value

    def recv_match(self, type, blocking):
        return mavlink.MAVLink_param_value_message(b"P", 0.0, 0, 1, 0)


@pytest.mark.parametrize("kind", WIDTHS)
def test_integers_travel_bytewise_as_pymavlink_sends_them(kind):
    recorder = Recorder()
    for value in WIDTHS[kind]:
        MAVParmDict().mavset(recorder, "P", value, parm_type=kind)
        carrier = messages.encode_parameter(value, kind, True)
        assert struct.pack("<f", carrier) == struct.pack("<f", recorder.value)
        assert messages.decode_parameter(carrier, kind, True) == value
        assert messages.encode_parameter(value, kind, False) == value
        assert messages.decode_parameter(float(value), kind, False) == value


@pytest.mark.parametrize("bytewise", [True, False])
@pytest.mark.parametrize("kind", [mavlink.MAV_PARAM_TYPE_REAL32, mavlink.MAV_PARAM_TYPE_REAL64])
def test_a_parameter_that_is_no_integer_travels_as_it_is(kind, bytewise):
    for coded in (
        messages.encode_parameter(2, kind, bytewise),
        messages.decode_parameter(2, kind, bytewise),
    ):
        assert coded == 2.0 and isinstance(coded, float)
    assert isinstance(messages.decode_parameter(5e-45, mavlink.MAV_PARAM_TYPE_INT32, True), float)


def test_external_vision_field_for_field():
    """The nose east, level, in ENU; the covariances are unknown."""
    message = messages.external_vision_message(
        1.5,
        np.array((1.0, 2.0, 3.0)),
        np.array((1.0, 0.0, 0.0, 0.0)),
        np.array((4.0, 5.0, 6.0)),
        np.ones(3),
    )
    known = fields(message)
    for name in ("pose_covariance", "velocity_covariance"):
        covariance = known.pop(name)
        assert math.isnan(covariance[0]) and covariance[1:] == [0.0] * 20
    assert known.pop("q") == pytest.approx([math.sqrt(0.5), 0.0, 0.0, math.sqrt(0.5)])
    assert known == {
        "time_usec": 1_500_000,
        "frame_id": 1,
        "child_frame_id": 1,
        "x": 2.0,
        "y": 1.0,
        "z": -3.0,
        "vx": 5.0,
        "vy": 4.0,
        "vz": -6.0,
        "rollspeed": 1.0,
        "pitchspeed": -1.0,
        "yawspeed": -1.0,
        "reset_counter": 0,
        "estimator_type": 2,
        "quality": 0,
    }
    assert sent_by(message).x == 2.0


# Bytes.


def test_we_are_system_247_component_191_and_number_our_packets_round_and_round():
    codec = MavlinkCodec()
    packets = [codec.encode(heartbeat()) for _ in range(258)]
    assert isinstance(packets[0], bytes)
    assert [packet[4] for packet in packets] == [*range(256), 0, 1]
    assert all(packet[5:7] == bytes((247, 191)) for packet in packets)
    assert (COMPANION_SYSTEM_ID, COMPANION_COMPONENT_ID) == (247, 191)
    assert MavlinkCodec(5, 6).encode(heartbeat())[5:7] == bytes((5, 6))


def test_everything_that_comes_in_is_counted_once():
    codec = MavlinkCodec(listen_to=1)
    assert codec.counts == Counts(0, 0, 0, 0, 0)
    for _ in range(2):
        assert len(codec.decode(MavlinkCodec(1, 1).encode(heartbeat()))) == 1
        assert codec.decode(MavlinkCodec(2, 1).encode(heartbeat())) == []
        assert codec.decode(b"rubbish") == []
    noise = codec.counts.bad
    assert noise >= 2
    assert codec.counts == Counts(seen=4 + noise, accepted=2, bad=noise, rejected=0, foreign=2)
    assert codec.decode(b"") == []


def test_without_a_target_system_all_are_received():
    codec = MavlinkCodec()
    assert [
        codec.decode(MavlinkCodec(system, 1).encode(heartbeat()))[0].get_srcSystem()
        for system in (1, 9)
    ] == [1, 9]
    assert codec.counts == Counts(seen=2, accepted=2)


def test_an_unknown_message_is_seen_and_left_alone():
    """A newer dialect, with a valid checksum as far as we can check: neither noise nor accepted."""
    codec, packet = MavlinkCodec(), bytearray(MavlinkCodec(1, 1).encode(heartbeat()))
    packet[7:10] = (0x39, 0x30, 0x00)  # message 12345
    assert codec.decode(bytes(packet)) == []
    assert codec.counts.seen == 1 and codec.counts.accepted == 0
    assert codec.decode(MavlinkCodec(1, 1).encode(heartbeat()))


def test_rejected_packets_are_no_noise():
    theirs = MavlinkCodec(1, 1, key=KEY, unix_time=NOW)
    for packet in (
        MavlinkCodec(255, 190).encode(heartbeat()),
        MavlinkCodec(key=mavlink_signing_key("other")).encode(heartbeat()),
    ):
        assert theirs.decode(packet) == []
    assert theirs.counts == Counts(seen=2, rejected=2)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_key_of_another_length_is_refused_with_its_length(length):
    with pytest.raises(ValueError, match=f"^a signing key has 32 bytes, not {length}$"):
        MavlinkCodec(key=bytes(length))


def test_a_passphrase_becomes_the_key_that_ground_stations_make_of_it():
    assert (
        mavlink_signing_key("abc").hex()
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


@pytest.mark.parametrize(
    ("unix_time", "stamp"),
    [
        (NOW, (1_800_000_000 - 1_420_070_400) * 100_000),
        (SIGNING_EPOCH + 2.5, 250_000),
        (0.0, 0),
        (SIGNING_EPOCH, 0),
    ],
)
def test_signatures_count_from_2015_in_units_of_ten_microseconds(unix_time, stamp):
    packet = MavlinkCodec(key=KEY, unix_time=unix_time).encode(heartbeat())
    assert packet[2] == 1  # signed
    assert int.from_bytes(packet[-12:-6], "little") == stamp
    assert MavlinkCodec().encode(heartbeat())[2] == 0


def test_a_clock_that_was_never_set_signs_from_the_epoch_on():
    assert MavlinkCodec(key=KEY).encode(heartbeat())[-12:-6] == bytes(6)


def test_pymavlink_itself_accepts_our_signature():
    parser = mavlink.MAVLink(None)
    parser.signing.secret_key = KEY
    parser.signing.timestamp = int((NOW - SIGNING_EPOCH) * 1e5)
    (message,) = parser.parse_buffer(MavlinkCodec(key=KEY, unix_time=NOW).encode(heartbeat()))
    assert message.get_type() == "HEARTBEAT" and message.get_signed()


def test_a_forged_packet_does_not_shut_out_the_earlier_sender():
    now = NOW
    ours, theirs = (
        MavlinkCodec(255, 190, key=KEY, unix_time=now),
        MavlinkCodec(1, 1, key=KEY, unix_time=now),
    )
    assert theirs.decode(ours.encode(heartbeat()))
    forged = MavlinkCodec(255, 190, key=mavlink_signing_key("other"), unix_time=now + 1e6).encode(
        heartbeat()
    )
    assert theirs.decode(forged) == []
    assert theirs.decode(ours.encode(heartbeat()))


@pytest.mark.parametrize("other", [(2, 1), (1, 100)])
def test_every_sender_has_a_clock_of_its_own_for_replays(other):
    """One whose clock is 30 s behind the vehicle's is no replay of the vehicle."""
    ours = MavlinkCodec(key=KEY, unix_time=NOW)
    assert ours.decode(MavlinkCodec(1, 1, key=KEY, unix_time=NOW).encode(heartbeat()))
    packet = MavlinkCodec(*other, key=KEY, unix_time=NOW - 30.0).encode(heartbeat())
    assert ours.decode(packet)
    assert ours.decode(packet) == []
    assert ours.counts == Counts(seen=3, accepted=2, rejected=1)


def test_rubbish_in_a_datagram_does_not_cost_the_next_one():
    codec = MavlinkCodec()
    for cut in (1, 5, 12, 20):
        assert codec.decode(MavlinkCodec(1, 1).encode(heartbeat())[:cut]) == []
        assert len(codec.decode(MavlinkCodec(1, 1).encode(heartbeat()))) == 1


# What the vehicle reports about itself.


def test_a_heartbeat_contains_autopilot_kind_mode_and_arming():
    vehicle = VehicleState()
    assert telemetry.read(heartbeat(13, 3, 129, 4, 4), vehicle, 7.0)
    assert (vehicle.heartbeat, vehicle.kind, vehicle.autopilot, vehicle.mode) == (7.0, 13, 3, 4)
    assert vehicle.armed and not vehicle.failsafe
    assert telemetry.read(heartbeat(2, 12, 127, 9, 4), vehicle, 8.0)
    assert (vehicle.heartbeat, vehicle.heartbeat_period, vehicle.mode, vehicle.armed) == (
        8.0,
        1.0,
        9,
        False,
    )


@pytest.mark.parametrize("system_status", range(9))
def test_critical_and_emergency_are_failsafes_and_nothing_else(system_status):
    vehicle = VehicleState()
    telemetry.read(heartbeat(status=system_status), vehicle, 0.0)
    assert vehicle.failsafe is (system_status in (5, 6))


@pytest.mark.parametrize(
    ("number", "landed"),
    [
        (0, Landed.UNKNOWN),
        (1, Landed.ON_GROUND),
        (2, Landed.IN_AIR),
        (3, Landed.TAKING_OFF),
        (4, Landed.COMING_DOWN),
        (9, Landed.UNKNOWN),
    ],
)
def test_what_the_landing_detector_reports(number, landed):
    vehicle = VehicleState(landed=Landed.IN_AIR)
    assert telemetry.read(mavlink.MAVLink_extended_sys_state_message(0, number), vehicle, 0.0)
    assert vehicle.landed is landed


def test_a_position_is_taken_with_its_velocity_and_its_times():
    vehicle = VehicleState()
    assert telemetry.read(position(10.5), vehicle, 3.0)
    assert vehicle.position.tolist() == [1.0, 2.0, -3.0] and vehicle.velocity.tolist() == [
        0.1,
        0.2,
        0.3,
    ]
    assert (vehicle.boot, vehicle.position_time, vehicle.ground) == (10.5, 3.0, 3.0)
    vehicle.armed = True
    assert telemetry.read(position(10.6, (0.0, 0.0, -9.0)), vehicle, 4.0)
    assert (vehicle.ground, vehicle.height, vehicle.position_time, vehicle.reboots) == (
        3.0,
        9.0,
        4.0,
        0,
    )


@pytest.mark.parametrize(
    ("boot", "news", "reboots"),
    [
        (10.001, True, 0),
        (10.0, False, 0),
        (9.999, False, 0),
        (9.0, False, 0),
        (8.999, True, 1),
        (0.0, True, 1),
    ],
)
def test_a_clock_that_goes_back_a_second_was_started_again_and_less_is_an_old_message(
    boot, news, reboots
):
    vehicle = VehicleState(reboots=0)
    telemetry.read(position(10.0), vehicle, 1.0)
    assert telemetry.read(position(boot, (7.0, 7.0, 7.0)), vehicle, 2.0) is news
    assert vehicle.reboots == reboots
    assert (vehicle.position_time, vehicle.boot) == ((2.0, boot) if news else (1.0, 10.0))
    assert vehicle.position[0] == (7.0 if news else 1.0)


def test_every_new_start_of_its_clock_is_counted():
    vehicle = VehicleState()
    for time in (10.0, 5.0, 5.5, 1.0):
        assert telemetry.read(position(time), vehicle, 1.0)
    assert vehicle.reboots == 2


@pytest.mark.parametrize("bad", [math.nan, math.inf])
@pytest.mark.parametrize("place", range(6))
def test_a_position_that_is_not_finite_is_none(place, bad):
    values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    values[place] = bad
    vehicle = VehicleState()
    assert not telemetry.read(position(1.0, values[:3], values[3:]), vehicle, 0.0)
    assert vehicle.position is None and vehicle.boot is None and vehicle.position_time is None


@pytest.mark.parametrize(
    ("size", "taken"), [(0.89, False), (0.91, True), (1.0, True), (1.09, True), (1.11, False)]
)
def test_an_attitude_is_taken_if_it_is_nearly_one_and_made_one(size, taken):
    quaternion = size * geometry.attitude_from_euler(0.1, 0.2, 0.3)
    vehicle = VehicleState()
    assert telemetry.read(attitude(quaternion), vehicle, 0.0) is taken
    if taken:
        assert vehicle.attitude == pytest.approx(quaternion / size, abs=1e-12)
        assert vehicle.rates.tolist() == [0.1, 0.2, 0.3]
    else:
        assert vehicle.attitude is None and not vehicle.rates.any()


@pytest.mark.parametrize("bad", [math.nan, math.inf])
@pytest.mark.parametrize("place", range(7))
def test_an_attitude_that_is_not_finite_is_none(place, bad):
    values = [1.0, 0.0, 0.0, 0.0, 0.1, 0.2, 0.3]
    values[place] = bad
    vehicle = VehicleState()
    assert not telemetry.read(attitude(values[:4], values[4:]), vehicle, 0.0)
    assert vehicle.attitude is None and not vehicle.rates.any()


def test_the_specific_force_is_read_in_its_order():
    vehicle = VehicleState()
    imu = mavlink.MAVLink_highres_imu_message(0, 1.0, 2.0, -9.8, *[0.0] * 10, 0)
    assert telemetry.read(imu, vehicle, 0.0)
    assert vehicle.force.tolist() == [1.0, 2.0, -9.8]


@pytest.mark.parametrize(
    ("voltage", "remaining", "battery", "volts"),
    [
        (15000, 50, 0.5, 15.0),
        (15000, 0, 0.0, 15.0),
        (15000, 1, 0.01, 15.0),
        (15000, 100, 1.0, 15.0),
        (15000, 101, None, 15.0),
        (15000, 127, None, 15.0),
        (15000, -1, None, 15.0),
        (0, -1, None, 0.0),
        (65534, 50, 0.5, 65.534),
        (65535, 50, 0.5, None),
    ],
)
def test_charge_and_voltage_of_the_battery_and_what_is_unknown(voltage, remaining, battery, volts):
    vehicle = VehicleState(battery=0.9, voltage=9.0)
    assert telemetry.read(status(voltage, remaining), vehicle, 0.0)
    assert (vehicle.battery, vehicle.voltage) == (battery, volts)


@pytest.mark.parametrize(("count", "received"), [(1, 1), (4, 4), (16, 16), (17, 16), (18, 16)])
def test_as_many_channels_of_the_remote_control_are_read_as_it_counts_and_16_at_most(
    count, received
):
    vehicle = VehicleState()
    values = [1000 + i for i in range(18)]
    assert telemetry.read(channels(count, values), vehicle, 5.0)
    assert vehicle.sticks == tuple(values[:received]) and vehicle.sticks_time == 5.0


def test_a_remote_control_without_channels_is_none():
    vehicle = VehicleState()
    assert not telemetry.read(channels(0, [1500] * 4), vehicle, 5.0)
    assert vehicle.sticks is None and vehicle.sticks_time is None


@pytest.mark.parametrize(
    ("lat", "lon", "known"), [(0, 0, False), (0, 1, True), (1, 0, True), (-5, 7, True)]
)
def test_a_global_position_of_zero_and_zero_is_none(lat, lon, known):
    vehicle = VehicleState()
    message = mavlink.MAVLink_global_position_int_message(0, lat, lon, 0, 0, 0, 0, 0, 0)
    assert telemetry.read(message, vehicle, 5.0) is known
    assert vehicle.global_time == (5.0 if known else None)


def test_what_is_no_telemetry_brings_nothing():
    vehicle = VehicleState()
    assert telemetry.read(text("hello"), vehicle, 1.0) is False
    assert vehicle.heartbeat is None and vehicle.position is None


# Texts.


def test_a_text_without_a_number_is_whole_however_long():
    (found,) = TextJoiner().add(text("x" * CHUNK, 0, 0, 4), 1.5)
    assert (found.time, found.severity, found.text) == (1.5, 4, "x" * 50)


def test_a_short_text_is_whole_whatever_its_number_and_loses_its_edges():
    (found,) = TextJoiner().add(text("  PreArm: check \n", 9, 0, 3), 1.5)
    assert (found.time, found.severity, found.text) == (1.5, 3, "PreArm: check")


def test_three_chunks_keep_the_first_severity_and_the_last_time():
    message = "a" * 49 + " " + "b" * 50 + "c "
    joiner = TextJoiner()
    assert joiner.add(text(message[:50], 4, 0, 2), 1.0) == []
    assert joiner.add(text(message[100:], 4, 2, 6), 1.1) == []
    (found,) = joiner.add(text(message[50:100], 4, 1, 6), 1.2)
    assert (found.time, found.severity, found.text) == (1.2, 2, message.strip())
    assert joiner.expired(9.0) == []


def test_two_texts_do_not_mix():
    joiner = TextJoiner()
    for number, letter in ((1, "a"), (2, "b")):
        assert joiner.add(text(letter * 50, number, 0), 1.0) == []
    assert [found.text for found in joiner.add(text("!", 2, 1), 1.0)] == ["b" * 50 + "!"]
    assert [found.text for found in joiner.add(text("?", 1, 1), 1.0)] == ["a" * 50 + "?"]


def test_a_hole_in_a_text_is_shown():
    joiner = TextJoiner()
    assert joiner.add(text("a" * 50, 4, 0), 1.0) == []
    assert joiner.add(text("end", 4, 2), 1.1) == []
    assert [found.text for found in joiner.expired(2.0)] == ["a" * 50 + " ... end ..."]
    joiner.add(text("end", 5, 1, 3), 3.0)
    (found,) = joiner.expired(4.0)
    assert (found.time, found.severity, found.text) == (4.0, 3, "... end ...")


@pytest.mark.parametrize(
    ("waited", "late"), [(0.0, False), (0.499, False), (PATIENCE, True), (0.6, True), (-0.1, True)]
)
def test_the_rest_of_a_text_is_waited_for_half_a_second_and_not_for_a_clock_that_was_set_back(
    waited, late
):
    joiner = TextJoiner()
    joiner.add(text("x" * 50, 7), 0.0)
    assert bool(joiner.expired(waited)) is late


def test_the_wait_begins_with_the_first_chunk():
    joiner = TextJoiner()
    joiner.add(text("x" * 50, 7, 0), 0.0)
    joiner.add(text("y" * 50, 7, 1), 0.4)
    assert [found.text for found in joiner.expired(0.5)] == ["x" * 50 + "y" * 50 + " ..."]


def test_older_dialects_texts_without_numbers_and_raw_bytes_are_read():
    class Old:
        severity = 4
        text = "Größe".encode() + b"\xff"

    (found,) = TextJoiner().add(Old(), 1.0)
    assert (found.text, found.severity) == ("Größe\ufffd", 4)
    Old.text = b"x" * 50
    assert [found.text for found in TextJoiner().add(Old(), 1.0)] == ["x" * 50]


# The adapter: which senders count.


@pytest.mark.parametrize(
    ("system", "component", "vehicle"),
    [(1, 1, True), (1, 154, False), (1, 0, False), (2, 1, False), (255, 190, False)],
)
def test_only_component_1_of_the_vehicles_system_is_received(system, component, vehicle):
    adapter = MavlinkAdapter(PX4)
    message = sent_by(heartbeat(), system, component)
    assert adapter.is_vehicle(message) is vehicle
    assert adapter.receive(message, 1.0) is vehicle
    assert adapter.foreign == (0 if vehicle else 1)
    assert adapter.session.phase is (Phase.READY if vehicle else Phase.OFFLINE)
    adapter.receive(message, 1.1)
    assert adapter.foreign == (0 if vehicle else 2)


@pytest.mark.parametrize("target", [1, None])
@pytest.mark.parametrize(
    ("component", "kind"),
    [
        (154, mavlink.MAV_TYPE_GIMBAL),
        (156, mavlink.MAV_TYPE_ADSB),
        (100, mavlink.MAV_TYPE_CAMERA),
        (191, mavlink.MAV_TYPE_ONBOARD_CONTROLLER),
        (190, mavlink.MAV_TYPE_GCS),
        (0, mavlink.MAV_TYPE_GENERIC),
        (1, mavlink.MAV_TYPE_GCS),
    ],
)
def test_what_is_no_autopilot_neither_makes_nor_keeps_a_link(component, kind, target):
    adapter = MavlinkAdapter(PX4, target=target)
    other = sent_by(
        mavlink.MAVLink_heartbeat_message(kind, mavlink.MAV_AUTOPILOT_INVALID, 0, 0, 4, 3),
        1,
        component,
    )
    for now in (0.0, 1.0):
        assert not adapter.receive(other, now) and not adapter.is_vehicle(other)
        adapter.update(now)
    assert adapter.session.phase is Phase.OFFLINE and adapter.target is target
    adapter.receive(sent_by(heartbeat()), 1.5)
    assert adapter.session.phase is Phase.READY
    for i in range(1, 41):
        assert not adapter.receive(other, 1.5 + 0.1 * i)
        adapter.update(1.5 + 0.1 * i)
    assert adapter.session.phase is Phase.OFFLINE


def test_a_heartbeat_of_component_1_that_is_no_autopilot_is_ignored():
    adapter = MavlinkAdapter(PX4)
    assert not adapter.receive(sent_by(heartbeat(autopilot=mavlink.MAV_AUTOPILOT_INVALID)), 1.0)
    assert adapter.foreign == 1 and adapter.session.vehicle.heartbeat is None


def test_without_a_target_the_first_autopilot_received_is_the_vehicle():
    adapter = MavlinkAdapter(PX4, target=None)
    station = sent_by(heartbeat(autopilot=mavlink.MAV_AUTOPILOT_INVALID), 255, 1)
    for foreign in (station, sent_by(position(), 5, 1), sent_by(heartbeat(), 5, 100)):
        assert not adapter.is_vehicle(foreign) and not adapter.receive(foreign, 0.0)
    assert adapter.target is None and adapter.foreign == 3
    assert adapter.receive(sent_by(heartbeat(), 5, 1), 1.0)
    assert adapter.target == 5
    assert not adapter.receive(sent_by(heartbeat(), 6, 1), 1.1)
    assert adapter.receive(sent_by(position(), 5, 1), 1.2)
    assert {message.target_system for message in adapter.take()} == {5}


def test_a_position_reaches_the_session_only_with_progress():
    adapter = connected()
    assert adapter.receive(sent_by(position(1.0)), 1.0)
    assert not adapter.receive(sent_by(position(1.0)), 1.1)
    assert adapter.session.vehicle.position_time == 1.0
    assert adapter.session.now == 1.1


def test_the_session_receives_every_position_that_makes_progress_and_no_other():
    adapter, reported = connected(), []
    adapter.session.received_position = reported.append
    adapter.receive(sent_by(position(1.0)), 1.0)
    adapter.receive(sent_by(position(1.0)), 1.1)
    adapter.receive(sent_by(attitude()), 1.2)
    assert reported == [1.0]


# The adapter: texts and parameters.


@pytest.mark.parametrize(
    ("severity", "warning"), [(0, True), (3, True), (4, True), (5, False), (7, False)]
)
def test_texts_are_warnings_from_the_severity_warning_on(severity, warning):
    adapter = connected()
    adapter.session.events()
    adapter.receive(sent_by(text("PreArm: no", severity=severity)), 2.0)
    (event,) = adapter.session.events()
    assert (event.time, event.trouble, event.text) == (2.0, warning, "autopilot: PreArm: no")
    assert adapter.session.warnings(0.0) == (["PreArm: no"] if warning else [])


def test_a_text_whose_rest_is_lost_is_returned_after_a_while():
    adapter = connected()
    adapter.receive(sent_by(text("x" * 50, 3)), 1.0)
    adapter.session.events()
    adapter.update(1.4)
    assert adapter.session.events() == []
    adapter.update(1.6)
    assert [event.text for event in adapter.session.events()] == ["autopilot: " + "x" * 50 + " ..."]


@PROFILES
def test_a_parameter_is_understood_and_set_again_in_the_type_that_it_came_in(autopilot):
    adapter = connected(autopilot)
    kind = mavlink.MAV_PARAM_TYPE_INT16
    adapter.receive(
        sent_by(messages.parameter_value_message("SOME", -7, kind, autopilot.bytewise)), 1.0
    )
    assert adapter.session.parameters == {"SOME": -7.0}
    adapter.set_parameter("SOME", 12)
    (message,) = adapter.take()
    assert fields(message) == fields(
        messages.set_parameter(1, "SOME", 12, kind, autopilot.bytewise)
    )
    with pytest.raises(KeyError):
        adapter.set_parameter("OTHER", 1)


def asked(adapter):
    """What it asks for: message ids with the time between them in us, and names of parameters."""
    intervals, names = {}, []
    for message in adapter.take():
        if message.get_type() == "COMMAND_LONG":
            assert message.command == mavlink.MAV_CMD_SET_MESSAGE_INTERVAL
            intervals[int(message.param1)] = message.param2
        else:
            assert message.get_type() == "PARAM_REQUEST_READ"
            names.append(message.param_id)
        assert message.target_system == 3
    return intervals, names


@PROFILES
def test_it_greets_by_asking_for_every_message_and_for_the_parameters_of_the_failsafes(autopilot):
    adapter = MavlinkAdapter(autopilot, target=3)
    adapter.greet()
    intervals, names = asked(adapter)
    assert intervals == pytest.approx(
        {number: 1e6 / rate for number, rate in messages.WANTED.items()}
    )
    assert tuple(names) == failsafe_parameters(autopilot.name)


@PROFILES
def test_what_does_not_come_is_asked_for_again_some_times_and_the_essential_for_ever(autopilot):
    adapter = MavlinkAdapter(autopilot, target=3)
    for _ in range(2):
        for _ in range(TRIES):
            adapter.ask_again()
            intervals, names = asked(adapter)
            assert set(intervals) == set(messages.WANTED) and tuple(names) == failsafe_parameters(
                autopilot.name
            )
            assert intervals[mavlink.MAVLINK_MSG_ID_EXTENDED_SYS_STATE] == 200_000.0
        for _ in range(3):
            adapter.ask_again()
            intervals, names = asked(adapter)
            assert set(intervals) == messages.ESSENTIAL and names == []
        adapter.greet()  # after a reboot it begins anew
        adapter.take()


def test_the_session_behind_it_flies_as_commanded():
    assert MavlinkAdapter(PX4, SessionConfig(rate=25.0)).session.config.rate == 25.0


def test_what_has_come_is_not_asked_for_again():
    adapter = MavlinkAdapter(PX4, target=3)
    adapter.receive(sent_by(heartbeat(), 3), 0.0)
    adapter.take()
    for message in (
        position(),
        status(),
        messages.parameter_value_message("GF_ACTION", 1, mavlink.MAV_PARAM_TYPE_INT32, True),
    ):
        adapter.receive(sent_by(message, 3), 0.1)
    adapter.ask_again()
    intervals, names = asked(adapter)
    missing = set(messages.WANTED) - {
        mavlink.MAVLINK_MSG_ID_LOCAL_POSITION_NED,
        mavlink.MAVLINK_MSG_ID_SYS_STATUS,
    }
    assert set(intervals) == missing
    assert set(names) == set(failsafe_parameters("PX4")) - {"GF_ACTION"}
    adapter.greet()
    adapter.take()
    adapter.ask_again()
    assert set(asked(adapter)[0]) == set(
        messages.WANTED
    )  # what came before a reboot does not count


# The adapter: what the session asks for.


@PROFILES
@pytest.mark.parametrize(
    ("kind", "value", "number", "parameters"),
    [
        (RequestKind.ARM, 0.0, 400, (1, 0, 0, 0, 0, 0, 0)),
        (RequestKind.DISARM, 0.0, 400, (0, 0, 0, 0, 0, 0, 0)),
        (RequestKind.LAND, 0.0, 21, (0, 0, 0, 0, 0, 0, 0)),
        (RequestKind.TAKE_OFF, 2.5, 22, (0, 0, 0, 0, 0, 0, 2.5)),
    ],
)
def test_requests_are_commands_to_the_vehicle(autopilot, kind, value, number, parameters):
    adapter = MavlinkAdapter(autopilot, target=4)
    adapter.request(kind, value, 2)
    (message,) = adapter.take()
    assert adapter.take() == []
    assert fields(message) == fields(messages.command_long(4, number, parameters, 2))
    adapter.request(kind)
    assert fields(adapter.take()[0]) == fields(
        messages.command_long(4, number, (*parameters[:6], 0.0))
    )


@pytest.mark.parametrize(
    ("autopilot", "mode", "parameters"),
    [
        (PX4, PX4.follow, (1, 6, 0)),
        (PX4, PX4.hold, (1, 4, 3)),
        (PX4, PX4.land, (1, 4, 6)),
        (PX4, 0xFF_FF_1234, (1, 255, 255)),
        (ARDUPILOT, ARDUPILOT.land, (1, 9, 0)),
    ],
)
def test_a_mode_is_asked_for_as_its_autopilot_counts(autopilot, mode, parameters):
    adapter = MavlinkAdapter(autopilot, target=4)
    adapter.request(RequestKind.MODE, float(mode), 1)
    (message,) = adapter.take()
    assert fields(message) == fields(messages.command_long(4, 176, parameters, 1))


@PROFILES
def test_set_points_and_life_go_out_as_messages(autopilot):
    adapter = MavlinkAdapter(autopilot, target=4)
    adapter.session.now = 3.0
    adapter.send_set_point(Command(1.0, 2.0, 3.0, 4.0))
    adapter.show_life()
    adapter.read_parameter("A")
    point, life, reading = adapter.take()
    assert fields(point) == fields(messages.set_point(Command(1.0, 2.0, 3.0, 4.0), 3.0, 4))
    assert life.type == (6 if autopilot is PX4 else 18)
    assert fields(reading) == fields(messages.read_parameter(4, "A"))
    assert adapter.ready(3.0) == "" and adapter.warnings() == []


# The adapter: answers.


@pytest.mark.parametrize(
    ("result", "answer"),
    [
        (0, Answer.ACCEPTED),
        (1, Answer.TEMPORARILY_REJECTED),
        (2, Answer.DENIED),
        (3, Answer.UNSUPPORTED),
        (4, Answer.FAILED),
        (5, Answer.IN_PROGRESS),
        (6, Answer.CANCELLED),
        (77, Answer.FAILED),
    ],
)
def test_an_answer_finds_its_request(result, answer):
    adapter = connected()
    adapter.request(RequestKind.LAND)
    assert adapter.receive(sent_by(acknowledgement(21, result)), 3.0)
    reply = adapter.session.replies[RequestKind.LAND]
    assert (reply.answer, reply.time) == (answer, 3.0)


@pytest.mark.parametrize("kind", COMMANDS)
def test_an_answer_without_a_request_is_no_answer(kind):
    adapter = connected()
    assert not adapter.receive(sent_by(acknowledgement(COMMANDS[kind])), 3.0)
    assert adapter.session.replies == {} and adapter.foreign == 0


@pytest.mark.parametrize(
    ("to", "ours"),
    [
        ((247, 191), True),
        ((0, 0), True),
        ((247, 0), False),
        ((247, 190), False),
        ((0, 191), False),
        ((255, 190), False),
    ],
)
def test_an_answer_counts_only_if_it_is_addressed_to_us_or_to_all(to, ours):
    adapter = connected()
    adapter.request(RequestKind.ARM)
    for count in (1, 2):
        assert adapter.receive(sent_by(acknowledgement(400, 0, to)), 3.0) is ours
        assert adapter.foreign == (0 if ours else count)
    assert (RequestKind.ARM in adapter.session.replies) is ours


def test_an_answer_for_another_identity_of_ours():
    adapter = connected(system=10, component=20)
    adapter.request(RequestKind.ARM)
    assert not adapter.receive(sent_by(acknowledgement(400, 0, (247, 191))), 3.0)
    assert adapter.receive(sent_by(acknowledgement(400, 0, (10, 20))), 3.0)


def test_an_acknowledgement_of_an_older_dialect_is_addressed_to_all():
    adapter = connected()
    adapter.request(RequestKind.ARM)
    message = sent_by(acknowledgement(400))
    del message.target_system, message.target_component
    assert adapter.receive(message, 3.0)


# The adapter: how long the link needs.


def poll(adapter, now):
    adapter.session.now = now
    adapter.ask_for_heartbeat()
    (message,) = adapter.take()
    assert fields(message) == fields(
        messages.command_long(1, mavlink.MAV_CMD_REQUEST_MESSAGE, (0,))
    )


def answer_poll(adapter, now, to=(247, 191)):
    adapter.receive(sent_by(acknowledgement(mavlink.MAV_CMD_REQUEST_MESSAGE, 0, to)), now)


def test_the_time_of_a_question_and_its_answer_is_measured_question_by_question():
    adapter = connected()
    poll(adapter, 1.0)
    poll(adapter, 1.2)
    answer_poll(adapter, 1.5)
    assert adapter.session.round_trip == pytest.approx(0.5)
    answer_poll(adapter, 1.6)
    assert adapter.session.round_trip == pytest.approx(0.9 * 0.5 + 0.1 * 0.4)
    before = adapter.session.round_trip
    answer_poll(adapter, 1.7)
    assert adapter.session.round_trip == before  # nothing was asked any more
    poll(adapter, 2.0)
    answer_poll(adapter, 2.0)
    assert adapter.session.round_trip == pytest.approx(0.9 * before)


def test_an_answer_to_another_system_measures_nothing():
    adapter = connected()
    poll(adapter, 1.0)
    answer_poll(adapter, 1.5, (255, 190))
    assert adapter.session.round_trip == 0.0
    adapter.request(RequestKind.ARM)
    adapter.receive(sent_by(acknowledgement(400)), 1.6)
    assert adapter.session.round_trip == 0.0


@pytest.mark.parametrize(
    ("after", "trip"), [(0.0, 0.0), (LONGEST_ANSWER, 2.0), (LONGEST_ANSWER + 0.01, 0.01)]
)
def test_a_question_that_waits_for_more_than_two_seconds_is_lost(after, trip):
    adapter = connected()
    poll(adapter, 1.0)
    poll(adapter, 1.0 + LONGEST_ANSWER)
    answer_poll(adapter, 1.0 + after if after else 1.0)
    assert adapter.session.round_trip == pytest.approx(trip)


def test_a_question_from_the_future_is_lost():
    """The clock was set back meanwhile."""
    adapter = connected()
    poll(adapter, 5.0)
    poll(adapter, 1.0)
    answer_poll(adapter, 1.3)
    assert adapter.session.round_trip == pytest.approx(0.3)


def asks(adapter, now):
    """Whether a heartbeat is asked for at ``now``."""
    adapter.session.now = now
    adapter.ask_for_heartbeat()
    return len(adapter.take()) == 1


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("slow", [False, True], ids=["fast", "slow"])
def test_questions_wait_for_answers_only_on_a_slow_link_while_nothing_of_ours_goes_on(phase, slow):
    adapter = connected()
    adapter.session.phase = phase
    adapter.session.round_trip = SLOWEST_LINK + (0.01 if slow else 0.0)
    assert asks(adapter, 1.0)
    assert asks(adapter, 1.2) is not (slow and phase in (Phase.READY, Phase.RELEASED))


def seems_slow(*questions):
    """An adapter whose link seems slow, with questions at these times that wait for an answer."""
    adapter = connected()
    for time in questions:
        poll(adapter, time)
    adapter.session.round_trip = 1.5
    return adapter


def test_no_question_follows_while_answers_to_several_questions_may_be_on_their_way():
    adapter = seems_slow(1.0, 1.2)
    answer_poll(adapter, 1.3)
    assert not asks(adapter, 1.4)
    # Which question this answers is unknown: the waiting begins anew, and nothing is measured.
    before = adapter.session.round_trip
    answer_poll(adapter, 5.0)
    assert adapter.session.round_trip == before
    assert not asks(adapter, 5.0 + DRAIN)
    assert asks(adapter, 5.1 + DRAIN)
    answer_poll(adapter, 5.2 + DRAIN)
    # It answers that question, and no older one.
    assert adapter.session.round_trip == pytest.approx(0.9 * before + 0.1 * 0.1)
    assert asks(adapter, 5.3 + DRAIN)


def test_the_first_answer_to_several_questions_counts_from_the_oldest():
    adapter = seems_slow(1.0, 1.2, 1.4)
    answer_poll(adapter, 3.0)
    assert adapter.session.round_trip == 2.0


def test_a_question_that_is_lost_is_followed_by_another_one_whose_answer_counts_in_full():
    adapter = seems_slow(1.0)
    assert not asks(adapter, 1.0 + QUIET)
    assert asks(adapter, 1.1 + QUIET)
    # It may be the late answer to the first one.
    answer_poll(adapter, 1.2 + QUIET)
    assert adapter.session.round_trip == LINK_LOST
    assert not asks(adapter, 1.2 + QUIET + DRAIN)
    assert asks(adapter, 1.3 + QUIET + DRAIN)


def test_questions_that_overlapped_are_forgotten_when_the_link_begins_to_seem_slow():
    adapter = connected()
    for time in (1.0, 1.2, 1.4, 1.6):
        poll(adapter, time)
    answer_poll(adapter, 2.0)
    assert adapter.session.round_trip == 1.0
    # The second answer would be that to the question of 1.2 s, or of 1.4 s if one was lost.
    answer_poll(adapter, 2.1)
    assert adapter.session.round_trip == 1.0
    assert not asks(adapter, 2.1 + DRAIN) and asks(adapter, 2.2 + DRAIN)


def test_no_question_follows_at_once_when_the_link_begins_to_seem_slow():
    adapter = connected()
    poll(adapter, 1.0)
    poll(adapter, 1.2)
    answer_poll(adapter, 2.0)
    assert adapter.session.round_trip > SLOWEST_LINK
    assert not asks(adapter, 2.0 + DRAIN) and asks(adapter, 2.1 + DRAIN)


def test_questions_of_a_flight_that_has_ended_are_waited_for_from_the_last_answer_on():
    adapter = connected()
    adapter.session.phase = Phase.FLYING
    poll(adapter, 1.0)
    poll(adapter, 1.2)
    answer_poll(adapter, 2.9)
    adapter.session.phase = Phase.READY
    assert adapter.session.round_trip > SLOWEST_LINK
    assert not asks(adapter, 2.9 + QUIET) and asks(adapter, 3.0 + QUIET)


def test_a_late_answer_to_a_single_question_is_measured_in_full():
    adapter = seems_slow(1.0)
    answer_poll(adapter, 3.5)
    assert adapter.session.round_trip == 2.5


def test_a_clock_that_goes_back_makes_no_question_lost_at_once():
    adapter = seems_slow(50.0)
    assert not asks(adapter, 1.0) and not asks(adapter, 1.0 + DRAIN)
    assert asks(adapter, 1.1 + DRAIN)


def test_a_thousand_requests_without_an_answer_are_not_kept():
    adapter = connected()
    for i in range(1000):
        poll(adapter, 1.0 + 0.001 * i)
    answer_poll(adapter, 2.0)
    assert adapter.session.round_trip < 0.05


# Both autopilots, and their failsafes.


@PROFILES
def test_modes_that_we_ask_for_are_ours_and_only_landing_lands(autopilot):
    assert autopilot.ours == {
        autopilot.follow,
        autopilot.hold,
        autopilot.pilot_hold,
        autopilot.land,
    }
    assert autopilot.landing_modes == {autopilot.land}
    assert autopilot_profile(autopilot.name.lower()) is autopilot


def test_a_mode_is_named_or_shown_as_its_number():
    assert PX4.mode_name(None) == ARDUPILOT.mode_name(None) == "no mode"
    assert ARDUPILOT.mode_name(0) == "STABILIZE"
    assert PX4.mode_name(0x30000) == "POSCTL"
    assert ARDUPILOT.mode_name(255) == "mode 0xff"


def test_an_unknown_autopilot_is_named_with_the_choice():
    with pytest.raises(UserError) as error:
        autopilot_profile("betaflight")
    assert str(error.value) == "unknown autopilot 'betaflight'. choose one of: px4, ardupilot"


@pytest.mark.parametrize(
    ("autopilot", "kind", "text"),
    [
        (None, None, ""),
        (12, None, ""),
        (None, 2, ""),
        (12, 43, ""),
        (3, 2, "this vehicle is flown by ArduPilot, not by PX4"),
        (99, 2, "this vehicle is flown by autopilot 99, not by PX4"),
        (12, 1, "this vehicle is a plane, not a multicopter: its modes mean something else"),
        (None, 10, "this vehicle is a rover, not a multicopter: its modes mean something else"),
        (
            12,
            77,
            "this vehicle is of MAV_TYPE 77, not a multicopter: its modes mean something else",
        ),
    ],
)
def test_a_vehicle_that_is_none_of_ours_is_refused_with_a_reason(autopilot, kind, text):
    assert PX4.wrong_vehicle(autopilot, kind) == text


def test_masks_of_the_failsafes_as_texts():
    taken = "moving the sticks takes the drone back from our set points at once"
    kept = (
        "moving the sticks does not end OFFBOARD: only the mode switch does (bit 1 would "
        "change that)"
    )
    ignored = "losing the remote control is ignored in OFFBOARD"
    acts = "losing the remote control in OFFBOARD starts its failsafe (NAV_RCL_ACT)"
    assert [explain_failsafe("COM_RC_OVERRIDE", value) for value in range(4)] == [
        kept,
        kept,
        taken,
        taken,
    ]
    assert [explain_failsafe("COM_RCL_EXCEPT", value) for value in (0, 3, 4, 7)] == [
        acts,
        acts,
        ignored,
        ignored,
    ]
    assert (
        explain_failsafe("COM_RC_OVERRIDE", -1)
        == "moving the sticks: nothing is known of what it does (value -1)"
    )
    assert not is_known_failsafe("COM_RC_OVERRIDE", -1) and not failsafe_stops_motors(
        "COM_RC_OVERRIDE", 2
    )


def test_the_tables_of_the_failsafes_are_the_same_whenever_they_are_built():
    spec = importlib.util.find_spec("liquid_nav.autopilots.failsafes")
    anew = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(anew)
    for name in (*failsafe_parameters("PX4"), *failsafe_parameters("ArduPilot")):
        for value in range(-1, 10):
            assert anew.explain_failsafe(name, value) == explain_failsafe(name, value)
            assert anew.is_known_failsafe(name, value) == is_known_failsafe(name, value)


# The receiver of the remote control.


@pytest.mark.parametrize(
    ("present", "healthy", "wanted"),
    [
        (0x10000, 0x10000, True),
        (0x10000, 0, False),
        (0, 0x10000, False),
        (0x10000, 0x20000, False),
        (0x30001, 0x10001, True),
    ],
)
def test_the_vehicle_reports_whether_its_receiver_receives_the_transmitter(
    present, healthy, wanted
):
    adapter = connected()
    assert adapter.session.vehicle.receiver_time is None
    status = mavlink.MAVLink_sys_status_message(
        present, 0, healthy, 0, 15000, 0, 50, 0, 0, 0, 0, 0, 0
    )
    assert adapter.receive(sent_by(status), 3.0)
    assert (
        adapter.session.vehicle.receiver is wanted and adapter.session.vehicle.receiver_time == 3.0
    )


def test_channels_of_the_remote_control_are_looked_at_for_the_engage_switch():
    adapter = connected(config=SessionConfig(engage_channel=5))
    received = []
    adapter.session.received_sticks = received.append
    adapter.session.received_receiver_status = lambda now: received.append(("receiver", now))
    adapter.receive(sent_by(channels(5, (1500, 1500, 1500, 1500, 2000))), 3.0)
    adapter.receive(sent_by(channels(0, ())), 4.0)
    adapter.receive(sent_by(status()), 5.0)
    assert received == [3.0, ("receiver", 5.0)]


def test_channels_keep_the_time_at_which_the_vehicle_read_them():
    adapter = connected()
    channels = mavlink.MAVLink_rc_channels_message(4250, 4, *[1500] * 4, *[65535] * 14, 0)
    adapter.receive(sent_by(channels), 3.0)
    vehicle = adapter.session.vehicle
    assert (vehicle.sticks_stamp, vehicle.sticks_time) == (4.25, 3.0)
