"""What every ``liquid-nav bench`` writes: its rows as a table, and as a file."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from liquid_nav import evaluation


def show_rows(rows: list[dict[str, Any]], caption: str) -> None:
    """Print the rows, whose keys are the columns."""
    table = Table(*rows[0], caption=caption)
    for row in rows:
        table.add_row(*map(_cell, row.values()))
    Console().print(table)


def write_rows(path: Path | None, rows: list[dict[str, Any]]) -> None:
    """Write the rows as JSON where a path is given; raises UserError where they cannot be.

    What was not measured (NaN) is null.
    """
    if path is not None:
        evaluation.write_rows(
            path, [{key: _known(value) for key, value in row.items()} for row in rows]
        )


def _known(value: object) -> object:
    """Return a value; None for a number that is not finite, which JSON does not have."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    return str(value)
