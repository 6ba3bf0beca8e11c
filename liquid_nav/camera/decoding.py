"""Raw images of every layout that common camera drivers publish, as RGB.

The names are those of ``sensor_msgs/image_encodings``; the conversions are OpenCV's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np

MAX_IMAGE_PIXELS = 2**25
"""Pixels of a picture at most: a frame of 8K video has 33 million.

More is refused before anything is allocated.
"""
FULL_RANGE = 255.0 / 65535.0
"""From 16 to 8 bits, as cv_bridge scales."""


class ImageError(ValueError):
    """An image message that cannot be used; the text names the field, its value and what is
    expected.
    """


class RawImage(Protocol):
    """The fields of sensor_msgs/Image that are read."""

    height: int
    """Rows of the picture, pixels."""
    width: int
    """Columns of the picture, pixels."""
    encoding: str
    """Name of the layout."""
    is_bigendian: int
    """Whether the high byte of 16 bits comes first; default 0."""
    step: int
    """Bytes from one row to the next."""
    data: Any
    """The bytes: array.array, bytes or uint8 [N]."""


@dataclass(frozen=True, slots=True)
class _Layout:
    """How pixels lie in memory, and how they become RGB."""

    channels: int
    """Values beside each other for one pixel."""
    conversion: int | None = None
    """OpenCV's code to RGB; default: a view on the bytes is enough."""
    size: int = 1
    """Bytes of one value; default 1."""
    across: int = 1
    """The width must be a multiple of this, pixels; default 1."""
    down: int = 1
    """The height must be a multiple of this, pixels; default 1."""
    planes: float = 1.0
    """Rows in memory for one row of the picture; default 1."""
    backwards: bool = False
    """Whether blue comes first where a view is enough; default: red does."""


def _bayer(conversion: int, size: int = 1) -> _Layout:
    return _Layout(1, conversion, size, across=2, down=2)


_GREY = _Layout(1, cv2.COLOR_GRAY2RGB)
_BGR = _Layout(3, backwards=True)
_UYVY = _Layout(2, cv2.COLOR_YUV2RGB_UYVY, across=2)
_YUYV = _Layout(2, cv2.COLOR_YUV2RGB_YUY2, across=2)
_NV12 = _Layout(1, cv2.COLOR_YUV2RGB_NV12, across=2, down=2, planes=1.5)
_NV21 = _Layout(1, cv2.COLOR_YUV2RGB_NV21, across=2, down=2, planes=1.5)
# OpenCV names a pattern by its second row and column: its BG is what ROS calls rggb.
_RGGB = cv2.COLOR_BayerBG2RGB
_BGGR = cv2.COLOR_BayerRG2RGB
_GBRG = cv2.COLOR_BayerGR2RGB
_GRBG = cv2.COLOR_BayerGB2RGB

_LAYOUTS = {
    "rgb8": _Layout(3),
    "bgr8": _BGR,
    "rgba8": _Layout(4),
    "bgra8": _Layout(4, backwards=True),
    "8UC3": _BGR,
    "mono8": _GREY,
    "8UC1": _GREY,
    "mono16": _Layout(1, cv2.COLOR_GRAY2RGB, size=2),
    "yuv422": _UYVY,
    "uyvy": _UYVY,
    "yuv422_yuy2": _YUYV,
    "yuyv": _YUYV,
    "nv12": _NV12,
    "nv21": _NV21,
    "bayer_rggb8": _bayer(_RGGB),
    "bayer_bggr8": _bayer(_BGGR),
    "bayer_gbrg8": _bayer(_GBRG),
    "bayer_grbg8": _bayer(_GRBG),
    "bayer_rggb16": _bayer(_RGGB, 2),
    "bayer_bggr16": _bayer(_BGGR, 2),
    "bayer_gbrg16": _bayer(_GBRG, 2),
    "bayer_grbg16": _bayer(_GRBG, 2),
}
IMAGE_ENCODINGS = tuple(_LAYOUTS)
"""Encodings that are understood. 16UC1 and 32FC1 are not among them: by convention they hold depth,
no picture.
"""


