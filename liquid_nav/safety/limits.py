"""How fast the drone may be commanded to fly, and how fast that may change."""

from __future__ import annotations

import math
from dataclasses import dataclass

from liquid_nav.types import Command, Limits

ABSURD = 1e6
"""m/s; a finite command beyond this would overflow on its way to the limits."""
LONGEST_STEP = 0.5
"""s between two commands beyond which the acceleration limit allows no larger change."""


@dataclass(frozen=True, slots=True)
class SafetyLimits:
    """What the drone may do and how old its inputs may be."""

    speed: float = Limits.speed
    """Horizontal speed at most, m/s."""
    vertical_speed: float = Limits.vertical_speed
    """Vertical speed at most, m/s."""
    yaw_rate: float = Limits.yaw_rate
    """Yaw rate at most, rad/s."""
    acceleration: float = Limits.acceleration
    """Change of the horizontal and of the vertical velocity command at most, m/s^2."""
    yaw_acceleration: float = Limits.yaw_acceleration
    """Change of the yaw rate command at most, rad/s^2."""
    image_age: float = 0.5
    """Age of the last camera image at most, s."""
    command_age: float = 0.5
    """Age of the image that the last command came from at most, s."""
    descent: float = 0.5
    """Speed of descent while landing, m/s."""
    resume: float = 1.0
    """Time of healthy inputs after which a hold caused by a fault ends by itself, s; 0: never."""


def limit(wanted: Command, last: Command, elapsed: float, limits: SafetyLimits) -> Command:
    """Return ``wanted`` inside the limits, ``elapsed`` s after ``last`` was sent.

    The horizontal velocity keeps its direction when it is cut.
    """
    vx = clip(wanted.vx, ABSURD)
    vy = clip(wanted.vy, ABSURD)
    speed = math.hypot(vx, vy)
    if speed > limits.speed:
        vx = vx * limits.speed / speed
        vy = vy * limits.speed / speed
    vz = clip(wanted.vz, limits.vertical_speed)
    yaw_rate = clip(wanted.yaw_rate, limits.yaw_rate)
    elapsed = min(max(elapsed, 0.0), LONGEST_STEP)
    most = limits.acceleration * elapsed
    dx = vx - last.vx
    dy = vy - last.vy
    change = math.hypot(dx, dy)
    if change > most:
        vx = last.vx + dx * most / change
        vy = last.vy + dy * most / change
    vz = last.vz + clip(vz - last.vz, most)
    yaw_rate = last.yaw_rate + clip(yaw_rate - last.yaw_rate, limits.yaw_acceleration * elapsed)
    return Command(vx, vy, vz, yaw_rate)


def clip(value: float, most: float) -> float:
    """Return ``value`` between ``-most`` and ``most``."""
    return min(max(value, -most), most)
