"""Explicit Euler: first order, unstable for a step longer than twice a time constant."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from .base import Terms, derivative, require_counts


@dataclass(frozen=True)
class ExplicitEuler:
    """x' = x + h f(x), ``steps`` times with h = elapsed / steps. Order 1."""

    steps: int = 6
    """Steps into which the elapsed time is divided, at least 1."""

    def __post_init__(self) -> None:
        """Raise ValueError for a number of steps that is no whole number from 1 on."""
        require_counts(steps=self.steps)

    def advance(self, terms: Terms, state: Tensor, elapsed: Tensor) -> Tensor:
        """Return the state [B,S] after ``elapsed`` [B,1] s."""
        h = elapsed / self.steps
        for _ in range(self.steps):
            state = state + h * derivative(terms, state)
        return state
