"""What the bridge publishes of the vehicle: odometry, inertial data, battery and the pilot's
sticks, in our frames.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from nav_msgs.msg import Odometry
from rclpy.node import Node
from sensor_msgs.msg import BatteryState, Imu, Joy

from liquid_nav import geometry
from liquid_nav.autopilots import Odometry as VehicleOdometry
from liquid_nav.autopilots import VehicleState
from liquid_nav.clocks import NANO, OffsetClock
from liquid_nav.nodes.drone_messages import battery_message, imu_message, odometry_message
from liquid_nav.nodes.messages import from_seconds, to_stamp
from liquid_nav.nodes.qos import sensor_data_qos
from liquid_nav.nodes.transforms import MovingTransforms
from liquid_nav.simulation import DroneState

if TYPE_CHECKING:
    from liquid_nav.autopilots import MavlinkMessage

TRUE_POSE = "autopilot/true_odom"
"""Topic of a simulated vehicle's true pose."""
REMOTE_CONTROL = "remote_control"
"""frame_id of its ``joy`` messages: a name for the device, which has no frame."""


class AutopilotOutputs:
    """The publishers.

    Over MAVLink the vehicle stamps by its time since boot. It is brought to ROS time, by which the
    camera stamps, by a measured offset; only where the vehicle is simulated, and its clock is the
    flight's, it stays as it is. Over DDS stamps are the time of arrival.
    """

    def __init__(
        self, node: Node, odometry: str, prefix: str, transforms: MovingTransforms | None = None
    ) -> None:
        """Create the publishers.

        Args:
            node: Owner of the topics.
            odometry: That topic's name.
            prefix: Before every frame id.
            transforms: Where the pose goes beside it; default None: nowhere.
        """
        self._transforms = transforms
        self._node = node
        self._prefix = prefix
        self._clock: OffsetClock | None = None
        """From the vehicle's clock to ours; None where the vehicle's is the flight's."""
        if not node.get_parameter("use_sim_time").value:
            self._clock = OffsetClock()
        self._odom = node.create_publisher(Odometry, odometry, sensor_data_qos(10))
        self._imu = node.create_publisher(Imu, "imu", sensor_data_qos(10))
        self._battery = node.create_publisher(BatteryState, "battery_state", sensor_data_qos(10))
        self._joy = node.create_publisher(Joy, "joy", sensor_data_qos(10))

    def offer_true_pose(self) -> None:
        """Create the publisher of a simulated vehicle's true pose; our world is rendered by that
        vehicle's clock.
        """
        self._clock = None
        self._true = self._node.create_publisher(Odometry, TRUE_POSE, sensor_data_qos(10))

    def true_pose(self, odometry: VehicleOdometry) -> None:
        """Publish where a simulated vehicle truly is."""
        unknown = np.full(3, math.nan)
        state = DroneState(
            odometry.time,
            odometry.position,
            odometry.quaternion,
            odometry.velocity,
            odometry.angular_velocity,
            unknown,
        )
        self._true.publish(odometry_message(state, from_seconds(state.time), self._prefix))

    def message(self, message: MavlinkMessage, telemetry: VehicleState) -> None:
        """Publish what a message of the vehicle has brought into ``telemetry``."""
        kind = message.get_type()
        if kind == "LOCAL_POSITION_NED":
            if self._clock is not None and telemetry.boot is not None:
                self._clock.observe(telemetry.boot, self._node.get_clock().now().nanoseconds / NANO)
            self.odometry(telemetry, self._time(telemetry.boot))
        elif kind == "SYS_STATUS" and telemetry.boot is not None:
            self.battery(telemetry, self._time(telemetry.boot) or 0.0)
        elif kind == "RC_CHANNELS" and telemetry.sticks is not None:
            axes = [
                float(np.clip((channel - 1500) / 500.0, -1.0, 1.0)) for channel in telemetry.sticks
            ]
            joy = Joy(axes=axes)
            joy.header.frame_id = REMOTE_CONTROL
            joy.header.stamp = to_stamp(from_seconds(self._time(telemetry.boot) or 0.0))
            self._joy.publish(joy)

    def _time(self, boot: float | None) -> float | None:
        """Return a time since the vehicle's boot as the time of a stamp, s; None where it is not
        known yet.
        """
        if boot is None or self._clock is None:
            return boot
        return self._clock.moved(boot)

    def battery(self, telemetry: VehicleState, time: float) -> None:
        """Publish the charge, where it is known; ``time``: of the stamp, s."""
        if telemetry.battery is not None:
            battery = battery_message(0.0, from_seconds(time))
            battery.percentage = telemetry.battery
            battery.voltage = telemetry.voltage or math.nan
            # Those of the simulated battery; an autopilot does not report them.
            battery.power_supply_status = BatteryState.POWER_SUPPLY_STATUS_UNKNOWN
            battery.power_supply_technology = BatteryState.POWER_SUPPLY_TECHNOLOGY_UNKNOWN
            self._battery.publish(battery)

    def odometry(self, telemetry: VehicleState, time: float | None) -> None:
        """Publish odometry and inertial data, once both position and attitude are known; ``time``:
        of the stamp, s.
        """
        odometry = telemetry.odometry()
        force = telemetry.force
        if odometry is None or time is None:
            return
        specific = np.full(3, math.nan)
        if force is not None:
            specific = geometry.frd_to_flu(force)
        state = DroneState(
            time,
            odometry.position,
            odometry.quaternion,
            odometry.velocity,
            odometry.angular_velocity,
            specific,
        )
        stamp = from_seconds(state.time)
        message = odometry_message(state, stamp, self._prefix)
        self._odom.publish(message)
        if self._transforms is not None:
            self._transforms.odometry(message)
        self._imu.publish(imu_message(state, stamp, self._prefix))
