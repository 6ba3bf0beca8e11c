"""What the forms look like: parts (mesh and material), near and far. Made once per process and
kept.
"""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from liquid_nav.worlds.catalogue import Form, form
from liquid_nav.worlds.meshes import UP, Builder, MeshData

ALWAYS = 1
"""Geom group that the camera shows at every distance."""
NEAR = 2
"""Geom group that the camera shows within its detail distance."""
FAR = 3
"""Geom group that the camera shows beyond its detail distance."""


@dataclass(frozen=True)
class Part:
    """One mesh of a form with its material."""

    name: str
    """Name of the mesh, unique in a world."""
    material: str
    """Name of its material: a texture, or a key of ``materials.PLAIN``."""
    group: int
    """Geom group, which says at what distance it is drawn: ``ALWAYS``, ``NEAR`` or ``FAR``."""
    mesh: MeshData
    """Its triangles, in the frame of the form, m."""


def _rng(shape: Form, salt: int) -> np.random.Generator:
    return np.random.default_rng([salt, shape.variant, *map(ord, shape.species)])


def _bark(species: str) -> str:
    return {
        "birch": "bark.birch",
        "beech": "bark.beech",
        "marked_beech": "bark.beech",
        "spruce": "bark.spruce",
        "sapling_spruce": "bark.spruce",
    }.get(species, "bark.oak")


def _leaf(species: str) -> str:
    name = {
        "marked_beech": "beech",
        "lone_oak": "oak",
        "far_tree": "oak",
        "sapling_spruce": "spruce",
    }.get(species, species)
    return f"leaf.{name}"


def _trunk(shape: Form, sides: int, near: bool) -> MeshData:
    build = Builder()
    rng = _rng(shape, 1)
    r = shape.radius
    top = shape.tiers[-1][0] if shape.tiers else shape.crown[0][2]
    heights = np.array((0.0, 0.25, 2.2, top) if near else (0.0, top))
    radii = r * (np.array((1.3, 1.0, 0.93, 0.55)) if near else np.array((1.0, 0.6)))
    lean = np.zeros((len(heights), 3))
    lean[:, 2] = heights
    if near:
        lean[-1, :2] = rng.normal(0, 0.06, 2)
    build.tube(lean, radii, sides, v=heights / 1.6, turns=2.0 if r > 0.2 else 1.0)
    for clump in shape.crown[1:] if near else ():
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


def _bare(shape: Form, near: bool) -> MeshData:
    """Winter: the same crown as twigs."""
    build = Builder()
    rng = _rng(shape, 2)
    root = np.array((0.0, 0.0, max(0.05, shape.crown[0][2] - shape.crown[0][5])))
    for clump in shape.crown:
        centre = np.array(clump[:3])
        half = np.array(clump[3:])
        for _ in range(13 if near else 5):
            away = rng.normal(size=3)
            away[2] = abs(away[2]) * 0.9
            tip = centre + away / np.linalg.norm(away) * half * rng.uniform(0.7, 1.0)
            start = root + (centre - root) * rng.uniform(0.2, 0.9)
            thick = max(0.008, 0.05 * half[0] * (0.5 if near else 0.9))
            build.tube(
                np.stack((start, tip)),
                np.array((thick, thick * 0.3)),
                3,
                v=np.array((0.0, 1.0)),
                turns=0.3,
            )
    return build.data()


def _crown(shape: Form, near: bool, bush: bool) -> MeshData:
    build = Builder()
    rng = _rng(shape, 3)
    bottom = min(c[2] - c[5] for c in shape.crown)
    top = max(c[2] + c[5] for c in shape.crown)
    for clump in shape.crown:
        if near:
            build.ball(
                clump,
                1,
                rng,
                0.12,
                bottom,
                top,
                1.6 if not bush else 1.0,
                leaves=24 if not bush else 36,
                leaf=0.5 if not bush else 0.2,
            )
        else:
            build.ball(clump, 0, rng, 0.1, bottom, top, 1.6, leaves=0 if bush else 6, leaf=0.8)
    build.drop_hidden(shape.crown, 14.0 if near and shape.species != "lone_oak" else 80.0)
    return build.data()


def _skirts(shape: Form, near: bool) -> MeshData:
    build = Builder()
    rng = _rng(shape, 4)
    sides = 9 if near else 5
    for i, (z, r, h) in enumerate(shape.tiers):
        angle = 2 * math.pi * (np.arange(sides) / sides) + rng.uniform(0, 6.28)
        reach = r * (1.0 + (rng.uniform(-0.14, 0.06, sides) if near else 0.0))
        if near:
            angle = np.repeat(angle, 2)
            angle[1::2] += math.pi / sides
            reach = np.repeat(reach, 2)
            reach[1::2] *= 0.74
        drop = (
            z + np.where(np.arange(len(angle)) % 2 == 1, 0.12 * h, 0.0)
            if near
            else np.full(len(angle), z)
        )
        ring = np.stack((reach * np.cos(angle), reach * np.sin(angle), drop), -1)
        after = np.roll(ring, -1, 0)
        tip = np.array((0.0, 0.0, z + h))
        out = np.stack((np.cos(angle), np.sin(angle), np.full(len(angle), 0.75)), -1) / 1.25
        normals = np.stack((out, np.roll(out, -1, 0), np.broadcast_to(UP, out.shape)), 1)
        u = np.arange(len(angle)) * (0.37 if near else 0.7)
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


