"""Imitation: the policy's commands against the expert's, over sequences with real elapsed times."""

from __future__ import annotations

from typing import Any, Iterable

import lightning
import torch
from lightning.pytorch.utilities.types import OptimizerLRSchedulerConfig
from torch import Tensor, nn

from liquid_nav.learning.augment import Photometric
from liquid_nav.learning.auxiliary import NAMES
from liquid_nav.learning.front_features import split
from liquid_nav.learning.losses import COMMAND_WEIGHTS, command_loss, geometry_loss
from liquid_nav.policy import Policy
from liquid_nav.vision import BackboneEncoder

_NOISE_FRAMES = 8
"""Frames of pixel noise that are drawn once; every image gets one of them at random, because it
would take long to draw all its pixels anew.
"""


class ImitationModule(lightning.LightningModule):
    """Trains a policy on windows; encoder in bfloat16 where it is fast, the core in float32."""

    command_weights: Tensor
    noise: Tensor

    def __init__(
        self,
        policy: Policy,
        *,
        learning_rate: float = 1e-3,
        weight_decay: float = 1e-4,
        steps: int = 1000,
        command: float = 1.0,
        auxiliary: float = 0.5,
        height: float = 0.0,
        photometric: Photometric | None = None,
        mixed: bool = True,
    ) -> None:
        """``steps``: length of the one-cycle schedule; ``photometric`` None switches augmentation
        off.

        ``command``: weight of the commands' error, 0: the core does not learn; ``auxiliary``:
        weight of what the encoder has to predict; ``height``: of the drone's height among that;
        ``mixed``: whether the encoder computes in bfloat16.
        """
        super().__init__()
        self.policy = policy
        self.photometric = photometric
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.steps = steps
        self.command_weight = command
        self.auxiliary_weight = auxiliary
        self.height_weight = height
        self.mixed = mixed
        self.auxiliary = nn.Linear(policy.config.encoder.features, len(NAMES))
        self.register_buffer("command_weights", torch.tensor(COMMAND_WEIGHTS), persistent=False)
        h = policy.config.encoder.height
        w = policy.config.encoder.width
        self.register_buffer("noise", torch.randn(_NOISE_FRAMES, h * w, 3), persistent=False)

    def encode(self, images: Tensor) -> Tensor:
        """Encode uint8 [B,T,H,W,3] into float32 [B,T,F], augmented while training."""
        b, t, h, w, _ = images.shape
        encoder = self.policy.encoder
        dtype = torch.bfloat16 if self.mixed else torch.float32
        # Augmentation and normalisation are one affine map of the colours: a single pass over the
        # pixels.
        matrix = torch.eye(3, device=images.device).expand(b, 3, 3)
        offset = torch.zeros(b, 1, 3, device=images.device)
        if self.training and self.photometric is not None:
            matrix, offset, noise = (v.to(images.device) for v in self.photometric.draw(b))
        matrix = matrix / encoder.deviation / 255.0
        offset = (offset - encoder.mean) / encoder.deviation
        pixels = images.view(b, t * h * w, 3).to(dtype)
        pixels = torch.baddbmm(offset.to(dtype), pixels, matrix.to(dtype)).view(b * t, h * w, 3)
        if self.training and self.photometric is not None:
            level = (noise[:, None].expand(b, t).reshape(-1, 1, 1) / encoder.deviation.mean()).to(
                dtype
            )
            pick = torch.randint(_NOISE_FRAMES, (b * t,))
            pixels = torch.addcmul(pixels, self.noise.to(dtype)[pick], level)
        with torch.autocast(images.device.type, torch.bfloat16, enabled=self.mixed):
            features = encoder.encode(pixels.view(b * t, h, w, 3))
        return features.float().view(b, t, -1)

    def look(self, maps: Tensor) -> Tensor:
        """Encode the front's stored maps, float16 [B,T,D], into float32 [B,T,F]; see
        ``learning/front_features.py``.
        """
        encoder = self.policy.encoder
        assert isinstance(encoder, BackboneEncoder)  # Only a frozen front has maps.
        parts = split(maps.flatten(0, 1).float(), encoder.front.shapes)
        # Convolutions of many small maps are faster with the channels last.
        parts = tuple(part.contiguous(memory_format=torch.channels_last) for part in parts)
        with torch.autocast(maps.device.type, torch.bfloat16, enabled=self.mixed):
            features: Tensor = encoder.head(parts)
        return torch.unflatten(features.float(), 0, maps.shape[:2])

    def losses(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return the terms of the loss for a batch of windows."""
        if "maps" in batch:
            features = self.look(batch["maps"])
        else:
            features = self.encode(batch["images"])
        command = self.imitation_loss(features, batch)
        auxiliary = geometry_loss(
            self.auxiliary(features), batch["auxiliary"], batch["weight"], self.height_weight
        )
        return {
            "command": command,
            "auxiliary": auxiliary,
            "loss": self.command_weight * command + self.auxiliary_weight * auxiliary,
        }

    def imitation_loss(self, features: Tensor, batch: dict[str, Tensor]) -> Tensor:
        """Return the error of the commands that the core gives for features, float32 [B,T,F]."""
        if not self.command_weight:
            return torch.zeros((), device=features.device)
        state = self.policy.core.initial_state(len(features))
        outputs, _ = self.policy.recur(features, state, batch["elapsed"])
        return command_loss(
            self.policy.commands(outputs),
            batch["labels"],
            self.policy.scale,
            self.command_weights,
            batch["weight"],
        )

    def on_train_start(self) -> None:
        """Draw other augmentation in every process, and other than before after an interruption."""
        if self.global_rank or self.global_step:
            torch.manual_seed(
                torch.initial_seed() + 1_000_003 * self.global_rank + self.global_step
            )
        # Checkpoints of earlier versions were stored before their last step was clamped.
        self.policy.core.clamp_()
        if self.trainer.world_size == 1 and self.policy.core.wants_processor:
            self.policy.core.cpu()
            for optimizer in self.trainer.optimizers:
                follow_parameters(optimizer)

    def training_step(self, batch: dict[str, Tensor], index: int) -> Tensor:
        """One step; terms go to TensorBoard."""
        losses = self.losses(batch)
        for name, value in losses.items():
            self.log(f"train/{name}", value.detach(), prog_bar=name != "loss")
        return losses["loss"]

    def optimizer_step(self, *args: Any, **named: Any) -> None:
        """Step, then clamp the core's parameters before any callback measures or stores them."""
        super().optimizer_step(*args, **named)
        self.policy.core.clamp_()

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """Return optimizer and schedule as Lightning takes them."""
        optimizer, schedule = self.optimizer_and_schedule()
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def optimizer_and_schedule(
        self,
    ) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
        """Return AdamW under a one-cycle schedule over the round."""
        return one_cycle(self.parameters(), self.learning_rate, self.weight_decay, self.steps)


def one_cycle(
    parameters: Iterable[nn.Parameter], learning_rate: float, weight_decay: float, steps: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    """Return AdamW under a one-cycle schedule whose highest rate is ``learning_rate``."""
    optimizer = torch.optim.AdamW(parameters, lr=learning_rate, weight_decay=weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, learning_rate, total_steps=steps + 1, pct_start=0.08, final_div_factor=30
    )
    return optimizer, schedule


def follow_parameters(optimizer: torch.optim.Optimizer) -> None:
    """Move what an optimizer remembers of each parameter to where the parameter is."""
    for parameter, remembered in optimizer.state.items():
        for name, value in remembered.items():
            if isinstance(value, Tensor) and value.shape == parameter.shape:
                remembered[name] = value.to(parameter.device)
