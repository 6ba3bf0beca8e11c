"""Adaptive Dormand-Prince 5(4) through ``torchdiffeq``, to a given accuracy, adjoint or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from .base import Terms, derivative

if TYPE_CHECKING:
    from liquid_nav.liquid.ode import ODECore


@dataclass(frozen=True)
class DormandPrince:
    """Order 5 with error control.

    Every sample has its own elapsed time, so the integration runs over the unit interval with dx/ds
    = elapsed * f(x). Steps depend on values: not for export.
    """

    rtol: float = 1e-5
    """Relative tolerance of the error of a step, as a fraction of the state."""
    atol: float = 1e-7
    """Absolute tolerance of the error of a step, in the unit of the state."""
    adjoint: bool = False
    """Whether gradients are found by a second integration instead of storing the first."""

    def advance(self, terms: Terms, state: Tensor, elapsed: Tensor) -> Tensor:
        """Return the state [B,S] after ``elapsed`` [B,1] s; the adjoint needs the terms of an ODE
        core.
        """
        from torchdiffeq import odeint, odeint_adjoint

        interval = torch.tensor([0.0, 1.0], dtype=state.dtype, device=state.device)
        options = {"method": "dopri5", "rtol": self.rtol, "atol": self.atol}
        if not self.adjoint:
            states: Tensor = odeint(
                lambda _, x: elapsed * derivative(terms, x), state, interval, **options
            )
            return states[-1]
        if not (hasattr(terms, "core") and hasattr(terms, "held")):
            raise TypeError(
                "the adjoint needs the terms of an ODE core; use adjoint=False for a plain function"
            )
        start = (state, terms.held, elapsed)
        parts: tuple[Tensor, ...] = odeint_adjoint(_Field(terms.core), start, interval, **options)
        return parts[0][-1]


class _Field(nn.Module):
    """The equation with input and elapsed time as constant parts of the state, so that gradients
    reach them.
    """

    def __init__(self, core: ODECore) -> None:
        super().__init__()
        self.core = core

    def forward(
        self, _: Tensor, parts: tuple[Tensor, Tensor, Tensor]
    ) -> tuple[Tensor, Tensor, Tensor]:
        state, held, elapsed = parts
        rate_of_change = elapsed * derivative(self.core.membrane()(held), state)
        return rate_of_change, torch.zeros_like(held), torch.zeros_like(elapsed)
