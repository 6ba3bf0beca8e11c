"""The liquid core on a time series that is sampled irregularly, without any drone.

A sine of unknown phase and frequency, some samples missing: the core is given each sample and the
time since the one before, and predicts the next.

python examples/time_series.py --steps 300
"""

import argparse

import torch

from liquid_nav.liquid import LTC, NCPWiring

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--steps", type=int, default=300)
given = parser.parse_args()
torch.manual_seed(0)


def draw(batch):
    """Return samples [B,40,1], the elapsed times before them [B,40] in s, and what comes next."""
    elapsed = 0.05 * torch.randint(1, 4, (batch, 41))
    time = elapsed.cumsum(1)
    frequency = 0.5 + torch.rand(batch, 1)
    values = 0.5 + 0.4 * torch.sin(6.283 * frequency * time + 6.283 * torch.rand(batch, 1))
    return values[:, :-1, None], elapsed[:, :-1], values[:, 1:, None]


core = LTC(input_size=1, wiring=NCPWiring(inter=12, command=8, motor=1), output_size=1)
optimizer = torch.optim.Adam(core.parameters(), lr=0.02)
for step in range(given.steps):
    samples, elapsed, following = draw(32)
    predicted, _ = core(samples, core.initial_state(batch=32), elapsed)
    loss = (predicted[:, 10:] - following[:, 10:]).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    core.clamp_()  # keeps leaks and capacities physical
    if step == 0 or (step + 1) % 50 == 0:
        print(f"step {step + 1}: error {loss.item() ** 0.5:.3f} (amplitude 0.4)")
