"""Meshes of what grows: trunks, crowns, conifers, grass, ferns, flowers and dead leaves."""

import math
from dataclasses import dataclass

import numpy as np

from liquid_nav.worlds.forms import Form
from liquid_nav.worlds.meshes import UP, Builder, MeshData

NEAR_REACH = 14.0
"""m from which a crown is looked at that has another mesh for the distance."""
FAR_REACH = 80.0
"""m from which a crown is looked at otherwise."""


@dataclass(frozen=True)
class Foliage:
    """How finely the leaves of a crown are drawn."""

    level: int
    """How often the ball of a clump is divided, see ``meshes.BALLS``."""
    rough: float
    """Height of the lumps on a ball, as a share of its size."""
    tile: float
    """Width of the texture, m."""
    leaves: int
    """Single leaves that stand off each ball."""
    leaf: float
    """Size of such a leaf, m."""


TREE_NEAR = Foliage(1, 0.12, 1.6, leaves=24, leaf=0.5)
TREE_FAR = Foliage(0, 0.1, 1.6, leaves=6, leaf=0.8)
BUSH_NEAR = Foliage(1, 0.12, 1.0, leaves=36, leaf=0.2)
BUSH_FAR = Foliage(0, 0.1, 1.6, leaves=0, leaf=0.8)


def rng_of(shape: Form, salt: int) -> np.random.Generator:
    """Return the draws of one part of a form; ``salt``: another number for each kind of part."""
    return np.random.default_rng([salt, shape.variant, *map(ord, shape.species)])


def near_trunk(shape: Form) -> MeshData:
    """Return a trunk with its branches, one to each clump of leaves but the first."""
    build = Builder()
    rng = rng_of(shape, 1)
    r = shape.radius
    heights = np.array((0.0, 0.25, 2.2, _top(shape)))
    lean = np.zeros((len(heights), 3))
    lean[:, 2] = heights
    lean[-1, :2] = rng.normal(0, 0.06, 2)
    radii = r * np.array((1.3, 1.0, 0.93, 0.55))
    build.tube(lean, radii, 8, v=heights / 1.6, turns=_turns(r))
    for clump in shape.crown[1:]:
        tip = np.array(clump[:3])
        base = np.array((0.0, 0.0, max(1.9, tip[2] - 0.9 * math.hypot(tip[0], tip[1]))))
        build.tube(
            np.stack((base, base + (tip - base) * 0.85)),
            np.array((0.34 * r, 0.12 * r)),
            3,
            v=np.array((0.0, 1.0)),
            turns=0.5,
        )
    return build.data()


def far_trunk(shape: Form) -> MeshData:
    """Return a trunk as a cone without branches."""
    build = Builder()
    r = shape.radius
    heights = np.array((0.0, _top(shape)))
    centres = np.zeros((len(heights), 3))
    centres[:, 2] = heights
    build.tube(centres, r * np.array((1.0, 0.6)), 4, v=heights / 1.6, turns=_turns(r))
    return build.data()


def _top(shape: Form) -> float:
    """Return the height up to which a trunk is seen, m."""
    if shape.tiers:
        return shape.tiers[-1][0]
    return shape.crown[0][2]


def _turns(radius: float) -> float:
    """Return how often the texture of the bark lies around a trunk."""
    return 2.0 if radius > 0.2 else 1.0


def bare_crown(shape: Form, twigs: int, thickness: float) -> MeshData:
    """Return a crown in winter: that of summer as twigs.

    ``twigs``: in each of its clumps; ``thickness``: a factor on theirs.
    """
    build = Builder()
    rng = rng_of(shape, 2)
    root = np.array((0.0, 0.0, max(0.05, shape.crown[0][2] - shape.crown[0][5])))
    for clump in shape.crown:
        centre = np.array(clump[:3])
        half = np.array(clump[3:])
        for _ in range(twigs):
            away = rng.normal(size=3)
            away[2] = abs(away[2]) * 0.9
            tip = centre + away / np.linalg.norm(away) * half * rng.uniform(0.7, 1.0)
            start = root + (centre - root) * rng.uniform(0.2, 0.9)
            thick = max(0.008, 0.05 * half[0] * thickness)
            build.tube(
                np.stack((start, tip)),
                np.array((thick, thick * 0.3)),
                3,
                v=np.array((0.0, 1.0)),
                turns=0.3,
            )
    return build.data()


