"""The supervisor over DDS, on a simulated clock that the test owns."""

import json
import math
from types import SimpleNamespace

import numpy as np
import pytest
from geometry_msgs.msg import TwistStamped
from nav_msgs.msg import Odometry
from rclpy.parameter import Parameter
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import BatteryState, CompressedImage, Image, Joy
from std_msgs.msg import String

from liquid_nav.bringup.simulated_flight import PILOT_KINDS, PILOT_NODES, pilot_remappings
from liquid_nav.nodes import safety_supervisor
from liquid_nav.nodes.diagnostics import ERROR, OK, WARN
from liquid_nav.nodes.drone_messages import odometry_message
from liquid_nav.nodes.messages import (
    command_from,
    command_message,
    from_seconds,
    image_message,
    nanoseconds,
    to_stamp,
)
from liquid_nav.nodes.qos import latched_qos, reliable_qos, sensor_data_qos
from liquid_nav.nodes.safety_supervisor import SupervisorNode
from liquid_nav.safety import BridgeReport, Fault, FaultKind, Mode, Order, Phase
from liquid_nav.simulation.state import DroneState
from liquid_nav.types import Command

INPUTS, MODE, CLOCK = (
    "safety_supervisor: inputs",
    "safety_supervisor: mode",
    "safety_supervisor: clock",
)
FORWARD = Command(1.0, 0.5, 0.2, 0.1)


class Bench:
    """A supervisor with a clock, a camera and a controller in front of it."""

    def __init__(self, harness, pictures, **parameters):
        self.harness, self.pictures, self.time, self.frames = harness, pictures, 1.0, 0
        harness.listen_to_diagnostics()
        self.node = harness.add(
            SupervisorNode,
            use_sim_time=True,
            acceleration=100.0,
            yaw_acceleration=100.0,
            **parameters,
        )
        self._clock = harness.probe.create_publisher(Clock, "/clock", sensor_data_qos())
        self._camera = harness.probe.create_publisher(Image, "camera/image_raw", sensor_data_qos())
        self._controller = harness.probe.create_publisher(
            TwistStamped, "liquid_controller/cmd_vel", reliable_qos()
        )
        self.commands = harness.listen("cmd_vel", TwistStamped, reliable_qos(100))
        self.modes = harness.listen("safety_supervisor/mode", String, latched_qos())
        self.orders = harness.listen("safety_supervisor/order", String, latched_qos())
        self.states = harness.probe.create_publisher(
            String, "autopilot_bridge/state", latched_qos()
        )
        for publisher in (self._clock, self._camera, self._controller):
            harness.matched(publisher)
        harness.until(
            lambda: self.modes and self.orders and self.node.count_subscribers("cmd_vel"),
            "discovery",
        )
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

    def publish(self, command):
        """Send a command that was made from the frame of this instant; returns what is let
        through.
        """
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
        return self.publish(FORWARD)

    def engage(self):
        assert self.fly() == Command()
        answer = self.harness.call("safety_supervisor/engage")
        assert answer.success, answer.message
        assert self.fly() == FORWARD

    @property
    def order(self):
        """The last order that was received."""
        return Order.from_facts(json.loads(self.orders[-1].data))

    def report(self, phase, act=None, supervisor=None, kind="", text=""):
        """The bridge reports, as having received the last order of this supervisor, or another act
        of it.
        """
        mine = self.node._supervisor.order
        change = mine.change if act is None else act
        act = mine.act if act is None else act
        report = BridgeReport(
            phase, True, True, supervisor or mine.supervisor, act, kind, text, change
        )
        self.states.publish(String(data=json.dumps(report.to_facts())))
        self.harness.until(lambda: self.node._supervisor.watch.report == report, "the report")

    def until_held(self, *parts):
        self.harness.until(lambda: self.modes[-1].data == "holding", "holding")
        self.harness.until(lambda: self.harness.reports(INPUTS, *parts), str(parts))
        assert command_from(self.commands[-1]) == Command()


@pytest.fixture
def bench(harness, pictures):
    return Bench(harness, pictures)


def test_it_does_not_engage_blind(bench):
    answer = bench.harness.call("safety_supervisor/engage")
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
    got = bench.publish(Command(30.0, 40.0, -9.0, 9.0))
    assert math.hypot(got.vx, got.vy) == pytest.approx(2.0)
    assert (got.vz, got.yaw_rate) == (-1.0, 1.2)


