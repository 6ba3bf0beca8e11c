"""A world with drones in it, advanced in lock step: the embedded simulator.

They share place, time and wind, see and touch each other. One drone is the case ``count=1``.
"""

from __future__ import annotations

from time import perf_counter
from typing import Sequence

import numpy as np

from liquid_nav import worlds
from liquid_nav.simulation.airframe import add_drone
from liquid_nav.simulation.camera_renderer import CameraRenderer, apply_camera_faults, draw_exposure
from liquid_nav.simulation.drift import EstimatorDrift
from liquid_nav.simulation.drone import Drone
from liquid_nav.simulation.occlusion import TargetOcclusion
from liquid_nav.simulation.response import DroneResponse, sample_response
from liquid_nav.simulation.wind import Wind
from liquid_nav.types import Command
from liquid_nav.worlds import (
    CameraConfig,
    Condition,
    GeomGroup,
    Layout,
    RandomStream,
    Scenario,
    apply_veil,
    generate_layout,
    load_condition,
    load_mujoco,
    shared_start,
)

PHYSICS_TIMESTEP = 0.004
"""Physics and control period, s."""
_WIND_STEPS = 5
"""Steps of the physics between two draws of the wind, which changes slowly."""


class World:
    """A pure function of (scenario, seed, condition, count, camera, layouts, responses) and of the
    commands of each drone.

    The drones start hovering at the scenario's cruise altitude. Times are simulated seconds since
    then, on the grid of ``PHYSICS_TIMESTEP``. ``seconds`` accumulates measured wall time by stage
    ("physics", "render") and influences nothing. After a collision a drone has no thrust any more:
    it falls and lies there, and the others fly on.
    """

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        condition: Condition | None = None,
        *,
        count: int = 1,
        camera: CameraConfig | None = None,
        layouts: Sequence[Layout] | None = None,
        responses: Sequence[DroneResponse] | None = None,
    ) -> None:
        """Build the world with its drones.

        Args:
            scenario: where and what to.
            seed: of layout, drones, wind and camera noise.
            condition: season, light, wind, camera faults; None: the scenario's own.
            count: how many drones, where ``layouts`` does not give it.
            camera: geometry of the cameras; None: the default.
            layouts: one place, with the start of each drone; None: as the seed gives it.
            responses: of each drone; None: drawn from the fleet by seed.

        Raises:
            UserError: the ground has no space for that many drones.
        """
        self._mujoco = load_mujoco()
        self.scenario = scenario
        self.seed = int(seed)
        self.condition = condition or load_condition(scenario.condition)
        self.camera = (camera or CameraConfig()).of(self.condition.camera, self.seed)
        wind = self.condition.wind
        self.wind = Wind(wind.mean, wind.gust, RandomStream.WIND.generator(self.seed))
        self.seconds = {"physics": 0.0, "render": 0.0}
        self._sight = self.condition.appearance.draw_sight(self.seed)
        self._occlusion = TargetOcclusion(self.condition.appearance, self.seed)
        self._air = (0.0, 0.0, 0.0)
        self._steps = 0
        self._renderer: CameraRenderer | None = None
        if layouts is None:
            place = generate_layout(scenario, seed)
            layouts = [shared_start(place, number) for number in range(count)]
        if responses is None:
            responses = [self._draw_response(number) for number in range(len(layouts))]
        self.drones = [
            self._draw_drone(number, layout, response)
            for number, (layout, response) in enumerate(zip(layouts, responses, strict=True))
        ]
        self._compile()
        self._owner = {drone.body: drone for drone in self.drones}

    def _generator(self, stream: RandomStream, number: int) -> np.random.Generator:
        """Return the generator of a drone; drone 0 has that of a world with one drone."""
        key = (number,) if number else ()
        return stream.generator(self.seed, *key)

    def _draw_response(self, number: int) -> DroneResponse:
        return sample_response(self._generator(RandomStream.RESPONSE, number))

    def _draw_drone(self, number: int, layout: Layout, response: DroneResponse) -> Drone:
        drift = EstimatorDrift(
            self.condition.drift, self._generator(RandomStream.ESTIMATE_DRIFT, number)
        )
        return Drone(
            self,
            f"drone{number}",
            layout,
            response,
            drift,
            draw_exposure(self.condition.camera, self.seed, number),
            self._generator(RandomStream.CAMERA_NOISE, number),
        )

    def _compile(self) -> None:
        """Compile the model with the drones, each at its layout's start."""
        # By way of its package, which loads MuJoCo only now.
        spec = worlds.build_mujoco_spec(self.drones[0].layout, self.condition)
        spec.option.timestep = PHYSICS_TIMESTEP
        spec.option.integrator = self._mujoco.mjtIntegrator.mjINT_IMPLICITFAST
        shared = len(self.drones) > 1
        for drone in self.drones:
            add_drone(spec, drone.response, self.camera, drone.name, shared)
        self.model = spec.compile()
        self.data = self._mujoco.MjData(self.model)
        for drone in self.drones:
            drone.settle()
        self.refresh()

    @property
    def time(self) -> float:
        """Simulated time, s."""
        return self._steps * PHYSICS_TIMESTEP

    @property
    def over(self) -> bool:
        """Whether no drone flies any more."""
        return all(drone.collision is not None for drone in self.drones)

    def step(self, commands: Sequence[Command | None], duration: float) -> None:
        """Give each drone its command (None: it keeps the last one) and go on for ``duration`` s.

        Raises ValueError for values that are not finite, and for another number of commands than
        there are drones.
        """
        for drone, command in zip(self.drones, commands, strict=True):
            if command is not None:
                drone.command(command)
        self.advance(self.time + duration)

    def advance(self, until: float) -> None:
        """Step the physics until ``until`` (s, rounded to the grid), or until no drone flies."""
        begin = perf_counter()
        for _ in range(round(until / PHYSICS_TIMESTEP) - self._steps):
            if self.over:
                break
            self._step()
            if self.data.ncon:
                self._note_collisions()
        self.seconds["physics"] += perf_counter() - begin

    def _step(self) -> None:
        if self._steps % _WIND_STEPS == 0:
            self._air = self.wind.velocity(PHYSICS_TIMESTEP * _WIND_STEPS)
        for drone in self.drones:
            drone.push(self._air, PHYSICS_TIMESTEP)
        self._mujoco.mj_step(self.model, self.data)
        self._steps += 1

    def _note_collisions(self) -> None:
        for drone, kind in self.contacts():
            if drone.collision is None:
                drone.collision = kind

    def refresh(self) -> None:
        """Bring what follows from the positions (contacts, cameras) up to date."""
        self._mujoco.mj_forward(self.model, self.data)

    def contacts(self) -> list[tuple[Drone, str]]:
        """Return each present contact of a drone, with the kind of what it touches."""
        bodies = self.model.geom_bodyid
        found = []
        for geoms in self.data.contact.geom.tolist():
            for one, other in (geoms, geoms[::-1]):
                drone = self._owner.get(int(bodies[one]))
                if drone is not None:
                    found.append((drone, self._kind(other)))
        return found

    def _kind(self, geom: int) -> str:
        """Return what a geom belongs to, as collisions are reported."""
        if int(self.model.geom_bodyid[geom]) in self._owner:
            return "drone"
        name: str = self.model.geom(geom).name
        return name.split(".")[0]

    def render(self, drone: Drone, time: float | None = None) -> np.ndarray:
        """Return what the camera of ``drone`` sees now: uint8 [H,W,3] RGB, with the condition's
        camera faults.

        ``time``: since the flight began, s, by which an occlusion of the target is drawn; default:
        the world's own.
        """
        begin = perf_counter()
        if self._renderer is None:
            self._renderer = CameraRenderer(
                self.model, self.camera.width, self.camera.height, self._sight
            )
        self._renderer.sight = self._sight
        if time is None:
            time = self.time
        if self._occlusion.hidden(time):
            self._renderer.sight = 0.0
        # mj_step leaves positions of the previous step in the camera frames: bring them up to date.
        self._mujoco.mj_kinematics(self.model, self.data)
        self._mujoco.mj_camlight(self.model, self.data)
        own = self.model.geom_bodyid == drone.body
        groups = self.model.geom_group[own].copy()
        # Without itself: the networks were trained without rotors at the edge of the picture.
        self.model.geom_group[own] = GeomGroup.CULLED
        try:
            picture = self._renderer.render(self.data, f"{drone.name}.front")
        finally:
            self.model.geom_group[own] = groups
        picture = apply_veil(picture, self.condition.appearance.veil)
        picture = apply_camera_faults(picture, drone.camera_faults, drone.camera_rng)
        self.seconds["render"] += perf_counter() - begin
        return picture

    def close(self) -> None:
        """Free the graphics context."""
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None

    def __enter__(self) -> World:
        """Use as a context manager so that graphics memory is freed at once."""
        return self

    def __exit__(self, *exc: object) -> None:
        """Close."""
        self.close()
