"""One drone of a world: takes set points, applies forces, returns its state and its picture."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from liquid_nav.simulation.controller import GRAVITY, VelocityController, wrench
from liquid_nav.simulation.drift import EstimatorDrift
from liquid_nav.simulation.response import DroneResponse
from liquid_nav.simulation.state import DroneState
from liquid_nav.types import Command
from liquid_nav.worlds import CameraFaults, Layout

if TYPE_CHECKING:
    from liquid_nav.simulation.world import World


class Drone:
    """A body of a world, with its controller and the set points that are not due yet."""

    def __init__(
        self,
        world: World,
        name: str,
        layout: Layout,
        response: DroneResponse,
        drift: EstimatorDrift,
        camera_faults: CameraFaults,
        camera_rng: np.random.Generator,
    ) -> None:
        """Prepare a drone; it has a state once the world is compiled and ``settle`` was called.

        Args:
            world: where it flies.
            name: of its body in the model.
            layout: the place, with its own start.
            response: parameters of its dynamics.
            drift: of its velocity estimate.
            camera_faults: of its camera in this flight, with one exposure gain.
            camera_rng: of the noise in its pictures.
        """
        self.world = world
        self.name = name
        self.layout = layout
        self.response = response
        self.drift = drift
        self.camera_faults = camera_faults
        self.camera_rng = camera_rng
        self.controller = VelocityController(response)
        self.collision: str | None = None
        self._queue: deque[tuple[float, Command]] = deque()
        self._active = Command()
        self._force = np.array((0.0, 0.0, response.mass * GRAVITY))

    def settle(self) -> None:
        """Find its place in the compiled model and take it, hovering."""
        start = self.layout.start
        model = self.world.model
        data = self.world.data
        joint = model.joint(self.name)
        self.body = model.body(self.name).id
        self._place = slice(joint.qposadr[0], joint.qposadr[0] + 7)
        self._motion = slice(joint.dofadr[0], joint.dofadr[0] + 6)
        data.qpos[self._place] = (
            start.x,
            start.y,
            start.z,
            np.cos(start.yaw / 2),
            0.0,
            0.0,
            np.sin(start.yaw / 2),
        )

    @property
    def state(self) -> DroneState:
        """A snapshot of the true state; it does not change when the world goes on."""
        data = self.world.data
        q = data.qpos[self._place]
        v = data.qvel[self._motion]
        rotation = data.xmat[self.body].reshape(3, 3)
        return DroneState(
            self.world.time,
            q[:3].copy(),
            q[3:7].copy(),
            v[:3].copy(),
            v[3:6].copy(),
            rotation.T @ self._force / self.response.mass,
        )

    def command(self, command: Command, at: float | None = None) -> None:
        """Set the set point from time ``at`` (s, default now) on, plus the autopilot's own delay.

        Raises ValueError for values that are not finite.
        """
        if not command.is_finite():
            raise ValueError(f"command {command} is not finite: the supervisor must hold instead")
        if at is None:
            at = self.world.time
        self._queue.append((at + self.response.delay, command))

    def render(self) -> np.ndarray:
        """Return what its camera sees now, with the condition's faults: uint8 [H,W,3] RGB."""
        return self.world.render(self)

    def place(self, state: DroneState) -> None:
        """Put it where a state has it; the velocity stays as it is."""
        world = self.world
        pose = world.data.qpos[self._place]
        pose[:3] = state.position
        pose[3:7] = state.quaternion
        world.refresh()

    def contact(self) -> str | None:
        """Return the kind of the first solid thing that it touches at this instant, or None."""
        for drone, kind in self.world.contacts():
            if drone is self:
                return kind
        return None

    def push(self, air: tuple[float, float, float], dt: float) -> None:
        """Apply rotors and air for the coming step of ``dt`` s; ``air``: the wind, ENU m/s. None
        after a collision.
        """
        data = self.world.data
        if self.collision is not None:
            self._force[:] = 0.0
            data.xfrc_applied[self.body] = 0.0
            return
        while self._queue and self._queue[0][0] <= self.world.time + 1e-9:
            self._active = self._queue.popleft()[1]
        quaternion = data.qpos[self._place][3:7].tolist()
        vx, vy, vz, *rates = data.qvel[self._motion].tolist()
        self.drift.advance(dt)
        force, torque = wrench(
            self.controller,
            self._active,
            quaternion,
            (vx, vy, vz),
            rates,
            air,
            dt,
            self.drift.error,
        )
        self._force[:] = force
        data.xfrc_applied[self.body] = (*force, *torque)
