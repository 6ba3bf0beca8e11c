"""Message clocks: the stamp in a header, the time of arrival, and the measured offset between the
two.

A stamp gives the exact time of a measurement, but on the clock of the device that measured: an
autopilot counts from its boot, a simulator from its start, another computer is off by seconds. The
time of arrival is later by the transport delay, but all arrivals are on one clock. So stamps are
used where they agree with arrival, and elsewhere the time of arrival counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NANO = 1_000_000_000
"""ns in a second."""
SAME_CLOCK = 1.0
"""s by which a stamp may differ from the time of arrival on the same clock: more than any camera or
radio delays.
"""
NEIGHBOURS = 9
"""Messages, odd, whose median decides: one that was delayed for long does not make another clock.
"""
BEGINNING = 10.0
"""s; stamps that begin below are counted from a start, as of simulated time, and 0 among them is
that start.
"""
GAIN = 0.02
"""Share of a new measurement in the offset: a steady stream of stamps never goes back by it."""


class OffsetClock:
    """Brings stamps of a clock that counts from its own start to the clock of arrival, by a
    measured offset.

    The stamps keep their exact distances; jitter of arrival is smoothed. When the other clock
    begins anew, or ours is set, the offset is measured anew.
    """

    def __init__(self) -> None:
        """Begin without a measured offset."""
        self._offset: float | None = None
        self._last_stamp: float | None = None

    def observe(self, stamp: float, arrival: float) -> None:
        """Take the stamp of a message and its time of arrival, both in s, each on its own clock."""
        if stamp == self._last_stamp:
            # The same message again is no new measurement: on the clock of arrival its stamp must
            # stay the same, so that no reader takes it for a newer message.
            return
        self._last_stamp = stamp
        offset = arrival - stamp
        if self._offset is None or abs(offset - self._offset) > SAME_CLOCK:
            self._offset = offset
        else:
            self._offset += GAIN * (offset - self._offset)

    def moved(self, stamp: float) -> float | None:
        """Return a stamp, s, on the clock of arrival, s; None before anything was observed."""
        if self._offset is None:
            return None
        return stamp + self._offset


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Messages of one topic in the order in which they were recorded."""

    stamps: NDArray[np.int64]
    """int64 [N] ns of their headers; 0 where there is none, or at the start of simulated time."""
    received: NDArray[np.int64]
    """int64 [N] ns at which they were recorded, increasing."""

    def stamped(self) -> np.ndarray:
        """Return bool [N]: which messages have a stamp."""
        present: NDArray[np.bool_] = self.stamps != 0
        if present.any() and 0 <= self.stamps[present].min() <= BEGINNING * NANO:
            return np.ones(len(present), dtype=bool)
        return present

    def times(self) -> np.ndarray:
        """Return int64 [N] ns: the stamps, and the time of arrival where there is none."""
        return np.where(self.stamped(), self.stamps, self.received)


def on_clock_of(images: Arrivals, others: Arrivals) -> tuple[np.ndarray, np.ndarray]:
    """Return when ``others`` happened on the clock that stamps ``images``, int64 [N] ns, and which
    are by arrival.

    The second value, bool [N], is true where an arrival was moved or stands in place of a stamp of
    another clock. Neither topic may be empty. Where everything was recorded at one time, as in bags
    that a script has written, the times of arrival mean nothing, and the stamps count.
    """
    if len(images.received) > 1 and images.received[0] == images.received[-1]:
        return others.times(), np.zeros(len(others.stamps), dtype=bool)
    arrival, moved = _arrival_on_clock_of(images, others.received)
    stamped = others.stamped()
    foreign = np.zeros(len(stamped), dtype=bool)
    foreign[stamped] = (
        np.abs(_smoothed(arrival[stamped] - others.stamps[stamped])) > SAME_CLOCK * NANO
    )
    times = np.where(stamped & ~foreign, others.stamps, arrival)
    return times, foreign | (~stamped & moved)


def _arrival_on_clock_of(images: Arrivals, received: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return times of arrival [N] ns on the images' clock, and which of them, bool [N], that has
    changed.
    """
    offset = _smoothed(images.times() - images.received)
    # The transport delay of the images is no difference of clocks.
    offset[np.abs(offset) <= SAME_CLOCK * NANO] = 0
    begin = images.received[0]
    base = offset[0]
    # Differences: nanoseconds since 1970 have more digits than a float64 holds.
    at = (images.received - begin).astype(np.float64)
    change = np.interp(
        (received - begin).astype(np.float64), at, (offset - base).astype(np.float64)
    )
    shift = base + np.round(change).astype(np.int64)
    return received + shift, shift != 0


def _smoothed(values: np.ndarray) -> np.ndarray:
    """Return the median of each value and its neighbours, int64 [N]; beyond the ends a steady drift
    goes on.
    """
    if len(values) == 0:
        return values
    half = NEIGHBOURS // 2
    if len(values) <= half:
        return np.full(len(values), np.sort(values)[len(values) // 2])
    padded = np.pad(values, half, mode="reflect", reflect_type="odd")
    windows = np.lib.stride_tricks.sliding_window_view(padded, NEIGHBOURS)
    return np.sort(windows, axis=1)[:, half]
