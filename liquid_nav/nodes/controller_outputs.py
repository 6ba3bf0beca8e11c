"""What the controller publishes: every inner quantity is a topic, computed only while it has a
subscriber.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from geometry_msgs.msg import TwistStamped
from rclpy.node import Node
from sensor_msgs.msg import Image, JointState
from std_msgs.msg import String

from liquid_nav.nodes.messages import command_message, image_message, named_values_message
from liquid_nav.nodes.qos import command_output_qos, latched_qos, reliable_qos, sensor_data_qos
from liquid_nav.types import Command


@dataclass(frozen=True, slots=True)
class Timing:
    """What the command of one image took, and how many images before it were missing."""

    transport: float
    """From the image's stamp to its arrival in the node, s of the node's clock."""
    network: float
    """The network's own time, s of the computer's steady clock, in simulation too."""
    total: float
    """From the image's stamp to its published command, s of the node's clock."""
    frame_drop_ratio: float
    """Share of missing frames in the recent past, 0 to 1; see ``camera.frame_drops``."""

    def values(self) -> dict[str, float]:
        """Return the numbers by their names, in the order in which they are published."""
        return asdict(self)


class ControllerOutputs:
    """The publishers of the controller."""

    def __init__(self, node: Node, prefix: str) -> None:
        """Create the publishers; ``prefix`` goes before every frame id."""
        self._frame = f"{prefix}base_link"
        self._commands = node.create_publisher(
            TwistStamped, "liquid_controller/cmd_vel", command_output_qos()
        )
        self._neurons = node.create_publisher(
            JointState, "liquid_controller/neurons", reliable_qos()
        )
        self._constants = node.create_publisher(
            JointState, "liquid_controller/time_constants", reliable_qos()
        )
        self._timing = node.create_publisher(JointState, "liquid_controller/timing", reliable_qos())
        self._saliency = node.create_publisher(
            Image, "liquid_controller/saliency", sensor_data_qos()
        )
        self._info = node.create_publisher(String, "liquid_controller/info", latched_qos())
        self._mode = node.create_publisher(String, "liquid_controller/mode", latched_qos())
        self._shown_mode = ""

    def command(self, command: Command, stamp: int) -> None:
        """Publish a command with the stamp (ns) of the image it came from."""
        self._commands.publish(command_message(command, stamp, self._frame))

    def timing(self, timing: Timing, stamp: int) -> None:
        """Publish the times of an image with its stamp (ns)."""
        values = timing.values()
        self._timing.publish(named_values_message(list(values), list(values.values()), stamp))

    def mode(self, mode: str) -> None:
        """Publish the mode when it has changed."""
        if mode != self._shown_mode:
            self._shown_mode = mode
            self._mode.publish(String(data=mode))

    def info(self, facts: dict[str, Any]) -> None:
        """Publish, once and latched, which model flies."""
        self._info.publish(String(data=json.dumps(facts, default=str)))

    def inside(self, policy: Any, state: Any, stamp: int) -> None:
        """Publish neurons and time constants with the stamp (ns) of the image that they came from,
        each only while it has a subscriber.
        """
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
                values = np.asarray(quantities[name])
                publisher.publish(named_values_message(policy.neuron_names, values, stamp))

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
