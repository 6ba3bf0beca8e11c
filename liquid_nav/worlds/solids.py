"""Primitives that stop the drone. World frame: ENU, metres, origin under the drone's start."""

import math
from dataclasses import dataclass

from liquid_nav.geometry import turned


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
        px, py, pz = self.position
        return Solid(
            self.kind,
            self.shape,
            (*turned(px, py, yaw, (x, y)), pz),
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
