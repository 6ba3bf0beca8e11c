"""Camera images straight from their serialized bytes: no Python message, no copy of the pixels.

Meant to be faster than messages; in the running graph it is not (``liquid-nav bench graph``, docs/interfaces.md).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

from liquid_nav.nodes.messages import NANO, ImageError


@dataclass(frozen=True, slots=True)
class SerializedImage:
    """The fields of sensor_msgs/Image; ``stamp`` in ns, ``data`` a view on the received bytes."""

    stamp: int
    frame_id: str
    height: int
    width: int
    encoding: str
    step: int
    data: memoryview


class _Reader:
    """Reads little or big endian CDR; alignment counts from behind the four bytes of the encapsulation."""

    def __init__(self, data: bytes) -> None:
        if len(data) < 4:
            raise ImageError("the message is shorter than its header")
        self._data, self._at = memoryview(data), 4
        self._order = "<" if data[1] & 1 else ">"

    def number(self, code: str = "I") -> int:
        size = struct.calcsize(code)
        self._at += -(self._at - 4) % size
        (value,) = struct.unpack_from(self._order + code, self._data, self._at)
        self._at += size
        return value

    def octets(self) -> memoryview:
        length = self.number()
        part = self._data[self._at : self._at + length]
        if len(part) < length:
            raise ImageError(f"the message ends {length - len(part)} bytes early")
        self._at += length
        return part

    def text(self) -> str:
        return bytes(self.octets()[:-1]).decode(errors="replace")


def serialized_header(data: bytes) -> tuple[int, str]:
    """Return stamp (ns) and frame id of a serialized message that begins with a header."""
    reader = _Reader(data)
    return reader.number("i") * NANO + reader.number(), reader.text()


def read_image(data: bytes) -> SerializedImage:
    """Read a serialized sensor_msgs/Image; raises ImageError when it is cut off."""
    reader = _Reader(data)
    try:
        stamp = reader.number("i") * NANO + reader.number()
        frame_id, height, width, encoding = reader.text(), reader.number(), reader.number(), reader.text()
        reader.number("B")
        return SerializedImage(stamp, frame_id, height, width, encoding, reader.number(), reader.octets())
    except struct.error as error:
        raise ImageError("the message is cut off") from error


def read_compressed(data: bytes) -> tuple[int, str, np.ndarray]:
    """Read a serialized sensor_msgs/CompressedImage: stamp (ns), frame id and pixels, uint8 [H,W,3] RGB.

    Raises ImageError when it is cut off or no picture.
    """
    import cv2

    reader = _Reader(data)
    try:
        stamp = reader.number("i") * NANO + reader.number()
        frame_id, form, payload = reader.text(), reader.text(), reader.octets()
    except struct.error as error:
        raise ImageError("the message is cut off") from error
    pixels = cv2.imdecode(np.frombuffer(payload, np.uint8), cv2.IMREAD_COLOR) if len(payload) else None
    if pixels is None:
        raise ImageError(f"the data, format '{form}', is no picture that OpenCV can decode")
    return stamp, frame_id, pixels[..., ::-1]
