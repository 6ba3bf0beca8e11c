"""The safety supervisor: the only thing between a policy and the drone.

A pure state machine with an injected clock. It never waits: every call returns at once, and whatever happens the
answer is a finite command inside the limits. Modes: ``disengaged`` (zero), ``engaged`` (the policy's command, limited),
``holding`` (zero, until the fault is gone and somebody engages again, or by itself where ``resume`` allows it),
``landing`` (descend), ``pilot`` (zero: a pilot or the autopilot itself has taken over; only a new ``engage`` ends it).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from liquid_nav.safety.watch import Watch, WatchLimits
from liquid_nav.types import Command

ZERO = Command()
_ABSURD = 1e6
"""m/s; a finite command beyond this would overflow on its way to the limits."""


@dataclass(frozen=True, slots=True)
class SafetyLimits:
    """What the drone may do and how old its inputs may be.

    speed: horizontal m/s; vertical_speed: m/s; yaw_rate: rad/s; acceleration: horizontal and vertical m/s^2;
    yaw_acceleration: rad/s^2; image_age, command_age: s; descent: landing speed m/s; resume: s of healthy inputs after
    which a hold caused by a fault ends by itself (0 never).
    """

    speed: float = 2.0
    vertical_speed: float = 1.0
    yaw_rate: float = 1.2
    acceleration: float = 4.0
    yaw_acceleration: float = 6.0
    image_age: float = 0.5
    command_age: float = 0.5
    descent: float = 0.5
    resume: float = 1.0


@dataclass(frozen=True, slots=True)
class SupervisorOutput:
    """What goes to the drone now: command, mode and the faults that are present, in words."""

    command: Command
    mode: str
    faults: tuple[str, ...]


class SafetySupervisor:
    """Gate between policy and drone. All times are seconds of one clock, given by the caller."""

    def __init__(self, limits: SafetyLimits | None = None, watch: WatchLimits | None = None) -> None:
        """Start disengaged, with no input seen; ``watch`` turns further checks on, see ``Watch``."""
        self.limits, self.watch = limits or SafetyLimits(), Watch(watch)
        self.mode = "disengaged"
        self._image: float | None = None
        self._command: tuple[Command, float] | None = None
        self._bad: str | None = None
        self._last = ZERO
        self._last_time: float | None = None
        self._healthy_since: float | None = None
        self._held_by_fault = False

    def image(self, stamp: float, now: float) -> None:
        """Take note of a camera frame; a frame as old as the last one, or without a time, does not count as new."""
        if not math.isfinite(stamp):
            return
        if self._image is None or stamp > self._image or stamp < self._image - 1.0:
            self._image = stamp

    def command(self, command: Command, stamp: float, now: float) -> None:
        """Take the policy's command, stamped with the image it came from."""
        self.watch.command(stamp, now)
        if command.is_finite():
            self._command, self._bad = (command, stamp), None
        else:
            self._bad = f"command is not finite: {command}"

    def engage(self, now: float) -> tuple[bool, str]:
        """Start to let commands through; refused, with the reason, while a fault is present."""
        faults = self._faults(now)
        if faults:
            return False, "; ".join(faults)
        self.mode, self._held_by_fault = "engaged", False
        self.watch.set_home()
        return True, "engaged"

    def disengage(self, now: float) -> tuple[bool, str]:
        """Stop at once; never refused."""
        self.mode, self._held_by_fault = "disengaged", False
        return True, "disengaged"

    def hold(self, now: float) -> tuple[bool, str]:
        """Hover until somebody engages again; never refused."""
        self.mode, self._held_by_fault = "holding", False
        return True, "holding"

    def land(self, now: float) -> tuple[bool, str]:
        """Descend until somebody decides otherwise; never refused."""
        self.mode, self._held_by_fault = "landing", False
        return True, "landing"

    def pilot(self, now: float) -> tuple[bool, str]:
        """A pilot, or the autopilot itself, has taken over: nothing of ours until somebody engages again."""
        self.mode, self._held_by_fault = "pilot", False
        return True, "pilot"

    def update(self, now: float) -> SupervisorOutput:
        """Return what the drone shall do now."""
        self.watch.clock(now)
        faults = self._faults(now)
        if faults:
            self._healthy_since = None
            if self.mode == "engaged":
                self.mode, self._held_by_fault = "holding", True
            if self.watch.must_land and self.mode == "holding":
                self.mode, self._held_by_fault = "landing", False
        else:
            self._healthy_since = now if self._healthy_since is None else self._healthy_since
            resume = self.limits.resume
            if self.mode == "holding" and self._held_by_fault and resume and now - self._healthy_since >= resume:
                self.mode, self._held_by_fault = "engaged", False
        wanted = ZERO
        if self.mode == "engaged" and self._command is not None:
            wanted = self.watch.fence(self._command[0])
        elif self.mode == "landing":
            wanted = Command(vz=-self.limits.descent)
        # Stopping is never rate limited by us: the autopilot brakes as fast as it can.
        free = self.mode in ("disengaged", "holding", "pilot")
        command = ZERO if free else self._limit(wanted, now)
        self._last, self._last_time = command, now
        return SupervisorOutput(command, self.mode, faults)

    def _faults(self, now: float) -> tuple[str, ...]:
        limits, faults = self.limits, []
        if self._image is None:
            faults.append("no camera image yet")
        elif not -0.1 <= now - self._image <= limits.image_age:
            faults.append(f"camera image is {now - self._image:.2f} s old, limit {limits.image_age:g} s")
        if self._bad is not None:
            faults.append(self._bad)
        elif self._command is None:
            faults.append("no command from the controller yet")
        elif not -0.1 <= now - self._command[1] <= limits.command_age:
            faults.append(f"command is {now - self._command[1]:.2f} s old, limit {limits.command_age:g} s")
        return (*faults, *self.watch.faults(now))

    def _limit(self, wanted: Command, now: float) -> Command:
        limits, last = self.limits, self._last
        dt = 0.0 if self._last_time is None else min(max(now - self._last_time, 0.0), 0.5)
        vx, vy = _clip(wanted.vx, _ABSURD), _clip(wanted.vy, _ABSURD)
        speed = math.hypot(vx, vy)
        if speed > limits.speed:
            vx, vy = vx * limits.speed / speed, vy * limits.speed / speed
        vz = _clip(wanted.vz, limits.vertical_speed)
        yaw_rate = _clip(wanted.yaw_rate, limits.yaw_rate)
        dx, dy = vx - last.vx, vy - last.vy
        change, most = math.hypot(dx, dy), limits.acceleration * dt
        if change > most:
            vx, vy = last.vx + dx * most / change, last.vy + dy * most / change
        vz = last.vz + _clip(vz - last.vz, most)
        yaw_rate = last.yaw_rate + _clip(yaw_rate - last.yaw_rate, limits.yaw_acceleration * dt)
        return Command(vx, vy, vz, yaw_rate)


def _clip(value: float, limit: float) -> float:
    return min(max(value, -limit), limit)
