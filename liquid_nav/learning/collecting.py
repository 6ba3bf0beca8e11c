"""The flights of a round: what they are, and flying them into a shard."""

from __future__ import annotations

import itertools
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any, Iterator, Sequence

import numpy as np
from rich.progress import track

from liquid_nav.evaluation import available_cores, process_pool
from liquid_nav.learning.cache import write_shard
from liquid_nav.learning.recipe import Recipe, Round
from liquid_nav.learning.rollout import CONDITION, LabelledFlight, RolloutTask, run_rollout
from liquid_nav.worlds import load_condition, load_scenario


def round_tasks(
    recipe: Recipe, plan: Round, driver: str, first: int, draw: Sequence[int]
) -> list[RolloutTask]:
    """Return the flights of a round.

    Args:
        recipe: what all rounds have in common.
        plan: the round.
        driver: "expert", or a model's folder.
        first: seed of the first flight; each flight has the next one.
        draw: seed of the draw of each flight's scenario.
    """
    rng = np.random.default_rng(draw)
    shares = np.array(plan.shares or recipe.shares)
    scenarios = {name: load_scenario(name) for name in recipe.scenarios}
    condition = load_condition(CONDITION)
    names = rng.choice(recipe.scenarios, size=plan.flights, p=shares / shares.sum())
    size = recipe.policy.encoder
    return [
        RolloutTask(
            scenarios[str(name)],
            condition,
            first + i,
            driver,
            plan.expert_share,
            recipe.frame_rate,
            plan.disturbed,
            plan.anywhere,
            plan.wide,
            plan.drifting,
            plan.camera,
            plan.fast,
            plan.random,
            plan.hidden,
            plan.occluded,
            plan.heights,
            recipe.search,
            height=size.height,
            width=size.width,
        )
        for i, name in enumerate(names)
    ]


def collect_flights(
    tasks: list[RolloutTask], folder: Path, workers: int | None, text: str
) -> dict[str, Any]:
    """Fly ``tasks`` and write them into the shard ``folder``; returns its meta data.

    ``workers``: processes; None: all cores. ``text``: what the progress bar shows.
    """
    with process_pool(workers) as pool:
        ahead = 2 * (workers or available_cores())
        flights = track(_in_turn(pool, tasks, ahead), text, total=len(tasks))
        return write_shard(folder, flights)


def _in_turn(pool: Executor, tasks: list[RolloutTask], ahead: int) -> Iterator[LabelledFlight]:
    """Yield results in the order of the tasks, with only ``ahead`` flights in memory at a time."""
    waiting: list[Future[LabelledFlight]] = []
    rest = iter(tasks)
    for task in itertools.islice(rest, ahead):
        waiting.append(pool.submit(run_rollout, task))
    while waiting:
        yield waiting.pop(0).result()
        for task in itertools.islice(rest, 1):
            waiting.append(pool.submit(run_rollout, task))
