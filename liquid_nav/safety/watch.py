"""What else can be wrong with a flight, beside old images and commands: collected in words, on the caller's clock.

Every check is off at its default of zero, so that lock-step flight, where such things cannot happen, pays nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from liquid_nav.types import Command

LATE = 5
"""Late commands in a row that make a latency fault."""
JUMP_MEMORY = 0.5
"""s for which a jump of clock or estimate counts as a fault."""
OUTSIDE = 1.0
"""m beyond the fence that turn a limit into a fault."""
ABSURD = 1e6
LOOK_AHEAD = 1.0
"""s from a fence at which commands towards it begin to be cut."""


@dataclass(frozen=True, slots=True)
class WatchLimits:
    """Zero turns a check off.

    odometry_age, autopilot_age: s; latency: s from image to command; clock_jump: s between two looks at the clock,
    either way; position_jump: m that the estimate may move more than its speed explains; battery: fraction that means
    landing; radius: m from where it was engaged; low, high: m above where it was engaged at most, low negative.
    """

    odometry_age: float = 0.0
    autopilot_age: float = 0.0
    latency: float = 0.0
    clock_jump: float = 0.0
    position_jump: float = 0.0
    battery: float = 0.0
    radius: float = 0.0
    low: float = 0.0
    high: float = 0.0


class Watch:
    """Takes the other inputs; ``faults`` says what is wrong, ``fence`` cuts commands that lead out."""

    def __init__(self, limits: WatchLimits | None = None) -> None:
        """Know nothing yet."""
        self.limits = limits or WatchLimits()
        self._odometry: tuple[float, np.ndarray, np.ndarray] | None = None
        self._yaw = 0.0
        self._autopilot: float | None = None
        self._trouble, self._battery = "", None
        self._late, self._latency = 0, 0.0
        self._now: float | None = None
        self._jumps: dict[str, float] = {}
        self._home: np.ndarray | None = None
        self._publishers: dict[str, int] = {}

    def odometry(self, position: np.ndarray, velocity: np.ndarray, yaw: float, now: float) -> None:
        """Take position [3] m and velocity [3] m/s, ENU, and the heading in rad."""
        if not ((np.abs(position) < ABSURD).all() and (np.abs(velocity) < ABSURD).all() and math.isfinite(yaw)):
            return  # not a number, or not of this world: as good as no odometry
        if self._odometry is not None and self.limits.position_jump:
            before, place, speed = self._odometry
            dt = min(max(now - before, 0.0), 1.0)
            explained = max(float(np.linalg.norm(speed)), float(np.linalg.norm(velocity))) * dt
            moved = float(np.linalg.norm(position - place))
            if moved - explained > self.limits.position_jump:
                self._jumps[f"position estimate jumped by {moved:.1f} m"] = now
        self._odometry, self._yaw = (now, np.array(position), np.array(velocity)), yaw

    def autopilot(self, trouble: str, now: float) -> None:
        """The bridge is alive, and this is wrong with the autopilot (empty: nothing)."""
        self._autopilot, self._trouble = now, trouble

    def battery(self, fraction: float | None) -> None:
        """Take the charge, 0 to 1; None or NaN: unknown."""
        if fraction is not None and math.isfinite(fraction):
            self._battery = fraction

    def publishers(self, topic: str, count: int) -> None:
        """Take how many publish on a topic that only one should publish on."""
        self._publishers[topic] = count

    def command(self, stamp: float, now: float) -> None:
        """Take the times of a command."""
        late = bool(self.limits.latency) and not now - stamp <= self.limits.latency
        self._late, self._latency = (self._late + 1 if late else 0), now - stamp

    def clock(self, now: float) -> None:
        """Look at the clock; called with every update."""
        if self._now is not None and self.limits.clock_jump:
            step = now - self._now
            if step < -0.01 or step > self.limits.clock_jump:
                self._jumps = {f"clock jumped by {step:+.1f} s": now}
        self._now = now

    def set_home(self) -> None:
        """The fence is around this place from now on."""
        self._home = None if self._odometry is None else self._odometry[1]

    @property
    def must_land(self) -> bool:
        """Whether staying up is worse than coming down."""
        return bool(self.limits.battery) and self._battery is not None and self._battery <= self.limits.battery

    def faults(self, now: float) -> list[str]:
        """Return everything that is wrong now."""
        limits = self.limits
        last = None if self._odometry is None else self._odometry[0]
        found = [*_age("odometry", last, now, limits.odometry_age),
                 *_age("autopilot bridge", self._autopilot, now, limits.autopilot_age)]
        if limits.autopilot_age and self._trouble:
            found.append(f"autopilot: {self._trouble}")
        if self._late >= LATE:
            found.append(f"latency is {self._latency:.2f} s, limit {limits.latency:g} s")
        if self.must_land:
            found.append(f"battery is at {100 * self._battery:.0f} %, limit {100 * limits.battery:.0f} %")
        found += [f"{count} publishers on {topic}, expected one: end the others" for topic, count
                  in self._publishers.items() if count > 1]
        self._jumps = {words: since for words, since in self._jumps.items() if 0.0 <= now - since < JUMP_MEMORY}
        return found + list(self._jumps) + self._outside()

    def _outside(self) -> list[str]:
        if self._home is None or self._odometry is None:
            return []
        limits, (x, y, z) = self.limits, self._odometry[1] - self._home
        if limits.radius and math.hypot(x, y) > limits.radius + OUTSIDE:
            return [f"geofence: {math.hypot(x, y):.1f} m from where it was engaged, limit {limits.radius:g} m"]
        if (limits.high and z > limits.high + OUTSIDE) or (limits.low and z < limits.low - OUTSIDE):
            return [f"geofence: {z:+.1f} m above where it was engaged, limits {limits.low:g} and {limits.high:g} m"]
        return []

    def fence(self, command: Command) -> Command:
        """Return the command without what leads out of the fence within ``LOOK_AHEAD`` seconds."""
        if self._home is None or self._odometry is None:
            return command
        limits, (x, y, z) = self.limits, self._odometry[1] - self._home
        vx, vy, vz = command.vx, command.vy, command.vz
        distance = math.hypot(x, y)
        if limits.radius and distance > 1e-6:
            c, s = math.cos(self._yaw), math.sin(self._yaw)
            ox, oy = (c * x + s * y) / distance, (-s * x + c * y) / distance
            excess = vx * ox + vy * oy - max(0.0, limits.radius - distance) / LOOK_AHEAD
            if excess > 0.0:
                vx, vy = vx - excess * ox, vy - excess * oy
        if limits.high:
            vz = min(vz, max(0.0, limits.high - z) / LOOK_AHEAD)
        if limits.low:
            vz = max(vz, min(0.0, limits.low - z) / LOOK_AHEAD)
        return Command(vx, vy, vz, command.yaw_rate)


def _age(name: str, last: float | None, now: float, limit: float) -> list[str]:
    if not limit:
        return []
    if last is None:
        return [f"no {name} yet"]
    return [] if -0.1 <= now - last <= limit else [f"{name} is {now - last:.2f} s old, limit {limit:g} s"]
