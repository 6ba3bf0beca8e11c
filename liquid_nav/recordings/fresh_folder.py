"""Where another recording goes that must not overwrite the one before it."""

from __future__ import annotations

import itertools
from pathlib import Path


def next_free_folder(folder: Path) -> Path:
    """Return the first folder that does not exist yet of ``today-2``, ``today-3`` ... beside
    ``today``.
    """
    numbered = (folder.with_name(f"{folder.name}-{number}") for number in itertools.count(2))
    return next(path for path in numbered if not path.exists())
