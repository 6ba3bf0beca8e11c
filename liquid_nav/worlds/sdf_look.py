"""What the embedded world draws by chance for a seed, drawn again for Gazebo; and its sky as the
walls of a far box.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable

import numpy as np
from numpy.typing import NDArray

from liquid_nav.worlds import palette
from liquid_nav.worlds.catalogue import parts
from liquid_nav.worlds.condition import Condition
from liquid_nav.worlds.meshes import MeshData
from liquid_nav.worlds.sky import FACES, SIZE
from liquid_nav.worlds.streams import RandomStream
from liquid_nav.worlds.values import Layout, LayoutItem

SKY_HALF = 600.0
"""m from the origin to the walls of the sky: far enough that the line of trees hardly grows in a
flight.
"""
FAR_CLIP = 1500.0
"""m; beyond the corners of the sky, also for a drone at the edge of the geofence."""
WALLS = tuple(face for face, (forward, _, _) in enumerate(FACES) if forward != (0, -1, 0))
"""Faces of the sky box that can be seen: not the one below, which the ground hides."""
HEADLIGHT = 0.3 * 0.5
"""Share of the ambient light that the embedded camera's own lamp adds, on average over surfaces."""
Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Look:
    """Numbers that the seed draws."""

    sky: int
    """Number of the sky's variant, from 0."""
    ground: int
    """Number of the ground's variant, from 0."""
    sun: tuple[float, float]
    """Azimuth (counter-clockwise from east) and elevation of the sun, rad."""
    diffuse: Colour
    """Light of the sun, RGB, about 0 to 1."""
    ambient: Colour
    """Light from everywhere, RGB, about 0 to 1."""
    tints: tuple[Colour, ...]
    """Factor on the colour, RGB, of each of the layout's items."""
    undergrowth: Colour
    """Mean factor on the colour, RGB, of the decorations."""


def look_of(layout: Layout, condition: Condition) -> Look:
    """Draw in the order in which ``mjcf.build_mujoco_spec`` draws."""
    rng = RandomStream.GROUND.generator(layout.seed)
    sky = int(rng.integers(palette.VARIANTS))
    colour, ambient, _ = palette.LIGHTING[condition.light]
    power = rng.uniform(0.85, 1.12)
    share = rng.uniform(0.88, 1.12)
    ground = int(rng.integers(palette.VARIANTS))
    tints: list[Colour] = []
    for item in layout.items:
        tints.append(_tint(rng, item, condition.season))
    rest = [
        _tint(rng, item, condition.season)
        for item in layout.decorations
        if parts(item.species, item.variant, condition.season)
    ]
    mean = np.mean(rest, axis=0) if rest else np.ones(3)
    return Look(
        sky,
        ground,
        palette.sun_of(condition.light, condition.season, sky),
        _colour(power * part for part in colour),
        _colour((share + HEADLIGHT) * part for part in ambient),
        tuple(tints),
        _colour(mean),
    )


def _tint(rng: np.random.Generator, item: LayoutItem, season: str) -> Colour:
    """Return the factor on the colour of an item; of one that is absent 1, without a draw."""
    if not parts(item.species, item.variant, season):
        return 1.0, 1.0, 1.0
    return _colour(np.clip(rng.uniform(0.82, 1.0) * (1.0 + rng.uniform(-0.06, 0.06, 3)), 0, 1))


def _colour(values: Iterable[float]) -> Colour:
    red, green, blue = values
    return red, green, blue


def sky_picture(layout: Layout, condition: Condition, look: Look, face: int) -> np.ndarray:
    """Return uint8 [SIZE, SIZE, 3] of a face, in the order of ``sky.FACES``."""
    faces = palette.sky(condition.light, condition.season, condition.fog, layout.world, look.sky)
    picture: NDArray[np.uint8] = faces.reshape(len(FACES), SIZE, SIZE, 3)[face]
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
