"""Raw images of every layout become the same RGB, and what fits no layout is named."""

from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from liquid_nav.camera import IMAGE_ENCODINGS, ImageError, decode_compressed_image, decode_image

SIDE = 8
"""Pixels of a quarter of the picture."""
QUARTERS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255), "grey": (128, 128, 128)}
YUV = {
    "red": (81, 90, 240),
    "green": (145, 54, 34),
    "blue": (41, 240, 110),
    "grey": (126, 128, 128),
}
"""Y, U and V of them, as BT.601 defines for video: Y from 16 to 235."""
BAYER = {"rggb": "RGGB", "bggr": "BGGR", "gbrg": "GBRG", "grbg": "GRBG"}
"""The first two pixels of the first row, then of the second."""


def picture(colours=QUARTERS):
    """Four quarters: red, green in the upper half, blue, grey in the lower one; uint8 [16,24,3]."""
    quarters = [np.full((SIDE, SIDE + 4, 3), colour, np.uint8) for colour in colours.values()]
    return np.vstack((np.hstack(quarters[:2]), np.hstack(quarters[2:])))


def mosaic(pattern):
    """What a sensor behind a Bayer filter sees of the picture, uint8 [16,24]."""
    rgb = picture()
    seen = np.zeros(rgb.shape[:2], np.uint8)
    for place, letter in enumerate(pattern):
        rows = slice(place // 2, None, 2)
        columns = slice(place % 2, None, 2)
        seen[rows, columns] = rgb[rows, columns, "RGB".index(letter)]
    return seen


def packed(encoding):
    """The picture in a layout, an array of its values [rows,values of a row]."""
    rgb = picture()
    y, u, v = np.moveaxis(picture(YUV), -1, 0)
    height = len(rgb)
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    opaque = np.full((*grey.shape, 1), 9, np.uint8)
    pairs = np.stack((u[:, ::2], v[:, ::2]), axis=-1).reshape(height, -1)
    if encoding in ("uyvy", "yuv422"):
        return np.stack((pairs, y), axis=-1).reshape(height, -1)
    if encoding in ("yuyv", "yuv422_yuy2"):
        return np.stack((y, pairs), axis=-1).reshape(height, -1)
    if encoding == "nv12":
        return np.vstack((y, pairs[::2]))
    if encoding == "nv21":
        return np.vstack((y, pairs.reshape(height, -1, 2)[::2, :, ::-1].reshape(height // 2, -1)))
    if encoding.startswith("bayer_"):
        seen = mosaic(BAYER[encoding[6:10]])
        return seen if encoding.endswith("8") else seen.astype(np.uint16) * 257
    if encoding == "mono16":
        return grey.astype(np.uint16) * 257
    if encoding in ("mono8", "8UC1"):
        return grey
    bgr = encoding.startswith("bgr") or encoding == "8UC3"
    colours = rgb[..., ::-1] if bgr else rgb
    if encoding.endswith("a8"):
        colours = np.concatenate((colours, opaque), axis=2)
    return colours.reshape(height, -1)


def message(encoding="rgb8", padding=0, last=True, **changes):
    """An image message; ``last``: whether the last row has its padding too."""
    values = packed(encoding)
    rows = np.ascontiguousarray(values).view(np.uint8)
    padded = np.pad(rows, ((0, 0), (0, padding)), constant_values=77)
    data = padded.tobytes()
    if padding and not last:
        data = data[:-padding]
    fields = {"height": 2 * SIDE, "width": 2 * SIDE + 8, "encoding": encoding, "is_bigendian": 0}
    return SimpleNamespace(**{**fields, "step": padded.shape[1], "data": data, **changes})


GREY = ("mono8", "mono16", "8UC1")


def assert_same(pixels, encoding):
    """The quarters have their colours, away from their edges."""
    expected = picture()
    if encoding in GREY:
        expected = np.repeat(cv2.cvtColor(expected, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    assert (pixels.shape, pixels.dtype) == (expected.shape, np.uint8)
    off = np.abs(pixels.astype(int) - expected)
    inner = np.ix_((2, 3, 4, 5, 10, 11, 12, 13), (2, 3, 4, 9, 14, 15, 20, 21))
    exact = "yuv" not in encoding and encoding not in ("uyvy", "yuyv", "nv12", "nv21")
    assert off[inner].max() <= (0 if exact else 2)
    if not encoding.startswith("bayer_"):
        assert off.max() <= (0 if exact else 2)


@pytest.mark.parametrize("padding", [0, 6])
@pytest.mark.parametrize(
    "encoding",
    [
        "rgb8",
        "bgr8",
        "rgba8",
        "bgra8",
        "8UC1",
        "8UC3",
        "mono8",
        "mono16",
        "yuv422",
        "uyvy",
        "yuv422_yuy2",
        "yuyv",
        "nv12",
        "nv21",
        *(f"bayer_{pattern}{bits}" for pattern in BAYER for bits in (8, 16)),
    ],
)
def test_every_layout_becomes_the_same_rgb(encoding, padding):
    assert_same(decode_image(message(encoding, padding)), encoding)


def test_every_encoding_that_is_offered_is_tested():
    assert set(IMAGE_ENCODINGS) == {
        "rgb8",
        "bgr8",
        "rgba8",
        "bgra8",
        "8UC1",
        "8UC3",
        "mono8",
        "mono16",
        "yuv422",
        "uyvy",
        "yuv422_yuy2",
        "yuyv",
        "nv12",
        "nv21",
        *(f"bayer_{pattern}{bits}" for pattern in BAYER for bits in (8, 16)),
    }


@pytest.mark.parametrize("encoding", ["mono16", "bayer_rggb16"])
def test_the_high_byte_may_come_first(encoding):
    swapped = packed(encoding).byteswap().tobytes()
    assert_same(decode_image(message(encoding, data=swapped, is_bigendian=1)), encoding)


def test_sixteen_bits_are_scaled_as_cv_bridge_does():
    ramp = np.array([0, 128, 129, 257, 32768, 65278, 65535], np.uint16)
    image = message("mono16", height=1, width=7, step=14, data=ramp.tobytes())
    assert decode_image(image)[0, :, 0].tolist() == [0, 0, 1, 1, 128, 254, 255]


@pytest.mark.parametrize("step", [0, 1, 3, 71])
@pytest.mark.parametrize("encoding", ["rgb8", "nv12", "yuv422_yuy2", "mono16"])
def test_the_length_decides_where_the_step_is_shorter_than_a_row(encoding, step):
    step = min(step, packed(encoding).view(np.uint8).shape[1] - 1)
    assert_same(decode_image(message(encoding, step=step)), encoding)


@pytest.mark.parametrize("encoding", ["rgb8", "bgra8", "nv21", "uyvy", "mono16", "bayer_gbrg8"])
def test_the_last_row_may_lack_its_padding(encoding):
    assert_same(decode_image(message(encoding, 6, last=False)), encoding)


def test_a_planar_images_step_may_count_all_planes():
    assert_same(decode_image(message("nv12", step=36)), "nv12")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"data": bytes(1151)}, "data has 1151 bytes, expected 1152 for 24 x 16 and step 72"),
        ({"data": bytes(1153)}, "data has 1153 bytes, expected 1152"),
        (
            {"data": bytes(1151), "step": 0},
            "data has 1151 bytes, expected 1152 for 24 x 16 and step 0",
        ),
        (
            {"data": bytes(1153), "step": 3},
            "data has 1153 bytes, expected 1152 for 24 x 16 and step 3",
        ),
        # Rows with padding, of which the end is missing, would be a sheared picture.
        ({"step": 73}, "data has 1152 bytes, expected 1168 for 24 x 16 and step 73"),
        ({"data": b""}, "data has 0 bytes"),
        ({"data": b"", "step": 0}, "data has 0 bytes"),
        ({"width": 0}, "size is 0 x 16"),
        ({"height": 0}, "size is 24 x 0"),
        ({"height": 2**32 - 1, "width": 2**32 - 1}, "expected at most 33554432 pixels"),
    ],
)
def test_what_fits_no_step_is_named(changes, text):
    with pytest.raises(ImageError, match=text):
        decode_image(message(**changes))


@pytest.mark.parametrize(
    ("encoding", "width", "height"),
    [("yuv422", 23, 16), ("nv12", 24, 15), ("nv21", 23, 16), ("bayer_rggb8", 24, 15)],
)
def test_a_size_that_a_layout_cannot_have_is_named(encoding, width, height):
    with pytest.raises(
        ImageError, match=f"size is {width} x {height}, expected multiples of 2 x . for {encoding}"
    ):
        decode_image(message(encoding, width=width, height=height))


@pytest.mark.parametrize("encoding", ["16UC1", "32FC1", "nv24", "RGB8", "rgb16", "jpeg", ""])
def test_what_is_not_understood_is_refused_by_name_in_one_line(encoding):
    with pytest.raises(
        ImageError, match=f"encoding is '{encoding}', expected one of rgb8, "
    ) as caught:
        decode_image(SimpleNamespace(**{**vars(message()), "encoding": encoding}))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("encoding", ["rgb8", "bgr8", "8UC3", "rgba8", "bgra8"])
def test_colours_are_not_copied(encoding):
    image = message(encoding)
    image.data = np.frombuffer(image.data, np.uint8).copy()
    assert np.shares_memory(decode_image(image), image.data)


@pytest.mark.parametrize("pattern", BAYER)
def test_a_mosaic_that_was_compressed_in_grey_gets_its_colours(pattern):
    data = cv2.imencode(".png", mosaic(BAYER[pattern]))[1].tobytes()
    compressed = SimpleNamespace(format=f"bayer_{pattern}8; png compressed ", data=data)
    assert_same(decode_compressed_image(compressed), f"bayer_{pattern}8")


@pytest.mark.parametrize(
    "format_", ["png", "rgb8; png compressed bgr8", "bgr8; png compressed bgr8", ""]
)
def test_the_format_of_other_compressed_images_changes_nothing(format_):
    data = cv2.imencode(".png", picture()[..., ::-1])[1].tobytes()
    assert_same(decode_compressed_image(SimpleNamespace(format=format_, data=data)), "rgb8")


@pytest.mark.parametrize(
    "format_", ["bayer_rggb8; jpeg compressed bgr8", "bayer_rggb8; png compressed "]
)
def test_what_was_compressed_in_colour_is_no_mosaic_any_more(format_):
    """Read in grey and coloured as a mosaic, it would be another picture."""
    data = cv2.imencode(".png", picture()[..., ::-1])[1].tobytes()
    assert_same(decode_compressed_image(SimpleNamespace(format=format_, data=data)), "rgb8")


@pytest.mark.parametrize("encoding", ["16UC1", "32FC1"])
def test_compressed_depth_is_no_picture_as_raw_depth_is_none(encoding):
    data = cv2.imencode(".png", np.full((4, 4), 1200, np.uint16))[1].tobytes()
    with pytest.raises(ImageError, match=f"{encoding} holds depth"):
        decode_compressed_image(SimpleNamespace(format=f"{encoding}; png compressed ", data=data))


def test_a_compressed_mosaic_of_an_unknown_pattern_is_named():
    data = cv2.imencode(".png", mosaic("RGGB"))[1].tobytes()
    with pytest.raises(ImageError, match="bayer_xyz8; png', is no Bayer mosaic that is understood"):
        decode_compressed_image(SimpleNamespace(format="bayer_xyz8; png", data=data))
