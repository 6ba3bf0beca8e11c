"""OpenCV's cameras as sources of frames: devices, network streams, GStreamer pipelines and files. No ROS in here."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Callable

import numpy as np

from liquid_nav.nodes.capture import SourceError, driver_age

TIMEOUT = 5000
"""ms that a network stream may take to open, or to deliver a frame."""


def kind_of(source: str) -> str:
    """Return what a source is: device, pipeline, stream or file."""
    if source.isdigit() or source.startswith("/dev/"):
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
        size: tuple[int, int] = (0, 0),
        rate: float = 0.0,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        """Open; ``size`` (width, height) and ``rate`` are asked of a device, zeros leave its own.

        Raises:
            SourceError: it cannot be opened.
        """
        import cv2

        self.kind = kind_of(source)
        self._wait = wait
        self._capture = cv2.VideoCapture()
        if self.kind == "device":
            number = int(source) if source.isdigit() else source
            self._capture.open(number, cv2.CAP_V4L2)
            for name, value in (("FRAME_WIDTH", size[0]), ("FRAME_HEIGHT", size[1]), ("FPS", rate), ("BUFFERSIZE", 1)):
                if value:
                    self._capture.set(getattr(cv2, f"CAP_PROP_{name}"), value)
        elif self.kind == "pipeline":
            self._capture.open(source, cv2.CAP_GSTREAMER)
        elif self.kind == "stream":
            limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, TIMEOUT, cv2.CAP_PROP_READ_TIMEOUT_MSEC, TIMEOUT]
            self._capture.open(source, cv2.CAP_FFMPEG, limits)
        else:
            path = source.removeprefix("file://")
            if Path(path).is_file():
                self._capture.open(path)
        if not self._capture.isOpened():
            raise SourceError(f"cannot open {source}: {_remedy(self.kind)}")
        self._period = 1.0 / max(1.0, self._capture.get(cv2.CAP_PROP_FPS) or 30.0) if self.kind == "file" else 0.0
        self._due = time.monotonic()
        self._position = cv2.CAP_PROP_POS_MSEC

    def grab(self) -> bool:
        """Wait for the next frame."""
        if self._period:
            self._wait(max(0.0, self._due - time.monotonic()))
            self._due = max(self._due + self._period, time.monotonic() - self._period)
        return self._capture.grab()

    def age(self) -> int:
        """Return the age of the grabbed frame, ns, where the driver tells."""
        if self.kind != "device":
            return 0
        return driver_age(self._capture.get(self._position), time.monotonic_ns())

    def retrieve(self) -> tuple[bool, np.ndarray | None]:
        """Decode the grabbed frame."""
        return self._capture.retrieve()

    def release(self) -> None:
        """Close."""
        self._capture.release()


def _remedy(kind: str) -> str:
    return {
        "device": "is it plugged in, is another program using it, are you in the group 'video'?",
        "pipeline": "is OpenCV built with GStreamer (python3-opencv is), does the pipeline end in appsink?",
        "stream": "is the address right and the camera reachable?",
        "file": "is there such a file, in a format that OpenCV reads?",
    }[kind]
