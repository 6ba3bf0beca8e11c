"""A person's own parameter file, as ``params_file:=`` of the launch files takes it. Needs neither
rclpy nor launch.

ROS itself decides by the order in which patterns of node names were first seen, so that what a
person wrote could lose against our own file. Here the person's file is resolved first, and what it
sets for a node takes the place of ours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Collection, Mapping

import yaml

from liquid_nav.bringup.unknown_names import PARAMETERS, flat, is_for_all, nearest
from liquid_nav.errors import UserError
from liquid_nav.yaml_text import parse_yaml

NODES = (
    "simulator",
    "simulated_camera",
    "liquid_controller",
    "expert_pilot",
    "safety_supervisor",
    "scenario_runner",
    "recorder",
    "autopilot_bridge",
    "test_vehicle",
    "camera",
    "weather",
    "plots",
)
"""Names of this package's nodes."""
EXAMPLE = "write it as ROS does: /**/safety_supervisor: {ros__parameters: {speed: 1.0}}"


@dataclass(frozen=True)
class ParamsFile:
    """What a person's file contains."""

    path: str = ""
    """Where it is, for messages; default: there is none."""
    sections: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    """Pattern of node names -> parameters, in the order of the file; default: none."""

    def values(self, node: str) -> dict[str, Any]:
        """Return what is set for the node of that full name, such as ``/d1/camera``; the last
        section counts.
        """
        found: dict[str, Any] = {}
        for pattern, parameters in self.sections:
            if _matches(pattern, node):
                found |= parameters
        return found

    def own(self, node: str) -> list[str]:
        """Return the names that are set for the node of that full name and not for every node
        around it.
        """
        names = [
            name
            for pattern, parameters in self.sections
            if _matches(pattern, node) and not is_for_all(pattern)
            for name in flat(parameters)
        ]
        return list(dict.fromkeys(names))

    def check(self, nodes: Collection[str]) -> None:
        """Raise UserError for a section that fits no node; ``nodes``: full names of those that are
        started.
        """
        names = {node.rpartition("/")[2] for node in nodes}
        for pattern, _ in self.sections:
            name = pattern.rpartition("/")[2]
            if any(_matches(pattern, node) for node in nodes):
                continue
            if name in names:
                cause = (
                    f"{self.path}: '{pattern}' is none of the nodes here: "
                    f"{', '.join(sorted(nodes))}"
                )
                raise UserError(cause, f"write /**/{name}, which fits every namespace")
            # One file may serve several launch files: a node of ours need not be started.
            if name not in NODES:
                near = nearest(name, NODES)
                remedy = f"choose from: {', '.join(NODES)}"
                if near:
                    remedy = f"did you mean {near}?"
                raise UserError(f"{self.path}: no node is called '{pattern}'", remedy)


def read_params_file(path: str) -> ParamsFile:
    """Return what a file contains; an empty path means no file.

    Raises:
        UserError: It cannot be read, or is no parameter file.
    """
    if not path:
        return ParamsFile()
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise UserError(
            f"cannot read params_file {path}: {reason}", "give the path of a YAML file"
        ) from None
    try:
        content = parse_yaml(text)
    except yaml.YAMLError as error:
        raise UserError(
            f"params_file {path} is no YAML: {' '.join(str(error).split())}", EXAMPLE
        ) from None
    sections: list[tuple[str, Mapping[str, Any]]] = []
    _collect(path, "", content, sections)
    return ParamsFile(path, tuple(sections))


def _collect(
    path: str, name: str, content: Any, sections: list[tuple[str, Mapping[str, Any]]]
) -> None:
    """Add the sections below a key; namespaces may be keys of their own."""
    if not isinstance(content, dict) or not content:
        raise UserError(
            f"params_file {path}: nothing that can be read below '{name or 'the top'}'", EXAMPLE
        )
    for key, value in content.items():
        if key != PARAMETERS:
            _collect(path, f"{name}/{str(key).strip('/')}", value, sections)
        elif name and isinstance(value, dict):
            sections.append((name, value))
        else:
            raise UserError(
                f"params_file {path}: no parameters below {PARAMETERS} of '{name or 'no node'}'",
                EXAMPLE,
            )


def _matches(pattern: str, node: str) -> bool:
    """Return whether a pattern of ROS means a node: ``**`` any number of names, ``*`` one."""
    expression = "".join(
        {"**": "(/[^/]+)*", "*": "/[^/]+"}.get(part, "/" + re.escape(part))
        for part in pattern.strip("/").split("/")
    )
    return re.fullmatch(expression, node) is not None
