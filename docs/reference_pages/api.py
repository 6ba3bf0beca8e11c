"""Public names of each subpackage: those in its ``__all__``, with the first sentence about each."""

from __future__ import annotations

import ast
import importlib
import inspect
import types
from pathlib import Path
from types import ModuleType
from typing import Any

from reference_pages.launch_files import without_launch
from reference_pages.markdown import code, first_sentence, head, joined, table

PACKAGES = (
    "liquid",
    "baselines",
    "vision",
    "camera",
    "policy",
    "worlds",
    "safety",
    "autopilots",
    "simulation",
    "recordings",
    "evaluation",
    "learning",
    "sitl",
    "bringup",
    "preflight",
)
"""Subpackages of liquid_nav, the lowest first; nodes and cli are programs, not libraries."""
LONGEST = 60
"""Characters of a constant that is shown where no text describes it."""
TEXT = """
The names that each subpackage exports, and that stay: `from liquid_nav.liquid import LTC`. What
is imported from a module below a subpackage may change without notice; the subpackages themselves
import nothing of each other but these names. A subpackage imports only those before it here
([how the package is laid out](package.md)). Arguments, shapes and units are in the docstrings:
`help(liquid_nav.liquid.LTC)`.
"""
"""What stands at the top of the page."""


def page() -> str:
    """Return the page."""
    lines = head(
        "Python API",
        "the __all__ of each subpackage of liquid_nav",
        TEXT,
    )
    for name in PACKAGES:
        package = importlib.import_module(f"liquid_nav.{name}")
        lines += [f"## liquid_nav.{name}", "", first_sentence(package.__doc__), ""]
        rows = [(code(one), _kind(package, one), describe(package, one)) for one in package.__all__]
        lines += table(("name", "kind", "what it is"), rows)
    return joined(lines)


def _value(package: ModuleType, name: str) -> Any:
    """Return an exported name, also one of those for launch files where there is no ``launch``."""
    with without_launch():
        return getattr(package, name)


def _kind(package: ModuleType, name: str) -> str:
    value = _value(package, name)
    # Python 3.10 takes an alias such as Callable[[int], str] for a class.
    if inspect.isclass(value) and not isinstance(value, types.GenericAlias):
        return "exception" if issubclass(value, BaseException) else "class"
    if inspect.isroutine(value):
        return "function"
    if inspect.ismodule(value):
        return "module"
    return "constant"


def describe(package: ModuleType, name: str) -> str:
    """Return the first sentence about an exported name: its docstring, or that below a constant."""
    value = _value(package, name)
    if _kind(package, name) != "constant":
        return first_sentence(inspect.getdoc(value))
    module = package
    for node in ast.walk(ast.parse(inspect.getsource(package))):
        if isinstance(node, ast.ImportFrom) and name in {one.name for one in node.names}:
            with without_launch():
                module = importlib.import_module(node.module)
    text = first_sentence(_below(Path(inspect.getfile(module)), name))
    if (
        not text
        and isinstance(value, (bool, int, float, str, tuple))
        and len(repr(value)) <= LONGEST
    ):
        return code(repr(value))
    return text


def _below(path: Path, name: str) -> str:
    """Return the text below the assignment of a name."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    for node, after in zip(body, body[1:]):
        targets = getattr(node, "targets", [getattr(node, "target", None)])
        named = {target.id for target in targets if isinstance(target, ast.Name)}
        is_text = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
        if name in named and is_text:
            return str(after.value.value)
    return ""
