"""What is sent at its own rate, whatever goes on: heartbeats, and requests for what the vehicle
should send.
"""

from __future__ import annotations

from liquid_nav.autopilots.adapter import Adapter
from liquid_nav.autopilots.freshness import NEVER

HEARTBEAT_PERIOD = 1.0
"""s between two heartbeats of ours."""
POLL = 0.2
"""s between heartbeats that are asked for: a mode must not be known a second too late."""
URGENT_POLL = 0.06
"""s between them while a request waits for a heartbeat that is younger than its reason."""
ASK_AGAIN = 2.0
"""s until messages that do not come are asked for again."""


class Polling:
    """Asks through the adapter, each thing no more often than it should."""

    def __init__(self, adapter: Adapter) -> None:
        """Begin with nothing asked for through ``adapter``."""
        self._adapter = adapter
        self._heartbeat_sent = NEVER
        """When our last heartbeat was sent, s."""
        self._asked_heartbeat = NEVER
        """When a heartbeat was last asked for, s."""
        self._asked_messages = NEVER
        """When the messages that are needed were last asked for, s."""

    def greet(self, now: float) -> None:
        """Ask for all that is needed, after a connection or a reboot at ``now`` (s)."""
        self._adapter.greet()
        self._asked_heartbeat = now
        self._asked_messages = now

    def show_life(self, now: float) -> None:
        """Send a heartbeat, if it is time (s)."""
        if not 0.0 <= now - self._heartbeat_sent < HEARTBEAT_PERIOD:
            self._heartbeat_sent = now
            self._adapter.show_life()

    def ask_again(self, now: float) -> None:
        """Ask for messages that do not come, if it is time (s)."""
        if not 0.0 <= now - self._asked_messages < ASK_AGAIN:
            self._asked_messages = now
            self._adapter.ask_again()

    def ask_for_heartbeat(self, heartbeat: float, urgent: bool, now: float) -> None:
        """Ask for a heartbeat where the vehicle does not send one often enough by itself.

        Args:
            heartbeat: When the last one came, s.
            urgent: Whether a request waits for it.
            now: Time, s.
        """
        period = POLL
        if urgent:
            period = URGENT_POLL
        old = not 0.0 <= now - heartbeat < period
        if old and not 0.0 <= now - self._asked_heartbeat < period:
            self._asked_heartbeat = now
            self._adapter.ask_for_heartbeat()
