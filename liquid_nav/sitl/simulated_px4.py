"""The test vehicle as PX4 1.16: compared with a recorded flight event by event, see
``test_simulated_px4.py``.
"""

from __future__ import annotations

from pymavlink.dialects.v20 import common as mavlink

from liquid_nav.autopilots import PX4, MavlinkMessage, parameter_value_message, px4_mode
from liquid_nav.sitl import simulated_vehicle as base
from liquid_nav.sitl.vehicle_motion import THROTTLE, TRAVEL
from liquid_nav.types import Command

OFFBOARD = PX4.follow
LOITER = PX4.hold
LAND = PX4.land
MANUAL, ALTCTL, POSCTL, ACRO, STABILIZED = (px4_mode(main) for main in (1, 2, 3, 5, 7))
TAKEOFF, MISSION, RTL, PRECLAND = (px4_mode(4, sub) for sub in (2, 4, 5, 9))
MODE_TEXTS = {
    MANUAL: "Manual",
    ALTCTL: "Altitude",
    POSCTL: "Position",
    ACRO: "Acro",
    STABILIZED: "Stabilized",
    OFFBOARD: "Offboard",
    LOITER: "Hold",
    MISSION: "Mission",
    RTL: "Return",
    TAKEOFF: "Takeoff",
    LAND: "Land",
    PRECLAND: "Precision Landing",
}
"""What its texts call a mode."""
BY_STICKS = {MANUAL, ALTCTL, POSCTL, ACRO, STABILIZED}
MANUAL_THROTTLE = {MANUAL, ACRO, STABILIZED}
"""Modes in which the throttle stick is thrust: the pilot may disarm in the air."""
GLOBAL = {LOITER, MISSION, RTL}
"""Modes that need a global position."""
NOT_TO_ARM_IN = {LAND, PRECLAND, RTL}
"""Modes in which it refuses to arm, and which are forgotten when it disarms."""
RADIO_EXCEPTIONS = {MISSION: 1, LOITER: 2, TAKEOFF: 2, OFFBOARD: 4}
"""Bits of COM_RCL_EXCEPT: modes in which a lost remote control does not matter."""
SPOOL_UP = 1.0
"""s after arming for which the motors idle."""
TAKEOFF_HEIGHT = 2.5
"""m above home, MIS_TAKEOFF_ALT."""
STICK_FILTER = 0.1
"""s, time constant of the filter that recognises moving sticks."""
INT32 = mavlink.MAV_PARAM_TYPE_INT32
REAL32 = mavlink.MAV_PARAM_TYPE_REAL32


