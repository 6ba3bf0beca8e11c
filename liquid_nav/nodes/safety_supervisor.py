"""The gate between controller and drone as a node; the rules themselves are in ``flight.safety``.

Every command is answered at once, with the same stamp. When nothing comes for ``silence`` seconds the supervisor
speaks by itself, so that a silent controller or camera ends in a hold and not in the last command for ever.
"""

from __future__ import annotations

import re
import sys
from typing import Callable

from geometry_msgs.msg import TwistStamped
from rclpy.node import Node
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import String
from std_srvs.srv import Trigger

from liquid_nav.nodes.diagnostics import ERROR, OK, WARN, Diagnostics
from liquid_nav.nodes.messages import (
    NANO,
    command_from,
    command_message,
    from_seconds,
    nanoseconds,
    serialized_stamp,
)
from liquid_nav.nodes.parameters import declare
from liquid_nav.nodes.qos import command_output, latched, reliable, sensor_data
from liquid_nav.nodes.running import run
from liquid_nav.nodes.supervisor_inputs import WATCHED, SupervisorInputs
from liquid_nav.safety import SafetyLimits, SafetySupervisor, SupervisorOutput, WatchLimits

LIMITS = {
    "speed": "Horizontal speed at most, m/s.",
    "vertical_speed": "Vertical speed at most, m/s.",
    "yaw_rate": "Yaw rate at most, rad/s.",
    "acceleration": "Change of the velocity command at most, m/s^2.",
    "yaw_acceleration": "Change of the yaw rate command at most, rad/s^2.",
    "image_age": "Age of the last camera image at most, s.",
    "command_age": "Age of the image that the last command came from at most, s.",
    "descent": "Speed of descent while landing, m/s.",
    "resume": "Healthy time after which a hold caused by a fault ends by itself, s; 0: never.",
}

_NUMBER = re.compile(r"^(odometry|autopilot bridge|latency|battery|geofence)(?: is|:) .*limits? (.*)$")


class SupervisorNode(Node):
    """Feeds the supervisor with messages and publishes what it says."""

    def __init__(self, **options: object) -> None:
        """Declare parameters, topics and services."""
        super().__init__("safety_supervisor", **options)
        usual = SafetyLimits()
        limits = {
            name: declare(self, name, float(getattr(usual, name)), text, (0.0, 100.0)) for name, text in LIMITS.items()
        }
        self._silence = declare(
            self, "silence", 0.25, "Time without a command until the supervisor speaks by itself, s.", (0.02, 10.0)
        )
        self._frame = declare(self, "frame_prefix", "", "Prefix of all frame ids.") + "base_link"
        watched = {name: declare(self, name, 0.0, f"{text} 0: not watched.", (-1000.0, 1000.0))
                   for name, text in WATCHED.items()}
        self._supervisor = SafetySupervisor(SafetyLimits(**limits), WatchLimits(**watched))
        self._spoken = 0.0
        self._shown_mode = ""
        self._commands = self.create_publisher(TwistStamped, "cmd_vel", command_output())
        self._mode = self.create_publisher(String, "safety_supervisor/mode", latched())
        self._diagnostics = Diagnostics(self)
        compressed = declare(self, "image_transport", "raw", "raw or compressed, as the controller's.") == "compressed"
        kind, topic = (CompressedImage, "/compressed") if compressed else (Image, "")
        self.create_subscription(kind, f"camera/image_raw{topic}", self._on_image, sensor_data(), raw=True)
        self.create_subscription(TwistStamped, "liquid_controller/cmd_vel", self._on_command, reliable())
        for name in ("engage", "disengage", "hold", "land"):
            self.create_service(Trigger, name, self._service(getattr(self._supervisor, name)))
        self.create_timer(self._silence / 5.0, self._on_timer)
        self._inputs = SupervisorInputs(self, self._supervisor, self._diagnostics, self._now)
        self._show(self._supervisor.update(self._now()))

    def _now(self) -> float:
        return self.get_clock().now().nanoseconds / NANO

    def _on_image(self, data: bytes) -> None:
        # Raw: only the stamp matters here, and building a message of 100 kB in Python would cost a millisecond.
        stamp = serialized_stamp(data) / NANO
        self._supervisor.image(stamp, max(self._now(), stamp))

    def _on_command(self, message: TwistStamped) -> None:
        stamp = nanoseconds(message.header.stamp)
        # In lock step the clock message of this instant may arrive after the command: the stamp is then the time.
        now = self._now()
        now = max(now, stamp / NANO) if stamp / NANO - now < 0.5 else now
        self._inputs.count_publishers()
        self._supervisor.command(command_from(message), stamp / NANO, now)
        self._speak(stamp, now)

    def _on_timer(self) -> None:
        now = self._now()
        self._inputs.count_publishers()
        if now - self._spoken >= self._silence or now < self._spoken - 1.0:
            self._speak(from_seconds(now), now)

    def _speak(self, stamp: int, now: float) -> None:
        output = self._supervisor.update(now)
        self._spoken = now
        self._commands.publish(command_message(output.command, stamp, self._frame))
        self._show(output)

    def _show(self, output: SupervisorOutput) -> None:
        if output.mode != self._shown_mode:
            self._shown_mode = output.mode
            self._mode.publish(String(data=output.mode))
        if not output.faults:
            self._diagnostics.report("inputs", OK, "camera and controller are fresh")
        else:
            # Ages grow with every call: the numbers go into the values, so that the message stays the same.
            level = ERROR if output.mode == "holding" else WARN
            kinds = "; ".join(_kind(fault) for fault in output.faults)
            self._diagnostics.report("inputs", level, kinds, mode=output.mode, faults="; ".join(output.faults))

    def _service(self, action: Callable[[float], tuple[bool, str]]) -> Callable:
        def answer(request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
            response.success, response.message = action(self._now())
            self._show_mode()
            return response

        return answer

    def _show_mode(self) -> None:
        if self._supervisor.mode != self._shown_mode:
            self._shown_mode = self._supervisor.mode
            self._mode.publish(String(data=self._shown_mode))


def _kind(fault: str) -> str:
    """Return a fault without the numbers that change from call to call."""
    for kind, name in (("camera image is", "camera image is too old: is the camera node running, does its clock "
                        "agree with ours?"), ("command is not finite", "command is not a finite number"),
                       ("command is", "command is too old: is liquid_controller active?")):
        if fault.startswith(kind):
            return name
    return _NUMBER.sub(r"\1 beyond its limit of \2", fault)


def main(arguments: list[str] | None = None) -> None:
    """Run the node."""
    sys.exit(run(SupervisorNode, arguments))


if __name__ == "__main__":
    main()
