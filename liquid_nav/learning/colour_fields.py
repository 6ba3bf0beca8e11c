"""Colour that changes smoothly over the picture, and tone curves: what no single colour map of a
picture can do.

A pale or dark mist of any colour that is denser at one side, above or below, and faint targets in
it. It is drawn once for a flight and stays where it is in the picture. Nothing here uses
distances, seasons or weather.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

CELLS = 4
"""Most cells of the coarse grid along each side of the picture, from which a field is interpolated.
"""
TINT = 0.12
"""Standard deviation of a mist's colour around its grey, for pixels of 0 to 1."""


@dataclass(frozen=True, slots=True)
class ColourFields:
    """Strengths, for pixels of 0 to 1."""

    share: float = 0.6
    """Share of the flights that are changed at all, 0 to 1."""
    densest: float = 0.7
    """Largest share of the mist in a pixel, 0 to below 1."""
    curve: float = 0.5
    """Largest natural logarithm of the exponent of the tone curve, to both sides."""

    def __post_init__(self) -> None:
        """Raise ValueError for strengths that are out of range."""
        if not 0.0 <= self.share <= 1.0:
            raise ValueError(f"colour_fields: share is {self.share}, a share from 0 to 1")
        if not 0.0 <= self.densest < 1.0:
            raise ValueError(f"colour_fields: densest is {self.densest}, a share from 0 to below 1")
        if self.curve < 0.0:
            raise ValueError(f"colour_fields: curve is {self.curve}, and may not be below 0")

    def draw(self, height: int, width: int, generator: torch.Generator | None = None) -> FieldDraw:
        """Return what happens to the pictures of one flight, of ``height`` x ``width`` pixels."""
        changed = bool(torch.rand((), generator=generator) < self.share)
        level = self.densest * torch.rand((), generator=generator)
        density = level * _smooth(
            torch.rand(1, *_cells(generator), generator=generator), height, width
        )
        grey = torch.rand(1, *_cells(generator), generator=generator).expand(3, -1, -1)
        tint = TINT * torch.randn(3, generator=generator)
        colour = (_smooth(grey, height, width) + tint).clamp(0.0, 1.0)
        exponent = torch.exp(self.curve * (2.0 * torch.rand((), generator=generator) - 1.0))
        if not changed:
            return FieldDraw(torch.zeros_like(density), colour, torch.ones(()))
        return FieldDraw(density, colour, exponent)


@dataclass(frozen=True, slots=True)
class FieldDraw:
    """One draw of ``ColourFields``."""

    density: Tensor
    """Share of the mist, float32 [H,W,1], 0 to below 1."""
    colour: Tensor
    """Of the mist, float32 [H,W,3] RGB, 0 to 1."""
    exponent: Tensor
    """Of the tone curve, float32 []."""

    def apply(self, images: Tensor) -> Tensor:
        """Return images, float32 [N,H,W,3], 0 to 1, under the tone curve and through the mist."""
        density = self.density.to(images.device)
        colour = self.colour.to(images.device)
        curved = images.clamp(0.0, 1.0) ** self.exponent.to(images.device)
        return curved * (1.0 - density) + colour * density


def _cells(generator: torch.Generator | None) -> tuple[int, int]:
    """Return rows and columns of a coarse grid."""
    rows, columns = torch.randint(1, CELLS + 1, (2,), generator=generator).tolist()
    return rows, columns


def _smooth(grid: Tensor, height: int, width: int) -> Tensor:
    """Interpolate [C,h,w] linearly to [height,width,C]."""
    large = functional.interpolate(
        grid[None], (height, width), mode="bilinear", align_corners=False
    )
    return large[0].permute(1, 2, 0).contiguous()
