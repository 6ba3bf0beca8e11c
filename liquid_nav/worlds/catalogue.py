"""The forms that stand in the worlds: for every species a few fixed variants with their solids.

Pictures (meshes) and solids are made from the same numbers, so that what looks free is free.
"""

import math
from dataclasses import dataclass
from functools import cache
from typing import Iterable

import numpy as np

from liquid_nav.worlds.values import Solid

Clump = tuple[float, float, float, float, float, float]
"""Centre x, y, z and half extents of an ellipsoid of leaves, m."""


@dataclass(frozen=True)
class Form:
    """One variant of a species in its own frame: origin on the ground, z up, metres."""

    kind: str
    """What it is: tree, bush, boulder, stump, log, bale, post, barrel or decoration."""
    species: str
    """Name of the species, a key of ``VARIANTS``."""
    variant: int
    """Number of the variant within its species, from 0."""
    height: float
    """Height of its top above the ground, m; a nominal one for decorations."""
    solids: tuple[Solid, ...] = ()
    """What of it can be touched, in its own frame."""
    radius: float = 0.0
    """Radius of the trunk at the ground, or of something round (log, stump, bale, post, barrel), m;
    0 where there is none.
    """
    crown: tuple[Clump, ...] = ()
    """Ellipsoids of leaves, in its own frame, m; a conifer has none."""
    tiers: tuple[tuple[float, float, float], ...] = ()
    """Skirts of a conifer, bottom to top: height of the lower edge, radius and height of each, m.
    """


VARIANTS = {
    "birch": 4,
    "beech": 4,
    "oak": 4,
    "spruce": 4,
    "sapling_spruce": 3,
    "hazel": 4,
    "berry": 2,
    "fern": 3,
    "boulder": 4,
    "stump": 2,
    "log": 3,
    "marked_beech": 2,
    "lone_oak": 2,
    "round_bale": 2,
    "upright_bale": 2,
    "bale_stack": 3,
    "post": 3,
    "hedge": 3,
    "barrel": 1,
    "grass": 3,
    "tall_grass": 4,
    "flowers": 3,
    "poppies": 2,
    "litter": 4,
    "twig": 3,
    "far_tree": 4,
}

_PAIR = ((0.0, -0.6), (0.0, 0.6))
_STACKS = (
    (0.42, (((0.0, 0.0),), ((0.0, 0.0),), ((0.1, 0.0),))),
    (0.42, (_PAIR, _PAIR, ((0.05, 0.0),))),
    (0.5, (_PAIR, ((0.2, 0.2),))),
)
"""By variant of a stack: half height of a bale, and x and y of each bale, level by level from the
ground; m.
"""


def _trunk(radius: float, height: float) -> Solid:
    return Solid("trunk", "cylinder", (0.0, 0.0, height / 2), (radius, radius, height / 2))


def _leaves(clumps: tuple[Clump, ...], kind: str = "crown") -> tuple[Solid, ...]:
    return tuple(Solid(kind, "ellipsoid", clump[:3], clump[3:]) for clump in clumps)


def _broad_crown(
    rng: np.random.Generator, base: float, width: float, depth: float, count: int
) -> tuple[Clump, ...]:
    clumps: list[Clump] = [(0.0, 0.0, base + depth * 0.55, width * 0.62, width * 0.62, depth * 0.5)]
    turn = rng.uniform(0, 2 * math.pi)
    for i in range(count):
        angle = turn + 2 * math.pi * i / count + rng.uniform(-0.4, 0.4)
        size = width * rng.uniform(0.42, 0.6)
        flat = size * rng.uniform(0.55, 0.75)
        away = width * rng.uniform(0.5, 0.68)
        if i % 2:
            raised = rng.uniform(0.0, 0.15)
        else:
            raised = rng.uniform(0.2, 0.5)
        low = base + flat + depth * raised
        clumps.append((away * math.cos(angle), away * math.sin(angle), low, size, size, flat))
    return _rounded(clumps)


