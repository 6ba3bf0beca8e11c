"""The picture of a core that follows a level through noise (matplotlib, imported only here)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from liquid_nav_benchmarks.bench.drawing import EXCITE, INHIBIT, INK
from liquid_nav_benchmarks.bench.tracking_core import PERIOD, Answer

SHOWN = {"noise": "noise sets in", "jump": "the level jumps"}


def draw_answer(answer: Answer, path: Path, signal: int = 3) -> None:
    """Draw for noise and for a jump: above one signal, below the time constants.

    These are medians over the signals, with the middle half of them shaded.
    """
    figure = Figure(figsize=(9.0, 6.4), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    rows = figure.subplots(2, 2, sharex=True)
    for column, (name, title) in enumerate(SHOWN.items()):
        above, below = rows[:, column]
        times = (np.arange(answer.levels[name].shape[1]) - answer.start) * PERIOD
        measured = answer.measured[name][signal].numpy()
        above.plot(times, measured, ".", color=INK, markersize=4, alpha=0.5, label="measured")
        above.plot(
            times, answer.levels[name][signal].numpy(), color=INHIBIT, linewidth=1.0, label="level"
        )
        above.plot(
            times, answer.outputs[name][signal].numpy(), color=EXCITE, linewidth=2.0, label="core"
        )
        above.set_title(title)
        low, middle, high = np.nanpercentile(
            1e3 * answer.response[name].numpy(), (25, 50, 75), axis=0
        )
        calm = 1e3 * answer.response["calm"].nanmedian(dim=0).values.numpy()
        below.fill_between(times, low, high, color=EXCITE, alpha=0.2, linewidth=0)
        below.plot(times, middle, color=EXCITE, linewidth=2.0)
        below.plot(times, calm, color=INK, linewidth=0.8, linestyle="--", label="calm")
        below.set(
            xlabel="time after the change, s", yscale="log", xlim=(-0.5, times[-1]), ylim=(25, 500)
        )
        below.set_yticks((30, 60, 120, 240, 480), labels=("30", "60", "120", "240", "480"))
        below.minorticks_off()
        for axis in (above, below):
            axis.axvline(0.0, color=INK, linewidth=0.8, alpha=0.5)
            axis.spines[["top", "right"]].set_visible(False)
    rows[0, 0].legend(frameon=False, loc="lower left")
    rows[1, 0].legend(frameon=False, loc="lower left")
    rows[1, 0].set_ylabel("effective time constant of the output, ms")
    figure.savefig(path)
