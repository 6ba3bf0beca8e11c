"""The wire: UDP, TCP or a serial port, opened again whenever it breaks. Never blocks, never raises after ``open``.

``udp:HOST:PORT`` listens (where PX4 SITL sends to is ``udp:0.0.0.0:14540``), ``udpout:HOST:PORT`` calls,
``tcp:HOST:PORT`` calls, ``serial:/dev/ttyACM0:57600`` needs pyserial.
"""

from __future__ import annotations

import socket
from typing import Callable, Iterable, Protocol

from liquid_nav.autopilots.mavlink_codec import Codec, Counts, Message
from liquid_nav.errors import UserError

REOPEN = 1.0
"""s between attempts."""
MOVES = 3.0
"""s of silence after which the vehicle may be at another address."""
LARGEST = 65536
MOST_DECODED = 300
"""Messages that are decoded in one call at most; what is left waits for the next one."""
MOST_READ = 2000
"""Datagrams that are read in one call at most."""
FORMS = "give udp:HOST:PORT, udpout:HOST:PORT, tcp:HOST:PORT or serial:DEVICE:BAUD"


class Wire(Protocol):
    """Bytes in and out, without waiting; OSError when it is broken."""

    def read(self) -> list[bytes]:
        """Return what has arrived."""

    def accept(self, now: float) -> None:
        """Called when what was read last is our vehicle's."""

    def knows_better(self, now: float) -> bool:
        """Whether what was read last cannot be our vehicle's, since that is heard from elsewhere."""

    def write(self, data: bytes) -> None:
        """Send one packet."""

    def close(self) -> None:
        """Free it."""


class Udp:
    """A socket that listens and answers the vehicle alone; or one that calls and hears whom it has called."""

    def __init__(self, host: str, port: int, calls: bool) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._peer: tuple[str, int] | None = None
        self._heard = -1e9
        self._last: tuple[str, int] | None = None
        self._calls = calls
        try:
            if calls:
                self._socket.connect((host, port))
            else:
                self._socket.bind((host, port))
        except OSError:
            self._socket.close()
            raise
        self.port = None if calls else self._socket.getsockname()[1]

    def read(self) -> list[bytes]:
        """Return at most one datagram, so that ``accept`` knows whose it was."""
        try:
            data, self._last = self._socket.recvfrom(LARGEST)
        except (BlockingIOError, ConnectionRefusedError):
            return []
        return [data]

    def accept(self, now: float) -> None:
        """Answer to where this came from."""
        self._peer = self._last
        self._heard = now

    def knows_better(self, now: float) -> bool:
        """Whether this came from another address than the vehicle's, which is heard.

        Two drones with the same system id would otherwise take set points in turn; and what nobody will look at need
        not be decoded.
        """
        if self._calls or self._last == self._peer:
            return False
        return 0.0 <= now - self._heard < MOVES

    def write(self, data: bytes) -> None:
        """Send to the vehicle, once we know where it is."""
        try:
            if self._calls:
                self._socket.send(data)
            elif self._peer is not None:
                self._socket.sendto(data, self._peer)
        except (BlockingIOError, ConnectionRefusedError):
            pass

    def close(self) -> None:
        """Free the port."""
        self._socket.close()


