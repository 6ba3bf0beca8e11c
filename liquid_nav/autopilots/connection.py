"""What people type for the way to an autopilot, in the spellings of pymavlink, MAVROS and
MAVSDK.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from ipaddress import AddressValueError, IPv4Address

from liquid_nav.errors import UserError

FORMS = "give udp:HOST:PORT, udpout:HOST:PORT, tcp:HOST:PORT or serial:DEVICE:BAUD"
ANYWHERE = "0.0.0.0"
"""Address to listen on, where none is given."""


class Kind(Enum):
    """Ways to an autopilot."""

    LISTENS = "udp"
    """UDP: the vehicle calls us."""
    CALLS = "udpout"
    """UDP: we call the vehicle."""
    TCP = "tcp"
    """We call the vehicle."""
    SERIAL = "serial"
    """A port of this computer."""


@dataclass(frozen=True, slots=True)
class Connection:
    """A way to an autopilot."""

    kind: Kind
    """How."""
    place: str
    """Host, or the serial port's device."""
    number: int
    """Port, or baud rate in bit/s."""
    peer: tuple[str, int] | None = None
    """Host and port that are called until something is received from the vehicle, where we listen;
    None: there is none.
    """

    @property
    def may_wait(self) -> bool:
        """Whether opening it may take long: an answer from the network is needed, for a call or for
        a name.
        """
        if self.kind is Kind.TCP:
            return True
        hosts = []
        if self.kind is not Kind.SERIAL:
            hosts.append(self.place)
        if self.peer is not None:
            hosts.append(self.peer[0])
        return not all(_is_address(host) for host in hosts)


_HOST = r"(?P<host>[^\s:/@?,\[\]]+)"
_PORT = r"(?P<number>[0-9]+)"
# No commas and question marks: MAVROS writes more behind them (?ids=1,240), which is no part of a
# device; nor a number with a comma in it (57,600).
_DEVICE = r"(?!.*:[0-9]+,)(?P<host>/[^?,]+|COM[0-9]+)"
_BAUD = r"(?::|,|\?baud(?:rate)?=)(?P<number>[0-9]+)"
_SPELLINGS = (
    # udp:0.0.0.0:14540 and udpin: of pymavlink, udpin:// of MAVSDK.
    (rf"(?:udp:|udpin:|udpin://){_HOST}:{_PORT}", Kind.LISTENS),
    # udp://:14540 of MAVSDK and MAVROS, udp://:14540@ of MAVROS, and with the place that is called
    # at first.
    (rf"udp://(?P<host>):{_PORT}@?/?", Kind.LISTENS),
    (rf"udp://(?P<host>0\.0\.0\.0):{_PORT}@?/?", Kind.LISTENS),
    (rf"udp://{_HOST}:{_PORT}@/?", Kind.LISTENS),
    (rf"udp://{_HOST}?:{_PORT}@(?P<peer>[^\s:/@?,\[\]]+):(?P<peer_port>[0-9]+)/?", Kind.LISTENS),
    (rf"udp://@{_HOST}:{_PORT}/?", Kind.CALLS),
    (rf"udpout:(?://)?{_HOST}:{_PORT}", Kind.CALLS),
    (rf"(?:tcp|tcpout):(?://)?{_HOST}:{_PORT}/?", Kind.TCP),
    # serial:///dev/ttyACM0:57600 of MAVROS and MAVSDK, /dev/ttyACM0,57600 of MAVProxy.
    (rf"(?:serial:(?://)?)?{_DEVICE}{_BAUD}", Kind.SERIAL),
)
"""Patterns and what they mean; the first that fits counts."""
_LISTENS_OR_CALLS = re.compile(rf"udp://{_HOST}:{_PORT}/?")


def read_connection(text: str) -> Connection:
    """Return what a person means; raises UserError for what cannot be read, or could mean two
    things.
    """
    for pattern, kind in _SPELLINGS:
        found = re.fullmatch(pattern, text)
        if found is not None:
            return _checked(found, kind, text)
    found = _LISTENS_OR_CALLS.fullmatch(text)
    if found is not None:
        place = f"{found['host']}:{found['number']}"
        cause = f"the connection '{text}' listens for MAVROS and calls for MAVSDK"
        raise UserError(cause, f"give udpin:{place} to listen, or udpout:{place} to call")
    raise UserError(f"cannot read the connection '{text}'", FORMS)


def _checked(found: re.Match[str], kind: Kind, text: str) -> Connection:
    number = int(found["number"])
    if kind is Kind.SERIAL:
        if number == 0:
            raise UserError(
                f"no baud rate 0 in '{text}'",
                "give that of the autopilot's port, such as 57600 or 921600",
            )
        return Connection(kind, found["host"], number)
    # Listening on 0 means any free port; port 0 cannot be called.
    _require_port(number, 0 if kind is Kind.LISTENS else 1, text)
    peer_host = found.groupdict().get("peer")
    if peer_host is None:
        return Connection(kind, found["host"] or ANYWHERE, number)
    peer = (peer_host, int(found["peer_port"]))
    _require_port(peer[1], 1, text)
    return Connection(kind, found["host"] or ANYWHERE, number, peer)


def _require_port(number: int, lowest: int, text: str) -> None:
    if number < lowest:
        raise UserError(f"no port {number} in '{text}'", f"ports to call begin at {lowest}")
    if number >= 65536:
        raise UserError(f"no port {number} in '{text}'", "ports end at 65535")


def _is_address(host: str) -> bool:
    try:
        IPv4Address(host)
    except AddressValueError:
        return False
    return True
