"""Watches the runners of a flight until they end; finds the cause where a process breaks.

A runner that gives up ends the whole flight: the simulator waits for every drone to start, so the
others would wait for ever.
"""

from __future__ import annotations

import json
import select
import time
from typing import TYPE_CHECKING, Any

from liquid_nav.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

    from liquid_nav.cli.processes import ChildProcess, Graph

SHOWN = 5.0
"""s between progress lines where there is no terminal."""


class FlightError(Exception):
    """The flight could not be flown to its end; one line."""


def watch(graph: Graph, console: Console) -> bool:
    """Show the progress until every runner ends; returns whether all ended well.

    Raises:
        UserError, FlightError: a node broke, or a runner gave up, whatever the other runners do.
    """
    open_ = {runner.output: runner for runner in graph.runners}
    results: dict[str, dict[str, Any]] = {}
    lines: dict[str, str] = {}
    shown = time.monotonic() - 1e9
    with console.status("starting the graph ...") as status:
        while open_:
            ready, _, _ = select.select(list(open_), [], [], 0.2)
            for stream in ready:
                line = stream.readline()
                name = open_[stream].namespace
                if line == b"":
                    if name not in results:
                        _explain(open_[stream])
                    del open_[stream]
                    continue
                facts = _parse(line)
                if "distance" in facts:
                    lines[name] = f"{name} {_describe(facts)}".strip()
                    status.update("\n".join(lines.values()))
                    if not console.is_terminal and time.monotonic() - shown > SHOWN:
                        shown = time.monotonic()
                        console.print("\n".join(lines.values()), highlight=False)
                if "error" in facts:
                    cause = facts["error"]
                    if name:
                        cause = f"{name}: {cause}"
                    raise FlightError(cause)
                if "outcome" in facts:
                    results[name] = facts
            broken = graph.crashed()
            if broken is not None and len(results) < len(graph.runners):
                _explain(broken)
    return not any([runner.popen.wait() for runner in graph.runners])


def _explain(child: ChildProcess) -> None:
    """Raise the error that a process ended with, from the last line of its log."""
    code = child.popen.wait()
    text = child.last_line()
    if code == 2 and text.startswith("error: "):
        cause, _, remedy = text.removeprefix("error: ").partition(". ")
        raise UserError(cause, remedy)
    raise FlightError(f"{child.name} ended with code {code}: {text} (see {child.log})")


def _parse(line: bytes) -> dict[str, Any]:
    try:
        facts = json.loads(line)
    except ValueError:
        return {}
    return facts if isinstance(facts, dict) else {}


def _describe(facts: dict[str, Any]) -> str:
    place = f"{facts['time']:5.1f} s   {facts['distance']:5.1f} m to the target"
    return f"{place}   {facts['speed']:4.2f} m/s   {facts['mode']}"
