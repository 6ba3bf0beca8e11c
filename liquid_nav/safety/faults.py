"""What can be wrong, as values, and the only place where they become sentences."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class FaultKind(Enum):
    """Kinds of trouble; the value is the name that appears in states, diagnostics and bags."""

    # Seen by the supervisor.
    NO_IMAGE = "no_image"
    IMAGE_OLD = "image_old"
    IMAGE_EARLY = "image_early"
    NO_COMMAND = "no_command"
    COMMAND_OLD = "command_old"
    COMMAND_EARLY = "command_early"
    COMMAND_NOT_FINITE = "command_not_finite"
    NO_ODOMETRY = "no_odometry"
    ODOMETRY_OLD = "odometry_old"
    POSE_FROZEN = "pose_frozen"
    POSITION_JUMP = "position_jump"
    NO_BRIDGE = "no_bridge"
    BRIDGE_OLD = "bridge_old"
    BRIDGE_OFFLINE = "bridge_offline"
    ORDER_NOT_RECEIVED = "order_not_received"
    LATENCY = "latency"
    CLOCK_JUMP = "clock_jump"
    BATTERY_LOW = "battery_low"
    BATTERY_OLD = "battery_old"
    BATTERY_UNIT = "battery_unit"
    STICKS_OLD = "sticks_old"
    RECORDER_LOST = "recorder_lost"
    PUBLISHERS = "publishers"
    FENCE_RADIUS = "fence_radius"
    FENCE_HEIGHT = "fence_height"

    # Seen by the bridge.
    NO_HEARTBEAT = "no_heartbeat"
    LINK_LOST = "link_lost"
    WRONG_VEHICLE = "wrong_vehicle"
    SUPERVISOR_SILENT = "supervisor_silent"
    TWO_SUPERVISORS = "two_supervisors"
    POSITION_OLD = "position_old"
    HEARTBEAT_OLD = "heartbeat_old"
    PARAMETER = "parameter"
    REFUSED = "refused"
    TAKE_OFF_SLOW = "take_off_slow"
    FOREIGN_MODE = "foreign_mode"
    DISARMED = "disarmed"
    REBOOTED = "rebooted"
    STOOD_STILL = "stood_still"
    FOUND_ARMED = "found_armed"
    RESUME_REFUSED = "resume_refused"
    LANDING_GOES_ON = "landing_goes_on"
    LANDING_WAITS = "landing_waits"
    STILL_STOPPING = "still_stopping"
    PILOT_TOUCH = "pilot_touch"
    ENDING = "ending"
    LANDED_UNKNOWN = "landed_unknown"
    LINK_SLOW = "link_slow"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong."""

    kind: FaultKind
    """What."""
    value: float = 0.0
    """What was measured, in the unit of the kind."""
    limit: float = 0.0
    """What is allowed, in the same unit."""
    subject: str = ""
    """What it is about: a topic, a mode, the autopilot's own text."""
    limit_high: float = 0.0
    """Second limit, of the kinds that have one (height of the fence, m)."""

    def __str__(self) -> str:
        """The sentence with its numbers."""
        return _SENTENCES[self.kind].format(
            value=self.value,
            limit=self.limit,
            high=self.limit_high,
            subject=self.subject,
            percent=100.0 * self.value,
            percent_limit=100.0 * self.limit,
        )

    @property
    def headline(self) -> str:
        """The sentence without the numbers that change from call to call, with a remedy where there
        is one.
        """
        if self.kind in _HEADLINES:
            return _HEADLINES[self.kind].format(
                limit=self.limit,
                high=self.limit_high,
                subject=self.subject,
                percent_limit=100.0 * self.limit,
            )
        return str(self)

    @property
    def ends_by_itself(self) -> bool:
        """Whether a hold that it caused may end without a person, where ``resume`` allows that."""
        return self.kind not in NEEDS_A_PERSON


NEEDS_A_PERSON = frozenset(
    {
        FaultKind.FENCE_RADIUS,
        FaultKind.FENCE_HEIGHT,
        FaultKind.POSE_FROZEN,
        FaultKind.ORDER_NOT_RECEIVED,
        FaultKind.BATTERY_LOW,
        FaultKind.BATTERY_UNIT,
        FaultKind.RECORDER_LOST,
    }
)
"""Faults whose hold only a person ends."""

