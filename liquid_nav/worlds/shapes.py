"""Shapes that species have: each makes the solids of a form and its picture from the same numbers,
so that what looks free is free.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from liquid_nav.worlds import plants
from liquid_nav.worlds.forms import Clump, Form
from liquid_nav.worlds.geom_groups import GeomGroup
from liquid_nav.worlds.materials import Material
from liquid_nav.worlds.meshes import Builder, MeshData
from liquid_nav.worlds.pictures import Part
from liquid_nav.worlds.solids import Solid

HIGH = 4.6
"""m; leaves above that are pictures only, because no drone flies there."""
Range = tuple[float, float]
"""Least and greatest size, m; drawn by the variant."""


@dataclass(frozen=True)
class FormKey:
    """Which form is made."""

    kind: str
    """What the species is: tree, bush, boulder ..."""
    species: str
    """Name of the species."""
    variant: int
    """Number of the variant, from 0."""
    variants: int
    """How many the species has."""


class Shape(Protocol):
    """Makes the forms of a species."""

    def form(self, key: FormKey, rng: np.random.Generator) -> Form:
        """Return a form; everything random is drawn from ``rng``, in a fixed order."""
        ...

    def parts(self, form: Form, bare: bool) -> Iterable[Part]:
        """Return what a form looks like; ``bare``: without its leaves."""
        ...


@dataclass(frozen=True)
class VariantSize:
    """A size that grows from variant to variant."""

    first: float
    """That of the first variant, m."""
    step: float = 0.0
    """What each further variant has more, m."""

    def of(self, variant: int, rng: np.random.Generator) -> float:
        """Return the size of a variant, m."""
        return self.first + self.step * variant


@dataclass(frozen=True)
class DrawnSize:
    """A size that is drawn for each variant."""

    low: float
    """Least, m."""
    high: float
    """Greatest, m."""

    def of(self, variant: int, rng: np.random.Generator) -> float:
        """Return the size of a variant, m."""
        return rng.uniform(self.low, self.high)


def part(form: Form, suffix: str, material: Material, group: GeomGroup, mesh: MeshData) -> Part:
    """Return a part of a form; its name has the form's and ``suffix``."""
    return Part(f"{form.species}{form.variant}.{suffix}", material, group, mesh)


@dataclass(frozen=True)
class BroadTree:
    """A broad-leaved tree: a trunk, and a crown of ellipsoids."""

    radii: Range
    """Radius of the trunk at the ground, m, evenly over the variants."""
    height: Range
    """Height of its top, m."""
    base: Range
    """Height of the lowest leaves, m."""
    width: Range
    """Radius of the crown, m."""
    clumps: int
    """Ellipsoids of leaves around the middle one."""
    bark: Material
    """Of trunk and branches, and of the twigs in winter."""
    leaves: Material
    """Of the crown."""
    always_near: bool = False
    """Whether it has one crown for every distance; default: a simpler one for far away."""
    band: Material | None = None
    """Of a band painted around the trunk; None: it has none."""

    def form(self, key: FormKey, rng: np.random.Generator) -> Form:
        """Return a form."""
        share = (key.variant + 0.5) / key.variants
        radius = round(self.radii[0] + share * (self.radii[1] - self.radii[0]), 3)
        tall = float(rng.uniform(*self.height))
        low = float(rng.uniform(*self.base))
        crown = _broad_crown(rng, low, float(rng.uniform(*self.width)), tall - low, self.clumps)
        solids = (
            _trunk(radius, low + (tall - low) * 0.6),
            *_leaves(tuple(c for c in crown if c[2] - c[5] < HIGH), "crown"),
        )
        return Form(key.kind, key.species, key.variant, tall, solids, radius, crown)

    def parts(self, form: Form, bare: bool) -> Iterator[Part]:
        """Yield trunk, crown and band."""
        yield from _trunks(form, self.bark)
        if self.always_near:
            mesh = _near_crown(form, bare, plants.TREE_NEAR, plants.FAR_REACH)
            yield part(form, "crown", self.leaves, GeomGroup.ALWAYS, mesh)
        else:
            mesh = _near_crown(form, bare, plants.TREE_NEAR, plants.NEAR_REACH)
            yield part(form, "crown", self.leaves, GeomGroup.NEAR, mesh)
            mesh = _far_crown(form, bare, plants.TREE_FAR)
            yield part(form, "crown_far", self.leaves, GeomGroup.FAR, mesh)
        if self.band is not None:
            ring = Builder()
            heights = np.array(((0, 0, 1.32), (0, 0, 1.52)))
            ring.tube(heights, np.full(2, form.radius * 1.01), 9)
            yield part(form, "mark", self.band, GeomGroup.ALWAYS, ring.data())


