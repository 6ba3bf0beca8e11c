"""What goes wrong, published on ``/diagnostics``: at once when it changes, and once a second."""

from __future__ import annotations

from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node

from liquid_nav.nodes.qos import reliable_qos

OK = DiagnosticStatus.OK
WARN = DiagnosticStatus.WARN
ERROR = DiagnosticStatus.ERROR


class Diagnostics:
    """The named statuses of one node.

    ``hardware_id`` is the node's namespace unless one is given.
    """

    def __init__(self, node: Node, hardware_id: str = "") -> None:
        self._node = node
        self._hardware_id = hardware_id or node.get_namespace().strip("/") or "drone"
        self._statuses: dict[str, DiagnosticStatus] = {}
        self._mode = ""
        self._mode_before = ""
        self._publisher = node.create_publisher(DiagnosticArray, "/diagnostics", reliable_qos(10))
        # Wall time: diagnostics must also appear when the simulated clock stands still.
        self._timer = node.create_timer(
            1.0, self.publish, clock=Clock(clock_type=ClockType.STEADY_TIME)
        )

    def report(self, name: str, level: bytes, message: str, **values: Any) -> None:
        """Set one status; a change of its level or message is logged and published at once."""
        self._set(name, level, message, values)

    def keep(self, name: str, level: bytes, message: str, **values: Any) -> None:
        """Set one status without a line in the log; the next second publishes it.

        For a message that changes all the time.
        """
        self._statuses[name] = DiagnosticStatus(
            level=level,
            name=f"{self._node.get_name()}: {name}",
            message=message,
            hardware_id=self._hardware_id,
            values=[KeyValue(key=key, value=str(value)) for key, value in values.items()],
        )

    def report_mode(
        self, mode: str, cause: str, level: bytes = OK, message: str = "", **values: Any
    ) -> None:
        """Set the status ``mode``; another mode than before is logged at INFO with its cause.

        Args:
            mode: What the node does now; the first one is no change.
            cause: Why it does.
            level: Of the status; WARN and ERROR are logged as such too.
            message: What stands in the status; default: the mode.
            values: What else belongs to it.
        """
        if mode != self._mode:
            self._mode_before = self._mode
            self._mode = mode
            if self._mode_before:
                self._node.get_logger().info(f"mode: {self._mode_before} -> {mode}: {cause}")
        shown = {"mode": mode, "before": self._mode_before, "cause": cause} | values
        self._set("mode", level, message or mode, shown, quiet=level == OK)

    def _set(
        self, name: str, level: bytes, message: str, values: dict[str, Any], quiet: bool = False
    ) -> None:
        """Set one status; with ``quiet`` a change of it is published and not logged."""
        before = self._statuses.get(name)
        self.keep(name, level, message, **values)
        if before is not None and before.level == level and before.message == message:
            return
        if before is None and level == OK:
            return
        if level == OK:
            if not quiet:
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
