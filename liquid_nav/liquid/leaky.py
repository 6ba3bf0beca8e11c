"""The simple leaky liquid cell: one input-dependent, bounded rate of forgetting per neuron."""

from __future__ import annotations

import math
from typing import Callable

import torch
from torch import Tensor, nn

from .ode import ODECore
from .solvers import Solver, Terms


class LeakyLiquid(ODECore):
    """dx/dt = -alpha(x, u) x + tanh(Wx x + Wi u + b) / T, T the nominal period.

    alpha = low^(1-s) high^s with s = sigmoid(Ax x + Ai u + c), so time constants 1 / alpha always
    lie within ``time_constant`` seconds and |x| within its upper bound / T. The liquid idea of
    Hasani et al., "Liquid time-constant networks", AAAI 2021, without synapses.
    """

    def __init__(
        self,
        input_size: int,
        units: int,
        *,
        output_size: int | None = None,
        solver: Solver | None = None,
        nominal_period: float = 1 / 30,
        time_constant: tuple[float, float] | None = None,
    ) -> None:
        """Draw the weights; time constants are bound to 1.5 to 30 nominal periods unless given."""
        super().__init__(input_size, units, output_size, solver=solver)
        self.nominal_period = nominal_period
        self.bounds = time_constant or (1.5 * nominal_period, 30 * nominal_period)
        self.input_map = nn.Linear(input_size, 2 * units)
        self.recurrent = nn.Linear(units, 2 * units, bias=False)
        with torch.no_grad():
            self.recurrent.weight.mul_(nominal_period / self.bounds[1] ** 0.5)

    def hold(self, features: Tensor) -> Tensor:
        """Return the inputs' share of drive and rate, [...,2S]."""
        held: Tensor = self.input_map(features)
        return held

    def membrane(self) -> Callable[[Tensor], Terms]:
        """See ``ODECore.membrane``."""
        slow = -math.log(self.bounds[1])
        fast = -math.log(self.bounds[0])

        def under(held: Tensor) -> Terms:
            def terms(x: Tensor) -> tuple[Tensor, Tensor, float]:
                drive, gate = (held + self.recurrent(x)).chunk(2, dim=-1)
                alpha = torch.exp(slow + torch.sigmoid(gate) * (fast - slow))
                return torch.tanh(drive) / self.nominal_period, alpha, 1.0

            return terms

        return under
