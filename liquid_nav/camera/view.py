"""The field of view of a camera, and whether a model was trained with such a lens."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Mapping, Protocol, Sequence

import cv2
import numpy as np

CLOSE = 5.0
"""Degrees by which two views may differ and count as the same."""
FISHEYE = ("equidistant", "fisheye")
"""Distortion models in which the angle grows with the distance from the middle."""


class CameraModel(Protocol):
    """The fields of sensor_msgs/CameraInfo that are read."""

    width: int
    """Columns of the whole picture, pixels."""
    height: int
    """Rows of the whole picture, pixels."""
    k: Sequence[float]
    """Camera matrix of the whole picture, row by row, 9 numbers, pixels."""
    d: Sequence[float]
    """Distortion."""
    distortion_model: str
    """What ``d`` means."""
    roi: Any
    """The part that is sent: x_offset, y_offset, width, height, pixels; zeros: all of it."""


@dataclass(frozen=True, slots=True)
class CameraView:
    """Angles between the edges of a picture."""

    across: float
    """From the left to the right edge, degrees."""
    down: float
    """From the upper to the lower edge, degrees."""

    def __str__(self) -> str:
        """Return it as text for people, such as ``80 x 50 degrees``."""
        return f"{self.across:.0f} x {self.down:.0f} degrees"


def camera_view(info: CameraModel) -> CameraView | None:
    """Return what a camera sees, distortion included; None where ``info`` does not state it (it is
    not calibrated).
    """
    matrix = np.array(info.k, dtype=np.float64)
    if matrix.shape != (9,) or not np.isfinite(matrix).all() or min(matrix[0], matrix[4]) <= 0.0:
        return None
    width = info.roi.width or info.width
    height = info.roi.height or info.height
    if width <= 0 or height <= 0:
        return None
    # Pixel centres lie at whole numbers.
    left = info.roi.x_offset - 0.5
    top = info.roi.y_offset - 0.5
    middle = (matrix[2], matrix[5])
    edges = [
        (left, middle[1]),
        (left + width, middle[1]),
        (middle[0], top),
        (middle[0], top + height),
    ]
    angles = _angles(np.array(edges), matrix.reshape(3, 3), info)
    view = CameraView(math.degrees(angles[1] - angles[0]), math.degrees(angles[3] - angles[2]))
    if not all(0.0 < angle < 360.0 for angle in (view.across, view.down)):
        return None
    return view


def trained_view(camera: Mapping[str, Any], width: int, height: int) -> CameraView | None:
    """Return the view that a model was trained at; None where its config does not state it.

    Args:
        camera: Of the model's config: ``fov_deg``, horizontal, degrees.
        width: Of the pictures that the encoder takes, pixels.
        height: The same, rows.
    """
    across = camera.get("fov_deg")
    if isinstance(across, bool) or not isinstance(across, (int, float)):
        return None
    if not 0.0 < across < 180.0:
        return None
    half = math.tan(math.radians(0.5 * across)) * height / width
    return CameraView(float(across), math.degrees(2.0 * math.atan(half)))


def view_difference(seen: CameraView, trained: CameraView) -> str:
    """Return a message with the remedy where a camera sees much more or less than a model was
    trained at; else an empty text.
    """
    if abs(seen.across - trained.across) <= CLOSE and abs(seen.down - trained.down) <= CLOSE:
        return ""
    text = f"the camera sees {seen} (camera_info), the model was trained at {trained}"
    shares = (_share(trained.across, seen.across), _share(trained.down, seen.down))
    remedy = "use a lens like that, or train a model with this camera"
    if max(shares) <= 1.0 and max(seen.across, seen.down) < 180.0:
        remedy = (
            f"crop the images to the middle {shares[0]:.0%} x {shares[1]:.0%} (image_proc's "
            "crop_decimate), or train a model with this camera"
        )
    return f"{text}: {remedy}"


def _share(part: float, whole: float) -> float:
    """Return which share of the pixels of a view shows a part of it, in a picture without
    distortion.
    """
    if part > whole + CLOSE:
        return math.inf
    if part >= whole - CLOSE:
        return 1.0
    return math.tan(math.radians(0.5 * part)) / math.tan(math.radians(0.5 * min(whole, 179.0)))


def _angles(edges: np.ndarray, matrix: np.ndarray, info: CameraModel) -> list[float]:
    """Return for points in pixels [4,2] on the two axes their angles from the optical axis, rad."""
    plain = (edges - matrix[:2, 2]) / (matrix[0, 0], matrix[1, 1])
    axes = (0, 0, 1, 1)
    if info.distortion_model in FISHEYE:
        return [float(point[axis]) for point, axis in zip(plain, axes)]
    distortion = np.array(info.d, dtype=np.float64)
    if distortion.any() and np.isfinite(distortion).all():
        try:
            plain = cv2.undistortPoints(edges[:, None], matrix, distortion)[:, 0]
        except cv2.error:
            # A number of coefficients that OpenCV does not support: the lens is taken without them.
            pass
    return [math.atan(point[axis]) for point, axis in zip(plain, axes)]
