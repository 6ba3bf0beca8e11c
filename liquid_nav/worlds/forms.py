"""What stands in the worlds has forms: for every species a few fixed variants with their solids."""

from dataclasses import dataclass

from liquid_nav.worlds.solids import Solid

Clump = tuple[float, float, float, float, float, float]
"""Centre x, y, z and half extents of an ellipsoid of leaves, m."""


@dataclass(frozen=True)
class Form:
    """One variant of a species in its own frame: origin on the ground, z up, metres."""

    kind: str
    """What it is: tree, bush, boulder, stump, log, bale, post, barrel or decoration."""
    species: str
    """Name of the species, that of its record in ``catalogue.SPECIES``."""
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
