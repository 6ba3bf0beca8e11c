"""The bag: written as a recorder does, read as ros2 bag would."""

import errno
import importlib.util
import resource
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest
from rclpy.serialization import serialize_message
from rosbags.rosbag2 import Reader
from sensor_msgs.msg import CompressedImage

from liquid_nav.errors import UserError
from liquid_nav.nodes.messages import command_message, to_stamp
from liquid_nav.recordings.bag import (
    COMPRESSED_IMAGE_TYPE,
    END,
    BagWriter,
    end_after_last_record,
    read_bag_frames,
)
from liquid_nav.types import Command

_TIMES = importlib.util.spec_from_file_location(
    "bag_times", Path(__file__).with_name("bag_times.py")
)
bag_times = importlib.util.module_from_spec(_TIMES)
_TIMES.loader.exec_module(bag_times)
TWIST = "geometry_msgs/msg/TwistStamped"


def jpeg(level, stamp):
    picture = np.full((16, 32, 3), level, np.uint8)
    message = CompressedImage(format="jpeg")
    message.header.stamp = to_stamp(stamp)
    message.data.frombytes(cv2.imencode(".jpg", picture)[1].tobytes())
    return serialize_message(message)


def write(folder):
    bag = BagWriter(folder)
    bag.add_topic("/camera/image_raw/compressed", COMPRESSED_IMAGE_TYPE, best_effort=True)
    bag.add_topic("/cmd_vel", TWIST)
    proposed = ("/liquid_controller/cmd_vel", "/expert_pilot/cmd_vel")
    for topic in proposed:
        bag.add_topic(topic, TWIST)
    for k in range(3):
        bag.write("/camera/image_raw/compressed", k * 100, jpeg(60 * k, k * 100))
        for topic in proposed:
            bag.write(topic, k * 100, serialize_message(command_message(Command(9.0), k * 100)))
        if k != 1:
            bag.write(
                "/cmd_vel", k * 100, serialize_message(command_message(Command(float(k)), k * 100))
            )
    bag.close()


def test_a_bag_is_one_file_with_its_metadata(tmp_path):
    write(tmp_path / "flight")
    assert sorted(path.name for path in (tmp_path / "flight").iterdir()) == [
        "flight.mcap",
        "metadata.yaml",
    ]
    with Reader(tmp_path / "flight") as reader:
        assert {c.topic: c.msgcount for c in reader.connections} == {
            "/camera/image_raw/compressed": 3,
            "/cmd_vel": 2,
            "/liquid_controller/cmd_vel": 3,
            "/expert_pilot/cmd_vel": 3,
        }


def test_a_message_has_a_time_of_arrival_and_one_of_publication(tmp_path):
    bag = begun(tmp_path)
    bag.write("/cmd_vel", 1_800_000_000_000, b"arrived later", 5)
    bag.write("/cmd_vel", 1_800_000_000_001, b"without a stamp")
    bag.close()
    assert bag_times.times(tmp_path / "flight.mcap") == [
        ("/cmd_vel", 1_800_000_000_000, 5),
        ("/cmd_vel", 1_800_000_000_001, 1_800_000_000_001),
    ]
    with Reader(tmp_path) as reader:
        assert (reader.start_time, reader.end_time) == (1_800_000_000_000, 1_800_000_000_002)
    assert "nanoseconds_since_epoch: 1800000000000" in (tmp_path / "metadata.yaml").read_text()


def test_chunks_are_compressed_one_by_one(tmp_path):
    bag = begun(tmp_path)
    for k in range(25):
        bag.write("/cmd_vel", k, bytes(PART))
    bag.close()
    assert [compression for compression, _ in bag_times.chunks(tmp_path / "flight.mcap")] == [
        "zstd"
    ] * 3
    assert (tmp_path / "flight.mcap").stat().st_size < 20_000
    # Nothing has to be unpacked first, as it would with a file or messages that are compressed for
    # themselves.
    assert "compression_mode: ''" in (tmp_path / "metadata.yaml").read_text()


def test_frames_come_with_the_command_that_was_made_from_them(tmp_path):
    write(tmp_path)
    frames = list(read_bag_frames(tmp_path))
    assert [stamp for stamp, _, _ in frames] == [0, 100, 200]
    assert [command.vx for _, _, command in frames] == [0.0, 0.0, 2.0]
    assert [round(float(image.mean())) for _, image, _ in frames] == [0, 60, 120]


def test_an_image_that_cannot_be_decoded_is_left_out(tmp_path):
    bag = BagWriter(tmp_path)
    bag.add_topic("/camera/image_raw/compressed", COMPRESSED_IMAGE_TYPE, best_effort=True)
    for stamp, data in ((0, b"cut"), (100, b"")):
        message = CompressedImage(format="jpeg", data=data)
        message.header.stamp = to_stamp(stamp)
        bag.write("/camera/image_raw/compressed", stamp, serialize_message(message))
    bag.write("/camera/image_raw/compressed", 200, jpeg(60, 200))
    bag.close()
    assert [stamp for stamp, _, _ in read_bag_frames(tmp_path)] == [200]


