"""From a scenario and a seed to a place: a pure function."""

import math
import zlib

import numpy as np

from liquid_nav.worlds.kinds import WORLDS
from liquid_nav.worlds.placement import BAND, Ground, make_target, passable
from liquid_nav.worlds.scenario import Scenario
from liquid_nav.worlds.values import Layout, Start

DRAWS = 40
"""Places that are drawn at most until one has a path to the target."""


def generate_layout(scenario: Scenario, seed: int) -> Layout:
    """Return the place for a seed; every call returns the same.

    The start is at the origin at cruise altitude with a random heading; everything else is laid out
    relative to it. A place without a path of enough clearance is drawn again from the same stream;
    the last of ``DRAWS`` is taken as it is.
    """
    if seed < 0:
        raise ValueError(f"seed {seed} is negative; use a non-negative integer")
    rng = np.random.default_rng([int(seed), zlib.crc32(scenario.world.encode())])
    spec = scenario.target
    fill = WORLDS[scenario.world].fill
    for _ in range(DRAWS):
        heading = rng.uniform(-math.pi, math.pi)
        distance = rng.uniform(*spec.distance)
        bearing = rng.uniform(*spec.bearing)
        rotation = rng.uniform(*spec.rotation)
        x = distance * math.cos(heading + bearing)
        y = distance * math.sin(heading + bearing)
        ground = Ground(rng, (x, y))
        fill(ground, scenario.parameters)
        if passable(ground.discs, (x, y)):
            break
    start = Start(0.0, 0.0, scenario.cruise_altitude, float(heading))
    return Layout(
        scenario,
        int(seed),
        start,
        make_target(spec.kind, x, y, rotation),
        tuple(ground.items),
        tuple(ground.decorations),
    )


def line_blocked(layout: Layout, half_width: float = 0.35) -> bool:
    """Return whether something solid in the flight band reaches into the straight corridor to the
    target.
    """
    discs = layout.discs(*BAND)
    if not len(discs):
        return False
    end = np.array((layout.target.x - layout.start.x, layout.target.y - layout.start.y))
    length = float(np.linalg.norm(end))
    relative = discs[:, :2] - (layout.start.x, layout.start.y)
    along = np.clip(relative @ (end / length), 0.0, length)
    away = np.linalg.norm(relative - along[:, None] * (end / length), axis=1)
    return bool((away < discs[:, 2] + half_width).any())
