"""What a solver advances: a membrane equation ``capacity * dx/dt = drive(x) - rate(x) * x``.

Splitting off the part that is linear in x is what lets the (semi-)implicit solvers treat it
implicitly. A general ODE dx/dt = f(x) has capacity 1, drive f and rate 0.
"""

from __future__ import annotations

from typing import Callable, Protocol

from torch import Tensor

#: x [B,S] -> (drive [B,S], rate [B,S] or 0, capacity [S] or 1)
Terms = Callable[[Tensor], tuple[Tensor, Tensor | float, Tensor | float]]


class Solver(Protocol):
    """Advances a state by a real time, [B,1] seconds, under a held input."""

    def advance(self, terms: Terms, state: Tensor, elapsed: Tensor) -> Tensor:
        """Return the state [B,S] after ``elapsed`` [B,1] s."""


def require_counts(**counts: int) -> None:
    """Raise ValueError unless all are whole numbers from 1 on; 0 steps would hold the state."""
    for name, count in counts.items():
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise ValueError(f"{name} is {count!r}, expected a whole number from 1 on")


def derivative(terms: Terms, state: Tensor) -> Tensor:
    """Return dx/dt [B,S] in 1/s."""
    drive, rate, capacity = terms(state)
    return (drive - rate * state) / capacity
