"""Tables of names to which other packages can add, so that a new core or pilot needs no change
here.

A package that is installed beside this one names what it adds in its own ``pyproject.toml``::

    [project.entry-points."liquid_nav.cores"]
    leaky = "my_package.cores:build_leaky"

A script can call ``register`` instead; what it adds is known in that process alone.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar, cast

from liquid_nav.errors import UserError

Entry = TypeVar("Entry")


class Registry(Mapping[str, Entry], Generic[Entry]):
    """Names and what they stand for: built in, registered, or from installed packages.

    What is built in cannot be replaced. An installed package is imported when its name is looked
    up, not before.
    """

    def __init__(self, group: str, built_in: Mapping[str, Entry | str]) -> None:
        """Begin a table.

        Args:
            group: Name of the group of entry points, such as "liquid_nav.cores".
            built_in: Name -> the entry, or "module:attribute" of one that is imported when it is
                looked up.
        """
        self.group = group
        self._built_in = dict(built_in)
        self._registered: dict[str, Entry] = {}

    def register(self, name: str, entry: Entry) -> None:
        """Add an entry for this process.

        Raises:
            UserError: the name is taken.
        """
        if name in self:
            raise UserError(f"{self.group}: '{name}' is taken", "choose another name")
        self._registered[name] = entry

    def __getitem__(self, name: str) -> Entry:
        """Return the entry.

        Raises:
            KeyError: there is none of this name.
            UserError: the installed package that offers it cannot be imported.
        """
        if name in self._built_in:
            return self._load_built_in(self._built_in[name])
        if name in self._registered:
            return self._registered[name]
        offered = self._offered()[name]
        try:
            return cast(Entry, offered.load())
        except Exception as error:
            package = offered.dist.name if offered.dist is not None else offered.value
            raise UserError(
                f"{self.group}: '{name}' of {package} cannot be imported: {error}",
                f"repair or uninstall {package}",
            ) from error

    def __iter__(self) -> Iterator[str]:
        """Go through the names: built in, registered, then those of installed packages."""
        return iter(dict.fromkeys([*self._built_in, *self._registered, *self._offered()]))

    def __len__(self) -> int:
        """Return how many names there are."""
        return len(list(iter(self)))

    def __contains__(self, name: object) -> bool:
        """Return whether there is such a name; imports nothing."""
        return name in list(iter(self))

    def _load_built_in(self, entry: Entry | str) -> Entry:
        if not isinstance(entry, str):
            return entry
        module, _, attribute = entry.partition(":")
        return cast(Entry, getattr(importlib.import_module(module), attribute))

    def _offered(self) -> dict[str, EntryPoint]:
        return _find_offered(self.group, tuple(sys.path))


@cache
def _find_offered(group: str, path: tuple[str, ...]) -> dict[str, EntryPoint]:
    """Return name -> entry point; of two packages with one name, the first that is found.

    They are looked for once, because that takes long; ``path``: where Python looks for modules.
    """
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=group):
        found.setdefault(point.name, point)
    return found
