"""MAVLink 2 bytes to messages and back: sequence numbers, signatures and foreign systems end here.
No input or output.

With a key every outgoing packet is signed, and whatever is unsigned, wrongly signed or replayed is
dropped and counted.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TypeAlias

from pymavlink.dialects.v20 import common as mavlink

MavlinkMessage: TypeAlias = mavlink.MAVLink_message
COMPANION_SYSTEM_ID = 247
"""Our system id. 255 with component 190 is QGroundControl's own identity, 1 is the usual vehicle.
"""
COMPANION_COMPONENT_ID = mavlink.MAV_COMP_ID_ONBOARD_COMPUTER
"""Our component id."""
SIGNING_EPOCH = 1_420_070_400
"""1 January 2015 in Unix seconds: signatures count units of 10 us from there."""


@dataclass
class Counts:
    """What came in, counted since the codec was made."""

    seen: int = 0
    """Everything that the parser found: packets, and stretches of noise."""
    accepted: int = 0
    """Messages that were let through."""
    bad: int = 0
    """Noise and packets with a wrong checksum."""
    rejected: int = 0
    """Packets that were dropped for their signature: missing, wrong or replayed."""
    foreign: int = 0
    """Messages of other systems than the one that is listened to."""


class _Parser(mavlink.MAVLink):  # type: ignore[misc]  # pymavlink comes without types
    """The dialect's parser, in which a forged packet cannot advance the clock by which replays are
    recognised.
    """

    def check_signature(self, msgbuf: bytearray, srcSystem: int, srcComponent: int) -> bool:
        before = dict(self.signing.stream_timestamps)
        accepted: bool = super().check_signature(msgbuf, srcSystem, srcComponent)
        if not accepted:
            self.signing.stream_timestamps = before
        return accepted


def mavlink_signing_key(passphrase: str) -> bytes:
    """Return the 32 bytes that ground stations derive from a passphrase."""
    return hashlib.sha256(passphrase.encode()).digest()


class MavlinkCodec:
    """One end of a link.

    Args:
        system: our system id.
        component: our component id.
        listen_to: the one system whose messages are let through, or None for all.
        key: 32 bytes that sign both directions, or None.
        unix_time: s, where signatures begin; must not go back from one start to the next.
        datagrams: whether every call of ``decode`` gets whole packets (UDP): then garbage in one
            call never takes bytes of the next.
    """

    def __init__(
        self,
        system: int = COMPANION_SYSTEM_ID,
        component: int = COMPANION_COMPONENT_ID,
        *,
        listen_to: int | None = None,
        key: bytes | None = None,
        unix_time: float = 0.0,
        datagrams: bool = True,
    ) -> None:
        """See the class."""
        if key is not None and len(key) != 32:
            raise ValueError(f"a signing key has 32 bytes, not {len(key)}")
        self.listen_to = listen_to
        self.counts = Counts()
        self._datagrams = datagrams
        self._parser = _Parser(None, srcSystem=system, srcComponent=component)
        self._parser.robust_parsing = True
        if key is not None:
            signing = self._parser.signing
            signing.secret_key = key
            signing.sign_outgoing = True
            signing.timestamp = max(0, int((unix_time - SIGNING_EPOCH) * 1e5))

    def encode(self, message: MavlinkMessage) -> bytes:
        """Return the bytes of a message, numbered and signed."""
        parser = self._parser
        data = message.pack(parser)
        parser.seq = (parser.seq + 1) % 256
        return bytes(data)

    def decode(self, data: bytes) -> list[MavlinkMessage]:
        """Return the messages in ``data`` that are meant for us; never raises."""
        messages = self._parser.parse_buffer(data) or []
        if self._datagrams:
            self._parser.buf = bytearray()
            self._parser.buf_index = 0
        return [message for message in messages if self._wanted(message)]

    def _wanted(self, message: MavlinkMessage) -> bool:
        kind = message.get_type()
        self.counts.seen += 1
        if kind == "BAD_DATA":
            rejected = "signature" in str(getattr(message, "reason", ""))
            self.counts.rejected += rejected
            self.counts.bad += not rejected
            return False
        if kind.startswith("UNKNOWN"):
            return False
        if self.listen_to is not None and message.get_srcSystem() != self.listen_to:
            self.counts.foreign += 1
            return False
        self.counts.accepted += 1
        return True
