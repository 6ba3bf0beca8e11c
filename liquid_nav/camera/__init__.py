"""Camera images as every part of this package reads them: one decoder for flight and for the import
of recordings.

No ROS in here: only the fields of messages are used, so that those of rclpy and those that a bag's
reader makes are read alike.
"""

from liquid_nav.camera.compressed import decode_compressed
from liquid_nav.camera.decoding import ENCODINGS, MOST_PIXELS, ImageError, decode
from liquid_nav.camera.view import View, difference, trained_view, view_of

__all__ = [
    "ENCODINGS",
    "MOST_PIXELS",
    "ImageError",
    "View",
    "decode",
    "decode_compressed",
    "difference",
    "trained_view",
    "view_of",
]
