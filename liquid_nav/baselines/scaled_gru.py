"""A GRU whose update is scaled by the elapsed time."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from liquid_nav.liquid import Core

from .timed import readout


class ScaledGRU(Core):
    """A GRU whose update gate is the share that is kept in one nominal period T.

    h' = n + z^(dt / T) (h - n), with the update gate z and the candidate n of Cho et al. (2014):
    the solution of dh/dt = (ln z / T) (h - n) for gates and candidate that stay as they were at the
    beginning. At dt = T it is the GRU of torch, and no time at all changes nothing. Two steps of
    dt1 and dt2 do not equal one of dt1 + dt2, because gates and candidate are computed again
    between them.
    """

    def __init__(
        self,
        input_size: int,
        units: int,
        *,
        output_size: int | None = None,
        nominal_period: float = 1 / 30,
    ) -> None:
        """Draw the weights; without ``output_size`` the hidden state is the output."""
        super().__init__(input_size, units, output_size or units)
        self.nominal_period = nominal_period
        self.cell = nn.GRUCell(input_size, units)
        self.head = readout(units, output_size)

    def forward(self, features: Tensor, state: Tensor, elapsed: Tensor) -> tuple[Tensor, Tensor]:
        """Return outputs [B,T,O] and the new state [B,S] after T inputs, elapsed [B,T] in s."""
        self.check(features, state, elapsed)
        held = F.linear(features, self.cell.weight_ih, self.cell.bias_ih)
        periods = (elapsed / self.nominal_period)[..., None]
        states = []
        for t in range(features.shape[1]):
            candidate, keep = self._gates(held[:, t], state)
            state = candidate + torch.exp(periods[:, t] * keep) * (state - candidate)
            states.append(state)
        return self.head(torch.stack(states, dim=1)), state

    def time_constants(self, features: Tensor, state: Tensor) -> Tensor:
        """Return T / -ln z, [B,S] s, for features [B,I] and state [B,S]."""
        held = F.linear(features, self.cell.weight_ih, self.cell.bias_ih)
        _, keep = self._gates(held, state)
        return self.nominal_period / -keep

    def _gates(self, held: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Return the candidate n and ln z, each [B,S], from the inputs' share ``held`` [B,3S]."""
        reset_input, update_input, new_input = held.chunk(3, dim=-1)
        recurrent = F.linear(state, self.cell.weight_hh, self.cell.bias_hh)
        reset_state, update_state, new_state = recurrent.chunk(3, dim=-1)
        reset = torch.sigmoid(reset_input + reset_state)
        candidate = torch.tanh(new_input + reset * new_state)
        return candidate, F.logsigmoid(update_input + update_state)
