"""Listens to a live graph for a while, for ``liquid-nav preflight``."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter

from liquid_nav.bringup import enclave_arguments
from liquid_nav.errors import UserError
from liquid_nav.nodes.preflight_probe import Probe
from liquid_nav.preflight import PreflightFacts
from liquid_nav.resources import find

DISCOVERY = (1.0, 3.0)
"""s of wall time for discovery: at least, and (while a node has not answered yet) at most."""
SLOW = 4.0
"""Times ``seconds`` of wall time at most, for a simulation that is slow."""
ENOUGH = 1.0
"""Simulated s that are worth judging."""


class Listening:
    """One observation of a graph; the caller asks for ``facts`` between callbacks until they come.

    Rates are per simulated second where there is a simulated clock: a simulation that is slower
    than real time still sends its frames per simulated second.
    """

    def __init__(
        self,
        node: Node,
        camera: str,
        seconds: float,
        sim: bool,
        discovery: tuple[float, float] = DISCOVERY,
        slow: float = SLOW,
    ) -> None:
        """Begin with discovery.

        Args:
            node: Owner of the subscriptions.
            camera: Topic of the images.
            seconds: How long the graph is observed, s of wall time.
            sim: Whether /clock is waited for, and ages and rates are by it.
            discovery: Least and largest time for discovery, s of wall time.
            slow: Times ``seconds`` at most, where the simulation is slow.
        """
        self._node = node
        self._seconds = seconds
        self._sim = sim
        self._discovery = discovery
        self._most = seconds * slow
        self._probe = Probe(node, camera)
        self._opened = time.monotonic()
        self._begin: float | None = None
        self._start = 0.0

    def facts(self) -> PreflightFacts | None:
        """Return the facts when the graph was observed for long enough, until then None."""
        self._probe.ask()
        now = time.monotonic()
        clock = self._node.get_clock().now().nanoseconds / 1e9
        if self._begin is None:
            # Discovery first, so that it does not count as silence.
            least, most = self._discovery
            patience = most
            if self._probe.answered() and (clock or not self._sim):
                patience = least
            if now - self._opened > patience:
                self._probe.restart()
                self._begin = now
                self._start = clock
            return None
        elapsed = now - self._begin
        simulated = 0.0
        wanted = self._seconds
        if self._sim:
            simulated = clock - self._start
            if simulated < min(ENOUGH, self._seconds):
                wanted = self._most
        if elapsed < wanted:
            return None
        if simulated > 0.0:
            return self._probe.facts(simulated)
        return self._probe.facts(elapsed)


def gather_preflight_facts(
    namespace: str, camera: str, seconds: float, sim: bool
) -> PreflightFacts:
    """Return the facts of a graph after discovery and about ``seconds`` of observation.

    Args:
        namespace: Of the drone.
        camera: Topic of its images.
        seconds: How long the graph is observed, s of wall time.
        sim: Whether /clock is waited for, and ages and rates are by it.
    """
    rclpy.init(args=["--ros-args", *enclave_arguments("preflight")])
    try:
        node = make_node(namespace, sim)
        with SingleThreadedExecutor() as executor:
            executor.add_node(node)
            listening = Listening(node, camera, seconds, sim)
            while (facts := listening.facts()) is None:
                executor.spin_once(timeout_sec=0.1)
            return facts
    finally:
        rclpy.try_shutdown()


def make_node(
    namespace: str,
    sim: bool,
    context: Context | None = None,
    discovery: tuple[float, float] = DISCOVERY,
) -> Node:
    """Return a node beside a drone's nodes, with the drone's /clock: the nearest that is published.

    Separate graphs have a clock in each namespace, drones in one world share that of the simulator.
    The namespaces are searched from the drone's own outwards; where none has a clock after a while,
    it is that of the drone's namespace.

    Args:
        namespace: Of the drone.
        sim: Whether the node runs on that clock.
        context: Of ROS; default None: the process's own.
        discovery: Least and largest time of the search, s of wall time.
    """
    name = namespace.strip("/")
    arguments = []
    if name:
        parts = name.split("/")
        clocks = ["/".join(("", *parts[:count], "clock")) for count in range(len(parts), -1, -1)]
        scout = rclpy.create_node("preflight_scout", context=context)
        least, most = discovery
        opened = time.monotonic()
        found = None
        while (waited := time.monotonic() - opened) < least or (
            sim and found is None and waited < most
        ):
            time.sleep(0.05)
            found = next(
                (clock for clock in clocks if scout.get_publishers_info_by_topic(clock)), None
            )
        scout.destroy_node()
        arguments = ["--ros-args", "-r", f"/clock:={found or clocks[0]}"]
    overrides = [Parameter("use_sim_time", value=sim)]
    return rclpy.create_node(
        "preflight",
        context=context,
        cli_args=arguments,
        namespace=f"/{name}",
        parameter_overrides=overrides,
    )


def add_local_facts(facts: PreflightFacts, folder: Path) -> None:
    """Add the facts of this machine: free space on the disk of ``folder``, and the hash of the
    model that the graph flies.
    """
    facts.free_space = shutil.disk_usage(folder).free
    facts.sha256 = _hash_here((facts.info or {}).get("model"))


def _hash_here(model: str | None) -> str | None:
    """Return the sha256 in the card of that model on this machine, or None."""
    if not model:
        return None
    try:
        folder = Path(model)
        if not folder.is_dir():
            folder = find(f"models/{model}")
        card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    # The name came from the graph: it may be anything, and so may be the file at that path.
    except (OSError, ValueError, RecursionError, UserError):
        return None
    if not isinstance(card, dict) or not isinstance(card.get("sha256"), str):
        return None
    return card["sha256"]
