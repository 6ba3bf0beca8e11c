"""The page of a comparison in Markdown, and the same in HTML with its pictures inside."""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Mapping, Sequence

import numpy as np
from jinja2 import Environment

from liquid_nav.comparison.analysis import REFERENCE, Analysis, Row
from liquid_nav.comparison.page_template import HTML, MARKDOWN
from liquid_nav.comparison.parting import Parting
from liquid_nav.comparison.parting_flights import picture_name, video_name
from liquid_nav.comparison.plan_parts import END_TO_END, SHARED
from liquid_nav.comparison.plots import draw_rates
from liquid_nav.comparison.power import MARGIN
from liquid_nav.comparison.results import Results
from liquid_nav.comparison.statistics import Estimate, Verdict, judge

TITLE = "Liquid and standard recurrent networks in closed loop"
PROTOCOLS = {SHARED: "Shared encoder", END_TO_END: "End to end"}
"""Protocol -> what the page calls it."""
MEASURES = {
    "roughness": "roughness of states",
    "noisy_roughness": "with noise",
    "noise": "noise moves commands",
    "missing": "missing frames move commands",
    "clean": "attention",
    "noisy": "with noise",
    "randomised": "random weights",
}
"""Measures of ``claims`` -> heads of their columns."""
CLAIMS = (
    "Roughness: mean squared difference of successive values of a neuron by its variance; 0 is "
    "smooth, 2 is white noise. Moved commands: root mean square, in units of their scale; noise of "
    "0.1 on features between -1 and 1, 30 % of the frames missing. Attention: saliency on the "
    "target's columns by their share of the picture, 1 is chance; noise of 20 grey levels; what "
    "random weights reach is no attention. Measured on flights of the data."
)
PICTURES = "images"
"""Folder of the pictures beside the page."""
VERDICTS = (
    "Better, worse and no difference follow from 95 % intervals over trainings and flights, beside "
    f"a margin of {100 * MARGIN:.0f} points that was fixed before the campaign; anything else is "
    "undecided."
)
POOLED = (
    "Middle half: interquartile mean over trainings and questions. More likely better: how likely "
    f"a training does better than one of {REFERENCE} in a question. p: McNemar's test over all "
    "pairs of flights, corrected for the number of cores (Holm); it takes flights of one training "
    "for independent and is too small where trainings differ."
)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page."""

    title: str
    """Heading."""
    header: tuple[str, ...]
    """Heads of the table's columns."""
    rows: tuple[tuple[str, ...], ...]
    """Cells."""
    picture: str = ""
    """File of a picture in ``PICTURES``; empty: none."""
    parting: Parting | None = None
    """Flights whose picture and videos are in ``PICTURES`` too; None: there are none."""
    note: str = ""
    """Text below the table."""


def write_page(
    analyses: Mapping[str, Analysis], folder: Path, partings: Sequence[Parting] = ()
) -> None:
    """Write ``comparison.md``, ``comparison.html`` and the pictures into ``folder``.

    Args:
        analyses: of each protocol, by its name.
        folder: of the page.
        partings: flights of the first protocol whose files lie in ``PICTURES`` already.
    """
    pictures = folder / PICTURES
    pictures.mkdir(parents=True, exist_ok=True)
    sections: list[Section] = []
    for protocol, analysis in analyses.items():
        shown = {}
        if not sections:
            shown = {one.question: one for one in partings}
        sections += _sections(protocol, analysis, pictures, shown)
    values: dict[str, Any] = {"title": TITLE, "answer": answer(analyses), "sections": sections}
    values |= {"pictures": PICTURES, "picture_name": picture_name, "video_name": video_name}
    values["caption"] = _caption
    plain = Environment(trim_blocks=True, lstrip_blocks=True)
    markdown = plain.from_string(MARKDOWN).render(**values)
    (folder / "comparison.md").write_text(markdown.rstrip() + "\n")
    files = [one.picture for one in sections if one.picture]
    files += [picture_name(one.parting) for one in sections if one.parting is not None]
    inside = {name: _embedded(pictures / name) for name in files}
    escaped = Environment(trim_blocks=True, lstrip_blocks=True, autoescape=True)
    html = escaped.from_string(HTML).render(inside=inside, **values)
    (folder / "comparison.html").write_text(html)


def answer(analyses: Mapping[str, Analysis]) -> list[str]:
    """Return what follows from the flights: sentences about each protocol and its questions."""
    return [
        f"{PROTOCOLS[protocol]}: {sentence}"
        for protocol, analysis in analyses.items()
        for sentence in _sentences(analysis)
    ]


def _sentences(analysis: Analysis) -> list[str]:
    results = analysis.results
    trainings = {len(rows) for one in results.outcomes.values() for rows in one.values()}
    sentences = [
        f"{len(results.entrants)} cores of equal size were trained "
        f"{' or '.join(map(str, sorted(trainings)))} times each on the same data and flew the same "
        f"places: seeds {results.seeds} in {' and '.join(results.worlds)}."
    ]
    sentences += [_sentence(analysis, question) for question in analysis.questions]
    return sentences


