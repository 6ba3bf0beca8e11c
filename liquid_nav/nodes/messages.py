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
CHANNELS = {"rgb8": 3, "bgr8": 3, "rgba8": 4, "bgra8": 4}
"""Image encodings that are understood, with their bytes per pixel."""


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
    """Return the header stamp, in nanoseconds, of a CDR-serialized message that begins with a header."""
    seconds, nanos = struct.unpack_from("<iI" if data[1] & 1 else ">iI", data, 4)
    return seconds * NANO + nanos


def image_view(message: Image) -> np.ndarray:
    """Return the pixels as uint8 [H,W,3] RGB, a view on the message's own bytes.

    Raises ImageError for an unknown encoding, an empty image or a buffer that is too short.
    """
    channels = CHANNELS.get(message.encoding)
    if channels is None:
        known = ", ".join(CHANNELS)
        raise ImageError(f"encoding is '{message.encoding}', expected one of {known}")
    height, width, step = message.height, message.width, message.step or message.width * channels
    if height == 0 or width == 0:
        raise ImageError(f"size is {width} x {height}, expected at least 1 x 1")
    if step < width * channels:
        raise ImageError(f"step is {step} bytes, expected at least {width * channels} for width {width}")
    needed = step * (height - 1) + width * channels
    if len(message.data) < needed:
        raise ImageError(f"data has {len(message.data)} bytes, expected {needed} for {width} x {height}")
    flat = np.frombuffer(message.data, dtype=np.uint8)
    pixels = np.lib.stride_tricks.as_strided(flat, (height, width, channels), (step, channels, 1))
    return pixels[..., 2::-1] if message.encoding.startswith("bgr") else pixels[..., :3]


def read_image(message: Image) -> tuple[int, str, np.ndarray]:
    """Return stamp (ns), frame id and pixels, uint8 [H,W,3] RGB, of an image; raises ImageError as ``image_view``."""
    return nanoseconds(message.header.stamp), message.header.frame_id, image_view(message)


def read_compressed(message: CompressedImage) -> tuple[int, str, np.ndarray]:
    """Return stamp (ns), frame id and pixels, uint8 [H,W,3] RGB, of a JPEG or PNG; raises ImageError if it is none."""
    import cv2

    data = np.frombuffer(message.data, np.uint8)
    pixels = cv2.imdecode(data, cv2.IMREAD_COLOR) if len(data) else None
    if pixels is None:
        raise ImageError(f"the data, format '{message.format}', is no picture that OpenCV can decode")
    return nanoseconds(message.header.stamp), message.header.frame_id, pixels[..., ::-1]


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
