"""What the launch files share: their arguments, and the graph of ``bringup`` as launch actions.

Imported by launch files only: the ``launch`` packages come with a ROS distribution, not with the
wheels.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Collection, Mapping, Sequence

from ament_index_python.packages import PackageNotFoundError, get_package_share_directory
from launch import LaunchContext, LaunchDescription
from launch.action import Action
from launch.actions import (
    AppendEnvironmentVariable,
    DeclareLaunchArgument,
    ExecuteProcess,
    IncludeLaunchDescription,
    LogInfo,
    OpaqueFunction,
    SetEnvironmentVariable,
)
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch_ros.actions import Node

from liquid_nav.bringup import gazebo_processes as gazebo_bringup
from liquid_nav.bringup import px4_gazebo as px4_gazebo_bringup
from liquid_nav.bringup.fleet import drone_namespaces, flight_processes
from liquid_nav.bringup.launch_endings import end_with_flight
from liquid_nav.bringup.node_help import names_read_by
from liquid_nav.bringup.params_file import NAMED_OTHERWISE, ParamsFile, read_params_file
from liquid_nav.bringup.simulated_flight import (
    EMBEDDED_PARAMETER_FILE,
    PILOT_KINDS,
    FlightPlan,
    NodeProcess,
    clock_remapping,
    enclave_arguments,
    node_environment,
    parse_namespace,
    parse_number,
    parse_seed,
)
from liquid_nav.bringup.unknown_names import is_named, refuse_arguments, refuse_unknown_parameters
from liquid_nav.bringup.view_launching import declare_views, views
from liquid_nav.distribution import check_distribution
from liquid_nav.errors import UserError
from liquid_nav.resources import find

SIMULATORS = ("embedded", "gazebo", "px4", "px4_gazebo")
REMINDED = "1"
"""s until a node that was signalled to end gets a second signal: it may have missed the first one
during its start. A node that is ending ignores it.
"""
PATIENCE = "20"
"""s that a node gets to end, so that a slow machine finishes its bag before it is killed."""
OF_LAUNCH = (
    "launch-prefix",
    "launch-prefix-filter",
    "emulate_tty",
    "sigterm_timeout",
    "sigkill_timeout",
)
"""Arguments that launch itself reads."""
LOG_LEVELS = ("debug", "info", "warn", "error", "fatal")


@dataclass(frozen=True)
class NodeSettings:
    """What a person wants of all nodes."""

    file: ParamsFile = ParamsFile()
    """The person's own parameter file; default: none."""
    typed: Collection[str] = ()
    """Launch arguments that the person gave, whose values win against the file; default: none."""
    log_level: str = "info"
    """One of LOG_LEVELS; default: info."""


def read_settings(
    value: Mapping[str, str], typed: Collection[str], graph: Sequence[NodeProcess]
) -> NodeSettings:
    """Return what the launch arguments ask of all nodes; raises UserError for a file that does not
    fit the graph.
    """
    file = read_params_file(value["params_file"])
    file.check([_full_name(process, value["namespace"]) for process in graph])
    for process in graph:
        # Launch hands them to the node under /**, where the node cannot distinguish them from those
        # for all nodes.
        own = file.own(_full_name(process, value["namespace"]))
        if own:
            refuse_unknown_parameters(process.executable, own, names_read_by(process.executable))
    return NodeSettings(file, typed, value["log_level"])


def note_typed(typed: set[str]) -> Action:
    """Return the action that notes which arguments a person gave; it must come before they are
    declared.
    """
    return OpaqueFunction(function=lambda context: typed.update(context.launch_configurations))


