"""Two processes learn together, as on two devices: Lightning starts the second, and only the first
writes.
"""

import json
import os
import subprocess
import sys

import pytest
import yaml

from liquid_nav.learning.cache import write_shard
from liquid_nav.policy import Policy


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_processes_follow_two_rounds(flight, tiny, tmp_path):
    write_shard(tmp_path / "data", [flight(30, i) for i in range(4)])
    recipe = {
        "rounds": [{"flights": 0, "steps": 3}, {"flights": 0, "steps": 2}],
        "caches": [str(tmp_path / "data")],
        "windows": {"batch": 2, "steps": 4},
        "policy": json.loads(json.dumps(tiny.to_dict())),
        "stop": {"every": 2, "held_out": 0.3},
    }
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    out = tmp_path / "run"
    command = [
        sys.executable,
        "-m",
        "liquid_nav.cli.app",
        "train",
        "--recipe",
        str(tmp_path / "recipe.yaml"),
        "--out",
        str(out),
        "--accelerator",
        "cpu",
        "--devices",
        "2",
        "--strategy",
        "ddp",
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "distributed_backend=gloo" in done.stderr and "2 processes" in done.stderr
    for line in ("round 0: learned 3 steps", "round 1: learned 2 steps", "model: "):
        assert done.stdout.count(line) == 1, done.stdout
    card = Policy.load(out / "round-1" / "model").card["training"]
    assert [[entry["step"] for entry in r["measured"]] for r in card["rounds"]] == [[2, 3], [2]]
