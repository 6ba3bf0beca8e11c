"""Fly in a simulated world: ros2 launch liquid_nav flight.launch.py scenario:=forest seed:=7.

All arguments: ros2 launch liquid_nav flight.launch.py --show-args

forest.launch.py and field.launch.py are this file with a scenario of their own. The nodes of
``liquid-nav fly`` have the same parameters (liquid_nav/bringup/simulated_flight.py).
"""

from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

from launch import LaunchContext, LaunchDescription
from launch.action import Action
from launch.actions import (
    AppendEnvironmentVariable,
    DeclareLaunchArgument,
    ExecuteProcess,
    IncludeLaunchDescription,
    LogInfo,
    OpaqueFunction,
)
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch_ros.actions import Node

from liquid_nav.bringup import (
    EMBEDDED_PARAMETER_FILE,
    GAZEBO_BRIDGE_FILE,
    GAZEBO_CONTACTS_TOPIC,
    GAZEBO_PARAMETER_FILE,
    PILOT_KINDS,
    PX4_GAZEBO_MODEL,
    PX4_GAZEBO_MODELS_FOLDER,
    SIMULATED_RESUME,
    SIMULATED_WATCH_PARAMETERS,
    SIMULATORS,
    WEATHER_REMAPPING,
    FlightPlan,
    GivenArguments,
    NodeSettings,
    Px4World,
    autopilot_connection,
    check_own_estimator,
    command_subscribers,
    drone_namespaces,
    drone_plans,
    end_with_flight,
    gazebo_arguments,
    gazebo_launch_file,
    make_gazebo_world,
    make_px4_world,
    node_arguments,
    node_environment_actions,
    pilot_name,
    pilot_remappings,
    read_flight_plan,
    scenario_gate_limits,
    takeoff_altitude,
    window_arguments,
)
from liquid_nav.resources import find
from liquid_nav.worlds import load_scenario

HERE = Path(__file__).parent
INCLUDED_BY = ("forest.launch.py", "field.launch.py")


def generate_launch_description() -> LaunchDescription:
    """Return the graph of a simulated flight; it ends when the scenario runner does."""
    arguments = [
        DeclareLaunchArgument(
            "scenario",
            default_value="forest",
            description="World to fly in: a name or a YAML file.",
        ),
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
            default_value=PX4_GAZEBO_MODEL,
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
            description="Gazebo's render engine: ogre2 needs a GPU, ogre an X display.",
        ),
        DeclareLaunchArgument(
            "gui",
            default_value="true",
            choices=("true", "false"),
            description="Whether Gazebo opens its window.",
        ),
        *window_arguments(),
        *node_arguments(),
    ]
    given = GivenArguments(arguments, including=INCLUDED_BY)
    return LaunchDescription(
        [given.note(), *arguments, OpaqueFunction(function=launch_setup, args=[given])]
    )


