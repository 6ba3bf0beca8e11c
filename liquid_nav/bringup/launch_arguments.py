"""What the arguments of the launch files mean, and which of their values are refused. Needs neither
rclpy nor launch.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Mapping

from liquid_nav.bringup.fleet import check_drones
from liquid_nav.bringup.real_drone import LIMIT_ARGUMENTS
from liquid_nav.bringup.simulated_flight import (
    FlightPlan,
    parse_namespace,
    parse_number,
    parse_seed,
)
from liquid_nav.errors import UserError
from liquid_nav.recordings import new_flight_folder

SIMULATORS = ("embedded", "gazebo", "px4", "px4_gazebo")
LOG_LEVELS = ("debug", "info", "warn", "error", "fatal")


def read_flight_plan(value: Mapping[str, str], now: datetime) -> FlightPlan:
    """Return the flight that the arguments of ``flight.launch.py`` ask for.

    Args:
        value: of each argument.
        now: names the folder of ``record:=auto``.

    Raises:
        UserError: a value that cannot be read, or drones that cannot fly together.
    """
    plan = FlightPlan(
        scenario=value["scenario"],
        seed=parse_seed(value["seed"]),
        condition=value["condition"],
        pilot=value["pilot"],
        model=value["model"],
        record=read_record_folder(value["record"], now),
        frame_rate=parse_number("frame_rate", value["frame_rate"]),
        real_time_factor=parse_number("real_time_factor", value["real_time_factor"]),
        frame_prefix=value["frame_prefix"],
        autopilot="px4" if value["sim"] == "px4" else "",
        connection=value["connection"],
        drones=read_drone_count(value["drones"]),
        watchers=int(value["rqt"] == "true"),
    )
    if value["sim"].endswith("gazebo") and plan.drones > 1:
        raise UserError(f"sim:={value['sim']} flies one drone", "drones:=1, or sim:=embedded")
    check_drones(plan)
    return plan


def read_drone_count(text: str) -> int:
    """Return the number of drones, at least 1; raises UserError for what is no such number."""
    if not (text.isascii() and text.isdigit()) or int(text) < 1:
        raise UserError(f"cannot read drones:={text}", "give a whole number from 1 on")
    return int(text)


def read_record_folder(text: str, now: datetime) -> Path | None:
    """Return the folder that ``record`` means: a new one for ``auto``, which is named after the
    time ``now``, None for an empty text.

    Raises:
        UserError: ``true`` or ``false``, where a folder or ``auto`` is expected.
    """
    if text.lower() in ("true", "false"):
        raise UserError(
            f"record:={text} would record into a folder of that name",
            "give record:=auto or a folder, or leave record out",
        )
    if text == "auto":
        return new_flight_folder(now)
    if not text:
        return None
    return Path(text).resolve()


def read_supervisor_limits(value: Mapping[str, str]) -> dict[str, float]:
    """Return the supervisor's limits that were given, SI units; raises UserError for one that is no
    number.
    """
    return {name: parse_number(name, value[name]) for name in LIMIT_ARGUMENTS if value[name]}


def read_engage_channel(text: str) -> int | None:
    """Return the channel whose switch engages, or None for an empty text; raises UserError for what
    is no number.
    """
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        remedy = "give the number of a channel of the remote control, 0 for none"
        raise UserError(f"cannot read engage_channel:={text}", remedy) from None


def join_namespaces(*names: str) -> str:
    """Return nested namespaces as one, without slashes around it; empty ones are left out.

    Raises:
        UserError: one that ROS does not accept.
    """
    return "/".join(filter(None, (parse_namespace(name) for name in names)))
