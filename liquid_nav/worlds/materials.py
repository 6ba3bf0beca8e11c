"""What things are made of: plain colours, and textures that are drawn for a season."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from liquid_nav.worlds import textures
from liquid_nav.worlds.textures import Colour

TILE = 32.0
"""Side of one tile of the ground's texture, m."""
Draw = Callable[[np.random.Generator, str], np.ndarray]
"""Draws a texture, uint8 [H,W,3], for a season."""


@dataclass(frozen=True)
class Material:
    """A plain colour, or a texture."""

    name: str
    """Name, unique in a world; a texture's draws depend on it."""
    colour: Colour | None = None
    """Plain colour, RGB, 0 to 1; None: it has a texture."""
    draw: Draw | None = None
    """Draws its texture; None: it has a plain colour."""


def leaves(
    name: str,
    summer: Colour,
    autumn: Colour,
    winter: Colour,
    berries: Colour | None = None,
    snow: float = 0.35,
) -> Material:
    """Return foliage with its colour in each season.

    ``berries``: their colour; none in winter. ``snow``: how much lies on it in winter, 0 to 1.
    """
    colours = {"summer": summer, "autumn": autumn, "winter": winter}

    def draw(rng: np.random.Generator, season: str) -> np.ndarray:
        is_winter = season == "winter"
        return textures.leaves(
            rng, colours[season], snow * float(is_winter), None if is_winter else berries
        )

    return Material(f"leaf.{name}", draw=draw)


def blades(
    name: str,
    summer: tuple[Colour, Colour],
    autumn: tuple[Colour, Colour],
    winter: tuple[Colour, Colour],
) -> Material:
    """Return grass with its colours at root and tip in each season."""
    colours = {"summer": summer, "autumn": autumn, "winter": winter}

    def draw(rng: np.random.Generator, season: str) -> np.ndarray:
        return textures.blades(rng, *colours[season])

    return Material(f"blade.{name}", draw=draw)


def bark(name: str, colour: Colour, depth: float, moss: float) -> Material:
    """Return furrowed bark; ``depth``, ``moss``: see ``textures.bark``."""
    return evergreen(f"bark.{name}", partial(textures.bark, colour=colour, depth=depth, moss=moss))


def evergreen(name: str, draw: Callable[[np.random.Generator], np.ndarray]) -> Material:
    """Return a texture that is the same in every season."""

    def of_any_season(rng: np.random.Generator, season: str) -> np.ndarray:
        return draw(rng)

    return Material(name, draw=of_any_season)


def snowy(
    name: str, draw: Callable[[np.random.Generator, float], np.ndarray], most: float = 1.0
) -> Material:
    """Return a texture on which snow lies in winter; ``most``: how much, 0 to 1."""

    def of_season(rng: np.random.Generator, season: str) -> np.ndarray:
        return draw(rng, most * float(season == "winter"))

    return Material(name, draw=of_season)
