"""Random and mutated MAVLink against both ends: nothing breaks, and nothing that was at rest begins
to move.

``LIQUID_NAV_FUZZ=100000 pytest test/autopilots/test_fuzz.py`` for the full number; a few thousand
otherwise.
"""

import os
import random
import struct

import pytest

mavlink = pytest.importorskip("pymavlink.dialects.v20.common")

from liquid_nav.autopilots.mavlink_adapter import MavlinkAdapter
from liquid_nav.autopilots.mavlink_codec import MavlinkCodec, mavlink_signing_key
from liquid_nav.autopilots.profiles import ARDUPILOT, PX4
from liquid_nav.autopilots.session_config import SessionConfig
from liquid_nav.safety import Mode, Order, Phase
from liquid_nav.sitl.lock_step import LockStep, MemoryWire
from liquid_nav.sitl.simulated_ardupilot import ArduPilotVehicle
from liquid_nav.sitl.simulated_px4 import Px4Vehicle
from liquid_nav.sitl.vehicle_body import PointBody
from liquid_nav.types import Command

COUNT = int(os.environ.get("LIQUID_NAV_FUZZ", "2000"))
KINDS = [kind for kind in mavlink.mavlink_map.values() if "SET_POSITION" not in kind.msgname]
RECEIVED_KINDS = [
    mavlink.mavlink_map[number] for number in (0, 1, 22, 31, 32, 65, 77, 105, 245, 253)
]
MOVING = {"SET_POSITION_TARGET_LOCAL_NED", "COMMAND_LONG", "PARAM_SET"}


def random_message(rng, kinds):
    """A message of a random kind whose fields are random bits: a valid packet with absurd
    contents.
    """
    kind = rng.choice(kinds)
    data = bytes(rng.choice((0, 255, rng.randrange(256))) for _ in range(kind.unpacker.size))
    values = list(kind.unpacker.unpack(data))
    fields, taken = [None] * len(kind.orders), 0
    for place, length in enumerate(kind.lengths):
        text = isinstance(values[taken], bytes)
        bunch = values[taken : taken + (1 if text else max(length, 1))]
        taken += len(bunch)
        fields[kind.orders.index(place)] = bunch[0] if text or length <= 1 else bunch
    return kind(*fields)


def mutated(rng, data):
    """The same packet with bits turned, cut or doubled."""
    data = bytearray(data)
    for _ in range(rng.randrange(1, 4)):
        what = rng.randrange(4)
        if what == 0 and data:
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        elif what == 1:
            del data[rng.randrange(len(data) + 1) :]
        elif what == 2:
            data += rng.randbytes(rng.randrange(40))
        else:
            data = data + data
    return bytes(data)


def packets(count, kinds, sender, seed=1):
    """Valid packets with random contents, mutated ones, and noise."""
    rng = random.Random(seed)
    for i in range(count):
        if i % 3 == 2:
            yield rng.randbytes(rng.randrange(80))
            continue
        try:
            data = sender.encode(random_message(rng, kinds))
        except (struct.error, TypeError, ValueError):
            continue  # what cannot even be packed
        yield data if i % 3 == 0 else mutated(rng, data)


@pytest.mark.parametrize("profile", [PX4, ARDUPILOT], ids=["px4", "ardupilot"])
def test_a_bridge_at_rest_stays_at_rest(profile):
    adapter, codec, now, sent = MavlinkAdapter(profile), MavlinkCodec(), 0.0, set()
    for packet in packets(COUNT, RECEIVED_KINDS, MavlinkCodec(1, 1)):
        now += 0.005
        for message in codec.decode(packet):
            adapter.receive(message, now)
        adapter.session.command(Command(1.0, 1.0, 1.0, 1.0), now)
        for message in adapter.update(now):
            sent.add((message.get_type(), getattr(message, "command", 0)))
        adapter.session.events()
    for harmless in (mavlink.MAV_CMD_SET_MESSAGE_INTERVAL, mavlink.MAV_CMD_REQUEST_MESSAGE):
        sent.discard(("COMMAND_LONG", harmless))
    assert not {kind for kind, _ in sent} & MOVING and codec.counts.accepted > COUNT / 8