@dataclass(frozen=True)
class Conifer:
    """A conifer: a trunk, and skirts of branches."""

    tall: VariantSize | DrawnSize
    """Height of its top."""
    low: VariantSize | DrawnSize
    """Height of the lowest branches."""
    wide: VariantSize | DrawnSize
    """Reach of the lowest branches."""
    radius: VariantSize
    """Radius of the trunk at the ground."""
    tiers: int
    """Skirts on top of each other."""
    bark: Material
    """Of the trunk."""
    needles: Material
    """Of the skirts."""

    def form(self, key: FormKey, rng: np.random.Generator) -> Form:
        """Return a form."""
        tall, low, wide = (size.of(key.variant, rng) for size in (self.tall, self.low, self.wide))
        radius = self.radius.of(key.variant, rng)
        step = (tall - low) / self.tiers
        skirts = []
        for i in range(self.tiers):
            shrink = 1.0 - i / self.tiers
            skirts.append(
                (
                    round(low + i * step, 3),
                    round(wide * (0.12 + 0.88 * shrink), 3),
                    round(step * 1.6, 3),
                )
            )
        solids = [_trunk(radius, tall * 0.9)]
        for z, r, h in skirts:
            if z < HIGH:
                for up, share in ((0.14, 0.92), (0.42, 0.66)):
                    size = (share * r, share * r, 0.14 * h)
                    solids.append(Solid("crown", "cylinder", (0.0, 0.0, z + up * h), size))
        return Form(
            key.kind, key.species, key.variant, tall, tuple(solids), radius, tiers=tuple(skirts)
        )

    def parts(self, form: Form, bare: bool) -> Iterator[Part]:
        """Yield trunk and skirts; it keeps its needles."""
        yield from _trunks(form, self.bark)
        near, far = plants.near_skirts(form), plants.far_skirts(form)
        yield part(form, "needles", self.needles, GeomGroup.NEAR, near)
        yield part(form, "needles_far", self.needles, GeomGroup.FAR, far)


@dataclass(frozen=True)
class Bush:
    """A bush: ellipsoids of leaves on the ground."""

    tall: VariantSize
    """Height of its top."""
    wide: VariantSize
    """Radius of the whole."""
    leaves: Material
    """Of the crown."""
    always_near: bool = False
    """Whether it has one crown for every distance; default: a simpler one for far away."""

    def form(self, key: FormKey, rng: np.random.Generator) -> Form:
        """Return a form."""
        tall = self.tall.of(key.variant, rng)
        wide = self.wide.of(key.variant, rng)
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
        solids = _leaves(crown, key.kind)
        return Form(key.kind, key.species, key.variant, tall, solids, crown=crown)

    def parts(self, form: Form, bare: bool) -> Iterator[Part]:
        """Yield the crown."""
        mesh = _near_crown(form, bare, plants.BUSH_NEAR, plants.NEAR_REACH)
        if self.always_near:
            yield part(form, "crown", self.leaves, GeomGroup.ALWAYS, mesh)
            return
        yield part(form, "crown", self.leaves, GeomGroup.NEAR, mesh)
        mesh = _far_crown(form, bare, plants.BUSH_FAR)
        yield part(form, "crown_far", self.leaves, GeomGroup.FAR, mesh)


