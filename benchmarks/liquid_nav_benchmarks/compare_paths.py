"""Compares the same training with the fast LTC kernel and with the readable torch path: the losses,
and the time that each takes.

``python -m liquid_nav_benchmarks.compare_paths runs/summer --steps 60`` trains the policy of a
recipe from the same weights on the same batches with the same augmentation, a step of one after a
step of the other. Everything is float32 (with ``--mixed`` the encoder learns in bfloat16, as
``liquid-nav train`` does; its rounding hides that of the core).
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Sequence

import numpy as np
import torch

from liquid_nav.errors import UserError
from liquid_nav.evaluation import (
    FAINT_COLOUR,
    GOOD_COLOUR,
    PLOT_STYLE,
    START_COLOUR,
    TARGET_COLOUR,
    check_writable,
    write_rows,
)
from liquid_nav.learning import CacheError, Recipe, WindowDataset, data_set_shards, load_recipe
from liquid_nav.resources import find
from liquid_nav_benchmarks.both_paths import KERNELS, PRECISE, Learner, make_learner, train

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = {"fast": TARGET_COLOUR, "reference": START_COLOUR}
LINES = {"fast": ("--", 1.4), "reference": ("-", 3.0)}
"""Style and width of each loss curve."""
COMPARED = (("reference", ""), (PRECISE, "_float64"))
"""Trainings whose losses the others are compared with, and the suffix of the keys in a row."""


def summary(learners: Sequence[Learner]) -> list[dict[str, object]]:
    """Return a flat row for each training: losses, seconds, and how far its losses are from two
    others at most.

    ``max_difference``, ``max_relative_difference``: from the reference's;
    ``max_difference_float64`` and its relative: from those of the reference in float64, None where
    that was not trained.
    """
    losses = {one.name: np.array(one.losses) for one in learners}
    rows = []
    for one in learners:
        row: dict[str, object] = {
            "path": one.name,
            "steps": len(one.losses),
            "first_loss": one.losses[0],
            "last_loss": one.losses[-1],
        }
        for other, suffix in COMPARED:
            away, relative = _farthest(losses[one.name], losses.get(other))
            row[f"max_difference{suffix}"] = away
            row[f"max_relative_difference{suffix}"] = relative
        rows.append(
            row
            | {
                "seconds": sum(one.seconds),
                "core_seconds": sum(one.core_seconds),
                "threads": torch.get_num_threads(),
            }
        )
    return rows


def _farthest(
    losses: np.ndarray, wanted: np.ndarray | None
) -> tuple[float, float] | tuple[None, None]:
    """Return the largest difference of losses from the wanted ones, and the largest relative one;
    None where there are none to compare with.
    """
    if wanted is None:
        return None, None
    away = np.abs(losses - wanted)
    return float(away.max()), float((away / np.abs(wanted)).max())


def table(rows: Sequence[dict[str, object]]) -> str:
    """Return the rows as Markdown."""
    lines = [
        "| path | steps | loss, first to last | from the reference (relative) | from float64 "
        "(relative) | "
        "training, s | of it the core, s |",
        "|---|---:|---|---|---|---:|---:|",
    ]
    for row in rows:
        apart = (_apart(row, other, suffix) for other, suffix in COMPARED)
        lines.append(
            f"| {row['path']} | {row['steps']} | {row['first_loss']:.4f} to {row['last_loss']:.4f} "
            "| "
            f"{' | '.join(apart)} | {row['seconds']:.1f} | {row['core_seconds']:.2f} |"
        )
    return "\n".join(lines)


def _apart(row: dict[str, object], other: str, suffix: str) -> str:
    """Return as text how far a row's losses are from those of another training."""
    away = row[f"max_difference{suffix}"]
    if other == row["path"] or away is None:
        return "-"
    return f"{away:.1e} ({row[f'max_relative_difference{suffix}']:.1e})"


