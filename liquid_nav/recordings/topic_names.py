"""Finds each drone's camera, odometry and commands among the topics of a bag."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Iterable

from liquid_nav.recordings.recording import RecordingError

IMAGE = "sensor_msgs/msg/Image"
COMPRESSED = "sensor_msgs/msg/CompressedImage"
ODOMETRY = "nav_msgs/msg/Odometry"
COMMANDS = ("geometry_msgs/msg/TwistStamped", "geometry_msgs/msg/Twist")
_NO_CAMERA = ("depth", "saliency", "mask", "infra")
_COMMANDING = ("cmd", "command", "teleop")
"""One of these is in the last two parts of the name of a command: its own and the group it belongs
to.
"""
_MEASURED = frozenset(
    ("measured", "estimated", "estimate", "actual", "feedback", "odom", "odometry", "gps", "truth")
)
"""Parts of those names that mean a measurement."""
_SET_POINT = "setpoint"
"""MAVROS and similar: velocities in east, north and up, which no level body command is."""
_PROPOSING = ("controller", "expert_pilot")
"""What a pilot proposes is not what the drone was commanded."""


@dataclass(frozen=True, slots=True)
class TopicNames:
    """What to look for: full names, or the ends of names ("camera/image_raw" finds it for every
    drone).
    """

    image: str | None = None
    """Topic of the camera's images; None: any image topic that is no depth, mask or infrared
    picture.
    """
    odometry: str | None = None
    """Topic of the odometry; None: the nearest one by type and namespace."""
    command: str | None = None
    """Topic of the commanded velocities; None: the nearest one whose name is that of a command."""


@dataclass(frozen=True, slots=True)
class DroneTopics:
    """One drone's topics."""

    name: str
    """Namespace of the drone, empty for none."""
    image: str
    """Topic of its camera's images, raw or compressed."""
    odometry: str | None
    """Topic of its odometry; None: there is none."""
    command: str | None
    """Topic of its commanded velocities; None: there is none."""
    passed_over: tuple[str, ...] = ()
    """Topics of velocities whose names are not those of commands."""


def find_drones(topics: dict[str, str], wanted: TopicNames) -> list[DroneTopics]:
    """Choose among ``topics`` (name -> type); one drone for each camera.

    Raises:
        RecordingError: no camera, or a wanted topic is not there.
    """
    cameras = [
        t
        for t, kind in topics.items()
        if kind in (IMAGE, COMPRESSED) and _matches(t, wanted.image, topics)
    ]
    # The raw stream wins where the compressed one is beside it.
    cameras = sorted(
        t for t in cameras if not (t.endswith("/compressed") and t.rsplit("/", 1)[0] in cameras)
    )
    if not cameras:
        known = ", ".join(t for t, kind in topics.items() if kind in (IMAGE, COMPRESSED)) or "none"
        raise RecordingError(
            f"no camera topic{_named(wanted.image)}", f"choose one with --image; there are: {known}"
        )
    odometry = _candidates(topics, (ODOMETRY,), wanted.odometry, "odometry")
    velocities = _candidates(topics, COMMANDS, wanted.command, "command")
    commands = velocities
    if not wanted.command:
        commands = [t for t in velocities if is_command(t)]
    others = tuple(t for t in velocities if t not in commands and not _is_proposed(t))
    return [
        DroneTopics(
            _namespace(camera),
            camera,
            _nearest(camera, _not_of_others(camera, cameras, odometry, wanted.odometry)),
            _nearest(camera, _not_of_others(camera, cameras, commands, wanted.command)),
            others,
        )
        for camera in cameras
    ]


def is_command(topic: str) -> bool:
    """Return whether a velocity is, by its name, a command in the level body frame."""
    if _is_proposed(topic) or _SET_POINT in topic.lower():
        return False
    name = "/".join(topic.lower().strip("/").split("/")[-2:])
    return any(part in name for part in _COMMANDING) and _MEASURED.isdisjoint(
        re.split(r"[^a-z]+", name)
    )


def _is_proposed(topic: str) -> bool:
    return any(part in topic for part in _PROPOSING)


def _matches(topic: str, wanted: str | None, topics: dict[str, str]) -> bool:
    if wanted is None:
        return not any(part in topic for part in _NO_CAMERA)
    names = [topic]
    if f"{wanted}/compressed" not in topics:
        names.append(topic.removesuffix("/compressed"))
    return any(_ends(name, wanted) for name in names)


def _ends(topic: str, wanted: str) -> bool:
    if wanted.startswith("/"):
        return topic == wanted
    return f"/{topic.strip('/')}".endswith(f"/{wanted}")


def _named(wanted: str | None) -> str:
    return f" '{wanted}'" if wanted else ""


def _candidates(
    topics: dict[str, str], kinds: Iterable[str], wanted: str | None, what: str
) -> list[str]:
    found = [t for t, kind in topics.items() if kind in kinds]
    if wanted is None:
        return [t for t in found if not _is_proposed(t)]
    chosen = [t for t in found if _ends(t, wanted)]
    if not chosen:
        raise RecordingError(
            f"no topic '{wanted}' of the type {' or '.join(kinds)}",
            f"choose another with --{what}; there are: {', '.join(found) or 'none'}",
        )
    return chosen


def _parts(topic: str) -> list[str]:
    return topic.strip("/").split("/")[:-1]


def _namespace(camera: str) -> str:
    parts = _parts(camera.removesuffix("/compressed"))
    return "/".join(part for part in parts if part not in ("camera", "image", "color", "rgb"))


def _shared(camera: str, topic: str) -> int:
    """Return how many parts of its namespace a topic has in common with a camera."""
    shared = 0
    for own, other in zip(_namespace_parts(camera), _parts(topic), strict=False):
        if own != other:
            break
        shared += 1
    return shared


def _not_of_others(
    camera: str, cameras: list[str], topics: list[str], wanted: str | None
) -> list[str]:
    """Return the topics that belong to no other drone: no other camera has more of their namespace
    in common. One that a person named in full belongs to every camera.
    """
    if wanted is not None and wanted.startswith("/"):
        return topics
    return [
        topic
        for topic in topics
        if all(_shared(other, topic) <= _shared(camera, topic) for other in cameras)
    ]


def _nearest(camera: str, topics: list[str]) -> str | None:
    """Return the topic that shares most of the camera's namespace and has the fewest other parts;
    of equals the first in the alphabet.
    """
    own = _namespace_parts(camera)

    def distance(topic: str) -> tuple[int, int, str]:
        shared = _shared(camera, topic)
        return len(own) - shared, len(_parts(topic)) - shared, topic

    return min(topics, key=distance, default=None)


def _namespace_parts(camera: str) -> list[str]:
    name = _namespace(camera)
    if not name:
        return []
    return name.split("/")
