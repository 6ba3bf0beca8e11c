"""What every test run shares: headless rendering, one thread per process, a ROS domain of its own, nodes last."""

import importlib.util
import os
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples in every run, here and in CI: a test that fails now and then would be a bug.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

os.environ.setdefault("MUJOCO_GL", "egl")
os.environ.setdefault("ROS_DOMAIN_ID", str(1 + os.getpid() % 100))
os.environ.setdefault("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")

HERE = Path(__file__).parent
HAS_ROS = importlib.util.find_spec("rclpy") is not None

collect_ignore_glob = [] if HAS_ROS else ["nodes/*"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lies in ``test/nodes`` as needing ROS, and run everything that needs ROS last."""
    for item in items:
        if HERE / "nodes" in Path(item.path).parents:
            item.add_marker(pytest.mark.ros)
        if not HAS_ROS and item.get_closest_marker("ros"):
            item.add_marker(pytest.mark.skip(reason="no ROS 2 on this machine"))
    items.sort(key=lambda item: item.get_closest_marker("ros") is not None)
