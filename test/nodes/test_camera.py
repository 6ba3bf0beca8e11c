"""The camera node over DDS, and its calibration."""

import base64
import http.server
import math
import os
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import yaml
from rcl_interfaces.msg import Log
from rcl_interfaces.srv import GetParameters
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from liquid_nav.camera.calibration import load_calibration
from liquid_nav.camera.capture import CapturedFrame
from liquid_nav.camera.video_source import QUIET
from liquid_nav.errors import UserError
from liquid_nav.nodes.camera import Camera
from liquid_nav.nodes.diagnostics import ERROR, WARN
from liquid_nav.nodes.messages import image_view, nanoseconds, read_compressed
from liquid_nav.nodes.qos import sensor_data_qos

STAMP = 1_234_567_890_123_456_789


def calibration(**changes):
    data = {
        "image_width": 640,
        "image_height": 480,
        "camera_name": "front",
        "distortion_model": "plumb_bob",
        "camera_matrix": {
            "rows": 3,
            "cols": 3,
            "data": [500.0, 0, 320.0, 0, 510.0, 240.0, 0, 0, 1],
        },
        "distortion_coefficients": {"rows": 1, "cols": 5, "data": [0.1, -0.2, 0, 0, 0]},
        "rectification_matrix": {"rows": 3, "cols": 3, "data": [1, 0, 0, 0, 1, 0, 0, 0, 1]},
        "projection_matrix": {
            "rows": 3,
            "cols": 4,
            "data": [490.0, 0, 320.0, 0, 0, 500.0, 240.0, 0, 0, 0, 1, 0],
        },
    }
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
    ("text", "message"),
    [
        ("", "malformed"),
        ("[1", "not YAML"),
        (yaml.safe_dump(calibration(camera_matrix={"data": [1]})), "1 numbers"),
        ("image_width: 3\nimage_height: 3\n", "has no 'distortion_coefficients'"),
        (
            yaml.safe_dump(calibration()) + "image_width: 1280\n",
            "the key 'image_width' stands twice",
        ),
        (yaml.safe_dump(calibration()) + "made: 2026-02-30\n", "day is out of range"),
        ("[" * 5000, "nested too deeply"),
        (yaml.safe_dump(calibration(image_width=float("inf"))), "malformed"),
        (
            yaml.safe_dump(calibration(distortion_coefficients={"data": [float("nan")] * 5})),
            "no usable focal length",
        ),
        (
            yaml.safe_dump(calibration(camera_matrix={"data": [5, 0, 3, 0, 0, 3, 0, 0, 1]})),
            "no usable focal length",
        ),
    ],
)
def test_a_bad_calibration_is_one_line(text, message, tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(UserError, match=message) as caught:
        load_calibration(path)
    assert "cameracalibrator" in str(caught.value)


def test_a_missing_calibration_is_one_line():
    with pytest.raises(UserError, match="cannot read"):
        load_calibration("/nowhere/ost.yaml")


def test_the_node_publishes_image_compressed_image_and_model(harness, calibration_file, tmp_path):
    images = harness.listen("camera/image_raw", Image, sensor_data_qos())
    packed = harness.listen("camera/image_raw/compressed", CompressedImage, sensor_data_qos())
    models = harness.listen("camera/camera_info", CameraInfo, sensor_data_qos())
    node = harness.add(
        Camera,
        source=str(tmp_path / "none.avi"),
        width=320,
        height=240,
        calibration=str(calibration_file),
    )
    try:
        for topic in ("camera/image_raw", "camera/image_raw/compressed", "camera/camera_info"):
            harness.until(lambda topic=topic: node.count_subscribers(topic), "discovery")
        harness.matched(node._image)
        harness.matched(node._compressed)
        picture = np.zeros((480, 640, 3), np.uint8)
        picture[..., 2] = 200

        def shown():
            node.publish(CapturedFrame(STAMP, picture))
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


def test_the_node_plays_a_file_and_reports_when_it_is_gone(harness, tmp_path):
    path = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 60.0, (64, 48))
    for k in range(40):
        writer.write(np.full((48, 64, 3), 5 * k, np.uint8))
    writer.release()
    harness.listen_to_diagnostics()
    models = harness.listen("camera/camera_info", CameraInfo, sensor_data_qos(10))
    node = harness.add(Camera, source=str(path), width=0, height=0)
    try:
        harness.until(lambda: node.count_subscribers("camera/camera_info"), "discovery")
        harness.until(lambda: node.serve(0.05) and len(models) > 3, "frames")
        assert (models[0].width, models[0].height, models[0].k[0]) == (64, 48, 0.0)
        stamps = [nanoseconds(model.header.stamp) for model in models]
        assert stamps == sorted(set(stamps))
        assert 0 <= time.time_ns() - stamps[-1] < 60e9
        path.unlink()
        harness.until(
            lambda: not node.serve(0.01) and harness.reports("camera: source", "trying again"),
            "the complaint",
        )
    finally:
        node.close()


