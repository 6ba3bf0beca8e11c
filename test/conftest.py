"""What every test run shares: headless rendering, one thread per process, a ROS domain of its own,
nodes last.
"""

import importlib.util
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from liquid_nav.bringup.claims import claim_ros_domain

# The same examples in every run, here and in CI: a test that fails now and then would be a bug.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

os.environ.setdefault("MUJOCO_GL", "egl")
# Whatever the shell sets of a network with a real drone: no test may command it, and no other run
# may receive this one.
os.environ["ROS_DOMAIN_ID"] = str(claim_ros_domain())
os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
for name in ("ROS_LOCALHOST_ONLY", "ROS_STATIC_PEERS", "ROS_DISCOVERY_SERVER"):
    os.environ.pop(name, None)

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


@pytest.fixture(scope="session")
def pictures():
    """Six different camera images, uint8 [6,72,128,3]."""
    return np.random.default_rng(0).integers(0, 255, (6, 72, 128, 3), dtype=np.uint8)
