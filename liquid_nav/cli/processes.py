"""The processes of a graph: started together, watched, and ended together whatever happens."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Iterator, Sequence

from liquid_nav.bringup import (
    EMBEDDED_PARAMETER_FILE,
    NodeProcess,
    claim_ros_domain,
    node_environment,
    parameter_as_yaml,
)
from liquid_nav.resources import find

RUNNER = "scenario_runner"
REMINDED = 1.0
"""s after SIGINT until a process that still runs gets SIGTERM: at its start it may have missed the
first signal. One that is ending ignores the second.
"""
PATIENCE = 10.0
"""s after SIGINT until a process that still runs is killed."""
_PARENT_DEATH_SIGNAL = 1


def graph_environment(domain: int | None = None) -> dict[str, str]:
    """Return the environment of the graph: a free ROS domain and local discovery, unless the user
    has set them.

    ``domain``: taken instead of a free one.
    """
    environment = dict(os.environ) | node_environment()
    if "ROS_DOMAIN_ID" not in environment:
        if domain is None:
            domain = claim_ros_domain()
        environment["ROS_DOMAIN_ID"] = str(domain)
    environment.setdefault("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    return environment


def arguments(process: NodeProcess) -> list[str]:
    """Return the command line of one node."""
    command = [sys.executable, "-m", f"liquid_nav.nodes.{process.executable}", "--ros-args"]
    command += [
        "--params-file",
        str(find(EMBEDDED_PARAMETER_FILE)),
        "--disable-external-lib-logs",
    ]
    for name, value in process.parameters.items():
        if value != "":
            command += ["-p", f"{name}:={parameter_as_yaml(value)}"]
    for name, other in process.remappings:
        command += ["-r", f"{name}:={other}"]
    if process.namespace:
        command += ["-r", f"__ns:=/{process.namespace}"]
    return command


class ChildProcess:
    """One running process with its log file."""

    def __init__(
        self, process: NodeProcess, log: Path, environment: dict[str, str], pipe: bool
    ) -> None:
        """Start it; with ``pipe`` its standard output is not written into the log but can be read
        from ``output``.
        """
        self.name = process.executable
        self.log = log
        self.namespace = process.namespace
        with log.open("wb") as output:
            self.popen = subprocess.Popen(
                arguments(process),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if pipe else output,
                stderr=output,
                env=environment,
                # Ctrl-C goes to this process alone, which ends its children in order; and none of
                # them may outlive it.
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    @property
    def output(self) -> IO[bytes]:
        """Its standard output; only of a process that was started with ``pipe``."""
        assert self.popen.stdout is not None
        return self.popen.stdout

    def last_line(self) -> str:
        """Return the last line of its log that is not empty."""
        lines = [line.strip() for line in self.log.read_text(errors="replace").splitlines()]
        return next((line for line in reversed(lines) if line), "no output")


class Graph:
    """A context manager around the children; leaving it ends them all."""

    def __init__(self, plan: Sequence[NodeProcess], logs: Path, domain: int | None = None) -> None:
        """``plan``: what to start, the scenario runners last.

        ``logs``: folder for one log per node. ``domain``: ROS domain where the user has set none;
        None: a free one.
        """
        self._plan = plan
        self._logs = logs
        self.environment = graph_environment(domain)
        self.children: list[ChildProcess] = []

    def __enter__(self) -> Graph:
        """Start everything."""
        try:
            with _uninterrupted():
                for process in self._plan:
                    runner = process.executable == RUNNER
                    log = (
                        self._logs
                        / f"{process.namespace and process.namespace + '_'}{process.executable}.log"
                    )
                    self.children.append(ChildProcess(process, log, self.environment, pipe=runner))
        except BaseException:
            self.stop()
            raise
        return self

    @property
    def runners(self) -> list[ChildProcess]:
        """The processes whose end is the end of the flight, one for each drone."""
        return [child for child in self.children if child.name == RUNNER]

    def crashed(self) -> ChildProcess | None:
        """Return a process other than the runners that has ended, if there is one."""
        others = (child for child in self.children if child.name != RUNNER)
        return next((child for child in others if child.popen.poll() is not None), None)

    def stop(self) -> None:
        """Ask every process to end, wait, and kill those that do not."""
        for child in reversed(self.children):
            _signal(child, signal.SIGINT)
        begin = time.monotonic()
        for child in self.children:
            if not _ends_within(child, begin + REMINDED - time.monotonic()):
                _signal(child, signal.SIGTERM)
        deadline = begin + PATIENCE
        for child in self.children:
            try:
                child.popen.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal(child, signal.SIGKILL)
                child.popen.wait()
            if child.popen.stdout is not None:
                child.popen.stdout.close()

    def __exit__(self, *exc: object) -> None:
        """Stop; a second Ctrl-C does not leave anything behind."""
        with _uninterrupted():
            self.stop()


def _ends_within(child: ChildProcess, seconds: float) -> bool:
    try:
        child.popen.wait(max(0.0, seconds))
    except subprocess.TimeoutExpired:
        return False
    return True


def _signal(child: ChildProcess, number: int) -> None:
    if child.popen.poll() is None:
        child.popen.send_signal(number)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Defer Ctrl-C and SIGTERM to the end of the block, so that no process is left running."""
    asked = []
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda *_: asked.append(True)) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before):
            signal.signal(number, handler)
    if asked:
        raise KeyboardInterrupt


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGTERM)
