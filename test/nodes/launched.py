"""Launch files as people start them: a launch service in a process of its own, real nodes, real
signals.

Needs ``launch`` and ``launch_ros``; the tests that use it skip where they are missing.
"""

import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HAS_LAUNCH = all(importlib.util.find_spec(name) for name in ("launch", "launch_ros"))
needs_launch = pytest.mark.skipif(
    not HAS_LAUNCH, reason="launch and launch_ros come with a ROS distribution, not with the wheels"
)
SERVICE = """
import sys
from launch import LaunchDescription, LaunchService
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import AnyLaunchDescriptionSource
arguments = sys.argv[2:]
pairs = [tuple(one.split(":=", 1)) for one in arguments]
service = LaunchService(argv=arguments)
source = AnyLaunchDescriptionSource(sys.argv[1])
included = IncludeLaunchDescription(source, launch_arguments=pairs)
service.include_launch_description(LaunchDescription([included]))
sys.exit(service.run())
"""
"""What `ros2 launch` does."""
PATIENCE = 240.0
"""s of wall time that a busy machine may take for anything that is waited for."""


def prefix(folder):
    """Make an installed package of this source tree in a folder, as far as launch looks at one;
    returns the folder.
    """
    index = folder / "share/ament_index/resource_index/packages/liquid_nav"
    index.parent.mkdir(parents=True)
    index.touch()
    shared = folder / "share/liquid_nav"
    shared.mkdir()
    for name in ("config", "models", "launch", "package.xml"):
        (shared / name).symlink_to(ROOT / name)
    programs = folder / "lib/liquid_nav"
    programs.mkdir(parents=True)
    nodes = re.search(r"NODES = \(([^)]*)\)", (ROOT / "setup.py").read_text()).group(1)
    for name in re.findall(r'"(\w+)"', nodes):
        program = programs / name
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -m liquid_nav.nodes.{name} "$@"\n')
        program.chmod(0o755)
    return folder


class Launched:
    """One running launch file; leaving the context ends whatever is left of it."""

    def __init__(self, folder, file, *arguments, domain, variables=()):
        """Start it. ``folder``: empty, for its files; ``arguments``: name:=value; ``variables``: of
        its environment.
        """
        self.log = folder / "launch.log"
        environment = os.environ | {
            "ROS_DOMAIN_ID": str(domain),
            "AMENT_PREFIX_PATH": str(prefix(folder / "prefix")),
            "ROS_LOG_DIR": str(folder / "ros"),
            "PYTHONUNBUFFERED": "1",
            **dict(variables),
        }
        path = ROOT / "launch" / file
        with self.log.open("wb") as output:
            # As in a terminal: Ctrl-C goes to this process and to all that it has started and that
            # have not gone away.
            self.process = subprocess.Popen(
                [sys.executable, "-c", SERVICE, str(path), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        for pid in self.started().values():
            _kill(pid)
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def output(self):
        return self.log.read_text(errors="replace")

    def started(self):
        """Return {node: process id}, of the last one of each name."""
        found = re.findall(r"\[(\w+)-\d+\]: process started with pid \[(\d+)\]", self.output())
        return {name: int(pid) for name, pid in found}

    def alive(self, name):
        """Whether the last process of a node runs."""
        pid = self.started().get(name)
        return (
            pid is not None
            and Path(f"/proc/{pid}").exists()
            and " Z " not in Path(f"/proc/{pid}/stat").read_text()
        )

    def kill(self, name, number=signal.SIGKILL):
        """Send a signal to a node, by its process id."""
        os.kill(self.started()[name], number)

    def interrupt(self):
        """Do what Ctrl-C in its terminal does."""
        os.killpg(self.process.pid, signal.SIGINT)

    def wait(self, patience=PATIENCE):
        """Return its exit code."""
        return self.process.wait(patience)


def until(condition, what, spin, patience=PATIENCE):
    """Wait until something holds; returns the wall time that it took, s. ``spin``: what goes on
    meanwhile.
    """
    begin = time.monotonic()
    while not condition():
        assert time.monotonic() - begin < patience, (
            f"{what() if callable(what) else what} did not happen"
        )
        spin()
    return time.monotonic() - begin


def _kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


class Drone:
    """``drone.launch.py`` with a film as its camera, and the package's test vehicle on the other
    end of its link.
    """

    def __init__(self, harness, folder, film, model, *arguments, variables=()):
        """Start both. ``film``: a video; ``model``: a folder; the rest: see ``Launched``."""
        from std_msgs.msg import String

        from liquid_nav.bringup.claims import free_port
        from liquid_nav.nodes.qos import latched_qos

        self.harness = harness
        port = free_port()
        self.modes = []
        self.states = harness.listen("autopilot_bridge/state", String, latched_qos())
        harness.probe.create_subscription(
            String,
            "safety_supervisor/mode",
            lambda m: self.modes.append((time.monotonic(), m.data)),
            latched_qos(),
        )
        harness.listen_to_diagnostics()
        with (folder / "vehicle.log").open("wb") as output:
            self.vehicle = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "liquid_nav.nodes.test_vehicle",
                    "--ros-args",
                    "-p",
                    "scenario:=field",
                    "-p",
                    f"port:={port}",
                ],
                env=os.environ | {"ROS_DOMAIN_ID": str(harness.domain)},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.launched = Launched(
            folder,
            "drone.launch.py",
            f"source:={film}",
            f"connection:=udp:127.0.0.1:{port}",
            f"model:={model}",
            "speed:=0.3",
            "vertical_speed:=0.1",
            f"record:={folder / 'bag'}",
            *arguments,
            domain=harness.domain,
            variables=variables,
        )

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.launched.__exit__()
        self.vehicle.kill()
        self.vehicle.wait()

    @property
    def mode(self):
        return self.modes[-1][1] if self.modes else ""

    @property
    def state(self):
        return json.loads(self.states[-1].data) if self.states else {}

    def until(self, condition, what, patience=PATIENCE):
        """Wait while the probe receives; returns the wall time that it took, s."""

        def description():
            log = self.launched.output()[-3000:]
            return f"{what}: mode {self.mode}, bridge {self.state}; {log}"

        return until(
            condition,
            description,
            lambda: self.harness.executor.spin_once(timeout_sec=0.01),
            patience,
        )

    def engage(self):
        """Engage, as often as it is refused, and wait until it flies."""
        self.until(
            lambda: self.state.get("phase") in ("ready", "holding", "released"), "a connection"
        )
        answers = []

        def engaged():
            answers.append(self.harness.call("safety_supervisor/engage"))
            return answers[-1].success

        self.until(engaged, "engaging")
        self.until(
            lambda: self.state.get("phase") == "flying" and self.mode == "engaged", "a flight"
        )
        self.flies(1.0)

    def flies(self, seconds):
        """See that it flies, engaged, for so long."""
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() > end or self.mode != "engaged", "time")
        assert self.mode == "engaged" and self.state["airborne"], (
            self.mode,
            self.state,
            self.launched.output()[-3000:],
        )

    def die(self, name):
        """Kill a node in flight; returns the time until the hold, s, and its cause."""
        begin = time.monotonic()
        self.launched.kill(name)
        self.until(lambda: self.mode == "holding", "a hold", 10.0)
        took = self.modes[-1][0] - begin
        self.until(
            lambda: self.harness.reports("safety_supervisor: mode", "holding: "), "its cause", 10.0
        )
        return took, self.harness.diagnostics["safety_supervisor: mode"].message
