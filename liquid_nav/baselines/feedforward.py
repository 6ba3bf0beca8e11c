"""A network without memory, which shows what the present frame alone is worth."""

from __future__ import annotations

from torch import Tensor, nn

from .timed import TimedCore


def two_hidden_layers(inputs: int, units: int, outputs: int) -> nn.Sequential:
    """Return a network of two hidden layers of ``units`` ReLUs each."""
    return nn.Sequential(
        nn.Linear(inputs, units),
        nn.ReLU(),
        nn.Linear(units, units),
        nn.ReLU(),
        nn.Linear(units, outputs),
    )


class FeedForward(TimedCore):
    """Two hidden layers on the present input; its state has width 0."""

    def __init__(
        self,
        input_size: int,
        units: int,
        *,
        output_size: int,
        timed: bool = False,
        nominal_period: float = 1 / 30,
    ) -> None:
        """Draw the weights."""
        super().__init__(input_size, 0, output_size, timed, nominal_period)
        self.network = two_hidden_layers(self.width, units, output_size)

    def forward(self, features: Tensor, state: Tensor, elapsed: Tensor) -> tuple[Tensor, Tensor]:
        """Map every input on its own; return outputs [B,T,O] and the (empty) state."""
        self.check(features, state, elapsed)
        return self.network(self.with_time(features, elapsed)), state
