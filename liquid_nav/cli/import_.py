"""``liquid-nav import``: networks (and flights) of other people become this project's own."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Optional

import typer

from liquid_nav.errors import UserError

import_app = typer.Typer(add_completion=False, no_args_is_help=True)
Kind = Enum("Kind", {k: k for k in ("ncp", "ltc", "cfc", "mixedcfc", "wiredcfccell", "lstm", "gruode", "ctrnn")})
Elapsed = Enum("Elapsed", {k: k for k in ("constant", "stamps")})


@import_app.callback()
def import_() -> None:
    """Bring published networks into this project."""


@import_app.command(epilog="Example: liquid-nav import keras ncp.hdf5 --kind ncp --out models/published_ncp")
def keras(
    file: Path = typer.Argument(..., help="Headless HDF5 checkpoint of the published flights."),
    kind: Kind = typer.Option(..., help="What network the file holds."),
    out: Path = typer.Option(..., help="Folder of the model; it is created."),
    params: Optional[Path] = typer.Option(None, help="params.json of the training; published values without it."),
    elapsed: Elapsed = typer.Option("constant", help="constant: 1.0 a frame, as trained; stamps: the real time."),
    frame_rate: float = typer.Option(30.0, min=0.1, max=1000.0, help="Frames per second of its training data."),
) -> None:
    """Read a Keras checkpoint into a model that flies like any other, with its preprocessing and its notion of time."""
    from liquid_nav.policy.published.importing import import_keras

    if (out / "config.json").exists():
        raise UserError(f"{out} holds a model already", "choose another folder with --out, or delete it")
    policy = import_keras(file, kind.value, params, elapsed=elapsed.value, frame_rate=frame_rate)
    try:
        policy.save(out)
    except OSError as error:
        raise UserError(f"cannot write {out}: {error.strerror}", "choose another folder with --out") from error
    weights = sum(parameter.numel() for parameter in policy.parameters())
    typer.echo(
        f"model: {out} ({kind.value}, {policy.core.state_size} states, {weights:,} weights, elapsed: {elapsed.value})\n"
        f"next: liquid-nav evaluate --model {out} --scenario field --seeds 10000:10010"
    )
