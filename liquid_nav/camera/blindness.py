"""Whether a picture shows anything: a covered, dark, overexposed or blurred-out camera shows noise.

The picture is averaged over blocks, once from its even and once from its odd rows. What counts is
how much the brightness bends from block to block (second difference), multiplied between the two
averages: structure is in both, the noise of single pixels is not, so that it cancels out. Slow
changes (vignetting, light that leaks past a cover) hardly bend. Two block sizes are used, because
noise that a camera has smoothed over a few pixels survives in small blocks.

Measured at 256 x 144: 1,710 rendered pictures of forest and field in summer, autumn, winter, fog
and dusk, with the conditions' noise, of six layouts with seeds below 10,000, pitch up to 30
degrees, among them trunks from 15 cm and the ground from 20 cm; and pictures that show nothing,
uniform at eight levels of brightness from 0 to 255, with noise of a standard deviation in levels:

===============================================  =====  ======
pictures                                          fine  coarse
===============================================  =====  ======
rendered: median                                  22.4    24.4
rendered: lowest hundredth                         7.0     7.8
rendered: least (ground at dusk, snow, 20 cm)      3.6     4.3
least of 12 flights in fog, dusk and winter        9.2     8.8
limit: blind below one of them                     1.8     2.4
noise of 1 to 12 in each pixel: most               1.0     0.9
noise of 20 in each pixel: most                    2.0     1.3
noise of 4 smoothed over 1 pixel: most             2.5     1.5
noise of 6 smoothed over 1 pixel: most             3.8     2.3
===============================================  =====  ======

Rendered pictures blurred over 4 pixels (standard deviation) and with noise of 4 on them all count
as seeing, over 12 pixels three in four, over 24 pixels one in a hundred, over 32 none. Of 300
pictures with the nose up or down by 45 to 90 degrees, 15 count as blind: nothing but fog, or
nothing but sky at dusk.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

FINE = (32, 18)
"""Small blocks across and down; a large block is four of them."""
FINE_LIMIT = 1.8
"""Contrast between small blocks, in levels of 0 to 255, below which nothing is seen."""
COARSE_LIMIT = 2.4
"""Contrast between large blocks, in levels of 0 to 255, below which nothing is seen."""
LEAST = 3
"""Blocks in a row that a second difference needs."""
BLACK = 25.0
"""Mean brightness, 0 to 255, below which a picture without contrast is called black."""
WHITE = 230.0
"""Mean brightness, 0 to 255, above which a picture without contrast is called white."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What a picture shows."""

    fine: float
    """Contrast between small blocks, levels of 0 to 255; infinite: too small to be judged."""
    coarse: float
    """Contrast between large blocks, levels of 0 to 255; infinite: too small to be judged."""
    mean: float
    """Mean brightness, 0 to 255."""

    @property
    def blind(self) -> bool:
        """Whether there is no contrast that could be used."""
        return self.fine < FINE_LIMIT or self.coarse < COARSE_LIMIT

    @property
    def text(self) -> str:
        """What a blind picture looks like."""
        if self.mean < BLACK:
            return "black: is the lens covered, is there light?"
        if self.mean > WHITE:
            return "white: is it overexposed?"
        return "without contrast: is the lens covered or fogged, is it out of focus?"


def look(pixels: np.ndarray) -> Sight:
    """Measure a picture, uint8 [H,W,3] RGB; one too small to be judged has infinite contrast."""
    height, width, _ = pixels.shape
    # A large picture has more pixels than it takes.
    skip = max(1, min(height // 144, width // 256))
    grey = cv2.cvtColor(np.ascontiguousarray(pixels[::skip, ::skip]), cv2.COLOR_RGB2GRAY)
    mean = float(grey.mean())
    rows, columns = grey.shape
    across = min(FINE[0], columns // 2)
    down = min(FINE[1], rows // 4)
    if across // 2 < LEAST or down // 2 < LEAST:
        return Sight(float("inf"), float("inf"), mean)
    halves = [_averaged(grey[start::2].astype(np.float32), across, down) for start in (0, 1)]
    fine = _contrast(*halves)
    coarse = _contrast(*(_averaged(half, across // 2, down // 2) for half in halves))
    return Sight(fine, coarse, mean)


def _averaged(grey: np.ndarray, across: int, down: int) -> np.ndarray:
    return cv2.resize(grey, (across, down), interpolation=cv2.INTER_AREA)


def _contrast(first: np.ndarray, second: np.ndarray) -> float:
    """Return the root of the mean product of the second differences of two averages."""
    products = [
        float(np.mean(np.diff(first, 2, axis=axis) * np.diff(second, 2, axis=axis)))
        for axis in (0, 1)
    ]
    contrast: float = max(0.0, sum(products) / len(products)) ** 0.5
    return contrast
