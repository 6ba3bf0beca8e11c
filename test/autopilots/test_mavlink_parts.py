"""Codec, texts, parameters and connections: the parts that a MAVLink flight is made of."""

import math
import struct

import pytest

mavlink = pytest.importorskip("pymavlink.dialects.v20.common")

from liquid_nav.autopilots import mavlink_messages as messages
from liquid_nav.autopilots.link import MavlinkLink
from liquid_nav.autopilots.mavlink_codec import (
    COMPANION_SYSTEM_ID,
    MavlinkCodec,
    mavlink_signing_key,
)
from liquid_nav.autopilots.mavlink_text import TextJoiner
from liquid_nav.autopilots.profiles import ARDUPILOT, PX4, autopilot_profile
from liquid_nav.errors import UserError
from liquid_nav.types import Command

KEY = mavlink_signing_key("a secret")
SOME = messages.set_point(Command(1.0, 2.0, 3.0, 0.5), 12.5, 1)


def kinds(received):
    return [message.get_type() for message in received]


def text(content, number=0, part=0, severity=2):
    return mavlink.MAVLink_statustext_message(severity, content.encode(), number, part)


def test_there_and_back():
    codec = MavlinkCodec(listen_to=COMPANION_SYSTEM_ID)
    (message,) = codec.decode(codec.encode(SOME))
    assert (message.coordinate_frame, message.type_mask, message.time_boot_ms) == (8, 0x5C7, 12500)
    assert (message.vx, message.vy, message.vz, message.yaw_rate) == (1.0, -2.0, -3.0, -0.5)
    assert codec.encode(SOME)[4] == 1  # the second packet has the next number


def test_other_systems_and_rubbish_are_ignored():
    codec, other = MavlinkCodec(listen_to=1), MavlinkCodec(9, 1)
    assert codec.decode(other.encode(SOME)) == []
    packet = bytearray(MavlinkCodec(1, 1).encode(SOME))
    packet[20] ^= 0x55
    assert codec.decode(bytes(packet)) == [] and codec.decode(b"\x00\xff hello \xfd") == []
    assert (codec.counts.foreign, codec.counts.bad >= 1, codec.counts.accepted) == (1, True, 0)
    # Half a packet in one datagram does not swallow the next datagram.
    assert codec.decode(MavlinkCodec(1, 1).encode(SOME)[:15]) == []
    assert kinds(codec.decode(MavlinkCodec(1, 1).encode(SOME))) == ["SET_POSITION_TARGET_LOCAL_NED"]


def test_a_stream_is_put_together_from_pieces():
    codec, data = MavlinkCodec(datagrams=False), MavlinkCodec(1, 1).encode(SOME)
    assert codec.decode(data[:7]) == [] and kinds(codec.decode(data[7:])) == [
        "SET_POSITION_TARGET_LOCAL_NED"
    ]


def test_signing():
    now = 1_800_000_000.0
    ours, theirs = (
        MavlinkCodec(255, 190, key=KEY, unix_time=now),
        MavlinkCodec(1, 1, key=KEY, unix_time=now),
    )
    packet = ours.encode(SOME)
    assert kinds(theirs.decode(packet)) == ["SET_POSITION_TARGET_LOCAL_NED"]
    assert theirs.decode(packet) == []  # replayed
    assert theirs.decode(MavlinkCodec(255, 190).encode(SOME)) == []  # unsigned
    assert (
        theirs.decode(
            MavlinkCodec(255, 190, key=mavlink_signing_key("other"), unix_time=now + 1e6).encode(
                SOME
            )
        )
        == []
    )
    assert theirs.decode(MavlinkCodec(255, 190).encode(SOME).replace(b"\xfd", b"\xfe", 1)) == []
    assert theirs.counts.rejected == 3
    # A forged packet from the future has not shut the true sender out.
    assert kinds(theirs.decode(ours.encode(SOME))) == ["SET_POSITION_TARGET_LOCAL_NED"]
    assert kinds(MavlinkCodec().decode(ours.encode(SOME))) == [
        "SET_POSITION_TARGET_LOCAL_NED"
    ]  # no key: no check


def test_a_key_has_32_bytes():
    with pytest.raises(ValueError, match="32"):
        MavlinkCodec(key=b"short")


