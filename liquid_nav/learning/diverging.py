"""Training that diverges stops at the first step with NaN or infinity, before it reaches a
checkpoint or a model.
"""

from __future__ import annotations

import math
from pathlib import Path

import lightning
import torch
from torch import Tensor

from liquid_nav.errors import UserError
from liquid_nav.policy import first_broken_tensor

REMEDY = "give a lower learning_rate or another solver than euler in the recipe, and another --out"


class DivergedError(UserError):
    """A round whose loss, gradient or weights are no longer finite."""


class StopDiverging(lightning.Callback):
    """Ends a round with DivergedError instead of a step that would spoil the weights."""

    def __init__(self, index: int, checkpoint: Path) -> None:
        """``index``: of the round; ``checkpoint``: the last one, where there is one."""
        self._index = index
        self._checkpoint = checkpoint
        self._loss: Tensor | None = None

    def on_before_backward(
        self, trainer: lightning.Trainer, module: lightning.LightningModule, loss: Tensor
    ) -> None:
        """Remember the loss until the gradients of all processes are known."""
        self._loss = loss.detach()

    def on_before_optimizer_step(
        self, trainer: lightning.Trainer, module: lightning.LightningModule, *_: object
    ) -> None:
        """Raise DivergedError before a step that any of the processes must not take."""
        # Parts of the network may be on other devices.
        norms = [p.grad.detach().norm() for p in module.parameters() if p.grad is not None]
        measured = self._loss
        assert measured is not None  # Lightning runs the backward pass before the step.
        sizes = [norm.to(measured.device) for norm in norms]
        sound = torch.isfinite(measured).all() and (
            not sizes or torch.isfinite(torch.stack(sizes)).all()
        )
        if trainer.strategy.reduce_boolean_decision(not bool(sound), all=False):
            loss = float(measured)
            what = f"the loss is {loss}"
            if math.isfinite(loss):
                what = f"the gradient of a loss of {loss:.4g} contains NaN or infinity"
            raise self.error(trainer.global_step + 1, what)

    def on_save_checkpoint(
        self, trainer: lightning.Trainer, module: lightning.LightningModule, *_: object
    ) -> None:
        """Raise DivergedError instead of writing a checkpoint that no run can go on from."""
        name = first_broken_tensor(module.state_dict())
        if name is not None:
            raise self.error(trainer.global_step, f"{name} contains NaN or infinity")

    def error(self, step: int, what: str) -> DivergedError:
        """Return the error for a step; it names the last good checkpoint."""
        kept = "no checkpoint was written before"
        done = steps_done(self._checkpoint)
        if done:
            kept = f"the last good checkpoint, of step {done}, is {self._checkpoint}"
        return DivergedError(
            f"round {self._index} has diverged in step {step}: {what}; {kept}", REMEDY
        )


def steps_done(checkpoint: Path) -> int:
    """Return how many steps a checkpoint of ours has behind it, 0 without one."""
    if not checkpoint.exists():
        return 0
    return int(torch.load(checkpoint, map_location="cpu", weights_only=True)["global_step"])
