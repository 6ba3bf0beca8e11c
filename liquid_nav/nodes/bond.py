"""A bond: nav2_lifecycle_manager watches a lifecycle node, and deactivates the others when it is
gone.

It does what ``bondpy`` does on its side of a bond (https://github.com/ros/bond_core, branch ros2),
with one difference: the heartbeat comes from the node's own executor, not from a thread of its own,
so that a node that hangs is silent.
"""

from __future__ import annotations

import uuid
from typing import Any

from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node

from liquid_nav.errors import UserError

TOPIC = "bond"
"""Where nav2_lifecycle_manager listens, in its own namespace."""
PERIOD = 0.1
"""s between two heartbeats, as Nav2's own nodes send them."""
TIMEOUT = 4.0
"""s without a heartbeat after which the other side may take the bond for broken: Nav2's default
``bond_timeout``.
"""
ENDINGS = 20
"""How often the end of a bond is sent at most, a period apart: a subscriber with depth 1 may lose
it to the next message.
"""
DEPTH = 10
"""Messages kept; as many as a manager and nine of its nodes send in one period."""


class Bond:
    """One side of a bond; the id is the node's name, as Nav2 requires."""

    def __init__(self, node: Node) -> None:
        """Create publisher and subscriber; nothing is sent before ``start``.

        Raises:
            UserError: the package bond, which has the message type, is not installed.
        """
        self._kind = _status_type()
        self._node = node
        self._instance = str(uuid.uuid4())
        self._bonded = False
        self._endings = 0
        """How often the end of the last bond is still to be sent."""
        self._publisher = node.create_publisher(self._kind, TOPIC, DEPTH)
        self._subscription = node.create_subscription(self._kind, TOPIC, self._on_status, DEPTH)
        # Not the simulated time: a paused simulation does not make a node fail.
        self._timer = node.create_timer(
            PERIOD, self._beat, clock=Clock(clock_type=ClockType.STEADY_TIME)
        )
        self._timer.cancel()

    def start(self) -> None:
        """Begin a bond: from now on there is a heartbeat."""
        self._bonded = True
        self._timer.reset()
        self._beat()

    def stop(self) -> None:
        """End the bond, where there is one.

        Its end is sent until it is answered, ``ENDINGS`` times at most.
        """
        if not self._bonded:
            return
        self._bonded = False
        self._endings = ENDINGS
        self._beat()

    def _beat(self) -> None:
        """Send a heartbeat, or that the bond has ended."""
        self._send(active=self._bonded)
        if self._bonded:
            return
        self._endings -= 1
        if self._endings <= 0:
            self._timer.cancel()

    def _on_status(self, message: Any) -> None:
        """A manager ends the bond, which is answered, or answers that it has ended."""
        ours = message.id == self._node.get_name()
        if not ours or message.active or message.instance_id == self._instance:
            return
        self.stop()
        self._timer.cancel()

    def _send(self, active: bool) -> None:
        message = self._kind(id=self._node.get_name(), instance_id=self._instance, active=active)
        message.header.stamp = self._node.get_clock().now().to_msg()
        message.heartbeat_period = PERIOD
        message.heartbeat_timeout = TIMEOUT
        self._publisher.publish(message)


def _status_type() -> Any:
    """Return bond/msg/Status; raises UserError where it is not installed."""
    try:
        from bond.msg import Status
    except ImportError:
        cause = "bond is true, and the ROS package bond is not installed"
        raise UserError(
            cause, "sudo apt install ros-$ROS_DISTRO-bond, or leave bond false"
        ) from None
    return Status
