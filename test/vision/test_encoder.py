"""The encoder against a plain forward pass, and the published one's size."""

import pytest
import torch
from torch.nn import functional

from liquid_nav.vision import PUBLISHED_ENCODER, Encoder, EncoderConfig

TINY = EncoderConfig(
    height=24, width=32, channels=(4, 6), kernels=(5, 3), strides=(2, 2), features=7
)


@pytest.fixture
def images():
    return torch.randint(
        0, 256, (3, 24, 32, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(1)
    )


@pytest.fixture
def encoder():
    torch.manual_seed(0)
    return Encoder(TINY).eval()


def test_the_published_encoder_has_its_published_size():
    assert sum(p.numel() for p in Encoder(PUBLISHED_ENCODER).parameters()) == 263_524
    assert (PUBLISHED_ENCODER.height, PUBLISHED_ENCODER.width, PUBLISHED_ENCODER.features) == (
        144,
        256,
        128,
    )


def test_the_grid_is_what_the_convolutions_leave(encoder, images):
    for config in (TINY, EncoderConfig(), PUBLISHED_ENCODER):
        maps = Encoder(config).convolutions(torch.zeros(1, 3, config.height, config.width))
        assert tuple(maps.shape[2:]) == config.grid()


def test_it_is_convolutions_and_one_dense_layer_over_channels_last(encoder, images):
    mean, variance = torch.tensor(TINY.mean), torch.tensor(TINY.variance)
    x = ((images.float() / 255 - mean) / variance.sqrt()).permute(0, 3, 1, 2)
    first, _, second, _ = encoder.convolutions
    x = functional.relu(functional.conv2d(x, first.weight, first.bias, stride=2))
    x = functional.relu(functional.conv2d(x, second.weight, second.bias, stride=2))
    flat = torch.stack(
        [
            torch.stack(
                [
                    x[n, c, i, j]
                    for i in range(x.shape[2])
                    for j in range(x.shape[3])
                    for c in range(x.shape[1])
                ]
            )
            for n in range(len(x))
        ]
    )
    expected = torch.tanh(functional.linear(flat, encoder.dense.weight, encoder.dense.bias))
    torch.testing.assert_close(encoder(images), expected, rtol=1e-5, atol=1e-6)


def test_bytes_and_floats_of_the_same_image_are_the_same(encoder, images):
    torch.testing.assert_close(encoder(images), encoder(images.float()), rtol=0, atol=0)


def test_images_do_not_see_each_other(encoder, images):
    together = encoder(images)
    for image, features in zip(images, together, strict=True):
        torch.testing.assert_close(encoder(image[None])[0], features, rtol=1e-5, atol=1e-6)


def test_bounded_features_stay_between_minus_one_and_one(images):
    torch.manual_seed(0)
    bounded = Encoder(TINY)
    free = Encoder(
        EncoderConfig(**{k: getattr(TINY, k) for k in TINY.__slots__} | {"bounded": False})
    )
    free.load_state_dict(bounded.state_dict())
    for encoder in (bounded, free):
        with torch.no_grad():
            encoder.dense.weight *= 50
    assert bounded(images).abs().max() <= 1.0 < free(images).abs().max()
    torch.testing.assert_close(torch.tanh(free(images)), bounded(images))


def test_statistics_are_configuration_and_not_weights(encoder):
    assert not any("mean" in key or "deviation" in key for key in encoder.state_dict())


NONE = {"channels": (), "kernels": (), "strides": ()}


@pytest.mark.parametrize("config", [{"height": 10, "width": 10}, {"channels": (8,)}, NONE])
def test_layers_that_do_not_fit_are_named(config):
    with pytest.raises(ValueError, match="^encoder: "):
        EncoderConfig(**config)
