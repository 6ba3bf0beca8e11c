"""One layer of closed-form continuous-time (CfC) neurons: a formula in place of a solver."""

from __future__ import annotations

from typing import NamedTuple, Sequence, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class CfCWeights(NamedTuple):
    """The matrices of a step: those of the first matrix product, H wide, and those of the heads."""

    features: Tensor
    """The first product's part for the features, [H,I]."""
    bias: Tensor
    """The first product's bias, [H]."""
    state: Tensor
    """The first product's part for the state, [S,H]."""
    heads: Tensor
    """Weights of all that is read from z, stacked: [4S,Z] (f1, f2, a, b); [S,Z] in mode "pure"."""
    heads_bias: Tensor
    """Biases of all that is read from z, stacked: [4S]; [S] in mode "pure"."""


MODES = ("gated", "no_gate", "pure")


class LeCunTanh(nn.Module):
    """1.7159 tanh(0.666 x)."""

    def forward(self, x: Tensor) -> Tensor:
        """Apply it element by element."""
        return 1.7159 * torch.tanh(0.666 * x)


ACTIVATIONS = {
    "lecun_tanh": LeCunTanh,
    "silu": nn.SiLU,
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "gelu": nn.GELU,
}


class CfCCell(nn.Module):
    """h' as an explicit function of input, state and elapsed time t.

    z is a small network of [x, h], or [x, h] itself:

    gated:   h' = f1 (1 - s) + f2 s with f1, f2 = tanh(linear(z)), s = sigmoid(a(z) t + b(z))
    no_gate: h' = f1 + f2 s
    pure:    h' = A (1 - exp(-t (|w| + |f|)) f), f = linear(z)
    Source: Hasani et al., "Closed-form continuous-time neural networks", Nature Machine
    Intelligence 2022.

    Because x is known for the whole sequence, ``project`` does its share of the first matrix
    product at once.
    """

    mask: Tensor | None
    """[S,I+S] of 0 and 1, which multiplies the weights of f1 and f2; None: all ones."""

    def __init__(
        self,
        input_size: int,
        units: int,
        mode: str = "gated",
        backbone_units: int = 128,
        backbone_layers: int = 1,
        activation: str = "lecun_tanh",
        nominal_period: float = 1.0,
        mask: Tensor | None = None,
    ) -> None:
        """Draw the weights.

        ``mask`` [I+S,S] of 0 and 1 removes weights of f1 and f2 where there is no synapse.
        """
        super().__init__()
        if mode not in MODES:
            raise ValueError(f"CfC mode '{mode}' is unknown; choose one of {', '.join(MODES)}")
        self.input_size = input_size
        self.units = units
        self.mode = mode
        widths = [input_size + units] + [backbone_units] * backbone_layers
        # torch's ModuleList has no type parameter.
        self.backbone = cast(
            "Sequence[nn.Linear]",
            nn.ModuleList(nn.Linear(a, b) for a, b in zip(widths[:-1], widths[1:])),
        )
        self.activation = ACTIVATIONS[activation]()
        self.ff1 = nn.Linear(widths[-1], units)
        if mode == "pure":
            self.w_tau = nn.Parameter(torch.zeros(1, units))
            self.A = nn.Parameter(torch.ones(1, units))
        else:
            self.ff2 = nn.Linear(widths[-1], units)
            self.time_a = nn.Linear(widths[-1], units)
            self.time_b = nn.Linear(widths[-1], units)
        if mask is not None:
            mask = mask.T.float().contiguous()
        self.register_buffer("mask", mask, persistent=False)
        for parameter in self.parameters():
            if parameter.dim() == 2 and parameter.shape[0] > 1:
                nn.init.xavier_uniform_(parameter)
        if mode != "pure":
            # The published cell gets elapsed = 1 at every frame; this one the nominal period in s.
            with torch.no_grad():
                self.time_a.weight.div_(nominal_period)

    def _heads(self) -> tuple[Tensor, Tensor]:
        """Return the stacked weights and biases of all that is read from z."""
        mask: Tensor | float = 1.0 if self.mask is None else self.mask
        if self.mode == "pure":
            return self.ff1.weight * mask, self.ff1.bias
        layers = (self.ff1, self.ff2, self.time_a, self.time_b)
        masks = (mask, mask, 1.0, 1.0)
        weight = torch.cat([a.weight * m for a, m in zip(layers, masks)])
        return weight, torch.cat([a.bias for a in layers])

    def weights(self) -> CfCWeights:
        """Return the matrices of a step, put together once for a whole sequence."""
        heads = self._heads()
        first, bias = heads
        if len(self.backbone):
            first = self.backbone[0].weight
            bias = self.backbone[0].bias
        return CfCWeights(
            first[:, : self.input_size], bias, first[:, self.input_size :].t(), *heads
        )

    def project(self, features: Tensor, weights: CfCWeights) -> Tensor:
        """Return the features' share of the first product, [...,H]."""
        return F.linear(features, weights.features, weights.bias)

    def step(self, projected: Tensor, h: Tensor, elapsed: Tensor, weights: CfCWeights) -> Tensor:
        """Return the new state [B,S] from ``project``'s [B,H], state [B,S] and elapsed [B,1] s."""
        z = torch.addmm(projected, h, weights.state)
        if len(self.backbone):
            z = self.activation(z)
            for layer in list(self.backbone)[1:]:
                z = self.activation(layer(z))
            z = F.linear(z, weights.heads, weights.heads_bias)
        if self.mode == "pure":
            return self.A * (1.0 - torch.exp(-elapsed * (self.w_tau.abs() + z.abs())) * z)
        f1, f2, a, b = z.chunk(4, dim=-1)
        f1 = torch.tanh(f1)
        f2 = torch.tanh(f2)
        s = torch.sigmoid(torch.addcmul(b, a, elapsed))
        if self.mode == "no_gate":
            return torch.addcmul(f1, s, f2)
        return torch.lerp(f1, f2, s)
