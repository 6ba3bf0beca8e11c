"""Fly a real drone: ros2 launch liquid_nav drone.launch.py source:=/dev/video0
connection:=serial:/dev/ttyAMA0:921600.

All arguments: ros2 launch liquid_nav drone.launch.py --show-args
"""

from datetime import datetime
from pathlib import Path

from launch import LaunchContext, LaunchDescription
from launch.action import Action
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription, OpaqueFunction
from launch.launch_description_sources import PythonLaunchDescriptionSource

from liquid_nav.bringup import (
    DRONE_PARAMETER_FILE,
    IMAGE_TRANSPORTS,
    LIMIT_ARGUMENTS,
    NODE_END_TIMEOUT,
    REAL_AUTOPILOTS,
    DroneGraph,
    DroneNode,
    GivenArguments,
    NodeSettings,
    check_autopilot_connection,
    node_arguments,
    node_environment_actions,
    read_engage_channel,
    read_record_folder,
    read_supervisor_limits,
    udp_transport_variables,
    window_arguments,
)

HERE = Path(__file__).parent


def generate_launch_description() -> LaunchDescription:
    """Return the graph of a real drone; only Ctrl-C ends it, whatever else ends."""
    arguments = [
        DeclareLaunchArgument(
            "source",
            default_value="0",
            description="Camera: device, rtsp:// URL, GStreamer pipeline, file; 'none': other "
            "node.",
        ),
        DeclareLaunchArgument(
            "calibration", default_value="", description="Calibration file of the camera (YAML)."
        ),
        DeclareLaunchArgument(
            "image_transport",
            default_value="raw",
            choices=IMAGE_TRANSPORTS,
            description="Which camera topic controller, supervisor and recorder read.",
        ),
        DeclareLaunchArgument(
            "autopilot",
            default_value="px4",
            choices=REAL_AUTOPILOTS,
            description="What flies the drone.",
        ),
        DeclareLaunchArgument(
            "connection",
            default_value="udp:0.0.0.0:14540",
            description="udp:HOST:PORT (listens), udpout:, tcp:HOST:PORT, serial:DEVICE:BAUD.",
        ),
        DeclareLaunchArgument(
            "model", default_value="default", description="Model: a name or a folder."
        ),
        *(
            DeclareLaunchArgument(
                name,
                default_value="",
                description=f"The supervisor's limit '{name}', SI units; the bridge's own is in "
                f"{DRONE_PARAMETER_FILE}.",
            )
            for name in LIMIT_ARGUMENTS
        ),
        DeclareLaunchArgument(
            "engage_channel",
            default_value="",
            description="Channel of the remote control whose switch engages, from 1; 0: none.",
        ),
        DeclareLaunchArgument(
            "record",
            default_value="",
            description="Folder for flight.mcap; 'auto': flights/<date>-<time>; empty: no record.",
        ),
        *window_arguments(),
        *node_arguments(),
    ]
    given = GivenArguments(arguments)
    return LaunchDescription(
        [given.note(), *arguments, OpaqueFunction(function=launch_setup, args=[given])]
    )


def launch_setup(context: LaunchContext, given: GivenArguments) -> list[Action]:
    """Return what the arguments ask for."""
    given.check(context)
    value = context.launch_configurations
    settings = NodeSettings(value, given.names, DRONE_PARAMETER_FILE, reminded=NODE_END_TIMEOUT)
    nodes = drone_nodes(value, settings)
    settings.check_params_file()
    return [
        *node_environment_actions(),
        # None ends because of another. Camera, controller and recorder are started again when they
        # have died; Ctrl-C ends the nodes in order, the bridge last.
        *DroneGraph(nodes).start(),
        IncludeLaunchDescription(
            PythonLaunchDescriptionSource(str(HERE / "views.launch.py")),
            launch_arguments={
                "use_sim_time": "false",
                "namespace": settings.namespace,
                "frame_prefix": value["frame_prefix"],
                "rqt": value["rqt"],
                "rviz": value["rviz"],
                "diagnostics": value["diagnostics"],
            }.items(),
        ),
    ]


def drone_nodes(value: dict[str, str], settings: NodeSettings) -> list[DroneNode]:
    """Return the nodes; ``value``: of the arguments. A parameter that is empty or None is that of
    config/drone.yaml.
    """
    check_autopilot_connection(value["autopilot"], value["connection"])
    record = read_record_folder(value["record"], datetime.now())
    nodes = []
    if value["source"] not in ("", "none"):
        nodes.append(
            DroneNode(
                package="liquid_nav",
                executable="camera",
                namespace=settings.namespace,
                parameters=settings.parameters(
                    "camera",
                    {
                        "source": value["source"],
                        "calibration": value["calibration"],
                        "frame_prefix": value["frame_prefix"],
                    },
                ),
                remappings=settings.clock,
                **settings.options("camera"),
            )
        )
    nodes += [
        DroneNode(
            package="liquid_nav",
            executable="liquid_controller",
            namespace=settings.namespace,
            parameters=settings.parameters(
                "liquid_controller",
                {
                    "model": value["model"],
                    "image_transport": value["image_transport"],
                    "frame_prefix": value["frame_prefix"],
                },
            ),
            remappings=settings.clock,
            **settings.options("liquid_controller"),
        ),
        DroneNode(
            package="liquid_nav",
            executable="safety_supervisor",
            namespace=settings.namespace,
            parameters=settings.parameters(
                "safety_supervisor",
                {
                    **read_supervisor_limits(value),
                    "image_transport": value["image_transport"],
                    "frame_prefix": value["frame_prefix"],
                },
            ),
            remappings=settings.clock,
            **settings.options("safety_supervisor"),
        ),
        DroneNode(
            package="liquid_nav",
            executable="autopilot_bridge",
            namespace=settings.namespace,
            parameters=settings.parameters(
                "autopilot_bridge",
                {
                    "autopilot": value["autopilot"],
                    "connection": value["connection"],
                    "engage_channel": read_engage_channel(value["engage_channel"]),
                    "frame_prefix": value["frame_prefix"],
                },
            ),
            remappings=settings.clock,
            # Not in shared memory: what another process leaves locked there when it is killed must
            # not stop the bridge.
            additional_env=udp_transport_variables(),
            **settings.options("autopilot_bridge"),
        ),
    ]
    if record is not None:
        nodes.append(
            DroneNode(
                package="liquid_nav",
                executable="recorder",
                namespace=settings.namespace,
                parameters=settings.parameters(
                    "recorder",
                    {"folder": str(record), "image_transport": value["image_transport"]},
                ),
                remappings=settings.clock,
                **settings.options("recorder"),
            )
        )
    return nodes
