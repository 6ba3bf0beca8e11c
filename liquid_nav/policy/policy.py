"""A policy: encoder, recurrent core and heads as one object that answers images with commands."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from liquid_nav.liquid import Core
from liquid_nav.policy.config import PolicyConfig
from liquid_nav.policy.cores import build_core
from liquid_nav.policy.files import load_policy, save_policy
from liquid_nav.policy.runtimes import Encode, choose_runtime, encode_with
from liquid_nav.types import Command, Decision, Observation, PolicyState
from liquid_nav.vision import build_encoder, preprocess, saliency


class Policy(nn.Module):
    """Image in, velocity command out, with real elapsed time; all memory is in the
    ``PolicyState``.
    """

    def __init__(self, config: PolicyConfig | None = None) -> None:
        """Build with random weights; raises ModelError when the config does not fit together."""
        super().__init__()
        self.config = config or PolicyConfig()
        self.encoder = build_encoder(self.config.encoder)
        self.core = self.build_core(self.config)
        self.register_buffer("scale", torch.tensor(self.config.command_scale), persistent=False)
        self.card: dict = {}
        self.runtime = "torch"
        self._encode: Encode | None = None

    @staticmethod
    def build_core(config: PolicyConfig) -> Core:
        """Return the core of a configuration, with random weights; raises ModelError when it does
        not fit.
        """
        outputs = max(end for _, end in config.outputs.values())
        return build_core(
            config.core,
            config.encoder.features,
            outputs,
            config.nominal_period / config.elapsed_unit,
        )

    def initial_state(self, batch: int = 1) -> PolicyState:
        """Return the state before the first frame."""
        return PolicyState(core=self.core.initial_state(batch))

    def use(self, runtime: str) -> Policy:
        """Choose what computes the encoder in ``step``: see ``runtimes.choose_runtime``; returns
        itself.
        """
        self.runtime = choose_runtime(self.encoder, runtime)
        self._encode = None
        return self

    def train(self, mode: bool = True) -> Policy:
        """Switch between training and evaluation; the weights may be others afterwards."""
        self._encode = None
        return super().train(mode)

    def preprocess(self, image: np.ndarray) -> Tensor:
        """Resize a camera image (uint8 [H,W,3] RGB, any size) to the uint8 tensor that the encoder
        takes.
        """
        return preprocess(image, self.config.encoder.height, self.config.encoder.width)

    def forward(self, images: Tensor, state: Tensor, elapsed: Tensor) -> tuple[Tensor, Tensor]:
        """Run sequences: images [B,T,H,W,3] in 0 to 255, state [B,S], elapsed [B,T] s -> commands
        [B,T,4], state.
        """
        features = self.encoder(images.flatten(0, 1)).unflatten(0, images.shape[:2])
        outputs, state = self.recur(features, state, elapsed)
        return self.commands(outputs), state

    def recur(self, features: Tensor, state: Tensor, elapsed: Tensor) -> tuple[Tensor, Tensor]:
        """Run the core: features [B,T,F], state [B,S], elapsed [B,T] s -> outputs [B,T,O] beside
        the features, state.

        While it trains, the core may be on another device than the encoder; the state that it
        returns is beside it.
        """
        where = next(self.core.parameters(), features).device
        outputs, state = self.core(
            features.to(where), state.to(where), self.core_time(elapsed).to(where)
        )
        return outputs.to(features.device), state

    def core_time(self, elapsed: Tensor) -> Tensor:
        """What the core is told of ``elapsed`` [B,T] s: the same, another unit, or a constant (see
        the config).
        """
        if self.config.elapsed == "constant":
            return torch.full_like(elapsed, self.config.elapsed_constant)
        if self.config.elapsed_unit == 1.0:
            return elapsed
        return elapsed / self.config.elapsed_unit

    def commands(self, outputs: Tensor) -> Tensor:
        """Commands [...,4] in m/s and rad/s of the core's outputs [...,O]."""
        begin, end = self.config.outputs["command"]
        return outputs[..., begin:end] * self.scale

    @torch.inference_mode()
    def step(
        self, observation: Observation, state: PolicyState, elapsed: float
    ) -> tuple[Decision, PolicyState]:
        """Answer one frame that ends an interval of ``elapsed`` seconds.

        Raises:
            ValueError: no image, or one that is not uint8 [H,W,3].
        """
        if observation.image is None:
            raise ValueError("this policy flies by camera: the observation needs an image")
        if self._encode is None:
            self._encode = encode_with(self.encoder, self.runtime)
        features = self._encode(self.preprocess(observation.image)[None])
        time = self.core_time(torch.full((1, 1), float(elapsed)))
        outputs, core = self.core(features[:, None], state.core, time)
        command = Command.from_array(self.commands(outputs)[0, -1].tolist())
        return Decision(command), PolicyState(core, state.plastic, features)

    @torch.inference_mode()
    def inspect(self, state: PolicyState) -> dict[str, np.ndarray]:
        """What people look at, float32 [S] each: ``neurons`` and, once a frame came,
        ``time_constants`` in s.
        """
        seen = {"neurons": state.core[0].numpy().astype(np.float32)}
        if state.held is not None:
            try:
                tau = self.core.time_constants(state.held, state.core)
            except NotImplementedError:
                return seen
            seen["time_constants"] = tau[0].numpy().astype(np.float32) * self.config.elapsed_unit
        return seen

    def saliency(self, image: np.ndarray) -> np.ndarray:
        """Where the encoder looks in a camera image: float32 [H,W] in 0 to 1 at the encoder's own
        size.
        """
        return saliency(self.encoder, self.preprocess(image))

    @property
    def neuron_names(self) -> tuple[str, ...]:
        """Names of the elements of the core's state."""
        return self.core.neuron_names

    def save(self, folder: str | Path, card: dict | None = None) -> None:
        """Write ``config.json``, ``weights.safetensors`` and ``card.json`` into ``folder``."""
        save_policy(self, Path(folder), card)

    @classmethod
    def load(cls, folder: str | Path, runtime: str = "auto") -> Policy:
        """Read a model folder, or a released model by name; ``runtime``: see ``use``.

        Raises:
            ModelError: the folder is missing, damaged or tampered with.
        """
        return load_policy(folder).use(runtime)
