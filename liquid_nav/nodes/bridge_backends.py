"""The connections of the autopilot bridge: MAVLink, px4_msgs over DDS, or a plain Twist.

All have the same interface. Each has a session (see ``autopilots``), receives what has arrived, and
sends what the session asks for.
"""

from __future__ import annotations

import math
import os
import time as wall
from typing import Any, Callable

from geometry_msgs.msg import Twist, TwistStamped
from nav_msgs.msg import Odometry
from rclpy.duration import Duration
from rclpy.node import Node

from liquid_nav.autopilots import (
    PlainSession,
    Px4DdsAdapter,
    SessionConfig,
    explain_failsafe,
    failsafe_parameters,
)
from liquid_nav.credentials import PASSPHRASE_PARAMETER, read_passphrase
from liquid_nav.errors import UserError
from liquid_nav.frame_names import is_world, twist_frame
from liquid_nav.nodes.autopilot_outputs import AutopilotOutputs
from liquid_nav.nodes.diagnostics import Diagnostics
from liquid_nav.nodes.drone_messages import state_from
from liquid_nav.nodes.messages import command_message, require_finite
from liquid_nav.nodes.parameters import declare
from liquid_nav.nodes.qos import reliable_qos, sensor_data_qos
from liquid_nav.nodes.subscribing import subscribe
from liquid_nav.nodes.transforms import MovingTransforms
from liquid_nav.safety import Phase

Clock = Callable[[], float]
MAVLINK = ("px4", "ardupilot")
DDS = "px4_dds"
PLAIN_TYPES = {"twist": Twist, "twist_stamped": TwistStamped}
"""Autopilot that takes plain velocities -> the message's type."""
PLAIN = tuple(PLAIN_TYPES)
LAST_COMMAND = Duration(seconds=0.5)
"""Time to wait until the last command is acknowledged: the end of the process may discard it before
it is sent.
"""