def _tuft(shape: Form) -> MeshData:
    build = Builder()
    rng = _rng(shape, 5)
    count, reach, tall, wide = {
        "grass": (16, 0.5, 0.3, 0.045),
        "tall_grass": (44, 0.8, 0.78, 0.05),
        "flowers": (8, 0.3, 0.22, 0.03),
        "poppies": (9, 0.35, 0.35, 0.03),
    }[shape.species]
    spot = reach * np.sqrt(rng.random(count)) * np.exp(1j * rng.uniform(0, 6.28, count))
    roots = np.stack((spot.real, spot.imag, np.zeros(count)), -1)
    lean = rng.normal(0, 0.22 * tall, (count, 3))
    lean[:, 2] = tall * rng.uniform(0.55, 1.1, count)
    build.blades(roots, roots + lean, wide * rng.uniform(0.7, 1.5, count), u=rng.random(count))
    return build.data()


def _fern(shape: Form) -> MeshData:
    build = Builder()
    rng = _rng(shape, 6)
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


def _petals(shape: Form) -> MeshData:
    build = Builder()
    rng = _rng(shape, 7)
    for _ in range(7):
        x, y = rng.normal(0, 0.22, 2)
        size = rng.uniform(0.025, 0.045)
        z = rng.uniform(0.18, 0.36)
        ring = [(x + size * math.cos(a), y + size * math.sin(a), z + 0.01) for a in (0, 2.1, 4.2)]
        build.add([ring], UP)
        build.add([[(x - size, y, z - size), (x + size, y, z - size), (x, y, z + size)]], UP)
    return build.data()


def _scatter(shape: Form) -> MeshData:
    """Single dead leaves or twigs on the ground."""
    build = Builder()
    rng = _rng(shape, 8)
    if shape.species == "twig":
        for _ in range(4):
            start = np.array((*rng.normal(0, 0.3, 2), 0.02))
            end = start + np.array((*rng.normal(0, 0.4, 2), 0.03))
            build.tube(np.stack((start, end)), np.array((0.018, 0.008)), 3, v=np.array((0, 1)))
        return build.data()
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


def _rounded(shape: Form) -> MeshData:
    """Bale, log, stump or barrel: the tube of its only solid, with ends."""
    build = Builder()
    solid = shape.solids[0]
    z = solid.position[2]
    r = solid.size[1]
    sides = 14 if r > 0.4 else 9
    if solid.lying:
        half = solid.size[0]
        centres = np.array(((-half, 0.0, z), (half, 0.0, z)))
    else:
        half = solid.size[2]
        centres = np.array(((0.0, 0.0, z - half), (0.0, 0.0, z + half)))
    build.tube(
        centres,
        np.array((r, r)),
        sides,
        v=np.array((0.0, 2 * half / 1.2)),
        turns=max(1, round(r * 4)),
        cap=False,
    )
    return build.data()


def _ends(shape: Form) -> MeshData:
    build = Builder()
    solid = shape.solids[0]
    z = solid.position[2]
    r = solid.size[1]
    half = solid.size[0 if solid.lying else 2]
    ends = (
        np.array(((-half, 0.0, z), (half, 0.0, z)))
        if solid.lying
        else np.array(((0, 0, z - half), (0, 0, z + half)))
    )
    tube = Builder()
    tube.tube(ends, np.array((r, r)), 14 if r > 0.4 else 9, cap=True)
    data = tube.data()
    sides = 14 if r > 0.4 else 9
    build.add(data.points[2 * sides :], data.normals[2 * sides :], data.uv[2 * sides :])
    return build.data()


