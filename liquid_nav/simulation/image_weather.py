"""A condition laid over finished camera images: what Gazebo and real cameras cannot be configured
to show.

Fog, light and camera faults are those of the embedded simulator, as far as an image alone allows:
distance is that of flat ground seen by a camera at flight height, and nothing farther than the
trees. The season is not in reach.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from liquid_nav.simulation.camera_renderer import apply_camera_faults, draw_exposure
from liquid_nav.worlds import (
    DRONE_MODEL,
    LIGHTING,
    SKY_COLOURS,
    CameraConfig,
    Condition,
    RandomStream,
    apply_veil,
)


@dataclass(frozen=True)
class CameraPlacement:
    """How the camera is placed and looks."""

    height: float = 1.5
    """Height of the camera over the ground, m."""
    vertical_fov: float = round(CameraConfig().vertical_fov, 3)
    """Vertical field of view, rad."""
    pitch: float = DRONE_MODEL.camera_pitch
    """Angle by which the camera looks down, rad."""
    depth: float = 25.0
    """Distance along the optical axis of what stands above the horizon, m; nothing is taken to be
    farther.
    """


def row_depths(view: CameraPlacement, rows: int) -> np.ndarray:
    """Return float32 [rows]: distance in m along the optical axis of what a row shows."""
    focal = 0.5 * rows / math.tan(0.5 * view.vertical_fov)
    down = (np.arange(rows) + 0.5 - 0.5 * rows) / focal
    # Downward part of the ray with depth 1; the ground is where it has come down by the height.
    fall = down * math.cos(view.pitch) + math.sin(view.pitch)
    with np.errstate(divide="ignore"):
        depth = np.where(fall > 1e-6, view.height / np.maximum(fall, 1e-6), np.inf)
    return np.minimum(depth, view.depth).astype(np.float32)


def fogged(
    image: np.ndarray, extinction: float, colour: tuple[float, float, float], view: CameraPlacement
) -> np.ndarray:
    """Return uint8 [H,W,3] in fog of ``extinction`` (1/m) and ``colour`` (RGB, 0 to 1)."""
    through = np.exp(-extinction * row_depths(view, len(image)))[:, None, None]
    veil = 255.0 * np.asarray(colour, np.float32)
    return np.clip(image * through + veil * (1.0 - through) + 0.5, 0, 255).astype(np.uint8)


def relit(image: np.ndarray, light: str) -> np.ndarray:
    """Return a picture taken by day, uint8 [H,W,3], in another light, scaled like the world's."""
    if light == "day":
        return image
    day, other = (
        np.sum((LIGHTING[name].sun, LIGHTING[name].ambient), axis=0) for name in ("day", light)
    )
    gain = (other / day).astype(np.float32)
    picture: NDArray[np.uint8] = np.clip(image * gain + 0.5, 0, 255).astype(np.uint8)
    return picture


@dataclass
class Weather:
    """Turns frames of one camera into those of a condition, the same for the same seed."""

    condition: Condition
    """Condition that is laid over the frames."""
    seed: int = 0
    """Seed of exposure, noise, dropped and late frames."""
    view: CameraPlacement = field(default_factory=CameraPlacement)
    """How the camera is placed: gives the distances that fog needs."""
    relight: bool = True
    """Whether the light is changed too; a Gazebo world has it already."""

    def __post_init__(self) -> None:
        """Draw what stays the same for the whole flight."""
        self._rng = RandomStream.WEATHER.generator(self.seed)
        self._faults = draw_exposure(self.condition.camera, self.seed)
        self._waiting: list[Callable[[], object]] = []

    def look(self, image: np.ndarray) -> np.ndarray:
        """Return a new uint8 [H,W,3] RGB image under the condition."""
        condition = self.condition
        if self.relight:
            image = relit(image, condition.light)
        if condition.fog > 0.0:
            image = fogged(image, condition.fog, SKY_COLOURS[condition.light].fog, self.view)
        image = apply_veil(image, condition.appearance.veil)
        return apply_camera_faults(image, self._faults, self._rng)

    def deliver(self, send: Callable[[], object]) -> None:
        """Call ``send`` now, with the next frame (late), or never (dropped); late frames of before
        come first.
        """
        delivery = self._rng.random()
        faults = self.condition.camera
        waiting = self._waiting
        self._waiting = []
        if delivery < faults.drop:
            pass
        elif delivery < faults.drop + faults.late:
            self._waiting = [send]
        else:
            waiting.append(send)
        for late in waiting:
            late()

    def begin_anew(self) -> None:
        """Drop late frames: the simulator was reset, they are of the flight before."""
        self._waiting = []
