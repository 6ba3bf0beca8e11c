"""From a recipe to a model: rounds of collecting and learning that survive an interruption."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Callable

import lightning

from liquid_nav.evaluation import process_pool
from liquid_nav.learning.cache import META, CacheError, Shard
from liquid_nav.learning.collecting import collect_flights, round_tasks
from liquid_nav.learning.diverging import REMEDY, DivergedError, steps_done
from liquid_nav.learning.fit import fit, last_checkpoint
from liquid_nav.learning.front_features import compute_looks, open_looks
from liquid_nav.learning.hardware import TrainingHardware, bfloat16_is_fast
from liquid_nav.learning.imitation import ImitationModule
from liquid_nav.learning.import_dataset import data_set_shards
from liquid_nav.learning.kept_recipe import KeptRecipe, keep
from liquid_nav.learning.recipe import Recipe, RecipeError, Round
from liquid_nav.learning.rollout import RolloutTask
from liquid_nav.learning.seen import HEAD, load_head, save_head
from liquid_nav.learning.stopping import (
    Flight,
    KeepBest,
    closed_loop,
    command_error,
    held_out_flights,
)
from liquid_nav.learning.training_card import note_times, training_card
from liquid_nav.learning.windows import StoredLooks, WindowDataset
from liquid_nav.policy import Policy, resolve_model
from liquid_nav.vision import BackboneEncoder, load_photographs

_RANKS = ("RANK", "LOCAL_RANK", "NODE_RANK", "SLURM_PROCID")
"""Variables in which launchers number the processes that learn together; zero or absent in the
first of them.
"""


class PolicyTrainer:
    """Follows a recipe inside a folder. Whatever is finished there is not done again.

    ``folder/round-K/data``: shard; ``folder/round-K/model``: the policy after the round;
    ``folder/log``: TensorBoard. Where several processes learn together, each of them follows the
    recipe; only the first collects and writes, and the folder must be the same for all.
    """

    def __init__(
        self,
        recipe: Recipe,
        folder: Path,
        *,
        workers: int | None = None,
        hardware: TrainingHardware | None = None,
        report: Callable[[str], object] = print,
    ) -> None:
        """``workers``: processes that collect, all cores by default."""
        self.recipe = recipe
        self.folder = folder
        self.workers = workers
        self.hardware = hardware or TrainingHardware()
        self.first = all(os.environ.get(name, "0") in ("", "0") for name in _RANKS)
        self.report = report if self.first else _silent
        self._kept: KeptRecipe | None = None

    def run(self) -> Path:
        """Do what is left of the recipe; returns the folder of the last round's model.

        Raises:
            RecipeError: the folder was begun with another recipe, or ``start`` names a model that
                takes images of another size than are collected.
            ModelError: ``start`` names no model that can be loaded.
            DivergedError: a loss, a gradient or weights are no longer finite.
        """
        model = None
        if self.recipe.start is not None:
            model = resolve_model(self.recipe.start)
            self._check_start(model)
        self._kept = keep(self.recipe, self.folder, self.report, write=self.first)
        for index, plan in enumerate(self.recipe.rounds):
            place = self.folder / f"round-{index}"
            if self.first:
                self._collect(index, plan, place / "data", model)
            elif plan.flights:
                _await(place / "data" / META)
            if not (place / "model" / "card.json").exists():
                self._learn(index, plan, place, model)
            model = place / "model"
        assert model is not None  # A recipe has at least one round.
        return model

    def _check_start(self, model: Path) -> None:
        """Raise RecipeError where flights are collected in another size than the start takes."""
        if not any(plan.flights for plan in self.recipe.rounds):
            return
        taken = Policy.load(model, "torch").config.encoder
        stored = self.recipe.policy.encoder
        if (taken.height, taken.width) != (stored.height, stored.width):
            raise RecipeError(
                f"recipe: start '{self.recipe.start}' takes images of {taken.width} x "
                f"{taken.height} pixels, flights are collected in {stored.width} x {stored.height}",
                "give the encoder in policy the height and width of the start",
            )

    def tasks(self, index: int, model: Path | None) -> list[RolloutTask]:
        """Return the flights of a round; seeds of different rounds never meet."""
        recipe = self.recipe
        plan = recipe.rounds[index]
        first = recipe.first_seed + sum(r.flights for r in recipe.rounds[:index])
        driver = "expert" if plan.driver == "expert" else str(model)
        return round_tasks(recipe, plan, driver, first, (recipe.seed, index))

    def _collect(self, index: int, plan: Round, folder: Path, model: Path | None) -> None:
        if not plan.flights or (folder / META).exists():
            return
        tasks = self.tasks(index, model)
        begin = perf_counter()
        text = f"round {index}: collecting {plan.driver} flights"
        meta = collect_flights(tasks, folder, self.workers, text)
        minutes = (perf_counter() - begin) / 60
        note_times(folder.parent, collect_minutes=round(minutes, 1))
        self.report(
            f"round {index}: {meta['flights']} flights, {meta['frames']} frames, "
            f"{meta['outcomes']}, "
            f"{minutes:.1f} min"
        )

    def _learn(self, index: int, plan: Round, place: Path, model: Path | None) -> None:
        recipe = self.recipe
        lightning.seed_everything(recipe.seed + index, verbose=False)
        policy = self._begin(model)
        policy.train()
        policy.core.validate = False
        module = ImitationModule(
            policy,
            learning_rate=plan.learning_rate,
            weight_decay=recipe.weight_decay,
            steps=plan.steps,
            command=recipe.command,
            auxiliary=recipe.auxiliary,
            height=recipe.height,
            photometric=recipe.photometric,
            mixed=bfloat16_is_fast(self.hardware.device()),
        )
        if model is not None and (model / HEAD).exists():
            module.auxiliary.load_state_dict(load_head(model).state_dict())
        place.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            best, held_out = self._stopping(index, policy, place, stack)
            learned_from = self._shards(index, policy)
            looks: list[StoredLooks] = []
            if isinstance(policy.encoder, BackboneEncoder):
                self._compute_looks(index, policy.encoder, learned_from, place)
                looks = [open_looks(folder) for folder in learned_from]
            data = WindowDataset(
                learned_from,
                replace(recipe.windows, **plan.windows),
                plan.steps,
                seed=1000 * recipe.seed + index,
                skip=steps_done(last_checkpoint(place)),
                without=held_out,
                looks=looks,
            )
            begin = perf_counter()
            trainer = fit(index, module, data, place, best, self.hardware)
        # Only the first of the processes measures.
        if trainer.is_global_zero and best and best[0].chosen is None:
            raise DivergedError(f"round {index} has no model whose measurement is a number", REMEDY)
        chosen = {}
        if best:
            chosen = best[0].restore(module)
        if trainer.is_global_zero:
            minutes = (perf_counter() - begin) / 60
            note_times(place, learn_minutes=round(minutes, 1), **chosen)
            loss = {k: float(v) for k, v in trainer.callback_metrics.items()}
            card = training_card(recipe, self._kept, self.folder, index, loss)
            policy.save(place / "model", card)
            save_head(module.auxiliary, place / "model")
            self.report(
                f"round {index}: learned {trainer.global_step} steps in {minutes:.1f} min, "
                + ", ".join(f"{k} {v:.4f}" for k, v in sorted(loss.items()))
            )
        trainer.strategy.barrier("the round's model is written")

    def _begin(self, model: Path | None) -> Policy:
        """Return the policy that a round begins with: the last model, or a fresh one."""
        if model is not None:
            return Policy.load(model)
        policy = Policy(self.recipe.policy)
        if isinstance(policy.encoder, BackboneEncoder) and self.recipe.photographs:
            load_photographs(policy.encoder.front, policy.encoder.config.front)
        return policy

    def _compute_looks(
        self, index: int, encoder: BackboneEncoder, folders: list[Path], place: Path
    ) -> None:
        """Compute the front's maps of every frame in the first process; the others wait for it."""
        recipe = self.recipe
        done = place / "looks.done"
        if not self.first:
            _await(done)
            return
        begin = perf_counter()
        encoder.to(self.hardware.device())
        for folder in folders:
            compute_looks(
                folder,
                encoder,
                self._looks_of(folder),
                recipe.photometric,
                recipe.seed,
                f"round {index}: ",
                recipe.colour_fields,
                recipe.windows.mirror,
            )
        encoder.cpu()
        note_times(place, looks_minutes=round((perf_counter() - begin) / 60, 1))
        done.touch()

    def _looks_of(self, folder: Path) -> int:
        """Return how many looks of the frames in ``folder`` are stored, by their round."""
        for index, plan in enumerate(self.recipe.rounds):
            if folder == self.folder / f"round-{index}" / "data":
                return plan.looks or self.recipe.looks
        return self.recipe.looks

    def _stopping(
        self, index: int, policy: Policy, place: Path, stack: ExitStack
    ) -> tuple[list[KeepBest], frozenset[Flight]]:
        """Return the callback that chooses among a round's models, if the recipe asks for it, and
        what it holds out.
        """
        stop = self.recipe.stop
        held_out: frozenset[Flight] = frozenset()
        if stop is None:
            return [], held_out
        if stop.seeds is not None:
            measure = closed_loop(
                self.recipe, place / "candidate", stack.enter_context(process_pool(self.workers))
            )
        else:
            assert stop.held_out is not None  # A Stop has one of the two.
            recorded = self._recorded(policy)
            held_out = frozenset(held_out_flights(recorded, stop.held_out, self.recipe.seed))
            measure = command_error(recorded, sorted(held_out))
        steps = self.recipe.rounds[index].steps
        return [
            KeepBest(
                measure, every=stop.every, patience=stop.patience, steps=steps, report=self.report
            )
        ], held_out

    def _shards(self, index: int, policy: Policy) -> list[Path]:
        """Return what a round learns from: recorded flights, then those of the rounds so far."""
        flown = [
            self.folder / f"round-{i}" / "data"
            for i in range(index + 1)
            if self.recipe.rounds[i].flights
        ]
        return self._recorded(policy) + flown

    def _recorded(self, policy: Policy) -> list[Path]:
        size = (policy.config.encoder.height, policy.config.encoder.width)
        recorded = [shard for cache in self.recipe.caches for shard in data_set_shards(Path(cache))]
        for folder in recorded:
            height, width = Shard(folder).frames.shape[1:3]
            if (height, width) != size:
                raise CacheError(
                    f"frames of {folder} are {width} x {height}, the encoder takes {size[1]} x "
                    f"{size[0]}",
                    f"import them again with --size {size[1]}x{size[0]}",
                )
        return recorded


def _await(path: Path) -> None:
    """Wait until the first process has written ``path``: collecting outlasts the time limits of
    collectives.
    """
    parent = os.getppid()
    while not path.exists():
        if os.getppid() != parent:
            raise KeyboardInterrupt
        time.sleep(1.0)


def _silent(line: str) -> None:
    """Print nothing: the first process does."""
