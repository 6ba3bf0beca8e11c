"""What the arguments of the launch files mean, which are refused, where a flight is recorded."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from liquid_nav.bringup import FlightPlan, read_flight_plan, read_record_folder
from liquid_nav.errors import UserError

NOW = datetime(2026, 11, 27, 13, 5, 9)
ARGUMENTS = {
    "scenario": "field",
    "sim": "embedded",
    "seed": "7",
    "condition": "fog",
    "pilot": "expert",
    "model": "mine",
    "record": "",
    "frame_rate": "20",
    "real_time_factor": "0.5",
    "frame_prefix": "d1/",
    "connection": "",
    "drones": "1",
    "rqt": "false",
}
PLAN = FlightPlan(
    scenario="field",
    seed=7,
    condition="fog",
    pilot="expert",
    model="mine",
    frame_rate=20.0,
    real_time_factor=0.5,
    frame_prefix="d1/",
)


def test_auto_is_a_new_folder_named_after_the_time(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first = read_record_folder("auto", NOW)
    assert first == tmp_path / "flights" / "20261127-130509"
    first.mkdir(parents=True)
    assert read_record_folder("auto", NOW).name == "20261127-130509-2"


def test_a_folder_is_taken_as_given_and_nothing_is_no_record(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert read_record_folder("mine", NOW) == tmp_path / "mine"
    assert read_record_folder("", NOW) is None


@pytest.mark.parametrize("text", ["true", "True", "false"])
def test_a_switch_is_no_folder_to_record_into(text):
    with pytest.raises(UserError, match=f"record:={text} would record.*record:=auto"):
        read_record_folder(text, NOW)


@pytest.mark.parametrize(
    ("given", "changes"),
    [
        ({}, {}),
        ({"drones": "2"}, {"drones": 2}),
        # rqt_plot's node subscribes to cmd_vel, too.
        ({"rqt": "true"}, {"watchers": 1}),
        ({"record": "/tmp/x"}, {"record": Path("/tmp/x")}),
        (
            {"sim": "px4", "connection": "tcp:host:1"},
            {"autopilot": "px4", "connection": "tcp:host:1"},
        ),
        ({"sim": "gazebo"}, {}),
    ],
)
def test_each_argument_has_its_place_in_the_plan(given, changes):
    assert read_flight_plan(ARGUMENTS | given, NOW) == replace(PLAN, **changes)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"sim": "gazebo", "drones": "2"}, "sim:=gazebo flies one drone"),
        ({"sim": "px4_gazebo", "drones": "2"}, "sim:=px4_gazebo flies one drone"),
        ({"sim": "px4", "drones": "2"}, "an autopilot flies one drone"),
        ({"drones": "9"}, "9 drones in one world"),
        ({"drones": "0"}, "cannot read drones:=0"),
        ({"drones": "1.5"}, "cannot read drones:=1.5"),
        ({"seed": "-1"}, "cannot read the seed '-1'"),
        ({"frame_rate": "fast"}, "cannot read frame_rate:=fast"),
        ({"real_time_factor": "nan"}, "cannot read real_time_factor:=nan"),
    ],
)
def test_what_no_flight_can_be_is_refused(given, text):
    with pytest.raises(UserError, match=text):
        read_flight_plan(ARGUMENTS | given, NOW)
