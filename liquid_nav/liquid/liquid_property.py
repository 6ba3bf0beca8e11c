"""The liquid property on a given core: what noise and an abrupt change of the input do to its time constants."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .ode import ODECore


@torch.no_grad()
def time_constants_along(core: ODECore, features: Tensor, elapsed: Tensor, state: Tensor | None = None) -> Tensor:
    """Return the effective time constants after every input of a sequence, [B,T,S] s."""
    state = core.initial_state(features.shape[0]) if state is None else state
    states = core.trajectory(features, state, elapsed)
    return core.time_constants(features.flatten(0, 1), states.flatten(0, 1)).unflatten(0, features.shape[:2])


@dataclass(frozen=True)
class LiquidResponse:
    """Time constants along three copies of the same sequences, [B,T,S] s, and from which step they differ.

    calm: as it is. noisy: noise from ``start`` on. jumped: another sequence's input from ``start`` on.
    """

    calm: Tensor
    noisy: Tensor
    jumped: Tensor
    start: int

    def change(self, window: int) -> dict[str, Tensor]:
        """Return by what factor time constants change in the ``window`` steps after the start, [S] each.

        Geometric means over sequences and steps, relative to the calm copy: above 1 longer, below 1 shorter.
        """
        after = slice(self.start, self.start + window)
        logs = {"noise": self.noisy.log() - self.calm.log(), "jump": self.jumped.log() - self.calm.log()}
        return {name: log[:, after].mean(dim=(0, 1)).exp() for name, log in logs.items()}


def respond(
    core: ODECore, features: Tensor, elapsed: Tensor, start: int, noise: float, generator: torch.Generator | None = None
) -> LiquidResponse:
    """Run sequences [B,T,I] as they are, with noise, and with a jump to another sequence at step ``start``.

    ``noise`` is the standard deviation relative to that of each feature; B must be at least 2 for the jump.
    """
    sigma = features.flatten(0, 1).std(0) * noise
    noisy = features.clone()
    noisy[:, start:] += sigma * torch.randn(noisy[:, start:].shape, generator=generator)
    return compare(core, features, noisy, elapsed, start)


def compare(core: ODECore, calm: Tensor, noisy: Tensor, elapsed: Tensor, start: int) -> LiquidResponse:
    """Run sequences [B,T,I], their noisy copies, and a jump at step ``start`` to what the next sequence sees then."""
    jumped = calm.clone()
    jumped[:, start:] = calm.roll(1, dims=0)[:, start:]
    return LiquidResponse(*(time_constants_along(core, x, elapsed) for x in (calm, noisy, jumped)), start)
