"""The connection of the bridge's ``px4_dds`` backend: px4_msgs over the uXRCE-DDS agent, between
topics and plain values.

px4_msgs is imported only here and only when this is chosen. Topic names follow the message versions
of the px4_msgs that is installed; they are relative, so a namespace (PX4's ``px4_1``) makes another
drone. Tested with stand-ins that have the fields of px4_msgs 1.15 to 1.18, with the real messages
over DDS, and flown with a PX4 1.16 in simulation.
"""

from __future__ import annotations

import math
from types import ModuleType
from typing import TYPE_CHECKING, Any, Callable, Iterable

import numpy as np
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy

from liquid_nav.autopilots import (
    Px4DdsAdapter,
    Px4SetPoint,
    Px4VehicleCommand,
    px4_mav_type,
    px4_topic_name,
)
from liquid_nav.errors import UserError
from liquid_nav.nodes.autopilot_outputs import AutopilotOutputs
from liquid_nav.nodes.diagnostics import Diagnostics
from liquid_nav.nodes.messages import NANO
from liquid_nav.nodes.px4_dds_truth import Px4DdsTruth
from liquid_nav.nodes.subscribing import subscribe

if TYPE_CHECKING:
    from px4_msgs.msg import (
        BatteryStatus,
        VehicleCommandAck,
        VehicleLandDetected,
        VehicleLocalPosition,
        VehicleOdometry,
        VehicleStatus,
    )

SYSTEM = 247
"""System id that we send as ours; acknowledgements for others are not ours."""
COMPONENT = 191
"""Component id that we send as ours."""
ARMED = 2
"""arming_state of VehicleStatus."""
NAN3 = (math.nan,) * 3
ON_ARRIVAL = 0
"""Time stamp that PX4 (1.14 and newer) replaces by its own time.

A stamp of our clock must fit PX4's estimate of that clock: a second too old, after a jump or from
another computer than the agent's, and PX4 neither arms nor stays in OFFBOARD.
"""
BATTERY_PERIOD = 0.2
"""s between battery messages that are passed on: PX4's simulated battery sends at 100 Hz."""


def _px4_msgs() -> ModuleType:
    try:
        import px4_msgs.msg
    except ModuleNotFoundError as error:
        raise UserError(
            "the ROS package 'px4_msgs' is not installed, which autopilot:=px4_dds needs",
            "build the branch of github.com/PX4/px4_msgs for your PX4 release in your workspace, "
            "or use autopilot:=px4",
        ) from error
    return px4_msgs.msg


def _best_effort(durability: DurabilityPolicy) -> QoSProfile:
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=5,
        reliability=ReliabilityPolicy.BEST_EFFORT,
        durability=durability,
    )