def leafy_crown(shape: Form, foliage: Foliage, reach: float) -> MeshData:
    """Return a crown with its leaves; ``reach``: see ``Builder.drop_hidden``."""
    build = Builder()
    rng = rng_of(shape, 3)
    bottom = min(c[2] - c[5] for c in shape.crown)
    top = max(c[2] + c[5] for c in shape.crown)
    for clump in shape.crown:
        build.ball(
            clump,
            foliage.level,
            rng,
            foliage.rough,
            bottom,
            top,
            foliage.tile,
            leaves=foliage.leaves,
            leaf=foliage.leaf,
        )
    build.drop_hidden(shape.crown, reach)
    return build.data()


def near_skirts(shape: Form) -> MeshData:
    """Return the branches of a conifer: skirts with jagged rims."""
    rng = rng_of(shape, 4)
    rims = [_jagged_rim(rng, *tier) for tier in shape.tiers]
    return _skirts(shape, rims, 0.37)


def far_skirts(shape: Form) -> MeshData:
    """Return the branches of a conifer: skirts with plain rims."""
    rng = rng_of(shape, 4)
    rims = [_plain_rim(rng, z, r) for z, r, _ in shape.tiers]
    return _skirts(shape, rims, 0.7)


Rim = tuple[np.ndarray, np.ndarray]
"""Bearings of the corners of a skirt, rad [K], and where they are, m [K,3]."""


def _jagged_rim(rng: np.random.Generator, z: float, r: float, h: float) -> Rim:
    """Return the rim of a tier; every other corner lies farther in and higher."""
    sides = 9
    angle = 2 * math.pi * (np.arange(sides) / sides) + rng.uniform(0, 6.28)
    reach = r * (1.0 + rng.uniform(-0.14, 0.06, sides))
    angle = np.repeat(angle, 2)
    angle[1::2] += math.pi / sides
    reach = np.repeat(reach, 2)
    reach[1::2] *= 0.74
    height = z + np.where(np.arange(len(angle)) % 2 == 1, 0.12 * h, 0.0)
    return angle, np.stack((reach * np.cos(angle), reach * np.sin(angle), height), -1)


def _plain_rim(rng: np.random.Generator, z: float, r: float) -> Rim:
    sides = 5
    angle = 2 * math.pi * (np.arange(sides) / sides) + rng.uniform(0, 6.28)
    return angle, np.stack((r * np.cos(angle), r * np.sin(angle), np.full(sides, z)), -1)


def _skirts(shape: Form, rims: list[Rim], step: float) -> MeshData:
    """Return a skirt for each tier; ``step``: of the texture from one corner to the next."""
    build = Builder()
    for i, ((z, _, h), (angle, ring)) in enumerate(zip(shape.tiers, rims)):
        after = np.roll(ring, -1, 0)
        tip = np.array((0.0, 0.0, z + h))
        out = np.stack((np.cos(angle), np.sin(angle), np.full(len(angle), 0.75)), -1) / 1.25
        normals = np.stack((out, np.roll(out, -1, 0), np.broadcast_to(UP, out.shape)), 1)
        u = np.arange(len(angle)) * step
        low = 0.02 + 0.03 * i
        high = min(0.98, 0.75 + 0.04 * i)
        uv = np.stack(
            (np.stack((u, u + 0.3, u + 0.15), -1), np.broadcast_to((low, low, high), (len(u), 3))),
            -1,
        )
        build.add(np.stack((ring, after, np.broadcast_to(tip, ring.shape)), 1), normals, uv)
        under = np.broadcast_to((0.0, 0.0, z + 0.12 * h), ring.shape)
        build.add(np.stack((after, ring, under), 1), -UP * 0.6, np.full((1, 3, 2), 0.03))
    return build.data()


