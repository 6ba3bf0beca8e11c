"""The temporal convolutional network: dilated causal convolutions over a window of past inputs."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from .timed import WindowCore, readout


class TCN(WindowCore):
    """Stacked causal convolutions with residual connections; the state is the window of inputs it
    looks back on.

    Source: Bai et al., "An empirical evaluation of generic convolutional and recurrent networks for
    sequence modeling", 2018. It counts frames, not seconds, and does not compose in time. Before
    the first frame the window holds zeros.
    """

    def __init__(
        self,
        input_size: int,
        units: int,
        *,
        output_size: int | None = None,
        kernel: int = 5,
        dilations: tuple[int, ...] = (1, 2, 4),
        timed: bool = True,
        nominal_period: float = 1 / 30,
    ) -> None:
        """Draw the weights; the window is 1 + (kernel - 1) * sum(dilations) frames."""
        past = (kernel - 1) * sum(dilations)
        super().__init__(input_size, past, output_size or units, timed, nominal_period)
        widths = [self.width] + [units] * len(dilations)
        self.layers = nn.ModuleList(
            nn.Conv1d(a, b, kernel, dilation=d)
            for a, b, d in zip(widths[:-1], widths[1:], dilations)
        )
        self.head = readout(units, output_size)

    def forward(self, features: Tensor, state: Tensor, elapsed: Tensor) -> tuple[Tensor, Tensor]:
        """Return outputs [B,T,O] and the new state [B,S] after T inputs, elapsed [B,T] in s."""
        self.check(features, state, elapsed)
        inputs, last = self.with_past(features, state, elapsed)
        x = inputs.transpose(1, 2)
        for layer in self.layers:
            y = F.relu(layer(x))
            if x.shape[1] == y.shape[1]:
                y = y + x[..., -y.shape[-1] :]
            x = y
        outputs = self.head(x[..., -features.shape[1] :].transpose(1, 2))
        return outputs, last
