"""A bag in one file, ``flight.mcap``, that ``ros2 bag``, Foxglove and ``rosbags`` read. No ROS in here."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import numpy as np

from liquid_nav.errors import UserError
from liquid_nav.types import Command

NAME = "flight.mcap"
COMPRESSED = "sensor_msgs/msg/CompressedImage"


class BagWriter:
    """Writes serialized messages into ``folder/flight.mcap`` with ``metadata.yaml`` beside it.

    So both ``ros2 bag play folder`` and ``ros2 bag play folder/flight.mcap`` work.
    """

    def __init__(self, folder: Path) -> None:
        """Open; raises UserError when there is a flight already or the folder cannot be written."""
        from rosbags.rosbag2 import StoragePlugin, Writer
        from rosbags.typesys import Stores, get_typestore

        self._folder = Path(folder)
        if (self._folder / NAME).exists():
            raise UserError(f"{self._folder / NAME} exists already", "choose another folder")
        self._types = get_typestore(Stores.ROS2_JAZZY)
        # The writer makes a folder and names the file after it.
        self._writer = Writer(self._folder / Path(NAME).stem, version=9, storage_plugin=StoragePlugin.MCAP)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._writer.open()
        except OSError as error:
            raise UserError(
                f"cannot write into {self._folder}: {error.strerror}", "choose a folder that you may write to"
            ) from error
        self._connections: dict[str, object] = {}

    def add_topic(self, name: str, kind: str, latched: bool = False, best_effort: bool = False) -> None:
        """Announce a topic with the quality of service that a player shall offer."""
        from rosbags.interfaces import (
            Qos,
            QosDurability,
            QosHistory,
            QosLiveliness,
            QosReliability,
            QosTime,
        )

        forever = QosTime(2147483647, 4294967295)
        qos = Qos(
            history=QosHistory.KEEP_LAST,
            depth=1,
            reliability=QosReliability.BEST_EFFORT if best_effort else QosReliability.RELIABLE,
            durability=QosDurability.TRANSIENT_LOCAL if latched else QosDurability.VOLATILE,
            deadline=forever,
            lifespan=forever,
            liveliness=QosLiveliness.AUTOMATIC,
            liveliness_lease_duration=forever,
            avoid_ros_namespace_conventions=False,
        )
        self._connections[name] = self._writer.add_connection(
            name, kind, typestore=self._types, offered_qos_profiles=[qos]
        )

    def write(self, name: str, time: int, data: bytes) -> None:
        """Append one serialized message at ``time`` (ns)."""
        self._writer.write(self._connections[name], time, data)

    def close(self) -> None:
        """Finish the index and bring the file to its place."""
        self._writer.close()
        inner = self._folder / Path(NAME).stem
        for name in (NAME, "metadata.yaml"):
            (inner / name).replace(self._folder / name)
        inner.rmdir()


def read_frames(path: Path) -> Iterator[tuple[int, np.ndarray, Command]]:
    """Yield stamp (ns), image (uint8 [H,W,3] RGB) and the command that was made from it, for each frame of a bag."""
    import cv2
    from rosbags.rosbag2 import Reader
    from rosbags.typesys import Stores, get_typestore

    types = get_typestore(Stores.ROS2_JAZZY)
    images: dict[int, np.ndarray] = {}
    commands: dict[int, Command] = {}
    with Reader(path) as reader:
        wanted = [c for c in reader.connections if c.topic.endswith(("/image_raw/compressed", "/cmd_vel"))]
        for connection, _, data in reader.messages(wanted):
            message = types.deserialize_cdr(data, connection.msgtype)
            stamp = message.header.stamp.sec * 1_000_000_000 + message.header.stamp.nanosec
            if connection.msgtype == COMPRESSED:
                images[stamp] = message.data
            elif not connection.topic.endswith("liquid_controller/cmd_vel"):
                linear, angular = message.twist.linear, message.twist.angular
                commands[stamp] = Command(linear.x, linear.y, linear.z, angular.z)
    last = Command()
    for stamp in sorted(images):
        last = commands.get(stamp, last)
        yield stamp, cv2.imdecode(images[stamp], cv2.IMREAD_COLOR)[..., ::-1], last
