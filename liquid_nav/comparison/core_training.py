"""Training of one core on stored features: the same windows and budget for every entrant."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import torch

from liquid_nav.comparison.features import open_features
from liquid_nav.comparison.size import CoreConfig, count_parameters
from liquid_nav.learning import (
    COMMAND_WEIGHTS,
    Shard,
    WindowConfig,
    WindowDataset,
    command_loss,
    one_cycle,
)
from liquid_nav.policy import Policy, PolicyConfig

NOTES = "training.json"
"""What is noted of a training, in its model's folder."""
WEIGHT_DECAY = 1e-4
"""Of AdamW, the same for all."""
CLIP = 1.0
"""Largest norm of the gradient of a step."""
TAIL = 100
"""Last steps of which the mean loss is noted."""
SHARES_SEED = 7
"""Seed of the draw of the flights that a share of the demonstrations consists of."""


@dataclass(frozen=True, slots=True)
class CoreTask:
    """One training."""

    entrant: str
    """Name of the entrant."""
    core: CoreConfig
    """Config of its core."""
    encoder: Path
    """Model folder with the shared encoder."""
    shards: tuple[Path, ...]
    """The data."""
    features: tuple[Path, ...]
    """What the encoder answers to each shard."""
    windows: WindowConfig
    """Batches."""
    steps: int
    """Optimizer steps."""
    learning_rate: float
    """Highest rate of the one-cycle schedule."""
    training: int
    """Number of the training: seed of weights and windows."""
    share: float
    """Share of the flights that is learned from, above 0 to 1."""
    out: Path
    """Model folder that is written, with ``training.json`` beside the usual files."""


def train_core(task: CoreTask) -> None:
    """Train one core and write the model; nothing is done where it is there already.

    A loss that is no longer finite ends the training: the model is then the one before that step,
    and ``training.json`` states it.
    """
    if (task.out / NOTES).exists():
        return
    torch.set_num_threads(1)
    torch.manual_seed(task.training)
    begin = perf_counter()
    trained = Policy.load(task.encoder, "torch")
    policy = Policy(_config(trained.config, task.core))
    policy.encoder.load_state_dict(trained.encoder.state_dict())
    core = policy.core
    parameters = count_parameters(core)
    core.train()
    core.validate = False
    optimizer, schedule = one_cycle(core.parameters(), task.learning_rate, WEIGHT_DECAY, task.steps)
    factors = torch.tensor(COMMAND_WEIGHTS)
    losses: list[float] = []
    diverged = False
    for batch in _windows(task):
        state = core.initial_state(len(batch["maps"]))
        outputs, _ = policy.recur(batch["maps"].float(), state, batch["elapsed"])
        commands = policy.commands(outputs)
        loss = command_loss(commands, batch["labels"], policy.scale, factors, batch["weight"])
        if not torch.isfinite(loss):
            diverged = True
            break
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(core.parameters(), CLIP)
        optimizer.step()
        core.clamp_()
        schedule.step()
        losses.append(float(loss.detach()))
    facts = {
        "entrant": task.entrant,
        "core": dict(task.core),
        "parameters": parameters,
        "state": core.state_size,
        "learning_rate": task.learning_rate,
        "training": task.training,
        "share": task.share,
        "steps": len(losses),
        "diverged": diverged,
        "loss": float(np.mean(losses[-TAIL:] or [np.nan])),
        "seconds": round(perf_counter() - begin, 1),
    }
    _write(policy, facts, task.out)


def _config(encoder: PolicyConfig, core: CoreConfig) -> PolicyConfig:
    """Return the config of the encoder's policy with another core."""
    return PolicyConfig.from_dict(encoder.to_dict() | {"core": dict(core)})


def _windows(task: CoreTask) -> WindowDataset:
    shards = list(task.shards)
    return WindowDataset(
        shards,
        task.windows,
        task.steps,
        seed=task.training,
        without=_left_out(shards, task.share),
        looks=[open_features(place) for place in task.features],
    )


def _left_out(shards: list[Path], share: float) -> set[tuple[int, int]]:
    """Return the flights (shard, flight in it) that are not learned from; the same for all."""
    if share >= 1.0:
        return set()
    rng = np.random.default_rng(SHARES_SEED)
    left: set[tuple[int, int]] = set()
    for index, folder in enumerate(shards):
        flights = rng.permutation(len(Shard(folder).lengths))
        kept = max(1, round(share * len(flights)))
        left |= {(index, int(flight)) for flight in flights[kept:]}
    return left


def _write(policy: Policy, facts: dict[str, Any], out: Path) -> None:
    """Write the model; its folder appears under its name only when it is complete."""
    policy.eval()
    scratch = out.with_name(out.name + ".part")
    shutil.rmtree(scratch, ignore_errors=True)
    policy.save(scratch, {"comparison": facts})
    (scratch / NOTES).write_text(json.dumps(facts, indent=1) + "\n")
    shutil.rmtree(out, ignore_errors=True)
    scratch.rename(out)
