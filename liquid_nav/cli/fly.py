"""``liquid-nav fly``: one flight through real ROS 2 nodes, each in a process of its own, over
DDS.
"""

from __future__ import annotations

import importlib.util
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Optional

import typer

from liquid_nav.cli import offers
from liquid_nav.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

    from liquid_nav.bringup.simulated_flight import FlightPlan
    from liquid_nav.simulation import FlightRecord

FAILED = 1


def fly(
    scenario: str = typer.Option(
        "forest", help="Scenario: a name or a YAML file.", autocompletion=offers.scenarios
    ),
    seed: str = typer.Option(
        "random", help="Seed of the world, a non-negative integer, or 'random'."
    ),
    condition: str = typer.Option(
        "",
        help="Condition: a name or a YAML file; the scenario's own by default.",
        autocompletion=offers.conditions,
    ),
    model: str = typer.Option(
        "default", help="Model: a name or a folder.", autocompletion=offers.models
    ),
    pilot: str = typer.Option(
        "policy",
        help="Who flies: policy, or expert (privileged, needs no model).",
        autocompletion=offers.pilots,
    ),
    out: Optional[Path] = typer.Option(
        None, help="Folder of the flight; flights/<date>-<time> by default."
    ),
    real_time_factor: float = typer.Option(
        1.0, min=0.0, help="Simulated per wall seconds; 0: as fast as possible."
    ),
    frame_rate: Optional[float] = typer.Option(
        None,
        min=1.0,
        max=120.0,
        help="Camera frames per second; as the condition says if left out (usually 30).",
    ),
    autopilot: str = typer.Option(
        "",
        help="Fly through MAVLink: px4, ardupilot (a real or SITL one, our world renders its "
        "camera), "
        "test-px4, test-ardupilot (the built-in test vehicle); px4_dds: a real PX4 through "
        "MicroXRCEAgent and "
        "px4_msgs, in ROS_DOMAIN_ID, by default 0. Empty: the embedded drone alone.",
    ),
    connection: str = typer.Option(
        "", help="Where px4 or ardupilot is: udp:HOST:PORT, tcp:..., serial:DEVICE:BAUD."
    ),
    drones: int = typer.Option(
        1, min=1, max=8, help="How many fly at once in one world, in namespaces d1, d2 ..."
    ),
    json: Optional[Path] = typer.Option(
        None, help="Write the results as a list of flat objects, one for each drone."
    ),
) -> None:
    """Fly one scenario through real ROS 2 nodes and leave a bag, a video and a report."""
    from rich.console import Console

    from liquid_nav.bringup.fleet import fleet_names, graph_of
    from liquid_nav.bringup.simulated_flight import PILOTS, PX4_DDS_DOMAIN, FlightPlan, parse_seed
    from liquid_nav.cli.flight_files import choose_folder, make_folder
    from liquid_nav.cli.processes import Graph
    from liquid_nav.cli.watching import FlightError, watch
    from liquid_nav.distribution import check_distribution
    from liquid_nav.evaluation.table import check_writable, write_rows
    from liquid_nav.worlds import load_condition, load_scenario

    check_distribution()
    if importlib.util.find_spec("rclpy") is None:
        raise UserError("ROS 2 (rclpy) is not installed", "source a ROS 2, or run make setup")
    if pilot not in PILOTS:
        raise UserError(f"unknown pilot '{pilot}'", f"choose one of: {', '.join(PILOTS)}")
    number = parse_seed(seed)
    load_condition(condition or load_scenario(scenario).condition)
    folder = choose_folder(out)
    plan = FlightPlan(
        scenario,
        number,
        condition,
        pilot,
        model,
        folder,
        frame_rate or 0.0,
        real_time_factor,
        progress=True,
        autopilot=autopilot,
        connection=connection,
        drones=drones,
    )
    processes = graph_of(plan)
    if json is not None:
        check_writable(json)
    # Last: bad input leaves no empty folder behind.
    make_folder(folder)
    console = Console()
    console.print(
        f"{scenario}, seed {number}, pilot {model if pilot == 'policy' else pilot}", highlight=False
    )
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with Graph(
            processes, folder / "log", PX4_DDS_DOMAIN if autopilot == "px4_dds" else None
        ) as graph:
            good = watch(graph, console)
    except FlightError as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(FAILED) from None
    except KeyboardInterrupt:
        typer.echo(_what_is_left(folder, drones), err=True)
        raise
    rows = []
    for name in fleet_names(drones):
        record = _finish(folder / name, plan, console)
        rows.append(_report(record, folder / name, console, name))
    if json is not None:
        write_rows(json, rows)
    raise typer.Exit(0 if good and all(row["success"] for row in rows) else FAILED)


def _what_is_left(folder: Path, drones: int) -> str:
    """Return where an interrupted flight lies; the graph has ended and written what it had."""
    from liquid_nav.bringup.fleet import fleet_names

    if not any((folder / name / "record.json").exists() for name in fleet_names(drones)):
        return f"the flight had not begun; the logs are in {folder / 'log'}"
    return (
        f"what was flown is in {folder}: `liquid-nav report {folder}` makes video, top view "
        "and report of it"
    )


def _finish(folder: Path, plan: FlightPlan, console: Console) -> FlightRecord:
    from rich.progress import Progress

    from liquid_nav.cli.flight_files import make_pictures

    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("video", total=1.0)
        return make_pictures(
            folder,
            plan.scenario,
            lambda name, share: progress.update(task, description=name, completed=share),
        )


def _report(record: FlightRecord, folder: Path, console: Console, name: str) -> dict:
    outcome = record.outcome
    word = f"[red]failed: {outcome.reason}[/]"
    if outcome.success:
        word = "[green]reached the target[/]"
    elif outcome.reason == "landed":
        word = "[yellow]landed[/]"
    who = f"{name} " if name else ""
    console.print(f"{who}{word} after {outcome.time:.1f} s, {outcome.detail}", highlight=False)
    console.print(f"see {folder / 'report.html'}", highlight=False, soft_wrap=True)
    return {
        "scenario": record.scenario,
        "seed": record.seed,
        "condition": record.condition,
        "pilot": record.pilot,
        "success": outcome.success,
        "reason": outcome.reason,
        "time_s": outcome.time,
        "distance_m": float(record.columns["distance"][-1]),
        "folder": str(folder),
    } | ({"drone": name} if name else {})
