"""The wire at its edges: how each kind is opened, read, written and healed, and how much is taken
in one call.
"""

import errno
import os
import socket
import sys
import threading
from types import SimpleNamespace

import pytest

mavlink = pytest.importorskip("pymavlink.dialects.v20.common")

from pymavlink import mavutil

from liquid_nav.autopilots import link as wires
from liquid_nav.autopilots.connection import read_connection
from liquid_nav.autopilots.link import (
    MOST_DECODED,
    MOST_READ,
    MOVES,
    REOPEN,
    WRITE_TIME,
    MavlinkLink,
    MavlinkUdp,
    Tcp,
    opener,
)
from liquid_nav.autopilots.mavlink_codec import MavlinkCodec
from liquid_nav.errors import UserError

HERE = "127.0.0.1"


def wire_of(text):
    """The wire of a connection, opened here and now."""
    return opener(read_connection(text))()


def heartbeat(mode=0):
    return mavlink.MAVLink_heartbeat_message(2, 12, 1, mode, 4, 3)


def packet(mode=0, system=1):
    return MavlinkCodec(system, 1).encode(heartbeat(mode))


def modes(messages):
    return [message.custom_mode for message in messages]


def soon(read):
    """What is read at last: the loopback needs no time, but the kernel may."""
    for _ in range(100_000):
        if data := read():
            return data
    return None


def received_by(end):
    """A read of a socket that does not wait: what came, and from where."""

    def read():
        try:
            return end.recvfrom(65536)
        except BlockingIOError:
            return None

    return read


@pytest.fixture
def sockets():
    """Makes UDP sockets on ports of their own, and closes them."""
    made = []

    def make():
        end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        end.bind((HERE, 0))
        end.setblocking(False)
        made.append(end)
        return end

    yield make
    for end in made:
        end.close()


class Wire:
    """A wire that delivers what the test has given, each packet with whether it is a stranger's."""

    def __init__(self, packets=(), broken=None):
        self.packets, self.broken = iter(packets), broken
        self.reads, self.sent, self.closed, self.accepted = 0, [], 0, []
        self._strange = False

    def read(self):
        self.reads += 1
        for data, self._strange in self.packets:
            return data if isinstance(data, list) else [data]
        if self.broken is not None:
            raise self.broken
        return []

    def knows_better(self, now):
        return self._strange

    def accept(self, now):
        self.accepted.append(now)

    def write(self, data):
        if self.broken is not None:
            raise self.broken
        self.sent.append(data)

    def close(self):
        self.closed += 1


def link_over(wire, is_vehicle=None):
    link = MavlinkLink("udp:127.0.0.1:0", MavlinkCodec(), is_vehicle)
    link.wire = wire
    return link


def flood(data, strange=False):
    """More than may be read in the calls of one test."""
    return ((data, strange) for _ in range(20_000))


# UDP that listens.


def test_a_listener_reads_one_datagram_at_a_time_and_never_waits(sockets):
    wire, other = MavlinkUdp(HERE, 0, calls=False), sockets()
    assert wire.read() == []
    for data in (b"one", b"two"):
        other.sendto(data, (HERE, wire.port))
    assert soon(wire.read) == [b"one"] and soon(wire.read) == [b"two"]
    assert wire.read() == []
    other.sendto(b"x" * 60000, (HERE, wire.port))
    assert soon(wire.read) == [b"x" * 60000]
    wire.close()


@pytest.mark.parametrize(
    ("later", "knows"),
    [(0.0, True), (1.0, True), (MOVES - 0.01, True), (MOVES, False), (60.0, False), (-0.1, False)],
)
def test_the_vehicle_is_distinguished_from_others_for_three_seconds_after_its_last_packet(
    sockets, later, knows
):
    wire, vehicle, other = MavlinkUdp(HERE, 0, calls=False), sockets(), sockets()
    vehicle.sendto(b"vehicle", (HERE, wire.port))
    assert soon(wire.read) and not wire.knows_better(100.0)
    wire.accept(100.0)
    assert not wire.knows_better(100.0 + later)  # it is the vehicle itself
    other.sendto(b"other", (HERE, wire.port))
    assert soon(wire.read)
    assert wire.knows_better(100.0 + later) is knows
    wire.close()


