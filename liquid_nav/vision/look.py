"""How a head begins to look at a map of a frozen front."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Look(nn.Module):
    """What the head does with one map: normalise, reduce, look around."""

    def __init__(self, channels: int, reduced: int, looked: int) -> None:
        """Channels that come in, between and that go out."""
        super().__init__()
        self.normalise = nn.BatchNorm2d(channels)
        self.reduce = nn.Conv2d(channels, reduced, 1)
        self.around = nn.Conv2d(reduced, looked, 3, padding=1)

    def forward(self, maps: Tensor) -> Tensor:
        """Answer [N,C,h,w] with [N,looked,h,w], not negative."""
        reduced = torch.relu(self.reduce(self.normalise(maps)))
        return torch.relu(self.around(reduced))
