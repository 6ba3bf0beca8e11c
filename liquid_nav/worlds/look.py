"""What a place looks like in a condition: drawn once from a layout, and taken by all writers of
worlds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from liquid_nav.worlds import palette
from liquid_nav.worlds.catalogue import parts
from liquid_nav.worlds.condition import Condition
from liquid_nav.worlds.materials import Material
from liquid_nav.worlds.pictures import Part
from liquid_nav.worlds.repaint import Repaint
from liquid_nav.worlds.streams import RandomStream
from liquid_nav.worlds.textures import Colour
from liquid_nav.worlds.values import Layout, LayoutItem

HEADLIGHT = 0.3
"""Strength of the camera's own lamp, as a share of the light from everywhere before its draw."""


@dataclass(frozen=True)
class Look:
    """Appearance of one place in one flight. Colours and lights are RGB, about 0 to 1."""

    world: str
    """Kind of world, one of ``kinds.WORLDS``."""
    season: str
    """One of ``condition.SEASONS``."""
    light: str
    """One of ``condition.LIGHTS``."""
    fog: float
    """Extinction coefficient of the fog, 1/m; 0: clear."""
    sky: int
    """Number of the sky's variant, from 0."""
    ground: int
    """Number of the ground's variant, from 0."""
    sun: tuple[float, float]
    """Azimuth (counter-clockwise from east) and elevation of the sun, rad."""
    sunlight: Colour
    """Light of the sun."""
    ambient: Colour
    """Light from everywhere."""
    headlight: Colour
    """Light of the embedded camera's own lamp."""
    shadow: float
    """How dark shadows on the ground are, 0 to 1."""
    tints: tuple[Colour, ...]
    """Factor on the colour of each of the layout's items; 1 for one that is absent."""
    undergrowth: tuple[Colour, ...]
    """The same for each of its decorations."""
    paint: Repaint
    """Other colours for everything but the target."""

    def parts(self, item: LayoutItem) -> tuple[Part, ...]:
        """Return what an item looks like; nothing where it is absent in the season."""
        return parts(item.species, item.variant, self.season)

    def colour(self, material: Material) -> Colour:
        """Return the colour of a material that is plain."""
        if material.colour is None:
            raise ValueError(f"the material '{material.name}' has a texture")
        return self.paint.colour(material.name, material.colour)

    def texture(self, material: Material) -> np.ndarray:
        """Return the texture, uint8 [H,W,3], of a material that has one."""
        return self.paint.texture(material.name, palette.texture(material, self.season))

    def ground_texture(self) -> np.ndarray:
        """Return the texture of the ground, uint8 [H,W,3]: a tile of ``materials.TILE`` m."""
        pixels = palette.ground(self.world, self.season, self.ground)
        return self.paint.texture("ground", pixels)

    def sky_texture(self) -> np.ndarray:
        """Return the faces of the sky, uint8 [6 * SIZE, SIZE, 3], in the order of ``sky.FACES``."""
        pixels = palette.sky(self.light, self.season, self.fog, self.world, self.sky)
        return self.paint.texture("sky", pixels)

    @property
    def horizon(self) -> Colour:
        """Colour of the sky at the horizon, by the light alone."""
        return palette.SKY_COLOURS[self.light].horizon

    @property
    def fog_colour(self) -> Colour:
        """Colour of the fog."""
        return palette.DAY.fog

    def mean_undergrowth(self, layout: Layout) -> Colour:
        """Return the mean tint of those decorations that are there in the season."""
        seen = [
            tint for tint, item in zip(self.undergrowth, layout.decorations) if self.parts(item)
        ]
        if not seen:
            return 1.0, 1.0, 1.0
        return _colour(np.mean(seen, axis=0))


def draw_look(layout: Layout, condition: Condition) -> Look:
    """Return the look of a place: a pure function of the layout and the condition."""
    rng = RandomStream.GROUND.generator(layout.seed)
    paint = Repaint(condition.appearance, layout.seed)
    lighting = palette.LIGHTING[condition.light]
    # The order of what follows is part of every seed: what is drawn first must stay first.
    sky = int(rng.integers(palette.VARIANTS))
    power = rng.uniform(0.85, 1.12)
    share = rng.uniform(0.88, 1.12)
    ground = int(rng.integers(palette.VARIANTS))
    tints = tuple(_tint(rng, item, condition.season) for item in layout.items)
    undergrowth = tuple(_tint(rng, item, condition.season) for item in layout.decorations)
    ambient = paint.light(np.array(lighting.ambient), "ambient")
    shadow = lighting.shadow
    if condition.season == "winter":
        shadow *= 0.6
    return Look(
        layout.world,
        condition.season,
        condition.light,
        condition.fog,
        sky,
        ground,
        palette.sun_of(condition.light, condition.season, sky),
        _colour(paint.light(np.array(lighting.sun), "sun") * power),
        _colour(ambient * share),
        _colour(HEADLIGHT * ambient),
        shadow,
        tints,
        undergrowth,
        paint,
    )


def _tint(rng: np.random.Generator, item: LayoutItem, season: str) -> Colour:
    """Return the factor on the colour of an item; of one that is absent 1, without a draw."""
    if not parts(item.species, item.variant, season):
        return 1.0, 1.0, 1.0
    brightness = rng.uniform(0.82, 1.0)
    tint: NDArray[np.float64] = brightness * (1.0 + rng.uniform(-0.06, 0.06, 3))
    return _colour(np.clip(tint, 0, 1))


def _colour(values: Iterable[float]) -> Colour:
    red, green, blue = (float(value) for value in values)
    return red, green, blue
