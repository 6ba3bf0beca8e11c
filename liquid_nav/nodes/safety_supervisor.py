"""The gate between controller and drone as a node; the rules themselves are in ``safety``.

Every command is answered at once, with the same stamp. When nothing comes for ``silence`` seconds
the supervisor publishes by itself, so that a silent controller or camera ends in a hold and not in
the last command for ever. Ages are measured by the computer's steady clock: setting its clock
changes nothing but a diagnostic. In simulation (``use_sim_time``) the simulated clock is the only
one that counts.
"""

from __future__ import annotations

import json
import secrets
import sys
import time as wall
from typing import Any, Callable

from geometry_msgs.msg import TwistStamped
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import String
from std_srvs.srv import Trigger

from liquid_nav.bringup import IMAGE_TRANSPORTS
from liquid_nav.errors import UserError
from liquid_nav.nodes.diagnostics import ERROR, OK, WARN, Diagnostics
from liquid_nav.nodes.messages import (
    NANO,
    command_from,
    command_message,
    from_seconds,
    nanoseconds,
    serialized_stamp,
)
from liquid_nav.nodes.parameter_changes import ParameterChanges, Values
from liquid_nav.nodes.parameters import declare
from liquid_nav.nodes.qos import command_output_qos, latched_qos, reliable_qos, sensor_data_qos
from liquid_nav.nodes.running import run_node
from liquid_nav.nodes.subscribing import subscribe
from liquid_nav.nodes.supervisor_inputs import (
    WATCH_RANGES,
    WATCHED,
    SupervisorInputs,
    refused_recorder_age,
)
from liquid_nav.safety import (
    Mode,
    Order,
    SafetyLimits,
    SafetySupervisor,
    StampClock,
    SupervisorOutput,
    WatchLimits,
)

LOOK = 0.02
"""s between two checks for faults, at most: a fault is a hold by the next one."""
REPEAT = 1.0
"""s until the order is repeated for a bridge that has not received it."""
BY_SWITCH = "the engage switch of the remote control"
"""Cause of a mode that no service and no fault has brought about."""
LIMITS = {
    "speed": "Maximum horizontal speed, m/s.",
    "vertical_speed": "Maximum vertical speed, m/s.",
    "yaw_rate": "Maximum yaw rate, rad/s.",
    "acceleration": "Maximum change of the velocity command, m/s^2.",
    "yaw_acceleration": "Maximum change of the yaw rate command, rad/s^2.",
    "image_age": "Maximum age of the last camera image, s.",
    "command_age": "Maximum age of the image that the last command came from, s.",
    "descent": "Speed of descent while landing, m/s.",
    "resume": "Healthy time after which a hold caused by a fault ends by itself, s; 0: never.",
}
"""Limit of ``SafetyLimits`` -> description of its parameter."""
RANGES = {
    "speed": (0.0, 30.0),
    # Below that a landing would hardly ever end.
    "vertical_speed": (0.05, 10.0),
    "yaw_rate": (0.0, 6.0),
    "acceleration": (0.1, 100.0),
    "yaw_acceleration": (0.1, 100.0),
    "image_age": (0.02, 10.0),
    "command_age": (0.02, 10.0),
    "descent": (0.05, 5.0),
    "resume": (0.0, 600.0),
}
"""Limit -> its range, in the unit of its description."""
SERVICES = ("engage", "disengage", "hold", "land")
"""Services that a person calls, named below the node; for one release also without the node's name.
"""
Answer = Callable[[Trigger.Request, Trigger.Response], Trigger.Response]
"""What a service does."""


