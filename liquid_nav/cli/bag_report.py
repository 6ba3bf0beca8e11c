"""Video, top view and report of a bag that has no record, e.g. one of a real drone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from liquid_nav.camera import ImageError
from liquid_nav.cli.flight_files import Progress
from liquid_nav.clocks import NANO
from liquid_nav.errors import UserError
from liquid_nav.evaluation import VideoWriter, draw_top_view, write_report
from liquid_nav.recordings import BAG_METADATA_NAME, BAG_NAME, Recording, open_recordings
from liquid_nav.simulation import FlightOutcome, FlightRecord
from liquid_nav.types import Command

USUAL_RATE = 30.0
"""Frame rate of the video in Hz where the stamps of the images do not show it."""
RECORDED = "recorded"
"""Reason of a flight that has not been judged."""


def report_bag(source: Path, out: Path, progress: Progress) -> str:
    """Write ``camera.mp4``, ``top_view.png`` and ``report.html`` into ``out``; return one line
    about the flight.

    Raises:
        UserError: no bag, or one without images or without odometry (the video is still made).
    """
    # A bag that was rescued has no metadata.yaml, without which its folder is no bag.
    if (source / BAG_NAME).exists() and not (source / BAG_METADATA_NAME).exists():
        source = source / BAG_NAME
    recording = open_recordings(source)[0]
    _write_video(recording, out, progress)
    if not recording.topics["odometry"]:
        cause = f"{source} has no odometry, so there is the video alone: {out / 'camera.mp4'}"
        raise UserError(cause, "record odom too")
    progress("top view", 0.8)
    record = read_record(source, recording)
    draw_top_view(record, None, out / "top_view.png")
    progress("report", 0.9)
    write_report(out, record, None)
    return f"{recording.name}: {record.outcome.detail}, {record.outcome.time:.1f} s"


def read_record(source: Path, recording: Recording) -> FlightRecord:
    """Return a record from the odometry and the commands of a bag, with one row per odometry.

    The distance to a target is unknown (NaN). Times count from the first image, by its clock.

    Raises:
        UserError: no position can be read.
    """
    from liquid_nav.cli.bag_odometry import read_odometry  # needs rosbags

    stamps, states = read_odometry(source, recording)
    commands = np.zeros((len(stamps), 4))
    if "command" in recording.tracks:
        commands = np.nan_to_num(recording.tracks["command"].at(stamps))
    time = (stamps - recording.stamps.min()) / NANO
    columns = {
        "time": time,
        "position": states[:, :3],
        "yaw": states[:, 3],
        "velocity": states[:, 4:],
        "command": commands,
        "distance": np.full(len(time), np.nan),
    }
    x, y, z, yaw = (float(value) for value in states[0, :4])
    last = states[-1]
    outcome = FlightOutcome(RECORDED, "a recording without a judge", float(time[-1] - time[0]))
    return FlightRecord(
        recording.name,
        0,
        RECORDED,
        recording.topics["command"] or "unknown",
        _rate(recording.stamps),
        0.0,
        (x, y, z, yaw),
        (float(last[0]), float(last[1]), 0.0),
        outcome,
        columns,
    )


def _rate(stamps: NDArray[np.int64]) -> float:
    """Return how many images came per second, Hz; ``USUAL_RATE`` where all stamps are equal."""
    different = np.unique(stamps)
    steps = np.diff(different)
    if not len(steps):
        return USUAL_RATE
    return float(np.clip(NANO / np.median(steps), 1.0, 240.0))


def _write_video(recording: Recording, out: Path, progress: Progress) -> None:
    stamps = recording.stamps
    commands = np.zeros((len(stamps), 4))
    if "command" in recording.tracks:
        commands = np.nan_to_num(recording.tracks["command"].at(stamps))
    begin = stamps.min()
    writer = None
    size = (0, 0)
    try:
        for index, image in recording.open():
            if isinstance(image, ImageError):
                continue
            if writer is None:
                size = (image.shape[1], image.shape[0])
                writer = VideoWriter(out / "camera.mp4", _rate(stamps), size)
            if (image.shape[1], image.shape[0]) == size:
                writer.add(
                    image, Command(*commands[index]), f"{(stamps[index] - begin) / NANO:5.1f} s"
                )
            progress("video", 0.8 * (index + 1) / len(stamps))
    finally:
        if writer is not None:
            writer.close()
    if writer is None:
        raise UserError(
            f"{recording.source} has no image that can be read", "look at its camera topic"
        )
