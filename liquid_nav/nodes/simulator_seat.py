"""One drone's place in the simulator: its topics, and the command that its present frame waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from geometry_msgs.msg import TwistStamped
from rclpy.node import Node
from std_srvs.srv import Trigger

from liquid_nav.nodes.diagnostics import ERROR, OK, WARN, Diagnostics
from liquid_nav.nodes.messages import command_from, from_seconds, nanoseconds
from liquid_nav.nodes.qos import reliable
from liquid_nav.nodes.simulator_outputs import SimulatorOutputs
from liquid_nav.nodes.subscribing import subscribe
from liquid_nav.simulation import CameraConfig, Simulation
from liquid_nav.types import Command

if TYPE_CHECKING:
    from liquid_nav.simulation.shared_world import SharedDrone


class Seat:
    """What one drone needs of the node.

    answer: the command that came back for the present frame; in_step: whether one came for the last; started: whether
    simulator/start was called; patience: wall seconds to wait for the present frame's command.
    """

    def __init__(
        self, node: Node, drone: Simulation | SharedDrone, camera: CameraConfig, prefix: str, name: str = ""
    ) -> None:
        """``name``: namespace of one of several drones, below that of the node; empty for the only one."""
        space = f"{name}/" if name else ""
        self.drone, self.name = drone, name
        self.outputs = SimulatorOutputs(node, camera, prefix, space)
        self._diagnostics = Diagnostics(node, "/".join((node.get_namespace().strip("/"), name)).strip("/"))
        self._waiting_for, self.answer, self.in_step, self.patience = -1, None, True, 0.0
        self.started, self._told = False, False
        self._image: np.ndarray | None = None
        subscribe(node, self._diagnostics, TwistStamped, f"{space}cmd_vel", self._on_command, reliable())
        node.create_service(Trigger, f"{space}simulator/start", self._on_start)

    @property
    def flying(self) -> bool:
        """Whether it has not touched anything yet."""
        return self.drone.collision is None

    def look(self) -> None:
        """Render the frame of this instant."""
        self._image = self.drone.render()

    def show(self) -> None:
        """Publish state and frame, of a fallen drone the state alone."""
        state = self.drone.state
        self.outputs.odometry(state)
        if self.flying:
            self.outputs.frame(self._image, state.time)

    def ask(self, time: float, patience: float) -> None:
        """Publish the frame of ``time`` (s); from now on ``answer`` is the command for it."""
        self._waiting_for, self.answer, self.patience = from_seconds(time), None, patience
        self.show()

    def judge(self) -> None:
        """Note whether the command came, and say so."""
        self.in_step = self.answer is not None
        if self.in_step:
            self._diagnostics.report("lock step", OK, "every frame is answered by a command")
        else:
            self._diagnostics.report(
                "lock step", WARN, "no cmd_vel with the stamp of the camera image: flying on with the last command. "
                "Check that liquid_controller and safety_supervisor run and keep the image's stamp",
            )  # fmt: skip

    def command(self, at: float) -> None:
        """Hand the answer, where there is one, to the drone from time ``at`` (s) on."""
        if self.answer is not None:
            self.drone.command(self.answer, at=at)

    def tell_contact(self, time: float) -> None:
        """Say once what it has touched."""
        if self.flying or self._told:
            return
        self._told = True
        self.outputs.contact(self.drone.collision, time)
        self._diagnostics.report(
            "drone", ERROR, f"touched {self.drone.collision}: the flight is over, start the simulator again"
        )

    def _on_command(self, message: TwistStamped) -> None:
        if nanoseconds(message.header.stamp) != self._waiting_for:
            return
        command: Command = command_from(message)
        if command.is_finite():
            self.answer = command
        else:
            self._diagnostics.report("cmd_vel", ERROR, "cmd_vel is not finite: flying on with the last command")

    def _on_start(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self.started = response.success = True
        response.message = "flying" if not self.name else "flying as soon as every drone has started"
        return response
