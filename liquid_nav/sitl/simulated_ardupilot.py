"""The test vehicle as ArduPilot Copter.

From its documentation alone: it was not compared with a recorded flight of a real ArduPilot, unlike
the simulated PX4.
"""

from __future__ import annotations

from pymavlink.dialects.v20 import common as mavlink

from liquid_nav.autopilots import ARDUPILOT, ARDUPILOT_METRES_PER_E7, MavlinkMessage
from liquid_nav.sitl import simulated_vehicle as base
from liquid_nav.sitl.vehicle_motion import THROTTLE
from liquid_nav.types import Command

GUIDED = ARDUPILOT.follow
BRAKE = ARDUPILOT.hold
LAND = ARDUPILOT.land
STABILIZE = 0
ACRO = 1
ALT_HOLD = 2
AUTO = 3
LOITER = 5
RTL = 6
CIRCLE = 7
POSHOLD = 16
SMART_RTL = 21
CANNOT_ARM = {AUTO, RTL, CIRCLE, LAND, BRAKE, SMART_RTL}
BY_STICKS = {STABILIZE, ACRO, ALT_HOLD, LOITER, POSHOLD}
MANUAL_THROTTLE = {STABILIZE, ACRO}
"""Modes in which the throttle stick is thrust: the pilot may disarm in the air."""
HOME = {RTL, SMART_RTL}
DISARM_DELAY = 10.0
"""s on the ground, throttle down, until the motors stop by themselves."""
LAND_DETECTION = 1.0
"""s on the ground until it reports that it has landed."""


