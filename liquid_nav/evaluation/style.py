"""Colours and fonts that all pictures of a flight share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.typing import RcKeyType

GROUND_COLOURS = {"forest": "#eeecdf", "field": "#f3f0dc"}
"""World -> fill of its ground; any other has ``FALLBACK_GROUND_COLOUR``."""
FALLBACK_GROUND_COLOUR = "#f0eee6"
CROWN_COLOUR = "#5f8f4e"
TRUNK_COLOUR = "#5b4632"
START_COLOUR = "#2b6cb0"
TARGET_COLOUR = "#c53030"
GOOD_COLOUR = "#2f855a"
BAD_COLOUR = "#1a202c"
INK_COLOUR = "#2d3748"
FAINT_COLOUR = "#a0aec0"

SOLID_COLOURS = {
    "crown": CROWN_COLOUR,
    "trunk": TRUNK_COLOUR,
    "bush": "#7aa35a",
    "bale": "#d2ae55",
    "boulder": "#8d8d86",
    "post": "#6e5a44",
    "chair": TARGET_COLOUR,
}
"""Fill colour by a part of the name of a solid's kind; any other has ``FALLBACK_SOLID_COLOUR``."""
FALLBACK_SOLID_COLOUR = "#84806f"

PLOT_STYLE: dict[RcKeyType, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "axes.edgecolor": FAINT_COLOUR,
    "axes.labelcolor": INK_COLOUR,
    "axes.titlecolor": INK_COLOUR,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK_COLOUR,
    "xtick.color": INK_COLOUR,
    "ytick.color": INK_COLOUR,
    "svg.hashsalt": "liquid_nav",
}
"""Settings of matplotlib (``rc_context``) for all plots."""


def solid_colour(kind: str) -> str:
    """Return the fill of a solid of this kind, e.g. of ``oak crown``."""
    return next(
        (colour for name, colour in SOLID_COLOURS.items() if name in kind), FALLBACK_SOLID_COLOUR
    )
