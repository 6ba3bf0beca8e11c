"""Calling Trigger services of other nodes from a node that has its own loop."""

from __future__ import annotations

import time as wall
from typing import Callable

from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from std_srvs.srv import Trigger

from liquid_nav.errors import UserError


class GraphError(UserError):
    """The graph did not come up or refused a request; names the node or service."""


class Caller:
    """Waits and calls on wall time, serving the node's callbacks meanwhile."""

    def __init__(self, node: Node, executor: SingleThreadedExecutor, patience: float) -> None:
        """``patience``: wall seconds for each request."""
        self._node, self._executor, self._patience = node, executor, patience

    def wait_for(self, condition: Callable[[], bool], complaint: Callable[[], str]) -> None:
        """Serve callbacks until ``condition`` holds; raises GraphError with ``complaint`` after the patience."""
        deadline = wall.monotonic() + self._patience
        while not condition():
            if wall.monotonic() > deadline:
                raise GraphError(f"{complaint()} ({self._patience:g} s waited)", "Look at the log of that node")
            self._executor.spin_once(timeout_sec=0.2)

    def serve(self, seconds: float) -> None:
        """Serve callbacks for ``seconds`` of wall time."""
        until = wall.monotonic() + seconds
        while wall.monotonic() < until:
            self._executor.spin_once(timeout_sec=0.1)

    def trigger(self, name: str, retry: bool = False) -> None:
        """Call a Trigger service; raises GraphError when it is missing or refuses.

        With ``retry``, a refusal is tried again until the patience is over: its cause may go away by itself.
        """
        client = self._node.create_client(Trigger, name)
        deadline = wall.monotonic() + self._patience
        self.wait_for(client.service_is_ready, lambda: f"nobody offers the service '{name}'")
        while True:
            future = client.call_async(Trigger.Request())
            self.wait_for(future.done, lambda: f"the service '{name}' does not answer")
            answer = future.result()
            if answer.success:
                break
            if not retry or wall.monotonic() > deadline:
                raise GraphError(f"'{name}' was refused: {answer.message}", "See /diagnostics")
            self.serve(0.1)
        self._node.destroy_client(client)
