"""Between ``cmd_vel`` and an autopilot: MAVLink to PX4 or ArduPilot, DDS to PX4, or a plain Twist
for what takes one.

``autopilots.session`` decides who controls the vehicle; here are parameters, topics and timers.
Protocol time is the computer's steady clock; only beside the test vehicle, which may fly slower
than that, it is ROS time (``use_sim_time``). Faults are reported on /diagnostics and, as JSON, on
``autopilot_bridge/state``.
"""

from __future__ import annotations

import json
import secrets
import sys
import time as wall
from dataclasses import replace
from typing import Any

from geometry_msgs.msg import TwistStamped
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from std_msgs.msg import String

from liquid_nav.autopilots import PlainSession, SessionConfig, refused_while_flying
from liquid_nav.credentials import PASSPHRASE_PARAMETER
from liquid_nav.errors import UserError
from liquid_nav.json_text import read_json
from liquid_nav.nodes.autopilot_outputs import AutopilotOutputs
from liquid_nav.nodes.bridge_backends import (
    DDS,
    MAVLINK,
    PLAIN,
    DdsBackend,
    MavlinkBackend,
    PlainBackend,
)
from liquid_nav.nodes.diagnostics import ERROR, OK, WARN, Diagnostics
from liquid_nav.nodes.messages import NANO, command_from
from liquid_nav.nodes.parameter_changes import ParameterChanges, Values
from liquid_nav.nodes.parameters import declare
from liquid_nav.nodes.qos import latched_qos, reliable_qos
from liquid_nav.nodes.running import run_node
from liquid_nav.nodes.subscribing import subscribe
from liquid_nav.nodes.transforms import MovingTransforms
from liquid_nav.safety import ACTIVE_MODES, FLOWN_PHASES, LAST_SWITCH_CHANNEL, Order, Phase

PERIOD = 0.01
"""s between two polls of the connection."""
COUNT_PERIOD = 0.05
"""s between two counts of publishers, where no message causes one earlier."""
STATE_PERIOD = 0.2
"""s between state messages at most."""
BY_AUTOPILOT = (
    "connection",
    "target_system",
    "system_id",
    "component_id",
    PASSPHRASE_PARAMETER,
    "true_pose",
    "vision_topic",
    "plain_topic",
    "plain_in_body",
)
"""Parameters that only some autopilots have."""
ORDERS = "safety_supervisor/order"
GUARDED = ("cmd_vel", ORDERS)
"""Topics that must have one publisher."""
CHANGEABLE = {
    "freshness": ("Time for which a command is obeyed, s.", (0.05, 2.0)),
    "position_age": ("Maximum age of the vehicle's position while it flies, s.", (0.1, 10.0)),
    "altitude": ("Height of take-off above the ground, m.", (0.5, 50.0)),
    "speed": ("Maximum horizontal speed, m/s: the bridge's own limit.", (0.1, 30.0)),
    "vertical_speed": ("Maximum vertical speed, m/s: the bridge's own limit.", (0.1, 10.0)),
    "yaw_rate": ("Maximum yaw rate, rad/s: the bridge's own limit.", (0.1, 6.0)),
    "resume": (
        "Time since the beginning of a hold in which the supervisor may let the flight go on, s; "
        "0: only a person may.",
        (0.0, 600.0),
    ),
}
"""Parameters that may be changed on the ground, with description and range.

The last four may be lowered in flight.
"""


