"""``liquid-nav preflight``: a checklist on the graph that runs now."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import typer

from liquid_nav.distribution import check_distribution
from liquid_nav.errors import UserError

FAILED = 1


def preflight(
    namespace: str = typer.Option("", help="Namespace of the drone."),
    frame_prefix: str = typer.Option("", help="Prefix that its frame ids must have, e.g. 'd1/'."),
    seconds: float = typer.Option(5.0, min=1.0, max=60.0, help="How long to listen."),
    image_transport: str = typer.Option("raw", help="raw or compressed, as for the controller."),
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
        Path("."), help="Where the flight will be recorded: its disk must have free space."
    ),
    space: float = typer.Option(2.0, min=0.0, help="GB that must be free there."),
    json: Optional[Path] = typer.Option(None, help="Write the findings as a list of flat objects."),
) -> None:
    """Check the live graph before take-off.

    One line each: ok, warn (to be known) or FAIL, the last two with a remedy. Exit code 1 if
    anything fails.
    """
    from liquid_nav.cli.preflight_checklist import allowed_off, check_graph

    check_distribution()
    off = allowed_off(allow_off or [])
    if image_transport not in ("raw", "compressed"):
        raise UserError(f"unknown image_transport '{image_transport}'", "choose raw or compressed")
    camera = "camera/image_raw"
    if image_transport == "compressed":
        camera += "/compressed"
    all_well = check_graph(
        namespace,
        seconds,
        use_sim_time,
        folder,
        json,
        camera=camera,
        rate=rate,
        latency=latency,
        speed=speed,
        battery=battery,
        frame_prefix=frame_prefix,
        autopilot=autopilot,
        free_space=int(space * 2**30),
        allow_off=off,
    )
    raise typer.Exit(0 if all_well else FAILED)