class MavlinkBackend:
    """PX4 or ArduPilot over MAVLink."""

    def __init__(
        self,
        node: Node,
        kind: str,
        config: SessionConfig,
        outputs: AutopilotOutputs,
        diagnostics: Diagnostics,
        now: Clock,
    ) -> None:
        """Declare parameters; the first ``receive`` opens the connection.

        Bad input raises UserError.
        """
        try:
            from liquid_nav.autopilots import (
                COMPANION_COMPONENT_ID,
                COMPANION_SYSTEM_ID,
                MavlinkAdapter,
                MavlinkCodec,
                MavlinkLink,
                autopilot_profile,
                mavlink_signing_key,
            )
            from liquid_nav.nodes.true_pose_relay import TruePoseRelay
        except ModuleNotFoundError as error:
            raise UserError(
                f"the Python package '{error.name}' is not installed",
                "pip install 'liquid_nav[flight]'",
            ) from error
        connection = declare(
            node,
            "connection",
            "udp:0.0.0.0:14540",
            "udp:HOST:PORT (listens), udpout:HOST:PORT, tcp:HOST:PORT or serial:DEVICE:BAUD.",
        )
        target = _declare_target(node)
        system = declare(
            node, "system_id", COMPANION_SYSTEM_ID, "Our own MAVLink system id.", (1, 255)
        )
        component = declare(
            node, "component_id", COMPANION_COMPONENT_ID, "Our own MAVLink component id.", (1, 255)
        )
        secret = _passphrase(node)
        self._true_pose = TruePoseRelay(kind, outputs, _declare_true_pose(node))
        vision = declare(
            node,
            "vision_topic",
            "",
            "Odometry (ENU) given to the autopilot's estimator; empty: none.",
        )
        self.adapter = MavlinkAdapter(autopilot_profile(kind), config, target, system, component)
        self.session = self.adapter.session
        key = mavlink_signing_key(secret) if secret else None
        # Signatures count from a date, and must not go back from one start to the next.
        codec = MavlinkCodec(
            system,
            component,
            key=key,
            unix_time=wall.time(),
            datagrams=connection.startswith("udp"),
        )
        self._link = MavlinkLink(connection, codec, self.adapter.is_vehicle)
        self._outputs = outputs
        self._now = now
        if vision:
            subscribe(node, diagnostics, Odometry, vision, self.on_vision, sensor_data_qos())

    @property
    def problem(self) -> str:
        """Why the connection is down, or nothing."""
        return self._link.problem

    @property
    def missing(self) -> str:
        """What is missing while nothing is received."""
        target = self.adapter.target
        whose = "any autopilot" if target is None else f"system {target}"
        return f"no heartbeat of {whose} on {self._link.connection}"

    def receive(self, now: float) -> None:
        """Process what has arrived."""
        for message in self._link.receive(now):
            if self.adapter.receive(message, now):
                self._outputs.message(message, self.session.vehicle)
            elif self.adapter.is_vehicle(message):
                self._true_pose.receive(message, self.session.vehicle.boot)

    def send(self, now: float) -> None:
        """Send what the session asks for."""
        self._link.send(self.adapter.update(now), now)
        if self.session.phase is not Phase.OFFLINE:
            self._link.send(self._true_pose.update(self.adapter.target, now), now)

    def facts(self) -> dict[str, Any]:
        """Return counts for the diagnostics."""
        counts = self._link.counts
        return {
            "foreign": self.adapter.foreign,
            "strangers": self._link.strangers,
            "bad": counts.bad,
            "rejected": counts.rejected,
        }

    def failsafes(self) -> dict[str, dict[str, Any]]:
        """Return the autopilot's own failsafe parameters that were read, and what each means."""
        parameters = self.session.parameters
        # NaN and infinity are no JSON: a reader may refuse the whole message.
        names = [
            name
            for name in failsafe_parameters(self.session.profile.name)
            if math.isfinite(parameters.get(name, math.nan))
        ]
        return {
            name: {"value": parameters[name], "meaning": explain_failsafe(name, parameters[name])}
            for name in names
        }

    def close(self) -> None:
        """Close the connection."""
        self._link.close()

    def on_vision(self, message: Odometry) -> None:
        """Send odometry to the autopilot's estimator.

        Raises:
            ValueError: it is no pose, or in other frames.
        """
        from liquid_nav.autopilots import external_vision_message

        frame = twist_frame(message.header.frame_id, message.child_frame_id)
        if is_world(frame):
            text = (
                "expected a pose in ENU and a velocity in the body's frame (base_link), as "
                "REP-105 has it"
            )
            raise ValueError(f"external vision is in the frame '{frame}', {text}")
        state = state_from(message)
        require_finite("external vision", state.position, state.velocity)
        vision = external_vision_message(
            state.time, state.position, state.quaternion, state.velocity, state.angular_velocity
        )
        self._link.send([vision], self._now())


class DdsBackend:
    """PX4 over the uXRCE-DDS agent."""

    missing = (
        "nothing on the fmu/out topics: is MicroXRCEAgent running, do the px4_msgs fit "
        "the firmware?"
    )
    problem = ""

    def __init__(
        self,
        node: Node,
        config: SessionConfig,
        outputs: AutopilotOutputs,
        diagnostics: Diagnostics,
        now: Clock,
    ) -> None:
        """Declare parameters and create the topics; raises UserError where px4_msgs is missing."""
        from liquid_nav.nodes.px4_dds_link import Px4DdsLink

        self.adapter = Px4DdsAdapter(config, _declare_target(node))
        self.session = self.adapter.session
        self._link = Px4DdsLink(
            node, self.adapter, outputs, now, diagnostics, truth=_declare_true_pose(node)
        )

    def receive(self, now: float) -> None:
        """Do nothing: messages arrive in callbacks."""

    def send(self, now: float) -> None:
        """Publish what the session asks for."""
        self._link.send(self.adapter.update(now))

    def facts(self) -> dict[str, Any]:
        """Return counts for the diagnostics."""
        return {"foreign": self.adapter.foreign, "bad": self._link.bad}

    def failsafes(self) -> dict[str, dict[str, Any]]:
        """Return nothing: PX4 sends no parameters over DDS."""
        return {}

    def close(self) -> None:
        """Do nothing: the node owns the topics."""


