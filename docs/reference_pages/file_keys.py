"""Keys of scenario and condition files: what they take, their defaults and their meaning."""

from __future__ import annotations

import ast
import inspect
import textwrap
from typing import Iterator

from liquid_nav.worlds import WORLDS, Condition, Scenario
from liquid_nav.worlds.keys import Key, keys_of
from reference_pages.markdown import code, head, joined, table

BUILT_IN = ("forest", "field")
"""Kinds of world of this package; others that are installed are not on the page."""
COLUMNS = ("key", "takes", "default", "meaning")
TEXT = """
Everything has a default but `world`; a key that is unknown, or a value out of range, is refused in
one line. A key with a dot stands in a section: `wind.gust` is `wind: {gust: 0.5}`. Distances are in
metres, angles in radians unless stated otherwise, everything in SI units. How they are used:
[your own world](../tutorials/your_own_world.md), [conditions](conditions.md).
"""
"""What stands at the top of the page."""


def page() -> str:
    """Return the page."""
    lines = head(
        "Keys of scenario and condition files",
        "the dataclasses in liquid_nav/worlds",
        TEXT,
    )
    lines += ["## Scenario", ""]
    world = ("`world`", code(", ".join(BUILT_IN)), "", "Kind of world.")
    parameters = ("`parameters`", "", "", "What the kind of world can be set to; see below.")
    lines += table(COLUMNS, [world, parameters, *rows(Scenario)])
    for name in BUILT_IN:
        lines += [f"## Parameters of `world: {name}`", ""]
        lines += table(COLUMNS, rows(WORLDS[name].parameters))
    lines += ["## Condition", ""]
    lines += table(COLUMNS, rows(Condition))
    return joined(lines)


def rows(kind: type, prefix: str = "", other: Key | None = None) -> Iterator[tuple[str, ...]]:
    """Yield the rows of the keys of a dataclass, those of its sections among them."""
    meanings = documented(kind)
    for name, (key, default) in keys_of(kind, other).items():
        if key.section is not None:
            yield from rows(key.section, f"{prefix}{name}.", key.other)
        else:
            yield code(prefix + name), key.values, code(_typed(default)), meanings[name]


def documented(kind: type) -> dict[str, str]:
    """Return the text below each field of a dataclass."""
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(definition, ast.ClassDef)
    found = {}
    for node, after in zip(definition.body, definition.body[1:]):
        is_text = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and is_text:
            found[node.target.id] = inspect.cleandoc(str(after.value.value)).replace("``", "`")
    return found


def _typed(value: object) -> str:
    """Return a default as it is typed in a file."""
    if isinstance(value, tuple):
        return f"[{', '.join(f'{part:.4g}' for part in value)}]"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)
