"""The world around a drone that flies elsewhere: its pose comes from outside, here is what it sees
and touches.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from liquid_nav import geometry
from liquid_nav.simulation.state import DroneState
from liquid_nav.simulation.world import World
from liquid_nav.worlds import DRONE_MODEL, CameraConfig, Condition, Scenario


class PosedWorld:
    """A world that is not stepped. The vehicle's first pose becomes the scenario's start, or the
    ground below it; all later ones are placed relative to it.
    """

    def __init__(
        self, scenario: Scenario, seed: int, condition: Condition, camera: CameraConfig
    ) -> None:
        """Build the world."""
        self._world = World(scenario, seed, condition, camera=camera)
        (self._drone,) = self._world.drones
        self.layout = self._drone.layout
        self.camera = self._world.camera
        self.response = self._drone.response
        self._anchor: tuple[np.ndarray, float, float] | None = None
        self._begin: float | None = None
        """Time of the vehicle's first state, s of its own clock."""
        self._time = 0.0
        """Time of the present state since then, s."""

    def to_world(self, state: DroneState, airborne: bool = False) -> DroneState:
        """Return a state of the vehicle's own map (ENU) in the world's frame.

        ``airborne``: whether the vehicle flies, which counts for its first pose alone; default: it
        stands on the ground.
        """
        start = self.layout.start
        if self._anchor is None:
            self._anchor = (
                state.position.copy(),
                start.yaw - state.yaw,
                start.z if airborne else DRONE_MODEL.standing_height,
            )
        origin, turn, height = self._anchor
        half = geometry.attitude_from_yaw(turn)
        place = geometry.world_from_level(state.position - origin, turn) + (
            start.x,
            start.y,
            height,
        )
        return replace(
            state,
            position=place,
            quaternion=geometry.multiply(half, state.quaternion),
            velocity=geometry.world_from_level(state.velocity, turn),
        )

    def place(self, state: DroneState) -> str | None:
        """Put the drone there; returns the kind of what it touches."""
        if self._begin is None:
            self._begin = state.time
        self._time = state.time - self._begin
        self._drone.place(state)
        return self._drone.contact()

    def render(self) -> np.ndarray:
        """Return what the camera sees: uint8 [H,W,3] RGB."""
        return self._world.render(self._drone, self._time)

    def close(self) -> None:
        """Free the graphics context."""
        self._world.close()
