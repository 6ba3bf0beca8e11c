"""Where an encoder looks: VisualBackProp, cheap enough to watch in flight."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from liquid_nav.vision.encoder import Encoder


@torch.inference_mode()
def saliency(encoder: Encoder, image: Tensor) -> np.ndarray:
    """Return float32 [H,W] in 0 to 1: how much each pixel of ``image`` (uint8 [H,W,3]) drove the last feature map.

    The channel means of every layer's activations, multiplied together from the last layer back to the image, each
    enlarged over the receptive field of its layer: Bojarski et al., "VisualBackProp", ICRA 2018.
    """
    maps, shapes = encoder.normalise(image[None]).permute(0, 3, 1, 2), []
    means = []
    for layer in encoder.convolutions:
        if isinstance(layer, torch.nn.Conv2d):
            shapes.append((maps.shape[2:], layer.kernel_size, layer.stride))
        maps = layer(maps)
        if isinstance(layer, torch.nn.ReLU):
            means.append(maps.mean(dim=1, keepdim=True))
    seen = means.pop()
    while shapes:
        (height, width), kernel, stride = shapes.pop()
        seen = functional.conv_transpose2d(seen, torch.ones(1, 1, *kernel), stride=stride)
        # The last rows and columns that a VALID convolution leaves out influenced nothing.
        seen = functional.pad(seen, (0, width - seen.shape[3], 0, height - seen.shape[2]))
        if means:
            seen = seen * means.pop()
        seen = seen / seen.amax().clamp_min(1e-12)
    return seen[0, 0].numpy().astype(np.float32)
