"""What a trained encoder answers to the frames of the data, computed once: cores learn from it.

Features lie outside the shards, in a folder for each encoder and shard: ``look-K.npy``, float16
[N,F], of the clean look and of augmented ones, and ``features.json`` with what they were made from.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from liquid_nav.learning import Answer, Recipe, Shard, StoredLooks, answers, front_of
from liquid_nav.policy import POLICY_CARD_NAME, Policy
from liquid_nav.vision import BackboneEncoder

FACTS = "features.json"


def compute_features(shard: Path, model: Path, recipe: Recipe, looks: int, place: Path) -> None:
    """Write the features of a shard into ``place``, unless they are there already.

    Args:
        shard: a finished shard.
        model: folder of a model, whose encoder is asked.
        recipe: of the encoder's training, with how looks are augmented.
        looks: how many; the first is clean.
        place: where they go.
    """
    wanted = _facts(shard, model, looks)
    if _read(place) == wanted:
        return
    place.mkdir(parents=True, exist_ok=True)
    (place / FACTS).unlink(missing_ok=True)
    frames = Shard(shard)
    encoder = Policy.load(model, "torch").encoder
    answer = _whole(encoder)
    for look in range(looks):
        rows = np.zeros((len(frames.labels), encoder.config.features), np.float16)
        text = f"features of {place.name}, look {look + 1} of {looks}"
        for row, values in answers(
            frames,
            look,
            encoder,
            answer,
            recipe.photometric,
            recipe.seed,
            text,
            recipe.colour_fields,
            recipe.windows.mirror,
        ):
            rows[row : row + len(values)] = values
        np.save(place / f"look-{look}.npy", rows)
    (place / FACTS).write_text(json.dumps(wanted | {"mirror": recipe.windows.mirror}))


def open_features(place: Path) -> StoredLooks:
    """Return what ``compute_features`` wrote."""
    facts = json.loads((place / FACTS).read_text())
    looks = [np.load(place / f"look-{look}.npy") for look in range(facts["looks"])]
    return looks, facts["mirror"]


def _whole(encoder: Any) -> Answer:
    """Return what answers normalised pixels with features; the front runs where it is fastest."""
    if not isinstance(encoder, BackboneEncoder):
        return lambda pixels: (encoder.encode(pixels),)
    front = front_of(encoder)

    def answer(pixels: Tensor) -> tuple[Tensor, ...]:
        with torch.inference_mode():
            return (encoder.head(front(pixels)),)

    return answer


def _facts(shard: Path, model: Path, looks: int) -> dict[str, Any]:
    card = json.loads((model / POLICY_CARD_NAME).read_text())
    return {"frames": len(Shard(shard).labels), "encoder": card["sha256"], "looks": looks}


def _read(place: Path) -> dict[str, Any] | None:
    try:
        facts: dict[str, Any] = json.loads((place / FACTS).read_text())
    except (OSError, ValueError):
        return None
    facts.pop("mirror", None)
    return facts
