"""Two pilots without a network, to show that the task is not solved by doing little.

Neither looks at the true state: one flies blind, one sees only the camera's image.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from liquid_nav.types import Command, Observation

if TYPE_CHECKING:
    from liquid_nav.simulation.state import DroneState
    from liquid_nav.worlds import Layout

CRUISE_SPEED = 1.5
"""m/s"""


class StraightPilot:
    """Flies straight ahead at cruise speed and never stops."""

    name = "straight"
    needs_image = False

    def reset(self, layout: Layout, seed: int) -> None:
        """Nothing to forget."""

    def act(self, observation: Observation, elapsed: float, state: DroneState) -> Command:
        """Return the same command always."""
        return Command(vx=CRUISE_SPEED)


@dataclass(frozen=True, slots=True)
class Blob:
    """The largest patch of the target's colour in an image."""

    x: float
    """Its centre, right of the middle of the image: tangent of the angle from the camera's axis."""
    y: float
    """Its centre, below the middle of the image: tangent of the angle from the camera's axis."""
    area: float
    """Its area as a fraction of the image, 0 to 1."""


class ColourPilot:
    """Chases the largest blob of the target's red with proportional control, from the image alone.

    It turns until it sees red (after a full turn without any it flies on a little and turns again),
    turns towards it, flies at a speed proportional to the distance that the blob's depression below
    the horizon suggests, and holds once the blob is low in the image or has left it at the bottom.
    """

    name = "colour"
    needs_image = True

    SATURATION = 110
    """Least saturation of the target's red, of 255."""
    VALUE = 50
    """Least brightness of the target's red, of 255."""
    HUE = 9
    """Half width of the band of red around hue 0, of 180."""
    SMALLEST = 6.0 / (256 * 144)
    """Blobs below this fraction of the image are noise."""
    HOLD_DISTANCE = 1.4
    """Apparent distance at which it stops, m."""
    SEARCH_RATE = 0.5
    """Yaw rate while no red is in sight, rad/s."""
    SEARCH_TURN = 2.0 * math.pi / SEARCH_RATE
    """Time that it then turns, s: once round."""
    SEARCH_ADVANCE = 3.0
    """Time that it then flies on before it turns again, s."""
    YAW_GAIN = 1.5
    """Yaw rate per angle between the blob and the middle of the image, 1/s."""
    SPEED_GAIN = 0.4
    """Speed per distance that is left, 1/s."""

    def __init__(
        self,
        fov: float = math.radians(80.0),
        pitch: float = math.radians(10.0),
        height: float = 1.1,
    ) -> None:
        """Take the camera's horizontal field of view and pitch (rad, nose down), and m from target
        centre to camera.
        """
        self._half_width = math.tan(fov / 2.0)
        self._pitch = pitch
        self._height = height
        self._distance = math.inf
        self._unseen = 0.0

    def reset(self, layout: Layout, seed: int) -> None:
        """Forget the blob of the last flight; the layout stays unread."""
        self._distance = math.inf
        self._unseen = 0.0

    def act(self, observation: Observation, elapsed: float, state: DroneState) -> Command:
        """Turn towards the blob and fly to it."""
        blob = None
        if observation.image is not None:
            blob = self.find(observation.image)
        if blob is None:
            self._unseen += elapsed
            return self._search()
        self._unseen = 0.0
        self._distance = self._apparent_distance(blob)
        ahead = max(0.0, 1.0 - abs(blob.x))
        speed = self.SPEED_GAIN * (self._distance - self.HOLD_DISTANCE)
        return Command(
            vx=ahead * min(CRUISE_SPEED, max(0.0, speed)),
            yaw_rate=-self.YAW_GAIN * math.atan(blob.x),
        )

    def _search(self) -> Command:
        if self._distance < 2.0 * self.HOLD_DISTANCE:
            # It left the image at the bottom: it is right in front and below.
            return Command()
        if self._unseen % (self.SEARCH_TURN + self.SEARCH_ADVANCE) < self.SEARCH_TURN:
            return Command(yaw_rate=self.SEARCH_RATE)
        return Command(vx=CRUISE_SPEED)

    def find(self, image: np.ndarray) -> Blob | None:
        """Return the largest red blob of a uint8 [H,W,3] RGB image, None if all are noise."""
        hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV)
        low: np.ndarray = cv2.inRange(hsv, (0, self.SATURATION, self.VALUE), (self.HUE, 255, 255))
        high: np.ndarray = cv2.inRange(
            hsv, (180 - self.HUE, self.SATURATION, self.VALUE), (180, 255, 255)
        )
        count, _, stats, centres = cv2.connectedComponentsWithStats(low | high, connectivity=8)
        if count < 2:
            return None
        largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
        rows, columns = image.shape[:2]
        area = float(stats[largest, cv2.CC_STAT_AREA]) / (rows * columns)
        if area < self.SMALLEST:
            return None
        scale = 2.0 * self._half_width / columns
        x, y = centres[largest]
        return Blob(
            (float(x) - (columns - 1) / 2.0) * scale, (float(y) - (rows - 1) / 2.0) * scale, area
        )

    def _apparent_distance(self, blob: Blob) -> float:
        depression = self._pitch + math.atan(blob.y)
        if depression > 0.02:
            return self._height / math.tan(depression)
        return math.inf
