"""What executables print for --help, and for what is not read: one line, exit code 2, no node on
the graph.
"""

import importlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from liquid_nav.bringup.node_help import asks_for_help, before_ros, node_help_text, parameters

_SPEC = importlib.util.spec_from_file_location(
    "names", Path(__file__).with_name("test_launch_names.py")
)
names = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(names)
NODES = sorted(names.executables() - {"liquid-nav"})


@pytest.mark.parametrize("name", NODES)
def test_help_describes_a_node_and_all_its_parameters(name):
    module = importlib.import_module(f"liquid_nav.nodes.{name}")
    text = node_help_text(module)
    assert (
        f"ros2 run liquid_nav {name} --ros-args" in text
        and module.__doc__.strip().splitlines()[0] in text
    )
    shown = parameters(module)
    assert {one.name for one in shown} <= names.declared(name) | {"signing_passphrase_file"}
    assert all(f"  {one.name}" in text and len(one.description) > 5 for one in shown)


def test_help_shows_the_parameters_of_the_running_node(harness, small_model):
    """Read from the source, they are those that a node really has."""
    from liquid_nav.nodes.liquid_controller import LiquidController
    from liquid_nav.nodes.safety_supervisor import SupervisorNode

    for kind in (LiquidController, SupervisorNode):
        node = harness.make(kind)
        real = set(node._parameters) - {"use_sim_time", "start_type_description_service"}
        assert {one.name for one in parameters(sys.modules[kind.__module__])} == real
        node.destroy_node()


def test_help_is_for_the_executable_and_not_for_ros():
    assert asks_for_help(["--help"]) and asks_for_help(["--ros-args", "-p", "a:=1", "--", "-h"])
    assert not asks_for_help(["--ros-args", "-h"]) and not asks_for_help([])
    assert before_ros(["a", "--ros-args", "b", "--", "c"]) == ["a", "c"]


def run(name, *arguments):
    done = subprocess.run(
        [sys.executable, "-m", f"liquid_nav.nodes.{name}", *arguments],
        capture_output=True,
        text=True,
        timeout=250,
        env=os.environ | {"RCUTILS_CONSOLE_OUTPUT_FORMAT": "log"},
    )
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, errors


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (
            ("--ros-args", "-p", "sped:=1.0"),
            "safety_supervisor has no parameter 'sped'. did you mean 'speed'?",
        ),
        (("--ros-args", "-p", "speed=1.0"), "ROS cannot read its arguments"),
        (("--speed", "1.0"), "safety_supervisor has no option '--speed'"),
    ],
)
def test_arguments_that_are_not_read_are_refused_in_one_line(arguments, text):
    code, (error,) = run("safety_supervisor", *arguments)
    assert code == 2 and text in error


def test_one_parameter_file_serves_bridges_of_several_autopilots(harness):
    """gazebo.yaml is for plain velocities, and a PX4 in Gazebo is flown with the same file."""
    from liquid_nav.nodes.autopilot_bridge import AutopilotBridge
    from liquid_nav.nodes.running import refuse_unread

    node = harness.add(
        AutopilotBridge, autopilot="twist", connection="udp:0.0.0.0:14540", vision_topic=""
    )
    refuse_unread(node, [])
    node.close()
