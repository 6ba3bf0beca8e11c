"""The published "fused" step: first order, implicit in the linear part, stable for any length."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from .base import Terms, require_counts

#: keeps 0/0 away where a neuron has no capacity and no time has passed; far below any real
#: capacity; the numba kernels have the same value
TINY = 1e-12


@dataclass(frozen=True)
class SemiImplicitEuler:
    """x' = (c x + h drive(x)) / (c + h rate(x)), ``unfolds`` times. Order 1.

    h = elapsed / unfolds. Hasani et al., "Liquid time-constant networks", AAAI 2021, algorithm 1.
    Written as an increment, so that zero elapsed time leaves the state exactly as it was.
    """

    unfolds: int = 6
    """Steps into which the elapsed time is divided, at least 1."""

    def __post_init__(self) -> None:
        """Raise ValueError for a number of steps that is no whole number from 1 on."""
        require_counts(unfolds=self.unfolds)

    def advance(self, terms: Terms, state: Tensor, elapsed: Tensor) -> Tensor:
        """Return the state [B,S] after ``elapsed`` [B,1] s."""
        h = elapsed / self.unfolds
        for _ in range(self.unfolds):
            drive, rate, capacity = terms(state)
            state = state + h * (drive - rate * state) / (capacity + h * rate + TINY)
        return state