_CHECK_CAMERA = "is the camera node running, does its clock agree with ours?"
_COUNTS_TO_100 = (
    "divide its percentage by 100 if it counts to 100, or fly without it (battery: 0.0)"
)
_SENTENCES = {
    FaultKind.NO_IMAGE: "no camera image yet",
    FaultKind.IMAGE_OLD: "camera image is {value:.2f} s old, limit {limit:g} s",
    FaultKind.IMAGE_EARLY: "camera image is {value:.2f} s in the future",
    FaultKind.NO_COMMAND: "no command from the controller yet",
    FaultKind.COMMAND_OLD: "command is {value:.2f} s old, limit {limit:g} s",
    FaultKind.COMMAND_EARLY: "command is {value:.2f} s in the future",
    FaultKind.COMMAND_NOT_FINITE: "command is not finite: {subject}",
    FaultKind.NO_ODOMETRY: "no odometry yet",
    FaultKind.ODOMETRY_OLD: "odometry is {value:.2f} s old, limit {limit:g} s",
    FaultKind.POSE_FROZEN: "the pose has not changed at all for {value:.1f} s under command",
    FaultKind.POSITION_JUMP: "position estimate jumped by {value:.1f} m",
    FaultKind.NO_BRIDGE: "no autopilot bridge yet",
    FaultKind.BRIDGE_OLD: "autopilot bridge is {value:.2f} s old, limit {limit:g} s",
    FaultKind.BRIDGE_OFFLINE: "autopilot: {subject}",
    FaultKind.ORDER_NOT_RECEIVED: "the autopilot bridge has not received this supervisor's order "
    "yet",
    FaultKind.LATENCY: "latency is {value:.2f} s, limit {limit:g} s",
    FaultKind.CLOCK_JUMP: "clock jumped by {value:+.1f} s",
    FaultKind.BATTERY_LOW: "battery is at {percent:.0f} %, limit {percent_limit:.0f} %",
    FaultKind.BATTERY_OLD: "battery state is {value:.1f} s old, limit {limit:g} s",
    FaultKind.BATTERY_UNIT: f"battery_state reported {{value:g}}, and 1 is full: {_COUNTS_TO_100}",
    FaultKind.STICKS_OLD: "joy ({subject}) is silent for {value:.1f} s, limit {limit:g} s",
    FaultKind.RECORDER_LOST: "the recorder has died: this flight is not recorded any more",
    FaultKind.PUBLISHERS: "{value:.0f} publishers on {subject}, expected one: end the others",
    FaultKind.FENCE_RADIUS: "geofence: {value:.1f} m from where it was engaged, limit {limit:g} m",
    FaultKind.FENCE_HEIGHT: "geofence: {value:+.1f} m above where it was engaged, limits {limit:g} "
    "and {high:g} m",
    FaultKind.NO_HEARTBEAT: "no heartbeat from the autopilot: {subject}",
    FaultKind.LINK_LOST: "no heartbeat from the autopilot for {limit:g} s: link lost, set points "
    "stopped",
    FaultKind.WRONG_VEHICLE: "{subject}",
    FaultKind.SUPERVISOR_SILENT: "no command from the supervisor for {value:.2f} s, limit "
    "{limit:g} s",
    FaultKind.TWO_SUPERVISORS: "more than one node publishes {subject}: none is obeyed. End all "
    "but one safety_supervisor",
    FaultKind.POSITION_OLD: "the vehicle's position is {value:.2f} s old, limit {limit:g} s",
    FaultKind.HEARTBEAT_OLD: "the vehicle's heartbeat is {value:.2f} s old, limit {limit:g} s",
    FaultKind.PARAMETER: "{subject}",
    FaultKind.REFUSED: "{subject}",
    FaultKind.TAKE_OFF_SLOW: "take-off: {value:.1f} m after {limit:.0f} s: {subject}",
    FaultKind.FOREIGN_MODE: "mode changed to {subject} by pilot or autopilot: hands off",
    FaultKind.DISARMED: "disarmed in flight, not by us",
    FaultKind.REBOOTED: "the autopilot has rebooted",
    FaultKind.STOOD_STILL: "no set points for {value:.1f} s, the bridge stood still: hands off",
    FaultKind.FOUND_ARMED: "the vehicle was armed ({subject}) when the bridge found it: hands off",
    FaultKind.RESUME_REFUSED: "the flight was interrupted: engage again to go on",
    FaultKind.LANDING_GOES_ON: "a landing goes on: call hold first, or wait until it is down",
    FaultKind.LANDING_WAITS: "landing waits for the link: use the remote control",
    FaultKind.STILL_STOPPING: "the motors are being stopped: engage again when they are",
    FaultKind.PILOT_TOUCH: "the pilot has touched the sticks: set points are zero",
    FaultKind.LANDED_UNKNOWN: "the vehicle does not report whether it stands or flies "
    "(EXTENDED_SYS_STATE)",
    FaultKind.LINK_SLOW: "the link needs {value:.2f} s for a question and its answer, limit "
    "{limit:g} s: a pilot could be overruled",
    FaultKind.ENDING: "the bridge is being ended: the autopilot holds",
}
_HEADLINES = {
    FaultKind.IMAGE_OLD: f"camera image is too old: {_CHECK_CAMERA}",
    FaultKind.IMAGE_EARLY: f"camera image is in the future: {_CHECK_CAMERA}",
    FaultKind.COMMAND_OLD: "command is too old: is liquid_controller active?",
    FaultKind.COMMAND_EARLY: f"command is in the future: {_CHECK_CAMERA}",
    FaultKind.COMMAND_NOT_FINITE: "command is not a finite number",
    FaultKind.ODOMETRY_OLD: "odometry beyond its limit of {limit:g} s",
    FaultKind.POSE_FROZEN: "the pose does not change under command: is the estimator running?",
    FaultKind.BRIDGE_OLD: "autopilot bridge beyond its limit of {limit:g} s",
    FaultKind.LATENCY: "latency beyond its limit of {limit:g} s",
    FaultKind.BATTERY_LOW: "battery beyond its limit of {percent_limit:.0f} %",
    FaultKind.BATTERY_OLD: "battery state beyond its limit of {limit:g} s",
    FaultKind.BATTERY_UNIT: f"battery_state goes beyond 1, which is full: {_COUNTS_TO_100}",
    FaultKind.STICKS_OLD: "joy ({subject}) is silent beyond its limit of {limit:g} s: is the "
    "remote control on?",
    FaultKind.FENCE_RADIUS: "geofence beyond its limit of {limit:g} m",
    FaultKind.FENCE_HEIGHT: "geofence beyond its limits of {limit:g} and {high:g} m",
    FaultKind.SUPERVISOR_SILENT: "no command from the supervisor for more than {limit:g} s",
    FaultKind.POSITION_OLD: "the vehicle's position is older than {limit:g} s",
    FaultKind.HEARTBEAT_OLD: "the vehicle's heartbeat is older than {limit:g} s",
}
