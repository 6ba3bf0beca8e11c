"""Reads bags: rosbag2 in MCAP or sqlite3 (and rosbag1), raw or compressed images, stamped or plain
commands.
"""

from __future__ import annotations

import shlex
import struct
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from liquid_nav.camera import ImageError, decode_compressed_image, decode_image
from liquid_nav.clocks import NANO, Arrivals
from liquid_nav.frame_names import is_world, twist_frame
from liquid_nav.geometry import level_from_world, rotate, yaw_of
from liquid_nav.recordings.recording import (
    Frames,
    Recording,
    RecordingError,
    TimeSeries,
    UnreadableRecordingError,
)
from liquid_nav.recordings.topic_names import COMPRESSED, DroneTopics, TopicNames, find_drones

PACKED = (".zstd", ".zst")
"""Suffixes of files that were compressed as a whole: only a metadata.yaml beside them states how to
read them.
"""
REPAIRS = {
    ".mcap": "save what it holds with `mcap recover {old} -o {new}` (the command line of "
    "mcap.dev), and import that",
    ".db3": "save what it holds with `sqlite3 {old} '.recover' | sqlite3 {new}`, and import that",
    ".zstd": "unpack it with `zstd -d {old} -o {new}`, and import that",
    ".zst": "unpack it with `zstd -d {old} -o {new}`, and import that",
    ".bag": "save what it holds with `rosbag reindex {old}` of ROS 1, and import it again",
}
"""What to do about a damaged file, by its suffix; {old} and {new} are paths, quoted for a shell."""


def open_bag(path: Path, wanted: TopicNames) -> list[Recording]:
    """Return one recording per camera; images are not decoded yet. Raises RecordingError for a bag
    it cannot use.
    """
    with _reader(path) as reader:
        kinds = {c.topic: c.msgtype for c in reader.connections if c.msgcount}
        drones = find_drones(kinds, wanted)
        rows = _Rows(reader, drones)
    return [_recording(path, drone, rows, wanted) for drone in drones]


def _recording(path: Path, drone: DroneTopics, rows: _Rows, wanted: TopicNames) -> Recording:
    """Combine one drone's topics; a topic that the user has named counts whatever its frame is
    called.
    """
    images = rows.arrivals(drone.image)
    command = drone.command
    odometry = drone.odometry
    passed_over = drone.passed_over
    if wanted.command is None and is_world(rows.frames.get(command, "")):
        passed_over = (*passed_over, f"{command} (in the frame '{rows.frames[command]}')")
        command = None
    if wanted.odometry is None and is_world(rows.frames.get(odometry, "")):
        passed_over = (*passed_over, f"{odometry} (in the frame '{rows.frames[odometry]}')")
        odometry = None
    found = {
        "command": TimeSeries.of(
            rows.found.get(command, []), images, held=True, damaged=rows.damaged[command]
        ),
        "odometry": TimeSeries.of(
            rows.found.get(odometry, []), images, held=False, damaged=rows.damaged[odometry]
        ),
    }
    name = path.stem
    if drone.name:
        name = f"{path.stem}/{drone.name}"
    return Recording(
        name,
        path,
        images.times(),
        {kind: track for kind, track in found.items() if track is not None},
        lambda: _frames(path, drone.image),
        {"image": drone.image, "command": command or "", "odometry": odometry or ""},
        passed_over,
    )


@contextmanager
def _reader(path: Path) -> Iterator[Any]:
    from rosbags.highlevel import AnyReader
    from rosbags.typesys import Stores, get_typestore

    try:
        with AnyReader([path], default_typestore=get_typestore(Stores.ROS2_JAZZY)) as reader:
            yield reader
    except RecordingError:
        raise
    except Exception as error:
        # Whichever reader raises (storage, compression, metadata), the damaged file is the cause.
        cause = f"'{path}' cannot be read as a bag: {error or type(error).__name__}"
        raise UnreadableRecordingError(cause, repair(path)) from error


def repair(path: Path) -> str:
    """Return how to recover what a damaged file or folder still holds, if its kind is known."""
    files = [path]
    if not path.is_file():
        files = [inner for inner in sorted(path.iterdir()) if inner.suffix in REPAIRS]
    if len(files) != 1:
        return "repair its files one by one, or let `ros2 bag reindex` write its metadata.yaml anew"
    (file,) = files
    whole = file.with_name(f"{file.stem}-repaired{file.suffix}")
    if file.suffix in PACKED:
        whole = file.with_suffix("")
    how = REPAIRS.get(file.suffix, "copy it again from where it was recorded: {old} is no bag")
    return how.format(old=shlex.quote(str(file)), new=shlex.quote(str(whole)))


