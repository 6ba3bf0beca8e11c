"""The data set of ``liquid-nav import stills``: flights that are made from single pictures."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import typer

from liquid_nav.cli.progress_bars import progress_counter
from liquid_nav.errors import UserError
from liquid_nav.learning import StillConfig, build_still_data_set, find_still_pictures


def import_stills(
    pictures: list[Path],
    out: Path,
    targets: Path | None,
    flights: int,
    size: tuple[int, int],
    frame_rate: float,
    seed: int,
) -> None:
    """Make the flights and print the next step.

    Args:
        pictures: Files, or folders of them.
        out: Folder of the data set.
        targets: CSV with the target in each picture; None: in the middle.
        flights: Made from each picture.
        size: Width and height of the stored frames.
        frame_rate: Frames per second.
        seed: Of everything random.

    Raises:
        UserError: pictures or targets cannot be read.
    """
    width, height = size
    files = find_still_pictures(pictures)
    places = _targets(targets)
    without = [file.name for file in files if file.name not in places]
    if targets is not None and without:
        typer.echo(
            f"{targets} has no target for {len(without)} of {len(files)} pictures, e.g. "
            f"{without[0]}: it is taken to be in the middle",
            err=True,
        )
    config = StillConfig(
        per_still=flights, height=height, width=width, frame_rate=frame_rate, seed=seed
    )
    out.mkdir(parents=True, exist_ok=True)
    with progress_counter("making flights", len(files) * flights) as on_flight:
        meta = build_still_data_set(files, places, out, config, on_flight)
    typer.echo(
        f"{meta['flights']} flights of {meta['frames']} frames from {len(files)} pictures\n"
        f"next: name {out} under caches in a training recipe"
    )


def _targets(path: Path | None) -> dict[str, tuple[float, float]]:
    """Return the target in each picture, px, by file name; the first line may be a header.

    Raises:
        UserError: a line is no target.
    """
    if path is None:
        return {}
    try:
        lines = path.read_text().splitlines()
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is no text", "write file name, x, y in each line") from error
    places = {}
    for number, row in enumerate(csv.reader(lines)):
        if not row:
            continue
        try:
            x, y = (float(value) for value in row[1:3])
            if not (math.isfinite(x) and math.isfinite(y)):
                raise ValueError("a target that is no place")
        except ValueError:
            if number:
                raise UserError(
                    f"{path}, line {number + 1} is no target: {row}", "write file name, x, y"
                ) from None
            continue
        places[row[0].strip()] = (x, y)
    return places
