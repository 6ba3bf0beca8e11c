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
    ExecuteProcess,
    IncludeLaunchDescription,
    LogInfo,
    OpaqueFunction,
    RegisterEventHandler,
    SetEnvironmentVariable,
    Shutdown,
)
from launch.event_handlers import OnProcessExit
from launch.events.process import ProcessExited
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch_ros.actions import Node

from liquid_nav.distribution import check_distribution
from liquid_nav.errors import UserError
from liquid_nav.nodes import gazebo_bringup
from liquid_nav.nodes.bringup import (
    PARAMETER_FILE,
    PILOTS,
    FlightPlan,
    Process,
    autopilot_graph,
    clock_remapping,
    embedded_graph,
    enclave,
    environment,
    parse_seed,
)
from liquid_nav.resources import find

SIMULATORS = ("embedded", "gazebo", "px4")
PLOT = (
    "/cmd_vel/twist/linear/x",
    "/cmd_vel/twist/linear/z",
    "/cmd_vel/twist/angular/z",
    "/liquid_controller/latency/data",
)


def declare_arguments() -> list[DeclareLaunchArgument]:
    """Return the arguments that every simulated flight has; ``--show-args`` shows them."""
    return [
        DeclareLaunchArgument("sim", default_value="embedded", choices=SIMULATORS,
                              description="Simulator; px4: a PX4 with its own dynamics (SIH) that runs already."),
        DeclareLaunchArgument("connection", default_value="",
                              description="Where PX4 is, for sim:=px4; empty: udp:0.0.0.0:14540."),
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
        DeclareLaunchArgument("engine", default_value="ogre2", choices=("ogre2", "ogre"),
                              description="Gazebo's render engine: ogre2 wants a GPU, ogre an X display."),
        DeclareLaunchArgument("gui", default_value="true", choices=("true", "false"),
                              description="Whether Gazebo opens its window."),
        *declare_common(),
    ]  # fmt: skip


def declare_common() -> list[DeclareLaunchArgument]:
    """Return the arguments of every launch file."""
    return [
        DeclareLaunchArgument("rqt", default_value="false", choices=("true", "false"),
                              description="Whether rqt_plot opens with commands and latency."),
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
        record=folder(value["record"]),
        frame_rate=float(value["frame_rate"]),
        real_time_factor=float(value["real_time_factor"]),
        frame_prefix=value["frame_prefix"],
        autopilot="px4" if value["sim"] == "px4" else "",
        connection=value["connection"],
    )
    gazebo = value["sim"] == "gazebo"
    if gazebo:
        world = gazebo_bringup.make_world(plan, value["engine"])
        around = _gazebo(world, value["gui"] == "true", value["namespace"])
        file, graph = gazebo_bringup.PARAMETER_FILE, gazebo_bringup.gazebo_graph(plan)
    else:
        graph = autopilot_graph(plan) if plan.autopilot else embedded_graph(plan)
        around, file = [], PARAMETER_FILE
    nodes = [node(process, value["namespace"], file) for process in graph]
    note = LogInfo(msg=f"{scenario}, seed {plan.seed}, pilot {plan.pilot}" + (f", world {world}" if gazebo else ""))
    return [*variables(), note, end_with(nodes[-1], "the flight"), *around, *nodes, *plots(value)]


def end_with(process: ExecuteProcess, what: str) -> Action:
    """Return the action that ends everything when ``process`` ends: exit code 0 if its own was, else 1."""

    def end(event: ProcessExited, context: LaunchContext) -> list[Action]:
        if event.returncode:
            raise RuntimeError(f"{what} ended with exit code {event.returncode}")
        return [Shutdown(reason=f"{what} is over")]

    return RegisterEventHandler(OnProcessExit(target_action=process, on_exit=end))


def variables() -> list[Action]:
    """Return the environment of the graph, see ``bringup.environment``."""
    return [SetEnvironmentVariable(name, text) for name, text in environment().items()]


def _gazebo(world: Path, gui: bool, namespace: str) -> list[Action]:
    """Return Gazebo itself and the bridge; the weather node stands behind the bridge's camera."""
    from ament_index_python.packages import PackageNotFoundError, get_package_share_directory

    try:
        launcher = Path(get_package_share_directory("ros_gz_sim"), "launch", "gz_sim.launch.py")
    except PackageNotFoundError:
        raise UserError("sim:=gazebo needs ros_gz_sim", "apt install ros-$ROS_DISTRO-ros-gz") from None
    arguments = {"gz_args": gazebo_bringup.gazebo_arguments(world, gui), "on_exit_shutdown": "true"}
    return [
        IncludeLaunchDescription(PythonLaunchDescriptionSource(str(launcher)), launch_arguments=arguments.items()),
        Node(
            package="ros_gz_bridge",
            executable="parameter_bridge",
            namespace=namespace,
            parameters=[{"config_file": str(find(gazebo_bringup.BRIDGE_FILE)), "use_sim_time": True}],
            remappings=[gazebo_bringup.WEATHER_REMAPPING, *clock_remapping(namespace)],
            output="screen",
        ),
    ]


def plots(value: dict[str, str]) -> list[Action]:
    """Return rqt_plot where it is wanted."""
    if value["rqt"] != "true":
        return []
    space = f"/{value['namespace']}".rstrip("/")
    names = [f"{space}{name}" for name in PLOT]
    return [ExecuteProcess(cmd=["ros2", "run", "rqt_plot", "rqt_plot", *names], output="screen")]


def node(process: Process, namespace: str, parameter_file: str = PARAMETER_FILE) -> Node:
    """Return one of our nodes; in a namespace it has that drone's clock, where there is a simulated one."""
    given = {name: value for name, value in process.parameters.items() if value != ""}
    return Node(
        package="liquid_nav",
        executable=process.executable,
        namespace=namespace,
        parameters=[str(find(parameter_file)), given],
        remappings=clock_remapping(namespace),
        ros_arguments=enclave(process.executable),
        output="screen",
    )


def folder(text: str) -> Path | None:
    """Return the folder that a launch argument means, or None."""
    if text == "auto":
        text = f"flights/{datetime.now():%Y%m%d-%H%M%S}"
    return Path(text).resolve() if text else None