def test_a_flight_is_never_overwritten(tmp_path):
    write(tmp_path)
    with pytest.raises(UserError, match="exists already"):
        BagWriter(tmp_path)


@contextmanager
def disk_of(size):
    """No file can be longer than ``size`` bytes meanwhile: writes fail as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


PART = 100_000
"""Bytes of each message below: eleven of them make a chunk of the file."""


def payload(k):
    # Nothing that a compressor could make smaller, like the JPEGs of a flight.
    return np.random.default_rng(k).bytes(PART)


def fill(bag, begin, end):
    for k in range(begin, end):
        bag.write("/cmd_vel", k, payload(k))


def begun(folder):
    bag = BagWriter(folder)
    bag.add_topic("/cmd_vel", TWIST)
    return bag


def kept(path):
    """How many messages a bag has; they are the first that were written, each of them whole."""
    with Reader(path) as reader:
        found = [(time, bytes(data)) for _, time, data in reader.messages()]
    assert found == [(k, payload(k)) for k in range(len(found))]
    return len(found)


@pytest.mark.parametrize(("size", "messages"), [(1_500_000, 11), (3_000_000, 22), (900_000, 0)])
def test_what_was_written_before_the_disk_was_full_can_be_read(tmp_path, size, messages):
    bag = begun(tmp_path)
    with disk_of(size):
        with pytest.raises(OSError) as error:
            fill(bag, 0, 60)
        assert error.value.errno == errno.EFBIG
        path = bag.rescue()
    assert path == tmp_path / "flight.mcap" and [*tmp_path.iterdir()] == [path]
    assert kept(path) == messages


def test_a_disk_without_space_for_the_end_of_the_file_costs_an_index_or_a_chunk(tmp_path):
    bag = begun(tmp_path / "long")
    fill(bag, 0, 22)
    bag._storage.bio.flush()
    full = bag._storage.path.stat().st_size
    # The end fits in where the index of the last chunk was, if that is long enough.
    for size, messages in ((full + 20, 22), (full, 22), (full - 200, 11)):
        folder = tmp_path / str(size)
        bag = begun(folder)
        with disk_of(size):
            fill(bag, 0, 21)
            try:
                fill(bag, 21, 22)
                bag._storage.bio.flush()
                bag.close()
            except OSError:
                bag.rescue()
        assert kept(folder / "flight.mcap") == messages
        assert (folder / "flight.mcap").stat().st_size <= size


def test_a_bag_that_was_left_at_any_byte_can_be_read(tmp_path):
    bag = begun(tmp_path / "whole")
    fill(bag, 0, 25)
    bag.close()
    data = (tmp_path / "whole" / "flight.mcap").read_bytes()
    header = data.index(b"rosbags-") + 20
    counts = []
    for length in (*range(header, len(data), 150_000), *range(len(data) - 4000, len(data), 100)):
        path = tmp_path / "part.mcap"
        path.write_bytes(data[:length])
        end_after_last_record(path)
        counts.append(kept(path))
    assert counts == sorted(counts) and set(counts) == {0, 11, 22, 25}
    path.write_bytes(data)
    end_after_last_record(path)
    assert path.read_bytes() == data


def test_bytes_that_are_no_record_are_cut_off(tmp_path):
    bag = begun(tmp_path / "whole")
    fill(bag, 0, 11)
    bag._storage.bio.flush()
    data = bag._storage.path.read_bytes()
    path = tmp_path / "part.mcap"
    path.write_bytes(data + bytes(5000))
    end_after_last_record(path)
    assert path.read_bytes() == data + END and kept(path) == 11


def test_a_file_without_a_beginning_is_refused(tmp_path):
    path = tmp_path / "part.mcap"
    path.write_bytes(b"\x89MCAP0\r\n\x01")
    with pytest.raises(OSError, match="no space for the end of"):
        end_after_last_record(path)


def test_a_bag_that_only_had_to_be_moved_is_rescued_whole(tmp_path):
    bag = begun(tmp_path)
    fill(bag, 0, 3)
    bag._writer.close()
    (bag._storage.path.parent / "metadata.yaml.tmp").write_text("cut off")
    bag.rescue()
    assert {path.name for path in tmp_path.iterdir()} == {"flight.mcap", "metadata.yaml"}
    assert kept(tmp_path) == 3
    assert bag.rescue() == tmp_path / "flight.mcap"


def test_frames_of_a_rescued_bag_are_read(tmp_path):
    write(tmp_path)
    (tmp_path / "metadata.yaml").unlink()
    assert [stamp for stamp, _, _ in read_bag_frames(tmp_path)] == [0, 100, 200]


def test_a_disk_that_is_full_from_the_beginning_is_one_line(tmp_path):
    with disk_of(10), pytest.raises(UserError, match="cannot write into .*File too large"):
        BagWriter(tmp_path / "bag")
