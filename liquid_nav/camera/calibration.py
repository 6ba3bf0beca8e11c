"""Camera models in the YAML format of ``camera_calibration``, also for images that were resized. No
ROS in here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from liquid_nav.errors import UserError
from liquid_nav.yaml_text import parse_yaml

REMEDY = "make one with camera_calibration (cameracalibrator), which writes ost.yaml"


@dataclass(frozen=True)
class CameraCalibration:
    """What CameraInfo needs."""

    width: int
    """Width of the images, pixels."""
    height: int
    """Height of the images, pixels."""
    model: str
    """Distortion model as CameraInfo names it, such as plumb_bob; empty: not calibrated."""
    d: tuple[float, ...]
    """Distortion coefficients, as many as ``model`` has; empty: not calibrated."""
    k: np.ndarray
    """float64 [3,3] intrinsic matrix of the distorted images, pixels; zeros: not calibrated."""
    r: np.ndarray
    """float64 [3,3] rectification: rotation from the camera to its rectified frame, no unit; zeros:
    not calibrated.
    """
    p: np.ndarray
    """float64 [3,4] projection matrix of the rectified images, pixels; zeros: not calibrated."""
    name: str = ""
    """Name of the camera in the calibration file; empty: it has none."""

    def resized(self, width: int, height: int) -> CameraCalibration:
        """Return the model of the same camera's images after resizing to ``width`` x ``height``."""
        if (width, height) == (self.width, self.height):
            return self
        sx = width / self.width
        sy = height / self.height
        # Pixel centres lie at whole numbers, so the edges of the image scale, not the centres.
        scale = np.array(((sx, 0.0, 0.5 * sx - 0.5), (0.0, sy, 0.5 * sy - 0.5), (0.0, 0.0, 1.0)))
        return CameraCalibration(
            width, height, self.model, self.d, scale @ self.k, self.r, scale @ self.p, self.name
        )

    @staticmethod
    def unknown(width: int, height: int) -> CameraCalibration:
        """Return what an uncalibrated camera publishes: zeros."""
        return CameraCalibration(
            width, height, "", (), np.zeros((3, 3)), np.zeros((3, 3)), np.zeros((3, 4))
        )


def load_calibration(path: str | Path) -> CameraCalibration:
    """Read a calibration file.

    Raises:
        UserError: missing, malformed, or without one of the matrices.
    """
    try:
        data = parse_yaml(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"cannot read the calibration {path}: {error.strerror}", REMEDY) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"the calibration {path} is not YAML: {error}", REMEDY) from error
    try:
        found = CameraCalibration(
            int(data["image_width"]),
            int(data["image_height"]),
            str(data.get("distortion_model", "plumb_bob")),
            tuple(float(value) for value in data["distortion_coefficients"]["data"]),
            _matrix(data, "camera_matrix", (3, 3)),
            _matrix(data, "rectification_matrix", (3, 3)),
            _matrix(data, "projection_matrix", (3, 4)),
            str(data.get("camera_name", "")),
        )
    except KeyError as error:
        raise UserError(f"the calibration {path} has no {error}", REMEDY) from error
    except (TypeError, ValueError, OverflowError, AttributeError) as error:
        raise UserError(f"the calibration {path} is malformed ({error})", REMEDY) from error
    if (
        found.width <= 0
        or found.height <= 0
        or min(found.k[0, 0], found.k[1, 1]) <= 0
        or not _is_finite(found)
    ):
        raise UserError(f"the calibration {path} has no usable focal length or image size", REMEDY)
    return found


def _is_finite(found: CameraCalibration) -> bool:
    return all(np.isfinite(values).all() for values in (found.k, found.r, found.p, found.d))


def _matrix(data: dict[str, Any], key: str, shape: tuple[int, int]) -> np.ndarray:
    values = np.array([float(value) for value in data[key]["data"]])
    if values.size != shape[0] * shape[1]:
        raise ValueError(f"{key} has {values.size} numbers, expected {shape[0] * shape[1]}")
    return values.reshape(shape)
