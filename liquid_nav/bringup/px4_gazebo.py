"""What a PX4 in Gazebo needs: our world, PX4's own drone and camera in it, and its variables.

Needs neither rclpy nor launch, nor Gazebo, nor PX4.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import yaml

from liquid_nav.bringup.simulated_flight import FlightPlan
from liquid_nav.errors import UserError
from liquid_nav.worlds import (
    KEYS_OF_OWN_CAMERA,
    KEYS_OF_OWN_CLOCK,
    KEYS_OF_OWN_ESTIMATOR,
    KEYS_OF_OWN_LOOK,
    check_condition_supported,
    generate_layout,
    load_condition,
    load_scenario,
    write_sdf,
)

BINARY = "build/px4_sitl_default/bin/px4"
"""PX4's executable, relative to its sources."""
PX4_GAZEBO_MODELS_FOLDER = "Tools/simulation/gz/models"
"""Folder of PX4's own drones, relative to its sources."""
PX4_GAZEBO_MODEL = "x500_mono_cam"
"""Which of them flies unless a person names another one."""
GROUND = 0.2
"""m above the ground at which PX4's drone is set down."""


@dataclass(frozen=True)
class Px4World:
    """What was made for one flight."""

    world: Path
    """SDF file of the world."""
    bridge: Path
    """Configuration file of ros_gz_bridge (YAML)."""
    command: list[str] | None
    """Command line that starts PX4; None: it runs elsewhere."""
    environment: dict[str, str]
    """Environment variables of PX4 and, as far as they concern it, of Gazebo."""


def make_px4_world(
    plan: FlightPlan, px4: str, model: str, camera_topic: str, engine: str = "ogre2"
) -> Px4World:
    """Write world and bridge configuration into a new temporary folder.

    Args:
        plan: The flight.
        px4: Folder of the PX4 sources with a SITL build; empty: a person starts a PX4 with these
            variables.
        model: One of PX4's models, with a camera.
        camera_topic: Gazebo's topic of its images; empty: as in PX4's present models.
        engine: Gazebo's render engine.

    Raises:
        UserError: there is no PX4 in that folder; or unknown scenario or condition.
    """
    folder = None
    if px4:
        folder = Path(px4).expanduser().resolve()
        if not (folder / BINARY).is_file():
            raise UserError(
                f"no PX4 in {folder}: {BINARY} is missing",
                "build it there (make px4_sitl), or px4:=''",
            )
    scenario = load_scenario(plan.scenario)
    condition = load_condition(plan.condition or scenario.condition)
    check_condition_supported(
        condition,
        "PX4's Gazebo",
        KEYS_OF_OWN_ESTIMATOR + KEYS_OF_OWN_LOOK + KEYS_OF_OWN_CLOCK + KEYS_OF_OWN_CAMERA,
    )
    layout = generate_layout(scenario, plan.seed)
    path = Path(tempfile.mkdtemp(prefix="liquid_nav_")) / f"{scenario.world}_{plan.seed}.sdf"
    write_sdf(path, layout, condition, engine, autopilot=True)
    topic = (
        camera_topic or f"/world/{path.stem}/model/{model}_0/link/camera_link/sensor/camera/image"
    )
    bridge = path.with_name("bridge.yaml")
    bridge.write_text(yaml.safe_dump(bridge_entries(topic)))
    start = layout.start
    environment = {
        "PX4_GZ_STANDALONE": "1",
        "PX4_GZ_WORLD": path.stem,
        "PX4_SIM_MODEL": f"gz_{model}",
        "PX4_GZ_MODEL_POSE": f"{start.x:.3f},{start.y:.3f},{GROUND},0,0,{start.yaw:.4f}",
        "HEADLESS": "1",
    }
    if folder is None:
        return Px4World(path, bridge, None, environment)
    models = str(folder / PX4_GAZEBO_MODELS_FOLDER)
    environment |= {"PX4_GZ_MODELS": models, "GZ_SIM_RESOURCE_PATH": models}
    return Px4World(path, bridge, [str(folder / BINARY)], environment)


def bridge_entries(camera_topic: str) -> list[dict[str, str]]:
    """Return what ros_gz_bridge carries: clock and camera alone; all else comes over MAVLink."""
    info = camera_topic.rpartition("/")[0] + "/camera_info"
    return [
        {
            "ros_topic_name": ros,
            "gz_topic_name": gz,
            "ros_type_name": f"{package}/msg/{kind}",
            "gz_type_name": f"gz.msgs.{kind}",
            "direction": "GZ_TO_ROS",
        }
        for ros, gz, package, kind in (
            ("/clock", "/clock", "rosgraph_msgs", "Clock"),
            ("camera/image_raw", camera_topic, "sensor_msgs", "Image"),
            ("camera/camera_info", info, "sensor_msgs", "CameraInfo"),
        )
    ]
