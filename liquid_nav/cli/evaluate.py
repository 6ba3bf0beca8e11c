"""``liquid-nav evaluate``: how often a model reaches the target, with confidence intervals."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import typer

from liquid_nav.cli import offers
from liquid_nav.errors import UserError
from liquid_nav.evaluation import check_writable


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
        help="Camera frames per second; from the condition if left out (usually 30).",
    ),
    drop: Optional[float] = typer.Option(
        None,
        min=0.0,
        max=1.0,
        help="Share of frames that never come, e.g. 0.3; from the condition if left out.",
    ),
    jitter: Optional[float] = typer.Option(
        None,
        min=0.0,
        max=0.5,
        help="Largest shift of a frame to either side, as a share of the period, e.g. 0.5; from "
        "the condition if left out.",
    ),
    dask: Optional[str] = typer.Option(
        None,
        help="Fly on the Dask cluster whose scheduler has this address, by its workers instead of "
        "--workers.",
    ),
) -> None:
    """Measure a model or a built-in pilot over many seeds, in lock step and without ROS."""
    from liquid_nav.cli.evaluate_campaign import fly_campaign, plan_campaign, show_rows

    plan = plan_campaign(model, scenario, condition, seeds, reset_state, frame_rate, drop, jitter)
    if json is not None:
        check_writable(json)
    if resume and records is None:
        raise UserError(
            "--resume needs the flights of an earlier campaign", "name their file with --records"
        )
    flown = fly_campaign(plan, records, resume, workers, dask)
    show_rows(flown, records, json)
