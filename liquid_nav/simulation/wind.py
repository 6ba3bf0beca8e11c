"""Wind that the embedded drone flies in: a mean drawn per flight and gusts with memory."""

from __future__ import annotations

import math

import numpy as np

GUST_TIME_CONSTANT = 1.5
"""s; a low-altitude turbulence length of a few metres at a few m/s."""


class Wind:
    """Horizontal mean wind plus an Ornstein-Uhlenbeck gust on each axis (vertical at a third of the
    strength).
    """

    def __init__(self, mean: tuple[float, float], gust: float, rng: np.random.Generator) -> None:
        """``mean``: range of the mean speed in m/s; ``gust``: standard deviation in m/s."""
        speed = rng.uniform(*mean)
        direction = rng.uniform(-math.pi, math.pi)
        self.mean = (speed * math.cos(direction), speed * math.sin(direction), 0.0)
        self.sigma = (gust, gust, gust / 3.0)
        self.rng = rng
        self.gust = [0.0, 0.0, 0.0]

    def velocity(self, dt: float) -> tuple[float, float, float]:
        """Advance by ``dt`` seconds and return the air velocity, ENU m/s."""
        keep = math.exp(-dt / GUST_TIME_CONSTANT)
        kick = math.sqrt(1.0 - keep * keep)
        noise = self.rng.standard_normal(3).tolist()
        self.gust = [
            keep * g + kick * s * n for g, s, n in zip(self.gust, self.sigma, noise, strict=True)
        ]
        east, north, up = (m + g for m, g in zip(self.mean, self.gust, strict=True))
        return east, north, up
