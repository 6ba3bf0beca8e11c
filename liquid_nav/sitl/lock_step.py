"""Autopilot bridge and test vehicle in one process and in lock step: simulated time waits for the
bytes of both.

The bytes go through memory or through real sockets; either way nothing depends on the speed of the
machine.
"""

from __future__ import annotations

import time as wall

from liquid_nav.autopilots import (
    MavlinkAdapter,
    MavlinkCodec,
    MavlinkLink,
    MavlinkMessage,
    MavlinkUdp,
)
from liquid_nav.sitl.simulated_vehicle import MavlinkVehicle
from liquid_nav.sitl.vehicle_server import UdpServer

TICK = 0.02
"""s between two turns of the bridge, at most."""
PATIENCE = 5.0
"""s of wall time for a datagram on the loopback."""


class MemoryWire:
    """Bytes through a list."""

    def __init__(self, codec: MavlinkCodec | None = None) -> None:
        """``codec``: the companion's end."""
        self.codec = codec or MavlinkCodec()

    def down(self, packets: list[bytes], now: float) -> list[MavlinkMessage]:
        """Carry packets from the vehicle to the companion."""
        return [message for packet in packets for message in self.codec.decode(packet)]

    def up(self, messages: list[MavlinkMessage], now: float) -> list[bytes]:
        """Carry messages from the companion to the vehicle."""
        return [self.codec.encode(message) for message in messages]

    def close(self) -> None:
        """Nothing to free."""


class UdpWire:
    """Bytes through two UDP sockets on the loopback."""

    def __init__(self, codec: MavlinkCodec | None = None) -> None:
        """``codec``: the companion's end."""
        self.link = MavlinkLink("udp:127.0.0.1:0", codec or MavlinkCodec())
        self.link.receive(0.0)
        wire = self.link.wire
        if not isinstance(wire, MavlinkUdp) or wire.port is None:
            raise OSError(self.link.problem)
        self.server = UdpServer(port=wire.port)

    def down(self, packets: list[bytes], now: float) -> list[MavlinkMessage]:
        """Carry packets from the vehicle to the companion."""
        counts = self.link.codec.counts
        due = counts.seen + len(packets)
        self.server.send(packets)
        messages = self.link.receive(now)
        end = wall.monotonic() + PATIENCE
        while counts.seen < due and wall.monotonic() < end:
            messages += self.link.receive(now)
        return messages

    def up(self, messages: list[MavlinkMessage], now: float) -> list[bytes]:
        """Carry messages from the companion to the vehicle."""
        self.link.send(messages, now)
        data = self.server.receive()
        end = wall.monotonic() + PATIENCE
        while len(data) < len(messages) and wall.monotonic() < end:
            data += self.server.receive()
        return data

    def close(self) -> None:
        """Free the ports."""
        self.link.close()
        self.server.close()


class LockStep:
    """Both ends and the wire between them. ``cut`` loses everything in both directions."""

    def __init__(
        self,
        adapter: MavlinkAdapter,
        vehicle: MavlinkVehicle,
        wire: MemoryWire | UdpWire | None = None,
    ) -> None:
        """Join them; nothing is sent before the first ``advance``."""
        self.adapter = adapter
        self.session = adapter.session
        self.vehicle = vehicle
        self.wire = wire or MemoryWire()
        self.cut = False

    @property
    def now(self) -> float:
        """Simulated time, s."""
        return self.vehicle.now

    def advance(self, until: float, tick: float = TICK) -> None:
        """Run both until a time."""
        while self.now < until - 1e-9:
            before = self.now
            packets = self.vehicle.advance(min(until, before + tick))
            if not self.cut:
                for message in self.wire.down(packets, self.now):
                    self.adapter.receive(message, self.now)
            self.exchange()
            if self.now <= before:
                return  # the drone has hit something: time stands still

    def exchange(self) -> None:
        """Let the bridge send now, and the vehicle receive it."""
        messages = self.adapter.update(self.now)
        if self.cut:
            return
        for data in self.wire.up(messages, self.now):
            self.vehicle.receive(data)
