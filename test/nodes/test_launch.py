"""The launch files, where the launch packages are: documented arguments, and the processes of ``liquid-nav fly``."""

import importlib.util
from pathlib import Path

import pytest

from liquid_nav.nodes.bringup import FlightPlan, embedded_graph

FILES = sorted((Path(__file__).parents[2] / "launch").glob("*.launch.py"))

needs_launch = pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in ("launch", "launch_ros")),
    reason="launch and launch_ros come with a ROS distribution, not with the wheels",
)


def describe(path):
    spec = importlib.util.spec_from_file_location(path.stem.replace(".", "_"), path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.generate_launch_description()


@needs_launch
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_argument_is_documented(path):
    arguments = describe(path).get_launch_arguments()
    assert {"sim", "pilot", "model", "seed", "condition", "record"} <= {argument.name for argument in arguments}
    assert all(len(argument.description) > 5 for argument in arguments)


@needs_launch
@pytest.mark.parametrize("pilot", ["policy", "expert"])
def test_the_processes_are_those_of_fly(pilot):
    from launch import LaunchContext
    from launch_ros.actions import Node

    from liquid_nav.nodes import launching

    context = LaunchContext()
    for argument in launching.declare_arguments():
        argument.execute(context)
    context.launch_configurations.update(pilot=pilot, seed="3", record="/tmp/x")
    nodes = [action for action in launching._bring_up(context, "forest") if isinstance(action, Node)]
    plan = embedded_graph(FlightPlan("forest", 3, pilot=pilot, record=Path("/tmp/x")))
    assert [node.node_executable for node in nodes] == [process.executable for process in plan]


def test_the_graph_has_the_pilot_that_was_asked_for():
    names = {pilot: [p.executable for p in embedded_graph(FlightPlan(pilot=pilot))] for pilot in ("policy", "expert")}
    assert names["policy"] == ["simulator", "liquid_controller", "safety_supervisor", "scenario_runner"]
    assert names["expert"] == ["simulator", "expert_pilot", "safety_supervisor", "scenario_runner"]
