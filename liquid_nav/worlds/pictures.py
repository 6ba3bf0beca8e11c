"""What things look like: parts, each a mesh with its material."""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from liquid_nav.worlds.geom_groups import GeomGroup
from liquid_nav.worlds.materials import Material
from liquid_nav.worlds.meshes import UP, Builder, MeshData

SHADOW = Material("shadow", colour=(0.0, 0.0, 0.0))
"""Of shadows; how dark it is depends on the light."""


@dataclass(frozen=True)
class Part:
    """One mesh of a form with its material."""

    name: str
    """Name of the mesh, unique in a world."""
    material: Material
    """What it is made of."""
    group: GeomGroup
    """Decides at what distance it is drawn."""
    mesh: MeshData
    """Its triangles, in the frame of the form, m."""


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
    return Part(f"shadow{half}", SHADOW, GeomGroup.NEAR, build.data())
