"""Simulated time goes back to zero, because the simulator was reset: recorder and scenario
runner.
"""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
from rclpy.serialization import serialize_message
from rosgraph_msgs.msg import Clock
from std_msgs.msg import String

from liquid_nav.nodes.drone_messages import odometry_message
from liquid_nav.nodes.messages import from_seconds, image_message, to_stamp
from liquid_nav.nodes.recorder import Recorder
from liquid_nav.nodes.running import Finished
from liquid_nav.nodes.scenario_runner import ScenarioRunner
from liquid_nav.nodes.services import GraphError
from liquid_nav.simulation.state import DroneState

_SPEC = importlib.util.spec_from_file_location("wires", Path(__file__).with_name("wires.py"))
wires = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(wires)
context, node = wires.context, wires.node  # fixtures
_TIMES = importlib.util.spec_from_file_location(
    "bag_times", Path(__file__).with_name("bag_times.py")
)
bag_times = importlib.util.module_from_spec(_TIMES)
_TIMES.loader.exec_module(bag_times)

NANO = 1_000_000_000


class WiredRecorder(wires.Wires, Recorder):
    """A recorder."""


class WiredRunner(wires.Wires, ScenarioRunner):
    """A runner."""


def odometry(time, position=(0.0, 0.0, 1.5)):
    zero = np.zeros(3)
    state = DroneState(time, np.array(position), np.array((1.0, 0.0, 0.0, 0.0)), zero, zero, zero)
    return odometry_message(state, from_seconds(time))


class Recording:
    """A recorder, and what it receives; times in s of simulation."""

    def __init__(self, node, folder):
        self.recorder = node(WiredRecorder, folder=str(folder))

    def clock(self, time):
        if "/clock" in self.recorder.callbacks:
            self.recorder.callbacks["/clock"](Clock(clock=to_stamp(from_seconds(time))))

    def frame(self, time):
        image = image_message(np.zeros((24, 32, 3), np.uint8), from_seconds(time), "camera")
        self.recorder.callbacks["camera/image_raw"](serialize_message(image))
        self.recorder.callbacks["odom"](serialize_message(odometry(time)))

    def mode(self, text):
        self.recorder.callbacks["safety_supervisor/mode"](serialize_message(String(data=text)))

    def fly(self, *times):
        for time in times:
            self.clock(time)
            self.frame(time)

    def fly_on(self, begin):
        """Two seconds from a time on; returns when the frames were."""
        times = [round(begin + 0.5 * step, 3) for step in range(5)]
        self.fly(*times)
        return times


@pytest.fixture
def recording(node, tmp_path):
    made = Recording(node, tmp_path / "today")
    yield made
    made.recorder.close()


def filed(folder, topic):
    """Return when the messages of a topic in a bag were published, s, in the order in which they
    came.
    """
    return [
        round(reported / NANO, 3)
        for name, _, reported in bag_times.times(folder / "flight.mcap")
        if name == topic
    ]


def test_a_reset_begins_another_bag_and_loses_nothing(recording, tmp_path):
    recording.mode("engaged")
    before = recording.fly_on(61.2)
    after = recording.fly_on(0.0)
    level, text, _ = recording.recorder.status("recording")
    recording.recorder.end()
    for topic in ("/odom", "/camera/image_raw/compressed"):
        assert filed(tmp_path / "today", topic) == before
        assert filed(tmp_path / "today-2", topic) == after
    assert filed(tmp_path / "today-2", "/safety_supervisor/mode") == [0.0], (
        "it is not published again"
    )
    assert (tmp_path / "today" / "metadata.yaml").exists()
    assert (tmp_path / "today-2" / "metadata.yaml").exists()
    assert level == b"\x01"
    assert text == (
        "simulated time went back from 63.2 to 0.0 s, as when a simulator is reset: the next "
        "flight is recorded into "
        f"{tmp_path / 'today-2'}"
    )


def test_every_reset_begins_another_bag_and_no_old_one_is_touched(recording, tmp_path):
    (tmp_path / "today-3").mkdir()
    flights = [recording.fly_on(begin) for begin in (5.0, 1.0, 0.5)]
    recording.recorder.end()
    assert [filed(tmp_path / name, "/odom") for name in ("today", "today-2", "today-4")] == flights


