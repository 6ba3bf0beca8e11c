"""Fly the released model once, in lock step and without ROS, and print how it went.

python examples/fly_policy.py --scenario field --condition winter --seed 10003
"""

import argparse

import numpy as np

from liquid_nav.policy import Policy, resolve_model
from liquid_nav.simulation import PolicyPilot, fly_in_simulation
from liquid_nav.worlds import load_condition, load_scenario

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--model", default="default", help="a model folder, or a name in models/")
parser.add_argument("--scenario", default="forest")
parser.add_argument("--condition", default="summer")
parser.add_argument("--seed", type=int, default=10007)
given = parser.parse_args()

policy = Policy.load(resolve_model(given.model))
record = fly_in_simulation(
    load_scenario(given.scenario),
    given.seed,
    load_condition(given.condition),
    PolicyPilot(policy, given.model),
)

speed = np.linalg.norm(record.columns["velocity"], axis=1)  # m/s, one value per camera frame
print(f"{record.outcome.reason}: {record.outcome.detail}")
print(f"{record.outcome.time:.1f} s, {len(speed)} frames, {speed.max():.1f} m/s at most")
