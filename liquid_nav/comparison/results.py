"""What a comparison has measured, small enough to be committed: outcomes as letters, no times."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Mapping

import numpy as np

from liquid_nav.comparison.statistics import Table
from liquid_nav.errors import UserError

REACHED = "s"
"""Letter of a flight that reached its target; the others are those of ``OUTCOME_REASONS``."""


@dataclass(frozen=True, slots=True)
class EntrantFacts:
    """What is known of an entrant beside its flights."""

    about: str
    """What it is."""
    liquid: bool
    """Whether its time constants depend on the input."""
    parameters: int
    """Trainable parameters of its core."""
    state: int
    """Numbers in its state."""
    learning_rate: float
    """The chosen one."""
    losses: tuple[float, ...]
    """Imitation loss at the end of each training."""
    seconds: float
    """Mean time of a training on one core, s."""
    step: float
    """Time of one step of the core at rest, one flight, one thread, s."""


@dataclass
class Results:
    """All that the page is made from."""

    plan: str
    """SHA-256 of the plan."""
    data: str
    """SHA-256 of the data that the cores have learned from."""
    software: str
    """Versions that decide a flight."""
    worlds: tuple[str, ...]
    """Names of the worlds."""
    seeds: str
    """Seeds of the flights in each world."""
    questions: dict[str, str] = field(default_factory=dict)
    """Name -> what is asked."""
    limited: list[str] = field(default_factory=list)
    """Questions that only some entrants fly by the plan: no part of sums over questions."""
    entrants: dict[str, EntrantFacts] = field(default_factory=dict)
    """Name -> facts."""
    outcomes: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    """Question -> entrant -> a text for each training with a letter for each flight."""
    claims: dict[str, dict[str, float | None]] = field(default_factory=dict)
    """Entrant -> measure of ``claims`` -> its mean over the trainings that have it; None: none."""

    def table(self, question: str, entrant: str) -> Table:
        """Return boolean [K,F]: training x flight, whether the target was reached."""
        rows = self.outcomes[question][entrant]
        return np.array([[letter == REACHED for letter in row] for row in rows], bool)

    def flown_by(self, question: str) -> list[str]:
        """Return the entrants that have flown a question, in the order of ``entrants``."""
        return [name for name in self.entrants if name in self.outcomes.get(question, {})]

    def save(self, path: Path) -> None:
        """Write as JSON."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")


def load_results(path: Path) -> Results:
    """Read what ``Results.save`` wrote; raises UserError for anything else."""
    try:
        data: Mapping[str, Any] = json.loads(path.read_text())
        facts = {
            name: EntrantFacts(**{**one, "losses": tuple(one["losses"])})
            for name, one in data["entrants"].items()
        }
        outcomes = {
            question: {name: tuple(rows) for name, rows in entrants.items()}
            for question, entrants in data["outcomes"].items()
        }
        return Results(
            **{**data, "entrants": facts, "outcomes": outcomes, "worlds": tuple(data["worlds"])}
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise UserError(
            f"{path} holds no results of a comparison: {error}", "run liquid-nav compare"
        ) from error
