"""The catalogue of what stands in the worlds: one record for each species, with everything about
it. Packages outside add to it (see ``registry``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from liquid_nav.errors import UserError
from liquid_nav.registry import Registry
from liquid_nav.worlds import textures
from liquid_nav.worlds.forms import Form
from liquid_nav.worlds.materials import Material, bark, blades, evergreen, leaves, snowy
from liquid_nav.worlds.pictures import Part
from liquid_nav.worlds.plants import Blades
from liquid_nav.worlds.shapes import (
    BaleStack,
    Boulder,
    BroadTree,
    Bush,
    Conifer,
    Cylinder,
    DeadLeaves,
    DrawnSize,
    Fern,
    FormKey,
    Post,
    Shape,
    Tuft,
    Twigs,
    VariantSize,
)


@dataclass(frozen=True)
class Grows:
    """That a species is one of those that are drawn for a habitat."""

    habitat: str
    """Name of the habitat; ``forest.py`` and ``field.py`` have theirs."""
    numbers: tuple[int, ...] = ()
    """Numbers of the draw, from 0, that give the species; default: the first one that is free."""
    shares: tuple[float, ...] = ()
    """Share of the habitat's things in each of its sorts, such as the woods of the forest; default:
    it has no sorts, and every number is as probable.
    """
    amount: float = 0.0
    """How much there is of something that is only looked at: in the forest 1/m^2, in a field how
    many; default: it is not counted.
    """


@dataclass(frozen=True)
class Species:
    """Everything about one species of plants, or one sort of things. All writers of worlds, the
    embedded one as well as SDF, take it from here.
    """

    kind: str
    """What it is: tree, bush, boulder, stump, log, bale, post, barrel or decoration."""
    variants: int
    """How many forms it has."""
    shape: Shape
    """Makes its forms: sizes, what of them is solid, meshes and materials."""
    grows: tuple[Grows, ...] = ()
    """Habitats for which it is drawn; default: it stands only where a world names it."""
    broad_leaved: bool = False
    """Whether it loses its leaves in winter; default: it does not."""
    absent: tuple[str, ...] = ()
    """Seasons in which it is not to be seen; default: it always is."""
    shadow: float = 0.0
    """Half extent of its shadow, m; 0: it has none."""


BIRCH_BARK = evergreen("bark.birch", textures.birch_bark)
BEECH_BARK = bark("beech", (0.43, 0.42, 0.39), 0.18, 0.35)
OAK_BARK = bark("oak", (0.33, 0.27, 0.21), 0.75, 0.3)
SPRUCE_BARK = bark("spruce", (0.36, 0.26, 0.19), 0.5, 0.1)
STUMP_BARK = bark("stump", (0.34, 0.27, 0.2), 0.6, 0.9)
BIRCH_LEAVES = leaves("birch", (0.36, 0.5, 0.16), (0.75, 0.56, 0.1), (0.4, 0.35, 0.3))
BEECH_LEAVES = leaves("beech", (0.24, 0.42, 0.12), (0.62, 0.32, 0.1), (0.4, 0.33, 0.26))
OAK_LEAVES = leaves("oak", (0.26, 0.38, 0.1), (0.48, 0.32, 0.1), (0.36, 0.3, 0.24))
HAZEL_LEAVES = leaves("hazel", (0.3, 0.44, 0.15), (0.62, 0.5, 0.14), (0.38, 0.32, 0.26))
HEDGE_LEAVES = leaves("hedge", (0.2, 0.34, 0.1), (0.42, 0.27, 0.1), (0.34, 0.29, 0.24))
BERRY_LEAVES = leaves(
    "berry", (0.26, 0.34, 0.13), (0.5, 0.24, 0.1), (0.36, 0.28, 0.22), berries=(0.5, 0.07, 0.06)
)
NEEDLES = leaves("spruce", (0.14, 0.3, 0.16), (0.11, 0.23, 0.13), (0.1, 0.2, 0.13), snow=1.0)
GRASS = blades(
    "grass",
    ((0.14, 0.2, 0.05), (0.42, 0.52, 0.18)),
    ((0.22, 0.19, 0.07), (0.54, 0.46, 0.2)),
    ((0.7, 0.72, 0.76), (0.62, 0.56, 0.42)),
)
TALL_GRASS = blades(
    "tall_grass",
    ((0.26, 0.28, 0.1), (0.74, 0.68, 0.38)),
    ((0.3, 0.24, 0.12), (0.68, 0.55, 0.32)),
    ((0.8, 0.82, 0.86), (0.62, 0.54, 0.38)),
)
FRONDS = blades(
    "fern",
    ((0.1, 0.18, 0.05), (0.32, 0.5, 0.16)),
    ((0.2, 0.12, 0.04), (0.58, 0.34, 0.12)),
    ((0.6, 0.58, 0.56), (0.42, 0.32, 0.22)),
)
STALKS = blades(
    "flowers",
    ((0.16, 0.24, 0.06), (0.3, 0.42, 0.12)),
    ((0.24, 0.2, 0.08), (0.4, 0.32, 0.14)),
    ((0.7, 0.72, 0.76), (0.5, 0.44, 0.34)),
)
STRAW = snowy("straw", textures.straw, 0.25)
STRAW_ENDS = evergreen("straw_end", textures.straw_end)
ROCK = snowy("rock", textures.rock)
WOOD = evergreen("wood", textures.wood)
RUST = evergreen("rust", textures.rust)
PAINT = Material("paint", colour=(0.85, 0.42, 0.12))
POPPY = Material("poppy", colour=(0.78, 0.16, 0.1))
PETALS = (
    Material("petal0", colour=(0.9, 0.85, 0.3)),
    Material("petal1", colour=(0.92, 0.92, 0.9)),
    Material("petal2", colour=(0.55, 0.42, 0.75)),
)

BEECH = BroadTree(
    (0.15, 0.28), (9, 13), (2.9, 3.8), (2.0, 2.7), 6, bark=BEECH_BARK, leaves=BEECH_LEAVES
)
OAK = BroadTree((0.2, 0.31), (8, 11), (2.75, 3.3), (2.3, 3.0), 7, bark=OAK_BARK, leaves=OAK_LEAVES)
_PAIR = ((0.0, -0.6), (0.0, 0.6))

SPECIES: Registry[Species] = Registry(
    "liquid_nav.species",
    {
        "birch": Species(
            "tree",
            4,
            BroadTree(
                (0.09, 0.17),
                (8, 11),
                (3.0, 3.9),
                (1.3, 1.8),
                5,
                bark=BIRCH_BARK,
                leaves=BIRCH_LEAVES,
            ),
            (
                Grows("forest trees", (0,), shares=(0.24, 0.5, 0.1, 0.14)),
                Grows("forest blockers", (0,)),
                Grows("field bushes", (3,)),
            ),
            broad_leaved=True,
            shadow=0.9,
        ),
        "beech": Species(
            "tree",
            4,
            BEECH,
            (
                Grows("forest trees", (1,), shares=(0.27, 0.12, 0.5, 0.14)),
                Grows("forest blockers", (1, 4)),
            ),
            broad_leaved=True,
            shadow=0.9,
        ),
        "oak": Species(
            "tree",
            4,
            OAK,
            (
                Grows("forest trees", (2,), shares=(0.17, 0.1, 0.17, 0.08)),
                Grows("forest blockers", (2,)),
            ),
            broad_leaved=True,
            shadow=0.9,
        ),
        "spruce": Species(
            "tree",
            4,
            Conifer(
                DrawnSize(9, 12),
                DrawnSize(2.6, 3.2),
                DrawnSize(1.5, 2.0),
                VariantSize(0.13, 0.03),
                7,
                bark=SPRUCE_BARK,
                needles=NEEDLES,
            ),
            (
                Grows("forest trees", (3,), shares=(0.19, 0.16, 0.1, 0.42)),
                Grows("forest blockers", (3,)),
                Grows("forest belt", (2,)),
            ),
            shadow=0.9,
        ),
        "sapling_spruce": Species(
            "tree",
            3,
            Conifer(
                VariantSize(2.3, 0.5),
                VariantSize(0.25),
                VariantSize(0.75, 0.1),
                VariantSize(0.05),
                5,
                bark=SPRUCE_BARK,
                needles=NEEDLES,
            ),
            (
                Grows("forest trees", (4,), shares=(0.1, 0.1, 0.08, 0.2)),
                Grows("forest blockers", (6,)),
            ),
            shadow=0.9,
        ),
        "hazel": Species(
            "bush",
            4,
            Bush(VariantSize(1.25, 0.2), VariantSize(0.6, 0.1), leaves=HAZEL_LEAVES),
            (
                Grows("forest bushes", (0, 1, 2)),
                Grows("forest blockers", (5,)),
                Grows("field bushes", (1,)),
            ),
            broad_leaved=True,
            shadow=1.0,
        ),
        "berry": Species(
            "bush",
            2,
            Bush(VariantSize(1.2, 0.2), VariantSize(0.6, 0.1), leaves=BERRY_LEAVES),
            (Grows("forest bushes", (6,)), Grows("field bushes", (2,))),
            broad_leaved=True,
            shadow=1.0,
        ),
        "fern": Species(
            "decoration",
            3,
            Fern(FRONDS),
            (Grows("forest floor", (0,), amount=0.12),),
        ),
        "boulder": Species(
            "boulder",
            4,
            Boulder(VariantSize(0.45, 0.2), ROCK),
            (Grows("forest bushes", (3,)), Grows("field belt", (2,))),
            shadow=1.0,
        ),
        "stump": Species(
            "stump",
            2,
            Cylinder(
                "trunk",
                VariantSize(0.2, 0.08),
                VariantSize(0.22),
                side=STUMP_BARK,
                ends=WOOD,
                height=0.45,
            ),
            (Grows("forest bushes", (4,)),),
            shadow=0.5,
        ),
        "log": Species(
            "log",
            3,
            Cylinder(
                "trunk",
                VariantSize(0.13, 0.03),
                VariantSize(1.1, 0.3),
                side=STUMP_BARK,
                ends=WOOD,
                lying=True,
            ),
            (Grows("forest bushes", (5, 7)),),
            shadow=0.9,
        ),
        "marked_beech": Species(
            "tree",
            2,
            BroadTree(
                BEECH.radii,
                BEECH.height,
                BEECH.base,
                BEECH.width,
                BEECH.clumps,
                bark=BEECH_BARK,
                leaves=BEECH_LEAVES,
                band=PAINT,
            ),
            (Grows("forest trees", (5,), shares=(0.03, 0.02, 0.05, 0.02)),),
            broad_leaved=True,
            shadow=0.9,
        ),
        "lone_oak": Species(
            "tree",
            2,
            BroadTree(
                OAK.radii,
                OAK.height,
                OAK.base,
                OAK.width,
                OAK.clumps,
                bark=OAK_BARK,
                leaves=OAK_LEAVES,
                always_near=True,
            ),
            (Grows("field lone trees", (0,)), Grows("field blockers", (4,))),
            broad_leaved=True,
            shadow=0.9,
        ),
        "round_bale": Species(
            "bale",
            2,
            Cylinder(
                "bale",
                VariantSize(0.8, 0.06),
                VariantSize(0.62),
                side=STRAW,
                ends=STRAW_ENDS,
                lying=True,
            ),
            (
                Grows("field bales", (0, 1)),
                Grows("field blockers", (0,)),
                Grows("field belt", (0,)),
            ),
            shadow=1.7,
        ),
        "upright_bale": Species(
            "bale",
            2,
            Cylinder(
                "bale", VariantSize(0.78), VariantSize(0.82, 0.1), side=STRAW, ends=STRAW_ENDS
            ),
            (Grows("field bales", (2,)), Grows("field blockers", (1,))),
            shadow=1.7,
        ),
        "bale_stack": Species(
            "bale",
            3,
            BaleStack(
                (
                    (0.42, (((0.0, 0.0),), ((0.0, 0.0),), ((0.1, 0.0),))),
                    (0.42, (_PAIR, _PAIR, ((0.05, 0.0),))),
                    (0.5, (_PAIR, ((0.2, 0.2),))),
                ),
                straw=STRAW,
            ),
            (Grows("field bales", (3,)), Grows("field blockers", (2,))),
            shadow=1.7,
        ),
        "post": Species(
            "post",
            3,
            Post(VariantSize(0.06, 0.012), WOOD),
            (Grows("field fences", (0,)), Grows("field blockers", (5,))),
            shadow=0.35,
        ),
        "hedge": Species(
            "bush",
            3,
            Bush(
                VariantSize(1.5, 0.25),
                VariantSize(0.9, 0.15),
                leaves=HEDGE_LEAVES,
                always_near=True,
            ),
            (
                Grows("field bushes", (0,)),
                Grows("field blockers", (3,)),
                Grows("field belt", (1,)),
            ),
            broad_leaved=True,
            shadow=1.0,
        ),
        "barrel": Species(
            "barrel",
            1,
            Cylinder("barrel", VariantSize(0.29), VariantSize(0.44), side=RUST, ends=RUST),
            (Grows("field barrels", (0,)),),
            shadow=0.6,
        ),
        "grass": Species(
            "decoration",
            3,
            Tuft(Blades(16, 0.5, 0.3, 0.045), GRASS),
            (Grows("forest floor", (1,), amount=0.12),),
        ),
        "tall_grass": Species(
            "decoration",
            4,
            Tuft(Blades(44, 0.8, 0.78, 0.05), TALL_GRASS),
            (Grows("field grass", (0,)),),
        ),
        "flowers": Species(
            "decoration",
            3,
            Tuft(Blades(8, 0.3, 0.22, 0.03), STALKS, PETALS),
            (
                Grows("forest floor", (4,), amount=0.02),
                Grows("field flowers", (0,), amount=40),
            ),
            absent=("autumn", "winter"),
        ),
        "poppies": Species(
            "decoration",
            2,
            Tuft(Blades(9, 0.35, 0.35, 0.03), STALKS, (POPPY,)),
            (Grows("field patches", (0,), amount=14),),
            absent=("autumn", "winter"),
        ),
        "litter": Species(
            "decoration",
            4,
            DeadLeaves(BEECH_LEAVES),
            (Grows("forest floor", (2,), amount=0.08),),
            absent=("winter",),
        ),
        "twig": Species(
            "decoration",
            3,
            Twigs(OAK_BARK),
            (Grows("forest floor", (3,), amount=0.04),),
        ),
        "far_tree": Species(
            "tree",
            4,
            BroadTree(
                (0.14, 0.3),
                (9, 14),
                (2.8, 4.0),
                (1.8, 2.8),
                3,
                bark=OAK_BARK,
                leaves=OAK_LEAVES,
            ),
            (Grows("forest belt", (0, 1)), Grows("field belt", (3,))),
            broad_leaved=True,
        ),
    },
)
"""Name -> species; other packages add to it (see ``registry``)."""


@dataclass(frozen=True)
class Inhabitant:
    """A species in a habitat."""

    species: str
    """Its name."""
    shares: tuple[float, ...]
    """See ``Grows``."""
    amount: float
    """See ``Grows``."""


def inhabitants(habitat: str) -> tuple[Inhabitant, ...]:
    """Return who is drawn for a habitat, in the order of the draw's numbers.

    Raises:
        UserError: two species claim one number, or there is a gap between the numbers.
    """
    found: dict[int, Inhabitant] = {}
    later = []
    for name in SPECIES:
        for grows in SPECIES[name].grows:
            if grows.habitat != habitat:
                continue
            one = Inhabitant(name, grows.shares, grows.amount)
            if not grows.numbers:
                later.append(one)
            for number in grows.numbers:
                if number in found:
                    raise UserError(
                        f"species '{found[number].species}' and '{name}' both have number "
                        f"{number} in '{habitat}'",
                        "leave the number out",
                    )
                found[number] = one
    if sorted(found) != list(range(len(found))):
        raise UserError(
            f"the species of '{habitat}' have the numbers {sorted(found)}",
            "number them from 0 on without a gap, or give no number",
        )
    return (*(found[number] for number in sorted(found)), *later)


@cache
def form(species: str, variant: int) -> Form:
    """Return the form; always the same for the same name and number."""
    one = SPECIES[species]
    rng = np.random.default_rng([sum(map(ord, species)), len(species), variant])
    return one.shape.form(FormKey(one.kind, species, variant, one.variants), rng)


def parts(species: str, variant: int, season: str) -> tuple[Part, ...]:
    """Return what a form looks like in a season; nothing where it is absent then."""
    one = SPECIES[species]
    if season in one.absent:
        return ()
    return _parts(species, variant, one.broad_leaved and season == "winter")


@cache
def _parts(species: str, variant: int, bare: bool) -> tuple[Part, ...]:
    return tuple(SPECIES[species].shape.parts(form(species, variant), bare))
