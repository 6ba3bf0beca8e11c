"""Procedural textures: uint8 [H, W, 3] from NumPy noise. Row 0 is v = 0 (the lower edge)."""

import numpy as np
from numpy.typing import NDArray

Colour = tuple[float, float, float]


def fractal(
    shape: tuple[int, int],
    rng: np.random.Generator,
    power: float = 1.0,
    stretch: tuple[float, float] = (1, 1),
    lowest: float = 1.0,
) -> np.ndarray:
    """Return tileable noise in [0, 1] with a spectrum 1/f^power; ``stretch`` > 1 draws it out along
    that axis.
    """
    fy = np.fft.fftfreq(shape[0])[:, None] * shape[0] * stretch[0]
    fx = np.fft.rfftfreq(shape[1])[None] * shape[1] * stretch[1]
    f = np.hypot(fy, fx)
    weight = np.where(f >= lowest, 1.0 / np.maximum(f, 1.0) ** power, 0.0)
    field = np.fft.irfft2(np.fft.rfft2(rng.standard_normal(shape)) * weight, shape)
    noise: NDArray[np.float64] = np.clip(0.5 + field / (5.0 * field.std()), 0.0, 1.0)
    return noise


def ramp(values: np.ndarray, *colours: Colour) -> np.ndarray:
    """Map [0, 1] to a gradient through the colours; float [H, W, 3]."""
    stops = np.linspace(0, 1, len(colours))
    return np.stack([np.interp(values, stops, [c[i] for c in colours]) for i in range(3)], -1)


def mix(a: np.ndarray, b: np.ndarray | Colour, share: np.ndarray) -> np.ndarray:
    """Blend a towards b by ``share`` [H, W]."""
    blended: NDArray[np.float64] = a + (np.asarray(b) - a) * share[..., None]
    return blended


