"""What the test vehicle moves: the embedded drone with legs under it, or a point with lags where no
world is needed.
"""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np

from liquid_nav.geometry import attitude_from_yaw, turned
from liquid_nav.simulation import Drone, DroneState, VelocityController
from liquid_nav.types import Command
from liquid_nav.worlds import DRONE_MODEL

SPOOL = 0.9
"""s from the first command to climb until the drone leaves the ground."""


class Body(Protocol):
    """Moves by simulated time. ``landed``: stands on the ground."""

    landed: bool

    @property
    def collided(self) -> bool:
        """Whether it has touched something and moves no more."""

    @property
    def time(self) -> float:
        """Simulated time, s."""

    @property
    def state(self) -> DroneState:
        """The true state."""

    def drive(self, command: Command | None) -> None:
        """Follow a command from now on; None: motors off."""

    def advance(self, until: float) -> None:
        """Go on to a time."""


class PointBody:
    """A point that follows velocities with a first-order lag, over flat ground at height zero."""

    def __init__(self, height: float = 0.0, lag: float = 0.35, step: float = 0.02) -> None:
        """``height``: m, 0 to stand; ``lag``: s; ``step``: s of one integration step at most."""
        self.landed = height <= 0.0
        self._lag = lag
        self._step = step
        self._time = 0.0
        self._yaw = 0.0
        self._rate = 0.0
        # Plain numbers: property tests fly this for hours, and small arrays are slow.
        self._position = [0.0, 0.0, max(height, 0.0)]
        self._velocity = [0.0, 0.0, 0.0]
        self._command: Command | None = None
        if not self.landed:
            self._command = Command()
        self._climbing = 0.0
        self._state: DroneState | None = None

    @property
    def collided(self) -> bool:
        """Never: there is nothing to touch."""
        return False

    @property
    def time(self) -> float:
        """Simulated time, s."""
        return self._time

    @property
    def state(self) -> DroneState:
        """The true state, the same object until time goes on; the attitude stays level."""
        if self._state is None:
            self._state = DroneState(
                self._time,
                np.array(self._position),
                attitude_from_yaw(self._yaw),
                np.array(self._velocity),
                np.array((0.0, 0.0, self._rate)),
                np.array((0.0, 0.0, 9.81)),
            )
        return self._state

    def drive(self, command: Command | None) -> None:
        """Follow a command from now on; None: motors off."""
        self._command = command

    def advance(self, until: float) -> None:
        """Integrate up to a time."""
        while self._time < until - 1e-9:
            dt = min(self._step, until - self._time)
            self._time += dt
            self._state = None
            if self.landed:
                if self._command is not None and self._command.vz > 0.05:
                    self._climbing += dt
                else:
                    self._climbing = 0.0
                self.landed = self._climbing < SPOOL
            else:
                self._fly(dt)

    def _fly(self, dt: float) -> None:
        c = self._command or Command(vz=-4.0)
        blend = 1.0 - math.exp(-dt / self._lag)
        self._rate += blend * (c.yaw_rate - self._rate)
        self._yaw = math.remainder(self._yaw + self._rate * dt, math.tau)
        goal = (*turned(c.vx, c.vy, self._yaw), c.vz)
        for axis in range(3):
            self._velocity[axis] += blend * (goal[axis] - self._velocity[axis])
            self._position[axis] += self._velocity[axis] * dt
        if self._position[2] <= 0.0 and self._velocity[2] < 0.0:
            self._position[2] = 0.0
            self._rate = 0.0
            self.landed = True
            self._climbing = 0.0
            self._velocity = [0.0, 0.0, 0.0]


class EmbeddedBody:
    """The embedded drone. It can stand on the ground, which the world itself calls a
    collision.
    """

    def __init__(self, drone: Drone, airborne: bool = True) -> None:
        """``drone``: alone in its world; ``airborne``: begin in the air, where the world begins;
        otherwise on the ground below.
        """
        self.drone = drone
        self.landed = not airborne
        self._climbing = 0.0
        self._command: Command | None = None
        if self.landed:
            self._stand()

    @property
    def collided(self) -> bool:
        """Whether the drone has touched something."""
        return self.drone.collision is not None

    @property
    def time(self) -> float:
        """Simulated time, s."""
        return self.drone.world.time

    @property
    def state(self) -> DroneState:
        """The true state."""
        return self.drone.state

    def drive(self, command: Command | None) -> None:
        """Follow a command from now on; None: motors off."""
        if command != self._command and not self.landed:
            self.drone.command(command or Command(vz=-4.0))
        self._command = command

    def advance(self, until: float) -> None:
        """Step the physics; a standing drone is put back on its legs after every step."""
        begin = self.drone.world.time
        self.drone.world.advance(until)
        if self.landed:
            if self._command is not None and self._command.vz > 0.05:
                self._climbing = self._climbing + self.drone.world.time - begin
            else:
                self._climbing = 0.0
            self._stand()
            if self._climbing >= SPOOL:
                self.landed = False
                self.drone.controller = VelocityController(self.drone.response)
                assert self._command is not None  # it climbs, see above
                self.drone.command(self._command)
        elif (
            self.state.position[2] <= DRONE_MODEL.standing_height and self.state.velocity[2] <= 0.0
        ):
            self.landed = True
            self._climbing = 0.0
            self._stand()

    def _stand(self) -> None:
        data = self.drone.world.data
        data.qpos[2] = DRONE_MODEL.standing_height
        data.qpos[3:] = attitude_from_yaw(self.drone.state.yaw)
        data.qvel[:] = 0.0
