"""A network without memory but for the last few inputs, side by side."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from liquid_nav.liquid import CoreInputError

from .timed import TimedCore


class StackedFeedForward(TimedCore):
    """Two hidden layers on the last ``frames`` inputs, each with its elapsed time if ``timed``.

    The state holds the inputs before the present one, the oldest first. Before the first frame they
    are zeros.
    """

    def __init__(
        self,
        input_size: int,
        units: int,
        *,
        output_size: int,
        frames: int = 4,
        timed: bool = True,
        nominal_period: float = 1 / 30,
    ) -> None:
        """Draw the weights.

        ``frames``: number of inputs that are seen together, from 2 on; raises CoreInputError.
        """
        if frames < 2:
            raise CoreInputError(f"frames is {frames}; give at least 2, or take FeedForward")
        wide = input_size + timed
        self.past = frames - 1
        names = tuple(f"frame-{self.past - t}.{k}" for t in range(self.past) for k in range(wide))
        super().__init__(
            input_size, self.past * wide, output_size, timed, nominal_period, neuron_names=names
        )
        self.network = nn.Sequential(
            nn.Linear(frames * wide, units),
            nn.ReLU(),
            nn.Linear(units, units),
            nn.ReLU(),
            nn.Linear(units, output_size),
        )

    def forward(self, features: Tensor, state: Tensor, elapsed: Tensor) -> tuple[Tensor, Tensor]:
        """Return outputs [B,T,O] and the new state [B,S] after T inputs, elapsed [B,T] in s."""
        self.check(features, state, elapsed)
        past = state.reshape(state.shape[0], self.past, self.width)
        inputs = torch.cat((past, self.with_time(features, elapsed)), dim=1)
        # [B,T,width,frames], the oldest frame first in the last axis.
        windows = inputs.unfold(1, self.past + 1, 1)
        stacked = windows.flatten(2)
        last = inputs[:, inputs.shape[1] - self.past :]
        return self.network(stacked), last.reshape(state.shape)
