"""The animation of a flight for the start page: small, and made of the flight's own files."""

import dataclasses
import json

import cv2
import numpy as np
import pytest

from liquid_nav.errors import UserError
from liquid_nav.evaluation.video import VideoWriter
from liquid_nav.types import Command
from liquid_nav_benchmarks import animation

RNG = np.random.default_rng(5)
IMAGE = cv2.resize(RNG.integers(0, 255, (9, 16, 3), dtype=np.uint8), (256, 144))


@pytest.mark.parametrize("suffix", ["webp", "gif"])
def test_the_animation_is_small_and_moves(tmp_path, layout, record, suffix):
    from PIL import Image

    with VideoWriter(tmp_path / "camera.mp4", 30, (64, 36)) as video:
        for _ in range(90):
            video.add(IMAGE[::4, ::4], Command(vx=1.0))
    path = tmp_path / f"flight.{suffix}"
    size = animation.make_animation(tmp_path / "camera.mp4", record, layout, path, height=96)
    assert size == path.stat().st_size < animation.MAX_BYTES
    with Image.open(path) as picture:
        assert picture.n_frames == 15
        assert picture.size[1] == 96


def test_the_animation_does_not_write_what_is_too_large(tmp_path, layout, record):
    with VideoWriter(tmp_path / "camera.mp4", 30, (64, 36)) as video:
        video.add(IMAGE[::4, ::4], Command(vx=1.0))
    path = tmp_path / "flight.webp"
    with pytest.raises(UserError, match="lower the height"):
        animation.make_animation(tmp_path / "camera.mp4", record, layout, path, max_bytes=100)
    with pytest.raises(UserError, match=".webp or .gif"):
        animation.make_animation(tmp_path / "camera.mp4", record, layout, tmp_path / "flight.png")
    assert not path.exists()


def test_the_animation_command_reads_a_flights_folder(tmp_path, record, capsys):
    (tmp_path / "record.json").write_text(json.dumps(record.to_dict()))
    with VideoWriter(tmp_path / "camera.mp4", 30, (64, 36)) as video:
        for _ in range(9):
            video.add(IMAGE[::4, ::4], Command(vx=1.0))
    animation.main([str(tmp_path), str(tmp_path / "flight.gif"), "--height", "64"])
    assert "MB" in capsys.readouterr().out


def test_the_start_is_that_of_the_record(tmp_path, record, monkeypatch):
    """Of several drones in one world each has its own."""
    drawn = []
    monkeypatch.setattr(
        animation,
        "make_animation",
        lambda _video, _record, layout, *_, **__: drawn.append(layout) or 1,
    )
    start = (3.0, -4.0, 1.5, 0.5)
    moved = dataclasses.replace(record, start=start)
    (tmp_path / "record.json").write_text(json.dumps(moved.to_dict()))
    animation.main([str(tmp_path), str(tmp_path / "flight.gif")])
    (layout,) = drawn
    assert dataclasses.astuple(layout.start) == start
