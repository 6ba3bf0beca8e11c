"""Names that nobody reads are refused: a misspelt parameter or launch argument would fly with its default."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Iterable, Sequence

import yaml

from liquid_nav.errors import UserError

FOR_ALL = ("/**",)
"""Sections of parameter files that speak to every node, ours and others."""
LIKE = 0.8
"""How alike a name for all must be to one of a node's (0 to 1) to be a misspelling of it, not another node's."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the known name that is most like ``name``, or an empty text where none is."""
    found = difflib.get_close_matches(name, list(known), n=1)
    return found[0] if found else ""


def refuse_arguments(given: Iterable[str], known: Sequence[str]) -> None:
    """Look at the names of launch arguments.

    Raises:
        UserError: one that is not known, with the name that is nearest.
    """
    for name in given:
        if name not in known:
            raise UserError(f"unknown launch argument '{name}'", _remedy(name, known, "--show-args lists them all"))


def refuse_parameters(node: str, given: Iterable[str], known: Sequence[str], for_all: Iterable[str] = ()) -> None:
    """Look at the names of a node's parameters.

    Args:
        node: Its name, for the message.
        given: What was given.
        known: What it declares.
        for_all: Those of the given ones that were given to every node, other packages' included: of these only what
            is nearly a name of this node's is refused.

    Raises:
        UserError: one that is not known, with the name that is nearest.
    """
    shared = set(for_all)
    for name in given:
        if name in known or name.startswith("qos_overrides."):
            continue
        if name in shared and not difflib.get_close_matches(name, list(known), n=1, cutoff=LIKE):
            continue
        raise UserError(f"{node} has no parameter '{name}'", _remedy(name, known, "--help lists them all"))


def given_to_all(arguments: Sequence[str]) -> set[str]:
    """Return the names that parameter files on a command line give to every node (``/**``)."""
    names: set[str] = set()
    for flag, path in zip(arguments, arguments[1:]):
        if flag != "--params-file":
            continue
        try:
            sections = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        except (OSError, ValueError, yaml.YAMLError):
            # ROS has read it by its own rules, or refuses it in its own words.
            continue
        for section in FOR_ALL:
            content = sections.get(section) if isinstance(sections, dict) else None
            parameters = content.get("ros__parameters") if isinstance(content, dict) else None
            names |= set(_flat(parameters)) if isinstance(parameters, dict) else set()
    return names


def _flat(parameters: dict, before: str = "") -> list[str]:
    """Return the names of nested parameters as ROS calls them, with dots between."""
    names = []
    for key, value in parameters.items():
        name = f"{before}{key}"
        names += _flat(value, f"{name}.") if isinstance(value, dict) else [name]
    return names


def _remedy(name: str, known: Iterable[str], otherwise: str) -> str:
    like = nearest(name, known)
    return f"did you mean '{like}'? {otherwise}" if like else otherwise