@pytest.mark.parametrize("now", [0.0, 1.0, 1e9 + 0.5, 1.8e9])
def test_the_vehicle_is_received_again_and_again_whatever_the_clock_shows(sockets, now):
    link, vehicle = MavlinkLink("udp:127.0.0.1:0", MavlinkCodec()), sockets()
    link.receive(now)
    for mode in range(4):
        vehicle.sendto(packet(mode), (HERE, link.wire.port))
        assert modes(soon(lambda: link.receive(now))) == [mode]
    assert link.strangers == 0
    link.close()


def test_nothing_is_written_before_the_vehicle_is_known_and_then_to_it_alone(sockets):
    wire, vehicle, other = MavlinkUdp(HERE, 0, calls=False), sockets(), sockets()
    wire.write(b"without a receiver")
    for end in (vehicle, other):
        end.sendto(b"here", (HERE, wire.port))
        assert soon(wire.read)
        if end is vehicle:
            wire.accept(1.0)
    wire.write(b"to the vehicle")
    assert soon(received_by(vehicle))[0] == b"to the vehicle"
    assert received_by(other)() is None
    wire.close()


def test_without_a_rule_for_vehicles_every_sender_is_answered(sockets):
    codec, end = MavlinkCodec(), sockets()
    link = MavlinkLink("udpin:127.0.0.1:0", codec)
    assert link.counts is codec.counts
    link.receive(0.0)
    end.sendto(packet(), (HERE, link.wire.port))
    assert soon(lambda: link.receive(0.1))
    link.send([heartbeat()], 0.2)
    assert soon(received_by(end))[0][5:7] == bytes((247, 191))
    link.close()


def test_a_port_that_is_taken_is_named_and_opened_when_it_is_free():
    first = MavlinkUdp(HERE, 0, calls=False)
    link = MavlinkLink(f"udp:{HERE}:{first.port}", MavlinkCodec())
    assert link.receive(5.0) == [] and link.wire is None
    taken = OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
    assert link.problem == f"cannot open udp:{HERE}:{first.port}: {taken}"
    first.close()
    assert link.receive(5.0 + REOPEN) == [] and link.problem == ""
    assert link.wire.port == first.port
    link.close()


# UDP that calls.


def test_a_caller_sends_first_and_receives_from_the_address_it_calls(sockets):
    server = sockets()
    wire = MavlinkUdp(HERE, server.getsockname()[1], calls=True)
    assert wire.port is None and wire.read() == []
    wire.write(b"hello")
    data, address = soon(received_by(server))
    assert data == b"hello"
    for now in (1.0, 1.1):
        server.sendto(b"answer", address)
        assert soon(wire.read) == [b"answer"] and not wire.knows_better(now)
        wire.accept(now)
    wire.close()


def test_a_caller_without_an_answer_goes_on_calling(sockets):
    server = sockets()
    port = server.getsockname()[1]
    server.close()
    link = MavlinkLink(f"udpout:{HERE}:{port}", MavlinkCodec())
    for i in range(5):
        link.send([heartbeat(), heartbeat()], 0.1 * i)
        assert link.receive(0.1 * i) == [] and link.problem == ""
    assert link.wire is not None
    link.close()


# TCP.


class Radio:
    """A UDP socket whose network has failed."""

    def __init__(self, number):
        self.number = number

    def fail(self, *_):
        raise OSError(self.number, os.strerror(self.number))

    send = sendto = recvfrom = fail

    def close(self):
        pass


