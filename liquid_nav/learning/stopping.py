"""When a round has learned enough: measured in closed loop, or on held-out recorded flights."""

from __future__ import annotations

import hashlib
from concurrent.futures import Executor
from pathlib import Path
from typing import Any, Callable, Mapping

import lightning
import numpy as np
import torch

from liquid_nav.evaluation import Campaign, FlightTask, PilotSpec, parse_seeds
from liquid_nav.learning.cache import Shard
from liquid_nav.learning.imitation import ImitationModule
from liquid_nav.learning.recipe import Recipe, RecipeError
from liquid_nav.learning.rollout import CONDITION
from liquid_nav.policy import Policy
from liquid_nav.worlds import load_condition, load_scenario

Flight = tuple[int, int]
"""Index of the shard, and of the flight in it."""
SIGNS = {"success": 1.0, "final_distance": -1.0, "command_error": -1.0}
"""Measures in the order of their importance: 1 where more is better, -1 where less is."""
_CHUNK = 64
"""Frames of a held-out flight that go through the encoder at once."""


class KeepBest(lightning.Callback):
    """Measures the policy now and then, keeps the best one and ends the round when no better one
    comes.

    Its state is part of the checkpoints: an interrupted round goes on with what was measured.
    """

    def __init__(
        self,
        measure: Callable[[Policy], Mapping[str, float]],
        *,
        every: int,
        patience: int,
        steps: int,
        report: Callable[[str], object] = print,
    ) -> None:
        """``measure``: returns a policy's scores by their names in ``SIGNS``; ``every`` and
        ``patience``: see ``recipe.Stop``; ``steps``: length of the round.
        """
        self.measure = measure
        self.every = every
        self.patience = patience
        self.steps = steps
        self.report = report
        self.history: list[dict[str, float]] = []
        self.chosen: dict[str, Any] | None = None
        """The best measurement's step and score, and the weights of that step."""

    def on_train_batch_end(
        self, trainer: lightning.Trainer, module: lightning.LightningModule, *_: object
    ) -> None:
        """Measure where it is time, in the first of the processes; all of them stop together."""
        step = trainer.global_step
        if step % self.every and step != self.steps:
            return
        assert isinstance(module, ImitationModule)  # It is attached to no other module.
        enough = trainer.is_global_zero and self._judge(trainer, module, step)
        if trainer.strategy.reduce_boolean_decision(enough, all=False):
            trainer.should_stop = True

    def _judge(self, trainer: lightning.Trainer, module: ImitationModule, step: int) -> bool:
        module.eval()
        with torch.no_grad():
            found = dict(self.measure(module.policy))
        module.train()
        score = [sign * found[name] for name, sign in SIGNS.items() if name in found]
        self.history.append({"step": step, **found})
        # NaN compares as neither better nor worse: it is never chosen.
        better = bool(np.isfinite(score).all()) and (
            self.chosen is None or score > self.chosen["score"]
        )
        if better:
            weights = {
                name: value.detach().cpu().clone() for name, value in module.state_dict().items()
            }
            self.chosen = {"step": step, "score": score, "weights": weights}
        if trainer.logger is not None:
            trainer.logger.log_metrics(
                {f"choose/{name}": value for name, value in found.items()}, step
            )
        values = ", ".join(f"{name} {value:.3f}" for name, value in found.items())
        best = 0
        if self.chosen is not None:
            best = self.chosen["step"]
        comment = ""
        if not better:
            comment = " (not finite: no weights are kept)"
            if best:
                comment = f" (best: step {best})"
        self.report(f"step {step}: {values}{comment}")
        since = sum(entry["step"] > best for entry in self.history)
        return since >= self.patience

    def restore(self, module: ImitationModule) -> dict[str, Any]:
        """Give ``module`` the best weights; returns what the model card should state."""
        if self.chosen is None:
            return {}
        module.load_state_dict(self.chosen["weights"])
        return {"chosen_step": self.chosen["step"], "measured": self.history}

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {"history": self.history, "chosen": self.chosen}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self.history = list(state["history"])
        self.chosen = state["chosen"]