def launch_setup(context: LaunchContext, given: GivenArguments) -> list[Action]:
    """Return what the arguments ask for."""
    given.check(context)
    value = context.launch_configurations
    plan = read_flight_plan(value, datetime.now())
    sim = value["sim"]
    file = GAZEBO_PARAMETER_FILE if sim.endswith("gazebo") else EMBEDDED_PARAMETER_FILE
    settings = NodeSettings(value, given.names, file)

    text = f"{plan.scenario}, seed {plan.seed}, pilot {plan.pilot}"
    simulator: list[Action] = []
    started_elsewhere = None
    if sim == "embedded":
        nodes = embedded_nodes(plan, settings)
    elif sim == "px4":
        nodes = px4_nodes(plan, settings)
    elif sim == "gazebo":
        nodes = gazebo_nodes(plan, settings)
        world = make_gazebo_world(plan, value["engine"])
        simulator = gazebo(world, str(find(GAZEBO_BRIDGE_FILE)), value["gui"] == "true", settings)
    else:
        nodes = px4_gazebo_nodes(plan, settings)
        made = make_px4_world(
            plan, value["px4"], value["px4_model"], value["camera_topic"], value["engine"]
        )
        world = made.world
        simulator = [
            *px4(made),
            *gazebo(world, str(made.bridge), value["gui"] == "true", settings),
        ]
    if simulator:
        text += f", world {world}"
        started_elsewhere = partial(names_path, world)
    settings.check_params_file()

    runners = nodes[-plan.drones :]
    others = [one for one in simulator if isinstance(one, ExecuteProcess)] + nodes[: -plan.drones]
    return [
        *node_environment_actions(),
        LogInfo(msg=text),
        # The flight ends with its runners, or at once with any other process that ends.
        end_with_flight(runners, others, started_elsewhere, settings.hurry),
        *simulator,
        *nodes,
        IncludeLaunchDescription(
            PythonLaunchDescriptionSource(str(HERE / "views.launch.py")),
            launch_arguments={
                "use_sim_time": "true",
                "pilot": plan.pilot,
                "drones": str(plan.drones),
                "namespace": settings.graph_namespace,
                "frame_prefix": plan.frame_prefix,
                "rqt": value["rqt"],
                "rviz": value["rviz"],
                "diagnostics": value["diagnostics"],
            }.items(),
        ),
    ]


# Which nodes fly in which simulator; the scenario runners are the last ones.


def embedded_nodes(plan: FlightPlan, settings: NodeSettings) -> list[Node]:
    """Return the nodes of a flight in our own simulator, in which several drones may fly."""
    names = drone_namespaces(plan.drones)
    nodes = [
        Node(
            package="liquid_nav",
            executable="simulator",
            namespace=settings.namespace,
            parameters=settings.parameters(
                "simulator",
                {
                    "scenario": plan.scenario,
                    "seed": plan.seed,
                    "condition": plan.condition,
                    "frame_rate": plan.frame_rate,
                    "frame_prefix": plan.frame_prefix,
                    "real_time_factor": plan.real_time_factor,
                    "wait_for_start": True,
                    "drones": ",".join(names),
                },
            ),
            remappings=settings.clock,
            **settings.options("simulator", keeps_files=False),
        )
    ]
    runners = []
    for number, (name, own) in enumerate(zip(names, drone_plans(plan))):
        of_drone = settings.of_drone(name)
        which = {"drone": number} if plan.drones > 1 else {}
        nodes += [pilot(own, of_drone, **which), safety_supervisor(own, of_drone)]
        # The simulator publishes its first frame until the flight begins.
        nodes += recorder(own, of_drone, wait_for_camera=True)
        listeners = command_subscribers(own) if own.record else None
        runners.append(scenario_runner(own, of_drone, listeners=listeners, **which))
    return [*nodes, *runners]


def px4_nodes(plan: FlightPlan, settings: NodeSettings) -> list[Node]:
    """Return the nodes of a flight with a PX4 that has its own dynamics: our world renders its
    camera from the true pose that the bridge reports.
    """
    check_own_estimator(plan, "px4")
    return [
        Node(
            package="liquid_nav",
            executable="autopilot_bridge",
            namespace=settings.namespace,
            parameters=settings.parameters(
                "autopilot_bridge",
                {
                    "autopilot": "px4",
                    "connection": autopilot_connection(plan.connection),
                    "altitude": takeoff_altitude(plan.scenario),
                    "odom_topic": "autopilot/odom",
                    # simulated_camera publishes the pose in the scenario's frame.
                    "publish_tf": False,
                    "resume": SIMULATED_RESUME,
                    "true_pose": True,
                    "frame_prefix": plan.frame_prefix,
                },
            ),
            remappings=settings.clock,
            **settings.options("autopilot_bridge"),
        ),
        Node(
            package="liquid_nav",
            executable="simulated_camera",
            namespace=settings.namespace,
            parameters=settings.parameters(
                "simulated_camera",
                {
                    "scenario": plan.scenario,
                    "seed": plan.seed,
                    "condition": plan.condition,
                    "frame_rate": plan.frame_rate,
                    "frame_prefix": plan.frame_prefix,
                    "true_pose": True,
                },
            ),
            remappings=settings.clock,
            **settings.options("simulated_camera", keeps_files=False),
        ),
        pilot(plan, settings),
        safety_supervisor(plan, settings, **SIMULATED_WATCH_PARAMETERS),
        *recorder(plan, settings),
        scenario_runner(
            plan,
            settings,
            listeners=command_subscribers(plan) if plan.record else None,
            count_from_start=True,
            land_at_end=True,
        ),
    ]