@dataclass(frozen=True)
class Boulder:
    """A stone that lies half in the ground."""

    size: VariantSize
    """Half of its length."""
    stone: Material
    """Of its surface."""

    def form(self, key: FormKey, rng: np.random.Generator) -> Form:
        """Return a form."""
        size = self.size.of(key.variant, rng)
        half = (size, size * 0.8, size * 0.85)
        solid = Solid("boulder", "ellipsoid", (0.0, 0.0, 0.35 * size), half)
        return Form(key.kind, key.species, key.variant, 1.2 * size, (solid,))

    def parts(self, form: Form, bare: bool) -> Iterator[Part]:
        """Yield the stone."""
        build = Builder()
        (solid,) = form.solids
        clump = (*solid.position, *solid.size)
        rng = plants.rng_of(form, 9)
        build.ball(clump, 2, rng, 0.05, 0.0, form.height, 1.5, soft=0.2)
        yield part(form, "stone", self.stone, GeomGroup.ALWAYS, build.data())


@dataclass(frozen=True)
class Cylinder:
    """A cylinder with ends: a bale, a log, a stump or a barrel."""

    solid: str
    """Kind of its solid, as collisions are reported."""
    radius: VariantSize
    """Of the cylinder."""
    half: VariantSize
    """Half of its length."""
    side: Material
    """Of the round side."""
    ends: Material
    """Of both ends."""
    lying: bool = False
    """Whether it lies on its side; default: it stands."""
    height: float | None = None
    """Height of its top, m; None: that of the cylinder."""

    def form(self, key: FormKey, rng: np.random.Generator) -> Form:
        """Return a form."""
        radius = self.radius.of(key.variant, rng)
        half = self.half.of(key.variant, rng)
        up = half
        size = (radius, radius, half)
        if self.lying:
            up = radius
            size = (half, radius, radius)
        solid = Solid(self.solid, "cylinder", (0.0, 0.0, up), size, 0.0, self.lying)
        height = 2 * up
        if self.height is not None:
            height = self.height
        return Form(key.kind, key.species, key.variant, height, (solid,), radius)

    def parts(self, form: Form, bare: bool) -> Iterator[Part]:
        """Yield side and ends."""
        (solid,) = form.solids
        r = solid.size[1]
        ends, half = _axis(solid)
        sides = 14 if r > 0.4 else 9
        side = Builder()
        side.tube(
            ends,
            np.array((r, r)),
            sides,
            v=np.array((0.0, 2 * half / 1.2)),
            turns=max(1, round(r * 4)),
            cap=False,
        )
        yield part(form, "side", self.side, GeomGroup.ALWAYS, side.data())
        whole = Builder()
        whole.tube(ends, np.array((r, r)), sides, cap=True)
        data = whole.data()
        caps = Builder()
        caps.add(data.points[2 * sides :], data.normals[2 * sides :], data.uv[2 * sides :])
        yield part(form, "ends", self.ends, GeomGroup.ALWAYS, caps.data())


Level = tuple[tuple[float, float], ...]
"""x and y of each bale of a level, m."""


@dataclass(frozen=True)
class BaleStack:
    """Bales with corners on top of each other."""

    levels: tuple[tuple[float, tuple[Level, ...]], ...]
    """By variant: half height of a bale, m, and its levels from the ground up."""
    straw: Material
    """Of the bales."""

    def form(self, key: FormKey, rng: np.random.Generator) -> Form:
        """Return a form."""
        long = 1.1
        wide = 0.6
        high, levels = self.levels[key.variant]
        solids = []
        for level, places in enumerate(levels):
            for x, y in places:
                centre = (x, y, high * (2 * level + 1))
                solids.append(Solid("bale", "box", centre, (long, wide, high)))
        tall = 2 * high * len(levels)
        return Form(key.kind, key.species, key.variant, tall, tuple(solids))

    def parts(self, form: Form, bare: bool) -> Iterator[Part]:
        """Yield the bales."""
        build = Builder()
        for solid in form.solids:
            build.box(solid.position, np.array(solid.size) - 0.012, tile=1.2)
        yield part(form, "bales", self.straw, GeomGroup.ALWAYS, build.data())


