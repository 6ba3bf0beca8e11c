"""What the launch files have in common: some of their arguments, which ones a person gave, and what
all nodes get.

Imported by launch files only: the ``launch`` packages come with a ROS distribution, not with the
wheels.
"""

from __future__ import annotations

import sys
from copy import copy
from pathlib import Path
from typing import Any, Collection, Mapping, Sequence

from ament_index_python.packages import PackageNotFoundError, get_package_share_directory
from launch import LaunchContext
from launch.action import Action
from launch.actions import DeclareLaunchArgument, OpaqueFunction, SetEnvironmentVariable
from launch.substitution import Substitution

from liquid_nav.bringup.launch_arguments import LOG_LEVELS, join_namespaces
from liquid_nav.bringup.node_help import names_read_by
from liquid_nav.bringup.params_file import read_params_file
from liquid_nav.bringup.simulated_flight import (
    clock_remapping,
    enclave_arguments,
    node_environment,
)
from liquid_nav.bringup.unknown_names import is_named, refuse_arguments, refuse_unknown_parameters
from liquid_nav.distribution import check_distribution
from liquid_nav.errors import UserError
from liquid_nav.resources import find

REMINDED = "1"
"""s until a node that was signalled to end gets a second signal: it may have missed the first one
during its start. A node that is ending ignores it.
"""
NODE_END_TIMEOUT = "20"
"""s that a node gets to end, so that a slow machine finishes its bag before it is killed."""
HURRIED_END_TIMEOUT = "0.4"
"""s that a node without files gets after the second signal, once another node of its flight has
died. What a dead process has locked in Fast DDS's shared memory keeps it for seconds from ending.
"""
OF_LAUNCH = (
    "launch-prefix",
    "launch-prefix-filter",
    "emulate_tty",
    "sigterm_timeout",
    "sigkill_timeout",
)
"""Arguments that launch itself reads."""
ARGUMENT_OF = {"folder": "record"}
"""Parameter -> the launch argument that sets it, where that has another name."""


def window_arguments() -> list[DeclareLaunchArgument]:
    """Return the arguments of views.launch.py that the launch files which include it have, too."""
    return [
        DeclareLaunchArgument(
            "rqt",
            default_value="false",
            choices=("true", "false"),
            description="Whether rqt_plot opens with commands, speed and latency.",
        ),
        DeclareLaunchArgument(
            "rviz",
            default_value="false",
            choices=("true", "false"),
            description="Whether RViz opens with drone, camera and, in simulation, the world.",
        ),
        DeclareLaunchArgument(
            "diagnostics",
            default_value="false",
            choices=("true", "false"),
            description="Whether the aggregator runs that rqt_robot_monitor needs.",
        ),
        DeclareLaunchArgument("namespace", default_value="", description="Namespace of the drone."),
        DeclareLaunchArgument(
            "frame_prefix", default_value="", description="Prefix of all frame ids, e.g. 'd1/'."
        ),
    ]


def node_arguments() -> list[DeclareLaunchArgument]:
    """Return the arguments that ``NodeSettings`` reads beside the namespace."""
    return [
        DeclareLaunchArgument(
            "params_file",
            default_value="",
            description="Your own parameter file (YAML): it wins against the package's file and "
            "the defaults of arguments, an argument that you give wins against it.",
        ),
        DeclareLaunchArgument(
            "log_level",
            default_value="info",
            choices=LOG_LEVELS,
            description="From which level on all nodes log.",
        ),
    ]


class GivenArguments:
    """Which arguments of a launch file a person gave, as against defaults."""

    def __init__(
        self, declared: Sequence[DeclareLaunchArgument], including: Sequence[str] = ()
    ) -> None:
        """Take what the launch file declares.

        Args:
            declared: Its arguments.
            including: Names of the launch files beside it that include it and have the same
                arguments.
        """
        self._declared = tuple(argument.name for argument in declared)
        self._including = tuple(including)
        self.names: set[str] = set()
        """Those that a person gave."""

    def note(self) -> Action:
        """Return the action that notes them; it comes before they are declared."""
        return OpaqueFunction(function=self._note)

    def _note(self, context: LaunchContext) -> None:
        # Where another launch file includes ours, its own arguments are among them: they may have
        # the names of our parameters.
        self.names.update(name for name in context.launch_configurations if name in self._declared)

    def check(self, context: LaunchContext) -> None:
        """Refuse an unsupported ROS distribution, and misspelt arguments on a command line that
        names the launch file.

        Where another launch file includes ours, its arguments and settings are among them: none is
        refused.

        Raises:
            UserError: an argument that is not declared, with the nearest name.
        """
        check_distribution()
        file = str(context.get_locals_as_dict().get("current_launch_file_path", ""))
        if not file:
            return
        files = [Path(file), *(Path(file).with_name(name) for name in self._including)]
        if not any(is_named(one, sys.argv) for one in files):
            return
        given = [text.partition(":=")[0] for text in context.argv if ":=" in text]
        refuse_arguments(given, [*self._declared, *OF_LAUNCH])