class Tcp:
    """A connection that we call."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port), timeout=0.5)
        self._socket.setblocking(False)

    def read(self) -> list[bytes]:
        """Return what has arrived."""
        try:
            data = self._socket.recv(LARGEST)
        except BlockingIOError:
            return []
        if not data:
            raise ConnectionResetError("closed by the other side")
        return [data]

    def accept(self, now: float) -> None:
        """There is only one other end."""

    def knows_better(self, now: float) -> bool:
        """There is only one other end."""
        return False

    def write(self, data: bytes) -> None:
        """Send it; half a packet would be worse than a broken connection."""
        if self._socket.send(data) != len(data):
            raise ConnectionResetError("the other side does not read")

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


class Serial:
    """A serial port through pymavlink."""

    def __init__(self, device: str, baud: int) -> None:
        from pymavlink import mavutil

        self._port = mavutil.mavserial(device, baud=baud, autoreconnect=False)

    def read(self) -> list[bytes]:
        """Return what has arrived."""
        data = self._port.recv(4096)
        return [data] if data else []

    def accept(self, now: float) -> None:
        """There is only one other end."""

    def knows_better(self, now: float) -> bool:
        """There is only one other end."""
        return False

    def write(self, data: bytes) -> None:
        """Send it."""
        self._port.write(data)

    def close(self) -> None:
        """Free the port."""
        self._port.close()


class Link:
    """A wire that heals, with a codec at its end. ``problem`` says why it is down, empty when it is up."""

    def __init__(
        self, connection: str, codec: Codec, is_vehicle: Callable[[Message], bool] | None = None
    ) -> None:
        """Understand ``connection``; opened by the first ``receive``. Raises UserError for what cannot be read.

        Args:
            connection: See the module.
            codec: Bytes to messages.
            is_vehicle: Whether a message is the vehicle's; its address is the one to answer. Default: any message is.
        """
        self._open = parse(connection)
        self._is_vehicle = is_vehicle or (lambda message: True)
        self.codec = codec
        self.connection = connection
        self.wire: Wire | None = None
        self.problem = "not opened yet"
        self.strangers = 0
        """Datagrams from other addresses than the vehicle's, while that is heard."""
        self._tried = -1e9

    @property
    def counts(self) -> Counts:
        """What came in."""
        return self.codec.counts

    def receive(self, now: float) -> list[Message]:
        """Return the messages that have arrived; ``now``: s, for the pause between attempts to open."""
        if not self._ready(now):
            return []
        messages: list[Message] = []
        # Bounded: a flood must not keep set points and the end of the process waiting.
        decoded = looked = 0
        try:
            while decoded < MOST_DECODED and looked < MOST_READ and (data := self.wire.read()):
                looked += 1
                if self.wire.knows_better(now):
                    self.strangers += 1
                    continue
                for part in data:
                    before = self.codec.counts.seen
                    accepted = self.codec.decode(part)
                    decoded += 1 + self.codec.counts.seen - before
                    if any(self._is_vehicle(message) for message in accepted):
                        self.wire.accept(now)
                    messages += accepted
        except Exception as error:  # pyserial has exceptions of its own
            self._broke(error)
        return messages

    def send(self, messages: Iterable[Message], now: float) -> None:
        """Send messages; silently nothing while the wire is down."""
        for message in messages:
            if not self._ready(now):
                return
            data = self.codec.encode(message)
            try:
                self.wire.write(data)
            except Exception as error:
                self._broke(error)

    def close(self) -> None:
        """Free the wire."""
        if self.wire is not None:
            self.wire.close()
            self.wire = None

    def _ready(self, now: float) -> bool:
        if self.wire is None and (now - self._tried >= REOPEN or now < self._tried):
            self._tried = now
            try:
                self.wire, self.problem = self._open(), ""
            except ModuleNotFoundError:
                raise
            except Exception as error:
                self.problem = f"cannot open {self.connection}: {error}"
        return self.wire is not None

    def _broke(self, error: Exception) -> None:
        self.problem = f"{self.connection} broke: {error}"
        self.close()


def parse(connection: str):  # noqa: ANN201
    """Return a function that opens the wire; raises UserError."""
    kind, _, rest = connection.partition(":")
    place, _, number = rest.rpartition(":")
    if kind not in ("udp", "udpin", "udpout", "tcp", "serial") or not place or not number.isdecimal():
        raise UserError(f"cannot read the connection '{connection}'", FORMS)
    if kind == "serial":
        return lambda: Serial(place, int(number))
    if not 0 <= int(number) < 65536:
        raise UserError(f"no port {number} in '{connection}'", "ports end at 65535")
    if kind == "tcp":
        return lambda: Tcp(place, int(number))
    return lambda: Udp(place, int(number), kind == "udpout")
