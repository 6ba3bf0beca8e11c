"""One drone in the simulator: its topics, and the command that its present frame waits for."""

from __future__ import annotations

from geometry_msgs.msg import TwistStamped
from rclpy.node import Node
from std_msgs.msg import String
from std_srvs.srv import Trigger

from liquid_nav.nodes.diagnostics import ERROR, OK, WARN, Diagnostics
from liquid_nav.nodes.messages import command_from, from_seconds, nanoseconds
from liquid_nav.nodes.qos import latched_qos, reliable_qos
from liquid_nav.nodes.simulator_outputs import TRUE, SimulatorOutputs
from liquid_nav.nodes.subscribing import subscribe
from liquid_nav.safety import Mode
from liquid_nav.simulation import GROUND_CONTACT, CameraFrame, Drone
from liquid_nav.types import Command

NOTHING = -1
"""Stamp that is waited for when no frame has arrived."""


class DroneEndpoint:
    """What one drone needs of the node."""

    def __init__(
        self,
        node: Node,
        drone: Drone,
        prefix: str,
        name: str = "",
        shared: str = "",
    ) -> None:
        """Create the topics of one drone.

        Args:
            node: Owner of the topics.
            drone: What flies.
            prefix: Before every frame id.
            name: Namespace of one of several drones, below that of the node; empty for a single
                drone.
            shared: Frame id of the world that several drones share; empty for a single drone.
        """
        space = f"{name}/" if name else ""
        self.drone = drone
        self.name = name
        self.outputs = SimulatorOutputs(node, drone.world.camera, prefix, space)
        self.outputs.which_pose(TRUE)
        self.outputs.place(drone.layout, drone.response, shared)
        self._diagnostics = Diagnostics(
            node, "/".join((node.get_namespace().strip("/"), name)).strip("/")
        )
        self._waiting_for = NOTHING
        """Stamp of the present frame, ns."""
        self.answer: Command | None = None
        """The command that came back for the present frame; None: not yet."""
        self._asked = 0
        """How often the present frame was published."""
        self._answers = 0
        """How many commands have come back for it."""
        self.in_step = True
        """Whether a command came back for the last frame."""
        self.patience = 0.0
        """How long the present frame's command is waited for, s of wall time."""
        self.started = False
        """Whether simulator/start was called."""
        self._reported = False
        self._landing = False
        self._arrived: list[CameraFrame] = []
        subscribe(
            node,
            self._diagnostics,
            TwistStamped,
            f"{space}cmd_vel",
            self._on_command,
            reliable_qos(),
        )
        subscribe(
            node,
            self._diagnostics,
            String,
            f"{space}safety_supervisor/mode",
            self._on_mode,
            latched_qos(),
        )
        node.create_service(Trigger, f"{space}simulator/start", self._on_start)

    @property
    def flying(self) -> bool:
        """Whether it has not touched anything yet."""
        return self.drone.collision is None

    def arrive(self, frames: list[CameraFrame]) -> None:
        """Take the frames that arrive at this instant, oldest first."""
        self._arrived = frames
        self._asked = 0
        self._answers = 0

    def show(self) -> None:
        """Publish state and frames, of a fallen drone the state alone."""
        self._publish(self._arrived)

    def show_newest(self) -> None:
        """Publish state and the newest frame, the one that is waited for."""
        self._publish(self._arrived[-1:])

    def ask(self, patience: float) -> None:
        """Publish what has arrived; from now on ``answer`` is the command for its newest frame."""
        self._waiting_for = NOTHING
        if self._arrived:
            self._waiting_for = from_seconds(self._arrived[-1].state.time)
        self.answer = None
        self.patience = patience
        self.show()

    @property
    def waiting(self) -> bool:
        """Whether a command has still to come."""
        return self.answer is None and self._waiting_for != NOTHING

    @property
    def late_answers(self) -> bool:
        """Whether a frame that was published again may still be answered again."""
        return self.answer is not None and self._answers < self._asked

    def judge(self) -> None:
        """Note whether the command arrived, and report it."""
        if self._waiting_for == NOTHING:
            return
        self.in_step = self.answer is not None
        if self.in_step:
            self._diagnostics.report("lock step", OK, "every frame is answered by a command")
        else:
            self._diagnostics.report(
                "lock step",
                WARN,
                "no cmd_vel with the stamp of the camera image: flying on with the last command. "
                "Check that liquid_controller and safety_supervisor run and keep the image's stamp",
            )

    def report_contact(self, time: float) -> None:
        """Report once what it has touched."""
        touched = self.drone.collision
        if touched is None or self._reported:
            return
        self._reported = True
        self.outputs.contact(touched, time)
        if self._landing and touched == GROUND_CONTACT:
            self._diagnostics.report(
                "drone", OK, "landed: the flight is over, start the simulator again to fly"
            )
            return
        self._diagnostics.report(
            "drone",
            ERROR,
            f"touched {touched}: the flight is over, start the simulator again",
        )

    def _publish(self, frames: list[CameraFrame]) -> None:
        self._asked += 1
        self.outputs.odometry(self.drone.state)
        if self.flying:
            for frame in frames:
                assert frame.image is not None  # the feeds of a graph render every frame
                self.outputs.frame(frame.image, frame.state.time)

    def _on_command(self, message: TwistStamped) -> None:
        stamp = nanoseconds(message.header.stamp)
        if self._arrived and stamp == from_seconds(self._arrived[-1].state.time):
            self._answers += 1
        if stamp != self._waiting_for:
            return
        command: Command = command_from(message)
        if command.is_finite():
            self.answer = command
        else:
            self._diagnostics.report(
                "cmd_vel", ERROR, "cmd_vel is not finite: flying on with the last command"
            )

    def _on_mode(self, message: String) -> None:
        self._landing = message.data == Mode.LANDING.value

    def _on_start(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self.started = True
        response.success = True
        response.message = "flying"
        if self.name:
            response.message = "flying as soon as every drone has started"
        return response
