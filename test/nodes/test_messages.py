"""Messages to values and back, without a graph."""

import array
import math
import struct
import zlib

import cv2
import numpy as np
import pytest
from nav_msgs.msg import Odometry
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
    ("change", "text"),
    [
        ({"encoding": "16UC1"}, "encoding is '16UC1'"),
        ({"height": 0}, "size is 7 x 0"),
        ({"width": 0}, "size is 0 x 5"),
        ({"height": 2**32 - 1, "width": 2**32 - 1}, "expected at most 33554432 pixels"),
        ({"height": 1, "width": 2**25 + 1}, "size is 33554433 x 1, expected at most"),
        ({"height": 1, "width": 2**25, "step": 2**27}, "data has 105 bytes, expected 134217728"),
        (
            {"step": 0, "data": array.array("B", bytes(104))},
            "data has 104 bytes, expected 105 for 7 x 5 and step 0",
        ),
        (
            {"step": 20, "data": array.array("B", bytes(100))},
            "data has 100 bytes, expected 105 for 7 x 5 and step 20",
        ),
        ({"step": 22}, "data has 105 bytes, expected 110 for 7 x 5 and step 22"),
        ({"data": array.array("B")}, "data has 0 bytes"),
        ({"data": array.array("B", b"123456")}, "data has 6 bytes"),
        ({"data": array.array("B", bytes(104))}, "data has 104 bytes"),
        ({"data": array.array("B", bytes(106))}, "data has 106 bytes"),
    ],
)
def test_a_bad_image_is_named(change, text):
    message = image()
    for field, value in change.items():
        setattr(message, field, value)
    with pytest.raises(messages.ImageError, match=text):
        messages.image_view(message)


@pytest.mark.parametrize("step", [0, 3, 20])
def test_the_length_decides_where_the_step_is_wrong(step):
    message = image()
    message.step = step
    np.testing.assert_array_equal(messages.image_view(message), PIXELS)


def test_the_last_row_may_lack_its_padding():
    message = image(padding=4)
    message.data = message.data[:-4]
    np.testing.assert_array_equal(messages.image_view(message), PIXELS)


def test_what_a_usb_camera_publishes_by_default_is_read():
    # Y of video, 235, is white; 16 is black.
    message = Image(
        height=1,
        width=2,
        encoding="yuv422_yuy2",
        step=4,
        data=array.array("B", (235, 128, 16, 128)),
    )
    assert messages.read_image(message)[2].tolist() == [[[255] * 3, [0] * 3]]


@pytest.mark.parametrize("form", [".jpg", ".png"])
def test_a_compressed_image_is_read_with_its_header(form):
    flat = np.full((16, 16, 3), (200, 100, 50), np.uint8)
    data = cv2.imencode(form, np.ascontiguousarray(flat[..., ::-1]))[1]
    message = CompressedImage(format=form, data=array.array("B", data.tobytes()))
    message.header.stamp, message.header.frame_id = messages.to_stamp(1_500_000_000), "camera"
    stamp, frame_id, pixels = messages.read_compressed(message)
    assert (stamp, frame_id) == (1_500_000_000, "camera") and np.abs(
        pixels.astype(int) - flat
    ).max() < 8


def encoded(form, *options):
    """A picture of smooth noise, 40 rows and 60 columns."""
    noise = np.random.default_rng(2).integers(0, 255, (40, 60, 3), dtype=np.uint8)
    picture = cv2.GaussianBlur(noise, (0, 0), 2.0)
    return cv2.imencode(form, picture, list(options))[1].tobytes()


