"""What supervisor and bridge say to each other, as values: modes, phases, orders and reports.

A state must never be taken for an event. So every request of a person has a number: ``Order.act`` counts all of them,
``Order.engagement`` those that may arm. A restarted process, a latched topic and an automatic resume repeat old numbers
and can therefore never look like a person.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import Any, Mapping


class Mode(Enum):
    """What the supervisor lets through."""

    DISENGAGED = "disengaged"
    """Zero; nothing of ours flies."""
    ENGAGED = "engaged"
    """The policy's command, limited."""
    HOLDING = "holding"
    """Zero, because of a fault or because a person said so."""
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
    """Taking off."""
    FLYING = "flying"
    """The supervisor's commands are streamed."""
    HOLDING = "holding"
    """The vehicle keeps its place: the autopilot's hold mode, or zero set points where it has none."""
    LANDING = "landing"
    """Coming down, until the vehicle says that it is disarmed."""
    STOPPING = "stopping"
    """On the ground; motors are being stopped, until the vehicle says that they are."""
    RELEASED = "released"
    """Somebody else flies: nothing is sent until a person engages or lands."""


IN_CHARGE = frozenset({
    Phase.STARTING, Phase.CLIMBING, Phase.FLYING, Phase.HOLDING, Phase.LANDING, Phase.STOPPING,
})  # fmt: skip
"""Phases in which the vehicle does something because we asked for it."""
ACTIVE = frozenset({Mode.ENGAGED, Mode.HOLDING, Mode.LANDING})
"""Modes of the supervisor that a pilot's touch ends."""


@dataclass(frozen=True, slots=True)
class Order:
    """The supervisor's word to the bridge; latched, so that it is read again by whoever starts later."""

    supervisor: str
    """Identity of the supervisor's process; another one after every start."""
    mode: Mode
    """What the supervisor lets through."""
    act: int = 0
    """How many requests of a person (engage, disengage, hold, land) this process has granted."""
    engagement: int = 0
    """How many engagements of a person it has granted."""
    stamp: float = 0.0
    """Time of the last change, s, of the supervisor's clock; for people and bags, never compared."""

    def to_facts(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "supervisor": self.supervisor,
            "mode": self.mode.value,
            "act": self.act,
            "engagement": self.engagement,
            "stamp": self.stamp,
        }

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any] | None) -> Order | None:
        """Return the order, or None for anything that is not one."""
        if facts is None or not isinstance(facts.get("supervisor"), str) or not facts["supervisor"]:
            return None
        mode = _member(Mode, facts.get("mode"))
        numbers = [facts.get("act"), facts.get("engagement")]
        if mode is None or not all(_is_count(number) for number in numbers):
            return None
        stamp = facts.get("stamp", 0.0)
        if isinstance(stamp, bool) or not isinstance(stamp, (int, float)) or not math.isfinite(stamp):
            return None
        return cls(facts["supervisor"], mode, numbers[0], numbers[1], float(stamp))


@dataclass(frozen=True, slots=True)
class BridgeReport:
    """What the bridge says about itself and its vehicle."""

    phase: Phase
    """What it does."""
    armed: bool = False
    """Whether the vehicle says that its motors are armed."""
    airborne: bool = False
    """Whether the vehicle flies, as far as it says."""
    supervisor: str = ""
    """Identity of the supervisor whose orders it has heard last; empty: nobody's."""
    act: int = 0
    """Number of the last act of that supervisor that it has heard."""
    fault: str = ""
    """Kind of what went wrong (a value of ``FaultKind``); empty: nothing."""
    words: str = ""
    """The same for people."""

    def to_facts(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "phase": self.phase.value,
            "armed": self.armed,
            "airborne": self.airborne,
            "supervisor": self.supervisor,
            "act": self.act,
            "kind": self.fault,
            "fault": self.words,
        }

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any] | None) -> BridgeReport | None:
        """Return the report, or None for anything that is not one."""
        if facts is None:
            return None
        phase = _member(Phase, facts.get("phase"))
        texts = [facts.get("supervisor", ""), facts.get("kind", ""), facts.get("fault", "")]
        act = facts.get("act", 0)
        if phase is None or not all(isinstance(text, str) for text in texts) or not _is_count(act):
            return None
        supervisor, kind, words = texts
        armed, airborne = facts.get("armed") is True, facts.get("airborne") is True
        return cls(phase, armed, airborne, supervisor, act, kind, words)


def _member(kind: type[Enum], value: Any) -> Any:
    for member in kind:
        if member.value == value:
            return member
    return None


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53
