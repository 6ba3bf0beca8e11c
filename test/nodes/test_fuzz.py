"""Random ROS messages straight into the callbacks: no exception, and zero as long as nobody has engaged."""

import math
import os
import random

import pytest
from geometry_msgs.msg import TwistStamped
from nav_msgs.msg import Odometry
from sensor_msgs.msg import BatteryState, Joy
from std_msgs.msg import String

from liquid_nav.nodes.autopilot_bridge import AutopilotBridge
from liquid_nav.nodes.messages import command_from
from liquid_nav.nodes.qos import reliable
from liquid_nav.nodes.safety_supervisor import SupervisorNode
from liquid_nav.types import Command

COUNT = int(os.environ.get("LIQUID_NAV_FUZZ", "600"))
WORDS = ("", "{", "[]", "null", '{"phase": 3, "fault": null}', '{"phase": "released", "fault": "x"}', "engaged?",
         '{"phase": "offline", "fault": ""}', '{"phase": "ready", "fault": "refused"}', "\u2603")


def number(rng):
    return rng.choice((0.0, math.nan, math.inf, -math.inf, 1e308, rng.uniform(-3.0, 3.0)))


def fill(rng, part, names):
    for name in names:
        setattr(part, name, number(rng))


def twist(rng):
    message = TwistStamped()
    message.header.stamp.sec, message.header.stamp.nanosec = rng.randrange(-2**31, 2**31), rng.randrange(2**32)
    fill(rng, message.twist.linear, "xyz")
    fill(rng, message.twist.angular, "xyz")
    return message


def odometry(rng):
    message = Odometry()
    message.header.stamp.sec = rng.randrange(-2**31, 2**31)
    fill(rng, message.pose.pose.position, "xyz")
    fill(rng, message.pose.pose.orientation, "wxyz")
    fill(rng, message.twist.twist.linear, "xyz")
    return message


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_random_messages_neither_break_nor_move_anything(harness):
    rng = random.Random(3)
    supervisor = harness.add(SupervisorNode, odometry_age=0.5, battery=0.2, autopilot_age=0.5, position_jump=1.0,
                             radius=10.0, latency=0.3, clock_jump=2.0)
    bridge, said = harness.add(AutopilotBridge, autopilot="twist_stamped"), []
    bridge._publisher.publish, supervisor._commands.publish = said.append, said.append
    inputs = supervisor._inputs
    for _ in range(COUNT):
        rng.choice((
            lambda: supervisor._on_command(twist(rng)), lambda: inputs._on_odometry(odometry(rng)),
            lambda: inputs._on_battery(BatteryState(percentage=rng.choice((math.nan, 0.1, -5.0, 1.0)))),
            lambda: inputs._on_state(String(data=rng.choice(WORDS))),
            lambda: inputs._on_joy(Joy(axes=[rng.uniform(-1, 1) for _ in range(rng.randrange(9))])),
            lambda: supervisor._on_image(b"\x00\x01\x00\x00" + rng.randbytes(rng.randrange(8, 40))),
            lambda: bridge._on_command(twist(rng)), lambda: bridge._on_mode(String(data=rng.choice(WORDS))),
            bridge._on_timer, supervisor._on_timer,
        ))()  # fmt: skip
    assert supervisor._supervisor.mode == "disengaged" and said
    assert all(command_from(message) == Command() for message in said)


def test_an_intruder_on_the_controllers_topic_moves_nothing(harness):
    node = harness.add(SupervisorNode)
    own = harness.probe.create_publisher(TwistStamped, "liquid_controller/cmd_vel", reliable())
    harness.matched(own)
    intruder = harness.probe.create_publisher(TwistStamped, "liquid_controller/cmd_vel", reliable())
    harness.until(lambda: node.count_publishers("liquid_controller/cmd_vel") == 2, "discovery")
    now = node._now()
    node._supervisor.image(now, now)
    node._supervisor.command(Command(vx=1.0), now, now)
    node._inputs.count_publishers()
    done, reason = node._supervisor.engage(now)
    assert not done and "2 publishers on liquid_controller/cmd_vel" in reason
    harness.probe.destroy_publisher(intruder)
    harness.until(lambda: node.count_publishers("liquid_controller/cmd_vel") == 1, "the intruder to leave")
    node._inputs.count_publishers()
    now = node._now()
    node._supervisor.image(now, now)
    node._supervisor.command(Command(vx=1.0), now, now)
    assert node._supervisor.engage(now)[0]
