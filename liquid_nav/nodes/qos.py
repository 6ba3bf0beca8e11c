"""The three qualities of service that docs/reference/topics.md names, and variants of them for
commands and for a publisher whose process is watched.
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
"""Topic of the recorder's state, whose publisher is watched (``alive_qos``)."""
ALIVE = 0.3
"""s: liveliness lease that a publisher promises."""


def _profile(
    reliability: ReliabilityPolicy, durability: DurabilityPolicy, depth: int
) -> QoSProfile:
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST, depth=depth, reliability=reliability, durability=durability
    )


def sensor_data_qos(depth: int = 1) -> QoSProfile:
    """Best effort: a lost sample is better than a late one. Cameras use depth 1."""
    return _profile(ReliabilityPolicy.BEST_EFFORT, DurabilityPolicy.VOLATILE, depth)


def reliable_qos(depth: int = 1) -> QoSProfile:
    """Reliable and volatile: commands and values for plots."""
    return _profile(ReliabilityPolicy.RELIABLE, DurabilityPolicy.VOLATILE, depth)


def command_output_qos() -> QoSProfile:
    """Reliable with a depth of ten, for publishers of commands: a slow recorder misses none.

    The nodes that fly by the commands subscribe with depth 1.
    """
    return reliable_qos(10)


def latched_qos(depth: int = 1) -> QoSProfile:
    """Reliable and transient local: a late subscriber gets the last ``depth`` values.

    A subscriber to several publishers on one topic needs a depth: with 1 only the value of the last
    publisher is kept.
    """
    return _profile(ReliabilityPolicy.RELIABLE, DurabilityPolicy.TRANSIENT_LOCAL, depth)


def alive_qos(lease: float = ALIVE) -> QoSProfile:
    """Latched, with liveliness: within ``lease`` s the middleware itself reports to subscribers
    that the publisher's process has ended.

    Args:
        lease: s; a publisher promises ``ALIVE``, a subscriber asks for as much or more.
    """
    profile = latched_qos()
    profile.liveliness = LivelinessPolicy.AUTOMATIC
    profile.liveliness_lease_duration = Duration(seconds=lease)
    return profile
