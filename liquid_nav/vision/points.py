"""Where in a map something is: the places of the soft maxima of a few learned heat maps.

Spatial softmax (Levine et al. 2016, https://arxiv.org/abs/1504.00702, section 4.2). A convolution
finds a chair in the same way wherever it stands; a dense layer over all places has to learn it for
each of them anew.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from liquid_nav.vision.map_head import Look

NUMBERS = 3
"""Numbers of a point: how far right (-1 to 1), how far down (-1 to 1), how clear it is."""
CLEARLY = 0.2
"""Scale of the last one, which is a logarithm."""


class Points(nn.Module):
    """Compute heat maps from a map, and return where each is hottest."""

    places: Tensor
    """How far right and down each cell of the map is, -1 to 1, [height * width,2]."""

    def __init__(
        self, channels: int, height: int, width: int, reduced: int, looked: int, points: int
    ) -> None:
        """Build for a map.

        Args:
            channels: Of the map.
            height: Of the map, cells.
            width: Of the map, cells.
            reduced: Channels to which it is reduced first.
            looked: Channels of the 3 x 3 convolution over the reduced map.
            points: How many heat maps are computed.
        """
        super().__init__()
        self.look = Look(channels, reduced, looked)
        self.heat = nn.Conv2d(looked, points, 1)
        down, right = torch.meshgrid(
            torch.linspace(-1, 1, height), torch.linspace(-1, 1, width), indexing="ij"
        )
        self.register_buffer(
            "places", torch.stack((right.flatten(), down.flatten()), dim=1), persistent=False
        )
        self.usual = math.log(height * width)
        """Logarithm of the sum of exponentials of a heat map that is zero everywhere."""

    def forward(self, maps: Tensor) -> Tensor:
        """Return [N,3 * points] for maps [N,C,h,w].

        First how far right and down each point is, then how clear each is.
        """
        heat = self.heat(self.look(maps)).flatten(2).float()
        where = torch.softmax(heat, dim=2) @ self.places
        clearly = CLEARLY * (torch.logsumexp(heat, dim=2) - self.usual)
        return torch.cat((where.flatten(1), clearly), dim=1)