def test_what_was_on_its_way_at_a_reset_does_not_move_the_time_of_the_next_flight(
    recording, tmp_path
):
    recording.fly_on(61.2)
    recording.clock(0.0)
    recording.frame(63.24)
    recording.fly(0.1)
    recording.recorder.end()
    assert filed(tmp_path / "today-2", "/odom") == [0.0, 0.1]


@pytest.mark.parametrize("times", [(5.0, 4.95, 5.1), (5.0, 5.0), (5.0, 900.0)])
def test_a_clock_that_is_overtaken_or_goes_on_begins_nothing(recording, tmp_path, times):
    recording.fly(*times)
    recording.recorder.end()
    assert not (tmp_path / "today-2").exists()
    assert filed(tmp_path / "today", "/odom") == list(dict.fromkeys(times))


def test_two_simulators_on_one_clock_do_not_fill_the_disk_with_bags(recording, tmp_path):
    recording.fly_on(60.0)
    for step in range(50):
        recording.clock(0.04 * step)
        recording.clock(62.0 + 0.04 * step)
    level, text, _ = recording.recorder.status("recording")
    recording.recorder.end()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["today", "today-2"]
    assert (level, text) == (
        b"\x02",
        "simulated time goes back again and again: end all simulators but one",
    )


def test_without_simulated_time_stamps_of_any_clock_stay_in_one_bag(recording, tmp_path):
    """On a real drone the computer's clock may be corrected, and an autopilot counts from its
    boot.
    """
    for time in (1.7e9, 12.0, 1.7e9 - 5.0):
        recording.frame(time)
    recording.recorder.end()
    assert filed(tmp_path / "today", "/odom") == [1.7e9, 12.0, 1.7e9 - 5.0]
    assert not (tmp_path / "today-2").exists()


def test_where_the_next_bag_cannot_be_made_the_recording_ends_with_a_message(
    recording, tmp_path, monkeypatch
):
    times = recording.fly_on(5.0)
    monkeypatch.setattr("liquid_nav.nodes.recorder.next_free_folder", lambda folder: folder)
    recording.fly(0.0)
    level, text, _ = recording.recorder.status("recording")
    assert level == b"\x02"
    assert text.startswith("recording has stopped: UserError")
    assert filed(tmp_path / "today", "/odom") == times
    with pytest.raises(Finished):
        recording.recorder.end()


@pytest.fixture
def runner(node, tmp_path):
    return node(WiredRunner, scenario="field", seed=3, folder=str(tmp_path))


def receive(runner, time, position=None):
    start = runner._layout.start
    runner.callbacks["odom"](odometry(time, position or (start.x, start.y, 1.5)))


def test_a_reset_in_flight_ends_the_flight_with_a_message(runner):
    receive(runner, 12.0)
    runner._flying = True
    receive(runner, 12.04)
    with pytest.raises(GraphError) as caught:
        receive(runner, 0.0)
    assert str(caught.value) == (
        "simulated time went back from 12.0 to 0.0 s: the simulator was reset in flight. Start the "
        "flight again"
    )


def test_a_reset_before_the_flight_begins_anew(runner, tmp_path):
    runner.callbacks["simulator/contact"](
        String(data=json.dumps({"touched": "trunk", "time": 1.0}))
    )
    for time in (11.0, 12.0, 0.0):
        receive(runner, time)
    runner._flying = True
    target = runner._layout.target
    for time in np.arange(0.04, 4.0, 0.04):
        receive(runner, float(time), (target.x - 1.0, target.y, 1.5))
    with pytest.raises(Finished) as end:
        runner._finish()
    record = json.loads((tmp_path / "record.json").read_text())
    assert end.value.code == 0
    assert record["columns"]["time"][0] == 0.0
    assert max(record["columns"]["time"]) < 3.0
    assert record["outcome"]["time"] < 3.0


def test_a_flight_that_is_over_does_not_care(runner):
    target = runner._layout.target
    runner._flying = True
    for time in (10.0, 12.1):
        receive(runner, time, (target.x - 1.0, target.y, 1.5))
    assert runner._outcome.success
    receive(runner, 0.0)
    assert runner._outcome.success


def test_an_overtaken_odometry_message_is_no_reset(runner):
    runner._flying = True
    for time in (10.0, 10.08, 10.04, 10.12):
        receive(runner, time)
    assert len(runner._log) == 4
