"""General photometric augmentation: random colour matrices, brightness, contrast, saturation and
sensor noise.

One draw per sequence, as a camera's settings stay for a flight. Nothing here imitates a season,
fog, snow or dusk.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

_GREY = torch.tensor((0.299, 0.587, 0.114))


@dataclass(frozen=True, slots=True)
class Photometric:
    """Strengths of the augmentation, for pixels of 0 to 1."""

    share: float = 0.8
    """Probability that a sequence is changed at all, 0 to 1."""
    brightness: float = 0.25
    """Largest offset that is added to all channels, to either side, for pixels of 0 to 1."""
    contrast: float = 0.4
    """Largest relative change of the contrast, to either side: its factor is 1 plus or minus this.
    """
    saturation: float = 0.4
    """Largest relative change of the saturation, to either side: its factor is 1 plus or minus
    this.
    """
    matrix: float = 0.08
    """Standard deviation of the entries of the 3 x 3 colour matrix around the identity."""
    noise: float = 0.05
    """Largest standard deviation of the pixel noise, in units of the pixels (0 to 1)."""

    def __post_init__(self) -> None:
        """Raise ValueError for strengths that are out of range."""
        if not 0.0 <= self.share <= 1.0:
            raise ValueError(f"photometric: share is {self.share}, a share from 0 to 1")
        if min(self.brightness, self.contrast, self.saturation, self.matrix, self.noise) < 0.0:
            raise ValueError("photometric: no strength may be below 0")

    def draw(
        self, batch: int, generator: torch.Generator | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return per sequence a colour map x -> x @ matrix [B,3,3] + offset [B,1,3] and the noise
        level [B].
        """

        def uniform(limit: float, *shape: int) -> Tensor:
            return (2 * torch.rand(*shape, generator=generator) - 1) * limit

        identity = torch.eye(3)
        contrast = 1 + uniform(self.contrast, batch, 1, 1)
        saturation = 1 + uniform(self.saturation, batch, 1, 1)
        grey = _GREY[:, None].expand(3, 3)
        matrix = saturation * identity + (1 - saturation) * grey
        matrix = contrast * (
            matrix @ (identity + self.matrix * torch.randn(batch, 3, 3, generator=generator))
        )
        offset = uniform(self.brightness, batch, 1, 1).expand(-1, -1, 3) + 0.45 * (1 - contrast)
        changed = (torch.rand(batch, 1, 1, generator=generator) < self.share).float()
        noise = self.noise * torch.rand(batch, generator=generator) * changed.flatten()
        return identity + changed * (matrix - identity), changed * offset, noise
