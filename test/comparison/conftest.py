"""A plan so small that it is followed in seconds, and a data set of two short flights."""

import pytest
import yaml

from liquid_nav.comparison import load_plan

TINY = """
encoder:
  scenarios: [field]
  shares: [1.0]
  first_seed: 7000
  seed: 2
  frame_rate: [7.0, 9.0]
  command: 0.0
  auxiliary: 1.0
  looks: 2
  photographs: false
  rounds:
    - {driver: expert, flights: 2, steps: 3, learning_rate: 0.006, disturbed: 0.0, anywhere: 1.0}
  windows: {batch: 4, steps: 8}
  policy:
    encoder:
      {kind: backbone, blocks: 3, maps: [3], reduced: [8], looked: [8], height: 45, width: 80}
drivers: [feedforward, gru]
mixture: 1
mixture_steps: 2
windows: {batch: 4, steps: 8}
shared: {steps: 4, learning_rates: [0.002], trainings: 2}
end_to_end:
  {steps: 3, learning_rates: [0.002], trainings: 1, entrants: [ltc_ncp, gru], questions: [summer]}
choosing: 14000:14001
seeds: 24000:24001
scenarios: [field]
frame_rate: 6.0
questions:
  - {name: summer, about: where all have learned}
  - {name: half, about: half of the demonstrations, share: 0.5}
"""


@pytest.fixture(scope="package")
def tiny(tmp_path_factory):
    """The path of a plan."""
    path = tmp_path_factory.mktemp("plan") / "tiny.yaml"
    path.write_text(TINY)
    return path


@pytest.fixture(scope="package")
def other(tmp_path_factory):
    """The path of a plan with other windows."""
    path = tmp_path_factory.mktemp("plan") / "other.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(TINY) | {"mixture_steps": 5}))
    return path


@pytest.fixture(scope="package")
def plan(tiny):
    return load_plan(tiny)