@pytest.mark.parametrize(
    "number", [errno.ENOBUFS, errno.ENETDOWN, errno.ENETUNREACH, errno.EHOSTUNREACH]
)
@pytest.mark.parametrize("text", ["udp:127.0.0.1:0", "udpout:127.0.0.1:14999"])
def test_a_network_that_is_gone_for_a_moment_loses_packets_and_not_the_vehicle(text, number):
    wire = wire_of(text)
    whole, wire._socket = wire._socket, Radio(number)
    wire._peer = None if text.startswith("udpout") else ("127.0.0.1", 14999)
    link = link_over(wire)
    assert link.receive(0.0) == []
    link.send([heartbeat()], 0.1)
    assert "broke" not in link.problem and link.wire is wire
    wire._socket = whole
    link.close()


@pytest.mark.parametrize("number", [errno.EPERM, errno.EBADF])
def test_what_is_wrong_with_the_socket_itself_is_reported(number):
    wire = wire_of("udpout:127.0.0.1:14999")
    wire.close()
    wire._socket = Radio(number)
    link = link_over(wire)
    link.send([heartbeat()], 0.1)
    assert (
        link.problem.endswith(f"broke: {OSError(number, os.strerror(number))}")
        and link.wire is None
    )
    link = link_over(wire)
    assert link.receive(0.1) == [] and link.wire is None


def settle(link, now=0.0):
    """Let an attempt to open it, which may go on beside us, end."""
    assert link.receive(now) == []
    if link._opening is not None:
        link._opening.exception(timeout=5.0)
    assert link.receive(now) == []


@pytest.fixture
def tcp():
    """A link that calls, and the other end of its connection."""
    with socket.create_server((HERE, 0)) as server:
        link = MavlinkLink(f"tcp:{HERE}:{server.getsockname()[1]}", MavlinkCodec(datagrams=False))
        settle(link)
        server.settimeout(5.0)
        other, _ = server.accept()
        other.settimeout(5.0)
    assert link.problem == ""
    yield link, other
    other.close()
    link.close()


def test_a_connection_carries_both_directions(tcp):
    link, other = tcp
    assert link.receive(0.0) == []
    for mode in (3, 4):
        other.sendall(packet(mode))
        assert modes(soon(lambda: link.receive(0.1))) == [mode]
    assert link.strangers == 0
    link.send([heartbeat(5)], 0.2)
    assert modes(MavlinkCodec().decode(other.recv(1000))) == [5]
    link.close()
    assert other.recv(10) == b""


def test_a_connection_that_is_closed_by_the_other_side_is_reported_as_down(tcp):
    link, other = tcp
    other.close()
    assert (
        soon(lambda: link.receive(0.1) or link.problem)
        == f"{link.connection} broke: closed by the other side"
    )
    assert link.wire is None


class Socket:
    """A connection that takes a part of what is sent."""

    def __init__(self):
        self.blocks, self.closed = True, False

    def setblocking(self, blocks):
        self.blocks = blocks

    def recv(self, most):
        raise BlockingIOError

    def send(self, data):
        return len(data) - 1

    def close(self):
        self.closed = True


@pytest.fixture
def half_closed(monkeypatch):
    connection, calls = Socket(), []

    def connect(address, timeout=None):
        calls.append((address, timeout))
        return connection

    monkeypatch.setattr(wires.socket, "create_connection", connect)
    return connection, calls


def test_calling_does_not_keep_a_flight_waiting(half_closed):
    connection, calls = half_closed
    wire_of("tcp:there:5760")
    ((address, timeout),) = calls
    assert address == ("there", 5760) and timeout is not None and 0.0 < timeout <= 1.0
    assert connection.blocks is False


def test_half_a_packet_breaks_a_connection_with_a_reason(half_closed):
    connection, _ = half_closed
    with pytest.raises(ConnectionResetError, match="^the other side does not read$"):
        Tcp("there", 5760).write(b"data")
    link = MavlinkLink("tcp:there:5760", MavlinkCodec())
    settle(link, 1.0)
    link.send([heartbeat()], 1.0)
    assert link.problem == "tcp:there:5760 broke: the other side does not read"
    assert connection.closed and link.wire is None


