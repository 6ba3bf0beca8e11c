"""Closed-form continuous-time networks as cores: dense, wired, and with an LSTM memory."""

from __future__ import annotations

from typing import Sequence, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .cfc_cell import CfCCell
from .core import Core, CoreInputError
from .wiring import WiringRule


class CfC(Core):
    """A closed-form continuous-time network, dense (``units``) or wired (``wiring``).

    Wired: one CfC layer for each layer of neurons, masked by the synapses.
    See ``CfCCell`` for the equations. With ``mixed_memory`` an LSTM cell (Lechner and Hasani,
    "Mixed-memory RNNs for learning long-term dependencies in irregularly sampled time series",
    2020) first updates the state and a memory. Two steps of dt1 and dt2 do not equal one of dt1 +
    dt2, and zero elapsed time does change the state.
    """

    def __init__(
        self,
        input_size: int,
        units: int | None = None,
        *,
        wiring: WiringRule | None = None,
        output_size: int | None = None,
        mode: str = "gated",
        backbone_units: int = 128,
        backbone_layers: int = 1,
        activation: str = "lecun_tanh",
        mixed_memory: bool = False,
        nominal_period: float = 1 / 30,
    ) -> None:
        """Give either ``units`` or ``wiring``.

        Wired cells have no backbone; their outputs are the motor neurons.
        """
        if (units is None) == (wiring is None):
            raise CoreInputError("give a CfC either units or a wiring")
        names: tuple[str, ...] = ()
        slices = {}
        cells = []
        if wiring is None:
            assert units is not None  # exactly one of the two is given
            outputs = output_size or units
            slices["neurons"] = slice(0, units)
            cells.append(
                CfCCell(
                    input_size,
                    units,
                    mode,
                    backbone_units,
                    backbone_layers,
                    activation,
                    nominal_period,
                )
            )
        else:
            built = wiring.build(input_size)
            order = [layer for layer in built.layers if layer != "motor"][::-1] + ["motor"]
            units = built.state_size
            outputs = len(built.motor)
            start = 0
            incoming = built.sensory
            for layer in order:
                members = built.layers[layer]
                mask = torch.tensor(incoming[:, members] != 0)
                mask = torch.cat((mask, torch.ones(len(members), len(members), dtype=torch.bool)))
                cells.append(
                    CfCCell(
                        len(incoming), len(members), mode, 0, 0, activation, nominal_period, mask
                    )
                )
                slices[layer] = slice(start, start + len(members))
                names += tuple(built.names[k] for k in members)
                start = start + len(members)
                incoming = built.internal[members]
        if mixed_memory:
            slices["memory"] = slice(units, 2 * units)
            names = (
                *(names or (f"neuron.{k}" for k in range(units))),
                *(f"memory.{k}" for k in range(units)),
            )
        super().__init__(input_size, units * (1 + mixed_memory), outputs, names, slices)
        if wiring is not None and output_size not in (None, outputs):
            raise CoreInputError(
                f"output_size is {output_size} but the wiring has {outputs} motor neurons"
            )
        self.units = units
        # torch's ModuleList has no type parameter.
        self.cells = cast("Sequence[CfCCell]", nn.ModuleList(cells))
        self.memory = _Memory(input_size, units) if mixed_memory else None
        self.head: nn.Module = nn.Identity()
        if wiring is None and output_size:
            self.head = nn.Linear(units, outputs)

    def forward(self, features: Tensor, state: Tensor, elapsed: Tensor) -> tuple[Tensor, Tensor]:
        """Return outputs [B,T,O] and the new state [B,S] after T inputs, elapsed [B,T] in s."""
        self.check(features, state, elapsed)
        if self.memory is not None:
            states, last = self._interleaved(self.memory, features, state, elapsed)
        else:
            sequence = features
            parts = []
            # Layer by layer: each gets the whole sequence of the one before it.
            for cell, h in zip(self.cells, self._split(state)):
                sequence = _run(cell, sequence, h, elapsed)
                parts.append(sequence)
            states = _joined(parts)
            last = states[:, -1]
        return self.head(states[..., self.units - self.cells[-1].units : self.units]), last

    def _split(self, state: Tensor) -> tuple[Tensor, ...]:
        sizes = [cell.units for cell in self.cells]
        return torch.split(state[..., : self.units], sizes, dim=-1)

    def _interleaved(
        self, memory: _Memory, features: Tensor, state: Tensor, elapsed: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Step memory and cells in turn.

        Returns the neurons [B,T,N] after every input and the last state [B,S].
        """
        weights = [cell.weights() for cell in self.cells]
        h = state[:, : self.units]
        c = state[:, self.units :]
        projected = self.cells[0].project(features, weights[0]).unbind(1)
        remembered = memory.project(features)
        recurrent = memory.recurrent_map.weight.t()
        times = elapsed[..., None].unbind(1)
        states = []
        for incoming, drive, dt in zip(projected, remembered.unbind(1), times):
            h, c = memory(torch.addmm(drive, h, recurrent), c)
            parts: list[Tensor] = []
            for cell, part, matrices in zip(self.cells, self._split(h), weights):
                if parts:
                    incoming = cell.project(parts[-1], matrices)
                parts.append(cell.step(incoming, part, dt, matrices))
            h = _joined(parts)
            states.append(h)
        return torch.stack(states, dim=1), torch.cat((h, c), dim=-1)


def _joined(parts: list[Tensor]) -> Tensor:
    """Return the layers' parts [...,n] side by side; a single one is not copied."""
    if len(parts) == 1:
        return parts[0]
    return torch.cat(parts, dim=-1)


def _run(cell: CfCCell, features: Tensor, h: Tensor, elapsed: Tensor) -> Tensor:
    weights = cell.weights()
    states = []
    for x, dt in zip(cell.project(features, weights).unbind(1), elapsed[..., None].unbind(1)):
        h = cell.step(x, h, dt, weights)
        states.append(h)
    return torch.stack(states, dim=1)


class _Memory(nn.Module):
    """An LSTM cell whose forget gate starts open; gate order candidate, input, forget, output."""

    def __init__(self, input_size: int, units: int) -> None:
        super().__init__()
        self.input_map = nn.Linear(input_size, 4 * units)
        self.recurrent_map = nn.Linear(units, 4 * units, bias=False)
        nn.init.xavier_uniform_(self.input_map.weight)
        nn.init.uniform_(self.input_map.bias, -0.1, 0.1)
        nn.init.orthogonal_(self.recurrent_map.weight)

    def project(self, features: Tensor) -> Tensor:
        """Return the features' share of the gates [...,4S], with the forget gates' initial bias."""
        units = self.recurrent_map.in_features
        start = torch.zeros_like(self.input_map.bias)
        start[2 * units : 3 * units] = 1.0
        return F.linear(features, self.input_map.weight, self.input_map.bias + start)

    def forward(self, drive: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        """Return hidden state and memory, [B,S] each.

        ``drive`` [B,4S] is the sum of mapped input and state, ``c`` [B,S] the memory.
        """
        units = c.shape[-1]
        enter, keep, leave = torch.sigmoid(drive[:, units:]).chunk(3, dim=-1)
        c = torch.addcmul(c * keep, torch.tanh(drive[:, :units]), enter)
        return torch.tanh(c) * leave, c
