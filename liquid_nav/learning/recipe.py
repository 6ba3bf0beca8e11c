"""A training recipe: one YAML file that states everything a model was made from."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Mapping, TypeVar

import yaml

from liquid_nav.errors import UserError
from liquid_nav.evaluation import FIRST_REPORTED_SEED, parse_seeds
from liquid_nav.fitting import misfit
from liquid_nav.learning.augment import Photometric
from liquid_nav.learning.colour_fields import ColourFields
from liquid_nav.learning.windows import WindowConfig
from liquid_nav.policy import PolicyConfig
from liquid_nav.vision import BackboneConfig
from liquid_nav.yaml_text import parse_yaml

TRAINING_SEED_LIMIT = 10_000
"""Seeds from here on are for choosing and reporting, never for training."""
SEED_LIMIT = 2**31
"""Seeds of the other draws are below this: NumPy, torch and Lightning all take them, also with the
number of a round added.
"""
T = TypeVar("T")
DRIVERS = ("expert", "policy")
SHARES = (
    "expert_share",
    "disturbed",
    "anywhere",
    "wide",
    "drifting",
    "camera",
    "fast",
    "random",
    "hidden",
    "occluded",
)
"""Keys of a round that are shares, 0 to 1."""


class RecipeError(UserError):
    """A recipe that cannot be followed."""


@dataclass(frozen=True, slots=True)
class Round:
    """Collect, then learn from all that was collected so far. Shares of flights are 0 to 1."""

    flights: int
    """Number of flights that are collected, over all scenarios; 0: none."""
    steps: int
    """Number of optimizer steps."""
    driver: str = "policy"
    """"expert", or "policy": the model of the round before (DAgger)."""
    learning_rate: float = 5e-4
    """Highest learning rate of the schedule."""
    expert_share: float = 0.0
    """Part of the time that the expert flies in a DAgger round."""
    disturbed: float = 0.3
    """Share of disturbed flights."""
    anywhere: float = 0.25
    """Share of flights that start somewhere else."""
    wide: float = 0.0
    """Share of drones from the wide fleet."""
    drifting: float = 0.0
    """Share of flights with a velocity estimate that is wrong (see ``learning/rollout.py``, also
    for what follows).
    """
    camera: float = 0.0
    """Share of flights with another camera."""
    fast: float = 0.0
    """Share of flights with a fast camera."""
    random: float = 0.0
    """Share of flights whose look is drawn at random."""
    hidden: float = 0.0
    """Share of flights whose target is not in the picture until the drone is near."""
    occluded: float = 0.0
    """Share of flights whose target is not drawn for a while, again and again."""
    heights: float = 0.35
    """Largest difference of the height of a start somewhere else from the usual one, m."""
    windows: Mapping[str, Any] = field(default_factory=dict)
    """What differs in this round from the recipe's windows."""
    shares: tuple[float, ...] | None = None
    """Weights of the scenarios in this round, if not the recipe's."""
    looks: int | None = None
    """Looks of each frame that this round collects, if not the recipe's."""

    def __post_init__(self) -> None:
        """Raise RecipeError for numbers that cannot be learned with."""
        for name, least in (("flights", 0), ("steps", 1)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise RecipeError(
                    f"recipe: {name} of a round is {value!r}",
                    f"give a whole number from {least} on",
                )
        for name in ("learning_rate", "heights", *SHARES):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise RecipeError(f"recipe: {name} of a round is {value!r}", "give a number")
        if not 0.0 < self.learning_rate < float("inf"):
            raise RecipeError(
                f"recipe: learning_rate of a round is {self.learning_rate}",
                "give a positive number, e.g. 0.0005",
            )
        for name in SHARES:
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise RecipeError(
                    f"recipe: {name} is {getattr(self, name)}", "give a share from 0 to 1"
                )
        if not 0.0 <= self.heights < 1.2:
            raise RecipeError(
                f"recipe: heights is {self.heights}",
                "give m from 0 to 1.1: the drones fly at 1.5 m",
            )
        if isinstance(self.windows, Mapping):
            wrong = misfit(WindowConfig, self.windows)
            if wrong is not None:
                raise RecipeError(f"recipe: in windows of a round, {wrong.cause}", wrong.remedy)
        if self.shares and not _are_weights(self.shares):
            raise RecipeError(
                f"recipe: shares of a round are {list(self.shares)}",
                "give no share below 0, and one above",
            )
        if self.looks is not None and self.looks < 1:
            raise RecipeError(
                f"recipe: looks of a round is {self.looks}", "give 1 for the clean look alone"
            )


@dataclass(frozen=True, slots=True)
class Stop:
    """When a round ends before its steps are done; it then keeps the best model that was measured.

    Exactly one of ``seeds`` and ``held_out`` is given; it determines what is measured.
    """

    every: int = 200
    """Optimizer steps between measurements; the last step of the round has one too."""
    patience: int = 3
    """Number of measurements without improvement after which the round ends."""
    seeds: str | None = None
    """Seeds of test flights, ``a:b`` among those for choosing: flown in lock step over the recipe's
    scenarios in turn, and judged by the share of successes, then by the mean final distance; None:
    ``held_out`` is used.
    """
    held_out: float | None = None
    """Share of the recorded flights, between 0 and 1, on which the error of the commands is
    measured; nothing is learned from these. None: ``seeds`` are flown.
    """
    frame_rate: float = 30.0
    """Camera rate of the flights over ``seeds``, Hz."""

    def __post_init__(self) -> None:
        """Raise RecipeError for what cannot be measured."""
        if (self.seeds is None) == (self.held_out is None):
            raise RecipeError(
                "recipe: stop needs either seeds or held_out",
                "write e.g. stop: {seeds: 10000:10020}",
            )
        if self.held_out is not None and not 0.0 < self.held_out < 1.0:
            raise RecipeError(
                f"recipe: held_out is {self.held_out}", "give a share between 0 and 1, e.g. 0.1"
            )
        if self.every < 1 or self.patience < 1 or not self.frame_rate > 0.0:
            raise RecipeError(
                "recipe: stop has an every, patience or frame_rate that is not positive",
                "write e.g. stop: {every: 200, patience: 3, seeds: 10000:10020}",
            )
        if self.seeds is not None:
            seeds = parse_seeds(str(self.seeds))
            if seeds.start < TRAINING_SEED_LIMIT or seeds.stop > FIRST_REPORTED_SEED:
                raise RecipeError(
                    f"recipe: stop flies on seeds {self.seeds}",
                    f"choose models on seeds from {TRAINING_SEED_LIMIT} to "
                    f"{FIRST_REPORTED_SEED - 1}",
                )


@dataclass(frozen=True)
class Recipe:
    """A whole training: see ``config/training/default.yaml``."""

    rounds: tuple[Round, ...]
    """One after the other; the first is the expert's, unless ``start`` names a model or ``caches``
    hold flights.
    """
    scenarios: tuple[str, ...] = ("forest", "field")
    """Names of the scenarios that are flown."""
    shares: tuple[float, ...] = (0.6, 0.4)
    """Weight of each scenario among the flights; their sum may be any positive number."""
    first_seed: int = 0
    """Seed of the first flight; each flight has the next one."""
    seed: int = 1
    """Seed of everything else that is drawn."""
    frame_rate: tuple[float, float] = (6.0, 30.0)
    """Range of the camera's rate, Hz."""
    policy: PolicyConfig = field(default_factory=PolicyConfig)
    """What is trained."""
    windows: WindowConfig = field(default_factory=WindowConfig)
    """Shape and randomness of the batches."""
    photometric: Photometric | None = field(default_factory=Photometric)
    """Augmentation of the pictures; None: none."""
    colour_fields: ColourFields | None = None
    """For an encoder with a frozen front: colour fields and tone curves of the augmented looks;
    None: none.
    """
    command: float = 1.0
    """Weight of the commands' error; 0: the encoder alone learns, what it has to predict."""
    auxiliary: float = 0.5
    """Weight of what the encoder has to predict, beside the commands."""
    height: float = 0.0
    """Weight of the drone's height among that; 0: it does not count."""
    weight_decay: float = 1e-4
    """Weight decay of AdamW."""
    start: str | None = None
    """Model to go on from: a folder or a released one's name."""
    caches: tuple[str, ...] = ()
    """Data sets of recorded flights (``liquid-nav import flights``), or folders of earlier runs
    (what they collected), that every round learns from too; a round with 0 flights learns from
    these and from what the rounds before it have collected.
    """
    stop: Stop | None = None
    """When rounds end early, and by what."""
    search: float = 0.0
    """Time without seeing the target after which the labels are those of a search (see
    ``learning/searching.py``), s; 0: never.
    """
    looks: int = 3
    """For an encoder with a frozen front: how many looks of each frame are stored and learned from,
    the first clean.
    """
    photographs: bool = True
    """Whether a frozen front begins with weights trained on photographs; False: random ones."""

    def __post_init__(self) -> None:
        """Raise RecipeError for seeds outside the range that may be trained on, and for values that
        do not fit together.
        """
        last = self.first_seed + sum(r.flights for r in self.rounds)
        if self.first_seed < 0 or last > TRAINING_SEED_LIMIT:
            raise RecipeError(
                f"recipe needs seeds {self.first_seed} to {last}",
                f"keep them below {TRAINING_SEED_LIMIT}",
            )
        if not 0 <= self.seed < SEED_LIMIT:
            raise RecipeError(
                f"recipe: seed is {self.seed}", f"give a whole number from 0 to {SEED_LIMIT - 1}"
            )
        if self.rounds and not self.rounds[0].flights and not self.caches:
            raise RecipeError(
                "recipe: there is nothing to learn from in the first round",
                "let it fly, or name recorded flights in caches",
            )
        recorded = bool(self.rounds) and not self.rounds[0].flights
        if not self.rounds or not (
            recorded or self.start is not None or self.rounds[0].driver == "expert"
        ):
            raise RecipeError(
                "the first round must be flown by the expert",
                "set its driver to expert, or name a model in start",
            )
        for driver in {r.driver for r in self.rounds} - set(DRIVERS):
            raise RecipeError(
                f"recipe: driver '{driver}' is unknown", f"choose one of: {', '.join(DRIVERS)}"
            )
        for number, plan in enumerate(self.rounds):
            try:
                replace(self.windows, **plan.windows)
            except (TypeError, ValueError) as error:
                raise RecipeError(
                    f"recipe: windows of round {number} do not fit: {error}",
                    "use the keys of the recipe's windows",
                ) from error
        low, high = self.frame_rate
        if not 0.0 < low <= high:
            raise RecipeError(
                f"recipe: frame_rate is {list(self.frame_rate)}",
                "give [lowest, highest] in Hz, above 0",
            )
        if not _are_weights(self.shares):
            raise RecipeError(
                f"recipe: shares are {list(self.shares)}", "give no share below 0, and one above"
            )
        for name in ("command", "auxiliary", "height", "weight_decay", "search"):
            if not getattr(self, name) >= 0.0:
                raise RecipeError(
                    f"recipe: {name} is {getattr(self, name)}", "give a number from 0 on"
                )
        if self.colour_fields is not None and not isinstance(self.policy.encoder, BackboneConfig):
            raise RecipeError(
                "recipe: colour_fields change stored looks, which the plain encoder has none of",
                "leave colour_fields out, or choose an encoder of kind backbone",
            )
        if self.looks < 1:
            raise RecipeError(
                f"recipe: looks is {self.looks}", "give 1 for the clean look alone, 3 by default"
            )
        if self.stop is not None and self.stop.held_out is not None and not self.caches:
            raise RecipeError(
                "recipe: held_out holds out recorded flights, and there are none",
                "name them in caches, or stop by seeds",
            )
        if any(
            len(s) != len(self.scenarios)
            for s in (self.shares, *(r.shares for r in self.rounds if r.shares))
        ):
            raise RecipeError(
                "recipe: shares and scenarios differ in length", "give one share a scenario"
            )


def load_recipe(path: Path) -> Recipe:
    """Read a recipe; raises RecipeError with one line for what is wrong."""
    return recipe_from_mapping(
        read_recipe_mapping(path, "recipe", "see config/training/default.yaml"), path
    )


def read_recipe_mapping(path: Path, what: str, remedy: str) -> Mapping[str, Any]:
    """Return the mapping in a YAML file; raises RecipeError that names ``what`` was looked for, and
    the ``remedy``.
    """
    try:
        data = parse_yaml(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RecipeError(f"no {what} at '{path}': {error.strerror}", remedy) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RecipeError(f"'{path}' is not YAML: {error}", remedy) from error
    if not isinstance(data, Mapping):
        raise RecipeError(f"'{path}' is not a mapping", remedy)
    return data


def recipe_from_mapping(data: Mapping[str, Any], path: Path) -> Recipe:
    """Build a recipe from the content of a YAML file; raises RecipeError that names ``path``."""
    try:
        values = {k: _tuple(v) for k, v in data.items()}
        unknown = set(values) - {f.name for f in fields(Recipe)}
        if unknown:
            raise RecipeError(
                f"'{path}' has unknown keys {sorted(unknown)}", "see config/training/default.yaml"
            )
        values["rounds"] = tuple(
            _part(Round, r, f"round {k}") for k, r in enumerate(data.get("rounds", ()))
        )
        if "policy" in data:
            values["policy"] = PolicyConfig.from_dict(data["policy"])
        if "windows" in data:
            values["windows"] = _part(WindowConfig, data["windows"], "windows")
        if data.get("photometric") is not None:
            values["photometric"] = _part(Photometric, data["photometric"], "photometric")
        if data.get("colour_fields") is not None:
            values["colour_fields"] = _part(ColourFields, data["colour_fields"], "colour_fields")
        if data.get("stop") is not None:
            values["stop"] = _part(Stop, data["stop"], "stop")
        return _part(Recipe, values, "")
    except UserError:
        raise
    except (TypeError, ValueError, AttributeError) as error:
        raise RecipeError(
            f"'{path}' does not fit: {error}", "see config/training/default.yaml"
        ) from error


def _part(cls: type[T], values: Mapping[str, Any], what: str) -> T:
    """Build a part of a recipe; raises RecipeError for a value of another type, TypeError for an
    unknown key.
    """
    values = {name: _tuple(value) for name, value in values.items()}
    wrong = misfit(cls, values)
    if wrong is not None:
        place = ""
        if what:
            place = f"in {what}, "
        raise RecipeError(f"recipe: {place}{wrong.cause}", wrong.remedy)
    return cls(**values)


def _are_weights(shares: tuple[float, ...]) -> bool:
    """Whether these can be drawn by: none below 0, and at least one above."""
    return min(shares, default=0.0) >= 0.0 and sum(shares) > 0.0


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
