"""A comparison from nothing to its page, in a folder; whatever is finished there is not done again.

``encoder/``: training of the shared encoder, with the expert's flights; ``mixture/ENTRANT``: the
flights that an entrant drives; ``features/``: what the encoder answers to all frames;
``models/ENTRANT/RATE/SHARE/training-K``: trained cores; ``choosing/``, ``flights/``: records.
"""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import Executor, as_completed
from dataclasses import asdict, replace
from pathlib import Path
from typing import Callable, Sequence

import numpy as np
from rich.progress import track

from liquid_nav.comparison.core_speed import time_step
from liquid_nav.comparison.core_training import NOTES, CoreTask, train_core
from liquid_nav.comparison.entrants import ENTRANTS
from liquid_nav.comparison.features import compute_features
from liquid_nav.comparison.flights import Flown, fly_question
from liquid_nav.comparison.plan import Plan, PlanError, Question
from liquid_nav.comparison.results import RESULTS, EntrantFacts, Results, load_results
from liquid_nav.comparison.size import CoreConfig, fit_size
from liquid_nav.errors import UserError
from liquid_nav.evaluation import describe_software, process_pool
from liquid_nav.learning import PolicyTrainer, Shard, collect_flights, round_tasks
from liquid_nav.policy import POLICY_CARD_NAME
from liquid_nav.types import COMMAND_FIELDS

KEPT = "plan.json"
CHOOSING = Question("choosing", "choosing of learning rates")


