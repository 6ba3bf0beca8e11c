"""What a model's card states of its training: rounds, their data, and how long they took."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from liquid_nav.learning.cache import META
from liquid_nav.learning.import_dataset import data_set_shards
from liquid_nav.learning.kept_recipe import KeptRecipe
from liquid_nav.learning.recipe import Recipe
from liquid_nav.policy import POLICY_CARD_NAME, resolve_model

TIMES = "times.json"
"""In each round's folder."""


def note_times(place: Path, **facts: object) -> None:
    """Add facts to a round's JSON file; a continued round counts the time since it went on."""
    path = place / TIMES
    known: dict[str, Any] = {}
    if path.exists():
        known = json.loads(path.read_text())
    path.write_text(json.dumps(known | facts))


def training_card(
    recipe: Recipe, kept: KeptRecipe | None, folder: Path, index: int, loss: dict[str, float]
) -> dict[str, Any]:
    """Return what the card of the model after round ``index`` states, for a run in ``folder``.

    ``kept``: the recipe as it lies there; ``loss``: what Lightning measured last.
    """
    rounds = [_round_facts(recipe, folder, i) for i in range(index + 1)]
    first = recipe.first_seed
    facts: dict[str, Any] = {
        "rounds": rounds,
        "seeds": f"{first}:{first + sum(r['flights'] for r in rounds)}",
        "final_loss": loss,
        "torch": torch.__version__,
    }
    if kept is not None:
        facts |= kept.facts()
    if recipe.caches:
        facts["recorded"] = {cache: _recorded_facts(Path(cache)) for cache in recipe.caches}
    if recipe.start is not None:
        parent = json.loads((resolve_model(recipe.start) / POLICY_CARD_NAME).read_text())
        facts["start"] = {k: parent.get(k) for k in ("sha256", "training")} | {
            "model": recipe.start
        }
    return {"training": facts}


def _round_facts(recipe: Recipe, folder: Path, index: int) -> dict[str, Any]:
    """Return a round of the recipe, what it has collected, and its times."""
    place = folder / f"round-{index}"
    times: dict[str, Any] = json.loads((place / TIMES).read_text())
    counts: dict[str, Any] = {"flights": 0, "frames": 0}
    if recipe.rounds[index].flights:
        meta = json.loads((place / "data" / META).read_text())
        counts = {k: meta[k] for k in ("flights", "frames", "outcomes")}
    return asdict(recipe.rounds[index]) | counts | times


def _recorded_facts(cache: Path) -> dict[str, int]:
    """Return how many flights and frames a data set holds."""
    metas = [json.loads((shard / META).read_text()) for shard in data_set_shards(cache)]
    return {k: sum(meta[k] for meta in metas) for k in ("flights", "frames")}
