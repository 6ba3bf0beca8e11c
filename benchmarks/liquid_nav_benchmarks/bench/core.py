"""What ``liquid-nav bench core`` and ``growth`` measure: training steps and single steps of the LTC
beside those of other networks.
"""

from __future__ import annotations

from pathlib import Path

from liquid_nav_benchmarks.bench import core_steps
from liquid_nav_benchmarks.bench.rows import show_rows, write_rows
from liquid_nav_benchmarks.bench.timing import timed


def compare_cores(json: Path | None, rounds: int, threads: int, cpu_time: bool) -> None:
    """Show how fast the LTC is beside ncps and torch's LSTM."""
    rows = timed(core_steps.core_rows, rounds, 2 * rounds, threads, cpu_time)
    show_rows(
        rows, "times in ms, medians; ratio = reference / ours, above 1 means that ours is faster"
    )
    write_rows(json, rows)


def show_growth(
    json: Path | None, plot: Path | None, rounds: int, threads: int, cpu_time: bool
) -> None:
    """Show how the cost of a training step grows, as a picture too where ``plot`` is given."""
    rows = timed(core_steps.growth_rows, rounds, 12 * rounds, threads, cpu_time)
    show_rows(rows, "times of a training step in ms, medians")
    write_rows(json, rows)
    if plot is not None:
        from liquid_nav_benchmarks.bench.drawing import draw_growth  # needs the extra report

        draw_growth(rows, plot)
