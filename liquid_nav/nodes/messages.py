"""Between ROS messages and the values of this package: views where possible, never cv_bridge.

Times inside the nodes are integer nanoseconds (as in headers) or float seconds; a name says which.
"""

from __future__ import annotations

import array
import struct

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import TwistStamped
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Float32MultiArray, MultiArrayDimension

from liquid_nav.types import Command

NANO = 1_000_000_000
RESET_STEP = 0.1
"""s by which simulated time must go back to be that of a simulator that was reset, and not of an overtaken message."""
CHANNELS = {"rgb8": 3, "bgr8": 3, "rgba8": 4, "bgra8": 4}
"""Image encodings that are understood, with their bytes per pixel."""
MOST_PIXELS = 2**25
"""Pixels of a picture at most: a frame of 8K video has 33 million.

More is refused before anything is allocated.
"""
STAMP_END = 12
"""Bytes up to the end of the stamp: 4 of encapsulation, 4 of seconds, 4 of nanoseconds."""

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"
"""How pictures of the two kinds begin."""
ANIMATED = frozenset((b"acTL", b"fcTL", b"fdAT"))
"""Chunks of a PNG that moves."""
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of a JPEG's frame header, which has its size."""
WITHOUT_LENGTH = frozenset((0x00, 0x01, *range(0xD0, 0xD9)))
"""Markers of a JPEG that nothing follows; 0 is no marker."""
SCAN = 0xDA
"""Marker of a JPEG before its compressed pixels."""


class ImageError(ValueError):
    """An image message that cannot be used; the text names the field, its value and what is expected."""


def nanoseconds(stamp: Time) -> int:
    """Return a stamp as integer nanoseconds."""
    return stamp.sec * NANO + stamp.nanosec


def to_stamp(time: int) -> Time:
    """Return integer nanoseconds as a stamp."""
    return Time(sec=time // NANO, nanosec=time % NANO)


def from_seconds(time: float) -> int:
    """Return float seconds as integer nanoseconds, rounded."""
    return round(time * NANO)


def serialized_stamp(data: bytes) -> int:
    """Return the stamp, in nanoseconds, of a CDR-serialized message that begins with a header.

    Raises ImageError, which is a ValueError, when there are too few bytes for a stamp; whoever
    reads serialized messages drops those. Any 12 bytes are a stamp.
    """
    if len(data) < STAMP_END:
        raise ImageError(f"the message has {len(data)} bytes, expected at least {STAMP_END}")
    seconds, nanos = struct.unpack_from("<iI" if data[1] & 1 else ">iI", data, 4)
    return seconds * NANO + nanos


def require_finite(what: str, *values: np.ndarray) -> None:
    """Raise ValueError, with ``what`` in its text, where a number of any array is not finite."""
    for value in values:
        if not np.isfinite(value).all():
            raise ValueError(f"{what} has a number that is not finite")


def image_view(message: Image) -> np.ndarray:
    """Return the pixels as uint8 [H,W,3] RGB, a view on the message's own bytes.

    Raises ImageError for an unknown encoding, an empty image or one of more than ``MOST_PIXELS``,
    a step shorter than a row (0 too), and any other number of bytes than height * step.
    """
    channels = CHANNELS.get(message.encoding)
    if channels is None:
        known = ", ".join(CHANNELS)
        raise ImageError(f"encoding is '{message.encoding[:40]}', expected one of {known}")
    height, width, step = message.height, message.width, message.step
    _check_size(width, height)
    if step < width * channels:
        raise ImageError(f"step is {step} bytes, expected at least {width * channels} for width {width}")
    if len(message.data) != step * height:
        size = f"{width} x {height} and step {step}"
        raise ImageError(f"data has {len(message.data)} bytes, expected {step * height} for {size}")
    flat = np.frombuffer(message.data, dtype=np.uint8)
    pixels = np.lib.stride_tricks.as_strided(flat, (height, width, channels), (step, channels, 1))
    return pixels[..., 2::-1] if message.encoding.startswith("bgr") else pixels[..., :3]


def _check_size(width: int, height: int) -> None:
    if width == 0 or height == 0:
        raise ImageError(f"size is {width} x {height}, expected at least 1 x 1")
    if width * height > MOST_PIXELS:
        raise ImageError(f"size is {width} x {height}, expected at most {MOST_PIXELS} pixels")


def read_image(message: Image) -> tuple[int, str, np.ndarray]:
    """Return stamp (ns), frame id and pixels, uint8 [H,W,3] RGB, of an image; raises ImageError as ``image_view``."""
    return nanoseconds(message.header.stamp), message.header.frame_id, image_view(message)


def read_compressed(message: CompressedImage) -> tuple[int, str, np.ndarray]:
    """Return stamp (ns), frame id and pixels, uint8 [H,W,3] RGB, of a JPEG or PNG.

    Raises ImageError for data that is neither, is cut off, cannot be decoded, or whose header
    claims no pixels or more than ``MOST_PIXELS``: the header is looked at first, so that nothing is
    allocated for a claim.
    """
    import cv2

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
    _check_size(*size)
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise ImageError(f"{named} is no picture that OpenCV can decode: {error}") from error
    if pixels is None:
        raise ImageError(f"{named} is no picture that OpenCV can decode")
    return nanoseconds(message.header.stamp), message.header.frame_id, pixels[..., ::-1]


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
            whole = data.rfind(b"\xff\xd9") >= at
            return size if whole else None
        if marker in FRAMES and size is None:
            if at + 7 > len(data):
                return None
            height, width = struct.unpack_from(">HH", data, at + 3)
            size = width, height
        at += max(2, struct.unpack_from(">H", data, at)[0])


def image_message(pixels: np.ndarray, time: int, frame_id: str) -> Image:
    """Wrap uint8 [H,W,3] RGB; one copy, into the array type that rclpy assigns without checking."""
    height, width, _ = pixels.shape
    message = Image(height=height, width=width, encoding="rgb8", step=3 * width, is_bigendian=0)
    message.header.stamp = to_stamp(time)
    message.header.frame_id = frame_id
    message.data = array.array("B", pixels.tobytes())
    return message


def command_message(command: Command, time: int, frame_id: str = "base_link") -> TwistStamped:
    """Wrap a command; ``time`` is the stamp of the image that it came from."""
    message = TwistStamped()
    message.header.stamp = to_stamp(time)
    message.header.frame_id = frame_id
    linear, angular = message.twist.linear, message.twist.angular
    linear.x, linear.y, linear.z = float(command.vx), float(command.vy), float(command.vz)
    angular.z = float(command.yaw_rate)
    return message


def command_from(message: TwistStamped) -> Command:
    """Read the four components that a level body velocity command has."""
    linear, angular = message.twist.linear, message.twist.angular
    return Command(linear.x, linear.y, linear.z, angular.z)


def array_message(values: np.ndarray, label: str) -> Float32MultiArray:
    """Wrap numbers, flattened, with one labelled dimension."""
    flat = np.ascontiguousarray(values, dtype=np.float32).ravel()
    message = Float32MultiArray()
    message.layout.dim = [MultiArrayDimension(label=label, size=flat.size, stride=flat.size)]
    message.data = array.array("f", flat.tobytes())
    return message
