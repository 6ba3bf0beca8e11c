"""What the supervisor receives beside images and commands: odometry, battery, the bridge's state,
the joystick's, and the number of publishers.
"""

from __future__ import annotations

from typing import Any, Callable

from nav_msgs.msg import Odometry
from rclpy.event_handler import SubscriptionEventCallbacks
from rclpy.node import Node
from rclpy.subscription import Subscription
from sensor_msgs.msg import BatteryState, Joy
from std_msgs.msg import String

from liquid_nav.errors import UserError
from liquid_nav.json_text import read_json
from liquid_nav.nodes.diagnostics import Diagnostics
from liquid_nav.nodes.drone_messages import state_from
from liquid_nav.nodes.qos import ALIVE, RECORDER_STATE, alive_qos, latched_qos, sensor_data_qos
from liquid_nav.nodes.subscribing import subscribe
from liquid_nav.safety import BridgeReport, SafetySupervisor, WatchLimits

ODOMETRY = "odom"
BATTERY = "battery_state"
WATCHED = {
    "odometry_age": "Maximum age of the odometry, s.",
    "autopilot_age": "Maximum age of the bridge's last report, s.",
    "latency": "Maximum time from image to command, s.",
    "clock_jump": "Maximum jump of the clock, s.",
    "position_jump": "Maximum jump of the position estimate, m.",
    "pose_frozen": "Time for which the pose may stay the same while a motion is commanded, s.",
    "battery": "Charge below which the drone lands, 0 to 1.",
    "battery_age": "Maximum silence of a battery that has reported before, s.",
    "joy_age": "Maximum silence of a joystick or remote control that has published before, s.",
    "recorder_age": "Maximum silence of a recorder's process that was running, s.",
    "radius": "Maximum distance from where it was engaged, m.",
    "low": "Minimum height above where it was engaged, m, negative.",
    "high": "Maximum height above where it was engaged, m.",
}
"""Parameter of ``WatchLimits`` -> description; 0 turns the watch off."""
WATCH_RANGES = {
    "odometry_age": (0.0, 10.0),
    "autopilot_age": (0.0, 10.0),
    "latency": (0.0, 10.0),
    "clock_jump": (0.0, 60.0),
    "position_jump": (0.0, 100.0),
    "pose_frozen": (0.0, 60.0),
    "battery": (0.0, 1.0),
    "battery_age": (0.0, 600.0),
    "joy_age": (0.0, 60.0),
    "recorder_age": (0.0, 60.0),
    "radius": (0.0, 10000.0),
    "low": (-1000.0, 0.0),
    "high": (0.0, 1000.0),
}
"""Watch -> its range, in the unit of its description."""
ONE_PUBLISHER = (
    "liquid_controller/cmd_vel",
    "cmd_vel",
    "safety_supervisor/order",
    "autopilot_bridge/state",
)
"""Topics that must have one publisher, whatever is watched."""


def _needs_odometry(limits: WatchLimits) -> bool:
    fence = limits.radius or limits.low or limits.high
    return bool(limits.odometry_age or limits.position_jump or limits.pose_frozen or fence)


def _needs_battery(limits: WatchLimits) -> bool:
    return bool(limits.battery or limits.battery_age)


def refused_recorder_age(age: float) -> str:
    """Return what to give instead of a ``recorder_age`` in s that cannot be watched, or nothing."""
    if 0.0 < age < ALIVE:
        return f"give {ALIVE:g} or more, or 0 to fly on when a recorder ends"
    return ""


