"""Which processes fly in Gazebo, and the world they fly in. Needs neither rclpy nor launch nor
Gazebo.
"""

from __future__ import annotations

import shlex
import tempfile
from pathlib import Path

from liquid_nav.bringup.simulated_flight import (
    WATCHED,
    FlightPlan,
    NodeProcess,
    gate,
    pilot_name,
    pilot_process,
    pilot_remappings,
)
from liquid_nav.worlds import (
    KEYS_OF_OWN_CLOCK,
    KEYS_OF_OWN_ESTIMATOR,
    KEYS_OF_OWN_LOOK,
    DroneSpec,
    check_condition_supported,
    draw_mounting,
    generate_layout,
    load_condition,
    load_scenario,
    write_sdf,
)

PARAMETER_FILE = "config/gazebo.yaml"
BRIDGE_FILE = "config/gazebo_bridge.yaml"
CONTACTS = "gazebo/contacts"
"""Of the drone's contact sensor, see config/gazebo_bridge.yaml."""
WEATHER_REMAPPING = ("camera/image_raw", "camera/image_clean")
"""What the bridge calls the camera, so that the weather node stands between it and the controller.
"""


def gazebo_graph(plan: FlightPlan) -> list[NodeProcess]:
    """Return our processes of a flight in Gazebo, the scenario runner last.

    The supervisor watches the bridge: engaged before it receives the bridge, it would command no
    vehicle.

    Raises:
        UserError: unknown scenario or condition.
    """
    condition = plan.condition or load_scenario(plan.scenario).condition
    world: dict[str, object] = {"scenario": plan.scenario, "seed": plan.seed}
    prefix: dict[str, object] = {"frame_prefix": plan.frame_prefix}
    graph = [
        NodeProcess(
            "weather", {"condition": condition, "seed": plan.seed, "publish_tf": True} | prefix
        ),
        pilot_process(plan),
        NodeProcess(
            "safety_supervisor",
            gate(plan.scenario) | prefix | {"autopilot_age": WATCHED["autopilot_age"]},
            remappings=pilot_remappings(plan.pilot),
        ),
        NodeProcess("autopilot_bridge", prefix),
    ]
    runner = world | {
        "condition": condition,
        "frame_rate": plan.frame_rate,
        "progress": plan.progress,
    }
    # Gazebo's clock runs while our nodes still come up.
    runner["count_from_start"] = True
    runner["contacts_topic"] = CONTACTS
    runner["pilot"] = pilot_name(plan)
    if plan.record is not None:
        graph.append(NodeProcess("recorder", {"folder": str(plan.record)}))
        runner["folder"] = str(plan.record)
    return [
        *graph,
        NodeProcess("scenario_runner", runner, remappings=pilot_remappings(plan.pilot)),
    ]


def make_world(plan: FlightPlan, engine: str = "ogre2") -> Path:
    """Write the world of a plan into a new temporary folder; returns the SDF file."""
    scenario = load_scenario(plan.scenario)
    condition = load_condition(plan.condition or scenario.condition)
    check_condition_supported(
        condition, "Gazebo", KEYS_OF_OWN_ESTIMATOR + KEYS_OF_OWN_LOOK + KEYS_OF_OWN_CLOCK
    )
    path = Path(tempfile.mkdtemp(prefix="liquid_nav_")) / f"{scenario.world}_{plan.seed}.sdf"
    mounting = draw_mounting(condition.camera, plan.seed)
    rate = condition.frame_rate(plan.frame_rate)
    drone = DroneSpec(rate=rate, prefix=plan.frame_prefix, fov=mounting.view, turn=mounting.turn)
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
