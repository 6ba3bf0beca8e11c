"""A real camera as a node: the newest frames with accurate stamps, raw and compressed, and the
camera's model.
"""

from __future__ import annotations

import array
import math
import os
import sys
import time as wall
from typing import Any

import cv2
import numpy as np
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header

from liquid_nav.camera import (
    CameraCalibration,
    CapturedFrame,
    CaptureFormat,
    CaptureThread,
    FrameGrabber,
    VideoSource,
    load_calibration,
    parse_pixel_format,
)
from liquid_nav.credentials import expand, redact
from liquid_nav.errors import UserError
from liquid_nav.nodes.diagnostics import ERROR, OK, WARN, Diagnostics
from liquid_nav.nodes.messages import to_stamp
from liquid_nav.nodes.parameter_changes import ParameterChanges, Values
from liquid_nav.nodes.parameters import declare
from liquid_nav.nodes.qos import sensor_data_qos
from liquid_nav.nodes.running import run_node
from liquid_nav.nodes.transforms import FixedTransforms, camera_mount
from liquid_nav.worlds import DRONE_MODEL, CameraConfig

PATIENCE = 0.1
"""s to wait for a frame before serving the node again."""
FULL_TURN = (-math.pi, math.pi)
"""rad."""
REACH = (-10.0, 10.0)
"""m."""
MOUNT = {
    "mount_x": (
        DRONE_MODEL.camera_position[0],
        "Where the camera sits in base_link, m forward.",
        REACH,
    ),
    "mount_y": (
        DRONE_MODEL.camera_position[1],
        "Where the camera sits in base_link, m left.",
        REACH,
    ),
    "mount_z": (DRONE_MODEL.camera_position[2], "Where the camera sits in base_link, m up.", REACH),
    "mount_roll": (
        0.0,
        "How the camera is turned in base_link, rad about its own axis.",
        FULL_TURN,
    ),
    "mount_pitch": (
        CameraConfig().pitch,
        "How far the camera looks down in base_link, rad.",
        FULL_TURN,
    ),
    "mount_yaw": (0.0, "How far the camera looks to the left in base_link, rad.", FULL_TURN),
}
"""Parameters of the camera's mount on /tf_static: default (as in the training), description, range.
"""
SILENT = 2.0
"""s without a frame after which an open source is reported as silent."""
SLOW_TO_OPEN = 10.0
"""s after the start after which a source that has not opened yet is reported as an error."""

SOURCE = (
    "Device (0, /dev/video0), rtsp:// URL, GStreamer pipeline (... ! appsink) or file. "
    "${NAME} is replaced from the environment when the source is opened: write "
    "rtsp://user:${CAMERA_PASSWORD}@host/stream, since every node on the graph can read a "
    "parameter. "
    "The value is inserted as it is: encode its special characters for a URL (%40 for @), "
    "quote it for a pipeline."
)
"""Description of the parameter ``source``."""
PIXEL_FORMAT = (
    "Pixel format to ask of a device: MJPG, YUYV, UYVY, GREY ... as `v4l2-ctl --list-formats-ext` "
    "shows; "
    "empty: its own, or MJPG where only that has the size and the rate that were asked for."
)
"""Description of the parameter ``pixel_format``."""


