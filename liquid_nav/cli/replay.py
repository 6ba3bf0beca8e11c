"""``liquid-nav replay``: what a model would have commanded on a recorded flight."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Optional

import typer

from liquid_nav.cli import offers


class Labels(Enum):
    """What is compared with: commands, measured velocity, or commands if there are any."""

    auto = "auto"
    command = "command"
    odometry = "odometry"


def replay(
    recordings: list[Path] = typer.Argument(
        ..., help="Bags (MCAP, sqlite3), folders of frames, or folders of these."
    ),
    model: str = typer.Option(
        "default", help="Model folder or name.", autocompletion=offers.models
    ),
    out: Path = typer.Option(
        Path("replay"), help="Folder for commands.csv and a plot of every flight."
    ),
    bag: Optional[Path] = typer.Option(
        None,
        help="Folder for flight.mcap of every flight: the model's commands on replay/cmd_vel, and "
        "the pilot's.",
    ),
    labels: Labels = typer.Option(
        "auto", help="Compare with commands or measured velocity; auto: commands if any."
    ),
    image: Optional[str] = typer.Option(None, help="Camera topic, or the end of its name."),
    odometry: Optional[str] = typer.Option(None, help="Odometry topic, or the end of its name."),
    command: Optional[str] = typer.Option(
        None, help="Command topic (Twist or TwistStamped), or the end of its name."
    ),
    frame_rate: float = typer.Option(
        30.0, min=0.1, max=1000.0, help="Of frames without stamps, Hz."
    ),
    json: Optional[Path] = typer.Option(None, help="Write the rows as a list of flat objects."),
) -> None:
    """Run a model over recorded flights in their own time and compare it with the pilot.

    Example: liquid-nav replay flights/20260101-120000 --model default
    """
    from liquid_nav.cli.replay_recordings import replay_recordings

    topics = (image, odometry, command)
    replay_recordings(recordings, model, out, bag, labels.value, topics, frame_rate, json)
