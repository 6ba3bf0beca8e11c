"""The data set of ``liquid-nav import stills``: flights that are made from single pictures."""

from __future__ import annotations

import csv
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
