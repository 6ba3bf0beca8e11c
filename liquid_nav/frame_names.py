"""What the names of coordinate frames mean, as ROS, MAVROS and visual odometry use them."""

from __future__ import annotations

import re

_WORLD = frozenset(
    ("map", "odom", "world", "earth", "global", "origin", "enu", "ned", "frd", "optical")
)
"""Parts of the names of frames in which a velocity is not one of the level body frame: frames of
the world, and bodies whose z axis does not point up.
"""


def is_world(frame: str) -> bool:
    """Return whether a frame, by its name, does not turn with the drone's heading, or has a z axis
    that does not point up.
    """
    return not _WORLD.isdisjoint(_parts(frame.rsplit("/", 1)[-1]))


def twist_frame(pose: str, twist: str) -> str:
    """Return the frame that an odometry's velocity depends on: the twist's, or the pose's where
    that one is NED.
    """
    return pose if "ned" in _parts(pose) else twist


def _parts(frame: str) -> list[str]:
    return re.split(r"[^a-z]+", frame.lower())
