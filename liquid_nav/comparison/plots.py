"""A picture of a question: the success rate of each entrant with its interval."""

from __future__ import annotations

from pathlib import Path
from typing import Sequence

from matplotlib import rc_context
from matplotlib.figure import Figure

from liquid_nav.comparison.analysis import REFERENCE, Row
from liquid_nav.evaluation import GOOD_COLOUR, INK_COLOUR, PLOT_STYLE, START_COLOUR, TRUNK_COLOUR

HEIGHT = 0.26
"""Of a line, inches."""


def draw_rates(rows: Sequence[Row], liquid: set[str], title: str, path: Path) -> None:
    """Draw entrants from above downwards, best first; ``liquid``: those that get its colour."""
    with rc_context(PLOT_STYLE):
        figure = Figure(figsize=(7.0, 1.2 + HEIGHT * len(rows)), layout="constrained")
        axes = figure.subplots()
        for place, row in enumerate(reversed(rows)):
            colour = START_COLOUR
            if row.entrant in liquid:
                colour = GOOD_COLOUR
            if row.entrant == REFERENCE:
                axes.axvline(row.rate.value, color=TRUNK_COLOUR, linewidth=0.6, linestyle=":")
            axes.plot([row.rate.low, row.rate.high], [place, place], color=colour, linewidth=2.2)
            axes.plot([row.rate.value], [place], "o", color=colour, markersize=5)
        axes.set_yticks(range(len(rows)), [row.entrant for row in reversed(rows)])
        axes.set_xlim(0.0, 1.0)
        axes.set_xticks([0.0, 0.25, 0.5, 0.75, 1.0], ["0 %", "25 %", "50 %", "75 %", "100 %"])
        axes.grid(axis="x", alpha=0.3)
        axes.set_title(title, loc="left", color=INK_COLOUR)
        axes.set_xlabel("targets reached, with 95 % intervals; green: liquid")
        figure.savefig(path, dpi=110)
