"""The privileged pilot that demonstrates: it has the layout and plans around every tree.

Its command is a function of the present state alone (no memory), so that it can label any state a
policy gets into.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from liquid_nav.geometry import turned
from liquid_nav.simulation.clearance import HARD, ClearanceGrid
from liquid_nav.simulation.state import DroneState
from liquid_nav.types import Command
from liquid_nav.worlds import Layout


@dataclass(frozen=True, slots=True)
class ExpertConfig:
    """How the expert flies; metres, seconds, radians.

    A network imitates it with errors, so it keeps well away from things wherever there is space:
    ``margin`` is half of the narrowest gap between two trees of the forest.
    """

    speed: float = 1.6
    """Cruise, m/s."""
    hold_distance: float = 1.5
    """Distance from the target's centre at which it stops, m."""
    band: tuple[float, float] = (0.9, 2.1)
    """Heights that its body may cross, m."""
    lead: float = 0.3
    """How far ahead it looks at its own motion, against the drone's lag, s."""
    lookahead: float = 3.0
    """Length of the way within which it looks for an aim, m."""
    margin: float = 0.95
    """Clearance that it keeps where the way to the target has it, m."""
    narrow: float = 0.65
    """Clearance with which it flies through narrower places, m."""
    pushed: float = 0.85
    """Clearance below which it moves away from what is near, m."""
    look_aside: float = 0.35
    """How far it turns its camera from the target towards its way, rad."""
    position_gain: float = 0.8
    """Speed per distance that is left, 1/s."""
    yaw_gain: float = 1.6
    """Yaw rate per heading error, 1/s."""
    yaw_rate: float = 1.0
    """Largest yaw rate, rad/s."""
    altitude_gain: float = 1.2
    """Vertical speed per height error, 1/s."""
    vertical_speed: float = 0.5
    """Largest vertical speed, m/s."""


class Expert:
    """Plans once per layout, then answers every state with a command."""

    def __init__(self, layout: Layout, config: ExpertConfig | None = None) -> None:
        """Plan the cheapest ways from everywhere to the target's surroundings."""
        self.config = config or ExpertConfig()
        self.layout = layout
        self.target = np.array((layout.target.x, layout.target.y))
        start = np.array((layout.start.x, layout.start.y))
        self.discs = layout.discs(*self.config.band)
        self.grid = ClearanceGrid(self.discs, np.stack((start, self.target)))
        self.cost, self._next = self.grid.ways_to(self.target, self.config.hold_distance)

    def aim(self, point: np.ndarray) -> np.ndarray:
        """Farthest place [2] on the cheapest way from ``point`` [2] that a straight flight reaches
        safely.

        The straight flight may come as near to things as the way itself does, and no nearer than
        ``margin`` where the way is wide.
        """
        c = self.config
        i, j = self.grid.index(point)
        flat = int(i) * self.grid.shape[1] + int(j)
        here = float(self.grid.at(point))
        narrowest = here
        best = self.grid.centre(flat)
        travelled = 0.0
        previous = best
        while travelled < c.lookahead:
            flat = int(self._next[flat])
            if flat < 0:
                break
            place = self.grid.centre(flat)
            travelled += float(np.linalg.norm(place - previous))
            narrowest = min(narrowest, float(self.grid.at(place)))
            allowed = min(c.margin, max(c.narrow, narrowest - 0.02), here - 0.02)
            if self.grid.along(point, place) < allowed:
                break
            best = place
            previous = place
        return best

    def way(self, point: np.ndarray, step: float = 0.25) -> list[np.ndarray]:
        """Return places [2] of the cheapest way from ``point`` [2] to the target's surroundings,
        ``step`` m apart.
        """
        i, j = self.grid.index(point)
        flat = int(i) * self.grid.shape[1] + int(j)
        places = [np.asarray(point, dtype=np.float64)]
        place = places[0]
        while (flat := int(self._next[flat])) >= 0:
            place = self.grid.centre(flat)
            if np.linalg.norm(place - places[-1]) >= step:
                places.append(place)
        if place is not places[-1]:
            places.append(place)
        return places

    def command(self, state: DroneState) -> Command:
        """Return the velocity command for this true state."""
        c = self.config
        position = state.position[:2]
        point = position + c.lead * state.velocity[:2]
        to_target = self.target - position
        distance = float(np.linalg.norm(to_target))
        bearing = math.atan2(to_target[1], to_target[0])

        remaining = float(np.linalg.norm(self.target - point)) - c.hold_distance
        clearance = float(self.grid.at(point))
        if remaining < 0.25 and clearance > HARD:
            velocity = (
                np.clip(c.position_gain * remaining, -0.5, 0.5) * to_target / max(distance, 1e-6)
            )
            course = bearing
        else:
            aim = self.aim(point)
            way = aim - point
            length = float(np.linalg.norm(way))
            course = bearing
            if length > 0.05:
                course = math.atan2(way[1], way[0])
            i, j = self.grid.index(point)
            to_go = max(float(self.cost[i, j]), 0.0)
            speed = min(c.speed, c.position_gain * max(remaining, 0.3 * to_go) + 0.1)
            # Slower in narrow places and in sharp turns, where lag costs most.
            speed *= 0.55 + 0.45 * min(1.0, max(0.0, (clearance - 0.4) / 0.6))
            heading = math.atan2(state.velocity[1], state.velocity[0])
            if np.linalg.norm(state.velocity[:2]) > 0.5:
                speed *= 0.6 + 0.4 * max(0.0, math.cos(course - heading))
            velocity = speed * np.array((math.cos(course), math.sin(course)))
        if clearance < c.pushed:
            velocity = velocity + 1.6 * (c.pushed - clearance) * self.grid.gradient(point)

        # Look at the target, but no farther from the way than the camera sees.
        aside = float(np.clip(_wrap(course - bearing), -c.look_aside, c.look_aside))
        heading = bearing + aside * min(1.0, max(0.0, (distance - 2.5) / 2.0))
        yaw_rate = float(np.clip(c.yaw_gain * _wrap(heading - state.yaw), -c.yaw_rate, c.yaw_rate))
        climb = (
            self.layout.scenario.cruise_altitude - state.position[2] - c.lead * state.velocity[2]
        )
        vz = float(np.clip(c.altitude_gain * climb, -c.vertical_speed, c.vertical_speed))
        vx, vy = turned(velocity[0], velocity[1], -state.yaw)
        return Command(float(vx), float(vy), vz, yaw_rate)


def _wrap(angle: float) -> float:
    # Not ``geometry.wrap``: another rounding would change every recorded flight.
    return (angle + math.pi) % (2.0 * math.pi) - math.pi
