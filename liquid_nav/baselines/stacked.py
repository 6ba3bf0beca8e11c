"""A network without memory but for the last few inputs, side by side."""

from __future__ import annotations

from torch import Tensor

from liquid_nav.liquid import CoreInputError

from .feedforward import two_hidden_layers
from .timed import WindowCore


class StackedFeedForward(WindowCore):
    """Two hidden layers on the last ``frames`` inputs, each with its elapsed time if ``timed``."""

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
        super().__init__(input_size, frames - 1, output_size, timed, nominal_period)
        self.network = two_hidden_layers(frames * self.width, units, output_size)

    def forward(self, features: Tensor, state: Tensor, elapsed: Tensor) -> tuple[Tensor, Tensor]:
        """Return outputs [B,T,O] and the new state [B,S] after T inputs, elapsed [B,T] in s."""
        self.check(features, state, elapsed)
        inputs, last = self.with_past(features, state, elapsed)
        # [B,T,width,frames], the oldest frame first in the last axis.
        windows = inputs.unfold(1, self.past + 1, 1)
        return self.network(windows.flatten(2)), last
