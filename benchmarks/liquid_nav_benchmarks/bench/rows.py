"""What every ``liquid-nav bench`` writes: its rows as a table, and as a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from liquid_nav.errors import UserError


def show_rows(rows: list[dict[str, Any]], caption: str) -> None:
    """Print the rows, whose keys are the columns."""
    table = Table(*rows[0], caption=caption)
    for row in rows:
        table.add_row(*map(_cell, row.values()))
    Console().print(table)


def write_rows(path: Path | None, rows: list[dict[str, Any]]) -> None:
    """Write the rows as JSON where a path is given; raises UserError where they cannot be."""
    if path is None:
        return
    try:
        path.write_text(json.dumps(rows, indent=2) + "\n")
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror}", "choose another file") from error


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    return str(value)