class Px4DdsLink:
    """Publishers and subscriptions."""

    def __init__(
        self,
        node: Node,
        autopilot: Px4DdsAdapter,
        outputs: AutopilotOutputs,
        now: Callable[[], float],
        diagnostics: Diagnostics,
        truth: bool = False,
    ) -> None:
        """Create the topics; raises UserError where px4_msgs is missing.

        Args:
            node: Owner of the topics.
            autopilot: What gets the messages.
            outputs: Where odometry and battery go.
            now: The bridge's clock, s.
            diagnostics: Where dropped messages are reported.
            truth: Whether a simulated vehicle's true pose is published, too.
        """
        self._messages = _px4_msgs()
        self._node = node
        self._autopilot = autopilot
        self._outputs = outputs
        self._now = now
        self._charged = -1e9
        self.bad = 0
        """Messages of odometry that could not be used."""
        m = self._messages
        # Offered transient local and requested volatile: compatible with every PX4 release.
        write = _best_effort(DurabilityPolicy.TRANSIENT_LOCAL)
        read = _best_effort(DurabilityPolicy.VOLATILE)

        def writer(name: str, kind: type) -> Publisher[Any]:
            return node.create_publisher(kind, px4_topic_name("fmu/in", name, kind), write)

        self._mode = writer("offboard_control_mode", m.OffboardControlMode)
        self._set_point = writer("trajectory_setpoint", m.TrajectorySetpoint)
        self._order = writer("vehicle_command", m.VehicleCommand)
        for name, kind, callback in (
            ("vehicle_status", m.VehicleStatus, self._on_status),
            ("vehicle_command_ack", m.VehicleCommandAck, self._on_ack),
            ("vehicle_land_detected", m.VehicleLandDetected, self._on_landed),
            ("vehicle_odometry", m.VehicleOdometry, self._on_odometry),
            ("battery_status", m.BatteryStatus, self._on_battery),
            ("vehicle_local_position", m.VehicleLocalPosition, self._on_local_position),
        ):
            subscribe(
                node, diagnostics, kind, px4_topic_name("fmu/out", name, kind), callback, read
            )
        if truth:
            self._truth = Px4DdsTruth(
                node, m, autopilot.session.vehicle, outputs, read, diagnostics
            )

    def send(self, messages: Iterable[Px4VehicleCommand | Px4SetPoint]) -> None:
        """Publish what the session asks for."""
        for message in messages:
            if isinstance(message, Px4SetPoint):
                self._stream(message)
            else:
                self._command(message)

    def _stream(self, point: Px4SetPoint) -> None:
        m = self._messages
        self._mode.publish(m.OffboardControlMode(timestamp=ON_ARRIVAL, velocity=True))
        self._set_point.publish(
            m.TrajectorySetpoint(
                timestamp=ON_ARRIVAL,
                position=_floats(NAN3),
                velocity=_floats(point.velocity),
                acceleration=_floats(NAN3),
                jerk=_floats(NAN3),
                yaw=math.nan,
                yawspeed=float(point.yaw_rate),
            )
        )

    def _command(self, order: Px4VehicleCommand) -> None:
        parameters = {f"param{i}": float(value) for i, value in enumerate(order.parameters, 1)}
        self._order.publish(
            self._messages.VehicleCommand(
                timestamp=ON_ARRIVAL,
                command=order.number,
                target_system=self._autopilot.target or 1,
                target_component=1,
                source_system=SYSTEM,
                source_component=COMPONENT,
                from_external=True,
                **parameters,
            )
        )

    def _on_status(self, message: VehicleStatus) -> None:
        passes = bool(getattr(message, "pre_flight_checks_pass", True))
        failsafe = bool(getattr(message, "failsafe", False))
        armed = message.arming_state == ARMED
        kind = px4_mav_type(
            getattr(message, "vehicle_type", 0), bool(getattr(message, "is_vtol", False))
        )
        self._autopilot.status(
            message.nav_state, armed, message.system_id, passes, failsafe, self._now(), kind
        )

    def _on_local_position(self, message: VehicleLocalPosition) -> None:
        self._autopilot.global_position(bool(message.xy_global), self._now())

    def _on_ack(self, message: VehicleCommandAck) -> None:
        if (message.target_system, message.target_component) == (SYSTEM, COMPONENT):
            self._autopilot.acknowledge(message.command, message.result, self._now())

    def _on_landed(self, message: VehicleLandDetected) -> None:
        self._autopilot.landed(bool(message.landed), self._now())

    def _on_odometry(self, message: VehicleOdometry) -> None:
        position, q, velocity, rates = (
            np.array(values, dtype=np.float64)
            for values in (message.position, message.q, message.velocity, message.angular_velocity)
        )
        kinds = message.pose_frame, message.velocity_frame
        stamp = int(message.timestamp)
        if not self._autopilot.odometry(position, q, velocity, rates, kinds, stamp, self._now()):
            self.bad += 1
            return
        self._outputs.odometry(
            self._autopilot.session.vehicle, self._node.get_clock().now().nanoseconds / NANO
        )

    def _on_battery(self, message: BatteryStatus) -> None:
        now = self._now()
        if 0.0 <= now - self._charged < BATTERY_PERIOD:
            return
        self._charged = now
        self._autopilot.battery(float(message.remaining), float(message.voltage_v))
        self._outputs.battery(
            self._autopilot.session.vehicle, self._node.get_clock().now().nanoseconds / NANO
        )


def _floats(values: Iterable[float]) -> np.ndarray:
    return np.array(tuple(values), dtype=np.float32)
