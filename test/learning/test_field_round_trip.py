"""From a real drone's recording to a model that flies: import, train, fly, each with the command
that people type.

The bag is as a real drone leaves it: images in unix time, odometry in seconds since the autopilot's
boot.
"""

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from liquid_nav.cli import app as cli
from liquid_nav.learning.cache import Shard
from liquid_nav.learning.import_dataset import data_set_shards
from liquid_nav.policy import Policy
from liquid_nav.simulation import fly_in_simulation
from liquid_nav.simulation.pilots import PolicyPilot
from liquid_nav.worlds import load_condition, load_scenario

_SPEC = importlib.util.spec_from_file_location("bags", Path(__file__).with_name("bags.py"))
bags = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(bags)
UNIX = 1_790_000_000 * bags.NANO
BOOT = 312 * bags.NANO
RECIPE = """
caches: [{data}]
rounds:
  - {{flights: 0, steps: 3, learning_rate: 1e-3}}
windows: {{batch: 2, steps: 5}}
policy:
  encoder:
    {{height: 24, width: 32, channels: [4, 6], kernels: [5, 3], strides: [2, 2], features: 7}}
  core: {{kind: gru, units: 5}}
"""


def run(*arguments):
    result = CliRunner().invoke(cli.app, [str(a) for a in arguments])
    assert result.exit_code == 0, result.output + result.stderr
    return result


@pytest.fixture
def recorded(tmp_path):
    """A flight of 2 s, images at 20 Hz and odometry at 30 Hz."""
    rows = []
    for k in range(40):
        stamp = UNIX + k * bags.NANO // 20
        rows.append(
            ("/camera/image_raw/compressed", stamp, bags.compressed_image(stamp, bags.picture(k)))
        )
    for k in range(60):
        since = k * bags.NANO // 30
        velocity = (1.0 + 0.02 * k, 0.1 * np.sin(k), 0.0, 0.02 * np.cos(k))
        # As our recorder files it: under the newest image's stamp.
        arrival = UNIX + since // (bags.NANO // 20) * (bags.NANO // 20) + 1
        rows.append(("/odom", arrival, bags.odometry(BOOT + since, velocity)))
    return bags.write_bag(tmp_path / "flight", sorted(rows, key=lambda row: row[1]))


def test_from_the_recording_of_a_real_drone_to_a_model_that_flies(recorded, tmp_path):
    data = tmp_path / "data"
    run("import", "flights", recorded, "--labels", "odometry", "--out", data, "--size", "32x24")
    shard = Shard(data_set_shards(data)[0])
    assert len(shard.frames) == 40
    # Within one frame of where it was measured: 0.6 m/s every second.
    np.testing.assert_allclose(
        shard.labels[:, 0], 1.0 + 0.6 * np.arange(40) / 20, atol=0.6 / 20 + 1e-6
    )

    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(RECIPE.format(data=data))
    run("train", "--recipe", recipe, "--out", tmp_path / "run", "--accelerator", "cpu")
    model = tmp_path / "run" / "round-0" / "model"
    policy = Policy.load(model)
    assert policy.card["training"]["recorded"][str(data)] == {"flights": 1, "frames": 40}
    assert policy.card["training"]["recipe"]["rounds"][0]["learning_rate"] == 1e-3

    scenario = load_scenario("field")
    short = replace(scenario, success=replace(scenario.success, time_limit=1.0))
    record = fly_in_simulation(
        short, 3, load_condition("summer"), PolicyPilot(policy, "mine"), frame_rate=10.0
    )
    assert len(record.columns["time"]) == 10
    assert (
        np.isfinite(record.columns["command"]).all()
        and np.abs(record.columns["command"]).max() > 0.0
    )
