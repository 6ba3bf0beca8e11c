"""What the launch files share: their arguments, and the graph of ``bringup`` as launch actions.

Imported by launch files only: the ``launch`` packages come with a ROS distribution, not with the wheels.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from launch import LaunchContext, LaunchDescription
from launch.action import Action
from launch.actions import (
    DeclareLaunchArgument,
    LogInfo,
    OpaqueFunction,
    RegisterEventHandler,
    SetEnvironmentVariable,
    Shutdown,
)
from launch.event_handlers import OnProcessExit
from launch_ros.actions import Node

from liquid_nav.distribution import check_distribution
from liquid_nav.nodes.bringup import (
    PARAMETER_FILE,
    PILOTS,
    FlightPlan,
    Process,
    embedded_graph,
    environment,
    parse_seed,
)
from liquid_nav.resources import find

SIMULATORS = ("embedded",)


def declare_arguments() -> list[DeclareLaunchArgument]:
    """Return the arguments that every simulated flight has; ``--show-args`` shows them."""
    return [
        DeclareLaunchArgument("sim", default_value="embedded", choices=SIMULATORS, description="Simulator."),
        DeclareLaunchArgument("pilot", default_value="policy", choices=PILOTS,
                              description="Who flies: the network, or the privileged expert (needs no model)."),
        DeclareLaunchArgument("model", default_value="default", description="Model: a name or a folder."),
        DeclareLaunchArgument("seed", default_value="random",
                              description="Seed of the world, a non-negative integer, or 'random'."),
        DeclareLaunchArgument("condition", default_value="",
                              description="Condition: a name or a YAML file; empty: the scenario's own."),
        DeclareLaunchArgument("record", default_value="",
                              description="Folder for flight.mcap and record.json; 'auto': flights/<date>-<time>; "
                                          "empty: no record."),
        DeclareLaunchArgument("frame_rate", default_value="30.0", description="Camera frames per second."),
        DeclareLaunchArgument("real_time_factor", default_value="1.0",
                              description="Simulated per wall seconds at most; 0: as fast as possible."),
        DeclareLaunchArgument("namespace", default_value="", description="Namespace of the drone."),
        DeclareLaunchArgument("frame_prefix", default_value="", description="Prefix of all frame ids, e.g. 'd1/'."),
    ]  # fmt: skip


def describe(scenario: str) -> LaunchDescription:
    """Return the launch description of a flight in ``scenario``; it ends when the scenario runner does."""
    return LaunchDescription([*declare_arguments(), OpaqueFunction(function=_bring_up, args=[scenario])])


def _bring_up(context: LaunchContext, scenario: str) -> list[Action]:
    check_distribution()
    value = context.launch_configurations
    plan = FlightPlan(
        scenario=scenario,
        seed=parse_seed(value["seed"]),
        condition=value["condition"],
        pilot=value["pilot"],
        model=value["model"],
        record=_folder(value["record"]),
        frame_rate=float(value["frame_rate"]),
        real_time_factor=float(value["real_time_factor"]),
        frame_prefix=value["frame_prefix"],
    )
    nodes = [_node(process, value["namespace"]) for process in embedded_graph(plan)]
    end = OnProcessExit(target_action=nodes[-1], on_exit=[Shutdown(reason="the flight is over")])
    variables = [SetEnvironmentVariable(name, text) for name, text in environment().items()]
    note = LogInfo(msg=f"{scenario}, seed {plan.seed}, pilot {plan.pilot}")
    return [*variables, note, RegisterEventHandler(end), *nodes]


def _node(process: Process, namespace: str) -> Node:
    given = {name: value for name, value in process.parameters.items() if value != ""}
    return Node(
        package="liquid_nav",
        executable=process.executable,
        namespace=namespace,
        parameters=[str(find(PARAMETER_FILE)), given],
        output="screen",
    )


def _folder(text: str) -> Path | None:
    if text == "auto":
        text = f"flights/{datetime.now():%Y%m%d-%H%M%S}"
    return Path(text).resolve() if text else None
