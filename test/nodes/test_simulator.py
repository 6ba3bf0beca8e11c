"""The simulator's lock step, seen from the other end of the graph."""

import threading

import pytest
from geometry_msgs.msg import TwistStamped
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Image

from liquid_nav.nodes.messages import command_message, nanoseconds
from liquid_nav.nodes.qos import reliable, sensor_data
from liquid_nav.nodes.simulator import Simulator
from liquid_nav.simulation.camera import RenderingError
from liquid_nav.types import Command

FRAME = "simulator: lock step"


class Bench:
    """A simulator in a thread of its own; this side sees frames and answers them."""

    def __init__(self, harness, **parameters):
        self.harness = harness
        harness.listen_to_diagnostics()
        self.images = harness.listen("camera/image_raw", Image, sensor_data(100))
        self.clock = harness.listen("/clock", Clock, sensor_data(1000))
        self._commands = harness.probe.create_publisher(TwistStamped, "cmd_vel", reliable())
        world = {"scenario": "field", "seed": 1, "width": 64, "height": 36}
        try:
            self.node = harness.make(Simulator, real_time_factor=0.0, resend_after=0.05, **world, **parameters)
            self.node.simulation.render()
            self.node.simulation.close()
        except RenderingError as error:
            pytest.skip(str(error))
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        harness.matched(self._commands)

    def _run(self):
        executor = SingleThreadedExecutor(context=self.harness.context)
        executor.add_node(self.node)
        try:
            self.node.run(executor)
        except (ExternalShutdownException, RuntimeError):
            pass  # the test is over
        finally:
            self.node.close()

    def stamps(self):
        return sorted({nanoseconds(image.header.stamp) for image in self.images})

    def latest(self):
        return max((nanoseconds(tick.clock) for tick in self.clock), default=-1)

    def answer(self, stamp, command=Command(vx=1.0)):
        self._commands.publish(command_message(command, stamp))


@pytest.fixture
def bench(harness):
    bench = Bench(harness, command_timeout=30.0, wait_for_start=True)
    yield bench
    harness.context.try_shutdown()
    bench.thread.join(10.0)


def test_time_waits_for_the_command_of_each_frame(bench):
    harness = bench.harness
    harness.until(lambda: len(bench.images) >= 3, "the first frame, again and again")
    bench.answer(0)
    harness.until(lambda: len(bench.images) >= 5, "more of the first frame: nobody has started the flight")
    assert bench.stamps() == [0]
    assert harness.call("simulator/start").success
    bench.answer(7)  # the answer to no frame at all
    seen = len(bench.images)
    harness.until(lambda: len(bench.images) >= seen + 3, "the first frame again")
    assert bench.stamps() == [0] and bench.latest() == 0
    for count in range(4):
        stamp = bench.stamps()[-1]
        bench.answer(stamp)
        harness.until(lambda: len(bench.stamps()) == count + 2, "the next frame")
        assert bench.latest() <= bench.stamps()[-1]
    assert bench.stamps() == [0, 32_000_000, 68_000_000, 100_000_000, 132_000_000]


def test_it_flies_what_the_same_commands_fly_without_ros(bench):
    from liquid_nav.simulation import TIMESTEP, CameraConfig, Simulation, draw_latency
    from liquid_nav.worlds import load_scenario

    frames = 12
    assert bench.harness.call("simulator/start").success
    for count in range(frames):
        bench.harness.until(lambda: len(bench.stamps()) >= count + 1, "a frame")
        bench.answer(bench.stamps()[-1], Command(vx=1.0, yaw_rate=0.05 * count))
    bench.harness.until(lambda: len(bench.stamps()) == frames + 1, "the last frame")
    with Simulation(load_scenario("field"), 1, camera=CameraConfig(64, 36)) as alone:
        for count in range(frames):
            alone.command(Command(vx=1.0, yaw_rate=0.05 * count), alone.time + draw_latency(1))
            alone.advance(round((count + 1) / 30.0 / TIMESTEP) * TIMESTEP)
        assert alone.state.position.tolist() == bench.node.simulation.state.position.tolist()


def test_without_answers_it_goes_on_and_says_so(harness):
    bench = Bench(harness, command_timeout=0.2)
    harness.until(lambda: len(bench.stamps()) > 5, "frames without answers")
    harness.until(lambda: harness.says(FRAME, "no cmd_vel", "safety_supervisor"), "the diagnostic")

    def back_in_step():
        bench.answer(bench.stamps()[-1])
        return harness.says(FRAME, "every frame is answered")

    harness.until(back_in_step, "lock step again")
    harness.context.try_shutdown()
    bench.thread.join(10.0)
