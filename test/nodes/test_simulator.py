"""The simulator's lock step, seen from the other end of the graph."""

import math
import threading
from itertools import islice
from types import SimpleNamespace

import numpy as np
import pytest
from geometry_msgs.msg import TwistStamped
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import String

from liquid_nav.nodes import simulator
from liquid_nav.nodes.diagnostics import ERROR, OK
from liquid_nav.nodes.drone_endpoint import DroneEndpoint
from liquid_nav.nodes.messages import command_message, from_seconds, nanoseconds
from liquid_nav.nodes.qos import latched_qos, reliable_qos, sensor_data_qos
from liquid_nav.nodes.simulator import LAG, TICK, Simulator
from liquid_nav.simulation import DroneState, FrameTiming
from liquid_nav.simulation.camera_renderer import RenderingError
from liquid_nav.simulation.frame_loop import FrameFeed
from liquid_nav.simulation.frame_times import FRAME_DROPPED, FRAME_LATE, FRAME_ON_TIME, Moment
from liquid_nav.simulation.response import sample_response
from liquid_nav.types import Command
from liquid_nav.worlds import CameraConfig, generate_layout, load_condition, load_scenario

FRAME = "simulator: lock step"


class Bench:
    """A simulator in a thread of its own; this side sees frames and answers them."""

    def __init__(self, harness, **parameters):
        self.harness = harness
        harness.listen_to_diagnostics()
        self.images = harness.listen("camera/image_raw", Image, sensor_data_qos(100))
        self.clock = harness.listen("/clock", Clock, sensor_data_qos(1000))
        self._commands = harness.probe.create_publisher(TwistStamped, "cmd_vel", reliable_qos())
        world = {"scenario": "field", "seed": 1, "width": 64, "height": 36}
        try:
            self.node = harness.make(
                Simulator, real_time_factor=0.0, resend_after=0.05, **world, **parameters
            )
            self.node.world.drones[0].render()
            self.node.world.close()
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
    harness.until(
        lambda: len(bench.images) >= 5, "more of the first frame: the flight was not started"
    )
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


@pytest.fixture
def patient(monkeypatch):
    """Further answers are waited for as long as it takes."""
    monkeypatch.setattr(simulator, "LATE", 1e4)


def test_a_frame_that_was_sent_again_is_waited_for_as_often(patient, bench):
    harness = bench.harness
    assert harness.call("simulator/start").success
    (endpoint,) = bench.node._endpoints
    # The first answer ends the resending.
    harness.until(lambda: endpoint._asked >= 3, "the first frame again")
    bench.answer(0)
    harness.until(lambda: endpoint._answers == 1, "the first answer")
    asked = endpoint._asked
    for count in range(1, asked):
        # The node answers, so it goes on waiting and time does not.
        assert harness.call("simulator/start").success
        assert bench.latest() == 0 and endpoint._answers == count
        bench.answer(0)
        harness.until(lambda count=count: endpoint._answers != count, "the next answer")
    harness.until(lambda: len(bench.stamps()) == 2, "the next frame")


def test_answers_that_were_lost_are_not_waited_for_long(bench):
    harness = bench.harness
    assert harness.call("simulator/start").success
    (endpoint,) = bench.node._endpoints
    harness.until(lambda: endpoint._asked >= 3, "the first frame again")
    bench.answer(0)
    harness.until(lambda: len(bench.stamps()) == 2, "the next frame")


def test_it_flies_what_the_same_commands_fly_without_ros(bench):
    from liquid_nav.simulation import PHYSICS_TIMESTEP, World, draw_latency
    from liquid_nav.worlds import load_scenario

    frames = 12
    assert bench.harness.call("simulator/start").success
    for count in range(frames):
        bench.harness.until(lambda: len(bench.stamps()) >= count + 1, "a frame")
        bench.answer(bench.stamps()[-1], Command(vx=1.0, yaw_rate=0.05 * count))
    bench.harness.until(lambda: len(bench.stamps()) == frames + 1, "the last frame")
    with World(load_scenario("field"), 1, camera=CameraConfig(64, 36)) as world:
        (alone,) = world.drones
        for count in range(frames):
            alone.command(Command(vx=1.0, yaw_rate=0.05 * count), world.time + draw_latency(1))
            world.advance(round((count + 1) / 30.0 / PHYSICS_TIMESTEP) * PHYSICS_TIMESTEP)
        assert alone.state.position.tolist() == bench.node.world.drones[0].state.position.tolist()


@pytest.mark.parametrize(
    ("mode", "level", "text"),
    [
        ("landing", OK, "landed: the flight is over"),
        ("engaged", ERROR, "touched ground: the flight is over"),
    ],
)
def test_the_ground_under_a_landing_is_no_error(bench, mode, level, text):
    modes = bench.harness.probe.create_publisher(String, "safety_supervisor/mode", latched_qos())
    contacts = bench.harness.listen("simulator/contact", String, latched_qos())
    modes.publish(String(data=mode))
    (endpoint,) = bench.node._endpoints
    bench.harness.until(lambda: endpoint._landing == (mode == "landing"), "the mode")
    bench.harness.matched(modes)
    assert bench.harness.call("simulator/start").success
    answered = set()

    def down():
        for stamp in set(bench.stamps()) - answered:
            answered.add(stamp)
            bench.answer(stamp, Command(vz=-1.0))
        return contacts

    bench.harness.until(down, "the ground", deadline=120.0)
    assert "ground" in contacts[-1].data
    bench.harness.until(lambda: "simulator: drone" in bench.harness.diagnostics, "the status")
    status = bench.harness.diagnostics["simulator: drone"]
    assert status.level == level and status.message.startswith(text)


