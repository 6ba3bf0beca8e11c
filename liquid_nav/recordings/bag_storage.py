"""The MCAP files of ``rosbags``, with the time at which a message was published beside that at
which it was recorded.

Imported only where a bag is written: ``rosbags`` is an extra.
"""

from __future__ import annotations

import struct
from io import BytesIO
from pathlib import Path

from rosbags.interfaces import (
    Connection,
    Qos,
    QosDurability,
    QosHistory,
    QosLiveliness,
    QosReliability,
    QosTime,
)
from rosbags.rosbag2 import (
    CompressionFormat,
    CompressionMode,
    StoragePlugin,
    Writer,
    storage_mcap,
)
from rosbags.typesys import Stores, get_typestore

MESSAGE = 0x05
"""Kind of the record of a message."""
CHUNK = 2**20
"""Bytes, before compression, after which a chunk is closed: what a power cut costs at most."""
FOREVER = QosTime(2147483647, 4294967295)
"""What ROS calls an infinite time."""


class PublishedStorage(storage_mcap.McapWriter):
    """Writes both times of a message; everything else is as ``rosbags`` does it."""

    published: int | None = None
    """ns; when the next message was published, None: when it is recorded."""

    def write(self, connection: Connection, timestamp: int, data: bytes | memoryview) -> None:
        """Append a message that is recorded at ``timestamp``, ns."""
        chunk = self.chunk
        self.message_start_time = min(timestamp, self.message_start_time)
        self.message_end_time = max(timestamp, self.message_end_time)
        self.channel_stats[connection.id] += 1
        chunk.message_start_time = min(timestamp, chunk.message_start_time)
        chunk.message_end_time = max(timestamp, chunk.message_end_time)
        chunk.msgs[connection.id].append((timestamp, chunk.bio.tell()))
        published = timestamp if self.published is None else self.published
        record = BytesIO()
        record.write(struct.pack("<HIQQ", connection.id, 0, timestamp, published))
        record.write(data)
        storage_mcap.write_record(chunk.bio, MESSAGE, record)
        if chunk.bio.tell() > CHUNK:
            self.close_chunk()


class PublishedWriter(Writer):
    """A writer of MCAP bags whose storage is ``PublishedStorage``."""

    STORAGE_PLUGINS = {StoragePlugin.MCAP: PublishedStorage}

    def __init__(self, path: Path) -> None:
        """Prepare a bag in the new folder ``path``; nothing is opened yet."""
        super().__init__(path, version=9, storage_plugin=StoragePlugin.MCAP)
        # Chunk by chunk: what was written before a power cut can be read, and players need nothing
        # special.
        self.set_compression(CompressionMode.STORAGE, CompressionFormat.ZSTD)
        self._types = get_typestore(Stores.ROS2_JAZZY)

    def open_storage(self) -> PublishedStorage:
        """Open the bag for writing; return the storage of its file."""
        self.open()
        # Made from STORAGE_PLUGINS.
        assert isinstance(self.storage, PublishedStorage)
        return self.storage

    def announce(
        self, name: str, kind: str, latched: bool, best_effort: bool, depth: int
    ) -> Connection:
        """Add a topic with the quality of service that a player shall offer; ``depth``: messages it
        keeps.
        """
        reliability = QosReliability.RELIABLE
        if best_effort:
            reliability = QosReliability.BEST_EFFORT
        durability = QosDurability.VOLATILE
        if latched:
            durability = QosDurability.TRANSIENT_LOCAL
        qos = Qos(
            history=QosHistory.KEEP_LAST,
            depth=depth,
            reliability=reliability,
            durability=durability,
            deadline=FOREVER,
            lifespan=FOREVER,
            liveliness=QosLiveliness.AUTOMATIC,
            liveliness_lease_duration=FOREVER,
            avoid_ros_namespace_conventions=False,
        )
        return self.add_connection(name, kind, typestore=self._types, offered_qos_profiles=[qos])