def test_a_missing_camera_is_a_hold_and_is_named(bench):
    bench.engage()
    for _ in range(4):
        bench.tick(0.2)
        bench.publish(FORWARD)
    bench.until_held("camera image is too old")


def test_a_frozen_stamp_is_a_missing_camera(bench):
    bench.engage()
    stamp = from_seconds(bench.time)
    for _ in range(4):
        bench.tick(0.2)
        bench._camera.publish(image_message(bench.pictures[1], stamp, "c"))
        bench.publish(FORWARD)
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
    assert bench.publish(Command(vx=float("nan"))) == Command()
    bench.until_held("not a finite number")


def test_it_comes_back_when_the_inputs_are_healthy_again(bench):
    bench.engage()
    bench.tick(0.04)
    bench.see()
    bench.publish(Command(vx=float("inf")))
    bench.until_held("not a finite number")
    for _ in range(30):
        last = bench.fly()
    assert last == FORWARD


def test_a_bridge_that_holds_on_its_own_account_is_not_believed_to_fly(bench):
    """It holds until a person engages again; if the supervisor stayed engaged, no person could."""
    bench.engage()
    silent = str(Fault(FaultKind.SUPERVISOR_SILENT, 0.52, 0.5))
    bench.report(
        Phase.HOLDING, act=0, kind="supervisor_silent", text=silent
    )  # of before the engagement
    assert bench.fly() == FORWARD
    bench.report(Phase.HOLDING, kind="supervisor_silent", text=silent)
    bench.harness.until(
        lambda: bench.harness.reports(
            MODE, "holding", "no command from the supervisor", "engage again"
        )
    )
    assert bench.harness.diagnostics[MODE].level == ERROR
    for _ in range(30):
        assert bench.fly() == Command()
    bench.harness.until(lambda: bench.modes[-1].data == "holding", "holding")
    assert bench.harness.call("safety_supervisor/engage").success and bench.fly() == FORWARD
    bench.harness.until(lambda: bench.harness.diagnostics[MODE].level == OK, "the diagnostic")


def test_a_bridge_that_has_let_go_ends_every_command(bench):
    bench.engage()
    text = str(Fault(FaultKind.FOREIGN_MODE, subject="POSCTL"))
    bench.report(Phase.RELEASED, supervisor="another", text=text)
    assert bench.fly() == FORWARD  # it reports another operator's flight
    bench.report(Phase.RELEASED, kind="foreign_mode", text=text)
    assert bench.fly() == Command()
    bench.harness.until(
        lambda: bench.harness.reports(MODE, "pilot", "POSCTL", "engage again"), "the diagnostic"
    )
    assert bench.harness.diagnostics[MODE].level == WARN
    bench.harness.until(lambda: bench.modes[-1].data == "pilot", "the mode")


@pytest.mark.parametrize("service", ["engage", "land"])
def test_what_has_ended_on_the_ground_is_disengaged(bench, service):
    bench.engage()
    assert bench.harness.call(f"safety_supervisor/{service}").success
    bench.report(Phase.READY, text="arming refused: compass")
    bench.harness.until(lambda: bench.modes[-1].data == "disengaged", "the end")
    reported = "arming refused: compass" if service == "engage" else "down and disarmed"
    bench.harness.until(lambda: bench.harness.reports(MODE, reported), "why")


@pytest.mark.parametrize(
    ("service", "mode", "vz"),
    [("hold", "holding", 0.0), ("disengage", "disengaged", 0.0), ("land", "landing", -0.5)],
)
def test_requests_of_people_win(bench, service, mode, vz):
    bench.engage()
    assert bench.harness.call(f"safety_supervisor/{service}").success
    assert bench.fly().as_array() == pytest.approx((0.0, 0.0, vz, 0.0))
    bench.harness.until(lambda: bench.modes[-1].data == mode)


@pytest.mark.parametrize(
    "kind",
    [
        FaultKind.ODOMETRY_OLD,
        FaultKind.BRIDGE_OLD,
        FaultKind.LATENCY,
        FaultKind.IMAGE_OLD,
        FaultKind.COMMAND_OLD,
        FaultKind.BATTERY_LOW,
        FaultKind.FENCE_RADIUS,
    ],
)
def test_a_number_that_grows_is_no_new_message(kind):
    first, later = (Fault(kind, value, 0.5).headline for value in (1.04, 2.5))
    assert first == later and "1.04" not in first


