"""The campaign of ``liquid-nav evaluate``: flies what is missing, and shows the results of all."""

from __future__ import annotations

import itertools
import sys
import time
from concurrent.futures import Executor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import typer
from rich.console import Console

from liquid_nav.errors import UserError
from liquid_nav.evaluation import (
    CAMPAIGN_LOG_NAME,
    FIRST_REPORTED_SEED,
    Campaign,
    FlightFailure,
    FlightProgress,
    FlightRecords,
    FlightSummary,
    FlightTask,
    PilotSpec,
    append_to_campaign_log,
    available_cores,
    belongs_in_campaign_log,
    build_summary_table,
    check_distinct_pilots,
    check_writable,
    dask_cluster,
    frame_marks,
    measure_throughput,
    parse_seeds,
    process_pool,
    read_places,
    resolve_pilot,
    summarize_flights,
    write_rows,
)


@dataclass(frozen=True)
class CampaignPlan:
    """What is to be flown."""

    pilots: list[PilotSpec]
    """Who flies."""
    seeds: range
    """Of every pilot in every place."""
    tasks: list[FlightTask]
    """All flights."""
    rates: dict[str, float]
    """Camera frames per second for the name of each condition."""


@dataclass(frozen=True)
class FlownCampaign:
    """A campaign all of whose flights have ended."""

    flights: list[FlightSummary]
    """In the order of the tasks."""
    missing: list[int]
    """Indices of those that were not in the records before."""
    wall: float
    """s that they took."""
    processes: int | None
    """In which they were flown; None: in those of a Dask cluster."""


def plan_campaign(
    models: list[str],
    scenarios: list[str],
    conditions: list[str],
    seeds: str,
    reset_state: bool,
    frame_rate: float | None,
    drop: float | None,
    jitter: float | None,
) -> CampaignPlan:
    """Return what the options ask for; ``models``: also built-in pilots.

    Raises:
        UserError: an option names something that is not there, or that is there twice.
    """
    numbers = parse_seeds(seeds)
    places, around = read_places(scenarios, conditions)
    marks = frame_marks(drop, jitter)
    pilots = [resolve_pilot(name, reset_state, marks) for name in models]
    check_distinct_pilots([pilot.label for pilot in pilots])
    wanted = itertools.product(pilots, places, around, numbers)
    tasks = [FlightTask(*flight, frame_rate, drop, jitter) for flight in wanted]
    rates = {one.name: one.frame_rate(frame_rate) for one in around}
    return CampaignPlan(pilots, numbers, tasks, rates)


def fly_campaign(
    plan: CampaignPlan, records: Path | None, resume: bool, workers: int | None, dask: str | None
) -> FlownCampaign:
    """Fly what is missing; if something breaks, print on standard error what is left.

    Args:
        plan: The flights.
        records: File that keeps each flight as soon as it has ended.
        resume: Go on with the flights that ``records`` holds.
        workers: Processes; None for one on each core.
        dask: Address of the scheduler to fly on instead.

    Raises:
        UserError: a flight failed, the records cannot be used, or a model's log of campaigns cannot
            be written.
    """
    tasks = plan.tasks
    _check_logs(plan)
    begin = time.perf_counter()
    flown: dict[int, FlightSummary] = {}
    with ExitStack() as stack:
        file = None
        if records is not None:
            file = stack.enter_context(FlightRecords(records, tasks, resume))
            flown |= file.flown
        missing = [index for index in range(len(tasks)) if index not in flown]
        processes = min(workers or available_cores(), max(1, len(missing)))
        try:
            _fly(tasks, missing, flown, file, _pool(dask, processes))
        except FlightFailure as failure:
            raise UserError(
                str(failure), f"repeat it alone with --seeds {failure.task.seed} --workers 1"
            ) from failure
        finally:
            flights = [flown[index] for index in sorted(flown)]
            complete = len(flights) == len(tasks)
            if not complete:
                typer.echo(_what_is_left(len(flights), len(tasks), records), err=True)
            _log(plan, flights, complete)
        wall = time.perf_counter() - begin
        if file is not None:
            file.finish(flights)
    return FlownCampaign(flights, missing, wall, None if dask else processes)


def show_rows(campaign: FlownCampaign, records: Path | None, json: Path | None) -> None:
    """Print the table of a campaign and how fast it was flown; ``json``: file for the rows."""
    rows = summarize_flights(campaign.flights)
    # Without a terminal there is no width to keep to.
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(build_summary_table(rows))
    wanted = len(campaign.flights)
    missing = len(campaign.missing)
    if missing < wanted:
        line = f"{wanted - missing} of {wanted} flights were in {records}"
        console.print(line, highlight=False, markup=False)
    if missing:
        new = (campaign.flights[index] for index in campaign.missing)
        speed = measure_throughput(new, campaign.wall, campaign.processes)
        console.print(speed.describe(), highlight=False, markup=False, soft_wrap=True)
    if json is not None:
        write_rows(json, rows)


def _pool(dask: str | None, processes: int) -> AbstractContextManager[Executor]:
    if dask:
        return dask_cluster(dask)
    return process_pool(processes)


def _fly(
    tasks: list[FlightTask],
    missing: list[int],
    flown: dict[int, FlightSummary],
    records: FlightRecords | None,
    pool: AbstractContextManager[Executor],
) -> None:
    """Fly the tasks with the indices ``missing``.

    Each flight is added to ``flown`` and to the records as soon as it ends.
    """
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


def _check_logs(plan: CampaignPlan) -> None:
    """Raise UserError before the flights where their campaign could not be logged after them."""
    for pilot in plan.pilots:
        if not belongs_in_campaign_log(pilot, plan.seeds):
            continue
        try:
            check_writable(Path(pilot.source) / CAMPAIGN_LOG_NAME)
        except UserError as error:
            raise UserError(
                error.cause,
                f"campaigns on seeds from {FIRST_REPORTED_SEED} on are logged beside the model: "
                "copy it to a folder that you may write to",
            ) from error


def _log(plan: CampaignPlan, flights: list[FlightSummary], complete: bool) -> None:
    """Append to the log of each model that was flown on the seeds of reported numbers."""
    for pilot in plan.pilots:
        mine = [flight for flight in flights if flight.model == pilot.label]
        if mine and belongs_in_campaign_log(pilot, plan.seeds):
            path = append_to_campaign_log(
                pilot, plan.seeds, plan.rates, mine, complete, datetime.now(timezone.utc)
            )
            typer.echo(f"seeds of reported numbers: the campaign is logged in {path}", err=True)