def _rounded(clumps: Iterable[Clump]) -> tuple[Clump, ...]:
    """Return the clumps to the millimetre."""
    found: list[Clump] = []
    for clump in clumps:
        x, y, z, a, b, c = (round(float(v), 3) for v in clump)
        found.append((x, y, z, a, b, c))
    return tuple(found)


def _tree(
    species: str,
    variant: int,
    rng: np.random.Generator,
    radii: tuple[float, float],
    height: tuple[float, float],
    base: tuple[float, float],
    width: tuple[float, float],
    count: int,
) -> Form:
    share = (variant + 0.5) / VARIANTS.get(species, 4)
    radius = round(radii[0] + share * (radii[1] - radii[0]), 3)
    tall = float(rng.uniform(*height))
    low = float(rng.uniform(*base))
    crown = _broad_crown(rng, low, float(rng.uniform(*width)), tall - low, count)
    solids = (
        _trunk(radius, low + (tall - low) * 0.6),
        *_leaves(tuple(c for c in crown if c[2] - c[5] < 4.6)),
    )
    return Form("tree", species, variant, tall, solids, radius, crown)


def _spruce(
    species: str,
    variant: int,
    rng: np.random.Generator,
    tall: float,
    low: float,
    wide: float,
    radius: float,
    tiers: int,
) -> Form:
    step = (tall - low) / tiers
    skirts = []
    for i in range(tiers):
        shrink = 1.0 - i / tiers
        skirts.append(
            (
                round(low + i * step, 3),
                round(wide * (0.12 + 0.88 * shrink), 3),
                round(step * 1.6, 3),
            )
        )
    solids = [_trunk(radius, tall * 0.9)]
    for z, r, h in skirts:
        if z < 4.6:
            solids.append(
                Solid("crown", "cylinder", (0.0, 0.0, z + 0.14 * h), (0.92 * r, 0.92 * r, 0.14 * h))
            )
            solids.append(
                Solid("crown", "cylinder", (0.0, 0.0, z + 0.42 * h), (0.66 * r, 0.66 * r, 0.14 * h))
            )
    return Form("tree", species, variant, tall, tuple(solids), radius, tiers=tuple(skirts))


def _bush(
    kind: str, species: str, variant: int, rng: np.random.Generator, tall: float, wide: float
) -> Form:
    clumps: list[Clump] = [(0.0, 0.0, tall * 0.52, wide * 0.8, wide * 0.8, tall * 0.48)]
    turn = rng.uniform(0, 2 * math.pi)
    for i in range(3):
        angle = turn + i * 2.1 + rng.uniform(-0.3, 0.3)
        size = wide * rng.uniform(0.5, 0.62)
        h = tall * rng.uniform(0.26, 0.38)
        clumps.append(
            (0.5 * wide * math.cos(angle), 0.5 * wide * math.sin(angle), h, size, size, h)
        )
    crown = _rounded(clumps)
    return Form(kind, species, variant, tall, _leaves(crown, kind), crown=crown)


def _box(
    kind: str, x: float, y: float, z: float, a: float, b: float, c: float, yaw: float = 0.0
) -> Solid:
    return Solid(kind, "box", (x, y, z), (a, b, c), yaw)


def _stack(variant: int) -> Form:
    long = 1.1
    wide = 0.6
    high, levels = _STACKS[variant]
    solids = []
    for level, places in enumerate(levels):
        for x, y in places:
            solids.append(_box("bale", x, y, high * (2 * level + 1), long, wide, high))
    return Form("bale", "bale_stack", variant, 2 * high * len(levels), tuple(solids))


