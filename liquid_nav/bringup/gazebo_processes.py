"""The world in which Gazebo flies, and names in it. Needs neither rclpy nor launch nor Gazebo."""

from __future__ import annotations

import shlex
import tempfile
from pathlib import Path

from liquid_nav.bringup.simulated_flight import FlightPlan
from liquid_nav.worlds import (
    KEYS_OF_OWN_CLOCK,
    KEYS_OF_OWN_ESTIMATOR,
    KEYS_OF_OWN_LOOK,
    CameraConfig,
    DroneSpec,
    check_condition_supported,
    generate_layout,
    load_condition,
    load_scenario,
    write_sdf,
)

GAZEBO_PARAMETER_FILE = "config/gazebo.yaml"
GAZEBO_BRIDGE_FILE = "config/gazebo_bridge.yaml"
GAZEBO_CONTACTS_TOPIC = "gazebo/contacts"
"""Of the drone's contact sensor, see config/gazebo_bridge.yaml."""
WEATHER_REMAPPING = ("camera/image_raw", "camera/image_clean")
"""What the bridge calls the camera, so that the weather node stands between it and the controller.
"""


def make_gazebo_world(plan: FlightPlan, engine: str = "ogre2") -> Path:
    """Write the world of a plan into a new temporary folder; returns the SDF file."""
    scenario = load_scenario(plan.scenario)
    condition = load_condition(plan.condition or scenario.condition)
    check_condition_supported(
        condition, "Gazebo", KEYS_OF_OWN_ESTIMATOR + KEYS_OF_OWN_LOOK + KEYS_OF_OWN_CLOCK
    )
    path = Path(tempfile.mkdtemp(prefix="liquid_nav_")) / f"{scenario.world}_{plan.seed}.sdf"
    usual = CameraConfig(rate=condition.frame_rate(plan.frame_rate))
    drone = DroneSpec(camera=usual.of(condition.camera, plan.seed), prefix=plan.frame_prefix)
    write_sdf(path, generate_layout(scenario, plan.seed), condition, engine, drone)
    return path


def gazebo_arguments(world: Path, gui: bool) -> str:
    """Return ``gz_args`` of ros_gz_sim: run at once, with its own window or, where there is none,
    without a display.
    """
    name = shlex.quote(str(world))
    if gui:
        return f"-r {name}"
    return f"-r -s --headless-rendering {name}"
