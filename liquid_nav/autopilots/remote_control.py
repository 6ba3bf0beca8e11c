"""The pilot's remote control as the vehicle receives it: whether there is one, and its engage
switch.

How a flip of the switch is recognised is in ``safety.switch``.
"""

from __future__ import annotations

from liquid_nav.autopilots.freshness import LINK_LOST
from liquid_nav.autopilots.vehicle import VehicleState
from liquid_nav.safety import EngageSwitch, Phase

STICKS_AGE = 0.5
"""s for which the last position of the engage switch counts."""
RECEIVER_AGE = 2.0
"""s for which the vehicle's report on the health of its receiver counts; it is asked for twice a
second.
"""


class RemoteControl:
    """Counts deliberate flips of the engage switch."""

    def __init__(self, vehicle: VehicleState, channel: int) -> None:
        """Begin without any message.

        Args:
            vehicle: What the vehicle reports; read whenever a message of it has come.
            channel: Channel of the engage switch, counted from 1; 0: there is none.
        """
        self.flips = 0
        """How often the engage switch was flipped while nothing of ours went on."""
        self._vehicle = vehicle
        self._switch = EngageSwitch(channel)
        self._shown: tuple[int | None, bool] | None = None
        """Mode and arming of the last heartbeat."""

    def forget(self) -> None:
        """Something else was wanted: a flip that is under way does not count."""
        self._switch.forget()

    def received_heartbeat(self) -> None:
        """Compare what the heartbeat shows with the one before."""
        shown = (self._vehicle.mode, self._vehicle.armed)
        if shown != self._shown:
            # A mode or arming was just chosen: a flip that began before it does not count.
            self._shown = shown
            self.forget()

    def received_receiver_status(self) -> None:
        """Take the vehicle's report on its receiver: without a healthy one no flip counts."""
        if not self._vehicle.receiver:
            self.forget()

    def received_sticks(self, phase: Phase, now: float) -> bool:
        """Take the channels that came at ``now`` (s); returns whether the engage switch has just
        been flipped.

        Args:
            phase: What the session does: where something of ours goes on, nothing is engaged.
            now: Time, s.
        """
        vehicle = self._vehicle
        reported = vehicle.receiver_time
        healthy = (
            vehicle.receiver and reported is not None and 0.0 <= now - reported <= RECEIVER_AGE
        )
        active = phase not in (Phase.READY, Phase.RELEASED)
        if not self._switch.flipped(vehicle.positions, healthy, active, vehicle.sticks_stamp, now):
            return False
        self.flips += 1
        return True

    def is_received(self, now: float) -> bool:
        """Whether the vehicle receives a remote control at ``now`` (s)."""
        return self._vehicle.sticks is not None and self._sticks_within(LINK_LOST, now)

    def switched_on(self, phase: Phase, now: float) -> bool:
        """Whether the engage switch is on, as far as is known in ``phase`` at ``now`` (s)."""
        known = phase is not Phase.OFFLINE and self._sticks_within(STICKS_AGE, now)
        return self._switch.on and known

    def _sticks_within(self, age: float, now: float) -> bool:
        """Whether channels were received in the last ``age`` seconds."""
        time = self._vehicle.sticks_time
        return time is not None and 0.0 <= now - time <= age
