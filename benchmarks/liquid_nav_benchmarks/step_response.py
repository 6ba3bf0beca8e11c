"""The embedded drone's step response beside a real PX4's, as a picture and a table.

``python -m liquid_nav_benchmarks.step_response --out step_response.png --tlog flight.tlog``
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Sequence

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from liquid_nav.errors import UserError
from liquid_nav.evaluation import FAINT_COLOUR, INK_COLOUR, PLOT_STYLE, START_COLOUR, TARGET_COLOUR
from liquid_nav.simulation import DroneResponse
from liquid_nav_benchmarks.px4_log import read_px4_step
from liquid_nav_benchmarks.recorded_steps import (
    DURATION,
    STEP,
    StepNumbers,
    StepResponse,
    record_fleet,
    record_step,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TUNED = StepNumbers(
    begins=0.24, rises=0.57, speed=1.99, overshoot=float("nan"), turns=0.85, side_slip=float("nan")
)
"""Measured on PX4 v1.16.0 SITL with MPC_XY_VEL_P_ACC 4, MPC_XY_VEL_I_ACC 1 and less drag; no
recording of it exists.
"""
ROWS = (
    ("10 % of the speed after, s", "begins", "{:.2f}"),
    ("90 % of the speed after, s", "rises", "{:.2f}"),
    ("mean speed from 2 s on, m/s", "speed", "{:.2f}"),
    ("overshoot, %", "overshoot", "{:.0%}"),
    ("90 % of the yaw rate after, s", "turns", "{:.2f}"),
    ("mean side slip from 2 s on, m/s", "side_slip", "{:.2f}"),
)
FLEET = FAINT_COLOUR
NOMINAL = START_COLOUR
REAL = TARGET_COLOUR
ADJUSTED = "#b7791f"


def table(nominal: StepNumbers, fleet: Sequence[StepNumbers], px4: StepNumbers | None) -> str:
    """Return a Markdown table; the fleet by median, 5 to 95 % and extremes."""
    lines = [
        "| | nominal | fleet: median (5 to 95 %) | fleet: least to most | PX4, stock gains | PX4, "
        "tuned |",
        "|---|---|---|---|---|---|",
    ]
    for title, name, form in ROWS:
        values = np.array([getattr(numbers, name) for numbers in fleet])
        values = values[np.isfinite(values)]
        low, middle, high = (_text(v, form) for v in np.percentile(values, (5, 50, 95)))
        least = _text(values.min(), form)
        most = _text(values.max(), form)
        cells = (
            _text(getattr(nominal, name), form),
            f"{middle} ({low} to {high})",
            f"{least} to {most}",
            "" if px4 is None else _text(getattr(px4, name), form, "never"),
            _text(getattr(TUNED, name), form, "not recorded"),
        )
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _text(value: float, form: str, missing: str = "never") -> str:
    if not np.isfinite(value):
        return missing
    return form.format(value).rstrip("%")


def make_figure(
    nominal: StepResponse, fleet: Sequence[StepResponse], px4: StepResponse | None
) -> Figure:
    """Return three panels over one time axis: forward speed, side slip, yaw rate."""
    with rc_context(PLOT_STYLE):
        figure = Figure(figsize=(8.0, 8.0), layout="constrained")
        _draw(figure, nominal, fleet, px4)
    return figure


def _draw(
    figure: Figure, nominal: StepResponse, fleet: Sequence[StepResponse], px4: StepResponse | None
) -> None:
    forward, side, yaw_rate = figure.subplots(3, 1, sharex=True, height_ratios=(5, 3, 4))
    title = f"Step from a hover: {STEP.vx:g} m/s forward and {STEP.yaw_rate:g} rad/s of turn"
    figure.suptitle(title, x=0.01, ha="left")
    panels = (
        (forward, "forward", STEP.vx),
        (side, "side", 0.0),
        (yaw_rate, "yaw_rate", STEP.yaw_rate),
    )
    for axes, name, commanded in panels:
        axes.plot(
            (-0.5, 0.0, 0.0, DURATION),
            (0.0, 0.0, commanded, commanded),
            color=INK_COLOUR,
            linewidth=1.0,
            linestyle="--",
            label="command",
        )
        _spread(axes, fleet, name)
        axes.plot(
            nominal.time,
            getattr(nominal, name),
            color=NOMINAL,
            linewidth=1.8,
            label="embedded drone, nominal",
        )
        if px4 is not None:
            axes.plot(
                px4.time,
                getattr(px4, name),
                color=REAL,
                linewidth=1.3,
                label="PX4 recorded, stock gains",
            )
        axes.grid(color="#edf2f7")
        axes.set_axisbelow(True)
        axes.set_xlim(-0.2, DURATION)
    style_of_point: dict[str, Any] = {
        "color": ADJUSTED,
        "marker": "D",
        "markersize": 6,
        "linestyle": "",
        "zorder": 5,
        "label": "PX4 tuned: 10 % and 90 %",
    }
    forward.plot((TUNED.begins, TUNED.rises), (0.1 * STEP.vx, 0.9 * STEP.vx), **style_of_point)
    yaw_rate.plot((TUNED.turns,), (0.9 * STEP.yaw_rate,), **style_of_point)
    forward.set_ylabel("forward speed, m/s")
    side.set_ylabel("side speed, m/s\n(+ into the turn)")
    yaw_rate.set_ylabel("yaw rate, rad/s")
    yaw_rate.set_xlabel("time since the command was sent, s")
    forward.legend(loc="lower right", frameon=False, fontsize=8)


def _spread(axes: Axes, fleet: Sequence[StepResponse], name: str) -> None:
    """Shade where the fleet flies: all of it, and 5 to 95 % of it darker."""
    values = np.stack([getattr(step, name) for step in fleet])
    for low, high, alpha, label in (
        (0, 100, 0.25, f"fleet: all of {len(fleet)}"),
        (5, 95, 0.4, "fleet: 5 to 95 %"),
    ):
        axes.fill_between(
            fleet[0].time,
            *np.percentile(values, (low, high), axis=0),
            color=FLEET,
            alpha=alpha,
            linewidth=0,
            label=label,
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the picture, print the table; 2 for bad input."""
    parser = argparse.ArgumentParser(
        prog="python -m liquid_nav_benchmarks.step_response", description=__doc__.splitlines()[0]
    )
    parser.add_argument(
        "--out", type=Path, default=Path("docs/images/step_response.png"), help="picture (PNG)"
    )
    parser.add_argument(
        "--tlog", type=Path, help="MAVLink recording of a real PX4 with the same step"
    )
    parser.add_argument("--drones", type=int, default=200, help="how many of the fleet to fly")
    parser.add_argument("--seed", type=int, default=0, help="of the fleet's draw")
    options = parser.parse_args(arguments)
    if options.drones < 2:
        parser.error("--drones: at least 2 make a fleet")
    try:
        px4 = None
        if options.tlog is not None:
            px4 = read_px4_step(options.tlog)
        nominal = record_step(DroneResponse())
        fleet = record_fleet(options.drones, options.seed)
        save(make_figure(nominal, fleet, px4), options.out)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    numbers = [StepNumbers.of(step) for step in fleet]
    px4_numbers = None if px4 is None else StepNumbers.of(px4)
    print(table(StepNumbers.of(nominal), numbers, px4_numbers))
    return 0


def save(figure: Figure, path: Path) -> None:
    """Write a PNG; raises UserError where that is not possible."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=110, facecolor="white")
    except (OSError, ValueError) as error:
        raise UserError(f"cannot write {path}: {error}", "choose another --out") from error


if __name__ == "__main__":
    sys.exit(main())
