"""The values a layout consists of. World frame: ENU, metres, origin under the drone's start."""

from dataclasses import dataclass

import numpy as np

from liquid_nav.worlds.scenario import Scenario
from liquid_nav.worlds.solids import Solid


@dataclass(frozen=True)
class LayoutItem:
    """One thing that stands in the world: a form of the catalogue at a place.

    Decorations are items without solids.
    """

    kind: str
    """What it is: tree, bush, boulder, bale, post ..."""
    species: str
    """Of the form in the catalogue."""
    variant: int
    """Of the form."""
    x: float
    """East, m."""
    y: float
    """North, m."""
    yaw: float
    """Rotation about the vertical, rad."""
    solids: tuple[Solid, ...] = ()
    """What of it can be touched; default: nothing."""


@dataclass(frozen=True)
class Target:
    """What the drone flies to."""

    kind: str
    """What it is, one of ``targets.TARGETS``."""
    x: float
    """East, m."""
    y: float
    """North, m."""
    yaw: float
    """Direction its front looks to, rad, counter-clockwise from east."""
    solids: tuple[Solid, ...] = ()
    """What of it can be touched, in the world's frame."""


@dataclass(frozen=True)
class Start:
    """Where the drone begins, already in the air."""

    x: float
    """East, m."""
    y: float
    """North, m."""
    z: float
    """Height above the ground, m."""
    yaw: float
    """Heading, rad, counter-clockwise from east."""


TARGET_GEOM_PREFIX = "target."
"""How the names of the geoms begin that show the target, and of its shadow, in a MuJoCo model."""


@dataclass(frozen=True)
class Layout:
    """Everything that a scenario's seed decides about the place."""

    scenario: Scenario
    """Scenario that it was drawn for."""
    seed: int
    """Seed that it was drawn with."""
    start: Start
    """Where the drone begins."""
    target: Target
    """What the drone flies to."""
    items: tuple[LayoutItem, ...]
    """Things that can be touched, the target left out."""
    decorations: tuple[LayoutItem, ...]
    """Things that are only looked at: grass, flowers, dead leaves ..."""

    @property
    def world(self) -> str:
        """Kind of world, one of ``kinds.WORLDS``."""
        return self.scenario.world

    def solids(self) -> tuple[Solid, ...]:
        """Return all solid things, the target's last."""
        return tuple(solid for item in self.items for solid in item.solids) + self.target.solids

    def discs(self, z_low: float, z_high: float, include_target: bool = False) -> np.ndarray:
        """Return float64 [N, 3]: x, y, radius of discs that cover what crosses the band of
        heights.
        """
        solids = [solid for item in self.items for solid in item.solids]
        if include_target:
            solids += self.target.solids
        found = [disc for solid in solids for disc in solid.discs(z_low, z_high)]
        return np.array(found, dtype=np.float64).reshape(-1, 3)
