"""Which pilot flies the flights of a campaign."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PilotSpec:
    """Which pilot flies."""

    source: str
    """Name of a built-in pilot, or path of a model folder."""
    label: str
    """Name in the results."""
    reset_state: bool = False
    """Whether the policy's state is zeroed before each frame."""
    fingerprint: str = ""
    """SHA-256 of the model, empty for a built-in pilot; it changes when the weights on disk change,
    so that a long-lived worker never flies an old model.
    """