class ComparisonRun:
    """One comparison in one folder."""

    def __init__(
        self,
        plan: Plan,
        folder: Path,
        *,
        workers: int | None = None,
        report: Callable[[str], object] = print,
    ) -> None:
        """Begin or continue.

        Args:
            plan: what is trained and flown.
            folder: of the run.
            workers: processes; None: all cores.
            report: gets a line for each part that is done.

        Raises:
            PlanError: the folder was begun with another plan.
        """
        self.plan = plan
        self.folder = folder
        self.workers = workers
        self.report = report
        self.drivers = self._keep()
        """Entrants that drive flights of the data: those that were known when the run began."""

    def run(self, entrants: Sequence[str] = ()) -> Results:
        """Do what is left; returns the results, which are also in ``results.json``.

        Args:
            entrants: names of those that are trained and flown; none: all that are known.

        Raises:
            UserError: an entrant is unknown, or cannot be made in the size of the others.
        """
        names = list(entrants) or list(ENTRANTS)
        cores = {name: self.core(name) for name in dict.fromkeys([*self.drivers, *names])}
        encoder = PolicyTrainer(
            self.plan.encoder, self.folder / "encoder", workers=self.workers, report=self.report
        ).run()
        expert = self.folder / "encoder" / "round-0" / "data"
        self._features([expert], encoder)
        self._mixture(cores, encoder, expert)
        shards = [expert, *(self._driven(name) for name in self.drivers)]
        self._features(shards, encoder)
        results = self._results(shards, encoder)
        with process_pool(self.workers) as pool:
            rates = self._learning_rates(names, cores, encoder, shards, pool)
            self._train_all(names, cores, rates, encoder, shards, pool)
            for name in names:
                results.entrants[name] = self._facts(name, rates[name])
            for question in self.plan.questions:
                results.questions[question.name] = question.about
                for name in names:
                    flown = self._fly(question, name, rates[name], pool)
                    results.outcomes.setdefault(question.name, {})[name] = flown.reasons
                    self.report(f"{question.name}, {name}: {flown.table.mean():.0%}")
                    results.save(self.folder / RESULTS)
        return results

    def core(self, name: str) -> CoreConfig:
        """Return the config of an entrant's core in the size of the plan."""
        if name not in ENTRANTS:
            raise UserError(f"unknown entrant '{name}'", f"choose one of: {', '.join(ENTRANTS)}")
        entrant = ENTRANTS[name]
        inputs = self.plan.encoder.policy.encoder.features
        return fit_size(
            entrant.make, self.plan.parameters, inputs, len(COMMAND_FIELDS), least=entrant.least
        )

    def _keep(self) -> list[str]:
        """Compare the plan with the one that lies in the folder, or leave it there."""
        path = self.folder / KEPT
        if path.exists():
            kept = json.loads(path.read_text())
            if kept["sha256"] != self.plan.digest():
                raise PlanError(
                    f"{self.folder} was begun with another plan",
                    "give the plan that it was begun with, or another folder",
                )
            drivers: list[str] = kept["drivers"]
            return drivers
        self.folder.mkdir(parents=True, exist_ok=True)
        drivers = list(self.plan.drivers or ENTRANTS)
        facts = {"sha256": self.plan.digest(), "drivers": drivers, "plan": asdict(self.plan)}
        path.write_text(json.dumps(facts, indent=1) + "\n")
        return drivers

    def _driven(self, name: str) -> Path:
        return self.folder / "mixture" / name / "data"

    def _features_of(self, shard: Path) -> Path:
        return self.folder / "features" / "-".join(shard.relative_to(self.folder).parts)

    def _features(self, shards: Sequence[Path], encoder: Path) -> None:
        for shard in shards:
            place = self._features_of(shard)
            compute_features(shard, encoder, self.plan.encoder, self.plan.looks, place)

    def _mixture(self, cores: dict[str, CoreConfig], encoder: Path, expert: Path) -> None:
        """Train a core of each driver on the expert's flights, and let it fly."""
        middle = sorted(self.plan.learning_rates)[len(self.plan.learning_rates) // 2]
        tasks = [
            replace(
                self._task(name, cores[name], middle, 0, 1.0, encoder, [expert]),
                steps=self.plan.mixture_steps,
                out=self.folder / "mixture" / name / "model",
            )
            for name in self.drivers
        ]
        with process_pool(self.workers) as pool:
            _train(tasks, pool, "training the cores that drive")
        for number, name in enumerate(self.drivers):
            if (self._driven(name) / "meta.json").exists():
                continue
            recipe = self.plan.encoder
            plan = replace(recipe.rounds[0], flights=self.plan.mixture, driver="policy")
            first = self.plan.mixture_seed + number * self.plan.mixture
            driver = str(self.folder / "mixture" / name / "model")
            flights = round_tasks(recipe, plan, driver, first, (recipe.seed, 1, number))
            meta = collect_flights(flights, self._driven(name), self.workers, f"flights of {name}")
            self.report(f"flights of {name}: {meta['frames']} frames, {meta['outcomes']}")

    def _task(
        self,
        name: str,
        core: CoreConfig,
        rate: float,
        training: int,
        share: float,
        encoder: Path,
        shards: Sequence[Path],
    ) -> CoreTask:
        return CoreTask(
            name,
            core,
            encoder,
            tuple(shards),
            tuple(self._features_of(shard) for shard in shards),
            self.plan.windows,
            self.plan.steps,
            rate,
            training,
            share,
            self._model(name, rate, share, training),
        )

    def _model(self, name: str, rate: float, share: float, training: int) -> Path:
        place = self.folder / "models" / name / f"rate-{rate:g}" / f"share-{share:g}"
        return place / f"training-{training}"

    def _learning_rates(
        self,
        names: Sequence[str],
        cores: dict[str, CoreConfig],
        encoder: Path,
        shards: Sequence[Path],
        pool: Executor,
    ) -> dict[str, float]:
        """Return the learning rate of each entrant with which its first training flies best on the
        seeds for choosing; of equal ones, that with the lowest imitation loss.
        """
        rates = self.plan.learning_rates
        tasks = [
            self._task(name, cores[name], rate, 1, 1.0, encoder, shards)
            for name in names
            for rate in rates
        ]
        _train(tasks, pool, "training at each learning rate")
        chosen = {}
        for name in names:
            scores = {rate: self._score(name, rate, pool) for rate in rates}
            chosen[name] = max(rates, key=lambda rate: scores[rate])
            shown = ", ".join(f"{rate:g}: {scores[rate][0]:.0%}" for rate in rates)
            self.report(f"{name}: learning rate {chosen[name]:g} ({shown})")
        return chosen

    def _score(self, name: str, rate: float, pool: Executor) -> tuple[float, float]:
        """Return success rate and negative loss; what diverged scores below everything."""
        model = self._model(name, rate, 1.0, 1)
        notes = json.loads((model / NOTES).read_text())
        if notes["diverged"]:
            return -1.0, 0.0
        file = self.folder / "choosing" / f"{name}-{rate:g}.jsonl"
        flown = fly_question(self.plan, CHOOSING, [model], self.plan.choosing, file, pool)
        return float(flown.table.mean()), -float(notes["loss"])

    def _train_all(
        self,
        names: Sequence[str],
        cores: dict[str, CoreConfig],
        rates: dict[str, float],
        encoder: Path,
        shards: Sequence[Path],
        pool: Executor,
    ) -> None:
        tasks = [
            self._task(name, cores[name], rates[name], training, share, encoder, shards)
            for share in self.plan.shares
            for name in names
            for training in self._trainings
        ]
        _train(tasks, pool, "training")

    @property
    def _trainings(self) -> range:
        return range(1, self.plan.trainings + 1)

    def _fly(self, question: Question, name: str, rate: float, pool: Executor) -> Flown:
        models = [self._model(name, rate, question.share, k) for k in self._trainings]
        file = self.folder / "flights" / question.name / f"{name}.jsonl"
        return fly_question(self.plan, question, models, self.plan.seeds, file, pool)

    def _results(self, shards: Sequence[Path], encoder: Path) -> Results:
        """Return the results of the same plan and data so far, or empty ones."""
        sha = hashlib.sha256(
            json.loads((encoder / POLICY_CARD_NAME).read_text())["sha256"].encode()
        )
        for folder in shards:
            shard = Shard(folder)
            for part in (shard.labels, shard.elapsed, shard.auxiliary, shard.lengths):
                sha.update(np.ascontiguousarray(part).tobytes())
        begun = Results(
            self.plan.digest(),
            sha.hexdigest(),
            describe_software(),
            tuple(self.plan.scenarios),
            self.plan.seeds,
        )
        path = self.folder / RESULTS
        if path.exists():
            known = load_results(path)
            if (known.plan, known.data) == (begun.plan, begun.data):
                return known
        return begun

    def _facts(self, name: str, rate: float) -> EntrantFacts:
        models = [self._model(name, rate, 1.0, training) for training in self._trainings]
        notes = [json.loads((model / NOTES).read_text()) for model in models]
        entrant = ENTRANTS[name]
        return EntrantFacts(
            entrant.about,
            entrant.liquid,
            notes[0]["parameters"],
            notes[0]["state"],
            rate,
            tuple(round(one["loss"], 5) for one in notes),
            float(np.mean([one["seconds"] for one in notes])),
            time_step(models[0]),
        )


def _train(tasks: Sequence[CoreTask], pool: Executor, text: str) -> None:
    """Train what is not there yet."""
    left = [task for task in tasks if not (task.out / NOTES).exists()]
    if not left:
        return
    futures = [pool.submit(train_core, task) for task in left]
    for future in track(as_completed(futures), text, total=len(futures)):
        future.result()
