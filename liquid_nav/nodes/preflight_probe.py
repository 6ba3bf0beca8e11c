"""Collects the facts of a preflight check from a live graph."""

from __future__ import annotations

import json
import math
from collections.abc import Callable

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from geometry_msgs.msg import TwistStamped
from nav_msgs.msg import Odometry
from rcl_interfaces.srv import GetParameters
from rclpy.node import Node
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import BatteryState, CameraInfo, CompressedImage, Image
from std_msgs.msg import Float32, String

from liquid_nav.nodes.bringup import GATE
from liquid_nav.nodes.messages import NANO, ImageError, nanoseconds, read_compressed, read_image
from liquid_nav.nodes.preflight_facts import Facts, Stream
from liquid_nav.nodes.qos import latched, reliable, sensor_data

OURS = ("camera", "simulator", "liquid_controller", "expert_pilot", "safety_supervisor", "autopilot_bridge")


class Probe:
    """Listens through a node; ``facts`` returns what was heard over ``seconds``."""

    def __init__(self, node: Node, camera: str = "camera/image_raw") -> None:
        """Subscribe; ``camera`` ends in /compressed for compressed images."""
        self._node, self._camera = node, camera
        self._streams: dict[str, Stream] = {}
        self._facts = Facts(topics=self._streams)
        self._values: dict[tuple[str, str], dict] = {}
        self._asked: set[str] = set()
        kind = CompressedImage if camera.endswith("/compressed") else Image
        self._counts: dict[str, int] = {}
        self._listen(camera, kind, self._on_image, sensor_data(10))
        self._listen("camera/camera_info", CameraInfo, self._on_camera_info, sensor_data(10))
        self._listen("liquid_controller/cmd_vel", TwistStamped, self._on_stamped, reliable(10))
        self._listen("cmd_vel", TwistStamped, self._on_stamped, reliable(10))
        self._listen("odom", Odometry, self._on_odometry, sensor_data(10))
        self._listen("battery_state", BatteryState, self._on_battery, sensor_data(10))
        self._listen("liquid_controller/latency", Float32, self._on_latency, reliable(10))
        self._listen("liquid_controller/info", String, self._on_info, latched())
        self._listen("autopilot_bridge/state", String, self._on_autopilot, latched())
        for name in ("liquid_controller", "safety_supervisor"):
            self._listen(f"{name}/mode", String, self._on_mode, latched())
        self._listen("/clock", Clock, self._on_clock, sensor_data(10))
        self._listen("/diagnostics", DiagnosticArray, self._on_diagnostics, reliable(10))

    def _listen(self, name: str, kind: type, keep: Callable, qos: object) -> None:
        self._streams[name], self._counts[name] = Stream(), 0

        def heard(message: object) -> None:
            self._counts[name] += 1
            keep(name, message)

        self._node.create_subscription(kind, name, heard, qos)

    def restart(self) -> None:
        """Begin to count anew; what is latched stays."""
        self._counts = dict.fromkeys(self._counts, 0)
        self._facts.latencies.clear()
        for stream in self._streams.values():
            stream.ages.clear()
        self._streams["/clock"].last = {}

    def answered(self) -> bool:
        """Whether every node of ours that is seen has told its parameters, and one of them is the supervisor."""
        return bool(self._facts.limits) and self._asked <= set(self._facts.sim_time)

    def ask(self) -> None:
        """Ask every node of ours for its clock, and the supervisor for its limits; call it while serving callbacks."""
        here = self._node.get_namespace()
        for name, space in self._node.get_node_names_and_namespaces():
            if name in OURS and space == here and name not in self._asked:
                client = self._node.create_client(GetParameters, f"{name}/get_parameters")
                if client.service_is_ready():
                    self._asked.add(name)
                    wanted = ["use_sim_time", *(GATE if name == "safety_supervisor" else ())]
                    future = client.call_async(GetParameters.Request(names=wanted))
                    future.add_done_callback(lambda done, name=name: self._on_parameters(name, done.result()))
                else:
                    self._node.destroy_client(client)

    def _on_parameters(self, name: str, answer: GetParameters.Response) -> None:
        first, *rest = answer.values
        self._facts.sim_time[name] = first.bool_value
        if rest:
            self._facts.limits = {key: value.double_value for key, value in zip(GATE, rest)}

    def facts(self, seconds: float) -> Facts:
        """Return the facts; ``seconds``: how long was listened."""
        for name, stream in self._streams.items():
            stream.rate = self._counts[name] / seconds
            stream.publishers = len(self._node.get_publishers_info_by_topic(self._node.resolve_topic_name(name)))
        self._facts.clock = self._node.resolve_topic_name("/clock")
        return self._facts

    def _age(self, stamp: int) -> float:
        return (self._node.get_clock().now().nanoseconds - stamp) / NANO

    def _on_image(self, name: str, message: Image | CompressedImage) -> None:
        stream = self._streams[name]
        stream.ages.append(self._age(nanoseconds(message.header.stamp)))
        stream.frame_id = message.header.frame_id
        # One look is enough, and a JPEG takes its time; after a bad image every next one may be better.
        if not stream.last or "problem" in stream.last:
            try:
                read = read_compressed if name.endswith("/compressed") else read_image
                height, width, _ = read(message)[2].shape
                stream.last = {"size": f"{width} x {height}"}
            except ImageError as error:
                stream.last = {"problem": str(error)}

    def _on_clock(self, name: str, message: Clock) -> None:
        told, now = self._streams[name].last, nanoseconds(message.clock) / NANO
        self._streams[name].last = {"first": told.get("first", now), "last": now}

    def _on_camera_info(self, name: str, message: CameraInfo) -> None:
        self._streams[name].last = {"size": f"{message.width} x {message.height}", "focal": float(message.k[0])}

    def _on_stamped(self, name: str, message: TwistStamped) -> None:
        self._streams[name].ages.append(self._age(nanoseconds(message.header.stamp)))

    def _on_odometry(self, name: str, message: Odometry) -> None:
        q = message.pose.pose.orientation
        stream = self._streams[name]
        stream.frame_id = message.header.frame_id
        stream.last = {"child": message.child_frame_id, "norm": float(np.linalg.norm((q.w, q.x, q.y, q.z)))}

    def _on_battery(self, name: str, message: BatteryState) -> None:
        self._streams[name].last = {"share": float(message.percentage) if message.present else math.nan}

    def _on_latency(self, name: str, message: Float32) -> None:
        self._facts.latencies.append(float(message.data))

    def _on_info(self, name: str, message: String) -> None:
        self._facts.info = _read(message.data)

    def _on_autopilot(self, name: str, message: String) -> None:
        self._facts.autopilot = _read(message.data)

    def _on_mode(self, name: str, message: String) -> None:
        self._facts.modes[name.partition("/")[0]] = message.data

    def _on_diagnostics(self, name: str, message: DiagnosticArray) -> None:
        for status in message.status:
            # Drones share the topic: the same name of another one is another status.
            error = status.level == DiagnosticStatus.ERROR
            self._values[status.hardware_id, status.name] = {"error": error, "words": status.message}
        self._facts.errors = [f"{name}: {v['words']}" for (_, name), v in self._values.items() if v["error"]]


def _read(text: str) -> dict:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
