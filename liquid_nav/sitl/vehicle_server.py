"""The test vehicle's sockets: real MAVLink bytes over loopback, UDP as PX4 does it, TCP as
ArduPilot does it.
"""

from __future__ import annotations

import socket
from typing import Sequence


class UdpServer:
    """Sends to the companion's port, as PX4 does, and receives what comes back."""

    def __init__(self, host: str = "127.0.0.1", port: int = 14540) -> None:
        """``host``, ``port``: where the companion listens."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, 0))
        self._socket.setblocking(False)
        self._companion = (host, port)

    @property
    def address(self) -> tuple[str, int]:
        """Where the vehicle itself can be reached."""
        address: tuple[str, int] = self._socket.getsockname()
        return address

    def send(self, packets: Sequence[bytes]) -> None:
        """Send each packet in a datagram of its own."""
        for packet in packets:
            try:
                self._socket.sendto(packet, self._companion)
            except (ConnectionRefusedError, BlockingIOError):
                pass  # no process listens yet

    def receive(self) -> list[bytes]:
        """Return what has arrived."""
        data = []
        while True:
            try:
                data.append(self._socket.recv(65536))
            except BlockingIOError:
                return data
            except ConnectionRefusedError:
                continue

    def close(self) -> None:
        """Free the port."""
        self._socket.close()


class TcpServer:
    """Waits for one companion after the other, as ArduPilot's simulator does."""

    def __init__(self, host: str = "127.0.0.1", port: int = 5760) -> None:
        """``port``: 0 chooses a free one, see ``address``."""
        self._listener = socket.create_server((host, port))
        self._listener.setblocking(False)
        self._peer: socket.socket | None = None

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        address: tuple[str, int] = self._listener.getsockname()
        return address

    def send(self, packets: Sequence[bytes]) -> None:
        """Send to the companion, if there is one."""
        self._greet()
        if self._peer is not None:
            try:
                self._peer.sendall(b"".join(packets))
            except OSError:
                self._drop()

    def receive(self) -> list[bytes]:
        """Return what has arrived."""
        self._greet()
        if self._peer is None:
            return []
        try:
            data = self._peer.recv(65536)
        except BlockingIOError:
            return []
        except OSError:
            data = b""
        if not data:
            self._drop()
            return []
        return [data]

    def close(self) -> None:
        """Free the port."""
        self._drop()
        self._listener.close()

    def _greet(self) -> None:
        try:
            peer, _ = self._listener.accept()
        except BlockingIOError:
            return
        self._drop()
        self._peer = peer
        self._peer.setblocking(False)

    def _drop(self) -> None:
        if self._peer is not None:
            self._peer.close()
        self._peer = None
