"""Every script in examples/ runs as its first lines describe, and does what it promises."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"


def run(name, *arguments, folder):
    done = subprocess.run(
        [sys.executable, EXAMPLES / name, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_every_script_is_tried_here_and_short_enough_to_read():
    here = Path(__file__).read_text(encoding="utf-8")
    for script in EXAMPLES.glob("*.py"):
        lines = script.read_text(encoding="utf-8").splitlines()
        assert f'"{script.name}"' in here, script.name
        assert f"python examples/{script.name}" in "\n".join(lines[:12]), script.name
        assert len(lines) <= 65, script.name


@pytest.mark.slow
def test_a_policy_flies(tmp_path):
    shown = run("fly_policy.py", "--seed", 10007, folder=tmp_path)
    assert re.match(r"success: held \d\.\d\d m from the target\n\d+\.\d s, \d+ frames", shown)


@pytest.mark.slow
def test_a_controller_of_ones_own_flies_by_the_same_rules(tmp_path):
    shown = run("own_controller.py", folder=tmp_path)
    assert shown.startswith("success: held")
    assert int(re.search(r"saw red in (\d+) of", shown)[1]) > 100


@pytest.mark.slow
def test_a_condition_is_added(tmp_path):
    shown = run("add_condition.py", "--out", "wet", folder=tmp_path)
    assert shown.startswith("drizzle: ")
    picture = tmp_path / "wet" / "first_frame.png"
    assert picture.stat().st_size > 5000


@pytest.mark.slow
def test_a_kind_of_world_is_added(tmp_path):
    shown = run("add_world.py", "--out", "orchard", folder=tmp_path)
    assert int(re.match(r"(\d+) trees, expert: success$", shown.strip())[1]) > 20
    assert "world: orchard" in (tmp_path / "orchard" / "orchard.yaml").read_text()


@pytest.mark.slow
def test_a_core_is_added(tmp_path):
    shown = run("add_core.py", "--out", "leaky", folder=tmp_path)
    assert re.match(r"16 units, untrained: (collision|timeout|geofence|lost|success)\n", shown)
    assert (tmp_path / "leaky" / "config.json").is_file()


@pytest.mark.slow
def test_the_core_learns_a_time_series(tmp_path):
    shown = run("time_series.py", "--steps", 100, folder=tmp_path)
    errors = [float(number) for number in re.findall(r"error (\d\.\d+)", shown)]
    assert errors[-1] < 0.5 * errors[0]


@pytest.mark.slow
def test_a_network_is_trained_on_bags(tmp_path):
    pytest.importorskip("rosbags")
    place = Path(__file__).parent / "learning" / "bags.py"
    specification = importlib.util.spec_from_file_location("bags", place)
    bags = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(bags)
    bags.write_bag(tmp_path / "bags" / "one", bags.flight_rows(40))
    shown = run("train_on_bags.py", "bags", "--steps", 2, folder=tmp_path)
    assert (tmp_path / "runs" / "mine" / "training" / "round-0" / "model").is_dir()
    assert re.search(r"round-0/model: (collision|timeout|geofence|lost|success), ", shown)
