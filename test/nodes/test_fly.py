"""``liquid-nav fly`` from outside: separate processes over DDS, what they leave behind, and what
bad input prints.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

NEAR = (
    "world: field\nparameters: {bales: [5, 9], bushes: [2, 5], fences: [1, 2], lone_trees: "
    "[1, 2]}\n"
)
NEAR += "target: {distance: [4.0, 4.5]}\n"
"""A flight of a few seconds."""
SHARED = {"/clock", "/diagnostics", "/rosout", "/tf", "/tf_static"}
"""Topics on which all drones of a graph publish."""


def command(*arguments):
    return [
        sys.executable,
        "-c",
        "from liquid_nav.cli.app import main; main()",
        "fly",
        *map(str, arguments),
    ]


def environment():
    # A domain of its own, as for a user: not the one of the test run.
    return {name: value for name, value in os.environ.items() if name != "ROS_DOMAIN_ID"}


def fly(*arguments, **options):
    return subprocess.run(
        command(*arguments),
        capture_output=True,
        text=True,
        timeout=250,
        env=environment() | options,
    )


@pytest.fixture(scope="module")
def scenario(tmp_path_factory):
    path = tmp_path_factory.mktemp("scenario") / "near.yaml"
    path.write_text(NEAR)
    return path


@pytest.fixture(scope="module")
def flight(scenario, tmp_path_factory):
    """One flight of the expert: what it printed, its folder and its result.

    In real time, as for a user.
    """
    folder = tmp_path_factory.mktemp("flights") / "one"
    result = folder.parent / "result.json"
    arguments = ("--scenario", scenario, "--seed", 5, "--pilot", "expert")
    done = fly(*arguments, "--out", folder, "--json", result)
    assert done.returncode in (0, 1) and (folder / "record.json").exists(), (
        done.stdout + done.stderr
    )
    return done, folder, json.loads(result.read_text())


@pytest.mark.slow
def test_it_reaches_the_target_and_reports_it(flight):
    done, folder, (row,) = flight
    assert done.returncode == 0 and "reached the target" in done.stdout, done.stdout + done.stderr
    assert row["success"] is True and row["reason"] == "success" and row["seed"] == 5
    assert Path(row["folder"]) == folder


@pytest.mark.slow
def test_it_leaves_what_the_readme_promises(flight):
    from rosbags.rosbag2 import Reader

    from liquid_nav.evaluation.video import read_video

    _, folder, _ = flight
    names = {path.name for path in folder.iterdir()}
    assert names >= {
        "flight.mcap",
        "metadata.yaml",
        "camera.mp4",
        "top_view.png",
        "report.html",
        "record.json",
    }
    frames = len(json.loads((folder / "record.json").read_text())["columns"]["time"])
    with Reader(folder) as reader:
        counts = {connection.topic: connection.msgcount for connection in reader.connections}
    assert counts["/camera/image_raw/compressed"] >= 0.9 * frames and counts["/cmd_vel"] >= frames
    assert counts["/imu"] > 2 * frames and counts["/diagnostics"] > 0
    # The expert under its own name: nothing in the bag looks as if the network had flown.
    assert counts["/expert_pilot/cmd_vel"] >= 0.9 * frames and counts["/expert_pilot/mode"] == 1
    assert not counts.get("/liquid_controller/cmd_vel")
    assert not counts.get("/liquid_controller/mode")
    assert sum(1 for _ in read_video(folder / "camera.mp4")) >= 0.9 * frames


@pytest.mark.slow
def test_the_graph_flies_the_flight_of_the_lock_step_simulation(flight, scenario):
    from liquid_nav.simulation import ExpertPilot, FlightRecord
    from liquid_nav.simulation import fly_in_simulation as fly_alone
    from liquid_nav.worlds import load_condition, load_scenario

    _, folder, _ = flight
    record = FlightRecord.from_dict(json.loads((folder / "record.json").read_text()))
    alone = fly_alone(load_scenario(scenario), 5, load_condition("summer"), ExpertPilot())
    assert record.outcome.reason == alone.outcome.reason
    for name, column in alone.columns.items():
        assert record.columns[name].shape == column.shape, name
        np.testing.assert_allclose(record.columns[name], column, atol=1e-9, err_msg=name)


@pytest.mark.slow
def test_two_drones_fly_in_one_world(scenario, tmp_path):
    from rosbags.rosbag2 import Reader

    result = tmp_path / "result.json"
    done = fly(
        "--scenario",
        scenario,
        "--seed",
        5,
        "--pilot",
        "expert",
        "--drones",
        2,
        "--out",
        tmp_path / "two",
        "--json",
        result,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = json.loads(result.read_text())
    assert [(row["drone"], row["success"], row["seed"]) for row in rows] == [
        ("d1", True, 5),
        ("d2", True, 5),
    ]
    starts = [
        json.loads((Path(row["folder"]) / "record.json").read_text())["start"][:2] for row in rows
    ]
    assert np.hypot(*np.subtract(*starts)) > 5.0, "on opposite sides of the target"
    for row in rows:
        with Reader(row["folder"]) as reader:
            topics = {connection.topic for connection in reader.connections if connection.msgcount}
        assert f"/{row['drone']}/camera/image_raw/compressed" in topics
        assert all(topic.startswith(f"/{row['drone']}/") for topic in topics - SHARED)


@pytest.mark.slow
def test_ctrl_c_leaves_no_process_behind(scenario, tmp_path):
    folder = tmp_path / "interrupted"
    process = subprocess.Popen(
        command(
            "--scenario",
            scenario,
            "--seed",
            5,
            "--pilot",
            "expert",
            "--out",
            folder,
            "--real-time-factor",
            0.1,
        ),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    deadline = time.monotonic() + 60.0
    while not (folder / "log" / "scenario_runner.log").exists():
        assert time.monotonic() < deadline and process.poll() is None, process.communicate()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert not [
        path for path in Path("/proc").glob("[0-9]*/cmdline") if str(folder).encode() in _read(path)
    ]


def _read(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (("--scenario", "forst"), ("unknown scenario 'forst'", "forest")),
        (("--condition", "sumer"), ("unknown condition 'sumer'", "summer")),
        (("--pilot", "me"), ("unknown pilot 'me'", "expert")),
        (("--seed", "-1"), ("cannot read the seed '-1'", "random")),
        (("--pilot", "expert", "--out", "/proc/nowhere"), ("cannot create /proc/nowhere", "--out")),
        (("--autopilot", "betaflight"), ("unknown autopilot 'betaflight'", "test-px4")),
        (("--autopilot", "px4", "--drones", "2"), ("an autopilot flies one drone",)),
        (("--json", "/proc/nowhere.json"), ("cannot write /proc/nowhere.json",)),
    ],
)
def test_bad_input_is_one_line_exit_code_2_and_no_folder(arguments, parts, tmp_path):
    done = fly("--out", tmp_path / "flight", *arguments)
    assert done.returncode == 2 and not (tmp_path / "flight").exists()
    assert len(done.stderr.strip().splitlines()) == 1 and all(
        part in done.stderr for part in parts
    ), done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("case", ["missing", "tampered"])
def test_a_bad_model_is_one_line_and_exit_code_2(case, small_model, tmp_path):
    import shutil

    model = tmp_path / "model"
    if case == "tampered":
        shutil.copytree(small_model, model)
        weights = bytearray((model / "weights.safetensors").read_bytes())
        weights[-1] ^= 1
        (model / "weights.safetensors").write_bytes(weights)
    done = fly("--model", model, "--out", tmp_path / "flight")
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert ("sha256" if case == "tampered" else "config.json is missing") in done.stderr
