"""What a node's executable prints for ``--help``, without becoming a node: on a real drone that
would be a second one.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Sequence, TypeGuard

from liquid_nav.errors import UserError

HELP = ("--help", "-h")
EVERY_NODES = "use_sim_time"
"""What every node reads."""
SHOWN = 34
"""Characters before the description of a parameter."""


@dataclass(frozen=True)
class Shown:
    """One parameter of a node, as its source declares it."""

    name: str
    """As ROS calls it."""
    description: str
    """For people; empty where it is computed at run time."""
    default: str
    """As it is typed; empty where it is computed at run time."""


def asks_for_help(arguments: Sequence[str]) -> bool:
    """Return whether the arguments ask for the help of an executable."""
    return any(argument in HELP for argument in before_ros(arguments))


def before_ros(arguments: Sequence[str]) -> list[str]:
    """Return the arguments that are not for ROS: outside of ``--ros-args ... --``."""
    own = []
    ros = False
    for argument in arguments:
        if argument == "--ros-args":
            ros = True
        elif ros and argument == "--":
            ros = False
        elif not ros:
            own.append(argument)
    return own


def refuse_non_ros_arguments(arguments: Sequence[str], name: str) -> None:
    """Refuse arguments that are not for ROS.

    Raises:
        UserError: there is one; ROS would ignore it without a message.
    """
    own = before_ros(arguments)
    if own:
        example = f"ros2 run liquid_nav {name} --ros-args -p NAME:=VALUE"
        raise UserError(
            f"{name} has no option '{own[0]}'", f"parameters are given as: {example}. See --help"
        )


def node_help_text(module: ModuleType) -> str:
    """Return what a person reads: what the node of that module does, and its parameters."""
    name = executable_name(module)
    lines = [
        f"usage: ros2 run liquid_nav {name} --ros-args [-p NAME:=VALUE ...] [--params-file FILE] "
        "[-r FROM:=TO ...]",
        "",
        (inspect.getdoc(module) or "").strip(),
        "",
        "parameters (of the running node: ros2 param describe):",
    ]
    for one in parameters(module):
        head = f"  {one.name}"
        if one.default:
            head += f" [{one.default}]"
        lines.append(f"{head:<{SHOWN}} {one.description}".rstrip())
    return "\n".join(lines)


def executable_name(module: ModuleType) -> str:
    """Return the name of the executable whose code a module is, also where it is the main
    program.
    """
    spec = getattr(module, "__spec__", None)
    name = module.__name__
    if name == "__main__" and spec is not None:
        name = spec.name
    return name.rpartition(".")[2]


def parameters(module: ModuleType) -> list[Shown]:
    """Return the parameters that a node's module declares, and the modules of nodes that it is made
    of.
    """
    found: dict[str, Shown] = {}
    for part in _parts(module):
        tree = ast.parse(inspect.getsource(part))
        for loop in ast.walk(tree):
            if isinstance(loop, ast.DictComp) and _is_declaration(loop.value):
                _note_table(loop, part, found)
        for call in ast.walk(tree):
            if _is_declaration(call):
                _note(call, part, found)
    return list(found.values())


def names_read_by(name: str) -> list[str]:
    """Return the names of the parameters that the node of an executable may be given."""
    module = importlib.import_module(f"liquid_nav.nodes.{name}")
    names = [EVERY_NODES, *(one.name for one in parameters(module))]
    for kind in vars(module).values():
        if isinstance(kind, type) and kind.__module__ == module.__name__:
            names += getattr(kind, "unread", ())
    return names


def _parts(module: ModuleType) -> list[ModuleType]:
    """Return a module, and those of ``liquid_nav.nodes`` from which it imports by name."""
    names = [
        node.module
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.ImportFrom)
        and node.module is not None
        and node.module.startswith("liquid_nav.nodes.")
    ]
    return [module, *(importlib.import_module(name) for name in dict.fromkeys(names))]


def _is_declaration(node: ast.AST) -> TypeGuard[ast.Call]:
    return (
        isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "declare"
        and len(node.args) >= 4
    )


def _note(call: ast.Call, module: ModuleType, found: dict[str, Shown]) -> None:
    name = _value(call.args[1], module)
    if isinstance(name, str) and name not in found:
        description = _value(call.args[3], module)
        if not isinstance(description, str):
            description = ""
        found[name] = Shown(name, description, _typed(call.args[2], module))


def _note_table(loop: ast.DictComp, module: ModuleType, found: dict[str, Shown]) -> None:
    """Take the parameters that are declared by a table of names and descriptions."""
    table = loop.generators[0].iter
    if isinstance(table, ast.Call) and isinstance(table.func, ast.Attribute):
        # Of ``TABLE.items()`` the table.
        table = table.func.value
    rows = _value(table, module)
    if not isinstance(rows, dict):
        return
    for name, row in rows.items():
        if not isinstance(row, tuple):
            row = (row,)
        # Rows have a default, a range or neither beside the description, which is the longest text.
        texts = [part for part in row if isinstance(part, str)]
        description = max(texts, key=len, default="")
        found.setdefault(name, Shown(name, description, ""))


def _value(node: ast.expr, module: ModuleType) -> Any:
    """Return the value of an expression of a module; None where it is computed at run time."""
    try:
        # Our own source, as it would be run: constants, f-strings of constants, names of the
        # module.
        return eval(compile(ast.Expression(node), module.__name__, "eval"), vars(module))
    except (NameError, AttributeError, TypeError):
        return None


def _typed(node: ast.expr, module: ModuleType) -> str:
    value = _value(node, module)
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if value == "":
        return "''"
    return str(value)


def module_of_node(make: Any) -> ModuleType:
    """Return the module in which a node's class or function is written."""
    return sys.modules[make.__module__]
