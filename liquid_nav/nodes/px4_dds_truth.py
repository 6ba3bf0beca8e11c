"""With ``true_pose``: a simulated PX4's groundtruth topics (DDS) to ``autopilot/true_odom``."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
from rclpy.node import Node
from rclpy.qos import QoSProfile

from liquid_nav.autopilots import Px4GroundTruth, VehicleState, px4_topic_name
from liquid_nav.nodes.autopilot_outputs import AutopilotOutputs
from liquid_nav.nodes.diagnostics import Diagnostics
from liquid_nav.nodes.messages import NANO
from liquid_nav.nodes.subscribing import subscribe

if TYPE_CHECKING:
    from px4_msgs.msg import VehicleAttitude, VehicleLocalPosition


class Px4DdsTruth:
    """Two subscriptions, and the pose that their messages give."""

    def __init__(
        self,
        node: Node,
        messages: ModuleType,
        vehicle: VehicleState,
        outputs: AutopilotOutputs,
        quality: QoSProfile,
        diagnostics: Diagnostics,
    ) -> None:
        """Create the topics.

        Args:
            node: Owner of the topics.
            messages: Module px4_msgs.msg.
            vehicle: State that the vehicle reports; its rates are passed on.
            outputs: Where the pose goes.
            quality: Of the subscriptions.
            diagnostics: Where dropped messages are reported.
        """
        self._node = node
        self._vehicle = vehicle
        self._outputs = outputs
        self._truth = Px4GroundTruth()
        outputs.offer_true_pose()
        for name, kind, callback in (
            ("vehicle_attitude_groundtruth", messages.VehicleAttitude, self._on_attitude),
            (
                "vehicle_local_position_groundtruth",
                messages.VehicleLocalPosition,
                self._on_position,
            ),
        ):
            subscribe(
                node, diagnostics, kind, px4_topic_name("fmu/out", name, kind), callback, quality
            )

    def _on_attitude(self, message: VehicleAttitude) -> None:
        self._truth.attitude(message.q)

    def _on_position(self, message: VehicleLocalPosition) -> None:
        rates = np.zeros(3) if self._vehicle.rates is None else self._vehicle.rates
        odometry = self._truth.position(
            (message.x, message.y, message.z),
            (message.vx, message.vy, message.vz),
            rates,
            self._node.get_clock().now().nanoseconds / NANO,
        )
        if odometry is not None:
            self._outputs.true_pose(odometry)
