"""Engaging by a switch of the remote control: only flipping it counts, never where it stands.

A person who flips a switch has it off for a while, flips it, leaves it on and touches nothing else meanwhile. A switch
that is on when it is first heard, one that flutters, a gap in the messages and a receiver whose failsafe moves every
channel at once are no such thing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Sequence

from liquid_nav.safety.sticks import STICKS, SWITCHED, TOUCHED

OFF = -0.5
"""Position, -1 to 1, up to which a switch is off."""
ON = 0.5
"""Position from which on it is on; between the two a switch of three positions stands in the middle."""
RESTED = 1.0
"""s that it must have been off before it is flipped."""
HELD = 0.5
"""s that it must stay on to be meant."""
GAP = 0.5
"""s between two messages at most; what happened in a longer gap is unknown, and the switch has to rest again."""
FIRST_CHANNEL = STICKS + 1
"""First channel of a remote control that may be a switch; channels are counted from 1, as on the transmitter."""
LAST_CHANNEL = 18
"""Last channel that an autopilot tells of."""


@dataclass
class _Flip:
    """How far a flip has come."""

    off_since: float | None = None
    """Since when the switch was off without a gap, s; None: it was not."""
    on_since: float | None = None
    """Since when it is on after such a rest, s; None: it is not."""
    rest: tuple[float, ...] = ()
    """Axes of the last message with the switch off."""


class EngageSwitch:
    """Recognises a deliberate flip in the messages of one remote control."""

    def __init__(self, channel: int = 0) -> None:
        """Know nothing yet.

        Args:
            channel: Channel of the switch, counted from 1; 0: there is none.

        Raises:
            ValueError: The channel is that of a stick, or no channel.
        """
        if channel and not FIRST_CHANNEL <= channel <= LAST_CHANNEL:
            raise ValueError(f"a switch is on one of the channels {FIRST_CHANNEL} to {LAST_CHANNEL}, not on {channel}")
        self.channel = channel
        self._flip = _Flip()
        self._heard: float | None = None

    def flipped(self, axes: Sequence[float], active: bool, now: float) -> bool:
        """Take a message of the remote control; returns whether the switch has just been flipped on, deliberately.

        Args:
            axes: Positions of all its channels, -1 to 1.
            active: Whether something of ours goes on: then a flip is a pilot's touch and engages nothing.
            now: Time of arrival, s.
        """
        heard = self._heard
        self._heard = now
        gap = heard is None or not 0.0 <= now - heard <= GAP
        known = 0 < self.channel <= len(axes) and all(math.isfinite(value) for value in axes)
        if active or gap or not known:
            self._flip = _Flip()
        if active or not known:
            return False
        position = axes[self.channel - 1]
        flip = self._flip
        if position <= OFF:
            since = now if flip.off_since is None or flip.on_since is not None else flip.off_since
            self._flip = _Flip(off_since=since, rest=tuple(axes))
            return False
        if flip.off_since is None:
            return False
        if not self._rests(axes, flip.rest):
            self._flip = _Flip()
            return False
        if position < ON:
            if flip.on_since is not None:
                self._flip = _Flip()
            return False
        if flip.on_since is None:
            if now - flip.off_since < RESTED:
                self._flip = _Flip()
                return False
            flip.on_since = now
        if now - flip.on_since < HELD:
            return False
        self._flip = _Flip()
        return True

    def _rests(self, axes: Sequence[float], rest: tuple[float, ...]) -> bool:
        """Whether nothing but the switch has moved since it was off."""
        if len(axes) != len(rest):
            return False
        for i, (value, before) in enumerate(zip(axes, rest)):
            most = TOUCHED if i < STICKS else SWITCHED
            if i != self.channel - 1 and not abs(value - before) <= most:
                return False
        return True
