"""Arguments of the launch files, as they declare them.

The ``launch`` packages come with a ROS distribution, not with the wheels: here classes of the same
names stand in their place, which keep what they are given.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import sys
from types import ModuleType
from typing import Any, Iterator, Sequence

from reference_pages.markdown import code, head, joined, table

REPLACED = ("launch", "launch_ros", "ament_index_python")
"""Packages that are not needed for this."""
OURS = ("launching", "view_launching", "drone_launching", "launch_endings")
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


class _Replacement(ModuleType):
    """A module that has a class of every name."""

    __path__: list[str] = []

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        if name == "DeclareLaunchArgument":
            return Argument
        made = type(name, (), {})
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


def declared() -> tuple[list[Argument], list[Argument]]:
    """Return the arguments of a simulated flight, and those of a real drone."""
    package = importlib.import_module("liquid_nav.bringup")
    kept = {name: sys.modules.pop(name) for name in list(sys.modules) if _is_replaced(name)}
    attributes = {name: getattr(package, name) for name in OURS if hasattr(package, name)}
    sys.meta_path.insert(0, FINDER)
    try:
        simulated = importlib.import_module("liquid_nav.bringup.launching").declare_arguments()
        drone = importlib.import_module("liquid_nav.bringup.drone_launching")
        real = drone.declare_drone_arguments()
    finally:
        # What was imported here must not be what others import later.
        sys.meta_path.remove(FINDER)
        for name in [name for name in sys.modules if _is_replaced(name)]:
            del sys.modules[name]
        sys.modules.update(kept)
        for name in OURS:
            vars(package).pop(name, None)
        vars(package).update(attributes)
    return simulated, real


def _is_replaced(name: str) -> bool:
    """Whether a module is one of the replaced packages', or imports them."""
    ours = {f"liquid_nav.bringup.{one}" for one in OURS}
    return name in ours or name.partition(".")[0] in REPLACED


TEXT = """
`ros2 launch liquid_nav FILE --show-args` shows the same. An argument is given as `NAME:=VALUE`;
a misspelt name is refused, with the nearest one. What is not an argument is a
[parameter](node_parameters.md), which `params_file:=` sets ([change
parameters](../how_to/parameters.md#a-file-of-your-own-and-the-level-of-the-log)).
"""
"""What stands at the top of the page."""


def page() -> str:
    """Return the page."""
    simulated, real = declared()
    lines = head(
        "Launch arguments",
        "liquid_nav/bringup",
        TEXT,
    )
    lines += ["## forest.launch.py and field.launch.py", ""]
    lines += ["A simulated flight: embedded, in Gazebo, or with PX4.", ""]
    lines += table(("argument", "default", "one of", "meaning"), _rows(simulated))
    lines += ["## drone.launch.py", ""]
    lines += ["A real drone. An empty limit means that of `config/drone.yaml`.", ""]
    lines += table(("argument", "default", "one of", "meaning"), _rows(real))
    return joined(lines)


def _rows(arguments: Sequence[Argument]) -> Iterator[tuple[str, str, str, str]]:
    for one in sorted(arguments, key=lambda one: one.name):
        choices = ", ".join(code(choice) for choice in one.choices)
        yield code(one.name), code(one.default), choices, one.description
