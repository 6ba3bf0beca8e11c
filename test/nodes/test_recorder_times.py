"""What a recorder stores beside the interface, when it records that a message came and was
published, and that once.
"""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rcl_interfaces.msg import Log
from rclpy.qos import DurabilityPolicy
from rclpy.serialization import deserialize_message, serialize_message
from rosbags.rosbag2 import Reader
from rosgraph_msgs.msg import Clock
from std_msgs.msg import String

from liquid_nav.nodes.drone_messages import odometry_message
from liquid_nav.nodes.messages import (
    command_message,
    from_seconds,
    image_message,
    named_values_message,
    to_stamp,
)
from liquid_nav.nodes.recorder import Recorder
from liquid_nav.nodes.tf_cdr import encode
from liquid_nav.nodes.transforms import fixed_transform
from liquid_nav.simulation.state import DroneState
from liquid_nav.types import Command


def beside(name):
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


bag_times, wires = beside("bag_times"), beside("wires")
context, node = wires.context, wires.node  # fixtures
NANO = 1_000_000_000
NOW = 1_790_000_000 * NANO


class Wired(wires.Wires, Recorder):
    """A recorder without a network, on a machine whose clock goes on by 1 ms with every message."""

    def wall(self):
        self.now = getattr(self, "now", NOW) + 1_000_000
        return self.now


@pytest.fixture
def make(node, tmp_path):
    def create(**parameters):
        return node(Wired, folder=str(tmp_path / "bag"), **parameters)

    return create


def odometry(time, x=0.0):
    zero = np.zeros(3)
    state = DroneState(
        time, np.array((x, 0.0, 1.5)), np.array((1.0, 0.0, 0.0, 0.0)), zero, zero, zero
    )
    return serialize_message(odometry_message(state, from_seconds(time)))


def in_other_memory(data, gap):
    """Return the bytes of a DiagnosticArray of one status, written where the memory held ``gap``.

    Fast CDR leaves the gaps before aligned values as they were: three bytes behind the empty
    frame_id, three behind the level.
    """
    filled = bytearray(data)
    for begin in (17, 25):
        assert filled[begin - 1] == 0
        filled[begin : begin + 3] = gap
    assert deserialize_message(bytes(filled), DiagnosticArray) == deserialize_message(
        data, DiagnosticArray
    )
    return bytes(filled)


def stored(recorder, folder):
    recorder.close()
    return bag_times.times(folder / "bag" / "flight.mcap")


def test_messages_come_by_the_clock_of_the_machine_and_are_published_at_their_stamps(
    make, tmp_path
):
    recorder = make()
    text = serialize_message(String(data="engaged"))
    recorder.callbacks["safety_supervisor/mode"](text)
    recorder.callbacks["odom"](odometry(3.0))
    recorder.callbacks["safety_supervisor/mode"](text)
    recorder.callbacks["odom"](odometry(-5.0))
    image = image_message(np.zeros((8, 8, 3), np.uint8), 2 * NANO, "camera")
    recorder.callbacks["camera/image_raw"](serialize_message(image))
    arrivals = [NOW + step * 1_000_000 for step in range(1, 6)]
    assert stored(recorder, tmp_path) == [
        # No message has given the flight's time yet.
        ("/safety_supervisor/mode", arrivals[0], arrivals[0]),
        ("/odom", arrivals[1], 3 * NANO),
        ("/safety_supervisor/mode", arrivals[2], 3 * NANO),
        ("/odom", arrivals[3], 0),
        ("/camera/image_raw/compressed", arrivals[4], 2 * NANO),
    ]
    with Reader(tmp_path / "bag") as reader:
        assert reader.start_time == arrivals[0]


def test_a_message_that_is_published_again_is_stored_once(make, tmp_path):
    """Simulators show their first frame until the flight begins."""
    recorder = make()
    for _ in range(46):
        recorder.callbacks["odom"](odometry(0.0))
    recorder.callbacks["odom"](odometry(0.04))
    # Another message of the same time is news, and one that comes late is none.
    recorder.callbacks["odom"](odometry(0.04, x=1.0))
    recorder.callbacks["odom"](odometry(0.04))
    for _ in range(2):
        for speed in (1.0, 2.0):
            recorder.callbacks["cmd_vel"](
                serialize_message(command_message(Command(speed), 40_000_000))
            )
    found = [(topic, reported) for topic, _, reported in stored(recorder, tmp_path)]
    assert (
        found
        == [("/odom", 0), ("/odom", 40_000_000), ("/odom", 40_000_000)]
        + [("/cmd_vel", 40_000_000)] * 2
    )


