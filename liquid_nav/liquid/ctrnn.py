"""The continuous-time recurrent network: leaky neurons with learned, fixed time constants."""

from __future__ import annotations

import math
from typing import Callable

import torch
from torch import Tensor, nn

from .ode import ODECore
from .solvers import Solver, Terms


class CTRNN(ODECore):
    """tau dx/dt = -x + W tanh(x) + U u + b, tau > 0 learned per neuron.

    Source: Funahashi and Nakamura, "Approximation of dynamical systems by continuous time recurrent
    neural networks", Neural Networks 6, 1993.
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
        """Draw weights and log-uniform time constants.

        ``time_constant``: their bounds in s; 1.5 to 30 nominal periods by default.
        """
        super().__init__(input_size, units, output_size, solver=solver)
        self.bounds = time_constant or (1.5 * nominal_period, 30 * nominal_period)
        low, high = (math.log(bound) for bound in self.bounds)
        self.log_tau = nn.Parameter(low + torch.rand(units) * (high - low))
        self.input_map = nn.Linear(input_size, units)
        self.recurrent = nn.Linear(units, units, bias=False)
        nn.init.orthogonal_(self.recurrent.weight)

    def hold(self, features: Tensor) -> Tensor:
        """Return the inputs' share of the drive [...,S]."""
        held: Tensor = self.input_map(features)
        return held

    def membrane(self) -> Callable[[Tensor], Terms]:
        """See ``ODECore.membrane``."""
        tau = self.log_tau.exp()
        one = torch.ones_like(tau)
        return lambda held: lambda x: (held + self.recurrent(torch.tanh(x)), one, tau)

    @torch.no_grad()
    def clamp_(self) -> None:
        """Keep the time constants within a factor of ten of their initial range."""
        low, high = self.bounds
        self.log_tau.clamp_(math.log(low / 10), math.log(high * 10))
