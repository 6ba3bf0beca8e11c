"""``liquid-nav fly``: one flight through real ROS 2 nodes, each in a process of its own, over DDS."""

from __future__ import annotations

import importlib.util
import json as json_format
import select
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Optional

import typer

from liquid_nav.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

    from liquid_nav.cli.processes import Child, Graph
    from liquid_nav.nodes.bringup import FlightPlan
    from liquid_nav.simulation import FlightRecord

FAILED = 1


def fly(
    scenario: str = typer.Option("forest", help="Scenario: a name or a YAML file."),
    seed: str = typer.Option("random", help="Seed of the world, a non-negative integer, or 'random'."),
    condition: str = typer.Option("", help="Condition: a name or a YAML file; the scenario's own by default."),
    model: str = typer.Option("default", help="Model: a name or a folder."),
    pilot: str = typer.Option("policy", help="Who flies: policy, or expert (privileged, needs no model)."),
    out: Optional[Path] = typer.Option(None, help="Folder of the flight; flights/<date>-<time> by default."),
    real_time_factor: float = typer.Option(1.0, min=0.0, help="Simulated per wall seconds; 0: as fast as possible."),
    frame_rate: float = typer.Option(30.0, min=1.0, max=120.0, help="Camera frames per second."),
    autopilot: str = typer.Option(
        "", help="Fly through MAVLink: px4, ardupilot (a real or SITL one, our world renders its camera), "
        "test-px4, test-ardupilot (the built-in test vehicle). Empty: the embedded drone alone."
    ),
    connection: str = typer.Option("", help="Where px4 or ardupilot is: udp:HOST:PORT, tcp:..., serial:DEVICE:BAUD."),
    json: Optional[Path] = typer.Option(None, help="Write the result as a list of one flat object."),
) -> None:
    """Fly one scenario through real ROS 2 nodes and leave a bag, a video and a report."""
    from rich.console import Console

    from liquid_nav.cli.flight_files import make_folder
    from liquid_nav.cli.processes import Graph
    from liquid_nav.distribution import check_distribution
    from liquid_nav.nodes.bringup import PILOTS, FlightPlan, autopilot_graph, embedded_graph, parse_seed
    from liquid_nav.worlds import load_condition, load_scenario

    check_distribution()
    if importlib.util.find_spec("rclpy") is None:
        raise UserError("ROS 2 (rclpy) is not installed", "source a ROS 2, or run make setup")
    if pilot not in PILOTS:
        raise UserError(f"unknown pilot '{pilot}'", f"choose one of: {', '.join(PILOTS)}")
    number = parse_seed(seed)
    load_condition(condition or load_scenario(scenario).condition)
    folder = make_folder(out)
    plan = FlightPlan(scenario, number, condition, pilot, model, folder, frame_rate, real_time_factor, progress=True,
                      autopilot=autopilot, connection=connection)
    processes = autopilot_graph(plan) if autopilot else embedded_graph(plan)
    console = Console()
    console.print(f"{scenario}, seed {number}, pilot {model if pilot == 'policy' else pilot}", highlight=False)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with Graph(processes, folder / "log") as graph:
            code = _watch(graph, console)
    except FlightError as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(FAILED) from None
    record = _finish(folder, plan, console)
    _report(record, folder, console, json)
    raise typer.Exit(0 if code == 0 and record.outcome.success else FAILED)


def _watch(graph: Graph, console: Console) -> int:
    """Show the progress until the runner ends; returns its exit code. A node that breaks ends everything."""
    stream = graph.runner.popen.stdout
    result: dict = {}
    shown = time.monotonic() - 1e9
    with console.status("the graph comes up ...") as status:
        while True:
            ready, _, _ = select.select([stream], [], [], 0.2)
            line = stream.readline() if ready else None
            if line == b"":
                break
            facts = _parse(line)
            if "distance" in facts:
                text = _describe(facts)
                status.update(text)
                if not console.is_terminal and time.monotonic() - shown > 5.0:
                    shown = time.monotonic()
                    console.print(text, highlight=False)
            result = facts if {"outcome", "error"} & set(facts) else result
            broken = graph.crashed()
            if broken is not None and not result:
                _explain(broken)
    code = graph.runner.popen.wait()
    if "error" in result:
        raise FlightError(result["error"])
    if "outcome" not in result:
        _explain(graph.runner)
    return code


class FlightError(Exception):
    """The flight could not be flown to its end; one line."""


def _explain(child: Child) -> None:
    """Raise the one line that says why a process has ended."""
    code, words = child.popen.wait(), child.last_words()
    if code == 2 and words.startswith("error: "):
        cause, _, remedy = words.removeprefix("error: ").partition(". ")
        raise UserError(cause, remedy)
    raise FlightError(f"{child.name} ended with code {code}: {words} (see {child.log})")


def _parse(line: bytes | None) -> dict:
    try:
        facts = json_format.loads(line) if line else {}
    except ValueError:
        return {}
    return facts if isinstance(facts, dict) else {}


def _describe(facts: dict) -> str:
    place = f"{facts['time']:5.1f} s   {facts['distance']:5.1f} m to the target"
    return f"{place}   {facts['speed']:4.2f} m/s   {facts['mode']}"


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


def _report(record: FlightRecord, folder: Path, console: Console, json: Path | None) -> None:
    outcome = record.outcome
    word = "[green]reached the target[/]" if outcome.success else f"[red]failed: {outcome.reason}[/]"
    console.print(f"{word} after {outcome.time:.1f} s, {outcome.detail}", highlight=False)
    console.print(f"see {folder / 'report.html'}", highlight=False, soft_wrap=True)
    if json is not None:
        row = {
            "scenario": record.scenario, "seed": record.seed, "condition": record.condition, "pilot": record.pilot,
            "success": outcome.success, "reason": outcome.reason, "time_s": outcome.time,
            "distance_m": float(record.columns["distance"][-1]), "folder": str(folder),
        }  # fmt: skip
        json.write_text(json_format.dumps([row], indent=2) + "\n")
