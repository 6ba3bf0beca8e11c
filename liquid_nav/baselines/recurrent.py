"""LSTM and GRU of torch, with their state as one tensor."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .timed import TimedCore, readout


class _Recurrent(TimedCore):
    """One layer of torch's recurrent kernels and a linear head.

    Zero elapsed time does change the state.
    """

    kernel: type[nn.LSTM] | type[nn.GRU]
    """Module of the layer."""
    parts: tuple[str, ...]
    """Names of the parts of the state, in order."""

    def __init__(
        self,
        input_size: int,
        units: int,
        *,
        output_size: int | None = None,
        timed: bool = True,
        nominal_period: float = 1 / 30,
    ) -> None:
        """Draw the weights; without ``output_size`` the hidden state is the output."""
        slices = {part: slice(k * units, (k + 1) * units) for k, part in enumerate(self.parts)}
        names = tuple(f"{part}.{k}" for part in self.parts for k in range(units))
        super().__init__(
            input_size,
            units * len(self.parts),
            output_size or units,
            timed,
            nominal_period,
            neuron_names=names,
            slices=slices,
        )
        self.network = self.kernel(self.width, units, batch_first=True)
        self.head = readout(units, output_size)

    def forward(self, features: Tensor, state: Tensor, elapsed: Tensor) -> tuple[Tensor, Tensor]:
        """Return outputs [B,T,O] and the new state [B,S] after T inputs, elapsed [B,T] in s."""
        self.check(features, state, elapsed)
        parts = tuple(part.contiguous()[None] for part in state.chunk(len(self.parts), dim=-1))
        before: Tensor | tuple[Tensor, ...] = parts
        if len(parts) == 1:  # torch's kernels of one part take and return no tuple
            before = parts[0]
        hidden, last = self.network(self.with_time(features, elapsed), before)
        if isinstance(last, tuple):
            last = torch.cat(last, dim=-1)
        return self.head(hidden), last[0]


class LSTM(_Recurrent):
    """Hochreiter and Schmidhuber, "Long short-term memory", 1997. State: hidden, memory. Does not
    compose in time.
    """

    kernel = nn.LSTM
    parts = ("hidden", "memory")


class GRU(_Recurrent):
    """Cho et al., "Learning phrase representations using RNN encoder-decoder", 2014. Does not
    compose in time.
    """

    kernel = nn.GRU
    parts = ("hidden",)
