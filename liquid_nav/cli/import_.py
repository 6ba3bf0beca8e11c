"""``liquid-nav import``: networks (and flights) of other people become this project's own."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Optional

import typer

from liquid_nav.errors import UserError

import_app = typer.Typer(add_completion=False, no_args_is_help=True)
Kind = Enum(
    "Kind",
    {k: k for k in ("ncp", "ltc", "cfc", "mixedcfc", "wiredcfccell", "lstm", "gruode", "ctrnn")},
)
Elapsed = Enum("Elapsed", {k: k for k in ("constant", "stamps")})
Labels = Enum("Labels", {k: k for k in ("auto", "command", "odometry")})


@import_app.callback()
def import_() -> None:
    """Bring published networks and recorded flights into this project."""


@import_app.command(
    epilog="Example: liquid-nav import keras ncp.hdf5 --kind ncp --out models/published_ncp"
)
def keras(
    file: Path = typer.Argument(..., help="Headless HDF5 checkpoint of the published flights."),
    kind: Kind = typer.Option(..., help="What network the file holds."),
    out: Path = typer.Option(..., help="Folder of the model; it is created."),
    params: Optional[Path] = typer.Option(
        None, help="params.json of the training; published values without it."
    ),
    elapsed: Elapsed = typer.Option(
        "constant", help="constant: 1.0 a frame, as trained; stamps: the real time."
    ),
    frame_rate: float = typer.Option(
        30.0, min=0.1, max=1000.0, help="Frames per second of its training data."
    ),
) -> None:
    """Read a Keras checkpoint into a model that flies like any other, with its preprocessing and
    its notion of time.
    """
    from liquid_nav.policy.published.importing import import_keras

    if (out / "config.json").exists():
        raise UserError(
            f"{out} holds a model already", "choose another folder with --out, or delete it"
        )
    policy = import_keras(file, kind.value, params, elapsed=elapsed.value, frame_rate=frame_rate)
    try:
        policy.save(out)
    except OSError as error:
        raise UserError(
            f"cannot write {out}: {error.strerror}", "choose another folder with --out"
        ) from error
    weights = sum(parameter.numel() for parameter in policy.parameters())
    typer.echo(
        f"model: {out} ({kind.value}, {policy.core.state_size} states, {weights:,} weights, "
        f"elapsed: {elapsed.value})\n"
        f"next: liquid-nav evaluate --model {out} --scenario field --seeds 10000:10010"
    )


@import_app.command(
    epilog="Example: liquid-nav import flights flights/ bags/today --out data/mine --labels command"
)
def flights(
    sources: list[Path] = typer.Argument(
        ..., help="Bags (MCAP, sqlite3), folders of frames, or folders of these."
    ),
    out: Path = typer.Option(
        ..., help="Folder of the data set; what is finished there is not read again."
    ),
    size: str = typer.Option(
        "160x90", help="Width x height of the stored frames: what your encoder takes."
    ),
    labels: Labels = typer.Option(
        "auto", help="Learn commands or measured body velocity; auto: commands if any."
    ),
    image: Optional[str] = typer.Option(
        None, help="Camera topic, or the end of its name (for every drone)."
    ),
    odometry: Optional[str] = typer.Option(None, help="Odometry topic, or the end of its name."),
    command: Optional[str] = typer.Option(
        None, help="Command topic (Twist or TwistStamped), or the end of its name."
    ),
    frame_rate: float = typer.Option(
        30.0, min=0.1, max=1000.0, help="Of frames without stamps, Hz."
    ),
    limits: tuple[float, float, float, float] = typer.Option(
        (6.0, 6.0, 4.0, 3.0), help="Largest labels that count."
    ),
    shortest: int = typer.Option(16, min=2, help="Frames that a flight needs."),
    swap_colours: bool = typer.Option(False, "--swap-colours", help="Exchange red and blue."),
    accept: list[str] = typer.Option(
        [], help="Learn although this was found: swapped_colours, constant_labels."
    ),
    json: Optional[Path] = typer.Option(None, help="Write the rows as a list of flat objects."),
) -> None:
    """Check recorded flights and bring them into a data set, with a report about every flight."""
    from rich.console import Console
    from rich.progress import Progress

    from liquid_nav.evaluation.table import check_writable, write_rows
    from liquid_nav.learning.import_dataset import REPORT, build
    from liquid_nav.learning.ingest import IngestOptions
    from liquid_nav.learning.screening import REFUSED
    from liquid_nav.recordings import TopicNames

    unknown = sorted(set(accept) - set(REFUSED))
    if unknown:
        raise UserError(f"'{unknown[0]}' cannot be accepted", f"choose among: {', '.join(REFUSED)}")
    width, height = _size(size)
    topics = TopicNames(image, odometry, command)
    options = IngestOptions(
        height,
        width,
        labels.value,
        limits,
        shortest,
        swap_colours,
        tuple(sorted(accept)),
        frame_rate,
        topics,
    )
    for path in (out / REPORT, json):
        if path is not None:
            check_writable(path)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("reading", total=None)
        rows = build(
            sources,
            out,
            options,
            lambda done, total: progress.update(task, completed=done, total=total),
        )
    failed = [row for row in rows if row["error"]]
    learned = any(row["learned"] for row in rows)
    if failed and not learned:
        rest = f" (and {len(failed) - 1} more: {out / REPORT})" if len(failed) > 1 else ""
        raise UserError(failed[0]["error"] + rest)
    for row in rows:
        typer.echo(
            f"{row['flight']}: {row['learned']} of {row['frames']} frames, {row['verdict']}"
            + (f" ({row['findings']})" if row["findings"] else "")
        )
        if row["unreadable"]:
            typer.echo(f"{row['flight']}: an image that cannot be read: {row['unreadable']}")
    for row in failed:
        typer.echo(f"left out: {row['error']}", err=True)
    typer.echo(f"report: {out / REPORT}")
    if json is not None:
        write_rows(json, rows)
    if not learned:
        raise UserError(
            "there is nothing to learn from in these recordings", f"{out / REPORT} says why"
        )


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (
        width.isdigit()
        and height.isdigit()
        and 8 <= int(width) <= 4096
        and 8 <= int(height) <= 4096
    ):
        raise UserError(f"size is '{text}'", "give width x height in pixels, e.g. 160x90")
    return int(width), int(height)


@import_app.command(
    epilog="Example: liquid-nav import stills photos/ --targets targets.csv --out data/stills"
)
def stills(
    pictures: list[Path] = typer.Argument(..., help="Pictures of your target, or folders of them."),
    out: Path = typer.Option(..., help="Folder of the data set."),
    targets: Optional[Path] = typer.Option(
        None, help="CSV: file name, x, y of the target in px; else the middle."
    ),
    flights: int = typer.Option(
        4, min=1, help="Flights made from each picture; quadrants in turn."
    ),
    size: str = typer.Option(
        "160x90", help="Width x height of the stored frames: what your encoder takes."
    ),
    frame_rate: float = typer.Option(30.0, min=0.1, max=1000.0, help="Frames per second."),
    seed: int = typer.Option(0, min=0, help="Of everything random."),
) -> None:
    """Make closed-loop flights from single pictures: slide and zoom a crop until the target fills
    the middle.
    """
    from rich.console import Console
    from rich.progress import Progress

    from liquid_nav.learning.stills import StillConfig, build, find_stills

    width, height = _size(size)
    files = find_stills(pictures)
    places = _targets(targets)
    config = StillConfig(
        per_still=flights, height=height, width=width, frame_rate=frame_rate, seed=seed
    )
    out.mkdir(parents=True, exist_ok=True)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("making flights", total=len(files) * flights)
        meta = build(files, places, out, config, lambda: progress.advance(task))
    typer.echo(
        f"{meta['flights']} flights of {meta['frames']} frames from {len(files)} pictures\n"
        f"next: name {out} under caches in a training recipe"
    )


def _targets(path: Optional[Path]) -> dict[str, tuple[float, float]]:
    import csv

    if path is None:
        return {}
    places = {}
    for number, row in enumerate(csv.reader(path.read_text().splitlines())):
        try:
            places[row[0].strip()] = (float(row[1]), float(row[2]))
        except (IndexError, ValueError):
            if number:
                raise UserError(
                    f"{path}, line {number + 1} is no target: {row}", "write file name, x, y"
                ) from None
    return places