def test_an_age_that_grows_is_published_in_the_values_and_logged_once(bench):
    bench.engage()
    lines, diagnostics = [], bench.node._diagnostics
    publish = diagnostics.publish
    diagnostics.publish = lambda: (
        lines.append(1),
        publish(),
    )  # that of every second goes on without this
    for _ in range(4):
        bench.tick(0.2)
        bench.publish(FORWARD)
    bench.until_held("camera image is too old")
    assert bench.harness.diagnostics[INPUTS].level == ERROR
    lines.clear()
    for _ in range(2):
        bench.tick(0.2)
        bench.publish(FORWARD)
    values = {value.key: value.value for value in diagnostics._statuses["inputs"].values}
    assert (
        "camera image is 1.20 s old, limit 0.5 s" in values["faults"]
        and values["mode"] == "holding"
    )
    assert not lines


def test_the_order_counts_what_people_ask_for_and_nothing_else(bench):
    first = bench.order
    assert (first.mode, first.act, first.engagement) == (Mode.DISENGAGED, 0, 0)
    assert first.supervisor == bench.node._supervisor.identity
    assert not bench.harness.call(
        "safety_supervisor/engage"
    ).success  # blind: refused is not granted
    assert bench.order == first
    bench.engage()
    bench.harness.until(lambda: bench.order.mode is Mode.ENGAGED, "the order")
    assert (bench.order.act, bench.order.engagement) == (1, 1)
    bench.tick(0.04)
    bench.see()
    bench.publish(Command(vx=math.nan))
    bench.harness.until(lambda: bench.order.mode is Mode.HOLDING, "the hold")
    assert (bench.order.act, bench.order.engagement) == (1, 1)
    for _ in range(30):
        bench.fly()
    bench.harness.until(lambda: bench.order.mode is Mode.ENGAGED, "the end of the hold")
    assert (bench.order.act, bench.order.engagement) == (
        1,
        1,
    )  # it resumed: no person has asked for it
    numbers = []
    for service in ("hold", "engage", "land", "disengage", "disengage"):
        assert bench.harness.call(f"safety_supervisor/{service}").success
        bench.harness.until(lambda: bench.order == bench.node._supervisor.order, "the order")
        numbers.append((bench.order.mode.value, bench.order.act, bench.order.engagement))
    assert numbers == [
        ("holding", 2, 1),
        ("engaged", 3, 2),
        ("landing", 4, 2),
        ("disengaged", 5, 2),
        ("disengaged", 6, 2),
    ]
    other = bench.harness.add(SupervisorNode, use_sim_time=True)
    assert other._supervisor.identity != first.supervisor


def test_a_bridge_that_has_received_another_supervisor_last_receives_us_again(bench):
    """After two supervisors one is ended, as the diagnostic advises: a person must then be able to
    engage the other.
    """
    other = bench.harness.probe.create_publisher(String, "safety_supervisor/order", latched_qos())
    other.publish(String(data=json.dumps(Order("other", Mode.DISENGAGED, 4, 2).to_facts())))
    bench.harness.until(lambda: bench.order.supervisor == "other", "the other's order")
    bench.harness.probe.destroy_publisher(other)
    bench.report(Phase.READY, supervisor="other", act=4)
    before = len(bench.orders)
    for _ in range(60):
        bench.fly()
        bench.node._on_timer()
    bench.harness.until(
        lambda: len(bench.orders) > before and bench.order == bench.node._supervisor.order,
        "the order",
    )
    assert 2 <= len(bench.orders) - before <= 3  # once a second, in 2.4 s
    bench.report(Phase.READY)
    before = len(bench.orders)
    for _ in range(60):
        bench.fly()
        bench.node._on_timer()
    assert len(bench.orders) == before  # received


GARBAGE = [
    "",
    "{",
    "[]",
    "null",
    "7",
    "ready",
    "\u2603",
    "[" * 100_000,
    '{"a":' * 40 + "1" + "}" * 40,
    "x" * 70_000,
    '{"phase": "taking off"}',
    '{"phase": ["ready"]}',
    '{"phase": {"ready": {}}}',
    '{"phase": "ready", "act": NaN}',
    '{"phase": "ready", "act": -1}',
    '{"phase": "ready", "act": true}',
    '{"phase": "ready", "fault": [[[]]]}',
    '{"phase": "ready", "supervisor": {"a": 1}}',
    '{"phase": "ready", "kind": 3}',
]


