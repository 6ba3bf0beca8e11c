"""The supervisor's last command, and when a set point is due."""

from __future__ import annotations

from liquid_nav.autopilots.freshness import NEVER
from liquid_nav.autopilots.session_config import SessionConfig, bounded
from liquid_nav.types import Command

ZERO = Command()
CLOSEST = 0.0199
"""s between two set points at least: 50 Hz."""
EARLY = 1e-4
"""s that a set point may be early, so that a timer of the same rate never misses one."""
A_MOMENT = 1e-6
"""s by which a command is older than the jump of the clock that it came before."""


class SetPoints:
    """Keeps the last command, and the rate of the set points."""

    def __init__(self) -> None:
        """Begin without a command."""
        self.command = ZERO
        """The supervisor's last command, inside the bridge's own limits."""
        self.command_time = NEVER
        """When it came, s."""
        self.urgent = False
        """Whether the next set point does not wait for its turn."""
        self._sent = NEVER
        """When the last set point was sent, s."""

    def take(self, command: Command, config: SessionConfig, now: float) -> None:
        """Take a command at ``now`` (s); what no protocol can carry is as good as none."""
        inside = bounded(command, config)
        if inside is None:
            return
        self.command = inside
        self.command_time = now
        self.urgent = True

    def drop_command(self) -> None:
        """Forget the command; zero is sent at once."""
        self.command = ZERO
        self.urgent = True

    def turn_back(self, now: float) -> None:
        """The clock has gone back to ``now`` (s): the command is from before that."""
        self.command_time = min(self.command_time, now - A_MOMENT)

    def is_due(self, rate: float, now: float) -> bool:
        """Whether a set point is sent at ``now`` (s), at ``rate`` (Hz) or sooner where it is
        urgent; then it counts as sent.
        """
        since = now - self._sent
        due = since >= 1.0 / rate - EARLY or since < 0.0
        if not due and not (self.urgent and since >= CLOSEST):
            return False
        self._sent = now
        self.urgent = False
        return True
