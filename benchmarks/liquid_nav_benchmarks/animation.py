"""A small animation of a flight for a README: the camera beside the growing path.

Example:
    python -m liquid_nav_benchmarks.animation flights/20260101-120000 docs/images/flight.webp
"""

from __future__ import annotations

import argparse
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Iterator, Sequence

import cv2
import numpy as np
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from liquid_nav.errors import UserError
from liquid_nav.evaluation import (
    FALLBACK_GROUND_COLOUR,
    GROUND_COLOURS,
    PLOT_STYLE,
    draw_layout,
    draw_start_and_target,
    read_video,
)
from liquid_nav.simulation import FlightRecord
from liquid_nav.worlds import Layout, Start, generate_layout, load_scenario

MAX_BYTES = 2_500_000
"""Largest file, bytes: a README is read over slow connections too."""
QUALITIES = (80, 70, 60, 50, 40, 30, 20)
"""Of WebP, 0 to 100: tried in this order until the file is small enough."""
HOLD = 1.5
"""Seconds that the last picture stays."""


def make_animation(
    video: Path,
    record: FlightRecord,
    layout: Layout,
    path: Path,
    *,
    height: int = 320,
    rate: float = 10.0,
    speed: float = 2.0,
    max_bytes: int = MAX_BYTES,
) -> int:
    """Write an animated WebP (or GIF, by the suffix of ``path``) and return its size in bytes.

    Args:
        video: ``camera.mp4`` of the flight, one image per row of the record.
        record: The flight.
        layout: Where it was.
        path: Of the animation.
        height: Of the pictures in pixels.
        rate: Pictures per second.
        speed: How much faster than real time it plays.
        max_bytes: The quality is lowered until the file is smaller than this.

    Raises:
        UserError: it does not get small enough, or the suffix is neither ``.webp`` nor ``.gif``.
    """
    suffix = path.suffix.lower()
    if suffix not in (".webp", ".gif"):
        raise UserError(f"cannot animate as '{path.suffix}'", "name the file .webp or .gif")
    step = max(1, round(record.frame_rate * speed / rate))
    pictures = [
        Image.fromarray(picture) for picture in _pictures(video, record, layout, height, step)
    ]
    period = round(1000 * step / (record.frame_rate * speed))
    durations = [period] * (len(pictures) - 1) + [round(1000 * HOLD)]
    qualities: tuple[int | None, ...] = QUALITIES
    if suffix == ".gif":
        qualities = (None,)
    for quality in qualities:
        data = _encode(pictures, durations, suffix, quality)
        if len(data) <= max_bytes:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            return len(data)
    raise UserError(
        f"{path} would have {len(data)} bytes, more than {max_bytes}",
        "lower the height or the rate",
    )


def _pictures(
    video: Path, record: FlightRecord, layout: Layout, height: int, step: int
) -> Iterator[NDArray[np.uint8]]:
    """Yield uint8 RGB pictures: the camera beside the map with the path so far."""
    chart = _Map(record, layout, height)
    for index, image in enumerate(read_video(video, step)):
        width = round(image.shape[1] * height / image.shape[0])
        camera = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
        yield np.hstack((camera, chart.draw(index * step)))


class _Map:
    """The square top view without axes, with the path drawn up to a row of the record."""

    OVERSAMPLE = 3

    def __init__(self, record: FlightRecord, layout: Layout, side: int) -> None:
        self._side = side
        size = side * self.OVERSAMPLE
        with rc_context(PLOT_STYLE):
            figure = Figure(figsize=(3.2, 3.2), dpi=size / 3.2)
            canvas: Any = FigureCanvasAgg(figure)  # its methods have no types
            axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
            path = record.columns["position"][:, :2]
            draw_layout(axes, layout, path, aspect=1.0)
            draw_start_and_target(axes, layout)
            axes.set_axis_off()
            figure.set_facecolor(GROUND_COLOURS.get(layout.world, FALLBACK_GROUND_COLOUR))
            canvas.draw()
            self._base = np.asarray(canvas.buffer_rgba())[:size, :size, :3].copy()
            points = axes.transData.transform(path)
        self._points = (
            np.stack((points[:, 0], size - points[:, 1]), axis=1).round().astype(np.int32)
        )

    def draw(self, row: int) -> NDArray[Any]:
        """Return uint8 RGB with the path up to a row."""
        picture = self._base.copy()
        points = self._points[: row + 1]
        unit = self.OVERSAMPLE * self._side / 320.0
        for width, colour in ((6, (255, 255, 255)), (3, (221, 107, 32))):
            cv2.polylines(picture, [points], False, colour, round(width * unit), cv2.LINE_AA)
        centre = tuple(int(v) for v in points[-1])
        cv2.circle(picture, centre, round(7 * unit), (255, 255, 255), -1, cv2.LINE_AA)
        cv2.circle(picture, centre, round(5 * unit), (43, 108, 176), -1, cv2.LINE_AA)
        return cv2.resize(picture, (self._side, self._side), interpolation=cv2.INTER_AREA)


def _encode(
    pictures: Sequence[Image.Image], durations: list[int], suffix: str, quality: int | None
) -> bytes:
    buffer = io.BytesIO()
    options: dict[str, Any] = {
        "save_all": True,
        "append_images": pictures[1:],
        "duration": durations,
        "loop": 0,
    }
    if suffix == ".webp":
        pictures[0].save(buffer, "WEBP", quality=quality, method=4, minimize_size=True, **options)
    else:
        pictures[0].save(buffer, "GIF", optimize=True, **options)
    return buffer.getvalue()


def main(arguments: Sequence[str] | None = None) -> None:
    """Animate the flight in a folder."""
    parser = argparse.ArgumentParser(
        prog="python -m liquid_nav_benchmarks.animation", description=__doc__
    )
    parser.add_argument("flight", type=Path, help="folder that liquid-nav fly left")
    parser.add_argument("output", type=Path, help="file to write, .webp or .gif")
    parser.add_argument("--height", type=int, default=320, help="of the pictures, pixels")
    parser.add_argument("--rate", type=float, default=10.0, help="pictures per second")
    parser.add_argument("--speed", type=float, default=2.0, help="times real time")
    options = parser.parse_args(arguments)
    try:
        record = FlightRecord.from_dict(json.loads((options.flight / "record.json").read_text()))
        layout = generate_layout(load_scenario(record.scenario), record.seed)
        # Of several drones in one world each has its own start.
        layout = replace(layout, start=Start(*record.start))
        video = options.flight / "camera.mp4"
        looks = {"height": options.height, "rate": options.rate, "speed": options.speed}
        size = make_animation(video, record, layout, options.output, **looks)
    except (UserError, OSError, ValueError, KeyError) as error:
        parser.exit(2, f"error: {error}\n")
    print(f"{options.output}: {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
