"""What ``liquid-nav bench camera`` measures: a video played through the camera node, whose cable is
pulled and put back.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np

from liquid_nav.bringup import NodeProcess
from liquid_nav.cli import ChildProcess, progress_counter
from liquid_nav_benchmarks.bench.processes import broken_off, end, measuring_environment
from liquid_nav_benchmarks.bench.rows import show_rows, write_rows

MODULE = "liquid_nav_benchmarks.bench.camera_node"
CLIP = 10.0
"""s of the video that is made; the camera plays it again and again."""


def show_rows_of_camera(
    model: str,
    size: tuple[int, int],
    rate: float,
    rows: int,
    seconds: float,
    file: Path | None,
) -> None:
    """Show ``rows`` rows of ``seconds`` each; ``file``: where they are written."""
    with progress_counter("measuring", rows) as on_row:
        found = camera_rows(model, size, rate, rows, seconds, min(CLIP, seconds / 6), on_row)
    show_rows(
        found,
        "latency from stamp to command; openings: of the camera so far; resident memory of both "
        "nodes",
    )
    write_rows(file, found)


def camera_rows(
    model: str,
    size: tuple[int, int],
    rate: float,
    rows: int,
    seconds: float,
    clip: float = CLIP,
    on_row: Callable[[], object] = int,
) -> list[dict[str, Any]]:
    """Return a row for every ``seconds``: latency, and resident memory of camera and controller.

    Latency is in ms, memory in MB. size: width and height of the video; rate: its frames per
    second; clip: its length, s.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="liquid_nav_")))
        video = folder / "camera.avi"
        environment = measuring_environment()
        make_video(video, size, rate, round(clip * rate))
        pids = []
        for name, parameters in (
            ("liquid_controller", {"model": model}),
            ("camera", {"source": str(video)}),
        ):
            process = NodeProcess(name, parameters | {"use_sim_time": False})
            child = ChildProcess(process, folder / f"{name}.log", environment, pipe=False)
            stack.callback(end, child.popen)
            pids.append(child.popen.pid)
        controller, camera = pids
        command = [
            sys.executable,
            "-m",
            MODULE,
            *map(str, (video, rows, seconds, camera, controller)),
        ]
        bench = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        stack.callback(end, bench)
        assert bench.stdout is not None and bench.stderr is not None  # both are pipes
        found = []
        for line in bench.stdout:
            found.append(json.loads(line))
            on_row()
        if bench.wait():
            raise broken_off(bench.stderr.read())
        return found


def make_video(path: Path, size: tuple[int, int], rate: float, frames: int) -> None:
    """Write a video in which every frame differs from the one before: a picture that is shifted
    sideways and wraps around.
    """
    width, height = size
    picture = cv2.resize(
        np.random.default_rng(0).integers(0, 255, (9, 16, 3), dtype=np.uint8), size
    )
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), rate, (width, height))
    for frame in range(frames):
        writer.write(np.roll(picture, frame * max(1, width // frames), axis=1))
    writer.release()
