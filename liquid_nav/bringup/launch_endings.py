"""How launched graphs end: a simulated flight with its first node that ends, a real drone's by a
person alone.

Imported by launch files only: the ``launch`` packages come with a ROS distribution, not with the
wheels.
"""

from __future__ import annotations

import signal
from typing import Any, Callable, Sequence

from launch import LaunchContext
from launch.action import Action
from launch.actions import (
    EmitEvent,
    ExecuteProcess,
    LogInfo,
    OpaqueFunction,
    RegisterEventHandler,
    Shutdown,
    TimerAction,
)
from launch.event_handlers import OnProcessExit, OnShutdown
from launch.events import Shutdown as ShutdownEvent
from launch.events import matches_action
from launch.events.process import ProcessExited, SignalProcess
from launch_ros.actions import Node

from liquid_nav.bringup.real_drone import (
    END_ORDER,
    dies,
    is_given_up,
    parameters_after_death,
    pause,
)

JUDGED = (0, 1)
"""Exit codes of a scenario runner that has flown to the end of its flight, well or not."""
STAGE = 2.0
"""s that a node of a real drone gets to end before the next one in the order is signalled, too."""


def end_with_flight(
    runners: list[ExecuteProcess],
    others: list[ExecuteProcess],
    part_of_it: Callable[[str], bool] | None = None,
    on_death: Callable[[], None] | None = None,
) -> Action:
    """Return the action that ends a simulated flight: when all runners have ended, or at once with
    any other process.

    The exit code of the launch is 0 where every runner's was, and 1 in every other case. The death
    of a process is reported with its name.

    Args:
        runners: Scenario runners; one that has judged its flight leaves the others to theirs.
        others: All other processes of the flight.
        part_of_it: Whether an argument of a command line belongs to a process of the flight that
            was started elsewhere (Gazebo by its own launch file); default: there is none.
        on_death: Called before the flight ends because a process has died, such as
            ``NodeSettings.hurry``.
    """
    codes: list[int] = []

    def end(event: ProcessExited, context: LaunchContext) -> list[Action]:
        elsewhere = part_of_it is not None and any(part_of_it(argument) for argument in event.cmd)
        if context.is_shutdown or not (
            event.action in runners or event.action in others or elsewhere
        ):
            return []
        if event.action not in runners or event.returncode not in JUDGED:
            if on_death is not None:
                on_death()
            # Only an exception makes the exit code of launch 1.
            raise RuntimeError(
                f"{event.process_name} has ended with exit code {event.returncode}: the flight is "
                "over"
            )
        codes.append(event.returncode)
        if len(codes) < len(runners):
            return []
        if any(codes):
            raise RuntimeError("the flight ended with exit code 1")
        return [Shutdown(reason="the flight is over")]

    return RegisterEventHandler(OnProcessExit(on_exit=end))


class EndsInTurn(ExecuteProcess):
    """A process to which the launch system sends no signal at shutdown: ``DroneGraph`` sends it, in
    its turn.
    """

    _ended_by_launch = False

    def begun(self) -> bool:
        """Return whether its process runs, or has run."""
        return "pid" in (self.process_details or {})

    def _shutdown_process(
        self, context: LaunchContext, *, send_sigint: bool
    ) -> list[Action] | None:
        # A process that has not begun yet gets the signal as soon as it has.
        self._ended_by_launch = self._ended_by_launch or not self.begun()
        return super()._shutdown_process(context, send_sigint=self._ended_by_launch)


class DroneNode(EndsInTurn, Node):
    """A node of a real drone, described like any ``launch_ros.actions.Node``.

    It runs in its own session, so that the terminal's Ctrl-C does not reach it either.
    """

    def __init__(self, **options: Any) -> None:
        """Take the options of ``launch_ros.actions.Node``."""
        super().__init__(prefix="setsid --wait", exec_name=options["executable"], **options)
        self._made_with = options

    def again(self) -> DroneNode:
        """Return the node that is started in the place of this one when it has died."""
        *files, own = self._made_with["parameters"]
        own = parameters_after_death(self._made_with["executable"], own)
        return type(self)(**self._made_with | {"parameters": [*files, own]})


class DroneGraph:
    """The nodes of a real drone: none ends because of another, and a person's Ctrl-C ends them in
    order.
    """

    def __init__(self, nodes: Sequence[DroneNode]) -> None:
        """Take the nodes; each is the only one of its executable."""
        self._nodes = nodes
        self._running: dict[str, DroneNode] = {}
        self._deaths: dict[str, int] = {}

    def start(self) -> list[Action]:
        """Return the nodes and the handlers of their end."""
        actions: list[Action] = [RegisterEventHandler(OnShutdown(on_shutdown=self._on_shutdown))]
        for node in self._nodes:
            actions += self._start(node)
        return actions

    def _start(self, node: DroneNode) -> list[Action]:
        self._running[node.node_executable] = node

        def ended(event: ProcessExited, context: LaunchContext) -> list[Action]:
            return self._on_exit(node, event.returncode, context)

        return [RegisterEventHandler(OnProcessExit(target_action=node, on_exit=ended)), node]

    def _on_exit(self, node: DroneNode, code: int, context: LaunchContext) -> list[Action]:
        """Log that a node has ended, and start it again where it has died; ends no other node."""
        name = node.node_executable
        self._running.pop(name, None)
        if context.is_shutdown:
            return []
        text = (
            f"{name} has ended (exit code {code}), the others go on: the supervisor holds "
            "what it misses"
        )
        if dies(name, code):
            self._deaths[name] = self._deaths.get(name, 0) + 1
        if not dies(name, code) or is_given_up(name, self._deaths[name]):
            return [LogInfo(msg=f"{text}. Start {name} again, or end everything with Ctrl-C")]
        wait = pause(self._deaths[name])
        again = OpaqueFunction(function=lambda context: self._start(node.again()))
        message = (
            f"{text}. {name} is started again in {wait:g} s; with resume 0 only a person "
            "engages again"
        )
        return [LogInfo(msg=message), TimerAction(period=wait, actions=[again])]

    def _on_shutdown(self, event: ShutdownEvent, context: LaunchContext) -> list[Action]:
        return self._end(END_ORDER)

    def _end(self, names: tuple[str, ...]) -> list[Action]:
        """Return the actions that signal the first of these nodes to end, and the next one when it
        has ended, or after ``STAGE``.
        """
        if not names:
            return []
        first = names[0]
        rest = names[1:]
        node = self._running.get(first)
        if node is None or not node.begun():
            return self._end(rest)
        passed: list[bool] = []

        def go_on(*_: Any) -> list[Action]:
            if passed:
                return []
            passed.append(True)
            late.cancel()
            return self._end(rest)

        late = TimerAction(
            period=STAGE, actions=[OpaqueFunction(function=go_on)], cancel_on_shutdown=False
        )
        signalled = EmitEvent(
            event=SignalProcess(signal_number=signal.SIGINT, process_matcher=matches_action(node))
        )
        return [
            RegisterEventHandler(OnProcessExit(target_action=node, on_exit=go_on)),
            late,
            signalled,
        ]
