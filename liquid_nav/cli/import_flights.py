"""The data set of ``liquid-nav import flights``: recorded flights, checked and reported."""

from __future__ import annotations

from pathlib import Path

import typer
from rich.console import Console
from rich.progress import Progress

from liquid_nav.errors import UserError
from liquid_nav.evaluation import check_writable, write_rows
from liquid_nav.learning import (
    IMPORT_REPORT_NAME,
    REFUSED_FINDINGS,
    IngestOptions,
    import_recordings,
)
from liquid_nav.recordings import TopicNames


def check_accepted(findings: list[str]) -> None:
    """Raise UserError where something is to be accepted that cannot be."""
    unknown = sorted(set(findings) - set(REFUSED_FINDINGS))
    if unknown:
        raise UserError(
            f"'{unknown[0]}' cannot be accepted", f"choose among: {', '.join(REFUSED_FINDINGS)}"
        )


def import_flights(
    sources: list[Path],
    out: Path,
    size: tuple[int, int],
    labels: str,
    topics: tuple[str | None, str | None, str | None],
    frame_rate: float,
    limits: tuple[float, float, float, float],
    shortest: int,
    swap_colours: bool,
    accept: list[str],
    json: Path | None,
) -> None:
    """Bring the flights into a data set and print the result for each.

    Args:
        sources: Bags, folders of frames, or folders of these.
        out: Folder of the data set.
        size: Width and height of the stored frames.
        labels: What is learned: auto, command, odometry.
        topics: Of images, odometry and commands, or the ends of their names.
        frame_rate: Of frames without stamps, Hz.
        limits: Largest labels that count.
        shortest: Frames that a flight needs.
        swap_colours: Exchange red and blue.
        accept: Findings in spite of which a flight is learned.
        json: File for the rows.

    Raises:
        UserError: nothing can be read, written or learned.
    """
    width, height = size
    options = IngestOptions(
        height,
        width,
        labels,
        limits,
        shortest,
        swap_colours,
        tuple(sorted(accept)),
        frame_rate,
        TopicNames(*topics),
    )
    for path in (out / IMPORT_REPORT_NAME, json):
        if path is not None:
            check_writable(path)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("reading", total=None)
        rows = import_recordings(
            sources,
            out,
            options,
            lambda done, total: progress.update(task, completed=done, total=total),
        )
    failed = [row for row in rows if row["error"]]
    learned = any(row["learned"] for row in rows)
    if failed and not learned:
        cause = failed[0]["error"]
        if len(failed) > 1:
            cause += f" (and {len(failed) - 1} more: {out / IMPORT_REPORT_NAME})"
        raise UserError(cause)
    for row in rows:
        line = f"{row['flight']}: {row['learned']} of {row['frames']} frames, {row['verdict']}"
        if row["findings"]:
            line += f" ({row['findings']})"
        typer.echo(line)
        if row["unreadable"]:
            typer.echo(f"{row['flight']}: an image that cannot be read: {row['unreadable']}")
    for row in failed:
        typer.echo(f"left out: {row['error']}", err=True)
    typer.echo(f"report: {out / IMPORT_REPORT_NAME}")
    if json is not None:
        write_rows(json, rows)
    if not learned:
        raise UserError(
            "there is nothing to learn from in these recordings",
            f"{out / IMPORT_REPORT_NAME} gives the reasons",
        )
