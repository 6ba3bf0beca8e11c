"""An initial state from a short history, learned or averaged, without the transient from zeros."""

from __future__ import annotations

from typing import Iterable

import torch
from torch import Tensor, nn

from .core import Core, CoreInputError

HOLD_STEPS = 16
"""Steps into which ``settle`` divides the time before a history."""


@torch.no_grad()
def settle(core: Core, features: Tensor, elapsed: Tensor, seconds: float = 2.0) -> Tensor:
    """Return the state [B,S] after a history whose first input was held for ``seconds`` before it.

    features [B,T,I] and elapsed [B,T] s; nothing is learned. For cores that count frames rather
    than seconds the hold is ``HOLD_STEPS`` frames.
    """
    batch = features.shape[0]
    held = torch.full((batch, HOLD_STEPS), seconds / HOLD_STEPS)
    _, state = core(
        features[:, :1].expand(-1, HOLD_STEPS, -1), core.initial_state(batch), held.to(features)
    )
    settled: Tensor = core(features, state, elapsed)[1]
    return settled


@torch.no_grad()
def average_state(core: Core, histories: Iterable[tuple[Tensor, Tensor]], skip: int = 0) -> Tensor:
    """Return the mean state [1,S] over many sequences, without the first ``skip`` steps of each.

    A history is features [B,T,I] and elapsed [B,T] s.
    """
    total = torch.zeros(core.state_size)
    count = 0
    for features, elapsed in histories:
        state = core.initial_state(features.shape[0])
        for t in range(features.shape[1]):
            _, state = core(features[:, t : t + 1], state, elapsed[:, t : t + 1])
            if t >= skip:
                total = total + state.sum(0)
                count = count + len(state)
    if not count:
        raise CoreInputError("no history to average; give at least one sequence longer than skip")
    return (total / count)[None]


class WarmStart(nn.Module):
    """A small network from a short history to the state that the core would be in by then.

    It gets the first, the last and the mean features of the history, and its duration; so it takes
    histories of any length. Fit it with ``loss`` on sequences that are long enough for the core to
    have settled.
    """

    def __init__(self, core: Core, hidden: int = 64) -> None:
        """Set up a network for the sizes of ``core``, which itself is neither kept nor trained."""
        super().__init__()
        self.network = nn.Sequential(
            nn.Linear(3 * core.input_size + 1, hidden),
            nn.Tanh(),
            nn.Linear(hidden, core.state_size),
        )

    def forward(self, features: Tensor, elapsed: Tensor) -> Tensor:
        """Return the state [B,S] at the end of a history features [B,T,I], elapsed [B,T] s."""
        summary = (features[:, 0], features[:, -1], features.mean(1), elapsed.sum(1, keepdim=True))
        state: Tensor = self.network(torch.cat(summary, dim=1))
        return state

    def loss(self, core: Core, features: Tensor, elapsed: Tensor, length: int) -> Tensor:
        """Return the mean squared distance to the state that the core reaches from zeros.

        The core runs over the whole sequence; the network gets only its last ``length`` inputs.
        """
        with torch.no_grad():
            reached: Tensor = core(features, core.initial_state(features.shape[0]), elapsed)[1]
        predicted: Tensor = self(features[:, -length:], elapsed[:, -length:])
        return (predicted - reached).square().mean()