class SupervisorNode(Node):
    """Passes messages to the supervisor and publishes what it returns."""

    def __init__(self, **options: Any) -> None:
        """Declare parameters, topics and services; bad input raises UserError."""
        super().__init__("safety_supervisor", **options)
        usual = SafetyLimits()
        limits = {
            name: declare(
                self, name, float(getattr(usual, name)), text, RANGES[name], read_only=False
            )
            for name, text in LIMITS.items()
        }
        self._silence = declare(
            self,
            "silence",
            0.25,
            "Time without a command until the supervisor publishes by itself, s.",
            (0.02, 10.0),
        )
        self._frame = declare(self, "frame_prefix", "", "Prefix of all frame ids.") + "base_link"
        watched = {
            name: declare(
                self, name, 0.0, f"{text} 0: not watched.", WATCH_RANGES[name], read_only=False
            )
            for name, text in WATCHED.items()
        }
        self._simulated = self.get_parameter("use_sim_time").value
        self._clock_of_stamps = StampClock()
        # Another identity after every start: the bridge must not take an old number for a new one.
        identity = secrets.token_hex(4)
        self._supervisor = SafetySupervisor(*_limits(limits | watched), identity)
        self._published = 0.0
        self._shown_mode = ""
        self._shown_order: Order | None = None
        self._ordered = 0.0
        self._commands = self.create_publisher(TwistStamped, "cmd_vel", command_output_qos())
        self._mode = self.create_publisher(String, "safety_supervisor/mode", latched_qos())
        self._order = self.create_publisher(String, "safety_supervisor/order", latched_qos())
        self._diagnostics = Diagnostics(self)
        transport = declare(
            self, "image_transport", "raw", "raw or compressed, as the controller's."
        )
        if transport not in IMAGE_TRANSPORTS:
            raise UserError(
                f"unknown image_transport '{transport}'", f"choose {' or '.join(IMAGE_TRANSPORTS)}"
            )
        kind = Image
        image = "camera/image_raw"
        if transport == "compressed":
            kind = CompressedImage
            image = "camera/image_raw/compressed"
        # Raw: only the stamp matters here, and building a message of 100 kB in Python would cost a
        # millisecond.
        subscribe(self, self._diagnostics, kind, image, self._on_image, sensor_data_qos(), raw=True)
        subscribe(
            self,
            self._diagnostics,
            TwistStamped,
            "liquid_controller/cmd_vel",
            self._on_command,
            reliable_qos(),
        )
        self._warned: set[str] = set()
        """Old names of services that were called; each is warned of once."""
        for name in SERVICES:
            answer = self._service(name)
            self.create_service(Trigger, f"~/{name}", answer)
            self.create_service(Trigger, name, self._old_service(name, answer))
        # Steady: a timer of the system's clock stops for as long as that clock is set back.
        self.create_timer(
            min(self._silence / 5.0, LOOK),
            self._on_timer,
            clock=Clock(clock_type=ClockType.STEADY_TIME),
        )
        self._inputs = SupervisorInputs(self, self._supervisor, self._diagnostics, self._now, image)
        self._show(self._supervisor.update(self._now()))
        ParameterChanges(self, limits | watched, self._refuses, self._change_limits)

    def _refuses(self, values: Values) -> str:
        """Return why the limits cannot be these now, or nothing."""
        limits, watch = _limits(values)
        age = refused_recorder_age(values["recorder_age"])
        return age or self._supervisor.refuses(limits, watch) or self._inputs.refuses(watch)

    def _change_limits(self, values: Values) -> None:
        self._supervisor.change_limits(*_limits(values))
        self._inputs.listen()

    def _stamping(self) -> float:
        """Return the time of the clock that stamps messages, s."""
        return self.get_clock().now().nanoseconds / NANO

    def _now(self) -> float:
        """Return the supervisor's clock, s, after reading the one that stamps messages."""
        stamping = self._stamping()
        if self._simulated:
            return stamping
        steady = wall.monotonic()
        jump = self._clock_of_stamps.observe(stamping, steady)
        if jump:
            text = (
                "the computer's clock was set: ages are measured by its steady clock, nothing "
                "else changes"
            )
            self._diagnostics.report("clock", WARN, text, jump=f"{jump:+.3f} s")
        return steady

    def _steady(self, stamp: float) -> float:
        """Return a stamp on the supervisor's clock, s."""
        # In simulation that clock was never observed, and leaves stamps as they are.
        return self._clock_of_stamps.steady(stamp)

    def _on_image(self, data: bytes) -> None:
        # Reads both clocks: the computer's may have been set since the last time.
        now = self._now()
        made = self._steady(serialized_stamp(data) / NANO)
        self._supervisor.image(made, None if self._simulated else now)

    def _on_command(self, message: TwistStamped) -> None:
        stamp = nanoseconds(message.header.stamp)
        now = self._now()
        made = self._steady(stamp / NANO)
        # In lock step the clock message of this instant may arrive after the command: the stamp is
        # then the time.
        if self._simulated and 0.0 < made - now < 0.5:
            now = made
        # Before it is let through: it may be the first message of a second publisher.
        self._inputs.count_publishers()
        self._supervisor.command(command_from(message), made, now)
        self._publish_status(stamp, now)

    def _on_timer(self) -> None:
        now = self._now()
        self._inputs.count_publishers()
        self._repeat_order(now)
        overdue = now - self._published >= self._silence or now < self._published - 1.0
        # A fault that comes up between two commands is answered at the next check, not at the end
        # of the silence.
        if overdue or self._supervisor.must_hold(now):
            self._publish_status(from_seconds(self._stamping()), now)
        else:
            self._show_mode()

    def _publish_status(self, stamp: int, now: float) -> None:
        output = self._supervisor.update(now)
        self._published = now
        # The order first: the bridge that receives the command must already have the order.
        self._show(output)
        self._commands.publish(command_message(output.command, stamp, self._frame))

    def _show(self, output: SupervisorOutput) -> None:
        self._show_mode()
        if not output.faults:
            self._diagnostics.report("inputs", OK, "camera and controller are fresh")
            return
        # Ages grow with every call: the numbers go into the values, so that the message stays the
        # same.
        level = ERROR if output.mode == Mode.HOLDING.value else WARN
        kinds = "; ".join(fault.headline for fault in output.faults)
        faults = "; ".join(str(fault) for fault in output.faults)
        self._diagnostics.report("inputs", level, kinds, mode=output.mode, faults=faults)

    def _repeat_order(self, now: float) -> None:
        """Publish the order again for a bridge whose last order is another one.

        It may be that of another supervisor, which has ended since.
        """
        report = self._supervisor.watch.report
        order = self._supervisor.order
        if report is None or (report.supervisor, report.change) == (order.supervisor, order.change):
            return
        if not 0.0 <= now - self._ordered < REPEAT:
            self._publish_order(order, now)

    def _publish_order(self, order: Order, now: float) -> None:
        self._ordered = now
        self._order.publish(String(data=json.dumps(order.to_facts())))

    def _show_mode(self, asked: str = "") -> None:
        """Publish the order, the mode and its cause where they have changed.

        ``asked``: how a person asked just now.
        """
        supervisor = self._supervisor
        order = supervisor.order
        if order == self._shown_order:
            return
        self._shown_order = order
        self._publish_order(order, self._now())
        otherwise = "just started"
        if self._shown_mode:
            otherwise = BY_SWITCH
        cause = supervisor.why or asked or otherwise
        if order.mode.value != self._shown_mode:
            self._shown_mode = order.mode.value
            self._mode.publish(String(data=self._shown_mode))
        level = OK
        text = order.mode.value
        if supervisor.why and order.mode is not Mode.ENGAGED:
            level = WARN if order.mode is Mode.PILOT else ERROR
            text = f"{order.mode.value}: {supervisor.why}: engage again to go on"
        numbers = {"act": order.act, "engagement": order.engagement}
        self._diagnostics.report_mode(order.mode.value, cause, level, text, **numbers)

    def _service(self, name: str) -> Answer:
        action: Callable[[float], tuple[bool, str]] = getattr(self._supervisor, name)

        def answer(request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
            self._inputs.count_publishers()
            response.success, response.message = action(self._now())
            self._show_mode(f"asked for by the service {name}")
            return response

        return answer

    def _old_service(self, name: str, answer: Answer) -> Answer:
        """Return the same as ``answer``, with one warning that the service has another name now."""

        def warn(request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
            if name not in self._warned:
                self._warned.add(name)
                old = self.resolve_service_name(name)
                new = self.resolve_service_name(f"~/{name}")
                self.get_logger().warning(
                    f"the service {old} is now called {new}; the old name goes with the next "
                    "release"
                )
            return answer(request, response)

        return warn


def _limits(values: Values) -> tuple[SafetyLimits, WatchLimits]:
    """Return the limits that parameters mean."""
    limits = SafetyLimits(**{name: values[name] for name in LIMITS})
    return limits, WatchLimits(**{name: values[name] for name in WATCHED})


def main(arguments: list[str] | None = None) -> None:
    """Run the node."""
    sys.exit(run_node(SupervisorNode, arguments))


if __name__ == "__main__":
    main()