def declare_arguments() -> list[DeclareLaunchArgument]:
    """Return the arguments that every simulated flight has; ``--show-args`` shows them."""
    return [
        DeclareLaunchArgument(
            "sim",
            default_value="embedded",
            choices=SIMULATORS,
            description="Simulator; px4: a PX4 with its own dynamics (SIH) that runs already; "
            "px4_gazebo: PX4 with its own drone in Gazebo, in our world.",
        ),
        DeclareLaunchArgument(
            "connection",
            default_value="",
            description="Where PX4 is, for sim:=px4 and px4_gazebo; empty: udp:0.0.0.0:14540.",
        ),
        DeclareLaunchArgument(
            "px4",
            default_value="",
            description="For sim:=px4_gazebo: folder of PX4's sources with a SITL build, "
            "which is then started; empty: you start it.",
        ),
        DeclareLaunchArgument(
            "px4_model",
            default_value=px4_gazebo_bringup.MODEL,
            description="For sim:=px4_gazebo: PX4's Gazebo model, one with a camera.",
        ),
        DeclareLaunchArgument(
            "camera_topic",
            default_value="",
            description="For sim:=px4_gazebo: Gazebo's image topic of that model; its name differs "
            "between releases of PX4 (gz topic -l). Empty: as in the present one.",
        ),
        DeclareLaunchArgument(
            "pilot",
            default_value="policy",
            choices=PILOT_KINDS,
            description="Who flies: the network, or the privileged expert (needs no model).",
        ),
        DeclareLaunchArgument(
            "model", default_value="default", description="Model: a name or a folder."
        ),
        DeclareLaunchArgument(
            "seed",
            default_value="random",
            description="Seed of the world, a non-negative integer, or 'random'.",
        ),
        DeclareLaunchArgument(
            "condition",
            default_value="",
            description="Condition: a name or a YAML file; empty: the scenario's own.",
        ),
        DeclareLaunchArgument(
            "record",
            default_value="",
            description="Folder for flight.mcap and record.json; 'auto': flights/<date>-<time>; "
            "empty: no record.",
        ),
        DeclareLaunchArgument(
            "frame_rate",
            default_value="0.0",
            description="Camera frames per second; 0: the condition's, usually 30.",
        ),
        DeclareLaunchArgument(
            "real_time_factor",
            default_value="1.0",
            description="Simulated per wall seconds at most; 0: as fast as possible.",
        ),
        DeclareLaunchArgument(
            "drones",
            default_value="1",
            description="How many fly at once in one embedded world, in namespaces d1, d2 ...",
        ),
        DeclareLaunchArgument(
            "engine",
            default_value="ogre2",
            choices=("ogre2", "ogre"),
            description="Gazebo's render engine: ogre2 wants a GPU, ogre an X display.",
        ),
        DeclareLaunchArgument(
            "gui",
            default_value="true",
            choices=("true", "false"),
            description="Whether Gazebo opens its window.",
        ),
        *declare_common(),
    ]


def declare_common() -> list[DeclareLaunchArgument]:
    """Return the arguments of every launch file."""
    return [
        *declare_views(),
        DeclareLaunchArgument("namespace", default_value="", description="Namespace of the drone."),
        DeclareLaunchArgument(
            "frame_prefix", default_value="", description="Prefix of all frame ids, e.g. 'd1/'."
        ),
        DeclareLaunchArgument(
            "params_file",
            default_value="",
            description="Your own parameter file (YAML): it wins against the package's file and "
            "the defaults of arguments, an argument that you give wins against it.",
        ),
        DeclareLaunchArgument(
            "log_level",
            default_value="info",
            choices=LOG_LEVELS,
            description="From which level on all nodes log.",
        ),
    ]


def describe(scenario: str) -> LaunchDescription:
    """Return the launch description of a flight in ``scenario``; it ends when the scenario runner
    does.
    """
    typed: set[str] = set()
    bring_up = OpaqueFunction(function=_bring_up, args=[scenario, typed])
    return LaunchDescription([note_typed(typed), *declare_arguments(), bring_up])


def refuse_misspelt(context: LaunchContext, declared: list[DeclareLaunchArgument]) -> None:
    """Refuse misspelt arguments of the command line, where it names our launch file.

    Where another launch file includes ours, its arguments and settings are among them: none is
    refused.

    Raises:
        UserError: an argument that is not declared, with the nearest name.
    """
    file = str(context.get_locals_as_dict().get("current_launch_file_path", ""))
    if not file or not is_named(Path(file), sys.argv):
        return
    given = [text.partition(":=")[0] for text in context.argv if ":=" in text]
    refuse_arguments(given, [*(argument.name for argument in declared), *OF_LAUNCH])


def _bring_up(context: LaunchContext, scenario: str, typed: Collection[str] = ()) -> list[Action]:
    check_distribution()
    refuse_misspelt(context, declare_arguments())
    value = {**context.launch_configurations}
    value["namespace"] = parse_namespace(value["namespace"])
    plan = FlightPlan(
        scenario=scenario,
        seed=parse_seed(value["seed"]),
        condition=value["condition"],
        pilot=value["pilot"],
        model=value["model"],
        record=folder(value["record"]),
        frame_rate=parse_number("frame_rate", value["frame_rate"]),
        real_time_factor=parse_number("real_time_factor", value["real_time_factor"]),
        frame_prefix=value["frame_prefix"],
        autopilot="px4" if value["sim"] == "px4" else "",
        connection=value["connection"],
        drones=_count(value["drones"]),
        watchers=int(value["rqt"] == "true"),
    )
    sim = value["sim"]
    namespace = value["namespace"]
    gui = value["gui"] == "true"
    if sim.endswith("gazebo") and plan.drones > 1:
        raise UserError(f"sim:={sim} flies one drone", "drones:=1, or sim:=embedded")
    file = gazebo_bringup.PARAMETER_FILE
    around: list[Action] = []
    world: Path | None = None
    if sim == "gazebo":
        world = gazebo_bringup.make_world(plan, value["engine"])
        around = _gazebo(world, gui, namespace, find(gazebo_bringup.BRIDGE_FILE))
        graph = gazebo_bringup.gazebo_graph(plan)
    elif sim == "px4_gazebo":
        made = px4_gazebo_bringup.make_px4_world(
            plan, value["px4"], value["px4_model"], value["camera_topic"], value["engine"]
        )
        world = made.world
        graph = px4_gazebo_bringup.px4_gazebo_graph(plan)
        around = [*_px4(made), *_gazebo(world, gui, namespace, made.bridge)]
    else:
        file = EMBEDDED_PARAMETER_FILE
        graph = flight_processes(plan)
    settings = read_settings(value, typed, graph)
    nodes = [node(process, namespace, file, settings) for process in graph]
    namespaces = [
        "/".join(filter(None, (namespace, name))) for name in drone_namespaces(plan.drones)
    ]
    text = f"{scenario}, seed {plan.seed}, pilot {plan.pilot}"
    gazebo = None
    if world is not None:
        text += f", world {world}"
        gazebo = partial(_has, world)
    note = LogInfo(msg=text)
    started = [part for part in around if isinstance(part, ExecuteProcess)]
    end = end_with_flight(nodes[-plan.drones :], started + nodes[: -plan.drones], gazebo)
    return [*variables(), note, end, *around, *nodes, *views(value, namespaces, simulated=True)]


