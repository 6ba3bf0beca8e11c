"""What the controller publishes: every inner quantity is a topic, computed only while it has a
subscriber.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from geometry_msgs.msg import TwistStamped
from rclpy.node import Node
from sensor_msgs.msg import Image
from std_msgs.msg import Float32, Float32MultiArray, String

from liquid_nav.nodes.messages import array_message, command_message, image_message
from liquid_nav.nodes.qos import command_output, latched, reliable, sensor_data
from liquid_nav.types import Command


class ControllerOutputs:
    """The publishers of the controller."""

    def __init__(self, node: Node, prefix: str) -> None:
        """Create the publishers; ``prefix`` goes before every frame id."""
        self._frame = f"{prefix}base_link"
        self._commands = node.create_publisher(
            TwistStamped, "liquid_controller/cmd_vel", command_output()
        )
        self._neurons = node.create_publisher(
            Float32MultiArray, "liquid_controller/neurons", reliable()
        )
        self._constants = node.create_publisher(
            Float32MultiArray, "liquid_controller/time_constants", reliable()
        )
        self._latency = node.create_publisher(Float32, "liquid_controller/latency", reliable())
        self._saliency = node.create_publisher(Image, "liquid_controller/saliency", sensor_data())
        self._info = node.create_publisher(String, "liquid_controller/info", latched())
        self._mode = node.create_publisher(String, "liquid_controller/mode", latched())
        self._shown_mode = ""

    def command(self, command: Command, stamp: int) -> None:
        """Publish a command with the stamp (ns) of the image it came from."""
        self._commands.publish(command_message(command, stamp, self._frame))

    def latency(self, seconds: float) -> None:
        """Publish the time from the image's stamp to its command."""
        self._latency.publish(Float32(data=seconds))

    def mode(self, mode: str) -> None:
        """Publish the mode when it has changed."""
        if mode != self._shown_mode:
            self._shown_mode = mode
            self._mode.publish(String(data=mode))

    def info(self, facts: dict[str, Any]) -> None:
        """Publish, once and latched, which model flies."""
        self._info.publish(String(data=json.dumps(facts, default=str)))

    def inside(self, policy: Any, state: Any) -> None:
        """Publish neurons and time constants, each only while it has a subscriber."""
        wanted = [
            (publisher, name)
            for publisher, name in ((self._neurons, "neurons"), (self._constants, "time_constants"))
            if publisher.get_subscription_count()
        ]
        if not wanted:
            return
        quantities = policy.inspect(state)
        for publisher, name in wanted:
            if quantities.get(name) is not None:
                publisher.publish(array_message(np.asarray(quantities[name]), name))

    def saliency(self, policy: Any, image: np.ndarray, stamp: int, frame_id: str) -> None:
        """Publish the policy's saliency map, where it has one, while there is a subscriber."""
        look = getattr(policy, "saliency", None)
        if look is None or not self._saliency.get_subscription_count():
            return
        heat = np.asarray(look(image), dtype=np.float32)
        grey = (255.0 * np.clip(heat / max(float(heat.max()), 1e-9), 0.0, 1.0)).astype(np.uint8)
        self._saliency.publish(
            image_message(np.repeat(grey[..., None], 3, axis=2), stamp, frame_id)
        )
