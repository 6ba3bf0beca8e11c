"""Fills the ground with a hay field."""

import math
from dataclasses import dataclass

import numpy as np

from liquid_nav.worlds.keys import number_key, range_key
from liquid_nav.worlds.kinds import Horizon, WorldKind
from liquid_nav.worlds.placement import Ground
from liquid_nav.worlds.textures import meadow_texture

SIDE = 14.0
"""m to either side of the way that are filled."""
BACK = 12.0
"""m behind the start that are filled."""
AHEAD = 14.0
"""m beyond the target that are filled."""
BELT = 14.0
"""m, width of the belt beyond, which carries grass and a few bales."""


@dataclass(frozen=True)
class FieldParameters:
    """What a scenario in a field sets."""

    blocker_probability: float = number_key(0.06, 0.0, 1.0)
    """Probability that something is set deliberately on the straight line to the target; chance
    puts others there.
    """
    bales: tuple[float, float] = range_key((4.0, 8.0), 0.0, 100.0)
    """Least and most bales near the way."""
    bushes: tuple[float, float] = range_key((2.0, 4.0), 0.0, 100.0)
    """Least and most bushes near the way."""
    fences: tuple[float, float] = range_key((0.0, 2.0), 0.0, 100.0)
    """Least and most rows of posts."""
    lone_trees: tuple[float, float] = range_key((1.0, 1.0), 0.0, 100.0)
    """Least and most trees that stand alone."""


def _count(ground: Ground, least_and_most: tuple[float, float]) -> int:
    low, high = least_and_most
    return int(ground.rng.integers(int(low), int(high) + 1))


def _fence(ground: Ground, length: float) -> None:
    """Set a row of posts, sometimes across the way, sometimes beside it."""
    rng = ground.rng
    x = rng.uniform(-4.0, length + 8.0)
    y = rng.uniform(-10.0, 10.0)
    angle = rng.uniform(-math.pi, math.pi)
    spacing = rng.uniform(2.25, 2.8)
    count = int(rng.integers(6, 13))
    for i in range(count):
        if rng.random() < 0.12:
            continue
        along = x + (i - count / 2) * spacing * math.cos(angle) + rng.normal(0, 0.05)
        across = y + (i - count / 2) * spacing * math.sin(angle) + rng.normal(0, 0.05)
        ground.add(ground.draw("field fences"), *ground.to_world(along, across), gap=1.95)


def fill_field(ground: Ground, parameters: FieldParameters) -> None:
    """Set bales, fences, bushes, a lone tree and tall grass."""
    rng = ground.rng
    length = float(np.linalg.norm(ground.target))

    def place(belt: float = 0.0) -> tuple[float, float]:
        return ground.to_world(
            rng.uniform(-BACK - belt, length + AHEAD + belt), rng.uniform(-SIDE - belt, SIDE + belt)
        )

    if rng.random() < parameters.blocker_probability:
        ground.block_line("field blockers")
    for _ in range(_count(ground, parameters.lone_trees)):
        ground.add(ground.draw("field lone trees"), *place())
    for _ in range(_count(ground, parameters.fences)):
        _fence(ground, length)
    for _ in range(_count(ground, parameters.bales)):
        ground.add(ground.draw("field bales"), *place(), gap=2.1)
    for _ in range(_count(ground, parameters.bushes)):
        ground.add(ground.draw("field bushes"), *place(), gap=2.1)
    if rng.random() < 0.35:
        ground.add(ground.draw("field barrels"), *place())
    for _ in range(int(rng.integers(3, 9))):
        ground.add(ground.draw("field belt"), *place(BELT), gap=2.1)
    area = (length + BACK + AHEAD) * 2 * SIDE
    phase = rng.uniform(0, 2 * math.pi, 4)
    for _ in range(int(area * 0.42)):
        x, y = place()
        if rng.random() < 0.6 + 0.4 * math.sin(0.5 * x + phase[0]) * math.sin(0.5 * y + phase[1]):
            ground.decorate(ground.draw("field grass"), x, y)
    for _ in range(int(area * 0.12)):
        ground.decorate(ground.draw("field grass"), *place(BELT))
    centres = [place() for _ in range(int(rng.integers(2, 5)))]
    for habitat in ("field patches", "field flowers"):
        for one in ground.inhabitants(habitat):
            for _ in range(int(one.amount)):
                if habitat == "field patches":
                    x, y = centres[int(rng.integers(len(centres)))]
                else:
                    x, y = place()
                ground.decorate(one.species, x + rng.normal(0, 1.5), y + rng.normal(0, 1.5))


FIELD = WorldKind(FieldParameters, fill_field, meadow_texture, Horizon(0.035, 0.05, 0.022))
"""The kind of world "field"."""
