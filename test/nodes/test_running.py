"""How a process ends: what a node publishes last is received after the signal."""

import json
import os
import signal
import subprocess
import sys

import pytest
from geometry_msgs.msg import Twist, TwistStamped
from rclpy.node import Node
from std_msgs.msg import String

from liquid_nav.nodes.messages import command_message
from liquid_nav.nodes.qos import latched_qos, reliable_qos
from liquid_nav.nodes.running import Finished, run_node
from liquid_nav.safety import Mode, Order
from liquid_nav.types import Command


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_bridge_that_is_stopped_publishes_zero_last(harness, number):
    """What listens may have no watchdog (Gazebo); the same way ends a flight over DDS, with an
    order to hold.
    """
    received = harness.listen("autopilot/cmd_vel", Twist, reliable_qos(1000))
    commands = harness.probe.create_publisher(TwistStamped, "cmd_vel", reliable_qos())
    orders = harness.probe.create_publisher(String, "safety_supervisor/order", latched_qos())
    states = harness.listen("autopilot_bridge/state", String, latched_qos())

    def order(*numbers):
        orders.publish(String(data=json.dumps(Order("test", *numbers).to_facts())))

    order(Mode.DISENGAGED)
    harness.pumps.append(lambda: commands.publish(command_message(Command(vx=1.0), 0)))
    bridge = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "liquid_nav.nodes.autopilot_bridge",
            "--ros-args",
            "-p",
            "autopilot:=twist",
        ],
        env=os.environ | {"ROS_DOMAIN_ID": str(harness.context.get_domain_id())},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        # What it receives first counts as seen: only after that can a person engage.
        harness.until(
            lambda: states and json.loads(states[-1].data)["supervisor"] == "test", "the order"
        )
        order(Mode.ENGAGED, 1, 1)
        harness.until(lambda: received and received[-1].linear.x == 1.0, "flight")
        bridge.send_signal(number)
        harness.until(lambda: bridge.poll() is not None, "its end")
        _, errors = bridge.communicate()
    finally:
        bridge.kill()
    assert bridge.returncode == 0 and "Traceback" not in errors, errors
    harness.until(lambda: received[-1].linear.x == 0.0, "the last message")


def test_the_executor_is_shut_down_before_ros_is():
    """Else it may fail in its finalizer, with a traceback: Python sometimes finalizes its guard
    condition first.
    """
    executors = []

    class Brief(Node):
        def __init__(self):
            super().__init__("brief")

        def run(self, executor):
            executors.append(executor)
            raise Finished(3)

    assert run_node(Brief, []) == 3
    assert executors[0].get_nodes() == []


@pytest.mark.parametrize("service", ["set_parameters", "set_parameters_atomically"])
def test_a_parameter_of_an_unknown_type_is_refused_and_ends_no_node(harness, service):
    from rcl_interfaces.msg import Parameter, ParameterValue
    from rcl_interfaces.srv import SetParameters, SetParametersAtomically

    kind = SetParameters if service == "set_parameters" else SetParametersAtomically
    process = subprocess.Popen(
        [sys.executable, "-m", "liquid_nav.nodes.safety_supervisor"],
        env=os.environ | {"ROS_DOMAIN_ID": str(harness.context.get_domain_id())},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        client = harness.probe.create_client(kind, f"safety_supervisor/{service}")
        strange = Parameter(name="speed", value=ParameterValue(type=77))
        answers = []
        for parameters in ([strange], []):
            answers.append(harness.ask(client, kind.Request(parameters=parameters)))
        refused = answers[0].results[0] if kind is SetParameters else answers[0].result
        assert not refused.successful
        assert "77" in refused.reason
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()
