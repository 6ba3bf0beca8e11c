"""The GRU-ODE: the gated recurrent unit taken to continuous time."""

from __future__ import annotations

from typing import Callable

import torch
from torch import Tensor, nn

from .ode import ODECore
from .solvers import Solver, Terms


class GRUODE(ODECore):
    """T dh/dt = (1 - z) (g - h), gates z, r and candidate g as in the GRU, T the nominal period.

    Source: De Brouwer et al., "GRU-ODE-Bayes", NeurIPS 2019. |h| stays within 1 once it is there,
    and the time constants are T / (1 - z).
    """

    def __init__(
        self,
        input_size: int,
        units: int,
        *,
        output_size: int | None = None,
        solver: Solver | None = None,
        nominal_period: float = 1 / 30,
    ) -> None:
        """Draw the weights."""
        super().__init__(input_size, units, output_size, solver=solver)
        self.nominal_period = nominal_period
        self.input_map = nn.Linear(input_size, 3 * units)
        self.gates = nn.Linear(units, 2 * units, bias=False)
        self.candidate = nn.Linear(units, units, bias=False)

    def hold(self, features: Tensor) -> Tensor:
        """Return the inputs' share of reset, update and candidate, [...,3S]."""
        held: Tensor = self.input_map(features)
        return held

    def membrane(self) -> Callable[[Tensor], Terms]:
        """See ``ODECore.membrane``."""
        units = self.state_size

        def under(held: Tensor) -> Terms:
            def terms(h: Tensor) -> tuple[Tensor, Tensor, float]:
                reset, update = torch.sigmoid(held[:, : 2 * units] + self.gates(h)).chunk(2, dim=-1)
                candidate = torch.tanh(held[:, 2 * units :] + self.candidate(reset * h))
                return (1.0 - update) * candidate, 1.0 - update, self.nominal_period

            return terms

        return under
