"""Implicit Euler with Newton's method: first order, stable for any step, also with a rate of 0."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .base import Terms, derivative, require_counts
from .semi_implicit import SemiImplicitEuler


@dataclass(frozen=True)
class ImplicitEuler:
    """Solve x' = x + h f(x') by Newton's method from a semi-implicit guess. Order 1.

    The number of iterations is fixed, so that the step stays one pure tensor function with a
    gradient.
    """

    steps: int = 6
    """Steps into which the elapsed time is divided, at least 1."""
    iterations: int = 3
    """Newton iterations in each step, at least 1."""

    def __post_init__(self) -> None:
        """Raise ValueError for a number of steps that is no whole number from 1 on."""
        require_counts(steps=self.steps, iterations=self.iterations)

    def advance(self, terms: Terms, state: Tensor, elapsed: Tensor) -> Tensor:
        """Return the state [B,S] after ``elapsed`` [B,1] s."""
        h = elapsed / self.steps
        identity = torch.eye(state.shape[1], dtype=state.dtype, device=state.device)
        for _ in range(self.steps):
            guess = SemiImplicitEuler(1).advance(terms, state, h)
            for _ in range(self.iterations):
                residual = guess - state - h * derivative(terms, guess)
                slope = identity - h[:, :, None] * jacobian(terms, guess)
                guess = guess - torch.linalg.solve(slope, residual)
            state = guess
        return state


def jacobian(terms: Terms, state: Tensor) -> Tensor:
    """Return d(dx/dt)/dx, [B,S,S] in 1/s, row = neuron, column = the neuron it depends on."""
    # Samples do not mix, so the derivative of the sum over the batch holds every sample's own rows
    rows: Tensor = torch.func.jacrev(lambda x: derivative(terms, x).sum(0))(state)
    return rows.permute(1, 0, 2)