class _Rows:
    """What one pass over a bag finds; of an image only its times."""

    def __init__(self, reader: Any, drones: list[DroneTopics]) -> None:
        """Read it."""
        wanted = {t for drone in drones for t in (drone.image, drone.odometry, drone.command) if t}
        images = {drone.image for drone in drones}
        self.images: dict[str, list[tuple[int, int]]] = {topic: [] for topic in images}
        """By topic: (stamp, arrival) of images; ns, stamp 0 for none."""
        self.found: dict[str | None, list[tuple[int, int, tuple[float, ...]]]] = {
            topic: [] for topic in wanted - images
        }
        """By topic: (stamp, arrival, values) of commands and odometry; ns, stamp 0 for none."""
        self.damaged: Counter[str | None] = Counter()
        """By topic: messages that cannot be read; images among them are found when they are
        decoded.
        """
        self.frames: dict[str | None, str] = {}
        """By topic: frame of the velocity in the first command or odometry."""
        for connection, time, data in reader.messages(
            [c for c in reader.connections if c.topic in wanted]
        ):
            topic = connection.topic
            if topic in images:
                self.images[topic].append((_image_stamp(reader, connection, data), time))
                continue
            try:
                message = reader.deserialize(data, connection.msgtype)
            except Exception:
                # Bytes that are no such message: readers raise exceptions of many types.
                self.damaged[topic] += 1
                continue
            if connection.msgtype.endswith("Odometry"):
                values = _level_velocity(message)
                frame = twist_frame(_frame(message), message.child_frame_id)
            else:
                values = _command(message)
                frame = _frame(message)
            self.found[topic].append((_stamp(message), time, values))
            self.frames.setdefault(topic, frame)

    def arrivals(self, topic: str) -> Arrivals:
        """Return when the images of a topic were stamped and recorded."""
        pairs = np.array(self.images[topic], dtype=np.int64).reshape(-1, 2)
        return Arrivals(pairs[:, 0], pairs[:, 1])


def _image_stamp(reader: Any, connection: Any, data: bytes) -> int:
    """Read the header's stamp without touching the pixels; 0 where there is none."""
    try:
        if not reader.is2:
            return _stamp(reader.deserialize(data, connection.msgtype))
        seconds, nanos = struct.unpack_from("<iI" if data[1] & 1 else ">iI", data, 4)
    except Exception:
        # As for the others; that there are no pixels either is counted later.
        return 0
    stamp: int = seconds * NANO + nanos
    return stamp


def _stamp(message: Any) -> int:
    """Return the header's stamp in ns; 0 where it is empty or there is no header."""
    header = getattr(message, "header", None)
    if header is None:
        return 0
    stamp: int = header.stamp.sec * NANO + header.stamp.nanosec
    return stamp


def _frame(message: Any) -> str:
    header = getattr(message, "header", None)
    if header is None:
        return ""
    frame: str = header.frame_id
    return frame


def _command(message: Any) -> tuple[float, ...]:
    twist = getattr(message, "twist", message)
    return twist.linear.x, twist.linear.y, twist.linear.z, twist.angular.z


def attitude_of(message: Any) -> np.ndarray | None:
    """Return the unit quaternion (w, x, y, z) of an Odometry, float64 [4], or None where it has
    none.
    """
    q = message.pose.pose.orientation
    attitude: NDArray[np.float64] = np.array((q.w, q.x, q.y, q.z))
    norm = np.linalg.norm(attitude)
    if norm > 0.5:
        return attitude / norm
    return None


def _level_velocity(message: Any) -> tuple[float, ...]:
    """Turn a body twist of Odometry into the level body frame."""
    twist = message.twist.twist
    attitude = attitude_of(message)
    if attitude is None:
        return (np.nan,) * 4
    linear = rotate(attitude, np.array((twist.linear.x, twist.linear.y, twist.linear.z)))
    angular = rotate(attitude, np.array((twist.angular.x, twist.angular.y, twist.angular.z)))
    return (*level_from_world(linear, yaw_of(attitude)), angular[2])


def _frames(path: Path, topic: str) -> Frames:
    with _reader(path) as reader:
        wanted = [c for c in reader.connections if c.topic == topic]
        for index, (connection, _, data) in enumerate(reader.messages(wanted)):
            try:
                message = reader.deserialize(data, connection.msgtype)
            except Exception as error:
                # Bytes that are no image cost this frame alone.
                yield index, ImageError(f"the message cannot be read: {type(error).__name__}")
                continue
            decoder: Callable[[Any], np.ndarray] = decode_image
            if connection.msgtype == COMPRESSED:
                decoder = decode_compressed_image
            try:
                yield index, decoder(message)
            except ImageError as error:
                yield index, error
