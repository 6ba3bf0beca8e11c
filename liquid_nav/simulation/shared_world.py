"""Several drones in one world: they see and touch each other, and share time and wind."""

from __future__ import annotations

import numpy as np

from liquid_nav.simulation.airframe import CameraConfig
from liquid_nav.simulation.camera import draw_exposure
from liquid_nav.simulation.drift import EstimatorDrift
from liquid_nav.simulation.drone import Drone
from liquid_nav.simulation.physics import TIMESTEP, World
from liquid_nav.simulation.response import sample_response
from liquid_nav.worlds import (
    Condition,
    Layout,
    Scenario,
    generate_layout,
    load_condition,
    shared_start,
)
from liquid_nav.worlds.geom_groups import GeomGroup
from liquid_nav.worlds.streams import Stream


class SharedDrone(Drone):
    """One of the drones, with the interface of a ``Simulation``: state, command, collision, render.

    After a collision it has no thrust any more: it falls and lies there, and the others fly on.
    """

    _world: SharedWorld

    def __init__(self, world: SharedWorld, number: int, layout: Layout) -> None:
        """``number``: 0 is the drone that the seed gives a world with one drone."""
        key = (number,) if number else ()
        response = sample_response(Stream.RESPONSE.generator(layout.seed, *key))
        drift = EstimatorDrift(
            world.condition.drift, Stream.ESTIMATE_DRIFT.generator(layout.seed, *key)
        )
        super().__init__(world, f"drone{number}", response, drift)
        self.faults = draw_exposure(world.condition.camera, layout.seed, number)
        self.camera_rng = Stream.CAMERA_NOISE.generator(layout.seed, *key)
        self.layout = layout

    def render(self) -> np.ndarray:
        """Return what its camera sees now, without itself: uint8 [H,W,3] RGB."""
        return self._world.render(self)


class SharedWorld(World):
    """A pure function of (scenario, seed, condition, count, camera, layouts) and of the commands of
    each drone.
    """

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        condition: Condition | None = None,
        *,
        count: int = 2,
        camera: CameraConfig | None = None,
        layouts: list[Layout] | None = None,
    ) -> None:
        """Build the world with ``count`` drones; ``layouts``: the same place with each one's own
        start.

        Raises UserError where the ground has no space for that many.
        """
        super().__init__(
            int(seed), condition or load_condition(scenario.condition), camera or CameraConfig()
        )
        if layouts is None:
            place = generate_layout(scenario, seed)
            layouts = [shared_start(place, number) for number in range(count)]
        self.drones = [SharedDrone(self, number, layout) for number, layout in enumerate(layouts)]
        self._build([(drone, drone.layout) for drone in self.drones], shared=True)
        self._owner = {drone.body: drone for drone in self.drones}

    @property
    def over(self) -> bool:
        """Whether no drone flies any more."""
        return all(drone.collision is not None for drone in self.drones)

    def advance(self, until: float) -> None:
        """Step the physics until ``until`` (s, rounded to the grid), or until no drone flies."""
        for _ in range(round(until / TIMESTEP) - self._steps):
            if self.over:
                break
            self._step(self.drones)
            if self.data.ncon:
                self._look_for_collisions()

    def _look_for_collisions(self) -> None:
        bodies = self.model.geom_bodyid
        for geoms in self.data.contact.geom.tolist():
            for one, other in (geoms, geoms[::-1]):
                drone = self._owner.get(int(bodies[one]))
                if drone is not None and drone.collision is None:
                    drone.collision = self._kind(other)

    def _kind(self, geom: int) -> str:
        """Return what a geom belongs to, as collisions are reported."""
        if int(self.model.geom_bodyid[geom]) in self._owner:
            return "drone"
        name: str = self.model.geom(geom).name
        return name.split(".")[0]

    def render(self, drone: SharedDrone) -> np.ndarray:
        """Return what the camera of ``drone`` sees now: uint8 [H,W,3] RGB, with the condition's
        camera faults.
        """
        own = self.model.geom_bodyid == drone.body
        groups = self.model.geom_group[own].copy()
        # A drone alone has no visible body: the networks were trained without rotors at the edge.
        self.model.geom_group[own] = GeomGroup.CULLED
        try:
            return self._picture(f"{drone.name}.front", drone.faults, drone.camera_rng)
        finally:
            self.model.geom_group[own] = groups
