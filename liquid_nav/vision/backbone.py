"""An encoder with a front trained on photographs: frozen convolutions, then a small trained head.

The front is the beginning of an EfficientNet-Lite (https://blog.tensorflow.org/2020/03, without
squeeze and excitation), its batch normalisations folded into the convolutions. Targets come at two
scales: one far away is a few pixels wide, so a map with stride 8 is among the inputs of the head.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence, cast

import torch
from torch import Tensor, nn

from liquid_nav.vision.map_head import KERNEL, PADDING, STRIDE, Look
from liquid_nav.vision.points import NUMBERS, Points
from liquid_nav.vision.saliency import Layer, enlarge

CENTRE = 127.0
"""Pixels of 0 to 255 are scaled to (pixel - CENTRE) / SPREAD, as the photographs were."""
SPREAD = 128.0
"""Divisor of the same scaling, in pixel values of 0 to 255; see ``CENTRE``."""
STEM = 32
"""Channels of the first convolution, in every Lite."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Blocks of the same shape, one after the other."""

    repeats: int
    """Number of blocks."""
    kernel: int
    """Size of the depthwise convolution, pixels."""
    stride: int
    """Of the first block's depthwise convolution; the others have 1."""
    expansion: int
    """Channels inside a block for each channel that enters it; 1: there is no expansion."""
    channels: int
    """Channels that leave a block."""


BACKBONE_FRONTS = {
    "efficientnet_lite0": (
        Stage(1, 3, 1, 1, 16),
        Stage(2, 3, 2, 6, 24),
        Stage(2, 5, 2, 6, 40),
        Stage(3, 3, 2, 6, 80),
        Stage(3, 5, 1, 6, 112),
    ),
    "efficientnet_lite1": (
        Stage(1, 3, 1, 1, 16),
        Stage(3, 3, 2, 6, 24),
        Stage(3, 5, 2, 6, 40),
        Stage(4, 3, 2, 6, 80),
        Stage(4, 5, 1, 6, 112),
    ),
    "efficientnet_lite2": (
        Stage(1, 3, 1, 1, 16),
        Stage(3, 3, 2, 6, 24),
        Stage(3, 5, 2, 6, 48),
        Stage(4, 3, 2, 6, 88),
        Stage(4, 5, 1, 6, 120),
    ),
}
"""Stages up to stride 16, which is as far as a front may go."""


@dataclass(frozen=True, slots=True)
class BackboneConfig:
    """Shape of an encoder with a pretrained front; raises ValueError where it does not fit."""

    height: int = 90
    """Of the image, pixels."""
    width: int = 160
    """Of the image, pixels."""
    front: str = "efficientnet_lite0"
    """One of ``BACKBONE_FRONTS``."""
    blocks: int = 11
    """How many blocks of the front are used."""
    maps: tuple[int, ...] = (5, 11)
    """After how many blocks the maps are taken that are inputs of the head."""
    reduced: tuple[int, ...] = (32, 32)
    """Channels to which each map is reduced first."""
    looked: tuple[int, ...] = (16, 32)
    """Channels of the 3 x 3 convolution over each reduced map."""
    points: tuple[int, ...] = ()
    """Heat maps that are computed from each map, see ``vision/points.py``; empty: none."""
    features: int = 64
    """Length of the vector that comes out."""
    bounded: bool = True
    """Whether features pass through tanh, to stay in the working range of sigmoid synapses."""
    kind: str = "backbone"
    """Kind of the encoder."""

    def __post_init__(self) -> None:
        """See the class."""
        if self.front not in BACKBONE_FRONTS:
            raise ValueError(
                f"encoder: front '{self.front}' is unknown: choose one of "
                f"{', '.join(sorted(BACKBONE_FRONTS))}"
            )
        most = sum(stage.repeats for stage in BACKBONE_FRONTS[self.front])
        if not 1 <= self.blocks <= most:
            raise ValueError(f"encoder: {self.front} has 1 to {most} blocks, not {self.blocks}")
        if (
            not self.maps
            or list(self.maps) != sorted(set(self.maps))
            or self.maps[-1] != self.blocks
        ):
            raise ValueError(
                f"encoder: maps {list(self.maps)} must grow and end with the last block, "
                f"{self.blocks}"
            )
        if self.maps[0] < 1 or not len(self.maps) == len(self.reduced) == len(self.looked):
            raise ValueError(
                "encoder: maps, reduced and looked need the same length, and maps begin with 1"
            )
        if self.points and (len(self.points) != len(self.maps) or min(self.points) < 1):
            raise ValueError(
                f"encoder: points {list(self.points)} must be none, or at least 1 for each of the "
                "maps"
            )
        if min(*self.reduced, *self.looked, self.features) < 1:
            raise ValueError("encoder: reduced, looked and features must be at least 1")
        if self.height < 16 or self.width < 16:
            raise ValueError(
                f"encoder: an image of {self.width} x {self.height} pixels is too small"
            )


