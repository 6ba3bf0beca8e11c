"""``liquid-nav compare``: train and fly cores of equal size, and write the page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def compare(
    run: Annotated[
        Path, typer.Argument(help="Folder of the run; an interrupted run there goes on.")
    ],
    plan: Annotated[
        Path, typer.Option(help="YAML file that defines what is trained and flown.")
    ] = Path("config/comparison/default.yaml"),
    entrant: Annotated[
        list[str] | None,
        typer.Option(
            help="Train and fly this core alone; may be given several times. Those that were flown "
            "before stay on the page."
        ),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes, all cores by default.")
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print the results as JSON instead of the answer.")
    ] = False,
) -> None:
    """Compare recurrent cores of equal size in closed loop: same data, same places, several
    trainings.

    Interrupt it whenever you like: the same command goes on. The page is in the folder:
    comparison.md and comparison.html.

    Example: liquid-nav compare runs/comparison
    """
    from liquid_nav.cli.compare_cores import compare_cores

    compare_cores(run, plan, entrant or [], workers, json)