class ArduPilotVehicle(base.MavlinkVehicle):
    """Guided mode, take-off by command, the set-point timeout, landing that disarms."""

    autopilot = mavlink.MAV_AUTOPILOT_ARDUPILOTMEGA
    metre = ARDUPILOT_METRES_PER_E7
    parameters = {
        "GUID_TIMEOUT": (3.0, mavlink.MAV_PARAM_TYPE_REAL32),
        "FS_THR_ENABLE": (1.0, mavlink.MAV_PARAM_TYPE_INT8),
        "FS_GCS_ENABLE": (0.0, mavlink.MAV_PARAM_TYPE_INT8),
        "FENCE_ENABLE": (0.0, mavlink.MAV_PARAM_TYPE_INT8),
    }
    frames = (1, 7, 8, 9)
    unknown_message = base.DENIED
    sinking = 0.5
    ready_after = 5.0

    def boot(self) -> None:
        """Stabilize on the ground, as after every start."""
        self.mode = STABILIZE if self.body.landed else BRAKE
        self._climb_to: float | None = None
        self._touched: float | None = None
        self._idle_since = self.now
        self._flying = not self.body.landed

    def heartbeat(self) -> MavlinkMessage:
        """Mode number and flags."""
        flags = 0x51
        status = 3
        if self.mode in (GUIDED, AUTO, LAND, RTL):
            flags |= 0x08
        if self.armed:
            flags |= base.ARMED
            status = 4
        return mavlink.MAVLink_heartbeat_message(2, self.autopilot, flags, self.mode, status, 3)

    def on_command(self, m: MavlinkMessage) -> None:
        """Modes, arming, take-off, return, landing."""
        if m.command == mavlink.MAV_CMD_DO_SET_MODE:
            self._on_mode(m.command, base.whole(m.param2))
        elif m.command == mavlink.MAV_CMD_COMPONENT_ARM_DISARM:
            self._on_arm(m.command, m.param1 > 0.5, m.param2 == 21196)
        elif m.command == mavlink.MAV_CMD_NAV_TAKEOFF:
            ready = self.armed and self.mode == GUIDED and self.body.landed and m.param7 > 0.0
            self._answer(m.command, ready)
            if ready:
                self._climb_to = m.param7
        elif m.command == mavlink.MAV_CMD_NAV_LAND:
            self._on_mode(m.command, LAND)
        elif m.command == mavlink.MAV_CMD_NAV_RETURN_TO_LAUNCH:
            self._on_mode(m.command, RTL)
        else:
            self.acknowledge(m.command, base.UNSUPPORTED)

    def on_set_point(self) -> None:
        """A velocity ends its own take-off, wherever that has come to."""
        self._climb_to = None

    def pilot_switches(self, mode: int) -> bool:
        """See the base."""
        if mode not in ARDUPILOT.names:
            return False
        self._change(mode)
        return True

    def pilot_arms(self, wanted: bool) -> bool:
        """See the base: by rudder, which arms in modes flown by sticks only, with the throttle
        down.
        """
        if wanted == self.armed:
            return True
        why = ""
        if wanted:
            why = self._why_not_arm() or self._why_sticks_do_not_arm()
        if why:
            self.text(why, base.CRITICAL)
            return False
        if not wanted and not self.body.landed and self.mode not in MANUAL_THROTTLE:
            return False
        self._set_armed(wanted)
        return True

    def on_lost_radio(self) -> None:
        """What FS_THR_ENABLE chooses: a change of mode, or on the ground motors off."""
        action = int(self.parameters["FS_THR_ENABLE"][0])
        if action == 0:
            return
        self.text("Radio Failsafe", base.CRITICAL)
        if self.body.landed:
            self._disarm()
        else:
            self._change({3: LAND, 4: SMART_RTL, 5: SMART_RTL, 7: BRAKE}.get(action, RTL))

    def _answer(self, command: int, obeyed: bool) -> None:
        """Acknowledge a command; whatever is not obeyed has failed."""
        self.acknowledge(command, base.ACCEPTED if obeyed else base.FAILED)

    def _on_mode(self, command: int, mode: int) -> None:
        known = mode in ARDUPILOT.names
        self._answer(command, known)
        if known:
            self._change(mode)

    def _change(self, mode: int) -> None:
        if mode != self.mode:
            self.mode = mode
            self._climb_to = None

    def _why_not_arm(self) -> str:
        if self.refuse_arming:
            return self.refuse_arming
        if self.uptime < self._ready_at:
            return "Arm: Need Position Estimate"
        if self.mode in CANNOT_ARM:
            return f"Arm: {ARDUPILOT.mode_name(self.mode)} mode not armable"
        return ""

    def _why_sticks_do_not_arm(self) -> str:
        if self.mode not in BY_STICKS:
            return f"Arm: {ARDUPILOT.mode_name(self.mode)} mode not armable"
        highest = 0.0
        if self.mode in MANUAL_THROTTLE:
            highest = -0.9
        if self.stick(THROTTLE) > highest:
            return "Arm: Throttle (RC3) is not neutral"
        return ""

    def _on_arm(self, command: int, wanted: bool, force: bool) -> None:
        why = ""
        if wanted and not self.armed:
            why = self._why_not_arm()
        refused = bool(why) or (not wanted and self.armed and not self.body.landed and not force)
        self._answer(command, not refused)
        if why:
            self.text(why, base.CRITICAL)
        elif not refused and wanted != self.armed:
            self._set_armed(wanted)

    def _set_armed(self, wanted: bool) -> None:
        if not wanted:
            self._disarm()
            return
        self.armed = True
        self._idle_since = self.now
        self.home = self.body.state.position.copy()
        self.text("Arming motors")

    def step_mode(self) -> Command | None:
        """Landing detection, then what the mode asks for."""
        self._watch_ground()
        if not self.armed:
            return None
        if self.mode == LAND:
            if not self.body.landed:
                self.landed_state = base.LANDING
            return Command(vz=-self.sinking)
        if self.mode in HOME:
            return self._return()
        if self.mode == GUIDED:
            return self._guided()
        if self.mode in BY_STICKS:
            return self.fly_by_sticks()
        return self.stay()

    def _return(self) -> Command:
        command = self.fly_home(self.sinking)
        if self._descends and not self.body.landed:
            self.landed_state = base.LANDING
        return command

    def _guided(self) -> Command:
        if self._climb_to is not None:
            if self.body.state.position[2] - self.origin[2] < self._climb_to - 0.1:
                if not self.body.landed:
                    self.landed_state = base.TAKEOFF
                return Command(vz=0.7)
            self._climb_to = None
        if self.body.landed:
            return Command()
        if self.now - self.set_point_time > self.parameters["GUID_TIMEOUT"][0]:
            return self.hold_place()
        return self.set_point

    def _watch_ground(self) -> None:
        landed = self.body.landed
        if not self.armed or not landed:
            self._touched = None
            self._flying = not landed
            self.landed_state = base.landed_state_of(landed)
            self._idle_since = self.now
            return
        if self._touched is None:
            self._touched = self.now
        if self._flying and self.now - self._touched >= LAND_DETECTION:
            self._flying = False
            self.landed_state = base.GROUND
            if self.mode in HOME:
                self._disarm()
                return
        if self._flying:
            return
        self.landed_state = base.GROUND
        if self.mode == LAND:
            self._disarm()
        else:
            self._disarm_idle()

    def _disarm_idle(self) -> None:
        """Stop the motors of a vehicle that stands with the throttle down for long."""
        throttle_down = self.sticks is None or self.stick(THROTTLE) < -0.9
        if not throttle_down or self._climb_to is not None:
            self._idle_since = self.now
        elif self.now - self._idle_since >= DISARM_DELAY:
            self._disarm()

    def _disarm(self) -> None:
        self.armed = False
        self._flying = False
        self._touched = None
        self._climb_to = None
        self.text("Disarming motors")
