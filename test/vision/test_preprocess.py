"""From camera images to what an encoder takes."""

import numpy as np
import pytest
import torch

from liquid_nav.vision import check_image, preprocess_image, resize_image


def picture(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_shrinking_averages_areas():
    image = picture(144, 256)
    blocks = image.reshape(72, 2, 128, 2, 3).astype(float).mean(axis=(1, 3))
    assert np.abs(resize_image(image, 72, 128) - blocks).max() <= 0.5


def test_a_uniform_image_stays_uniform_at_any_size():
    image = np.full((480, 640, 3), (10, 200, 90), np.uint8)
    for size in ((90, 160), (144, 256), (600, 900), (480, 640)):
        resized = resize_image(image, *size)
        assert resized.shape == (*size, 3) and resized.dtype == np.uint8
        assert (resized == (10, 200, 90)).all()


def test_the_right_size_is_not_touched():
    image = picture(90, 160)
    assert resize_image(image, 90, 160) is image


def test_left_stays_left_and_red_stays_red():
    image = np.zeros((100, 200, 3), np.uint8)
    image[:50, :100, 0] = 255
    small = resize_image(image, 10, 20)
    assert (small[:5, :10] == (255, 0, 0)).all() and not small[5:].any() and not small[:, 10:].any()


def test_preprocess_gives_bytes_of_the_wanted_size():
    tensor = preprocess_image(picture(144, 256), 90, 160)
    assert tensor.dtype == torch.uint8 and tensor.shape == (90, 160, 3)
    same = preprocess_image(picture(90, 160), 90, 160)
    np.testing.assert_array_equal(same.numpy(), picture(90, 160))


@pytest.mark.filterwarnings("error")
def test_an_image_on_borrowed_memory_is_copied():
    image = np.frombuffer(picture(90, 160).tobytes(), np.uint8).reshape(90, 160, 3)
    assert not image.flags.writeable
    np.testing.assert_array_equal(preprocess_image(image, 90, 160).numpy(), image)


def test_a_view_with_strides_is_fine():
    flipped = picture(90, 160)[:, ::-1]
    np.testing.assert_array_equal(preprocess_image(flipped, 90, 160).numpy(), flipped)


@pytest.mark.parametrize("size", [(90, 160), (60, 100), (200, 300)])
def test_rgb_seen_in_a_bgr_image_is_resized_the_same(size):
    """The view that camera messages in bgr8 give; OpenCV gets the memory as it lies."""
    bgr = picture(144, 256)
    view = bgr[..., ::-1]
    np.testing.assert_array_equal(
        resize_image(view, *size), resize_image(np.ascontiguousarray(view), *size)
    )
    tensor = preprocess_image(view, *size)
    np.testing.assert_array_equal(tensor.numpy(), resize_image(np.ascontiguousarray(view), *size))


@pytest.mark.parametrize(
    "image, what",
    [
        (None, "NoneType"),
        ([[1, 2, 3]], "list"),
        (np.zeros((90, 160, 3), np.float32), "float32"),
        (np.zeros((90, 160), np.uint8), "(90, 160)"),
        (np.zeros((90, 160, 4), np.uint8), "(90, 160, 4)"),
        (np.zeros((3, 90, 160), np.uint8), "(3, 90, 160)"),
        (np.zeros((0, 160, 3), np.uint8), "160 x 0"),
        (np.zeros((7, 160, 3), np.uint8), "160 x 7"),
    ],
)
def test_anything_else_is_named_in_one_line(image, what):
    with pytest.raises(ValueError) as error:
        check_image(image)
    assert what in str(error.value) and "\n" not in str(error.value)
