"""Reads bags: rosbag2 in MCAP or sqlite3 (and rosbag1), raw or compressed images, stamped or plain commands."""

from __future__ import annotations

import struct
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator

import numpy as np

from liquid_nav.camera import ImageError, decode, decode_compressed
from liquid_nav.geometry import level_from_world, rotate, yaw_of
from liquid_nav.learning.recordings.recording import NANO, Frames, Recording, RecordingError, Track
from liquid_nav.learning.recordings.topics import COMPRESSED, DroneTopics, TopicNames, find_drones


def open_bag(path: Path, wanted: TopicNames) -> list[Recording]:
    """Return one recording per camera; images are not decoded yet. Raises RecordingError for a bag it cannot use."""
    with _reader(path) as reader:
        kinds = {c.topic: c.msgtype for c in reader.connections if c.msgcount}
        drones = find_drones(kinds, wanted)
        rows = _read_rows(reader, drones)
    recordings = []
    for drone in drones:
        tracks = {"command": Track.of(rows.get(drone.command, []), held=True),
                  "odometry": Track.of(rows.get(drone.odometry, []), held=False)}
        stamps = np.array(rows.get(drone.image, []), dtype=np.int64)
        name = path.stem if not drone.name else f"{path.stem}/{drone.name}"
        topics = {"image": drone.image, "command": drone.command or "", "odometry": drone.odometry or ""}
        recordings.append(Recording(name, path, stamps, {k: t for k, t in tracks.items() if t is not None},
                                    lambda topic=drone.image: _frames(path, topic), topics))
    return recordings


@contextmanager
def _reader(path: Path) -> Iterator[Any]:
    from rosbags.highlevel import AnyReader, AnyReaderError
    from rosbags.typesys import Stores, get_typestore

    try:
        with AnyReader([path], default_typestore=get_typestore(Stores.ROS2_JAZZY)) as reader:
            yield reader
    except RecordingError:
        raise
    except (AnyReaderError, OSError, ValueError, KeyError, AssertionError) as error:
        raise RecordingError(f"'{path}' cannot be read as a bag: {error or type(error).__name__}",
                             "close the recorder properly, or repair it with `ros2 bag reindex`") from error


def _read_rows(reader: Any, drones: list[DroneTopics]) -> dict[str | None, list]:
    """Return by topic: the stamps of images, and (stamp, values) of the others."""
    wanted = {t for drone in drones for t in (drone.image, drone.odometry, drone.command) if t}
    images = {drone.image for drone in drones}
    rows: dict[str | None, list] = {topic: [] for topic in wanted}
    for connection, time, data in reader.messages([c for c in reader.connections if c.topic in wanted]):
        if connection.topic in images:
            rows[connection.topic].append(_image_stamp(reader, connection, time, data))
            continue
        message = reader.deserialize(data, connection.msgtype)
        if connection.msgtype.endswith("Odometry"):
            rows[connection.topic].append((_stamp(message, time), _level_velocity(message)))
        else:
            rows[connection.topic].append((_stamp(message, time), _command(message)))
    return rows


def _image_stamp(reader: Any, connection: Any, time: int, data: bytes) -> int:
    """Read the header's stamp without touching the pixels."""
    if not reader.is2:
        return _stamp(reader.deserialize(data, connection.msgtype), time)
    seconds, nanos = struct.unpack_from("<iI" if data[1] & 1 else ">iI", data, 4)
    return seconds * NANO + nanos or time


def _stamp(message: Any, time: int) -> int:
    """Return the header's stamp; the time of recording where it is empty."""
    header = getattr(message, "header", None)
    return (header.stamp.sec * NANO + header.stamp.nanosec if header is not None else 0) or time


def _command(message: Any) -> tuple[float, ...]:
    twist = getattr(message, "twist", message)
    return twist.linear.x, twist.linear.y, twist.linear.z, twist.angular.z


def _level_velocity(message: Any) -> tuple[float, ...]:
    """Turn a body twist of Odometry into the level body frame."""
    q, twist = message.pose.pose.orientation, message.twist.twist
    attitude = np.array((q.w, q.x, q.y, q.z))
    norm = np.linalg.norm(attitude)
    if not norm > 0.5:
        return (np.nan,) * 4
    attitude /= norm
    linear = rotate(attitude, np.array((twist.linear.x, twist.linear.y, twist.linear.z)))
    angular = rotate(attitude, np.array((twist.angular.x, twist.angular.y, twist.angular.z)))
    return (*level_from_world(linear, yaw_of(attitude)), angular[2])


def _frames(path: Path, topic: str) -> Frames:
    with _reader(path) as reader:
        wanted = [c for c in reader.connections if c.topic == topic]
        for index, (connection, _, data) in enumerate(reader.messages(wanted)):
            message = reader.deserialize(data, connection.msgtype)
            try:
                yield index, decode_compressed(message) if connection.msgtype == COMPRESSED else decode(message)
            except ImageError as error:
                yield index, error