class Unsteady:
    """Stands in for a camera whose library raises until it is mended, and that then delivers."""

    mended = False
    granted = ""
    shortfall = ""

    def __init__(self, *settings):
        pass

    def grab(self):
        if not self.mended:
            raise cv2.error("(-215) nothing from rtsp://me:s3cret@h/x")
        return True

    def age(self):
        return 0

    def retrieve(self):
        return True, np.zeros((48, 64, 4), np.uint8)

    def release(self):
        if not self.mended:
            raise OSError("stuck")


def test_a_fault_in_the_capture_thread_is_named_and_the_camera_comes_back(harness, monkeypatch):
    monkeypatch.setattr("liquid_nav.nodes.camera.VideoSource", Unsteady)
    monkeypatch.setattr(Unsteady, "mended", False)
    harness.listen_to_diagnostics()
    images = harness.listen("camera/image_raw", Image, sensor_data_qos(10))
    node = harness.add(Camera, source="rtsp://me:s3cret@h/x")
    try:
        harness.matched(node._image)
        parts = (
            "the source failed: error: (-215) nothing from rtsp://***@h/x; closing it failed too",
            "trying again",
        )
        harness.until(
            lambda: node.serve(0.01) or harness.reports("camera: source", *parts), "the complaint"
        )
        assert not images
        Unsteady.mended = True
        harness.until(lambda: node.serve(0.05) and images, "images")
        assert image_view(images[-1]).shape == (144, 256, 3)
        harness.until(
            lambda: node.serve(0.05) and harness.reports("camera: source", "frames arrive"),
            "the all-clear",
        )
    finally:
        node.close()


class Slow(Unsteady):
    """Stands in for a device that grants less than it was asked for."""

    mended = True
    granted = "640 x 480 at 10 Hz in YUYV"
    shortfall = (
        "asked for 1280 x 720 at 30 Hz, the camera grants 640 x 480 at 10 Hz in YUYV: ask for less"
    )


class Gated:
    """Stands in for a device that opens when the test allows it, and delivers when the test
    allows it.
    """

    granted = "640 x 480 at 30 Hz in MJPG"
    shortfall = ""

    def __init__(self, *settings):
        Gated.may_open.wait(30.0)

    def grab(self):
        Gated.may_deliver.wait(30.0)
        return True

    def age(self):
        return 0

    def retrieve(self):
        return True, np.zeros((48, 64, 3), np.uint8)

    def release(self):
        pass