def test_garbage_in_place_of_a_state_is_counted_and_named(bench):
    bench.engage()
    statuses, name = bench.node._diagnostics._statuses, "input autopilot_bridge/state"
    for count, text in enumerate(GARBAGE, 1):
        bench.states.publish(String(data=text))
        bench.harness.until(
            lambda n=count: name in statuses and statuses[name].values[0].value == str(n), text[:60]
        )
    assert bench.node._supervisor.watch.report is None and bench.fly() == FORWARD
    reported = f"{len(GARBAGE)} message(s) dropped"
    bench.harness.until(
        lambda: bench.harness.reports(f"safety_supervisor: {name}", reported, "no state"),
        "the diagnostic",
    )
    bench.report(Phase.FLYING)
    bench.harness.until(
        lambda: bench.harness.reports(f"safety_supervisor: {name}", "the last one was used"),
        "its end",
    )


REMOTE, PAD = ("remote_control", 16, 0), ("", 6, 11)


def test_every_stick_of_every_device_on_the_topic_is_noticed(bench):
    """A remote control with 16 channels, as the bridge publishes it, and a gamepad whose triggers
    rest at 1.
    """
    publisher = bench.harness.probe.create_publisher(Joy, "joy", sensor_data_qos(10))
    bench.harness.matched(publisher)
    rest = {REMOTE: [0.0, 0.0, -1.0, 0.0, *[-1.0] * 11, 0.4], PAD: [0.0, 0.0, 1.0, 0.0, 0.0, 1.0]}
    taken = []
    joy = bench.node._supervisor.joy
    bench.node._supervisor.joy = lambda *message: taken.append(joy(*message)) or taken[-1]

    def report(device, axes, pressed=None):
        name, _, buttons = device
        message = Joy(axes=axes, buttons=[int(i == pressed) for i in range(buttons)])
        message.header.frame_id = name
        before = len(taken)
        publisher.publish(message)
        bench.harness.until(lambda: len(taken) > before, "the sticks")
        return taken[-1]

    def all_at_rest():
        return [report(device, axes) for device, axes in rest.items()]

    all_at_rest()
    bench.engage()
    assert all_at_rest() == ["", ""]
    drifting = list(rest[REMOTE])
    for strength in (0.4, 0.1, 0.4, 0.7):  # channel 16 is the strength of the signal
        drifting[15] = strength
        assert report(REMOTE, drifting) == ""
    report(REMOTE, [*drifting[:15], 0.4])
    assert bench.fly() == FORWARD
    touches = [(device, i) for device, axes in rest.items() for i in range(len(axes))]
    for device, i in touches:
        axes = list(rest[device])
        axes[i] = -1.0 if axes[i] > 0.5 else 1.0
        assert report(device, axes) == f"stick {i}"
        assert bench.fly() == Command() and bench.node._supervisor.mode == "pilot"
        all_at_rest()
        assert bench.harness.call("safety_supervisor/engage").success
        assert bench.fly() == FORWARD
    assert report(PAD, rest[PAD], pressed=10) == "button 10"
    bench.harness.until(lambda: bench.modes[-1].data == "pilot", "the pilot")


def test_a_flip_of_the_engage_switch_engages_and_a_refusal_is_logged(bench):
    """The bridge reports it by number; the same number again is no news."""

    def publish(flips):
        order = bench.node._supervisor.order
        report = BridgeReport(
            Phase.READY,
            supervisor=order.supervisor,
            act=order.act,
            change=order.change,
            flips=flips,
            switched_on=True,
        )
        bench.states.publish(String(data=json.dumps(report.to_facts())))
        bench.harness.until(lambda: bench.node._supervisor.watch.report == report, "the report")

    publish(3)
    publish(4)
    assert bench.node._supervisor.mode == "disengaged", "there is no camera yet"
    assert bench.fly() == Command()
    publish(4)
    assert bench.fly() == Command() and bench.node._supervisor.mode == "disengaged"
    publish(5)
    bench.harness.until(lambda: bench.order.mode is Mode.ENGAGED, "the engagement")
    assert bench.order.engagement == 1
    assert bench.fly() == FORWARD


