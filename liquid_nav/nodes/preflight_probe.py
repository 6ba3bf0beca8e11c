"""Collects the facts of a preflight check from a live graph."""

from __future__ import annotations

import math
from typing import Any, Callable

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from geometry_msgs.msg import TwistStamped
from nav_msgs.msg import Odometry
from rcl_interfaces.msg import ParameterType, ParameterValue
from rcl_interfaces.srv import GetParameters
from rclpy.client import Client
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.task import Future
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import BatteryState, CameraInfo, CompressedImage, Image, JointState
from std_msgs.msg import String

from liquid_nav.bringup import GATE_LIMITS
from liquid_nav.camera import CameraView, camera_view
from liquid_nav.json_text import read_json
from liquid_nav.nodes.messages import NANO, ImageError, nanoseconds, read_compressed, read_image
from liquid_nav.nodes.qos import latched_qos, reliable_qos, sensor_data_qos
from liquid_nav.preflight import (
    BRIDGE_STATE_TOPIC,
    CONTROLLER_INFO_TOPIC,
    ORDER_TOPIC,
    WATCH_PARAMETERS,
    BridgeFacts,
    ParameterScalar,
    PreflightFacts,
    TopicStatistics,
)
from liquid_nav.safety import Order

OURS = (
    "camera",
    "simulator",
    "simulated_camera",
    "liquid_controller",
    "expert_pilot",
    "safety_supervisor",
    "autopilot_bridge",
)
CLOCK = "use_sim_time"
ASKED = {
    "safety_supervisor": (CLOCK, *GATE_LIMITS, "resume", *WATCH_PARAMETERS["safety_supervisor"]),
    "liquid_controller": (CLOCK, *WATCH_PARAMETERS["liquid_controller"]),
    "autopilot_bridge": (CLOCK, "autopilot", "resume"),
}
"""Node -> the parameters that it is asked for; of every other one of ours its clock alone."""
FIELDS = {
    ParameterType.PARAMETER_BOOL: "bool_value",
    ParameterType.PARAMETER_INTEGER: "integer_value",
    ParameterType.PARAMETER_DOUBLE: "double_value",
    ParameterType.PARAMETER_STRING: "string_value",
}
"""Kind of a parameter -> where its value is; lists are not asked for."""


