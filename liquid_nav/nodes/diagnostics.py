"""What goes wrong, said on ``/diagnostics``: at once when it changes, and once a second."""

from __future__ import annotations

from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node

from liquid_nav.nodes.qos import reliable

OK, WARN, ERROR = DiagnosticStatus.OK, DiagnosticStatus.WARN, DiagnosticStatus.ERROR


class Diagnostics:
    """The named statuses of one node; ``hardware_id`` is the node's namespace unless one is given."""

    def __init__(self, node: Node, hardware_id: str = "") -> None:
        self._node = node
        self._hardware_id = hardware_id or node.get_namespace().strip("/") or "drone"
        self._statuses: dict[str, DiagnosticStatus] = {}
        self._publisher = node.create_publisher(DiagnosticArray, "/diagnostics", reliable(10))
        # Wall time: diagnostics must also appear when the simulated clock stands still.
        self._timer = node.create_timer(1.0, self.publish, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def report(self, name: str, level: bytes, message: str, **values: Any) -> None:
        """Set one status; a change of level or of its message's kind is logged and published at once."""
        before = self._statuses.get(name)
        status = DiagnosticStatus(
            level=level,
            name=f"{self._node.get_name()}: {name}",
            message=message,
            hardware_id=self._hardware_id,
            values=[KeyValue(key=key, value=str(value)) for key, value in values.items()],
        )
        self._statuses[name] = status
        if before is not None and before.level == level and before.message == message:
            return
        if before is None and level == OK:
            return
        if level == OK:
            self._node.get_logger().info(f"{name}: {message}")
        elif level == WARN:
            self._node.get_logger().warning(f"{name}: {message}")
        else:
            self._node.get_logger().error(f"{name}: {message}")
        self.publish()

    def publish(self) -> None:
        """Send all statuses."""
        message = DiagnosticArray(status=list(self._statuses.values()))
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(message)
