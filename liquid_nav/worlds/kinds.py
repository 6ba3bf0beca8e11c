"""Kinds of world: what a scenario's ``world`` names. Packages outside add to them (see
``registry``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from liquid_nav.registry import Registry

if TYPE_CHECKING:
    from liquid_nav.worlds.placement import Ground


@dataclass(frozen=True)
class Horizon:
    """The line of trees where the ground ends. Heights are rad above the horizon."""

    height: float
    """Mean height of the line."""
    variation: float
    """How much that varies around the drone."""
    raggedness: float
    """How ragged its outline is."""
    near: bool = False
    """Whether it is so near that trunks and gaps are seen in it; default: it is not."""


@dataclass(frozen=True)
class WorldKind:
    """What decides about one kind of world."""

    parameters: type[Any]
    """Frozen dataclass of what its scenarios can set, every field made by ``number_key`` or
    ``range_key``.
    """
    fill: Callable[[Ground, Any], None]
    """Sets what grows and stands there; called with the ground and the parameters. All that is
    random is drawn from ``ground.rng``.
    """
    ground: Callable[[np.random.Generator, str], np.ndarray]
    """Draws the ground's texture for a season: uint8 [H,W,3], a tile of ``materials.TILE`` m."""
    horizon: Horizon
    """What stands where the ground ends."""


WORLDS: Registry[WorldKind] = Registry(
    "liquid_nav.worlds",
    {
        "forest": "liquid_nav.worlds.forest:FOREST",
        "field": "liquid_nav.worlds.field:FIELD",
    },
)
"""Name -> kind of world; other packages add to it (see ``registry``)."""
