"""The listener of ``liquid-nav bench camera``: watches camera and controller while the camera's
cable is pulled.

``python -m liquid_nav_benchmarks.bench.camera_node VIDEO ROWS SECONDS CAMERA_PID CONTROLLER_PID``
prints one JSON object a row. The video file is the camera: while it is renamed the camera node
finds no source, as if it were unplugged.
"""

from __future__ import annotations

import json
import sys
import time as wall
from pathlib import Path

import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.executors import SingleThreadedExecutor
from sensor_msgs.msg import JointState

from liquid_nav.nodes import named_values, reliable_qos
from liquid_nav.preflight import percentile

DISCOVERY = 60.0
"""s that camera and controller may take to come up."""
PULLED = 0.5
"""Share of each row after which the cable is out."""
PLUGGED = 0.75
"""Share of each row after which the cable is in again."""


def resident(pid: int) -> float:
    """Return the resident memory of a process in MB; raises SystemExit when it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024
    except (OSError, StopIteration):
        raise SystemExit(f"error: process {pid} has ended") from None


class Cable:
    """The camera's cable: a file that is there or not."""

    def __init__(self, video: Path) -> None:
        self._video = video
        self._away = video.with_name(video.name + ".unplugged")

    def hold(self, plugged: bool) -> None:
        """Plug it in or pull it out, where it is not so already."""
        here, there = self._video, self._away
        if plugged:
            here, there = self._away, self._video
        if here.exists():
            here.rename(there)


class Watch:
    """Receives latencies, and how often the camera has opened its source."""

    def __init__(self) -> None:
        self.node = rclpy.create_node("camera_bench")
        self.executor = SingleThreadedExecutor()
        self.executor.add_node(self.node)
        self.latencies: list[float] = []
        self.openings = 0
        self.node.create_subscription(
            JointState, "liquid_controller/timing", self._on_timing, reliable_qos(100)
        )
        self.node.create_subscription(
            DiagnosticArray, "/diagnostics", self._on_diagnostics, reliable_qos(10)
        )

    def _on_timing(self, message: JointState) -> None:
        self.latencies.append(1e3 * named_values(message)["total"])

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            if status.name == "camera: source":
                values = {value.key: value.value for value in status.values}
                self.openings = int(values.get("openings", self.openings))


def watch(video: Path, rows: int, seconds: float, camera: int, controller: int) -> None:
    """Print ``rows`` rows of ``seconds`` each.

    In every one the cable is out for a quarter of the time.
    """
    rclpy.init()
    watched = Watch()
    cable = Cable(video)
    deadline = wall.monotonic() + DISCOVERY
    while not watched.latencies:
        for pid in (camera, controller):
            resident(pid)  # a node that has ended does not answer any more
        if wall.monotonic() > deadline:
            raise SystemExit("error: no command came from the controller")
        watched.executor.spin_once(timeout_sec=0.2)
    try:
        begin = wall.monotonic()
        for row in range(rows):
            watched.latencies.clear()
            while (share := (wall.monotonic() - begin) / seconds - row) < 1.0:
                cable.hold(plugged=not PULLED <= share < PLUGGED)
                watched.executor.spin_once(timeout_sec=min(0.1, seconds / 20))
            print(json.dumps(_row(row, watched, camera, controller)), flush=True)
    finally:
        cable.hold(plugged=True)
        watched.executor.shutdown()
        rclpy.try_shutdown()


def _row(row: int, watched: Watch, camera: int, controller: int) -> dict[str, float]:
    return {
        "row": row + 1,
        "frames": len(watched.latencies),
        "p50_ms": percentile(watched.latencies, 0.5),
        "p99_ms": percentile(watched.latencies, 0.99),
        "max_ms": max(watched.latencies, default=float("nan")),
        "openings": watched.openings,
        "camera_mb": resident(camera),
        "controller_mb": resident(controller),
    }


if __name__ == "__main__":
    watch(
        Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])
    )
