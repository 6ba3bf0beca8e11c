"""The test vehicle as ArduPilot Copter.

From its documentation alone: no recorded flight of a real ArduPilot stands behind this one, unlike the PX4 personality.
"""

from __future__ import annotations

from typing import ClassVar

from pymavlink.dialects.v20 import common as mavlink

from liquid_nav.autopilots.flavours import ARDUPILOT
from liquid_nav.autopilots.mavlink_codec import Message
from liquid_nav.simulation import mavlink_vehicle as base
from liquid_nav.types import Command

GUIDED, BRAKE, LAND, LOITER, STABILIZE = ARDUPILOT.follow, ARDUPILOT.hold, ARDUPILOT.land, 5, 0
READY = 5.0
"""s after boot until its checks pass."""
CANNOT_ARM = {LAND, BRAKE, 6}


class ArduPilotVehicle(base.MavlinkVehicle):
    """Guided mode, take-off by command, the set-point timeout, landing that disarms."""

    autopilot = mavlink.MAV_AUTOPILOT_ARDUPILOTMEGA
    parameters: ClassVar[dict] = {"GUID_TIMEOUT": (3.0, mavlink.MAV_PARAM_TYPE_REAL32)}
    frames = (1, 7, 8, 9)
    sinking = 0.5

    def __init__(self, *args: object, **options: object) -> None:
        """See the base; in the air it begins in brake mode."""
        super().__init__(*args, **options)
        self._ready_at = READY if self.body.landed else 0.0
        self.boot()

    def boot(self) -> None:
        """Stabilize on the ground, as after every start."""
        self.mode = STABILIZE if self.body.landed else BRAKE
        self._climb_to: float | None = None
        self._armed_at = self._touched = None
        self._flying = not self.body.landed

    def heartbeat(self) -> Message:
        """Mode number and flags."""
        flags = 0x01 | 0x50 | (0x08 if self.mode in (GUIDED, 3, LAND, 6) else 0) | (base.ARMED if self.armed else 0)
        return mavlink.MAVLink_heartbeat_message(2, self.autopilot, flags, self.mode, 4 if self.armed else 3, 3)

    def on_command(self, m: Message) -> None:
        """Modes, arming, take-off, landing."""
        if m.command == mavlink.MAV_CMD_DO_SET_MODE:
            self._on_mode(m.command, int(m.param2))
        elif m.command == mavlink.MAV_CMD_COMPONENT_ARM_DISARM:
            self._on_arm(m.command, m.param1 > 0.5, m.param2 == 21196)
        elif m.command == mavlink.MAV_CMD_NAV_TAKEOFF:
            ready = self.armed and self.mode == GUIDED and self.body.landed and m.param7 > 0.0
            self.acknowledge(m.command, base.ACCEPTED if ready else base.FAILED)
            self._climb_to = m.param7 if ready else self._climb_to
        elif m.command == mavlink.MAV_CMD_NAV_LAND:
            self._on_mode(m.command, LAND)
        elif m.command == mavlink.MAV_CMD_SET_MESSAGE_INTERVAL:
            self.acknowledge(m.command, base.ACCEPTED)
        else:
            self.acknowledge(m.command, base.UNSUPPORTED)

    def _on_mode(self, command: int, mode: int) -> None:
        known = mode in ARDUPILOT.names
        self.acknowledge(command, base.ACCEPTED if known else base.FAILED)
        if known and mode != self.mode:
            self.mode, self._climb_to = mode, None
            self.let_go()

    def _on_arm(self, command: int, wanted: bool, force: bool) -> None:
        why = ""
        if wanted and not self.armed:
            why = self.refuse_arming
            if not why and self.uptime < self._ready_at:
                why = "Arm: Need Position Estimate"
            if not why and self.mode in CANNOT_ARM:
                why = f"Arm: {ARDUPILOT.mode_name(self.mode)} mode not armable"
        refused = bool(why) or (not wanted and self.armed and not self.body.landed and not force)
        self.acknowledge(command, base.FAILED if refused else base.ACCEPTED)
        if why:
            self.text(why, base.CRITICAL)
        elif not refused and wanted != self.armed:
            self.armed, self._armed_at = wanted, self.now
            self.text("Arming motors" if wanted else "Disarming motors")

    def think(self) -> Command | None:
        """Landing detection, then what the mode says."""
        self._watch_ground()
        if not self.armed:
            return None
        if self.mode in (LAND, 6):
            self.landed_state = base.LANDING if not self.body.landed else self.landed_state
            return Command(vz=-self.sinking)
        if self.mode == GUIDED:
            return self._guided()
        return self.hold_place() if not self.body.landed else Command()

    def _guided(self) -> Command:
        if self._climb_to is not None:
            if self.body.state.position[2] - self.origin[2] < self._climb_to - 0.1:
                return Command(vz=0.7)
            self._climb_to = None
        if self.body.landed:
            return Command()
        if self.now - self.set_point_time > self.parameters["GUID_TIMEOUT"][0]:
            return self.hold_place()
        self.let_go()
        return self.set_point

    def _watch_ground(self) -> None:
        landed = self.body.landed
        if not self.armed or (landed and not self._flying):
            self.landed_state = base.GROUND if landed else base.AIR
            idle = self.armed and self._climb_to is None and self._armed_at is not None
            if idle and self.now - self._armed_at >= 10.0:
                self._disarm()
        elif not landed:
            self._flying, self._touched, self.landed_state = True, None, base.AIR
        else:
            self._touched = self.now if self._touched is None else self._touched
            if self.now - self._touched >= 1.0:
                self._disarm()

    def _disarm(self) -> None:
        self.armed, self._flying, self._touched, self.landed_state = False, False, None, base.GROUND
        self.text("Disarming motors")
