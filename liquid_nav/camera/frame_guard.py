"""Decides what a camera frame means for a recurrent network, from its stamp and its pixels alone.
No ROS in here.

Elapsed time is the difference of header stamps: never of callback times, never assumed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from liquid_nav.camera.blindness import look
from liquid_nav.camera.frame_drops import FrameDrops
from liquid_nav.clocks import NANO
from liquid_nav.safety import EARLY_STAMP_TOLERANCE

FUTURE_STAMPS = (
    "images have stamps in the future, which are ignored: synchronise the clocks (chrony), or let "
    "the camera stamp on arrival"
)
"""What is reported of a camera whose stamps lie ahead of the clock, with the remedy."""
FUTURE_REPORTED = 10.0
"""s after an image from the future for which that is still reported."""
BAND = 16
"""Rows of an image that are compared at once."""


class FrameAction(Enum):
    """What to do with a frame."""

    STEP = "step the state by the elapsed time"
    RESTART = "forget the state, then step"
    REPEAT = "the frame is already known: publish the last command again"
    IGNORE = "give no command"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a frame was judged."""

    action: FrameAction
    """What to do with it."""
    elapsed: float = 0.0
    """Time by which the state is stepped, s; without meaning where it is not stepped."""
    reason: str = ""
    """Why, for people; empty: there is nothing to report."""


class FrameGuard:
    """Follows the stamps of one camera."""

    def __init__(
        self,
        nominal_period: float,
        longest_gap: float,
        frozen_after: float,
        blind_after: float = 0.0,
    ) -> None:
        """Set the limits.

        Args:
            nominal_period: Elapsed time of a first frame, s.
            longest_gap: A larger step of the stamps is a jump of the clock, s.
            frozen_after: Identical pixels under advancing stamps for this long mean a frozen
                camera, s; 0: never.
            blind_after: Pictures without contrast for this long mean a blinded camera, s; 0: never.
        """
        self.nominal_period = nominal_period
        self.longest_gap = longest_gap
        self.frozen_after = frozen_after
        self.blind_after = blind_after
        self.frames = 0
        self.repeated = 0
        self.lost = 0
        self.early = 0
        self.early_in_a_row = 0
        """Images from the future, since the last one that was not."""
        self.ahead = 0.0
        """s by which the last one of them was ahead."""
        self._early_at = 0
        self._drops = FrameDrops()
        self.reset()

    def reset(self) -> None:
        """Forget the last frame; the counters stay."""
        self._stamp: int | None = None
        self._stepped = 0
        self._pixels: np.ndarray | None = None
        self._changed = 0
        self._seeing = 0

    def see(self, stamp: int, pixels: np.ndarray, now: int | None = None) -> Verdict:
        """Judge a frame.

        Args:
            stamp: Of its header, ns.
            pixels: uint8 [H,W,3].
            now: When it arrived, ns of the clock that stamps: one from the future is ignored;
                default: not checked.
        """
        if now is not None and stamp - now > EARLY_STAMP_TOLERANCE * NANO:
            self.early += 1
            self.early_in_a_row += 1
            self.ahead = (stamp - now) / NANO
            self._early_at = now
            return Verdict(FrameAction.IGNORE, reason=FUTURE_STAMPS)
        self.early_in_a_row = 0
        last = self._stamp
        period = self.nominal_period
        if last == stamp:
            self.repeated += 1
            return Verdict(FrameAction.REPEAT)
        self.frames += 1
        self._stamp = stamp
        elapsed = 0.0 if last is None else (stamp - last) / NANO
        if last is None or not 0.0 < elapsed <= self.longest_gap:
            self._pixels = pixels
            self._changed = stamp
            self._stepped = stamp
            self._seeing = stamp
            self._drops.restart(stamp)
            if last is None:
                return Verdict(FrameAction.RESTART, period)
            way = "backwards" if elapsed < 0 else "ahead"
            return Verdict(
                FrameAction.RESTART,
                period,
                f"stamps jumped {way} by {abs(elapsed):.2f} s, state reset",
            )
        missing = max(0, round(elapsed / period) - 1)
        self.lost += missing
        self._drops.add(stamp, missing)
        if self._is_frozen(stamp, pixels):
            reason = (
                f"camera is frozen: identical pixels for {self.frozen_after:g} s, check "
                "the camera driver"
            )
            return Verdict(FrameAction.IGNORE, elapsed, reason)
        blindness = self._blindness(stamp, pixels)
        if blindness:
            return Verdict(FrameAction.IGNORE, elapsed, blindness)
        # Frames that were ignored before this one have not been stepped: their time counts here.
        elapsed = (stamp - self._stepped) / NANO
        self._stepped = stamp
        if elapsed > self.longest_gap:
            reason = f"frames were ignored for {elapsed:.2f} s, state reset"
            return Verdict(FrameAction.RESTART, period, reason)
        return Verdict(FrameAction.STEP, elapsed)

    @property
    def drop_ratio(self) -> float:
        """Share of frames that are missing in the recent past, 0 to 1; see ``FrameDrops``."""
        return self._drops.ratio

    def was_early(self, now: int) -> bool:
        """Return whether an image came from the future in the last ``FUTURE_REPORTED`` s.

        ``now``: ns of the clock that stamps.
        """
        return self.early > 0 and 0 <= now - self._early_at <= FUTURE_REPORTED * NANO

    def _blindness(self, stamp: int, pixels: np.ndarray) -> str:
        """Return why the camera counts as blind, or an empty text."""
        if not self.blind_after:
            return ""
        sight = look(pixels)
        if not sight.blind:
            self._seeing = stamp
        if (stamp - self._seeing) / NANO < self.blind_after:
            return ""
        return f"camera is blind: pictures for {self.blind_after:g} s are {sight.text}"

    def _is_frozen(self, stamp: int, pixels: np.ndarray) -> bool:
        if not self.frozen_after:
            return False
        if self._pixels is None or not _alike(pixels, self._pixels):
            self._pixels = pixels
            self._changed = stamp
            return False
        return (stamp - self._changed) / NANO >= self.frozen_after


def _alike(first: np.ndarray, second: np.ndarray) -> bool:
    """Return whether two images are equal, band by band: the noise of a camera differs in the first
    one.
    """
    if first.shape != second.shape:
        return False
    bands = (slice(row, row + BAND) for row in range(0, len(first), BAND))
    return all(np.array_equal(first[band], second[band]) for band in bands)
