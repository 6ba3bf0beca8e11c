"""The fast and the reference path learn the same from the same batches."""

import csv
import json

import pytest
import torch

from liquid_nav.learning.cache import write_shard
from liquid_nav.learning.recipe import load_recipe
from liquid_nav_benchmarks import compare_paths
from liquid_nav_benchmarks.both_paths import PRECISE, make_learner

RECIPE = """
rounds: [{driver: expert, flights: 1, steps: 9, windows: {batch: 3}}]
windows: {batch: 2, steps: 5}
policy:
  encoder: {height: 24, width: 32, channels: [4, 6], kernels: [5, 3], strides: [2, 2], features: 7}
  core:
    kind: KIND
    unfolds: 2
    wiring: {kind: ncp, inter: 6, command: 5, motor: 4, sensory_fanout: 3, inter_fanout: 2,
             recurrent_command: 4, motor_fanin: 3, seed: 1}
"""


@pytest.fixture
def recipe(tmp_path):
    (tmp_path / "recipe.yaml").write_text(RECIPE.replace("KIND", "ltc"))
    return tmp_path / "recipe.yaml"


@pytest.fixture
def cache(flight, tmp_path):
    write_shard(tmp_path / "cache", [flight(40, 0), flight(30, 1)])
    return tmp_path / "cache"


def test_the_losses_are_the_same_to_rounding(cache, recipe, tmp_path, capsys):
    files = {name: tmp_path / f"out.{name}" for name in ("json", "csv", "plot")}
    written = [text for name, path in files.items() for text in (f"--{name}", str(path))]
    assert (
        compare_paths.main(
            [str(cache), "--recipe", str(recipe), "--steps", "6", "--precise", *written]
        )
        == 0
    )
    fast, reference, precise = json.loads(files["json"].read_text())
    assert [row["path"] for row in (fast, reference, precise)] == ["fast", "reference", PRECISE]
    assert fast["max_relative_difference"] < 1e-4 and precise["max_relative_difference"] < 1e-4
    assert reference["max_difference"] == precise["max_difference_float64"] == 0.0
    assert reference["max_difference_float64"] == precise["max_difference"]
    assert fast["first_loss"] != pytest.approx(fast["last_loss"], rel=1e-3), "it learns"
    for row in (fast, reference):
        assert 0.0 < row["core_seconds"] < row["seconds"]
    curves = list(csv.DictReader(files["csv"].open()))
    assert [float(row["reference_loss"]) for row in (curves[0], curves[5])] == [
        reference["first_loss"],
        reference["last_loss"],
    ]
    assert {"step", "fast_loss", "fast_s", "reference_in_float64_loss"} < set(curves[0])
    assert files["plot"].read_bytes().startswith(b"\x89PNG")
    assert "| fast | 6 |" in capsys.readouterr().out


def test_each_training_uses_the_path_that_it_is_named_after(recipe):
    cores = [
        make_learner(load_recipe(recipe), name, 3).module.policy.core
        for name in ("fast", "reference", PRECISE)
    ]
    assert [core.kernel for core in cores] == ["numba", "torch", "torch"]
    assert [core.cm.dtype for core in cores] == [torch.float32, torch.float32, torch.float64]
    for core in cores[1:]:
        torch.testing.assert_close(core.sensory_w.float(), cores[0].sensory_w, rtol=0, atol=0)


def test_what_cannot_be_compared_is_one_line(cache, recipe, tmp_path, capsys):
    wide, lstm = tmp_path / "wide.yaml", tmp_path / "lstm.yaml"
    wide.write_text(recipe.read_text().replace("width: 32", "width: 48"))
    lstm.write_text(recipe.read_text().replace("kind: ltc", "kind: lstm"))
    for arguments, expected in (
        ([cache, "--recipe", wide], "32 x 24"),
        ([cache, "--recipe", lstm], "lstm"),
        ([tmp_path / "none", "--recipe", recipe], "holds no data set"),
        ([cache, "--recipe", "none.yaml"], "none.yaml"),
        ([cache, "--recipe", recipe, "--plot", "/dev/null/x"], "cannot write"),
    ):
        assert compare_paths.main([str(argument) for argument in arguments]) == 2
        printed = capsys.readouterr()
        assert expected in printed.err and printed.err.count("\n") == 1 and printed.out == ""
    with pytest.raises(SystemExit):
        compare_paths.main([str(cache), "--steps", "0"])
