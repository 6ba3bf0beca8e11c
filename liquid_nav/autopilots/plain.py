"""Plain velocities for whatever takes a Twist, and zero when no command comes any more.

There is nothing to arm and no mode to ask for, but the contract is the same: only an engagement
that was not seen lets commands through, and after a hold only a person, or a resume that comes in
time, does so again.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from liquid_nav import geometry
from liquid_nav.autopilots.freshness import NEVER
from liquid_nav.autopilots.ledger import Ledger
from liquid_nav.autopilots.session_config import SessionConfig, bounded
from liquid_nav.autopilots.session_reports import SessionEvent
from liquid_nav.safety import BridgeReport, Fault, FaultKind, Mode, Order, Phase
from liquid_nav.types import Command

ZERO = Command()


def in_body(command: Command, quaternion: NDArray[np.float64]) -> Command:
    """Return a level command as a drone of that attitude (w x y z, body FLU to ENU) takes it in its
    tilted body.

    Who reads a command in the tilted body flies down while the nose is down: 2 m/s forward at 17
    degrees of tilt are 0.6 m/s of descent.
    """
    level = np.array((command.vx, command.vy, command.vz))
    world = geometry.world_from_level(level, geometry.yaw_of(quaternion))
    w, x, y, z = quaternion
    vx, vy, vz = geometry.rotate(np.array((w, -x, -y, -z)), world)
    return Command(float(vx), float(vy), float(vz), command.yaw_rate)


class PlainSession:
    """Repeats the last command at a rate, for as long as it is fresh and a person has engaged."""

    def __init__(self, config: SessionConfig | None = None, rate: float = 20.0) -> None:
        """``rate``: of the repetition, Hz."""
        self.config = config or SessionConfig()
        self.phase = Phase.READY
        self.fault: Fault | None = None
        self.order: Order | None = None
        self._period = 1.0 / rate
        self.identity = ""
        """Of this process, for the supervisor; another one after every start."""
        self._ledger = Ledger()
        self._command = ZERO
        self._command_time = NEVER
        self._sent = NEVER
        self._new = False
        self._held_since = NEVER
        self._distrusted = ""
        self._closing = False
        self._quaternion: NDArray[np.float64] | None = None
        self._seen = NEVER
        self._events: list[SessionEvent] = []

    def command(self, command: Command, now: float) -> None:
        """Take a command; what is not finite, or does not fit into 32 bits, is zero."""
        self._command = bounded(command, self.config) or ZERO
        self._command_time = now
        self._new = True

    def attitude(self, quaternion: NDArray[np.float64], now: float) -> None:
        """Take the drone's attitude (unit, w x y z, FLU to ENU): commands are turned into its
        tilted body.
        """
        if np.isfinite(quaternion).all() and abs(np.linalg.norm(quaternion) - 1.0) < 0.01:
            self._quaternion = np.asarray(quaternion, dtype=np.float64)
            self._seen = now

    def take_order(self, order: Order, now: float) -> None:
        """Take the supervisor's order; the same one may come any number of times."""
        # Seen is seen, also what is not obeyed: it must not look new when it comes again.
        news = self._ledger.take(order)
        distrusted = bool(self._distrusted) and order.mode is not Mode.LANDING
        if self._closing or distrusted or not news.current:
            return
        before = self.order
        self.order = order
        changed = order.differs_from(before)
        if not changed and not news.act:
            return
        self._new = True
        if order.mode is Mode.ENGAGED:
            self._engage(news.engagement, before is not None, now)
        elif order.mode is Mode.HOLDING:
            self._held_since = now
            if news.act or self.phase is not Phase.LANDING:
                self._leave(Phase.HOLDING)
        elif order.mode is Mode.LANDING:
            if news.act or self.phase in (Phase.FLYING, Phase.HOLDING):
                self.phase = Phase.LANDING
        elif order.mode is Mode.PILOT:
            self._leave(Phase.RELEASED)
        elif news.act or self.phase is not Phase.LANDING:
            self.phase = Phase.READY

    def distrust(self, topic: str, now: float) -> None:
        """More than one node publishes ``topic``: none of them is obeyed; empty: all is well
        again.
        """
        if topic and topic != self._distrusted:
            self._new = True
            if self.phase is not Phase.LANDING:
                self._leave(Phase.HOLDING)
            self._record_fault(Fault(FaultKind.TWO_SUPERVISORS, subject=topic), now)
        self._distrusted = topic

    def close(self, now: float) -> None:
        """End with zero."""
        self._closing = True
        self._new = True
        self.phase = Phase.READY

    @property
    def finished(self) -> bool:
        """Whether the last zero has been handed over."""
        return self._closing and not self._new

    def update(self, now: float) -> Command | None:
        """Return what has to be sent now, or None."""
        if not self._new and 0.0 <= now - self._sent < self._period - 1e-4:
            return None
        self._sent = now
        self._new = False
        silent = now - self._command_time
        fresh = 0.0 <= silent <= self.config.freshness
        if self.phase is Phase.FLYING and not fresh and self._command_time > NEVER:
            self._leave(Phase.HOLDING)
            limit = self.config.freshness
            self._record_fault(Fault(FaultKind.SUPERVISOR_SILENT, silent, limit), now)
        wanted = ZERO
        if self.phase is Phase.LANDING:
            # Kept until a person asks for hold or disengage, whatever other nodes publish: nothing
            # reports when it is down.
            wanted = Command(vz=-self.config.descent)
        elif self.phase is Phase.FLYING and fresh and not self._distrusted:
            wanted = self._command
        if self._quaternion is None or not 0.0 <= now - self._seen <= self.config.freshness:
            return wanted
        return in_body(wanted, self._quaternion)

    def events(self) -> list[SessionEvent]:
        """Return what has happened since the last call."""
        events = self._events
        self._events = []
        return events

    def report(self) -> BridgeReport:
        """Return the report to the supervisor; whether the drone is armed or flies is not
        reported.
        """
        report = BridgeReport(phase=self.phase, bridge=self.identity)
        order = self.order
        if order is not None:
            report = replace(
                report, supervisor=order.supervisor, act=order.act, change=order.change
            )
        if self.fault is not None:
            report = replace(report, fault=self.fault.kind.value, text=str(self.fault))
        return report

    def _engage(self, unseen: bool, known: bool, now: float) -> None:
        if self.phase is Phase.LANDING:
            if unseen:
                self._record_fault(Fault(FaultKind.LANDING_GOES_ON), now)
        elif unseen:
            self.fault = None
            self.phase = Phase.FLYING
            self._command_time = max(self._command_time, now)
            self._command = ZERO
        elif self.phase is Phase.HOLDING and known:
            in_time = 0.0 <= now - self._held_since <= self.config.resume
            if in_time and self.fault is None:
                self.phase = Phase.FLYING
            else:
                self._record_fault(Fault(FaultKind.RESUME_REFUSED), now)

    def _leave(self, phase: Phase) -> None:
        if self.phase in (Phase.FLYING, Phase.HOLDING, Phase.LANDING):
            self.phase = phase

    def _record_fault(self, fault: Fault, now: float) -> None:
        self.fault = fault
        self._events.append(SessionEvent(now, True, str(fault)))
