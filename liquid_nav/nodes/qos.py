"""The four qualities of service that docs/reference/topics.md names, and that of a sign of
life.
"""

from __future__ import annotations

from rclpy.duration import Duration
from rclpy.qos import (
    DurabilityPolicy,
    HistoryPolicy,
    LivelinessPolicy,
    QoSProfile,
    ReliabilityPolicy,
)

RECORDER_STATE = "recorder/state"
"""Topic of the recorder's state, whose publisher is watched (``alive``)."""
ALIVE = 0.3
"""s within which the middleware of a living publisher is heard."""


def _profile(
    reliability: ReliabilityPolicy, durability: DurabilityPolicy, depth: int
) -> QoSProfile:
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST, depth=depth, reliability=reliability, durability=durability
    )


def sensor_data(depth: int = 1) -> QoSProfile:
    """Best effort: a lost sample is better than a late one. Cameras use depth 1."""
    return _profile(ReliabilityPolicy.BEST_EFFORT, DurabilityPolicy.VOLATILE, depth)


def reliable(depth: int = 1) -> QoSProfile:
    """Reliable and volatile: commands and what people plot."""
    return _profile(ReliabilityPolicy.RELIABLE, DurabilityPolicy.VOLATILE, depth)


def command_output() -> QoSProfile:
    """Reliable for publishers of commands: listeners keep depth 1, but a slow recorder may still
    fetch the last ten.
    """
    return reliable(10)


def latched(depth: int = 1) -> QoSProfile:
    """Reliable and transient local: a late subscriber gets the last value, or as many as ``depth``
    of them.

    Who listens to several publishers on one topic needs a depth: with 1 the last one's alone is
    kept.
    """
    return _profile(ReliabilityPolicy.RELIABLE, DurabilityPolicy.TRANSIENT_LOCAL, depth)


def alive(lease: float = ALIVE) -> QoSProfile:
    """Latched, and the middleware itself tells listeners within ``lease`` s that the publisher's
    process has died.

    Args:
        lease: s; a publisher promises ``ALIVE``, a listener asks for as much or more.
    """
    profile = latched()
    profile.liveliness = LivelinessPolicy.AUTOMATIC
    profile.liveliness_lease_duration = Duration(seconds=lease)
    return profile
