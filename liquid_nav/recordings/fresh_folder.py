"""Folders of recordings: none overwrites the one before it."""

from __future__ import annotations

import itertools
from datetime import datetime
from pathlib import Path


def new_flight_folder(now: datetime) -> Path:
    """Return the absolute folder of a flight that begins now, ``flights/<date>-<time>``, with a
    number behind it where that exists.

    Creates nothing.
    """
    folder = Path("flights", f"{now:%Y%m%d-%H%M%S}")
    if folder.exists():
        folder = next_free_folder(folder)
    return folder.resolve()


def next_free_folder(folder: Path) -> Path:
    """Return the first folder that does not exist yet of ``today-2``, ``today-3`` ... beside
    ``today``.
    """
    numbered = (folder.with_name(f"{folder.name}-{number}") for number in itertools.count(2))
    return next(path for path in numbered if not path.exists())
