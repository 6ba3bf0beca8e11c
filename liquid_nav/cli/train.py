"""``liquid-nav train``: follow a recipe until there is a model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def train(
    recipe: Annotated[
        Path, typer.Option(help="YAML file that defines what to collect and how to learn.")
    ] = Path("config/training/default.yaml"),
    out: Annotated[
        Path, typer.Option(help="Folder of the run; an interrupted run there goes on.")
    ] = Path("runs/default"),
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes that fly, all cores by default.")
    ] = None,
    accelerator: Annotated[
        str, typer.Option(help="Where to learn, a name of Lightning's: auto, cpu, gpu ...")
    ] = "auto",
    devices: Annotated[
        str, typer.Option(help="How many devices of a machine, or auto for all.")
    ] = "1",
    nodes: Annotated[int, typer.Option(min=1, help="How many machines.")] = 1,
    strategy: Annotated[str, typer.Option(help="Lightning's strategy: auto, ddp ...")] = "auto",
) -> None:
    """Collect flights, imitate the expert, and correct the policy in rounds of DAgger.

    Interrupt it whenever you like: the same command goes on from the last checkpoint.

    Example: liquid-nav train --recipe config/training/default.yaml --out runs/mine
    """
    from liquid_nav.cli.train_by_recipe import train_by_recipe

    train_by_recipe(recipe, out, workers, accelerator, devices, nodes, strategy)
