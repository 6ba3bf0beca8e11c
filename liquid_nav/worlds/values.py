"""The values a layout consists of. World frame: ENU, metres, origin under the drone's start."""

import math
from dataclasses import dataclass

import numpy as np

from liquid_nav.worlds.scenario import Scenario


@dataclass(frozen=True)
class Solid:
    """A primitive that stops the drone.

    ``position``: centre; ``size``: half extents (cylinder: r, r, half height), in the frame turned
    by ``yaw`` about z.
    ``lying``: a cylinder whose axis lies along its own x; ``size`` is then (half length, r, r).
    """

    kind: str
    shape: str
    position: tuple[float, float, float]
    size: tuple[float, float, float]
    yaw: float = 0.0
    lying: bool = False

    def placed(self, x: float, y: float, yaw: float) -> "Solid":
        """Return the solid of an item that stands at (x, y) turned by ``yaw``."""
        c, s = math.cos(yaw), math.sin(yaw)
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
            a, b = a * shrink, b * shrink
        elif self.shape == "cylinder" and not self.lying:
            return [(px, py, a)]
        along, long, short = self.yaw, a, b
        if short > long:
            along, long, short = self.yaw + math.pi / 2, b, a
        if self.shape == "ellipsoid" and long - short < 0.25:
            return [(px, py, long)]
        count = max(1, math.ceil(long / max(short, 0.15)))
        half = long / count
        radius = math.hypot(half, short)
        offsets = [-long + half * (2 * i + 1) for i in range(count)]
        return [(px + o * math.cos(along), py + o * math.sin(along), radius) for o in offsets]


@dataclass(frozen=True)
class Item:
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
    """What the drone flies to; ``yaw`` is the direction its front looks to."""

    kind: str
    x: float
    y: float
    yaw: float
    solids: tuple[Solid, ...] = ()


@dataclass(frozen=True)
class Start:
    """Where the drone begins, already in the air."""

    x: float
    y: float
    z: float
    yaw: float


TARGET_GEOM = "target."
"""How the names of the geoms begin that show the target, and of its shadow, in a MuJoCo model."""


@dataclass(frozen=True)
class Layout:
    """Everything that a scenario's seed decides about the place."""

    scenario: Scenario
    seed: int
    start: Start
    target: Target
    items: tuple[Item, ...]
    decorations: tuple[Item, ...]

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
