"""What the groups of MuJoCo's geoms mean in our worlds."""

from __future__ import annotations

from enum import IntEnum, unique


@unique
class GeomGroup(IntEnum):
    """Decides whether, and at what distance, the camera draws a geom."""

    ALWAYS = 1
    """Drawn at every distance."""
    NEAR = 2
    """Drawn within the detail distance."""
    FAR = 3
    """Drawn beyond the detail distance."""
    SOLID = 4
    """Collides, and is never drawn."""
    CULLED = 5
    """What the camera does not see in the present picture; changes with every picture."""
