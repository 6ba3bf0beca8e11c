"""The test vehicle as PX4 1.16: compared with a recorded flight event by event, see ``test_px4_personality.py``."""

from __future__ import annotations

from typing import ClassVar

from pymavlink.dialects.v20 import common as mavlink

from liquid_nav.autopilots.flavours import PX4
from liquid_nav.autopilots.mavlink_codec import Message
from liquid_nav.simulation import mavlink_vehicle as base
from liquid_nav.types import Command

OFFBOARD, LOITER, LAND, RTL = PX4.follow, PX4.hold, PX4.land, 0x5040000
NEEDS_STICKS = {0x10000: "Manual", 0x20000: "Altitude", 0x30000: "Position", 0x50000: "Acro", 0x70000: "Stabilized"}
READY = 4.0
"""s after boot."""
INT32, REAL32 = mavlink.MAV_PARAM_TYPE_INT32, mavlink.MAV_PARAM_TYPE_REAL32


class Px4Vehicle(base.MavlinkVehicle):
    """Modes, arming rules, the stream rule, failsafes and landing detection of PX4."""

    autopilot, bytewise = mavlink.MAV_AUTOPILOT_PX4, True
    parameters: ClassVar[dict] = {"COM_OBL_RC_ACT": (0.0, INT32), "COM_OF_LOSS_T": (1.0, REAL32)}
    sinking = (0.7, 0.4)
    """m/s, and below half a metre."""
    settling = 3.5
    """s on the ground until it believes that it has landed, as recorded."""

    def __init__(self, *args: object, **options: object) -> None:
        """See the base; in the air it begins ready and in hold."""
        super().__init__(*args, **options)
        self._ready_at = READY if self.body.landed else 0.0
        self.boot()

    def boot(self) -> None:
        """Hold mode, as after every start."""
        self.mode, self._before, self.failsafe = LOITER, LOITER, 0
        self._stream_since: float | None = None
        self._touched = self._settled = self._armed_at = None
        self._flying = not self.body.landed

    @property
    def shown_mode(self) -> int:
        """The mode that it is in, failsafes included."""
        return self.failsafe or self.mode

    @property
    def streamed(self) -> bool:
        """Whether set points come in."""
        return self.now - self.set_point_time <= self.parameters["COM_OF_LOSS_T"][0]

    def text(self, words: str, severity: int = base.INFO, delay: float = 0.0) -> None:
        """PX4 talks to ground stations only, and ends with a tab."""
        if self.heard_station is not None:
            super().text(words + "\t", severity, delay)

    def show_parameter(self, name: str, again: bool = False) -> None:
        """PX4 tells a changed parameter twice."""
        super().show_parameter(name)
        if again:
            value, kind = self.parameters[name]
            self.emit(base.parameter_value(name, value, kind, self.bytewise), 0.01)

    def heartbeat(self) -> Message:
        """Flags and state as recorded."""
        mode, armed = self.shown_mode, base.ARMED if self.armed else 0
        healthy = self.uptime >= self._ready_at and (mode != OFFBOARD or self.streamed)
        if mode == OFFBOARD:
            flags = 0x11 if self.streamed else 0x01
        else:
            flags = 0x1D if mode >> 16 & 0xFF == 4 else 0x51
        status = 5 if self.failsafe else 4 if self.armed else 3 if healthy else 0
        return mavlink.MAVLink_heartbeat_message(2, self.autopilot, flags | armed, mode, status, 3)

    def on_set_point(self) -> None:
        """A stream begins or goes on."""
        if self._stream_since is None:
            self._stream_since = self.now

    def on_foreign_frame(self, frame: int) -> None:
        """Refused in words, and not counted as a stream."""
        self.text(f"SET_POSITION_TARGET_LOCAL_NED coordinate frame {frame} unsupported", base.CRITICAL)

    def on_command(self, m: Message) -> None:
        """Modes, arming, landing."""
        if m.command == mavlink.MAV_CMD_DO_SET_MODE:
            self._on_mode(int(m.param2) << 16 | int(m.param3) << 24)
        elif m.command == mavlink.MAV_CMD_COMPONENT_ARM_DISARM:
            self._on_arm(m.param1 > 0.5, m.param2 == 21196)
        elif m.command == mavlink.MAV_CMD_NAV_LAND:
            self.acknowledge(m.command, base.ACCEPTED if self.armed else base.TEMPORARILY_REJECTED, 0.005)
            if self.armed:
                self.text("Landing at current position", delay=0.005)
                self._change(LAND)
        elif m.command == mavlink.MAV_CMD_SET_MESSAGE_INTERVAL:
            self.acknowledge(m.command, base.ACCEPTED)
        else:
            self.acknowledge(m.command, base.UNSUPPORTED)

    def _on_mode(self, mode: int) -> None:
        refused = NEEDS_STICKS.get(mode) if self.sticks is None else None
        if mode == OFFBOARD and self.armed and not self.streamed:
            refused = "Offboard"
        self.acknowledge(mavlink.MAV_CMD_DO_SET_MODE, base.ACCEPTED)
        if refused or mode not in PX4.names:
            self.acknowledge(mavlink.MAV_CMD_DO_SET_MODE, base.TEMPORARILY_REJECTED)
            self.text(f"Switching to {refused} is currently not available", base.CRITICAL)
        else:
            self.acknowledge(mavlink.MAV_CMD_DO_SET_MODE, base.ACCEPTED, 0.005)
            self._change(mode)

    def _change(self, mode: int) -> None:
        if mode != self.mode or self.failsafe:
            self._before, self.mode, self.failsafe = (self.mode if mode == LAND else mode), mode, 0
            self.let_go()

    def _on_arm(self, wanted: bool, force: bool) -> None:
        number, why = mavlink.MAV_CMD_COMPONENT_ARM_DISARM, ""
        if wanted and not self.armed:
            why = self.refuse_arming
            if not why and (self.uptime < self._ready_at or (self.mode == OFFBOARD and not self.streamed)):
                why = "Arming denied: Resolve system health failures first"
        elif not wanted and self.armed and not self.body.landed and not force:
            why = "Disarming denied: not landed"
        if why:
            self.acknowledge(number, base.TEMPORARILY_REJECTED, 0.01)
            self.text(why, base.CRITICAL, 0.01)
            return
        self.acknowledge(number, base.ACCEPTED, 0.01)
        if wanted != self.armed:
            self.armed, self._armed_at, self._flying = wanted, self.now, False
            self.text(f"{'Armed' if wanted else 'Disarmed'} by external command", delay=0.01)

    def think(self) -> Command | None:
        """Failsafe, landing detection, then what the mode says."""
        self._watch_stream()
        self._watch_ground()
        mode = self.shown_mode
        if not self.armed:
            return None
        if mode == LAND:
            self.landed_state = base.LANDING if not self.body.landed else self.landed_state
            low = self.body.state.position[2] - self.origin[2] < 0.5
            return Command(vz=-self.sinking[int(low)])
        if mode == OFFBOARD:
            return self.set_point if self.streamed else Command()
        return self.hold_place() if not self.body.landed else Command()

    def _watch_stream(self) -> None:
        if not self.streamed:
            self._stream_since = None
        if not self.armed or self.mode != OFFBOARD:
            return
        if not self.streamed and not self.failsafe:
            self.failsafe = LOITER if self.parameters["COM_OBL_RC_ACT"][0] == 5 else LAND
            self.let_go()
            self.text("Failsafe activated", base.CRITICAL)
        elif self.failsafe and self._stream_since is not None and self.now - self._stream_since >= 0.2:
            self.failsafe = 0

    def _watch_ground(self) -> None:
        now, landed = self.now, self.body.landed
        if not self.armed:
            self.landed_state, self._touched = base.GROUND if landed else base.AIR, None
        elif not landed:
            if not self._flying:
                self._flying = True
                self.text("Takeoff detected")
            self.landed_state, self._touched, self._settled = base.AIR, None, None
        elif self._flying:
            self._touched = now if self._touched is None else self._touched
            if now - self._touched >= self.settling and self._settled is None:
                self._settled, self.landed_state = now, base.GROUND
                self.text("Landing detected")
            if self._settled is not None and now - self._settled >= 2.0:
                self._disarm("Disarmed by landing")
        elif self._armed_at is not None and now - self._armed_at >= 10.0:
            self._disarm("Disarmed by auto preflight disarming")

    def _disarm(self, words: str) -> None:
        self.armed, self.mode, self.failsafe = False, self._before, 0
        self._flying, self._touched, self._settled = False, None, None
        self.landed_state = base.GROUND
        self.text(words)
