"""What rqt_plot gets in simulation: the same numbers as the flight's topics, without a header."""

import importlib.util
import math
from pathlib import Path

import pytest
from geometry_msgs.msg import Point, Twist
from nav_msgs.msg import Odometry
from std_msgs.msg import Float32

from liquid_nav.bringup.fleet import fleet_graph
from liquid_nav.bringup.simulated_flight import FlightPlan, autopilot_graph, embedded_graph
from liquid_nav.nodes.messages import command_message, named_values_message
from liquid_nav.nodes.plots import Plots
from liquid_nav.types import Command

_SPEC = importlib.util.spec_from_file_location("wires", Path(__file__).with_name("wires.py"))
wires = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(wires)
context, node = wires.context, wires.node  # fixtures


class OnWires(wires.Wires, Plots):
    """The node, whose topics end in the test."""


@pytest.fixture
def plots(node):
    return node(OnWires)


@pytest.mark.parametrize(
    ("received", "drawn"),
    [("cmd_vel", "plots/command"), ("liquid_controller/cmd_vel", "plots/controller_command")],
)
def test_a_command_is_repeated_without_its_stamp(plots, received, drawn):
    plots.callbacks[received](command_message(Command(1.0, 0.2, -0.3, 0.4), 5))
    assert {
        topic: messages
        for topic, messages in plots.sent.items()
        if messages and topic.startswith("plots/")
    } == {drawn: [command_message(Command(1.0, 0.2, -0.3, 0.4), 5).twist]}
    # rqt_plot looks for this attribute and then draws at the stamp.
    assert not hasattr(plots.sent[drawn][0], "header")


def test_the_latency_is_repeated_without_its_stamp(plots):
    names = ("transport", "network", "total", "frame_drop_ratio")
    timing = named_values_message(names, (0.25, 0.125, 0.5, 0.0), 7)
    plots.callbacks["liquid_controller/timing"](timing)
    assert plots.sent["plots/latency"] == [Float32(data=0.5)]


def odometry(pitch):
    """Odometry of a drone that flies at 2 m/s along y, its heading, at a height of 3 m, nose down
    by ``pitch``, rad.
    """
    message = Odometry()
    message.pose.pose.position.z = 3.0
    half, quarter = pitch / 2.0, math.pi / 4.0
    q = message.pose.pose.orientation
    q.w, q.x = math.cos(quarter) * math.cos(half), -math.sin(quarter) * math.sin(half)
    q.y, q.z = math.cos(quarter) * math.sin(half), math.sin(quarter) * math.cos(half)
    message.twist.twist.linear.x = 2.0 * math.cos(pitch)
    message.twist.twist.linear.z = 2.0 * math.sin(pitch)
    message.twist.twist.angular.z = 0.5
    return message


def test_the_velocity_is_level_as_commands_are(plots):
    plots.callbacks["odom"](odometry(pitch=0.4))
    (velocity,) = plots.sent["plots/velocity"]
    assert (velocity.linear.x, velocity.linear.y, velocity.linear.z) == pytest.approx(
        (2.0, 0.0, 0.0), abs=1e-9
    )
    assert velocity.angular.z == 0.5
    assert plots.sent["plots/position"] == [Point(z=3.0)]
    assert {
        type(messages[0])
        for topic, messages in plots.sent.items()
        if "plots/" in topic and messages
    } == {
        Twist,
        Point,
    }


def test_a_bad_odometry_message_ends_nothing(plots):
    unfilled = Odometry()
    unfilled.pose.pose.orientation.w = 0.0
    plots.callbacks["odom"](unfilled)
    level, text, _ = plots.status("input odom")
    assert level == b"\x02" and "quaternion of length" in text
    plots.callbacks["odom"](odometry(0.0))
    assert len(plots.sent["plots/velocity"]) == 1


@pytest.mark.parametrize("make", [embedded_graph, lambda plan: autopilot_graph(plan), fleet_graph])
def test_who_watches_counts_among_those_that_a_recorded_flight_waits_for(tmp_path, make):
    """Else a flight would begin although the recorder does not listen yet."""
    autopilot = "test-px4" if make not in (embedded_graph, fleet_graph) else ""
    drones = 2 if make is fleet_graph else 1

    def awaited(watchers):
        plan = FlightPlan(
            "field", 3, record=tmp_path, watchers=watchers, autopilot=autopilot, drones=drones
        )
        return [
            one.parameters["listeners"] for one in make(plan) if one.executable == "scenario_runner"
        ]

    assert awaited(1) == [count + 1 for count in awaited(0)]