def gazebo_nodes(plan: FlightPlan, settings: NodeSettings) -> list[Node]:
    """Return the nodes of a flight with our drone in Gazebo."""
    plan = replace(plan, condition=plan.condition or load_scenario(plan.scenario).condition)
    return [
        weather(plan, settings, publish_tf=True),
        pilot(plan, settings),
        # Engaged before it receives the bridge, the supervisor would command no vehicle.
        safety_supervisor(
            plan, settings, autopilot_age=SIMULATED_WATCH_PARAMETERS["autopilot_age"]
        ),
        Node(
            package="liquid_nav",
            executable="autopilot_bridge",
            namespace=settings.namespace,
            parameters=settings.parameters("autopilot_bridge", {"frame_prefix": plan.frame_prefix}),
            remappings=settings.clock,
            **settings.options("autopilot_bridge"),
        ),
        *recorder(plan, settings),
        # Gazebo's clock runs while our nodes still come up.
        scenario_runner(
            plan, settings, count_from_start=True, contacts_topic=GAZEBO_CONTACTS_TOPIC
        ),
    ]


def px4_gazebo_nodes(plan: FlightPlan, settings: NodeSettings) -> list[Node]:
    """Return the nodes of a flight with PX4's own drone in Gazebo."""
    plan = replace(plan, condition=plan.condition or load_scenario(plan.scenario).condition)
    return [
        # PX4's own drone carries its camera elsewhere than ours.
        weather(plan, settings, publish_tf=False),
        pilot(plan, settings),
        safety_supervisor(plan, settings, **SIMULATED_WATCH_PARAMETERS),
        Node(
            package="liquid_nav",
            executable="autopilot_bridge",
            namespace=settings.namespace,
            parameters=settings.parameters(
                "autopilot_bridge",
                {
                    "autopilot": "px4",
                    "connection": autopilot_connection(plan.connection),
                    "altitude": takeoff_altitude(plan.scenario),
                    "frame_prefix": plan.frame_prefix,
                },
            ),
            remappings=settings.clock,
            **settings.options("autopilot_bridge"),
        ),
        *recorder(plan, settings),
        scenario_runner(plan, settings, count_from_start=True, wait_for_takeoff=True),
    ]


# Nodes that fly in every simulator; ``more``: parameters that differ between them.


def pilot(plan: FlightPlan, settings: NodeSettings, **more: object) -> Node:
    """Return the pilot: the network, or the expert, which has access to the map."""
    if plan.pilot == "expert":
        return Node(
            package="liquid_nav",
            executable="expert_pilot",
            namespace=settings.namespace,
            parameters=settings.parameters(
                "expert_pilot",
                {
                    "scenario": plan.scenario,
                    "seed": plan.seed,
                    "frame_prefix": plan.frame_prefix,
                    **more,
                },
            ),
            remappings=settings.clock,
            **settings.options("expert_pilot", keeps_files=False),
        )
    return Node(
        package="liquid_nav",
        executable="liquid_controller",
        namespace=settings.namespace,
        parameters=settings.parameters(
            "liquid_controller", {"model": plan.model, "frame_prefix": plan.frame_prefix}
        ),
        remappings=settings.clock,
        **settings.options("liquid_controller", keeps_files=False),
    )


