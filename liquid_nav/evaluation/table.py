"""Results for people (a table) and for scripts (JSON)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Iterable, Mapping, Sequence

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from liquid_nav.errors import UserError

Row = Mapping[str, Any]
FAILURES = {
    "collisions": "collision",
    "timeouts": "timeout",
    "geofence": "geofence",
    "lost": "lost",
}
"""Keys of a row that count failures, and the name of one."""


def build_summary_table(rows: Iterable[Row]) -> Table:
    """Return a rich table of summary rows."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("model", "scenario", "condition"):
        table.add_column(name)
    for name in ("flights", "success", "95 % interval", "mean time"):
        table.add_column(name, justify="right")
    table.add_column("failures")
    for row in rows:
        names = (escape(str(row[key])) for key in ("model", "scenario", "condition", "flights"))
        rate = f"{100 * row['success_rate']:.1f} %"
        table.add_row(*names, rate, format_interval(row), format_time(row), format_failures(row))
    return table


def format_failures(row: Row) -> str:
    """Return how flights failed and how often, e.g. ``3 collision, 1 lost``; ``-`` for none."""
    counts = ((row[key], name) for key, name in FAILURES.items())
    return ", ".join(f"{count} {name}" for count, name in counts if count) or "-"


def format_interval(row: Row) -> str:
    """Return the confidence interval in per cent, e.g. ``93.1 - 98.6``."""
    return f"{100 * row['ci_low']:.1f} - {100 * row['ci_high']:.1f}"


def format_time(row: Row) -> str:
    """Return the mean time of the successful flights, ``-`` without any."""
    if row["mean_time_s"] is None:
        return "-"
    return f"{row['mean_time_s']:.1f} s"


def write_rows(path: Path, rows: Sequence[Row]) -> None:
    """Write rows as a JSON list of flat objects."""
    _write(path, json.dumps(list(rows), indent=2, allow_nan=False) + "\n")


def check_writable(path: Path) -> None:
    """Check before a long campaign that a file can be written after it.

    Raises:
        UserError: with the cause.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        existed = path.exists()
        with path.open("a"):
            pass
        if not existed:
            path.unlink()
    except OSError as error:
        raise _not_writable(path, error) from error


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    except OSError as error:
        raise _not_writable(path, error) from error


def _not_writable(path: Path, error: OSError) -> UserError:
    return UserError(
        f"cannot write {path}: {error.strerror}", "choose a file in a folder that you may write to"
    )
