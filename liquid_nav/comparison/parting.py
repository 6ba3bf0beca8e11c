"""Flights in which two entrants part ways: one reaches the target and the other does not, from the
same place at the same instants.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from liquid_nav.comparison.analysis import REFERENCE, Analysis
from liquid_nav.evaluation import parse_seeds


@dataclass(frozen=True, slots=True)
class Parting:
    """One pair of flights."""

    question: str
    """What is flown."""
    world: str
    """Where."""
    seed: int
    """Of the place."""
    reaching: str
    """Entrant that reaches the target."""
    failing: str
    """Entrant that does not."""
    trainings: tuple[int, int]
    """Number of the training, from 1 on, of each."""


def find_partings(analysis: Analysis) -> list[Parting]:
    """Return for each question the place that divides the reference most clearly from the entrant
    that differs most from it; none where nothing differs.
    """
    found = []
    for question in analysis.questions:
        differences = {
            row.entrant: abs(row.difference.value)
            for row in analysis.rows(question)
            if row.difference is not None
        }
        for entrant in sorted(differences, key=lambda name: -differences[name]):
            parting = _most_divided(analysis, question, entrant)
            if parting is not None:
                found.append(parting)
                break
    return found


def _most_divided(analysis: Analysis, question: str, entrant: str) -> Parting | None:
    results = analysis.results
    ours = results.table(question, REFERENCE)
    theirs = results.table(question, entrant)
    advantage = ours.mean(axis=0) - theirs.mean(axis=0)
    flight = int(np.argmax(np.abs(advantage)))
    if not advantage[flight]:
        return None
    reaching, failing = (REFERENCE, ours), (entrant, theirs)
    if advantage[flight] < 0.0:
        reaching, failing = failing, reaching
    seeds = parse_seeds(results.seeds)
    return Parting(
        question,
        results.worlds[flight // len(seeds)],
        seeds[flight % len(seeds)],
        reaching[0],
        failing[0],
        (
            int(np.argmax(reaching[1][:, flight])) + 1,
            int(np.argmin(failing[1][:, flight])) + 1,
        ),
    )
