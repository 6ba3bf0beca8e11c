"""``liquid-nav record``: a running graph into a bag, the camera as JPEG."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import typer


def record(
    out: Optional[Path] = typer.Option(
        None, help="Folder of the bag; flights/<date>-<time> by default."
    ),
    namespace: str = typer.Option("", help="Of the drone to record, e.g. drone1."),
    image_transport: str = typer.Option(
        "raw", help="Camera topic: raw, or compressed where only that is published."
    ),
    jpeg_quality: int = typer.Option(90, min=1, max=100, help="Quality of the camera images."),
) -> None:
    """Record the topics of a running drone until Ctrl-C.

    Example: liquid-nav record --out bags/today
    """
    from liquid_nav.cli.record_bag import record_bag

    raise typer.Exit(record_bag(out, namespace, image_transport, jpeg_quality))
