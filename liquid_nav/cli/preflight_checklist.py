"""The checklist of ``liquid-nav preflight``: listens to the graph and shows the findings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from liquid_nav.bringup import parse_namespace
from liquid_nav.errors import UserError
from liquid_nav.evaluation import check_writable, write_rows
from liquid_nav.nodes import add_local_facts, gather_preflight_facts
from liquid_nav.preflight import (
    Finding,
    FindingLevel,
    PreflightLimits,
    preflight_findings,
    watch_names,
)

LONGEST = 400
"""Characters of a finding that are shown; text from other nodes may have any length."""
SHOWN = {
    FindingLevel.OK: ("ok  ", "green"),
    FindingLevel.WARNING: ("warn", "yellow"),
    FindingLevel.FAILURE: ("FAIL", "red"),
}
"""Text and colour of each level."""


def allowed_off(names: list[str]) -> frozenset[str]:
    """Return the watches that may be off; raises UserError for a name that is none."""
    known = watch_names()
    for name in names:
        if name not in known:
            raise UserError(f"no watch is called '{name}'", f"choose from: {', '.join(known)}")
    return frozenset(names)


def check_graph(
    namespace: str,
    seconds: float,
    use_sim_time: bool,
    folder: Path,
    json: Path | None,
    camera: str,
    **wanted: Any,
) -> bool:
    """Print a line for each check; returns whether none has failed.

    Args:
        namespace: Of the drone.
        seconds: How long to listen.
        use_sim_time: Judge ages by /clock.
        folder: Where the flight will be recorded.
        json: File for the findings.
        camera: Topic of the images.
        wanted: What else counts as good, as in ``PreflightLimits``.
    """
    demands = PreflightLimits(camera, **wanted)
    if json is not None:
        check_writable(json)
    console = Console()
    with Console(stderr=True).status(f"listening for {seconds:g} s"):
        facts = gather_preflight_facts(parse_namespace(namespace), camera, seconds, use_sim_time)
    add_local_facts(facts, folder)
    findings = preflight_findings(facts, demands)
    for finding in findings:
        console.print(_line(finding), highlight=False, soft_wrap=True)
        if finding.remedy:
            console.print(_shown(f"     -> {finding.remedy}"), highlight=False, soft_wrap=True)
    if json is not None:
        write_rows(json, [_row(finding) for finding in findings])
    return all(finding.level is not FindingLevel.FAILURE for finding in findings)


def _line(finding: Finding) -> Text:
    text = _shown(f"{finding.name}: {finding.text}")
    return Text.assemble(SHOWN[finding.level], " ", text)


def _shown(text: str) -> Text:
    """Return text of another node as plain text: no markup, no control characters, one line."""
    printable = "".join(sign if sign.isprintable() else "?" for sign in text)
    if len(printable) > LONGEST:
        printable = printable[: LONGEST - 3] + "..."
    return Text(printable)


def _row(finding: Finding) -> dict[str, str]:
    return {
        "check": finding.name,
        "level": finding.level.value,
        "text": finding.text,
        "remedy": finding.remedy,
    }
