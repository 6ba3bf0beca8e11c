"""The liquid property of a core: how noise and jumps of the input change its time constants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping

import torch
from torch import Tensor

from liquid_nav.liquid import Core, ODECore


@torch.no_grad()
def time_constants_along(
    core: ODECore, features: Tensor, elapsed: Tensor, state: Tensor | None = None
) -> Tensor:
    """Return the effective time constants after every input of a sequence, [B,T,S] s."""
    if state is None:
        state = core.initial_state(features.shape[0])
    states = core.trajectory(features, state, elapsed)
    tau = core.time_constants(features.flatten(0, 1), states.flatten(0, 1))
    return torch.unflatten(tau, 0, features.shape[:2])


def response_times(
    core: Core, features: Tensor, elapsed: Tensor, state: Tensor | None = None
) -> Tensor:
    """Return the effective time constant of each output's answer to the newest input, [B,T,O] s.

    The newest input's share K of an output is d output / d input (all channels together), with the
    state before it held. A first-order filter of time constant tau takes K = 1 - exp(-dt / tau)
    from it, so tau = -dt / ln(1 - K). Counts the whole network, of which a neuron's own time
    constant is a part; nan unless 0 < K < 1. features [B,T,I], elapsed [B,T] s.
    """
    if state is None:
        state = core.initial_state(features.shape[0])
    with torch.no_grad():
        before = [state]
        for t in range(features.shape[1] - 1):
            before.append(core(features[:, t : t + 1], before[-1], elapsed[:, t : t + 1])[1])
    newest = features.flatten(0, 1)[:, None].detach().requires_grad_()
    with torch.enable_grad():
        outputs, _ = core(
            newest, torch.stack(before, dim=1).flatten(0, 1), elapsed.flatten()[:, None]
        )
        shares = [
            torch.autograd.grad(outputs[..., k].sum(), newest, retain_graph=True)[0].sum((1, 2))
            for k in range(outputs.shape[-1])
        ]
    share = torch.unflatten(torch.stack(shares, dim=-1), 0, features.shape[:2])
    share = torch.where((share > 0) & (share < 1), share, torch.nan)
    return -elapsed[..., None] / torch.log1p(-share)


@dataclass(frozen=True)
class LiquidResponse:
    """Effective time constants along copies of the same sequences, which differ from a step on."""

    calm: Tensor
    """Time constants along the sequences as they are, [B,T,S] s."""
    changed: Mapping[str, Tensor]
    """Time constants along changed copies, [B,T,S] s, by the name of the change."""
    start: int
    """Index of the first step at which the copies differ."""

    def factors(self) -> dict[str, Tensor]:
        """Return the factors by which time constants differ from calm ones, [T,S] each.

        They are geometric means over sequences. A neuron without capacity has time constant 0: its
        factor is 1.
        """
        ratios = {
            name: (tau / self.calm).nan_to_num(1.0, 1.0) for name, tau in self.changed.items()
        }
        return {name: ratio.clamp_min(1e-9).log().mean(0).exp() for name, ratio in ratios.items()}

    def change(self, window: int) -> dict[str, Tensor]:
        """Return the factors of the ``window`` steps after the start, [S] each.

        Above 1: longer time constants; below 1: shorter ones.
        """
        after = slice(self.start, self.start + window)
        return {name: factor[after].log().mean(0).exp() for name, factor in self.factors().items()}


def respond(
    core: ODECore,
    features: Tensor,
    elapsed: Tensor,
    start: int,
    noise: float,
    generator: torch.Generator | None = None,
) -> LiquidResponse:
    """Run sequences [B,T,I] as they are, with noise, and with a jump to another one at ``start``.

    ``noise`` is the standard deviation relative to that of each feature; B must be at least 2 for
    the jump.
    """
    sigma = features.flatten(0, 1).std(0) * noise
    noisy = features.clone()
    noisy[:, start:] += sigma * torch.randn(noisy[:, start:].shape, generator=generator)
    return compare(core, features, {"noise": noisy, "jump": jump(features, start)}, elapsed, start)


def compare(
    core: ODECore, calm: Tensor, changed: Mapping[str, Tensor], elapsed: Tensor, start: int
) -> LiquidResponse:
    """Run sequences [B,T,I] and changed copies of them that differ from step ``start`` on."""
    along = {name: time_constants_along(core, x, elapsed) for name, x in changed.items()}
    return LiquidResponse(time_constants_along(core, calm, elapsed), along, start)


def jump(sequences: Tensor, start: int) -> Tensor:
    """Return a copy of [B,T,...] in which each sequence jumps to the one before it at ``start``."""
    jumped = sequences.clone()
    jumped[:, start:] = sequences.roll(1, dims=0)[:, start:]
    return jumped
