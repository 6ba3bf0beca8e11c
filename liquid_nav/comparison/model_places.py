"""Where the trained models of a run are."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from liquid_nav.comparison.plan_parts import Question

PLASTIC = "plastic_synapses"
"""Key of a core's config that lets its synapses change in flight."""


def model_place(
    folder: Path, protocol: str, entrant: str, rate: float, share: float, training: int
) -> Path:
    """Return the folder of a model.

    Args:
        folder: of the run.
        protocol: name of the protocol.
        entrant: name of the entrant.
        rate: learning rate.
        share: share of the demonstrations.
        training: number of the training, from 1 on.
    """
    place = folder / "models" / protocol / entrant / f"rate-{rate:g}" / f"share-{share:g}"
    return place / f"training-{training}"


def flown_model(
    folder: Path, protocol: str, question: Question, entrant: str, rate: float, training: int
) -> Path:
    """Return the folder of the model that flies a question; the other arguments as above."""
    model = model_place(folder, protocol, entrant, rate, question.share, training)
    if question.plastic:
        return plastic_copy(model)
    return model


def plastic_copy(model: Path) -> Path:
    """Return the folder of the same model with synapses that change in flight, where its core has
    such; of any other core, the model itself.
    """
    config = json.loads((model / "config.json").read_text())
    if config["core"]["kind"] != "liquid_state":
        return model
    copy = model.with_name(f"{model.name}-plastic")
    if not copy.exists():
        scratch = copy.with_name(f"{copy.name}.part")
        shutil.rmtree(scratch, ignore_errors=True)
        shutil.copytree(model, scratch)
        config["core"][PLASTIC] = True
        (scratch / "config.json").write_text(json.dumps(config, indent=2) + "\n")
        scratch.rename(copy)
    return copy
