"""What a preflight check collects and what it wants to find. No ROS in here."""

from __future__ import annotations

import math
from dataclasses import dataclass, field


@dataclass
class Stream:
    """What was seen of one topic.

    publishers: how many there are; rate: Hz; ages: of each message when it came, s (negative: from the future);
    frame_id: of the last header; last: the last message's own facts.
    """

    publishers: int = 0
    rate: float = 0.0
    ages: list[float] = field(default_factory=list)
    frame_id: str = ""
    last: dict = field(default_factory=dict)


@dataclass
class Facts:
    """Everything that the checks look at; ``None`` is what nobody said.

    sim_time: node -> use_sim_time; limits: the supervisor's parameters; latencies: s; info: the controller's;
    modes: latched modes; autopilot: the bridge's state; errors: ERROR statuses on /diagnostics; sha256: of the model
    of that name on this machine; free_space: bytes; clock: full name of the topic whose facts are under ``/clock``.
    """

    topics: dict[str, Stream] = field(default_factory=dict)
    sim_time: dict[str, bool] = field(default_factory=dict)
    limits: dict[str, float] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)
    info: dict | None = None
    modes: dict[str, str] = field(default_factory=dict)
    autopilot: dict | None = None
    errors: list[str] = field(default_factory=list)
    sha256: str | None = None
    free_space: int = 0
    clock: str = "/clock"


@dataclass(frozen=True)
class Wanted:
    """What counts as good: Hz, s, m/s, rad/s, bytes, share."""

    camera: str = "camera/image_raw"
    rate: float = 15.0
    age: float = 0.5
    odometry_rate: float = 10.0
    latency: float = 0.1
    speed: float = 5.0
    yaw_rate: float = 2.0
    free_space: int = 2 * 2**30
    battery: float = 0.3
    frame_prefix: str = ""
    autopilot: bool = True


@dataclass(frozen=True)
class Finding:
    """One line of the checklist: ``remedy`` is empty where all is well."""

    name: str
    words: str
    remedy: str = ""

    @property
    def good(self) -> bool:
        """Whether the check passed."""
        return not self.remedy


def percentile(values: list[float], share: float) -> float:
    """Return the smallest value that at least ``share`` of the values do not exceed; NaN of none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan
