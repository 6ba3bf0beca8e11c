"""What is demonstrated while the target is out of sight: fly on ahead, or turn on in one sense.

The expert knows where the target is, the network does not. While nothing of the target can be seen,
the expert's turns towards it are noise to the network, which learns to look about at random from
them, and loses the heading that it had. So these labels are replaced by what can be done without
seeing the target.
"""

from __future__ import annotations

import dataclasses
import math

from liquid_nav.types import Command

AHEAD = math.radians(60.0)
"""Bearing up to which the target counts as ahead, rad."""
TURN = 0.6
"""Yaw rate of a search, rad/s."""
SLOW = 0.25
"""Part of the expert's horizontal velocity that is left while turning."""


class Search:
    """Labels of one flight; remembers when the target was seen last, and the sense of a turn."""

    def __init__(self, after: float) -> None:
        """``after``: s without seeing the target after which a search begins; 0: never.

        A target that was not seen since the flight began is searched for at once.
        """
        self._after = after
        self._unseen = math.inf
        self._sense = 0.0

    def label(self, command: Command, bearing: float, visible: bool, elapsed: float) -> Command:
        """Return the label of a frame.

        Args:
            command: Of the expert.
            bearing: Of the target from the drone's heading, rad, -pi to pi, left positive.
            visible: Whether the target is seen.
            elapsed: Time since the frame before, s.
        """
        if not self._after:
            return command
        self._unseen += elapsed
        if visible:
            self._unseen = 0.0
        if abs(bearing) <= AHEAD:
            self._sense = 0.0
        elif not self._sense:
            self._sense = math.copysign(1.0, bearing)
        if self._unseen < self._after:
            return command
        if not self._sense:
            return dataclasses.replace(command, yaw_rate=0.0)
        return Command(
            SLOW * command.vx, SLOW * command.vy, command.vz, math.copysign(TURN, self._sense)
        )
