"""The flight of ``liquid-nav fly``: starts and watches the graph, and makes pictures and rows of
what it has recorded.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

from liquid_nav.bringup import (
    PILOT_KINDS,
    PX4_DDS_DOMAIN,
    FlightPlan,
    drone_namespaces,
    flight_processes,
    parse_seed,
)
from liquid_nav.cli.flight_files import make_pictures
from liquid_nav.cli.flight_folder import RECORD_NAME, choose_folder, make_folder
from liquid_nav.cli.processes import Graph
from liquid_nav.cli.watching import FlightError, watch
from liquid_nav.errors import UserError
from liquid_nav.evaluation import check_writable, write_rows
from liquid_nav.simulation import FlightRecord
from liquid_nav.worlds import load_condition, load_scenario

FAILED = 1
"""Exit code of a flight that did not reach its target."""


def plan_flight(
    scenario: str,
    seed: str,
    condition: str,
    pilot: str,
    model: str,
    out: Path | None,
    frame_rate: float | None,
    real_time_factor: float,
    autopilot: str,
    connection: str,
    drones: int,
) -> FlightPlan:
    """Return what the options ask for; creates nothing.

    Raises:
        UserError: unknown pilot, scenario or condition, or a seed that is none.
    """
    if pilot not in PILOT_KINDS:
        raise UserError(f"unknown pilot '{pilot}'", f"choose one of: {', '.join(PILOT_KINDS)}")
    number = parse_seed(seed)
    load_condition(condition or load_scenario(scenario).condition)
    return FlightPlan(
        scenario,
        number,
        condition,
        pilot,
        model,
        choose_folder(out),
        frame_rate or 0.0,
        real_time_factor,
        progress=True,
        autopilot=autopilot,
        connection=connection,
        drones=drones,
    )


def fly_plan(plan: FlightPlan, json: Path | None) -> int:
    """Fly it; returns the exit code.

    ``json``: file for the results. Raises UserError where the flight cannot begin or a node broke.
    """
    assert plan.record is not None  # ``plan_flight`` always chooses a folder
    folder = plan.record
    processes = flight_processes(plan)
    if json is not None:
        check_writable(json)
    # Last: bad input leaves no empty folder behind.
    make_folder(folder)
    console = Console()
    who = plan.pilot
    if who == "policy":
        who = plan.model
    console.print(f"{plan.scenario}, seed {plan.seed}, pilot {who}", highlight=False, markup=False)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    domain = None
    if plan.autopilot == "px4_dds":
        domain = PX4_DDS_DOMAIN
    try:
        with Graph(processes, folder / "log", domain) as graph:
            good = watch(graph, console)
    except FlightError as error:
        print(f"error: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        typer.echo(_what_is_left(folder, plan.drones), err=True)
        raise
    rows = []
    for name in drone_namespaces(plan.drones):
        record = _finish(folder / name, plan, console)
        rows.append(_report(record, folder / name, console, name))
    if json is not None:
        write_rows(json, rows)
    if good and all(row["success"] for row in rows):
        return 0
    return FAILED


def _what_is_left(folder: Path, drones: int) -> str:
    """Return where the files of an interrupted flight are; the graph has ended and written them."""
    if not any((folder / name / RECORD_NAME).exists() for name in drone_namespaces(drones)):
        return f"the flight had not begun; the logs are in {folder / 'log'}"
    return (
        f"what was flown is in {folder}: `liquid-nav report {folder}` makes video, top view "
        "and report of it"
    )


def _finish(folder: Path, plan: FlightPlan, console: Console) -> FlightRecord:
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("video", total=1.0)
        return make_pictures(
            folder,
            plan.scenario,
            lambda name, share: progress.update(task, description=name, completed=share),
        )


def _report(record: FlightRecord, folder: Path, console: Console, name: str) -> dict[str, Any]:
    outcome = record.outcome
    end = f"[red]failed: {outcome.reason}[/]"
    if outcome.success:
        end = "[green]reached the target[/]"
    elif outcome.reason == "landed":
        end = "[yellow]landed[/]"
    line = f"{end} after {outcome.time:.1f} s, {escape(outcome.detail)}"
    if name:
        line = f"{name} {line}"
    console.print(line, highlight=False)
    page = folder / "report.html"
    console.print(f"see {page}", highlight=False, markup=False, soft_wrap=True)
    row = {
        "scenario": record.scenario,
        "seed": record.seed,
        "condition": record.condition,
        "pilot": record.pilot,
        "success": outcome.success,
        "reason": outcome.reason,
        "time_s": outcome.time,
        "distance_m": float(record.columns["distance"][-1]),
        "folder": str(folder),
    }
    if name:
        row["drone"] = name
    return row
