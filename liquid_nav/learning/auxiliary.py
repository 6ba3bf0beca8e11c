"""What the encoder has to predict in training: target, free space around, and the drone's height.

Used in training only: it teaches the encoder geometry much faster than four commands could. No
policy reads these predictions.
"""

from __future__ import annotations

import math

import numpy as np

from liquid_nav.simulation import DroneState, Expert

SECTORS = 21
"""Number of directions, from +``SECTOR_SPAN`` (left) to -``SECTOR_SPAN`` (right) of the heading."""
SECTOR_SPAN = math.radians(40.0)
"""Half the field of view of the usual camera, rad."""
HALF_SECTOR = SECTOR_SPAN / (SECTORS - 1)
"""Half the angle between two of them: together the sectors leave no gap."""
RANGE = 12.0
"""Distance up to which things are scanned, m."""
NEARNESS = 3.0
"""Distance whose nearness 1 / (1 + distance / ``NEARNESS``) is a half, m."""
TARGET_RADIUS = 0.3
"""What is nearer to the target than this does not hide it, m."""
VISIBLE = 2
"""Where it is noted whether the target is seen."""
SCAN = slice(3, 3 + SECTORS)
"""Where the sectors are among the targets."""
HEIGHT = 3 + SECTORS
"""Where the height is."""
HEIGHT_UNIT = 0.5
"""Unit of the height among the targets, m."""
NAMES = (
    "target_left",
    "target_near",
    "target_visible",
    *(f"scan.{i}" for i in range(SECTORS)),
    "height",
)
"""target_left: sine of the bearing; target_near: nearness 1 / (1 + distance / ``NEARNESS``);
target_visible: 1 or 0; scan: nearness of the first surface in each sector, 0 beyond ``RANGE``;
height: of the drone above where it should fly, in units of ``HEIGHT_UNIT``.
"""
_ANGLES = np.linspace(SECTOR_SPAN, -SECTOR_SPAN, SECTORS)


def scan(
    discs: np.ndarray,
    position: np.ndarray,
    yaw: float,
    angles: np.ndarray = _ANGLES,
    spread: float = 0.0,
    reach: float = RANGE,
) -> np.ndarray:
    """Distance in m, float64 [R], to the first of ``discs`` [N,3] within ``spread`` rad of rays at
    ``angles`` [R].

    ``angles`` are relative to ``yaw``, left positive. Without a spread they are rays, which miss a
    post that stands between two of them. Discs whose surface is farther away than ``reach`` in m
    do not count.
    """
    if not len(discs):
        return np.full(len(angles), np.inf)
    relative = discs[:, :2] - position[:2]
    near = np.hypot(relative[:, 0], relative[:, 1]) < reach + discs[:, 2]
    relative = relative[near]
    radius = discs[near, 2]
    distance = np.hypot(relative[:, 0], relative[:, 1])[:, None]
    off = np.arctan2(relative[:, 1], relative[:, 0])[:, None] - yaw - angles
    off = np.abs(np.arctan2(np.sin(off), np.cos(off)))
    # Of the rays of a sector the one that comes closest to the disc's centre meets it first.
    off = np.maximum(off - spread, 0.0)
    along = distance * np.cos(off)
    across = distance * np.sin(off)
    inside = radius[:, None] ** 2 - across**2
    hit = np.where((inside > 0) & (along > 0), along - np.sqrt(np.maximum(inside, 0.0)), np.inf)
    nearest: np.ndarray = np.maximum(hit.min(axis=0, initial=np.inf), 0.0)
    return nearest


def auxiliary_targets(state: DroneState, expert: Expert, sight: float = math.inf) -> np.ndarray:
    """Return float32 [A] in the order of ``NAMES`` for a true state.

    ``sight``: distance within which the target is drawn, m.
    """
    offset = expert.target - state.position[:2]
    distance = float(np.hypot(*offset))
    bearing = target_bearing(state, expert)
    direction = np.array((bearing,))
    # All the way to the target: a trunk beyond ``RANGE`` hides it as well.
    ahead = scan(expert.discs, state.position, state.yaw, direction, reach=distance)[0]
    blocked = ahead < distance - TARGET_RADIUS
    in_view = abs(bearing) < SECTOR_SPAN
    free = scan(expert.discs, state.position, state.yaw, spread=HALF_SECTOR)
    nearness = np.where(free < RANGE, 1.0 / (1.0 + free / NEARNESS), 0.0)
    head = (
        math.sin(bearing),
        1.0 / (1.0 + distance / NEARNESS),
        float(in_view and not blocked and distance <= sight),
    )
    height = (state.position[2] - expert.layout.scenario.cruise_altitude) / HEIGHT_UNIT
    return np.concatenate((head, nearness, (height,))).astype(np.float32)


def target_bearing(state: DroneState, expert: Expert) -> float:
    """Return the bearing of the target from the drone's heading, rad, -pi to pi, left positive."""
    offset = expert.target - state.position[:2]
    bearing = math.atan2(offset[1], offset[0]) - state.yaw
    return math.atan2(math.sin(bearing), math.cos(bearing))


def mirror(auxiliary: np.ndarray) -> np.ndarray:
    """Auxiliary targets [...,A] of the left-right mirrored image."""
    flipped = auxiliary.copy()
    flipped[..., 0] *= -1.0
    flipped[..., SCAN] = auxiliary[..., SCAN][..., ::-1]
    return flipped


def widen(auxiliary: np.ndarray) -> np.ndarray:
    """Return targets [N,A] of a data set that was made with fewer; those that it lacks are NaN."""
    missing = len(NAMES) - auxiliary.shape[1]
    if missing <= 0:
        return auxiliary
    return np.pad(auxiliary, ((0, 0), (0, missing)), constant_values=np.nan)
