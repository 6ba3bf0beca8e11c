"""Closed-form continuous-time networks as published: dense, with an LSTM memory, and wired.

They differ from ``liquid.CfC`` in what the two targets pass through (1.7159 tanh(0.666 x), or
nothing when wired), in the sign of the gate and, when wired, in masks that carry a sign.
"""

from __future__ import annotations

from typing import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from liquid_nav.liquid import Core


def _blend(first: Tensor, second: Tensor, a: Tensor, b: Tensor, elapsed: Tensor | float) -> Tensor:
    return first + torch.sigmoid(b - a * elapsed) * (second - first)


class _Cell(nn.Module):
    """h' = f1 (1 - g) + f2 g with g = sigmoid(b - a t).

    f1, f2, a and b are linear in a SiLU network of [x, h].
    """

    def __init__(self, input_size: int, units: int, backbone: Sequence[int]) -> None:
        super().__init__()
        widths = [input_size + units, *backbone]
        self.backbone = nn.ModuleList(
            nn.Linear(a, b) for a, b in zip(widths[:-1], widths[1:], strict=True)
        )
        self.targets = nn.Linear(widths[-1], 4 * units)

    def forward(self, x: Tensor, h: Tensor, elapsed: Tensor | float) -> Tensor:
        z = torch.cat((x, h), dim=-1)
        for layer in self.backbone:
            z = F.silu(layer(z))
        first, second, a, b = self.targets(z).chunk(4, dim=-1)
        return _blend(
            1.7159 * torch.tanh(0.666 * first), 1.7159 * torch.tanh(0.666 * second), a, b, elapsed
        )


class _Stepped(Core):
    """Advances state by state; ``head`` reads the outputs."""

    head: nn.Module

    def forward(self, features: Tensor, state: Tensor, elapsed: Tensor) -> tuple[Tensor, Tensor]:
        """Advance over T inputs, elapsed [B,T]; return outputs [B,T,O] and the new state [B,S]."""
        self.check(features, state, elapsed)
        outputs = []
        for t in range(features.shape[1]):
            state, read = self.advance(features[:, t], state, elapsed[:, t, None])
            outputs.append(read)
        return self.head(torch.stack(outputs, dim=1)), state

    def advance(self, x: Tensor, state: Tensor, elapsed: Tensor) -> tuple[Tensor, Tensor]:
        """Return the state [B,S] after input [B,I] over ``elapsed`` [B,1], and the head's input."""
        raise NotImplementedError


class PublishedCfC(_Stepped):
    """One dense cell and a linear head.

    Hasani et al., "Closed-form continuous-time neural networks", 2022.
    """

    def __init__(
        self, input_size: int, units: int, *, backbone: Sequence[int], output_size: int
    ) -> None:
        """``backbone``: widths of the SiLU layers."""
        super().__init__(input_size, units, output_size)
        self.cell = _Cell(input_size, units, backbone)
        self.head = nn.Linear(units, output_size)

    def advance(self, x: Tensor, state: Tensor, elapsed: Tensor) -> tuple[Tensor, Tensor]:
        """See ``_Stepped``."""
        state = self.cell(x, state, elapsed)
        return state, state


class PublishedMixedCfC(_Stepped):
    """An LSTM memory whose output feeds the cell, and whose gates take the cell's state.

    As published, the inner cell's elapsed time is always 0: the time has no effect on this network.
    """

    def __init__(
        self,
        input_size: int,
        units: int,
        *,
        backbone: Sequence[int],
        forget_bias: float,
        output_size: int,
    ) -> None:
        """Draw the weights.

        ``forget_bias``: added to the forget gate; a parameter of the training, not among its
        weights.
        """
        names = tuple(f"{part}.{k}" for part in ("neuron", "memory") for k in range(units))
        slices = {"neurons": slice(0, units), "memory": slice(units, 2 * units)}
        super().__init__(input_size, 2 * units, output_size, names, slices)
        self.units = units
        self.forget_bias = forget_bias
        self.input_map = nn.Linear(input_size, 4 * units)
        self.recurrent_map = nn.Linear(units, 4 * units, bias=False)
        self.cell = _Cell(units, units, backbone)
        self.head = nn.Linear(units, output_size)

    def advance(self, x: Tensor, state: Tensor, elapsed: Tensor) -> tuple[Tensor, Tensor]:
        """See ``_Stepped``."""
        h, memory = state.chunk(2, dim=-1)
        candidate, enter, keep, leave = (self.input_map(x) + self.recurrent_map(h)).chunk(4, dim=-1)
        kept = memory * torch.sigmoid(keep + self.forget_bias)
        memory = kept + torch.tanh(candidate) * torch.sigmoid(enter)
        h = self.cell(torch.tanh(memory) * torch.sigmoid(leave), h, 0.0)
        return torch.cat((h, memory), dim=-1), h


class _WiredLayer(nn.Module):
    """A cell without backbone and activation; ``signs`` multiply the weights of both targets."""

    ff1: nn.Linear
    """f1, linear in [x, h]."""
    ff2: nn.Linear
    """f2, linear in [x, h]."""
    time_a: nn.Linear
    """a, linear in [x, h]."""
    time_b: nn.Linear
    """b, linear in [x, h]."""
    signs: Tensor
    """-1, 0 or +1, [S,I+S]: multiplies the weights of f1 and f2."""

    def __init__(self, input_size: int, units: int) -> None:
        super().__init__()
        for name in ("ff1", "ff2", "time_a", "time_b"):
            self.add_module(name, nn.Linear(input_size + units, units))
        self.register_buffer("signs", torch.ones(units, input_size + units))

    def forward(self, x: Tensor, h: Tensor, elapsed: Tensor) -> Tensor:
        z = torch.cat((x, h), dim=-1)
        first = F.linear(z, self.ff1.weight * self.signs, self.ff1.bias)
        second = F.linear(z, self.ff2.weight * self.signs, self.ff2.bias)
        return _blend(first, second, self.time_a(z), self.time_b(z), elapsed)


class PublishedWiredCfC(_Stepped):
    """The "Sparse-CfC": a layer each for inter, command and motor neurons.

    The signs are stored with the weights.
    """

    def __init__(self, input_size: int, layers: dict[str, int], *, output_size: int) -> None:
        """``layers``: number of neurons by name, from the inputs to the outputs."""
        sizes = list(layers.values())
        ends = [sum(sizes[: k + 1]) for k in range(len(sizes))]
        slices = {
            name: slice(end - size, end)
            for (name, size), end in zip(layers.items(), ends, strict=True)
        }
        names = tuple(f"{name}.{k}" for name, size in layers.items() for k in range(size))
        super().__init__(input_size, sum(sizes), output_size, names, slices)
        self.sizes = sizes
        widths = [input_size, *sizes]
        self.layers = nn.ModuleList(
            _WiredLayer(a, b) for a, b in zip(widths[:-1], sizes, strict=True)
        )
        self.head = nn.Linear(sizes[-1], output_size)

    def advance(self, x: Tensor, state: Tensor, elapsed: Tensor) -> tuple[Tensor, Tensor]:
        """See ``_Stepped``."""
        parts = []
        for layer, h in zip(self.layers, torch.split(state, self.sizes, dim=-1), strict=True):
            x = layer(x, h, elapsed)
            parts.append(x)
        return torch.cat(parts, dim=-1), x
