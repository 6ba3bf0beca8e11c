"""Which processes fly a real drone, and with which parameters. Needs neither rclpy nor launch."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Mapping

from liquid_nav.autopilots import read_connection
from liquid_nav.bringup.simulated_flight import GATE_LIMITS, NodeProcess
from liquid_nav.bringup.transport import udp_variables
from liquid_nav.recordings import next_free_folder

PARAMETER_FILE = "config/drone.yaml"
IMAGE_TRANSPORTS = ("raw", "compressed")
AUTOPILOTS = ("px4", "ardupilot", "px4_dds", "twist", "twist_stamped")
OVER_MAVLINK = ("px4", "ardupilot")
"""Autopilots that are reached by a connection."""
FENCE = ("radius", "low", "high")
"""The fence around where it was engaged: m horizontally, below (negative) and above."""
LIMITS = (*GATE_LIMITS, *FENCE)
"""Parameters of the supervisor that the launch file takes as arguments."""
STARTED_AGAIN = ("camera", "liquid_controller", "recorder")
"""Nodes that are started again when they die; until then the supervisor holds, and a person engages
again.
"""
END_ORDER = ("recorder", "liquid_controller", "camera", "safety_supervisor", "autopilot_bridge")
"""In which order a person's Ctrl-C ends the nodes: a node that commands the drone ends after those
whose messages it uses.
"""
ON_PURPOSE = (0, 2, 3)
"""Exit codes of a node that was ended, refuses its input, or was ended and could not finish its
bag.
"""
FIRST_PAUSE = 2.0
"""s until a node that died for the first time is started again."""
RECORDERS = 3
"""How many recorders one flight gets."""
LONGEST_PAUSE = 30.0
"""s until a node that dies again and again is started again."""


@dataclass(frozen=True)
class DronePlan:
    """What is asked for; the same names as the arguments of ``drone.launch.py``."""

    model: str = "default"
    """Name of the network's model, or its folder."""
    source: str = "0"
    """Camera: device, URL, GStreamer pipeline or file; empty: another node publishes its images."""
    calibration: str = ""
    """Calibration file of the camera (YAML); empty: not calibrated."""
    autopilot: str = "px4"
    """What flies the drone, one of ``AUTOPILOTS``."""
    connection: str = "udp:0.0.0.0:14540"
    """Address of the autopilot, as ``read_connection`` takes it; only for ``OVER_MAVLINK``."""
    image_transport: str = "raw"
    """Which camera topic controller, supervisor and recorder read, one of ``TRANSPORTS``."""
    limits: Mapping[str, float] = field(default_factory=dict)
    """Name, one of ``LIMITS`` -> the supervisor's limit, SI units; one that is missing is that of
    the parameter file.
    """
    record: Path | None = None
    """Folder for the bag; None: nothing is recorded."""
    frame_prefix: str = ""
    """Before every frame id, such as ``d1/``."""
    engage_channel: int | None = None
    """Channel of the remote control, counted from 1, whose switch engages; 0: none; None: that of
    the parameter file.
    """


def drone_graph(plan: DronePlan) -> list[NodeProcess]:
    """Return the processes around a real camera: camera, controller, supervisor, bridge, recorder.

    Raises UserError for a connection that cannot be read, where the autopilot needs one.
    """
    if plan.autopilot in OVER_MAVLINK:
        read_connection(plan.connection)
    prefix: dict[str, object] = {"frame_prefix": plan.frame_prefix}
    transport: dict[str, object] = {"image_transport": plan.image_transport}
    limits: dict[str, object] = dict(plan.limits)
    switch: dict[str, object] = {}
    if plan.engage_channel is not None:
        switch["engage_channel"] = plan.engage_channel
    graph = [
        NodeProcess("liquid_controller", {"model": plan.model} | transport | prefix),
        NodeProcess("safety_supervisor", limits | transport | prefix),
        # Not in shared memory: what another process leaves locked there when it is killed must not
        # stop the bridge.
        NodeProcess(
            "autopilot_bridge",
            {"autopilot": plan.autopilot, "connection": plan.connection} | switch | prefix,
            environment=udp_variables(),
        ),
    ]
    if plan.source:
        graph.insert(
            0,
            NodeProcess(
                "camera", {"source": plan.source, "calibration": plan.calibration} | prefix
            ),
        )
    if plan.record is not None:
        graph.append(NodeProcess("recorder", {"folder": str(plan.record)} | transport))
    return graph


def dies(executable: str, code: int) -> bool:
    """Return whether a node that has ended with an exit code has died and is started again.

    Args:
        executable: of the node.
        code: its exit code; negative: minus the number of the signal.
    """
    return executable in STARTED_AGAIN and code not in ON_PURPOSE


def is_given_up(executable: str, deaths: int) -> bool:
    """Return whether a node that has died so often is not started again: each death of a recorder
    would be one more hold.
    """
    return executable == "recorder" and deaths >= RECORDERS


def pause(deaths: int) -> float:
    """Return the time until a node is started again, s: twice as long after each death.

    Args:
        deaths: how often it has died, this time included.
    """
    return min(FIRST_PAUSE * 2.0 ** (deaths - 1), LONGEST_PAUSE)


def started_again(process: NodeProcess) -> NodeProcess:
    """Return what is started in the place of a process that has died: a recorder writes beside what
    it has left.
    """
    folder = process.parameters.get("folder")
    if process.executable != "recorder" or not folder:
        return process
    return replace(
        process,
        parameters={**process.parameters, "folder": str(next_free_folder(Path(str(folder))))},
    )
