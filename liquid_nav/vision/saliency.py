"""Where an encoder looks: VisualBackProp, cheap enough to watch in flight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class Layer:
    """What a layer has answered to one image, and how its answers lie on what came in."""

    mean: Tensor
    """float [1,1,h,w], not negative: mean of the activations over the channels."""
    size: tuple[int, int]
    """Height and width of what came in, pixels."""
    kernel: tuple[int, int]
    """Height and width that each answer depends on, pixels of what came in."""
    stride: tuple[int, int]
    """Distance of two answers, pixels of what came in."""
    before: tuple[int, int] = (0, 0)
    """Rows and columns of padding before the first pixel."""
    beside: Tensor | None = None
    """float [1,1,h,w]: what others than the next layer have seen in these answers, 0 to 1; None:
    nobody looked.
    """


class Seeing(Protocol):
    """What an encoder has to offer."""

    def normalise(self, images: Tensor) -> Tensor:
        """Scale pixels of 0 to 255, [N,H,W,3]."""

    def layers(self, pixels: Tensor) -> list[Layer]:
        """Return the layers from the image to the features for one normalised image [1,H,W,3]."""


@torch.inference_mode()
def saliency(encoder: Seeing, image: Tensor) -> np.ndarray:
    """Return float32 [H,W] in 0 to 1: how much each pixel of ``image`` (uint8 [H,W,3]) drove the
    last feature map.

    The channel means of every layer's activations, multiplied together from the last layer back to
    the image, each enlarged over the receptive field of its layer: Bojarski et al.,
    "VisualBackProp", ICRA 2018.
    """
    layers = encoder.layers(encoder.normalise(image[None]))
    seen = layers[-1].mean
    for i in range(len(layers) - 1, -1, -1):
        seen = enlarge(seen, layers[i])
        if i > 0:
            before = layers[i - 1]
            if before.beside is not None:
                seen = seen + before.beside
            seen = seen * before.mean
        seen = seen / seen.amax().clamp_min(1e-12)
    return seen[0, 0].numpy().astype(np.float32)


def enlarge(seen: Tensor, layer: Layer) -> Tensor:
    """Spread float [1,1,h,w] over what each of the layer's answers depends on: float [1,1,H,W]."""
    spread = functional.conv_transpose2d(seen, torch.ones(1, 1, *layer.kernel), stride=layer.stride)
    top, left = layer.before
    height, width = layer.size
    spread = spread[:, :, top : top + height, left : left + width]
    # The last rows and columns that a convolution without padding leaves out influenced nothing.
    return functional.pad(spread, (0, width - spread.shape[3], 0, height - spread.shape[2]))