def decode_image(message: RawImage) -> np.ndarray:
    """Return the pixels as uint8 [H,W,3] RGB; of rgb8, bgr8, 8UC3 and those with alpha a view on
    the message's bytes.

    The length of the data decides: where ``step`` is shorter than a row (some drivers leave it 0,
    or write the bytes of a pixel) and the bytes are exactly those of the pixels, rows follow each
    other; the padding of the last row may be missing.

    Raises:
        ImageError: an unknown encoding, no pixels or more than ``MAX_IMAGE_PIXELS``, a size that
            the layout cannot have, and any other number of bytes.
    """
    layout = _LAYOUTS.get(message.encoding)
    if layout is None:
        raise ImageError(
            f"encoding is '{message.encoding[:40]}', expected one of {', '.join(IMAGE_ENCODINGS)}"
        )
    check_size(message.width, message.height)
    if message.width % layout.across or message.height % layout.down:
        size = f"{message.width} x {message.height}"
        wanted = f"multiples of {layout.across} x {layout.down} for {message.encoding}"
        raise ImageError(f"size is {size}, expected {wanted}")
    pixels = _pixels(message, layout)
    if layout.conversion is None:
        if layout.backwards:
            return pixels[..., 2::-1]
        return pixels[..., :3]
    if layout.size == 2:
        pixels = cv2.convertScaleAbs(pixels, alpha=FULL_RANGE)
    return cv2.cvtColor(pixels, layout.conversion)


def demosaic(mosaic: np.ndarray, encoding: str) -> np.ndarray | None:
    """Return a Bayer mosaic, uint8 [H,W], as uint8 [H,W,3] RGB; None for any other encoding or an
    odd size.
    """
    layout = _LAYOUTS.get(encoding)
    odd = mosaic.shape[0] % 2 or mosaic.shape[1] % 2
    if layout is None or odd or not encoding.startswith("bayer_"):
        return None
    # Every Bayer layout has a conversion.
    assert layout.conversion is not None
    return cv2.cvtColor(mosaic, layout.conversion)


def check_size(width: int, height: int) -> None:
    """Raise ImageError for a picture without pixels, or with more than ``MAX_IMAGE_PIXELS``."""
    if width <= 0 or height <= 0:
        raise ImageError(f"size is {width} x {height}, expected at least 1 x 1")
    if width * height > MAX_IMAGE_PIXELS:
        raise ImageError(f"size is {width} x {height}, expected at most {MAX_IMAGE_PIXELS} pixels")


def _pixels(message: RawImage, layout: _Layout) -> np.ndarray:
    """Return a view on the bytes, [rows,W] or [rows,W,channels], uint8 or (a copy where bytes are
    swapped) uint16.
    """
    rows = int(message.height * layout.planes)
    pixel = layout.channels * layout.size
    row = message.width * pixel
    # As bytes, whatever type of elements the reader of the message has chosen.
    data = np.frombuffer(message.data, dtype=np.uint8)
    step = _step(message, rows, row, len(data))
    kind: np.dtype[Any] = np.dtype(np.uint8)
    if layout.size == 2:
        kind = np.dtype(">u2" if message.is_bigendian else "<u2")
    shape = [rows, message.width]
    strides = [step, pixel]
    if layout.channels > 1:
        shape.append(layout.channels)
        strides.append(layout.size)
    pixels = np.ndarray(tuple(shape), kind, data, strides=tuple(strides))
    if kind.isnative:
        return pixels
    return pixels.astype(np.uint16)


def _step(message: RawImage, rows: int, row: int, length: int) -> int:
    """Return the bytes from one row to the next; raises ImageError where the length fits no step.

    rows: in memory; row: bytes of one without padding; length: bytes that there are.
    """
    step = message.step
    if step >= row and step * (rows - 1) + row <= length <= step * rows:
        return step
    # A planar image's step may be the bytes of all planes for one row of the picture.
    if length == row * rows and (step < row or step * message.height == length):
        return row
    expected = max(step, row) * rows
    size = f"{message.width} x {message.height} and step {step}"
    raise ImageError(f"data has {length} bytes, expected {expected} for {size}")
