"""What each part of a training brings: the same recipe, with one thing changed in each variant.

``python -m liquid_nav_benchmarks.ablation --out runs/ablation`` trains every variant of
``config/training/ablation.yaml`` and flies it in summer and in the invented looks, on seeds for
choosing. What is finished is not done again.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any, Mapping, Sequence

from liquid_nav.errors import UserError
from liquid_nav.evaluation import (
    FIRST_REPORTED_SEED,
    Campaign,
    FlightProgress,
    FlightTask,
    parse_seeds,
    process_pool,
    read_places,
    resolve_pilot,
    summarize_flights,
)
from liquid_nav.learning import (
    TRAINING_SEED_LIMIT,
    PolicyTrainer,
    Recipe,
    RecipeError,
    read_recipe_mapping,
    recipe_from_mapping,
)
from liquid_nav_benchmarks.ablation_plot import draw_table, make_figure

CONDITIONS = (
    "summer",
    "pseudo/inverted",
    "pseudo/sepia",
    "pseudo/blue_soil",
    "pseudo/checkered",
    "pseudo/stripes",
    "pseudo/random_look",
    "pseudo/drifting",
    "pseudo/hidden",
)
"""Where variants are judged: no condition that is reported."""
RESULTS = "results.json"


def read_variants(path: Path) -> dict[str, Recipe]:
    """Read a base recipe and its variants; raises RecipeError with one line for what is wrong."""
    remedy = "see config/training/ablation.yaml"
    data = read_recipe_mapping(path, "variants", remedy)
    if set(data) != {"base", "variants"}:
        raise RecipeError(f"'{path}' needs the keys base and variants, and no others", remedy)
    for part in (data, data["variants"]):
        unfit = [key for key, value in part.items() if not isinstance(value, Mapping)]
        if unfit:
            raise RecipeError(f"'{path}': {', '.join(map(str, unfit))} is not a mapping", remedy)
    return {
        str(name): recipe_from_mapping(overlay(data["base"], changes), path)
        for name, changes in data["variants"].items()
    }


def overlay(base: Any, changes: Any) -> Any:
    """Return ``base`` with ``changes`` laid over it.

    Mappings are merged key by key, lists of mappings item by item; a mapping that names a kind, and
    everything else, replaces what was there.
    """
    if isinstance(base, Mapping) and isinstance(changes, Mapping) and "kind" not in changes:
        merged = dict(base)
        for key, value in changes.items():
            merged[key] = overlay(base.get(key), value)
        return merged
    if _are_mappings(base) and _are_mappings(changes) and len(base) == len(changes):
        return [overlay(one, other) for one, other in zip(base, changes, strict=True)]
    return changes


def _are_mappings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, Mapping) for item in value)


def folder_of(name: str) -> str:
    """Return the name of a variant's folder, e.g. ``11-blocks-two-maps``."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def judge(model: Path, seeds: range, workers: int | None) -> list[dict[str, object]]:
    """Fly a model in all ``CONDITIONS`` of both scenarios; a row for each, see
    ``summarize_flights``.
    """
    pilot = resolve_pilot(str(model))
    scenarios, conditions = read_places(("forest", "field"), CONDITIONS)
    tasks = [
        FlightTask(pilot, scenario, condition, seed)
        for scenario in scenarios
        for condition in conditions
        for seed in seeds
    ]
    with process_pool(workers) as pool, FlightProgress(len(tasks)) as progress:
        return summarize_flights(Campaign(tasks, pool).run(progress.add))


def check_seeds(text: str) -> range:
    """Return the seeds; raises UserError where they are not for choosing."""
    seeds = parse_seeds(text)
    if seeds.start < TRAINING_SEED_LIMIT or seeds.stop > FIRST_REPORTED_SEED:
        raise UserError(
            f"variants are judged on seeds {text}",
            f"take seeds from {TRAINING_SEED_LIMIT} to {FIRST_REPORTED_SEED - 1}",
        )
    return seeds


def read_results(folder: Path) -> dict[str, list[dict[str, object]]]:
    """Return the rows of each variant that was judged so far."""
    path = folder / RESULTS
    if not path.exists():
        return {}
    results: dict[str, list[dict[str, object]]] = json.loads(path.read_text())
    return results


def note_result(folder: Path, name: str, rows: list[dict[str, object]]) -> None:
    """Keep the rows of a variant."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / RESULTS).write_text(json.dumps(read_results(folder) | {name: rows}, indent=1))


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, fly, and show what came of it; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m liquid_nav_benchmarks.ablation", description=__doc__
    )
    parser.add_argument(
        "--variants",
        type=Path,
        default=Path("config/training/ablation.yaml"),
        help="base and variants",
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of all that is made")
    parser.add_argument(
        "--only", action="append", help="name of a variant; may be given several times"
    )
    parser.add_argument(
        "--model",
        action="append",
        default=[],
        metavar="NAME=FOLDER",
        help="a trained model beside them",
    )
    parser.add_argument(
        "--seeds", default="10000:10010", help="half-open range a:b of seeds for choosing"
    )
    parser.add_argument("--workers", type=int, help="processes, all cores by default")
    parser.add_argument("--plot", type=Path, help="draw what is finished into this picture")
    given = parser.parse_args(arguments)
    try:
        _run(given)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _run(given: argparse.Namespace) -> None:
    seeds = check_seeds(given.seeds)
    variants = read_variants(given.variants)
    for name in given.only or ():
        if name not in variants:
            raise UserError(
                f"there is no variant '{name}'", f"choose one of: {', '.join(variants)}"
            )
    for name, recipe in variants.items():
        if given.only and name not in given.only:
            continue
        if name not in read_results(given.out):
            print(f"variant: {name}")
            model = PolicyTrainer(recipe, given.out / folder_of(name), workers=given.workers).run()
            note_result(given.out, name, judge(model, seeds, given.workers))
    for text in given.model:
        name, found, folder = text.partition("=")
        if not found:
            raise UserError(
                f"--model {text} has no name",
                "write e.g. --model 'after round 1=runs/a/round-1/model'",
            )
        if name not in read_results(given.out):
            note_result(given.out, name, judge(Path(folder), seeds, given.workers))
    results = read_results(given.out)
    print(draw_table(results))
    if given.plot is not None:
        make_figure(results).savefig(given.plot, dpi=130)


if __name__ == "__main__":
    sys.exit(main())