class SupervisorInputs:
    """The subscriptions; those that no limit needs are left out."""

    def __init__(
        self,
        node: Node,
        supervisor: SafetySupervisor,
        diagnostics: Diagnostics,
        now: Callable[[], float],
        image: str,
    ) -> None:
        """Subscribe.

        Args:
            node: Owner of the subscriptions.
            supervisor: What gets the messages.
            diagnostics: Where dropped messages are reported.
            now: The supervisor's clock, s.
            image: Topic of the camera, which must have one publisher.
        """
        self._node = node
        self._supervisor = supervisor
        self._now = now
        self._guarded = [*ONE_PUBLISHER, image]
        self._diagnostics = diagnostics
        self._recorder: Subscription | None = None
        self._recorder_age = 0.0
        """Lease of the subscription, s; 0: there is none."""
        self.recorders = 0
        """How many recorders are known to run."""
        self.listen()
        subscribe(
            node, diagnostics, String, "autopilot_bridge/state", self._on_state, latched_qos()
        )
        subscribe(node, diagnostics, Joy, "joy", self._on_joy, sensor_data_qos())

    def listen(self) -> None:
        """Subscribe to what the limits need; odometry and battery, once subscribed to, stay."""
        limits = self._supervisor.watch.limits
        if _needs_odometry(limits):
            self._subscribe_to(Odometry, ODOMETRY, self._on_odometry)
        if _needs_battery(limits):
            self._subscribe_to(BatteryState, BATTERY, self._on_battery)
        if limits.recorder_age != self._recorder_age:
            self._watch_recorder(limits.recorder_age)

    def refuses(self, limits: WatchLimits) -> str:
        """Return why these limits would be a hold at once in flight, or nothing.

        A topic must have one publisher.
        """
        wanted = {ODOMETRY: _needs_odometry(limits), BATTERY: _needs_battery(limits)}
        if not self._supervisor.in_flight:
            return ""
        for topic, needed in wanted.items():
            name = self._node.resolve_topic_name(topic)
            count = self._node.count_publishers(name)
            if needed and topic not in self._guarded and count > 1:
                return f"the drone would hold at once: {count} publishers on {name}. Land first"
        return ""

    def _subscribe_to(self, kind: type, topic: str, callback: Callable[[Any], None]) -> None:
        """Subscribe to a topic that must have one publisher, once."""
        if topic not in self._guarded:
            subscribe(self._node, self._diagnostics, kind, topic, callback, sensor_data_qos())
            self._guarded.append(topic)

    def count_publishers(self) -> None:
        """Count the publishers of the topics that must have one, by their names after remapping."""
        for topic in self._guarded:
            name = self._node.resolve_topic_name(topic)
            self._supervisor.watch.publishers(name, self._node.count_publishers(name))

    def _watch_recorder(self, age: float) -> None:
        """Watch that a recorder's process runs, with a lease of ``age`` s; 0: no longer.

        The middleware reports its end, not a message: a recorder that waits for a slow disk is
        alive.

        Raises:
            UserError: ``age`` is shorter than the lease that a recorder promises.
        """
        refused = refused_recorder_age(age)
        if refused:
            raise UserError(f"recorder_age is {age:g} s", refused)
        if self._recorder is not None:
            self._node.destroy_subscription(self._recorder)
            self._recorder = None
        self._recorder_age = age
        if not age:
            return
        self._recorder = self._node.create_subscription(
            String,
            RECORDER_STATE,
            lambda message: None,
            alive_qos(age),
            event_callbacks=SubscriptionEventCallbacks(liveliness=self._on_recorder),
        )

    def _on_recorder(self, change: Any) -> None:
        self.recorders = change.alive_count
        # A recorder that ended in order has removed its publisher: it is not counted as lost.
        if change.not_alive_count_change > 0:
            self._supervisor.watch.recorder_lost(self._now())

    def _on_odometry(self, message: Odometry) -> None:
        state = state_from(message)
        self._supervisor.watch.odometry(
            state.position, state.velocity, state.yaw, state.time, self._now()
        )

    def _on_battery(self, message: BatteryState) -> None:
        refused = self._supervisor.watch.battery(message.percentage, self._now())
        if refused:
            raise ValueError(refused)

    def _on_joy(self, message: Joy) -> None:
        self._supervisor.joy(
            message.header.frame_id, tuple(message.axes), tuple(message.buttons), self._now()
        )

    def _on_state(self, message: String) -> None:
        report = BridgeReport.from_facts(read_json(message.data))
        if report is None:
            raise ValueError(f"no state of an autopilot_bridge: {message.data[:80]!r}")
        # Before it is used: it may report that a person engages by a switch.
        self.count_publishers()
        answer = self._supervisor.bridge(report, self._now())
        if answer is None:
            return
        # An event, so it is logged; why nothing can be engaged also stands in the diagnostic
        # "inputs".
        engaged, text = answer
        logger = self._node.get_logger()
        if engaged:
            logger.info(f"the switch of the remote control: {text}")
        else:
            logger.warning(
                f"the switch of the remote control was flipped, and nothing engages: {text}"
            )
