"""The bag: written as a recorder does, read as ros2 bag would."""

import cv2
import numpy as np
import pytest
from rclpy.serialization import serialize_message
from rosbags.rosbag2 import Reader
from sensor_msgs.msg import CompressedImage

from liquid_nav.errors import UserError
from liquid_nav.nodes.bag import COMPRESSED, BagWriter, read_frames
from liquid_nav.nodes.messages import command_message, to_stamp
from liquid_nav.types import Command

TWIST = "geometry_msgs/msg/TwistStamped"


def jpeg(level, stamp):
    picture = np.full((16, 32, 3), level, np.uint8)
    message = CompressedImage(format="jpeg")
    message.header.stamp = to_stamp(stamp)
    message.data.frombytes(cv2.imencode(".jpg", picture)[1].tobytes())
    return serialize_message(message)


def write(folder):
    bag = BagWriter(folder)
    bag.add_topic("/camera/image_raw/compressed", COMPRESSED, best_effort=True)
    bag.add_topic("/cmd_vel", TWIST)
    bag.add_topic("/liquid_controller/cmd_vel", TWIST)
    for k in range(3):
        bag.write("/camera/image_raw/compressed", k * 100, jpeg(60 * k, k * 100))
        bag.write("/liquid_controller/cmd_vel", k * 100, serialize_message(command_message(Command(9.0), k * 100)))
        if k != 1:
            bag.write("/cmd_vel", k * 100, serialize_message(command_message(Command(float(k)), k * 100)))
    bag.close()


def test_a_bag_is_one_file_with_its_metadata(tmp_path):
    write(tmp_path / "flight")
    assert sorted(path.name for path in (tmp_path / "flight").iterdir()) == ["flight.mcap", "metadata.yaml"]
    with Reader(tmp_path / "flight") as reader:
        assert {c.topic: c.msgcount for c in reader.connections} == {
            "/camera/image_raw/compressed": 3, "/cmd_vel": 2, "/liquid_controller/cmd_vel": 3,
        }  # fmt: skip


def test_frames_come_with_the_command_that_was_made_from_them(tmp_path):
    write(tmp_path)
    frames = list(read_frames(tmp_path))
    assert [stamp for stamp, _, _ in frames] == [0, 100, 200]
    assert [command.vx for _, _, command in frames] == [0.0, 0.0, 2.0]
    assert [round(float(image.mean())) for _, image, _ in frames] == [0, 60, 120]


def test_a_flight_is_never_overwritten(tmp_path):
    write(tmp_path)
    with pytest.raises(UserError, match="exists already"):
        BagWriter(tmp_path)
