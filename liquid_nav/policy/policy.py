"""A policy: encoder, recurrent core and heads as one object that answers images with commands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from liquid_nav.liquid import Core
from liquid_nav.policy.config import PolicyConfig
from liquid_nav.policy.core_factory import build_core
from liquid_nav.policy.model_folder import load_policy, save_policy
from liquid_nav.policy.runtimes import EncodeFunction, choose_runtime, encode_function
from liquid_nav.types import Command, Decision, Observation, PolicyState
from liquid_nav.vision import build_encoder, preprocess_image, saliency_map


class Policy(nn.Module):
    """Image in, velocity command out, with real elapsed time; all memory is in ``PolicyState``."""

    scale: Tensor
    """Command per unit of output, [4] in m/s and rad/s."""

    def __init__(self, config: PolicyConfig | None = None) -> None:
        """Build with random weights; raises ModelError when the config does not fit together."""
        super().__init__()
        self.config = config or PolicyConfig()
        self.encoder = build_encoder(self.config.encoder)
        self.core = self.build_core(self.config)
        self.register_buffer("scale", torch.tensor(self.config.command_scale), persistent=False)
        self.card: dict[str, Any] = {}
        self.runtime = "torch"
        self._encode: EncodeFunction | None = None

    @staticmethod
    def build_core(config: PolicyConfig) -> Core:
        """Return the core of a configuration, with random weights.

        Raises ModelError when it does not fit.
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
        """Choose the runtime of the encoder in ``step``; returns itself.

        See ``runtimes.choose_runtime``.
        """
        self.runtime = choose_runtime(self.encoder, runtime)
        self._encode = None
        return self

    def train(self, mode: bool = True) -> Policy:
        """Switch between training and evaluation; the weights may change afterwards."""
        self._encode = None
        return super().train(mode)

    def preprocess(self, image: NDArray[np.uint8]) -> Tensor:
        """Resize a camera image, uint8 [H,W,3] RGB, to the uint8 tensor that the encoder takes."""
        return preprocess_image(image, self.config.encoder.height, self.config.encoder.width)

    def forward(self, images: Tensor, state: Tensor, elapsed: Tensor) -> tuple[Tensor, Tensor]:
        """Return commands [B,T,4] and the new state for sequences.

        images [B,T,H,W,3] in 0 to 255, state [B,S], elapsed [B,T] s.
        """
        features = self.encoder(images.flatten(0, 1)).unflatten(0, images.shape[:2])
        outputs, state = self.recur(features, state, elapsed)
        return self.commands(outputs), state

    def recur(self, features: Tensor, state: Tensor, elapsed: Tensor) -> tuple[Tensor, Tensor]:
        """Return the core's outputs [B,T,O] and its new state.

        features [B,T,F], state [B,S], elapsed [B,T] s. In training the core may be on another
        device than the encoder: outputs are on the features' device, the state is on the core's.
        """
        where = next(self.core.parameters(), features).device
        outputs, state = self.core(
            features.to(where), state.to(where), self.core_time(elapsed).to(where)
        )
        return outputs.to(features.device), state

    def core_time(self, elapsed: Tensor) -> Tensor:
        """Return the core's elapsed time for ``elapsed`` [B,T] s.

        The same, in another unit, or a constant: see the config.
        """
        if self.config.elapsed == "constant":
            return torch.full_like(elapsed, self.config.elapsed_constant)
        if self.config.elapsed_unit == 1.0:
            return elapsed
        return elapsed / self.config.elapsed_unit

    def commands(self, outputs: Tensor) -> Tensor:
        """Return commands [...,4] in m/s and rad/s for the core's outputs [...,O]."""
        begin, end = self.config.outputs["command"]
        return outputs[..., begin:end] * self.scale

    @torch.inference_mode()
    def step(
        self, observation: Observation, state: PolicyState, elapsed: float
    ) -> tuple[Decision, PolicyState]:
        """Return the decision and the new state for a frame ``elapsed`` s after the one before it.

        Raises:
            ValueError: no image, or one that is not uint8 [H,W,3].
        """
        if observation.image is None:
            raise ValueError("this policy flies by camera: the observation needs an image")
        if self._encode is None:
            self._encode = encode_function(self.encoder, self.runtime)
        features = self._encode(self.preprocess(observation.image)[None])
        time = self.core_time(torch.full((1, 1), float(elapsed)))
        outputs, core, plastic = self.core.forward_plastic(
            features[:, None], state.core, time, state.plastic
        )
        command = Command.from_array(self.commands(outputs)[0, -1].tolist())
        return Decision(command), PolicyState(core, plastic, features)

    @torch.inference_mode()
    def inspect(self, state: PolicyState) -> dict[str, NDArray[np.float32]]:
        """Return values for display, float32 [S] each.

        ``neurons`` and, after the first frame, ``time_constants`` in s.
        """
        values = {"neurons": state.core[0].numpy().astype(np.float32)}
        if state.held is not None:
            try:
                tau = self.core.time_constants(state.held, state.core)
            except NotImplementedError:
                return values
            values["time_constants"] = tau[0].numpy().astype(np.float32) * self.config.elapsed_unit
        return values

    def saliency(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return how much each pixel drove the encoder, float32 [H,W] in 0 to 1."""
        return saliency_map(self.encoder, self.preprocess(image))

    @property
    def neuron_names(self) -> tuple[str, ...]:
        """Names of the elements of the core's state."""
        return self.core.neuron_names

    def save(self, folder: str | Path, card: dict[str, Any] | None = None) -> None:
        """Write ``config.json``, ``weights.safetensors`` and ``card.json`` into ``folder``."""
        save_policy(self, Path(folder), card)

    @classmethod
    def load(cls, folder: str | Path, runtime: str = "auto") -> Policy:
        """Read a model folder, or a released model by name; ``runtime``: see ``use``.

        Raises:
            ModelError: the folder is missing, damaged or tampered with.
        """
        return load_policy(folder, cls).use(runtime)
