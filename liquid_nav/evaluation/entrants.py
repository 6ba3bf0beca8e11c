"""Who can be evaluated: a model folder, the name of a shipped model, or a built-in pilot."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Callable, Sequence

from liquid_nav import resources
from liquid_nav.errors import UserError
from liquid_nav.evaluation.pilot_spec import PilotSpec
from liquid_nav.registry import Registry
from liquid_nav.worlds import Condition, Scenario, load_condition, load_scenario

if TYPE_CHECKING:
    from liquid_nav.policy import Policy
    from liquid_nav.simulation import Pilot

PILOTS: Registry[Callable[[], Pilot]] = Registry(
    "liquid_nav.pilots",
    {
        "expert": "liquid_nav.simulation.pilots:ExpertPilot",
        "straight": "liquid_nav.simulation.baseline_pilots:StraightPilot",
        "colour": "liquid_nav.simulation.baseline_pilots:ColourPilot",
    },
)
"""Name -> what makes a pilot without a model; other packages add to it (see ``registry``)."""
RESET_MARK = "state zeroed"
"""Marks the results of a model whose state was zeroed before each frame."""


def frame_marks(drop: float | None, jitter: float | None) -> tuple[str, ...]:
    """Return what marks results with dropped frames and jitter.

    ``drop``, ``jitter``: shares; None: those of the condition.
    """
    marks = []
    if drop is not None:
        marks.append(f"{100 * drop:g} % dropped")
    if jitter:
        marks.append(f"{100 * jitter:g} % jitter")
    return tuple(marks)


def resolve_pilot(model: str, reset_state: bool = False, marks: Sequence[str] = ()) -> PilotSpec:
    """Find what ``--model`` names: a built-in pilot, a folder, or a shipped model under
    ``models/``.

    ``marks``: what sets its flights apart from usual ones; they follow the name in brackets.

    Raises:
        UserError: there is none, it is no model or it was tampered with; or a pilot without a state
            is to reset it.
    """
    if model in PILOTS:
        if reset_state:
            raise UserError(
                f"the built-in pilot '{model}' has no state to reset", "leave --reset-state out"
            )
        return PilotSpec(model, _label(model, marks))
    folder = _model_folder(model)
    # Load it once here, so that a broken model is one error and not a broken worker.
    _load_policy(folder)
    if reset_state:
        marks = (RESET_MARK, *marks)
    label = _label(folder.resolve().name, marks)
    return PilotSpec(str(folder.resolve()), label, reset_state, _fingerprint(folder))


def build_pilot(spec: PilotSpec) -> Pilot:
    """Return a fresh pilot for the specification; ``label`` becomes its name in records."""
    if spec.source in PILOTS:
        return PILOTS[spec.source]()
    # Not above: ``prepare_worker_process`` explains when numerical libraries may be imported.
    from liquid_nav.simulation import PolicyPilot

    return PolicyPilot(_load_policy(Path(spec.source)), spec.label, memoryless=spec.reset_state)


def read_places(
    scenarios: Sequence[str], conditions: Sequence[str]
) -> tuple[list[Scenario], list[Condition]]:
    """Return the scenarios and conditions that names or files stand for. They are read here and
    nowhere else in a campaign.

    Raises:
        UserError: one of them is unknown or malformed, or two of them have the same name, by which
            their results could not be distinguished.
    """
    places = [load_scenario(one) for one in scenarios]
    check_distinct_pilots([one.name for one in places])
    around = [load_condition(one) for one in conditions]
    check_distinct_pilots([one.name for one in around])
    return places, around


def check_distinct_pilots(names: Sequence[str]) -> None:
    """Raise UserError if a name comes twice, because its rows would be mixed up."""
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UserError(
            f"'{twice}' is given twice", "give each model, scenario and condition a name of its own"
        )


def _label(name: str, marks: Sequence[str]) -> str:
    if not marks:
        return name
    return f"{name} ({', '.join(marks)})"


def _model_folder(model: str) -> Path:
    if os.path.isdir(model):
        return Path(model)
    if os.sep not in model:
        try:
            return resources.find(Path("models", model))
        except resources.ResourceError:
            pass
    raise UserError(
        f"there is no model '{model}'",
        "give a model folder, the name of a folder in models/, or one of the pilots "
        f"{', '.join(PILOTS)}",
    )


def _load_policy(folder: Path) -> Policy:
    from liquid_nav.policy import Policy

    return Policy.load(folder)


def _fingerprint(folder: Path) -> str:
    """SHA-256 over names and contents of what decides how a model flies."""
    sha = hashlib.sha256()
    for name in ("config.json", "weights.safetensors"):
        path = folder / name
        if path.exists():
            sha.update(name.encode() + path.read_bytes())
    return sha.hexdigest()
