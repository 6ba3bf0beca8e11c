"""From a recipe to a model: rounds of collecting and learning, each of which survives an interruption."""

from __future__ import annotations

import itertools
import json
import warnings
from dataclasses import asdict, replace
from pathlib import Path
from time import perf_counter
from typing import Callable, Iterator

import lightning
import numpy as np
import torch
from lightning.pytorch.callbacks import ModelCheckpoint, TQDMProgressBar
from lightning.pytorch.loggers import TensorBoardLogger
from rich.progress import track
from torch.utils.data import DataLoader

from liquid_nav.evaluation.campaign import process_pool
from liquid_nav.learning.cache import META, CacheError, Shard, write_shard
from liquid_nav.learning.imitation import Imitation
from liquid_nav.learning.recipe import Recipe, Round
from liquid_nav.learning.recordings.dataset import shards
from liquid_nav.learning.rollout import LabelledFlight, RolloutTask, run_rollout
from liquid_nav.learning.windows import Windows
from liquid_nav.policy import Policy, resolve_model
from liquid_nav.policy.files import CARD

TIMES = "times.json"
FRAMES_PER_FLIGHT = 420
"""Room reserved on disk; the file is sparse."""


class Trainer:
    """Follows a recipe inside a folder. Whatever is finished there is not done again.

    ``folder/round-K/data``: shard; ``folder/round-K/model``: the policy after the round; ``folder/log``: TensorBoard.
    """

    def __init__(self, recipe: Recipe, folder: Path, *, workers: int | None = None, say: Callable = print) -> None:
        """``workers``: processes that collect, all cores by default."""
        self.recipe, self.folder, self.workers, self.say = recipe, folder, workers, say

    def run(self) -> Path:
        """Do what is left of the recipe; returns the folder of the last round's model."""
        model = resolve_model(self.recipe.start) if self.recipe.start else None
        for index, plan in enumerate(self.recipe.rounds):
            place = self.folder / f"round-{index}"
            self._collect(index, plan, place / "data", model)
            if not (place / "model" / "card.json").exists():
                self._learn(index, plan, place, model)
            model = place / "model"
        return model

    def tasks(self, index: int, model: Path | None) -> list[RolloutTask]:
        """Return the flights of a round; seeds of different rounds never meet."""
        recipe, plan = self.recipe, self.recipe.rounds[index]
        first = recipe.first_seed + sum(r.flights for r in recipe.rounds[:index])
        rng = np.random.default_rng([recipe.seed, index])
        names = rng.choice(recipe.scenarios, size=plan.flights, p=np.array(recipe.shares) / sum(recipe.shares))
        driver = "expert" if plan.driver == "expert" else str(model)
        size = recipe.policy.encoder
        return [
            RolloutTask(str(name), first + i, driver, plan.expert_share, recipe.frame_rate, plan.disturbed,
                        plan.anywhere, plan.wide, height=size.height, width=size.width)
            for i, name in enumerate(names)
        ]

    def _collect(self, index: int, plan: Round, folder: Path, model: Path | None) -> None:
        if not plan.flights or (folder / META).exists():
            return
        tasks = self.tasks(index, model)
        begin = perf_counter()
        with process_pool(self.workers) as pool:
            flights = track(_in_turn(pool, tasks), f"round {index}: collecting {plan.driver} flights",
                            total=len(tasks))
            meta = write_shard(folder, flights, FRAMES_PER_FLIGHT * len(tasks))
        minutes = (perf_counter() - begin) / 60
        _note(folder.parent / TIMES, collect_minutes=round(minutes, 1))
        self.say(f"round {index}: {meta['flights']} flights, {meta['frames']} frames, {meta['outcomes']}, "
                 f"{minutes:.1f} min")

    def _learn(self, index: int, plan: Round, place: Path, model: Path | None) -> None:
        recipe = self.recipe
        lightning.seed_everything(recipe.seed + index, verbose=False)
        policy = Policy(recipe.policy) if model is None else Policy.load(model)
        policy.train()
        policy.core.validate = False
        module = Imitation(
            policy, learning_rate=plan.learning_rate, weight_decay=recipe.weight_decay, steps=plan.steps,
            auxiliary=recipe.auxiliary, photometric=recipe.photometric,
            mixed=torch.backends.mkldnn.is_available(),
        )
        if model is not None and (model.parent / "auxiliary.npz").exists():
            with np.load(model.parent / "auxiliary.npz") as head:
                module.auxiliary.load_state_dict({k: torch.from_numpy(v) for k, v in head.items()})
        place.mkdir(parents=True, exist_ok=True)
        windows = replace(recipe.windows, **plan.windows)
        data = Windows(self._shards(index, policy), windows, plan.steps, seed=1000 * recipe.seed + index)
        checkpoint = ModelCheckpoint(place / "checkpoints", every_n_train_steps=100, save_top_k=1, save_last=True)
        trainer = lightning.Trainer(
            max_steps=plan.steps, accelerator="auto", devices=1, gradient_clip_val=1.0, log_every_n_steps=20,
            logger=TensorBoardLogger(self.folder, name="log", version=f"round-{index}"),
            callbacks=[checkpoint, TQDMProgressBar(refresh_rate=20)], enable_model_summary=False,
        )
        last = place / "checkpoints" / "last.ckpt"
        begin = perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            trainer.fit(module, DataLoader(data, batch_size=None), ckpt_path=str(last) if last.exists() else None)
        np.savez(place / "auxiliary.npz", **{k: v.numpy(force=True) for k, v in module.auxiliary.state_dict().items()})
        minutes = (perf_counter() - begin) / 60
        _note(place / TIMES, learn_minutes=round(minutes, 1))
        loss = {k: float(v) for k, v in trainer.callback_metrics.items()}
        policy.save(place / "model", self._card(index, loss))
        self.say(f"round {index}: learned {plan.steps} steps in {minutes:.1f} min, "
                 + ", ".join(f"{k} {v:.4f}" for k, v in sorted(loss.items())))

    def _shards(self, index: int, policy: Policy) -> list[Path]:
        """Return what a round learns from: recorded flights first, then what the rounds so far collected."""
        size = (policy.config.encoder.height, policy.config.encoder.width)
        recorded = [shard for cache in self.recipe.caches for shard in shards(Path(cache))]
        for folder in recorded:
            height, width = Shard(folder).frames.shape[1:3]
            if (height, width) != size:
                raise CacheError(f"frames of {folder} are {width} x {height}, the encoder takes {size[1]} x {size[0]}",
                                 f"import them again with --size {size[1]}x{size[0]}")
        flown = [self.folder / f"round-{i}" / "data" for i in range(index + 1) if self.recipe.rounds[i].flights]
        return recorded + flown

    def _card(self, index: int, loss: dict[str, float]) -> dict:
        rounds = []
        for i in range(index + 1):
            times = json.loads((self.folder / f"round-{i}" / TIMES).read_text())
            counts = {"flights": 0, "frames": 0}
            if self.recipe.rounds[i].flights:
                meta = json.loads((self.folder / f"round-{i}" / "data" / META).read_text())
                counts = {k: meta[k] for k in ("flights", "frames", "outcomes")}
            rounds.append(asdict(self.recipe.rounds[i]) | counts | times)
        first = self.recipe.first_seed
        facts = {
            "rounds": rounds, "seeds": f"{first}:{first + sum(r['flights'] for r in rounds)}", "final_loss": loss,
            "torch": torch.__version__,
        }
        if self.recipe.caches:
            metas = {c: [json.loads((s / META).read_text()) for s in shards(Path(c))] for c in self.recipe.caches}
            facts["recorded"] = {c: {k: sum(m[k] for m in found) for k in ("flights", "frames")}
                                 for c, found in metas.items()}
        if self.recipe.start is not None:
            parent = json.loads((resolve_model(self.recipe.start) / CARD).read_text())
            facts["start"] = {k: parent.get(k) for k in ("sha256", "training")} | {"model": self.recipe.start}
        return {"training": facts}


def _note(path: Path, **facts: float) -> None:
    """Add facts to a small JSON file; an interrupted and continued round counts its last leg."""
    known = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(known | facts))


def _in_turn(pool: object, tasks: list[RolloutTask], ahead: int = 8) -> Iterator[LabelledFlight]:
    """Yield results in the order of the tasks, with only a few flights in memory at a time."""
    waiting, rest = [], iter(tasks)
    for task in itertools.islice(rest, ahead):
        waiting.append(pool.submit(run_rollout, task))
    while waiting:
        yield waiting.pop(0).result()
        for task in itertools.islice(rest, 1):
            waiting.append(pool.submit(run_rollout, task))
