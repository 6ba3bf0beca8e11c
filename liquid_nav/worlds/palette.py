"""Colours, textures and light of a season. Made once per process for each variant and kept."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from liquid_nav.worlds.kinds import WORLDS
from liquid_nav.worlds.materials import Material
from liquid_nav.worlds.sky import SkyColours, sky_box
from liquid_nav.worlds.textures import Colour

VARIANTS = 4
"""Variants of the ground and of the sky; the seed draws one of each."""

DAY = SkyColours(
    zenith=(0.2, 0.42, 0.78),
    middle=(0.42, 0.63, 0.88),
    horizon=(0.78, 0.87, 0.94),
    cloud=(0.97, 0.97, 0.98),
    clouds=0.55,
    sun=(1.0, 0.97, 0.86),
    glow=0.6,
    disc=1.0,
    trees=(0.17, 0.25, 0.11),
    trunks=(0.1, 0.08, 0.06),
    ground=(0.32, 0.34, 0.17),
    haze=0.0,
    fog=(0.8, 0.83, 0.85),
)
OVERCAST = replace(
    DAY,
    zenith=(0.66, 0.69, 0.73),
    middle=(0.74, 0.77, 0.8),
    horizon=(0.84, 0.86, 0.88),
    cloud=(0.82, 0.84, 0.86),
    clouds=0.8,
    glow=0.15,
    disc=0.0,
)
DUSK = replace(
    DAY,
    zenith=(0.06, 0.09, 0.2),
    middle=(0.17, 0.2, 0.34),
    horizon=(0.72, 0.42, 0.28),
    cloud=(0.4, 0.27, 0.33),
    sun=(1.0, 0.55, 0.25),
    glow=0.9,
    disc=0.0,
    trees=(0.05, 0.065, 0.085),
    trunks=(0.025, 0.025, 0.035),
    ground=(0.1, 0.11, 0.12),
)
SKY_COLOURS = {"day": DAY, "overcast": OVERCAST, "dusk": DUSK}
"""Light -> colours of its sky."""


@dataclass(frozen=True)
class Lighting:
    """What one light gives."""

    sun: Colour
    """Light of the sun, RGB, 0 to 1."""
    ambient: Colour
    """Light from everywhere, RGB, 0 to 1."""
    elevation: tuple[float, float]
    """Range of the sun's elevation, rad."""
    shadow: float
    """How dark shadows on the ground are, 0 to 1; less in snow."""


LIGHTING = {
    "day": Lighting((0.72, 0.68, 0.58), (0.54, 0.55, 0.55), (0.65, 1.05), 0.17),
    "overcast": Lighting((0.32, 0.33, 0.35), (0.58, 0.6, 0.63), (0.6, 0.9), 0.1),
    "dusk": Lighting((0.42, 0.25, 0.14), (0.35, 0.41, 0.55), (0.1, 0.2), 0.09),
}
"""Light -> what it gives."""


def _rng(*text: object) -> np.random.Generator:
    return np.random.default_rng(
        [sum(ord(c) * (i + 1) for i, c in enumerate(str(part))) for part in text]
    )


@cache
def sun_of(light: str, season: str, variant: int) -> tuple[float, float]:
    """Return azimuth and elevation (rad) of the sun of a sky variant."""
    rng = _rng("sun", light, variant)
    low, high = LIGHTING[light].elevation
    elevation = rng.uniform(low, high)
    if season != "summer" and light == "day":
        elevation *= 0.6
    return float(rng.uniform(-np.pi, np.pi)), float(elevation)


@cache
def sky(light: str, season: str, fog: float, world: str, variant: int) -> NDArray[np.uint8]:
    """Return the texture of the sky box."""
    look = SKY_COLOURS[light]
    if season == "autumn" and light == "day":
        look = replace(
            look,
            trees=(0.36, 0.25, 0.09),
            ground=(0.38, 0.29, 0.13),
            horizon=(0.86, 0.85, 0.8),
            glow=0.8,
        )
    if season == "winter":
        look = replace(
            look, trees=(0.36, 0.34, 0.34), trunks=(0.16, 0.14, 0.14), ground=(0.86, 0.88, 0.92)
        )
    if fog > 0:
        look = replace(look, haze=min(1.0, 0.5 + 8.0 * fog))
    rng = _rng("sky", world, variant)
    look = replace(look, clouds=look.clouds * rng.uniform(0.6, 1.25))
    return sky_box(rng, look, sun_of(light, season, variant), WORLDS[world].horizon)


@cache
def ground(world: str, season: str, variant: int) -> np.ndarray:
    """Return the texture of the ground, a tile of 32 m."""
    rng = _rng("ground", world, variant)
    return WORLDS[world].ground(rng, season)


@cache
def texture(material: Material, season: str) -> np.ndarray:
    """Return the texture of a material that has one."""
    if material.draw is None:
        raise ValueError(f"the material '{material.name}' has no texture")
    return material.draw(_rng(material.name), season)
