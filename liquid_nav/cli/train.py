"""``liquid-nav train``: follow a recipe until there is a model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def train(
    recipe: Annotated[Path, typer.Option(help="YAML file that says what to collect and how to learn.")] = Path(
        "config/training/default.yaml"
    ),
    out: Annotated[Path, typer.Option(help="Folder of the run; an interrupted run there goes on.")] = Path(
        "runs/default"
    ),
    workers: Annotated[int | None, typer.Option(help="Processes that fly, all cores by default.")] = None,
) -> None:
    """Collect flights, imitate the expert, and correct the policy in rounds of DAgger.

    Interrupt it whenever you like: the same command goes on from the last checkpoint.

    Example: liquid-nav train --recipe config/training/default.yaml --out runs/mine
    """
    from liquid_nav.evaluation.table import check_writable
    from liquid_nav.learning.recipe import load_recipe
    from liquid_nav.learning.training import Trainer
    from liquid_nav.resources import find

    if not recipe.exists() and not recipe.is_absolute():
        try:
            recipe = find(str(recipe))
        except FileNotFoundError:
            pass
    plan = load_recipe(recipe)
    check_writable(out / "model")
    model = Trainer(plan, out, workers=workers).run()
    typer.echo(f"model: {model}\nnext: liquid-nav evaluate --model {model} --scenario forest --seeds 10000:10050")