def _sentence(analysis: Analysis, question: str) -> str:
    rows = analysis.rows(question)
    best = rows[0]
    worst = rows[-1]
    text = (
        f"{question}: {best.entrant} reached {_rate(best.rate)}, {worst.entrant} "
        f"{_rate(worst.rate)}; against {REFERENCE}, {_counts(rows)}"
    )
    group = analysis.liquid_against_ordinary(question)
    if group is None:
        return f"{text}."
    return (
        f"{text}; liquid cores together are {_points(group)} points from LSTM and GRUs "
        f"({judge(group, MARGIN).value})."
    )


def _counts(rows: list[Row]) -> str:
    """Return how many entrants are better, worse, equal and undecided."""
    found = [row.verdict for row in rows if row.verdict is not None]
    parts = [f"{found.count(kind)} {kind.value}" for kind in Verdict if found.count(kind)]
    return ", ".join(parts) or "nothing else flew"


def _sections(
    protocol: str, analysis: Analysis, pictures: Path, partings: Mapping[str, Parting]
) -> list[Section]:
    """Return all about a protocol; ``partings``: by their questions."""
    sections = [_pooled(analysis)]
    for name in analysis.questions:
        section = _question(analysis, name, pictures, f"comparison_{protocol}_{name}.png")
        sections.append(replace(section, parting=partings.get(name)))
    if analysis.results.claims:
        sections.append(_claims(analysis.results))
    sections += [_changes(analysis), _cores(analysis.results), _origin(analysis.results)]
    return [replace(one, title=f"{PROTOCOLS[protocol]}: {one.title}") for one in sections]


def _pooled(analysis: Analysis) -> Section:
    rows = []
    for one in analysis.pooled():
        p = "-"
        if one.p is not None:
            p = f"{one.p:.3f}"
        rows.append((*_cells(one.row), _rate(one.middle), _rate(one.improvement), p))
    header = (*_header(), "middle half", "more likely better", "p")
    return Section("all questions together", header, tuple(rows), note=f"{VERDICTS} {POOLED}")


def _question(analysis: Analysis, name: str, pictures: Path, file: str) -> Section:
    results = analysis.results
    rows = analysis.rows(name)
    liquid = {entrant for entrant, facts in results.entrants.items() if facts.liquid}
    title = f"{name}, {results.questions[name]}"
    draw_rates(rows, liquid, title, pictures / file)
    return Section(title, _header(), tuple(_cells(row) for row in rows), file)


def _header() -> tuple[str, ...]:
    return "core", "targets reached", f"difference to {REFERENCE}, points", "verdict"


def _cells(row: Row) -> tuple[str, ...]:
    verdict = "-"
    if row.verdict is not None:
        verdict = row.verdict.value
    return row.entrant, _rate(row.rate), _points(row.difference), verdict


def _claims(results: Results) -> Section:
    rows = tuple(
        (name, *(_measure(results.claims[name].get(measure)) for measure in MEASURES))
        for name in results.entrants
        if name in results.claims
    )
    title = "what the published claim rests on"
    return Section(title, ("core", *MEASURES.values()), rows, note=CLAIMS)


def _changes(analysis: Analysis) -> Section:
    """How much more or less often targets are reached in each question than in the first."""
    first, *others = analysis.questions
    results = analysis.results
    rows = []
    for name in results.flown_by(first):
        begin = results.table(first, name).mean()
        cells = [name]
        for other in others:
            change = "-"
            if name in results.outcomes[other]:
                change = f"{100 * (results.table(other, name).mean() - begin):+.1f}"
            cells.append(change)
        rows.append(tuple(cells))
    return Section(f"points gained from {first} to", ("core", *others), tuple(rows))


def _measure(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}"


def _cores(results: Results) -> Section:
    rows = tuple(
        (
            name,
            one.about,
            str(one.parameters),
            str(one.state),
            f"{one.learning_rate:g}",
            f"{np.mean(one.losses):.4f}",
            f"{one.seconds:.0f}",
            f"{1000 * one.step:.2f}",
        )
        for name, one in results.entrants.items()
    )
    header = (
        "core",
        "what it is",
        "parameters",
        "state",
        "learning rate",
        "imitation loss",
        "training, s",
        "step, ms",
    )
    return Section(
        "the cores", header, rows, note="Times are those of one core of the computer that trained."
    )


def _origin(results: Results) -> Section:
    rows = (
        ("plan, SHA-256", results.plan),
        ("data, SHA-256", results.data),
        ("software", results.software),
        ("flights", f"seeds {results.seeds} in {' and '.join(results.worlds)}"),
    )
    return Section("what decides these numbers", ("what", "value"), rows)


def _rate(estimate: Estimate | None) -> str:
    """Return a success rate with its interval, e.g. ``93 % (88 to 96)``; a dash for none."""
    if estimate is None:
        return "-"
    low, high = round(100 * estimate.low), round(100 * estimate.high)
    return f"{100 * estimate.value:.0f} % ({low} to {high})"


def _points(estimate: Estimate | None) -> str:
    """Return a difference in percentage points, e.g. ``+2.0 (-1.5 to +5.5)``; a dash for none."""
    if estimate is None:
        return "-"
    low, high = 100 * estimate.low, 100 * estimate.high
    return f"{100 * estimate.value:+.1f} ({low:+.1f} to {high:+.1f})"


def _caption(parting: Parting) -> str:
    return (
        f"{parting.question}, {parting.world}, seed {parting.seed}: {parting.reaching} reaches the "
        f"target, {parting.failing} does not"
    )


def _embedded(path: Path) -> str:
    return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode()
