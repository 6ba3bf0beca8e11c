"""The camera node over DDS, and its calibration."""

import time

import cv2
import numpy as np
import pytest
import yaml
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from liquid_nav.errors import UserError
from liquid_nav.nodes.calibration import load_calibration
from liquid_nav.nodes.camera import Camera
from liquid_nav.nodes.capture import Frame
from liquid_nav.nodes.messages import image_view, nanoseconds, read_compressed
from liquid_nav.nodes.qos import sensor_data

STAMP = 1_234_567_890_123_456_789


def calibration(**changes):
    data = {
        "image_width": 640, "image_height": 480, "camera_name": "front", "distortion_model": "plumb_bob",
        "camera_matrix": {"rows": 3, "cols": 3, "data": [500.0, 0, 320.0, 0, 510.0, 240.0, 0, 0, 1]},
        "distortion_coefficients": {"rows": 1, "cols": 5, "data": [0.1, -0.2, 0, 0, 0]},
        "rectification_matrix": {"rows": 3, "cols": 3, "data": [1, 0, 0, 0, 1, 0, 0, 0, 1]},
        "projection_matrix": {"rows": 3, "cols": 4, "data": [490.0, 0, 320.0, 0, 0, 500.0, 240.0, 0, 0, 0, 1, 0]},
    }  # fmt: skip
    return data | changes


@pytest.fixture
def calibration_file(tmp_path):
    path = tmp_path / "ost.yaml"
    path.write_text(yaml.safe_dump(calibration()))
    return path


def test_a_resized_image_has_a_resized_model(calibration_file):
    half = load_calibration(calibration_file).resized(320, 240)
    assert half.k[0, 0] == 250.0 and half.k[1, 1] == 255.0 and half.p[0, 0] == 245.0
    # The corner of the image stays the corner: -0.5 maps to -0.5.
    assert half.k[0, 2] == pytest.approx((320.0 + 0.5) / 2 - 0.5)
    assert half.d == (0.1, -0.2, 0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "malformed"), ("[1", "not YAML"), (yaml.safe_dump(calibration(camera_matrix={"data": [1]})), "1 numbers"),
     ("image_width: 3\nimage_height: 3\n", "has no 'distortion_coefficients'")],
)  # fmt: skip
def test_a_bad_calibration_is_one_line(text, words, tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(UserError, match=words) as caught:
        load_calibration(path)
    assert "cameracalibrator" in str(caught.value)


def test_a_missing_calibration_is_one_line():
    with pytest.raises(UserError, match="cannot read"):
        load_calibration("/nowhere/ost.yaml")


def test_the_node_publishes_image_compressed_image_and_model(harness, calibration_file, tmp_path):
    images = harness.listen("camera/image_raw", Image, sensor_data())
    packed = harness.listen("camera/image_raw/compressed", CompressedImage, sensor_data())
    models = harness.listen("camera/camera_info", CameraInfo, sensor_data())
    node = harness.add(
        Camera, source=str(tmp_path / "none.avi"), width=320, height=240, calibration=str(calibration_file)
    )
    try:
        for topic in ("camera/image_raw", "camera/image_raw/compressed", "camera/camera_info"):
            harness.until(lambda topic=topic: node.count_subscribers(topic), "discovery")
        harness.matched(node._image)
        harness.matched(node._compressed)
        picture = np.zeros((480, 640, 3), np.uint8)
        picture[..., 2] = 200

        def shown():
            node.publish(Frame(STAMP, picture))
            for _ in range(6):
                harness.executor.spin_once(timeout_sec=0.02)
            return images and packed and models

        harness.until(shown, "all three topics", deadline=60.0)
        pixels = image_view(images[-1])
        assert pixels.shape == (240, 320, 3) and pixels[0, 0].tolist() == [200, 0, 0]
        assert {nanoseconds(m[-1].header.stamp) for m in (images, packed, models)} == {STAMP}
        assert images[-1].header.frame_id == "camera_optical_frame" and models[-1].k[0] == 250.0
        decoded = read_compressed(packed[-1])
        assert decoded[0] == STAMP and abs(int(decoded[2][120, 160, 0]) - 200) < 6
    finally:
        node.close()


def test_the_node_plays_a_file_and_says_when_it_is_gone(harness, tmp_path):
    path = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 60.0, (64, 48))
    for k in range(40):
        writer.write(np.full((48, 64, 3), 5 * k, np.uint8))
    writer.release()
    harness.listen_to_diagnostics()
    models = harness.listen("camera/camera_info", CameraInfo, sensor_data(10))
    node = harness.add(Camera, source=str(path), width=0, height=0)
    try:
        harness.until(lambda: node.count_subscribers("camera/camera_info"), "discovery")
        harness.until(lambda: node.serve(0.05) and len(models) > 3, "frames")
        assert (models[0].width, models[0].height, models[0].k[0]) == (64, 48, 0.0)
        stamps = [nanoseconds(model.header.stamp) for model in models]
        assert stamps == sorted(set(stamps))
        assert 0 <= time.time_ns() - stamps[-1] < 60e9
        path.unlink()
        harness.until(lambda: not node.serve(0.01) and harness.says("camera: source", "trying again"), "the complaint")
    finally:
        node.close()
