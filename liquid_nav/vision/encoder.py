"""The convolutional encoder: image in, a short vector of features out."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from liquid_nav.vision.saliency import Layer

PUBLISHED_MEAN = (0.41718618, 0.48529191, 0.38133072)
PUBLISHED_VARIANCE = (0.057, 0.05, 0.061)
"""Statistics of the published flights (Chahine et al., Science Robotics 2023)."""


@dataclass(frozen=True, slots=True)
class EncoderConfig:
    """Shape of an encoder; channels, kernels and strides have one entry a convolution layer."""

    height: int = 90
    """Height of the image, pixels."""
    width: int = 160
    """Width of the image, pixels."""
    channels: tuple[int, ...] = (16, 32, 48, 64, 16)
    """Channels that leave each convolution."""
    kernels: tuple[int, ...] = (5, 5, 3, 3, 3)
    """Height and width of each convolution's kernel, pixels of its input."""
    strides: tuple[int, ...] = (2, 2, 2, 1, 1)
    """Stride of each convolution in both directions, pixels of its input."""
    features: int = 64
    """Length of the vector that comes out."""
    bounded: bool = True
    """Whether features pass through tanh, to stay in the working range of sigmoid synapses."""
    mean: tuple[float, float, float] = PUBLISHED_MEAN
    """Mean of each channel, RGB, of pixels scaled to 0 to 1; taken off before the first layer."""
    variance: tuple[float, float, float] = PUBLISHED_VARIANCE
    """Variance of each channel, RGB, of pixels scaled to 0 to 1; its root divides them."""

    def __post_init__(self) -> None:
        """Raise ValueError for layers that do not fit together."""
        if not len(self.channels) == len(self.kernels) == len(self.strides) > 0:
            raise ValueError(
                "encoder: channels, kernels and strides need the same length, at least one"
            )
        if (
            min(
                *self.channels, *self.kernels, *self.strides, self.features, self.height, self.width
            )
            < 1
        ):
            raise ValueError(
                "encoder: sizes, channels, kernels, strides and features must be at least 1"
            )
        if min(self.variance) <= 0.0:
            raise ValueError(f"encoder: variance is {list(self.variance)}, it must be positive")
        self.grid()

    def grid(self) -> tuple[int, int]:
        """Return height and width of the last map; raises ValueError for too small an image."""
        h = self.height
        w = self.width
        for kernel, stride in zip(self.kernels, self.strides, strict=True):
            h = (h - kernel) // stride + 1
            w = (w - kernel) // stride + 1
        if h < 1 or w < 1:
            raise ValueError(
                f"encoder: an image of {self.width} x {self.height} pixels is too small for its "
                "layers"
            )
        return h, w


PUBLISHED_ENCODER = EncoderConfig(
    height=144,
    width=256,
    channels=(24, 36, 48, 64, 16),
    kernels=(5, 5, 5, 3, 3),
    strides=(2, 2, 2, 1, 2),
    features=128,
    bounded=False,
)
"""The encoder of the published flights: 263,524 parameters."""


class Encoder(nn.Module):
    """VALID convolutions with ReLU, then one dense layer over the flattened map (channels last)."""

    mean: Tensor
    """Subtracted from pixels of 0 to 1, [3]."""
    deviation: Tensor
    """Divides the result, [3]."""

    def __init__(self, config: EncoderConfig) -> None:
        """Build for ``config``."""
        super().__init__()
        self.config = config
        layers: list[nn.Module] = []
        previous = 3
        for channels, kernel, stride in zip(
            config.channels, config.kernels, config.strides, strict=True
        ):
            layers += [nn.Conv2d(previous, channels, kernel, stride), nn.ReLU()]
            previous = channels
        self.convolutions = nn.Sequential(*layers)
        # torch's types of ``to`` lack this one.
        self.convolutions.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # see above
        h, w = config.grid()
        self.dense = nn.Linear(h * w * previous, config.features)
        self.register_buffer("mean", torch.tensor(config.mean), persistent=False)
        self.register_buffer("deviation", torch.tensor(config.variance).sqrt(), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """Encode uint8 or float [N,H,W,3] (0 to 255, RGB) into [N,features]."""
        return self.encode(self.normalise(images))

    def normalise(self, images: Tensor) -> Tensor:
        """Scale [N,H,W,3] pixels of 0 to 255 by the mean and variance of the config."""
        return (images.to(self.mean.dtype) / 255.0 - self.mean) / self.deviation

    def encode(self, pixels: Tensor) -> Tensor:
        """Encode normalised float [N,H,W,3]."""
        maps = self.convolutions(pixels.permute(0, 3, 1, 2))
        features: Tensor = self.dense(maps.permute(0, 2, 3, 1).flatten(1))
        if self.config.bounded:
            return torch.tanh(features)
        return features

    def layers(self, pixels: Tensor) -> list[Layer]:
        """Return each convolution's layer for one normalised image [1,H,W,3]; for
        ``saliency_map``.
        """
        maps = pixels.permute(0, 3, 1, 2)
        seen = []
        modules = list(self.convolutions)
        for convolution, rectifier, kernel, stride in zip(
            modules[::2], modules[1::2], self.config.kernels, self.config.strides, strict=True
        ):
            size = (maps.shape[2], maps.shape[3])
            maps = rectifier(convolution(maps))
            mean = maps.mean(dim=1, keepdim=True)
            seen.append(Layer(mean, size, (kernel, kernel), (stride, stride)))
        return seen
