"""The classical Runge-Kutta method: fourth order, for smooth problems that are not stiff."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from .base import Terms, derivative, require_counts


@dataclass(frozen=True)
class RK4:
    """Four evaluations a step, ``steps`` times with h = elapsed / steps. Order 4."""

    steps: int = 1
    """Steps into which the elapsed time is divided, at least 1."""

    def __post_init__(self) -> None:
        """Raise ValueError for a number of steps that is no whole number from 1 on."""
        require_counts(steps=self.steps)

    def advance(self, terms: Terms, state: Tensor, elapsed: Tensor) -> Tensor:
        """Return the state [B,S] after ``elapsed`` [B,1] s."""
        h = elapsed / self.steps
        for _ in range(self.steps):
            k1 = derivative(terms, state)
            k2 = derivative(terms, state + 0.5 * h * k1)
            k3 = derivative(terms, state + 0.5 * h * k2)
            k4 = derivative(terms, state + h * k3)
            state = state + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
        return state
