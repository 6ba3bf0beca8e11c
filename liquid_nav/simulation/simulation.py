"""One drone in one world, advanced in lock step: the embedded simulator."""

from __future__ import annotations

from collections import deque
from time import perf_counter

import numpy as np

from liquid_nav.simulation.airframe import CameraConfig, add_drone
from liquid_nav.simulation.controller import VelocityController, wrench
from liquid_nav.simulation.response import DroneResponse, sample_response
from liquid_nav.simulation.state import DroneState
from liquid_nav.simulation.wind import Wind
from liquid_nav.types import Command
from liquid_nav.worlds import Condition, Layout, Scenario, generate_layout, load_condition

TIMESTEP = 0.004
"""Physics and control period, s."""
_WIND_STEPS = 5


class Simulation:
    """A pure function of (scenario, seed, condition, camera, response) and of the commands it is given.

    The drone starts hovering at the scenario's cruise altitude. Times are simulated seconds since then, on the grid of
    ``TIMESTEP``. ``seconds`` accumulates measured wall time by stage ("physics", "render") and influences nothing.
    """

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        condition: Condition | None = None,
        *,
        camera: CameraConfig | None = None,
        response: DroneResponse | None = None,
        layout: Layout | None = None,
    ) -> None:
        """Build the world and put the drone into it; ``response`` None draws one of the fleet by seed."""
        from liquid_nav.simulation.camera import load_mujoco
        from liquid_nav.worlds import build_spec

        mujoco = self._mujoco = load_mujoco()
        self.scenario, self.seed = scenario, int(seed)
        self.condition = condition or load_condition(scenario.condition)
        self.camera = camera or CameraConfig()
        self.layout = layout or generate_layout(scenario, seed)
        self.target = self.layout.target
        rng = np.random.default_rng([self.seed, 71])
        self.response = response or sample_response(rng)
        self.wind = Wind(self.condition.wind.mean, self.condition.wind.gust, np.random.default_rng([self.seed, 72]))
        self._camera_rng = np.random.default_rng([self.seed, 73])

        spec = build_spec(self.layout, self.condition)
        spec.option.timestep = TIMESTEP
        spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
        add_drone(spec, self.response, self.camera)
        self.model = spec.compile()
        self.data = mujoco.MjData(self.model)
        self._body = self.model.body("drone").id
        start = self.layout.start
        self.data.qpos[:] = (start.x, start.y, start.z, np.cos(start.yaw / 2), 0.0, 0.0, np.sin(start.yaw / 2))
        mujoco.mj_forward(self.model, self.data)
        self.controller = VelocityController(self.response)
        self._queue: deque[tuple[float, Command]] = deque()
        self._active = Command()
        self._air = (0.0, 0.0, 0.0)
        self._force = np.array((0.0, 0.0, self.response.mass * 9.81))
        self._steps = 0
        self.collision: str | None = None
        self._renderer = None
        self.seconds = {"physics": 0.0, "render": 0.0}

    @property
    def time(self) -> float:
        """Simulated time, s."""
        return self._steps * TIMESTEP

    @property
    def state(self) -> DroneState:
        """A snapshot of the true state; it does not change when the simulation goes on."""
        q, v = self.data.qpos, self.data.qvel
        rotation = self.data.xmat[self._body].reshape(3, 3)
        return DroneState(
            self.time, q[:3].copy(), q[3:7].copy(), v[:3].copy(), v[3:6].copy(),
            rotation.T @ self._force / self.response.mass,
        )

    def command(self, command: Command, at: float | None = None) -> None:
        """Set the set point from time ``at`` (s, default now) on, plus the autopilot's own delay.

        Raises ValueError for values that are not finite.
        """
        if not command.is_finite():
            raise ValueError(f"command {command} is not finite: the supervisor must hold instead")
        self._queue.append(((self.time if at is None else at) + self.response.delay, command))

    def advance(self, until: float) -> None:
        """Step the physics until simulated time ``until`` (s, rounded to the grid) or a collision."""
        begin = perf_counter()
        steps = round(until / TIMESTEP) - self._steps
        for _ in range(steps):
            if self.collision is not None:
                break
            self._step()
        self.seconds["physics"] += perf_counter() - begin

    def _step(self) -> None:
        while self._queue and self._queue[0][0] <= self.time + 1e-9:
            self._active = self._queue.popleft()[1]
        data = self.data
        if self._steps % _WIND_STEPS == 0:
            self._air = self.wind.velocity(TIMESTEP * _WIND_STEPS)
        quaternion, (vx, vy, vz, *rates) = data.qpos[3:7].tolist(), data.qvel.tolist()
        force, torque = wrench(self.controller, self._active, quaternion, (vx, vy, vz), rates, self._air, TIMESTEP)
        self._force[:] = force
        data.xfrc_applied[self._body] = (*force, *torque)
        self._mujoco.mj_step(self.model, data)
        self._steps += 1
        if data.ncon:
            self.collision = self._touched()

    def _touched(self) -> str:
        """Return the kind of the first solid thing in contact with the drone."""
        for geom in self.data.contact[0].geom:
            name = self.model.geom(int(geom)).name
            if not name.startswith("drone."):
                return name.split(".")[0]
        return "drone"

    def render(self) -> np.ndarray:
        """Return what the drone's camera sees now: uint8 [H,W,3] RGB, with the condition's camera faults."""
        from liquid_nav.simulation.camera import CameraRenderer, apply_camera_faults

        begin = perf_counter()
        if self._renderer is None:
            self._renderer = CameraRenderer(self.model, self.camera.width, self.camera.height)
        # mj_step leaves positions of the previous step in the camera frames: bring them up to date.
        self._mujoco.mj_kinematics(self.model, self.data)
        self._mujoco.mj_camlight(self.model, self.data)
        image = apply_camera_faults(self._renderer.render(self.data), self.condition.camera, self._camera_rng)
        self.seconds["render"] += perf_counter() - begin
        return image

    def close(self) -> None:
        """Free the graphics context."""
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None

    def __enter__(self) -> Simulation:
        """Use as a context manager so that graphics memory is freed at once."""
        return self

    def __exit__(self, *exc: object) -> None:
        """Close."""
        self.close()
