"""Several drones in one world: they see and touch each other, and share time and wind."""

from __future__ import annotations

from collections import deque

import numpy as np

from liquid_nav.simulation.airframe import CameraConfig, add_drone
from liquid_nav.simulation.controller import VelocityController, wrench
from liquid_nav.simulation.response import sample_response
from liquid_nav.simulation.simulation import TIMESTEP
from liquid_nav.simulation.state import DroneState
from liquid_nav.simulation.wind import Wind
from liquid_nav.types import Command
from liquid_nav.worlds import Condition, Layout, Scenario, generate_layout, load_condition, shared_start

WIND_STEPS = 5
UNSEEN_GROUP = 5


class SharedDrone:
    """One of the drones, with the face of a ``Simulation``: state, command, collision, render.

    After a collision it has no thrust any more: it falls and lies there, and the others fly on.
    """

    def __init__(self, world: SharedWorld, number: int, layout: Layout) -> None:
        """``number``: 0 is the drone that the seed gives a world with one drone."""
        key = (number,) if number else ()
        self.name, self.layout, self._world = f"drone{number}", layout, world
        self.response = sample_response(np.random.default_rng([layout.seed, 71, *key]))
        self.controller = VelocityController(self.response)
        self.camera_rng = np.random.default_rng([layout.seed, 73, *key])
        self.collision: str | None = None
        self._queue: deque[tuple[float, Command]] = deque()
        self._active = Command()
        self._force = np.array((0.0, 0.0, self.response.mass * 9.81))

    def settle(self) -> None:
        """Find its place in the compiled model and take it."""
        model, data, start = self._world.model, self._world.data, self.layout.start
        joint = model.joint(self.name)
        self.body = model.body(self.name).id
        self._place = slice(joint.qposadr[0], joint.qposadr[0] + 7)
        self._motion = slice(joint.dofadr[0], joint.dofadr[0] + 6)
        data.qpos[self._place] = (start.x, start.y, start.z, np.cos(start.yaw / 2), 0.0, 0.0, np.sin(start.yaw / 2))

    @property
    def state(self) -> DroneState:
        """A snapshot of the true state; it does not change when the world goes on."""
        data = self._world.data
        q, v, rotation = data.qpos[self._place], data.qvel[self._motion], data.xmat[self.body].reshape(3, 3)
        return DroneState(
            self._world.time, q[:3].copy(), q[3:7].copy(), v[:3].copy(), v[3:6].copy(),
            rotation.T @ self._force / self.response.mass,
        )  # fmt: skip

    def command(self, command: Command, at: float | None = None) -> None:
        """Set the set point from time ``at`` (s, default now) on, plus the autopilot's own delay.

        Raises ValueError for values that are not finite.
        """
        if not command.is_finite():
            raise ValueError(f"command {command} is not finite: the supervisor must hold instead")
        self._queue.append(((self._world.time if at is None else at) + self.response.delay, command))

    def push(self, air: tuple[float, float, float]) -> None:
        """Apply rotors and air for the coming step; ``air``: the wind, ENU m/s."""
        data = self._world.data
        if self.collision is not None:
            self._force[:] = 0.0
            data.xfrc_applied[self.body] = 0.0
            return
        while self._queue and self._queue[0][0] <= self._world.time + 1e-9:
            self._active = self._queue.popleft()[1]
        quaternion = data.qpos[self._place][3:7].tolist()
        vx, vy, vz, *rates = data.qvel[self._motion].tolist()
        force, torque = wrench(self.controller, self._active, quaternion, (vx, vy, vz), rates, air, TIMESTEP)
        self._force[:] = force
        data.xfrc_applied[self.body] = (*force, *torque)

    def render(self) -> np.ndarray:
        """Return what its camera sees now: uint8 [H,W,3] RGB, the other drones included, itself not."""
        return self._world.render(self)


class SharedWorld:
    """A pure function of (scenario, seed, condition, count, camera, layouts) and of the commands of each drone."""

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
        """Build the world with ``count`` drones; ``layouts``: the same place with each one's own start.

        Raises UserError where the ground has no room for that many.
        """
        from liquid_nav.simulation.camera import load_mujoco
        from liquid_nav.worlds import build_spec

        mujoco = self._mujoco = load_mujoco()
        self.condition = condition or load_condition(scenario.condition)
        self.camera = camera or CameraConfig()
        if layouts is None:
            place = generate_layout(scenario, seed)
            layouts = [shared_start(place, number) for number in range(count)]
        self.drones = [SharedDrone(self, number, layout) for number, layout in enumerate(layouts)]
        wind = self.condition.wind
        self.wind, self._air = Wind(wind.mean, wind.gust, np.random.default_rng([int(seed), 72])), (0.0, 0.0, 0.0)
        spec = build_spec(layouts[0], self.condition)
        spec.option.timestep = TIMESTEP
        spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
        for drone in self.drones:
            add_drone(spec, drone.response, self.camera, drone.name, shared=True)
        self.model = spec.compile()
        self.data = mujoco.MjData(self.model)
        for drone in self.drones:
            drone.settle()
        mujoco.mj_forward(self.model, self.data)
        self._owner = {drone.body: drone for drone in self.drones}
        self._steps, self._renderer = 0, None

    @property
    def time(self) -> float:
        """Simulated time, s."""
        return self._steps * TIMESTEP

    @property
    def over(self) -> bool:
        """Whether no drone flies any more."""
        return all(drone.collision is not None for drone in self.drones)

    def advance(self, until: float) -> None:
        """Step the physics until simulated time ``until`` (s, rounded to the grid), or until nobody flies."""
        for _ in range(round(until / TIMESTEP) - self._steps):
            if self.over:
                break
            if self._steps % WIND_STEPS == 0:
                self._air = self.wind.velocity(TIMESTEP * WIND_STEPS)
            for drone in self.drones:
                drone.push(self._air)
            self._mujoco.mj_step(self.model, self.data)
            self._steps += 1
            if self.data.ncon:
                self._look_for_collisions()

    def _look_for_collisions(self) -> None:
        bodies = self.model.geom_bodyid
        for geoms in self.data.contact.geom.tolist():
            for one, other in (geoms, geoms[::-1]):
                drone = self._owner.get(int(bodies[one]))
                if drone is not None and drone.collision is None:
                    met = int(bodies[other]) in self._owner
                    drone.collision = "drone" if met else self.model.geom(other).name.split(".")[0]

    def render(self, drone: SharedDrone) -> np.ndarray:
        """Return what the camera of ``drone`` sees now: uint8 [H,W,3] RGB, with the condition's camera faults."""
        from liquid_nav.simulation.camera import CameraRenderer, apply_camera_faults

        if self._renderer is None:
            self._renderer = CameraRenderer(self.model, self.camera.width, self.camera.height)
        # mj_step leaves positions of the previous step in the camera frames: bring them up to date.
        self._mujoco.mj_kinematics(self.model, self.data)
        self._mujoco.mj_camlight(self.model, self.data)
        own = self.model.geom_bodyid == drone.body
        groups = self.model.geom_group[own].copy()
        # A drone alone has no looks: what the networks have seen has no rotors at its edge.
        self.model.geom_group[own] = UNSEEN_GROUP
        image = self._renderer.render(self.data, f"{drone.name}.front")
        self.model.geom_group[own] = groups
        return apply_camera_faults(image, self.condition.camera, drone.camera_rng)

    def close(self) -> None:
        """Free the graphics context."""
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None

    def __enter__(self) -> SharedWorld:
        """Use as a context manager so that graphics memory is freed at once."""
        return self

    def __exit__(self, *exc: object) -> None:
        """Close."""
        self.close()
