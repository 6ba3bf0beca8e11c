"""Both times of the messages of a bag, as they stand in the file: readers of ``rosbags`` show only
one.
"""

import struct
import sys

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

CHANNEL, MESSAGE, CHUNK, DATA_END = 0x04, 0x05, 0x06, 0x0F


def records(data, at=0):
    """Yield kind and content of the records of an MCAP file from a place on."""
    while at < len(data):
        kind, length = struct.unpack_from("<BQ", data, at)
        yield kind, data[at + 9 : at + 9 + length]
        if kind == DATA_END:
            return
        at += 9 + length


def chunks(path):
    """Yield the compression and the content of every chunk of an MCAP file."""
    for kind, content in records(path.read_bytes(), len(b"\x89MCAP0\r\n")):
        if kind != CHUNK:
            continue
        (length,) = struct.unpack_from("<I", content, 28)
        compression = content[32 : 32 + length].decode()
        body = content[32 + length + 8 :]
        yield compression, zstd.decompress(body) if compression == "zstd" else body


def times(path):
    """Return (topic, received, published) of every message in the order of the file; ns."""
    topics, found = {}, []
    for _, content in chunks(path):
        for kind, record in records(content):
            if kind == CHANNEL:
                number, _, length = struct.unpack_from("<HHI", record)
                topics[number] = record[8 : 8 + length].decode()
            if kind == MESSAGE:
                number, _, received, published = struct.unpack_from("<HIQQ", record)
                found.append((topics[number], received, published))
    return found
