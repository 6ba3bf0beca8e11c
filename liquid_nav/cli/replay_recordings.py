"""The replays of ``liquid-nav replay``: every flight of the given recordings, and their table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console, JustifyMethod
from rich.progress import track
from rich.table import Table

from liquid_nav.errors import UserError
from liquid_nav.evaluation import check_writable, write_rows
from liquid_nav.learning import ReplayedFlight, replay_recording
from liquid_nav.policy import Policy
from liquid_nav.recordings import (
    Recording,
    RecordingError,
    RecordingLoader,
    TopicNames,
    open_recordings,
)

COLUMNS: dict[str, JustifyMethod] = {
    "flight": "left",
    "frames": "right",
    "compared": "right",
    "labels": "left",
    "vx": "right",
    "vy": "right",
    "vz": "right",
    "yaw_rate": "right",
}
"""Heads of the table, and the side on which their cells stand."""


def replay_recordings(
    recordings: list[Path],
    model: str,
    out: Path,
    bag: Path | None,
    labels: str,
    topics: tuple[str | None, str | None, str | None],
    frame_rate: float,
    json: Path | None,
) -> None:
    """Replay each flight, leave its files and print the table; what cannot be read is left out.

    Args:
        recordings: Bags, folders of frames, or folders of these.
        model: Name or folder.
        out: Folder for the commands and the plot of every flight.
        bag: Folder for the bag of every flight.
        labels: What to compare with: auto, command, odometry.
        topics: Of images, odometry and commands, or the ends of their names.
        frame_rate: Of frames without stamps, Hz.
        json: File for the rows.

    Raises:
        UserError: a folder cannot be written, or no flight can be replayed.
    """
    loader = RecordingLoader(recordings)
    policy = Policy.load(model)
    if json is not None:
        check_writable(json)
    names = TopicNames(*topics)
    rows: list[dict[str, Any]] = []

    def one(recording: Recording) -> dict[str, Any]:
        result = replay_recording(policy, recording, labels)
        if not len(result.stamps):
            raise RecordingError(
                f"{recording.name} has no image that can be read", "choose its camera with --image"
            )
        folder = _folder(out, recording.name, {row["folder"] for row in rows})
        _write_files(folder, result)
        if bag is not None:
            _write_bag(bag / folder.relative_to(out), result, recording)
        rows.append(
            {"model": model, "source": str(recording.source), **result.row(), "folder": str(folder)}
        )
        return rows[-1]

    def every(source: Path) -> list[dict[str, Any]]:
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


def _write_files(folder: Path, result: ReplayedFlight) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        result.write_csv(folder / "commands.csv")
    except OSError as error:
        raise UserError(
            f"cannot write {folder}: {error.strerror}", "choose another with --out"
        ) from error
    result.draw(folder / "commands.png")


def _write_bag(folder: Path, result: ReplayedFlight, recording: Recording) -> None:
    from liquid_nav.cli.replay_bag import write_bag  # needs rosbags

    write_bag(folder, result, recording)


def _folder(out: Path, name: str, taken: set[str]) -> Path:
    """Return an unused folder for a flight: bags in different folders often have the same name."""
    folder = out / name.replace("/", "_")
    count = 2
    while str(folder) in taken:
        folder = out / f"{name.replace('/', '_')}-{count}"
        count += 1
    return folder


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table(box=SIMPLE_HEAD, caption="root mean square differences, m/s and rad/s")
    for name, side in COLUMNS.items():
        table.add_column(name, justify=side)
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
