"""A flight over time: speed, altitude, distance and the four commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from liquid_nav.evaluation import style
from liquid_nav.evaluation.measures import horizontal_speed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from liquid_nav.simulation import FlightRecord
    from liquid_nav.worlds import SuccessRule

COMMANDS = (("vx forward", "#c05621"), ("vy left", "#2b6cb0"), ("vz up", "#2f855a"))


def make_figure(record: FlightRecord, rule: SuccessRule | None) -> Figure:
    """Return a figure of five panels over one time axis, with the limits of success as lines.

    Without a ``rule`` there is no target either, and no panel of the distance to it.
    """
    figure = Figure(figsize=(9.0, 9.5), layout="constrained")
    *target, speed, altitude, command, yaw = figure.subplots(5 if rule else 4, 1, sharex=True)
    columns = record.columns
    time = columns["time"]

    if rule:
        (distance,) = target
        distance.plot(time, columns["distance"], color=style.INK_COLOUR)
        _threshold(distance, rule.radius, f"success radius {rule.radius:g} m")
        _finish(distance, "distance to target, m", bottom=0.0)
    speed.plot(time, horizontal_speed(record), color=style.INK_COLOUR)
    if rule:
        _threshold(speed, rule.speed, f"slow enough {rule.speed:g} m/s")
    _finish(speed, "horizontal speed, m/s", bottom=0.0)
    altitude.plot(time, columns["position"][:, 2], color=style.INK_COLOUR)
    _finish(altitude, "altitude, m")
    # The panel shows at least 1 m: centimetres would fill it otherwise.
    low, high = altitude.get_ylim()
    spare = max(0.0, 1.0 - (high - low)) / 2.0
    altitude.set_ylim(low - spare, high + spare)
    for index, (name, colour) in enumerate(COMMANDS):
        command.plot(time, columns["command"][:, index], color=colour, label=name, linewidth=1.2)
    _legend(command)
    _finish(command, "command, m/s")
    yaw.plot(time, columns["command"][:, 3], color="#6b46c1", linewidth=1.2)
    _finish(yaw, "turn left, rad/s")
    yaw.set_xlabel("time, s")
    return figure


def _threshold(axes: Axes, value: float, text: str) -> None:
    axes.axhline(value, color=style.TARGET_COLOUR, linewidth=1.0, linestyle="--", label=text)
    _legend(axes)


def _legend(axes: Axes) -> None:
    """Put the legend above the panel, where no curve runs through it."""
    axes.legend(
        loc="lower right",
        bbox_to_anchor=(1.0, 0.97),
        ncols=3,
        frameon=False,
        fontsize=8,
        borderpad=0.1,
    )


def _finish(axes: Axes, label: str, bottom: float | None = None) -> None:
    axes.set_ylabel(label)
    axes.grid(color="#edf2f7")
    axes.set_axisbelow(True)
    axes.margins(x=0.01)
    if bottom is not None:
        axes.set_ylim(bottom=bottom)
