r"""What an autopilot costs: the same flights directly, and through MAVLink to a test vehicle.

    python -m liquid_nav_benchmarks.through_mavlink --model default --seeds 10000:10050 \
        --workers 2 --json costs.json

Flights are flown seed by seed, so that an interrupted run (Ctrl-C) still compares the same seeds.
"""

from __future__ import annotations

import sys
from concurrent.futures import as_completed
from pathlib import Path
from typing import Any, List, Optional

import typer

from liquid_nav.errors import UserError
from liquid_nav.evaluation import (
    PilotSpec,
    build_pilot,
    check_distinct_pilots,
    check_writable,
    parse_seeds,
    prepare_worker_process,
    process_pool,
    resolve_pilot,
    wilson_interval,
    write_rows,
)
from liquid_nav.worlds import Condition, Scenario, load_condition, load_scenario

WAYS = ("direct", "px4", "ardupilot")


def fly_once(spec: PilotSpec, scenario: Scenario, condition: Condition, seed: int, way: str) -> str:
    """Return how one flight ended (one of ``simulation.OUTCOME_REASONS``)."""
    # Not above: ``prepare_worker_process`` explains when numerical libraries may be imported.
    from liquid_nav.simulation import fly_in_simulation
    from liquid_nav.sitl import fly_mavlink

    prepare_worker_process()
    if spec.source.startswith("/"):
        import torch

        torch.set_num_threads(1)
    arguments = (scenario, seed, condition, build_pilot(spec))
    if way == "direct":
        record = fly_in_simulation(*arguments)
    else:
        record = fly_mavlink(*arguments, way)
    return record.outcome.reason


def main(
    model: str = typer.Option(
        "default", help="Model or built-in pilot, as for `liquid-nav evaluate`."
    ),
    scenario: Optional[List[str]] = typer.Option(
        None, help="Scenario, several times; default forest and field."
    ),
    seeds: str = typer.Option("10000:10050", help="Half-open range of seeds."),
    workers: int = typer.Option(1, min=1, help="Processes."),
    json: Optional[Path] = typer.Option(None, help="Write one flat object per scenario and way."),
) -> None:
    """Fly and print a table; updated after every flight when it goes into a file."""
    try:
        compare(model, scenario or ["forest", "field"], seeds, workers, json)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(2) from None


def compare(model: str, places: list[str], seeds: str, workers: int, json: Optional[Path]) -> None:
    """Do what ``main`` describes; raises UserError for bad input, before the first flight."""
    spec = resolve_pilot(model)
    scenarios = [load_scenario(place) for place in places]
    check_distinct_pilots([scenario.name for scenario in scenarios])
    flown = [(scenario, load_condition(scenario.condition)) for scenario in scenarios]
    if json is not None:
        check_writable(json)
    ends: dict[tuple[str, str], list[str]] = {
        (scenario.name, way): [] for scenario in scenarios for way in WAYS
    }
    tasks = [(*place, seed, way) for seed in parse_seeds(seeds) for place in flown for way in WAYS]
    with process_pool(workers) as pool:
        futures = {pool.submit(fly_once, spec, *task): task for task in tasks}
        for done in as_completed(futures):
            scenario, _, seed, way = futures.pop(done)
            ends[scenario.name, way].append(done.result())
            print(f"{scenario.name}, seed {seed}, {way}: {done.result()}", flush=True)
            if json is not None:
                write_rows(json, table(spec.label, ends))
    for row in table(spec.label, ends):
        print(
            f"{row['scenario']:8} {row['way']:10} {row['successes']:3d} of {row['flights']:3d}  "
            f"({100 * row['ci_low']:.0f} to {100 * row['ci_high']:.0f} %)"
        )


def table(model: str, ends: dict[tuple[str, str], list[str]]) -> list[dict[str, Any]]:
    """Return one row per scenario and way: flights, successes and their 95 % interval."""
    rows = []
    for (place, way), reasons in ends.items():
        low, high = wilson_interval(successes := reasons.count("success"), len(reasons))
        rows.append(
            {
                "model": model,
                "scenario": place,
                "way": way,
                "flights": len(reasons),
                "successes": successes,
                "ci_low": low,
                "ci_high": high,
            }
        )
    return rows


if __name__ == "__main__":
    typer.run(main)
