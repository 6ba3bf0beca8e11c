"""What the forms look like: parts (mesh and material), near and far. Made once per process and
kept.
"""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from liquid_nav.worlds import plants
from liquid_nav.worlds.catalogue import Form, form
from liquid_nav.worlds.geom_groups import GeomGroup
from liquid_nav.worlds.meshes import UP, Builder, MeshData
from liquid_nav.worlds.values import Solid


@dataclass(frozen=True)
class Part:
    """One mesh of a form with its material."""

    name: str
    """Name of the mesh, unique in a world."""
    material: str
    """Name of its material: a texture, or a key of ``materials.PLAIN``."""
    group: GeomGroup
    """Decides at what distance it is drawn."""
    mesh: MeshData
    """Its triangles, in the frame of the form, m."""


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


def _near_crown(shape: Form, bare: bool) -> MeshData:
    if bare:
        return plants.bare_crown(shape, twigs=13, thickness=0.5)
    if shape.kind != "tree":
        return plants.leafy_crown(shape, plants.BUSH_NEAR, plants.NEAR_REACH)
    if shape.species == "lone_oak":
        return plants.leafy_crown(shape, plants.TREE_NEAR, plants.FAR_REACH)
    return plants.leafy_crown(shape, plants.TREE_NEAR, plants.NEAR_REACH)


def _far_crown(shape: Form, bare: bool) -> MeshData:
    if bare:
        return plants.bare_crown(shape, twigs=5, thickness=0.9)
    if shape.kind != "tree":
        return plants.leafy_crown(shape, plants.BUSH_FAR, plants.FAR_REACH)
    return plants.leafy_crown(shape, plants.TREE_FAR, plants.FAR_REACH)


def _axis(solid: Solid) -> tuple[np.ndarray, float]:
    """Return the ends [2,3] of a cylinder's axis and half of its length, m."""
    z = solid.position[2]
    if solid.lying:
        half = solid.size[0]
        return np.array(((-half, 0.0, z), (half, 0.0, z))), half
    half = solid.size[2]
    return np.array(((0.0, 0.0, z - half), (0.0, 0.0, z + half))), half


def _sides(radius: float) -> int:
    return 14 if radius > 0.4 else 9


def _rounded(shape: Form) -> MeshData:
    """Bale, log, stump or barrel: the tube of its only solid, with ends."""
    build = Builder()
    solid = shape.solids[0]
    r = solid.size[1]
    ends, half = _axis(solid)
    build.tube(
        ends,
        np.array((r, r)),
        _sides(r),
        v=np.array((0.0, 2 * half / 1.2)),
        turns=max(1, round(r * 4)),
        cap=False,
    )
    return build.data()


def _ends(shape: Form) -> MeshData:
    build = Builder()
    solid = shape.solids[0]
    r = solid.size[1]
    sides = _sides(r)
    ends, _ = _axis(solid)
    tube = Builder()
    tube.tube(ends, np.array((r, r)), sides, cap=True)
    data = tube.data()
    build.add(data.points[2 * sides :], data.normals[2 * sides :], data.uv[2 * sides :])
    return build.data()


@cache
def parts(species: str, variant: int, bare: bool) -> tuple[Part, ...]:
    """Return the parts of a form; ``bare``: broad-leaved trees and bushes without leaves."""
    shape = form(species, variant)
    name = f"{species}{variant}"
    found: list[Part] = []

    def part(suffix: str, material: str, group: GeomGroup, mesh: MeshData) -> None:
        found.append(Part(f"{name}.{suffix}", material, group, mesh))

    if shape.kind == "tree":
        part("trunk", _bark(species), GeomGroup.NEAR, plants.near_trunk(shape))
        part("trunk_far", _bark(species), GeomGroup.FAR, plants.far_trunk(shape))
    if shape.tiers:
        part("needles", "leaf.spruce", GeomGroup.NEAR, plants.near_skirts(shape))
        part("needles_far", "leaf.spruce", GeomGroup.FAR, plants.far_skirts(shape))
    elif shape.crown:
        if species in ("lone_oak", "hedge"):
            part("crown", _leaf(species), GeomGroup.ALWAYS, _near_crown(shape, bare))
        else:
            part("crown", _leaf(species), GeomGroup.NEAR, _near_crown(shape, bare))
            part("crown_far", _leaf(species), GeomGroup.FAR, _far_crown(shape, bare))
    if species == "marked_beech":
        band = Builder()
        ring = np.array(((0, 0, 1.32), (0, 0, 1.52)))
        band.tube(ring, np.full(2, shape.radius * 1.01), 9)
        part("mark", "paint", GeomGroup.ALWAYS, band.data())
    if species in ("round_bale", "upright_bale", "log", "stump", "barrel"):
        side = {"log": "bark.stump", "stump": "bark.stump", "barrel": "rust"}.get(species, "straw")
        part("side", side, GeomGroup.ALWAYS, _rounded(shape))
        part(
            "ends",
            {"log": "wood", "stump": "wood", "barrel": "rust"}.get(species, "straw_end"),
            GeomGroup.ALWAYS,
            _ends(shape),
        )
    elif species == "bale_stack":
        build = Builder()
        for solid in shape.solids:
            build.box(solid.position, np.array(solid.size) - 0.012, tile=1.2)
        part("bales", "straw", GeomGroup.ALWAYS, build.data())
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
        part("post", "wood", GeomGroup.ALWAYS, build.data())
    elif species == "boulder":
        build = Builder()
        solid = shape.solids[0]
        build.ball(
            (*solid.position, *solid.size),
            2,
            plants.rng_of(shape, 9),
            0.05,
            0.0,
            shape.height,
            1.5,
            soft=0.2,
        )
        part("stone", "rock", GeomGroup.ALWAYS, build.data())
    elif species in ("grass", "tall_grass"):
        part("blades", f"blade.{species}", GeomGroup.NEAR, plants.tuft(shape))
    elif species == "flowers":
        part("blades", "blade.flowers", GeomGroup.NEAR, plants.tuft(shape))
        part("petals", f"petal{variant}", GeomGroup.NEAR, plants.petals(shape))
    elif species == "poppies":
        part("blades", "blade.flowers", GeomGroup.NEAR, plants.tuft(shape))
        part("petals", "poppy", GeomGroup.NEAR, plants.petals(shape))
    elif species == "fern":
        part("fronds", "blade.fern", GeomGroup.NEAR, plants.fern(shape))
    elif species == "litter":
        part("pieces", "leaf.beech", GeomGroup.NEAR, plants.scatter(shape))
    elif species == "twig":
        part("pieces", "bark.oak", GeomGroup.NEAR, plants.scatter(shape))
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

    def rod(a: tuple[float, float, float], b: tuple[float, float, float], r: float = 0.018) -> None:
        frame.tube(np.array((a, b), dtype=float), np.array((r, r)), 5)

    for side in (-0.29, 0.29):
        rod((0.26, side, 0.0), (-0.24, side, 0.46))
        rod((-0.26, side, 0.0), (0.26, side, 0.62))
        rod((-0.23, side, 0.42), (-0.31, side, 0.915))
        frame.box((0.0, side * 1.05, 0.62), (0.27, 0.028, 0.018))
    rod((0.26, -0.29, 0.02), (0.26, 0.29, 0.02))
    rod((-0.26, -0.29, 0.02), (-0.26, 0.29, 0.02))
    return (
        Part("chair.fabric", "fabric", GeomGroup.ALWAYS, fabric.data()),
        Part("chair.frame", "frame", GeomGroup.ALWAYS, frame.data()),
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
    return Part(f"shadow{half}", "shadow", GeomGroup.NEAR, build.data())