@dataclass(frozen=True, slots=True)
class _Shape:
    """Shape of one block."""

    entering: int
    """Channels that enter the block."""
    kernel: int
    """Size of the depthwise convolution, pixels."""
    stride: int
    """Of the depthwise convolution, pixels."""
    expansion: int
    """Channels inside the block for each channel that enters it; 1: there is no expansion."""
    leaving: int
    """Channels that leave the block."""


def _shapes(config: BackboneConfig) -> list[_Shape]:
    """Return the blocks of the front that are used."""
    shapes = []
    entering = STEM
    for stage in BACKBONE_FRONTS[config.front]:
        for i in range(stage.repeats):
            stride = stage.stride if i == 0 else 1
            shapes.append(_Shape(entering, stage.kernel, stride, stage.expansion, stage.channels))
            entering = stage.channels
    return shapes[: config.blocks]


class SameConv(nn.Module):
    """A convolution whose output has ceil(size / stride) pixels.

    It is padded as in TensorFlow: more at the far end.
    """

    def __init__(
        self,
        size: tuple[int, int],
        channels: tuple[int, int],
        kernel: int,
        stride: int,
        groups: int,
    ) -> None:
        """``size``: (height, width) of the input, pixels; ``channels``: in and out."""
        super().__init__()
        height, width = size
        rows = _padding(height, kernel, stride)
        columns = _padding(width, kernel, stride)
        self.pad = nn.ZeroPad2d((*columns, *rows))
        self.convolution = nn.Conv2d(*channels, kernel, stride, groups=groups)
        self.kernel = (kernel, kernel)
        self.stride = (stride, stride)
        self.size = (-(-height // stride), -(-width // stride))

    def forward(self, maps: Tensor) -> Tensor:
        """Convolve [N,C,H,W]."""
        convolved: Tensor = self.convolution(self.pad(maps))
        return convolved


def _padding(length: int, kernel: int, stride: int) -> tuple[int, int]:
    """Return the padding before and after a row or column of ``length``, pixels."""
    total = max((-(-length // stride) - 1) * stride + kernel - length, 0)
    return total // 2, total - total // 2


class Block(nn.Module):
    """Inverted residual (Sandler et al. 2018): expand, convolve each channel alone, project.

    The result is added to the input where the shapes agree.
    """

    def __init__(self, shape: _Shape, size: tuple[int, int]) -> None:
        """``size``: (height, width) of the input, pixels."""
        super().__init__()
        inside = shape.entering * shape.expansion
        self.expand = None
        if shape.expansion > 1:
            self.expand = SameConv(size, (shape.entering, inside), 1, 1, 1)
        self.depthwise = SameConv(size, (inside, inside), shape.kernel, shape.stride, inside)
        self.project = SameConv(self.depthwise.size, (inside, shape.leaving), 1, 1, 1)
        self.residual = shape.stride == 1 and shape.entering == shape.leaving
        self.size = self.depthwise.size

    def inside(self, maps: Tensor) -> Tensor:
        """Return the activations of the depthwise convolution, 0 to 6."""
        if self.expand is not None:
            maps = nn.functional.relu6(self.expand(maps))
        return nn.functional.relu6(self.depthwise(maps))

    def leave(self, maps: Tensor, inside: Tensor) -> Tensor:
        """Return the block's output for its input and its depthwise activations."""
        projected: Tensor = self.project(inside)
        if self.residual:
            return projected + maps
        return projected

    def forward(self, maps: Tensor) -> Tensor:
        """Return the block's output for maps [N,C,H,W]."""
        return self.leave(maps, self.inside(maps))


class BackboneFront(nn.Module):
    """Stem and blocks; frozen. Random weights until a model folder or ``load_photographs`` brings
    others.
    """

    def __init__(self, config: BackboneConfig) -> None:
        """Build for ``config``."""
        super().__init__()
        self.taken = config.maps
        self.stem = SameConv((config.height, config.width), (3, STEM), 3, 2, 1)
        size = self.stem.size
        blocks = []
        for shape in _shapes(config):
            blocks.append(Block(shape, size))
            size = blocks[-1].size
        # torch's ModuleList has no type parameter.
        self.blocks = cast("Sequence[Block]", nn.ModuleList(blocks))
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch lacks this one
        self.requires_grad_(False)

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        """Return the maps, float [N,C,h,w] each, of normalised pixels [N,3,H,W]."""
        maps = nn.functional.relu6(self.stem(pixels))
        taken = []
        for count, block in enumerate(self.blocks, start=1):
            maps = block(maps)
            if count in self.taken:
                taken.append(maps)
        return tuple(taken)

    @property
    def shapes(self) -> tuple[tuple[int, int, int], ...]:
        """Channels, height and width of each map that is taken."""
        chosen = [self.blocks[count - 1] for count in self.taken]
        return tuple((block.project.convolution.out_channels, *block.size) for block in chosen)


class Head(nn.Module):
    """From maps to features; the trained part of the encoder."""

    def __init__(self, config: BackboneConfig, shapes: tuple[tuple[int, int, int], ...]) -> None:
        """``shapes``: channels, height and width of each map."""
        super().__init__()
        self.bounded = config.bounded
        looks = [
            Look(channels, reduced, looked)
            for (channels, _, _), reduced, looked in zip(
                shapes, config.reduced, config.looked, strict=True
            )
        ]
        points = [
            Points(*shape, reduced, looked, count)
            for shape, reduced, looked, count in zip(
                shapes, config.reduced, config.looked, config.points
            )
        ]
        # torch's ModuleList has no type parameter.
        self.looks = cast("Sequence[Look]", nn.ModuleList(looks))
        self.points = cast("Sequence[Points]", nn.ModuleList(points))
        length = sum(
            looked * height * width
            for (_, height, width), looked in zip(shapes, config.looked, strict=True)
        )
        self.dense = nn.Linear(length + NUMBERS * sum(config.points), config.features)

    def forward(self, maps: tuple[Tensor, ...]) -> Tensor:
        """Return features [N,F] for maps, float [N,C,h,w] each."""
        seen = [look(m).flatten(1) for look, m in zip(self.looks, maps, strict=True)]
        seen += [points(m) for points, m in zip(self.points, maps)]
        features: Tensor = self.dense(torch.cat(seen, dim=1))
        if self.bounded:
            return torch.tanh(features)
        return features


class BackboneEncoder(nn.Module):
    """Image in, a short vector of features out, by way of a frozen front."""

    mean: Tensor
    """Subtracted from pixels of 0 to 1, [3]."""
    deviation: Tensor
    """Divides the result, [3]."""

    def __init__(self, config: BackboneConfig) -> None:
        """Build for ``config``; the front has random weights until others are loaded."""
        super().__init__()
        self.config = config
        self.front = BackboneFront(config)
        self.head = Head(config, self.front.shapes)
        self.register_buffer("mean", torch.full((3,), CENTRE / 255.0), persistent=False)
        self.register_buffer("deviation", torch.full((3,), SPREAD / 255.0), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """Encode uint8 or float [N,H,W,3] (0 to 255, RGB) into [N,features]."""
        return self.encode(self.normalise(images))

    def normalise(self, images: Tensor) -> Tensor:
        """Scale [N,H,W,3] pixels of 0 to 255 as the photographs were."""
        return (images.to(self.mean.dtype) / 255.0 - self.mean) / self.deviation

    def encode(self, pixels: Tensor) -> Tensor:
        """Encode normalised float [N,H,W,3]."""
        features: Tensor = self.head(self.maps(pixels))
        return features

    def maps(self, pixels: Tensor) -> tuple[Tensor, ...]:
        """Return the front's maps, the head's input, for normalised float [N,H,W,3]."""
        maps: tuple[Tensor, ...] = self.front(pixels.permute(0, 3, 1, 2))
        return maps

    def layers(self, pixels: Tensor) -> list[Layer]:
        """Return the layers of stem, blocks and head for one normalised image [1,H,W,3].

        For ``saliency_map``. A block's layer is its depthwise convolution; what the head draws from
        a map before the last is ``beside`` the block's.
        """
        maps = nn.functional.relu6(self.front.stem(pixels.permute(0, 3, 1, 2)))
        seen = [_layer(maps, self.front.stem, (self.config.height, self.config.width))]
        for count, block in enumerate(self.front.blocks, start=1):
            size = _size(maps)
            inside = block.inside(maps)
            maps = block.leave(maps, inside)
            beside = None
            if count in self.config.maps[:-1]:
                beside = _spread(self.head.looks[self.config.maps.index(count)], maps)
            seen.append(_layer(inside, block.depthwise, size, beside))
        mean = self.head.looks[-1](maps).mean(dim=1, keepdim=True)
        seen.append(Layer(mean, _size(maps), KERNEL, STRIDE, PADDING))
        return seen


def _size(maps: Tensor) -> tuple[int, int]:
    """Return height and width of maps [N,C,h,w]."""
    return maps.shape[2], maps.shape[3]


def _layer(
    activations: Tensor, same: SameConv, size: tuple[int, int], beside: Tensor | None = None
) -> Layer:
    """Describe the activations, [1,C,h,w], of a padded convolution of an input of ``size``."""
    left, _, top, _ = same.pad.padding
    mean = activations.mean(dim=1, keepdim=True)
    return Layer(mean, size, same.kernel, same.stride, (top, left), beside)


def _spread(look: Look, maps: Tensor) -> Tensor:
    """Return how strongly a part of the head responds over its map [1,C,h,w]: [1,1,h,w], 0 to 1."""
    mean = look(maps).mean(dim=1, keepdim=True)
    seen = enlarge(mean, Layer(mean, _size(maps), KERNEL, STRIDE, PADDING))
    return seen / seen.amax().clamp_min(1e-12)