class Probe:
    """Subscribes through a node; ``facts`` returns what was received over ``seconds``."""

    def __init__(self, node: Node, camera: str = "camera/image_raw") -> None:
        """Subscribe; ``camera`` ends in /compressed for compressed images."""
        self._node = node
        self._camera = camera
        self._streams: dict[str, TopicStatistics] = {}
        self._facts = PreflightFacts(topics=self._streams)
        self._values: dict[tuple[str, str], DiagnosticStatus] = {}
        self._asked: set[str] = set()
        self._waiting: dict[str, int] = {}
        self._counts: dict[str, int] = {}
        kind = Image
        self._read = read_image
        if camera.endswith("/compressed"):
            kind = CompressedImage
            self._read = read_compressed
        self._listen(camera, kind, self._on_image, sensor_data_qos(10))
        self._listen("camera/camera_info", CameraInfo, self._on_camera_info, sensor_data_qos(10))
        self._listen("liquid_controller/cmd_vel", TwistStamped, self._on_stamped, reliable_qos(10))
        self._listen("cmd_vel", TwistStamped, self._on_stamped, reliable_qos(10))
        self._listen("odom", Odometry, self._on_odometry, sensor_data_qos(10))
        self._listen("battery_state", BatteryState, self._on_battery, sensor_data_qos(10))
        self._listen("liquid_controller/timing", JointState, self._on_timing, reliable_qos(10))
        self._listen(CONTROLLER_INFO_TOPIC, String, self._on_info, latched_qos())
        self._listen(BRIDGE_STATE_TOPIC, String, self._on_state, latched_qos())
        self._listen(ORDER_TOPIC, String, self._on_order, latched_qos())
        for name in ("liquid_controller", "safety_supervisor"):
            self._listen(f"{name}/mode", String, self._on_mode, latched_qos())
        self._listen("/clock", Clock, self._on_clock, sensor_data_qos(10))
        self._listen("/diagnostics", DiagnosticArray, self._on_diagnostics, reliable_qos(10))

    def _listen(
        self, name: str, kind: type, keep: Callable[[str, Any], None], qos: QoSProfile
    ) -> None:
        self._streams[name] = TopicStatistics()
        self._counts[name] = 0

        def received(message: Any) -> None:
            self._counts[name] += 1
            keep(name, message)

        self._node.create_subscription(kind, name, received, qos)

    def restart(self) -> None:
        """Restart the counts; latched messages are kept."""
        self._counts = dict.fromkeys(self._counts, 0)
        self._facts.latencies.clear()
        for stream in self._streams.values():
            stream.ages.clear()
        self._streams["/clock"].last = {}

    def answered(self) -> bool:
        """Whether all our nodes in the graph, the supervisor among them, sent their parameters."""
        known = "safety_supervisor" in self._facts.parameters
        return known and not any(self._waiting.values())

    def ask(self) -> None:
        """Ask every node of ours for its parameters; call it while serving callbacks."""
        here = self._node.get_namespace()
        for name, space in self._node.get_node_names_and_namespaces():
            if name in OURS and space == here and name not in self._asked:
                client: Client[GetParameters.Request, GetParameters.Response] = (
                    self._node.create_client(GetParameters, f"{name}/get_parameters")
                )
                if client.service_is_ready():
                    self._asked.add(name)
                    self._ask_for(client, name, ASKED.get(name, (CLOCK,)))
                else:
                    self._node.destroy_client(client)

    def _ask_for(self, client: Client, node: str, names: tuple[str, ...]) -> None:
        self._waiting[node] = self._waiting.get(node, 0) + 1

        def answered(done: Future) -> None:
            self._waiting[node] -= 1
            # A node that ended meanwhile has none.
            if done.cancelled() or done.exception():
                return
            answer = done.result()
            if answer is not None:
                self._on_parameters(client, node, names, answer)

        client.call_async(GetParameters.Request(names=list(names))).add_done_callback(answered)

    def _on_parameters(
        self, client: Client, node: str, names: tuple[str, ...], answer: GetParameters.Response
    ) -> None:
        # With one name that the node does not have, rclpy returns no value at all.
        if len(answer.values) != len(names):
            self._facts.parameters.setdefault(node, {})
            if len(names) > 1:
                for name in names:
                    self._ask_for(client, node, (name,))
            return
        known = self._facts.parameters.setdefault(node, {})
        for name, parameter in zip(names, answer.values):
            value = _value(parameter)
            if name == CLOCK and isinstance(value, bool):
                self._facts.sim_time[node] = value
            elif value is not None:
                known[name] = value

    def facts(self, seconds: float) -> PreflightFacts:
        """Return the facts; ``seconds``: how long messages were received."""
        for name, stream in self._streams.items():
            stream.rate = self._counts[name] / seconds
            stream.publishers = len(
                self._node.get_publishers_info_by_topic(self._node.resolve_topic_name(name))
            )
        self._facts.clock = self._node.resolve_topic_name("/clock")
        return self._facts

    def _age(self, stamp: int) -> float:
        return (self._node.get_clock().now().nanoseconds - stamp) / NANO

    def _on_image(self, name: str, message: Image | CompressedImage) -> None:
        stream = self._streams[name]
        stream.ages.append(self._age(nanoseconds(message.header.stamp)))
        stream.frame_id = message.header.frame_id
        # One image is enough, and decoding a JPEG takes time; after a bad image the next one may be
        # good.
        if not stream.last or "problem" in stream.last:
            try:
                height, width, _ = self._read(message)[2].shape
                stream.last = {"size": f"{width} x {height}"}
            except ImageError as error:
                stream.last = {"problem": str(error)}

    def _on_clock(self, name: str, message: Clock) -> None:
        before = self._streams[name].last
        now = nanoseconds(message.clock) / NANO
        self._streams[name].last = {"first": before.get("first", now), "last": now}

    def _on_camera_info(self, name: str, message: CameraInfo) -> None:
        size = f"{message.width} x {message.height}"
        self._streams[name].last = {
            "size": size,
            "focal": float(message.k[0]),
            "view": camera_view(message),
        }

    def _on_stamped(self, name: str, message: TwistStamped) -> None:
        self._streams[name].ages.append(self._age(nanoseconds(message.header.stamp)))

    def _on_odometry(self, name: str, message: Odometry) -> None:
        q = message.pose.pose.orientation
        stream = self._streams[name]
        stream.frame_id = message.header.frame_id
        stream.last = {
            "child": message.child_frame_id,
            "norm": float(np.linalg.norm((q.w, q.x, q.y, q.z))),
        }

    def _on_battery(self, name: str, message: BatteryState) -> None:
        share = math.nan
        if message.present:
            share = float(message.percentage)
        self._streams[name].last = {"share": share}

    def _on_timing(self, name: str, message: JointState) -> None:
        total = dict(zip(message.name, message.position)).get("total", math.nan)
        # Not a number cannot be sorted among the others.
        if math.isfinite(total):
            self._facts.latencies.append(total)

    def _on_info(self, name: str, message: String) -> None:
        read = read_json(message.data) or {}
        model = {key: read.get(key) for key in ("model", "sha256")}
        self._facts.trained_view = _view(read.get("view"))
        usable = all(isinstance(value, str) for value in model.values())
        self._facts.info = self._readable(name, model if usable else None)

    def _on_state(self, name: str, message: String) -> None:
        self._facts.autopilot = self._readable(
            name, BridgeFacts.from_facts(read_json(message.data))
        )

    def _on_order(self, name: str, message: String) -> None:
        self._facts.order = self._readable(name, Order.from_facts(read_json(message.data)))

    def _readable(self, name: str, found: Any) -> Any:
        """Return what a message holds, after a note whether it holds anything."""
        if found is None:
            self._facts.unreadable.add(name)
        else:
            self._facts.unreadable.discard(name)
        return found

    def _on_mode(self, name: str, message: String) -> None:
        self._facts.modes[name.partition("/")[0]] = message.data

    def _on_diagnostics(self, name: str, message: DiagnosticArray) -> None:
        for status in message.status:
            # Drones share the topic: the same name of another one is another status.
            self._values[status.hardware_id, status.name] = status
        self._facts.errors = self._with_level(DiagnosticStatus.ERROR)
        self._facts.stale = self._with_level(DiagnosticStatus.STALE)

    def _with_level(self, level: bytes) -> list[str]:
        """Return name and message of the statuses of a level."""
        return [f"{one.name}: {one.message}" for one in self._values.values() if one.level == level]


def _view(angles: Any) -> CameraView | None:
    """Return the view that a controller states, two angles in degrees; None for anything else."""
    if not isinstance(angles, list) or len(angles) != 2:
        return None
    numbers = all(
        isinstance(angle, (int, float)) and not isinstance(angle, bool) for angle in angles
    )
    # An integer of JSON may be too large for a float.
    if not numbers or not all(0.0 < angle < 360.0 for angle in angles):
        return None
    return CameraView(float(angles[0]), float(angles[1]))


def _value(parameter: ParameterValue) -> ParameterScalar | None:
    """Return the value of a parameter; None for one that is not set, or a list."""
    field = FIELDS.get(parameter.type)
    if field is None:
        return None
    return getattr(parameter, field)
