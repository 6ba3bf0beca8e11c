"""Between ROS messages and the values of this package: views where possible, never cv_bridge.

Times inside the nodes are integer nanoseconds (as in headers) or float seconds; a name shows which.
"""

from __future__ import annotations

import array
import struct
from typing import Sequence

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import TwistStamped
from numpy.typing import ArrayLike
from sensor_msgs.msg import CompressedImage, Image, JointState

from liquid_nav.camera import MAX_IMAGE_PIXELS, ImageError, decode_compressed_image, decode_image
from liquid_nav.clocks import NANO
from liquid_nav.types import Command

__all__ = [
    "MAX_IMAGE_PIXELS",
    "NANO",
    "RESET_STEP",
    "ImageError",
    "command_from",
    "command_message",
    "from_seconds",
    "image_message",
    "image_view",
    "named_values",
    "named_values_message",
    "nanoseconds",
    "read_compressed",
    "read_image",
    "require_finite",
    "serialized_stamp",
    "to_stamp",
]

RESET_STEP = 0.1
"""s by which simulated time must go back to mean that the simulator was reset, and not that a
message was overtaken.
"""
STAMP_END = 12
"""Bytes up to the end of the stamp: 4 of encapsulation, 4 of seconds, 4 of nanoseconds."""


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

    Raises ImageError, which is a ValueError, when there are too few bytes for a stamp; readers of
    serialized messages drop those. Any 12 bytes are a stamp.
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
    """Return the pixels as uint8 [H,W,3] RGB, where possible a view on the message's bytes.

    Raises ImageError.
    """
    return decode_image(message)


def read_image(message: Image) -> tuple[int, str, np.ndarray]:
    """Return stamp (ns), frame id and pixels, uint8 [H,W,3] RGB, of an image.

    Raises ImageError as ``image_view``.
    """
    return nanoseconds(message.header.stamp), message.header.frame_id, image_view(message)


def read_compressed(message: CompressedImage) -> tuple[int, str, np.ndarray]:
    """Return stamp (ns), frame id and pixels, uint8 [H,W,3] RGB, of a JPEG or PNG.

    Raises ImageError.
    """
    return (
        nanoseconds(message.header.stamp),
        message.header.frame_id,
        decode_compressed_image(message),
    )


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
    linear = message.twist.linear
    angular = message.twist.angular
    linear.x = float(command.vx)
    linear.y = float(command.vy)
    linear.z = float(command.vz)
    angular.z = float(command.yaw_rate)
    return message


def command_from(message: TwistStamped) -> Command:
    """Read the four components that a level body velocity command has."""
    linear = message.twist.linear
    angular = message.twist.angular
    return Command(linear.x, linear.y, linear.z, angular.z)


def named_values_message(names: Sequence[str], values: ArrayLike, time: int) -> JointState:
    """Wrap numbers with a name each; ``time`` is the stamp (ns) of the image that they came from.

    JointState is the standard message for that: nothing here is a joint.
    """
    message = JointState()
    message.header.stamp = to_stamp(time)
    message.name = list(names)
    message.position = array.array("d", np.asarray(values, dtype=np.float64).tobytes())
    return message


def named_values(message: JointState) -> dict[str, float]:
    """Return the numbers by their names; raises ValueError where there are not as many of both."""
    return dict(zip(message.name, message.position, strict=True))