class AutopilotBridge(Node):
    """One vehicle's bridge."""

    ends_between_callbacks = True
    """Over DDS and as a Twist the last commands are messages: ROS must not end before them."""
    unread = BY_AUTOPILOT
    """Parameters that may be given although this autopilot does not use them: one parameter file
    serves several autopilots.
    """

    def __init__(self, **options: Any) -> None:
        """Declare parameters and open the connection; bad input raises UserError."""
        super().__init__("autopilot_bridge", **options)
        kind = declare(
            self,
            "autopilot",
            "px4",
            "px4 or ardupilot (MAVLink), px4_dds (px4_msgs), twist or twist_stamped (plain topic).",
        )
        config = _config(self)
        odometry = declare(
            self,
            "odom_topic",
            "odom",
            "Topic on which the vehicle's odometry is published; with plain_in_body: received.",
        )
        prefix = declare(self, "frame_prefix", "", "Prefix of all frame ids.")
        publish_tf = declare(
            self,
            "publish_tf",
            True,
            "Publish the pose on /tf, from odom to base_link; false where another node does.",
        )
        if kind not in (*MAVLINK, DDS, *PLAIN):
            raise UserError(
                f"unknown autopilot '{kind}'",
                f"choose one of: {', '.join((*MAVLINK, DDS, *PLAIN))}",
            )
        _refuse_vision(self, kind)
        if config.engage_channel and kind not in MAVLINK:
            cause = f"engage_channel does nothing with autopilot '{kind}'"
            raise UserError(
                cause,
                "leave it 0, or use px4 or ardupilot: the remote control is received over MAVLink",
            )
        transforms = MovingTransforms(self) if publish_tf else None
        self._simulated = self.get_parameter("use_sim_time").value
        self._diagnostics = Diagnostics(self)
        self._states = self.create_publisher(String, "autopilot_bridge/state", latched_qos())
        self._order: Order | None = None
        self._state = ""
        self._mode = ""
        self._stated = 0.0
        self._counted = -1e9
        self._backend: PlainBackend | DdsBackend | MavlinkBackend
        if kind in PLAIN:
            self._backend = PlainBackend(
                self, kind, config, odometry, prefix, self._diagnostics, self._now, transforms
            )
        else:
            outputs = AutopilotOutputs(self, odometry, prefix, transforms)
            if kind == DDS:
                self._backend = DdsBackend(self, config, outputs, self._diagnostics, self._now)
            else:
                self._backend = MavlinkBackend(
                    self, kind, config, outputs, self._diagnostics, self._now
                )
        self.session = self._backend.session
        self.session.identity = secrets.token_hex(4)
        subscribe(
            self, self._diagnostics, TwistStamped, "cmd_vel", self._on_command, reliable_qos()
        )
        subscribe(self, self._diagnostics, String, ORDERS, self._on_order, latched_qos())
        self.create_timer(PERIOD, self._on_timer, clock=Clock(clock_type=ClockType.STEADY_TIME))
        present = {name: getattr(config, name) for name in CHANGEABLE}
        ParameterChanges(self, present, self._refuses, self._change_config)

    def _refuses(self, values: Values) -> str:
        """Return why the vehicle cannot be flown so now, or nothing."""
        report = self.session.report()
        flies = report.armed or report.airborne or report.phase in FLOWN_PHASES
        # A bridge that was started again in the air learns of the flight from the supervisor's
        # order, before the first message of the vehicle.
        if not flies and (self._order is None or self._order.mode not in ACTIVE_MODES):
            return ""
        return refused_while_flying(self.session.config, replace(self.session.config, **values))

    def _change_config(self, values: Values) -> None:
        self.session.config = replace(self.session.config, **values)

    def _now(self) -> float:
        if self._simulated:
            return self.get_clock().now().nanoseconds / NANO
        return wall.monotonic()

    def end(self) -> None:
        """Begin to end: a landing goes on by itself, a flight ends in the autopilot's hold."""
        self.session.close(self._now())

    @property
    def ended(self) -> bool:
        """Whether nothing is left to be sent."""
        return self.session.finished

    def close(self) -> None:
        """Close the connection."""
        backend = getattr(self, "_backend", None)
        if backend is not None:
            backend.close()

    def _on_command(self, message: TwistStamped) -> None:
        now = self._now()
        self._count_publishers(now)
        self.session.command(command_from(message), now)
        self._backend.send(now)

    def _on_order(self, message: String) -> None:
        order = Order.from_facts(read_json(message.data))
        if order is None:
            raise ValueError(f"no order of a safety_supervisor: {message.data[:80]!r}")
        # Before it is obeyed: DDS reports a second publisher before its first message arrives.
        self._count_publishers(self._now())
        self._order = order
        self.session.take_order(order, self._now())
        self._report(self._now())

    def _count_publishers(self, now: float) -> None:
        self._counted = now
        # Names after remapping: the graph has those, and so has the person who ends a node.
        names = [self.resolve_topic_name(topic) for topic in GUARDED]
        counts = {name: self.count_publishers(name) for name in names}
        shared = next((name for name, count in counts.items() if count > 1), "")
        self.session.distrust(shared, now)
        if shared:
            text = (
                f"more than one node publishes {shared}: none is obeyed, holding. "
                "End all but one safety_supervisor"
            )
            self._diagnostics.report("cmd_vel", ERROR, text, publishers=counts[shared])
        else:
            self._diagnostics.report("cmd_vel", OK, "one publisher")

    def _on_timer(self) -> None:
        now = self._now()
        if not 0.0 <= now - self._counted < COUNT_PERIOD:
            self._count_publishers(now)
        if self._order is not None:
            # Again: what was not obeyed while there were two publishers is obeyed now.
            self.session.take_order(self._order, now)
        self._backend.receive(now)
        self._backend.send(now)
        self._report(now)

    def _report(self, now: float) -> None:
        events = self.session.events()
        for event in events:
            if event.trouble:
                self.get_logger().warning(event.text)
            else:
                self.get_logger().info(event.text)
        facts = self._facts(now)
        self._report_mode(facts, "; ".join(event.text for event in events))
        state = json.dumps(facts)
        changed = state != self._state
        if not changed and 0.0 <= now - self._stated < STATE_PERIOD:  # the clock may jump back
            return
        if changed:
            self._diagnose(facts)
        self._state = state
        self._stated = now
        self._states.publish(String(data=state))

    def _report_mode(self, facts: dict[str, Any], happened: str) -> None:
        """Report phase and vehicle's mode where one of them has changed.

        ``happened``: the texts of the events since the last report.
        """
        mode = f"{facts['phase']} ({facts['mode']})"
        if mode == self._mode:
            return
        self._mode = mode
        values = {"phase": facts["phase"], "vehicle_mode": facts["mode"], "armed": facts["armed"]}
        self._diagnostics.report_mode(mode, happened or self._asked(), **values)

    def _asked(self) -> str:
        """Return, as text, what the supervisor asks for."""
        order = self._order
        if order is None:
            return "no order was received yet"
        return f"the supervisor's order is '{order.mode.value}', act {order.act}"

    def _facts(self, now: float) -> dict[str, Any]:
        session = self.session
        facts = session.report().to_facts()
        facts["fault"] = self._backend.problem or facts["fault"]
        if session.phase is Phase.OFFLINE and not facts["fault"]:
            facts["fault"] = self._backend.missing
        if isinstance(session, PlainSession):
            return facts | {"mode": "plain", "text": ""}
        warnings = session.warnings(now - 10.0)
        return facts | {
            "mode": session.profile.mode_name(session.vehicle.mode),
            "text": warnings[0] if warnings else "",
            "hold": "mode" if session.holds_by_mode else "zero set points",
            "failsafes": self._backend.failsafes(),
        }

    def _diagnose(self, facts: dict[str, Any]) -> None:
        level = OK
        if facts["phase"] in (Phase.OFFLINE.value, Phase.RELEASED.value):
            level = ERROR
        elif facts["fault"]:
            level = WARN
        text = "connected"
        if facts["fault"]:
            text = f"{facts['phase']}: {facts['fault']}"
        shown = {key: value for key, value in facts.items() if key != "failsafes"}
        self._diagnostics.report("autopilot", level, text, **shown, **self._backend.facts())


