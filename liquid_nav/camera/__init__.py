"""Camera images as every part of this package reads them: one decoder for flight and for the import
of recordings.

No ROS in here: only the fields of messages are used, so that those of rclpy and those that a bag's
reader makes are read alike.
"""

from typing import TYPE_CHECKING

from liquid_nav.lazy_names import lazy_names

if TYPE_CHECKING:
    from liquid_nav.camera.calibration import CameraCalibration, load_calibration
    from liquid_nav.camera.capture import CapturedFrame, CaptureThread, FrameGrabber
    from liquid_nav.camera.capture_format import CaptureFormat, parse_pixel_format
    from liquid_nav.camera.compressed import decode_compressed_image
    from liquid_nav.camera.decoding import (
        IMAGE_ENCODINGS,
        MAX_IMAGE_PIXELS,
        ImageError,
        decode_image,
    )
    from liquid_nav.camera.frame_guard import FUTURE_STAMPS, FrameAction, FrameGuard
    from liquid_nav.camera.video_source import VideoSource
    from liquid_nav.camera.view import CameraView, camera_view, trained_view, view_difference
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "calibration": ["CameraCalibration", "load_calibration"],
            "capture": ["CaptureThread", "CapturedFrame", "FrameGrabber"],
            "capture_format": ["CaptureFormat", "parse_pixel_format"],
            "compressed": ["decode_compressed_image"],
            "decoding": ["IMAGE_ENCODINGS", "ImageError", "MAX_IMAGE_PIXELS", "decode_image"],
            "frame_guard": ["FUTURE_STAMPS", "FrameAction", "FrameGuard"],
            "video_source": ["VideoSource"],
            "view": ["CameraView", "camera_view", "trained_view", "view_difference"],
        },
    )

__all__ = [
    "CameraCalibration",
    "CameraView",
    "CaptureFormat",
    "CaptureThread",
    "CapturedFrame",
    "FUTURE_STAMPS",
    "FrameAction",
    "FrameGrabber",
    "FrameGuard",
    "IMAGE_ENCODINGS",
    "ImageError",
    "MAX_IMAGE_PIXELS",
    "VideoSource",
    "camera_view",
    "decode_compressed_image",
    "decode_image",
    "load_calibration",
    "parse_pixel_format",
    "trained_view",
    "view_difference",
]
