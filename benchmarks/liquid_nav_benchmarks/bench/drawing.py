"""Pictures of wirings and measurements (matplotlib, imported only here)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from liquid_nav.liquid import Wiring
from liquid_nav_benchmarks.bench.liquid_property import LiquidResponse

EXCITE = "#1a7f5a"
INHIBIT = "#c2452d"
INK = "#33373d"
LAYER_COLOURS = {"input": "#8a8f98", "inter": "#3b7dd8", "command": "#8e5bd0", "motor": "#e08a1e"}


def _axes(columns: int = 1, size: tuple[float, float] = (8.0, 5.0)) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=size, dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    axes = list(figure.subplots(1, columns, squeeze=False)[0])
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _heights(count: int) -> NDArray[np.float64]:
    """Return the heights of the neurons in a column, from the bottom (0) to the top (1)."""
    if count == 1:
        return np.array([0.5])
    return np.linspace(0.02, 0.98, count)


def draw_wiring(wiring: Wiring, path: Path, title: str = "") -> None:
    """Draw neurons in columns from inputs to motors; green synapses excite, red ones inhibit."""
    figure, (axis,) = _axes(size=(9.0, 6.0))
    order = [layer for layer in wiring.layers if layer != "motor"][::-1] + ["motor"]
    columns = {
        "input": np.arange(wiring.input_size),
        **{layer: wiring.layers[layer] for layer in order},
    }
    place = {}
    for x, (layer, members) in enumerate(columns.items()):
        heights = _heights(len(members))
        for k, neuron in enumerate(members):
            place[layer == "input", int(neuron)] = (x, heights[k])
        axis.scatter(
            np.full(len(members), x),
            heights,
            s=400 / max(8, len(members)) + 12,
            zorder=3,
            color=LAYER_COLOURS.get(layer, INK),
        )
        axis.text(x, -0.05, f"{len(members)} {layer}", ha="center", color=INK)
    for is_input, signs in ((True, wiring.sensory), (False, wiring.internal)):
        count = int(np.count_nonzero(signs))
        alpha = float(np.clip(40 / max(1, count), 0.08, 0.6))
        for pre, post in zip(*np.nonzero(signs)):
            x0, y0 = place[is_input, int(pre)]
            x1, y1 = place[False, int(post)]
            bend = 0.25 if x0 == x1 else 0.0
            axis.annotate(
                "",
                (x1, y1),
                (x0, y0),
                arrowprops={
                    "arrowstyle": "-",
                    "alpha": alpha,
                    "connectionstyle": f"arc3,rad={bend}",
                    "color": EXCITE if signs[pre, post] > 0 else INHIBIT,
                },
            )
    axis.set_axis_off()
    axis.set_title(title or wiring.describe(), color=INK, fontsize=11)
    figure.savefig(path)


def draw_growth(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Draw the time of a training step over neurons, steps and batch, LTC and LSTM."""
    kinds = list(dict.fromkeys(row["what"] for row in rows))
    figure, axes = _axes(len(kinds), (3.6 * len(kinds), 3.4))
    for axis, kind in zip(axes, kinds):
        chosen = [row for row in rows if row["what"] == kind]
        x = [row["value"] for row in chosen]
        axis.plot(x, [row["ours_ms"] for row in chosen], "o-", color=EXCITE, label="LTC (ours)")
        axis.plot(x, [row["lstm_ms"] for row in chosen], "s--", color=INK, label="LSTM (torch)")
        axis.set(
            xlabel=kind, xscale="log", xticks=x, xticklabels=[str(v) for v in x], ylim=(0, None)
        )
        axis.minorticks_off()
    axes[0].set_ylabel("training step, ms")
    axes[0].legend(frameon=False)
    figure.savefig(path)


def draw_response(response: LiquidResponse, path: Path, rate: float = 30.0) -> None:
    """Draw time constants around each change, relative to the calm copy.

    Thin: each neuron; bold: their mean.
    """
    figure, axes = _axes(len(response.changed), (2.6 * len(response.changed) + 1.0, 3.4))
    for axis, (name, tensor) in zip(axes, response.factors().items()):
        factor = tensor.cpu().numpy()
        times = (np.arange(len(factor)) - response.start) / rate
        axis.plot(times, factor, color=INK, alpha=0.15, linewidth=0.8)
        axis.plot(
            times,
            np.exp(np.log(factor).mean(axis=1)),
            color=EXCITE,
            linewidth=2.2,
            label="mean over neurons",
        )
        axis.axhline(1.0, color=INK, linewidth=0.6)
        axis.axvspan(0.0, times[-1], color=LAYER_COLOURS["motor"], alpha=0.12, linewidth=0)
        axis.set(xlabel="time after the change, s", yscale="log", title=name, ylim=(0.3, 3.0))
        axis.set_yticks((0.5, 1.0, 2.0), labels=("0.5", "1", "2"))
        axis.minorticks_off()
    axes[0].set_ylabel("time constant / calm time constant")
    axes[0].legend(frameon=False)
    figure.savefig(path)
