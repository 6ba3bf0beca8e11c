"""The values a layout consists of. World frame: ENU, metres, origin under the drone's start."""

import math
from dataclasses import dataclass

import numpy as np

from liquid_nav.worlds.scenario import Scenario


@dataclass(frozen=True)
class Solid:
    """A primitive that stops the drone."""

    kind: str
    """What it belongs to, as collisions are reported: trunk, crown, boulder, bale, chair ..."""
    shape: str
    """One of box, cylinder and ellipsoid."""
    position: tuple[float, float, float]
    """Centre, m, in the world's frame, or in that of the form in the catalogue."""
    size: tuple[float, float, float]
    """Half extents, m, in the frame turned by ``yaw`` about z; of a cylinder (radius, radius, half
    height), of one that lies (half length, radius, radius).
    """
    yaw: float = 0.0
    """Rotation about z, rad, counter-clockwise."""
    lying: bool = False
    """Whether it is a cylinder whose axis lies along its own x."""

    def placed(self, x: float, y: float, yaw: float) -> "Solid":
        """Return the solid of an item that stands at (x, y) turned by ``yaw``."""
        c = math.cos(yaw)
        s = math.sin(yaw)
        px, py, pz = self.position
        return Solid(
            self.kind,
            self.shape,
            (x + c * px - s * py, y + s * px + c * py, pz),
            self.size,
            self.yaw + yaw,
            self.lying,
        )

    def discs(self, low: float, high: float) -> list[tuple[float, float, float]]:
        """Return discs (x, y, radius) that cover the part of the solid between the heights low and
        high.
        """
        px, py, pz = self.position
        a, b, h = self.size
        if pz - h >= high or pz + h <= low:
            return []
        if self.shape == "ellipsoid":
            away = max(low - pz, pz - high, 0.0) / h
            shrink = math.sqrt(max(0.0, 1.0 - away * away))
            a = a * shrink
            b = b * shrink
        elif self.shape == "cylinder" and not self.lying:
            return [(px, py, a)]
        along = self.yaw
        long = a
        short = b
        if short > long:
            along = self.yaw + math.pi / 2
            long = b
            short = a
        if self.shape == "ellipsoid" and long - short < 0.25:
            return [(px, py, long)]
        count = max(1, math.ceil(long / max(short, 0.15)))
        half = long / count
        radius = math.hypot(half, short)
        offsets = [-long + half * (2 * i + 1) for i in range(count)]
        return [(px + o * math.cos(along), py + o * math.sin(along), radius) for o in offsets]


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
    """What it is: chair."""
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
        """Kind of world: forest or field."""
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
