"""``liquid-nav bench``: its tools are not in this package but beside it, in the source tree's
``benchmarks``.

An editable installation (make setup) finds them, and so does whatever runs from a source tree. They
are not in a wheel, nor where colcon installs.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import typer

from liquid_nav.errors import UserError

TOOLS = "liquid_nav_benchmarks"
MODULE = f"{TOOLS}.bench.command"
FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"
"""Where a source tree has the tools."""


def load_bench() -> typer.Typer:
    """Return the subcommands of ``liquid-nav bench``.

    Raises:
        UserError: this installation has no tools to measure with.
    """
    if (FOLDER / TOOLS).is_dir() and str(FOLDER) not in sys.path:
        sys.path.append(str(FOLDER))
    try:
        module = importlib.import_module(MODULE)
    except ModuleNotFoundError as error:
        if error.name != TOOLS:
            raise
        raise UserError(
            "'bench' measures with tools of the source tree, which are not installed",
            "clone the repository and run there: make setup, then .venv/bin/liquid-nav bench",
        ) from error
    app: typer.Typer = module.bench_app
    return app


bench_app = load_bench()
