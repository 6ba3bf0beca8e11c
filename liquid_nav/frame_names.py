"""What the names of frames say, as ROS, MAVROS and visual odometry use them."""

from __future__ import annotations

import re

_WORLD = frozenset(
    ("map", "odom", "world", "earth", "global", "origin", "enu", "ned", "frd", "optical")
)
"""Words in the names of frames in which a velocity is none of the level body frame: those of the
world, and bodies whose z axis does not point up.
"""


def is_world(frame: str) -> bool:
    """Return whether a frame's name says that it does not turn with the drone's heading, or that
    its z is not up.
    """
    return not _WORLD.isdisjoint(_words(frame.rsplit("/", 1)[-1]))


def twist_frame(pose: str, twist: str) -> str:
    """Return the frame that an odometry's velocity depends on: the twist's, or the pose's where
    that one is NED.
    """
    return pose if "ned" in _words(pose) else twist


def _words(frame: str) -> list[str]:
    return re.split(r"[^a-z]+", frame.lower())
