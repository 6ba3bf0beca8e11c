"""The bench of the camera: the cable is pulled and put back in every row, and commands go on."""

import cv2
import numpy as np
import pytest

pytest.importorskip("rclpy")
from liquid_nav.errors import UserError
from liquid_nav_benchmarks.bench.camera import camera_rows, make_video
from liquid_nav_benchmarks.bench.camera_node import Cable

pytestmark = pytest.mark.ros


def test_the_cable(tmp_path):
    video = tmp_path / "camera.avi"
    make_video(video, (48, 32), 30.0, 5)
    cable, content = Cable(video), video.read_bytes()
    for plugged in (True, False, False, True, True):
        cable.hold(plugged)
        assert video.exists() is plugged
    assert video.read_bytes() == content


def test_no_two_frames_of_the_video_are_alike(tmp_path):
    """A camera whose picture stands still would be called frozen."""
    make_video(tmp_path / "camera.avi", (64, 32), 30.0, 9)
    reader = cv2.VideoCapture(str(tmp_path / "camera.avi"))
    frames = [reader.read()[1] for _ in range(9)]
    assert all(np.abs(a.astype(int) - b).mean() > 1.0 for a, b in zip(frames, frames[1:]))


@pytest.mark.slow
def test_commands_go_on_through_pulled_cables(small_model):
    counted = []
    rows = camera_rows(str(small_model), (64, 48), 30.0, 2, 4.0, 0.5, lambda: counted.append(1))
    assert [row["row"] for row in rows] == [1, 2] and len(counted) == 2
    assert all(
        row["frames"] > 0 and row["camera_mb"] > 10 and row["controller_mb"] > 10 for row in rows
    )
    assert rows[1]["openings"] > rows[0]["openings"] >= 1


def test_a_controller_that_ends_is_named(tmp_path):
    with pytest.raises(UserError, match="has ended"):
        camera_rows(str(tmp_path / "nothing"), (64, 48), 30.0, 1, 2.0, 0.5)
