"""Between ``cmd_vel`` and an autopilot: MAVLink to PX4 or ArduPilot, DDS to PX4, or a plain Twist for what takes one.

The protocol is in ``flight.mavlink_autopilot`` and ``flight.px4_dds``; here are only topics and wires. Protocol time is
the computer's steady clock; only beside the test vehicle, which may fly slower than that, it is ROS time
(``use_sim_time``). What goes wrong is on /diagnostics and, as JSON, on ``autopilot_bridge/state``.
"""

from __future__ import annotations

import json
import sys
import time as wall

import numpy as np
from geometry_msgs.msg import Twist, TwistStamped
from nav_msgs.msg import Odometry
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from std_msgs.msg import String

from liquid_nav.autopilots.plain import ZERO, PlainStream
from liquid_nav.errors import UserError
from liquid_nav.nodes.autopilot_outputs import AutopilotOutputs
from liquid_nav.nodes.diagnostics import ERROR, OK, WARN, Diagnostics
from liquid_nav.nodes.drone_messages import state_from
from liquid_nav.nodes.messages import NANO, command_from, command_message
from liquid_nav.nodes.parameters import declare
from liquid_nav.nodes.qos import latched, reliable, sensor_data
from liquid_nav.nodes.running import run

PERIOD = 0.01
"""s between looks at the wire."""
LAST_WORDS, BREATH = 3, 0.02
"""Times that the last order is sent, since nobody waits for an answer and some get lost, and s between them."""
STATE_PERIOD = 0.2
"""s between state messages at most."""
MAVLINK, DDS, PLAIN = ("px4", "ardupilot"), "px4_dds", ("twist", "twist_stamped")


