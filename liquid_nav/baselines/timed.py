"""Elapsed time as an extra input of networks that have no notion of time."""

from __future__ import annotations

from typing import Mapping

import torch
from torch import Tensor, nn

from liquid_nav.liquid import Core


def readout(units: int, output_size: int | None) -> nn.Module:
    """Return a linear map to ``output_size`` outputs, or the identity without that number."""
    if not output_size:
        return nn.Identity()
    return nn.Linear(units, output_size)


class TimedCore(Core):
    """A core that gets the elapsed time, in nominal periods, as one more input, if ``timed``."""

    def __init__(
        self,
        input_size: int,
        state_size: int,
        output_size: int,
        timed: bool,
        nominal_period: float,
        neuron_names: tuple[str, ...] | None = None,
        slices: Mapping[str, slice] | None = None,
    ) -> None:
        """Store the sizes, whether time is an input and the usual time between inputs in s."""
        super().__init__(input_size, state_size, output_size, neuron_names, slices)
        self.timed = timed
        self.nominal_period = nominal_period

    @property
    def width(self) -> int:
        """Width of the features with the time channel."""
        return self.input_size + self.timed

    def with_time(self, features: Tensor, elapsed: Tensor) -> Tensor:
        """Return features [B,T,I] or, with time, [B,T,I+1]; a long gap saturates at 10 periods."""
        if not self.timed:
            return features
        periods = (elapsed / self.nominal_period).clamp(max=10.0) - 1.0
        return torch.cat((features, periods[..., None]), dim=-1)


class WindowCore(TimedCore):
    """A core that sees its last few inputs, whose state holds those before the present one.

    The oldest stands first; before the first frame they are zeros.
    """

    def __init__(
        self, input_size: int, past: int, output_size: int, timed: bool, nominal_period: float
    ) -> None:
        """``past``: number of inputs before the present one."""
        wide = input_size + timed
        names = tuple(f"frame-{past - t}.{k}" for t in range(past) for k in range(wide))
        super().__init__(
            input_size, past * wide, output_size, timed, nominal_period, neuron_names=names
        )
        self.past = past

    def with_past(self, features: Tensor, state: Tensor, elapsed: Tensor) -> tuple[Tensor, Tensor]:
        """Return the inputs with those before them, [B,past+T,width], and the new state [B,S]."""
        before = state.reshape(state.shape[0], self.past, self.width)
        inputs = torch.cat((before, self.with_time(features, elapsed)), dim=1)
        return inputs, inputs[:, inputs.shape[1] - self.past :].reshape(state.shape)
