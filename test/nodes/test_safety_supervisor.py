"""The supervisor over DDS, on a simulated clock that the test owns."""

import json
import math

import pytest
from geometry_msgs.msg import TwistStamped
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Image
from std_msgs.msg import String

from liquid_nav.nodes.messages import command_from, command_message, from_seconds, image_message, nanoseconds, to_stamp
from liquid_nav.nodes.qos import latched, reliable, sensor_data
from liquid_nav.nodes.safety_supervisor import SupervisorNode, _kind
from liquid_nav.types import Command

INPUTS = "safety_supervisor: inputs"
FORWARD = Command(1.0, 0.5, 0.2, 0.1)


class Bench:
    """A supervisor with a clock, a camera and a controller in front of it."""

    def __init__(self, harness, pictures):
        self.harness, self.pictures, self.time, self.frames = harness, pictures, 1.0, 0
        harness.listen_to_diagnostics()
        self.node = harness.add(SupervisorNode, use_sim_time=True, acceleration=100.0, yaw_acceleration=100.0)
        self._clock = harness.probe.create_publisher(Clock, "/clock", sensor_data())
        self._camera = harness.probe.create_publisher(Image, "camera/image_raw", sensor_data())
        self._controller = harness.probe.create_publisher(TwistStamped, "liquid_controller/cmd_vel", reliable())
        self.commands = harness.listen("cmd_vel", TwistStamped, reliable(100))
        self.modes = harness.listen("safety_supervisor/mode", String, latched())
        for publisher in (self._clock, self._camera, self._controller):
            harness.matched(publisher)
        harness.until(lambda: self.modes and self.node.count_subscribers("cmd_vel"), "discovery")
        self.tick(0.0)

    def now(self):
        return self.node.get_clock().now().nanoseconds

    def tick(self, seconds):
        """Let simulated time pass."""
        self.time += seconds
        stamp = from_seconds(self.time)

        def there():
            self._clock.publish(Clock(clock=to_stamp(stamp)))
            return self.now() == stamp

        self.harness.until(there, "the clock")

    def see(self):
        """Show an image of this instant, until it has arrived."""
        stamp = from_seconds(self.time)
        self.frames += 1
        seen = self.node._supervisor

        def there():
            self._camera.publish(image_message(self.pictures[0], stamp, "c"))
            return seen._image == stamp / 1e9

        self.harness.until(there, "the image")

    def say(self, command):
        """Send a command that was made from the frame of this instant; returns what is let through."""
        before, stamp = len(self.commands), from_seconds(self.time)

        def answers():
            return [m for m in self.commands[before:] if nanoseconds(m.header.stamp) == stamp]

        self._controller.publish(command_message(command, stamp))
        self.harness.until(answers, "an answer with the stamp of the image")
        return command_from(answers()[0])

    def fly(self):
        """One healthy frame."""
        self.tick(0.04)
        self.see()
        return self.say(FORWARD)

    def engage(self):
        assert self.fly() == Command()
        answer = self.harness.call("engage")
        assert answer.success, answer.message
        assert self.fly() == FORWARD

    def until_held(self, *words):
        self.harness.until(lambda: self.modes[-1].data == "holding", "holding")
        self.harness.until(lambda: self.harness.says(INPUTS, *words), str(words))
        assert command_from(self.commands[-1]) == Command()


@pytest.fixture
def bench(harness, pictures):
    return Bench(harness, pictures)


def test_it_does_not_engage_blind(bench):
    answer = bench.harness.call("engage")
    assert not answer.success and "no camera image yet" in answer.message
    assert bench.modes[-1].data == "disengaged"


def test_engaged_it_passes_commands_with_their_stamp(bench):
    bench.engage()
    assert bench.fly() == FORWARD
    bench.harness.until(lambda: bench.modes[-1].data == "engaged")


def test_it_limits(bench):
    bench.engage()
    bench.tick(0.04)
    bench.see()
    got = bench.say(Command(30.0, 40.0, -9.0, 9.0))
    assert math.hypot(got.vx, got.vy) == pytest.approx(2.0)
    assert (got.vz, got.yaw_rate) == (-1.0, 1.2)


def test_a_missing_camera_is_a_hold_and_is_named(bench):
    bench.engage()
    for _ in range(4):
        bench.tick(0.2)
        bench.say(FORWARD)
    bench.until_held("camera image is too old")


def test_a_frozen_stamp_is_a_missing_camera(bench):
    bench.engage()
    stamp = from_seconds(bench.time)
    for _ in range(4):
        bench.tick(0.2)
        bench._camera.publish(image_message(bench.pictures[1], stamp, "c"))
        bench.say(FORWARD)
    bench.until_held("camera image is too old")


def test_a_silent_controller_is_a_hold_and_is_named(bench):
    bench.engage()
    for _ in range(5):
        bench.tick(0.2)
        bench.see()
    bench.until_held("command is too old", "liquid_controller")


def test_not_a_number_is_a_hold_at_once_and_is_named(bench):
    bench.engage()
    bench.tick(0.04)
    bench.see()
    assert bench.say(Command(vx=float("nan"))) == Command()
    bench.until_held("not a finite number")


def test_it_comes_back_when_the_inputs_are_healthy_again(bench):
    bench.engage()
    bench.tick(0.04)
    bench.see()
    bench.say(Command(vx=float("inf")))
    bench.until_held("not a finite number")
    for _ in range(30):
        last = bench.fly()
    assert last == FORWARD


def test_a_bridge_that_has_missed_us_is_not_believed_to_fly(bench):
    """It holds until somebody engages again; if the supervisor stayed engaged, nobody could."""
    states = bench.harness.probe.create_publisher(String, "autopilot_bridge/state", latched())
    bench.engage()
    state = {"phase": "holding", "mode": "AUTO.LOITER", "armed": True, "airborne": True, "text": ""}
    states.publish(String(data=json.dumps(state | {"fault": "no command from the supervisor for 0.52 s: holding"})))
    bench.harness.until(lambda: bench.harness.says("safety_supervisor: autopilot", "no command", "engage again"))
    for _ in range(30):
        assert bench.fly() == Command()
    bench.harness.until(lambda: bench.modes[-1].data == "holding", "holding")
    assert bench.harness.call("engage").success and bench.fly() == FORWARD


@pytest.mark.parametrize(
    ("service", "mode", "vz"), [("hold", "holding", 0.0), ("disengage", "disengaged", 0.0), ("land", "landing", -0.5)]
)
def test_people_have_the_last_word(bench, service, mode, vz):
    bench.engage()
    assert bench.harness.call(service).success
    assert bench.fly().as_array() == pytest.approx((0.0, 0.0, vz, 0.0))
    bench.harness.until(lambda: bench.modes[-1].data == mode)


@pytest.mark.parametrize("fault", [
    "odometry is {} s old, limit 0.5 s", "autopilot bridge is {} s old, limit 1 s", "latency is {} s, limit 0.3 s",
    "battery is at {} %, limit 15 %", "geofence: {} m from where it was engaged, limit 10 m"])
def test_a_number_that_grows_is_no_new_message(fault):
    first, later = _kind(fault.format("1.04")), _kind(fault.format("2.5"))
    assert first == later and first.split()[0].strip(":") in fault and first.endswith(fault.split("limit")[1])
