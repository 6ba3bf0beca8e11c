"""The data of a comparison: flights of the disturbed expert, and of every driver; then frozen."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path
from typing import Callable, Mapping, Sequence

import numpy as np

from liquid_nav.comparison.core_training import CoreTask, train_all
from liquid_nav.comparison.features import compute_features
from liquid_nav.comparison.plan import Plan
from liquid_nav.comparison.size import CoreConfig
from liquid_nav.learning import PolicyTrainer, Shard, collect_flights, compute_looks, round_tasks
from liquid_nav.policy import POLICY_CARD_NAME, Policy
from liquid_nav.vision import BackboneEncoder


class FrozenData:
    """What a run's cores learn from.

    ``encoder/``: training of the shared encoder, with the expert's flights; ``mixture/ENTRANT``:
    the flights that an entrant drives; ``features/``: what the encoder answers to all frames.
    """

    def __init__(
        self,
        plan: Plan,
        folder: Path,
        drivers: Sequence[str],
        workers: int | None,
        report: Callable[[str], object],
    ) -> None:
        """``folder``: of the run; ``drivers``: names of the entrants that drive."""
        self.plan = plan
        self.folder = folder
        self.drivers = list(drivers)
        self.workers = workers
        self.report = report
        self.encoder = folder / "encoder" / "round-0" / "model"
        """Folder of the model whose encoder is shared."""
        self.expert = folder / "encoder" / "round-0" / "data"
        """The expert's flights."""

    @property
    def shards(self) -> list[Path]:
        """All of the data: the expert's flights, then those of the drivers."""
        return [self.expert, *(self._driven(name) for name in self.drivers)]

    def collect(self, cores: Mapping[str, CoreConfig], pool: Executor) -> None:
        """Train the encoder, let the drivers fly, and compute all features.

        Args:
            cores: config of each driver's core.
            pool: of processes that train.
        """
        PolicyTrainer(
            self.plan.encoder, self.folder / "encoder", workers=self.workers, report=self.report
        ).run()
        self._compute([self.expert])
        self._train_drivers(cores, pool)
        for number, name in enumerate(self.drivers):
            self._drive(number, name)
        self._compute(self.shards)

    def compute_maps(self) -> None:
        """Store what the encoder's front answers to all frames, for heads that still learn."""
        encoder = Policy.load(self.encoder, "torch").encoder
        assert isinstance(encoder, BackboneEncoder)  # a plan with end_to_end has one
        recipe = self.plan.encoder
        for shard in self.shards:
            compute_looks(
                shard,
                encoder,
                self.plan.looks,
                recipe.photometric,
                recipe.seed,
                f"maps of {shard.parent.name}, ",
                recipe.colour_fields,
                recipe.windows.mirror,
            )

    def features_of(self, shard: Path) -> Path:
        """Return where a shard's features are."""
        return self.folder / "features" / "-".join(shard.relative_to(self.folder).parts)

    def digest(self) -> str:
        """SHA-256 of the encoder's weights and of everything that is learned from."""
        card = json.loads((self.encoder / POLICY_CARD_NAME).read_text())
        sha = hashlib.sha256(card["sha256"].encode())
        for folder in self.shards:
            shard = Shard(folder)
            for part in (shard.labels, shard.elapsed, shard.auxiliary, shard.lengths):
                sha.update(np.ascontiguousarray(part).tobytes())
        return sha.hexdigest()

    def _driven(self, name: str) -> Path:
        return self.folder / "mixture" / name / "data"

    def _driver(self, name: str) -> Path:
        return self.folder / "mixture" / name / "model"

    def _compute(self, shards: Sequence[Path]) -> None:
        for shard in shards:
            place = self.features_of(shard)
            compute_features(shard, self.encoder, self.plan.encoder, self.plan.looks, place)

    def _train_drivers(self, cores: Mapping[str, CoreConfig], pool: Executor) -> None:
        rates = sorted(self.plan.shared.learning_rates)
        tasks = [
            CoreTask(
                entrant=name,
                core=cores[name],
                encoder=self.encoder,
                shards=(self.expert,),
                looks=(self.features_of(self.expert),),
                windows=self.plan.windows,
                steps=self.plan.mixture_steps,
                learning_rate=rates[len(rates) // 2],
                training=0,
                out=self._driver(name),
            )
            for name in self.drivers
        ]
        train_all(tasks, pool, "training the cores that drive")

    def _drive(self, number: int, name: str) -> None:
        folder = self._driven(name)
        if (folder / "meta.json").exists():
            return
        recipe = self.plan.encoder
        plan = replace(recipe.rounds[0], flights=self.plan.mixture, driver="policy")
        first = self.plan.mixture_seed + number * self.plan.mixture
        draw = (recipe.seed, 1, number)
        tasks = round_tasks(recipe, plan, str(self._driver(name)), first, draw)
        meta = collect_flights(tasks, folder, self.workers, f"flights of {name}")
        self.report(f"flights of {name}: {meta['frames']} frames, {meta['outcomes']}")
