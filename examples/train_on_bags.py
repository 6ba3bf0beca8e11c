"""Train a network on bags that you recorded: import, train, and fly it on a seed.

Any rosbag2 recording with a camera, odometry and velocity commands will do, and the folders that
`liquid-nav fly` and `liquid-nav record` leave.

python examples/train_on_bags.py flights --out runs/mine
"""

import argparse
from pathlib import Path

import yaml

from liquid_nav.learning import IngestOptions, PolicyTrainer, import_recordings, load_recipe
from liquid_nav.policy import Policy
from liquid_nav.simulation import PolicyPilot, fly_in_simulation
from liquid_nav.worlds import load_condition, load_scenario

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("bags", type=Path, nargs="+")
parser.add_argument("--out", type=Path, default=Path("runs/mine"))
parser.add_argument("--steps", type=int, default=1500)
given = parser.parse_args()

for row in import_recordings(given.bags, given.out / "data", IngestOptions(width=160, height=90)):
    print({key: row[key] for key in list(row)[:4]})

recipe = given.out / "recipe.yaml"
rounds = [{"flights": 0, "steps": given.steps, "learning_rate": 0.001}]
recipe.write_text(yaml.safe_dump({"caches": [str(given.out / "data")], "rounds": rounds}))
model = PolicyTrainer(load_recipe(recipe), given.out / "training").run()

pilot = PolicyPilot(Policy.load(model), "mine")
record = fly_in_simulation(load_scenario("field"), 10002, load_condition("summer"), pilot)
print(f"{model}: {record.outcome.reason}, {record.outcome.detail}")
