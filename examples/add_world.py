"""A kind of world of your own: register it, write a scenario in it, and fly there.

An installed package names its kinds in its pyproject.toml instead; then every command knows them:

    [project.entry-points."liquid_nav.worlds"]
    orchard = "my_package.worlds:ORCHARD"

python examples/add_world.py --out orchard
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from liquid_nav.simulation import ExpertPilot, fly_in_simulation
from liquid_nav.worlds import (
    WORLDS,
    Horizon,
    WorldKind,
    generate_layout,
    load_condition,
    load_scenario,
    meadow_texture,
    number_key,
)

SCENARIO = "world: orchard\nparameters: {spacing: 6.0}\ntarget: {distance: [14.0, 18.0]}\n"


@dataclass(frozen=True)
class OrchardParameters:
    """What a scenario in an orchard sets: each field is a key with its default and its range."""

    spacing: float = number_key(5.0, 4.0, 12.0)
    """Distance between trees, m."""


def fill_orchard(ground, parameters):
    """Set rows of trees across the way; everything random is drawn from ``ground.rng``."""
    length = float(np.linalg.norm(ground.target))
    for along in np.arange(-8.0, length + 8.0, parameters.spacing):
        for across in np.arange(-12.0, 12.1, parameters.spacing):
            x, y = ground.to_world(along, across + ground.rng.normal(0.0, 0.2))
            ground.add(
                "beech", x, y
            )  # does nothing where a rule forbids it, such as near the start
    for _ in range(200):
        ground.decorate("grass", *ground.rng.uniform(-20.0, 20.0, 2))


WORLDS.register(
    "orchard", WorldKind(OrchardParameters, fill_orchard, meadow_texture, Horizon(0.1, 0, 0))
)

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--out", type=Path, default=Path("orchard"), help="a folder")
given = parser.parse_args()
given.out.mkdir(parents=True, exist_ok=True)
file = given.out / "orchard.yaml"
file.write_text(SCENARIO)
scenario = load_scenario(file)
record = fly_in_simulation(scenario, 3, load_condition(scenario.condition), ExpertPilot())
print(f"{len(generate_layout(scenario, 3).items)} trees, expert: {record.outcome.reason}")
