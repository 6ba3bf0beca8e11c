"""The page about a data set: flight by flight, what is in it, what is wrong with it and what was
done about that.
"""

from __future__ import annotations

import base64
import html
import io
from typing import Any, Sequence

import cv2
import numpy as np

from liquid_nav.learning.ingest import Ingested
from liquid_nav.types import COMMAND_FIELDS

_STYLE = """
body {
  margin: 0 auto; max-width: 60rem; padding: 1.5rem; background: #f7fafc; color: #2d3748;
  font: 16px/1.5 system-ui, sans-serif;
}
h1 { font-size: 1.6rem; margin: 0; }
h2 { font-size: 1.1rem; margin: 2rem 0 .4rem; }
img {
  width: 100%; margin: .2rem 0; border-radius: .4rem; background: white;
  box-shadow: 0 1px 4px #0002;
}
table { border-collapse: collapse; width: 100%; background: white; box-shadow: 0 1px 4px #0002; }
td, th {
  padding: .3rem .7rem; border-bottom: 1px solid #edf2f7; text-align: left; vertical-align: top;
}
.clean { color: #2f855a; }
.findings { color: #b7791f; }
.refused { color: #c53030; }
.muted { color: #718096; }
"""


def describe(ingested: Ingested) -> str:
    """Return one flight's part of the page, its pictures inside it."""
    row = ingested.row
    parts = [
        f"<h2>{_text(row['flight'])} <span "
        f"class='{row['verdict'].split()[-1]}'>{_text(row['verdict'])}</span></h2>",
        f"<p class='muted'>{_text(row['source'])}: {row['frames']} frames in {row['seconds']:.1f} "
        "s, "
        f"{row['learned']} learned from in {row['flights']} flights, labels from "
        f"{_text(row['labels'])}</p>",
    ]
    if ingested.findings:
        rows = "".join(
            f"<tr><td>{_text(f.kind)}</td><td>{_text(f.text)}</td><td>{_text(f.action)}</td></tr>"
            for f in ingested.findings
        )
        parts.append(f"<table><tr><th>finding</th><th>what</th><th>done</th></tr>{rows}</table>")
    if ingested.strip is not None:
        encoded = cv2.imencode(".jpg", np.ascontiguousarray(ingested.strip[..., ::-1]))[1].tobytes()
        parts.append(_picture("jpeg", encoded, "frames"))
    if len(ingested.times):
        parts.append(_picture("png", _plot(ingested), "labels over time"))
    return "\n".join(parts)


def describe_failure(row: dict[str, Any]) -> str:
    """Return the part of something that cannot be learned from at all: the cause and the remedy."""
    return (
        f"<h2>{_text(row['flight'])} <span class='refused'>refused</span></h2>"
        f"<p class='muted'>{_text(row['source'])}</p><p>{_text(row['error'])}</p>"
    )


def page(rows: Sequence[dict[str, Any]], parts: Sequence[str]) -> str:
    """Return the whole page: an overview, then the flights."""
    cells = ("flight", "verdict", "frames", "learned", "flights", "seconds", "labels")
    body = "".join(
        "<tr>" + "".join(f"<td>{_text(row[c])}</td>" for c in cells) + "</tr>" for row in rows
    )
    head = "".join(f"<th>{c}</th>" for c in cells)
    learned = sum(row["learned"] for row in rows)
    title = f"{len(rows)} recordings, {learned} frames to learn from"
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'><title>Data set</title>"
        f"<style>{_STYLE}</style></head><body><h1>{title}</h1>"
        f"<table><tr>{head}</tr>{body}</table>{''.join(parts)}</body></html>\n"
    )


def _plot(ingested: Ingested) -> bytes:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.0, 2.6), layout="constrained")
    axis = figure.subplots()
    for k, name in enumerate(COMMAND_FIELDS):
        axis.plot(ingested.times, ingested.labels[:, k], linewidth=1.0, label=name)
    axis.set_xlabel("time, s")
    axis.set_ylabel("m/s, rad/s")
    axis.grid(alpha=0.3)
    axis.legend(loc="upper right", ncols=4, fontsize="small")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=100, metadata={"Software": None})
    return buffer.getvalue()


def _picture(kind: str, data: bytes, name: str) -> str:
    return f"<img alt='{name}' src='data:image/{kind};base64,{base64.b64encode(data).decode()}'>"


def _text(value: object) -> str:
    return html.escape(str(value))
