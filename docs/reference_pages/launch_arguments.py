"""Arguments of the launch files, as they declare them."""

from __future__ import annotations

from typing import Iterator, Sequence

from reference_pages.launch_files import Argument, LaunchFile
from reference_pages.markdown import code, head, joined, table

TEXT = """
`ros2 launch liquid_nav FILE --show-args` shows the same. An argument is given as `NAME:=VALUE`;
a misspelt name is refused, with the nearest one. What is not an argument is a
[parameter](node_parameters.md), which `params_file:=` sets ([change
parameters](../how_to/parameters.md#a-file-of-your-own-and-the-level-of-the-log)).
"""
"""What stands at the top of the page."""

SECTIONS = (
    (
        "forest.launch.py and field.launch.py",
        "A simulated flight: embedded, in Gazebo, or with PX4. Both include `flight.launch.py` and "
        "differ in the default of `scenario` alone; `flight.launch.py` has that of the forest.",
        "flight.launch.py",
    ),
    (
        "drone.launch.py",
        "A real drone. An empty limit means that of `config/drone.yaml`.",
        "drone.launch.py",
    ),
    (
        "views.launch.py",
        "Windows on a drone that flies; the other launch files include it.",
        "views.launch.py",
    ),
)
"""Heading, text, and the launch file that declares the arguments."""


def page() -> str:
    """Return the page."""
    lines = head(
        "Launch arguments",
        "launch/*.launch.py",
        TEXT,
    )
    for title, text, file in SECTIONS:
        lines += [f"## {title}", "", text, ""]
        rows = _rows(LaunchFile(file).arguments())
        lines += table(("argument", "default", "one of", "meaning"), rows)
    return joined(lines)


def _rows(arguments: Sequence[Argument]) -> Iterator[tuple[str, str, str, str]]:
    for one in sorted(arguments, key=lambda one: one.name):
        choices = ", ".join(code(choice) for choice in one.choices)
        yield code(one.name), code(one.default), choices, one.description
