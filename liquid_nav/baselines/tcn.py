"""The temporal convolutional network: dilated causal convolutions over a window of past inputs."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .timed import TimedCore, readout


class TCN(TimedCore):
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
        self.window = (kernel - 1) * sum(dilations)
        wide = input_size + timed
        names = tuple(
            f"frame-{self.window - t}.{k}" for t in range(self.window) for k in range(wide)
        )
        super().__init__(
            input_size,
            self.window * wide,
            output_size or units,
            timed,
            nominal_period,
            neuron_names=names,
        )
        widths = [wide] + [units] * len(dilations)
        self.layers = nn.ModuleList(
            nn.Conv1d(a, b, kernel, dilation=d)
            for a, b, d in zip(widths[:-1], widths[1:], dilations)
        )
        self.head = readout(units, output_size)

    def forward(self, features: Tensor, state: Tensor, elapsed: Tensor) -> tuple[Tensor, Tensor]:
        """Return outputs [B,T,O] and the new state [B,S] after T inputs, elapsed [B,T] in s."""
        self.check(features, state, elapsed)
        past = state.reshape(state.shape[0], self.window, self.width)
        inputs = torch.cat((past, self.with_time(features, elapsed)), dim=1)
        x = inputs.transpose(1, 2)
        for layer in self.layers:
            y = F.relu(layer(x))
            if x.shape[1] == y.shape[1]:
                y = y + x[..., -y.shape[-1] :]
            x = y
        outputs = self.head(x[..., -features.shape[1] :].transpose(1, 2))
        return outputs, inputs[:, inputs.shape[1] - self.window :].reshape(state.shape)
