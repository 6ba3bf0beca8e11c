"""The launch file of a real drone: its arguments, and the graph of ``drone_bringup`` as launch
actions.
"""

from __future__ import annotations

from typing import Collection

from launch import LaunchContext, LaunchDescription
from launch.action import Action
from launch.actions import DeclareLaunchArgument, OpaqueFunction

from liquid_nav.bringup.launch_endings import DroneGraph, DroneNode
from liquid_nav.bringup.launching import (
    declare_common,
    folder,
    node,
    note_typed,
    read_settings,
    refuse_misspelt,
    variables,
)
from liquid_nav.bringup.real_drone import (
    AUTOPILOTS,
    IMAGE_TRANSPORTS,
    LIMITS,
    PARAMETER_FILE,
    DronePlan,
    drone_graph,
)
from liquid_nav.bringup.simulated_flight import parse_namespace, parse_number
from liquid_nav.bringup.view_launching import views
from liquid_nav.distribution import check_distribution
from liquid_nav.errors import UserError


def declare_drone_arguments() -> list[DeclareLaunchArgument]:
    """Return the arguments of a flight with a real drone; an empty limit means that of the
    parameter file.
    """
    return [
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
            choices=AUTOPILOTS,
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
                f"{PARAMETER_FILE}.",
            )
            for name in LIMITS
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
        *declare_common(),
    ]


def describe_drone() -> LaunchDescription:
    """Return the launch description of a flight with a real drone; only Ctrl-C ends it, whatever
    else ends.
    """
    typed: set[str] = set()
    bring_up = OpaqueFunction(function=_bring_up_drone, args=[typed])
    return LaunchDescription([note_typed(typed), *declare_drone_arguments(), bring_up])


def _bring_up_drone(context: LaunchContext, typed: Collection[str] = ()) -> list[Action]:
    check_distribution()
    refuse_misspelt(context, declare_drone_arguments())
    value = {**context.launch_configurations}
    value["namespace"] = parse_namespace(value["namespace"])
    source = value["source"]
    if source == "none":
        source = ""
    plan = DronePlan(
        value["model"],
        source,
        value["calibration"],
        value["autopilot"],
        value["connection"],
        value["image_transport"],
        {name: parse_number(name, value[name]) for name in LIMITS if value[name]},
        folder(value["record"]),
        value["frame_prefix"],
        _channel(value["engage_channel"]),
    )
    processes = drone_graph(plan)
    settings = read_settings(value, typed, processes)
    graph = DroneGraph(
        lambda process: node(process, value["namespace"], PARAMETER_FILE, settings, DroneNode)
    )
    shown = views(value, [value["namespace"]], simulated=False)
    return [*variables(), *graph.start(processes), *shown]


def _channel(text: str) -> int | None:
    """Return the channel, or None where the parameter file decides."""
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        remedy = "give the number of a channel of the remote control, 0 for none"
        raise UserError(f"cannot read engage_channel:={text}", remedy) from None
