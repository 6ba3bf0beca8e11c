"""How long one step of a core takes at rest: one flight, one thread."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter

import numpy as np
import torch

from liquid_nav.policy import Policy

STEPS = 200
"""Steps that are timed; their median counts."""
WARM_UP = 20
"""Steps before."""


def time_step(model: Path) -> float:
    """Return the median time of a step of a model's core, s."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _median(Policy.load(model, "torch"))
    finally:
        torch.set_num_threads(threads)


@torch.inference_mode()
def _median(policy: Policy) -> float:
    core = policy.core
    features = torch.zeros(1, 1, core.input_size)
    elapsed = torch.full((1, 1), policy.config.nominal_period)
    state = core.initial_state()
    times = []
    for _ in range(WARM_UP + STEPS):
        begin = perf_counter()
        _, state = core(features, state, elapsed)
        times.append(perf_counter() - begin)
    return float(np.median(times[WARM_UP:]))
