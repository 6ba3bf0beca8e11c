"""The two processes of ``liquid-nav bench graph``: a camera that counts the answers to its frames,
and the controller that answers.

``python -m liquid_nav_benchmarks.bench.graph_node camera 1280 720 bgr8 30 10 PID`` prints one JSON
object (PID: the controller's);
``python -m liquid_nav_benchmarks.bench.graph_node controller MEMORY ...`` runs until it is ended.
"""

from __future__ import annotations

import array
import json
import os
import sys
import time as wall
from pathlib import Path

import cv2
import numpy as np
import rclpy
from rclpy.executors import SingleThreadedExecutor
from sensor_msgs.msg import Image, JointState

from liquid_nav.nodes import (
    keep_memory,
    make_liquid_controller,
    named_values,
    reliable_qos,
    run_node,
    sensor_data_qos,
    to_stamp,
)
from liquid_nav.preflight import percentile

DISCOVERY = 60.0
"""s that the other process may take to come up."""


def controller(memory: str, arguments: list[str]) -> int:
    """Run the controller: ``kept`` as it is, ``plain`` without keeping its messages' memory."""
    if memory == "kept":
        keep_memory()
    return run_node(make_liquid_controller, arguments)


def cpu(pid: int) -> float:
    """Return the seconds of CPU that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def camera(
    width: int, height: int, encoding: str, rate: float, seconds: float, pid: int
) -> dict[str, float]:
    """Publish frames for some seconds and count the answers.

    Returns what was measured of the controller ``pid``.
    """
    rclpy.init()
    node = rclpy.create_node("bench_camera")
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    latencies: list[float] = []
    node.create_subscription(
        JointState,
        "liquid_controller/timing",
        lambda message: latencies.append(named_values(message)["total"]),
        reliable_qos(100),
    )
    publisher = node.create_publisher(Image, "camera/image_raw", sensor_data_qos())
    # Large patches: white noise has no contrast that a camera could show, and counts as a blinded
    # one.
    patches = np.random.default_rng(0).integers(0, 255, (9, 16, 3), dtype=np.uint8)
    pixels = cv2.resize(patches, (width, height))
    message = Image(height=height, width=width, encoding=encoding, step=3 * width)
    message.data = array.array("B", pixels.tobytes())

    def show() -> None:
        # Another first pixel each time, so that no frame looks frozen.
        message.data[0] = (message.data[0] + 1) % 256
        message.header.stamp = to_stamp(node.get_clock().now().nanoseconds)
        publisher.publish(message)

    deadline = wall.monotonic() + DISCOVERY
    while not latencies:
        if wall.monotonic() > deadline:
            raise SystemExit("error: the controller does not answer")
        if publisher.get_subscription_count():
            show()
        executor.spin_once(timeout_sec=0.2)
    latencies.clear()
    sent = 0
    begin = wall.monotonic()
    used = cpu(pid)
    while sent < seconds * rate:
        due = begin + sent / rate
        while (left := due - wall.monotonic()) > 0:
            executor.spin_once(timeout_sec=left)
        show()
        sent += 1
    end = wall.monotonic() + 1.0
    while wall.monotonic() < end and len(latencies) < sent:
        executor.spin_once(timeout_sec=0.1)
    used = cpu(pid) - used
    lasted = wall.monotonic() - begin
    executor.shutdown()
    rclpy.try_shutdown()
    milliseconds = [1e3 * value for value in latencies]
    return {
        "sent": sent,
        "processed": len(latencies),
        "share": len(latencies) / sent,
        "p50_ms": percentile(milliseconds, 0.5),
        "p99_ms": percentile(milliseconds, 0.99),
        "cpu_percent": 100.0 * used / lasted,
    }


def main(text: list[str]) -> int:
    """Run one of the two processes."""
    if text[0] == "controller":
        return controller(text[1], text[2:])
    width, height, encoding, rate, seconds, pid = text[1:]
    print(
        json.dumps(
            camera(int(width), int(height), encoding, float(rate), float(seconds), int(pid))
        ),
        flush=True,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
