"""A bag in one file, ``flight.mcap``, that ``ros2 bag``, Foxglove and ``rosbags`` read. No ROS in
here.
"""

from __future__ import annotations

import errno
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Iterator

import numpy as np

from liquid_nav.camera import ImageError, decode_compressed_image
from liquid_nav.clocks import NANO
from liquid_nav.errors import UserError
from liquid_nav.recordings.flight_topics import PILOT_COMMAND_TOPICS
from liquid_nav.types import Command

if TYPE_CHECKING:
    from rosbags.interfaces import Connection

BAG_NAME = "flight.mcap"
BAG_METADATA_NAME = "metadata.yaml"
COMPRESSED_IMAGE_TYPE = "sensor_msgs/msg/CompressedImage"
MAGIC = b"\x89MCAP0\r\n"
"""How an MCAP file begins and ends."""
DATA_END = 0x0F
FOOTER = 0x02
"""Kinds of the records that end the data, and the file."""
DATA = frozenset((0x01, *range(0x03, 0x08), 0x09, 0x0C))
"""Kinds of the records before them: header, schema, channel, message, chunk, index, extras."""
DISK_FULL_ERRORS = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))
"""Errors that mean that no space is left."""
END = struct.pack("<BQI", DATA_END, 4, 0) + struct.pack("<BQQQI", FOOTER, 20, 0, 0, 0) + MAGIC
"""The shortest end of an MCAP file: no index, so that readers go through the messages instead."""


class BagWriter:
    """Writes serialized messages into ``folder/flight.mcap`` with ``metadata.yaml`` beside it.

    So both ``ros2 bag play folder`` and ``ros2 bag play folder/flight.mcap`` work. After an
    exception of ``write`` or ``close`` the bag is broken until ``rescue`` ends it.
    """

    def __init__(self, folder: Path) -> None:
        """Open; raises UserError when there is a flight already or the folder cannot be written."""
        from liquid_nav.recordings.bag_storage import PublishedWriter

        self._folder = Path(folder)
        if (self._folder / BAG_NAME).exists():
            raise UserError(f"{self._folder / BAG_NAME} exists already", "choose another folder")
        # The writer makes a folder and names the file after it.
        self._writer = PublishedWriter(self._folder / Path(BAG_NAME).stem)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._storage = self._writer.open_storage()
            # The file has its beginning from now on: without it nothing could be rescued.
            self._storage.bio.flush()
        except OSError as error:
            raise UserError(
                f"cannot write into {self._folder}: {error.strerror}",
                "choose a folder that you may write to",
            ) from error
        self._connections: dict[str, Connection] = {}

    def add_topic(
        self, name: str, kind: str, latched: bool = False, best_effort: bool = False, depth: int = 1
    ) -> None:
        """Add a topic with the quality of service that a player shall offer; ``depth``: messages it
        keeps.
        """
        self._connections[name] = self._writer.announce(name, kind, latched, best_effort, depth)

    def write(self, name: str, time: int, data: bytes, published: int | None = None) -> None:
        """Append one serialized message.

        Args:
            name: Of an added topic.
            time: When it was received, ns: by this time players play and readers sort.
            data: CDR.
            published: When it was published, ns, usually its stamp; None: when it was received.
        """
        self._storage.published = published
        self._writer.write(self._connections[name], time, data)

    def close(self) -> None:
        """Finish the index and move the file to its place."""
        self._writer.close()
        self._move()

    def rescue(self) -> Path:
        """End the file after its last whole record, whatever has gone wrong; return its path.

        What was not on the disk yet, up to 1 MiB of the newest messages, is lost, and there is
        neither an index nor metadata.yaml: ``ros2 bag reindex`` makes them. Raises OSError where
        the file cannot even be shortened.
        """
        path = self._folder / BAG_NAME
        if self._storage.path.exists():
            # Closing the buffered file itself would try once more to write what did not fit.
            self._storage.bio.raw.close()
            end_after_last_record(self._storage.path)
            self._move()
        return path

    def _move(self) -> None:
        inner = self._folder / Path(BAG_NAME).stem
        for name in (BAG_NAME, BAG_METADATA_NAME):
            if (inner / name).exists():
                (inner / name).replace(self._folder / name)
        for rest in inner.iterdir():
            rest.unlink()
        inner.rmdir()


def end_after_last_record(path: Path) -> None:
    """Shorten an MCAP file that was left in the middle to its last whole record, and end it there.

    On a full disk records are given up from the end until there is space for the file's own end.
    Raises OSError where even that fails. A file that has its end already stays as it is.
    """
    with path.open("r+b", buffering=0) as file:
        ends, whole = _records(file)
        if whole:
            return
        while ends:
            try:
                file.truncate(ends[-1])
                file.seek(ends[-1])
                if file.write(END) == len(END):
                    return
            except OSError as error:
                if error.errno not in DISK_FULL_ERRORS:
                    raise
            ends.pop()
    raise OSError(errno.ENOSPC, f"no space for the end of {path}")


def _records(file: BinaryIO) -> tuple[list[int], bool]:
    """Return where the header and each whole record of data end, and whether nothing is missing."""
    size = file.seek(0, 2)
    at = len(MAGIC)
    kind = 0
    ends = []
    while kind != DATA_END and at + 9 <= size:
        file.seek(at)
        kind, length = struct.unpack("<BQ", file.read(9))
        at += 9 + length
        if kind not in DATA or at > size:
            break
        ends.append(at)
    file.seek(max(0, size - len(MAGIC)))
    return ends, kind == DATA_END and file.read() == MAGIC


def read_bag_frames(path: Path) -> Iterator[tuple[int, np.ndarray, Command]]:
    """Yield stamp (ns), image (uint8 [H,W,3] RGB) and the command that was made from it, for each
    frame of a bag.

    Images that cannot be decoded are left out.
    """
    from rosbags.rosbag2 import Reader
    from rosbags.typesys import Stores, get_typestore

    types = get_typestore(Stores.ROS2_JAZZY)
    images: dict[int, Any] = {}
    commands: dict[int, Command] = {}
    # A bag that was rescued has no metadata.yaml, without which its folder is no bag.
    if (path / BAG_NAME).exists() and not (path / BAG_METADATA_NAME).exists():
        path = path / BAG_NAME
    with Reader(path) as reader:
        wanted = [
            c for c in reader.connections if c.topic.endswith(("/image_raw/compressed", "/cmd_vel"))
        ]
        for connection, _, data in reader.messages(wanted):
            message: Any = types.deserialize_cdr(data, connection.msgtype)
            stamp = message.header.stamp.sec * NANO + message.header.stamp.nanosec
            if connection.msgtype == COMPRESSED_IMAGE_TYPE:
                images[stamp] = message
            elif not connection.topic.endswith(PILOT_COMMAND_TOPICS):
                linear = message.twist.linear
                angular = message.twist.angular
                commands[stamp] = Command(linear.x, linear.y, linear.z, angular.z)
    last = Command()
    for stamp in sorted(images):
        last = commands.get(stamp, last)
        try:
            pixels = decode_compressed_image(images[stamp])
        except ImageError:
            continue
        yield stamp, pixels, last
