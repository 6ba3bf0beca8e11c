"""What a user would do, at small size: fly with the expert, record, import, train from that alone,
fly unseen seeds.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).parents[2] / "examples" / "round_trip.sh"
SCENARIO = """
world: field
parameters: {bales: [1, 2], bushes: [0, 1], fences: [0, 0], lone_trees: [0, 0]}
target: {distance: [7.0, 9.0], bearing: [-0.2, 0.2]}
success: {time_limit: 12.0}
"""
"""About seven seconds of flight."""
RECIPE = """
caches: [data/mine]
rounds: [{flights: 0, steps: 400, learning_rate: 0.004}]
windows: {batch: 12, steps: 24, slowest: 0.3}
photometric:
  {share: 0.8, brightness: 0.4, contrast: 0.4, saturation: 0.4, matrix: 0.08, noise: 0.05}
policy:
  encoder:
    {height: 36, width: 64, channels: [8, 12, 16], kernels: [5, 3, 3], strides: [2, 2, 2],
     features: 16}
  core:
    kind: ltc
    kernel: torch
    unfolds: 3
    wiring: {kind: ncp, inter: 12, command: 8, motor: 4, sensory_fanout: 6, inter_fanout: 4,
             recurrent_command: 8,
             motor_fanin: 5, seed: 1}
"""


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_from_the_experts_flights_to_a_network_that_gets_closer(tmp_path):
    from rosbags.rosbag2 import Reader

    (tmp_path / "near.yaml").write_text(SCENARIO)
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    folder = tmp_path / "trip"
    # A domain of its own, as for a user; one thread, as the nodes of the graph have.
    environment = {k: v for k, v in os.environ.items() if k != "ROS_DOMAIN_ID"} | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "OMP_NUM_THREADS": "1",
        "SCENARIO": str(tmp_path / "near.yaml"),
        "RECIPE": str(tmp_path / "recipe.yaml"),
        "FLIGHTS": "4",
        "RATE": "10",
        "SIZE": "64x36",
        "SEEDS": "10000:10008",
        "SPEED": "0",
    }
    done = subprocess.run(
        ["bash", str(SCRIPT), str(folder)], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stdout + done.stderr

    for flight in (folder / "flights" / str(seed) for seed in range(4)):
        record = json.loads((flight / "record.json").read_text())
        frames = len(record["columns"]["time"])
        assert record["outcome"]["success"] and frames > 50
        with Reader(flight) as reader:
            counts = {c.topic: c.msgcount for c in reader.connections}
        assert counts["/camera/image_raw/compressed"] >= 0.95 * frames, (
            "the recorder keeps up with the fast clock"
        )
    flights = [json.loads(line) for line in (folder / "flights.jsonl").read_text().splitlines()]
    distance = {
        name: np.array([f["closest_distance"] for f in flights if f["model"] == name])
        for name in ("untrained", "model")
    }
    assert len(distance["untrained"]) == len(distance["model"]) == 8
    # Four flights teach it to fly there, most times within 2 m, hardly to stop there. Recordings
    # differ from run to run (flights in real time do), and what so few of them teach does too: a
    # mean of 2 m, once of 6 m, was seen.
    assert distance["model"].mean() < distance["untrained"].mean() - 0.3, done.stdout
    assert "mean of the paired differences: -" in done.stdout
