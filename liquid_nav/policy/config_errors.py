"""The error about model folders."""

from __future__ import annotations

from liquid_nav.errors import UserError


class ModelError(UserError):
    """A model folder that is missing, damaged or does not fit; one line with cause and remedy."""
