"""How many camera frames are missing in the recent past, by their stamps alone. No ROS in here."""

from __future__ import annotations

from collections import deque

from liquid_nav.clocks import NANO

RECENT = 2.0
"""s before the newest stamp within which frames count."""


class FrameDrops:
    """The drop ratio of one camera: missing / (missing + arrived) frames, 0 to 1.

    Those count whose stamp is less than ``RECENT`` s older than the newest one. Where two frames
    follow each other after ``step`` s, ``round(step / nominal period) - 1`` between them are
    missing; they count from the arrival of the second one on, with its stamp. A frame that arrived
    counts as one that did, whatever is seen in it. After a jump of the stamps that resets the
    network's state the count begins anew: what was between is unknown.
    """

    def __init__(self) -> None:
        """Begin empty."""
        self._recent: deque[tuple[int, int]] = deque()
        """Stamp (ns) and missing frames before it, of each frame that arrived."""
        self._missing = 0

    def restart(self, stamp: int) -> None:
        """Begin anew with a frame of that stamp, ns."""
        self._recent.clear()
        self._missing = 0
        self.add(stamp, 0)

    def add(self, stamp: int, missing: int) -> None:
        """Add a frame.

        Args:
            stamp: Of its header, ns, newer than that of the frame before.
            missing: How many frames did not come between that one and this one.
        """
        self._recent.append((stamp, missing))
        self._missing += missing
        while self._recent[0][0] <= stamp - RECENT * NANO:
            self._missing -= self._recent.popleft()[1]

    @property
    def ratio(self) -> float:
        """The drop ratio, 0 to 1; 0 before the first frame."""
        frames = self._missing + len(self._recent)
        if not frames:
            return 0.0
        return self._missing / frames
