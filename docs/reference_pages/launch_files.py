"""Reads the launch files without ``launch``: what they declare, and which nodes they start.

The ``launch`` packages come with a ROS distribution, not with the wheels: here classes of the same
names stand in their place, which keep what they are given.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, Iterator, Sequence

FOLDER = Path(__file__).parents[2] / "launch"
REPLACED = ("launch", "launch_ros", "ament_index_python")
"""Packages that are not needed for this."""
OURS = ("launching", "launch_endings")
"""Modules of liquid_nav.bringup that import them."""


class Argument:
    """What a launch file declares."""

    def __init__(
        self,
        name: str,
        default_value: str = "",
        description: str = "",
        choices: Sequence[str] = (),
        **_: Any,
    ) -> None:
        """Keep it."""
        self.name = name
        self.default = default_value
        self.description = description
        self.choices = tuple(choices or ())


class Entity:
    """Whatever else a launch file makes: an action, a node, a description."""

    def __init__(self, *positional: Any, **named: Any) -> None:
        """Keep what it is made with."""
        self.positional = positional
        self.named = named


class _Replacement(ModuleType):
    """A module that has a class of every name."""

    __path__: list[str] = []

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        if name == "DeclareLaunchArgument":
            return Argument
        made = type(name, (Entity,), {})
        setattr(self, name, made)
        return made


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the replaced packages and everything below them."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name.partition(".")[0] in REPLACED:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return _Replacement(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing is run."""


FINDER = _Finder()


@contextmanager
def without_launch() -> Iterator[None]:
    """Let the block import what needs ``launch`` with the classes of this module in its place."""
    package = importlib.import_module("liquid_nav.bringup")
    kept = {one: sys.modules.pop(one) for one in list(sys.modules) if _is_replaced(one)}
    attributes = {one: vars(package)[one] for one in OURS if one in vars(package)}
    sys.meta_path.insert(0, FINDER)
    try:
        yield
    finally:
        # What was imported here must not be what others import later.
        sys.meta_path.remove(FINDER)
        for one in [one for one in sys.modules if _is_replaced(one)]:
            del sys.modules[one]
        sys.modules.update(kept)
        for one in OURS:
            vars(package).pop(one, None)
        vars(package).update(attributes)


class LaunchFile:
    """One of our launch files, read without ``launch``."""

    def __init__(self, name: str) -> None:
        """Import it; ``name``: such as drone.launch.py."""
        path = FOLDER / name
        spec = importlib.util.spec_from_file_location(path.stem.replace(".", "_"), path)
        assert spec is not None and spec.loader is not None
        self.module = importlib.util.module_from_spec(spec)
        """The launch file itself, with its functions."""
        with without_launch():
            spec.loader.exec_module(self.module)

    def arguments(self) -> list[Argument]:
        """Return what it declares itself, without what it includes."""
        description = self.module.generate_launch_description()
        (entities,) = description.positional
        return [entity for entity in entities if isinstance(entity, Argument)]

    def values(self, **given: str) -> dict[str, str]:
        """Return the value of each argument: what is given, or the default."""
        return {one.name: one.default for one in self.arguments()} | given

    def settings(self, value: dict[str, str], given: Sequence[str], file: str) -> Any:
        """Return the settings of its nodes, see ``launching.NodeSettings``; ``file``: the parameter
        file.
        """
        return self.module.NodeSettings(value, given, file)


def _is_replaced(name: str) -> bool:
    """Whether a module is one of the replaced packages', or imports them."""
    ours = {f"liquid_nav.bringup.{one}" for one in OURS}
    return name in ours or name.partition(".")[0] in REPLACED
