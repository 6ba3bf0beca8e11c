"""The embedded simulator as a node: it owns ``/clock`` and flies in lock step with the graph.

After a frame at time t, simulated time stands still until the command that was made from that frame (same stamp) has
come back; it takes effect at t plus the latency of this seed, exactly as in ``simulation.flight``. A slow machine
therefore makes the simulation slower, not the flight worse. If nothing comes for ``command_timeout`` of wall time,
the simulator goes on in real time with the last command until the answers are back in step.
"""

from __future__ import annotations

import sys
import time as wall
from typing import Callable

import numpy as np
from geometry_msgs.msg import TwistStamped
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from std_srvs.srv import Trigger

from liquid_nav.nodes.diagnostics import ERROR, OK, WARN, Diagnostics
from liquid_nav.nodes.messages import command_from, from_seconds, nanoseconds
from liquid_nav.nodes.parameters import declare
from liquid_nav.nodes.qos import reliable
from liquid_nav.nodes.running import run
from liquid_nav.nodes.simulator_outputs import SimulatorOutputs
from liquid_nav.simulation import TIMESTEP, CameraConfig, Simulation, draw_latency
from liquid_nav.worlds import load_condition, load_scenario

TICK = 3 * TIMESTEP
"""s between clock and inertial messages."""
LAG = 0.1
"""s of wall time behind real time that are made up for; a longer delay just makes the flight longer."""


class Simulator(Node):
    """One drone in one world; topics and services as in the README's interface table."""

    def __init__(self, **options: object) -> None:
        """Declare parameters and build the world; bad input raises UserError."""
        super().__init__("simulator", **options)
        scenario = load_scenario(declare(self, "scenario", "forest", "Scenario: a name or a YAML file."))
        seed = declare(self, "seed", 0, "Seed of layout, drone, wind, latency and noise.", (0, 2**31 - 1))
        condition = declare(self, "condition", "", "Condition: a name or a YAML file; empty: the scenario's own.")
        rate = declare(self, "frame_rate", 30.0, "Camera frames per simulated second.", (1.0, 120.0))
        width = declare(self, "width", 256, "Image width, pixels.", (16, 1920))
        height = declare(self, "height", 144, "Image height, pixels.", (16, 1080))
        self._factor = declare(
            self, "real_time_factor", 1.0, "Simulated per wall seconds at most; 0: as fast as possible.", (0.0, 100.0)
        )
        self._timeout = declare(
            self, "command_timeout", 3.0, "Wall seconds to wait for the command of a frame.", (0.1, 600.0)
        )
        self._resend = declare(
            self, "resend_after", 0.5, "Wall seconds without an answer after which a frame is sent again.", (0.05, 60.0)
        )
        self._started = not declare(
            self, "wait_for_start", False, "Hover at time zero until simulator/start is called."
        )
        prefix = declare(self, "frame_prefix", "", "Prefix of all frame ids.")
        camera = CameraConfig(width=width, height=height, rate=rate)
        self.simulation = Simulation(scenario, seed, load_condition(condition or scenario.condition), camera=camera)
        self._rate, self._latency = rate, draw_latency(seed)
        self._outputs = SimulatorOutputs(self, camera, prefix)
        self._diagnostics = Diagnostics(self)
        self._waiting_for, self._answer, self._in_step = -1, None, True
        self.create_subscription(TwistStamped, "cmd_vel", self._on_command, reliable())
        self.create_service(Trigger, "simulator/start", self._on_start)

    def run(self, executor: SingleThreadedExecutor) -> None:
        """Fly frame by frame for ever; callbacks run only while this waits."""
        self._spin = executor.spin_once
        image = self.simulation.render()
        while not self._started:
            self._show(image)
            self._sleep_until(wall.monotonic() + 0.2, or_until=lambda: self._started)
        self._anchor = wall.monotonic()
        frame = 0
        while self.simulation.collision is None:
            time = self.simulation.time
            self._await_command(image, time)
            if self._answer is not None:
                self.simulation.command(self._answer, at=time + self._latency)
            frame += 1
            self._advance(round(frame / self._rate / TIMESTEP) * TIMESTEP)
            if self.simulation.collision is None:
                image = self.simulation.render()
        self._stand_still()

    def close(self) -> None:
        """Free the graphics context."""
        if hasattr(self, "simulation"):
            self.simulation.close()

    def _on_command(self, message: TwistStamped) -> None:
        if nanoseconds(message.header.stamp) != self._waiting_for:
            return
        command = command_from(message)
        if command.is_finite():
            self._answer = command
        else:
            self._diagnostics.report("cmd_vel", ERROR, "cmd_vel is not finite: flying on with the last command")

    def _on_start(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._started = True
        response.success, response.message = True, "flying"
        return response

    def _show(self, image: np.ndarray) -> None:
        state = self.simulation.state
        self._outputs.clock(state.time)
        self._outputs.odometry(state)
        self._outputs.frame(image, state.time)

    def _await_command(self, image: np.ndarray, time: float) -> None:
        """Publish the frame and wait for its command; leaves it in ``_answer``, or None there."""
        self._waiting_for, self._answer = from_seconds(time), None
        begin = sent = wall.monotonic()
        self._show(image)
        patience = self._timeout if self._in_step else min(self._timeout, 1.0 / self._rate)
        while self._answer is None:
            now = wall.monotonic()
            if now - begin >= patience:
                break
            if now - sent >= self._resend:
                sent = now
                self._show(image)
            self._spin(min(patience - (now - begin), self._resend))
        self._in_step = self._answer is not None
        if self._in_step:
            self._diagnostics.report("lock step", OK, "every frame is answered by a command")
        else:
            self._diagnostics.report(
                "lock step", WARN, "no cmd_vel with the stamp of the camera image: flying on with the last command. "
                "Check that liquid_controller and safety_supervisor run and keep the image's stamp",
            )

    def _advance(self, until: float) -> None:
        """Fly until the next frame, telling time and inertial data on the way, no faster than asked for."""
        simulation = self.simulation
        while simulation.time < until - 1e-9 and simulation.collision is None:
            simulation.advance(min(until, simulation.time + TICK))
            state = simulation.state
            self._outputs.clock(state.time)
            self._outputs.imu(state)
            self._pace(state.time)

    def _pace(self, time: float) -> None:
        # Out of step, simulated time must not run away from a graph that may still come back.
        factor = self._factor if self._in_step else min(self._factor or 1.0, 1.0)
        if not factor:
            return
        due = self._anchor + time / factor
        late = wall.monotonic() - due
        if late > LAG or late < -1.0:
            self._anchor += late
        else:
            self._sleep_until(due)

    def _sleep_until(self, due: float, or_until: Callable[[], bool] = lambda: False) -> None:
        while (left := due - wall.monotonic()) > 0 and not or_until():
            self._spin(left)

    def _stand_still(self) -> None:
        simulation = self.simulation
        self._outputs.contact(simulation.collision, simulation.time)
        self._diagnostics.report(
            "drone", ERROR, f"touched {simulation.collision}: the flight is over, start the simulator again"
        )
        while True:
            state = simulation.state
            self._outputs.clock(state.time)
            self._outputs.odometry(state)
            self._sleep_until(wall.monotonic() + 0.5)


def main(arguments: list[str] | None = None) -> None:
    """Run the node."""
    sys.exit(run(Simulator, arguments))


if __name__ == "__main__":
    main()
