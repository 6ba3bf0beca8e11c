"""``liquid-nav preflight``: a checklist on the graph that runs now."""

from __future__ import annotations

import json as json_format
from pathlib import Path
from typing import TYPE_CHECKING, Optional

import typer

if TYPE_CHECKING:
    from rich.text import Text

    from liquid_nav.preflight.facts import Finding

FAILED = 1
LONGEST = 400
"""Characters of what was found that are shown; somebody else's words may have any length."""


def preflight(
    namespace: str = typer.Option("", help="Namespace of the drone."),
    frame_prefix: str = typer.Option("", help="Prefix that its frame ids must have, e.g. 'd1/'."),
    seconds: float = typer.Option(5.0, min=1.0, max=60.0, help="How long to listen."),
    image_transport: str = typer.Option("raw", help="raw or compressed, as the controller's."),
    rate: float = typer.Option(15.0, min=0.1, help="Camera frames per second that are needed."),
    latency: float = typer.Option(0.1, min=0.001, help="Stamp to command at most, s (p99)."),
    speed: float = typer.Option(5.0, min=0.1, help="Largest speed limit that is accepted, m/s."),
    battery: float = typer.Option(
        0.3, min=0.0, max=1.0, help="Share of the battery that is needed."
    ),
    autopilot: bool = typer.Option(True, help="Whether an autopilot bridge must be connected."),
    allow_off: Optional[list[str]] = typer.Option(
        None,
        help="A watch that may be off on a real drone, e.g. joy_age; may be given several times.",
    ),
    use_sim_time: bool = typer.Option(
        False, "--use-sim-time", help="Judge ages by /clock (simulation)."
    ),
    folder: Path = typer.Option(
        Path("."), help="Where the flight will be recorded: its disk must have room."
    ),
    space: float = typer.Option(2.0, min=0.0, help="GB that must be free there."),
    json: Optional[Path] = typer.Option(None, help="Write the findings as a list of flat objects."),
) -> None:
    """Check the live graph before take-off.

    One line each: ok, warn (to be known) or FAIL, the last two with a remedy. Exit code 1 if
    anything fails.
    """
    from rich.console import Console

    from liquid_nav.bringup.simulated_flight import parse_namespace
    from liquid_nav.distribution import check_distribution
    from liquid_nav.errors import UserError
    from liquid_nav.nodes.preflight_listening import add_local, listen
    from liquid_nav.preflight.checks import check
    from liquid_nav.preflight.facts import Level, Wanted

    check_distribution()
    off = _watches(allow_off or [])
    if image_transport not in ("raw", "compressed"):
        raise UserError(f"unknown image_transport '{image_transport}'", "choose raw or compressed")
    camera = "camera/image_raw" + ("/compressed" if image_transport == "compressed" else "")
    wanted = Wanted(
        camera,
        rate,
        latency=latency,
        speed=speed,
        battery=battery,
        frame_prefix=frame_prefix,
        autopilot=autopilot,
        free_space=int(space * 2**30),
        allow_off=off,
    )
    console = Console()
    with Console(stderr=True).status(f"listening for {seconds:g} s"):
        facts = listen(parse_namespace(namespace), camera, seconds, use_sim_time)
    add_local(facts, folder)
    findings = check(facts, wanted)
    for finding in findings:
        console.print(_line(finding), highlight=False, soft_wrap=True)
        if finding.remedy:
            console.print(_shown(f"     -> {finding.remedy}"), highlight=False, soft_wrap=True)
    if json is not None:
        json.write_text(json_format.dumps([_row(finding) for finding in findings], indent=2) + "\n")
    failed = any(finding.level is Level.FAILURE for finding in findings)
    raise typer.Exit(FAILED if failed else 0)


def _watches(names: list[str]) -> frozenset[str]:
    """Return the watches that may be off; raises UserError for a name that is none."""
    from liquid_nav.errors import UserError
    from liquid_nav.preflight import watches as preflight_watches

    known = preflight_watches.names()
    for name in names:
        if name not in known:
            raise UserError(f"no watch is called '{name}'", f"choose from: {', '.join(known)}")
    return frozenset(names)


def _line(finding: Finding) -> Text:
    from rich.text import Text

    from liquid_nav.preflight.facts import Level

    word, colour = {
        Level.OK: ("ok  ", "green"),
        Level.WARNING: ("warn", "yellow"),
        Level.FAILURE: ("FAIL", "red"),
    }[finding.level]
    return Text.assemble((word, colour), " ", _shown(f"{finding.name}: {finding.words}"))


def _shown(words: str) -> Text:
    """Return words of somebody else as plain text: no markup, no control characters, one line."""
    from rich.text import Text

    printable = "".join(sign if sign.isprintable() else "?" for sign in words)
    cut = printable if len(printable) <= LONGEST else printable[: LONGEST - 3] + "..."
    return Text(cut)


def _row(finding: Finding) -> dict[str, str]:
    return {
        "check": finding.name,
        "level": finding.level.value,
        "words": finding.words,
        "remedy": finding.remedy,
    }
