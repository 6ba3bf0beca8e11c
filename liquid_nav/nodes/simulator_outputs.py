"""What the simulator publishes: the senses of the drone, the clock, and what it touched."""

from __future__ import annotations

import json

import numpy as np
from nav_msgs.msg import Odometry
from rclpy.node import Node
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import BatteryState, CameraInfo, Image, Imu
from std_msgs.msg import String

from liquid_nav.nodes.drone_messages import (
    battery_message,
    camera_info_message,
    imu_message,
    odometry_message,
)
from liquid_nav.nodes.messages import from_seconds, image_message, to_stamp
from liquid_nav.nodes.qos import latched, sensor_data
from liquid_nav.simulation.airframe import CameraConfig
from liquid_nav.simulation.state import DroneState

TRUE, ESTIMATED = "true", "estimated"
"""Which pose is rendered and judged: where the drone is, or where its autopilot thinks that it is."""
BATTERY_PERIOD = 1.0
"""s between battery messages."""


class ClockOutput:
    """The simulated clock: one for all drones of a world."""

    def __init__(self, node: Node) -> None:
        """Create the publisher."""
        self._publisher = node.create_publisher(Clock, "/clock", sensor_data())

    def tell(self, time: float) -> None:
        """Announce the simulated time, s."""
        self._publisher.publish(Clock(clock=to_stamp(from_seconds(time))))


class SimulatorOutputs:
    """The publishers of the simulator; every message carries the simulated time it belongs to."""

    def __init__(
        self, node: Node, camera: CameraConfig, prefix: str, space: str = "", sensors: bool = True
    ) -> None:
        """Create the publishers.

        Args:
            node: Owner of the topics.
            camera: Geometry of the camera.
            prefix: Before every frame id.
            space: Before every topic.
            sensors: Whether inertial data and battery are ours; of a vehicle that flies elsewhere they are its own, and
                a second publisher would be a fault.
        """
        self._camera, self._prefix = camera, prefix
        self._optical_frame = f"{prefix}camera_optical_frame"
        self._image = node.create_publisher(Image, f"{space}camera/image_raw", sensor_data())
        self._info = node.create_publisher(CameraInfo, f"{space}camera/camera_info", sensor_data())
        self._odom = node.create_publisher(Odometry, f"{space}odom", sensor_data(10))
        if sensors:
            self._imu = node.create_publisher(Imu, f"{space}imu", sensor_data(10))
            self._battery = node.create_publisher(BatteryState, f"{space}battery_state", sensor_data(10))
        self._pose = node.create_publisher(String, f"{space}simulator/pose", latched())
        self._contact = node.create_publisher(String, f"{space}simulator/contact", latched())
        self._transforms = _transform_publisher(node)
        self._next_battery = 0.0

    def which_pose(self, which: str) -> None:
        """Say whether what is rendered is ``TRUE`` or ``ESTIMATED``."""
        self._pose.publish(String(data=which))

    def imu(self, state: DroneState) -> None:
        """Publish attitude, body rates and specific force, and the battery when it is due."""
        stamp = from_seconds(state.time)
        self._imu.publish(imu_message(state, stamp, self._prefix))
        if state.time >= self._next_battery:
            self._next_battery = state.time + BATTERY_PERIOD
            self._battery.publish(battery_message(state.time, stamp))

    def odometry(self, state: DroneState) -> None:
        """Publish the true state, and the transform where tf2_msgs is installed."""
        message = odometry_message(state, from_seconds(state.time), self._prefix)
        self._odom.publish(message)
        if self._transforms is not None:
            self._transforms(message)

    def frame(self, image: np.ndarray, time: float) -> None:
        """Publish one camera image, uint8 [H,W,3] RGB, with the camera's model."""
        stamp, camera = from_seconds(time), self._camera
        self._info.publish(
            camera_info_message(camera.width, camera.height, camera.fov, stamp, self._optical_frame)
        )
        self._image.publish(image_message(image, stamp, self._optical_frame))

    def contact(self, kind: str, time: float) -> None:
        """Say what the drone touched and when, as JSON."""
        self._contact.publish(String(data=json.dumps({"touched": kind, "time": time})))


def _transform_publisher(node: Node):
    """Return a function that publishes odom -> base_link, or None where there is no tf2_msgs."""
    try:
        from tf2_msgs.msg import TFMessage
    except ImportError:
        return None
    from geometry_msgs.msg import TransformStamped

    from liquid_nav.nodes.qos import reliable

    publisher = node.create_publisher(TFMessage, "/tf", reliable(100))

    def publish(odometry: Odometry) -> None:
        transform = TransformStamped(header=odometry.header, child_frame_id=odometry.child_frame_id)
        position, offset = odometry.pose.pose.position, transform.transform.translation
        offset.x, offset.y, offset.z = position.x, position.y, position.z
        transform.transform.rotation = odometry.pose.pose.orientation
        publisher.publish(TFMessage(transforms=[transform]))

    return publish