def test_without_answers_it_goes_on_and_reports_it(harness):
    bench = Bench(harness, command_timeout=0.2)
    harness.until(lambda: len(bench.stamps()) > 5, "frames without answers")
    harness.until(
        lambda: harness.reports(FRAME, "no cmd_vel", "safety_supervisor"), "the diagnostic"
    )

    def back_in_step():
        bench.answer(bench.stamps()[-1])
        return harness.reports(FRAME, "every frame is answered")

    harness.until(back_in_step, "lock step again")
    harness.context.try_shutdown()
    bench.thread.join(10.0)


def test_frames_that_are_dropped_never_come_and_late_ones_come_with_their_stamp(harness, tmp_path):
    """Every second of a flight at 20 Hz has frames of all three kinds; the condition defines how
    many.
    """
    condition = tmp_path / "faulty.yaml"
    condition.write_text("camera: {rate: 20, drop: 0.4, late: 0.3, jitter: 0.4}\n")
    faults = load_condition(condition).camera
    moments = list(islice(FrameTiming.of(faults).moments(20.0, 1), 25))
    bench = Bench(harness, command_timeout=30.0, condition=str(condition))
    wanted = [from_seconds(moment.time) for moment in moments if moment.delivery != FRAME_DROPPED]

    def answered():
        for stamp in bench.stamps():
            bench.answer(stamp)
        return len(bench.stamps()) >= len(wanted) - 1

    harness.until(answered, "the frames")
    assert bench.stamps()[: len(wanted) - 1] == wanted[:-1]
    harness.context.try_shutdown()
    bench.thread.join(10.0)


class Hovering:
    """A drone that stands in the air and counts its pictures by their brightness."""

    collision = None
    world = SimpleNamespace(camera=CameraConfig(64, 36))
    layout = generate_layout(load_scenario("field"), 0)
    response = sample_response(np.random.default_rng(0))

    def __init__(self):
        self.time = 0.0

    @property
    def state(self):
        zero = np.zeros(3)
        return DroneState(self.time, zero, np.array((1.0, 0.0, 0.0, 0.0)), zero, zero, zero)

    def render(self):
        return np.full((36, 64, 3), round(10 * self.time), np.uint8)


def test_a_late_frame_is_answered_a_period_later_and_a_dropped_one_never(harness):
    drone = Hovering()
    endpoint = DroneEndpoint(harness.probe, drone, "")
    feed = FrameFeed(drone, 1.0)
    waited = []
    for number, delivery in enumerate(
        (FRAME_ON_TIME, FRAME_LATE, FRAME_ON_TIME, FRAME_LATE, FRAME_DROPPED, FRAME_DROPPED)
    ):
        drone.time = float(number)
        endpoint.arrive(feed.take(Moment(drone.time, delivery), drone.state))
        endpoint.ask(1.0)
        waited.append([(frame.state.time, int(frame.image.max())) for frame in endpoint._arrived])
        assert endpoint.waiting == bool(endpoint._arrived)
    assert waited == [[(0.0, 0)], [], [(1.0, 10), (2.0, 20)], [], [(3.0, 30)], []]
    endpoint.judge()
    assert endpoint.in_step, "no frame has arrived: no answer is missing"


def test_the_camera_that_is_published_is_the_one_that_is_rendered(harness, tmp_path):
    condition = tmp_path / "wide.yaml"
    condition.write_text("camera: {view: [100, 100], mounting: 5}\n")
    infos = harness.listen("camera/camera_info", CameraInfo, sensor_data_qos(10))
    bench = Bench(harness, command_timeout=30.0, wait_for_start=True, condition=str(condition))
    harness.until(lambda: infos, "camera_info")
    assert infos[0].k[0] == pytest.approx(32.0 / math.tan(math.radians(50.0)))
    assert np.linalg.norm(bench.node.world.camera.turn) == pytest.approx(math.radians(5.0))
    harness.context.try_shutdown()
    bench.thread.join(10.0)


class Pace:
    """A simulator's ``_pace`` on a wall clock that goes on only while it waits."""

    def __init__(self, monkeypatch, factor, in_step=True):
        self.now = self._anchor = 100.0
        self._factor = factor
        self._endpoints = [SimpleNamespace(flying=True, in_step=in_step)]
        monkeypatch.setattr(simulator, "wall", SimpleNamespace(monotonic=lambda: self.now))

    def _sleep_until(self, due):
        self.now = due

    def fly(self, ticks, begin=0):
        """Return how long so many steps of the clock take from the one with that number on, s."""
        before = self.now
        for tick in range(begin + 1, begin + ticks + 1):
            Simulator._pace(self, tick * TICK)
        return self.now - before


@pytest.mark.parametrize("factor", [0.005, 0.5, 1.0, 4.0])
def test_simulated_time_goes_on_as_fast_as_asked_for(monkeypatch, factor):
    assert Pace(monkeypatch, factor).fly(100) == pytest.approx(100 * TICK / factor)


def test_simulated_time_is_not_paced_with_a_factor_of_zero_as_long_as_answers_come(monkeypatch):
    pace = Pace(monkeypatch, 0.0)
    assert pace.fly(10_000) == 0.0
    pace._endpoints[0].in_step = False
    # Real time counts from here, and not from the beginning of the flight.
    assert pace.fly(100, begin=10_000) == pytest.approx(100 * TICK, abs=2 * TICK)


def test_a_long_delay_is_not_made_up_for_and_a_short_one_is(monkeypatch):
    pace = Pace(monkeypatch, 1.0)
    pace.fly(10)
    pace.now += 0.5 * LAG
    assert pace.fly(100, begin=10) == pytest.approx(100 * TICK - 0.5 * LAG)
    pace.now += 5.0
    assert pace.fly(100, begin=110) == pytest.approx(99 * TICK)
