"""Reads the newest frame of a camera of any kind, and opens the camera again when it fails. No ROS
in here.

A thread reads the source as fast as it delivers and keeps one frame: a slow consumer loses frames
and never falls behind. A source that fails is closed and opened again, at first soon, then less
often; whatever it raises counts as a failure, so that neither the thread nor the node ends with it.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Callable, Protocol

import numpy as np

from liquid_nav.clocks import NANO
from liquid_nav.credentials import redact
from liquid_nav.errors import UserError

LONGEST_AGE = NANO
"""ns; a driver's time stamp that is older is on another clock."""
BAD_FRAMES = 5
"""Frames in a row that cannot be used, after which the source is opened anew."""


class Source(Protocol):
    """An open camera: the part of ``cv2.VideoCapture`` that is needed."""

    def grab(self) -> bool:
        """Wait for the next frame; False when there is none."""

    def retrieve(self) -> tuple[bool, np.ndarray | None]:
        """Decode the frame that was grabbed; uint8, shaped as ``CapturedFrame.image``."""

    def age(self) -> int:
        """Return how long ago, ns, the grabbed frame was taken, as far as the driver reports it."""

    def release(self) -> None:
        """Close."""


class SourceError(Exception):
    """A source that cannot be opened; one line."""


@dataclass(frozen=True)
class CapturedFrame:
    """A picture and when it was taken."""

    stamp: int
    """Time of exposure, ns of the node's clock."""
    image: np.ndarray
    """uint8: [H,W,3] BGR, [H,W,4] BGRA, [H,W] or [H,W,1] grey."""


class FrameGrabber:
    """Opens, reads and re-opens a source, one step at a time."""

    def __init__(
        self,
        open_source: Callable[[], Source],
        clock: Callable[[], int],
        wait: Callable[[float], object] = time.sleep,
        latency: float = 0.0,
        backoff: tuple[float, float] = (0.5, 5.0),
    ) -> None:
        """Prepare; nothing is opened yet.

        Args:
            open_source: Opens the source; raises SourceError where it cannot.
            clock: The time in ns.
            wait: Waits for some seconds.
            latency: Seconds from exposure to delivery that no driver reports: subtracted from every
                stamp.
            backoff: First and longest pause, s, before opening again.
        """
        self._open = open_source
        self._clock = clock
        self._wait = wait
        self._latency = round(latency * NANO)
        self._backoff = backoff
        self._source: Source | None = None
        self._pause = backoff[0]
        self.problem = ""
        self.frames = 0
        self.openings = 0
        self.undecodable = 0
        self._bad = 0
        self._last = 0
        self._read = 0

    @property
    def is_open(self) -> bool:
        """Whether there is an open source now."""
        return self._source is not None

    def step(self) -> CapturedFrame | None:
        """Return the next frame, or None: after a failure (and a pause), or for one frame that
        cannot be used.

        ``problem`` describes the failure; single frames are counted in ``undecodable``. No
        exception of a source leaves this method: it would end the capture thread, and the camera
        would be lost for good.
        """
        try:
            return self._next()
        except (SourceError, UserError) as error:
            self._fail(str(error))
        except Exception as error:
            self._fail(f"the source failed: {_described(error)}")
        return None

    def _next(self) -> CapturedFrame | None:
        source = self._source
        if source is None:
            source = self._open()
            self._source = source
            self.openings += 1
        if not source.grab():
            raise SourceError("the stream has ended")
        stamp = self._stamp(source, self._clock())
        good, image = source.retrieve()
        wrong = _wrong_with(good, image)
        if wrong:
            self._leave_out(wrong)
            return None
        # Without an image something would have been wrong with it.
        assert image is not None
        self._bad = 0
        self.problem = ""
        self._pause = self._backoff[0]
        self._last = stamp
        self.frames += 1
        return CapturedFrame(stamp, image)

    def _stamp(self, source: Source, now: int) -> int:
        """Return the stamp of the grabbed frame: newer than the last one, unless the clock
        (``now``) was set back.
        """
        if now < self._read:
            # The stamps follow the clock back: otherwise they would grow by 1 ns a frame until it
            # has caught up, and their readers would see no time pass.
            self._last = 0
        self._read = now
        # Newer than the last one even where the steps of the clock, or of the driver's ages, are
        # coarse.
        return max(now - source.age() - self._latency, self._last + 1)

    def _leave_out(self, wrong: str) -> None:
        """Count a frame that cannot be used; raises SourceError after ``BAD_FRAMES`` in a row."""
        self.undecodable += 1
        self._bad += 1
        if self._bad >= BAD_FRAMES:
            raise SourceError(f"the stream delivers frames that {wrong}")

    def _fail(self, problem: str) -> None:
        # Libraries quote the address in their errors. Set before closing, which may take long.
        self.problem = redact(problem)
        trouble = self._release()
        if trouble:
            self.problem = redact(f"{problem}; closing it failed too: {trouble}")
        self._wait(self._pause)
        self._pause = min(2.0 * self._pause, self._backoff[1])

    def _release(self) -> str:
        """Close the source; returns what went wrong with that, or an empty text."""
        source = self._source
        self._bad = 0
        # Forgotten first: one that cannot be closed is not used again either.
        self._source = None
        if source is None:
            return ""
        try:
            source.release()
        except Exception as error:
            return _described(error)
        return ""

    def close(self) -> None:
        """Close the source; what it raises then does not matter any more."""
        self._release()


