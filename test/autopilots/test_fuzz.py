"""Random and mutated MAVLink against both ends: nothing breaks, and nothing that was at rest begins to move.

``LIQUID_NAV_FUZZ=100000 pytest test/autopilots/test_fuzz.py`` for the full number; a few thousand otherwise.
"""

import os
import random
import struct

import pytest

mavlink = pytest.importorskip("pymavlink.dialects.v20.common")

from liquid_nav.autopilots.flavours import ARDUPILOT, PX4  # noqa: E402
from liquid_nav.autopilots.mavlink_autopilot import Autopilot  # noqa: E402
from liquid_nav.autopilots.mavlink_codec import Codec, signing_key  # noqa: E402
from liquid_nav.simulation.ardupilot_personality import ArduPilotVehicle  # noqa: E402
from liquid_nav.simulation.lock_step import LockStep, MemoryWire  # noqa: E402
from liquid_nav.simulation.px4_personality import Px4Vehicle  # noqa: E402
from liquid_nav.simulation.vehicle_body import PointBody  # noqa: E402
from liquid_nav.types import Command  # noqa: E402

COUNT = int(os.environ.get("LIQUID_NAV_FUZZ", "2000"))
KINDS = [kind for kind in mavlink.mavlink_map.values() if "SET_POSITION" not in kind.msgname]
HEARD = [mavlink.mavlink_map[number] for number in (0, 1, 22, 31, 32, 65, 77, 105, 245, 253)]
MOVING = {"SET_POSITION_TARGET_LOCAL_NED", "COMMAND_LONG", "PARAM_SET"}


def random_message(rng, kinds):
    """A message of a random kind whose fields are random bits: a valid packet with absurd contents."""
    kind = rng.choice(kinds)
    data = bytes(rng.choice((0, 255, rng.randrange(256))) for _ in range(kind.unpacker.size))
    values = list(kind.unpacker.unpack(data))
    fields, taken = [None] * len(kind.orders), 0
    for place, length in enumerate(kind.lengths):
        text = isinstance(values[taken], bytes)
        bunch = values[taken:taken + (1 if text else max(length, 1))]
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
            del data[rng.randrange(len(data) + 1):]
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


@pytest.mark.parametrize("flavour", [PX4, ARDUPILOT], ids=["px4", "ardupilot"])
def test_a_bridge_at_rest_stays_at_rest(flavour):
    autopilot, codec, now, sent = Autopilot(flavour), Codec(), 0.0, set()
    for packet in packets(COUNT, HEARD, Codec(1, 1)):
        now += 0.005
        for message in codec.decode(packet):
            autopilot.receive(message, now)
        autopilot.command(Command(1.0, 1.0, 1.0, 1.0), now)
        for message in autopilot.update(now):
            sent.add((message.get_type(), getattr(message, "command", 0)))
        autopilot.events()
    sent.discard(("COMMAND_LONG", mavlink.MAV_CMD_SET_MESSAGE_INTERVAL))
    assert not {kind for kind, _ in sent} & MOVING and codec.counts.accepted > COUNT / 8


@pytest.mark.parametrize("kind", [Px4Vehicle, ArduPilotVehicle], ids=["px4", "ardupilot"])
def test_unsigned_rubbish_and_commands_do_not_move_a_signed_flight(kind):
    key = signing_key("forest")
    vehicle = kind(PointBody(2.0), Codec(1, 1, key=key, unix_time=1.8e9))
    lock = LockStep(Autopilot(PX4 if kind is Px4Vehicle else ARDUPILOT), vehicle,
                    MemoryWire(Codec(key=key, unix_time=1.8e9)))
    everything = list(mavlink.mavlink_map.values())
    sender = Codec(255, 190)
    stream = packets(COUNT, everything, sender)
    place = None
    while (batch := [packet for _, packet in zip(range(200), stream)]):
        for i, packet in enumerate(batch):
            vehicle.receive(packet)
            for message in lock.wire.codec.decode(packet if i % 2 else packet.replace(b"\xff\xbe", b"\x01\x01")):
                lock.autopilot.receive(message, lock.now)
        if lock.autopilot.phase == "ready":
            lock.autopilot.follow("engaged", lock.now)
        for _ in range(50):
            lock.autopilot.command(Command(), lock.now)
            lock.advance(lock.now + 0.02)
        if lock.autopilot.phase == "flying" and place is None:
            place = vehicle.body.state.position
    assert place is not None and lock.autopilot.phase == "flying" and vehicle.armed
    assert float(((vehicle.body.state.position - place) ** 2).sum() ** 0.5) < 0.02


@pytest.mark.parametrize("kind", [Px4Vehicle, ArduPilotVehicle], ids=["px4", "ardupilot"])
def test_the_test_vehicle_survives_too(kind):
    vehicle = kind(PointBody(2.0))
    for packet in packets(COUNT // 2, list(mavlink.mavlink_map.values()), Codec(255, 190)):
        vehicle.receive(packet)
        vehicle.advance(vehicle.now + 0.004)
