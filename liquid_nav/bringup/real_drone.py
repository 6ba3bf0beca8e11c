"""What ``drone.launch.py`` accepts, and how the nodes of a real drone end and are started again.

Needs neither rclpy nor launch.
"""

from __future__ import annotations

from pathlib import Path
from typing import Mapping

from liquid_nav.autopilots import read_connection
from liquid_nav.bringup.simulated_flight import GATE_LIMITS
from liquid_nav.recordings import next_free_folder

DRONE_PARAMETER_FILE = "config/drone.yaml"
IMAGE_TRANSPORTS = ("raw", "compressed")
REAL_AUTOPILOTS = ("px4", "ardupilot", "px4_dds", "twist", "twist_stamped")
OVER_MAVLINK = ("px4", "ardupilot")
"""Autopilots that are reached by a connection."""
FENCE = ("radius", "low", "high")
"""The fence around where it was engaged: m horizontally, below (negative) and above."""
LIMIT_ARGUMENTS = (*GATE_LIMITS, *FENCE)
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


def check_autopilot_connection(autopilot: str, connection: str) -> None:
    """Refuse an address that cannot be read, where the autopilot, one of ``REAL_AUTOPILOTS``,
    needs one.

    Raises:
        UserError: what is wrong with it.
    """
    if autopilot in OVER_MAVLINK:
        read_connection(connection)


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


def parameters_after_death(executable: str, parameters: Mapping[str, object]) -> dict[str, object]:
    """Return the parameters of a node that is started in the place of one that has died: a recorder
    writes beside what that one has left.

    Args:
        executable: of the node.
        parameters: name -> value, of the one that has died.
    """
    folder = parameters.get("folder")
    if executable != "recorder" or not folder:
        return dict(parameters)
    return {**parameters, "folder": str(next_free_folder(Path(str(folder))))}
