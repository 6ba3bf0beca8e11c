"""Engaging by a switch of the remote control: only flipping it counts, never where it stands.

A person who flips a switch has it off for a while, flips it, leaves it on and touches nothing else
meanwhile. A switch that is on in the first message, one that flutters, a gap in the messages and
a receiver that has lost its transmitter are no such thing. That last one looks like a person: many
receivers then repeat the last positions, or go to a preset with the switch off. So a flip counts
only while the vehicle reports that the receiver is healthy, and the switch has to rest for longer
than the vehicle needs to find out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Sequence

from liquid_nav.safety.sticks import STICKS, SWITCHED, TOUCHED

OFF = -0.5
"""Position, -1 to 1, up to which a switch is off."""
ON = 0.5
"""Position from which on it is on; between the two a switch of three positions stands in the
middle.
"""
RESTED = 3.0
"""s that it must have been off before it is flipped; the vehicle reports a failure of the receiver
within two.
"""
PASSAGE = 1.0
"""s at most from off to on."""
HELD = 0.5
"""s that it must stay on to be meant."""
GAP = 0.3
"""s between two messages at most; what happened in a longer gap is unknown, and the switch has to
rest again.
"""
FIRST_SWITCH_CHANNEL = STICKS + 1
"""First channel of a remote control that may be a switch; channels are counted from 1, as on the
transmitter.
"""
LAST_SWITCH_CHANNEL = 16
"""Last channel that is read."""


@dataclass
class _Flip:
    """How far a flip has come."""

    off_since: float | None = None
    """Since when the switch was off without a gap, s; None: it was not."""
    off_until: float = 0.0
    """When a message last showed it off, s."""
    left: bool = False
    """Whether it has left that position since."""
    on_since: float | None = None
    """Since when it is on after such a rest, s; None: it is not."""
    rest: tuple[float, ...] = ()
    """Positions of all channels when it was last off."""


class EngageSwitch:
    """Recognises a deliberate flip in the messages of one remote control."""

    def __init__(self, channel: int = 0) -> None:
        """Begin without any message.

        Args:
            channel: Channel of the switch, counted from 1; 0: there is none.

        Raises:
            ValueError: The channel is that of a stick, or no channel.
        """
        if channel and not FIRST_SWITCH_CHANNEL <= channel <= LAST_SWITCH_CHANNEL:
            raise ValueError(
                f"a switch is on one of the channels {FIRST_SWITCH_CHANNEL} to "
                f"{LAST_SWITCH_CHANNEL}, not on {channel}"
            )
        self.channel = channel
        self.on = False
        """Whether it was on in the last message."""
        self._flip = _Flip()
        self._last: tuple[float, float] | None = None
        self._lag = 0.0
        """Our clock less the vehicle's when the stream of messages began, s."""

    def forget(self) -> None:
        """Something else has happened: what was under way was not meant, and the switch has to rest
        again.
        """
        self._flip = _Flip()

    def flipped(
        self, axes: Sequence[float], healthy: bool, active: bool, stamp: float, now: float
    ) -> bool:
        """Take a message of the remote control; returns whether the switch has just been flipped
        on, deliberately.

        Args:
            axes: Positions of all its channels, -1 to 1; not finite: that channel has no position.
            healthy: Whether the vehicle reports that the receiver receives from its transmitter.
            active: Whether something of ours goes on: then a flip is a pilot's touch and engages
                nothing.
            stamp: When the vehicle read them, s of its own clock: distinguishes a sleep of
                ours, and messages that were held up on their way, from a stream that goes on.
            now: Time of arrival, s.
        """
        gap = self._is_gap(stamp, now)
        position = math.nan
        if 0 < self.channel <= len(axes):
            position = axes[self.channel - 1]
        self.on = healthy and position >= ON
        usable = healthy and not active and math.isfinite(position)
        if gap or not usable:
            self._flip = _Flip()
        return usable and self._goes_on(tuple(axes), position, now)

    def _is_gap(self, stamp: float, now: float) -> bool:
        """Take the times of a message; returns whether it does not follow on the one before, by
        either clock.
        """
        last = self._last
        self._last = (stamp, now)
        lag = now - stamp
        if last is not None:
            by_theirs = stamp - last[0]
            by_ours = now - last[1]
            held_up = abs(lag - self._lag) > GAP
            if 0.0 < by_theirs <= GAP and 0.0 <= by_ours <= GAP and not held_up:
                return False
        self._lag = lag
        return True

    def _goes_on(self, axes: tuple[float, ...], position: float, now: float) -> bool:
        """Take the next position of a flip that may be under way; returns whether it is
        complete.
        """
        flip = self._flip
        if position <= OFF:
            since = now
            if flip.off_since is not None and not flip.left:
                since = flip.off_since
            self._flip = _Flip(since, now, rest=axes)
            return False
        if flip.off_since is None:
            return False
        flip.left = True
        rested = flip.off_until - flip.off_since >= RESTED
        if flip.on_since is None:
            goes_up = now - flip.off_until <= PASSAGE
        else:
            goes_up = position >= ON
        if not (rested and goes_up and self._rests(axes, flip.rest)):
            self._flip = _Flip()
            return False
        if position < ON:
            return False
        if flip.on_since is None:
            flip.on_since = now
        if now - flip.on_since < HELD:
            return False
        self._flip = _Flip()
        return True

    def _rests(self, axes: tuple[float, ...], rest: tuple[float, ...]) -> bool:
        """Whether nothing but the switch has moved since it was off; channels without a position
        must have none.
        """
        if len(axes) != len(rest):
            return False
        for i, (value, before) in enumerate(zip(axes, rest)):
            if i == self.channel - 1:
                continue
            if math.isfinite(value) != math.isfinite(before):
                return False
            most = TOUCHED if i < STICKS else SWITCHED
            if math.isfinite(value) and abs(value - before) > most:
                return False
        return True
