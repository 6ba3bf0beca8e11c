"""Fills the ground with a mixed wood."""

import math
from dataclasses import dataclass

import numpy as np

from liquid_nav.errors import UserError
from liquid_nav.worlds.keys import number_key
from liquid_nav.worlds.kinds import Horizon, WorldKind
from liquid_nav.worlds.placement import Ground
from liquid_nav.worlds.textures import forest_floor

WOODS = ("mixed", "birch wood", "beech wood", "spruce wood")
"""Sorts of the forest, one of which is drawn; ``Grows.shares`` of its trees are in this order."""
SIDE = 13.0
"""m to either side of the way that are filled."""
BACK = 12.0
"""m behind the start that are filled."""
AHEAD = 15.0
"""m beyond the target that are filled."""
BELT = 13.0
"""m, width of the belt beyond, which is sparser."""


@dataclass(frozen=True)
class ForestParameters:
    """What a scenario in a forest sets."""

    blocker_probability: float = number_key(0.35, 0.0, 1.0)
    """Probability that a trunk is set deliberately on the straight line to the target; chance puts
    others there.
    """
    trees_per_m2: float = number_key(0.095, 0.0, 0.3)
    """Trees near the way, 1/m^2; they are sparser farther out."""
    bushes_per_m2: float = number_key(0.018, 0.0, 0.3)
    """Bushes, stumps, stones and logs near the way, 1/m^2."""


def fill_forest(ground: Ground, parameters: ForestParameters) -> None:
    """Set trees, bushes, stones and what lies on the forest floor.

    Raises:
        UserError: a species among the trees has another number of shares than there are ``WOODS``.
    """
    rng = ground.rng
    length = float(np.linalg.norm(ground.target))
    wood = int(rng.integers(len(WOODS)))
    trees = ground.inhabitants("forest trees")
    for tree in trees:
        if len(tree.shares) != len(WOODS):
            raise UserError(
                f"species '{tree.species}' has {len(tree.shares)} shares in 'forest trees'",
                f"give one for each of: {', '.join(WOODS)}",
            )
    shares = np.array([tree.shares[wood] for tree in trees])
    if abs(shares.sum() - 1.0) > 1e-9:  # where other packages add trees
        shares = shares / shares.sum()
    density = parameters.trees_per_m2 * rng.uniform(0.85, 1.15)
    if rng.random() < parameters.blocker_probability:
        ground.block_line("forest blockers")
    area = (length + BACK + AHEAD) * 2 * SIDE
    phase = rng.uniform(0, 2 * math.pi, 4)

    def place() -> tuple[float, float]:
        return ground.to_world(rng.uniform(-BACK, length + AHEAD), rng.uniform(-SIDE, SIDE))

    for _ in range(int(area * parameters.bushes_per_m2)):
        ground.add(ground.draw("forest bushes"), *place())
    wanted = int(area * density)
    standing = 0
    for _ in range(wanted * 5):
        x, y = place()
        thick = 0.72 + 0.28 * math.sin(0.45 * x + phase[0]) * math.sin(0.45 * y + phase[1])
        if rng.random() > thick:
            continue
        tree = trees[int(rng.choice(len(trees), p=shares))]
        standing += ground.add(tree.species, x, y, gap=rng.uniform(1.9, 2.5))
        if standing >= wanted:
            break
    for _ in range(int(((length + BACK + AHEAD + 2 * BELT) * 2 * (SIDE + BELT) - area) * 0.042)):
        along = rng.uniform(-BACK - BELT, length + AHEAD + BELT)
        across = rng.uniform(-SIDE - BELT, SIDE + BELT)
        if -BACK < along < length + AHEAD and abs(across) < SIDE:
            continue
        ground.add(ground.draw("forest belt"), *ground.to_world(along, across), gap=1.0)
    for one in ground.inhabitants("forest floor"):
        for _ in range(int(area * one.amount)):
            ground.decorate(one.species, *place())


FOREST = WorldKind(
    ForestParameters, fill_forest, forest_floor, Horizon(0.34, 0.24, 0.12, near=True)
)
"""The kind of world "forest"."""