def test_two_nodes_that_publish_at_one_time_are_both_received(make, tmp_path):
    recorder = make()
    for gap in (b"\0\0\0", b"\0\0\0", b"abc"):
        for name in ("camera: source", "autopilot_bridge: link"):
            message = DiagnosticArray(status=[DiagnosticStatus(name=name)])
            message.header.stamp = to_stamp(NANO)
            data = in_other_memory(serialize_message(message), gap)
            recorder.callbacks["/diagnostics"](data)
    assert [topic for topic, *_ in stored(recorder, tmp_path)] == ["/diagnostics"] * 2


@pytest.mark.parametrize("name", ["neurons", "time_constants", "timing"])
def test_what_the_controller_measures_is_published_at_the_stamp_of_its_image(make, tmp_path, name):
    recorder = make()
    for stamp in (3 * NANO, 2 * NANO, 2 * NANO):
        message = named_values_message(("a", "b"), (1.0, 2.0), stamp)
        recorder.callbacks[f"liquid_controller/{name}"](serialize_message(message))
    topic = f"/liquid_controller/{name}"
    found = [(topic, published) for topic, _, published in stored(recorder, tmp_path)]
    assert found == [(topic, 3 * NANO), (topic, 2 * NANO)]


def test_messages_without_a_stamp_are_all_news(make, tmp_path):
    recorder = make()
    for _ in range(2):
        recorder.callbacks["autopilot_bridge/state"](serialize_message(String(data="{}")))
    assert len(stored(recorder, tmp_path)) == 2


def test_what_nodes_log_is_in_the_bag_and_does_not_move_the_time_of_the_flight(make, tmp_path):
    recorder = make()
    assert recorder.seen["/rosout"][1].durability == DurabilityPolicy.TRANSIENT_LOCAL
    assert recorder.seen["/rosout"][1].depth >= 1000
    recorder.callbacks["odom"](odometry(3.0))
    recorder.callbacks["/rosout"](
        serialize_message(Log(stamp=to_stamp(NOW), name="camera", msg="opened"))
    )
    recorder.callbacks["safety_supervisor/mode"](serialize_message(String(data="hold")))
    found = {topic: reported for topic, _, reported in stored(recorder, tmp_path)}
    assert found == dict.fromkeys(("/odom", "/rosout", "/safety_supervisor/mode"), 3 * NANO)


def test_simulated_time_is_in_the_bag_so_that_a_player_can_publish_it(make, tmp_path):
    recorder = make()
    for time in (0.0, 0.0, 0.02, 0.02, 0.04):
        recorder.callbacks["/clock"](Clock(clock=to_stamp(from_seconds(time))))
    assert [(topic, reported) for topic, _, reported in stored(recorder, tmp_path)] == [
        ("/clock", 20_000_000),
        ("/clock", 40_000_000),
    ]


def test_transforms_are_recorded_and_fixed_ones_stand_in_the_next_bag_too(make, tmp_path):
    recorder = make()
    messages = [
        encode([fixed_transform("base_link", name)])
        for name in ("camera_link", "camera_optical_frame")
    ]
    # Two bytes of a gap behind the name base_link, as another node's memory may leave them.
    assert messages[0][29:32] == b"\0\0\0"
    again = messages[0][:30] + b"ab" + messages[0][32:]
    for data in (*messages, again):
        recorder.callbacks["/tf_static"](data)
    recorder.callbacks["/tf"](encode([fixed_transform("odom", "base_link")]))
    recorder.callbacks["/clock"](Clock(clock=to_stamp(0)))
    for second in range(60, 70):
        for tenth in range(10):
            recorder.callbacks["/clock"](Clock(clock=to_stamp(second * NANO + tenth * NANO // 10)))
    recorder.callbacks["/clock"](Clock(clock=to_stamp(0)))
    recorder.close()
    topics = [
        topic
        for topic, *_ in bag_times.times(tmp_path / "bag" / "flight.mcap")
        if topic != "/clock"
    ]
    assert topics == ["/tf_static", "/tf_static", "/tf_static", "/tf"]
    # The bag of the next flight, after a reset: static ones are never published again, and each
    # camera has its own.
    assert [topic for topic, *_ in bag_times.times(tmp_path / "bag-2" / "flight.mcap")] == [
        "/tf_static"
    ] * 2
    with Reader(tmp_path / "bag") as reader:
        (static,) = (one for one in reader.connections if one.topic == "/tf_static")
        # A player that keeps one message would show one camera.
        assert static.ext.offered_qos_profiles[0].depth == 100
        assert static.ext.offered_qos_profiles[0].durability.name == "TRANSIENT_LOCAL"


def test_without_their_type_everything_else_is_recorded(make, monkeypatch, tmp_path):
    monkeypatch.setattr("liquid_nav.nodes.recorder.tf_message_class", lambda: None)
    recorder = make()
    assert "/tf" not in recorder.callbacks
    recorder.callbacks["odom"](odometry(1.0))
    assert [topic for topic, *_ in stored(recorder, tmp_path)] == ["/odom"]
