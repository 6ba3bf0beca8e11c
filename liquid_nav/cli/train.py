"""``liquid-nav train``: follow a recipe until there is a model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from liquid_nav.cli.failures import INTERRUPTED
from liquid_nav.errors import UserError


def train(
    recipe: Annotated[
        Path, typer.Option(help="YAML file that says what to collect and how to learn.")
    ] = Path("config/training/default.yaml"),
    out: Annotated[
        Path, typer.Option(help="Folder of the run; an interrupted run there goes on.")
    ] = Path("runs/default"),
    workers: Annotated[
        int | None, typer.Option(help="Processes that fly, all cores by default.")
    ] = None,
    accelerator: Annotated[
        str, typer.Option(help="Where to learn, in Lightning's words: auto, cpu, gpu ...")
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
    from liquid_nav.evaluation.table import check_writable
    from liquid_nav.learning.recipe import load_recipe
    from liquid_nav.learning.training import Hardware, Trainer
    from liquid_nav.resources import find

    if not recipe.exists() and not recipe.is_absolute():
        try:
            recipe = find(str(recipe))
        except FileNotFoundError:
            pass
    plan = load_recipe(recipe)
    check_writable(out / "model")
    hardware = Hardware(accelerator, _devices(devices), nodes, strategy)
    try:
        trainer = Trainer(plan, out, workers=workers, hardware=hardware)
        model = trainer.run()
    except KeyboardInterrupt:
        typer.echo("interrupted: the same command goes on from the last checkpoint", err=True)
        raise typer.Exit(INTERRUPTED) from None
    if not trainer.first:
        return
    typer.echo(
        f"model: {model}\nnext: liquid-nav evaluate --model {model} --scenario forest --seeds "
        "10000:10050"
    )


def _devices(text: str) -> int | str:
    if text != "auto" and not (text.isascii() and text.isdigit() and int(text) > 0):
        raise UserError(f"cannot read the devices '{text}'", "give a positive number, or auto")
    return text if text == "auto" else int(text)
