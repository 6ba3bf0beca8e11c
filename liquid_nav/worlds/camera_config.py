"""The forward camera of the drone."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from liquid_nav.worlds.condition import DEFAULT_FIELD_OF_VIEW, DEFAULT_FRAME_RATE, CameraFaults
from liquid_nav.worlds.drone_model import DRONE_MODEL
from liquid_nav.worlds.mounting import draw_mounting


@dataclass(frozen=True, slots=True)
class CameraConfig:
    """The forward camera."""

    width: int = 256
    """Pixels."""
    height: int = 144
    """Pixels."""
    fov: float = math.radians(DEFAULT_FIELD_OF_VIEW)
    """Horizontal field of view, rad."""
    pitch: float = DRONE_MODEL.camera_pitch
    """Angle by which it is mounted nose down, rad."""
    rate: float = DEFAULT_FRAME_RATE
    """Frames per second, Hz."""
    turn: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Rotation vector of the mounting error, rad, in the body's axes: x forward, y left, z up."""

    def of(self, faults: CameraFaults, seed: int) -> CameraConfig:
        """Return the camera of the flight with this seed, as a condition has it mounted."""
        mounting = draw_mounting(faults, seed)
        fov = mounting.view
        # A condition that leaves the view at its default leaves it to the caller.
        if faults.view == CameraFaults().view:
            fov = self.fov
        return replace(self, fov=fov, turn=mounting.turn)

    @property
    def vertical_fov(self) -> float:
        """Vertical field of view in rad of the pinhole with square pixels."""
        return 2.0 * math.atan(math.tan(self.fov / 2.0) * self.height / self.width)

    @property
    def focal_length(self) -> float:
        """Focal length in pixels."""
        return self.width / (2.0 * math.tan(self.fov / 2.0))
