"""Listens to a live graph for a while, for ``liquid-nav preflight``."""

from __future__ import annotations

import time

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter

from liquid_nav.nodes.preflight_facts import Facts
from liquid_nav.nodes.preflight_probe import Probe


def listen(namespace: str, camera: str, seconds: float, sim: bool) -> Facts:
    """Return what a graph says in ``seconds`` of wall time, after a second for discovery.

    namespace: of the drone; camera: topic of its images; sim: judge ages by /clock.
    """
    rclpy.init()
    try:
        overrides = [Parameter("use_sim_time", value=sim)]
        node = rclpy.create_node("preflight", namespace=namespace or None, parameter_overrides=overrides)
        executor = SingleThreadedExecutor()
        executor.add_node(node)
        probe = Probe(node, camera)
        # Discovery first, so that it does not count as silence.
        begin, listening = time.monotonic(), False
        while True:
            now = time.monotonic() - begin
            if not listening and now > 1.0:
                probe.restart()
                begin, listening = time.monotonic(), True
            elif listening and now > seconds:
                return probe.facts(now)
            probe.ask()
            executor.spin_once(timeout_sec=0.1)
    finally:
        rclpy.try_shutdown()
