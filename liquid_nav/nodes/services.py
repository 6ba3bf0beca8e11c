"""Calling Trigger services of other nodes from a node that has its own loop."""

from __future__ import annotations

import time as wall
from typing import Callable

from rclpy.client import Client
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from std_srvs.srv import Trigger

from liquid_nav.errors import UserError

REPEAT = 5.0
"""s of wall time after which a request without an answer is sent again: DDS may lose the answer
while the server has not yet discovered the client.
"""


class GraphError(UserError):
    """The graph did not come up or refused a request; names the node or service."""


class Caller:
    """Waits and calls on wall time, serving the node's callbacks meanwhile."""

    def __init__(self, node: Node, executor: SingleThreadedExecutor, patience: float) -> None:
        """``patience``: wall seconds for each request."""
        self._node = node
        self._executor = executor
        self._patience = patience

    def wait_for(self, condition: Callable[[], bool], complaint: Callable[[], str]) -> None:
        """Serve callbacks until ``condition`` holds.

        Raises GraphError with ``complaint`` after the patience.
        """
        deadline = wall.monotonic() + self._patience
        while not condition():
            if wall.monotonic() > deadline:
                raise GraphError(
                    f"{complaint()} ({self._patience:g} s waited)", "Look at the log of that node"
                )
            self._executor.spin_once(timeout_sec=0.2)

    def serve(self, seconds: float) -> None:
        """Serve callbacks for ``seconds`` of wall time."""
        until = wall.monotonic() + seconds
        while wall.monotonic() < until:
            self._executor.spin_once(timeout_sec=0.1)

    def trigger(self, name: str, retry: bool = False) -> None:
        """Call a Trigger service; raises GraphError when it is missing or refuses.

        With ``retry``, a refusal is tried again until the patience is over: its cause may go away
        by itself. A request may be received twice, so it must do no harm twice.
        """
        client: Client[Trigger.Request, Trigger.Response] = self._node.create_client(Trigger, name)
        deadline = wall.monotonic() + self._patience
        self.wait_for(client.service_is_ready, lambda: f"no node offers the service '{name}'")
        while True:
            answer = self._ask(client, name, deadline)
            if answer.success:
                break
            if not retry or wall.monotonic() > deadline:
                raise GraphError(f"'{name}' was refused: {answer.message}", "See /diagnostics")
            self.serve(0.1)
        self._node.destroy_client(client)

    def _ask(
        self, client: Client[Trigger.Request, Trigger.Response], name: str, deadline: float
    ) -> Trigger.Response:
        while True:
            future = client.call_async(Trigger.Request())
            asked = wall.monotonic()
            while not future.done() and wall.monotonic() < asked + min(REPEAT, self._patience):
                self._executor.spin_once(timeout_sec=0.2)
            if future.done():
                return future.result()
            client.remove_pending_request(future)
            if wall.monotonic() > deadline:
                raise GraphError(
                    f"the service '{name}' does not answer ({self._patience:g} s waited)",
                    "Look at the log of that node",
                )
