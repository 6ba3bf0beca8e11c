"""``liquid-nav replay``: what a model would have commanded on a recorded flight, beside what was
flown.
"""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Optional

import typer

from liquid_nav.cli import offers
from liquid_nav.errors import UserError

Labels = Enum("Labels", {k: k for k in ("auto", "command", "odometry")})


def replay(
    recordings: list[Path] = typer.Argument(
        ..., help="Bags (MCAP, sqlite3), folders of frames, or folders of these."
    ),
    model: str = typer.Option(
        "default", help="Model folder or name.", autocompletion=offers.models
    ),
    out: Path = typer.Option(
        Path("replay"), help="Folder for commands.csv and a plot of every flight."
    ),
    bag: Optional[Path] = typer.Option(
        None,
        help="Folder for flight.mcap of every flight: the model's commands on replay/cmd_vel, and "
        "the pilot's.",
    ),
    labels: Labels = typer.Option(
        "auto", help="Compare with commands or measured velocity; auto: commands if any."
    ),
    image: Optional[str] = typer.Option(None, help="Camera topic, or the end of its name."),
    odometry: Optional[str] = typer.Option(None, help="Odometry topic, or the end of its name."),
    command: Optional[str] = typer.Option(
        None, help="Command topic (Twist or TwistStamped), or the end of its name."
    ),
    frame_rate: float = typer.Option(
        30.0, min=0.1, max=1000.0, help="Of frames without stamps, Hz."
    ),
    json: Optional[Path] = typer.Option(None, help="Write the rows as a list of flat objects."),
) -> None:
    """Run a model over recorded flights in their own time and compare it with the pilot.

    Example: liquid-nav replay flights/20260101-120000 --model default
    """
    from rich.console import Console
    from rich.progress import track

    from liquid_nav.cli.replay_bag import write_bag
    from liquid_nav.evaluation.table import check_writable, write_rows
    from liquid_nav.learning.replay import replay as run
    from liquid_nav.policy import Policy
    from liquid_nav.recordings import (
        Recording,
        RecordingError,
        TopicNames,
        open_recordings,
    )
    from liquid_nav.recordings.sources import Loader

    loader = Loader(recordings)
    policy = Policy.load(model)
    if json is not None:
        check_writable(json)
    names = TopicNames(image, odometry, command)
    rows: list[dict] = []

    def one(recording: Recording) -> dict:
        result = run(policy, recording, labels.value)
        if not len(result.stamps):
            raise RecordingError(
                f"{recording.name} has no image that can be read", "choose its camera with --image"
            )
        folder = _folder(out, recording.name, {row["folder"] for row in rows})
        try:
            folder.mkdir(parents=True, exist_ok=True)
            result.write_csv(folder / "commands.csv")
        except OSError as error:
            raise UserError(
                f"cannot write {folder}: {error.strerror}", "choose another with --out"
            ) from error
        result.draw(folder / "commands.png")
        if bag is not None:
            write_bag(bag / folder.relative_to(out), result, recording)
        rows.append(
            {"model": model, "source": str(recording.source), **result.row(), "folder": str(folder)}
        )
        return rows[-1]

    def every(source: Path) -> list[dict]:
        opened = open_recordings(source, names, frame_rate)
        return [row for recording in opened for row in loader.attempt(recording, one)]

    for source in track(loader.sources, "replaying", console=Console(stderr=True), transient=True):
        loader.each(source, every)
    if not rows:
        raise loader.failures[0].error
    for failure in loader.failures:
        typer.echo(f"left out: {failure.error}", err=True)
    Console().print(_table(rows))
    if json is not None:
        write_rows(json, rows)


def _folder(out: Path, name: str, taken: set[str]) -> Path:
    """Return a folder of its own for a flight; bags of different folders often have the same
    name.
    """
    folder = out / name.replace("/", "_")
    count = 2
    while str(folder) in taken:
        folder = out / f"{name.replace('/', '_')}-{count}"
        count += 1
    return folder


def _table(rows: list[dict]):
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, caption="root mean square differences, m/s and rad/s")
    for name in ("flight", "frames", "compared", "labels", "vx", "vy", "vz", "yaw_rate"):
        table.add_column(name, justify="left" if name in ("flight", "labels") else "right")
    for row in rows:
        errors = (row[f"rmse_{name}"] for name in ("vx", "vy", "vz", "yaw_rate"))
        table.add_row(
            row["flight"],
            str(row["frames"]),
            str(row["compared"]),
            row["labels"],
            *("-" if value is None else f"{value:.3f}" for value in errors),
        )
    return table
