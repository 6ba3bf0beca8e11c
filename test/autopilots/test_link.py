"""Who is answered on a UDP port: the vehicle alone."""

import pytest
from pymavlink.dialects.v20 import common as mavlink

from liquid_nav.autopilots import PX4
from liquid_nav.autopilots.link import MOST_DECODED, MOVES, MavlinkLink
from liquid_nav.autopilots.mavlink_adapter import MavlinkAdapter
from liquid_nav.autopilots.mavlink_codec import MavlinkCodec
from liquid_nav.sitl.other_components import Gimbal, GroundStation, SecondVehicle
from liquid_nav.sitl.simulated_px4 import Px4Vehicle
from liquid_nav.sitl.vehicle_body import PointBody
from liquid_nav.sitl.vehicle_server import UdpServer


@pytest.fixture
def ends():
    """A link that listens, and two senders on ports of their own."""
    adapter = MavlinkAdapter(PX4)
    link = MavlinkLink("udp:127.0.0.1:0", MavlinkCodec(), adapter.is_vehicle)
    link.receive(0.0)
    port = link.wire.port
    first, second = UdpServer(port=port), UdpServer(port=port)
    yield adapter, link, first, second
    for end in (first, second, link):
        end.close()


def heartbeat(vehicle):
    return vehicle.codec.encode(vehicle.heartbeat())


def receive(link, now):
    """Take what has been sent; the loopback needs no time."""
    for _ in range(1000):
        messages = link.receive(now)
        if messages or link.strangers:
            return messages
    return []


def answers(link, end, other, now):
    """Whether an answer goes to ``end`` and not to ``other``."""
    adapter = MavlinkAdapter(PX4)
    adapter.show_life()
    link.send(adapter.take(), now)
    for _ in range(1000):
        if end.receive():
            return not other.receive()
    return False


@pytest.mark.parametrize("stranger", [SecondVehicle, GroundStation, Gimbal])
def test_the_vehicle_is_answered_whoever_else_sends(ends, stranger):
    adapter, link, first, second = ends
    first.send([heartbeat(Px4Vehicle(PointBody(0.0)))])
    receive(link, 1.0)
    second.send(stranger().packets(0.0))
    receive(link, 1.1)
    assert answers(link, first, second, 1.2)


def test_nothing_is_sent_before_the_vehicle_sends(ends):
    adapter, link, first, second = ends
    second.send(SecondVehicle().packets(0.0))
    receive(link, 1.0)
    adapter.show_life()
    link.send(adapter.take(), 1.0)
    assert not second.receive() and not first.receive()


def test_a_script_with_the_vehicles_numbers_that_is_no_autopilot_is_not_taken_for_it(ends):
    """pymavlink.mavutil.mavlink_connection(source_system=1, source_component=1) and its
    heartbeat_send.
    """
    adapter, link, first, second = ends
    script = MavlinkCodec(1, 1).encode(
        mavlink.MAVLink_heartbeat_message(
            mavlink.MAV_TYPE_GCS, mavlink.MAV_AUTOPILOT_INVALID, 0, 0, 0, 3
        )
    )
    second.send([script])
    receive(link, 1.0)
    first.send([heartbeat(Px4Vehicle(PointBody(0.0)))])
    assert receive(link, 1.1) and link.strangers == 0
    assert answers(link, first, second, 1.2)


def test_a_second_vehicle_of_the_same_number_is_ignored_as_long_as_the_first_sends(ends):
    adapter, link, first, second = ends
    vehicle = Px4Vehicle(PointBody(0.0))
    first.send([heartbeat(vehicle)])
    assert receive(link, 1.0)
    second.send([heartbeat(vehicle)])
    assert receive(link, 1.1) == [] and link.strangers == 1
    assert answers(link, first, second, 1.2)


def test_a_vehicle_that_was_silent_may_come_back_from_another_port(ends):
    adapter, link, first, second = ends
    vehicle = Px4Vehicle(PointBody(0.0))
    first.send([heartbeat(vehicle)])
    receive(link, 1.0)
    second.send([heartbeat(vehicle)])
    assert receive(link, 1.0 + MOVES) and link.strangers == 0
    assert answers(link, second, first, 5.0)


def test_a_caller_receives_only_from_the_address_it_calls():
    server, stranger = UdpServer(port=9), UdpServer(port=9)
    vehicle = Px4Vehicle(PointBody(0.0))
    link = MavlinkLink(
        f"udpout:127.0.0.1:{server.address[1]}", MavlinkCodec(), MavlinkAdapter(PX4).is_vehicle
    )
    link.receive(0.0)
    place = link.wire._socket.getsockname()
    stranger._socket.sendto(heartbeat(vehicle), place)
    assert receive(link, 0.1) == []
    server._socket.sendto(heartbeat(vehicle), place)
    assert receive(link, 0.2)
    for end in (server, stranger, link):
        end.close()


def test_a_flood_is_taken_in_parts():
    """Otherwise set points, and the end of the process, wait until the sender is tired."""
    adapter = MavlinkAdapter(PX4)
    link = MavlinkLink("udp:127.0.0.1:0", MavlinkCodec(), adapter.is_vehicle)
    link.receive(0.0)
    flood = [b"".join(SecondVehicle().packets(0.0)) * 20] * 100
    reads = iter(flood)
    link.wire.read = lambda: [next(reads)]
    link.wire.knows_better = lambda now: False
    link.receive(1.0)
    left = len(list(reads))
    link.close()
    assert 0 < left < 100 and link.counts.seen <= MOST_DECODED + 20 * 8


def test_what_comes_from_elsewhere_is_not_even_decoded_while_the_vehicle_sends(ends):
    adapter, link, first, second = ends
    first.send([heartbeat(Px4Vehicle(PointBody(0.0)))])
    receive(link, 1.0)
    seen = link.counts.seen
    second.send(SecondVehicle().packets(0.0))
    for _ in range(1000):
        link.receive(1.1)
        if link.strangers:
            break
    assert link.strangers and link.counts.seen == seen
