"""Where several drones begin in one world: round the target, so that no drone needs the place of
another one.
"""

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from liquid_nav.errors import UserError
from liquid_nav.worlds.placement import BAND, TARGET_CLEAR, passable
from liquid_nav.worlds.streams import RandomStream
from liquid_nav.worlds.values import Layout, Start

DIRECTIONS = (0.0, 180.0, 90.0, -90.0, 45.0, -135.0, 135.0, -45.0)
"""Degrees round the target, seen from it, between the first start and those of the others."""
MAX_DRONES = len(DIRECTIONS)
CLEAR = 1.2
"""m around a start without anything at flight height; the layout keeps more free round its own."""


def shared_start(layout: Layout, number: int) -> Layout:
    """Return the same place with the start of drone ``number``; number 0 has the layout's own.

    The others begin about as far from the target as the first, on other sides of it, on free ground
    with a way to the target, and with a heading of their own within the scenario's bearings.

    Raises:
        UserError: there are at most ``MAX_DRONES`` drones; or the ground is too full for one more.
    """
    if not 0 <= number < MAX_DRONES:
        raise UserError(f"drone {number} in one world", f"number the drones 0 to {MAX_DRONES - 1}")
    if number == 0:
        return layout
    first = layout.start
    target = np.array((layout.target.x, layout.target.y))
    discs = layout.discs(*BAND)
    for x, y in _places(first, target, DIRECTIONS[number]):
        if not _free(discs, x, y) or math.hypot(x - target[0], y - target[1]) < TARGET_CLEAR + 1.0:
            continue
        goal = tuple(target - (x, y))
        if passable(discs - (x, y, 0.0), goal):
            rng = RandomStream.FLEET_START.generator(layout.seed, number)
            yaw = math.atan2(goal[1], goal[0]) - rng.uniform(*layout.scenario.target.bearing)
            return replace(layout, start=Start(x, y, first.z, math.remainder(yaw, math.tau)))
    raise UserError(
        f"no free start for drone {number} in seed {layout.seed}", "fewer drones, or another seed"
    )


def _places(first: Start, target: np.ndarray, direction: float) -> Iterator[tuple[float, float]]:
    """Yield places (x, y), those that are nearest to what is wanted first."""
    away = np.array((first.x, first.y)) - target
    distance = float(np.hypot(*away))
    bearing = math.atan2(away[1], away[0]) + math.radians(direction)
    for turn in sorted(range(-20, 21, 4), key=abs):
        for share in (1.0, 0.92, 0.84):
            angle = bearing + math.radians(turn)
            yield (
                target[0] + share * distance * math.cos(angle),
                target[1] + share * distance * math.sin(angle),
            )


def _free(discs: np.ndarray, x: float, y: float) -> bool:
    return not len(discs) or bool(
        (np.hypot(discs[:, 0] - x, discs[:, 1] - y) >= discs[:, 2] + CLEAR).all()
    )
