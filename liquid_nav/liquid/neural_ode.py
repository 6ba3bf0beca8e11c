"""The neural ODE: a small network is the right-hand side."""

from __future__ import annotations

from typing import Callable

import torch
from torch import Tensor, nn

from .ode import ODECore
from .solvers import RK4, Solver, Terms


class NeuralODE(ODECore):
    """dx/dt = (V tanh(W x + U u + b) + c) / T with T the nominal period. No leak, hence no time
    constants.

    Driven by a held input. Source: Chen et al., "Neural ordinary differential equations", NeurIPS
    2018.
    """

    def __init__(
        self,
        input_size: int,
        units: int,
        *,
        hidden: int = 64,
        output_size: int | None = None,
        solver: Solver | None = None,
        nominal_period: float = 1 / 30,
    ) -> None:
        """Draw the weights; one RK4 step by default."""
        super().__init__(input_size, units, output_size, solver=solver or RK4(1))
        self.nominal_period = nominal_period
        self.input_map = nn.Linear(input_size, hidden)
        self.recurrent = nn.Linear(units, hidden, bias=False)
        self.out = nn.Linear(hidden, units)
        with torch.no_grad():
            self.out.weight.mul_(0.1)

    def hold(self, features: Tensor) -> Tensor:
        """Return the inputs' share of the hidden layer [...,H]."""
        held: Tensor = self.input_map(features)
        return held

    def membrane(self) -> Callable[[Tensor], Terms]:
        """See ``ODECore.membrane``."""
        return lambda held: (
            lambda x: (self.out(torch.tanh(held + self.recurrent(x))), 0.0, self.nominal_period)
        )
