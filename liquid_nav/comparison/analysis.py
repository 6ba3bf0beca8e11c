"""From outcomes to rates, differences and verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence

import numpy as np

from liquid_nav.comparison.power import MARGIN
from liquid_nav.comparison.results import Results
from liquid_nav.comparison.statistics import (
    Bootstrap,
    Estimate,
    Table,
    Verdict,
    holm,
    judge,
    pooled_mcnemar,
)
from liquid_nav.errors import UserError

REFERENCE = "ltc_ncp"
"""The entrant that the others are compared with: the kind that flies in the released model."""
ORDINARY = ("lstm", "gru", "gru_timed", "gru_scaled")
"""Recurrent networks that people usually take instead of liquid ones."""


@dataclass(frozen=True, slots=True)
class Row:
    """An entrant in one question, or in all of them together."""

    entrant: str
    """Name."""
    rate: Estimate
    """Success rate."""
    difference: Estimate | None
    """To that of the reference; None for the reference itself."""
    verdict: Verdict | None
    """What follows from it."""


@dataclass(frozen=True, slots=True)
class Pooled:
    """An entrant over all questions."""

    row: Row
    """Rates and difference."""
    middle: Estimate
    """Interquartile mean of the success rates of all trainings in all questions."""
    improvement: Estimate | None
    """Probability that a training does better than one of the reference; None for that one."""
    p: float | None
    """Of McNemar's test against the reference over all flights, after Holm's correction."""


class Analysis:
    """All numbers of the page."""

    def __init__(self, results: Results) -> None:
        """``results``: of a comparison; raises UserError where ``REFERENCE`` has not flown."""
        self.results = results
        if REFERENCE not in results.entrants:
            raise UserError(
                f"{REFERENCE}, with which all others are compared, has not flown",
                f"run liquid-nav compare once without --entrant, or with --entrant {REFERENCE}",
            )
        self.questions = [
            name for name in results.questions if REFERENCE in results.outcomes.get(name, {})
        ]

    def rows(self, question: str) -> list[Row]:
        """Return the entrants of a question, best first."""
        tables = {
            name: self.results.table(question, name) for name in self.results.flown_by(question)
        }
        return _rows(tables, self._worlds(1))

    def pooled(self) -> list[Pooled]:
        """Return those that have flown every question that is for all, over these; best first."""
        questions = [name for name in self.questions if name not in self.results.limited]
        names = [
            name
            for name in self.results.entrants
            if all(name in self.results.outcomes[question] for question in questions)
        ]
        each = {name: [self.results.table(q, name) for q in questions] for name in names}
        joined = {name: np.concatenate(tables, axis=1) for name, tables in each.items()}
        others = [name for name in names if name != REFERENCE]
        p_values = holm([pooled_mcnemar(joined[name], joined[REFERENCE]) for name in others])
        p_of = dict(zip(others, p_values, strict=True))
        bootstrap = Bootstrap(self._worlds(1))
        found = []
        for row in _rows(joined, self._worlds(len(questions))):
            improvement = None
            if row.entrant != REFERENCE:
                improvement = bootstrap.probability_of_improvement(
                    each[row.entrant], each[REFERENCE]
                )
            found.append(
                Pooled(
                    row,
                    bootstrap.interquartile_mean(each[row.entrant]),
                    improvement,
                    p_of.get(row.entrant),
                )
            )
        return found

    def liquid_against_ordinary(self, question: str) -> Estimate | None:
        """Return the success rate of all liquid entrants together minus that of the ordinary
        recurrent ones; None where one of the groups has not flown.
        """
        flown = self.results.flown_by(question)
        liquid = [name for name in flown if self.results.entrants[name].liquid]
        ordinary = [name for name in flown if name in ORDINARY]
        if not liquid or not ordinary:
            return None
        return Bootstrap(self._worlds(1)).difference(
            self._stack(question, liquid), self._stack(question, ordinary)
        )

    def _stack(self, question: str, names: Sequence[str]) -> Table:
        return np.concatenate([self.results.table(question, name) for name in names], axis=0)

    def _worlds(self, questions: int) -> np.ndarray:
        """Return int [F], which world and question each flight belongs to."""
        flights = self.results.table(self.questions[0], REFERENCE).shape[1]
        worlds = len(self.results.worlds)
        once = np.repeat(np.arange(worlds), flights // worlds)
        return np.concatenate([once + worlds * number for number in range(questions)])


def _rows(tables: dict[str, Table], worlds: np.ndarray) -> list[Row]:
    bootstrap = Bootstrap(worlds)
    rows = []
    for number, (name, table) in enumerate(tables.items()):
        difference = None
        verdict = None
        if name != REFERENCE:
            difference = bootstrap.difference(table, tables[REFERENCE])
            verdict = judge(difference, MARGIN)
        rows.append(Row(name, bootstrap.rate(table, number), difference, verdict))
    return sorted(rows, key=lambda row: -row.rate.value)