def safety_supervisor(plan: FlightPlan, settings: NodeSettings, **watched: float) -> Node:
    """Return the supervisor with the limits of the scenario; ``watched``: what else it watches."""
    return Node(
        package="liquid_nav",
        executable="safety_supervisor",
        namespace=settings.namespace,
        parameters=settings.parameters(
            "safety_supervisor",
            {**scenario_gate_limits(plan.scenario), "frame_prefix": plan.frame_prefix, **watched},
        ),
        # The command and the mode of the pilot that flies.
        remappings=[*settings.clock, *pilot_remappings(plan.pilot)],
        **settings.options("safety_supervisor", keeps_files=False),
    )


def recorder(plan: FlightPlan, settings: NodeSettings, **more: object) -> list[Node]:
    """Return the recorder, where the flight is recorded."""
    if plan.record is None:
        return []
    return [
        Node(
            package="liquid_nav",
            executable="recorder",
            namespace=settings.namespace,
            parameters=settings.parameters("recorder", {"folder": str(plan.record), **more}),
            remappings=settings.clock,
            **settings.options("recorder"),
        )
    ]


def scenario_runner(plan: FlightPlan, settings: NodeSettings, **more: object) -> Node:
    """Return the node that begins the flight, judges it, and ends when it is over."""
    return Node(
        package="liquid_nav",
        executable="scenario_runner",
        namespace=settings.namespace,
        parameters=settings.parameters(
            "scenario_runner",
            {
                "scenario": plan.scenario,
                "seed": plan.seed,
                "condition": plan.condition,
                "frame_rate": plan.frame_rate,
                "pilot": pilot_name(plan),
                "folder": str(plan.record or ""),
                **more,
            },
        ),
        remappings=[*settings.clock, *pilot_remappings(plan.pilot)],
        **settings.options("scenario_runner", keeps_files=plan.record is not None),
    )


def weather(plan: FlightPlan, settings: NodeSettings, **more: object) -> Node:
    """Return the node between Gazebo's camera and the pilot: fog, rain, noise."""
    return Node(
        package="liquid_nav",
        executable="weather",
        namespace=settings.namespace,
        parameters=settings.parameters(
            "weather",
            {
                "condition": plan.condition,
                "seed": plan.seed,
                "frame_prefix": plan.frame_prefix,
                **more,
            },
        ),
        remappings=settings.clock,
        **settings.options("weather", keeps_files=False),
    )


# Gazebo and PX4.


def gazebo(world: Path, bridge_file: str, gui: bool, settings: NodeSettings) -> list[Action]:
    """Return Gazebo itself, and the bridge to its topics."""
    return [
        IncludeLaunchDescription(
            PythonLaunchDescriptionSource(gazebo_launch_file()),
            launch_arguments={
                "gz_args": gazebo_arguments(world, gui),
                "on_exit_shutdown": "true",
            }.items(),
        ),
        Node(
            package="ros_gz_bridge",
            executable="parameter_bridge",
            namespace=settings.namespace,
            parameters=[{"config_file": bridge_file, "use_sim_time": True}],
            # The weather node stands between this camera and the pilot.
            remappings=[WEATHER_REMAPPING, *settings.clock],
            output="screen",
        ),
    ]


def px4(made: Px4World) -> list[Action]:
    """Return PX4 with its variables, or the log line that states with which ones to start it."""
    paths = {"GZ_SIM_RESOURCE_PATH"} & set(made.environment)
    find_models = [AppendEnvironmentVariable(name, made.environment[name]) for name in paths]
    own = {name: text for name, text in made.environment.items() if name not in paths}
    if made.command is None:
        assignments = " ".join(f"{name}={text}" for name, text in own.items())
        return [
            LogInfo(
                msg=f"start PX4 yourself: {assignments} "
                f"PX4_GZ_MODELS=<PX4>/{PX4_GAZEBO_MODELS_FOLDER} px4"
            ),
        ]
    # Without a terminal PX4's shell would read an endless stream of nothing: -d leaves the shell
    # out.
    return [
        *find_models,
        ExecuteProcess(cmd=[*made.command, "-d"], additional_env=own, output="screen"),
    ]


def names_path(path: Path, argument: str) -> bool:
    """Return whether an argument of a command line contains that path."""
    return str(path) in argument
