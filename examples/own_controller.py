"""A controller of your own, flown by the same rules as the network: it turns towards what is red.

A controller needs a name, `reset` (a flight begins) and `act` (an image comes in, a velocity goes
out). It could as well be a network of another library.

python examples/own_controller.py --seed 10002
"""

import argparse

import numpy as np

from liquid_nav.simulation import fly_in_simulation
from liquid_nav.types import Command
from liquid_nav.worlds import load_condition, load_scenario


class TowardsRed:
    """Turns until red is ahead, then flies towards it."""

    name = "towards red"
    needs_image = True

    def reset(self, layout, seed):
        """Forget the last flight; `layout` is for pilots that may know the map."""
        self.seen = 0

    def act(self, observation, elapsed, state):
        """Answer an image, uint8 [H,W,3] RGB; `state` is true; no real drone has it."""
        red, green, blue = np.moveaxis(observation.image.astype(float), -1, 0)
        columns = np.flatnonzero((red > 90) & (red > 2 * green) & (red > 2 * blue)) % red.shape[1]
        if columns.size < 6:
            return Command(yaw_rate=0.4)
        self.seen += 1
        to_the_left = 1.0 - 2.0 * columns.mean() / red.shape[1]
        return Command(vx=0.8 * (1.0 - abs(to_the_left)), yaw_rate=0.8 * to_the_left)


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--seed", type=int, default=10002)
given = parser.parse_args()

pilot = TowardsRed()
record = fly_in_simulation(load_scenario("field"), given.seed, load_condition("summer"), pilot)
print(f"{record.outcome.reason}: {record.outcome.detail}")
print(f"saw red in {pilot.seen} of {len(record.columns['time'])} frames")
