"""A core with a dense layer on top, and the delay that the published dense LTC adds to its time."""

from __future__ import annotations

from torch import Tensor, nn

from liquid_nav.liquid import Core


class Headed(Core):
    """``core``, then a linear map of its outputs; ``delay`` is added to every elapsed time."""

    def __init__(self, core: Core, output_size: int, delay: float = 0.0) -> None:
        """Wrap ``core``; the state stays its state."""
        super().__init__(
            core.input_size, core.state_size, output_size, core.neuron_names, core.slices
        )
        self.core = core
        self.delay = delay
        self.head = nn.Linear(core.output_size, output_size)

    def forward(self, features: Tensor, state: Tensor, elapsed: Tensor) -> tuple[Tensor, Tensor]:
        """Advance over T inputs, elapsed [B,T]; return outputs [B,T,O] and the new state [B,S]."""
        # Before the delay is added: it would turn integer seconds, which are an error, into floats.
        self.check_shapes(features, state, elapsed)
        if self.delay:
            elapsed = elapsed + self.delay
        outputs, state = self.core(features, state, elapsed)
        return self.head(outputs), state

    def time_constants(self, features: Tensor, state: Tensor) -> Tensor:
        """Return the inner core's time constants, [B,S]."""
        return self.core.time_constants(features, state)

    def clamp_(self) -> None:
        """Keep the inner core's parameters physical."""
        self.core.clamp_()
