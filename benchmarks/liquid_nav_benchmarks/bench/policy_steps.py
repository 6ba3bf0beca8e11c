"""The cost of one step of a policy, image to command, and of its encoder: measured in turn."""

from __future__ import annotations

import time
from typing import Any, Callable

import numpy as np
import torch

from liquid_nav.policy import (
    EncodeFunction,
    Observation,
    Policy,
    PolicyConfig,
    PolicyState,
    encode_function,
)
from liquid_nav.vision import PUBLISHED_ENCODER
from liquid_nav_benchmarks.bench.core_steps import WIRING, interleaved

PUBLISHED_NCP = {"kind": "ltc", "unfolds": 6, "wiring": {"kind": "ncp", **WIRING}}
"""Size and wiring of the network that flew; the cost of a step does not depend on the weights."""


def published_ncp() -> Policy:
    """Return the published NCP with random weights: it needs no checkpoint."""
    return Policy(
        PolicyConfig(encoder=PUBLISHED_ENCODER, core=PUBLISHED_NCP, elapsed="constant")
    ).eval()


def policy_rows(
    policies: dict[str, Policy],
    rounds: int = 200,
    on_round: Callable[[], object] = int,
    clock: Callable[[], float] = time.perf_counter,
) -> list[dict[str, Any]]:
    """Time every policy, by name; returns one row each.

    Whole step and encoder alone take turns; medians over the rounds. The image has the size that
    the encoder takes. ``ratio``: step over encoder.
    """
    rows = []
    for name, policy in policies.items():
        config = policy.config.encoder
        image = np.random.default_rng(0).integers(
            0, 256, (config.height, config.width, 3), np.uint8
        )
        pixels = policy.preprocess(image)[None]
        observation = Observation(image)
        state = policy.initial_state()
        encoder = encode_function(policy.encoder, policy.runtime)

        @torch.inference_mode()
        def encode(encoder: EncodeFunction = encoder, pixels: torch.Tensor = pixels) -> None:
            encoder(pixels)

        def step(
            policy: Policy = policy,
            observation: Observation = observation,
            state: PolicyState = state,
        ) -> None:
            policy.step(observation, state, 1 / 30)

        step_time, encoder_time = interleaved((step, encode), rounds, on_round, clock)
        rows.append(
            {
                "model": name,
                "core": policy.config.core["kind"],
                "states": policy.core.state_size,
                "runtime": policy.runtime,
                "image": f"{config.width} x {config.height}",
                "threads": torch.get_num_threads(),
                "step_ms": round(step_time, 4),
                "encoder_ms": round(encoder_time, 4),
                "ratio": round(step_time / encoder_time, 4),
                "steps_per_s": round(1e3 / step_time, 1),
            }
        )
    return rows
