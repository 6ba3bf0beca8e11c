"""The published continuous-time recurrent network, with the solver that it was trained through."""

from __future__ import annotations

from typing import Callable

import torch
from torch import Tensor, nn

from liquid_nav.liquid import Core
from liquid_nav.policy.published.stepped_past import SteppedPast


class PublishedCTRNN(Core):
    """dx/dt = s tanh(W x + U u + b) - x with a learned scale s per neuron, and a linear head.

    Its accuracy is the solver's (one per cent), so the solver belongs to the network: another one
    gives commands that differ by up to 0.005.
    """

    def __init__(self, input_size: int, units: int, *, output_size: int) -> None:
        """Draw the weights."""
        super().__init__(input_size, units, output_size)
        self.input_map = nn.Linear(input_size, units)
        self.recurrent = nn.Linear(units, units, bias=False)
        self.scale = nn.Parameter(torch.ones(units))
        self.head = nn.Linear(units, output_size)
        self.solver = SteppedPast()

    def forward(self, features: Tensor, state: Tensor, elapsed: Tensor) -> tuple[Tensor, Tensor]:
        """Advance over T inputs, elapsed [B,T]; return outputs [B,T,O] and the new state [B,S]."""
        self.check(features, state, elapsed)
        held = self.input_map(features)
        states = []
        for t in range(features.shape[1]):
            state = self.solver.advance(self._derivative(held[:, t]), state, elapsed[:, t, None])
            states.append(state)
        return self.head(torch.stack(states, dim=1)), state

    def _derivative(self, held: Tensor) -> Callable[[Tensor], Tensor]:
        return lambda x: self.scale * torch.tanh(held + self.recurrent(x)) - x
