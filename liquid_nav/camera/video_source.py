"""OpenCV's cameras as sources of frames: devices, network streams, GStreamer pipelines and files.
No ROS in here.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Callable

import cv2
import numpy as np

from liquid_nav.camera.capture import SourceError, driver_age
from liquid_nav.camera.capture_format import CaptureFormat, negotiate, shortfall
from liquid_nav.credentials import expand, redact

TIMEOUT = 5000
"""ms that a network stream may take to open, or to deliver a frame."""
NOTHING = CaptureFormat()
"""Asks nothing of a device."""
ELSEWHERE = "choose the format in the camera's own settings or in the pipeline's caps"
QUIET = {"OPENCV_FFMPEG_LOGLEVEL": "-8", "GST_DEBUG": "0"}
"""Environment in which FFmpeg and GStreamer print nothing; they read it when they are first used.
"""


def kind_of(source: str) -> str:
    """Return what a source is: device, pipeline, stream or file."""
    if source.isdecimal() or source.startswith("/dev/"):
        return "device"
    if "!" in source:
        return "pipeline"
    if "://" in source and not source.startswith("file://"):
        return "stream"
    return "file"


class VideoSource:
    """An open ``cv2.VideoCapture``; a file is played at its own pace, as if it were a camera."""

    def __init__(
        self,
        source: str,
        wish: CaptureFormat = NOTHING,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        """Open.

        Args:
            source: Device, address, pipeline or file; ``${NAME}`` in it is taken from the
                environment. Errors show neither the value of a variable nor a password.
            wish: What to ask of a device; a stream, pipeline or file sends what it sends.
            wait: Waits for some seconds: a file is played at its own pace.

        Raises:
            SourceError: it cannot be opened.
            UserError: a variable is not set.
        """
        shown = redact(source)
        source = expand(source, os.environ)
        self.kind = kind_of(source)
        self._wait = wait
        if shown != source:
            _silence_libraries()
        self._capture = cv2.VideoCapture()
        if self.kind == "device":
            device = int(source) if source.isdecimal() else source
            self._capture.open(device, cv2.CAP_V4L2)
        elif self.kind == "pipeline":
            self._capture.open(source, cv2.CAP_GSTREAMER)
        elif self.kind == "stream":
            limits = [
                cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
                TIMEOUT,
                cv2.CAP_PROP_READ_TIMEOUT_MSEC,
                TIMEOUT,
            ]
            self._capture.open(source, cv2.CAP_FFMPEG, limits)
        else:
            path = source.removeprefix("file://")
            if Path(path).is_file():
                self._capture.open(path)
        if not self._capture.isOpened():
            raise SourceError(f"cannot open {shown}: {remedy(self.kind)}")
        self.granted = ""
        """What a device reports that it will send, as text for people; empty: not reported."""
        self.shortfall = ""
        """Where less was granted than was asked for: a message with the remedy."""
        if self.kind == "device":
            granted = negotiate(self._capture, wish)
            self.granted = str(granted)
            self.shortfall = shortfall(wish, granted)
        elif wish != NOTHING:
            self.shortfall = (
                f"asked for {wish}, but only a device is asked, and this is a "
                f"{self.kind}: {ELSEWHERE}"
            )
        self._period = 0.0
        if self.kind == "file":
            self._period = 1.0 / max(1.0, self._capture.get(cv2.CAP_PROP_FPS) or 30.0)
        self._due = time.monotonic()

    def grab(self) -> bool:
        """Wait for the next frame."""
        if self._period:
            self._wait(max(0.0, self._due - time.monotonic()))
            self._due = max(self._due + self._period, time.monotonic() - self._period)
        return self._capture.grab()

    def age(self) -> int:
        """Return the age of the grabbed frame, ns, where the driver reports it; else 0."""
        if self.kind != "device":
            return 0
        return driver_age(self._capture.get(cv2.CAP_PROP_POS_MSEC), time.monotonic_ns())

    def retrieve(self) -> tuple[bool, np.ndarray | None]:
        """Decode the grabbed frame."""
        return self._capture.retrieve()

    def release(self) -> None:
        """Close."""
        self._capture.release()


def remedy(kind: str) -> str:
    """Return what a person should check when a source of that kind cannot be opened."""
    return {
        "device": "is it plugged in, is another program using it, are you in the group 'video'?",
        "pipeline": "is OpenCV built with GStreamer (python3-opencv is), does the pipeline end in "
        "appsink?",
        "stream": "are address, user and password right and the camera reachable (ffprobe shows "
        "more)?",
        "file": "is there such a file, in a format that OpenCV reads?",
    }[kind]


def _silence_libraries() -> None:
    """Let OpenCV, FFmpeg and GStreamer print nothing any more in this process.

    They quote addresses with passwords: FFmpeg in the error of a playlist with a missing segment,
    and with every request at its higher levels.
    """
    os.environ.update(QUIET)
    silent = 0
    if hasattr(cv2, "setLogLevel"):  # OpenCV 4
        cv2.setLogLevel(silent)
    else:
        cv2.utils.logging.setLogLevel(silent)
