"""The bridge over DDS on one side and real MAVLink on the other."""

import json
import time

import pytest

pytest.importorskip("pymavlink")

from geometry_msgs.msg import Twist, TwistStamped  # noqa: E402
from nav_msgs.msg import Odometry  # noqa: E402
from std_msgs.msg import String  # noqa: E402

from liquid_nav.nodes.autopilot_bridge import AutopilotBridge  # noqa: E402
from liquid_nav.nodes.messages import command_from, command_message  # noqa: E402
from liquid_nav.nodes.qos import latched, reliable, sensor_data  # noqa: E402
from liquid_nav.simulation.px4_personality import Px4Vehicle  # noqa: E402
from liquid_nav.simulation.vehicle_body import PointBody  # noqa: E402
from liquid_nav.simulation.vehicle_server import UdpServer  # noqa: E402
from liquid_nav.types import Command  # noqa: E402

FORWARD = Command(1.0, 0.5, 0.2, 0.1)


class Vehicle:
    """A PX4 personality in the air, flying by wall time between the callbacks of the test's executor."""

    def __init__(self, harness, port):
        self.vehicle, self.server, self.begin = Px4Vehicle(PointBody(3.0)), UdpServer(port=port), time.monotonic()
        harness.pumps.append(self.pump)

    def pump(self):
        for data in self.server.receive():
            self.vehicle.receive(data)
        self.server.send(self.vehicle.advance(time.monotonic() - self.begin))


class Bench:
    def __init__(self, harness, **parameters):
        self.harness, probe = harness, harness.probe
        harness.listen_to_diagnostics()
        self.states = harness.listen("autopilot_bridge/state", String, latched())
        self.node = harness.add(AutopilotBridge, **parameters)
        self.commands = probe.create_publisher(TwistStamped, "cmd_vel", reliable())
        self.modes = probe.create_publisher(String, "safety_supervisor/mode", latched())
        harness.matched(self.commands)
        harness.matched(self.modes)

    def state(self, name):
        return json.loads(self.states[-1].data)[name] if self.states else None

    def say(self, command):
        self.commands.publish(command_message(command, 0))

    def until(self, condition, what, command=FORWARD, deadline=30.0):
        def there():
            self.say(command)
            return condition()

        self.harness.until(there, what, deadline)


@pytest.fixture
def bridge(harness):
    bench = Bench(harness, connection="udp:127.0.0.1:0")
    bench.harness.until(lambda: bench.node._link.wire is not None, "the port")
    bench.vehicle = Vehicle(harness, bench.node._link.wire.port)
    yield bench
    bench.vehicle.server.close()
    bench.node.close()


def test_it_flies_on_the_supervisors_word_and_not_with_two_supervisors(bridge):
    odometry = bridge.harness.listen("odom", Odometry, sensor_data(10))
    bridge.until(lambda: bridge.state("phase") == "ready", "a connection")
    bridge.until(lambda: odometry and 2.8 < odometry[-1].pose.pose.position.z < 3.2, "odometry in ENU")
    bridge.modes.publish(String(data="engaged"))
    bridge.until(lambda: bridge.state("phase") == "flying", "offboard flight")
    bridge.until(lambda: bridge.vehicle.vehicle.set_point.vx > 0.9, "set points")
    got = bridge.vehicle.vehicle.set_point
    assert got.as_array() == pytest.approx(FORWARD.as_array())
    second = bridge.harness.probe.create_publisher(TwistStamped, "cmd_vel", reliable())
    harness = bridge.harness
    harness.until(lambda: harness.says("autopilot_bridge: cmd_vel", "more than one node"), "the diagnostic")
    second.publish(command_message(Command(vx=5.0), 0))
    bridge.until(lambda: bridge.state("phase") == "holding" and bridge.vehicle.vehicle.set_point == Command(), "a hold")


def test_odometry_is_handed_to_the_estimator(harness):
    bench = Bench(harness, connection="udp:127.0.0.1:0", vision_topic="slam/odom")
    sent = []
    bench.node._link.send = lambda messages, now: sent.extend(messages)
    message = Odometry()
    message.pose.pose.position.x, message.pose.pose.orientation.w = 2.0, 1.0
    bench.node._on_vision(message)
    message.pose.pose.position.x = float("nan")
    bench.node._on_vision(message)
    (vision,) = [m for m in sent if m.get_type() == "ODOMETRY"]
    assert (vision.x, vision.y) == (0.0, 2.0)
    bench.node.close()


def test_a_plain_twist_becomes_zero_when_nobody_speaks(harness):
    bench = Bench(harness, autopilot="twist", freshness=0.2)
    twists = harness.listen("autopilot/cmd_vel", Twist, reliable(100))
    bench.until(lambda: twists and twists[-1].linear.x == 0.0, "zero while disengaged")
    bench.modes.publish(String(data="engaged"))
    bench.until(lambda: twists[-1].linear.x == 1.0, "the command")
    harness.until(lambda: twists[-1].linear.x == 0.0, "zero on silence")


def test_a_vehicle_that_is_not_there_is_named(harness):
    bench = Bench(harness, connection="udp:127.0.0.1:0")
    harness.until(lambda: harness.says("autopilot_bridge: autopilot", "no heartbeat of system 1"), "the diagnostic")
    harness.until(lambda: bench.state("phase") == "offline", "the state")
    bench.node.close()


def test_command_from_reads_what_was_written():
    assert command_from(command_message(FORWARD, 0)) == FORWARD
