"""What the supervisor hears beside images and commands: odometry, battery, the bridge, the pilot, other publishers."""

from __future__ import annotations

from typing import Callable

from nav_msgs.msg import Odometry
from rclpy.node import Node
from sensor_msgs.msg import BatteryState, Joy
from std_msgs.msg import String

from liquid_nav.nodes.bridge_state import BridgeState
from liquid_nav.nodes.diagnostics import ERROR, WARN, Diagnostics
from liquid_nav.nodes.drone_messages import state_from
from liquid_nav.nodes.qos import latched, sensor_data
from liquid_nav.safety import SafetySupervisor
from liquid_nav.safety.sticks import Sticks

WATCHED = {
    "odometry_age": "Age of the odometry at most, s.",
    "autopilot_age": "Age of the bridge's last sign of life at most, s.",
    "latency": "Time from image to command at most, s.",
    "clock_jump": "Jump of the clock at most, s.",
    "position_jump": "Jump of the position estimate at most, m.",
    "battery": "Charge below which it lands, 0 to 1.",
    "radius": "Distance from where it was engaged at most, m.",
    "low": "Height above where it was engaged at least, m, negative.",
    "high": "Height above where it was engaged at most, m.",
}
GUARDED = ("liquid_controller/cmd_vel", "cmd_vel")
"""Topics that must have one publisher."""
ACTIVE = ("engaged", "holding", "landing")


class SupervisorInputs:
    """The subscriptions; those that no limit asks for are left out."""

    def __init__(self, node: Node, supervisor: SafetySupervisor, diagnostics: Diagnostics,
                 now: Callable[[], float]) -> None:
        self._node, self._supervisor, self._diagnostics, self._now = node, supervisor, diagnostics, now
        self._sticks, self._phase, self._fault = Sticks(), "", ""
        limits = supervisor.watch.limits
        if limits.odometry_age or limits.position_jump or limits.radius or limits.low or limits.high:
            node.create_subscription(Odometry, "odom", self._on_odometry, sensor_data())
        if limits.battery:
            node.create_subscription(BatteryState, "battery_state", self._on_battery, sensor_data())
        node.create_subscription(String, "autopilot_bridge/state", self._on_state, latched())
        node.create_subscription(Joy, "joy", self._on_joy, sensor_data())

    def count_publishers(self) -> None:
        """Look whether somebody else speaks where only one should."""
        for topic in GUARDED:
            self._supervisor.watch.publishers(topic, self._node.count_publishers(topic))

    def _on_odometry(self, message: Odometry) -> None:
        state = state_from(message)
        self._supervisor.watch.odometry(state.position, state.velocity, state.yaw, self._now())

    def _on_battery(self, message: BatteryState) -> None:
        self._supervisor.watch.battery(message.percentage)

    def _on_joy(self, message: Joy) -> None:
        active = self._supervisor.mode in ACTIVE
        touched = self._sticks.moved(message.axes, message.buttons, active)
        if touched and active:
            self._take_over(f"the pilot has touched {touched}")

    def _on_state(self, message: String) -> None:
        state = BridgeState.read(message)
        if state is None:
            return
        phase, fault, before = state.phase, state.fault, (self._phase, self._fault)
        self._phase, self._fault = phase, fault
        self._supervisor.watch.autopilot(fault or "offline" if phase == "offline" else "", self._now())
        if phase == "released" and before[0] != phase and self._supervisor.mode in ACTIVE:
            self._take_over(fault)
        elif phase == "ready" and fault and (phase, fault) != before and self._supervisor.mode == "engaged":
            self._supervisor.disengage(self._now())
            self._diagnostics.report("autopilot", ERROR, f"disengaged: {fault}")
        elif phase == "holding" and fault and (phase, fault) != before and self._supervisor.mode == "engaged":
            # The bridge has missed us: it does not fly on by itself, so let nobody believe that it does.
            self._supervisor.hold(self._now())
            self._diagnostics.report("autopilot", ERROR, f"{fault}: engage again to go on")

    def _take_over(self, why: str) -> None:
        self._supervisor.pilot(self._now())
        self._diagnostics.report("pilot", WARN, f"{why}: engage again to go on")
