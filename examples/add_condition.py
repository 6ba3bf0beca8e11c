"""A condition of your own: what the camera sees in it, and how the released model flies in it.

A condition is a YAML file; wherever a command takes the name of one, it takes a path as well.

python examples/add_condition.py --out drizzle
"""

import argparse
from pathlib import Path

import cv2

from liquid_nav.policy import Policy, resolve_model
from liquid_nav.simulation import PolicyPilot, fly_in_simulation
from liquid_nav.worlds import load_condition, load_scenario

DRIZZLE = """
season: autumn
fog: 0.03                             # 1/m; visibility is about 3 / fog
light: overcast
wind: {mean: [1.0, 4.0], gust: 1.0}   # m/s
camera: {noise: 4.0, blur: 0.5, exposure: [0.9, 1.1], drop: 0.1}
"""

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--out", type=Path, default=Path("drizzle"), help="a folder")
parser.add_argument("--seed", type=int, default=10001)
given = parser.parse_args()

given.out.mkdir(parents=True, exist_ok=True)
file = given.out / "drizzle.yaml"
file.write_text(DRIZZLE)
frames = []


def keep(image, state, command):
    """Keep the picture of a frame; a dropped one has none."""
    if image is not None:
        frames.append(image)


policy = Policy.load(resolve_model("default"))
pilot = PolicyPilot(policy, "default")
record = fly_in_simulation(
    load_scenario("field"), given.seed, load_condition(file), pilot, on_frame=keep
)
cv2.imwrite(str(given.out / "first_frame.png"), cv2.cvtColor(frames[0], cv2.COLOR_RGB2BGR))
print(f"{record.condition}: {record.outcome.reason}, {record.outcome.detail}")
print(f"picture: {given.out / 'first_frame.png'}")
