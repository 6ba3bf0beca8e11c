"""Where the trained models of a run are."""

from __future__ import annotations

from pathlib import Path


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
