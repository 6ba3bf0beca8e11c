"""Shell completion of options: the names of what is installed, and of what is in the source tree.

Nothing heavy is imported: the shell waits for the result at each press of the tab key. The shell
itself completes a path, since no name begins like one.
"""

from __future__ import annotations

from pathlib import Path

from liquid_nav.resources import roots

PILOTS = ("policy", "expert")
"""As ``bringup.simulated_flight`` has them."""
BUILT_IN = ("expert", "straight", "colour")
"""Pilots that are measured like models."""


def scenarios(incomplete: str) -> list[str]:
    """Return the scenarios whose names begin so."""
    return _begin(_stems("config/scenarios"), incomplete)


def conditions(incomplete: str) -> list[str]:
    """Return the conditions whose names begin so, those for choosing too."""
    invented = [f"pseudo/{name}" for name in _stems("config/conditions/pseudo")]
    return _begin([*_stems("config/conditions"), *invented], incomplete)


def models(incomplete: str) -> list[str]:
    """Return the models whose names begin so."""
    found = [
        path.parent.name for root in roots() for path in sorted(root.glob("models/*/config.json"))
    ]
    return _begin(found, incomplete)


def pilots(incomplete: str) -> list[str]:
    """Return who may fly."""
    return _begin(PILOTS, incomplete)


def models_and_pilots(incomplete: str) -> list[str]:
    """Return what can be measured: models, and the built-in pilots."""
    return [*models(incomplete), *_begin(BUILT_IN, incomplete)]


def _stems(folder: str) -> list[str]:
    return [path.stem for root in roots() for path in sorted(Path(root, folder).glob("*.yaml"))]


def _begin(names: list[str] | tuple[str, ...], incomplete: str) -> list[str]:
    """Return each name once."""
    return [name for name in dict.fromkeys(names) if name.startswith(incomplete)]