def test_it_reports_opened_only_after_it_opened_and_frames_arrive_only_after_one_came(
    harness, monkeypatch
):
    lines = []
    log = SimpleNamespace(**{level: lines.append for level in ("info", "warning", "error")})
    monkeypatch.setattr("liquid_nav.nodes.camera.VideoSource", Gated)
    monkeypatch.setattr(Camera, "get_logger", lambda self: log)
    monkeypatch.setattr(Gated, "may_open", threading.Event(), raising=False)
    monkeypatch.setattr(Gated, "may_deliver", threading.Event(), raising=False)
    now = [1000.0]
    monkeypatch.setattr("liquid_nav.nodes.camera.wall", SimpleNamespace(monotonic=lambda: now[0]))
    node = harness.add(Camera, source="0")

    def status():
        node.serve(0.01)
        found = node._diagnostics._statuses["source"]
        return found.level, found.message

    try:
        assert status() == (WARN, "opening 0")
        now[0] = 1005.0
        assert status() == (WARN, "opening 0"), "silence begins when it is open"
        now[0] = 1010.5
        level, text = status()
        assert (
            level == ERROR
            and "does not open" in text
            and not [line for line in lines if "opened" in line]
        )
        Gated.may_open.set()
        harness.until(lambda: status() == (WARN, "opened, no frame yet"), "the opening")
        assert lines.count("opened 0, 640 x 480 at 30 Hz in MJPG") == 1
        now[0] = 1013.0
        assert status() == (
            ERROR,
            "0 is open but delivers nothing: look at the cable or the network",
        )
        Gated.may_deliver.set()
        harness.until(lambda: status()[1].startswith("frames arrive"), "frames")
        assert len([line for line in lines if "opened 0" in line]) == 1
    finally:
        Gated.may_open.set()
        Gated.may_deliver.set()
        node.close()


def test_the_quality_of_its_jpegs_is_changed_while_it_runs_and_stays_in_its_range(
    harness, tmp_path
):
    node = harness.add(Camera, source=str(tmp_path / "none.avi"))
    try:
        (result,) = node.set_parameters([Parameter("jpeg_quality", value=40)])
        assert result.successful and node._quality == 40
        for value in (0, 101, 50.5, math.nan):
            (result,) = node.set_parameters([Parameter("jpeg_quality", value=value)])
            assert not result.successful and node._quality == 40
        (result,) = node.set_parameters([Parameter("width", value=320)])
        assert "read-only" in result.reason
    finally:
        node.close()


def test_a_camera_that_grants_less_reports_it(harness, monkeypatch):
    monkeypatch.setattr("liquid_nav.nodes.camera.VideoSource", Slow)
    harness.listen_to_diagnostics()
    node = harness.add(
        Camera, source="0", capture_width=1280, capture_height=720, capture_rate=30.0
    )
    try:
        harness.until(
            lambda: node.serve(0.05) and harness.reports("camera: source", Slow.shortfall),
            "the warning",
        )
        values = {value.key: value.value for value in harness.diagnostics["camera: source"].values}
        assert (values["granted"], values["undecodable"]) == (Slow.granted, "0")
    finally:
        node.close()


def test_a_pixel_format_that_is_none_is_one_line(harness):
    with pytest.raises(UserError, match="pixel_format is 'rgb'"):
        harness.make(Camera, source="0", pixel_format="rgb")


def test_a_frame_that_cannot_be_published_does_not_end_the_node(harness, tmp_path):
    harness.listen_to_diagnostics()
    packed = harness.listen("camera/image_raw/compressed", CompressedImage, sensor_data_qos())
    node = harness.add(Camera, source=str(tmp_path / "none.avi"), width=0, height=0)
    try:
        harness.matched(node._compressed)
        node.capture.close()
        node.capture.grabber.problem = ""
        # JPEG ends at 65500 pixels.
        node.capture.newest.put(CapturedFrame(STAMP, np.zeros((1, 70_000, 3), np.uint8)))
        assert node.serve(0.0)
        text = (
            "a frame could not be published: ValueError: 70000 x 1 pixels cannot be encoded as JPEG"
        )
        harness.until(lambda: harness.reports("camera: source", text), "the complaint")

        def shown():
            node.capture.newest.put(CapturedFrame(STAMP, np.zeros((4, 6), np.uint8)))
            node.serve(0.0)
            return packed and harness.reports("camera: source", "frames arrive")

        harness.until(shown, "the next frame")
    finally:
        node.close()


