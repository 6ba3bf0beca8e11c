"""What was asked of the vehicle, how it answered, and how long that takes."""

from __future__ import annotations

from dataclasses import dataclass

from liquid_nav.autopilots import steps
from liquid_nav.autopilots.adapter import GOOD, Answer, RequestKind
from liquid_nav.autopilots.freshness import LINK_LOST

PENDING = 1.0
"""s in which a mode that was asked for may still take effect."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The autopilot's answer to a request."""

    time: float
    """When it came, s."""
    answer: Answer
    """What it was."""


@dataclass(frozen=True, slots=True)
class _AskedMode:
    """A mode that was asked for."""

    mode: int
    """Custom mode, as the profile counts."""
    time: float
    """When it was asked for, s."""


class Requests:
    """Remembers requests and their answers for as long as they may still take effect."""

    def __init__(self) -> None:
        """Begin with nothing asked for."""
        self.replies: dict[RequestKind, Reply] = {}
        """The answer that counts, for each kind of request."""
        self.arm_asked: float | None = None
        """When arming was last asked for, until the vehicle reports that it is disarmed, s."""
        self.round_trip = 0.0
        """Time from a question to the vehicle's answer lately, s, rather too long than too short.
        """
        self._mode: _AskedMode | None = None
        """The last mode that was asked for."""

    def asked_mode(self, mode: int, now: float) -> None:
        """Remember a mode that was asked for at ``now`` (s)."""
        self._mode = _AskedMode(mode, now)

    def pending_mode(self, now: float) -> int | None:
        """Return the mode that may still take effect at ``now`` (s), or None."""
        asked = self._mode
        if asked is not None and 0.0 <= now - asked.time < PENDING + self.round_trip:
            return asked.mode
        return None

    def answered(self, kind: RequestKind, answer: Answer, now: float) -> None:
        """Take the autopilot's answer at ``now`` (s); a second one does not make the first younger,
        but a no after a yes is a no.
        """
        before = self.replies.get(kind)
        if before is None or (before.answer in GOOD and before.answer is not answer):
            self.replies[kind] = Reply(now, answer)

    def took(self, seconds: float) -> None:
        """Take the time from a question to its answer, s."""
        seconds = min(max(seconds, 0.0), LINK_LOST)
        self.round_trip = max(seconds, 0.9 * self.round_trip + 0.1 * seconds)

    def may_still_arm(self, now: float) -> bool:
        """Whether arming was asked for so lately that the vehicle need not show it yet at ``now``
        (s).
        """
        if self.arm_asked is None:
            return False
        return now <= self.arm_asked + steps.SETTLE + self.round_trip

    def turn_back(self, now: float) -> None:
        """The clock has gone back to ``now`` (s): nothing may have been asked for later."""
        self.replies.clear()
        self._mode = None
        if self.arm_asked is not None:
            self.arm_asked = now
