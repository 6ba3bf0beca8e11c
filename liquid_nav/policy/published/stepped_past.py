"""Dormand-Prince 5(4) that steps past the end of the interval and interpolates back.

The rules (error measure, step control, interpolation) are those of ``tfp.math.ode.DormandPrince``,
because a network trained through a coarse solver has learned the solver's error too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

import torch
from torch import Tensor

STAGES = (
    (1 / 5,),
    (3 / 40, 9 / 40),
    (44 / 45, -56 / 15, 32 / 9),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
)
"""Dormand and Prince, "A family of embedded Runge-Kutta formulae", 1980."""
ERROR = (
    1951 / 21600 - 35 / 384,
    0.0,
    22642 / 50085 - 500 / 1113,
    451 / 720 - 125 / 192,
    2187 / 6784 - 12231 / 42400,
    649 / 6300 - 11 / 84,
    1 / 60,
)
MIDDLE = (
    6025192743 / 30085553152 / 2,
    0.0,
    51252292925 / 65400821598 / 2,
    -2691868925 / 45128329728 / 2,
    187940372067 / 1594534317056 / 2,
    -1776094331 / 19743644256 / 2,
    11237099 / 235043384 / 2,
)
"""Shampine, "Some practical Runge-Kutta formulas", Mathematics of Computation 46, 1986."""


@dataclass(frozen=True)
class SteppedPast:
    """Order 5 with error control, every sequence with its own steps.

    Gradients pass, but not through the step sizes.
    """

    rtol: float = 0.01
    """Relative tolerance of the error of a step, as a fraction of the state."""
    atol: float = 1e-4
    """Absolute tolerance of the error of a step, in the unit of the state."""
    first: float = 0.01
    """Length of the first step, in the unit of the elapsed time."""
    safety: float = 0.8
    """Factor, below 1, on the step length that the error would just allow."""
    least: float = 0.1
    """Least factor from one step's length to the next."""
    most: float = 10.0
    """Greatest factor from one step's length to the next."""
    limit: int = 1000
    """Steps, rejected ones included, after which ArithmeticError is raised."""

    def advance(
        self, function: Callable[[Tensor], Tensor], state: Tensor, elapsed: Tensor
    ) -> Tensor:
        """Return the state [B,S] after ``elapsed`` [B,1] of dx/dt = ``function(x)``.

        Raises:
            ArithmeticError: no end after ``limit`` steps.
        """
        y = state
        f = function(state)
        begin = torch.zeros_like(elapsed)
        now = torch.zeros_like(elapsed)
        step = torch.full_like(elapsed, self.first)
        polynomial = [torch.zeros_like(y)] * 4 + [y]
        for _ in range(self.limit):
            open_ = now <= elapsed
            if not bool(open_.any()):
                share = (elapsed - begin) / (now - begin)
                result = polynomial[0]
                for coefficient in polynomial[1:]:
                    result = result * share + coefficient
                return result
            after, slopes = self._step(function, y, f, step)
            with torch.no_grad():
                ratio = self._error(y, after, slopes, step)
                taken = open_ & (ratio <= 1.0)
                factor = (self.safety * ratio ** (-1 / 6)).clamp(self.least, self.most)
            fitted = _fit(y, after, slopes, step)
            polynomial = [
                torch.where(taken, new, old) for new, old in zip(fitted, polynomial, strict=True)
            ]
            begin = torch.where(taken, now, begin)
            now = torch.where(taken, now + step, now)
            y = torch.where(taken, after, y)
            f = torch.where(taken, slopes[-1], f)
            step = torch.where(open_, step * factor, step)
        raise ArithmeticError(
            f"no solution after {self.limit} steps: the weights are damaged or the time is absurd"
        )

    def _step(
        self, function: Callable[[Tensor], Tensor], y: Tensor, f: Tensor, step: Tensor
    ) -> tuple[Tensor, list[Tensor]]:
        slopes = [f]
        after = y
        for weights in STAGES:
            after = y + step * _sum(weights, slopes)
            slopes.append(function(after))
        return after, slopes

    def _error(self, y: Tensor, after: Tensor, slopes: list[Tensor], step: Tensor) -> Tensor:
        """Return the root mean square of the squared relative errors, [B,1], as TensorFlow does."""
        tolerance = self.atol + self.rtol * torch.maximum(y.abs(), after.abs())
        return ((step * _sum(ERROR, slopes) / tolerance) ** 4).mean(dim=1, keepdim=True).sqrt()


def _sum(weights: tuple[float, ...], slopes: list[Tensor]) -> Tensor:
    total = sum(weight * slope for weight, slope in zip(weights, slopes, strict=True) if weight)
    assert isinstance(total, Tensor)  # each row of the tables has a weight that is not 0
    return total


def _fit(y: Tensor, after: Tensor, slopes: list[Tensor], step: Tensor) -> list[Tensor]:
    """Return the coefficients, highest power first, of a quartic.

    It passes through both ends, with their slopes, and the middle.
    """
    middle = y + step * _sum(MIDDLE, slopes)
    f0 = step * slopes[0]
    f1 = step * slopes[-1]
    return [
        2.0 * (f1 - f0) - 8.0 * (y + after) + 16.0 * middle,
        5.0 * f0 - 3.0 * f1 + 18.0 * y + 14.0 * after - 32.0 * middle,
        f1 - 4.0 * f0 - 11.0 * y - 5.0 * after + 16.0 * middle,
        f0,
        y,
    ]