# A serial port.


class Port:
    """Stands where pymavlink has its serial port, and for pyserial's below that."""

    def __init__(self, device, baud, autoreconnect):
        self.opened = (device, baud, autoreconnect)
        self.waiting, self.written, self.closed = [], [], False
        self.port = self
        self.write_timeout = None
        self.refuses = None
        self.forgotten = False

    def reset_output_buffer(self):
        self.forgotten = True

    def recv(self, most):
        assert most > 0
        if not self.waiting:
            return b""
        data = self.waiting.pop(0)
        if isinstance(data, Exception):
            raise data
        return data

    def write(self, data):
        if self.refuses is not None:
            raise self.refuses
        self.written.append(data)

    def close(self):
        self.closed = True


@pytest.fixture
def ports(monkeypatch):
    """The serial ports that have been opened."""
    made = []
    monkeypatch.setitem(sys.modules, "serial", SimpleNamespace(Serial=Port))

    def serial(*arguments, **options):
        made.append(Port(*arguments, **options))
        return made[-1]

    monkeypatch.setattr(mavutil, "mavserial", serial)
    return made


def test_a_serial_port_is_opened_read_and_written_and_its_end_is_reported(ports):
    link = MavlinkLink("serial:/dev/usb:1:57600", MavlinkCodec(datagrams=False))
    assert link.receive(0.0) == [] and link.problem == ""
    (port,) = ports
    assert port.opened == ("/dev/usb:1", 57600, False)  # an unplugged device must be reported
    data = packet(3)
    port.waiting = [data[:7], data[7:], packet(4)]
    assert modes(link.receive(0.1)) == [3, 4] and link.strangers == 0
    link.send([heartbeat(5)], 0.2)
    assert [modes(MavlinkCodec().decode(data)) for data in port.written] == [[5]]
    port.waiting = [OSError("unplugged")]
    assert link.receive(0.3) == []
    assert link.problem == "serial:/dev/usb:1:57600 broke: unplugged"
    assert port.closed and link.wire is None
    link.receive(2.0)
    assert link.problem == "" and len(ports) == 2


def test_a_serial_port_has_one_other_end_and_may_be_faster_than_ports_are_many(ports):
    wire = wire_of("serial:/dev/ttyACM0:921600")
    assert ports[0].opened == ("/dev/ttyACM0", 921600, False)
    assert wire.read() == [] and wire.accept(1.0) is None and wire.knows_better(1.0) is False


def test_a_serial_port_that_takes_nothing_is_down_soon_and_closed_at_once(ports):
    link = MavlinkLink("serial:/dev/x:9600", MavlinkCodec(datagrams=False))
    link.receive(0.0)
    (port,) = ports
    assert port.write_timeout == WRITE_TIME and 0.0 < WRITE_TIME <= 0.05
    port.refuses = OSError("Write timeout")
    link.send([heartbeat()], 0.1)
    assert link.problem == "serial:/dev/x:9600 broke: Write timeout"
    assert port.forgotten and port.closed and link.wire is None


def test_a_serial_port_that_was_unplugged_is_named_by_what_happened_first(ports, monkeypatch):
    link = MavlinkLink("serial:/dev/x:9600", MavlinkCodec(datagrams=False))
    link.receive(0.0)
    (port,) = ports
    port.refuses = OSError("unplugged")
    monkeypatch.setattr(Port, "reset_output_buffer", lambda self: 1 / 0)
    link.send([heartbeat()], 0.1)
    assert link.problem == "serial:/dev/x:9600 broke: unplugged"


