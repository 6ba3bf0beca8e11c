"""Closed-form continuous-time networks behind the core interface: dense, wired, and with an LSTM memory beside them."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .cfc_cell import CfCCell
from .core import Core, CoreInputError
from .wiring import WiringRule


class CfC(Core):
    """Dense (``units``) or wired (``wiring``: one CfC layer per layer of neurons, masked by the synapses).

    See ``CfCCell`` for the equations. With ``mixed_memory`` an LSTM cell (Lechner and Hasani, "Mixed-memory RNNs for
    learning long-term dependencies in irregularly sampled time series", 2020) first updates the state and a memory.
    Two steps of dt1 and dt2 do not equal one of dt1 + dt2, and zero elapsed time does change the state.
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
        """Give either ``units`` or ``wiring``; wired cells have no backbone and read their outputs from the motors."""
        if (units is None) == (wiring is None):
            raise CoreInputError("give a CfC either units or a wiring")
        names, slices, outputs, cells = None, {}, output_size or units, []
        if wiring is None:
            slices["neurons"] = slice(0, units)
            cells.append(CfCCell(input_size, units, mode, backbone_units, backbone_layers, activation, nominal_period))
        else:
            built = wiring.build(input_size)
            order = [layer for layer in built.layers if layer != "motor"][::-1] + ["motor"]
            units, outputs = built.state_size, len(built.motor)
            names, start, before = [], 0, None
            for layer in order:
                members = built.layers[layer]
                incoming = built.sensory if before is None else built.internal[before]
                mask = torch.tensor(incoming[:, members] != 0)
                mask = torch.cat((mask, torch.ones(len(members), len(members), dtype=torch.bool)))
                cells.append(CfCCell(len(incoming), len(members), mode, 0, 0, activation, nominal_period, mask))
                slices[layer] = slice(start, start + len(members))
                names += [built.names[k] for k in members]
                start, before = start + len(members), members
        if mixed_memory:
            slices["memory"] = slice(units, 2 * units)
            names = [*(names or (f"neuron.{k}" for k in range(units))), *(f"memory.{k}" for k in range(units))]
        super().__init__(input_size, units * (1 + mixed_memory), outputs, names, slices)
        if wiring is not None and output_size not in (None, outputs):
            raise CoreInputError(f"output_size is {output_size} but the wiring has {outputs} motor neurons")
        self.units = units
        self.cells = nn.ModuleList(cells)
        self.memory = _Memory(input_size, units) if mixed_memory else None
        self.head = nn.Linear(units, outputs) if wiring is None and output_size else nn.Identity()

    def forward(self, features: Tensor, state: Tensor, elapsed: Tensor) -> tuple[Tensor, Tensor]:
        """Advance over T inputs, elapsed [B,T] in s; return outputs [B,T,O] and the new state [B,S]."""
        self.check(features, state, elapsed)
        if self.memory is not None:
            states = self._interleaved(features, state, elapsed)
        else:
            sequence, parts = features, []
            for cell, h in zip(self.cells, self._split(state)):  # layer by layer: each sees a whole sequence
                sequence = _run(cell, sequence, h, elapsed)
                parts.append(sequence)
            states = torch.cat(parts, dim=-1)
        last = states[..., self.units - self.cells[-1].units : self.units]
        return self.head(last), states[:, -1]

    def _split(self, state: Tensor) -> tuple[Tensor, ...]:
        return state[..., : self.units].split([cell.units for cell in self.cells], dim=-1)

    def _interleaved(self, features: Tensor, state: Tensor, elapsed: Tensor) -> Tensor:
        """Step memory and cells in turn; return states [B,T,S]."""
        firsts = [cell.first() for cell in self.cells]
        h, c = state[:, : self.units], state[:, self.units :]
        projected, states = self.cells[0].project(features, firsts[0]), []
        remembered = self.memory.input_map(features)
        for t in range(features.shape[1]):
            h, c = self.memory(remembered[:, t], h, c)
            parts = []
            for k, (cell, part, first) in enumerate(zip(self.cells, self._split(h), firsts)):
                x = projected[:, t] if k == 0 else cell.project(parts[-1], first)
                parts.append(cell.step(x, part, elapsed[:, t, None], first))
            h = torch.cat(parts, dim=-1)
            states.append(torch.cat((h, c), dim=-1))
        return torch.stack(states, dim=1)


def _run(cell: CfCCell, features: Tensor, h: Tensor, elapsed: Tensor) -> Tensor:
    first = cell.first()
    projected, states = cell.project(features, first), []
    for t in range(features.shape[1]):
        h = cell.step(projected[:, t], h, elapsed[:, t, None], first)
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

    def forward(self, projected: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        candidate, enter, keep, leave = (projected + self.recurrent_map(h)).chunk(4, dim=-1)
        c = c * torch.sigmoid(keep + 1.0) + torch.tanh(candidate) * torch.sigmoid(enter)
        return torch.tanh(c) * torch.sigmoid(leave), c
