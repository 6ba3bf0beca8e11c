"""What ``liquid-nav compare`` does."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Sequence

import typer

from liquid_nav.comparison import (
    PICTURES,
    SHARED,
    Analysis,
    ComparisonRun,
    answer,
    film_parting,
    find_partings,
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
    flown = {name: found for name, found in results.items() if found.entrants}
    analyses = {name: Analysis(found) for name, found in flown.items()}
    partings = find_partings(analyses[SHARED])
    for parting in partings:
        report(f"filming {parting.question}: {parting.reaching} and {parting.failing}")
        film_parting(run.plan, folder, results[SHARED], parting, folder / PICTURES)
    write_page(analyses, folder, partings)
    if as_json:
        typer.echo(json.dumps({name: asdict(found) for name, found in flown.items()}))
        return
    for sentence in answer(analyses):
        typer.echo(sentence)
    typer.echo(f"The page: {folder / 'comparison.html'}")
