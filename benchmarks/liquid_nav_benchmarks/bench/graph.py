"""What ``liquid-nav bench graph`` measures: large camera images through DDS into the controller,
with and without the Fast DDS profile and memory that is kept.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from liquid_nav.bringup import fastdds_profile_variable, transport_problem
from liquid_nav.cli import progress_counter
from liquid_nav.errors import UserError
from liquid_nav_benchmarks.bench.processes import broken_off, end, measuring_environment
from liquid_nav_benchmarks.bench.rows import show_rows, write_rows

MODULE = "liquid_nav_benchmarks.bench.graph_node"
VARIANTS = ((False, "plain"), (True, "plain"), (True, "kept"))
"""Whether the Fast DDS profile is used, and the memory of the controller: plain, or kept as
``nodes.memory`` does.
"""


def show_variants(
    model: str,
    size: tuple[int, int],
    encoding: str,
    rate: float,
    seconds: float,
    file: Path | None,
) -> None:
    """Show a row for each variant; ``file``: for the rows."""
    with progress_counter("measuring", len(VARIANTS)) as on_variant:
        rows = graph_rows(model, size, encoding, rate, seconds, on_variant)
    show_rows(
        rows,
        "share: of the frames sent; latency from stamp to command; CPU of the controller, 100 % is "
        "a core",
    )
    write_rows(file, rows)


def graph_rows(
    model: str,
    size: tuple[int, int],
    encoding: str,
    rate: float,
    seconds: float,
    on_variant: Callable[[], object],
) -> list[dict[str, Any]]:
    """Return one row for each variant: share of frames processed, latency, CPU of the controller.

    Latency is in ms, CPU in % of a core.
    """
    rows = []
    for profile, memory in VARIANTS:
        image = f"{size[0]} x {size[1]} {encoding}"
        row = {"image": image, "rate_hz": rate, "fastdds_profile": profile, "memory": memory}
        rows.append(row | _measure(model, size, encoding, rate, seconds, profile, memory))
        on_variant()
    return rows


def _measure(
    model: str,
    size: tuple[int, int],
    encoding: str,
    rate: float,
    seconds: float,
    profile: bool,
    memory: str,
) -> dict[str, Any]:
    environment = measuring_environment()
    variable = fastdds_profile_variable()
    if profile and variable not in environment:
        raise UserError(
            f"the Fast DDS profile is not used: {transport_problem()}",
            "unset it, or give a container --shm-size=1g",
        )
    if not profile:
        environment.pop(variable, None)
    with _controller(model, memory, environment) as controller:
        command = [
            sys.executable,
            "-m",
            MODULE,
            "camera",
            *map(str, (*size, encoding, rate, seconds, controller.pid)),
        ]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        if done.returncode:
            raise broken_off(done.stderr)
    row: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return row


@contextmanager
def _controller(
    model: str, memory: str, environment: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    arguments = ["--ros-args", "-p", f"model:={json.dumps(model)}", "--disable-external-lib-logs"]
    process = subprocess.Popen(
        [sys.executable, "-m", MODULE, "controller", memory, *arguments],
        env=environment,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        end(process)