def smooth(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Smooth step from 0 at ``low`` to 1 at ``high``."""
    t = np.clip((values - low) / (high - low), 0, 1)
    stepped: NDArray[np.float64] = t * t * (3 - 2 * t)
    return stepped


def to_bytes(picture: np.ndarray) -> NDArray[np.uint8]:
    """Return uint8 of floats in [0, 1]."""
    pixels: NDArray[np.uint8] = (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)
    return pixels


def leaves(
    rng: np.random.Generator,
    colour: Colour,
    snow: float = 0.0,
    dots: Colour | None = None,
    size: int = 128,
) -> np.ndarray:
    """Foliage, dark below and bright above; ``dots``: berries of that colour."""
    c = np.asarray(colour)
    fine = fractal((size, size), rng, 0.35, lowest=6)
    coarse = fractal((size, size), rng, 1.2, lowest=2)
    values = np.clip(0.62 * fine + 0.5 * coarse, 0, 1)
    picture = ramp(
        values,
        tuple(c * 0.18),
        tuple(c * 0.5),
        tuple(c * 0.85),
        tuple(c * 1.15 + 0.03),
        tuple(c * 1.5 + np.array((0.1, 0.09, 0.0))),
    )
    height = np.linspace(0, 1, size)[:, None, None]
    picture = picture * (0.72 + 0.5 * height**0.8)
    if dots is not None:
        spots = fractal((size, size), rng, 0.2, lowest=10)
        picture = mix(picture, dots, smooth(spots, 0.8, 0.84))
    if snow > 0:
        picture = mix(
            picture,
            (0.9, 0.92, 0.96),
            snow * smooth(coarse + 0.5 * (height[..., 0] - 0.4), 0.42, 0.62),
        )
    return to_bytes(picture)


def bark(
    rng: np.random.Generator, colour: Colour, depth: float = 0.6, moss: float = 0.0
) -> np.ndarray:
    """Furrowed bark; ``depth`` of the furrows 0..1, ``moss`` greens it."""
    c = np.asarray(colour)
    furrow = fractal((128, 64), rng, 0.8, (3.5, 0.6), lowest=3)
    grain = fractal((128, 64), rng, 0.3, lowest=4)
    values = np.clip(0.5 + depth * 1.6 * (furrow - 0.5) + 0.5 * (grain - 0.5), 0, 1)
    picture = ramp(values, tuple(c * 0.3), tuple(c * 0.8), tuple(c * 1.15), tuple(c * 1.4))
    if moss:
        picture = mix(
            picture, (0.28, 0.36, 0.14), moss * smooth(fractal((128, 64), rng, 1.4), 0.5, 0.75)
        )
    return to_bytes(picture)


def birch_bark(rng: np.random.Generator) -> np.ndarray:
    """White bark with dark bands and scars."""
    picture = ramp(
        fractal((256, 128), rng, 0.9, (1.2, 0.5)),
        (0.68, 0.66, 0.62),
        (0.85, 0.84, 0.8),
        (0.95, 0.94, 0.9),
    )
    lines = fractal((256, 128), rng, 0.75, (0.4, 3.5), lowest=3)
    scars = fractal((256, 128), rng, 1.1, (0.8, 1.6), lowest=4)
    picture = mix(picture, (0.16, 0.14, 0.13), 0.85 * smooth(lines, 0.66, 0.74))
    return to_bytes(mix(picture, (0.08, 0.07, 0.07), smooth(scars, 0.78, 0.83)))


def straw(rng: np.random.Generator, snow: float = 0.0) -> np.ndarray:
    """Pressed straw, fibres along u."""
    fibre = fractal((128, 128), rng, 0.45, (0.6, 3.0), lowest=4)
    coarse = fractal((128, 128), rng, 1.2)
    picture = ramp(
        np.clip(0.75 * fibre + 0.35 * coarse - 0.05, 0, 1),
        (0.32, 0.24, 0.1),
        (0.66, 0.53, 0.25),
        (0.85, 0.73, 0.42),
        (0.96, 0.88, 0.6),
    )
    return to_bytes(mix(picture, (0.92, 0.94, 0.97), np.full((128, 128), snow)))


def straw_end(rng: np.random.Generator) -> np.ndarray:
    """The rolled end of a round bale."""
    y, x = np.mgrid[-1:1:128j, -1:1:128j]
    radius = np.hypot(x, y)
    angle = np.arctan2(y, x)
    rings = 0.5 + 0.5 * np.sin(
        2 * np.pi * (radius * 7 + angle / (2 * np.pi)) + 2 * fractal((128, 128), rng, 1.0)
    )
    values = np.clip(
        0.3 + 0.35 * rings + 0.5 * (fractal((128, 128), rng, 0.3, lowest=6) - 0.4), 0, 1
    )
    return to_bytes(ramp(values, (0.28, 0.2, 0.09), (0.6, 0.47, 0.22), (0.85, 0.73, 0.43)))


def rock(rng: np.random.Generator, snow: float = 0.0, moss: float = 0.7) -> np.ndarray:
    """Grey stone, moss (or snow) on top."""
    values = np.clip(
        0.6 * fractal((128, 128), rng, 0.9) + 0.4 * fractal((128, 128), rng, 0.3, lowest=8), 0, 1
    )
    picture = ramp(values, (0.2, 0.2, 0.19), (0.42, 0.41, 0.39), (0.62, 0.61, 0.58))
    height = np.linspace(0, 1, 128)[:, None]
    cover = smooth(height + 0.7 * (fractal((128, 128), rng, 1.2) - 0.5), 0.5, 0.75)
    green = ramp(values, (0.12, 0.18, 0.05), (0.32, 0.4, 0.14))
    picture = mix(picture, green, moss * cover)
    return to_bytes(mix(picture, (0.93, 0.95, 0.98), snow * cover))


def rust(rng: np.random.Generator) -> np.ndarray:
    """Rusty painted metal."""
    values = np.clip(fractal((64, 64), rng, 0.9), 0, 1)
    picture = ramp(values, (0.2, 0.1, 0.06), (0.42, 0.2, 0.1), (0.5, 0.3, 0.17), (0.3, 0.34, 0.36))
    rows = (np.arange(64) % 21 < 2)[:, None] * np.ones((1, 64))
    return to_bytes(mix(picture, (0.18, 0.1, 0.07), 0.7 * rows))


def forest_floor(rng: np.random.Generator, season: str, size: int = 1024) -> np.ndarray:
    """Soil, leaf litter, moss and flecks of sun; one tile is ``size`` pixels of about 3 cm."""
    shape = (size, size)
    fine = fractal(shape, rng, 0.25, lowest=40)
    middle = fractal(shape, rng, 0.9, lowest=6)
    large = fractal(shape, rng, 1.5, lowest=2)
    if season == "winter":
        picture = ramp(
            np.clip(0.4 * fine + 0.6 * middle, 0, 1),
            (0.7, 0.74, 0.82),
            (0.87, 0.89, 0.94),
            (0.95, 0.96, 0.98),
        )
        litter = smooth(0.55 * large + 0.35 * middle + 0.3 * fine, 0.72, 0.8)
        return to_bytes(mix(picture, (0.42, 0.34, 0.26), 0.75 * litter))
    if season == "autumn":
        soil = ramp(fine, (0.16, 0.1, 0.05), (0.42, 0.25, 0.1), (0.66, 0.4, 0.13), (0.82, 0.6, 0.2))
        moss = ramp(fine, (0.2, 0.16, 0.06), (0.4, 0.33, 0.12), (0.55, 0.42, 0.16))
    else:
        soil = ramp(fine, (0.13, 0.1, 0.06), (0.3, 0.23, 0.14), (0.44, 0.34, 0.2), (0.6, 0.48, 0.3))
        moss = ramp(fine, (0.1, 0.15, 0.04), (0.24, 0.33, 0.1), (0.4, 0.5, 0.18))
    picture = mix(soil, moss, smooth(0.7 * large + 0.3 * middle, 0.44, 0.58))
    flecks = smooth(fractal(shape, rng, 1.1, lowest=12), 0.6, 0.7) * smooth(
        fractal(shape, rng, 1.6, lowest=2), 0.35, 0.6
    )
    picture = picture * (1.02 + 0.55 * flecks)[..., None]
    return to_bytes(picture * (0.8 + 0.4 * large)[..., None])


def meadow_texture(rng: np.random.Generator, season: str, size: int = 1024) -> np.ndarray:
    """A mown hay field with swaths; one tile is ``size`` pixels of about 3 cm."""
    shape = (size, size)
    fine = fractal(shape, rng, 0.3, (1.6, 0.6), lowest=30)
    middle = fractal(shape, rng, 0.9, lowest=6)
    large = fractal(shape, rng, 1.5, lowest=2)
    if season == "winter":
        picture = ramp(
            np.clip(0.3 * fine + 0.7 * middle, 0, 1),
            (0.74, 0.78, 0.85),
            (0.89, 0.91, 0.95),
            (0.96, 0.97, 0.99),
        )
        return to_bytes(
            mix(picture, (0.6, 0.53, 0.38), 0.6 * smooth(0.6 * large + 0.5 * fine, 0.64, 0.72))
        )
    if season == "autumn":
        green = ramp(fine, (0.2, 0.17, 0.06), (0.4, 0.34, 0.13), (0.58, 0.5, 0.22))
        dry = ramp(fine, (0.28, 0.2, 0.09), (0.5, 0.38, 0.18), (0.68, 0.55, 0.3))
    else:
        green = ramp(fine, (0.13, 0.18, 0.05), (0.31, 0.38, 0.12), (0.48, 0.54, 0.2))
        dry = ramp(fine, (0.3, 0.27, 0.11), (0.56, 0.5, 0.24), (0.74, 0.67, 0.38))
    bands = 0.5 + 0.5 * np.sin(
        2 * np.pi * (8 * np.arange(size)[None] / size + 0.25 * (large - 0.5))
    )
    return to_bytes(
        mix(green, dry, smooth(0.55 * large + 0.3 * middle + 0.25 * bands, 0.42, 0.7))
        * (0.98 + 0.3 * large)[..., None]
    )


def wood(rng: np.random.Generator) -> np.ndarray:
    """Weathered grey-brown timber."""
    values = fractal((64, 64), rng, 0.7, (4.0, 0.5), lowest=3)
    return to_bytes(ramp(values, (0.2, 0.16, 0.12), (0.42, 0.36, 0.29), (0.58, 0.52, 0.44)))


def blades(rng: np.random.Generator, low: Colour, high: Colour) -> np.ndarray:
    """Grass: from the colour at the root to that at the tip, shades along u."""
    height = np.linspace(0, 1, 32)[:, None]
    shade = 0.75 + 0.5 * rng.random((1, 32))
    return to_bytes(ramp(height * np.ones((1, 32)), low, high) * shade[..., None])
