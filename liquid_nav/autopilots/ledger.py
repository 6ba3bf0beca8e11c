"""Which requests of a person have been seen: the memory that distinguishes an event from a state
that lasts.
"""

from __future__ import annotations

from dataclasses import dataclass

from liquid_nav.safety import Order

MOST_SUPERVISORS = 64
"""Identities that are remembered; every restart of a supervisor brings one."""


@dataclass(frozen=True, slots=True)
class News:
    """What an order brings that was not known."""

    act: bool = False
    """A person has asked for something, just now."""
    engagement: bool = False
    """A person has engaged, just now."""
    current: bool = True
    """The order is not older than the last one of its supervisor: messages may change places."""


class Ledger:
    """Remembers the highest numbers of each supervisor.

    The first order of a supervisor counts as seen: it may be a latched message from before this
    process began, or from before the two had found each other.
    """

    def __init__(self) -> None:
        """Begin without a supervisor."""
        self._seen: dict[str, Order] = {}

    def take(self, order: Order) -> News:
        """Take an order and return what is new in it."""
        known = self._seen.get(order.supervisor)
        if known is None:
            if len(self._seen) >= MOST_SUPERVISORS:
                del self._seen[next(iter(self._seen))]
            self._seen[order.supervisor] = order
            return News()
        if order.act < known.act or order.change < known.change:
            return News(current=False)
        self._seen[order.supervisor] = order
        acted = order.act > known.act
        return News(acted, acted and order.engagement > known.engagement)
