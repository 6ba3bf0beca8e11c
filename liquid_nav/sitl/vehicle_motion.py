"""How a simulated vehicle moves by itself: holding a place, the way home, a pilot's sticks."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from liquid_nav import geometry
from liquid_nav.sitl.vehicle_body import Body
from liquid_nav.types import Command

ROLL = 0
"""Place of roll in ``sticks``."""
PITCH = 1
"""Place of pitch in ``sticks``."""
THROTTLE = 2
"""Place of throttle in ``sticks``."""
YAW = 3
"""Place of yaw in ``sticks``."""
CENTRE = 1500
"""us of a stick at rest."""
TRAVEL = 500
"""us of a stick from rest to its end."""
DEADBAND = 0.05
"""Of a stick's travel."""
PILOT_SPEED = 2.0
"""m/s forward or sideways for full sticks."""
PILOT_CLIMB = 1.0
"""m/s up or down for full sticks."""
PILOT_TURN = 0.8
"""rad/s for full sticks."""
RETURN_ALTITUDE = 3.0
"""m above home; low, so that tests are short. Real vehicles return much higher."""
RETURN_SPEED = 2.0
"""m/s, horizontal, on the way home."""
RETURN_CLIMB = 1.0
"""m/s up and down on the way home."""
AT_HOME = 0.3
"""m from home that are close enough to descend."""


class VehicleMotion:
    """Commands for a body that flies without set points.

    A place that is held and a way home are kept from one decision to the next, and forgotten by
    the first decision that does not use them.

    Args:
        body: what moves.
        home: where a return ends, ENU m, float64 [3].
    """

    def __init__(self, body: Body, home: NDArray[np.float64]) -> None:
        self.body = body
        self.home = home
        self.sticks: tuple[int, ...] | None = None
        self._place: tuple[NDArray[np.float64], float] | None = None
        self._holds = False
        self._return_height: float | None = None
        self._returns = False
        self._descends = False

    def step_mode(self) -> Command | None:
        """Decide modes and failsafes; returns what the body shall do, None for motors off."""
        raise NotImplementedError

    def decide(self) -> Command | None:
        """Decide what the body does, and forget the place and the way home that it does not use."""
        self._holds = False
        self._returns = False
        command = self.step_mode()
        if not self._holds:
            self._place = None
        if not self._returns:
            self._return_height = None
            self._descends = False
        return command

    def hold_place(self) -> Command:
        """Return the command that keeps the place, until ``step_mode`` does without it."""
        self._holds = True
        state = self.body.state
        position = state.position
        yaw = state.yaw
        if self._place is None:
            self._place = (position + 0.5 * state.velocity, yaw)
        place, heading = self._place
        x, y, z = (place - position).tolist()
        turn = geometry.wrap(heading - yaw)
        return toward(x, y, z, yaw, 1.0, 1.0, max(-0.5, min(0.5, turn)))

    def stay(self) -> Command:
        """Return the command that keeps the place in the air, and zero on the ground."""
        if self.body.landed:
            return Command()
        return self.hold_place()

    def fly_home(self, sinking: float) -> Command:
        """Return the command of a return: climb, fly home, then down at ``sinking`` m/s."""
        self._returns = True
        if self.body.landed:
            return Command()
        state = self.body.state
        x, y, z = (self.home - state.position).tolist()
        if self._return_height is None:
            self._return_height = max(RETURN_ALTITUDE, -z)
        if self._descends:
            return replace(toward(x, y, 0.0, state.yaw, RETURN_SPEED, 0.0), vz=-sinking)
        missing = self._return_height + z
        if missing > 0.2 and math.hypot(x, y) > AT_HOME:
            return Command(vz=min(RETURN_CLIMB, missing))
        self._descends = math.hypot(x, y) <= AT_HOME
        return toward(x, y, missing, state.yaw, RETURN_SPEED, RETURN_CLIMB)

    def fly_by_sticks(self) -> Command:
        """Return what the pilot's sticks command: velocities in every mode, and to keep the place
        while they are at rest.
        """
        if self.sticks is None:
            return self.stay()
        roll, pitch, throttle, yaw = (self.stick(place) for place in (ROLL, PITCH, THROTTLE, YAW))
        if self.body.landed:
            return Command(vz=max(0.0, throttle) * PILOT_CLIMB)
        if roll == pitch == throttle == yaw == 0.0:
            return self.hold_place()
        return Command(
            -pitch * PILOT_SPEED, -roll * PILOT_SPEED, throttle * PILOT_CLIMB, -yaw * PILOT_TURN
        )

    def stick(self, place: int) -> float:
        """Return where a stick of the remote control is, -1 to 1, by its channel; 0 without one."""
        if self.sticks is None or place >= len(self.sticks):
            return 0.0
        value = max(-1.0, min(1.0, (self.sticks[place] - CENTRE) / TRAVEL))
        if abs(value) < DEADBAND:
            return 0.0
        return value


def toward(
    x: float, y: float, z: float, yaw: float, speed: float, climb: float, turn: float = 0.0
) -> Command:
    """Return the command that flies along a world vector, as fast as it is long but not faster than
    allowed.

    Args:
        x: east, m.
        y: north, m.
        z: up, m.
        yaw: heading of the vehicle, rad from east.
        speed: highest velocity forward and to the left, m/s.
        climb: highest velocity up and down, m/s.
        turn: yaw rate, rad/s.
    """
    forward, left = geometry.turned(x, y, -yaw)
    return Command(
        max(-speed, min(speed, forward)),
        max(-speed, min(speed, left)),
        max(-climb, min(climb, z)),
        turn,
    )
