"""Processes that measure a graph, beside its nodes."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

from liquid_nav.cli import graph_environment
from liquid_nav.errors import UserError

FOLDER = Path(__file__).resolve().parents[2]
"""Folder of ``liquid_nav_benchmarks``: ``python -m`` must find it in a source tree too."""
PATIENCE = 10.0
"""s after SIGTERM until a process that still runs is killed."""


def measuring_environment() -> dict[str, str]:
    """Return the environment of a graph, in which ``python -m`` finds the measuring tools."""
    environment = graph_environment()
    folders = [environment.get("PYTHONPATH", ""), str(FOLDER)]
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, folders))
    return environment


def broken_off(log: str) -> UserError:
    """Return the error of a measurement whose process has failed; ``log``: its standard error."""
    lines = log.strip().splitlines() or ["no output"]
    cause = lines[-1].removeprefix("error: ")
    return UserError(f"the measurement broke off: {cause}", "try the model with liquid-nav fly")


def end(process: subprocess.Popen[Any]) -> None:
    """Terminate a process, and kill it where that is not enough."""
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
