"""The test vehicle as a process: the embedded drone behind MAVLink, to try the bridge without PX4.

It flies in real time, but never far ahead of the commands that come back for its images
(``cmd_vel``, whose stamps are its own time): a slow machine makes the flight slower, not worse.
"""

from __future__ import annotations

import sys
import time as wall
from typing import Any

from geometry_msgs.msg import TwistStamped
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node

from liquid_nav.errors import UserError
from liquid_nav.nodes.messages import NANO, nanoseconds
from liquid_nav.nodes.parameters import declare
from liquid_nav.nodes.qos import reliable_qos
from liquid_nav.nodes.running import run_node
from liquid_nav.simulation import PHYSICS_TIMESTEP, World
from liquid_nav.sitl import SIMULATED_AUTOPILOTS, EmbeddedBody, UdpServer
from liquid_nav.worlds import load_condition, load_scenario

TICK = 5 * PHYSICS_TIMESTEP
"""s of simulated time between two turns of the vehicle."""
SLACK = 0.1
"""s of simulated time ahead of the last command's image."""
PATIENCE = 2.0
"""s of wall time to wait for commands; without any it flies on in real time."""
LAG = 0.2
"""s of wall time behind that are made up for; more just makes the flight slower."""


class TestVehicle(Node):
    """One vehicle on the ground at the scenario's start; publishes nothing on ROS."""

    __test__ = False

    def __init__(self, **options: Any) -> None:
        """Declare parameters and build the world; bad input raises UserError."""
        super().__init__("test_vehicle", **options)
        scenario = load_scenario(
            declare(self, "scenario", "forest", "Scenario: a name or a YAML file.")
        )
        seed = declare(self, "seed", 0, "Seed of layout, drone and wind.", (0, 2**31 - 1))
        condition = declare(
            self, "condition", "", "Condition: a name or a YAML file; empty: the scenario's own."
        )
        kind = declare(self, "autopilot", "px4", "px4 or ardupilot.")
        if kind not in SIMULATED_AUTOPILOTS:
            raise UserError(
                f"unknown autopilot '{kind}'",
                f"choose one of: {', '.join(sorted(SIMULATED_AUTOPILOTS))}",
            )
        port = declare(self, "port", 14540, "UDP port on which the companion listens.", (1, 65535))
        self._factor = declare(
            self, "real_time_factor", 1.0, "Simulated per wall seconds.", (0.05, 10.0)
        )
        self._world = World(scenario, seed, load_condition(condition or scenario.condition))
        (drone,) = self._world.drones
        self.vehicle = SIMULATED_AUTOPILOTS[kind](EmbeddedBody(drone, airborne=False))
        self._server = UdpServer(port=port)
        self._answered = 0.0
        self._received = -1e9
        self.create_subscription(TwistStamped, "cmd_vel", self._on_command, reliable_qos())

    def _on_command(self, message: TwistStamped) -> None:
        self._answered = nanoseconds(message.header.stamp) / NANO
        self._received = wall.monotonic()

    def run(self, executor: SingleThreadedExecutor) -> None:
        """Fly for ever."""
        begin = wall.monotonic()
        while True:
            for data in self._server.receive():
                self.vehicle.receive(data)
            due = round((wall.monotonic() - begin) * self._factor / TICK) * TICK
            if due - self.vehicle.now > LAG:
                begin += (due - self.vehicle.now - TICK) / self._factor
                due = self.vehicle.now + TICK
            if wall.monotonic() - self._received < PATIENCE:
                due = min(due, round((self._answered + SLACK) / TICK) * TICK)
            if due > self.vehicle.now:
                self._server.send(self.vehicle.advance(due))
            executor.spin_once(timeout_sec=0.004)

    def close(self) -> None:
        """Free the port."""
        if hasattr(self, "_server"):
            self._server.close()


def main(arguments: list[str] | None = None) -> None:
    """Run the node."""
    sys.exit(run_node(TestVehicle, arguments))


if __name__ == "__main__":
    main()