class PlainBackend:
    """Velocities for whatever takes a Twist."""

    problem = ""
    missing = ""

    def __init__(
        self,
        node: Node,
        kind: str,
        config: SessionConfig,
        odometry: str,
        prefix: str,
        diagnostics: Diagnostics,
        now: Clock,
        transforms: MovingTransforms | None = None,
    ) -> None:
        """Declare parameters and create the publisher.

        Args:
            node: Owner of the topics.
            kind: twist or twist_stamped.
            config: Of the session.
            odometry: Topic with the drone's attitude.
            prefix: Of all frame ids.
            diagnostics: Where dropped messages are reported.
            now: Clock, s.
            transforms: Where the received pose goes, with plain_in_body; default None: nowhere.
        """
        topic = declare(
            node,
            "plain_topic",
            "autopilot/cmd_vel",
            "Topic on which plain velocities are published.",
        )
        body = declare(
            node,
            "plain_in_body",
            False,
            "Whether what receives plain velocities reads them in the tilted body, as Gazebo does: "
            "they are turned by the attitude in odom.",
        )
        self.session = PlainSession(config, config.rate)
        self._node = node
        self._now = now
        self._transforms = transforms
        self._frame = f"{prefix}base_link"
        self._publisher = node.create_publisher(PLAIN_TYPES[kind], topic, reliable_qos())
        if body:
            subscribe(node, diagnostics, Odometry, odometry, self._on_odometry, sensor_data_qos())

    def receive(self, now: float) -> None:
        """Do nothing: the vehicle sends no answers."""

    def send(self, now: float) -> None:
        """Publish what the session asks for."""
        command = self.session.update(now)
        if command is None:
            return
        message = command_message(command, self._node.get_clock().now().nanoseconds, self._frame)
        if self._publisher.msg_type is not TwistStamped:
            message = message.twist
        self._publisher.publish(message)

    def facts(self) -> dict[str, Any]:
        """Return nothing: there are no counts."""
        return {}

    def failsafes(self) -> dict[str, dict[str, Any]]:
        """Return nothing: there are no parameters to read."""
        return {}

    def close(self) -> None:
        """Wait until the last command is acknowledged: the one before could hold for ever."""
        if self._node.context.ok():
            self._publisher.wait_for_all_acked(LAST_COMMAND)

    def _on_odometry(self, message: Odometry) -> None:
        self.session.attitude(state_from(message).quaternion, self._now())
        if self._transforms is not None:
            self._transforms.odometry(message)


def _declare_target(node: Node) -> int | None:
    """Return the system id of the vehicle; None: of the first one received."""
    target: int = declare(
        node,
        "target_system",
        1,
        "System id of the vehicle; 0: the first one received.",
        (0, 255),
    )
    return target or None


def _declare_true_pose(node: Node) -> bool:
    return declare(
        node,
        "true_pose",
        False,
        "Ask a simulated vehicle for its true pose and publish it on autopilot/true_odom.",
    )


def _passphrase(node: Node) -> str:
    # Every node on the graph can read a parameter; a passphrase that is given in one must not be
    # ignored either.
    if "signing_passphrase" in node._parameter_overrides:
        raise UserError(
            "the parameter 'signing_passphrase' could be read by every node on the graph",
            f"put the passphrase into a file and give its path as {PASSPHRASE_PARAMETER}, "
            "or set LIQUID_NAV_SIGNING_PASSPHRASE",
        )
    path = declare(
        node,
        PASSPHRASE_PARAMETER,
        "",
        "File with the passphrase of MAVLink 2 signing, readable by its owner alone; empty: "
        "LIQUID_NAV_SIGNING_PASSPHRASE, or unsigned.",
    )
    return read_passphrase(path, os.environ)