def make_figure(learners: Sequence[Learner]) -> Figure:
    """Return the loss curves above, and below how far they are from the reference's."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.0, 5.5), layout="constrained")
    loss, apart = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    losses = {one.name: np.array(one.losses) for one in learners}
    steps = np.arange(1, len(losses["reference"]) + 1)
    for one in sorted(
        learners, key=lambda one: one.name != "reference"
    ):  # the reference lies under the others
        if one.name != PRECISE:
            seconds = f"{sum(one.seconds):.1f} s, core {sum(one.core_seconds):.2f} s"
            line, width = LINES[one.name]
            loss.plot(
                steps,
                one.losses,
                line,
                color=COLOURS[one.name],
                linewidth=width,
                label=f"{one.name}: {seconds}",
            )
    for name, other, colour in (
        ("fast", "reference", TARGET_COLOUR),
        (PRECISE, "reference", FAINT_COLOUR),
        ("fast", PRECISE, GOOD_COLOUR),
    ):
        if name in losses and other in losses:
            # Equal losses have no place on a logarithmic axis: draw them at its foot.
            difference = np.maximum(np.abs(losses[name] - losses[other]), 1e-9)
            apart.semilogy(
                steps, difference, color=colour, label=f"{name} - {other}", linewidth=1.4
            )
    loss.set_ylabel("loss")
    apart.set_ylabel("difference of the losses")
    apart.set_xlabel("step")
    for axes in (loss, apart):
        axes.grid(color="#edf2f7")
        axes.legend(
            loc="lower right", bbox_to_anchor=(1.0, 0.97), ncols=3, frameon=False, fontsize=8
        )
    return figure


def write_curves(learners: Sequence[Learner], path: Path) -> None:
    """Write step, loss and seconds of every training as CSV."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        names = [learner.name.replace(" ", "_") for learner in learners]
        writer.writerow(["step", *(f"{n}_loss" for n in names), *(f"{n}_s" for n in names)])
        for step, row in enumerate(
            zip(*(one.losses for one in learners), *(one.seconds for one in learners)), 1
        ):
            writer.writerow([step, *row])


def _windows(recipe: Recipe, cache: Path, batches: int, **changed: int | None) -> WindowDataset:
    config = replace(recipe.windows, **recipe.rounds[0].windows)
    given: dict[str, Any] = {name: value for name, value in changed.items() if value is not None}
    data = WindowDataset(
        data_set_shards(cache), replace(config, **given), batches, seed=1000 * recipe.seed
    )
    encoder = recipe.policy.encoder
    for shard in data.shards:
        height, width = shard.frames.shape[1:3]
        if (height, width) != (encoder.height, encoder.width):
            raise CacheError(
                f"frames in {cache} are {width} x {height}, the encoder takes "
                f"{encoder.width} x {encoder.height}",
                "choose the --recipe they were collected with",
            )
    return data


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, print the table, write what was asked for; 2 for bad input."""
    parser = argparse.ArgumentParser(
        prog="python -m liquid_nav_benchmarks.compare_paths",
        description=__doc__.partition("\n\n")[0],
    )
    parser.add_argument("cache", type=Path, help="flights: the folder of a run, or a data set")
    parser.add_argument(
        "--recipe",
        type=Path,
        default=Path("config/training/summer.yaml"),
        help="whose policy, seed, first round and augmentation to use",
    )
    parser.add_argument("--steps", type=int, default=60, help="optimizer steps of each training")
    parser.add_argument("--batch", type=int, help="sequences, instead of the recipe's")
    parser.add_argument("--window", type=int, help="frames a sequence, instead of the recipe's")
    parser.add_argument(
        "--mixed", action="store_true", help="encoder in bfloat16, as liquid-nav train has it"
    )
    parser.add_argument(
        "--precise", action="store_true", help=f"a third training: {PRECISE}, the core's"
    )
    parser.add_argument(
        "--cpu-time",
        action="store_true",
        help="count processor time, on one thread (a busy machine)",
    )
    parser.add_argument("--json", type=Path, help="write a flat object for each training")
    parser.add_argument("--csv", type=Path, help="write the loss curves")
    parser.add_argument("--plot", type=Path, help="draw the loss curves (PNG)")
    options = parser.parse_args(arguments)
    for name in ("steps", "batch", "window"):
        if (value := getattr(options, name)) is not None and value < 1:
            parser.error(f"--{name}: at least 1")
    usual_threads = threads = torch.get_num_threads()
    clock = time.perf_counter
    if options.cpu_time:
        threads = 1
        clock = time.process_time
    names = [*KERNELS]
    if options.precise:
        names.append(PRECISE)
    try:
        for path in (options.json, options.csv, options.plot):
            if path is not None:
                check_writable(path)
        if not options.recipe.exists():
            options.recipe = find(str(options.recipe))
        recipe = load_recipe(options.recipe)
        data = _windows(
            recipe, options.cache, options.steps, batch=options.batch, steps=options.window
        )
        learners = [
            make_learner(recipe, name, options.steps, options.mixed, clock) for name in names
        ]
        torch.set_num_threads(threads)
        try:
            train(learners, data, recipe.seed)
            rows = summary(learners)
        finally:
            torch.set_num_threads(usual_threads)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if options.json is not None:
        write_rows(options.json, rows)
    if options.csv is not None:
        write_curves(learners, options.csv)
    if options.plot is not None:
        from matplotlib import rc_context

        with rc_context(PLOT_STYLE):
            make_figure(learners).savefig(options.plot, dpi=110, facecolor="white", format="png")
    print(table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
