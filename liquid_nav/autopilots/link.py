"""The wire: UDP, TCP or a serial port, opened again whenever it breaks. Never raises after it was
made.

``udp:HOST:PORT`` listens (where PX4 SITL sends to is ``udp:0.0.0.0:14540``), ``udpout:HOST:PORT``
calls, ``tcp:HOST:PORT`` calls, ``serial:/dev/ttyACM0:57600`` needs pyserial; other spellings are in
``connection``. Nothing here keeps its caller waiting, but for a serial port that takes nothing:
``WRITE_TIME``.
"""

from __future__ import annotations

import errno
import socket
from concurrent.futures import Future
from contextlib import suppress
from threading import Thread
from typing import Callable, Iterable, Protocol

from liquid_nav.autopilots.connection import Connection, Kind, read_connection
from liquid_nav.autopilots.mavlink_codec import Counts, MavlinkCodec, MavlinkMessage
from liquid_nav.errors import UserError

REOPEN = 1.0
"""s between attempts."""
MOVES = 3.0
"""s of silence after which the vehicle may be at another address."""
LARGEST = 65536
"""Bytes of one read at most; no UDP datagram is larger."""
MOST_DECODED = 300
"""Messages that are decoded in one call at most; what is left waits for the next one."""
MOST_READ = 2000
"""Datagrams that are read in one call at most."""
WRITE_TIME = 0.02
"""s that a serial port may need to take a packet; then it counts as broken."""


class Wire(Protocol):
    """Bytes in and out, without waiting; OSError when it is broken."""

    def read(self) -> list[bytes]:
        """Return what has arrived."""

    def accept(self, now: float) -> None:
        """Called when what was read last is our vehicle's."""

    def knows_better(self, now: float) -> bool:
        """Whether what was read last cannot be our vehicle's, since that sends from another
        address.
        """

    def write(self, data: bytes) -> None:
        """Send one packet."""

    def close(self) -> None:
        """Free it."""


LOST = frozenset(
    (
        errno.EAGAIN,
        errno.ECONNREFUSED,
        errno.ENOBUFS,
        errno.ENETDOWN,
        errno.ENETUNREACH,
        errno.EHOSTUNREACH,
    )
)
"""What a UDP socket reports of single packets: they are lost, the socket and whom it answers stay.

A new socket would have to wait until something is received from the vehicle; and a radio's network
may be gone for moments only.
"""


class MavlinkUdp:
    """A socket that listens and answers the vehicle alone; or one that calls and receives from the
    called address only.
    """

    def __init__(
        self, host: str, port: int, calls: bool, peer: tuple[str, int] | None = None
    ) -> None:
        """Open it; OSError where that cannot be.

        Args:
            host: To listen on, or to call.
            port: The same.
            calls: Whether to call; otherwise it listens.
            peer: Host and port to call until something is received from the vehicle, where it
                listens; default: none.
        """
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._peer: tuple[str, int] | None = None
        self._received = -1e9
        self._last: tuple[str, int] | None = None
        self._calls = calls
        try:
            if calls:
                self._socket.connect((host, port))
            else:
                self._socket.bind((host, port))
            if peer is not None:
                # Once and for all: a name would be looked up again with every packet.
                self._peer = (socket.gethostbyname(peer[0]), peer[1])
        except OSError:
            self._socket.close()
            raise
        self.port: int | None = None
        if not calls:
            self.port = self._socket.getsockname()[1]

    def read(self) -> list[bytes]:
        """Return at most one datagram, so that ``accept`` can use its sender."""
        try:
            data, self._last = self._socket.recvfrom(LARGEST)
        except OSError as error:
            if error.errno not in LOST:
                raise
            return []
        return [data]

    def accept(self, now: float) -> None:
        """Answer to where this came from."""
        self._peer = self._last
        self._received = now

    def knows_better(self, now: float) -> bool:
        """Whether this came from another address than the vehicle's, from which messages come.

        Two drones with the same system id would otherwise take set points in turn; and what is not
        used need not be decoded.
        """
        if self._calls or self._last == self._peer:
            return False
        return 0.0 <= now - self._received < MOVES

    def write(self, data: bytes) -> None:
        """Send to the vehicle, once its address is known."""
        try:
            if self._calls:
                self._socket.send(data)
            elif self._peer is not None:
                self._socket.sendto(data, self._peer)
        except OSError as error:
            if error.errno not in LOST:
                raise

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
        """Close the connection."""
        self._socket.close()


class Serial:
    """A serial port through pymavlink."""

    def __init__(self, device: str, baud: int) -> None:
        from pymavlink import mavutil

        self._port = mavutil.mavserial(device, baud=baud, autoreconnect=False)
        # pymavlink's own ``write`` would wait for ever for a port that takes nothing, and hide all
        # errors.
        self._port.port.write_timeout = WRITE_TIME

    def read(self) -> list[bytes]:
        """Return what has arrived."""
        data = self._port.recv(4096)
        if not data:
            return []
        return [data]

    def accept(self, now: float) -> None:
        """There is only one other end."""

    def knows_better(self, now: float) -> bool:
        """There is only one other end."""
        return False

    def write(self, data: bytes) -> None:
        """Send it; half a packet would be worse than a broken connection."""
        try:
            self._port.port.write(data)
        except Exception:
            # Otherwise closing it would wait until the rest was transmitted.
            with suppress(Exception):
                self._port.port.reset_output_buffer()
            raise

    def close(self) -> None:
        """Free the port."""
        self._port.close()


