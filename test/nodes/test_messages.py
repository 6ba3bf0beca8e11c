"""Messages to values and back, without a graph."""

import array

import cv2
import numpy as np
import pytest
from rclpy.serialization import serialize_message
from sensor_msgs.msg import CompressedImage, Image

from liquid_nav.nodes import messages
from liquid_nav.nodes.drone_messages import camera_info_message, odometry_message, state_from
from liquid_nav.simulation.state import DroneState
from liquid_nav.types import Command

PIXELS = np.random.default_rng(1).integers(0, 255, (5, 7, 3), dtype=np.uint8)


def image(encoding="rgb8", pixels=PIXELS, padding=0):
    height, width, channels = pixels.shape
    rows = np.zeros((height, width * channels + padding), np.uint8)
    rows[:, : width * channels] = pixels.reshape(height, -1)
    message = Image(height=height, width=width, encoding=encoding, step=rows.shape[1])
    message.data = array.array("B", rows.tobytes())
    return message


@pytest.mark.parametrize("padding", [0, 4])
@pytest.mark.parametrize("encoding", ["rgb8", "bgr8", "rgba8", "bgra8"])
def test_every_encoding_is_read_as_rgb(encoding, padding):
    pixels = PIXELS[..., ::-1] if encoding.startswith("bgr") else PIXELS
    if encoding.endswith("a8"):
        pixels = np.concatenate((pixels, np.full((5, 7, 1), 9, np.uint8)), axis=2)
    np.testing.assert_array_equal(messages.image_view(image(encoding, pixels, padding)), PIXELS)


def test_an_image_is_a_view_on_the_message():
    message = image()
    view = messages.image_view(message)
    message.data[0] = (int(message.data[0]) + 1) % 256
    assert view[0, 0, 0] == message.data[0]


def test_an_image_survives_the_way_there_and_back():
    message = messages.image_message(PIXELS, 1_500_000_000, "camera_optical_frame")
    np.testing.assert_array_equal(messages.image_view(message), PIXELS)
    assert messages.nanoseconds(message.header.stamp) == 1_500_000_000


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"encoding": "16UC1"}, "encoding is '16UC1'"),
        ({"height": 0}, "size is 7 x 0"),
        ({"step": 5}, "step is 5 bytes"),
        ({"data": array.array("B", b"123")}, "data has 3 bytes"),
    ],
)
def test_a_bad_image_is_named(change, words):
    message = image()
    for field, value in change.items():
        setattr(message, field, value)
    with pytest.raises(messages.ImageError, match=words):
        messages.image_view(message)


@pytest.mark.parametrize("form", [".jpg", ".png"])
def test_a_compressed_image_is_read_with_its_header(form):
    flat = np.full((16, 16, 3), (200, 100, 50), np.uint8)
    data = cv2.imencode(form, np.ascontiguousarray(flat[..., ::-1]))[1]
    message = CompressedImage(format=form, data=array.array("B", data.tobytes()))
    message.header.stamp, message.header.frame_id = messages.to_stamp(1_500_000_000), "camera"
    stamp, frame_id, pixels = messages.read_compressed(message)
    assert (stamp, frame_id) == (1_500_000_000, "camera") and np.abs(pixels.astype(int) - flat).max() < 8


@pytest.mark.parametrize("data", [b"", b"not a picture"])
def test_a_compressed_image_that_is_none_is_named(data):
    with pytest.raises(messages.ImageError, match="format 'jpeg', is no picture"):
        messages.read_compressed(CompressedImage(format="jpeg", data=data))


def test_the_stamp_is_read_from_serialized_bytes():
    message = messages.image_message(PIXELS, 12_000_000_034, "x")
    assert messages.serialized_stamp(serialize_message(message)) == 12_000_000_034


def test_a_command_survives_the_way_there_and_back():
    command = Command(1.25, -0.5, 0.125, 0.75)
    assert messages.command_from(messages.command_message(command, 0)) == command


def test_odometry_survives_the_way_there_and_back():
    quaternion = np.array((0.8, 0.1, -0.2, 0.3))
    state = DroneState(
        2.5, np.array((1.0, -2.0, 1.5)), quaternion / np.linalg.norm(quaternion), np.array((0.4, -1.1, 0.2)),
        np.array((0.1, 0.2, -0.3)), np.zeros(3),
    )  # fmt: skip
    message = odometry_message(state, messages.from_seconds(state.time), "d1/")
    assert (message.header.frame_id, message.child_frame_id) == ("d1/odom", "d1/base_link")
    back = state_from(message)
    assert back.time == state.time
    np.testing.assert_allclose(back.position, state.position)
    np.testing.assert_allclose(back.velocity, state.velocity, atol=1e-12)
    assert back.yaw == pytest.approx(state.yaw)


def test_twist_of_odometry_is_in_the_body_frame():
    # Heading north, flying north: forward.
    north = np.array((np.sqrt(0.5), 0, 0, np.sqrt(0.5)))
    state = DroneState(0.0, np.zeros(3), north, np.array((0.0, 2.0, 0.0)), np.zeros(3), np.zeros(3))
    linear = odometry_message(state, 0).twist.twist.linear
    assert (linear.x, linear.y) == (pytest.approx(2.0), pytest.approx(0.0))


def test_the_camera_model_has_square_pixels():
    info = camera_info_message(256, 144, np.radians(80.0), 0, "c")
    assert info.k[0] == info.k[4] == pytest.approx(128 / np.tan(np.radians(40.0)))
