"""Finds the files that come with the package: scenarios, conditions, models, launch files.

One resolver for every way the package gets onto a machine: a sourced colcon workspace (ament
index), a plain ``pip install`` (``share/`` of the Python prefix), and a source tree or an editable
install of it.
"""

from __future__ import annotations

import os
import site
import sys
from pathlib import Path

from liquid_nav.errors import UserError

PACKAGE = "liquid_nav"


class ResourceError(UserError, FileNotFoundError):
    """A file that should have come with the package is missing."""


def roots() -> list[Path]:
    """Return the folders that are searched, in order: ament index, Python prefix, source tree."""
    ament = [
        Path(prefix)
        for prefix in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep)
        if prefix
    ]
    marker = Path("share", "ament_index", "resource_index", "packages", PACKAGE)
    prefixes = [prefix for prefix in ament if (prefix / marker).exists()]
    prefixes += [Path(sys.prefix), Path(site.getuserbase())]
    source = Path(__file__).resolve().parent.parent
    return [*(prefix / "share" / PACKAGE for prefix in prefixes), source]


def find(relative_path: str | Path) -> Path:
    """Return the first existing file or folder of that name, e.g. ``config/scenarios/forest.yaml``.

    Raises:
        ResourceError: no folder has it; the message names the folders searched.
    """
    for root in roots():
        candidate = root / relative_path
        if candidate.exists():
            return candidate
    places = ", ".join(str(root) for root in roots())
    raise ResourceError(
        f"{relative_path} is in none of: {places}", "Install the package again: make setup"
    )
