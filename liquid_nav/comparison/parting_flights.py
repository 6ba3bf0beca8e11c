"""The flights of a parting, flown again: a video of each, and both from above beside sample frames.

Flights are functions of their seed: what is flown again is what the results hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from numpy.typing import NDArray

from liquid_nav.comparison.flights import question_tasks
from liquid_nav.comparison.model_places import flown_model
from liquid_nav.comparison.parting import Parting
from liquid_nav.comparison.plan import Plan
from liquid_nav.comparison.plan_parts import SHARED
from liquid_nav.comparison.results import Results
from liquid_nav.errors import UserError
from liquid_nav.evaluation import (
    GOOD_COLOUR,
    PLOT_STYLE,
    TARGET_COLOUR,
    FlightTask,
    VideoWriter,
    build_pilot,
    draw_layout,
    draw_start_and_target,
)
from liquid_nav.simulation import DroneState, FlightRecord, fly_in_simulation
from liquid_nav.types import Command
from liquid_nav.worlds import Layout, generate_layout

SAMPLES = 4
"""Frames of each flight in the picture, evenly spaced in time."""
SCALE = 2
"""Factor by which the frames of a video grow."""


@dataclass(frozen=True, slots=True)
class Filmed:
    """One flight and what its camera saw."""

    entrant: str
    """Who flew."""
    record: FlightRecord
    """What happened."""
    frames: list[NDArray[np.uint8]]
    """uint8 [H,W,3] RGB each, in turn."""


def video_name(parting: Parting, entrant: str) -> str:
    """Return the name of a flight's video."""
    return f"parting_{parting.question}_{entrant}_{parting.seed}.mp4"


def picture_name(parting: Parting) -> str:
    """Return the name of the picture of both flights."""
    return f"parting_{parting.question}_{parting.reaching}_{parting.failing}_{parting.seed}.png"


def film_parting(plan: Plan, run: Path, results: Results, parting: Parting, folder: Path) -> None:
    """Fly a parting of the shared encoder's cores again and write its videos and its picture.

    Args:
        plan: of the comparison.
        run: folder of the run.
        results: of the protocol.
        parting: which flights.
        folder: where the files go; there is nothing to do if the picture is there.

    Raises:
        UserError: a flight ends otherwise than in the results.
    """
    picture = folder / picture_name(parting)
    if picture.exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    (question,) = [one for one in plan.questions if one.name == parting.question]
    entrants = (parting.reaching, parting.failing)
    filmed = []
    for entrant, training in zip(entrants, parting.trainings, strict=True):
        rate = results.entrants[entrant].learning_rate
        model = flown_model(run, SHARED, question, entrant, rate, training)
        tasks = question_tasks(plan, question, [model], str(parting.seed))
        task = next(one for one in tasks if one.scenario.name == parting.world)
        filmed.append(_film(task, entrant, folder / video_name(parting, entrant)))
    if [one.record.outcome.success for one in filmed] != [True, False]:
        raise UserError(
            f"{parting.question}, {parting.world}, seed {parting.seed}: the flights end otherwise "
            "than in the results",
            "they were flown with other software: fly the comparison anew in another folder",
        )
    layout = generate_layout(task.scenario, parting.seed)
    _draw(parting, filmed, layout, picture)


def _film(task: FlightTask, entrant: str, video: Path) -> Filmed:
    frames: list[NDArray[np.uint8]] = []
    commands: list[Command] = []

    def keep(image: NDArray[np.uint8] | None, state: DroneState, command: Command) -> None:
        if image is not None:
            frames.append(image)
            commands.append(command)

    record = fly_in_simulation(
        task.scenario,
        task.seed,
        task.condition,
        build_pilot(task.pilot),
        frame_rate=task.frame_rate,
        on_frame=keep,
    )
    height, width = frames[0].shape[:2]
    rate = task.condition.frame_rate(task.frame_rate)
    with VideoWriter(video, rate, (width, height), SCALE) as writer:
        for image, command in zip(frames, commands, strict=True):
            writer.add(image, command, entrant)
    return Filmed(entrant, record, frames)


def _draw(parting: Parting, filmed: list[Filmed], layout: Layout, path: Path) -> None:
    """Draw both flights from above, and beneath each some of its frames."""
    with rc_context(PLOT_STYLE):
        figure = Figure(figsize=(9.0, 8.4), layout="constrained")
        grid = figure.add_gridspec(3, SAMPLES, height_ratios=(3.0, 1.0, 1.0))
        axes = figure.add_subplot(grid[0, :])
        places = np.concatenate([one.record.columns["position"][:, :2] for one in filmed])
        draw_layout(axes, layout, places)
        for one, colour in zip(filmed, (GOOD_COLOUR, TARGET_COLOUR), strict=True):
            east, north = one.record.columns["position"][:, :2].T
            ended = f"{one.entrant}: {one.record.outcome.reason}, {one.record.outcome.time:.0f} s"
            axes.plot(east, north, color=colour, linewidth=1.8, label=ended)
        draw_start_and_target(axes, layout)
        axes.legend(loc="best", fontsize=8)
        axes.set_title(f"{parting.question}: {parting.world}, seed {parting.seed}", loc="left")
        for row, one in enumerate(filmed, start=1):
            chosen = np.linspace(0, len(one.frames) - 1, SAMPLES).astype(int)
            for column, index in enumerate(chosen):
                view = figure.add_subplot(grid[row, column])
                view.imshow(one.frames[index])
                time = one.record.columns["time"][index]
                view.set_title(f"{one.entrant}, {time:.1f} s", fontsize=8)
                view.axis("off")
        figure.savefig(path, dpi=110)
