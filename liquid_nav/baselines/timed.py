"""How a network without a notion of time is told about it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from liquid_nav.liquid import Core


def readout(units: int, output_size: int | None) -> nn.Module:
    """Return a linear map to ``output_size`` outputs; without that number ``units`` pass as they
    are.
    """
    if not output_size:
        return nn.Identity()
    return nn.Linear(units, output_size)


class TimedCore(Core):
    """A core that sees the elapsed time, in nominal periods, as one more input channel (unless
    ``timed`` is off).
    """

    def __init__(
        self,
        input_size: int,
        state_size: int,
        output_size: int,
        timed: bool,
        nominal_period: float,
        **named: object,
    ) -> None:
        """Store the sizes, whether time is an input and the usual time between inputs in s."""
        super().__init__(input_size, state_size, output_size, **named)
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
