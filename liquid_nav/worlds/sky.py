"""The sky around: gradient, clouds, a sun and the line of trees on the horizon, as the six faces of
a box.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from liquid_nav.worlds.kinds import Horizon
from liquid_nav.worlds.textures import Colour, fractal, mix, ramp, smooth, to_bytes

SIZE = 256
"""Width and height of a face, pixels."""
FACES = (
    ((1, 0, 0), (0, 0, -1), (0, -1, 0)),
    ((-1, 0, 0), (0, 0, 1), (0, -1, 0)),
    ((0, 1, 0), (1, 0, 0), (0, 0, 1)),
    ((0, -1, 0), (1, 0, 0), (0, 0, -1)),
    ((0, 0, 1), (1, 0, 0), (0, -1, 0)),
    ((0, 0, -1), (-1, 0, 0), (0, -1, 0)),
)
"""Of each face, in MuJoCo's order: the directions to its middle, and to the right and downwards in
its picture, in the box's own axes (east, up, south).
"""


@dataclass(frozen=True)
class SkyColours:
    """Colours of a sky and of what stands on its horizon, RGB, 0 to 1; and shares."""

    zenith: Colour
    """Sky straight up."""
    middle: Colour
    """Sky between zenith and horizon."""
    horizon: Colour
    """Sky at the horizon."""
    cloud: Colour
    """Clouds."""
    clouds: float
    """How much of the sky they cover, about 0 to 1."""
    sun: Colour
    """The sun, and the light around it."""
    glow: float
    """Strength of the light around the sun, 0 to 1."""
    disc: float
    """Strength of the sun's disc, 0 to 1; 0: it cannot be seen."""
    trees: Colour
    """Line of trees."""
    trunks: Colour
    """Trunks among them."""
    ground: Colour
    """Ground below the horizon."""
    haze: float
    """Strength of the fog, 0 to 1."""
    fog: Colour
    """Fog."""


def directions() -> np.ndarray:
    """Return unit vectors [6, SIZE, SIZE, 3] in the box's own axes (right, up, back)."""
    t = (np.arange(SIZE) + 0.5) / SIZE * 2 - 1
    faces = []
    for forward, right, down in FACES:
        d = (
            np.asarray(forward)
            + t[None, :, None] * np.asarray(right)
            + t[:, None, None] * np.asarray(down)
        )
        faces.append(d / np.linalg.norm(d, axis=-1, keepdims=True))
    return np.stack(faces)


def sky_box(
    rng: np.random.Generator, look: SkyColours, sun: tuple[float, float], horizon: Horizon
) -> NDArray[np.uint8]:
    """Return uint8 [6 * SIZE, SIZE, 3]; ``sun``: azimuth and elevation, rad (ENU)."""
    d = directions()
    east = d[..., 0]
    north = -d[..., 2]
    up = d[..., 1]
    elevation = np.arcsin(np.clip(up, -1, 1))
    azimuth = np.arctan2(north, east)
    picture = ramp(np.sqrt(np.clip(elevation / 1.4, 0, 1)), look.horizon, look.middle, look.zenith)
    to_sun = (east * math.cos(sun[0]) + north * math.sin(sun[0])) * math.cos(
        sun[1]
    ) + up * math.sin(sun[1])
    picture = mix(picture, look.sun, look.glow * np.clip(to_sun, 0, 1) ** 12 * 0.6)
    plane = np.clip(1.0 / np.maximum(up + 0.12, 0.05), 0, 9)
    noise = fractal((512, 512), rng, 1.35, lowest=3)
    at = (np.stack((east * plane, north * plane), -1) * 40).astype(int) % 512
    cover = smooth(
        noise[at[..., 0], at[..., 1]], 1.0 - look.clouds * 0.62, 1.12 - look.clouds * 0.4
    )
    picture = mix(picture, look.cloud, 0.9 * cover * smooth(elevation, 0.0, 0.25))
    picture = mix(picture, look.sun, look.disc * smooth(to_sun, math.cos(0.045), math.cos(0.03)))
    around = ((azimuth / (2 * math.pi) + 0.5) * 2048).astype(int) % 2048
    outline = fractal((1, 2048), rng, 0.55, lowest=12)[0]
    broad = fractal((1, 2048), rng, 1.3, lowest=2)[0]
    tall = horizon.height
    deep = horizon.variation
    top = (tall + deep * (broad - 0.4) + horizon.raggedness * (outline - 0.5))[around]
    shade = fractal((256, 2048), rng, 0.5, lowest=20)
    row = np.clip(elevation / max(tall + deep, 1e-3) * 160 + 40, 0, 255).astype(int)
    texture = shade[row, around]
    trees = np.asarray(look.trees) * (0.55 + 0.9 * texture)[..., None]
    if horizon.near:
        trunks = smooth(fractal((1, 2048), rng, 0.15, lowest=60)[0], 0.56, 0.66)[around]
        trees = mix(trees, look.trunks, 0.75 * trunks * smooth(-elevation, -0.2, -0.08))
        gaps = smooth(texture + 0.3 * elevation, 0.66, 0.8) * smooth(elevation, 0.02, 0.3)
        trees = mix(trees, picture, 0.6 * gaps)
    picture = mix(picture, trees, smooth(top - elevation, -0.004, 0.006))
    picture = mix(picture, look.ground, smooth(-elevation, 0.0, 0.012))
    if look.haze > 0:
        picture = mix(
            picture, look.fog, np.clip(look.haze * (1.25 - np.clip(elevation, 0, 1.2)), 0, 1)
        )
    return to_bytes(picture).reshape(6 * SIZE, SIZE, 3)