@pytest.mark.parametrize(
    "package", [None, SimpleNamespace(name="another one that is called serial")], ids=str
)
def test_a_missing_pyserial_is_one_line_at_the_start(monkeypatch, package):
    monkeypatch.setitem(sys.modules, "serial", package)
    with pytest.raises(UserError) as error:
        MavlinkLink("serial:/dev/x:9600", MavlinkCodec())
    assert (
        str(error.value)
        == "the Python package 'pyserial' is not installed. pip install 'liquid_nav[flight]'"
    )


# How much is taken in one call.


def test_everything_that_has_arrived_is_returned_in_its_order():
    wire = Wire(
        [
            (packet(1), False),
            ([packet(2), packet(3)], False),
            (b"rubbish", False),
            (packet(4), False),
        ]
    )
    link = link_over(wire, lambda message: message.custom_mode == 3)
    assert modes(link.receive(7.0)) == [1, 2, 3, 4]
    assert wire.accepted == [7.0] and link.strangers == 0


def test_strangers_are_counted_passed_over_and_not_decoded():
    link = link_over(
        Wire([(packet(1), False), (packet(8), True), (packet(9), True), (packet(2), False)])
    )
    assert modes(link.receive(1.0)) == [1, 2]
    assert link.strangers == 2 and link.counts.seen == 2


def test_a_flood_from_elsewhere_is_read_in_parts():
    wire = Wire(flood(packet(), strange=True))
    link = link_over(wire)
    assert MOST_READ == 2000
    for i in (1, 2, 3):
        assert link.receive(1.0) == []
        assert wire.reads == link.strangers == 2000 * i


def test_a_flood_of_rubbish_is_read_in_parts():
    wire = Wire(flood(b""))
    link = link_over(wire)
    assert MOST_DECODED == 300
    for i in (1, 2, 3):
        assert link.receive(1.0) == []
        assert wire.reads == 300 * i


def test_a_flood_of_messages_is_read_in_parts_that_stay_large():
    link = link_over(Wire(flood(packet())))
    for _ in range(5):
        assert 100 <= len(link.receive(1.0)) <= MOST_DECODED


# How it heals.


@pytest.fixture
def opened(monkeypatch):
    """Wires instead of UDP sockets; ``opened.fails``: none can be opened."""

    class Opened(list):
        fails = False

        def open(self, host, port, calls, peer):
            self.append(Wire())
            if self.fails:
                raise OSError("no")
            return self[-1]

    opened = Opened()
    monkeypatch.setattr(wires, "MavlinkUdp", opened.open)
    return opened


def test_a_link_is_opened_by_its_first_use_and_only_once(opened):
    link = MavlinkLink("udp:127.0.0.9:1", MavlinkCodec())
    assert (
        link.problem == "not opened yet"
        and link.wire is None
        and link.strangers == 0
        and not opened
    )
    for now in (0.0, 5.0, 0.0):
        link.receive(now)
        link.send([heartbeat()], now)
    assert link.problem == "" and len(opened) == 1 and len(opened[0].sent) == 3


@pytest.mark.parametrize(
    "use", [MavlinkLink.receive, lambda link, now: link.send([heartbeat()], now)]
)
def test_what_cannot_be_opened_is_tried_once_a_second(opened, use):
    opened.fails = True
    link = MavlinkLink("udp:127.0.0.9:1", MavlinkCodec())
    tries = []
    for now in (10.0, 10.0, 10.5, 10.999, 11.0, 11.5, 12.0, 5.0, 5.0, 5.9, 6.0):
        use(link, now)
        tries.append(len(opened))
    assert tries == [
        1,
        1,
        1,
        1,
        2,
        2,
        3,
        4,
        4,
        4,
        5,
    ]  # a clock that was set back is no reason to wait
    assert link.problem == "cannot open udp:127.0.0.9:1: no" and link.wire is None


