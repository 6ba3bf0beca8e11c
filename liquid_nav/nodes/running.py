"""How every node of this package starts and ends."""

from __future__ import annotations

import signal
import sys
import time
from typing import Callable, Sequence

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from liquid_nav.bringup import (
    asks_for_help,
    executable_name,
    module_of_node,
    node_help_text,
    refuse_non_ros_arguments,
    refuse_unknown_parameters,
    wildcard_parameters,
)
from liquid_nav.distribution import check_distribution
from liquid_nav.errors import UserError
from liquid_nav.nodes.parameter_services import guard_parameter_services

ENDING = 2.5
"""s of wall time that a node may take to end in order; launch waits 5 s between its signals."""
TURN = 0.1
"""s that a signal may wait at a node which ends between callbacks, beyond its present callback."""


class Finished(Exception):
    """Raised inside a callback to end the process with ``code``."""

    def __init__(self, code: int = 0) -> None:
        self.code = code
        super().__init__(code)


def run_node(make: Callable[[], Node], arguments: list[str] | None = None) -> int:
    """Run one node until it finishes or gets a signal; returns the exit code.

    A node with a method ``run(executor)`` has its own loop; any other is spun. Bad input
    (UserError) is one line on standard error and exit code 2; Ctrl-C and SIGTERM are normal ends.
    ``node.begun()``, where there is one, is called before the first callback and ``node.close()``
    in every case.

    A class that ``ends_between_callbacks`` finishes the one it is in (a signal may come while it
    writes a file) and is closed while its publishers still work; where it has ``end()``, that is
    called first, and callbacks are served until ``ended``, for ``ENDING`` seconds at most. For any
    other node ROS shuts down at the signal, wherever the node is.
    """
    text = sys.argv[1:] if arguments is None else arguments
    module = module_of_node(make)
    if asks_for_help(text):
        print(node_help_text(module))
        return 0
    orderly = getattr(make, "ends_between_callbacks", False)
    signals: list[int] = []
    try:
        check_distribution()
        refuse_non_ros_arguments(text, executable_name(module))
        _begin(arguments, SignalHandlerOptions.NO if orderly else SignalHandlerOptions.ALL)
    except UserError as error:
        return _refuse(error)
    if orderly:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda number, frame: signals.append(number))
    node = None
    executor = None
    try:
        node = make()
        refuse_unread(node, text)
        guard_parameter_services(node)
        # Only now, because from here on a signal cannot pass by ``close``.
        begun = getattr(node, "begun", None)
        if begun:
            begun()
        executor = SingleThreadedExecutor()
        executor.add_node(node)
        loop = getattr(node, "run", None)
        if orderly:
            while not signals:
                executor.spin_once(timeout_sec=TURN)
            _end(node, executor)
        elif loop:
            loop(executor)
        else:
            executor.spin()
        return 0
    except Finished as end:
        return end.code
    except UserError as error:
        return _refuse(error)
    except (KeyboardInterrupt, ExternalShutdownException):
        return 0
    except Exception:
        # A signal shuts the context down under whatever is being published at that moment.
        if rclpy.ok():
            raise
        return 0
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        close = getattr(node, "close", None)
        if close:
            close()
        if executor:
            # rclpy's executors fail in their finalizer when Python happens to finalize their guard
            # condition first.
            executor.shutdown()
        rclpy.try_shutdown()


def refuse_unread(node: Node, text: Sequence[str] | None = None) -> None:
    """Check the parameters that a node was given, once it has declared its own.

    Args:
        node: The node.
        text: Of the command line; the process's own by default.

    Raises:
        UserError: one that it does not read, with the nearest name. A name that it would read with
            other parameters (``unread``, where the node has that) is none.
    """
    given = node._parameter_overrides
    known = [*node._parameters, *getattr(node, "unread", ())]
    for_all = wildcard_parameters(sys.argv[1:] if text is None else text)
    refuse_unknown_parameters(node.get_name(), given, known, for_all)


def _begin(arguments: list[str] | None, handlers: SignalHandlerOptions) -> None:
    """Initialise ROS; raises UserError for arguments that it cannot read."""
    try:
        rclpy.init(args=arguments, signal_handler_options=handlers)
    except (RuntimeError, ValueError) as error:
        cause = " ".join(str(error).split())
        raise UserError(
            f"ROS cannot read its arguments: {cause}", "write --ros-args -p NAME:=VALUE"
        ) from None


def _end(node: Node, executor: SingleThreadedExecutor) -> None:
    """Call ``end``, where the node has it, and serve callbacks until ``ended``."""
    end = getattr(node, "end", None)
    if end is None:
        return
    end()
    deadline = time.monotonic() + ENDING
    while not getattr(node, "ended", True) and time.monotonic() < deadline:
        executor.spin_once(timeout_sec=TURN)


def _refuse(error: UserError) -> int:
    print(f"error: {error}", file=sys.stderr, flush=True)
    return 2