class Camera(Node):
    """Publishes what a source delivers."""

    def __init__(self, **options: Any) -> None:
        """Declare parameters and begin to capture.

        Bad input raises UserError; a missing camera is waited for.
        """
        super().__init__("camera", **options)
        source = declare(self, "source", "0", SOURCE)
        self._width = declare(
            self, "width", 256, "Width of the published images, pixels; 0: the source's.", (0, 8192)
        )
        self._height = declare(
            self, "height", 144, "Height of the published images; 0: the source's.", (0, 8192)
        )
        capture_width = declare(
            self, "capture_width", 0, "Width to ask of a device, pixels; 0: its own.", (0, 8192)
        )
        capture_height = declare(
            self, "capture_height", 0, "Height to ask of a device; 0: its own.", (0, 8192)
        )
        rate = declare(
            self,
            "capture_rate",
            0.0,
            "Frame rate to ask of a device, Hz; 0: its own.",
            (0.0, 1000.0),
        )
        pixel_format = declare(self, "pixel_format", "", PIXEL_FORMAT)
        latency = declare(
            self,
            "latency",
            0.0,
            "Time from exposure to delivery that the driver does not report, s.",
            (0.0, 2.0),
        )
        calibration = declare(
            self, "calibration", "", "Calibration file (camera_calibration's YAML); empty: none."
        )
        self._quality = declare(
            self, "jpeg_quality", 90, "Quality of compressed images.", (1, 100), read_only=False
        )
        prefix = declare(self, "frame_prefix", "", "Prefix of all frame ids.")
        self._frame_id = f"{prefix}camera_optical_frame"
        publish_tf = declare(
            self,
            "publish_tf",
            True,
            "Publish the camera's mount on /tf_static; false where a URDF of the drone defines it.",
        )
        mount = _declare_mount(self)
        if not source:
            raise UserError(
                "the camera has no source",
                "give -p source:=0, an rtsp:// address, a pipeline or a file",
            )
        # A variable that is not set is bad input, not a camera that may come back.
        expand(source, os.environ)
        wish = CaptureFormat(capture_width, capture_height, rate, parse_pixel_format(pixel_format))
        self._calibration = load_calibration(calibration) if calibration else None
        self._image = self.create_publisher(Image, "camera/image_raw", sensor_data_qos())
        self._compressed = self.create_publisher(
            CompressedImage, "camera/image_raw/compressed", sensor_data_qos()
        )
        self._info = self.create_publisher(CameraInfo, "camera/camera_info", sensor_data_qos())
        self._diagnostics = Diagnostics(self)
        if publish_tf:
            FixedTransforms(self).publish(camera_mount(prefix, mount[:3], mount[3:]))
        self._shown = redact(source)
        if self._shown != source and "${" not in source:
            self.get_logger().warning(
                "the parameter 'source' holds a password, which every node on the graph can read: "
                "put it into a variable of the environment and write ${NAME} instead"
            )
        self.published = 0
        self._unpublished = ""
        self._granted = ""
        self._shortfall = ""
        self._begun = wall.monotonic()
        self._opened = self._begun
        self._received = self._begun
        self._reported = 0
        ParameterChanges(self, {"jpeg_quality": self._quality}, lambda values: "", self._take)
        self.capture = CaptureThread(
            lambda wait: FrameGrabber(
                lambda: self._noting(VideoSource(source, wish, wait)),
                lambda: self.get_clock().now().nanoseconds,
                wait,
                latency,
            )
        )

    def _take(self, values: Values) -> None:
        self._quality = values["jpeg_quality"]

    def _noting(self, source: VideoSource) -> VideoSource:
        """Keep what an opened source will send; in the thread that captures."""
        self._granted = source.granted
        self._shortfall = source.shortfall
        self._opened = wall.monotonic()
        return source

    def run(self, executor: SingleThreadedExecutor) -> None:
        """Publish frame by frame for ever."""
        while True:
            self.serve(PATIENCE)
            executor.spin_once(timeout_sec=0.0)

    def serve(self, patience: float) -> bool:
        """Publish the newest frame if one comes within ``patience`` s; return whether one came."""
        frame = self.capture.newest.take(patience)
        if frame is not None:
            self._received = wall.monotonic()
            self._try_to_publish(frame)
        self._report()
        return frame is not None

    def _try_to_publish(self, frame: CapturedFrame) -> None:
        """Publish, or name what cannot be resized or encoded: the next frame may be better."""
        try:
            self.publish(frame)
            self._unpublished = ""
        except (cv2.error, ValueError, MemoryError) as error:
            self._unpublished = redact(" ".join(f"{type(error).__name__}: {error}".split()))

    def publish(self, frame: CapturedFrame) -> None:
        """Resize a frame and publish it, raw and compressed, where there is a subscriber.

        Raises:
            cv2.error, ValueError, MemoryError: it cannot be resized or encoded.
        """
        bgr = _as_bgr(frame.image)
        full = bgr.shape[1], bgr.shape[0]
        size = self._width or full[0], self._height or full[1]
        if size != full:
            bgr = cv2.resize(bgr, size, interpolation=cv2.INTER_AREA)
        header = {"stamp": to_stamp(frame.stamp), "frame_id": self._frame_id}
        self._info.publish(self._model(size, header))
        if self._image.get_subscription_count():
            message = Image(
                width=size[0], height=size[1], encoding="bgr8", step=3 * size[0], is_bigendian=0
            )
            _fill(message.header, header)
            message.data = array.array("B", np.ascontiguousarray(bgr).tobytes())
            self._image.publish(message)
        if self._compressed.get_subscription_count():
            message = CompressedImage(format="bgr8; jpeg compressed bgr8")
            _fill(message.header, header)
            good, data = cv2.imencode(".jpg", bgr, (cv2.IMWRITE_JPEG_QUALITY, self._quality))
            if not good:
                raise ValueError(f"{size[0]} x {size[1]} pixels cannot be encoded as JPEG")
            message.data = array.array("B", data.tobytes())
            self._compressed.publish(message)
        self.published += 1

    def _model(self, size: tuple[int, int], header: dict[str, Any]) -> CameraInfo:
        if self._calibration is None:
            model = CameraCalibration.unknown(*size)
        else:
            model = self._calibration.resized(*size)
        message = CameraInfo(
            width=size[0], height=size[1], distortion_model=model.model, d=list(model.d)
        )
        _fill(message.header, header)
        message.k, message.r, message.p = (
            list(map(float, matrix.ravel())) for matrix in (model.k, model.r, model.p)
        )
        return message

    def _report(self) -> None:
        grabber = self.capture.grabber
        counts = {
            "frames": grabber.frames,
            "published": self.published,
            "dropped": self.capture.newest.dropped,
            "undecodable": grabber.undecodable,
            "openings": grabber.openings,
            "granted": self._granted,
        }
        self._log_opening()
        now = wall.monotonic()
        if grabber.problem:
            text = f"{grabber.problem}: trying again"
            self._diagnostics.report("source", ERROR, text, source=self._shown, **counts)
        elif not grabber.is_open and self._received == self._begun:
            level = WARN
            text = f"opening {self._shown}"
            if now - self._begun > SLOW_TO_OPEN:
                level = ERROR
                text = f"{self._shown} does not open: is it reachable, or in use elsewhere?"
            self._diagnostics.report("source", level, text, **counts)
        elif now - max(self._received, self._opened) > SILENT:
            text = f"{self._shown} is open but delivers nothing: look at the cable or the network"
            self._diagnostics.report("source", ERROR, text, **counts)
        elif self._received <= self._opened:
            self._diagnostics.report(
                "source", WARN, "opened, no frame yet", source=self._shown, **counts
            )
        elif self._unpublished:
            text = f"a frame could not be published: {self._unpublished}"
            self._diagnostics.report("source", ERROR, text, source=self._shown, **counts)
        elif self._shortfall:
            self._diagnostics.report("source", WARN, self._shortfall, source=self._shown, **counts)
        elif self._calibration is None:
            text = "frames arrive; no calibration: camera_info is empty"
            self._diagnostics.report("source", WARN, text, source=self._shown, **counts)
        else:
            self._diagnostics.report("source", OK, "frames arrive", source=self._shown, **counts)

    def _log_opening(self) -> None:
        """Log once that the source has been opened."""
        openings = self.capture.grabber.openings
        if openings == self._reported:
            return
        self._reported = openings
        text = f"opened {self._shown}"
        if self._granted:
            text += f", {self._granted}"
        self.get_logger().info(text)

    def close(self) -> None:
        """Stop capturing."""
        if hasattr(self, "capture"):
            self.capture.close()


def _declare_mount(node: Node) -> list[float]:
    """Return where the camera sits in base_link, m, and its roll, pitch and yaw there, rad."""
    values = {
        name: declare(node, name, usual, description, limits)
        for name, (usual, description, limits) in MOUNT.items()
    }
    return list(values.values())


def _as_bgr(image: np.ndarray) -> np.ndarray:
    """Return a picture of any kind that sources deliver as uint8 [H,W,3] BGR."""
    channels = 1
    if image.ndim == 3:
        channels = image.shape[2]
    if channels == 1:
        return cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
    if channels == 4:
        return cv2.cvtColor(image, cv2.COLOR_BGRA2BGR)
    return image


def _fill(header: Header, values: dict[str, Any]) -> None:
    header.stamp = values["stamp"]
    header.frame_id = values["frame_id"]


def main(arguments: list[str] | None = None) -> None:
    """Run the node."""
    sys.exit(run_node(Camera, arguments))


if __name__ == "__main__":
    main()
