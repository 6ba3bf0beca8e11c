"""Saliency of an encoder: VisualBackProp, cheap enough to display in flight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class Layer:
    """Activations of a layer for one image, and how they map to its input."""

    mean: Tensor
    """float [1,1,h,w], not negative: mean of the activations over the channels."""
    size: tuple[int, int]
    """Height and width of its input, pixels."""
    kernel: tuple[int, int]
    """Height and width that each activation depends on, pixels of its input."""
    stride: tuple[int, int]
    """Distance of two activations, pixels of its input."""
    before: tuple[int, int] = (0, 0)
    """Rows and columns of padding before the first pixel."""
    beside: Tensor | None = None
    """float [1,1,h,w]: relevance, 0 to 1, for layers other than the next; None: there are none."""


class Seeing(Protocol):
    """The methods of an encoder that ``saliency_map`` calls."""

    def normalise(self, images: Tensor) -> Tensor:
        """Scale pixels of 0 to 255, [N,H,W,3]."""

    def layers(self, pixels: Tensor) -> list[Layer]:
        """Return the layers from the image to the features for one normalised image [1,H,W,3]."""


@torch.inference_mode()
def saliency_map(encoder: Seeing, image: Tensor) -> NDArray[np.float32]:
    """Return how much each pixel of ``image`` (uint8 [H,W,3]) drove the last feature map.

    float32 [H,W] in 0 to 1. The channel means of every layer's activations, multiplied together
    from the last layer back to the image, each enlarged over the receptive field of its layer:
    Bojarski et al., "VisualBackProp", ICRA 2018.
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
    """Spread float [1,1,h,w] over what each activation depends on: float [1,1,H,W]."""
    spread = functional.conv_transpose2d(seen, torch.ones(1, 1, *layer.kernel), stride=layer.stride)
    top, left = layer.before
    height, width = layer.size
    spread = spread[:, :, top : top + height, left : left + width]
    # The last rows and columns that a convolution without padding leaves out influenced nothing.
    return functional.pad(spread, (0, width - spread.shape[3], 0, height - spread.shape[2]))