def _has(path: Path, argument: str) -> bool:
    """Return whether an argument of a command line contains that path."""
    return str(path) in argument


def variables() -> list[Action]:
    """Return the environment of the graph, see ``bringup.environment``."""
    return [SetEnvironmentVariable(name, text) for name, text in node_environment().items()]


def _px4(made: px4_gazebo_bringup.Px4World) -> list[Action]:
    """Return PX4 with its variables, or the log line that states with which ones to start it."""
    paths = {"GZ_SIM_RESOURCE_PATH"} & set(made.environment)
    find_models = [AppendEnvironmentVariable(name, made.environment[name]) for name in paths]
    own = {name: text for name, text in made.environment.items() if name not in paths}
    if made.command is None:
        assignments = " ".join(f"{name}={text}" for name, text in own.items())
        return [
            LogInfo(
                msg=f"start PX4 yourself: {assignments} "
                f"PX4_GZ_MODELS=<PX4>/{px4_gazebo_bringup.MODELS} px4"
            )
        ]
    # Without a terminal PX4's shell would read an endless stream of nothing: -d leaves the shell
    # out.
    px4 = ExecuteProcess(cmd=[*made.command, "-d"], additional_env=own, output="screen")
    return [*find_models, px4]


def _gazebo(world: Path, gui: bool, namespace: str, bridge: Path) -> list[Action]:
    """Return Gazebo itself and the bridge; the weather node stands behind the bridge's camera."""
    try:
        launcher = Path(get_package_share_directory("ros_gz_sim"), "launch", "gz_sim.launch.py")
    except PackageNotFoundError:
        raise UserError("Gazebo needs ros_gz_sim", "apt install ros-$ROS_DISTRO-ros-gz") from None
    arguments = {"gz_args": gazebo_bringup.gazebo_arguments(world, gui), "on_exit_shutdown": "true"}
    return [
        IncludeLaunchDescription(
            PythonLaunchDescriptionSource(str(launcher)), launch_arguments=arguments.items()
        ),
        Node(
            package="ros_gz_bridge",
            executable="parameter_bridge",
            namespace=namespace,
            parameters=[{"config_file": str(bridge), "use_sim_time": True}],
            remappings=[gazebo_bringup.WEATHER_REMAPPING, *clock_remapping(namespace)],
            output="screen",
        ),
    ]


def node(
    process: NodeProcess,
    namespace: str,
    parameter_file: str = EMBEDDED_PARAMETER_FILE,
    settings: NodeSettings = NodeSettings(),
    kind: type[Node] = Node,
) -> Node:
    """Return one of our nodes; in a namespace it has that drone's clock, where there is a simulated
    one.
    """
    given = {name: value for name, value in process.parameters.items() if value != ""}
    typed = {name: value for name, value in given.items() if name in settings.typed}
    theirs = settings.file.values(_full_name(process, namespace))
    return kind(
        package="liquid_nav",
        executable=process.executable,
        namespace="/".join(part for part in (namespace, process.namespace) if part),
        parameters=[str(find(parameter_file)), given | theirs | typed],
        remappings=[*clock_remapping(namespace), *process.remappings],
        ros_arguments=[*enclave_arguments(process.executable), "--log-level", settings.log_level],
        additional_env=dict(process.environment),
        output="screen",
        sigterm_timeout=REMINDED if kind is Node else PATIENCE,
        sigkill_timeout=PATIENCE,
    )


def _full_name(process: NodeProcess, namespace: str) -> str:
    name = NAMED_OTHERWISE.get(process.executable, process.executable)
    return "/" + "/".join(part for part in (namespace, process.namespace, name) if part)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) < 1:
        raise UserError(f"cannot read drones:={text}", "give a whole number from 1 on")
    return int(text)


def folder(text: str) -> Path | None:
    """Return the folder that a launch argument means, or None."""
    if text == "auto":
        text = f"flights/{datetime.now():%Y%m%d-%H%M%S}"
    if not text:
        return None
    return Path(text).resolve()
