"""A veil over finished pictures: pale vertical stripes, an invented look on which models are
chosen.
"""

from __future__ import annotations

import numpy as np

COLOUR = np.array((205.0, 205.0, 190.0), np.float32)
"""RGB, 0 to 255."""
STRIPES = 5
"""Stripes across the picture."""
DENSEST = 0.55
"""Share of the veil in the middle of a stripe."""


def apply_veil(image: np.ndarray, veil: str) -> np.ndarray:
    """Return uint8 [H,W,3] RGB behind one of ``condition.VEILS``."""
    if veil == "none":
        return image
    across = np.linspace(0.0, 2.0 * np.pi * STRIPES, image.shape[1], dtype=np.float32)
    share = (DENSEST * (0.5 + 0.5 * np.sin(across)))[None, :, None]
    return np.clip(image * (1.0 - share) + COLOUR * share + 0.5, 0.0, 255.0).astype(np.uint8)