@cache
def form(species: str, variant: int) -> Form:
    """Return the form; always the same for the same name and number."""
    rng = np.random.default_rng([sum(map(ord, species)), len(species), variant])
    u = rng.uniform
    match species:
        case "birch":
            return _tree(species, variant, rng, (0.09, 0.17), (8, 11), (3.0, 3.9), (1.3, 1.8), 5)
        case "beech" | "marked_beech":
            return _tree(species, variant, rng, (0.15, 0.28), (9, 13), (2.9, 3.8), (2.0, 2.7), 6)
        case "oak" | "lone_oak":
            return _tree(species, variant, rng, (0.2, 0.31), (8, 11), (2.75, 3.3), (2.3, 3.0), 7)
        case "far_tree":
            return _tree(species, variant, rng, (0.14, 0.3), (9, 14), (2.8, 4.0), (1.8, 2.8), 3)
        case "spruce":
            return _spruce(
                species, variant, rng, u(9, 12), u(2.6, 3.2), u(1.5, 2.0), 0.13 + 0.03 * variant, 7
            )
        case "sapling_spruce":
            return _spruce(
                species, variant, rng, 2.3 + 0.5 * variant, 0.25, 0.75 + 0.1 * variant, 0.05, 5
            )
        case "hazel":
            return _bush("bush", species, variant, rng, 1.25 + 0.2 * variant, 0.6 + 0.1 * variant)
        case "berry":
            return _bush("bush", species, variant, rng, 1.2 + 0.2 * variant, 0.6 + 0.1 * variant)
        case "hedge":
            return _bush("bush", species, variant, rng, 1.5 + 0.25 * variant, 0.9 + 0.15 * variant)
        case "boulder":
            size = 0.45 + 0.2 * variant
            solid = Solid(
                "boulder", "ellipsoid", (0.0, 0.0, 0.35 * size), (size, size * 0.8, size * 0.85)
            )
            return Form("boulder", species, variant, 1.2 * size, (solid,))
        case "stump":
            radius = 0.2 + 0.08 * variant
            return Form(
                "stump",
                species,
                variant,
                0.45,
                (Solid("trunk", "cylinder", (0, 0, 0.22), (radius, radius, 0.22)),),
                radius,
            )
        case "log":
            half = 1.1 + 0.3 * variant
            radius = 0.13 + 0.03 * variant
            return Form(
                "log",
                species,
                variant,
                2 * radius,
                (Solid("trunk", "cylinder", (0, 0, radius), (half, radius, radius), 0.0, True),),
                radius,
            )
        case "round_bale":
            radius = 0.8 + 0.06 * variant
            return Form(
                "bale",
                species,
                variant,
                2 * radius,
                (Solid("bale", "cylinder", (0, 0, radius), (0.62, radius, radius), 0.0, True),),
                radius,
            )
        case "upright_bale":
            radius = 0.78
            high = 0.82 + 0.1 * variant
            return Form(
                "bale",
                species,
                variant,
                2 * high,
                (Solid("bale", "cylinder", (0, 0, high), (radius, radius, high)),),
                radius,
            )
        case "bale_stack":
            return _stack(variant)
        case "post":
            radius = 0.06 + 0.012 * variant
            return Form(
                "post",
                species,
                variant,
                1.9,
                (Solid("post", "cylinder", (0, 0, 0.95), (radius, radius, 0.95)),),
                radius,
            )
        case "barrel":
            return Form(
                "barrel",
                species,
                variant,
                0.88,
                (Solid("barrel", "cylinder", (0, 0, 0.44), (0.29, 0.29, 0.44)),),
                0.29,
            )
        case _:
            return Form("decoration", species, variant, 0.3)


def chair_solids() -> tuple[Solid, ...]:
    """Return the solids of the camping chair in its own frame; its front looks along +x."""
    seat = _box("chair", 0.02, 0.0, 0.43, 0.26, 0.27, 0.035)
    back = _box("chair", -0.27, 0.0, 0.68, 0.055, 0.27, 0.235)
    arms = [_box("chair", 0.0, side * 0.305, 0.62, 0.27, 0.025, 0.025) for side in (-1, 1)]
    legs = [
        _box("chair", x, side * 0.29, 0.31, 0.02, 0.02, 0.31)
        for x in (-0.24, 0.25)
        for side in (-1, 1)
    ]
    return (seat, back, *arms, *legs)
