"""What a drone can be asked to fly to: one record for each kind of target."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from liquid_nav.geometry import rotation_about_y
from liquid_nav.worlds.geom_groups import GeomGroup
from liquid_nav.worlds.materials import Material
from liquid_nav.worlds.meshes import Builder
from liquid_nav.worlds.pictures import Part
from liquid_nav.worlds.solids import Solid

FABRIC = Material("fabric", colour=(0.82, 0.05, 0.07))
FRAME = Material("frame", colour=(0.1, 0.1, 0.11))


@dataclass(frozen=True)
class TargetKind:
    """Everything about one kind of target; its front looks along +x of its own frame."""

    solids: Callable[[], tuple[Solid, ...]]
    """Returns what of it can be touched, in its own frame."""
    parts: Callable[[], tuple[Part, ...]]
    """Returns what it looks like, at every distance and in every season."""
    materials: tuple[Material, ...]
    """What it is made of; no look changes these."""
    shadow: float
    """Half extent of its shadow, m."""


def _box(kind: str, x: float, y: float, z: float, a: float, b: float, c: float) -> Solid:
    return Solid(kind, "box", (x, y, z), (a, b, c))


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


@cache
def chair_parts() -> tuple[Part, ...]:
    """Return fabric and frame of the camping chair, front along +x."""
    fabric = Builder()
    frame = Builder()
    fabric.box((0.02, 0.0, 0.44), (0.25, 0.255, 0.02), tile=0.5)
    tilt = math.radians(8.0)
    fabric.box((-0.265, 0.0, 0.68), (0.018, 0.255, 0.225), rotation_about_y(-tilt), tile=0.5)

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
        Part("chair.fabric", FABRIC, GeomGroup.ALWAYS, fabric.data()),
        Part("chair.frame", FRAME, GeomGroup.ALWAYS, frame.data()),
    )


TARGETS = {"chair": TargetKind(chair_solids, chair_parts, (FABRIC, FRAME), 0.65)}
"""Name of a kind of target -> its record."""