class Px4Vehicle(base.MavlinkVehicle):
    """Modes, arming rules, the stream rule, failsafes and landing detection of PX4."""

    autopilot = mavlink.MAV_AUTOPILOT_PX4
    bytewise = True
    heartbeat_rate_fixed = True
    """PX4's heartbeat has a constant rate: a request for another is answered FAILED (checked in its
    source).
    """
    parameters = {
        "COM_OBL_RC_ACT": (0.0, INT32),
        "COM_OF_LOSS_T": (1.0, REAL32),
        "COM_RC_OVERRIDE": (1.0, INT32),
        "COM_RC_STICK_OV": (30.0, REAL32),
        "COM_RCL_EXCEPT": (0.0, INT32),
        "NAV_RCL_ACT": (2.0, INT32),
        "NAV_DLL_ACT": (0.0, INT32),
        "COM_LOW_BAT_ACT": (0.0, INT32),
        "GF_ACTION": (2.0, INT32),
    }
    sinking = (0.7, 0.4)
    """m/s, and below half a metre."""
    settling = 3.5
    """s on the ground until it reports that it has landed, as recorded."""
    ready_after = 4.0

    def boot(self) -> None:
        """Hold mode, as after every start."""
        self.mode = LOITER
        self._before = LOITER
        self.failsafe = 0
        if not self.body.landed and not self.global_position:
            # Up there without a global position: only a pilot can have brought it there.
            self.mode = POSCTL
            self._before = POSCTL
            self.pilot_sticks()
        self._lasting = False
        self._stream_since: float | None = None
        self._touched: float | None = None
        self._settled: float | None = None
        self._armed_at: float | None = None
        self._flying = not self.body.landed
        self._stick_before: tuple[int, ...] | None = None
        self._stick_speeds = [0.0] * 4
        self._stick_time = self.now

    @property
    def shown_mode(self) -> int:
        """The mode that it is in, failsafes included."""
        return self.failsafe or self.mode

    @property
    def streamed(self) -> bool:
        """Whether set points come in."""
        return self.now - self.set_point_time <= self.parameters["COM_OF_LOSS_T"][0]

    def text(self, text: str, severity: int = base.INFO, delay: float = 0.0) -> None:
        """PX4 sends texts to ground stations only, and ends them with a tab."""
        if self.ground_station is not None:
            super().text(text + "\t", severity, delay)

    def show_parameter(self, name: str, again: bool = False) -> None:
        """PX4 sends a changed parameter twice."""
        super().show_parameter(name)
        if again:
            value, kind = self.parameters[name]
            self.emit(parameter_value_message(name, value, kind, self.bytewise), 0.01)

    def heartbeat(self) -> MavlinkMessage:
        """Flags and state as recorded."""
        flags = self._mode_flags()
        if self.armed:
            flags |= base.ARMED
        return mavlink.MAVLink_heartbeat_message(
            2, self.autopilot, flags, self.shown_mode, self._system_status(), 3
        )

    def _mode_flags(self) -> int:
        """Return MAV_MODE_FLAG of the mode that it shows, without the bit of the motors."""
        mode = self.shown_mode
        if mode == OFFBOARD and self.streamed:
            return 0x11
        if mode == OFFBOARD:
            return 0x01
        if mode >> 16 & 0xFF == 4:
            return 0x1D
        return 0x51

    def _system_status(self) -> int:
        """Return MAV_STATE."""
        if self.failsafe:
            return 5
        if self.armed:
            return 4
        if self.uptime >= self._ready_at and (self.shown_mode != OFFBOARD or self.streamed):
            return 3
        return 0

    def on_set_point(self) -> None:
        """A stream begins or goes on."""
        if self._stream_since is None:
            self._stream_since = self.now

    def on_foreign_frame(self, frame: int) -> None:
        """Refused by a text, and not counted as a stream."""
        self.text(
            f"SET_POSITION_TARGET_LOCAL_NED coordinate frame {frame} unsupported", base.CRITICAL
        )

    def on_command(self, m: MavlinkMessage) -> None:
        """Modes, arming, take-off, return, landing."""
        if m.command == mavlink.MAV_CMD_DO_SET_MODE:
            self._on_mode(base.whole(m.param2) << 16 | base.whole(m.param3) << 24)
        elif m.command == mavlink.MAV_CMD_COMPONENT_ARM_DISARM:
            self._on_arm(m.param1 > 0.5, m.param2 == 21196)
        elif m.command == mavlink.MAV_CMD_NAV_LAND:
            # Always obeyed, even disarmed: it is the way out of an emergency.
            self.acknowledge(m.command, base.ACCEPTED, 0.005)
            self.text("Landing at current position", delay=0.005)
            self._change(LAND)
        elif m.command == mavlink.MAV_CMD_NAV_RETURN_TO_LAUNCH:
            self._on_mode_command(m.command, RTL, "Returning to launch")
        elif m.command == mavlink.MAV_CMD_NAV_TAKEOFF:
            self._on_mode_command(m.command, TAKEOFF, "")
        else:
            self.acknowledge(m.command, base.UNSUPPORTED)

    def pilot_switches(self, mode: int) -> bool:
        """See the base; what it cannot do is refused as it refuses it to us."""
        if not self._can_change(mode):
            self._refuse_mode(mode)
            return False
        self._change(mode)
        return True

    def pilot_arms(self, wanted: bool) -> bool:
        """See the base: it arms by remote control in modes flown by sticks only, with the throttle
        down.
        """
        if wanted == self.armed:
            return True
        if wanted:
            why = self._why_not_arm() or self._why_sticks_do_not_arm()
        else:
            why = self._why_not_disarm(by_pilot=True)
        if why:
            self.text(why, base.CRITICAL)
            return False
        self._set_armed(wanted, "RC (switch)")
        return True

    def _on_mode(self, mode: int) -> None:
        self.acknowledge(mavlink.MAV_CMD_DO_SET_MODE, base.ACCEPTED)
        if not self._can_change(mode):
            self.acknowledge(mavlink.MAV_CMD_DO_SET_MODE, base.TEMPORARILY_REJECTED)
            self._refuse_mode(mode)
        else:
            self.acknowledge(mavlink.MAV_CMD_DO_SET_MODE, base.ACCEPTED, 0.005)
            self._change(mode)

    def _on_mode_command(self, command: int, mode: int, text: str) -> None:
        if not self._can_change(mode):
            self.acknowledge(command, base.TEMPORARILY_REJECTED, 0.005)
            self._refuse_mode(mode)
            return
        self.acknowledge(command, base.ACCEPTED, 0.005)
        if text:
            self.text(text, delay=0.005)
        self._change(mode)

    def _can_change(self, mode: int) -> bool:
        """Disarmed, every mode may be chosen; what is missing stops it from arming."""
        return mode in PX4.names and (not self.armed or self._can_run(mode))

    def _can_run(self, mode: int) -> bool:
        if mode in BY_STICKS:
            return self.sticks is not None
        if mode in GLOBAL:
            return self.global_position
        return mode != OFFBOARD or self.streamed

    def _refuse_mode(self, mode: int) -> None:
        text = MODE_TEXTS.get(mode, PX4.mode_name(mode))
        self.text(f"Switching to {text} is currently not available", base.CRITICAL)

    def _change(self, mode: int) -> None:
        if mode == self.mode and not self.failsafe:
            return
        if mode not in NOT_TO_ARM_IN:
            self._before = mode
        elif self.mode not in NOT_TO_ARM_IN:
            self._before = self.mode
        self.mode = mode
        self.failsafe = 0
        self._lasting = False

    def _why_not_arm(self) -> str:
        if self.refuse_arming:
            return self.refuse_arming
        ready = (
            self.uptime >= self._ready_at
            and self.mode not in NOT_TO_ARM_IN
            and self._can_run(self.mode)
        )
        if ready:
            return ""
        return "Arming denied: Resolve system health failures first"

    def _why_sticks_do_not_arm(self) -> str:
        if self.mode not in BY_STICKS:
            return "Arming denied: switch to manual mode first"
        throttle = self.stick(THROTTLE)
        if self.mode in MANUAL_THROTTLE and throttle > -0.8:
            return "Arming denied: high throttle"
        if throttle > 0.2:
            return "Arming denied: throttle above center"
        return ""

    def _why_not_disarm(self, by_pilot: bool = False) -> str:
        if self.body.landed or (by_pilot and self.shown_mode in MANUAL_THROTTLE):
            return ""
        return "Disarming denied: not landed"

    def _on_arm(self, wanted: bool, force: bool) -> None:
        number = mavlink.MAV_CMD_COMPONENT_ARM_DISARM
        why = ""
        if wanted and not self.armed:
            why = self._why_not_arm()
        elif not wanted and self.armed and not force:
            why = self._why_not_disarm()
        if why:
            self.acknowledge(number, base.TEMPORARILY_REJECTED, 0.01)
            self.text(why, base.CRITICAL, 0.01)
            return
        self.acknowledge(number, base.ACCEPTED, 0.01)
        if wanted != self.armed:
            self._set_armed(wanted, "external command", 0.01)

    def _set_armed(self, wanted: bool, by_whom: str, delay: float = 0.0) -> None:
        if not wanted:
            self._disarm(f"Disarmed by {by_whom}", delay)
            return
        self.armed = True
        self._armed_at = self.now
        self._flying = not self.body.landed
        self.home = self.body.state.position.copy()
        self.text(f"Armed by {by_whom}", delay=delay)

    def step_mode(self) -> Command | None:
        """Failsafe, landing detection, then what the mode asks for."""
        self._watch_sticks()
        self._watch_failsafes()
        self._watch_ground()
        mode = self.shown_mode
        if not self.armed:
            return None
        if mode in (LAND, PRECLAND):
            return self._sink()
        if mode == OFFBOARD:
            return self._follow()
        if mode == RTL:
            return self._return()
        if mode == TAKEOFF:
            return self._take_off()
        if mode in BY_STICKS:
            return self._by_sticks()
        return self.stay()

    def _follow(self) -> Command:
        # Armed on the ground the motors only idle at first (COM_SPOOLUP_TIME).
        spools_up = (
            self.body.landed and self._armed_at is not None and self.now - self._armed_at < SPOOL_UP
        )
        if spools_up or not self.streamed:
            return Command()
        return self.set_point

    def _sink(self) -> Command:
        if not self.body.landed:
            self.landed_state = base.LANDING
        return Command(vz=-self._sinking())

    def _sinking(self) -> float:
        low = self.body.state.position[2] - self.origin[2] < 0.5
        return self.sinking[int(low)]

    def _return(self) -> Command:
        command = self.fly_home(self._sinking())
        if self._descends and not self.body.landed:
            self.landed_state = base.LANDING
        return command

    def _take_off(self) -> Command:
        """Climb, then hold, as PX4 does by itself."""
        missing = self.home[2] + TAKEOFF_HEIGHT - self.body.state.position[2]
        if missing < 0.1:
            self._change(LOITER)
            return self.hold_place()
        if not self.body.landed:
            self.landed_state = base.TAKEOFF
        return Command(vz=max(0.3, min(1.5, float(missing))))

    def _by_sticks(self) -> Command:
        if self.sticks is None and not self.body.landed:
            # The failsafe's position mode without a pilot: the slow descent that a real one was
            # seen in.
            return Command(vz=-0.3)
        return self.fly_by_sticks()

    def _watch_sticks(self) -> None:
        """Moved sticks take over from automatic modes and offboard, as COM_RC_OVERRIDE allows."""
        if not self._sticks_move() or not self.armed or self.shown_mode in BY_STICKS:
            return
        bit = 2 if self.shown_mode == OFFBOARD else 1
        if int(self.parameters["COM_RC_OVERRIDE"][0]) & bit:
            self._change(POSCTL)
            self.text("Pilot took over using sticks")

    def _sticks_move(self) -> bool:
        """Whether a stick is faster than COM_RC_STICK_OV percent of its travel a second, filtered
        as PX4 does.
        """
        before = self._stick_before
        self._stick_before = self.sticks
        elapsed = self.now - self._stick_time
        self._stick_time = self.now
        if self.sticks is None or before is None:
            self._stick_speeds = [0.0] * 4
            return False
        if before == self.sticks and not any(self._stick_speeds):
            return False
        if elapsed <= 0.0:
            # Set between two looks at the same time: seen at the next.
            self._stick_before = before
            return False
        blend = elapsed / (STICK_FILTER + elapsed)
        for place, (old, new) in enumerate(zip(before[:4], self.sticks[:4])):
            speed = (new - old) / TRAVEL / elapsed
            speed = self._stick_speeds[place] + blend * (speed - self._stick_speeds[place])
            self._stick_speeds[place] = speed if abs(speed) > 1e-3 else 0.0
        return max(map(abs, self._stick_speeds)) > self.parameters["COM_RC_STICK_OV"][0] / 100.0

    def _watch_failsafes(self) -> None:
        if not self.streamed:
            self._stream_since = None
        if not self.armed:
            return
        if self.shown_mode in GLOBAL and not self.global_position:
            self._fail_to(LAND)
        elif self.mode == OFFBOARD:
            self._watch_stream()

    def _watch_stream(self) -> None:
        if not self.streamed and not self.failsafe:
            self._lose_stream(int(self.parameters["COM_OBL_RC_ACT"][0]))
        elif self._lasting:
            return
        elif (
            self.failsafe
            and self._stream_since is not None
            and self.now - self._stream_since >= 0.2
        ):
            self.failsafe = 0

    def _lose_stream(self, action: int) -> None:
        """What COM_OBL_RC_ACT chooses; whatever cannot be done falls through to landing."""
        if action in (6, 7):
            self.text("Failsafe activated", base.CRITICAL)
            self._disarm("Disarmed by failsafe")
            return
        modes = {1: ALTCTL, 2: STABILIZED, 3: RTL, 4: LAND, 5: LOITER}
        self._fail_to(modes.get(action, POSCTL))

    def on_lost_radio(self) -> None:
        """What NAV_RCL_ACT chooses, until the mode is changed; at once, where PX4 first holds for
        5 s.
        """
        if int(self.parameters["COM_RCL_EXCEPT"][0]) & RADIO_EXCEPTIONS.get(self.mode, 0):
            return
        action = int(self.parameters["NAV_RCL_ACT"][0])
        if action in (5, 6):
            self.text("Failsafe activated", base.CRITICAL)
            self._disarm("Disarmed by failsafe")
        elif action in (1, 2, 3):
            self._lasting = True
            self._fail_to({1: LOITER, 2: RTL, 3: LAND}[action])

    def _fail_to(self, mode: int) -> None:
        """Enter a failsafe's mode; without a global position what needs one falls through to
        landing.
        """
        if mode in GLOBAL and not self.global_position:
            mode = LAND
        self.failsafe = mode
        self.text("Failsafe activated", base.CRITICAL)

    def _watch_ground(self) -> None:
        now = self.now
        landed = self.body.landed
        if not self.armed:
            self.landed_state = base.landed_state_of(landed)
            self._touched = None
        elif not landed:
            if not self._flying:
                self._flying = True
                self.text("Takeoff detected")
            self.landed_state = base.AIR
            self._touched = None
            self._settled = None
        elif self._flying:
            self._settle()
        elif self._armed_at is not None and now - self._armed_at >= 10.0:
            self._disarm("Disarmed by auto preflight disarming")

    def _settle(self) -> None:
        """Stand on the ground after a flight: landed after a while, disarmed after another."""
        now = self.now
        if self._touched is None:
            self._touched = now
        if now - self._touched >= self.settling and self._settled is None:
            self._settled = now
            self.landed_state = base.GROUND
            self.text("Landing detected")
        if self._settled is not None and now - self._settled >= 2.0:
            self._disarm("Disarmed by landing")

    def _disarm(self, text: str, delay: float = 0.0) -> None:
        self.armed = False
        self.mode = self._before
        self.failsafe = 0
        self._lasting = False
        self._flying = False
        self._touched = None
        self._settled = None
        self.text(text, delay=delay)