class MavlinkLink:
    """A wire that is opened again when it breaks, with a codec at its end. ``problem``: why it is
    down; empty when it is up.
    """

    def __init__(
        self,
        connection: str,
        codec: MavlinkCodec,
        is_vehicle: Callable[[MavlinkMessage], bool] | None = None,
    ) -> None:
        """Understand ``connection``; opened by the first ``receive``. Raises UserError for what
        cannot be read.

        Args:
            connection: See the module.
            codec: Bytes to messages.
            is_vehicle: Whether a message is the vehicle's; its address is the one to answer.
                Default: any message is.
        """
        where = read_connection(connection)
        self._open = opener(where)
        self._beside = where.may_wait
        self._opening: Future[Wire] | None = None
        self._is_vehicle = is_vehicle or (lambda message: True)
        self.codec = codec
        self.connection = connection
        self.wire: Wire | None = None
        self.problem = "not opened yet"
        self.strangers = 0
        """Datagrams from other addresses than the vehicle's, while messages come from that."""
        self._tried = -1e9

    @property
    def counts(self) -> Counts:
        """What came in."""
        return self.codec.counts

    def receive(self, now: float) -> list[MavlinkMessage]:
        """Return the messages that have arrived; ``now``: s, for the pause between attempts to
        open.
        """
        wire = self._ready(now)
        if wire is None:
            return []
        messages: list[MavlinkMessage] = []
        # Bounded: a flood must not keep set points and the end of the process waiting.
        decoded = 0
        looked = 0
        try:
            while decoded < MOST_DECODED and looked < MOST_READ and (data := wire.read()):
                looked += 1
                if wire.knows_better(now):
                    self.strangers += 1
                    continue
                for part in data:
                    before = self.codec.counts.seen
                    accepted = self.codec.decode(part)
                    decoded += 1 + self.codec.counts.seen - before
                    if any(self._is_vehicle(message) for message in accepted):
                        wire.accept(now)
                    messages += accepted
        except Exception as error:  # pyserial has exceptions of its own
            self._broke(error)
        return messages

    def send(self, messages: Iterable[MavlinkMessage], now: float) -> None:
        """Send messages; silently nothing while the wire is down."""
        for message in messages:
            wire = self._ready(now)
            if wire is None:
                return
            data = self.codec.encode(message)
            try:
                wire.write(data)
            except Exception as error:
                self._broke(error)

    def close(self) -> None:
        """Free the wire."""
        if self._opening is not None:
            self._opening.add_done_callback(_free)
            self._opening = None
        if self.wire is not None:
            # A device that is gone may report it once more.
            with suppress(Exception):
                self.wire.close()
            self.wire = None

    def _ready(self, now: float) -> Wire | None:
        """Return the wire, opened where it is time (s); None while it is down."""
        if self.wire is not None:
            return self.wire
        if self._opening is None and not 0.0 <= now - self._tried < REOPEN:
            self._tried = now
            self._opening = _attempt(self._open, self._beside)
        if self._opening is not None and self._opening.done():
            opened = self._opening
            self._opening = None
            try:
                self.wire = opened.result()
                self.problem = ""
            except Exception as error:
                self.problem = f"cannot open {self.connection}: {error}"
        return self.wire

    def _broke(self, error: Exception) -> None:
        self.problem = f"{self.connection} broke: {error}"
        self.close()


def opener(where: Connection) -> Callable[[], Wire]:
    """Return a function that opens the wire; raises UserError where what it needs is missing."""
    if where.kind is Kind.SERIAL:
        _require_pyserial()
        return lambda: Serial(where.place, where.number)
    if where.kind is Kind.TCP:
        return lambda: Tcp(where.place, where.number)
    return lambda: MavlinkUdp(where.place, where.number, where.kind is Kind.CALLS, where.peer)


def _require_pyserial() -> None:
    try:
        import serial
    except ModuleNotFoundError:
        serial = None
    # Another package of PyPI is called ``serial`` too, and has no such class.
    if not hasattr(serial, "Serial"):
        raise UserError(
            "the Python package 'pyserial' is not installed", "pip install 'liquid_nav[flight]'"
        )


def _attempt(open_wire: Callable[[], Wire], beside: bool) -> Future[Wire]:
    """Return one attempt to open a wire; ``beside``: in a thread of its own, since it may wait."""
    attempt: Future[Wire] = Future()

    def run() -> None:
        try:
            attempt.set_result(open_wire())
        except Exception as error:
            attempt.set_exception(error)

    if not beside:
        run()
        return attempt
    try:
        Thread(target=run, name="opens the autopilot's link", daemon=True).start()
    except RuntimeError as error:
        # The machine gives no more threads: a connection that cannot be opened now, and no reason
        # to end in flight.
        attempt.set_exception(error)
    return attempt


def _free(attempt: Future[Wire]) -> None:
    """Close what was opened after all, when it was no longer wanted."""
    if attempt.exception() is None:
        attempt.result().close()
