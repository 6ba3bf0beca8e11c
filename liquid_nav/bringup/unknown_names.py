"""Names that no node and no launch file reads are refused: a misspelt parameter or launch argument
would keep its default in flight.
"""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any, Iterable, Mapping, Sequence

import yaml

from liquid_nav.errors import UserError

PATTERNS = ("*", "**")
"""Last parts of sections of parameter files that apply to every node there, ours and others."""
PARAMETERS = "ros__parameters"
"""Key of a parameter file below which the parameters of a section stand."""
LIKE = 0.8
"""How alike a name for all must be to one of a node's (0 to 1) to be a misspelling of it, not
another node's.
"""
LONGER = 1
"""Letters more or less that a misspelling has at most: ``max_yaw_rate`` is another package's, not
our ``yaw_rate``.
"""
REPLACED: Mapping[str, str] = {"personality": "autopilot"}
"""Parameter or launch argument of an earlier version -> its name now."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the known name that is most like ``name``, or an empty text where none is."""
    found = difflib.get_close_matches(name, list(known), n=1)
    return found[0] if found else ""


def refuse_arguments(given: Iterable[str], known: Sequence[str]) -> None:
    """Refuse names of launch arguments that no launch file reads.

    Raises:
        UserError: one that is not known, with the name that replaced it or that is nearest.
    """
    for name in given:
        if name not in known:
            raise UserError(
                f"unknown launch argument '{name}'",
                _remedy(name, known, "--show-args lists them all"),
            )


def is_named(file: Path, text: Sequence[str]) -> bool:
    """Return whether a command line names this launch file: by its path, or by our package and its
    name.
    """
    for before, argument in zip(("", *text), text):
        if Path(argument).name != file.name:
            continue
        if before == "liquid_nav" or Path(argument).resolve() == file.resolve():
            return True
    return False


def refuse_unknown_parameters(
    node: str, given: Iterable[str], known: Sequence[str], for_all: Iterable[str] = ()
) -> None:
    """Refuse names of parameters that a node does not read.

    Args:
        node: Its name, for the message.
        given: What was given.
        known: What it declares.
        for_all: Those of the given ones that were given to every node, other packages' included: of
            these only what was a name of this node's, or nearly is one, is refused.

    Raises:
        UserError: one that is not known, with the name that replaced it or that is nearest.
    """
    shared = set(for_all)
    for name in given:
        if name in known or name.startswith("qos_overrides."):
            continue
        if name in shared and not (_replacement(name, known) or _misspells(name, known)):
            continue
        raise UserError(
            f"{node} has no parameter '{name}'", _remedy(name, known, "--help lists them all")
        )


def wildcard_parameters(arguments: Sequence[str]) -> set[str]:
    """Return the names that parameter files on a command line give to every node (``/**``)."""
    names: set[str] = set()
    for flag, path in zip(arguments, arguments[1:]):
        if flag != "--params-file":
            continue
        try:
            sections = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        except (OSError, ValueError, yaml.YAMLError):
            # ROS has read it by its own rules, or refuses it with its own message.
            continue
        names |= _shared(sections, "")
    return names


def is_for_all(section: str) -> bool:
    """Return whether a section of a parameter file, such as ``/d1/**``, applies to every node
    there.
    """
    return section.rpartition("/")[2] in PATTERNS


def _shared(content: object, section: str) -> set[str]:
    """Return the names below a key of a parameter file that are given to every node; namespaces may
    be keys.
    """
    if not isinstance(content, dict):
        return set()
    names: set[str] = set()
    for key, value in content.items():
        if key != PARAMETERS:
            names |= _shared(value, f"{section}/{str(key).strip('/')}")
        elif is_for_all(section) and isinstance(value, dict):
            names |= set(flat(value))
    return names


def _replacement(name: str, known: Iterable[str]) -> str:
    """Return the known name that replaced ``name``, or an empty text where none did."""
    new = REPLACED.get(name, "")
    return new if new in known else ""


def _misspells(name: str, known: Iterable[str]) -> bool:
    """Return whether a name is a misspelling of a known one."""
    near = [one for one in known if abs(len(one) - len(name)) <= LONGER]
    return bool(difflib.get_close_matches(name, near, n=1, cutoff=LIKE))


def flat(parameters: Mapping[str, Any], before: str = "") -> list[str]:
    """Return the names of nested parameters as ROS calls them, with dots between."""
    names = []
    for key, value in parameters.items():
        name = f"{before}{key}"
        if isinstance(value, dict):
            names += flat(value, f"{name}.")
        else:
            names.append(name)
    return names


def _remedy(name: str, known: Iterable[str], otherwise: str) -> str:
    new = _replacement(name, known)
    if new:
        return f"it is called '{new}' now. {otherwise}"
    like = nearest(name, known)
    if not like:
        return otherwise
    return f"did you mean '{like}'? {otherwise}"
