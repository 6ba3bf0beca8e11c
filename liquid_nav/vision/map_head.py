"""The first layers of a head over one map of a frozen front."""

from __future__ import annotations

import torch
from torch import Tensor, nn

KERNEL = (3, 3)
"""Kernel of the convolution ``around``, cells of the map."""
STRIDE = (1, 1)
"""Its stride, cells of the map."""
PADDING = (1, 1)
"""Its padding on each side, cells of the map."""


class Look(nn.Module):
    """The layers of the head over one map: normalise, reduce, convolve."""

    def __init__(self, channels: int, reduced: int, looked: int) -> None:
        """``channels``, ``reduced``, ``looked``: those of input, middle and output."""
        super().__init__()
        self.normalise = nn.BatchNorm2d(channels)
        self.reduce = nn.Conv2d(channels, reduced, 1)
        self.around = nn.Conv2d(reduced, looked, KERNEL, STRIDE, PADDING)

    def forward(self, maps: Tensor) -> Tensor:
        """Return [N,looked,h,w], not negative, for [N,C,h,w]."""
        reduced = torch.relu(self.reduce(self.normalise(maps)))
        return torch.relu(self.around(reduced))
