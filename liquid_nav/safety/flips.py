"""Flips of the engage switch as the supervisor receives them: a number in the bridge's reports.

A report may come late, again, out of order, or from a bridge that has ended; only what has just
happened is an event.
"""

from __future__ import annotations

from liquid_nav.safety.contract import BridgeReport

FRESH = 1.0
"""s since the report before: when a switch was flipped in a longer silence is unknown."""


class Flips:
    """Keeps the highest number of each bridge."""

    def __init__(self) -> None:
        """Have received nothing: the first number counts as seen."""
        self._bridge: str | None = None
        self._most = 0
        self._received: float | None = None

    def is_new(self, report: BridgeReport, now: float) -> bool:
        """Take a report; returns whether the switch has just been flipped, and is still on.

        Only the next number of the same bridge is a flip, and only in a stream of reports without a
        gap.
        """
        before = self._received
        most = self._most
        fresh = before is not None and 0.0 <= now - before <= FRESH
        same = report.bridge == self._bridge
        self._received = now
        self._bridge = report.bridge
        if same:
            # A number that goes back is an old report, and makes nothing new again.
            self._most = max(most, report.flips)
        else:
            self._most = report.flips
        return same and fresh and report.switched_on and report.flips == most + 1