@pytest.mark.parametrize(
    ("kind", "topic", "name", "quality"),
    [
        (Odometry, "odom", "/slam/odom", sensor_data_qos(10)),
        (BatteryState, "battery_state", "/power/cell", sensor_data_qos(10)),
        (Image, "camera/image_raw", "/front/image", sensor_data_qos()),
        (CompressedImage, "camera/image_raw/compressed", "/front/jpeg", sensor_data_qos()),
        (String, "autopilot_bridge/state", "/bridge/state", latched_qos()),
        (TwistStamped, "liquid_controller/cmd_vel", "/brain/cmd_vel", reliable_qos()),
        (TwistStamped, "cmd_vel", "/gate/cmd_vel", reliable_qos()),
        (String, "safety_supervisor/order", "/gate/order", latched_qos()),
    ],
)
def test_a_second_publisher_is_a_fault_under_the_name_that_the_graph_has(
    harness, kind, topic, name, quality
):
    overrides = [
        Parameter(key, value=value)
        for key, value in (
            ("odometry_age", 0.5),
            ("battery", 0.2),
            ("image_transport", "compressed" if kind is CompressedImage else "raw"),
        )
    ]
    node = harness._enter(
        SupervisorNode(
            context=harness.context,
            namespace="d1",
            cli_args=["--ros-args", "-r", f"{topic}:={name}"],
            parameter_overrides=overrides,
        )
    )
    harness.listen_to_diagnostics()
    # What the supervisor publishes itself needs one other only.
    own = topic in ("cmd_vel", "safety_supervisor/order")
    publishers = [
        harness.probe.create_publisher(kind, name, quality) for _ in range(1 if own else 2)
    ]
    harness.until(lambda: node.count_publishers(name) == 2, "discovery")
    text = f"2 publishers on {name}, expected one"
    harness.until(lambda: harness.reports(INPUTS, text), "the diagnostic")
    answer = harness.call("d1/safety_supervisor/engage")
    assert not answer.success and text in answer.message
    harness.probe.destroy_publisher(publishers[0])
    harness.until(lambda: not harness.reports(INPUTS, "publishers"), "the end of the fault")


@pytest.mark.parametrize("pilot", PILOT_KINDS)
def test_of_two_pilots_in_a_graph_it_follows_the_one_whose_topic_it_reads(harness, pilot):
    """Both run: the other one's commands neither pass nor count as a second publisher."""
    other = next(kind for kind in PILOT_KINDS if kind != pilot)
    topics = {kind: f"/{PILOT_NODES[kind]}/cmd_vel" for kind in PILOT_KINDS}
    node = harness.add(SupervisorNode, pilot_remappings(pilot), acceleration=100.0)
    assert [one.topic_name for one in node.subscriptions if one.topic_name in topics.values()] == [
        topics[pilot]
    ]
    commands = {
        kind: harness.probe.create_publisher(TwistStamped, topic, reliable_qos())
        for kind, topic in topics.items()
    }
    camera = harness.probe.create_publisher(Image, "camera/image_raw", sensor_data_qos())
    outputs = harness.listen("cmd_vel", TwistStamped, reliable_qos(100))
    harness.listen_to_diagnostics()
    harness.matched(camera)
    harness.matched(commands[pilot])

    def fly(*kinds):
        stamp = node.get_clock().now().nanoseconds
        camera.publish(image_message(np.zeros((2, 2, 3), np.uint8), stamp, "c"))
        for kind in kinds:
            commands[kind].publish(
                command_message(FORWARD if kind == pilot else Command(vy=2.0), stamp)
            )

    def engaged():
        fly(pilot, other)
        return harness.call("safety_supervisor/engage").success

    harness.until(engaged, "the engagement, although both publish")

    def moves():
        fly(pilot, other)
        return command_from(outputs[-1]) == FORWARD

    harness.until(moves, "the pilot's command")
    assert all(command_from(message).vy <= FORWARD.vy for message in outputs)
    # A second publisher on the pilot's own topic is a fault under that name.
    intruder = harness.probe.create_publisher(TwistStamped, topics[pilot], reliable_qos())

    def refused():
        fly(pilot, other)
        return harness.reports(INPUTS, f"2 publishers on {topics[pilot]}, expected one")

    harness.until(refused, "the fault")
    answer = harness.call("safety_supervisor/engage")
    assert not answer.success and f"2 publishers on {topics[pilot]}" in answer.message
    harness.probe.destroy_publisher(intruder)


