"""Gaps in our time: the clock has jumped, or ``update`` was not called for a while.

Both look alike on our clock; the vehicle's own clock distinguishes them. After a jump, ages count
anew and what was under way begins anew. After a sleep, the vehicle's failsafe must have taken over,
and the session lets go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from liquid_nav.autopilots import interruption, steps
from liquid_nav.autopilots.freshness import NEVER
from liquid_nav.safety import Fault, FaultKind, Phase

if TYPE_CHECKING:
    from liquid_nav.autopilots.session import OffboardSession

GAP = 1.0
"""s between two calls of ``update`` beyond which the clock has jumped or we were not called."""
WAKING = 0.5
"""s after such a gap in which the vehicle's own clock distinguishes a jump of ours from a sleep;
less than ``GAP``.
"""


class ClockGaps:
    """Stores when ``update`` was last called, and from when on ages count."""

    def __init__(self) -> None:
        """Begin without a call."""
        self.grace = NEVER
        """Time from which on the ages of what is needed to fly count, s."""
        self.link_since = NEVER
        """Time from which on the silence of the link counts, s."""
        self._updated = NEVER
        """When ``update`` was last called, s."""
        self._begin = NEVER
        """The last call before the last gap, s."""
        self._end = NEVER
        """When the last gap was noticed, s."""
        self._boot: float | None = None
        """The vehicle's clock then, s."""
        self._heartbeat: float | None = None
        """When the heartbeat came after which a silence of the link was last excused, s."""
        self._command = NEVER
        """When the command came after which ages were last excused, s."""

    def called(self, now: float) -> None:
        """``update`` is called at ``now`` (s)."""
        self._updated = now

    def is_gap(self, now: float) -> bool:
        """Whether the clock has jumped before ``now`` (s), or ``update`` was not called."""
        return not 0.0 <= now - self._updated <= GAP

    def goes_back(self, now: float) -> bool:
        """Whether the clock shows less at ``now`` (s) than at the last call."""
        return now < self._updated

    def is_new(self, now: float, boot: float | None) -> bool:
        """Whether the gap is noticed for the first time, at ``now`` (s) and at ``boot`` (s) of the
        vehicle's clock.
        """
        if self._begin == self._updated:
            return False
        self._begin = self._updated
        self._end = now
        self._boot = boot
        return True

    def forgive(self, command: float, heartbeat: float, now: float) -> None:
        """Let ages count from ``now`` (s) on.

        Args:
            command: When the supervisor's last command came, s.
            heartbeat: When the vehicle's last heartbeat came, s.
            now: Time, s.
        """
        if command != self._command:
            # Once for each command: what is needed may come anew, with zero set points meanwhile.
            self._command = command
            self.grace = now
        if heartbeat != self._heartbeat:
            # Once for each heartbeat: a link that stays silent is lost, however seldom we are
            # called.
            self._heartbeat = heartbeat
            self.link_since = now

    def slept(self, now: float, boot: float | None) -> float | None:
        """Return for how long the vehicle's clock went on during the gap just before ``now``, s, or
        None where we have not slept.

        ``boot``: the vehicle's clock, s.
        """
        if self._boot is None or boot is None:
            return None
        passed = boot - self._boot
        if 0.0 <= now - self._end <= WAKING and passed > GAP:
            return passed
        return None


def notice_gap(s: OffboardSession) -> None:
    """The clock has jumped, or ``update`` was not called: the link's silence cannot be measured."""
    heartbeat = s.vehicle.heartbeat
    if heartbeat is None or not s.gaps.is_gap(s.now):
        return
    if s.gaps.is_new(s.now, s.vehicle.boot):
        # What is known is from before: only what comes from now on may be a reason.
        s.reason = s.now
        if s.gaps.goes_back(s.now):
            _begin_anew(s)
    s.gaps.forgive(s.set_points.command_time, heartbeat, s.now)


def notice_sleep(s: OffboardSession) -> None:
    """We were not called (a frozen computer): by the vehicle's clock its failsafe must have taken
    over.
    """
    slept = s.gaps.slept(s.now, s.vehicle.boot)
    if s.streaming and slept is not None:
        s.release(Fault(FaultKind.STOOD_STILL, slept))


def _begin_anew(s: OffboardSession) -> None:
    """The clock has gone back: times that were remembered lie in the future, and nothing may wait
    for them.
    """
    s.vehicle.clip(s.now)
    s.set_points.turn_back(s.now)
    s.requests.turn_back(s.now)
    s.held_since = min(s.held_since, s.now)
    if s.phase in (Phase.STARTING, Phase.CLIMBING):
        interruption.interrupt(s, Fault(FaultKind.RESUME_REFUSED))
    elif s.phase is Phase.STOPPING:
        s.run(steps.stand_down(s))
    elif s.phase is Phase.HOLDING and s.is_busy:
        if s.touched:
            s.run(steps.hand_over(s))
        else:
            s.run(steps.hold(s))
    elif s.phase is Phase.LANDING and s.is_busy:
        s.run(steps.land(s))
