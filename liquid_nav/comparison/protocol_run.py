"""One protocol of a comparison: learning rates, trainings and flights of its entrants."""

from __future__ import annotations

import json
import math
from concurrent.futures import Executor
from pathlib import Path
from typing import Callable, Mapping, Sequence

import numpy as np
from rich.progress import track

from liquid_nav.comparison.claims import (
    Attention,
    mean_measures,
    measure_attention,
    measure_core,
    read_sequences,
)
from liquid_nav.comparison.core_speed import time_step
from liquid_nav.comparison.core_training import NOTES, CoreTask, train_all
from liquid_nav.comparison.entrants import ENTRANTS
from liquid_nav.comparison.flights import Flown, fly_question
from liquid_nav.comparison.frozen_data import FrozenData
from liquid_nav.comparison.model_places import flown_model, model_place
from liquid_nav.comparison.plan import Plan
from liquid_nav.comparison.plan_parts import END_TO_END, Question
from liquid_nav.comparison.results import EntrantFacts, Results, load_results
from liquid_nav.comparison.size import CoreConfig
from liquid_nav.evaluation import describe_software
from liquid_nav.policy import Policy

CHOOSING = Question("choosing", "choosing of learning rates")


class ProtocolRun:
    """Trainings and flights of one protocol.

    ``models/PROTOCOL/ENTRANT/RATE/SHARE/training-K``: trained models; ``choosing/`` and
    ``flights/``: records; ``results_PROTOCOL.json``: all outcomes.
    """

    def __init__(
        self,
        name: str,
        plan: Plan,
        data: FrozenData,
        pool: Executor,
        report: Callable[[str], object],
    ) -> None:
        """Prepare.

        Args:
            name: of the protocol in the plan.
            plan: of the comparison.
            data: collected.
            pool: of processes that train and fly.
            report: gets a line for each part that is done.
        """
        self.name = name
        self.plan = plan
        self.protocol = plan.protocols[name]
        self.data = data
        self.pool = pool
        self.report = report
        self.folder = data.folder
        self.file = self.folder / f"results_{name}.json"
        """The results so far."""

    def run(self, names: Sequence[str], cores: Mapping[str, CoreConfig]) -> Results:
        """Do what is left for these entrants; returns the results, of others that flew before too.

        ``cores``: config of each entrant's core.
        """
        results = self._begin()
        questions = self.plan.questions_of(self.protocol)
        rates = self._choose_rates(names, cores)
        shares = sorted({question.share for question in questions}, reverse=True)
        tasks = [
            self._task(name, cores[name], rates[name], training, share)
            for share in shares
            for name in names
            for training in self._trainings
        ]
        train_all(tasks, self.pool, f"{self.name}: training")
        new = [name for name in names if name not in results.entrants]
        self._measure_claims(new, rates, results)
        for name in new:
            results.entrants[name] = self._facts(name, rates[name])
        results.save(self.file)
        for question in questions:
            results.questions[question.name] = question.about
            if question.entrants and question.name not in results.limited:
                results.limited.append(question.name)
            for name in names:
                if question.entrants and name not in question.entrants:
                    continue
                flown = self._fly(question, name, rates[name])
                results.outcomes.setdefault(question.name, {})[name] = flown.reasons
                self.report(f"{self.name}, {question.name}, {name}: {flown.table.mean():.0%}")
                results.save(self.file)
        return results

    def _measure_claims(
        self, names: Sequence[str], rates: Mapping[str, float], results: Results
    ) -> None:
        """Measure what needs no flights; the attention of a shared encoder is that of all."""
        expert = self.data.expert
        sequences = read_sequences(expert, self.data.features_of(expert))
        view = math.radians(self.plan.encoder.policy.camera["fov_deg"])
        shared = self.name != END_TO_END
        attention: Sequence[Attention] = ()
        for name in track(names, f"{self.name}: smoothness, irregular time, attention"):
            models = [self._model(name, rates[name], 1.0, k) for k in self._trainings]
            policies = [Policy.load(model, "torch") for model in models]
            if not (shared and attention):
                looking = policies
                if shared:
                    looking = policies[:1]
                attention = [measure_attention(policy, expert, view) for policy in looking]
            cores = [measure_core(policy, sequences) for policy in policies]
            results.claims[name] = mean_measures(cores) | mean_measures(attention)

    def _begin(self) -> Results:
        """Return the results of the same plan and data so far, or empty ones."""
        begun = Results(
            self.plan.digest(),
            self.data.digest(),
            describe_software(),
            tuple(self.plan.scenarios),
            self.plan.seeds,
        )
        if self.file.exists():
            known = load_results(self.file)
            if (known.plan, known.data) == (begun.plan, begun.data):
                return known
        return begun

    @property
    def _trainings(self) -> range:
        return range(1, self.protocol.trainings + 1)

    def _model(self, name: str, rate: float, share: float, training: int) -> Path:
        return model_place(self.folder, self.name, name, rate, share, training)

    def _task(
        self, name: str, core: CoreConfig, rate: float, training: int, share: float
    ) -> CoreTask:
        shards = tuple(self.data.shards)
        end_to_end = self.name == END_TO_END
        looks = tuple(self.data.features_of(shard) for shard in shards)
        if end_to_end:
            looks = shards
        return CoreTask(
            entrant=name,
            core=core,
            encoder=self.data.encoder,
            shards=shards,
            looks=looks,
            windows=self.plan.windows,
            steps=self.protocol.steps,
            learning_rate=rate,
            training=training,
            out=self._model(name, rate, share, training),
            share=share,
            end_to_end=end_to_end,
        )

    def _choose_rates(
        self, names: Sequence[str], cores: Mapping[str, CoreConfig]
    ) -> dict[str, float]:
        """Return the learning rate of each entrant with which its first training flies best on the
        seeds for choosing; of equal ones, that with the lowest imitation loss.
        """
        rates = self.protocol.learning_rates
        tasks = [self._task(name, cores[name], rate, 1, 1.0) for name in names for rate in rates]
        train_all(tasks, self.pool, f"{self.name}: training at each learning rate")
        chosen = {}
        for name in names:
            scores = {rate: self._score(name, rate) for rate in rates}
            chosen[name] = max(rates, key=lambda rate: scores[rate])
            shown = ", ".join(f"{rate:g}: {scores[rate][0]:.0%}" for rate in rates)
            self.report(f"{self.name}, {name}: learning rate {chosen[name]:g} ({shown})")
        return chosen

    def _score(self, name: str, rate: float) -> tuple[float, float]:
        """Return success rate and negative loss; what diverged scores below everything."""
        model = self._model(name, rate, 1.0, 1)
        notes = json.loads((model / NOTES).read_text())
        if notes["diverged"]:
            return -1.0, 0.0
        file = self.folder / "choosing" / self.name / f"{name}-{rate:g}.jsonl"
        flown = fly_question(self.plan, CHOOSING, [model], self.plan.choosing, file, self.pool)
        return float(flown.table.mean()), -float(notes["loss"])

    def _fly(self, question: Question, name: str, rate: float) -> Flown:
        models = [
            flown_model(self.folder, self.name, question, name, rate, k) for k in self._trainings
        ]
        file = self.folder / "flights" / self.name / question.name / f"{name}.jsonl"
        return fly_question(self.plan, question, models, self.plan.seeds, file, self.pool)

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
