"""What a preflight check collects and what it requires. No ROS in here."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Mapping

from liquid_nav.camera import CameraView
from liquid_nav.safety import BridgeReport, Order

ParameterScalar = bool | int | float | str
"""Of a parameter of a node."""
LARGEST = 1e12
"""No parameter of an autopilot is as large."""


@dataclass
class TopicStatistics:
    """What was seen of one topic."""

    publishers: int = 0
    """How many there are; default 0."""
    rate: float = 0.0
    """Messages per second, Hz; default 0."""
    ages: list[float] = field(default_factory=list)
    """Of each message when it came, s; negative: from the future; default: none."""
    frame_id: str = ""
    """Of the last header; default: none was received."""
    last: dict[str, Any] = field(default_factory=dict)
    """Facts of the last message; default: none."""


@dataclass(frozen=True, slots=True)
class Failsafe:
    """One of the autopilot's own failsafe parameters."""

    value: float
    """What it is set to."""
    meaning: str
    """What follows from the value, for people."""


@dataclass(frozen=True, slots=True)
class BridgeFacts:
    """What the autopilot bridge publishes on its state topic."""

    report: BridgeReport
    """What it does, which supervisor it receives, and what went wrong."""
    mode: str = ""
    """The autopilot's mode; default: not reported."""
    text: str = ""
    """The autopilot's last warning; default: none."""
    hold: str = ""
    """What a hold will be, "mode" or "zero set points"; default: not reported."""
    failsafes: Mapping[str, Failsafe] = field(default_factory=dict)
    """Name -> the autopilot's failsafe parameter, where it was reported; default: none."""

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any] | None) -> BridgeFacts | None:
        """Return the state that a bridge has published, or None for anything else."""
        report = BridgeReport.from_facts(facts)
        if facts is None or report is None:
            return None
        mode = facts.get("mode", "")
        text = facts.get("text", "")
        hold = facts.get("hold", "")
        failsafes = _failsafes(facts.get("failsafes", {}))
        if failsafes is None or not all(isinstance(part, str) for part in (mode, text, hold)):
            return None
        return cls(report, mode, text, hold, failsafes)


def _failsafes(reported: Any) -> dict[str, Failsafe] | None:
    if not isinstance(reported, dict):
        return None
    found: dict[str, Failsafe] = {}
    for name, one in reported.items():
        if not isinstance(one, dict):
            return None
        value = one.get("value")
        meaning = one.get("meaning")
        # True is an int.
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return None
        # An integer of JSON may be too large for a float, and a float may be NaN.
        if not abs(value) < LARGEST or not isinstance(meaning, str):
            return None
        found[name] = Failsafe(float(value), meaning)
    return found


@dataclass
class PreflightFacts:
    """Everything that the checks look at; None is what no node has published."""

    topics: dict[str, TopicStatistics] = field(default_factory=dict)
    """Topic -> what was seen of it; default: nothing."""
    sim_time: dict[str, bool] = field(default_factory=dict)
    """Node -> its use_sim_time; default: no node has answered."""
    parameters: dict[str, dict[str, ParameterScalar]] = field(default_factory=dict)
    """Node -> its parameters, those that it has; default: no node has answered."""
    latencies: list[float] = field(default_factory=list)
    """From stamp to command, s; default: none."""
    info: dict[str, str] | None = None
    """What the controller publishes about its model; default: nothing received."""
    trained_view: CameraView | None = None
    """The view that the controller's model was trained at; default: not known."""
    modes: dict[str, str] = field(default_factory=dict)
    """Node -> its latched mode; default: none."""
    order: Order | None = None
    """The supervisor's last order; default: none received."""
    autopilot: BridgeFacts | None = None
    """The bridge's state; default: none received."""
    unreadable: set[str] = field(default_factory=set)
    """Topics whose last message was nothing that can be read; default: none."""
    errors: list[str] = field(default_factory=list)
    """ERROR statuses on /diagnostics; default: none."""
    stale: list[str] = field(default_factory=list)
    """STALE statuses on /diagnostics; default: none."""
    sha256: str | None = None
    """Of the model of that name on this machine; default: it is not here."""
    free_space: int = 0
    """Free space for a record, bytes; default 0."""
    clock: str = "/clock"
    """Full name of the topic whose facts are under ``/clock``; default: /clock."""

    @property
    def simulated(self) -> bool:
        """Whether every node that has answered uses simulated time."""
        return set(self.sim_time.values()) == {True}


@dataclass(frozen=True)
class PreflightLimits:
    """What counts as good."""

    camera: str = "camera/image_raw"
    """Topic of the images; default: raw ones."""
    rate: float = 15.0
    """Images per second at least, Hz; default 15."""
    age: float = 0.5
    """Age of an image at most, s; default 0.5."""
    odometry_rate: float = 10.0
    """Odometry per second at least, Hz; default 10."""
    latency: float = 0.1
    """From stamp to command at most (99 of 100), s; default 0.1."""
    speed: float = 5.0
    """Largest speed limit that is accepted, m/s; default 5."""
    yaw_rate: float = 2.0
    """Largest limit of the yaw rate that is accepted, rad/s; default 2."""
    free_space: int = 2 * 2**30
    """Free space for a record at least, bytes; default 2 GiB."""
    battery: float = 0.3
    """Charge at least, share; default 0.3."""
    frame_prefix: str = ""
    """Of the frame ids; default: none."""
    autopilot: bool = True
    """Whether an autopilot bridge must be connected; default: yes."""
    allow_off: frozenset[str] = frozenset()
    """Watches that a person knowingly leaves off; default: none."""


class FindingLevel(Enum):
    """How a finding is to be taken."""

    OK = "ok"
    """All is well."""
    WARNING = "warning"
    """To be known before take-off; it does not forbid it."""
    FAILURE = "failure"
    """No take-off."""


@dataclass(frozen=True)
class Finding:
    """One line of the checklist; made by ``ok``, ``warning`` and ``failure``."""

    name: str
    """Of the check."""
    level: FindingLevel
    """How it is to be taken."""
    text: str
    """What was found."""
    remedy: str = ""
    """What to do about it; default: nothing."""


def ok(name: str, text: str) -> Finding:
    """Return a finding where all is well."""
    return Finding(name, FindingLevel.OK, text)


def warning(name: str, text: str, remedy: str) -> Finding:
    """Return a finding that has to be known before take-off."""
    return Finding(name, FindingLevel.WARNING, text, remedy)


def failure(name: str, text: str, remedy: str) -> Finding:
    """Return a finding that forbids take-off."""
    return Finding(name, FindingLevel.FAILURE, text, remedy)


def percentile(values: list[float], share: float) -> float:
    """Return the smallest value that at least ``share`` of them do not exceed; NaN of none."""
    ordered = sorted(values)
    if not ordered:
        return math.nan
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