def test_a_source_with_a_variable_that_is_not_set_is_one_line(harness):
    with pytest.raises(UserError, match="needs the environment variable NEVER_SET"):
        harness.make(Camera, source="rtsp://me:${NEVER_SET}@h/x")


PASSWORD = "s3cret-pw"
BASIC = base64.b64encode(f"me:{PASSWORD}".encode()).decode()


class Playlist(http.server.BaseHTTPRequestHandler):
    """A network camera that knows one password, and whose playlist names a part that is missing.

    That is where FFmpeg prints the whole address, password included, as an error.
    """

    admitted = 0

    def do_GET(self):
        right = self.headers.get("Authorization") == f"Basic {BASIC}"
        if not right:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="camera"')
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif self.path == "/live.m3u8":
            Playlist.admitted += 1
            text = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nmissing.ts\n#EXT-X-ENDLIST\n"
            self.send_response(200)
            self.send_header("Content-Type", "application/vnd.apple.mpegurl")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)
        else:
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()

    def log_message(self, *parts):
        pass


@pytest.fixture
def network_camera(monkeypatch):
    """The address of one, without user and password."""
    monkeypatch.setattr(Playlist, "admitted", 0)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Playlist)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_address[1]}/live.m3u8"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("source", "environment"),
    [
        ("http://me:{password}@{place}", {}),
        ("http://me:${{CAMERA_PASSWORD}}@{place}", {"CAMERA_PASSWORD": PASSWORD}),
        (
            "${{CAMERA}}",
            {
                "CAMERA": "http://me:{password}@{place}",
                "OPENCV_FFMPEG_LOGLEVEL": "56",
                "OPENCV_FFMPEG_DEBUG": "1",
                "OPENCV_LOG_LEVEL": "VERBOSE",
                "OPENCV_VIDEOIO_DEBUG": "1",
            },
        ),
    ],
    ids=[
        "in the parameter",
        "in a variable",
        "the address in a variable, libraries reported to print everything",
    ],
)
def test_no_password_is_printed_by_the_real_process(
    harness, network_camera, tmp_path, source, environment
):
    def filled(text):
        return text.format(password=PASSWORD, place=network_camera)

    source = filled(source)
    environment = {name: filled(value) for name, value in environment.items()}
    harness.listen_to_diagnostics()
    logs = harness.listen(
        "/rosout", Log, QoSProfile(depth=100, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    )
    statuses = []
    client = harness.probe.create_client(GetParameters, "camera/get_parameters")
    command = [
        sys.executable,
        "-m",
        "liquid_nav.nodes.camera",
        "--ros-args",
        "-p",
        f"source:={source}",
    ]
    # Without what a source of another test has set in this process.
    inherited = {name: value for name, value in os.environ.items() if name not in QUIET}
    environment = inherited | {"ROS_DOMAIN_ID": str(harness.context.get_domain_id())} | environment
    printed = tmp_path / "printed"
    with (
        printed.open("w") as file,
        subprocess.Popen(command, env=environment, stdout=file, stderr=file) as process,
    ):
        try:

            def complained():
                statuses.append(str(harness.diagnostics.get("camera: source")))
                return Playlist.admitted > 1 and any("cannot open" in log.msg for log in logs)

            harness.until(complained, "the complaint in the log", deadline=60.0)
            harness.until(
                lambda: harness.reports("camera: source", "cannot open", "trying again"),
                "the diagnosis",
            )
            harness.until(client.service_is_ready, "the parameter service")
            answer = client.call_async(GetParameters.Request(names=["source"]))
            harness.until(answer.done, "the parameter")
        finally:
            process.terminate()
    printed = printed.read_text()
    reported = "\n".join((printed, *statuses, *(log.msg for log in logs)))
    assert "cannot open" in printed
    assert PASSWORD not in reported and BASIC not in reported
    assert answer.result().values[0].string_value == source
    warned = any("the parameter 'source' holds a password" in log.msg for log in logs)
    assert warned is (PASSWORD in source)
