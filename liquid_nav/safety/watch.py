"""What else can be wrong with a flight, beside old images and commands, on the caller's clock.

Every check is off at its default of zero, so that lock-step flight, where such things cannot
happen, pays nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from liquid_nav.safety.contract import BridgeReport, Phase
from liquid_nav.safety.faults import Fault, FaultKind
from liquid_nav.safety.fence import Fence, FenceLimits
from liquid_nav.safety.sticks import Sticks
from liquid_nav.types import Command

CHARGES = 3
"""Charges of a battery in a row that must agree before they count: one may be a mistake of its
driver.
"""
LATE = 5
"""Late commands in a row that make a latency fault."""
JUMP_MEMORY = 0.5
"""s for which an event (a jump of clock or estimate, the death of a recorder) counts as a fault."""
ABSURD = 1e6
"""m and m/s from which on odometry is nonsense and counts as none."""
EARLY_STAMP_TOLERANCE = 0.1
"""s that a stamp may lie ahead of our clock."""
UNDER_COMMAND = 0.2
"""m/s or rad/s; a command beyond it must change the pose."""


@dataclass(frozen=True, slots=True)
class WatchLimits:
    """Zero turns a check off."""

    odometry_age: float = 0.0
    """Age of the odometry at most, s; only one with another stamp is new."""
    autopilot_age: float = 0.0
    """Age of the bridge's last report at most, s."""
    latency: float = 0.0
    """Time from image to command at most, s."""
    clock_jump: float = 0.0
    """Time between two looks at the clock at most, s, either way."""
    position_jump: float = 0.0
    """Distance that the estimate may move more than its speed explains, m."""
    pose_frozen: float = 0.0
    """Time that the pose may stay the same to the last bit under a command to move, s."""
    battery: float = 0.0
    """Charge below which it lands, 0 to 1."""
    battery_age: float = 0.0
    """Silence of a battery that was there at most, s; one that no longer reports its charge is
    silent.
    """
    joy_age: float = 0.0
    """Silence of a joystick or remote control that was there at most, s."""
    recorder_age: float = 0.0
    """Silence of a recorder's process that was there at most, s; the middleware reports
    it (``Watch.recorder_lost``).
    """
    radius: float = 0.0
    """Horizontal distance from where it was engaged at most, m."""
    low: float = 0.0
    """Height above where it was engaged at least, m, negative."""
    high: float = 0.0
    """Height above where it was engaged at most, m."""


@dataclass(frozen=True, slots=True)
class _Pose:
    """The last odometry."""

    received: float
    """When its stamp last made progress, s of our clock."""
    stamp: float
    """Its stamp, s of the vehicle's clock."""
    position: NDArray[np.float64]
    """float64 [3] ENU, m."""
    velocity: NDArray[np.float64]
    """float64 [3] ENU, m/s."""
    yaw: float
    """Heading in ENU, rad."""