def test_a_wire_that_breaks_while_it_is_read_still_gives_what_it_has_brought(opened):
    link = MavlinkLink("udp:127.0.0.9:1", MavlinkCodec())
    link.receive(0.0)
    link.wire = wire = Wire([(packet(1), False)], OSError("cut"))
    assert modes(link.receive(0.5)) == [1]
    assert link.problem == "udp:127.0.0.9:1 broke: cut" and link.wire is None and wire.closed == 1
    assert link.receive(0.9) == [] and link.wire is None
    link.receive(1.0)
    assert link.problem == "" and link.wire is opened[1]


def test_a_wire_that_breaks_while_it_is_written_loses_what_was_to_be_sent(opened):
    link = MavlinkLink("udp:127.0.0.9:1", MavlinkCodec())
    link.receive(0.0)
    link.wire = wire = Wire(broken=OSError("cut"))
    link.send([heartbeat(1), heartbeat(2)], 0.5)
    assert link.problem == "udp:127.0.0.9:1 broke: cut" and link.wire is None and wire.closed == 1
    link.send([heartbeat(3)], 1.5)
    assert len(opened) == 2 and [modes(MavlinkCodec().decode(data)) for data in opened[1].sent] == [
        [3]
    ]


def test_closing_frees_the_wire_once(opened):
    link = MavlinkLink("udp:127.0.0.9:1", MavlinkCodec())
    link.close()
    link.receive(0.0)
    for _ in range(2):
        link.close()
    assert opened[0].closed == 1 and link.wire is None


@pytest.mark.parametrize("by", ["read", "write"])
def test_a_wire_that_breaks_and_cannot_be_closed_is_reported_as_down_and_opened_again(by):
    """A device that is gone may report it once more when it is closed."""

    class Gone(Wire):
        def close(self):
            raise OSError(errno.EIO, "no such device")

    link = link_over(Gone(broken=OSError("unplugged")))
    if by == "read":
        assert link.receive(5.0) == []
    else:
        link._tried = 5.0
        link.send([heartbeat(), heartbeat()], 5.0)
    assert link.problem == "udp:127.0.0.1:0 broke: unplugged"
    assert link.wire is None
    link.receive(5.0 + REOPEN)
    assert link.problem == "" and link.wire is not None
    link.close()


# How it is opened, where that may need an answer from the network.


@pytest.fixture
def slow(monkeypatch):
    """Connections that come when the test sets them; ``slow.fails``: or that do not."""

    class Slow:
        def __init__(self):
            self.wires = []
            self.come = threading.Event()
            self.fails = False

        def open(self, *_):
            wire = Wire()
            self.wires.append(wire)
            assert self.come.wait(5.0)
            if self.fails:
                raise OSError("no route")
            return wire

    slow = Slow()
    monkeypatch.setattr(wires, "Tcp", slow.open)
    monkeypatch.setattr(wires, "MavlinkUdp", slow.open)
    yield slow
    slow.come.set()


@pytest.mark.parametrize(
    "connection", ["tcp:127.0.0.9:5760", "udpout:there:14550", "udp:here:14550"]
)
def test_a_timer_goes_on_while_a_connection_is_opened(slow, connection):
    link = MavlinkLink(connection, MavlinkCodec())
    for now in (0.0, 0.5, 1.0, 2.0):  # a call that waited would never come back
        assert link.receive(now) == []
        link.send([heartbeat()], now)
        assert link.wire is None and link.problem == "not opened yet"
    slow.come.set()
    settle(link, 2.1)
    assert link.problem == "" and [link.wire] == slow.wires
    link.send([heartbeat(5)], 2.1)
    assert [modes(MavlinkCodec().decode(data)) for data in link.wire.sent] == [[5]]


def test_a_bridge_that_ends_does_not_wait_for_a_connection_that_is_being_opened(slow):
    MavlinkLink("tcp:127.0.0.9:5760", MavlinkCodec()).receive(0.0)
    opening = [thread for thread in threading.enumerate() if "opens" in thread.name]
    assert opening
    assert all(thread.daemon for thread in opening)


