"""What is asked of a camera device (pixel format, size, rate), and what it grants. No ROS in here.

A driver never refuses: it takes what is nearest. Over USB 2 most cameras send large pictures at
their full rate only as JPEG (MJPG), while their own format, which OpenCV leaves alone, is raw.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import cv2

from liquid_nav.errors import UserError

MJPG = "MJPG"
NAMES = {
    "mjpeg": MJPG,
    "yuy2": "YUYV",
    "yuv422_yuy2": "YUYV",
    "yuv422": "UYVY",
    "mono8": "GREY",
    "gray": "GREY",
}
"""What usb_cam, GStreamer and ROS call a format -> its four characters."""
ENOUGH = 0.95
"""Share of the asked rate that counts as granted: 29.97 Hz are 30."""


class Device(Protocol):
    """The part of ``cv2.VideoCapture`` that is needed."""

    def get(self, name: int) -> float:
        """Return a property."""

    def set(self, name: int, value: float) -> bool:
        """Ask for a property."""


@dataclass(frozen=True, slots=True)
class CaptureFormat:
    """What is asked of a device; nothing of what is left at its default."""

    width: int = 0
    """Pixels; default 0: its own."""
    height: int = 0
    """Pixels; default 0: its own."""
    rate: float = 0.0
    """Frames per second, Hz; default 0: its own."""
    pixel_format: str = ""
    """Four characters; default: its own, or MJPG where that alone grants the others."""

    def __str__(self) -> str:
        """Return it as text for people, such as ``640 x 480 at 30 Hz in MJPG``."""
        parts = []
        if self.width or self.height:
            parts.append(f"{self.width or 'any'} x {self.height or 'any'}")
        if self.rate:
            parts.append(f"{self.rate:g} Hz")
        wanted = " at ".join(parts)
        return " in ".join(part for part in (wanted, self.pixel_format) if part)


@dataclass(frozen=True, slots=True)
class Granted:
    """What a device reports that it will send."""

    width: int
    """Pixels."""
    height: int
    """Pixels."""
    rate: float
    """Frames per second, Hz; 0: not reported."""
    pixel_format: str
    """Four characters; empty: not reported."""

    def __str__(self) -> str:
        """Return it as text for people, such as ``640 x 480 at 30 Hz in MJPG``."""
        text = f"{self.width} x {self.height}"
        if self.rate:
            text += f" at {self.rate:g} Hz"
        if self.pixel_format:
            text += f" in {self.pixel_format}"
        return text

    def has_size(self, wish: CaptureFormat) -> bool:
        """Return whether the size is as asked."""
        return wish.width in (0, self.width) and wish.height in (0, self.height)

    def has_rate(self, wish: CaptureFormat) -> bool:
        """Return whether the rate is at least about as asked, as far as it is known."""
        return not self.rate or self.rate >= ENOUGH * wish.rate

    def meets(self, wish: CaptureFormat) -> bool:
        """Return whether everything is as asked."""
        same_format = wish.pixel_format in ("", self.pixel_format)
        return same_format and self.has_size(wish) and self.has_rate(wish)


def parse_pixel_format(text: str) -> str:
    """Return the four characters of a pixel format, empty for none asked.

    MJPG, mjpeg, yuyv, YUY2, yuv422_yuy2, uyvy, mono8, usb_cam's mjpeg2rgb, and every four
    characters that ``v4l2-ctl --list-formats`` shows.

    Raises:
        UserError: anything else.
    """
    name = text.strip()
    known = NAMES.get(name.lower().removesuffix("2rgb"))
    if known or not name:
        return known or ""
    short = name.removesuffix("2rgb")
    if len(short) != 4 or not short.isascii() or not short.isprintable():
        forms = (
            "give four characters that `v4l2-ctl --list-formats` shows, e.g. MJPG, YUYV, "
            "UYVY or GREY"
        )
        raise UserError(f"pixel_format is '{text[:40]}'", forms)
    if short.islower():
        return short.upper()
    return short


def negotiate(device: Device, wish: CaptureFormat) -> Granted:
    """Ask an open device for what is wished, and return what it grants.

    MJPG is tried where size or rate are not granted and no format was asked for; it stays only
    where it grants more.
    """
    _ask(device, wish, wish.pixel_format)
    granted = _read(device)
    if wish.pixel_format or granted.meets(wish) or granted.pixel_format == MJPG:
        return granted
    _ask(device, wish, MJPG)
    packed = _read(device)
    if packed.pixel_format == MJPG and _worth(packed, wish) > _worth(granted, wish):
        return packed
    _ask(device, wish, granted.pixel_format)
    return _read(device)


def shortfall(wish: CaptureFormat, granted: Granted) -> str:
    """Return a message with the remedy where less was granted than was asked for; else an empty
    text.
    """
    if granted.meets(wish):
        return ""
    return (
        f"asked for {wish}, the camera grants {granted}: ask for what `v4l2-ctl "
        "--list-formats-ext` lists (capture_width, capture_height, capture_rate, pixel_format), or "
        "use a faster USB port"
    )


def _ask(device: Device, wish: CaptureFormat, pixel_format: str) -> None:
    # The format first: which sizes and rates there are depends on it.
    if pixel_format:
        device.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*pixel_format))
    asked = (
        (cv2.CAP_PROP_FRAME_WIDTH, wish.width),
        (cv2.CAP_PROP_FRAME_HEIGHT, wish.height),
        (cv2.CAP_PROP_FPS, wish.rate),
        (cv2.CAP_PROP_BUFFERSIZE, 1),
    )
    for name, value in asked:
        if value:
            device.set(name, value)


def _read(device: Device) -> Granted:
    code = int(_number(device.get(cv2.CAP_PROP_FOURCC)))
    name = code.to_bytes(8, "little")[:4].decode("ascii", "replace")
    if not code or not name.isprintable():
        name = ""
    return Granted(
        int(_number(device.get(cv2.CAP_PROP_FRAME_WIDTH))),
        int(_number(device.get(cv2.CAP_PROP_FRAME_HEIGHT))),
        _number(device.get(cv2.CAP_PROP_FPS)),
        name,
    )


def _number(value: float) -> float:
    """Return a property of a device; 0 for what is none (-1, NaN)."""
    if math.isfinite(value) and 0.0 < value < 2**40:
        return value
    return 0.0


def _worth(granted: Granted, wish: CaptureFormat) -> tuple[bool, bool, float]:
    """Order what was granted: the size counts before the rate."""
    return granted.has_size(wish), granted.has_rate(wish), granted.rate
