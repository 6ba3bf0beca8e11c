"""What worlds with one drone and with several share: model, time, wind and pictures."""

from __future__ import annotations

from typing import Any, Iterable, TypeVar

import numpy as np

from liquid_nav import worlds
from liquid_nav.simulation.airframe import CameraConfig, add_drone
from liquid_nav.simulation.camera import CameraRenderer, apply_camera_faults
from liquid_nav.simulation.drone import Drone
from liquid_nav.simulation.wind import Wind
from liquid_nav.worlds import CameraFaults, Condition, Layout, veiled
from liquid_nav.worlds.backend import load_mujoco
from liquid_nav.worlds.streams import Stream

TIMESTEP = 0.004
"""Physics and control period, s."""
_WIND_STEPS = 5
_AnyWorld = TypeVar("_AnyWorld", bound="World")


class World:
    """A place with drones in it. Times are simulated s from zero, in steps of ``TIMESTEP``."""

    def __init__(self, seed: int, condition: Condition, camera: CameraConfig) -> None:
        """``seed``: of wind and camera. ``_build`` makes the rest, once there are drones."""
        self._mujoco = load_mujoco()
        self.condition = condition
        self.camera = camera.of(condition.camera, seed)
        self.wind = Wind(condition.wind.mean, condition.wind.gust, Stream.WIND.generator(seed))
        self._sight = condition.appearance.draw_sight(seed)
        self._air = (0.0, 0.0, 0.0)
        self._steps = 0
        self._renderer: CameraRenderer | None = None

    def _build(self, places: Iterable[tuple[Drone, Layout]], shared: bool) -> None:
        """Compile the model with these drones, each at its layout's start."""
        places = list(places)
        # By way of its package, which loads MuJoCo only now.
        build_spec: Any = worlds.build_spec
        spec = build_spec(places[0][1], self.condition)
        spec.option.timestep = TIMESTEP
        spec.option.integrator = self._mujoco.mjtIntegrator.mjINT_IMPLICITFAST
        for drone, _ in places:
            add_drone(spec, drone.response, self.camera, drone.name, shared)
        self.model = spec.compile()
        self.data = self._mujoco.MjData(self.model)
        for drone, layout in places:
            drone.settle(layout.start)
        self._mujoco.mj_forward(self.model, self.data)

    @property
    def time(self) -> float:
        """Simulated time, s."""
        return self._steps * TIMESTEP

    def _step(self, drones: Iterable[Drone]) -> None:
        if self._steps % _WIND_STEPS == 0:
            self._air = self.wind.velocity(TIMESTEP * _WIND_STEPS)
        for drone in drones:
            drone.push(self._air, TIMESTEP)
        self._mujoco.mj_step(self.model, self.data)
        self._steps += 1

    def _picture(self, camera: str, faults: CameraFaults, rng: np.random.Generator) -> np.ndarray:
        """Return what a camera sees now: uint8 [H,W,3] RGB, with its ``faults`` of this flight,
        noise from ``rng``.
        """
        if self._renderer is None:
            self._renderer = CameraRenderer(
                self.model, self.camera.width, self.camera.height, self._sight
            )
        # mj_step leaves positions of the previous step in the camera frames: bring them up to date.
        self._mujoco.mj_kinematics(self.model, self.data)
        self._mujoco.mj_camlight(self.model, self.data)
        picture = veiled(self._renderer.render(self.data, camera), self.condition.appearance.veil)
        return apply_camera_faults(picture, faults, rng)

    def close(self) -> None:
        """Free the graphics context."""
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None

    def __enter__(self: _AnyWorld) -> _AnyWorld:
        """Use as a context manager so that graphics memory is freed at once."""
        return self

    def __exit__(self, *exc: object) -> None:
        """Close."""
        self.close()