def test_chunks_are_joined_in_any_order():
    message = "SET_POSITION_TARGET_LOCAL_NED coordinate frame 9 unsupported\t"
    joiner = TextJoiner()
    assert joiner.add(text(message[:50], 4, 0), 1.0) == []
    assert [t.text for t in joiner.add(text("short", 5), 1.0)] == ["short"]
    assert [(t.text, t.severity) for t in joiner.add(text(message[50:], 4, 1), 1.1)] == [
        (message.strip(), 2)
    ]
    assert joiner.add(text(message[50:], 6, 1), 2.0) == []
    assert [t.text for t in joiner.add(text(message[:50], 6, 0), 2.0)] == [message.strip()]


def test_a_text_whose_rest_is_lost_comes_out_all_the_same():
    joiner = TextJoiner()
    joiner.add(text("x" * 50, 7), 1.0)
    assert joiner.expired(1.2) == []
    assert [t.text for t in joiner.expired(1.6)] == ["x" * 50 + " ..."]
    assert joiner.expired(2.0) == []


@pytest.mark.parametrize("bytewise", [True, False])
def test_parameters_as_either_autopilot_sends_them(bytewise):
    kind = mavlink.MAV_PARAM_TYPE_INT32
    for value in (0, 5, -3, 65536):
        sent = messages.encode_parameter(value, kind, bytewise)
        sent = struct.unpack("<f", struct.pack("<f", sent))[0]
        assert messages.decode_parameter(sent, kind, bytewise) == value
    assert messages.encode_parameter(5, kind, True) == pytest.approx(
        7.006492321624085e-45
    )  # as recorded from a real PX4
    assert messages.encode_parameter(1.5, mavlink.MAV_PARAM_TYPE_REAL32, bytewise) == 1.5


def test_modes():
    assert PX4.mode_parameters(PX4.follow) == (1, 6, 0) and PX4.mode_parameters(PX4.hold) == (
        1,
        4,
        3,
    )
    assert ARDUPILOT.mode_parameters(ARDUPILOT.follow) == (1, 4, 0)
    assert (PX4.mode_name(0x6040000), ARDUPILOT.mode_name(17), PX4.mode_name(77)) == (
        "AUTO.LAND",
        "BRAKE",
        "mode 0x4d",
    )
    with pytest.raises(UserError, match="px4, ardupilot"):
        autopilot_profile("betaflight")


def test_external_vision_is_in_the_autopilots_frames():
    north = (math.sqrt(0.5), 0.0, 0.0, math.sqrt(0.5))
    m = messages.external_vision_message(
        1.0, (1.0, 2.0, 3.0), north, (0.0, 1.0, 0.0), (0.0, 0.0, 0.2)
    )
    assert (m.x, m.y, m.z, m.vx, m.vy) == (2.0, 1.0, -3.0, 1.0, 0.0)
    assert m.q == pytest.approx([1.0, 0.0, 0.0, 0.0]) and m.yawspeed == -0.2


@pytest.mark.parametrize(
    "text", ["", "udp", "udp:here", "tcp:host:", "blue:a:1", "udp:a:99999", "serial:/dev/x:fast"]
)
def test_a_connection_that_cannot_be_read_is_named(text):
    with pytest.raises(UserError):
        MavlinkLink(text, MavlinkCodec())


def opened(link, now):
    """Wait for the attempt to open it, which goes on beside us."""
    link.receive(now)
    if link._opening is not None:
        link._opening.exception(timeout=5.0)
    link.receive(now)


def test_a_link_that_is_down_reports_why_and_comes_back():
    from liquid_nav.sitl.vehicle_server import TcpServer

    server = TcpServer(port=0)
    port = server.address[1]
    link = MavlinkLink(f"tcp:127.0.0.1:{port}", MavlinkCodec(datagrams=False))
    link.send([SOME], 0.0)
    opened(link, 0.0)
    assert link.problem == ""
    server.close()
    for _ in range(1000):
        link.receive(0.1)
        if link.problem:
            break
    assert str(port) in link.problem
    assert link.receive(0.2) == [] and link.wire is None  # not at once again
    server = TcpServer(port=port)
    opened(link, 2.0)
    assert link.problem == ""
    link.close()
    server.close()
