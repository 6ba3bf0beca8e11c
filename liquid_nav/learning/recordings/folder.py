"""Reads the published format: ``000000.png`` ... and ``data_out.csv`` with vx, vy, vz, omega_z, one row a frame."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np

from liquid_nav.camera import ImageError
from liquid_nav.learning.recordings.recording import NANO, Frames, Recording, RecordingError, Track

TABLE = "data_out.csv"
_REMEDY = "it needs vx, vy, vz, omega_z in every line"


def open_folder(path: Path, frame_rate: float) -> Recording:
    """Return the run in ``path``; frames have no stamps, so they get those of ``frame_rate``.

    Raises:
        RecordingError: no frames, or a table that cannot be read.
    """
    pictures = sorted(path.glob("[0-9]*.png")) or sorted(path.glob("[0-9]*.jpg"))
    if not pictures:
        raise RecordingError(f"'{path}' has {TABLE} but no frames (000000.png ...)", "give the folder of one run")
    values = _read(path / TABLE)
    # The numbers in the names are the rows of the table, also where a frame is missing.
    numbers = np.array([int("".join(c for c in picture.stem if c.isdigit())) for picture in pictures], np.int64)
    if numbers[0] == 1 and numbers[-1] == len(values):
        numbers -= 1
    stamps = np.round((numbers + 1) * (NANO / frame_rate)).astype(np.int64)
    rows = np.round((np.arange(len(values)) + 1) * (NANO / frame_rate)).astype(np.int64)
    track = Track(rows, values, held=True)
    return Recording(path.name, path, stamps, {"odometry": track}, lambda: _frames(pictures), {"table": TABLE})


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
        yield index, ImageError(f"{path.name} is no picture") if image is None else image[..., ::-1]