@pytest.mark.parametrize("kind", [Px4Vehicle, ArduPilotVehicle], ids=["px4", "ardupilot"])
def test_unsigned_rubbish_and_commands_do_not_move_a_signed_flight(kind):
    key = mavlink_signing_key("forest")
    vehicle = kind(PointBody(2.0), MavlinkCodec(1, 1, key=key, unix_time=1.8e9))
    lock = LockStep(
        MavlinkAdapter(PX4 if kind is Px4Vehicle else ARDUPILOT),
        vehicle,
        MemoryWire(MavlinkCodec(key=key, unix_time=1.8e9)),
    )
    session = lock.session
    everything = list(mavlink.mavlink_map.values())
    sender = MavlinkCodec(255, 190)
    stream = packets(COUNT, everything, sender)
    session.take_order(Order("test", Mode.DISENGAGED), lock.now)
    place = None
    while batch := [packet for _, packet in zip(range(200), stream)]:
        for i, packet in enumerate(batch):
            vehicle.receive(packet)
            for message in lock.wire.codec.decode(
                packet if i % 2 else packet.replace(b"\xff\xbe", b"\x01\x01")
            ):
                lock.adapter.receive(message, lock.now)
        if session.phase is Phase.RELEASED:
            session.take_order(Order("test", Mode.ENGAGED, 1, 1), lock.now)
        for _ in range(50):
            session.command(Command(), lock.now)
            lock.advance(lock.now + 0.02)
        if session.phase is Phase.FLYING and place is None:
            place = vehicle.body.state.position
    assert place is not None and session.phase is Phase.FLYING and vehicle.armed
    assert float(((vehicle.body.state.position - place) ** 2).sum() ** 0.5) < 0.02


@pytest.mark.parametrize("kind", [Px4Vehicle, ArduPilotVehicle], ids=["px4", "ardupilot"])
def test_an_engaged_flight_stays_inside_its_limits_among_others_and_whatever_is_commanded(kind):
    """All other components on the link send everything; the supervisor commands anything. Nothing
    is signed.
    """
    profile = PX4 if kind is Px4Vehicle else ARDUPILOT
    config = SessionConfig(speed=1.5, vertical_speed=0.5, yaw_rate=0.7)
    vehicle = kind(PointBody(50.0))
    lock = LockStep(MavlinkAdapter(profile, config), vehicle)
    session, rng = lock.session, random.Random(5)
    senders = [
        MavlinkCodec(1, 154),
        MavlinkCodec(1, 191),
        MavlinkCodec(2, 1),
        MavlinkCodec(255, 190),
        MavlinkCodec(1, 0),
        MavlinkCodec(42, 42),
    ]
    streams = [packets(COUNT, RECEIVED_KINDS, sender, seed) for seed, sender in enumerate(senders)]
    session.take_order(Order("test", Mode.DISENGAGED), lock.now)
    lock.advance(2.0)
    session.take_order(Order("test", Mode.ENGAGED, 1, 1), lock.now)
    values = (0.0, 1.0, -3.0, 1e9, -1e38, float("nan"), float("inf"))
    left, received = COUNT, 0
    while left > 0:
        for _ in range(20):
            left -= 1
            for message in lock.wire.codec.decode(next(rng.choice(streams), b"")):
                received += lock.adapter.receive(message, lock.now)
        sound = Command(*(rng.uniform(-9.0, 9.0) for _ in range(4)))
        session.command(sound, lock.now)
        session.command(Command(*(rng.choice(values) for _ in range(4))), lock.now)
        lock.advance(lock.now + 0.02)
        point, state = vehicle.set_point, vehicle.body.state
        assert (point.vx**2 + point.vy**2) ** 0.5 <= 1.5 * (1 + 1e-6)
        assert abs(point.vz) <= 0.5 * (1 + 1e-6) and abs(point.yaw_rate) <= 0.7 * (1 + 1e-6)
        assert (
            float((state.velocity[:2] ** 2).sum() ** 0.5) <= 1.51 and abs(state.velocity[2]) <= 0.51
        )
    assert received == 0 and lock.adapter.foreign > COUNT / 8
    assert session.phase is Phase.FLYING, str(session.fault)


@pytest.mark.parametrize("kind", [Px4Vehicle, ArduPilotVehicle], ids=["px4", "ardupilot"])
def test_the_test_vehicle_survives_too(kind):
    vehicle = kind(PointBody(2.0))
    for packet in packets(COUNT // 2, list(mavlink.mavlink_map.values()), MavlinkCodec(255, 190)):
        vehicle.receive(packet)
        vehicle.advance(vehicle.now + 0.004)
