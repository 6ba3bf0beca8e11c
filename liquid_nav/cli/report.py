"""``liquid-nav report``: video, top view and report of a recorded flight."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import typer


def report(
    flight: Path = typer.Argument(
        ..., help="Folder of a flight, or a bag: of `fly`, of launch, of a real drone."
    ),
    scenario: str = typer.Option(
        "", help="Scenario's YAML file, where the record names one that is not installed."
    ),
    out: Optional[Path] = typer.Option(
        None, help="Folder for video, top view and report; the flight's by default."
    ),
) -> None:
    """Make video, top view and report of a recorded flight, also of an interrupted one.

    Example: liquid-nav report flights/20260101-120000
    """
    from liquid_nav.cli.report_flights import report_flights

    report_flights(flight, scenario, out)
