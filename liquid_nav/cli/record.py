"""``liquid-nav record``: a running graph into a bag, the camera as JPEG."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import typer

from liquid_nav.errors import UserError


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
    from liquid_nav.bringup.simulated_flight import enclave, parse_namespace
    from liquid_nav.cli.flight_files import choose_folder, make_folder
    from liquid_nav.nodes.recorder import Recorder
    from liquid_nav.nodes.running import run
    from liquid_nav.recordings.bag import NAME

    namespace = parse_namespace(namespace)
    folder = choose_folder(out)
    make_folder(folder)
    arguments = [
        "--ros-args",
        *enclave("recorder"),
        "-p",
        f"folder:={folder}",
        "-p",
        f"jpeg_quality:={jpeg_quality}",
    ]
    arguments += ["-p", f"image_transport:={image_transport}"]
    if namespace:
        arguments += ["-r", f"__ns:=/{namespace}"]

    class Announced(Recorder):
        """Says when a signal begins to leave a complete bag."""

        def begun(self) -> None:
            typer.echo(f"recording into {folder}: stop with Ctrl-C")

    code = run(Announced, arguments)
    if code == 0 and not (folder / NAME).exists():
        raise UserError("nothing was recorded: it was stopped before it began", "start it again")
    if code == 0:
        typer.echo(
            f"recorded: {folder / NAME}\nnext: liquid-nav import flights {folder} --out data/mine"
        )
    raise typer.Exit(code)
