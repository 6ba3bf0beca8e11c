"""The MCAP files of ``rosbags``, with the time at which a message was published beside that at
which it was recorded.

Imported only where a bag is written: ``rosbags`` is an extra.
"""

from __future__ import annotations

import struct
from io import BytesIO
from typing import TYPE_CHECKING

from rosbags.rosbag2 import StoragePlugin, Writer, storage_mcap

if TYPE_CHECKING:
    from rosbags.interfaces import Connection

MESSAGE = 0x05
"""Kind of the record of a message."""
CHUNK = 2**20
"""Bytes, before compression, after which a chunk is closed: what a power cut costs at most."""


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
