"""A core of your own in a policy: register it, build a policy with it, save it and fly it.

An installed package names its cores in its pyproject.toml instead; then every command knows them:

    [project.entry-points."liquid_nav.cores"]
    leaky = "my_package.cores:build_leaky"

python examples/add_core.py --out models/leaky
"""

import argparse
from pathlib import Path

import torch

from liquid_nav.liquid import Core
from liquid_nav.policy import CORES, Policy, PolicyConfig
from liquid_nav.simulation import PolicyPilot, fly_in_simulation
from liquid_nav.worlds import load_condition, load_scenario


class Leaky(Core):
    """Leaky units: each follows its input with a time constant of its own, exactly in time."""

    def __init__(self, input_size: int, output_size: int, units: int = 24) -> None:
        """Draw the weights."""
        super().__init__(input_size, units, output_size)
        self.drive = torch.nn.Linear(input_size, units)
        self.rate = torch.nn.Parameter(torch.linspace(1.0, 20.0, units))  # 1/s
        self.head = torch.nn.Linear(units, output_size)

    def forward(self, features, state, elapsed):
        """Return outputs [B,T,O] and the new state [B,S] after T inputs, elapsed [B,T] in s."""
        self.check(features, state, elapsed)
        outputs = []
        for step in range(features.shape[1]):
            kept = torch.exp(-self.rate * elapsed[:, step, None])
            state = kept * state + (1.0 - kept) * torch.tanh(self.drive(features[:, step]))
            outputs.append(self.head(state))
        return torch.stack(outputs, dim=1), state


def build_leaky(input_size, output_size, nominal_period, arguments):
    """Make the core from its entry in a policy's config."""
    return Leaky(input_size, output_size, **arguments)


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--out", type=Path, default=Path("models/leaky"))
given = parser.parse_args()

CORES.register("leaky", build_leaky)
torch.manual_seed(0)
Policy(PolicyConfig(core={"kind": "leaky", "units": 16})).save(given.out)

policy = Policy.load(given.out)  # untrained: liquid-nav train comes next
pilot = PolicyPilot(policy, "leaky")
record = fly_in_simulation(load_scenario("field"), 10002, load_condition("summer"), pilot)
print(f"{policy.core.state_size} units, untrained: {record.outcome.reason}")
