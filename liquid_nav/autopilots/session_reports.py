"""What a session reports: events for a log, the autopilot's warnings, and its state for the
supervisor.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from liquid_nav.safety import BridgeReport, Mode, Order

if TYPE_CHECKING:
    from liquid_nav.autopilots.session import OffboardSession

MOST_TEXTS = 50
"""Texts of the autopilot that are remembered."""
NO_ORDER = Order("", Mode.DISENGAGED)
"""What stands in a report before any order was received."""


@dataclass(frozen=True, slots=True)
class SessionEvent:
    """Something worth a line in a log."""

    time: float
    """When, s."""
    trouble: bool
    """Whether it is trouble."""
    text: str
    """What."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text of the autopilot."""

    time: float
    """When, s."""
    warning: bool
    """Whether it is a warning, not only information."""
    text: str
    """What."""


class EventLog:
    """Events until they are taken, and the last texts of the autopilot."""

    def __init__(self) -> None:
        """Begin empty."""
        self._events: list[SessionEvent] = []
        self._texts: deque[Text] = deque(maxlen=MOST_TEXTS)

    def add(self, time: float, trouble: bool, text: str) -> None:
        """Note an event at ``time`` (s)."""
        self._events.append(SessionEvent(time, trouble, text))

    def received_text(self, time: float, warning: bool, text: str) -> None:
        """Note a text that the autopilot has sent at ``time`` (s)."""
        self._texts.append(Text(time, warning, text))
        self.add(time, warning, f"autopilot: {text}")

    def warnings(self, since: float) -> list[str]:
        """Return what the autopilot has warned of since then (s), in its order."""
        return [text.text for text in self._texts if text.warning and text.time >= since]

    def take(self) -> list[SessionEvent]:
        """Return the events since the last call."""
        events = self._events
        self._events = []
        return events


def bridge_report(s: OffboardSession) -> BridgeReport:
    """Return the report to the supervisor about a session."""
    order = s.order or NO_ORDER
    fault = ""
    text = ""
    if s.fault is not None:
        fault = s.fault.kind.value
        text = str(s.fault)
    return BridgeReport(
        phase=s.phase,
        armed=s.vehicle.armed,
        airborne=s.vehicle.airborne,
        supervisor=order.supervisor,
        act=order.act,
        fault=fault,
        text=text,
        change=order.change,
        flips=s.remote.flips,
        switched_on=s.remote.switched_on(s.phase, s.now),
        bridge=s.identity,
    )