def _wrong_with(good: bool, image: np.ndarray | None) -> str:
    """Return what is wrong with a frame, or an empty text."""
    if not good or image is None or image.size == 0:
        return "cannot be decoded"
    if not is_picture(image):
        return f"are no pictures: {image.dtype} {image.shape}"
    return ""


def is_picture(image: np.ndarray) -> bool:
    """Return whether an array is uint8 [H,W] or [H,W,C] with 1, 3 or 4 channels."""
    if image.dtype != np.uint8:
        return False
    return image.ndim == 2 or (image.ndim == 3 and image.shape[2] in (1, 3, 4))


def _described(error: Exception) -> str:
    """Return the type of an error and its message, in one line."""
    text = " ".join(str(error).split())
    if not text:
        return type(error).__name__
    return f"{type(error).__name__}: {text}"


class Newest:
    """Holds one frame: a newer one replaces an older one that no thread has taken."""

    def __init__(self) -> None:
        """Begin empty."""
        self._arrived = threading.Condition()
        self._frame: CapturedFrame | None = None
        self.dropped = 0

    def put(self, frame: CapturedFrame) -> None:
        """Store a frame and wake the thread that waits for one."""
        with self._arrived:
            self.dropped += self._frame is not None
            self._frame = frame
            self._arrived.notify()

    def take(self, patience: float) -> CapturedFrame | None:
        """Take the newest frame, waiting for at most ``patience`` s."""
        with self._arrived:
            self._arrived.wait_for(lambda: self._frame is not None, patience)
            frame = self._frame
            self._frame = None
            return frame


class CaptureThread:
    """Runs a grabber until it is stopped; the newest frame is in ``newest``."""

    def __init__(self, make: Callable[[Callable[[float], object]], FrameGrabber]) -> None:
        """``make`` builds the grabber around a wait that ends at once when the thread is to
        stop.
        """
        self._stop = threading.Event()
        self.grabber = make(self._stop.wait)
        self.newest = Newest()
        self._thread = threading.Thread(target=self._run, name="camera capture", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            frame = self.grabber.step()
            if frame is not None:
                self.newest.put(frame)
        self.grabber.close()

    def close(self) -> None:
        """Stop; a source that hangs is left to the end of the process."""
        self._stop.set()
        self._thread.join(2.0)


def driver_age(position: float, monotonic: int) -> int:
    """Return the age in ns of a frame whose driver stamped it ``position`` ms on the monotonic
    clock; 0 if it did not.

    V4L2 drivers stamp frames so; other back ends put other things there.
    """
    age = monotonic - round(position * 1e6)
    if 0 <= age < LONGEST_AGE:
        return age
    return 0
