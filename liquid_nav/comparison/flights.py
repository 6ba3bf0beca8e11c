"""The flights of a comparison: each question's flights for each entrant, kept as they end."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Sequence

import numpy as np

from liquid_nav.comparison.plan import Plan
from liquid_nav.comparison.plan_parts import Question
from liquid_nav.comparison.statistics import Table
from liquid_nav.evaluation import (
    Campaign,
    FlightProgress,
    FlightRecords,
    FlightSummary,
    FlightTask,
    parse_seeds,
    read_places,
    resolve_pilot,
)


@dataclass(frozen=True, slots=True)
class Flown:
    """All flights of one entrant to one question."""

    table: Table
    """Boolean [K,F], see ``statistics``; flights of the first world come first."""
    reasons: tuple[str, ...]
    """For each training the first letter of each flight's outcome, e.g. ``sscst``."""


def fly_question(
    plan: Plan,
    question: Question,
    models: Sequence[Path],
    seeds: str,
    file: Path,
    pool: Executor,
) -> Flown:
    """Fly all trainings of an entrant; what ``file`` holds already is not flown again.

    Args:
        plan: with the worlds and the usual frame rate.
        question: what is flown.
        models: folder of each training's model.
        seeds: ``a:b``.
        file: records, see ``FlightRecords``.
        pool: of worker processes.
    """
    tasks = question_tasks(plan, question, models, seeds)
    with FlightRecords(file, tasks, resume=True) as records:
        left = [index for index in range(len(tasks)) if index not in records.flown]
        if left:
            flown = list(records.flown.values())
            with FlightProgress(len(tasks), flown) as progress:
                _fly([tasks[index] for index in left], left, records, progress, pool)
        flights = [records.flown[index] for index in range(len(tasks))]
        records.finish(flights)
    return collect(flights, len(models))


def _fly(
    tasks: list[FlightTask],
    indices: list[int],
    records: FlightRecords,
    progress: FlightProgress,
    pool: Executor,
) -> None:
    for position, summary in Campaign(tasks, pool):
        records.add(summary)
        records.flown[indices[position]] = summary
        progress.add(summary)


def question_tasks(
    plan: Plan, question: Question, models: Sequence[Path], seeds: str
) -> list[FlightTask]:
    """Return the flights: training by training, world by world, seed by seed."""
    scenarios, (condition,) = read_places(plan.scenarios, (question.condition,))
    frame_rate = question.frame_rate
    if frame_rate is None and not condition.camera.rate:
        frame_rate = plan.frame_rate
    pilots = [resolve_pilot(str(model), question.reset_state) for model in models]
    return [
        FlightTask(pilot, scenario, condition, seed, frame_rate)
        for pilot in pilots
        for scenario in scenarios
        for seed in parse_seeds(seeds)
    ]


def collect(flights: Sequence[FlightSummary], trainings: int) -> Flown:
    """Return flights in the order of ``question_tasks`` as a table."""
    reached = np.array([flight.success for flight in flights], bool).reshape(trainings, -1)
    letters = [flight.reason[0] for flight in flights]
    each = reached.shape[1]
    reasons = tuple("".join(letters[k * each : (k + 1) * each]) for k in range(trainings))
    return Flown(reached, reasons)
