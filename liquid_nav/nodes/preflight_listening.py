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

    namespace: of the drone; camera: topic of its images; sim: judge ages and rates by /clock, for which is waited too.
    """
    rclpy.init()
    try:
        overrides = [Parameter("use_sim_time", value=sim)]
        node = rclpy.create_node("preflight", namespace=namespace or None, parameter_overrides=overrides)
        executor = SingleThreadedExecutor()
        executor.add_node(node)
        probe = Probe(node, camera)
        # Discovery first, so that it does not count as silence.
        begin, end, start = 0.0, time.monotonic() + 1.0, None
        while True:
            now, clock = time.monotonic(), node.get_clock().now().nanoseconds
            if start is None and now > end and (clock or not sim):
                probe.restart()
                begin, end, start = now, now + seconds, clock
            elif now > end + (seconds if start is None else 0.0):
                # A simulation that is slower than real time still sends its frames per simulated second.
                simulated = (clock - start) / 1e9 if sim and start else 0.0
                return probe.facts(simulated or (seconds if start is None else now - begin))
            probe.ask()
            executor.spin_once(timeout_sec=0.1)
    finally:
        rclpy.try_shutdown()
