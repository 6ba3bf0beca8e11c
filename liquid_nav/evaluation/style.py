"""Colours and fonts that all pictures of a flight share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.typing import RcKeyType

GROUND = {"forest": "#eeecdf", "field": "#f3f0dc"}
FALLBACK_GROUND = "#f0eee6"
CROWN = "#5f8f4e"
TRUNK = "#5b4632"
START = "#2b6cb0"
TARGET = "#c53030"
GOOD = "#2f855a"
BAD = "#1a202c"
INK = "#2d3748"
FAINT = "#a0aec0"

SOLIDS = {
    "crown": CROWN,
    "trunk": TRUNK,
    "bush": "#7aa35a",
    "bale": "#d2ae55",
    "boulder": "#8d8d86",
    "post": "#6e5a44",
    "chair": TARGET,
}
"""Fill colour by a part of the name of a solid's kind; any other has ``FALLBACK_SOLID``."""
FALLBACK_SOLID = "#84806f"

RC: dict[RcKeyType, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "svg.hashsalt": "liquid_nav",
}


def solid_colour(kind: str) -> str:
    """Return the fill of a solid of this kind, e.g. of ``oak crown``."""
    return next((colour for name, colour in SOLIDS.items() if name in kind), FALLBACK_SOLID)
