"""What training minimises: errors of the commands, and of what the encoder has to predict."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from liquid_nav.learning.auxiliary import HEIGHT, SCAN, VISIBLE

COMMAND_WEIGHTS = (1.0, 1.0, 0.6, 1.0)
"""Weights of vx, vy, vz and yaw rate in the loss of the commands."""
SMOOTH = 0.1
"""Error, in units of the commands' scale, below which the loss is quadratic."""


def command_loss(
    commands: Tensor, labels: Tensor, scale: Tensor, factors: Tensor, weight: Tensor
) -> Tensor:
    """Return the smooth L1 loss of commands, a scalar.

    Args:
        commands: [B,T,4] m/s and rad/s.
        labels: [B,T,4], those of the expert.
        scale: [4], units of the commands.
        factors: [4], see ``COMMAND_WEIGHTS``.
        weight: [B,T], 0 for frames that only fill up.
    """
    error = functional.smooth_l1_loss(
        commands / scale, labels / scale, beta=SMOOTH, reduction="none"
    )
    weight = weight[..., None]
    return (error * factors * weight).sum() / (weight.sum() * len(factors))


def geometry_loss(seen: Tensor, auxiliary: Tensor, weight: Tensor, height: float) -> Tensor:
    """Return the loss of what the encoder has to predict, a scalar.

    Args:
        seen: [...,A], predicted, in the order of ``auxiliary.NAMES``.
        auxiliary: [...,A], wanted; NaN where it is not known, as in recorded flights.
        weight: [...], 0 for frames that only fill up.
        height: weight of the drone's height.
    """
    known = torch.isfinite(auxiliary[..., 0])
    # Older data sets do not hold the height.
    wanted = torch.where(torch.isfinite(auxiliary), auxiliary, seen.detach())
    wanted = torch.where(known[..., None], wanted, 0.0)
    visible = wanted[..., VISIBLE]
    # The factors are relative weights of the terms; while the target is not visible, its place
    # counts a tenth.
    target = ((seen[..., :2] - wanted[..., :2]) ** 2).mean(-1) * (0.1 + 0.9 * visible) * 4
    visible_loss = (
        functional.binary_cross_entropy_with_logits(seen[..., VISIBLE], visible, reduction="none")
        * 0.3
    )
    scan = ((seen[..., SCAN] - wanted[..., SCAN]) ** 2).mean(-1) * 6
    off = (seen[..., HEIGHT] - wanted[..., HEIGHT]) ** 2 * height
    weight = weight * known
    return ((target + visible_loss + scan + off) * weight).sum() / weight.sum().clamp(min=1.0)