@dataclass(frozen=True)
class Post:
    """A pointed post."""

    radius: VariantSize
    """Its radius."""
    wood: Material
    """Of its surface."""

    def form(self, key: FormKey, rng: np.random.Generator) -> Form:
        """Return a form."""
        radius = self.radius.of(key.variant, rng)
        solid = Solid("post", "cylinder", (0.0, 0.0, 0.95), (radius, radius, 0.95))
        return Form(key.kind, key.species, key.variant, 1.9, (solid,), radius)

    def parts(self, form: Form, bare: bool) -> Iterator[Part]:
        """Yield the post."""
        build = Builder()
        r = form.radius
        build.tube(
            np.array(((0, 0, 0), (0, 0, 1.85), (0, 0, 1.9))),
            np.array((r, r, 0.5 * r)),
            7,
            v=np.array((0, 1.5, 1.6)),
            cap=True,
        )
        yield part(form, "post", self.wood, GeomGroup.ALWAYS, build.data())


class Decoration:
    """What is only looked at: it has no solids."""

    def form(self, key: FormKey, rng: np.random.Generator) -> Form:
        """Return a form, with a nominal height."""
        return Form(key.kind, key.species, key.variant, 0.3)


@dataclass(frozen=True)
class Tuft(Decoration):
    """Grass, or flowers."""

    blades: plants.Blades
    """Size and number of its blades."""
    grass: Material
    """Of the blades."""
    petals: tuple[Material, ...] = ()
    """Of its blossoms, one for each variant in turn; default: it has none."""

    def parts(self, form: Form, bare: bool) -> Iterator[Part]:
        """Yield blades and petals."""
        mesh = plants.tuft(form, self.blades)
        yield part(form, "blades", self.grass, GeomGroup.NEAR, mesh)
        if self.petals:
            colour = self.petals[form.variant % len(self.petals)]
            yield part(form, "petals", colour, GeomGroup.NEAR, plants.petals(form))


@dataclass(frozen=True)
class Fern(Decoration):
    """A fern."""

    fronds: Material
    """Of its leaves."""

    def parts(self, form: Form, bare: bool) -> Iterator[Part]:
        """Yield the fronds."""
        yield part(form, "fronds", self.fronds, GeomGroup.NEAR, plants.fern(form))


@dataclass(frozen=True)
class DeadLeaves(Decoration):
    """Single leaves on the ground."""

    leaves: Material
    """Of the leaves."""

    def parts(self, form: Form, bare: bool) -> Iterator[Part]:
        """Yield the leaves."""
        yield part(form, "pieces", self.leaves, GeomGroup.NEAR, plants.dead_leaves(form))


@dataclass(frozen=True)
class Twigs(Decoration):
    """Single twigs on the ground."""

    bark: Material
    """Of the twigs."""

    def parts(self, form: Form, bare: bool) -> Iterator[Part]:
        """Yield the twigs."""
        yield part(form, "pieces", self.bark, GeomGroup.NEAR, plants.twigs(form))


def _trunk(radius: float, height: float) -> Solid:
    return Solid("trunk", "cylinder", (0.0, 0.0, height / 2), (radius, radius, height / 2))


def _trunks(form: Form, bark: Material) -> Iterator[Part]:
    yield part(form, "trunk", bark, GeomGroup.NEAR, plants.near_trunk(form))
    yield part(form, "trunk_far", bark, GeomGroup.FAR, plants.far_trunk(form))


def _leaves(clumps: tuple[Clump, ...], kind: str) -> tuple[Solid, ...]:
    return tuple(Solid(kind, "ellipsoid", clump[:3], clump[3:]) for clump in clumps)


def _near_crown(form: Form, bare: bool, foliage: plants.Foliage, reach: float) -> MeshData:
    if bare:
        return plants.bare_crown(form, twigs=13, thickness=0.5)
    return plants.leafy_crown(form, foliage, reach)


def _far_crown(form: Form, bare: bool, foliage: plants.Foliage) -> MeshData:
    if bare:
        return plants.bare_crown(form, twigs=5, thickness=0.9)
    return plants.leafy_crown(form, foliage, plants.FAR_REACH)


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


def _axis(solid: Solid) -> tuple[np.ndarray, float]:
    """Return the ends [2,3] of a cylinder's axis and half of its length, m."""
    z = solid.position[2]
    if solid.lying:
        half = solid.size[0]
        return np.array(((-half, 0.0, z), (half, 0.0, z))), half
    half = solid.size[2]
    return np.array(((0.0, 0.0, z - half), (0.0, 0.0, z + half))), half
