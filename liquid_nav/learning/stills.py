"""Closed-loop flights made from single pictures: a crop slides and zooms until the target fills the
middle.

After the augmentation of the published flights: the target moves from an offset to the centre while
the zoom goes from 1 to 2, then stays; a proportional law gives what a pilot would command at every
frame.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Iterator

import cv2
import numpy as np

from liquid_nav.errors import UserError
from liquid_nav.learning.auxiliary import NAMES
from liquid_nav.learning.cache import ShardWriter

WIDTH = 256
"""Width of the frame in whose pixels offsets and gains are given, whatever size is stored."""
HEIGHT = 144
"""Height of that frame, pixels."""
QUADRANTS = ((1, 1), (-1, 1), (-1, -1), (1, -1))
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")
SHARD = "stills"
"""Name of the shard in the folder of the data set."""


class StillError(UserError):
    """A picture that no flight can be made from."""


@dataclass(frozen=True)
class StillConfig:
    """How flights are drawn; offsets and gains are in pixels of a 256 x 144 frame."""

    offset_x: tuple[float, float] = (10.0, 70.0)
    """Range of the target's horizontal distance from the centre in the first frame, pixels; the
    quadrant gives the side.
    """
    offset_y: tuple[float, float] = (5.0, 40.0)
    """Range of its vertical distance from the centre, pixels."""
    frames: tuple[int, int] = (120, 250)
    """Least and most frames of the approach."""
    tail: tuple[float, float] = (0.20, 0.35)
    """Range of the length of the static tail, as a share of the frames of the approach."""
    gain: float = 0.01
    """Commanded yaw rate in rad/s and climb in m/s per pixel of offset."""
    forward: float = 0.45
    """Commanded forward speed per unit of zoom that is left to 2, m/s."""
    per_still: int = 4
    """Number of flights made from each picture, the quadrants in turn."""
    height: int = 90
    """Height of the stored frames, pixels."""
    width: int = 160
    """Width of the stored frames, pixels."""
    frame_rate: float = 30.0
    """Rate of the frames, Hz."""
    seed: int = 0
    """Of everything that is drawn."""


@dataclass(frozen=True)
class StillFlight:
    """One approach, frame by frame: where the target is seen, and the zoom."""

    offset: np.ndarray
    """float64 [N,2]: offset of the target from the centre, right and down positive, in pixels of a
    256 x 144 frame.
    """
    zoom: np.ndarray
    """float64 [N]: enlargement relative to the first frame, from 1 to 2."""
    config: StillConfig = field(repr=False)
    """What the flight was drawn with: gains, and the size of the frames."""

    @classmethod
    def draw(cls, config: StillConfig, quadrant: int, rng: np.random.Generator) -> StillFlight:
        """Draw an approach whose target begins in a quadrant (0 to 3) of the frame."""
        signs = QUADRANTS[quadrant % 4]
        start = np.array(
            (signs[0] * rng.uniform(*config.offset_x), signs[1] * rng.uniform(*config.offset_y))
        )
        moving = int(rng.integers(config.frames[0], config.frames[1] + 1))
        still = round(moving * rng.uniform(*config.tail))
        left = np.concatenate((np.linspace(1.0, 0.0, moving), np.zeros(still)))
        return cls(left[:, None] * start, 2.0 - left, config)

    def labels(self) -> np.ndarray:
        """Commands, float32 [N,4]: turn and climb towards the target, forward until it is near."""
        c = self.config
        forward = c.forward * (2.0 - self.zoom)
        right, down = self.offset.T
        return np.stack(
            (forward, np.zeros_like(forward), -c.gain * down, -c.gain * right), axis=1
        ).astype(np.float32)

    def frames(self, picture: np.ndarray, target: tuple[float, float]) -> Iterator[np.ndarray]:
        """Yield uint8 [height,width,3] from ``picture`` (RGB) with the target at (x, y) px.

        Raises:
            StillError: the target is too near to the edge for the crop to slide.
        """
        scale = self._scale(picture, target)
        step = scale * WIDTH / self.config.width
        shrink = min(
            1.0, 2.0 / step
        )  # twice as fine as the first frame: sharp at the end, hardly aliased before
        if shrink < 1.0:
            picture = cv2.resize(picture, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
        for (right, down), zoom in zip(self.offset, self.zoom, strict=True):
            # The target is seen at ``offset``: the crop's centre lies as far on the other side, in
            # unzoomed pixels.
            x = (target[0] - right * scale / zoom) * shrink
            y = (target[1] - down * scale / zoom) * shrink
            along = step * shrink / zoom
            across = scale * HEIGHT / self.config.height * shrink / zoom
            left = x - along * (self.config.width - 1) / 2
            top = y - across * (self.config.height - 1) / 2
            matrix = np.array(((along, 0.0, left), (0.0, across, top)))
            yield cv2.warpAffine(
                picture,
                matrix,
                (self.config.width, self.config.height),
                flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_REPLICATE,
            )

    def _scale(self, picture: np.ndarray, target: tuple[float, float]) -> float:
        """Return the picture's pixels per frame pixel at zoom 1: the most that fits inside."""
        height, width = picture.shape[:2]
        right, down = self.offset[0]
        available = (
            (target[0], WIDTH / 2 + right),
            (width - target[0], WIDTH / 2 - right),
            (target[1], HEIGHT / 2 + down),
            (height - target[1], HEIGHT / 2 - down),
        )
        scale: float = min(have / need for have, need in available if need > 0)
        if scale < 0.5:
            raise StillError(
                f"the target at {target[0]:.0f}, {target[1]:.0f} is too near to the edge of a "
                "picture of "
                f"{width} x {height} pixels",
                "give a larger picture, or one with the target inside",
            )
        return scale


def find_still_pictures(paths: list[Path]) -> list[Path]:
    """Return the pictures among and in ``paths``; raises StillError without any."""
    found = []
    for path in paths:
        inside = [path]
        if path.is_dir():
            inside = sorted(path.iterdir())
        found += [p for p in inside if p.suffix.lower() in SUFFIXES and p.is_file()]
    if not found:
        raise StillError(
            "there is no picture in these places", f"give files or folders of {', '.join(SUFFIXES)}"
        )
    return found


def build_still_data_set(
    stills: list[Path],
    targets: dict[str, tuple[float, float]],
    folder: Path,
    config: StillConfig,
    on_flight: Callable[[], object] = int,
) -> dict[str, Any]:
    """Write one shard with ``per_still`` flights of each picture; returns its meta data.

    ``targets``: position of the target in px by file name; the middle of the picture where none is
    given.
    """
    rng = np.random.default_rng(config.seed)
    writer = ShardWriter(folder / SHARD)
    count = 0
    try:
        for path in stills:
            picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
            if picture is None:
                raise StillError(
                    f"'{path}' is no picture that can be read", "convert it to PNG or JPEG"
                )
            picture = np.ascontiguousarray(picture[..., ::-1])
            target = targets.get(path.name, (picture.shape[1] / 2, picture.shape[0] / 2))
            for _ in range(config.per_still):
                flight = StillFlight.draw(config, count, rng)
                frames = np.stack(list(flight.frames(picture, target)))
                elapsed = np.full(len(frames), 1.0 / config.frame_rate, np.float32)
                unknown = np.full((len(frames), len(NAMES)), np.nan, np.float32)
                writer.frames(frames)
                writer.flight(flight.labels(), elapsed, unknown, (path.name, count), "still")
                count += 1
                on_flight()
    except StillError:
        writer.drop()
        raise
    return writer.finish(source=SHARD, labels="proportional law")
