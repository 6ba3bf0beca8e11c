"""Parameters of every node: type, default, range, unit and meaning. Imports the nodes, so ROS 2."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

from reference_pages.evaluating import UNKNOWN, declarations
from reference_pages.markdown import code, first_sentence, head, joined, table

ROOT = Path(__file__).parents[2]
NODES = (
    "autopilot_bridge",
    "camera",
    "expert_pilot",
    "liquid_controller",
    "plots",
    "recorder",
    "safety_supervisor",
    "scenario_runner",
    "simulated_camera",
    "simulator",
    "test_vehicle",
    "weather",
    "world_camera",
)
"""Executables; a test compares them with setup.py."""
CONFIGURATIONS = ("drone", "embedded", "gazebo")
"""Parameter files of the launch files, config/NAME.yaml."""
KINDS = {bool: "bool", int: "int", float: "float", str: "string"}
UNITS = (
    ("m/s^2", r"m/s\^2"),
    ("rad/s^2", r"rad/s\^2"),
    ("m/s", r"(?<!\w)m/s\b"),
    ("rad/s", r"rad/s\b"),
    ("rad", r"\brad\b"),
    ("1/m", r"\b1/m\b"),
    ("Hz", r"\bHz\b|per simulated second|per second"),
    ("degrees", r"\bdegrees\b"),
    ("s", r"(?<!per )\b[Ww]all seconds\b|(?<=[ ,])s(?=[.;:,) ]|$)"),
    ("m", r"(?<=[ ,])m(?=[.;:,) ]|$)"),
    # Last: a time may be described by what its pixels do.
    ("pixels", r"\bpixels\b|^Height (to ask|of the published)"),
)
"""Units, and how a description names them; the first one that fits counts."""


@dataclass(frozen=True)
class Parameter:
    """One parameter of a node."""

    name: str
    """As ROS calls it."""
    kind: str
    """Its type."""
    default: str
    """As it is typed; empty where it is computed at run time."""
    range: str
    """Least and largest value; empty where there are none."""
    unit: str
    """Unit of a number; empty where it has none."""
    description: str
    """For people."""
    changeable: bool
    """Whether it can be set while the node runs."""


def parameters(name: str) -> list[Parameter]:
    """Return the parameters of an executable's node, by name."""
    module = importlib.import_module(f"liquid_nav.nodes.{name}")
    found: dict[str, Parameter] = {}
    for part in _parts(module):
        for given in declarations(ast.parse(inspect.getsource(part)), vars(part)):
            one = _parameter(given)
            if one is not None:
                found.setdefault(one.name, one)
    return sorted(found.values(), key=lambda one: one.name)


def _parts(module: ModuleType) -> list[ModuleType]:
    """Return a module, and those of ``liquid_nav.nodes`` from which it imports by name."""
    names = [
        node.module
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("liquid_nav.nodes.")
    ]
    return [module, *(importlib.import_module(name) for name in dict.fromkeys(names))]


def _parameter(given: dict[str, Any]) -> Parameter | None:
    name = given["name"]
    default = given["default"]
    description = given["description"]
    if not isinstance(name, str):
        return None
    kind, shown = "", ""
    if default is not UNKNOWN:
        kind, shown = KINDS[type(default)], typed(default)
    limits = ""
    if given["limits"] not in (None, UNKNOWN):
        limits = " to ".join(_number(end, default) for end in given["limits"])
    if not isinstance(description, str):
        description = ""
    unit = ""
    if kind in ("int", "float"):
        unit = next((unit for unit, text in UNITS if re.search(text, description)), "")
    return Parameter(name, kind, shown, limits, unit, description, given["read_only"] is False)


def typed(value: object) -> str:
    """Return a value as it is typed on a command line."""
    if isinstance(value, bool):
        return str(value).lower()
    if value == "":
        return "''"
    return str(value)


def _number(value: float, default: object) -> str:
    if isinstance(default, float):
        return f"{float(value):g}"
    return str(int(value))


def configured(name: str) -> dict[str, dict[str, str]]:
    """Return {parameter: {parameter file: its value there}} of a node."""
    found: dict[str, dict[str, str]] = {}
    for file in CONFIGURATIONS:
        text = (ROOT / "config" / f"{file}.yaml").read_text(encoding="utf-8")
        section = yaml.safe_load(text).get(f"/**/{name}", {"ros__parameters": {}})
        for parameter, value in section["ros__parameters"].items():
            found.setdefault(parameter, {})[file] = typed(value)
    return found


TEXT = """
Every parameter with its type, default, range, unit and meaning. "Launched with" is what the
launch files set in `config/drone.yaml` (a real drone), `config/embedded.yaml` and
`config/gazebo.yaml`, where it differs from the default. A parameter marked "live" can be set
while the node runs; [change parameters](../how_to/parameters.md) has the rules. Every node also
has `use_sim_time`. `--help` of each executable and `ros2 param describe` show the same.
"""
"""What stands at the top of the page."""


def page() -> str:
    """Return the page."""
    lines = head(
        "Parameters of every node",
        "the nodes in liquid_nav/nodes and the files in config/",
        TEXT,
    )
    lines += [f"- [`{name}`](#{name}): {first_sentence(_document(name))}" for name in NODES]
    lines.append("")
    for name in NODES:
        files = configured(name)
        rows = []
        for one in parameters(name):
            launched = "; ".join(
                f"{file} {code(value)}"
                for file, value in files.get(one.name, {}).items()
                if value != one.default
            )
            live = "yes" if one.changeable else ""
            rows.append(
                (
                    code(one.name),
                    one.kind,
                    code(one.default),
                    one.range,
                    one.unit,
                    launched,
                    live,
                    one.description,
                )
            )
        columns = (
            "parameter",
            "type",
            "default",
            "range",
            "unit",
            "launched with",
            "live",
            "meaning",
        )
        lines += [f"## {name}", "", first_sentence(_document(name)), ""]
        lines += table(columns, rows) if rows else ["It has no parameters of its own.", ""]
    return joined(lines)


def _document(name: str) -> str:
    return inspect.getdoc(importlib.import_module(f"liquid_nav.nodes.{name}")) or ""
