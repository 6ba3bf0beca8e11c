"""What ``liquid-nav compare`` does."""

from __future__ import annotations

from pathlib import Path
from typing import Sequence

import typer

from liquid_nav.comparison import (
    RESULTS,
    Analysis,
    ComparisonRun,
    answer,
    load_plan,
    write_page,
)


def compare_cores(
    folder: Path, plan: Path, entrants: Sequence[str], workers: int | None, as_json: bool
) -> None:
    """Train, fly and write the page; raises UserError for bad input."""

    def report(line: str) -> None:
        typer.echo(line, err=True)

    run = ComparisonRun(load_plan(plan), folder, workers=workers, report=report)
    results = run.run(entrants)
    analysis = Analysis(results)
    write_page(analysis, folder)
    if as_json:
        typer.echo((folder / RESULTS).read_text(), nl=False)
        return
    for sentence in answer(analysis):
        typer.echo(sentence)
    typer.echo(f"The page: {folder / 'comparison.html'}")
