"""One HTML page about a flight: verdict, numbers, video, top view and curves; needs no network."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment
from matplotlib import rc_context

from liquid_nav.evaluation import flight_plots, style, top_view
from liquid_nav.evaluation.measures import measure_flight
from liquid_nav.evaluation.report_template import TEMPLATE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from liquid_nav.simulation import FlightRecord
    from liquid_nav.worlds import Layout

VIDEO = "camera.mp4"
BAG = "flight.mcap"
TOP_VIEW = "top_view.png"
REPORT = "report.html"


def write_report(folder: Path, record: FlightRecord, layout: Layout | None) -> Path:
    """Write ``report.html`` into a flight's folder, with its pictures inside and the video linked.

    Args:
        folder: Of the flight; the video and the bag are linked where they exist.
        record: What happened.
        layout: Where it happened; None where it is unknown, as for a real drone.

    Returns:
        The path of the page.
    """
    folder = Path(folder)
    with rc_context(style.PLOT_STYLE):
        pictures = {
            "Seen from above": _embed(top_view.make_figure(record, layout)),
            "Over time": _embed(
                flight_plots.make_figure(record, layout.scenario.success if layout else None)
            ),
        }
    page = Environment(autoescape=True).from_string(TEMPLATE)
    files = [name for name in (VIDEO, BAG, TOP_VIEW) if (folder / name).exists()]
    text = page.render(
        record=record,
        title=top_view.describe(record, layout),
        verdict=_verdict(record, layout),
        measures=measure_flight(record, layout),
        pictures=pictures,
        video=VIDEO if VIDEO in files else None,
        files=files,
    )
    path = folder / REPORT
    path.write_text(text, encoding="utf-8")
    return path


def _verdict(record: FlightRecord, layout: Layout | None) -> str:
    """Return the style of the verdict; a flight without a known place was never judged."""
    if layout is None:
        return "unjudged"
    return "good" if record.outcome.success else "bad"


def _embed(figure: Figure) -> str:
    """Return a figure as the data address of a PNG."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=120, facecolor="white", metadata={"Software": None})
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
