"""The privileged pilot, with access to layout and true state, as a node in place of the controller.

For trying the graph without a model (``liquid-nav fly --pilot expert``). Commands carry the stamp
of the odometry, which in the embedded simulator is the stamp of the camera frame. The supervisor
follows them only where its input is remapped, as the launch files do for ``pilot:=expert``:
``-r liquid_controller/cmd_vel:=expert_pilot/cmd_vel``.
"""

from __future__ import annotations

import sys
from typing import Any

from geometry_msgs.msg import TwistStamped
from nav_msgs.msg import Odometry
from rclpy.node import Node
from std_msgs.msg import String

from liquid_nav.nodes.diagnostics import Diagnostics
from liquid_nav.nodes.drone_messages import state_from
from liquid_nav.nodes.messages import command_message, nanoseconds, require_finite
from liquid_nav.nodes.parameters import declare
from liquid_nav.nodes.qos import command_output_qos, latched_qos, sensor_data_qos
from liquid_nav.nodes.running import run_node
from liquid_nav.nodes.subscribing import subscribe
from liquid_nav.simulation import Expert
from liquid_nav.worlds import MAX_DRONES, generate_layout, load_scenario, shared_start


class ExpertPilot(Node):
    """Answers every odometry message with a command."""

    def __init__(self, **options: Any) -> None:
        """Declare parameters and plan the way; bad input raises UserError."""
        super().__init__("expert_pilot", **options)
        scenario = load_scenario(
            declare(self, "scenario", "forest", "Scenario: a name or a YAML file.")
        )
        seed = declare(
            self, "seed", 0, "Seed of the layout, the same as the simulator's.", (0, 2**31 - 1)
        )
        number = declare(
            self,
            "drone",
            0,
            "Number of the drone, where several share the world.",
            (0, MAX_DRONES - 1),
        )
        prefix = declare(self, "frame_prefix", "", "Prefix of all frame ids.")
        self._frame = f"{prefix}base_link"
        self._expert = Expert(shared_start(generate_layout(scenario, seed), number))
        self._commands = self.create_publisher(
            TwistStamped, "expert_pilot/cmd_vel", command_output_qos()
        )
        self._mode = self.create_publisher(String, "expert_pilot/mode", latched_qos())
        subscribe(self, Diagnostics(self), Odometry, "odom", self._on_odometry, sensor_data_qos(10))
        self._mode.publish(String(data="active"))

    def _on_odometry(self, message: Odometry) -> None:
        # A function of the present state alone: answering a repeated stamp again does no harm.
        state = state_from(message)
        require_finite("the pose", state.position, state.quaternion, state.velocity)
        command = self._expert.command(state)
        self._commands.publish(
            command_message(command, nanoseconds(message.header.stamp), self._frame)
        )


def main(arguments: list[str] | None = None) -> None:
    """Run the node."""
    sys.exit(run_node(ExpertPilot, arguments))


if __name__ == "__main__":
    main()
