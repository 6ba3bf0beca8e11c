"""Compressed images, JPEG and PNG, as RGB: nothing is allocated for what a header only claims."""

from __future__ import annotations

import struct
from typing import Any, Protocol

import cv2
import numpy as np

from liquid_nav.camera.decoding import ImageError, check_size, demosaic

PNG = b"\x89PNG\r\n\x1a\n"
"""Signature at the beginning of a PNG."""
JPEG = b"\xff\xd8\xff"
"""Start of a JPEG: its first marker, and the first byte of the next."""
DEPTH = ("16UC1", "32FC1")
"""Encodings that hold depth by convention, as among the raw images."""
ANIMATED = frozenset((b"acTL", b"fcTL", b"fdAT"))
"""Chunks of an animated PNG."""
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of a JPEG's frame header, which has its size."""
WITHOUT_LENGTH = frozenset((0x00, 0x01, *range(0xD0, 0xD9)))
"""Markers of a JPEG that nothing follows; 0 is no marker."""
SCAN = 0xDA
"""Marker of a JPEG before its compressed pixels."""


class CompressedPicture(Protocol):
    """The fields of sensor_msgs/CompressedImage that are read."""

    format: str
    """Encoding of the picture before it was compressed, and the kind of compression."""
    data: Any
    """The bytes: array.array, bytes or uint8 [N]."""


def decode_compressed_image(message: CompressedPicture) -> np.ndarray:
    """Return the pixels, uint8 [H,W,3] RGB, of a JPEG or PNG.

    Raises ImageError for data that is neither, is cut off, cannot be decoded, or whose header
    claims no pixels or more than ``MAX_IMAGE_PIXELS``: the header is checked first, so that nothing
    is allocated for a claim.
    """
    data = bytes(message.data)
    named = f"the data, format '{message.format[:40]}',"
    if data.startswith(PNG):
        size = _png_size(data)
    elif data.startswith(JPEG):
        size = _jpeg_size(data)
    else:
        raise ImageError(f"{named} is no picture: it begins neither as JPEG nor as PNG")
    if size is None:
        raise ImageError(f"{named} is no whole picture: its header or its end is missing")
    check_size(*size)
    # image_transport compresses a Bayer mosaic as it is, in grey.
    encoding = message.format.partition(";")[0].strip()
    if encoding in DEPTH:
        raise ImageError(f"{named} is no picture: {encoding} holds depth")
    mosaic = encoding.startswith("bayer_")
    flags = cv2.IMREAD_ANYCOLOR if mosaic else cv2.IMREAD_COLOR
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as error:
        raise ImageError(f"{named} is no picture that OpenCV can decode: {error}") from error
    if pixels is None:
        raise ImageError(f"{named} is no picture that OpenCV can decode")
    if pixels.ndim == 3:
        # In colour it is no mosaic, whatever its format field states.
        return pixels[..., ::-1]
    rgb = demosaic(pixels, encoding)
    if rgb is None:
        raise ImageError(f"{named} is no Bayer mosaic that is understood")
    return rgb


def _png_size(data: bytes) -> tuple[int, int] | None:
    """Return width and height that a PNG claims, or None where its chunks are not in order.

    None where a chunk claims more bytes than there are, the first one is no header, another one is
    a header, the last one is missing, or the picture is animated: OpenCV would allocate whatever
    the length of a chunk or the header of another frame claims.
    """
    size = None
    at = len(PNG)
    while at + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        first = at == len(PNG)
        if end > len(data) or first != (name == b"IHDR") or name in ANIMATED:
            return None
        if first:
            if length != 13:
                return None
            size = struct.unpack_from(">II", data, at + 8)
        if name == b"IEND":
            return size
        at = end
    return None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Return width and height that a JPEG claims, or None without frame header, scan or end.

    Markers are found as libjpeg finds them, so that both read the same frame header.
    """
    size = None
    at = len(JPEG) - 1
    while True:
        at = data.find(b"\xff", at)
        while 0 <= at < len(data) and data[at] == 0xFF:
            at += 1
        if at < 0 or at + 3 > len(data):
            return None
        marker = data[at]
        at += 1
        if marker in WITHOUT_LENGTH:
            continue
        if marker == SCAN:
            if data.rfind(b"\xff\xd9") < at:
                return None
            return size
        if marker in FRAMES and size is None:
            if at + 7 > len(data):
                return None
            height, width = struct.unpack_from(">HH", data, at + 3)
            size = width, height
        at += max(2, struct.unpack_from(">H", data, at)[0])