def closed_loop(
    recipe: Recipe, folder: Path, pool: Executor
) -> Callable[[Policy], dict[str, float]]:
    """Return a measure: share of successes and mean final distance in m over the seeds of
    ``recipe.stop``.

    ``folder``: where the policy is left for the processes of ``pool`` that fly.
    """
    stop = recipe.stop
    assert stop is not None and stop.seeds is not None  # Asked for only where seeds are given.
    seeds = parse_seeds(stop.seeds)
    frame_rate = stop.frame_rate
    scenarios = [load_scenario(name) for name in recipe.scenarios]
    condition = load_condition(CONDITION)

    def measure(policy: Policy) -> dict[str, float]:
        policy.save(folder, {})
        spec = PilotSpec(str(folder.resolve()), "candidate", fingerprint=policy.card["sha256"])
        tasks = [
            FlightTask(
                pilot=spec,
                scenario=scenarios[i % len(scenarios)],
                condition=condition,
                seed=seed,
                frame_rate=frame_rate,
            )
            for i, seed in enumerate(seeds)
        ]
        flights = Campaign(tasks, pool).run()
        return {
            "success": float(np.mean([f.success for f in flights])),
            "final_distance": float(np.mean([f.final_distance for f in flights])),
        }

    return measure


def held_out_flights(shards: list[Path], share: float, seed: int) -> list[Flight]:
    """Choose ``share`` of the recordings in ``shards``, by a hash that depends on their names and
    ``seed`` alone.

    A recording is held out with all its pieces, a picture with all flights made from it. Raises
    RecipeError when there are fewer than two.
    """
    groups: dict[tuple[str | int, ...], list[Flight]] = {}
    for index, folder in enumerate(shards):
        for flight, (name, number, outcome) in enumerate(Shard(folder).meta["flown"]):
            whole: tuple[str | int, ...] = (folder.name, name, number)
            if outcome in ("recorded", "still"):
                whole = (folder.name, name)
            groups.setdefault(whole, []).append((index, flight))
    if len(groups) < 2:
        raise RecipeError(
            f"held_out needs two recordings, and there are {len(groups)}",
            "record more, or leave it out",
        )
    order = sorted(groups, key=lambda group: hashlib.sha256(repr((seed, group)).encode()).digest())
    count = min(len(groups) - 1, max(1, round(share * len(groups))))
    return sorted(flight for group in order[:count] for flight in groups[group])


def command_error(
    shards: list[Path], flights: list[Flight]
) -> Callable[[Policy], dict[str, float]]:
    """Return a measure: root mean square over whole flights of the commands' error, in units of
    their scale.
    """
    opened = {index: Shard(shards[index]) for index, _ in flights}

    def measure(policy: Policy) -> dict[str, float]:
        errors = [_flight_errors(policy, opened[index], flight) for index, flight in flights]
        return {"command_error": float(np.sqrt(np.mean(np.concatenate(errors) ** 2)))}

    return measure


def _flight_errors(policy: Policy, shard: Shard, flight: int) -> np.ndarray:
    """Differences [N,4] over the command scale, the state carried through the whole flight."""
    device = policy.scale.device
    errors = []
    begin = int(shard.begins[flight])
    length = int(shard.lengths[flight])
    state = policy.initial_state().core.to(device)
    for first in range(begin, begin + length, _CHUNK):
        rows = slice(first, min(first + _CHUNK, begin + length))
        images = torch.from_numpy(np.array(shard.frames[rows])).to(device)
        elapsed = torch.from_numpy(shard.elapsed[rows]).to(device).clamp(min=1e-3)
        commands, state = policy(images[None], state, elapsed[None])
        labels = torch.from_numpy(shard.labels[rows]).to(device)
        errors.append(((commands[0] - labels) / policy.scale).cpu().numpy())
    return np.concatenate(errors)
