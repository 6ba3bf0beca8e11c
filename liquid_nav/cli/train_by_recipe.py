"""The training of ``liquid-nav train``: from the options of the command line to a model."""

from __future__ import annotations

from pathlib import Path

import typer

from liquid_nav.cli.failures import INTERRUPTED
from liquid_nav.errors import UserError
from liquid_nav.evaluation import check_writable
from liquid_nav.learning import PolicyTrainer, TrainingHardware, load_recipe
from liquid_nav.resources import find


def train_by_recipe(
    recipe: Path,
    out: Path,
    workers: int | None,
    accelerator: str,
    devices: str,
    nodes: int,
    strategy: str,
) -> None:
    """Train until there is a model, and print where it is and the next step.

    Raises:
        UserError: recipe, folder or devices cannot be used.
    """
    if not recipe.exists() and not recipe.is_absolute():
        try:
            recipe = find(str(recipe))
        except FileNotFoundError:
            pass
    plan = load_recipe(recipe)
    check_writable(out / "model")
    hardware = TrainingHardware(accelerator, _devices(devices), nodes, strategy)
    try:
        trainer = PolicyTrainer(plan, out, workers=workers, hardware=hardware)
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
    if text == "auto":
        return text
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise UserError(f"cannot read the devices '{text}'", "give a positive number, or auto")
    return int(text)