def _config(node: Node) -> SessionConfig:
    usual = SessionConfig()
    ground = {
        name: declare(node, name, getattr(usual, name), text, limits, read_only=False)
        for name, (text, limits) in CHANGEABLE.items()
    }
    return SessionConfig(
        rate=declare(node, "rate", usual.rate, "Set points per second.", (20.0, 50.0)),
        engage_channel=declare(
            node,
            "engage_channel",
            usual.engage_channel,
            "Channel of the remote control, from 1, whose switch engages when flipped; 0: none.",
            (0, LAST_SWITCH_CHANNEL),
        ),
        set_parameters=declare(
            node,
            "set_parameters",
            usual.set_parameters,
            "Whether to set the autopilot's parameters that we rely on, or only to check them.",
        ),
        **ground,
    )


def _refuse_vision(node: Node, kind: str) -> None:
    """Raise UserError where external vision is wanted and has no way to the autopilot."""
    override = node._parameter_overrides.get("vision_topic")
    if kind not in MAVLINK and override is not None and override.value:
        raise UserError(
            f"vision_topic does nothing with autopilot '{kind}'",
            "leave it empty, or use px4 or ardupilot: external vision goes over MAVLink",
        )


def main(arguments: list[str] | None = None) -> None:
    """Run the node."""
    sys.exit(run_node(AutopilotBridge, arguments))


if __name__ == "__main__":
    main()
