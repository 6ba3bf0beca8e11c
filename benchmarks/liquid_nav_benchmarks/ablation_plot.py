"""Variants of a training side by side: a table in Markdown and a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping, Sequence

from liquid_nav.evaluation import (
    GOOD_COLOUR,
    INK_COLOUR,
    PLOT_STYLE,
    START_COLOUR,
    TARGET_COLOUR,
    TRUNK_COLOUR,
    wilson_interval,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Rows = Sequence[Mapping[str, Any]]
"""Of ``summarize_flights``: one for each scenario and condition."""
GROUPS = (
    ("summer", "summer", GOOD_COLOUR),
    ("invented looks", "pseudo/", START_COLOUR),
    ("drifting estimate", "pseudo/drifting", TARGET_COLOUR),
    ("hidden target", "pseudo/hidden", TRUNK_COLOUR),
)
"""Title, prefix of the condition's name and colour of each group; the longest match decides."""


def group_of(condition: str) -> str:
    """Return the title of the group of a condition; raises ValueError where there is none."""
    fitting = [(len(begin), text) for text, begin, _ in GROUPS if condition.startswith(begin)]
    if not fitting:
        raise ValueError(f"condition '{condition}' belongs to no group")
    return max(fitting)[1]


def counts(rows: Rows, text: str) -> tuple[int, int]:
    """Return successes and flights of a group over both scenarios."""
    chosen = [row for row in rows if group_of(str(row["condition"])) == text]
    return sum(int(row["successes"]) for row in chosen), sum(int(row["flights"]) for row in chosen)


def draw_table(results: Mapping[str, Rows]) -> str:
    """Return a table in Markdown: a line for each variant, successes of flights by group."""
    lines = [
        "| variant | " + " | ".join(text for text, _, _ in GROUPS) + " |",
        "|---|" + "---:|" * len(GROUPS),
    ]
    for name, rows in results.items():
        cells = []
        for text, _, _ in GROUPS:
            good, flown = counts(rows, text)
            share = "-"
            if flown:
                share = f"{100.0 * good / flown:.0f} %"
            cells.append(f"{share} ({good} of {flown})")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def make_figure(results: Mapping[str, Rows]) -> Figure:
    """Return bars of the success rates with their 95 % intervals, a cluster for each variant, the
    first on top.
    """
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(PLOT_STYLE):
        figure = Figure(figsize=(8.0, 1.2 + 0.55 * len(results)), layout="constrained")
        axes = figure.subplots()
        thick = 0.8 / len(GROUPS)
        for index, (text, _, colour) in enumerate(GROUPS):
            for place, rows in enumerate(results.values()):
                good, flown = counts(rows, text)
                if not flown:
                    continue
                low, high = wilson_interval(good, flown)
                rate = good / flown
                axes.barh(
                    place + (index - (len(GROUPS) - 1) / 2) * thick,
                    100.0 * rate,
                    height=thick,
                    color=colour,
                    xerr=[[100.0 * (rate - low)], [100.0 * (high - rate)]],
                    error_kw={"ecolor": INK_COLOUR, "elinewidth": 0.8},
                    label=text if place == 0 else None,
                )
        axes.set_yticks(range(len(results)), list(results))
        axes.invert_yaxis()
        axes.set_xlim(0.0, 100.0)
        axes.set_xlabel("targets reached, %")
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=len(GROUPS), frameon=False)
    return figure
