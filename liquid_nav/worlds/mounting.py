"""How the camera of one flight sees: its field of view, and by how much it is turned from where it
should look.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from liquid_nav.worlds.condition import CameraFaults
from liquid_nav.worlds.streams import RandomStream


@dataclass(frozen=True, slots=True)
class Mounting:
    """What a seed draws of a condition's camera."""

    view: float
    """Horizontal field of view, rad."""
    turn: tuple[float, float, float]
    """Rotation vector of the mounting error, rad, in the body's axes: x forward, y left, z up."""

    @property
    def rotation(self) -> np.ndarray:
        """Rotation matrix [3,3] of ``turn`` (Rodrigues' formula)."""
        angle = math.sqrt(sum(part * part for part in self.turn))
        if angle == 0.0:
            return np.eye(3)
        x, y, z = (part / angle for part in self.turn)
        cross = np.array(((0.0, -z, y), (z, 0.0, -x), (-y, x, 0.0)))
        turned: NDArray[np.float64] = (
            np.eye(3) + math.sin(angle) * cross + (1.0 - math.cos(angle)) * cross @ cross
        )
        return turned


def draw_mounting(faults: CameraFaults, seed: int) -> Mounting:
    """Return the camera of the flight with this seed; the same in every way of flying."""
    rng = RandomStream.MOUNTING.generator(seed)
    view = math.radians(float(rng.uniform(*faults.view)))
    axis = rng.standard_normal(3)
    turn = math.radians(faults.mounting) * axis / np.linalg.norm(axis)
    x, y, z = (float(part) for part in turn)
    return Mounting(view, (x, y, z))


def euler_angles(rotation: np.ndarray) -> tuple[float, float, float]:
    """Return roll, pitch and yaw, rad, of a rotation matrix [3,3] that is yaw after pitch after
    roll.
    """
    roll = math.atan2(rotation[2, 1], rotation[2, 2])
    pitch = math.asin(float(np.clip(-rotation[2, 0], -1.0, 1.0)))
    yaw = math.atan2(rotation[1, 0], rotation[0, 0])
    return roll, pitch, yaw
