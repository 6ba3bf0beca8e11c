"""One drone in a compiled world: takes set points, applies forces, returns its state."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from liquid_nav.simulation.controller import VelocityController, wrench
from liquid_nav.simulation.drift import EstimatorDrift
from liquid_nav.simulation.response import DroneResponse
from liquid_nav.simulation.state import DroneState
from liquid_nav.types import Command
from liquid_nav.worlds import Start

if TYPE_CHECKING:
    from liquid_nav.simulation.physics import World


class Drone:
    """The body ``name`` of a world, with its controller and the set points that are not due yet."""

    def __init__(
        self, world: World, name: str, response: DroneResponse, drift: EstimatorDrift
    ) -> None:
        """``world``: where ``settle`` will find the body once the model is compiled."""
        self.drift = drift
        self.name = name
        self.response = response
        self.controller = VelocityController(response)
        self.collision: str | None = None
        self._world = world
        self._queue: deque[tuple[float, Command]] = deque()
        self._active = Command()
        self._force = np.array((0.0, 0.0, response.mass * 9.81))

    def settle(self, start: Start) -> None:
        """Find its place in the compiled model and take it, hovering."""
        model = self._world.model
        data = self._world.data
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
        data = self._world.data
        q = data.qpos[self._place]
        v = data.qvel[self._motion]
        rotation = data.xmat[self.body].reshape(3, 3)
        return DroneState(
            self._world.time,
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
            at = self._world.time
        self._queue.append((at + self.response.delay, command))

    def push(self, air: tuple[float, float, float], dt: float) -> None:
        """Apply rotors and air for the coming step of ``dt`` s; ``air``: the wind, ENU m/s. None
        after a collision.
        """
        data = self._world.data
        if self.collision is not None:
            self._force[:] = 0.0
            data.xfrc_applied[self.body] = 0.0
            return
        while self._queue and self._queue[0][0] <= self._world.time + 1e-9:
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