def test_the_other_pilot_alone_never_moves_the_drone(harness):
    node = harness.add(SupervisorNode)
    expert = harness.probe.create_publisher(TwistStamped, "expert_pilot/cmd_vel", reliable_qos())
    camera = harness.probe.create_publisher(Image, "camera/image_raw", sensor_data_qos())
    outputs = harness.listen("cmd_vel", TwistStamped, reliable_qos(100))
    harness.matched(camera)
    answers = []

    def published():
        stamp = node.get_clock().now().nanoseconds
        camera.publish(image_message(np.zeros((2, 2, 3), np.uint8), stamp, "c"))
        expert.publish(command_message(FORWARD, stamp))
        answers.append(harness.call("safety_supervisor/engage"))
        return len(answers) > 5 and len(outputs) > 5

    harness.until(published, "the supervisor's own commands")
    assert not any(answer.success for answer in answers)
    assert "no command from the controller yet" in answers[-1].message
    assert {command_from(message) for message in outputs} == {Command()}


@pytest.mark.parametrize("space", ["", "d1"])
@pytest.mark.parametrize("service", ["engage", "disengage", "hold", "land"])
def test_both_names_of_a_service_are_in_the_graph_of_each_drone(harness, space, service):
    node = harness._enter(SupervisorNode(context=harness.context, namespace=space))
    before = f"{space}/" if space else ""
    first, second = (
        harness.call(f"{before}{name}") for name in (f"safety_supervisor/{service}", service)
    )
    assert (first.success, first.message) == (second.success, second.message)
    assert node._warned == {service}


def test_the_first_command_of_an_intruder_is_not_let_through(bench):
    """As soon as the graph shows a second publisher, whenever that was looked at last."""
    bench.engage()
    bench.tick(0.04)
    bench.see()
    topic, out = "/liquid_controller/cmd_vel", []
    bench.node.count_publishers = lambda name: 2 if name == topic else 1
    bench.node._commands.publish = out.append
    bench.node._on_command(command_message(Command(vy=1.0), from_seconds(bench.time)))
    assert [command_from(message) for message in out] == [Command()]
    assert (
        bench.node._supervisor.state is Mode.HOLDING
        and f"2 publishers on {topic}" in bench.node._supervisor.why
    )


class WallClocks:
    """In place of the computer's clocks: ``steady`` is never set, ``stamping`` is."""

    def __init__(self, monkeypatch, steady=1000.0, stamping=1_700_000_000.0):
        self.steady, self.stamping = steady, stamping
        monkeypatch.setattr(
            safety_supervisor, "wall", SimpleNamespace(monotonic=lambda: self.steady)
        )
        monkeypatch.setattr(SupervisorNode, "_stamping", lambda node: self.stamping)

    def tick(self, seconds):
        self.steady += seconds
        self.stamping += seconds


