"""The files made of a flight: video, top view and report."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Callable

from liquid_nav.cli.flight_folder import RECORD_NAME
from liquid_nav.errors import UserError
from liquid_nav.evaluation import VideoWriter, draw_top_view, write_report
from liquid_nav.recordings import BAG_NAME, read_bag_frames
from liquid_nav.simulation import FlightRecord
from liquid_nav.worlds import Start, generate_layout, load_scenario

Progress = Callable[[str, float], None]
"""Called with the name of what is being made and the share that is done, 0 to 1."""


def make_pictures(
    folder: Path, scenario: str, progress: Progress, out: Path | None = None
) -> FlightRecord:
    """Make video, top view and report from bag and record; returns the record.

    Args:
        folder: Of the flight; without a bag in it there is no video.
        scenario: Its name or file; empty for that of the record.
        progress: Called with what is being made and the share that is done.
        out: Where the files go; None for ``folder``.

    Raises:
        UserError: the record or the scenario cannot be read, the record has no frame, or the bag
            has no images.
    """
    if out is None:
        out = folder
    try:
        data = json.loads((folder / RECORD_NAME).read_text())
        record = FlightRecord.from_dict(data)
        frames = len(record.columns["time"])
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{folder / RECORD_NAME} is no record of a flight", "give the bag beside it"
        ) from error
    if not frames:
        raise UserError(
            f"{folder / RECORD_NAME} holds no frame of the flight: it ended as it began",
            "look at the logs beside it",
        )
    place = load_scenario(scenario or record.scenario)
    # Of several drones in one world each has its own start.
    layout = replace(generate_layout(place, record.seed), start=Start(*record.start))
    if (folder / BAG_NAME).exists():
        _write_video(folder, out, record, data.get("begin", 0.0), progress)
    progress("top view", 0.8)
    draw_top_view(record, layout, out / "top_view.png")
    progress("report", 0.9)
    write_report(out, record, layout)
    progress("done", 1.0)
    return record


def _write_video(
    folder: Path, out: Path, record: FlightRecord, begin: float, progress: Progress
) -> None:
    """``begin``: stamp in the bag, s, at which the time of the record is 0."""
    rows = {round(1e6 * time): row for row, time in enumerate(record.columns["time"])}
    writer = None
    try:
        for count, (stamp, image, command) in enumerate(read_bag_frames(folder)):
            time = stamp / 1e9 - begin
            if time < -1e-6:
                continue  # an autopilot's take-off
            if time > record.outcome.time:
                break
            if writer is None:
                size = (image.shape[1], image.shape[0])
                writer = VideoWriter(out / "camera.mp4", record.frame_rate, size)
            text = f"{time:5.1f} s"
            row = rows.get(round(1e6 * time))
            if row is not None:
                text += f"   {record.columns['distance'][row]:5.1f} m to the target"
            writer.add(image, command, text)
            progress("video", 0.8 * min(1.0, count / max(1, len(rows))))
    finally:
        if writer is not None:
            writer.close()
    if writer is None:
        raise UserError(f"{folder / BAG_NAME} has no camera images", "look at the logs beside it")
