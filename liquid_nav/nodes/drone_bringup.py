"""Which processes fly a real drone, and with which parameters. Needs neither rclpy nor launch."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Mapping

from liquid_nav.autopilots.connection import read_connection
from liquid_nav.nodes.bringup import GATE, Process

PARAMETER_FILE = "config/drone.yaml"
TRANSPORTS = ("raw", "compressed")
AUTOPILOTS = ("px4", "ardupilot", "px4_dds", "twist", "twist_stamped")
OVER_MAVLINK = ("px4", "ardupilot")
"""Autopilots that are reached by a connection."""
FENCE = ("radius", "low", "high")
"""The fence around where it was engaged: m horizontally, below (negative) and above."""
LIMITS = (*GATE, *FENCE)
"""Parameters of the supervisor that the launch file takes as arguments."""


@dataclass(frozen=True)
class DronePlan:
    """What is asked for; the same words as the arguments of ``drone.launch.py``.

    source: the camera, empty where another node publishes its images; limits: of the supervisor, SI units;
    record: folder for the bag, or None; autopilot: one of AUTOPILOTS; connection: of the MAVLink ones;
    engage_channel: of the remote control, whose switch engages, 0 for none, or None for what the parameter file says.
    """

    model: str = "default"
    source: str = "0"
    calibration: str = ""
    autopilot: str = "px4"
    connection: str = "udp:0.0.0.0:14540"
    image_transport: str = "raw"
    limits: Mapping[str, float] = field(default_factory=dict)
    record: Path | None = None
    frame_prefix: str = ""
    engage_channel: int | None = None


def drone_graph(plan: DronePlan) -> list[Process]:
    """Return the processes around a real camera: camera, controller, supervisor, bridge, recorder.

    Raises UserError for a connection that cannot be read, where the autopilot needs one.
    """
    if plan.autopilot in OVER_MAVLINK:
        read_connection(plan.connection)
    prefix = {"frame_prefix": plan.frame_prefix}
    transport = {"image_transport": plan.image_transport}
    switch = {} if plan.engage_channel is None else {"engage_channel": plan.engage_channel}
    graph = [
        Process("liquid_controller", {"model": plan.model} | transport | prefix),
        Process("safety_supervisor", dict(plan.limits) | transport | prefix),
        Process("autopilot_bridge", {"autopilot": plan.autopilot, "connection": plan.connection} | switch | prefix),
    ]
    if plan.source:
        graph.insert(0, Process("camera", {"source": plan.source, "calibration": plan.calibration} | prefix))
    if plan.record is not None:
        graph.append(Process("recorder", {"folder": str(plan.record)} | transport))
    return graph
