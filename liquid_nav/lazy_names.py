"""Names that a subpackage exports without importing the modules that define them (PEP 562).

So ``from liquid_nav.autopilots import PX4`` needs no pymavlink, though the subpackage exports the
names of MAVLink as well.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any, Callable, Mapping, Sequence


def lazy_names(
    package: str, exports: Mapping[str, Sequence[str]]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` of a package that imports a module when one of its
    names is used first.

    Args:
        package: Its ``__name__``.
        exports: Module below the package -> the names that the package exports from it. A module
            must not have the name of one of them: once imported, it would stand in its place.
    """
    module_of = {name: module for module, names in exports.items() for name in names}

    def get(name: str) -> Any:
        module = module_of.get(name)
        if module is None:
            raise AttributeError(f"module '{package}' has no attribute '{name}'")
        return getattr(import_module(f"{package}.{module}"), name)

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *module_of})

    return get, names
