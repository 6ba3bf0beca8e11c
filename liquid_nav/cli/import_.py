"""``liquid-nav import``: published networks and recorded flights are converted for this package."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Optional

import typer

from liquid_nav.errors import UserError

import_app = typer.Typer(add_completion=False, no_args_is_help=True)


class Kind(Enum):
    """Networks whose Keras checkpoints can be read."""

    ncp = "ncp"
    ltc = "ltc"
    cfc = "cfc"
    mixedcfc = "mixedcfc"
    wiredcfccell = "wiredcfccell"
    lstm = "lstm"
    gruode = "gruode"
    ctrnn = "ctrnn"


class Elapsed(Enum):
    """What a network takes as the time between frames: a constant, or the real time."""

    constant = "constant"
    stamps = "stamps"


class Labels(Enum):
    """What is learned: commands, measured velocity, or commands if there are any."""

    auto = "auto"
    command = "command"
    odometry = "odometry"


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
    from liquid_nav.policy import import_keras_checkpoint

    if (out / "config.json").exists():
        raise UserError(
            f"{out} holds a model already", "choose another folder with --out, or delete it"
        )
    policy = import_keras_checkpoint(
        file, kind.value, params, elapsed=elapsed.value, frame_rate=frame_rate
    )
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
        (6.0, 6.0, 4.0, 3.0),
        help="Largest labels that count: vx, vy, vz in m/s, yaw rate in rad/s.",
    ),
    shortest: int = typer.Option(16, min=2, help="Frames that a flight needs."),
    swap_colours: bool = typer.Option(False, "--swap-colours", help="Exchange red and blue."),
    accept: list[str] = typer.Option(
        [], help="Learn although this was found: swapped_colours, constant_labels."
    ),
    json: Optional[Path] = typer.Option(None, help="Write the rows as a list of flat objects."),
) -> None:
    """Check recorded flights and bring them into a data set, with a report about every flight."""
    from liquid_nav.cli.import_flights import check_accepted, import_flights

    check_accepted(accept)
    import_flights(
        sources,
        out,
        _size(size),
        labels.value,
        (image, odometry, command),
        frame_rate,
        limits,
        shortest,
        swap_colours,
        accept,
        json,
    )


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    sides = (width, height)
    # ``isdigit`` alone also holds for digits that ``int`` does not read, such as a superscript 2.
    if not all(side.isascii() and side.isdigit() and 8 <= int(side) <= 4096 for side in sides):
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
    from liquid_nav.cli.import_stills import import_stills

    import_stills(pictures, out, targets, flights, _size(size), frame_rate, seed)
