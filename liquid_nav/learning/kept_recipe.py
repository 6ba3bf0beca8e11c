"""A run's folder keeps the recipe that it was begun with, so that no model is made from two and its
card names one.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Callable, Iterator

from liquid_nav.learning.recipe import Recipe, RecipeError

RECIPE = "recipe.json"
"""Beside the rounds."""
_SHOWN = 2
"""Most differences that an error names."""
_LONGEST = 60
"""Most characters of a value in an error."""
_FREE = ("policy.core", "policy.outputs", "policy.camera", ".windows")
"""Parts of a recipe in which any key may stand; elsewhere a key that is not kept is one of a newer
version.
"""
_ROUNDS = "rounds"
"""The part of a recipe to which more may be added at its end."""


@dataclass(frozen=True, slots=True)
class KeptRecipe:
    """What lies in a run's folder."""

    values: dict[str, Any]
    """The whole recipe, plain values for JSON."""
    sha256: str
    """Of the values."""
    first_round: int = 0
    """Rounds before this one were finished when nothing was kept yet: their recipe is unknown."""

    def facts(self) -> dict[str, Any]:
        """Return what a model's card states."""
        facts: dict[str, Any] = {"recipe": self.values, "recipe_sha256": self.sha256}
        if self.first_round:
            facts["recipe_since_round"] = self.first_round
        return facts


def values_of(recipe: Recipe) -> dict[str, Any]:
    """Return a recipe as plain values for JSON."""
    values: dict[str, Any] = json.loads(json.dumps(asdict(recipe)))
    return values


def keep(
    recipe: Recipe, folder: Path, report: Callable[[str], object], write: bool = True
) -> KeptRecipe:
    """Compare ``recipe`` with the one that lies in ``folder``, or leave it there; rounds may be
    added at the end.

    ``report`` gets a warning where rounds are finished and nothing was kept. Without ``write``
    nothing is changed.

    Raises:
        RecipeError: the folder was begun with another recipe, or what is kept there cannot be read.
    """
    path = folder / RECIPE
    here = values_of(recipe)
    first = 0
    if path.exists() and any(folder.glob("round-*/*/*")):
        # Where nothing was collected or learned yet, nothing is made from another recipe.
        there, first = _read(path)
        _compare(there, here, folder)
        if there == here:
            return KeptRecipe(here, _digest(here), first)
    else:
        first = sum(
            (folder / f"round-{k}" / "model" / "card.json").exists()
            for k in range(len(recipe.rounds))
        )
        if first:
            report(
                f"warning: {folder} was begun when no recipe was kept there: its {first} finished "
                "rounds may be of "
                "another one. Use another --out if they are"
            )
    kept = KeptRecipe(here, _digest(here), first)
    if write:
        folder.mkdir(parents=True, exist_ok=True)
        scratch = path.with_suffix(".part")
        data = {"sha256": kept.sha256, "first_round": first, "recipe": here}
        scratch.write_text(json.dumps(data, indent=2) + "\n")
        scratch.replace(path)
    return kept


def _read(path: Path) -> tuple[dict[str, Any], int]:
    try:
        data = json.loads(path.read_text())
        there = data["recipe"]
        first = int(data["first_round"])
        if data["sha256"] != _digest(there):
            raise ValueError("it was changed by hand")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RecipeError(
            f"'{path}' cannot be read: {error}",
            "use another --out, or delete the file if its rounds are of this recipe",
        ) from error
    return there, first


def _digest(values: Any) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def _compare(there: dict[str, Any], here: dict[str, Any], folder: Path) -> None:
    begun = here | {_ROUNDS: here[_ROUNDS][: len(there[_ROUNDS])]}
    found = list(_differences(there, begun, ""))
    if not found:
        return
    more = ""
    if len(found) > _SHOWN:
        more = f" and {len(found) - _SHOWN} more"
    raise RecipeError(
        f"'{folder}' was begun with another recipe: {', '.join(found[:_SHOWN])}{more}",
        "use another --out",
    )


def _differences(there: Any, here: Any, path: str) -> Iterator[str]:
    """Yield as text where two plain values differ."""
    if isinstance(there, dict) and isinstance(here, dict):
        for key in dict.fromkeys((*there, *here)):
            inner = f"{path}.{key}" if path else key
            if key in there and key in here:
                yield from _differences(there[key], here[key], inner)
            elif any(part in path for part in _FREE):
                yield _difference(inner, there.get(key, "missing"), here.get(key, "missing"))
    elif isinstance(there, list) and isinstance(here, list) and len(there) == len(here):
        for index, pair in enumerate(zip(there, here)):
            yield from _differences(*pair, f"{path}[{index}]")
    elif path == _ROUNDS:
        yield f"{path} are {len(there)} there and {len(here)} here"
    elif there != here:
        yield _difference(path, there, here)


def _difference(path: str, there: Any, here: Any) -> str:
    return f"{path} is {_short(there)} there and {_short(here)} here"


def _short(value: Any) -> str:
    """Return at most ``_LONGEST`` characters of a value: more of its end, where paths differ."""
    text = json.dumps(value)
    if len(text) <= _LONGEST:
        return text
    return f"{text[:20]}...{text[23 - _LONGEST :]}"
