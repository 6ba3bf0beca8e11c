"""The folder of a flight: where it is and whether it can be used."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from liquid_nav.errors import UserError
from liquid_nav.recordings import BAG_NAME, new_flight_folder

RECORD_NAME = "record.json"
"""What the scenario runner writes into the folder of a flight; a recording by itself has none."""


def choose_folder(folder: Path | None) -> Path:
    """Return the absolute folder of a flight, by default a new ``flights/<date>-<time>``.

    Creates nothing.
    """
    if folder is None:
        return new_flight_folder(datetime.now())
    return folder.resolve()


def make_folder(folder: Path) -> None:
    """Create the folder of a flight and one for its logs in it.

    Raises:
        UserError: it cannot be used.
    """
    remedy = "choose another folder with --out"
    try:
        (folder / "log").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"cannot create {folder}: {(error.strerror or 'error').lower()}", remedy
        ) from error
    if not os.access(folder, os.W_OK):
        raise UserError(f"cannot write into {folder}: permission denied", remedy)
    if (folder / RECORD_NAME).exists() or (folder / BAG_NAME).exists():
        raise UserError(f"{folder} holds a flight already", remedy)
