"""Training of one core on stored features, or of core and head on stored maps: the same windows and
budget for every entrant.
"""

from __future__ import annotations

import json
import shutil
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Callable, Sequence

import numpy as np
import torch
from rich.progress import track
from torch import Tensor

from liquid_nav.comparison.features import open_features
from liquid_nav.comparison.size import CoreConfig, count_parameters
from liquid_nav.learning import (
    ImitationModule,
    Shard,
    StoredLooks,
    WindowConfig,
    WindowDataset,
    bfloat16_is_fast,
    one_cycle,
    open_looks,
)
from liquid_nav.policy import Policy, PolicyConfig
from liquid_nav.vision import BackboneEncoder

NOTES = "training.json"
"""What is noted of a training, in its model's folder."""
WEIGHT_DECAY = 1e-4
"""Of AdamW, the same for all."""
AUXILIARY = 0.5
"""Weight of what a head has to predict beside the commands, as in the released model's training."""
HEIGHT = 0.5
"""Weight of the drone's height among that."""
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
    looks: tuple[Path, ...]
    """Where the encoder's features of each shard are; end to end, the shard itself, which holds the
    front's maps.
    """
    windows: WindowConfig
    """Batches."""
    steps: int
    """Optimizer steps."""
    learning_rate: float
    """Highest rate of the one-cycle schedule."""
    training: int
    """Number of the training: seed of weights and windows."""
    out: Path
    """Model folder that is written, with ``training.json`` beside the usual files."""
    share: float = 1.0
    """Share of the flights that is learned from, above 0 to 1."""
    end_to_end: bool = False
    """Whether the encoder's head learns too, from its beginning; default: the core alone."""


def train_core(task: CoreTask) -> None:
    """Train one core and write the model; nothing is done where it is there already.

    A loss or a gradient that is no longer finite ends the training: the model is then the one
    before that step, and ``training.json`` states it.
    """
    if (task.out / NOTES).exists():
        return
    torch.set_num_threads(1)
    torch.manual_seed(task.training)
    begin = perf_counter()
    module = _module(task)
    policy = module.policy
    parameters = count_parameters(policy.core)
    module.train()
    policy.core.validate = False
    learning = policy.core.parameters()
    if task.end_to_end:
        learning = module.parameters()
    weights = [one for one in learning if one.requires_grad]
    optimizer, schedule = one_cycle(weights, task.learning_rate, WEIGHT_DECAY, task.steps)
    losses: list[float] = []
    diverged = False
    for batch in _windows(task):
        terms = module.losses(batch)
        optimizer.zero_grad()
        torch.autograd.backward(terms["loss"])
        size = torch.nn.utils.clip_grad_norm_(weights, CLIP)
        if not torch.isfinite(terms["loss"] + size):
            diverged = True
            break
        optimizer.step()
        policy.core.clamp_()
        schedule.step()
        losses.append(float(terms["command"].detach()))
    facts = {
        "entrant": task.entrant,
        "core": dict(task.core),
        "parameters": parameters,
        "state": policy.core.state_size,
        "learning_rate": task.learning_rate,
        "training": task.training,
        "share": task.share,
        "steps": len(losses),
        "diverged": diverged,
        "loss": float(np.mean(losses[-TAIL:] or [np.nan])),
        "seconds": round(perf_counter() - begin, 1),
    }
    _write(policy, facts, task.out)


def train_all(tasks: Sequence[CoreTask], pool: Executor, text: str) -> None:
    """Train what is not there yet, in processes of ``pool``; ``text``: of the progress bar."""
    left = [task for task in tasks if not (task.out / NOTES).exists()]
    if not left:
        return
    futures = [pool.submit(train_core, task) for task in left]
    for future in track(as_completed(futures), text, total=len(futures)):
        future.result()


def _module(task: CoreTask) -> ImitationModule:
    """Return what gives the loss: over stored features, or with a fresh head over stored maps."""
    trained = Policy.load(task.encoder, "torch")
    config = PolicyConfig.from_dict(trained.config.to_dict() | {"core": dict(task.core)})
    policy = Policy(config)
    if not task.end_to_end:
        policy.encoder.load_state_dict(trained.encoder.state_dict())
        return FeatureModule(policy, mixed=False)
    assert isinstance(policy.encoder, BackboneEncoder)
    assert isinstance(trained.encoder, BackboneEncoder)
    policy.encoder.front.load_state_dict(trained.encoder.front.state_dict())
    mixed = bfloat16_is_fast(torch.device("cpu"))
    return ImitationModule(policy, auxiliary=AUXILIARY, height=HEIGHT, mixed=mixed)


class FeatureModule(ImitationModule):
    """The loss of commands over features that are stored already."""

    def losses(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return the terms of the loss: that of the commands is all of it."""
        command = self.imitation_loss(batch["maps"].float(), batch)
        return {"command": command, "loss": command}


def _windows(task: CoreTask) -> WindowDataset:
    shards = list(task.shards)
    read: Callable[[Path], StoredLooks] = open_features
    if task.end_to_end:
        read = open_looks
    return WindowDataset(
        shards,
        task.windows,
        task.steps,
        seed=task.training,
        without=_left_out(shards, task.share),
        looks=[read(place) for place in task.looks],
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
