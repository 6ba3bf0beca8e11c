"""How a velocity estimate is wrong: what a simulated GPS or a barometer does to an autopilot's
estimator.

A drone that holds a commanded velocity by such an estimate flies another one: it slides sideways
and sinks or climbs. Only its camera can reveal that.
"""

from __future__ import annotations

import math

import numpy as np

from liquid_nav.worlds import DriftSpec


class EstimatorDrift:
    """The error of one drone's velocity estimate, estimated minus true, ENU m/s.

    Constant for a flight: of the given size, in a direction drawn by seed. Wandering: on each axis
    an Ornstein-Uhlenbeck process whose standard deviation is that size.
    """

    def __init__(self, spec: DriftSpec, rng: np.random.Generator) -> None:
        """``rng``: for the direction, and for the wandering."""
        self._spec = spec
        self._rng = rng
        self._sigma = (spec.velocity, spec.velocity, spec.vertical)
        self.error: tuple[float, float, float]
        if spec.wander > 0.0:
            east, north, up = (size * float(rng.standard_normal()) for size in self._sigma)
            self.error = (east, north, up)
        else:
            direction = float(rng.uniform(-math.pi, math.pi))
            sign = 1.0 if rng.random() < 0.5 else -1.0
            self.error = (
                spec.velocity * math.cos(direction),
                spec.velocity * math.sin(direction),
                spec.vertical * sign,
            )

    def advance(self, dt: float) -> None:
        """Let ``dt`` s pass."""
        if self._spec.wander <= 0.0:
            return
        keep = math.exp(-dt / self._spec.wander)
        kick = math.sqrt(1.0 - keep * keep)
        noise = self._rng.standard_normal(3).tolist()
        east, north, up = (
            keep * error + kick * size * n
            for error, size, n in zip(self.error, self._sigma, noise, strict=True)
        )
        self.error = (east, north, up)
