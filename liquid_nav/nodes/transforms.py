"""TF: what a node publishes on ``/tf`` and ``/tf_static``."""

from __future__ import annotations

import math
from typing import Sequence

from geometry_msgs.msg import Quaternion, Transform, TransformStamped, Vector3
from nav_msgs.msg import Odometry
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile
from std_msgs.msg import Header

from liquid_nav.geometry import attitude_from_euler
from liquid_nav.nodes.messages import nanoseconds
from liquid_nav.nodes.qos import latched_qos, reliable_qos
from liquid_nav.nodes.tf_cdr import encode
from liquid_nav.nodes.tf_type import NO_TYPE, tf_message_class

DEPTH = 100
"""Messages on ``/tf`` that may wait, as tf2_ros has it."""
OPTICAL = (-math.pi / 2.0, 0.0, -math.pi / 2.0)
"""Roll, pitch and yaw, rad, of an optical frame (z forward, x right, y down) in camera_link."""


class MovingTransforms:
    """What moves: the poses of odometry on ``/tf``.

    Without a message type it publishes nothing, and logs that once.
    """

    def __init__(self, node: Node) -> None:
        """Create the publisher."""
        self._publisher = _publisher(node, "/tf", reliable_qos(DEPTH))
        self._last: int | None = None
        """Stamp of the newest transform, ns."""
        self._subscribers = 0

    def odometry(self, message: Odometry) -> None:
        """Publish the pose of an odometry as the transform from its frame to its child frame.

        One that is not finite is left out: a viewer that uses TF would lose the drone.
        """
        if self._publisher is None:
            return
        stamp = nanoseconds(message.header.stamp)
        # tf2 warns of every stamp that it has already: only a new subscriber has to receive one
        # again.
        subscribers = self._publisher.get_subscription_count()
        if stamp == self._last and subscribers <= self._subscribers:
            return
        self._subscribers = subscribers
        self._last = stamp
        position = message.pose.pose.position
        q = message.pose.pose.orientation
        if not all(map(math.isfinite, (position.x, position.y, position.z, q.w, q.x, q.y, q.z))):
            return
        offset = Vector3(x=position.x, y=position.y, z=position.z)
        transform = TransformStamped(
            header=message.header,
            child_frame_id=message.child_frame_id,
            transform=Transform(translation=offset, rotation=q),
        )
        self._publisher.publish(encode([transform]))


class FixedTransforms:
    """What never changes, on ``/tf_static``: a late subscriber gets it too.

    Without a message type it publishes nothing, and logs that once.
    """

    def __init__(self, node: Node) -> None:
        """Create the publisher."""
        self._node = node
        self._publisher = _publisher(node, "/tf_static", latched_qos())

    def publish(self, transforms: list[TransformStamped]) -> None:
        """Publish all fixed transforms of the node: they replace those of before."""
        if self._publisher is None:
            return
        now = self._node.get_clock().now().to_msg()
        for one in transforms:
            one.header.stamp = now
        self._publisher.publish(encode(transforms))


def _publisher(node: Node, topic: str, qos: QoSProfile) -> Publisher | None:
    kind = tf_message_class()
    if kind is None:
        node.get_logger().warning(
            f"nothing is published on {topic}: {NO_TYPE}; install tf2_msgs to get it"
        )
        return None
    return node.create_publisher(kind, topic, qos)


def fixed_transform(
    parent: str,
    child: str,
    position: Sequence[float] = (0.0, 0.0, 0.0),
    angles: Sequence[float] = (0.0, 0.0, 0.0),
) -> TransformStamped:
    """Return a transform without a stamp.

    Args:
        parent: Frame id.
        child: Frame id.
        position: Of the child in the parent, m.
        angles: Roll, pitch and yaw of the child in the parent, rad: yaw after pitch after roll.
    """
    offset = dict(zip("xyz", map(float, position)))
    turn = dict(zip("wxyz", map(float, attitude_from_euler(*angles))))
    return TransformStamped(
        header=Header(frame_id=parent),
        child_frame_id=child,
        transform=Transform(translation=Vector3(**offset), rotation=Quaternion(**turn)),
    )


def camera_mount(
    prefix: str, position: Sequence[float], angles: Sequence[float]
) -> list[TransformStamped]:
    """Return base_link to camera_link, and camera_link to camera_optical_frame.

    Args:
        prefix: Of all frame ids.
        position: Of the camera in base_link, m: x forward, y left, z up.
        angles: Roll, pitch and yaw of the camera in base_link, rad; positive pitch is nose down.
    """
    link = f"{prefix}camera_link"
    return [
        fixed_transform(f"{prefix}base_link", link, position, angles),
        fixed_transform(link, f"{prefix}camera_optical_frame", angles=OPTICAL),
    ]
