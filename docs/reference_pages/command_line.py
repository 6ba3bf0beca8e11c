"""Every subcommand of ``liquid-nav`` with its arguments and options, from the functions that Typer
calls.
"""

from __future__ import annotations

import enum
import importlib
import inspect
import types
import typing
from pathlib import Path
from typing import Any, Callable, Iterator

from typer.models import ArgumentInfo, OptionInfo

from liquid_nav.cli.app import ENTRIES
from liquid_nav.cli.lazy import Entry
from reference_pages.markdown import code, first_sentence, head, joined, table

KINDS = {bool: "switch", int: "integer", float: "number", str: "text", Path: "path"}
COLUMNS = ("option", "type", "default", "meaning")
TEXT = """
`liquid-nav COMMAND --help` shows the same, with an example. Bad input gives one line with the
cause and the remedy, and exit code 2. `liquid-nav --version` prints the version. After `make
setup` the command is `.venv/bin/liquid-nav`; `python -m liquid_nav` is the same. `bench` measures
with the tools in `benchmarks`, which a clone of the repository has and an installed package not.
"""
"""What stands at the top of the page."""


def page() -> str:
    """Return the page."""
    lines = head(
        "Command line",
        "liquid_nav/cli",
        TEXT,
    )
    lines += table(
        ("command", "what it does"),
        [(f"[`{entry.name}`](#liquid-nav-{entry.name})", entry.summary) for entry in ENTRIES],
    )
    for entry in ENTRIES:
        lines += [f"## liquid-nav {entry.name}", "", entry.summary, "", *_example(entry.example)]
        for name, function in commands(entry):
            if name:
                lines += [f"### liquid-nav {entry.name} {name}", ""]
                lines += [_escaped(first_sentence(inspect.getdoc(function))), ""]
            lines += table(COLUMNS, options(function))
    return joined(lines)


def commands(entry: Entry) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield the functions of a subcommand, by the second argument on the command line; empty where
    there is none.
    """
    module = importlib.import_module(entry.module)
    app = getattr(module, f"{entry.name}_app", None)
    if app is None:
        yield "", getattr(module, entry.name)
        return
    for command in app.registered_commands:
        yield command.name or command.callback.__name__.replace("_", "-"), command.callback


def options(function: Callable[..., Any]) -> list[tuple[str, str, str, str]]:
    """Return a row for each argument and option of a command."""
    hints = typing.get_type_hints(function, include_extras=True)
    rows = []
    for parameter in inspect.signature(function).parameters.values():
        info, default, kind = _declared(parameter, hints.get(parameter.name))
        if info is None or info.hidden:
            continue
        text = (info.help or "").replace("``", "`")
        rows.append((_names(parameter.name, info, kind), _type(kind, info), _shown(default), text))
    return rows


def _declared(
    parameter: inspect.Parameter, hint: Any
) -> tuple[OptionInfo | ArgumentInfo | None, Any, Any]:
    """Return how a parameter is declared, its default and its type."""
    given = parameter.default
    if isinstance(given, (OptionInfo, ArgumentInfo)):
        return given, given.default, hint
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        # Python 3.10 puts Optional around the type of what is None by default.
        hint = next((one for one in typing.get_args(hint) if _is_annotated(one)), hint)
    if _is_annotated(hint):
        kind, *more = typing.get_args(hint)
        for info in more:
            if isinstance(info, (OptionInfo, ArgumentInfo)):
                return info, given, kind
    return None, None, None


def _is_annotated(hint: Any) -> bool:
    return typing.get_origin(hint) is typing.Annotated


def _names(name: str, info: OptionInfo | ArgumentInfo, kind: Any) -> str:
    if isinstance(info, ArgumentInfo):
        return code((info.metavar or name).strip("[]{}").upper())
    given = [name for name in info.param_decls or () if name.startswith("-")]
    if not given:
        dashed = name.replace("_", "-")
        given = [f"--{dashed}"]
        if kind is bool:
            given.append(f"--no-{dashed}")
    return ", ".join(code(name) for text in given for name in text.split("/"))


def _type(kind: Any, info: OptionInfo | ArgumentInfo) -> str:
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        kinds = [one for one in typing.get_args(kind) if one is not type(None)]
        return " or ".join(_type(one, info) for one in kinds)
    if origin in (list, tuple):
        return f"{_type(typing.get_args(kind)[0], info)}, repeatable"
    if origin is typing.Literal:
        return ", ".join(code(one) for one in typing.get_args(kind))
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return ", ".join(code(one.value) for one in kind)
    text = KINDS.get(kind, getattr(kind, "__name__", str(kind)))
    least, most = info.min, info.max
    if least is not None and most is not None:
        return f"{text}, {least:g} to {most:g}"
    if least is not None:
        return f"{text}, {least:g} or more"
    return text


def _shown(default: Any) -> str:
    if default is None:
        return ""
    if default is ...:
        return "required"
    if isinstance(default, bool):
        return "on" if default else "off"
    if isinstance(default, enum.Enum):
        default = default.value
    if isinstance(default, (list, tuple)):
        return ", ".join(code(one) for one in default)
    return code(default)


def _example(text: str) -> list[str]:
    return ["```bash", text, "```", ""]


def _escaped(text: str) -> str:
    return text.replace("<", "&lt;")
