"""Transforms as the bytes of a tf2_msgs/TFMessage, and back: plain CDR, as in DDS and in bags."""

from __future__ import annotations

import struct
from typing import Any, Iterable

from builtin_interfaces.msg import Time
from geometry_msgs.msg import Quaternion, Transform, TransformStamped, Vector3
from std_msgs.msg import Header

LITTLE = b"\x00\x01\x00\x00"
"""How serialized messages begin: CDR, little endian."""
ORDERS = {b"\x00\x00": ">", b"\x00\x01": "<"}
"""Byte orders by the first two bytes of a message."""
SMALLEST = 8 + 5 + 5 + 7 * 8
"""Bytes of a transform with empty names, without padding."""


def encode(transforms: Iterable[TransformStamped]) -> bytes:
    """Return the serialized TFMessage with these transforms."""
    transforms = list(transforms)
    body = bytearray(struct.pack("<I", len(transforms)))
    for one in transforms:
        stamp = one.header.stamp
        _align(body, 4)
        body += struct.pack("<iI", stamp.sec, stamp.nanosec)
        for name in (one.header.frame_id, one.child_frame_id):
            text = name.encode() + b"\0"
            _align(body, 4)
            body += struct.pack("<I", len(text)) + text
        move = one.transform.translation
        turn = one.transform.rotation
        _align(body, 8)
        body += struct.pack("<7d", move.x, move.y, move.z, turn.x, turn.y, turn.z, turn.w)
    return LITTLE + bytes(body)


def decode(data: bytes) -> list[TransformStamped]:
    """Return the transforms of a serialized TFMessage.

    Raises:
        ValueError: bytes of something else.
    """
    order = ORDERS.get(bytes(data[:2]))
    if order is None:
        raise ValueError("this is no plain CDR")
    reader = _Reader(bytes(data[4:]), order)
    (count,) = reader.take("I")
    if count * SMALLEST > len(data):
        raise ValueError(f"{count} transforms do not fit into {len(data)} bytes")
    return [_transform(reader) for _ in range(count)]


def _transform(reader: _Reader) -> TransformStamped:
    seconds, nanoseconds = reader.take("iI")
    parent = reader.text()
    child = reader.text()
    numbers = reader.take("7d")
    return TransformStamped(
        header=Header(stamp=Time(sec=seconds, nanosec=nanoseconds), frame_id=parent),
        child_frame_id=child,
        transform=Transform(
            translation=Vector3(**dict(zip("xyz", numbers))),
            rotation=Quaternion(**dict(zip("xyzw", numbers[3:]))),
        ),
    )


class _Reader:
    """Reads values one after another, each where its alignment puts it."""

    def __init__(self, body: bytes, order: str) -> None:
        self._body = body
        self._order = order
        self._at = 0

    def take(self, layout: str) -> tuple[Any, ...]:
        size = struct.calcsize(f"={layout[-1]}")
        begin = self._at + -self._at % size
        whole = struct.calcsize(f"={layout}")
        if begin + whole > len(self._body):
            raise ValueError("the message is too short")
        self._at = begin + whole
        return struct.unpack_from(self._order + layout, self._body, begin)

    def text(self) -> str:
        (length,) = self.take("I")
        end = self._at + length
        if length == 0 or end > len(self._body) or self._body[end - 1] != 0:
            raise ValueError("a name does not end at its stated length")
        text = self._body[self._at : end - 1]
        self._at = end
        return text.decode()


def _align(body: bytearray, size: int) -> None:
    body += bytes(-len(body) % size)
