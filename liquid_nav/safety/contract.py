"""What supervisor and bridge send to each other, as values: modes, phases, orders and reports.

A state must never be taken for an event. So every request of a person has a number: ``Order.act``
counts all of them, ``Order.engagement`` those that may arm. A restarted process, a latched topic
and an automatic resume repeat old numbers and can therefore never look like a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Mapping

from liquid_nav.fitting import is_finite_number


class Mode(Enum):
    """What the supervisor lets through."""

    DISENGAGED = "disengaged"
    """Zero; nothing of ours flies."""
    ENGAGED = "engaged"
    """The policy's command, limited."""
    HOLDING = "holding"
    """Zero, because of a fault or because a person asked for it."""
    LANDING = "landing"
    """Descend until the vehicle has disarmed."""
    PILOT = "pilot"
    """Zero; a pilot or the autopilot itself has taken over."""


class Phase(Enum):
    """What the bridge does with the vehicle."""

    OFFLINE = "offline"
    """No heartbeat of the vehicle."""
    READY = "ready"
    """Connected, disarmed; nothing of ours goes on."""
    STARTING = "starting"
    """Checks, zero set points, mode and arming after a new engagement."""
    CLIMBING = "climbing"
    """Armed: the motors turn on the ground for a moment, then it takes off."""
    FLYING = "flying"
    """The supervisor's commands are streamed."""
    HOLDING = "holding"
    """The vehicle keeps its place: the autopilot's hold mode, or zero set points where it has none.
    """
    LANDING = "landing"
    """Coming down, until the vehicle reports that it is disarmed."""
    STOPPING = "stopping"
    """On the ground; motors are being stopped, until the vehicle reports that they are."""
    RELEASED = "released"
    """A pilot or the autopilot itself flies: nothing is sent until a person engages or lands."""


PHASES_IN_CHARGE = frozenset(
    {
        Phase.STARTING,
        Phase.CLIMBING,
        Phase.FLYING,
        Phase.HOLDING,
        Phase.LANDING,
        Phase.STOPPING,
    }
)
"""Phases in which the vehicle does something because we asked for it."""
FLOWN_PHASES = PHASES_IN_CHARGE | {Phase.RELEASED}
"""Phases in which the vehicle may fly, whoever flies it: by plain velocities it never reports that
it is armed.
"""
ACTIVE_MODES = frozenset({Mode.ENGAGED, Mode.HOLDING, Mode.LANDING})
"""Modes of the supervisor that a pilot's touch ends."""


@dataclass(frozen=True, slots=True)
class Order:
    """The supervisor's order to the bridge; latched, so that it is read again by a node that starts
    later.
    """

    supervisor: str
    """Identity of the supervisor's process; another one after every start."""
    mode: Mode
    """What the supervisor lets through."""
    act: int = 0
    """How many requests of a person (engage, disengage, hold, land) this process has granted."""
    engagement: int = 0
    """How many engagements of a person it has granted."""
    stamp: float = 0.0
    """Time of the last change, s, of the supervisor's clock; for people and bags, never compared.
    """
    change: int = 0
    """How often its mode has changed or was asked for, for whatever reason: distinguishes an old
    order from a new one.
    """

    def to_facts(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "supervisor": self.supervisor,
            "mode": self.mode.value,
            "act": self.act,
            "engagement": self.engagement,
            "stamp": self.stamp,
            "change": self.change,
        }

    def differs_from(self, before: Order | None) -> bool:
        """Whether it asks for another mode than the order ``before`` it, or comes from another
        supervisor.
        """
        return (
            before is None or before.mode is not self.mode or before.supervisor != self.supervisor
        )

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any] | None) -> Order | None:
        """Return the order, or None for anything that is not one."""
        if facts is None:
            return None
        try:
            supervisor = facts["supervisor"]
            mode = Mode(facts["mode"])
            act = facts["act"]
            engagement = facts["engagement"]
            change = facts["change"]
            stamp = facts["stamp"]
        except (KeyError, TypeError, ValueError):
            return None
        if not isinstance(supervisor, str) or not supervisor:
            return None
        if not all(_is_count(number) for number in (act, engagement, change)):
            return None
        if not is_finite_number(stamp):
            return None
        return cls(supervisor, mode, act, engagement, float(stamp), change)


@dataclass(frozen=True, slots=True)
class BridgeReport:
    """What the bridge reports of itself and its vehicle."""

    phase: Phase
    """What it does."""
    armed: bool = False
    """Whether the vehicle reports that its motors are armed."""
    airborne: bool = False
    """Whether the vehicle flies, as far as it reports."""
    supervisor: str = ""
    """Identity of the supervisor whose order it has received last; empty: none."""
    act: int = 0
    """Number of the last act of that supervisor that it has received."""
    fault: str = ""
    """Kind of what went wrong (a value of ``FaultKind``); empty: nothing."""
    text: str = ""
    """The same for people."""
    change: int = 0
    """``Order.change`` of the last order that it has received: a report from before it is old."""
    flips: int = 0
    """How often the engage switch of the remote control was flipped since the bridge's start, while
    nothing of ours went on; a new number is a person's request, an old one is none.
    """
    switched_on: bool = False
    """Whether that switch is on, by a healthy receiver whose message has just come."""
    bridge: str = ""
    """Identity of the bridge's process; another one after every start."""

    def to_facts(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "phase": self.phase.value,
            "armed": self.armed,
            "airborne": self.airborne,
            "supervisor": self.supervisor,
            "act": self.act,
            "kind": self.fault,
            "fault": self.text,
            "change": self.change,
            "flips": self.flips,
            "switched_on": self.switched_on,
            "bridge": self.bridge,
        }

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any] | None) -> BridgeReport | None:
        """Return the report, or None for anything that is not one."""
        if facts is None:
            return None
        try:
            phase = Phase(facts["phase"])
            supervisor = facts["supervisor"]
            kind = facts["kind"]
            text = facts["fault"]
            act = facts["act"]
            change = facts["change"]
            armed = facts["armed"] is True
            airborne = facts["airborne"] is True
            flips = facts["flips"]
            switched_on = facts["switched_on"] is True
            bridge = facts["bridge"]
        except (KeyError, TypeError, ValueError):
            return None
        if not all(isinstance(value, str) for value in (supervisor, kind, text, bridge)):
            return None
        if not all(_is_count(number) for number in (act, change, flips)):
            return None
        return cls(
            phase, armed, airborne, supervisor, act, kind, text, change, flips, switched_on, bridge
        )


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53
