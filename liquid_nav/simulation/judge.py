"""Who decides whether a flight succeeded: the scenario's rule, applied sample by sample."""

from __future__ import annotations

import math
from dataclasses import dataclass

from liquid_nav.simulation.state import DroneState
from liquid_nav.worlds import Layout

REASONS = ("success", "collision", "timeout", "geofence", "lost")
INTERRUPTED = "interrupted"
"""Reason of a flight that somebody ended, or that broke, before it could be judged."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a flight ended: one of ``REASONS`` or ``INTERRUPTED``, a detail for people, and when (s)."""

    reason: str
    detail: str
    time: float

    @property
    def success(self) -> bool:
        """Whether the target was reached and held."""
        return self.reason == "success"


class Judge:
    """Applies the success rule and the limits of a scenario to the true states of one flight, in order of time."""

    def __init__(self, layout: Layout) -> None:
        """Judge a flight in this layout by its scenario's rule."""
        self.layout, self.scenario = layout, layout.scenario
        self.start_distance = math.hypot(layout.target.x - layout.start.x, layout.target.y - layout.start.y)
        self._since: float | None = None

    def distance(self, state: DroneState) -> float:
        """Horizontal distance to the target's centre, m."""
        return math.hypot(self.layout.target.x - state.position[0], self.layout.target.y - state.position[1])

    def update(self, state: DroneState, collision: str | None) -> Outcome | None:
        """Return the outcome once it is known, else None. Collision outranks everything else."""
        rule, fence, start = self.scenario.success, self.scenario.geofence, self.layout.start
        x, y, z = (float(v) for v in state.position)
        distance = self.distance(state)
        if collision is not None:
            return Outcome("collision", f"touched {collision} {distance:.1f} m from the target", state.time)
        low, high = fence.altitude
        if not low <= z <= high:
            return Outcome("geofence", f"altitude {z:.2f} m outside {low:g} to {high:g} m", state.time)
        if math.hypot(x - start.x, y - start.y) > fence.radius:
            return Outcome("geofence", f"farther than {fence.radius:g} m from the start", state.time)
        if distance > self.start_distance + rule.lost_margin:
            return Outcome("lost", f"{distance:.1f} m from the target, {rule.lost_margin:g} m more than at the start",
                           state.time)
        speed = math.hypot(state.velocity[0], state.velocity[1])
        if distance <= rule.radius and speed < rule.speed:
            self._since = state.time if self._since is None else self._since
            if state.time - self._since >= rule.hold - 1e-6:
                return Outcome("success", f"held {distance:.2f} m from the target", state.time)
        else:
            self._since = None
        if state.time >= rule.time_limit:
            return Outcome("timeout", f"{distance:.1f} m from the target after {rule.time_limit:g} s", state.time)
        return None
