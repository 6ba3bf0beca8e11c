"""What ``liquid-nav bench tracking`` shows: a core that was trained to follow a noisy level."""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import save_file

from liquid_nav.cli import progress_counter
from liquid_nav_benchmarks.bench.rows import show_rows, write_rows
from liquid_nav_benchmarks.bench.tracking_core import ask, errors, train


def show_tracking(
    seed: int, steps: int, core: Path | None, json: Path | None, plot: Path | None
) -> None:
    """Train a core and show what noise and a jump do to its time constants.

    ``core``, ``json``, ``plot``: files for the trained core, the rows and the picture.
    """
    with progress_counter("training", steps) as advance:
        trained = train(seed, steps, on_step=lambda _error: advance())
    error = errors(trained)
    answer = ask(trained)
    total = {"error": error["core"], "fixed_filter_error": error["fixed"]}
    rows = [{"seed": seed} | row | total for row in answer.rows()]
    show_rows(
        rows,
        "response: of the output to its newest input; membranes: by what factor; longer, shorter: "
        "neurons",
    )
    write_rows(json, rows)
    if core is not None:
        save_file(trained.state_dict(), core)
    if plot is not None:
        from liquid_nav_benchmarks.bench.tracking_drawing import (
            draw_answer,  # needs the extra report
        )

        draw_answer(answer, plot)
