"""What an expression in the source of a node is worth, before that node runs."""

from __future__ import annotations

import ast
import builtins
import importlib
from typing import Any, Iterator, Mapping

UNKNOWN = object()
"""What is known only while the node runs."""


class Scope:
    """Names of a function: those of its module, and its own that are assigned once, by a text
    that can be evaluated.
    """

    def __init__(self, names: Mapping[str, Any], function: ast.AST) -> None:
        """Take the names of a module and one of its functions."""
        self._names = {**names, **_imported(function)}
        self._assigned: dict[str, ast.AST] = {}
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and len(node.targets) == 1:
                target = node.targets[0]
                if isinstance(target, ast.Name):
                    self._assigned.setdefault(target.id, node.value)

    def value(self, node: ast.AST, bound: Mapping[str, Any] | None = None) -> Any:
        """Return what an expression is worth, or UNKNOWN."""
        known = dict(bound or {})
        for part in ast.walk(node):
            if not isinstance(part, ast.Name) or part.id in known or part.id in self._names:
                continue
            if hasattr(builtins, part.id):
                continue
            assigned = self._assigned.get(part.id)
            if assigned is None or _is_declaration(assigned):
                return UNKNOWN
            value = self.value(assigned)
            if value is UNKNOWN:
                return UNKNOWN
            known[part.id] = value
        try:
            # Our own source, as it would be run: constants, tables and the defaults of dataclasses.
            return eval(compile(ast.Expression(node), "<node>", "eval"), {**self._names, **known})
        except Exception:  # Whatever it needs of the running node.
            return UNKNOWN


def _imported(function: ast.AST) -> dict[str, Any]:
    """Return the names that a function imports from this package."""
    found: dict[str, Any] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("liquid_nav."):
            module = importlib.import_module(node.module)
            found |= {one.asname or one.name: getattr(module, one.name) for one in node.names}
    return found


def declarations(tree: ast.AST, names: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the arguments of every ``declare(node, name, default, description, limits,
    read_only)``, also of those in a comprehension over a table.
    """
    for function in ast.walk(tree):
        if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        scope = Scope(names, function)
        inside: set[int] = set()
        for loop in ast.walk(function):
            if isinstance(loop, ast.DictComp) and _is_declaration(loop.value):
                inside.add(id(loop.value))
                rows = scope.value(loop.generators[0].iter)
                for row in () if rows is UNKNOWN else rows:
                    bound = _bind(loop.generators[0].target, row)
                    yield _arguments(loop.value, scope, bound)
        for call in ast.walk(function):
            if _is_declaration(call) and id(call) not in inside:
                yield _arguments(call, scope, {})


def _is_declaration(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "declare"
        and len(node.args) >= 4
    )


def _bind(target: ast.AST, value: Any) -> dict[str, Any]:
    if isinstance(target, ast.Name):
        return {target.id: value}
    found: dict[str, Any] = {}
    for part, one in zip(target.elts, value):
        found |= _bind(part, one)
    return found


def _arguments(call: ast.Call, scope: Scope, bound: Mapping[str, Any]) -> dict[str, Any]:
    names = ("node", "name", "default", "description", "limits", "read_only")
    given = dict(zip(names, call.args)) | {one.arg: one.value for one in call.keywords}
    usual = {"limits": None, "read_only": True}
    return {
        name: scope.value(given[name], bound) if name in given else usual[name]
        for name in names[1:]
    }
