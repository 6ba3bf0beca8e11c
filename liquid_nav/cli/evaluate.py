"""``liquid-nav evaluate``: how often a model reaches the target, with confidence intervals."""

from __future__ import annotations

import itertools
import sys
import time
from contextlib import AbstractContextManager
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Mapping, Optional

import typer

from liquid_nav.cli import offers
from liquid_nav.errors import UserError

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from liquid_nav.evaluation.task import FlightSummary, FlightTask, PilotSpec


def evaluate(
    model: list[str] = typer.Option(
        ["default"],
        help="Model folder or name, or a pilot: expert, straight, colour.",
        autocompletion=offers.models_and_pilots,
    ),
    scenario: list[str] = typer.Option(
        ["forest"], help="Scenario name or file; may be given several times.", autocompletion=offers.scenarios
    ),
    condition: list[str] = typer.Option(
        ["summer"], help="Condition name or file; may be given several times.", autocompletion=offers.conditions
    ),
    seeds: str = typer.Option("10000:10020", help="Half-open range a:b, or one seed."),
    json: Optional[Path] = typer.Option(None, help="Write the rows as a list of flat objects."),
    records: Optional[Path] = typer.Option(None, help="Write one JSON line per flight."),
    workers: Optional[int] = typer.Option(None, min=1, help="Processes; all cores by default."),
    reset_state: bool = typer.Option(False, "--reset-state", help="Zero the policy's state before each frame."),
    frame_rate: Optional[float] = typer.Option(
        None, min=1.0, max=240.0, help="Camera frames per second; as the condition says if left out (usually 30)."
    ),
    drop: Optional[float] = typer.Option(
        None, min=0.0, max=1.0, help="Share of frames that never come, e.g. 0.3; as the condition says if left out."
    ),
    jitter: Optional[float] = typer.Option(
        None,
        min=0.0,
        max=0.5,
        help="Largest shift of a frame to either side, as a share of the period, e.g. 0.5; as the condition says if "
        "left out.",
    ),
    dask: Optional[str] = typer.Option(None, help="Fly on the Dask cluster whose scheduler has this address."),
) -> None:
    """Measure a model or a built-in pilot over many seeds, in lock step and without ROS."""
    from rich.console import Console

    from liquid_nav.evaluation import available_cores, entrants, metrics, table, throughput
    from liquid_nav.evaluation.seeds import parse_seeds
    from liquid_nav.evaluation.task import FlightFailure, FlightTask
    from liquid_nav.worlds import load_condition

    numbers = parse_seeds(seeds)
    entrants.check_places(scenario, condition)
    marks = entrants.frame_marks(drop, jitter)
    pilots = [entrants.resolve(name, reset_state, marks) for name in model]
    entrants.check_distinct([pilot.label for pilot in pilots])
    for path in (json, records):
        if path is not None:
            table.check_writable(path)
    wanted = itertools.product(pilots, scenario, condition, numbers)
    tasks = [FlightTask(*flight, frame_rate, drop, jitter) for flight in wanted]
    rates = {one.name: one.frame_rate(frame_rate) for one in map(load_condition, condition)}
    processes = min(workers or available_cores(), len(tasks))
    begin = time.perf_counter()
    flown: list[FlightSummary] = []
    try:
        flights = _fly_all(tasks, processes, dask, flown)
    except FlightFailure as failure:
        raise UserError(str(failure), f"repeat it alone with --seeds {failure.task.seed} --workers 1") from failure
    finally:
        _log(pilots, numbers, rates, flown, complete=len(flown) == len(tasks))
    wall = time.perf_counter() - begin

    rows = metrics.summarize(flights)
    # Without a terminal there is no width to keep to.
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(table.build_table(rows))
    console.print(throughput.measure(flights, wall, processes).describe(), highlight=False, soft_wrap=True)
    if json is not None:
        table.write_rows(json, rows)
    if records is not None:
        table.write_records(records, flights)


def _fly_all(
    tasks: list[FlightTask], processes: int, dask: str | None, flown: list[FlightSummary]
) -> list[FlightSummary]:
    """Return the flights in the order of the tasks; ``flown`` gets each as it ends, also when a later one breaks."""
    from liquid_nav.evaluation.campaign import Campaign, dask_cluster, process_pool
    from liquid_nav.evaluation.progress import FlightProgress

    pool: AbstractContextManager[Executor] = dask_cluster(dask) if dask else process_pool(processes)
    with pool as executor, FlightProgress(len(tasks)) as progress:

        def note(flight: FlightSummary) -> None:
            flown.append(flight)
            progress.add(flight)

        return Campaign(tasks, executor).run(note)


def _log(
    pilots: list[PilotSpec],
    seeds: range,
    frame_rates: Mapping[str, float],
    flown: list[FlightSummary],
    complete: bool,
) -> None:
    """Leave a trace beside each model that was flown on the seeds of reported numbers."""
    from liquid_nav.evaluation import campaign_log, metrics

    rows = metrics.summarize(flown)
    for pilot in pilots:
        mine = [row for row in rows if row["model"] == pilot.label]
        if mine and campaign_log.must_log(pilot, seeds):
            path = campaign_log.append(pilot, seeds, frame_rates, mine, complete, datetime.now(timezone.utc))
            typer.echo(f"seeds of reported numbers: the campaign is logged in {path}", err=True)