FORMS = {
    "jpeg": encoded(".jpg"),
    "progressive": encoded(".jpg", cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
    "restarts": encoded(".jpg", cv2.IMWRITE_JPEG_RST_INTERVAL, 2),
    "png": encoded(".png"),
}
FORMS["markers"] = FORMS["jpeg"][:2] + b"\xff\x01\xff\xff\xd3" + FORMS["jpeg"][2:]
"""Markers without a length before the header, and a byte of padding."""


def read(data):
    return messages.read_compressed(CompressedImage(format="jpeg", data=array.array("B", data)))[2]


def chunk(name, body, claimed=None):
    length = len(body) if claimed is None else claimed
    return struct.pack(">I", length) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width=1, height=1, before=b"", after=b"", header=13):
    """A PNG whose header claims that size, with other chunks before and after its header."""
    claim = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)[:header]
    chunks = before + chunk(b"IHDR", claim) + after + chunk(b"IDAT", zlib.compress(bytes(4)))
    return b"\x89PNG\r\n\x1a\n" + chunks + chunk(b"IEND", b"")


def jpeg(width, height):
    """A JPEG whose frame header claims that size; a comment and a second header do otherwise."""
    data = bytearray(FORMS["jpeg"])
    at = data.index(b"\xff\xc0")
    frame = bytearray(data[at : at + 19])
    frame[5:9] = struct.pack(">HH", height, width)
    comment = b"\xff\xfe\x00\x0b\xff\xc0\x00\x11\x08\x00\x01\x00\x01"
    data[at:at] = comment + frame
    return bytes(data)


@pytest.mark.parametrize("name", FORMS)
def test_a_whole_picture_of_each_form_is_read_also_with_padding_behind(name):
    assert read(FORMS[name] + bytes(16)).shape == (40, 60, 3)


@pytest.mark.parametrize("name", FORMS)
def test_a_picture_that_is_cut_off_anywhere_is_refused(name):
    data = FORMS[name]
    for length in range(len(data)):
        text = "is no whole picture" if length > 8 else "is no (whole )?picture"
        with pytest.raises(messages.ImageError, match=f"format 'jpeg', {text}"):
            read(data[:length])


@pytest.mark.parametrize(
    "data", [b"not a picture", b"BM" + bytes(60), b"\xff\xd8\xff\xd9", b"\xff\xd8" * 400]
)
def test_a_compressed_image_that_is_none_is_named(data):
    with pytest.raises(messages.ImageError, match="format 'jpeg', is no (whole )?picture"):
        read(data)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (png(100_000, 100_000), "size is 100000 x 100000, expected at most"),
        (png(2**25 + 1, 1), "size is 33554433 x 1, expected at most"),
        (png(0, 3), "size is 0 x 3"),
        (jpeg(65_500, 65_500), "size is 65500 x 65500, expected at most"),
        (jpeg(3, 0), "size is 3 x 0"),
    ],
)
def test_a_size_that_a_header_claims_is_refused_before_decoding(data, text):
    with pytest.raises(messages.ImageError, match=text):
        read(data)


@pytest.mark.parametrize(
    "data",
    [
        png(after=chunk(b"tEXt", b"", claimed=2**31 - 1)),
        png(before=chunk(b"tEXt", b"")),
        png(after=chunk(b"IHDR", struct.pack(">IIBBBBB", 2**15, 2**15, 8, 2, 0, 0, 0))),
        png(header=12),
        png(after=chunk(b"acTL", struct.pack(">II", 2, 0))),
    ],
    ids=("claims 2 GB", "no header first", "two headers", "short header", "animated"),
)
def test_a_png_whose_chunks_claim_too_much_never_gets_to_the_decoder(data):
    assert read(png()).shape == (1, 1, 3)
    with pytest.raises(messages.ImageError, match="is no whole picture"):
        read(data)


def test_a_picture_that_the_decoder_refuses_is_named():
    wrong_pixels = bytearray(png())
    wrong_pixels[-20] ^= 0xFF
    with pytest.raises(messages.ImageError, match="that OpenCV can decode"):
        read(bytes(wrong_pixels))


def test_what_a_decoder_raises_is_an_image_error(monkeypatch):
    def refuse(data, flags):
        raise cv2.error("too large for this OpenCV")

    monkeypatch.setattr(cv2, "imdecode", refuse)
    with pytest.raises(messages.ImageError, match="can decode: too large for this OpenCV"):
        read(FORMS["png"])


