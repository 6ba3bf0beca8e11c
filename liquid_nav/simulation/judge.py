"""Decides whether a flight succeeded: the scenario's rule, applied sample by sample."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from liquid_nav.simulation.state import DroneState
from liquid_nav.worlds import Layout

OUTCOME_REASONS = ("success", "collision", "timeout", "geofence", "lost", "landed")
"""How a flight may end that was judged."""
GROUND_CONTACT = "ground"
"""What a drone that lands touches."""
LANDING = 30.0
"""s that a landing may take beyond the scenario's time limit."""
RESTS = 1.0
"""s at rest below the scenario's lowest altitude after which a landing drone has landed."""
STILL = 0.05
"""m/s below which it stands still."""
FLIGHT_INTERRUPTED = "interrupted"
"""Reason of a flight that a person ended, or that failed, before it could be judged."""


@dataclass(frozen=True, slots=True)
class FlightOutcome:
    """How a flight ended."""

    reason: str
    """One of ``OUTCOME_REASONS`` or ``FLIGHT_INTERRUPTED``."""
    detail: str
    """A detail for people: a phrase with the numbers that decided."""
    time: float
    """When it ended, s since the flight began."""

    @property
    def success(self) -> bool:
        """Whether the target was reached and held."""
        return self.reason == "success"


def distance_to_target(layout: Layout, state: DroneState) -> float:
    """Return the horizontal distance to the target's centre, m."""
    target = layout.target
    return math.hypot(target.x - state.position[0], target.y - state.position[1])


class FlightJudge:
    """Applies the success rule and the limits of a scenario to the true states of one flight, in
    order of time.
    """

    def __init__(self, layout: Layout) -> None:
        """Judge a flight in this layout by its scenario's rule."""
        self.layout = layout
        self.scenario = layout.scenario
        self.start_distance = math.hypot(
            layout.target.x - layout.start.x, layout.target.y - layout.start.y
        )
        self.outcome: FlightOutcome | None = None
        self._since: float | None = None
        self._landing_since: float | None = None
        self._resting_since: float | None = None

    def distance(self, state: DroneState) -> float:
        """Horizontal distance to the target's centre, m."""
        return distance_to_target(self.layout, state)

    def update(
        self, state: DroneState, collision: str | None, landing: bool = False
    ) -> FlightOutcome | None:
        """Return the outcome once it is known, else None; later states do not change it. Collision
        outranks everything else.

        Args:
            state: Where the drone is.
            collision: What it has touched, or None.
            landing: Whether a landing was requested: the flight then ends on the ground as landed,
                and may be low.
        """
        if self.outcome is None:
            self.outcome = self._decide(state, collision, landing)
        return self.outcome

    def _decide(
        self, state: DroneState, collision: str | None, landing: bool
    ) -> FlightOutcome | None:
        rule = self.scenario.success
        fence = self.scenario.geofence
        start = self.layout.start
        x, y, z = (float(v) for v in state.position)
        distance = self.distance(state)
        if landing and (collision == GROUND_CONTACT or self._rests(state)):
            return FlightOutcome(
                "landed", f"as asked for, {distance:.1f} m from the target", state.time
            )
        if collision is not None:
            return FlightOutcome(
                "collision", f"touched {collision} {distance:.1f} m from the target", state.time
            )
        low, high = fence.altitude
        if z > high or (z < low and not landing):
            return FlightOutcome(
                "geofence", f"altitude {z:.2f} m outside {low:g} to {high:g} m", state.time
            )
        if math.hypot(x - start.x, y - start.y) > fence.radius:
            return FlightOutcome(
                "geofence", f"farther than {fence.radius:g} m from the start", state.time
            )
        if distance > self.start_distance + rule.lost_margin:
            return FlightOutcome(
                "lost",
                f"{distance:.1f} m from the target, {rule.lost_margin:g} m more than at the start",
                state.time,
            )
        speed = math.hypot(state.velocity[0], state.velocity[1])
        if not landing and distance <= rule.radius and speed < rule.speed:
            if self._since is None:
                self._since = state.time
            if state.time - self._since >= rule.hold - 1e-6:
                return FlightOutcome(
                    "success", f"held {distance:.2f} m from the target", state.time
                )
        else:
            self._since = None
        self._landing_since = self._when(landing, self._landing_since, state.time)
        comes_down = self._landing_since is not None and state.time - self._landing_since < LANDING
        if state.time >= rule.time_limit and not comes_down:
            return FlightOutcome(
                "timeout",
                f"{distance:.1f} m from the target after {rule.time_limit:g} s",
                state.time,
            )
        return None

    def _rests(self, state: DroneState) -> bool:
        """Return whether it has stood still near the ground for a while: not every source of the
        state reports contacts.
        """
        low = self.scenario.geofence.altitude[0]
        still = float(state.position[2]) < low and float(np.abs(state.velocity).max()) < STILL
        self._resting_since = self._when(still, self._resting_since, state.time)
        return self._resting_since is not None and state.time - self._resting_since >= RESTS - 1e-6

    @staticmethod
    def _when(holds: bool, since: float | None, now: float) -> float | None:
        """Return since when something holds, s; None: it does not."""
        if not holds:
            return None
        if since is None:
            return now
        return since