class Watch:
    """Takes the other inputs; ``faults`` returns what is wrong, ``cut`` keeps commands inside the
    fence.
    """

    def __init__(self, limits: WatchLimits | None = None) -> None:
        """Begin without any message."""
        self.limits = limits or WatchLimits()
        self.sticks = Sticks()
        self.fence = Fence(_fence_of(self.limits))
        self._pose: _Pose | None = None
        self._pose_changed = 0.0
        self._moving_since: float | None = None
        self._report: BridgeReport | None = None
        self._report_time = 0.0
        self._battery: float | None = None
        self._battery_time: float | None = None
        self._low = 0
        self._beyond = 0
        self._most = 0.0
        self._late = 0
        self._latency = 0.0
        self._now: float | None = None
        self._jumps: dict[FaultKind, tuple[Fault, float]] = {}
        self._publishers: dict[str, int] = {}

    @property
    def report(self) -> BridgeReport | None:
        """The bridge's last report, if there was one."""
        return self._report

    def odometry(
        self,
        position: NDArray[np.float64],
        velocity: NDArray[np.float64],
        yaw: float,
        stamp: float,
        now: float,
    ) -> None:
        """Take a pose.

        Args:
            position: float64 [3] ENU, m.
            velocity: float64 [3] ENU, m/s.
            yaw: Heading in ENU, rad.
            stamp: Time of the pose on whatever clock stamps it, s; the same one again is no news.
                It may go back: that clock may be set, or begin anew.
            now: Time of arrival, s.
        """
        sound = bool((np.abs(position) < ABSURD).all() and (np.abs(velocity) < ABSURD).all())
        if not (sound and math.isfinite(yaw) and math.isfinite(stamp)):
            return  # as good as no odometry
        before = self._pose
        if before is not None and stamp == before.stamp:
            return
        if before is None or (position != before.position).any() or yaw != before.yaw:
            self._pose_changed = now
        if before is not None and self.limits.position_jump:
            elapsed = min(max(now - before.received, 0.0), 1.0)
            fastest = max(float(np.linalg.norm(before.velocity)), float(np.linalg.norm(velocity)))
            moved = float(np.linalg.norm(position - before.position))
            if moved - fastest * elapsed > self.limits.position_jump:
                self._jump(Fault(FaultKind.POSITION_JUMP, moved), now)
        self._pose = _Pose(now, stamp, np.array(position), np.array(velocity), yaw)

    def bridge(self, report: BridgeReport, now: float) -> None:
        """Take the bridge's report."""
        self._report = report
        self._report_time = now

    def battery(self, fraction: float | None, now: float) -> str:
        """Take the charge, 0 to 1; None, NaN or less than 0: unknown. Returns why it is refused, or
        nothing.

        Once a charge was known, only known ones count as messages: its fall would not be detected
        otherwise.

        More than 1 is refused, and so is everything of a battery that has reported more
        ``CHARGES`` times in a row: it counts to 100, and its 1 is not full.
        """
        charge: float | None = None
        if fraction is not None and math.isfinite(fraction) and fraction >= 0.0:
            charge = fraction
        if charge is not None and (charge > 1.0 or self._beyond >= CHARGES):
            self._beyond += 1
            self._most = max(self._most, charge)
            if not self.limits.battery:
                # Its charge does not matter here; that messages come may.
                self._battery_time = now
            return str(Fault(FaultKind.BATTERY_UNIT, self._most))
        if charge is not None or self._battery is None:
            self._battery_time = now
        if charge is not None:
            self._battery = charge
            self._beyond = 0
            if charge <= self.limits.battery:
                self._low += 1
            else:
                self._low = 0
        return ""

    def recorder_lost(self, now: float) -> None:
        """Take that the process of a recorder has ended: one hold, after which a person may fly on
        without it.
        """
        if self.limits.recorder_age:
            self._jump(Fault(FaultKind.RECORDER_LOST), now)

    def publishers(self, topic: str, count: int) -> None:
        """Take how many publish on a topic that only one should publish on."""
        self._publishers[topic] = count

    def command(self, stamp: float, now: float) -> None:
        """Take the times of a command: its image's stamp and its arrival, s."""
        self._latency = now - stamp
        if self.limits.latency and not self._latency <= self.limits.latency:
            self._late += 1
        else:
            self._late = 0

    def clock(self, now: float) -> None:
        """Look at the clock; called with every update."""
        if self._now is not None and self.limits.clock_jump:
            step = now - self._now
            if step < -0.01 or step > self.limits.clock_jump:
                # Ages and other jumps mean nothing any more; a process that has ended stays ended.
                lost = self._jumps.get(FaultKind.RECORDER_LOST)
                self._jumps.clear()
                if lost is not None:
                    self._jump(lost[0], now)
                self._jump(Fault(FaultKind.CLOCK_JUMP, step), now)
        self._now = now

    def sent(self, command: Command, now: float) -> None:
        """Take what was let through: under command the pose must change."""
        speed = max(abs(command.vx), abs(command.vy), abs(command.vz), abs(command.yaw_rate))
        follows = self._report is None or self._report.phase is Phase.FLYING
        if speed <= UNDER_COMMAND or not follows:
            self._moving_since = None
        elif self._moving_since is None or now < self._moving_since:
            self._moving_since = now

    def set_home(self) -> None:
        """The fence is around this place from now on."""
        self.fence.home = self._position

    def change_limits(self, limits: WatchLimits) -> None:
        """Look at other limits from now on; what was counted against the old ones counts no
        more.
        """
        if limits.latency != self.limits.latency:
            self._late = 0
        if limits.battery != self.limits.battery:
            # Once: the next charges have to agree before it lands, but it cannot be engaged.
            self._low = 0
            if self._battery is not None and self._battery <= limits.battery:
                self._low = 1
        self.limits = limits
        self.fence.limits = _fence_of(limits)

    @property
    def knows_home(self) -> bool:
        """Whether there is a place that the fence is around, and one where the drone is."""
        return self.fence.home is not None and self._pose is not None

    @property
    def charge(self) -> float | None:
        """The last charge that the battery has reported, 0 to 1; None: there was none."""
        return self._battery

    @property
    def counts_to_100(self) -> bool:
        """Whether the battery has reported more than full so often that a limit on its charge would
        be a fault at once.
        """
        return self._beyond >= CHARGES

    def outside(self, limits: WatchLimits, ahead: float = 0.0) -> list[Fault]:
        """Return what would be wrong with the place of the drone within another fence.

        Args:
            limits: With the other fence.
            ahead: Time for which it may fly on as it does now, s.
        """
        other = Fence(_fence_of(limits))
        other.home = self.fence.home
        found = other.faults(self._position)
        if not found and self._pose is not None:
            found = other.faults(self._pose.position + ahead * self._pose.velocity)
        return found

    @property
    def must_land(self) -> bool:
        """Whether staying up is worse than coming down."""
        return bool(self.battery_low(CHARGES))

    def battery_low(self, charges: int) -> list[Fault]:
        """Return the fault of a low battery, if so many charges in a row were low."""
        if self._battery is None or not self.limits.battery or self._low < charges:
            return []
        return [Fault(FaultKind.BATTERY_LOW, self._battery, self.limits.battery)]

    def faults(self, now: float, identity: str = "") -> list[Fault]:
        """Return everything that is wrong now; ``identity``: of the supervisor whose orders the
        bridge must have received.
        """
        limits = self.limits
        found = self._odometry_faults(now) + self._bridge_faults(now, identity)
        if self._late >= LATE:
            found.append(Fault(FaultKind.LATENCY, self._latency, limits.latency))
        found += self.battery_low(CHARGES)
        if limits.battery and self._beyond >= CHARGES:
            found.append(Fault(FaultKind.BATTERY_UNIT, self._most))
        if limits.battery_age and self._battery_time is not None:
            silent = now - self._battery_time
            if not -EARLY_STAMP_TOLERANCE <= silent <= limits.battery_age:
                found.append(Fault(FaultKind.BATTERY_OLD, silent, limits.battery_age))
        for topic, count in self._publishers.items():
            if count > 1:
                found.append(Fault(FaultKind.PUBLISHERS, count, 1.0, topic))
        recent = {
            kind: jump for kind, jump in self._jumps.items() if 0.0 <= now - jump[1] < JUMP_MEMORY
        }
        self._jumps = recent
        found += [fault for fault, _ in recent.values()]
        found += self.sticks.faults(now, limits.joy_age)
        return found + self.fence.faults(self._position)

    def cut(self, command: Command) -> Command:
        """Return the command without what leads out of the fence."""
        yaw = 0.0
        if self._pose is not None:
            yaw = self._pose.yaw
        return self.fence.cut(command, self._position, yaw)

    @property
    def _position(self) -> NDArray[np.float64] | None:
        if self._pose is None:
            return None
        return self._pose.position

    def _odometry_faults(self, now: float) -> list[Fault]:
        limits = self.limits
        found = []
        pose = self._pose
        fenced = limits.radius or limits.low or limits.high
        # Without a place there is no fence, whether or not the age of the odometry is watched.
        if (limits.odometry_age or fenced) and pose is None:
            found.append(Fault(FaultKind.NO_ODOMETRY))
        if limits.odometry_age and pose is not None:
            age = now - pose.received
            if not -EARLY_STAMP_TOLERANCE <= age <= limits.odometry_age:
                found.append(Fault(FaultKind.ODOMETRY_OLD, age, limits.odometry_age))
        if limits.pose_frozen and self._moving_since is not None and pose is not None:
            frozen = now - max(self._moving_since, self._pose_changed)
            if frozen > limits.pose_frozen:
                found.append(Fault(FaultKind.POSE_FROZEN, frozen, limits.pose_frozen))
        return found

    def _bridge_faults(self, now: float, identity: str) -> list[Fault]:
        limit = self.limits.autopilot_age
        if not limit:
            return []
        if self._report is None:
            return [Fault(FaultKind.NO_BRIDGE)]
        age = now - self._report_time
        if not -EARLY_STAMP_TOLERANCE <= age <= limit:
            return [Fault(FaultKind.BRIDGE_OLD, age, limit)]
        if self._report.phase is Phase.OFFLINE:
            return [Fault(FaultKind.BRIDGE_OFFLINE, subject=self._report.text or "offline")]
        if identity and self._report.supervisor != identity:
            return [Fault(FaultKind.ORDER_NOT_RECEIVED)]
        return []

    def _jump(self, fault: Fault, now: float) -> None:
        self._jumps[fault.kind] = (fault, now)


def _fence_of(limits: WatchLimits) -> FenceLimits:
    return FenceLimits(limits.radius, limits.low, limits.high)
