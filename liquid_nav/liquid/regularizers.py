"""Penalties for training that keep a network slow, fast or smooth; each returns one number."""

from __future__ import annotations

import torch
from torch import Tensor

from .ode import ODECore


def time_constant_penalty(
    core: ODECore, features: Tensor, states: Tensor, low: float, high: float
) -> Tensor:
    """Return the mean squared log distance of effective time constants from [low, high] s.

    features [B,T,I] and states [B,T,S] (from ``trajectory``); zero while all lie within.
    """
    tau = core.time_constants(features.flatten(0, 1), states.flatten(0, 1)).clamp_min(1e-9)
    outside = (low / tau).log().clamp_min(0.0) + (tau / high).log().clamp_min(0.0)
    return outside.square().mean()


def rate_penalty(core: ODECore, features: Tensor, states: Tensor) -> Tensor:
    """Return the mean square of the rates alpha = 1 / tau in 1/s: prefers slow neurons."""
    return (
        core.time_constants(features.flatten(0, 1), states.flatten(0, 1))
        .reciprocal()
        .square()
        .mean()
    )


def derivative_penalty(states: Tensor, elapsed: Tensor) -> Tensor:
    """Return the mean square of (x_k - x_k-1) / dt in 1/s: prefers calm states.

    states [B,T,S], elapsed [B,T] s. Steps without elapsed time are left out.
    """
    dt = elapsed[:, 1:, None]
    moved = dt > 0
    speed = states.diff(dim=1) / torch.where(moved, dt, torch.ones_like(dt))
    count = (moved.sum() * states.shape[2]).clamp_min(1)
    return (speed * moved).square().sum() / count
