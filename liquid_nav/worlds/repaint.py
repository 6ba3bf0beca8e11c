"""Other colours for everything but the target: invented looks, and looks that are drawn at random.

A look never changes where things stand or what shape they have, and the target keeps its colours: a
task that names "the red chair" has no solution where nothing is red.
"""

from __future__ import annotations

import colorsys
import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from liquid_nav.geometry import rotation_about
from liquid_nav.worlds.condition import AppearanceSpec
from liquid_nav.worlds.streams import RandomStream
from liquid_nav.worlds.targets import TARGETS
from liquid_nav.worlds.textures import fractal, ramp, to_bytes

KEPT = tuple(material.name for kind in TARGETS.values() for material in kind.materials)
"""Names of the materials of targets."""
GREY = np.array((0.299, 0.587, 0.114))
"""Luminance of red, green and blue (ITU-R BT.601)."""
SEPIA = np.array(((0.393, 0.349, 0.272), (0.769, 0.686, 0.534), (0.189, 0.168, 0.131)))
"""What each of red, green and blue adds to red, green and blue."""
BLUE = ((0.08, 0.12, 0.3), (0.55, 0.65, 0.95))
"""Darkest and brightest colour of blue soil."""
SQUARE = 64
"""Pixels of a square of the checkered ground: 2 m."""
CHECKERS = (0.45, 1.35)
"""Gain of dark and of bright squares."""
MADE_UP = 0.35
"""Probability that a random look gives a material a texture that has nothing to do with its own."""


@dataclass(frozen=True)
class Repaint:
    """Colours of one flight. Draws are named, so that they do not depend on the order in which
    things are painted.
    """

    appearance: AppearanceSpec
    """What is to be painted."""
    seed: int
    """Seed of the flight."""
    random: bool = field(init=False)
    """Whether this flight is one whose look is drawn."""

    def __post_init__(self) -> None:
        """Draw whether this flight's look is drawn."""
        drawn = self._rng("whether").random() < self.appearance.random
        object.__setattr__(self, "random", bool(drawn))

    def texture(self, name: str, pixels: np.ndarray) -> np.ndarray:
        """Return the texture, uint8 [H,W,3], of the material ``name`` as it looks in this
        flight.
        """
        if name in KEPT or not self._changes(name):
            return pixels
        picture = pixels.astype(np.float64) / 255.0
        if self.random:
            picture = self._drawn(name, picture)
        return to_bytes(self._ground(name, self._palette(picture)))

    def colour(self, name: str, colour: tuple[float, float, float]) -> tuple[float, float, float]:
        """Return the plain colour (RGB, 0 to 1) of the material ``name`` in this flight."""
        if name in KEPT or not self._changes(name):
            return colour
        picture = np.asarray(colour, np.float64)[None, None]
        if self.random:
            picture = self._recoloured(name, picture)
        red, green, blue = (float(part) for part in np.clip(self._palette(picture)[0, 0], 0.0, 1.0))
        return red, green, blue

    def light(self, colour: NDArray[np.float64], name: str) -> NDArray[np.float64]:
        """Return the colour of the light ``name`` (sun or ambient) in this flight."""
        if not self.random:
            return colour
        rng = self._rng("light", name)
        light: NDArray[np.float64] = colour * rng.uniform(0.45, 1.35) * rng.uniform(0.85, 1.15, 3)
        return light

    def _changes(self, name: str) -> bool:
        return (
            self.random
            or self.appearance.palette != "natural"
            or (name == "ground" and self.appearance.ground != "natural")
        )

    def _palette(self, picture: np.ndarray) -> NDArray[np.float64]:
        if self.appearance.palette == "inverted":
            picture = 1.0 - picture
        elif self.appearance.palette == "sepia":
            picture = picture @ SEPIA
        return picture

    def _ground(self, name: str, picture: np.ndarray) -> np.ndarray:
        if name != "ground":
            return picture
        if self.appearance.ground == "blue":
            return ramp(picture @ GREY, *BLUE)
        if self.appearance.ground == "checkered":
            rows, columns = (np.arange(length) // SQUARE for length in picture.shape[:2])
            bright = (rows[:, None] + columns[None, :]) % 2 == 0
            return picture * np.where(bright, CHECKERS[1], CHECKERS[0])[..., None]
        return picture

    def _drawn(self, name: str, picture: np.ndarray) -> np.ndarray:
        """Return a recoloured texture, or another one altogether; the sky keeps its horizon."""
        rng = self._rng("texture", name)
        if name == "sky" or rng.random() >= MADE_UP:
            return self._recoloured(name, picture)
        field = fractal(
            picture.shape[:2], rng, rng.uniform(0.3, 1.5), lowest=rng.uniform(2.0, 12.0)
        )
        return ramp(field, *(_any_colour(rng) for _ in range(3)))

    def _recoloured(self, name: str, picture: np.ndarray) -> np.ndarray:
        """Turn hues, and change saturation, gain, tone curve and floor."""
        rng = self._rng("colour", name)
        turned = picture @ _hue_rotation(rng.normal(0.0, 0.9)).T
        grey = (turned @ GREY)[..., None]
        saturated = grey + rng.uniform(0.1, 1.6) * (turned - grey)
        curved = np.clip(saturated, 0.0, 1.0) ** math.exp(rng.uniform(-0.6, 0.6))
        recoloured: NDArray[np.float64] = rng.uniform(0.0, 0.25) + rng.uniform(0.5, 1.1) * curved
        return recoloured

    def _rng(self, *text: str) -> np.random.Generator:
        numbers = [ord(letter) for part in text for letter in part]
        return RandomStream.REPAINT.generator(self.seed, *numbers)


def _any_colour(rng: np.random.Generator) -> tuple[float, float, float]:
    return colorsys.hsv_to_rgb(rng.random(), rng.uniform(0.0, 0.8), rng.uniform(0.1, 1.0))


def _hue_rotation(angle: float) -> np.ndarray:
    """Return the rotation [3,3] of colours about the grey axis by ``angle``, rad."""
    part = 1.0 / math.sqrt(3.0)
    return rotation_about((part, part, part), angle)
