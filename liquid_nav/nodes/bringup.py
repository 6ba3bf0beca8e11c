"""Which processes make a flight, and with which parameters: for ``liquid-nav fly`` and the launch files alike.

Needs neither rclpy nor launch.
"""

from __future__ import annotations

import json
import os
import random
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Mapping

from liquid_nav.errors import UserError
from liquid_nav.resources import find
from liquid_nav.worlds import load_scenario

PILOTS = ("policy", "expert")
PARAMETER_FILE = "config/embedded.yaml"
TRANSPORT_FILE = "config/fastdds.xml"
SHARED_MEMORY = 512 * 2**20
"""Bytes free in /dev/shm below which (small containers) Fast DDS keeps its own small segments."""


RANDOM_SEEDS = range(100_000, 1_000_000)
"""Where seed ``random`` draws: neither trained on nor used for choosing or for reported numbers."""


def parse_seed(text: str) -> int:
    """Return the seed that a text means: a non-negative integer, or ``random``; raises UserError."""
    if text == "random":
        return random.SystemRandom().choice(RANDOM_SEEDS)
    if not (text.isascii() and text.isdigit()) or int(text) >= 2**31:
        raise UserError(f"cannot read the seed '{text}'", "give a non-negative integer below 2147483648, or 'random'")
    return int(text)


@dataclass(frozen=True)
class FlightPlan:
    """What is asked for; the same words as the options of ``liquid-nav fly`` and the launch arguments.

    condition: empty for the scenario's own; record: folder for bag and record, or None; frame_rate: Hz;
    real_time_factor: simulated per wall seconds at most, 0 as fast as possible.
    """

    scenario: str = "forest"
    seed: int = 0
    condition: str = ""
    pilot: str = "policy"
    model: str = "default"
    record: Path | None = None
    frame_rate: float = 30.0
    real_time_factor: float = 1.0
    frame_prefix: str = ""
    progress: bool = False


@dataclass(frozen=True)
class Process:
    """One node of the graph: the executable's name and the parameters that differ from the parameter file."""

    executable: str
    parameters: Mapping[str, object] = field(default_factory=dict)


def embedded_graph(plan: FlightPlan) -> list[Process]:
    """Return the processes of a flight in the embedded simulator, the scenario runner last.

    Raises:
        UserError: unknown scenario.
    """
    limits = load_scenario(plan.scenario).limits
    world = {"scenario": plan.scenario, "seed": plan.seed}
    prefix = {"frame_prefix": plan.frame_prefix}
    place = world | {"condition": plan.condition, "frame_rate": plan.frame_rate}
    pilot = (
        Process("expert_pilot", world | prefix)
        if plan.pilot == "expert"
        else Process("liquid_controller", {"model": plan.model} | prefix)
    )
    names = ("speed", "vertical_speed", "yaw_rate", "acceleration", "yaw_acceleration")
    gate = {name: float(getattr(limits, name)) for name in names}
    graph = [
        Process(
            "simulator",
            place | prefix | {"real_time_factor": plan.real_time_factor, "wait_for_start": True},
        ),
        pilot,
        Process("safety_supervisor", gate | prefix),
    ]
    runner: dict[str, object] = {"pilot": plan.pilot if plan.pilot == "expert" else plan.model}
    if plan.record is not None:
        graph.append(Process("recorder", {"folder": str(plan.record)}))
        runner["folder"] = str(plan.record)
    graph.append(Process("scenario_runner", place | runner | {"progress": plan.progress}))
    return graph


def environment() -> dict[str, str]:
    """Return variables that every process of the graph gets, unless the user has set them.

    A shared-memory transport that is large enough for camera images, and one thread per numerical library: several
    processes that each take all cores only wait for each other.
    """
    wanted = {
        "OMP_NUM_THREADS": "1",
        "RCUTILS_COLORIZED_OUTPUT": "0",
        "PYTHONUNBUFFERED": "1",
    }
    shared = Path("/dev/shm")
    if shared.is_dir() and shutil.disk_usage(shared).free > SHARED_MEMORY:
        wanted["FASTDDS_DEFAULT_PROFILES_FILE"] = str(find(TRANSPORT_FILE))
    return {name: value for name, value in wanted.items() if name not in os.environ}


def as_yaml(value: object) -> str:
    """Return a parameter value as ``-p name:=value`` and launch files take it: text is quoted."""
    return json.dumps(value)
