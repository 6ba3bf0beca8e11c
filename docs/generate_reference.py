"""Write the pages of the reference that follow from the code, or check that they are current.

    python docs/generate_reference.py            # write them
    python docs/generate_reference.py --check    # exit code 1, with the names of those that differ

The parameters of the nodes need ROS 2 (rclpy); ``--without-ros`` leaves their page alone.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Callable, Sequence

FOLDER = Path(__file__).parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent)]

from reference_pages import api, command_line, file_keys, launch_arguments  # noqa: E402

PAGES: dict[str, Callable[[], str]] = {
    "api.md": api.page,
    "command_line.md": command_line.page,
    "keys.md": file_keys.page,
    "launch_arguments.md": launch_arguments.page,
}
"""Name of a page -> what writes it; these need no ROS."""


def _node_parameters() -> str:
    from reference_pages import node_parameters

    return node_parameters.page()


ROS_PAGES: dict[str, Callable[[], str]] = {"node_parameters.md": _node_parameters}
"""The same for pages that import the nodes."""
REFERENCE = FOLDER / "reference"
COMMAND = "python docs/generate_reference.py"


def outdated(pages: dict[str, Callable[[], str]], folder: Path) -> list[str]:
    """Return the names of the pages that differ from what the code gives."""
    found = []
    for name, make in pages.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != make():
            found.append(name)
    return found


def write(pages: dict[str, Callable[[], str]], folder: Path) -> None:
    """Write all pages."""
    for name, make in pages.items():
        (folder / name).write_text(make(), encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit code: 0, or 1 for pages that are out of date."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, name what differs")
    parser.add_argument(
        "--without-ros", action="store_true", help="leave out the page that imports the nodes"
    )
    options = parser.parse_args(arguments)
    pages = PAGES if options.without_ros else {**PAGES, **ROS_PAGES}
    if not options.check:
        write(pages, REFERENCE)
        return 0
    old = outdated(pages, REFERENCE)
    for name in old:
        print(f"docs/reference/{name} is out of date: run {COMMAND}", file=sys.stderr)
    return int(bool(old))


if __name__ == "__main__":
    sys.exit(main())
