"""Reading the YAML files of scenarios and conditions, with errors that fit one line."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from liquid_nav.resources import find, roots
from liquid_nav.yaml_text import parse_yaml


def known_names(folder: str) -> list[str]:
    """Return the names of the YAML files in ``config/<folder>`` of every resource root, sorted.

    Those of a folder inside it are named with that folder: ``pseudo/sepia``.
    """
    places = [root / "config" / folder for root in roots()]
    files = [(path, place) for place in places for path in place.rglob("*.yaml")]
    return sorted({path.relative_to(place).with_suffix("").as_posix() for path, place in files})


def read_yaml(
    name_or_path: str | Path,
    folder: str,
    error: type[ValueError],
    others: Iterable[str] = (),
) -> tuple[str, dict[str, Any]]:
    """Read a YAML mapping by name (from ``config/<folder>``) or by path; ``others``: further names
    that a person could have meant.

    Returns:
        The name and the mapping.

    Raises:
        error: the file is missing, malformed or no mapping; one line with cause and remedy.
    """
    text = str(name_or_path)
    what = folder.rstrip("s")
    is_path = text.endswith((".yaml", ".yml")) or ("/" in text and text not in known_names(folder))
    try:
        if is_path:
            path = Path(text)
        else:
            path = find(f"config/{folder}/{text}.yaml")
        content = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        known = ", ".join([*known_names(folder), *others]) or "none found"
        raise error(
            f"unknown {what} '{text}': give a readable YAML file or one of: {known}"
        ) from None
    try:
        data = parse_yaml(content)
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        cause = getattr(problem, "problem", None) or problem
        raise error(
            f"{what} file {path} is not valid YAML{where}: {cause}; correct that line"
        ) from None
    if not isinstance(data, dict):
        raise error(
            f"{what} file {path} holds no mapping; start from "
            f"config/{folder}/{known_names(folder)[0]}.yaml"
        )
    if is_path:
        return path.stem, data
    return text, data


class Reader:
    """Takes typed values out of a mapping and names the key that is wrong."""

    def __init__(self, data: Mapping[str, Any], where: str, error: type[ValueError]) -> None:
        """Wrap a mapping read from ``where``."""
        if not isinstance(data, Mapping):
            raise error(
                f"{where}: expected a mapping of keys, got {data!r}; see the files in config/"
            )
        self.data = dict(data)
        self.where = where
        self.error = error

    def number(self, key: str, default: float, low: float = -1e9, high: float = 1e9) -> float:
        """Return a finite number in [low, high]."""
        value = self.data.pop(key, default)
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not low <= value <= high
        ):
            raise self.error(
                f"{self.where}: '{key}' must be a number from {low:g} to {high:g}, got {value!r}"
            )
        return float(value)

    def pair(
        self, key: str, default: tuple[float, float], low: float = -1e9, high: float = 1e9
    ) -> tuple[float, float]:
        """Return (lowest, highest), both in [low, high]."""
        value = self.data.pop(key, default)
        good = (
            isinstance(value, list | tuple)
            and len(value) == 2
            and all(
                isinstance(v, int | float) and not isinstance(v, bool) and low <= v <= high
                for v in value
            )
        )
        if not good or value[0] > value[1]:
            raise self.error(
                f"{self.where}: '{key}' must be [lowest, highest] within {low:g} to {high:g}, got "
                f"{value!r}"
            )
        return float(value[0]), float(value[1])

    def choice(self, key: str, default: str, choices: tuple[str, ...]) -> str:
        """Return one of ``choices``."""
        value = self.data.pop(key, default)
        if value not in choices:
            raise self.error(
                f"{self.where}: '{key}' is {value!r}; use one of: {', '.join(choices)}"
            )
        return str(value)

    def section(self, key: str) -> "Reader":
        """Return the reader of a nested mapping (empty if absent, or if its key has no value)."""
        value = self.data.pop(key, None)
        # "wind: no" is no empty section: it would mean the usual wind.
        return Reader({} if value is None else value, f"{self.where}, '{key}'", self.error)

    def finish(self, known: tuple[str, ...]) -> None:
        """Raise if keys are left that were not read."""
        if self.data:
            unknown = ", ".join(map(str, self.data))
            raise self.error(f"{self.where}: unknown key {unknown}; known: {', '.join(known)}")
