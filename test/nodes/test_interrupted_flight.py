"""A flight that ends before it is judged leaves a record of what was flown."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from liquid_nav.cli.fly_graph import _what_is_left
from liquid_nav.nodes.drone_messages import odometry_message
from liquid_nav.nodes.messages import command_message, from_seconds
from liquid_nav.nodes.running import Finished
from liquid_nav.nodes.scenario_runner import ScenarioRunner
from liquid_nav.simulation import FlightRecord
from liquid_nav.simulation.state import DroneState
from liquid_nav.types import Command

_SPEC = importlib.util.spec_from_file_location("wires", Path(__file__).with_name("wires.py"))
wires = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(wires)
context, node = wires.context, wires.node  # fixtures


class WiredRunner(wires.Wires, ScenarioRunner):
    """A runner without a network."""


@pytest.fixture
def runner(node, tmp_path):
    return node(WiredRunner, scenario="field", seed=3, folder=str(tmp_path))


def receive(runner, time):
    start, zero = runner._layout.start, np.zeros(3)
    state = DroneState(
        time, np.array((start.x, start.y, 1.5)), np.array((1.0, 0.0, 0.0, 0.0)), zero, zero, zero
    )
    runner.callbacks["odom"](odometry_message(state, from_seconds(time)))
    runner.callbacks["cmd_vel"](command_message(Command(vx=1.0), from_seconds(time)))


def fly(runner):
    receive(runner, 0.0)
    runner._flying = True
    for time in np.arange(0.04, 2.0, 0.04):
        receive(runner, float(time))


def test_a_signal_in_flight_leaves_a_record_of_what_was_flown(runner, tmp_path):
    fly(runner)
    runner.close()
    record = FlightRecord.from_dict(json.loads((tmp_path / "record.json").read_text()))
    assert (record.outcome.reason, record.outcome.success) == ("interrupted", False)
    assert record.outcome.time == pytest.approx(1.96)
    assert record.columns["time"][-1] == pytest.approx(1.92)
    assert (record.columns["command"][:, 0] == 1.0).all()


def test_a_flight_that_breaks_leaves_one_line_with_the_cause(runner, tmp_path):
    fly(runner)
    with pytest.raises(Finished):
        runner._fail("no odometry for 30 s: does the simulator run?")
    runner.close()
    outcome = json.loads((tmp_path / "record.json").read_text())["outcome"]
    assert (outcome["reason"], outcome["detail"]) == (
        "interrupted",
        "no odometry for 30 s: does the simulator run?",
    )


def test_a_flight_that_has_not_begun_leaves_none(runner, tmp_path):
    receive(runner, 0.0)
    runner.close()
    assert not (tmp_path / "record.json").exists()


def test_a_flight_that_was_judged_keeps_its_outcome(runner, tmp_path):
    fly(runner)
    for time in (59.0, 60.1):
        receive(runner, time)
    with pytest.raises(Finished):
        runner._finish()
    runner.close()
    assert json.loads((tmp_path / "record.json").read_text())["outcome"]["reason"] == "timeout"


@pytest.mark.parametrize(("drones", "place"), [(1, ""), (2, "d2")])
def test_ctrl_c_prints_where_the_files_are(tmp_path, drones, place):
    assert (
        _what_is_left(tmp_path, drones)
        == f"the flight had not begun; the logs are in {tmp_path / 'log'}"
    )
    (tmp_path / place).mkdir(exist_ok=True)
    (tmp_path / place / "record.json").touch()
    assert f"`liquid-nav report {tmp_path}`" in _what_is_left(tmp_path, drones)
