"""The images of a record: compressed ones go in as they come, and where there are none a person
is warned once.
"""

import array
import importlib.util
from pathlib import Path

import numpy as np
import pytest
from geometry_msgs.msg import TwistStamped
from launch_graphs import drone_graph
from nav_msgs.msg import Odometry
from rclpy.serialization import serialize_message
from rosbags.highlevel import AnyReader
from sensor_msgs.msg import CompressedImage

from liquid_nav.errors import UserError
from liquid_nav.nodes.diagnostics import OK, WARN
from liquid_nav.nodes.messages import image_message, to_stamp
from liquid_nav.nodes.recorder import Recorder

_SPEC = importlib.util.spec_from_file_location("wires", Path(__file__).with_name("wires.py"))
wires = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(wires)
context, node = wires.context, wires.node  # fixtures
_TIMES = importlib.util.spec_from_file_location(
    "bag_times", Path(__file__).with_name("bag_times.py")
)
bag_times = importlib.util.module_from_spec(_TIMES)
_TIMES.loader.exec_module(bag_times)

RAW, COMPRESSED, COMMAND = "camera/image_raw", "camera/image_raw/compressed", "cmd_vel"


class Wired(wires.Wires, Recorder):
    """A recorder without a network."""


@pytest.fixture
def make(node, tmp_path):
    def create(**parameters):
        return node(Wired, folder=str(tmp_path / "bag"), **parameters)

    return create


def packed(stamp, data=b"not looked at"):
    message = CompressedImage(format="h264", data=array.array("B", data))
    message.header.stamp = to_stamp(stamp)
    return serialize_message(message)


def receive_commands(recorder, seconds):
    """Commands of a flight of so many seconds, 10 a second."""
    for k in range(10 * seconds + 1):
        message = TwistStamped()
        message.header.stamp = to_stamp(10**9 + k * 10**8)
        recorder.callbacks[COMMAND](serialize_message(message))


def stored(tmp_path):
    path = tmp_path / "bag" / "flight.mcap"
    published = [reported for topic, _, reported in bag_times.times(path) if "image" in topic]
    with AnyReader([path]) as reader:
        messages = [
            reader.deserialize(data, connection.msgtype)
            for connection, _, data in reader.messages()
            if "image" in connection.topic
        ]
    return list(zip(published, messages, strict=True))


def test_compressed_images_go_into_the_bag_as_they_come(make, tmp_path):
    recorder = make(image_transport="compressed")
    assert RAW not in recorder.callbacks
    for stamp, data in ((5, b"one"), (5, b"again"), (9, b"two")):
        recorder.callbacks[COMPRESSED](packed(stamp, data))
    recorder.close()
    found = stored(tmp_path)
    assert [(time, bytes(message.data), message.format) for time, message in found] == [
        (5, b"one", "h264"),
        (9, b"two", "h264"),
    ]


def test_bytes_that_are_no_compressed_image_do_not_get_into_the_bag(make, tmp_path):
    recorder = make(image_transport="compressed")
    recorder.callbacks[COMPRESSED](packed(5)[:14])
    recorder.callbacks[COMPRESSED](packed(9))
    recorder.close()
    assert [time for time, _ in stored(tmp_path)] == [9]


@pytest.mark.parametrize(
    ("transport", "several", "message"),
    [
        (
            "raw",
            {"/" + RAW: 0},
            "no publisher on /camera/image_raw, but /camera/image_raw/compressed is there: record "
            "with image_transport:=compressed",
        ),
        (
            "compressed",
            {"/" + COMPRESSED: 0},
            "no publisher on /camera/image_raw/compressed, but /camera/image_raw is "
            "there: record with image_transport:=raw",
        ),
        (
            "raw",
            {"/" + RAW: 0, "/" + COMPRESSED: 0},
            "no publisher on /camera/image_raw: start the camera, or remap its topic",
        ),
        (
            "raw",
            {},
            "/camera/image_raw has a publisher, but nothing arrives that can be recorded: see "
            "/diagnostics and "
            "`ros2 topic hz /camera/image_raw`",
        ),
    ],
)
def test_a_flight_without_images_is_reported_once_with_the_remedy(
    make, transport, several, message
):
    recorder = make(image_transport=transport)
    recorder.several = several
    receive_commands(recorder, 5)
    assert "images" not in recorder.statuses()
    receive_commands(recorder, 20)
    expected = f"5 s are recorded without a camera image: {message}"
    assert recorder.status("images") == (WARN, expected, {})
    assert [text for level, text in recorder.log if level == "warning"] == [f"images: {expected}"]


@pytest.mark.parametrize("transport", ["raw", "compressed"])
def test_where_images_come_nothing_is_reported(make, transport):
    recorder = make(image_transport=transport)
    if transport == "raw":
        recorder.callbacks[RAW](
            serialize_message(image_message(np.zeros((8, 8, 3), np.uint8), 10**9, "c"))
        )
    else:
        recorder.callbacks[COMPRESSED](packed(10**9))
    receive_commands(recorder, 20)
    recorder.close()
    assert "images" not in recorder.statuses()
    assert not [text for level, text in recorder.log if level == "warning"]


def test_topics_on_different_clocks_are_no_time_without_images(make):
    """Odometry in seconds since the autopilot's boot, commands in those since 1970."""
    recorder = make()
    odometry = Odometry()
    odometry.header.stamp = to_stamp(100 * 10**9)
    recorder.callbacks["odom"](serialize_message(odometry))
    command = TwistStamped()
    command.header.stamp = to_stamp(1_800_000_000 * 10**9)
    recorder.callbacks[COMMAND](serialize_message(command))
    assert "images" not in recorder.statuses()


def test_images_that_come_late_end_the_warning(make):
    recorder = make(image_transport="compressed")
    receive_commands(recorder, 6)
    recorder.callbacks[COMPRESSED](packed(8 * 10**9))
    assert recorder.status("images") == (OK, "camera images arrive", {})


def test_a_short_record_without_images_is_reported_at_its_end(make, tmp_path):
    recorder = make()
    receive_commands(recorder, 1)
    recorder.close()
    assert recorder.log[-1] == ("warning", f"the bag {tmp_path / 'bag'} has no camera images")


def test_another_transport_is_refused_with_the_accepted_ones(make):
    with pytest.raises(
        UserError, match="unknown image_transport 'theora'. choose raw or compressed"
    ):
        make(image_transport="theora")


@pytest.mark.parametrize("transport", ["raw", "compressed"])
def test_the_launch_argument_reaches_every_node_that_reads_images(transport):
    graph = drone_graph(image_transport=transport, record="/tmp/x")
    reported = {
        p.executable: p.parameters["image_transport"]
        for p in graph
        if "image_transport" in p.parameters
    }
    assert reported == dict.fromkeys(
        ("liquid_controller", "safety_supervisor", "recorder"), transport
    )
