"""Curves for rqt_plot in simulation: commands, motion and latency without a header.

rqt_plot draws a message with a header at its stamp minus the wall clock of its own start. Stamps of
a simulated flight begin at zero, so that its curves lie decades to the left of the picture.
Messages without a header are drawn when they arrive. What flies reads none of these topics.
"""

from __future__ import annotations

import sys
from typing import Any, Callable

from geometry_msgs.msg import Point, Twist, TwistStamped, Vector3
from nav_msgs.msg import Odometry
from rclpy.node import Node
from sensor_msgs.msg import JointState
from std_msgs.msg import Float32

from liquid_nav.geometry import level_from_world, yaw_of
from liquid_nav.nodes.diagnostics import Diagnostics
from liquid_nav.nodes.drone_messages import state_from
from liquid_nav.nodes.messages import named_values
from liquid_nav.nodes.qos import reliable_qos, sensor_data_qos
from liquid_nav.nodes.running import run_node
from liquid_nav.nodes.subscribing import subscribe

DEPTH = 10
"""Messages that may wait for a slow plot."""
COMMANDS = {"plots/command": "cmd_vel", "plots/controller_command": "liquid_controller/cmd_vel"}
"""Topic that is published -> the one that it repeats: supervisor's and pilot's commands."""


class Plots(Node):
    """Repeats commands, odometry and latency without their headers."""

    def __init__(self, **options: Any) -> None:
        """Create the topics; there are no parameters."""
        super().__init__("plots", **options)
        diagnostics = Diagnostics(self)
        self._velocity = self.create_publisher(Twist, "plots/velocity", reliable_qos(DEPTH))
        self._position = self.create_publisher(Point, "plots/position", reliable_qos(DEPTH))
        for outgoing, incoming in COMMANDS.items():
            publisher = self.create_publisher(Twist, outgoing, reliable_qos(DEPTH))
            subscribe(
                self,
                diagnostics,
                TwistStamped,
                incoming,
                _repeating(publisher.publish),
                reliable_qos(DEPTH),
            )
        self._latency = self.create_publisher(Float32, "plots/latency", reliable_qos(DEPTH))
        subscribe(
            self,
            diagnostics,
            JointState,
            "liquid_controller/timing",
            self._on_timing,
            reliable_qos(DEPTH),
        )
        subscribe(self, diagnostics, Odometry, "odom", self._on_odometry, sensor_data_qos(DEPTH))

    def _on_odometry(self, message: Odometry) -> None:
        state = state_from(message)
        # As commands are: along the heading and against gravity, not tilted with the airframe.
        velocity = level_from_world(state.velocity, yaw_of(state.quaternion)).tolist()
        linear = Vector3(x=velocity[0], y=velocity[1], z=velocity[2])
        self._velocity.publish(Twist(linear=linear, angular=message.twist.twist.angular))
        self._position.publish(message.pose.pose.position)

    def _on_timing(self, message: JointState) -> None:
        self._latency.publish(Float32(data=named_values(message)["total"]))


def _repeating(publish: Callable[[Twist], None]) -> Callable[[TwistStamped], None]:
    def repeat(message: TwistStamped) -> None:
        publish(message.twist)

    return repeat


def main(arguments: list[str] | None = None) -> None:
    """Run the node."""
    sys.exit(run_node(Plots, arguments))


if __name__ == "__main__":
    main()