class WallBench:
    """A supervisor in the computer's time, which the test owns.

    ``boot``: odometry is stamped by the vehicle's clock, as over MAVLink, and not by the
    computer's, as over DDS.
    """

    def __init__(self, harness, pictures, clocks, boot):
        self.harness, self.clocks, self.picture, self.boot = harness, clocks, pictures[0], boot
        harness.listen_to_diagnostics()
        self.node = harness.add(
            SupervisorNode,
            acceleration=100.0,
            yaw_acceleration=100.0,
            odometry_age=0.5,
            autopilot_age=1.0,
            latency=0.3,
            clock_jump=2.0,
            position_jump=2.0,
            battery_age=5.0,
            joy_age=1.0,
            resume=0.0,
        )
        probe = harness.probe
        create = probe.create_publisher
        self.camera = create(Image, "camera/image_raw", sensor_data_qos())
        self.controller = create(TwistStamped, "liquid_controller/cmd_vel", reliable_qos())
        self.odom = create(Odometry, "odom", sensor_data_qos(10))
        self.states = create(String, "autopilot_bridge/state", latched_qos())
        self.joy = create(Joy, "joy", sensor_data_qos(10))
        self.battery = create(BatteryState, "battery_state", sensor_data_qos(10))
        self.commands = harness.listen("cmd_vel", TwistStamped, reliable_qos(100))
        self.orders = harness.listen("safety_supervisor/order", String, latched_qos())
        for publisher in (
            self.camera,
            self.controller,
            self.odom,
            self.states,
            self.joy,
            self.battery,
        ):
            harness.matched(publisher)
        harness.until(lambda: self.orders and self.node.count_subscribers("cmd_vel"), "discovery")
        self.taken = {}
        for owner, name in (
            (self.node._supervisor, "image"),
            (self.node._supervisor, "bridge"),
            (self.node._supervisor, "joy"),
            (self.node._supervisor.watch, "odometry"),
            (self.node._supervisor.watch, "battery"),
        ):
            self._count(owner, name)

    def _count(self, owner, name):
        take, self.taken[name] = getattr(owner, name), 0

        def counted(*message):
            self.taken[name] += 1
            return take(*message)

        setattr(owner, name, counted)

    def receive(self, name, publisher, message):
        before = self.taken[name]
        publisher.publish(message)
        self.harness.until(lambda: self.taken[name] > before, name)

    def frame(self):
        """One healthy frame, 40 ms later; returns what is let through."""
        stamp = from_seconds(self.clocks.stamping)
        self.clocks.tick(0.04)
        zero, time = np.zeros(3), self.clocks.steady - 900.0 if self.boot else self.clocks.stamping
        place = np.array((self.clocks.steady * 1e-3, 0.0, 2.0))
        state = DroneState(time, place, np.array((1.0, 0, 0, 0)), zero, zero, zero)
        self.receive("odometry", self.odom, odometry_message(state, from_seconds(time)))
        order = self.node._supervisor.order
        report = BridgeReport(
            Phase.FLYING, True, True, order.supervisor, order.act, change=order.change
        )
        self.receive("bridge", self.states, String(data=json.dumps(report.to_facts())))
        self.receive("joy", self.joy, Joy(axes=[0.0] * 4))
        self.receive("battery", self.battery, BatteryState(percentage=0.9))
        self.receive("image", self.camera, image_message(self.picture, stamp, "c"))
        before = len(self.commands)
        self.controller.publish(command_message(FORWARD, stamp))

        def answers():
            return [m for m in self.commands[before:] if nanoseconds(m.header.stamp) == stamp]

        self.harness.until(answers, "an answer")
        return command_from(self.commands[-1])

    def engage(self):
        for _ in range(3):
            self.frame()
        answer = self.harness.call("safety_supervisor/engage")
        assert answer.success, answer.message
        assert self.frame() == FORWARD
        self.harness.until(lambda: '"engaged"' in self.orders[-1].data, "the order")


@pytest.mark.parametrize(
    ("seconds", "boot"),
    [
        (-60.0, True),
        (60.0, True),
        (-0.8, True),
        (3600.0, True),
        (-60.0, False),
        (60.0, False),
        (-0.8, False),
        (-0.3, False),
        (3600.0, False),
    ],
)
def test_a_clock_that_is_set_changes_nothing_but_its_diagnostic(
    harness, pictures, monkeypatch, seconds, boot
):
    clocks = WallClocks(monkeypatch)
    bench = WallBench(harness, pictures, clocks, boot)
    bench.engage()
    orders = len(bench.orders)
    harness.until(lambda: harness.diagnostics[INPUTS].level == OK, "health")
    for _ in range(10):
        assert bench.frame() == FORWARD
    assert CLOCK not in harness.diagnostics
    stamp = from_seconds(clocks.stamping)
    clocks.stamping += seconds
    # An image and a command that were made before, and arrive after.
    bench.receive("image", bench.camera, image_message(bench.picture, stamp, "c"))
    bench.controller.publish(command_message(FORWARD, stamp))
    for _ in range(150):
        assert bench.frame() == FORWARD
    harness.until(
        lambda: harness.reports(CLOCK, "was set", "nothing else changes"), "the diagnostic"
    )
    assert harness.diagnostics[CLOCK].level == WARN
    (jump,) = [value.value for value in harness.diagnostics[CLOCK].values]
    assert jump == f"{seconds:+.3f} s"
    assert len(bench.orders) == orders and bench.node._supervisor.mode == "engaged"
    assert harness.diagnostics[INPUTS].level == harness.diagnostics[MODE].level == OK
