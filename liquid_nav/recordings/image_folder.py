"""Reads the published format: ``000000.png`` ... and ``data_out.csv`` with vx, vy, vz, omega_z, one
row a frame.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

import cv2
import numpy as np

from liquid_nav.camera import ImageError
from liquid_nav.clocks import NANO
from liquid_nav.recordings.recording import Frames, Recording, RecordingError, TimeSeries

TABLE = "data_out.csv"
_REMEDY = "it needs vx, vy, vz, omega_z in every line"
_REMEDY_OF_NUMBERS = "give one line a frame, or number the frames as the lines, from 0"
_NAME = re.compile(
    r"(?P<before>\D*)(?P<number>\d+)(?P<after>[^.]*)\.(?P<suffix>png|jpg|jpeg)", re.IGNORECASE
)
"""A frame's file: its number, and what stands before and after it in every name of a series."""


def open_folder(path: Path, frame_rate: float) -> Recording:
    """Return the run in ``path``; frames have no stamps, so they get those of ``frame_rate``.

    Raises:
        RecordingError: no frames, or a table that cannot be read.
    """
    numbered = _numbered(path)
    pictures = [numbered[number] for number in sorted(numbered)]
    values = _read(path / TABLE)
    # The numbers in the names are the rows of the table, also where a frame is missing.
    numbers = _rows_of(sorted(numbered), len(values))
    stamps = np.round((numbers + 1) * (NANO / frame_rate)).astype(np.int64)
    rows = np.round((np.arange(len(values)) + 1) * (NANO / frame_rate)).astype(np.int64)
    track = TimeSeries(rows, values, held=True)
    return Recording(
        path.name, path, stamps, {"odometry": track}, lambda: _frames(pictures), {"table": TABLE}
    )


def _numbered(path: Path) -> dict[int, Path]:
    """Return the pictures of a run by the number in their names, with or without leading zeros and
    text around it.
    """
    series: dict[tuple[str, str, str], list[tuple[int, Path]]] = {}
    for picture in sorted(path.iterdir()):
        found = _NAME.fullmatch(picture.name)
        if found is not None and picture.is_file():
            kind = "png" if found["suffix"].lower() == "png" else "jpg"
            key = (kind, found["before"], found["after"])
            series.setdefault(key, []).append((int(found["number"]), picture))
    if not series:
        raise RecordingError(
            f"'{path}' has {TABLE} but no frames (000000.png ...)", "give the folder of one run"
        )
    best = min(map(_rank, series))
    chosen = [key for key in series if _rank(key) == best]
    if len(chosen) > 1:
        names = ", ".join(f"{before}*{after}" for _, before, after in sorted(chosen))
        raise RecordingError(
            f"'{path}' has several series of frames: {names}", "give each its own folder and table"
        )
    numbered: dict[int, Path] = {}
    for number, picture in series[chosen[0]]:
        if number in numbered:
            raise RecordingError(
                f"'{path}' has frame {number} twice: '{numbered[number].name}' and "
                f"'{picture.name}'",
                "remove one of them",
            )
        numbered[number] = picture
    return numbered


def _rank(key: tuple[str, str, str]) -> tuple[bool, bool]:
    """Order series by kind, then by the text around the number: the frames are the lowest, the
    others lie beside.
    """
    kind, before, after = key
    return kind != "png", bool(before or after)


def _rows_of(numbers: list[int], rows: int) -> np.ndarray:
    """Return the row of the table, int64 [N], for each of the ascending numbers."""
    if numbers[-1] < rows:
        return np.array(numbers, np.int64)
    if numbers[-1] - numbers[0] < rows and numbers[0] == 1:
        return np.array(numbers, np.int64) - 1
    if len(numbers) == rows:
        # Numbered on from another run, or named after the time.
        return np.arange(rows)
    first = numbers[0]
    last = numbers[-1]
    raise RecordingError(
        f"frames are numbered {first} to {last}, and {TABLE} has {rows} lines", _REMEDY_OF_NUMBERS
    )


def _read(path: Path) -> np.ndarray:
    """Return float64 [M,4]; a header line and a leading fifth column are tolerated."""
    rows = []
    try:
        with path.open(newline="") as file:
            for number, row in enumerate(csv.reader(file)):
                try:
                    values = [float(value) for value in row if value.strip()]
                except ValueError:
                    if number == 0:
                        continue
                    raise
                if len(values) not in (4, 5):
                    raise ValueError(f"line {number + 1} has {len(values)} columns")
                rows.append(values[-4:])
    except (OSError, ValueError) as error:
        raise RecordingError(f"'{path}' cannot be read: {error}", _REMEDY) from error
    if not rows:
        raise RecordingError(f"'{path}' is empty", _REMEDY)
    return np.array(rows, dtype=np.float64)


def _frames(pictures: list[Path]) -> Frames:
    for index, path in enumerate(pictures):
        image = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if image is None:
            yield index, ImageError(f"{path.name} is no picture")
        else:
            yield index, image[..., ::-1]
