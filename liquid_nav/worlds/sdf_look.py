"""A look in Gazebo: light, and the sky as the walls of a far box."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from liquid_nav.worlds.look import Look
from liquid_nav.worlds.meshes import MeshData
from liquid_nav.worlds.sky import FACES, SIZE
from liquid_nav.worlds.textures import Colour

SKY_HALF = 600.0
"""m from the origin to the walls of the sky: far enough that the line of trees hardly grows in a
flight.
"""
FAR_CLIP = 1500.0
"""m; beyond the corners of the sky, also for a drone at the edge of the geofence."""
WALLS = tuple(face for face, (forward, _, _) in enumerate(FACES) if forward != (0, -1, 0))
"""Faces of the sky box that can be seen: not the one below, which the ground hides."""
HEADLIGHT = 0.5
"""Share of the light of the embedded camera's own lamp that it adds on average over surfaces."""


def ambient_light(look: Look) -> Colour:
    """Return the light from everywhere, the embedded camera's own lamp among it."""
    red, green, blue = (
        ambient + HEADLIGHT * lamp for ambient, lamp in zip(look.ambient, look.headlight)
    )
    return red, green, blue


def sky_picture(look: Look, face: int) -> np.ndarray:
    """Return uint8 [SIZE, SIZE, 3] of a face, in the order of ``sky.FACES``."""
    picture: NDArray[np.uint8] = look.sky_texture().reshape(len(FACES), SIZE, SIZE, 3)[face]
    return picture


def wall_place(face: int) -> tuple[float, float, float]:
    """Return where the middle of a wall of the sky is, m in the world's frame."""
    east, up, south = FACES[face][0]
    return SKY_HALF * east, -SKY_HALF * south, SKY_HALF * up


def sky_wall(face: int) -> MeshData:
    """Return one wall of the sky, seen from inside, m from its middle."""
    forward, right, down = (
        np.array((part[0], -part[2], part[1]), dtype=float) for part in FACES[face]
    )
    corner = {(u, v): u * right + v * down for u in (-1, 1) for v in (-1, 1)}
    order = ((-1, 1), (1, -1), (1, 1)), ((-1, 1), (-1, -1), (1, -1))
    points = np.array([[corner[at] for at in triangle] for triangle in order]) * SKY_HALF
    # Half a pixel inside the picture, so that its opposite edge does not shine through the seams.
    uv = np.array(order, dtype=float) * (1.0 - 1.0 / SIZE) * 0.5 + 0.5
    return MeshData(
        points.astype(np.float32),
        np.broadcast_to(-forward, points.shape).astype(np.float32),
        uv.astype(np.float32),
    )
