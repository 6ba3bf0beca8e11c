"""Subscriptions through which no message can end a node: unusable ones are dropped and counted.

A message that DDS itself cannot read (too short for its type) never arrives here: the middleware
drops it. Raw subscriptions get it.
"""

from __future__ import annotations

from typing import Any, Callable

from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.subscription import Subscription

from liquid_nav.nodes.diagnostics import ERROR, OK, Diagnostics
from liquid_nav.nodes.running import Finished

LONGEST = 200
"""Characters of an error's text that are shown."""


def subscribe(
    node: Node,
    diagnostics: Diagnostics,
    kind: type,
    topic: str,
    callback: Callable[[Any], None],
    qos: QoSProfile,
    *,
    raw: bool = False,
) -> Subscription:
    """Create a subscription whose callback never raises into the executor, and return it.

    An exception out of ``callback`` drops the message. The status ``input <topic>`` is then ERROR,
    "<n> message(s) dropped: <ErrorType>: <one line>", with the values ``count`` and ``last_error``.
    The next message that is used sets it to OK and keeps both values. The first drop of each type
    of error is logged and published at once; later ones appear with the next status of every
    second, so that a flood of bad messages is no flood of diagnostics.

    ``Finished`` goes through, and so does everything once the context is shut down: a signal ends
    nodes in this way.

    Args:
        node: Owner of the subscription.
        diagnostics: Where drops are reported.
        kind: Message class.
        topic: Name of the topic, as for ``create_subscription``.
        callback: Takes one message, or its serialized bytes.
        qos: Quality of service.
        raw: Whether ``callback`` takes serialized bytes; default False.
    """
    received = _Input(node, diagnostics, topic, callback)
    return node.create_subscription(kind, topic, received.receive, qos, raw=raw)


def one_line(error: BaseException) -> str:
    """Return type and text of an error as one line of about 200 characters at most.

    Any ROS string can hold it.
    """
    text = " ".join(str(error).split())
    if len(text) > LONGEST:
        text = text[: LONGEST - 3] + "..."
    # Half of a surrogate pair cannot be published, and this must not raise again.
    text = text.encode("utf-8", "replace").decode("utf-8")
    name = type(error).__name__
    if not text:
        return name
    return f"{name}: {text}"


class _Input:
    """One topic: how many messages were dropped, and why the last one."""

    def __init__(
        self, node: Node, diagnostics: Diagnostics, topic: str, callback: Callable[[Any], None]
    ) -> None:
        self._node = node
        self._diagnostics = diagnostics
        self._name = f"input {topic}"
        self._callback = callback
        self._count = 0
        self._last_error = ""
        self._known: set[str] = set()
        self._bad = False

    def receive(self, message: Any) -> None:
        try:
            self._callback(message)
        except Finished:
            raise
        except Exception as error:
            if not self._node.context.ok():
                raise
            self._drop(error)
            return
        if self._bad:
            self._bad = False
            self._keep(OK, f"{self._count} message(s) dropped so far, the last one was used")

    def _drop(self, error: Exception) -> None:
        self._bad = True
        self._count += 1
        self._last_error = one_line(error)
        text = f"{self._count} message(s) dropped: {self._last_error}"
        kind = type(error).__name__
        if kind in self._known:
            self._keep(ERROR, text)
            return
        self._known.add(kind)
        self._diagnostics.report(
            self._name, ERROR, text, count=self._count, last_error=self._last_error
        )

    def _keep(self, level: bytes, text: str) -> None:
        # ``report`` logs and publishes each new text, and the number in this one grows with every
        # message.
        self._diagnostics.keep(
            self._name, level, text, count=self._count, last_error=self._last_error
        )
