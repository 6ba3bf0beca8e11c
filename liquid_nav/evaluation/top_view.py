"""The flight from above: obstacles, path and speed."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import rc_context
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Ellipse, Patch, Rectangle
from numpy.typing import NDArray

from liquid_nav.evaluation import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from liquid_nav.simulation import FlightRecord
    from liquid_nav.worlds import Layout, Solid

MARGIN = 4.0
"""m of surroundings shown around path, start and target."""
ASPECT = 1.05
"""Width of the map by its height."""
CANOPY = 4.0
"""Solids that begin above this height (m) are crowns overhead: drawn faintly, below all others."""


def draw_top_view(record: FlightRecord, layout: Layout | None, path: Path) -> None:
    """Write a PNG of the flight seen from above: east to the right, north up, metres."""
    with rc_context(style.PLOT_STYLE):
        figure = make_figure(record, layout)
        figure.savefig(path, dpi=130, facecolor="white")


def describe(record: FlightRecord, layout: Layout | None) -> str:
    """Return the name of a flight in a headline; without a known place there is no seed."""
    if not layout:
        return record.scenario
    return f"{record.scenario}, {record.condition}, seed {record.seed}"


def make_figure(
    record: FlightRecord, layout: Layout | None, size: tuple[float, float] = (8.0, 6.6)
) -> Figure:
    """Return the picture as a matplotlib figure of ``size`` inches.

    Without a ``layout`` it shows the path alone.
    """
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.add_subplot()
    path = record.columns["position"][:, :2]
    if layout is None:
        _draw_ground(
            axes,
            path.min(axis=0) - MARGIN,
            path.max(axis=0) + MARGIN,
            ASPECT,
            style.FALLBACK_GROUND_COLOUR,
        )
        _draw_path(figure, axes, record)
        _mark(axes, path[0, 0], path[0, 1], "o", style.START_COLOUR, 8, "start")
    else:
        draw_layout(axes, layout, path)
        _draw_path(figure, axes, record)
        draw_start_and_target(axes, layout)
    x, y, _ = record.columns["position"][-1]
    outcome = record.outcome
    if outcome.success:
        _mark(axes, x, y, "P", style.GOOD_COLOUR, 9, "end")
        verdict = "reached the target"
    else:
        _mark(axes, x, y, "X", style.BAD_COLOUR, 9, "end")
        verdict = outcome.reason
    headline = f"{describe(record, layout)}: {verdict} after {outcome.time:.1f} s"
    axes.set_title(f"{headline}\n{record.pilot}: {outcome.detail}", loc="left", fontsize=10)
    axes.set_xlabel("east, m")
    axes.set_ylabel("north, m")
    axes.legend(loc="upper left", bbox_to_anchor=(0.0, -0.09), ncols=4, frameon=False, fontsize=8)
    return figure


def draw_layout(
    axes: Axes, layout: Layout, path: NDArray[np.float64], aspect: float = ASPECT
) -> None:
    """Draw everything solid; show the surroundings of path, start and circle of success.

    ``path``: [N,2], m. ``aspect``: width of the map by its height; more surroundings are shown to
    reach it.
    """
    points = np.vstack(
        (path, [[layout.start.x, layout.start.y], [layout.target.x, layout.target.y]])
    )
    radius = layout.scenario.success.radius
    low = np.minimum(points.min(axis=0), points[-1] - radius) - MARGIN
    high = np.maximum(points.max(axis=0), points[-1] + radius) + MARGIN
    _draw_ground(
        axes,
        low,
        high,
        aspect,
        style.GROUND_COLOURS.get(layout.world, style.FALLBACK_GROUND_COLOUR),
    )
    for solid in layout.solids():
        axes.add_patch(_patch(solid))


def _draw_ground(
    axes: Axes, low: NDArray[np.float64], high: NDArray[np.float64], aspect: float, colour: str
) -> None:
    """Show a grid from ``low`` to ``high`` ([2], m), widened to the ``aspect``."""
    width, height = high - low
    extra = np.maximum(0.0, np.array((height * aspect - width, width / aspect - height))) / 2.0
    low = low - extra
    high = high + extra
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal")
    axes.set_facecolor(colour)
    axes.grid(color="white", linewidth=0.8)
    axes.set_axisbelow(True)


def _patch(solid: Solid) -> Patch:
    x, y, z = (float(v) for v in solid.position)
    a, b, c = (float(v) for v in solid.size)
    colour = style.solid_colour(solid.kind)
    overhead = z - c > CANOPY or "crown" in solid.kind
    look: dict[str, Any] = {"facecolor": colour, "linewidth": 0.6}
    if overhead:
        look |= {"edgecolor": "none", "alpha": 0.22, "zorder": 1.5}
    else:
        look |= {"edgecolor": colour, "alpha": 0.85, "zorder": 2.0}
    if solid.shape == "box" or solid.lying:
        return Rectangle(
            (x - a, y - b),
            2 * a,
            2 * b,
            angle=math.degrees(solid.yaw),
            rotation_point="center",
            **look,
        )
    return Ellipse((x, y), 2 * a, 2 * b, angle=math.degrees(solid.yaw), **look)


def _draw_path(figure: Figure, axes: Axes, record: FlightRecord) -> None:
    points = record.columns["position"][:, :2]
    speed = np.hypot(record.columns["velocity"][:, 0], record.columns["velocity"][:, 1])
    segments = np.stack((points[:-1], points[1:]), axis=1)
    axes.plot(*points.T, color="white", linewidth=5.0, alpha=0.8, zorder=3, solid_capstyle="round")
    line = LineCollection(list(segments), cmap="plasma", linewidths=2.6, zorder=4, capstyle="round")
    line.set_array(speed[1:])
    line.set_clim(0.0, max(2.0, float(speed.max(initial=0.0))))
    axes.add_collection(line)
    figure.colorbar(line, ax=axes, label="horizontal speed, m/s", shrink=0.7, pad=0.02)


def draw_start_and_target(axes: Axes, layout: Layout) -> None:
    """Mark the start with its heading, the target and the circle of success around it."""
    start = layout.start
    target = layout.target
    radius = layout.scenario.success.radius
    nose = (start.x + 1.2 * math.cos(start.yaw), start.y + 1.2 * math.sin(start.yaw))
    arrow = {"arrowstyle": "-|>", "color": style.START_COLOUR, "lw": 1.6}
    axes.annotate("", nose, (start.x, start.y), arrowprops=arrow, zorder=5)
    _mark(axes, start.x, start.y, "o", style.START_COLOUR, 8, "start")
    _mark(axes, target.x, target.y, "*", style.TARGET_COLOUR, 15, f"target ({target.kind})")
    axes.add_patch(
        Circle(
            (target.x, target.y),
            radius,
            fill=False,
            edgecolor=style.TARGET_COLOUR,
            linestyle="--",
            linewidth=1.3,
            zorder=5,
            label=f"success radius {radius:g} m",
        )
    )


def _mark(
    axes: Axes, x: float, y: float, marker: str, colour: str, size: float, label: str
) -> None:
    look: dict[str, Any] = {"markeredgecolor": "white", "linestyle": "none", "zorder": 6}
    axes.plot(x, y, marker, color=colour, markersize=size, label=label, **look)
