"""Open windows on a drone that flies: ros2 launch liquid_nav views.launch.py rviz:=true.

The other launch files include it. All arguments: ros2 launch liquid_nav views.launch.py --show-args
"""

from launch import LaunchContext, LaunchDescription
from launch.action import Action
from launch.actions import DeclareLaunchArgument, ExecuteProcess, OpaqueFunction
from launch_ros.actions import Node

from liquid_nav.bringup import (
    AGGREGATOR_FILE,
    PILOT_KINDS,
    RVIZ_DRONE_TOPICS,
    RVIZ_FILE,
    STAMPED_PLOT_TOPICS,
    UNSTAMPED_PLOT_TOPICS,
    GivenArguments,
    clock_remapping,
    drone_namespaces,
    enclave_arguments,
    join_namespaces,
    pilot_remappings,
    read_drone_count,
    window_arguments,
)
from liquid_nav.resources import find


def generate_launch_description() -> LaunchDescription:
    """Return the windows that the arguments ask for."""
    arguments = [
        *window_arguments(),
        DeclareLaunchArgument(
            "use_sim_time",
            default_value="false",
            choices=("true", "false"),
            description="Whether the flight is a simulated one, with a clock of its own.",
        ),
        DeclareLaunchArgument(
            "pilot",
            default_value="policy",
            choices=PILOT_KINDS,
            description="Who flies the simulated drone, for the curves of rqt_plot.",
        ),
        DeclareLaunchArgument(
            "drones",
            default_value="1",
            description="How many fly, in namespaces d1, d2 ...; the windows show the first one.",
        ),
    ]
    given = GivenArguments(arguments)
    return LaunchDescription([*arguments, OpaqueFunction(function=launch_setup, args=[given])])


def launch_setup(context: LaunchContext, given: GivenArguments) -> list[Action]:
    """Return the windows, and the nodes that they read."""
    given.check(context)
    value = context.launch_configurations
    simulated = value["use_sim_time"] == "true"
    graph = join_namespaces(value["namespace"])
    clock = clock_remapping(graph)
    namespaces = [
        join_namespaces(graph, name) for name in drone_namespaces(read_drone_count(value["drones"]))
    ]
    first = f"/{namespaces[0]}".rstrip("/")
    actions: list[Action] = []
    if value["rqt"] == "true":
        curves = UNSTAMPED_PLOT_TOPICS if simulated else STAMPED_PLOT_TOPICS
        actions.append(
            ExecuteProcess(
                cmd=["ros2", "run", "rqt_plot", "rqt_plot", *(f"{first}{name}" for name in curves)],
                output="screen",
            )
        )
    if value["rqt"] == "true" and simulated:
        # rqt_plot subtracts the wall clock from stamps: these topics have none.
        actions += [
            Node(
                package="liquid_nav",
                executable="plots",
                namespace=namespace,
                parameters=[{"use_sim_time": True}],
                remappings=[*clock, *pilot_remappings(value["pilot"])],
                ros_arguments=enclave_arguments("plots"),
                output="screen",
            )
            for namespace in namespaces
        ]
    if value["rviz"] == "true":
        # Our file names topics without a namespace, and frames without a prefix.
        viewed = [(name, f"{first}{name}") for name in RVIZ_DRONE_TOPICS if first]
        actions.append(
            Node(
                package="rviz2",
                executable="rviz2",
                arguments=["-d", str(find(RVIZ_FILE)), "-f", f"{value['frame_prefix']}odom"],
                parameters=[{"use_sim_time": simulated}],
                remappings=[*viewed, *clock],
                output="screen",
            )
        )
    if value["diagnostics"] == "true":
        actions.append(
            Node(
                package="diagnostic_aggregator",
                executable="aggregator_node",
                parameters=[str(find(AGGREGATOR_FILE))],
                output="screen",
            )
        )
    return actions
