"""How the camera of one flight sees: its field of view, and by how much it is turned from where it
should look.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from liquid_nav.geometry import rotation_from_vector
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
        """Rotation matrix [3,3] of ``turn``."""
        return rotation_from_vector(self.turn)


def draw_mounting(faults: CameraFaults, seed: int) -> Mounting:
    """Return the camera of the flight with this seed; the same in every way of flying."""
    rng = RandomStream.MOUNTING.generator(seed)
    view = math.radians(float(rng.uniform(*faults.view)))
    axis = rng.standard_normal(3)
    turn = math.radians(faults.mounting) * axis / np.linalg.norm(axis)
    x, y, z = (float(part) for part in turn)
    return Mounting(view, (x, y, z))
