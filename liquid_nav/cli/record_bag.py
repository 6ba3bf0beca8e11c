"""The recording of ``liquid-nav record``: the recorder node in this process."""

from __future__ import annotations

from pathlib import Path

import typer

from liquid_nav.bringup import enclave_arguments, parameter_as_yaml, parse_namespace
from liquid_nav.cli.flight_folder import choose_folder, make_folder
from liquid_nav.errors import UserError
from liquid_nav.nodes import Recorder, run_node
from liquid_nav.recordings import BAG_NAME


def record_bag(out: Path | None, namespace: str, image_transport: str, jpeg_quality: int) -> int:
    """Record until Ctrl-C; returns the exit code.

    Raises:
        UserError: bad namespace or folder, or stopped before it began.
    """
    namespace = parse_namespace(namespace)
    folder = choose_folder(out)
    make_folder(folder)
    parameters = {
        "folder": str(folder),
        "jpeg_quality": jpeg_quality,
        "image_transport": image_transport,
    }
    arguments = ["--ros-args", *enclave_arguments("recorder")]
    for name, value in parameters.items():
        # As YAML: a folder such as "/bags/flight #2" must not lose what looks like a comment.
        arguments += ["-p", f"{name}:={parameter_as_yaml(value)}"]
    if namespace:
        arguments += ["-r", f"__ns:=/{namespace}"]

    class Announced(Recorder):
        """Prints that the recording has begun: from then on a signal leaves a complete bag."""

        def begun(self) -> None:
            typer.echo(f"recording into {folder}: stop with Ctrl-C")

    code = run_node(Announced, arguments)
    if code == 0 and not (folder / BAG_NAME).exists():
        raise UserError("nothing was recorded: it was stopped before it began", "start it again")
    if code == 0:
        typer.echo(
            f"recorded: {folder / BAG_NAME}\n"
            f"next: liquid-nav import flights {folder} --out data/mine"
        )
    return code
