"""What the simulator publishes: the drone's sensors and state, the clock, and what it touched."""

from __future__ import annotations

import json

import numpy as np
from nav_msgs.msg import Odometry
from rclpy.node import Node
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import BatteryState, CameraInfo, Image, Imu
from std_msgs.msg import String
from visualization_msgs.msg import MarkerArray

from liquid_nav.nodes.drone_messages import (
    battery_message,
    camera_info_message,
    imu_message,
    odometry_message,
)
from liquid_nav.nodes.messages import from_seconds, image_message, to_stamp
from liquid_nav.nodes.qos import latched_qos, sensor_data_qos
from liquid_nav.nodes.transforms import (
    FixedTransforms,
    MovingTransforms,
    camera_mount,
    fixed_transform,
)
from liquid_nav.nodes.world_markers import world_markers
from liquid_nav.simulation import (
    DroneResponse,
    DroneState,
    camera_angles,
)
from liquid_nav.worlds import DRONE_MODEL, CameraConfig, Layout

TRUE = "true"
"""The pose that is rendered and judged is where the drone is."""
ESTIMATED = "estimated"
"""The pose that is rendered and judged is the estimate of the drone's autopilot."""
BATTERY_PERIOD = 1.0
"""s between battery messages."""


class ClockOutput:
    """The simulated clock: one for all drones of a world."""

    def __init__(self, node: Node) -> None:
        """Create the publisher."""
        self._publisher = node.create_publisher(Clock, "/clock", sensor_data_qos())

    def publish(self, time: float) -> None:
        """Publish the simulated time, s."""
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
            sensors: Whether inertial data and battery are ours; of a vehicle that flies elsewhere
                they are its own, and a second publisher would be a fault.
        """
        self._camera = camera
        self._prefix = prefix
        self._optical_frame = f"{prefix}camera_optical_frame"
        self._image = node.create_publisher(Image, f"{space}camera/image_raw", sensor_data_qos())
        self._info = node.create_publisher(
            CameraInfo, f"{space}camera/camera_info", sensor_data_qos()
        )
        self._odom = node.create_publisher(Odometry, f"{space}odom", sensor_data_qos(10))
        if sensors:
            self._imu = node.create_publisher(Imu, f"{space}imu", sensor_data_qos(10))
            self._battery = node.create_publisher(
                BatteryState, f"{space}battery_state", sensor_data_qos(10)
            )
        self._pose = node.create_publisher(String, f"{space}simulator/pose", latched_qos())
        self._contact = node.create_publisher(String, f"{space}simulator/contact", latched_qos())
        self._markers = node.create_publisher(
            MarkerArray, f"{space}simulator/markers", latched_qos()
        )
        self._transforms = MovingTransforms(node)
        self._fixed = FixedTransforms(node)
        self._next_battery = 0.0

    def place(self, layout: Layout, response: DroneResponse, shared: str = "") -> None:
        """Publish once what does not change: markers of the world, and the camera's mount.

        Args:
            layout: The place, with this drone's start.
            response: Of the drone, with the errors of its camera's mounting.
            shared: Frame id of the world, where several drones share it: their ``odom`` frames then
                coincide with it.
        """
        fixed = camera_mount(
            self._prefix, DRONE_MODEL.camera_position, camera_angles(self._camera, response)
        )
        if shared:
            fixed.append(fixed_transform(shared, f"{self._prefix}odom"))
        self._fixed.publish(fixed)
        self._markers.publish(world_markers(layout, self._prefix))

    def which_pose(self, which: str) -> None:
        """Publish whether what is rendered is ``TRUE`` or ``ESTIMATED``."""
        self._pose.publish(String(data=which))

    def imu(self, state: DroneState) -> None:
        """Publish attitude, body rates and specific force, and the battery when it is due."""
        stamp = from_seconds(state.time)
        self._imu.publish(imu_message(state, stamp, self._prefix))
        if state.time >= self._next_battery:
            self._next_battery = state.time + BATTERY_PERIOD
            self._battery.publish(battery_message(state.time, stamp))

    def odometry(self, state: DroneState) -> None:
        """Publish the true state, and its pose as the transform from ``odom`` to ``base_link``."""
        message = odometry_message(state, from_seconds(state.time), self._prefix)
        self._odom.publish(message)
        self._transforms.odometry(message)

    def frame(self, image: np.ndarray, time: float) -> None:
        """Publish one camera image, uint8 [H,W,3] RGB, with the camera's model."""
        stamp = from_seconds(time)
        camera = self._camera
        self._info.publish(
            camera_info_message(camera.width, camera.height, camera.fov, stamp, self._optical_frame)
        )
        self._image.publish(image_message(image, stamp, self._optical_frame))

    def contact(self, kind: str, time: float) -> None:
        """Publish what the drone touched and when, as JSON."""
        self._contact.publish(String(data=json.dumps({"touched": kind, "time": time})))