@pytest.mark.parametrize("name", ["jpeg", "png"])
def test_bytes_changed_at_random_raise_nothing_but_image_errors(name):
    rng = np.random.default_rng(4)
    whole = np.frombuffer(FORMS[name], np.uint8)
    for _ in range(300):
        data = whole.copy()
        data[rng.integers(0, len(data), 4)] = rng.integers(0, 256, 4)
        try:
            height, width, _ = read(data.tobytes()).shape
        except messages.ImageError:
            continue
        assert height * width <= messages.MAX_IMAGE_PIXELS


@pytest.mark.parametrize("length", range(12))
def test_too_few_bytes_for_a_stamp_are_refused(length):
    with pytest.raises(messages.ImageError, match=f"has {length} bytes, expected at least 12"):
        messages.serialized_stamp(bytes(length))


def test_twelve_bytes_are_a_stamp_in_either_byte_order():
    assert messages.serialized_stamp(struct.pack("<4siI", b"\0\1\0\0", -1, 5)) == 5 - 1_000_000_000
    assert messages.serialized_stamp(struct.pack(">4siI", b"\0\0\0\0", 3, 5)) == 3_000_000_005


def test_the_stamp_is_read_from_serialized_bytes():
    message = messages.image_message(PIXELS, 12_000_000_034, "x")
    assert messages.serialized_stamp(serialize_message(message)) == 12_000_000_034


def test_a_command_survives_the_way_there_and_back():
    command = Command(1.25, -0.5, 0.125, 0.75)
    assert messages.command_from(messages.command_message(command, 0)) == command


def test_odometry_survives_the_way_there_and_back():
    quaternion = np.array((0.8, 0.1, -0.2, 0.3))
    state = DroneState(
        2.5,
        np.array((1.0, -2.0, 1.5)),
        quaternion / np.linalg.norm(quaternion),
        np.array((0.4, -1.1, 0.2)),
        np.array((0.1, 0.2, -0.3)),
        np.zeros(3),
    )
    message = odometry_message(state, messages.from_seconds(state.time), "d1/")
    assert (message.header.frame_id, message.child_frame_id) == ("d1/odom", "d1/base_link")
    back = state_from(message)
    assert back.time == state.time
    np.testing.assert_allclose(back.position, state.position)
    np.testing.assert_allclose(back.velocity, state.velocity, atol=1e-12)
    assert back.yaw == pytest.approx(state.yaw)


@pytest.mark.parametrize(
    ("w", "text"),
    [
        (0.0, "0"),
        (14.0, "14"),
        (math.nan, "nan"),
        (math.inf, "inf"),
        (0.98, "0.98"),
        (1.02, "1.02"),
    ],
)
def test_odometry_without_a_unit_quaternion_is_no_state(w, text):
    """(0, 0, 0, 0) of a message that was not filled, NaN of an estimator that has not begun."""
    message = Odometry()
    message.pose.pose.orientation.w = w
    with pytest.raises(ValueError) as error:
        state_from(message)
    assert str(error.value) == f"the orientation is a quaternion of length {text}, expected 1"


@pytest.mark.parametrize("w", [1.0, -1.0, 0.995, 1.005])
def test_odometry_with_nearly_a_unit_quaternion_is_a_state(w):
    message = Odometry()
    message.pose.pose.orientation.w = w
    assert state_from(message).quaternion.tolist() == [w, 0.0, 0.0, 0.0]


def test_twist_of_odometry_is_in_the_body_frame():
    # Heading north, flying north: forward.
    north = np.array((np.sqrt(0.5), 0, 0, np.sqrt(0.5)))
    state = DroneState(0.0, np.zeros(3), north, np.array((0.0, 2.0, 0.0)), np.zeros(3), np.zeros(3))
    linear = odometry_message(state, 0).twist.twist.linear
    assert (linear.x, linear.y) == (pytest.approx(2.0), pytest.approx(0.0))


def test_the_camera_model_has_square_pixels():
    info = camera_info_message(256, 144, np.radians(80.0), 0, "c")
    assert info.k[0] == info.k[4] == pytest.approx(128 / np.tan(np.radians(40.0)))
