"""``liquid-nav evaluate``: how often a model reaches the target, with confidence intervals."""

from __future__ import annotations

import contextlib
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

    from liquid_nav.evaluation.records import FlightRecords
    from liquid_nav.evaluation.task import FlightSummary, FlightTask, PilotSpec


def evaluate(
    model: list[str] = typer.Option(
        ["default"],
        help="Model folder or name, or a pilot: expert, straight, colour.",
        autocompletion=offers.models_and_pilots,
    ),
    scenario: list[str] = typer.Option(
        ["forest"],
        help="Scenario name or file; may be given several times.",
        autocompletion=offers.scenarios,
    ),
    condition: list[str] = typer.Option(
        ["summer"],
        help="Condition name or file; may be given several times.",
        autocompletion=offers.conditions,
    ),
    seeds: str = typer.Option("10000:10020", help="Half-open range a:b, or one seed."),
    json: Optional[Path] = typer.Option(None, help="Write the rows as a list of flat objects."),
    records: Optional[Path] = typer.Option(
        None, help="Write one JSON line per flight, as soon as it has ended."
    ),
    resume: bool = typer.Option(
        False,
        "--resume",
        help="Go on with the flights that --records holds, after an interruption.",
    ),
    workers: Optional[int] = typer.Option(None, min=1, help="Processes; all cores by default."),
    reset_state: bool = typer.Option(
        False, "--reset-state", help="Zero the policy's state before each frame."
    ),
    frame_rate: Optional[float] = typer.Option(
        None,
        min=1.0,
        max=240.0,
        help="Camera frames per second; as the condition says if left out (usually 30).",
    ),
    drop: Optional[float] = typer.Option(
        None,
        min=0.0,
        max=1.0,
        help="Share of frames that never come, e.g. 0.3; as the condition says if left out.",
    ),
    jitter: Optional[float] = typer.Option(
        None,
        min=0.0,
        max=0.5,
        help="Largest shift of a frame to either side, as a share of the period, e.g. 0.5; as the "
        "condition says if "
        "left out.",
    ),
    dask: Optional[str] = typer.Option(
        None, help="Fly on the Dask cluster whose scheduler has this address."
    ),
) -> None:
    """Measure a model or a built-in pilot over many seeds, in lock step and without ROS."""
    from rich.console import Console

    from liquid_nav.evaluation import (
        available_cores,
        dask_cluster,
        entrants,
        metrics,
        process_pool,
        table,
        throughput,
    )
    from liquid_nav.evaluation.records import FlightRecords
    from liquid_nav.evaluation.seeds import parse_seeds
    from liquid_nav.evaluation.task import FlightFailure, FlightTask
    from liquid_nav.worlds import load_condition

    numbers = parse_seeds(seeds)
    entrants.check_places(scenario, condition)
    marks = entrants.frame_marks(drop, jitter)
    pilots = [entrants.resolve(name, reset_state, marks) for name in model]
    entrants.check_distinct([pilot.label for pilot in pilots])
    if json is not None:
        table.check_writable(json)
    if resume and records is None:
        raise UserError(
            "--resume needs the flights of an earlier campaign", "name their file with --records"
        )
    wanted = itertools.product(pilots, scenario, condition, numbers)
    tasks = [FlightTask(*flight, frame_rate, drop, jitter) for flight in wanted]
    rates = {one.name: one.frame_rate(frame_rate) for one in map(load_condition, condition)}
    begin = time.perf_counter()
    with (
        contextlib.nullcontext()
        if records is None
        else FlightRecords(records, tasks, resume) as file
    ):
        flown = {} if file is None else dict(file.flown)
        missing = [index for index in range(len(tasks)) if index not in flown]
        processes = min(workers or available_cores(), max(1, len(missing)))
        try:
            _fly(
                tasks, missing, flown, file, dask_cluster(dask) if dask else process_pool(processes)
            )
        except FlightFailure as failure:
            raise UserError(
                str(failure), f"repeat it alone with --seeds {failure.task.seed} --workers 1"
            ) from failure
        finally:
            flights = [flown[index] for index in sorted(flown)]
            complete = len(flights) == len(tasks)
            if not complete:
                typer.echo(_what_is_left(len(flights), len(tasks), records), err=True)
            _log(pilots, numbers, rates, flights, complete)
        wall = time.perf_counter() - begin
        if file is not None:
            file.finish(flights)

    rows = metrics.summarize(flights)
    # Without a terminal there is no width to keep to.
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(table.build_table(rows))
    if len(missing) < len(tasks):
        console.print(
            f"{len(tasks) - len(missing)} of {len(tasks)} flights were in {records}",
            highlight=False,
        )
    if missing:
        speed = throughput.measure((flown[index] for index in missing), wall, processes)
        console.print(speed.describe(), highlight=False, soft_wrap=True)
    if json is not None:
        table.write_rows(json, rows)


def _fly(
    tasks: list[FlightTask],
    missing: list[int],
    flown: dict[int, FlightSummary],
    records: FlightRecords | None,
    pool: AbstractContextManager[Executor],
) -> None:
    """Fly the tasks with the indices ``missing``; ``flown`` and the records get each flight as it
    ends.
    """
    from liquid_nav.evaluation.campaign import Campaign
    from liquid_nav.evaluation.progress import FlightProgress

    if not missing:
        return
    with pool as executor, FlightProgress(len(tasks), list(flown.values())) as progress:
        for number, flight in Campaign([tasks[index] for index in missing], executor):
            if records is not None:
                records.add(flight)
            flown[missing[number]] = flight
            progress.add(flight)


def _what_is_left(flights: int, wanted: int, records: Path | None) -> str:
    """Return what remains of a campaign that broke off, and how it goes on."""
    if records is None:
        return (
            f"{flights} of {wanted} flights were flown and none is kept: with --records "
            "FILE each would be"
        )
    if not flights:
        return f"none of {wanted} flights has ended yet"
    return (
        f"{flights} of {wanted} flights are in {records}: the same command with --resume "
        "goes on there"
    )


def _log(
    pilots: list[PilotSpec],
    seeds: range,
    frame_rates: Mapping[str, float],
    flights: list[FlightSummary],
    complete: bool,
) -> None:
    """Leave a trace beside each model that was flown on the seeds of reported numbers."""
    from liquid_nav.evaluation import campaign_log

    for pilot in pilots:
        mine = [flight for flight in flights if flight.model == pilot.label]
        if mine and campaign_log.must_log(pilot, seeds):
            path = campaign_log.append(
                pilot, seeds, frame_rates, mine, complete, datetime.now(timezone.utc)
            )
            typer.echo(f"seeds of reported numbers: the campaign is logged in {path}", err=True)
