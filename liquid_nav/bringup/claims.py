"""ROS domains and UDP ports that two processes on this machine cannot both get.

Whether a domain or a port is in use shows only once a process has bound its sockets, which takes it
seconds. So the process that draws one claims it at once, and holds it until it releases it or ends.
Needs no ROS.
"""

from __future__ import annotations

import errno
import random
import socket

from liquid_nav.errors import UserError

DOMAINS = range(1, 101)
"""Domains whose ports lie below the range that Linux hands out by itself."""
EPHEMERAL = range(32768, 61000)
"""Ports that Linux hands out by itself."""
PORTS = range(61000, 65536)
"""Ports to draw from: neither those nor ports of ``DOMAINS``."""

_held: dict[str, socket.socket] = {}
"""Name -> the bound socket that claims it."""


def claim(name: str) -> bool:
    """Claim a name, such as ``domain 5``; return False where another process, or this one, holds it
    already.

    Args:
        name: of what is claimed.
    """
    if name in _held:
        return False
    held = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        # Linux's abstract names belong to the machine's network, as ports do, and go with their
        # process in any case.
        held.bind(f"\0liquid_nav {name}")
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            held.close()
            return False
        # No such names on this system: only sockets that are bound already can be seen.
    _held[name] = held
    return True


def release(name: str) -> None:
    """Release a name; does nothing where this process does not hold it.

    Args:
        name: as it was claimed.
    """
    held = _held.pop(name, None)
    if held is not None:
        held.close()


def claim_ros_domain() -> int:
    """Return a ROS domain whose ports are free on this machine, drawn at random and claimed
    (``release_ros_domain``).

    Raises:
        UserError: every domain is in use.
    """
    for domain in random.sample(DOMAINS, len(DOMAINS)):
        # The ports of the first three participants of that domain, see the DDS-RTPS standard.
        if _draw(f"domain {domain}", "", [7400 + 250 * domain + offset for offset in (10, 12, 14)]):
            return domain
    raise UserError(
        "no free ROS domain on this machine", "set ROS_DOMAIN_ID, or end other ROS programs"
    )


def release_ros_domain(domain: int) -> None:
    """Release a domain that ``claim_ros_domain`` has returned.

    Args:
        domain: its number.
    """
    release(f"domain {domain}")


def free_port() -> int:
    """Return a UDP port of the loopback interface that nothing uses, drawn at random and claimed.

    Raises:
        UserError: every port is in use.
    """
    for port in random.sample(PORTS, len(PORTS)):
        if _draw(f"port {port}", "127.0.0.1", [port]):
            return port
    raise UserError("no free UDP port on this machine", "end other programs")


def _draw(name: str, host: str, ports: list[int]) -> bool:
    """Claim a name whose UDP ports are free; returns whether that worked."""
    if not claim(name):
        return False
    for port in ports:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind((host, port))
            except OSError:
                release(name)
                return False
    return True