@dataclass(frozen=True)
class Blades:
    """The blades of a tuft."""

    count: int
    """How many there are."""
    reach: float
    """How far from its middle their roots are at most, m."""
    tall: float
    """Their height, m."""
    wide: float
    """Their width at the root, m."""


def tuft(shape: Form, blades: Blades) -> MeshData:
    """Return a tuft of grass, or the blades around flowers."""
    build = Builder()
    rng = rng_of(shape, 5)
    count = blades.count
    spot = blades.reach * np.sqrt(rng.random(count)) * np.exp(1j * rng.uniform(0, 6.28, count))
    roots = np.stack((spot.real, spot.imag, np.zeros(count)), -1)
    lean = rng.normal(0, 0.22 * blades.tall, (count, 3))
    lean[:, 2] = blades.tall * rng.uniform(0.55, 1.1, count)
    build.blades(
        roots, roots + lean, blades.wide * rng.uniform(0.7, 1.5, count), u=rng.random(count)
    )
    return build.data()


def fern(shape: Form) -> MeshData:
    """Return the fronds of a fern."""
    build = Builder()
    rng = rng_of(shape, 6)
    for angle in np.arange(8) * 0.785 + rng.uniform(-0.25, 0.25, 8):
        out = np.array((math.cos(angle), math.sin(angle), 0.0))
        length = rng.uniform(0.4, 0.65)
        side = np.array((-out[1], out[0], 0.0)) * 0.11
        middle = out * length * 0.5 + UP * length * 0.62
        tip = out * length + UP * length * 0.42
        uv = np.array(((0.5, 0.0), (0.2, 0.7), (0.8, 0.7)))
        build.add([(np.zeros(3), middle - side, middle + side)], UP, uv)
        build.add(
            [(middle - side, tip, middle + side)],
            UP,
            np.array(((0.2, 0.7), (0.5, 1.0), (0.8, 0.7))),
        )
    return build.data()


def petals(shape: Form) -> MeshData:
    """Return the blossoms of a few flowers."""
    build = Builder()
    rng = rng_of(shape, 7)
    for _ in range(7):
        x, y = rng.normal(0, 0.22, 2)
        size = rng.uniform(0.025, 0.045)
        z = rng.uniform(0.18, 0.36)
        ring = [(x + size * math.cos(a), y + size * math.sin(a), z + 0.01) for a in (0, 2.1, 4.2)]
        build.add([ring], UP)
        build.add([[(x - size, y, z - size), (x + size, y, z - size), (x, y, z + size)]], UP)
    return build.data()


def dead_leaves(shape: Form) -> MeshData:
    """Return single dead leaves on the ground."""
    build = Builder()
    rng = rng_of(shape, 8)
    for _ in range(16):
        x, y = rng.normal(0, 0.5, 2)
        size = rng.uniform(0.04, 0.08)
        turn = rng.uniform(0, 6.28)
        corners = [
            (x + size * math.cos(turn + a), y + size * math.sin(turn + a), rng.uniform(0.01, 0.04))
            for a in (0, 2.1, 4.2)
        ]
        build.add([corners], UP, np.full((1, 3, 2), (rng.random(), 0.5 + 0.5 * rng.random())))
    return build.data()


def twigs(shape: Form) -> MeshData:
    """Return single twigs on the ground."""
    build = Builder()
    rng = rng_of(shape, 8)
    for _ in range(4):
        start = np.array((*rng.normal(0, 0.3, 2), 0.02))
        end = start + np.array((*rng.normal(0, 0.4, 2), 0.03))
        build.tube(np.stack((start, end)), np.array((0.018, 0.008)), 3, v=np.array((0, 1)))
    return build.data()