@cache
def parts(species: str, variant: int, bare: bool) -> tuple[Part, ...]:
    """Return the parts of a form; ``bare``: broad-leaved trees and bushes without leaves."""
    shape = form(species, variant)
    name = f"{species}{variant}"
    found: list[Part] = []

    def part(suffix: str, material: str, group: int, mesh: MeshData) -> None:
        found.append(Part(f"{name}.{suffix}", material, group, mesh))

    if shape.kind == "tree":
        part("trunk", _bark(species), NEAR, _trunk(shape, 8, True))
        part("trunk_far", _bark(species), FAR, _trunk(shape, 4, False))
    if shape.tiers:
        part("needles", "leaf.spruce", NEAR, _skirts(shape, True))
        part("needles_far", "leaf.spruce", FAR, _skirts(shape, False))
    elif shape.crown:
        bush = shape.kind != "tree"
        alone = species in ("lone_oak", "hedge")
        make = (
            (lambda near: _bare(shape, near)) if bare else (lambda near: _crown(shape, near, bush))
        )
        part("crown", _leaf(species), ALWAYS if alone else NEAR, make(True))
        if not alone:
            part("crown_far", _leaf(species), FAR, make(False))
    if species == "marked_beech":
        band = Builder()
        ring = np.array(((0, 0, 1.32), (0, 0, 1.52)))
        band.tube(ring, np.full(2, shape.radius * 1.01), 9)
        part("mark", "paint", ALWAYS, band.data())
    if species in ("round_bale", "upright_bale", "log", "stump", "barrel"):
        side = {"log": "bark.stump", "stump": "bark.stump", "barrel": "rust"}.get(species, "straw")
        part("side", side, ALWAYS, _rounded(shape))
        part(
            "ends",
            {"log": "wood", "stump": "wood", "barrel": "rust"}.get(species, "straw_end"),
            ALWAYS,
            _ends(shape),
        )
    elif species == "bale_stack":
        build = Builder()
        for solid in shape.solids:
            build.box(solid.position, np.array(solid.size) - 0.012, tile=1.2)
        part("bales", "straw", ALWAYS, build.data())
    elif species == "post":
        build = Builder()
        r = shape.radius
        build.tube(
            np.array(((0, 0, 0), (0, 0, 1.85), (0, 0, 1.9))),
            np.array((r, r, 0.5 * r)),
            7,
            v=np.array((0, 1.5, 1.6)),
            cap=True,
        )
        part("post", "wood", ALWAYS, build.data())
    elif species == "boulder":
        build = Builder()
        solid = shape.solids[0]
        build.ball(
            (*solid.position, *solid.size),
            2,
            _rng(shape, 9),
            0.05,
            0.0,
            shape.height,
            1.5,
            soft=0.2,
        )
        part("stone", "rock", ALWAYS, build.data())
    elif species in ("grass", "tall_grass", "flowers", "poppies"):
        part(
            "blades", f"blade.{'flowers' if species == 'poppies' else species}", NEAR, _tuft(shape)
        )
        if species in ("flowers", "poppies"):
            part(
                "petals",
                "poppy" if species == "poppies" else f"petal{variant}",
                NEAR,
                _petals(shape),
            )
    elif species == "fern":
        part("fronds", "blade.fern", NEAR, _fern(shape))
    elif species in ("litter", "twig"):
        part("pieces", "leaf.beech" if species == "litter" else "bark.oak", NEAR, _scatter(shape))
    return tuple(found)


@cache
def chair_parts() -> tuple[Part, ...]:
    """Return fabric and frame of the camping chair, front along +x."""
    fabric = Builder()
    frame = Builder()
    fabric.box((0.02, 0.0, 0.44), (0.25, 0.255, 0.02), tile=0.5)
    tilt = math.radians(8.0)
    turned = np.array(
        ((math.cos(tilt), 0, -math.sin(tilt)), (0, 1, 0), (math.sin(tilt), 0, math.cos(tilt)))
    )
    fabric.box((-0.265, 0.0, 0.68), (0.018, 0.255, 0.225), turned, tile=0.5)

    def rod(a: tuple, b: tuple, r: float = 0.018) -> None:
        frame.tube(np.array((a, b), dtype=float), np.array((r, r)), 5)

    for side in (-0.29, 0.29):
        rod((0.26, side, 0.0), (-0.24, side, 0.46))
        rod((-0.26, side, 0.0), (0.26, side, 0.62))
        rod((-0.23, side, 0.42), (-0.31, side, 0.915))
        frame.box((0.0, side * 1.05, 0.62), (0.27, 0.028, 0.018))
    rod((0.26, -0.29, 0.02), (0.26, 0.29, 0.02))
    rod((-0.26, -0.29, 0.02), (-0.26, 0.29, 0.02))
    return (
        Part("chair.fabric", "fabric", ALWAYS, fabric.data()),
        Part("chair.frame", "frame", ALWAYS, frame.data()),
    )


@cache
def shadow_part(half: float) -> Part:
    """Return three flat patches on top of each other, longer along x (towards the sun) than
    across.
    """
    build = Builder()
    angle = 2 * math.pi * np.arange(9) / 8
    for z, share in ((0.006, 1.0), (0.012, 0.72), (0.018, 0.45)):
        rim = np.stack(
            (1.45 * half * share * np.cos(angle), half * share * np.sin(angle), np.full(9, z)), -1
        )
        build.add(np.stack((np.broadcast_to((0.0, 0.0, z), (8, 3)), rim[:-1], rim[1:]), 1), UP)
    return Part(f"shadow{half}", "shadow", NEAR, build.data())
