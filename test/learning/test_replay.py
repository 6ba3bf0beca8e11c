"""A model over a recorded flight: in the flight's own time, frame by frame, with the error that
numpy computes.
"""

import csv
import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from liquid_nav.cli import app as cli
from liquid_nav.learning.recording_replay import replay_recording
from liquid_nav.policy import Observation, Policy, PolicyConfig
from liquid_nav.recordings import open_recordings
from liquid_nav.vision import EncoderConfig

_SPEC = importlib.util.spec_from_file_location("bags", Path(__file__).with_name("bags.py"))
bags = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(bags)
NANO = bags.NANO


@pytest.fixture
def policy():
    torch.manual_seed(1)
    encoder = EncoderConfig(
        height=24, width=32, channels=(4,), kernels=(5,), strides=(3,), features=6
    )
    return Policy(PolicyConfig(encoder=encoder, core={"kind": "gru", "units": 5})).eval()


def test_commands_are_those_of_stepping_by_hand(tmp_path, policy):
    rows = bags.flight_rows(5)
    later = 12 * NANO
    repeated = ("/camera/image_raw", 5 * NANO + 4 * NANO // 20 + 5000, rows[12][2])
    after_gap = ("/camera/image_raw", later, bags.raw_image(later, bags.picture(9)))
    (recording,) = open_recordings(bags.write_bag(tmp_path / "bag", [*rows, repeated, after_gap]))
    result = replay_recording(policy, recording)
    state, wanted = policy.initial_state(), []
    for k in range(5):
        elapsed = policy.config.nominal_period if k == 0 else 0.05
        decision, state = policy.step(Observation(bags.picture(k)), state, elapsed)
        wanted.append(decision.command.as_array())
    decision, _ = policy.step(
        Observation(bags.picture(9)), policy.initial_state(), policy.config.nominal_period
    )
    np.testing.assert_allclose(result.commands, [*wanted, decision.command.as_array()], atol=1e-6)
    row = result.row()
    assert (row["frames"], row["compared"], row["repeated"], row["restarts"]) == (6, 5, 1, 1)
    difference = result.commands[:5, 0] - (1.0 + 0.01 * np.arange(5))
    assert row["rmse_vx"] == pytest.approx(np.sqrt(np.mean(difference**2)))


def test_a_frame_from_the_future_costs_only_itself(tmp_path, policy):
    rows = bags.flight_rows(8)
    ahead = 5 * NANO + 2 * NANO // 20 + 3 * NANO // 10
    rows[6] = (*rows[6][:2], bags.raw_image(ahead, bags.picture(2)))
    (recording,) = open_recordings(bags.write_bag(tmp_path / "bag", rows))
    result = replay_recording(policy, recording)
    assert np.diff(result.stamps).tolist() == [NANO // 20, NANO // 10, *[NANO // 20] * 4]
    assert (result.repeated, result.restarts) == (1, 0)


def test_command_line_leaves_tables_plots_and_rows(tmp_path, policy):
    policy.save(tmp_path / "model")
    source = bags.write_bag(tmp_path / "bag", bags.flight_rows(8))
    out, rows = tmp_path / "out", tmp_path / "rows.json"
    result = CliRunner().invoke(
        cli.app,
        [
            "replay",
            str(source),
            "--model",
            str(tmp_path / "model"),
            "--out",
            str(out),
            "--json",
            str(rows),
        ],
    )
    assert result.exit_code == 0, result.stderr
    (row,) = json.loads(rows.read_text())
    assert (row["flight"], row["frames"], row["labels"]) == ("bag", 8, "command")
    lines = list(csv.DictReader((out / "bag" / "commands.csv").open()))
    assert len(lines) == 8
    assert float(lines[3]["pilot_vx"]) == pytest.approx(1.03)
    assert (out / "bag" / "commands.png").stat().st_size > 1000


def test_the_bag_holds_both_commands_in_the_time_of_the_recording(tmp_path, policy):
    from rosbags.highlevel import AnyReader

    policy.save(tmp_path / "model")
    source = bags.write_bag(tmp_path / "bag", bags.flight_rows(6))
    arguments = [
        "replay",
        str(source),
        "--model",
        str(tmp_path / "model"),
        "--out",
        str(tmp_path / "out"),
        "--bag",
        str(tmp_path / "replayed"),
    ]
    result = CliRunner().invoke(cli.app, arguments)
    assert result.exit_code == 0, result.stderr
    lines = list(csv.DictReader((tmp_path / "out" / "bag" / "commands.csv").open()))
    received = {"/replay/cmd_vel": [], "/cmd_vel": []}
    with AnyReader([tmp_path / "replayed" / "bag"]) as reader:
        assert {c.msgtype for c in reader.connections} == {"geometry_msgs/msg/TwistStamped"}
        for connection, time, data in reader.messages():
            message = reader.deserialize(data, connection.msgtype)
            assert time == message.header.stamp.sec * NANO + message.header.stamp.nanosec
            assert message.header.frame_id == "base_link"
            linear, angular = message.twist.linear, message.twist.angular
            received[connection.topic].append((time, linear.x, linear.y, linear.z, angular.z))
    for topic, who in (("/replay/cmd_vel", "model"), ("/cmd_vel", "pilot")):
        wanted = [
            [
                float(line["stamp_ns"]),
                *(float(line[f"{who}_{name}"]) for name in ("vx", "vy", "vz", "yaw_rate")),
            ]
            for line in lines
        ]
        np.testing.assert_allclose(received[topic], wanted, rtol=1e-12, atol=1e-6)
    again = CliRunner().invoke(cli.app, arguments)
    assert again.exit_code == 2 and "exists already" in again.stderr


def test_bad_input_is_one_line(tmp_path, policy):
    policy.save(tmp_path / "model")
    images = [row for row in bags.flight_rows(3) if row[0].startswith("/camera")]
    source = bags.write_bag(tmp_path / "bag", images)
    result = CliRunner().invoke(
        cli.app, ["replay", str(source), "--model", str(tmp_path / "model")]
    )
    assert result.exit_code == 2
    assert "no command and no odometry" in result.stderr