def test_a_call_without_an_answer_is_reported_and_tried_again_after_a_pause(slow):
    slow.fails = True
    slow.come.set()
    link = MavlinkLink("tcp:127.0.0.9:5760", MavlinkCodec())
    tries = []
    for now in (10.0, 10.5, 11.0, 11.9, 12.0):
        settle(link, now)
        tries.append(len(slow.wires))
        assert link.problem == "cannot open tcp:127.0.0.9:5760: no route" and link.wire is None
    assert tries == [1, 1, 2, 2, 3]


def test_a_machine_that_gives_no_more_threads_does_not_end_the_bridge(slow, monkeypatch):
    def start(thread):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", start)
        link = MavlinkLink("tcp:127.0.0.9:5760", MavlinkCodec())
        assert link.receive(0.0) == [] and link.receive(0.5) == []
        assert link.problem == "cannot open tcp:127.0.0.9:5760: can't start new thread"
    slow.come.set()
    settle(link, REOPEN)
    assert link.problem == "" and [link.wire] == slow.wires


@pytest.mark.parametrize("fails", [False, True])
def test_a_connection_that_comes_after_the_end_is_closed(slow, fails):
    slow.fails = fails
    link = MavlinkLink("tcp:127.0.0.9:5760", MavlinkCodec())
    link.receive(0.0)
    attempt = link._opening
    link.close()
    slow.come.set()
    attempt.exception(timeout=5.0)
    # Whoever waits is woken before the rest is done: a look at the outcome again comes after it.
    assert soon(lambda: fails or slow.wires[0].closed) and link.wire is None
    assert slow.wires[0].closed == (not fails)


def test_a_link_that_was_closed_while_it_was_opened_takes_a_new_wire_and_not_the_one_that_is_closed(
    slow,
):
    link = MavlinkLink("tcp:127.0.0.9:5760", MavlinkCodec())
    link.receive(0.0)
    attempt = link._opening
    link.close()
    slow.come.set()
    attempt.exception(timeout=5.0)
    settle(link, REOPEN)
    assert len(slow.wires) == 2
    assert link.wire is slow.wires[1]


# How it is called.


def test_a_listener_calls_its_peer_until_the_vehicle_is_received_from_elsewhere(sockets):
    peer, vehicle = sockets(), sockets()
    link = MavlinkLink(f"udp://{HERE}:0@{HERE}:{peer.getsockname()[1]}", MavlinkCodec())
    link.receive(0.0)
    link.send([heartbeat(1)], 0.0)
    data, place = soon(received_by(peer))
    assert modes(MavlinkCodec().decode(data)) == [1]
    vehicle.sendto(packet(2), place)
    assert modes(soon(lambda: link.receive(0.1))) == [2] and link.strangers == 0
    link.send([heartbeat(3)], 0.2)
    data, _ = soon(received_by(vehicle))
    assert modes(MavlinkCodec().decode(data)) == [3] and received_by(peer)() is None
    link.close()


@pytest.mark.parametrize(
    ("text", "place", "calls"),
    [
        ("udp:0.0.0.0:14540", ("0.0.0.0", 14540), False),
        ("udpin:here:0", ("here", 0), False),
        ("udpout:there:65535", ("there", 65535), True),
    ],
)
def test_udp_listens_or_calls(monkeypatch, text, place, calls):
    monkeypatch.setattr(wires, "MavlinkUdp", lambda *arguments: arguments)
    assert wire_of(text) == (*place, calls, None)


REFUSED = ["", "blue:a:1", "tcpin:0.0.0.0:5760", "udp:a:65536", "tcp:a:99999", "serial:/dev/x:0"]


@pytest.mark.parametrize("text", REFUSED)
def test_a_connection_that_cannot_be_read_is_refused_before_anything_is_opened(text):
    with pytest.raises(UserError):
        MavlinkLink(text, MavlinkCodec())
