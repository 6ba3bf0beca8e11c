"""What a comparison trains and flies: one YAML file, fixed before the campaign."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Mapping

from liquid_nav.comparison.plan_parts import END_TO_END, SHARED, Protocol, Question
from liquid_nav.errors import UserError
from liquid_nav.evaluation import FIRST_REPORTED_SEED, parse_seeds
from liquid_nav.fitting import misfit
from liquid_nav.learning import (
    TRAINING_SEED_LIMIT,
    Recipe,
    WindowConfig,
    read_recipe_mapping,
    recipe_from_mapping,
)

REMEDY = "see config/comparison/default.yaml"


class PlanError(UserError):
    """A plan that cannot be followed."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole comparison."""

    encoder: Recipe
    """Training of the encoder, and with it the first part of the data: disturbed expert flights."""
    questions: tuple[Question, ...]
    """What is flown; the names differ."""
    drivers: tuple[str, ...] = ()
    """Entrants that drive flights of the data; none: all that are known when a run begins."""
    mixture: int = 10
    """Flights of the data that each entrant drives, labelled by the expert."""
    mixture_steps: int = 600
    """Optimizer steps of the cores that drive these."""
    windows: WindowConfig = field(default_factory=WindowConfig)
    """Batches that the cores learn from, the same for all."""
    looks: int = 2
    """Looks of each frame that are learned from."""
    shared: Protocol = field(default_factory=Protocol)
    """Trainings of cores over a shared encoder."""
    end_to_end: Protocol | None = None
    """Trainings of cores with heads of their own; None: there are none."""
    parameters: int = 5668
    """Number of trainable parameters of each core, within 5 %."""
    choosing: str = "14000:14010"
    """Seeds on which learning rates are chosen."""
    seeds: str = "24000:24020"
    """Seeds of the reported flights, in each world."""
    scenarios: tuple[str, ...] = ("forest", "field")
    """Worlds."""
    frame_rate: float = 15.0
    """Camera rate of the flights, Hz, where neither question nor condition gives another one."""

    def __post_init__(self) -> None:
        """Raise PlanError for what cannot be trained or flown."""
        if not self.questions or not self.scenarios:
            raise PlanError("the plan has no questions or scenarios", REMEDY)
        names = [question.name for question in self.questions]
        if len(set(names)) < len(names):
            raise PlanError("two questions have the same name", REMEDY)
        for name in ("mixture", "mixture_steps", "looks", "parameters"):
            if getattr(self, name) < 1:
                raise PlanError(f"{name} is {getattr(self, name)}", "give a number from 1 on")
        if self.frame_rate <= 0.0:
            raise PlanError(f"frame_rate is {self.frame_rate}", "give a rate in Hz, e.g. 15")
        for question in self.questions:
            if not 0.0 < question.share <= 1.0:
                raise PlanError(
                    f"share of question {question.name} is {question.share}",
                    "give 0.1, for a tenth",
                )
        for protocol in self.protocols.values():
            _check_protocol(protocol, names)
        choosing = parse_seeds(self.choosing)
        if choosing.start < TRAINING_SEED_LIMIT or choosing.stop > FIRST_REPORTED_SEED:
            raise PlanError(
                f"learning rates are chosen on seeds {self.choosing}",
                f"choose on seeds from {TRAINING_SEED_LIMIT} to {FIRST_REPORTED_SEED - 1}",
            )
        if self.mixture_seed + self.mixture * 100 > TRAINING_SEED_LIMIT:
            raise PlanError("the flights of the data reach the seeds for choosing", REMEDY)
        parse_seeds(self.seeds)

    @property
    def mixture_seed(self) -> int:
        """Seed of the first flight that an entrant drives."""
        return self.encoder.first_seed + sum(plan.flights for plan in self.encoder.rounds)

    @property
    def protocols(self) -> dict[str, Protocol]:
        """Name -> the protocols that are followed."""
        found = {SHARED: self.shared}
        if self.end_to_end is not None:
            found[END_TO_END] = self.end_to_end
        return found

    def questions_of(self, protocol: Protocol) -> list[Question]:
        """Return the questions that a protocol's entrants fly."""
        return [
            one
            for one in self.questions
            if not protocol.questions or one.name in protocol.questions
        ]

    def digest(self) -> str:
        """SHA-256 of everything in the plan."""
        text = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def load_plan(path: Path) -> Plan:
    """Read a plan; raises PlanError or RecipeError with one line for what is wrong."""
    data = read_recipe_mapping(path, "plan", REMEDY)
    unknown = sorted(set(data) - {one.name for one in fields(Plan)})
    if unknown:
        raise PlanError(f"'{path}' has unknown keys {unknown}", REMEDY)
    values = {key: _tuple(value) for key, value in data.items()}
    try:
        values["encoder"] = recipe_from_mapping(data["encoder"], path)
        values["questions"] = tuple(_part(Question, one) for one in data["questions"])
        if "windows" in data:
            values["windows"] = _part(WindowConfig, data["windows"])
        for name in (SHARED, END_TO_END):
            if name in data:
                values[name] = _part(Protocol, data[name])
        plan: Plan = _part(Plan, values)
    except UserError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise PlanError(f"'{path}' does not fit: {error}", REMEDY) from error
    return plan


def _check_protocol(protocol: Protocol, questions: list[str]) -> None:
    """Raise PlanError for a protocol that cannot be followed."""
    for name in ("steps", "trainings"):
        if getattr(protocol, name) < 1:
            raise PlanError(f"{name} is {getattr(protocol, name)}", "give a number from 1 on")
    if min(protocol.learning_rates, default=0.0) <= 0.0:
        raise PlanError(
            f"learning_rates are {list(protocol.learning_rates)}", "give positive numbers"
        )
    unknown = [name for name in protocol.questions if name not in questions]
    if unknown:
        raise PlanError(
            f"there is no question '{unknown[0]}'", f"choose of: {', '.join(questions)}"
        )


def _part(cls: type[Any], values: Mapping[str, Any]) -> Any:
    values = {key: _tuple(value) for key, value in values.items()}
    wrong = misfit(cls, values)
    if wrong is not None:
        raise PlanError(wrong.cause, wrong.remedy)
    return cls(**values)


def _tuple(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    return value