class AutopilotBridge(Node):
    """One vehicle's bridge."""

    ends_between_callbacks = True
    """Over DDS and as a Twist the last words are messages: ROS must not end before them."""

    def __init__(self, **options: object) -> None:
        """Declare parameters and open the wire; bad input raises UserError."""
        super().__init__("autopilot_bridge", **options)
        kind = declare(self, "autopilot", "px4",
                       "px4 or ardupilot (MAVLink), px4_dds (px4_msgs), twist or twist_stamped (plain topic).")
        connection = declare(self, "connection", "udp:0.0.0.0:14540",
                             "udp:HOST:PORT (listens), udpout:HOST:PORT, tcp:HOST:PORT or serial:DEVICE:BAUD.")
        target = declare(self, "target_system", 1, "System id of the vehicle; 0: the first heard.", (0, 255))
        rate = declare(self, "rate", 30.0, "Set points per second.", (20.0, 50.0))
        freshness = declare(self, "freshness", 0.5, "Time that a command is obeyed, s.", (0.05, 2.0))
        altitude = declare(self, "altitude", 1.5, "Height of take-off above the ground, m.", (0.5, 50.0))
        may_set = declare(self, "set_parameters", True, "Set the autopilot's parameters we rely on, or only check.")
        secret = declare(self, "signing_passphrase", "", "Passphrase of MAVLink 2 signing; empty: unsigned.")
        topic = declare(self, "plain_topic", "autopilot/cmd_vel", "Where plain velocities go.")
        body = declare(self, "plain_in_body", False,
                       "Plain velocities are read in the tilted body, as by Gazebo: turned with the attitude in odom.")
        odometry = declare(self, "odom_topic", "odom", "Where the vehicle's odometry goes; with plain_in_body: is.")
        vision = declare(self, "vision_topic", "", "Odometry (ENU) given to the autopilot's estimator; empty: none.")
        prefix = declare(self, "frame_prefix", "", "Prefix of all frame ids.")
        if kind not in (*MAVLINK, DDS, *PLAIN):
            raise UserError(f"unknown autopilot '{kind}'", f"choose one of: {', '.join((*MAVLINK, DDS, *PLAIN))}")
        if vision and kind not in MAVLINK:
            raise UserError(f"vision_topic does nothing with autopilot '{kind}'",
                            "leave it empty, or use px4 or ardupilot: external vision goes over MAVLink")
        self._simulated = self.get_parameter("use_sim_time").value
        self._diagnostics = Diagnostics(self)
        self._frame, self._word, self._state, self._stated = f"{prefix}base_link", "disengaged", "", 0.0
        self._states = self.create_publisher(String, "autopilot_bridge/state", latched())
        self._plain = self._mavlink = None
        if kind in PLAIN:
            self._plain = PlainStream(rate, freshness)
            self._publisher = self.create_publisher(Twist if kind == "twist" else TwistStamped, topic, reliable())
            if body:
                self.create_subscription(Odometry, odometry, self._on_odometry, sensor_data())
        else:
            from liquid_nav.autopilots.flavours import flavour

            try:
                from liquid_nav.autopilots.link import Link
                from liquid_nav.autopilots.mavlink_autopilot import Autopilot, AutopilotConfig
                from liquid_nav.autopilots.mavlink_codec import Codec, signing_key
            except ModuleNotFoundError as error:
                raise UserError(f"the Python package '{error.name}' is not installed",
                                "pip install 'liquid_nav[flight]'") from error
            config = AutopilotConfig(target or None, rate, freshness, altitude, set_parameters=may_set)
            self._outputs = AutopilotOutputs(self, odometry, prefix)
            if kind == DDS:
                from liquid_nav.autopilots.px4_dds import Px4Dds
                from liquid_nav.nodes.px4_dds_link import Px4DdsLink

                self._mavlink = Px4Dds(config)
                self._link = Px4DdsLink(self, self._mavlink, self._outputs, self._now)
            else:
                self._mavlink = Autopilot(flavour(kind), config)
                codec = Codec(key=signing_key(secret) if secret else None, unix_time=wall.time(),
                              datagrams=connection.startswith("udp"))
                self._link = Link(connection, codec)
                if vision:
                    self.create_subscription(Odometry, vision, self._on_vision, sensor_data())
        self.create_subscription(TwistStamped, "cmd_vel", self._on_command, reliable())
        self.create_subscription(String, "safety_supervisor/mode", self._on_mode, latched())
        self.create_timer(PERIOD, self._on_timer, clock=Clock(clock_type=ClockType.STEADY_TIME))

    @property
    def _backend(self):
        return self._plain or self._mavlink

    def _now(self) -> float:
        return self.get_clock().now().nanoseconds / NANO if self._simulated else wall.monotonic()

    def close(self) -> None:
        """Hold before the set points stop, as far as a few packets can; a plain consumer gets zero."""
        if getattr(self, "_plain", None) is not None:
            self._plain.command(ZERO, self._now())
            self._send()
        if getattr(self, "_mavlink", None) is not None:
            now = self._now()
            self._mavlink.hold(now)
            last = self._mavlink.update(now)
            for _ in range(LAST_WORDS):
                self._link.send(last, now)
                wall.sleep(BREATH)
            self._link.close()

    def _on_command(self, message: TwistStamped) -> None:
        if not self._alone():
            return
        self._backend.command(command_from(message), self._now())
        self._send()

    def _on_odometry(self, message: Odometry) -> None:
        self._plain.attitude(state_from(message).quaternion, self._now())

    def _on_vision(self, message: Odometry) -> None:
        from liquid_nav.autopilots.mavlink_messages import external_vision

        state, now = state_from(message), self._now()
        if np.isfinite(state.position).all() and np.isfinite(state.velocity).all():
            self._link.send([external_vision(state.time, state.position, state.quaternion, state.velocity,
                                             state.angular_velocity)], now)

    def _on_mode(self, message: String) -> None:
        self._word = message.data

    def _alone(self) -> bool:
        count = self.count_publishers("cmd_vel")
        if count > 1:
            self._diagnostics.report("cmd_vel", ERROR, "more than one node publishes cmd_vel: none is obeyed, holding. "
                                     "End all but one safety_supervisor", publishers=count)
        else:
            self._diagnostics.report("cmd_vel", OK, "one publisher")
        return count <= 1

    def _on_timer(self) -> None:
        now, alone = self._now(), self._alone()
        if not alone:
            self._backend.command(ZERO, now)  # at once: the last command must not last until it is stale
        self._backend.follow(self._word if alone else "holding", now)
        if self._mavlink is not None:
            for message in self._link.receive(now):
                self._mavlink.receive(message, now)
                self._outputs.message(message, self._mavlink.telemetry)
            self._report(now)
        self._send()

    def _send(self) -> None:
        now = self._now()
        if self._mavlink is not None:
            self._link.send(self._mavlink.update(now), now)
            return
        command = self._plain.update(now)
        if command is not None:
            message = command_message(command, self.get_clock().now().nanoseconds, self._frame)
            self._publisher.publish(message if self._publisher.msg_type is TwistStamped else message.twist)

    def _report(self, now: float) -> None:
        autopilot, telemetry = self._mavlink, self._mavlink.telemetry
        for event in autopilot.events():
            if event.trouble:
                self.get_logger().warning(event.words)
            else:
                self.get_logger().info(event.words)
        fault = self._link.problem or autopilot.fault
        if autopilot.phase == "offline" and not fault:
            fault = f"no heartbeat of system {autopilot.target} on {self._link.connection}"
        facts = {
            "phase": autopilot.phase, "mode": autopilot.flavour.mode_name(telemetry.mode), "armed": telemetry.armed,
            "airborne": autopilot.airborne, "fault": fault, "text": next(iter(autopilot.complaints(now - 10.0)), ""),
        }  # fmt: skip
        state = json.dumps(facts)
        if state != self._state or not 0.0 <= now - self._stated < STATE_PERIOD:  # the clock may jump back
            if state != self._state:
                level = ERROR if autopilot.phase in ("offline", "released") else WARN if fault else OK
                words = f"{autopilot.phase}: {fault}" if fault else "connected"
                rejected = self._link.counts
                self._diagnostics.report("autopilot", level, words, **facts, foreign=autopilot.foreign,
                                         bad=rejected.bad, rejected=rejected.rejected)
            self._state, self._stated = state, now
            self._states.publish(String(data=state))


def main(arguments: list[str] | None = None) -> None:
    """Run the node."""
    sys.exit(run(AutopilotBridge, arguments))


if __name__ == "__main__":
    main()
