"""The benchmark of a policy's step: what it reports; how fast machines are is not a test's
business.
"""

import json

import pytest
from typer.testing import CliRunner

from liquid_nav.cli import app as cli
from liquid_nav.policy import Policy, PolicyConfig
from liquid_nav.vision import BackboneConfig
from liquid_nav_benchmarks.bench.policy_steps import published_ncp


def test_rows_have_the_documented_keys(tmp_path):
    target = tmp_path / "bench.json"
    result = CliRunner().invoke(
        cli.app, ["bench", "policy", "--rounds", "10", "--threads", "1", "--json", str(target)]
    )
    assert result.exit_code == 0, result.stderr
    (row,) = json.loads(target.read_text())
    timed = {"step_ms", "encoder_ms", "ratio", "steps_per_s"}
    assert set(row) == {"model", "core", "states", "runtime", "image", "threads"} | timed
    assert (row["core"], row["states"], row["image"]) == ("ltc", 34, "256 x 144")
    assert row["ratio"] > 0.5


def test_each_model_is_timed_in_each_runtime(tmp_path):
    pytest.importorskip("onnxruntime")
    Policy(PolicyConfig(encoder=BackboneConfig())).save(tmp_path / "backbone")
    target = tmp_path / "bench.json"
    arguments = [
        "bench",
        "policy",
        "--model",
        str(tmp_path / "backbone"),
        "--runtime",
        "torch",
        "--runtime",
        "onnxruntime",
    ]
    result = CliRunner().invoke(
        cli.app, [*arguments, "--rounds", "10", "--threads", "1", "--json", str(target)]
    )
    assert result.exit_code == 0, result.stderr
    rows = json.loads(target.read_text())
    assert [row["runtime"] for row in rows] == ["torch", "onnxruntime"]
    assert [row["model"].rpartition(", ")[2] for row in rows] == ["torch", "onnxruntime"]


def test_the_stand_in_has_the_published_size():
    policy = published_ncp()
    assert sum(p.numel() for p in policy.encoder.parameters()) == 263_524
    assert (len(policy.core.sensory_w), len(policy.core.w)) == (768, 100)


def test_a_missing_model_is_one_line():
    result = CliRunner().invoke(cli.app, ["bench", "policy", "--model", "/nowhere"])
    assert result.exit_code == 2
    assert "no model at" in result.stderr