class EndTimeout(Substitution):
    """How long nodes that keep no files get to end, s: launch asks when it ends them."""

    def __init__(self) -> None:
        super().__init__()
        self.hurried = False
        """Whether a node of the flight has died."""

    def perform(self, context: LaunchContext) -> str:
        """Return the seconds as text."""
        if self.hurried:
            return HURRIED_END_TIMEOUT
        return NODE_END_TIMEOUT


class NodeSettings:
    """What the nodes of a launch file have in common: their parameter file, what a person's own
    file sets, namespace, clock and level of the log.
    """

    def __init__(
        self,
        value: Mapping[str, str],
        given: Collection[str],
        parameter_file: str,
        reminded: str = REMINDED,
    ) -> None:
        """Read the person's file.

        Args:
            value: Of the launch arguments ``namespace``, ``params_file`` and ``log_level``.
            given: Names of the arguments that a person gave: their values win against the person's
                file.
            parameter_file: Of the package, such as config/embedded.yaml.
            reminded: s until a node that was signalled to end gets a second signal.

        Raises:
            UserError: a namespace that ROS does not accept, or a file that cannot be read.
        """
        self.graph_namespace = join_namespaces(value["namespace"])
        """Of the whole graph, without slashes around it."""
        self.namespace = self.graph_namespace
        """Of the nodes; that of one of several drones stands below that of the graph."""
        self._file = read_params_file(value["params_file"])
        self._given = given
        self._log_level = value["log_level"]
        self._parameter_file = parameter_file
        self._reminded = reminded
        self._end_timeout = EndTimeout()
        self._full_names: list[str] = []

    def of_drone(self, name: str) -> NodeSettings:
        """Return the settings for the nodes of one of several drones; ``name``: its namespace."""
        own = copy(self)  # the list of full names is the same one
        own.namespace = join_namespaces(self.graph_namespace, name)
        return own

    @property
    def clock(self) -> list[tuple[str, str]]:
        """The remapping of ``/clock``: in a namespace a simulated drone has a clock of its own."""
        return clock_remapping(self.graph_namespace)

    def parameters(self, node: str, values: Mapping[str, object]) -> list[Any]:
        """Return the parameters of a node, as ``launch_ros`` takes them: a file, and what wins
        against it.

        These are the values, without those that are None or empty. What a person's file sets wins
        against them, but for what the person gave as an argument.

        Raises:
            UserError: the person's file names a parameter that the node does not read.
        """
        full_name = "/" + "/".join(filter(None, (self.namespace, node)))
        self._full_names.append(full_name)
        own = self._file.own(full_name)
        if own:
            # Launch hands them to the node under /**, where the node cannot distinguish them from
            # those for all nodes.
            refuse_unknown_parameters(node, own, names_read_by(node))
        ours = {name: value for name, value in values.items() if value not in ("", None)}
        typed = {
            name: value
            for name, value in ours.items()
            if ARGUMENT_OF.get(name, name) in self._given
        }
        return [str(find(self._parameter_file)), ours | self._file.values(full_name) | typed]

    def options(self, node: str, keeps_files: bool = True) -> dict[str, Any]:
        """Return further options of a node: its enclave, the level of its log, where it prints, and
        how long it gets to end. One that keeps no files gets less after ``hurry``.
        """
        timeout: str | Substitution = NODE_END_TIMEOUT
        if not keeps_files:
            timeout = self._end_timeout
        return {
            "ros_arguments": [*enclave_arguments(node), "--log-level", self._log_level],
            "output": "screen",
            "sigterm_timeout": self._reminded,
            "sigkill_timeout": timeout,
        }

    def hurry(self) -> None:
        """A node of the flight has died: those that keep no files get less time to end."""
        self._end_timeout.hurried = True

    def check_params_file(self) -> None:
        """Refuse a person's file with a section that fits none of the nodes.

        Raises:
            UserError: with the names of the nodes, or the nearest one.
        """
        self._file.check(self._full_names)


def node_environment_actions() -> list[Action]:
    """Return the environment of the graph, see ``simulated_flight.node_environment``."""
    return [SetEnvironmentVariable(name, text) for name, text in node_environment().items()]


def gazebo_launch_file() -> str:
    """Return the launch file of Gazebo; raises UserError where ros_gz_sim is not installed."""
    try:
        return str(Path(get_package_share_directory("ros_gz_sim"), "launch", "gz_sim.launch.py"))
    except PackageNotFoundError:
        raise UserError("Gazebo needs ros_gz_sim", "apt install ros-$ROS_DISTRO-ros-gz") from None
