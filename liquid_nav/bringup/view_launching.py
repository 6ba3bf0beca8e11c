"""Windows beside a flight: which launch arguments open them, and with which of our files.

Imported by launch files only, as ``launching``.
"""

from __future__ import annotations

from typing import Mapping, Sequence

from launch.action import Action
from launch.actions import DeclareLaunchArgument, ExecuteProcess
from launch_ros.actions import Node

from liquid_nav.bringup.simulated_flight import clock_remapping, enclave_arguments, pilot_remappings
from liquid_nav.bringup.view_files import AGGREGATOR_FILE, RVIZ_FILE, STAMPED, UNSTAMPED, VIEWED
from liquid_nav.resources import find


def declare_views() -> list[DeclareLaunchArgument]:
    """Return the arguments that open windows."""
    return [
        DeclareLaunchArgument(
            "rqt",
            default_value="false",
            choices=("true", "false"),
            description="Whether rqt_plot opens with commands, speed and latency.",
        ),
        DeclareLaunchArgument(
            "rviz",
            default_value="false",
            choices=("true", "false"),
            description="Whether RViz opens with drone, camera and, in simulation, the world.",
        ),
        DeclareLaunchArgument(
            "diagnostics",
            default_value="false",
            choices=("true", "false"),
            description="Whether the aggregator runs that rqt_robot_monitor needs.",
        ),
    ]


def views(value: Mapping[str, str], namespaces: Sequence[str], simulated: bool) -> list[Action]:
    """Return what the arguments ask for.

    Args:
        value: Of the launch arguments.
        namespaces: Of the drones, without slashes around them; the windows show the first one.
        simulated: Whether the flight has a clock of its own.
    """
    first = f"/{namespaces[0]}".rstrip("/")
    actions: list[Action] = []
    if value["rqt"] == "true":
        curves = UNSTAMPED if simulated else STAMPED
        names = [f"{first}{name}" for name in curves]
        actions.append(
            ExecuteProcess(cmd=["ros2", "run", "rqt_plot", "rqt_plot", *names], output="screen")
        )
        if simulated:
            read = pilot_remappings(value["pilot"])
            actions += [_plots(one, value["namespace"], read) for one in namespaces]
    if value["rviz"] == "true":
        actions.append(_rviz(first, value, simulated))
    if value["diagnostics"] == "true":
        aggregator = Node(
            package="diagnostic_aggregator",
            executable="aggregator_node",
            parameters=[str(find(AGGREGATOR_FILE))],
            output="screen",
        )
        actions.append(aggregator)
    return actions


def _plots(namespace: str, graph: str, read: Sequence[tuple[str, str]]) -> Node:
    return Node(
        package="liquid_nav",
        executable="plots",
        namespace=namespace,
        parameters=[{"use_sim_time": True}],
        remappings=[*clock_remapping(graph), *read],
        ros_arguments=enclave_arguments("plots"),
        output="screen",
    )


def _rviz(namespace: str, value: Mapping[str, str], simulated: bool) -> Node:
    """Return RViz with our file: its topics are remapped into a namespace, its fixed frame gets the
    prefix.
    """
    topics = [(name, f"{namespace}{name}") for name in VIEWED if namespace]
    return Node(
        package="rviz2",
        executable="rviz2",
        arguments=["-d", str(find(RVIZ_FILE)), "-f", f"{value['frame_prefix']}odom"],
        parameters=[{"use_sim_time": simulated}],
        remappings=[*topics, *clock_remapping(value["namespace"])],
        output="screen",
    )
