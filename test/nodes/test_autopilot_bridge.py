"""The bridge over DDS on one side and real MAVLink on the other, in lock step with the clock of the
test vehicle.
"""

import itertools
import json
import math
import os
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("pymavlink")

from geometry_msgs.msg import Twist, TwistStamped
from nav_msgs.msg import Odometry
from pymavlink.dialects.v20 import common as mavlink
from rcl_interfaces.msg import Parameter as ParameterMessage
from rcl_interfaces.msg import ParameterEvent, ParameterType, ParameterValue
from rcl_interfaces.srv import GetParameters, ListParameters, SetParameters
from rclpy.parameter import Parameter
from rosgraph_msgs.msg import Clock
from std_msgs.msg import String

from liquid_nav.json_text import read_json
from liquid_nav.nodes.autopilot_bridge import AutopilotBridge
from liquid_nav.nodes.messages import NANO, command_from, command_message, from_seconds, to_stamp
from liquid_nav.nodes.qos import latched_qos, reliable_qos, sensor_data_qos
from liquid_nav.safety import BridgeReport, Mode, Order, Phase
from liquid_nav.sitl.simulated_px4 import Px4Vehicle
from liquid_nav.sitl.vehicle_body import PointBody
from liquid_nav.sitl.vehicle_server import UdpServer
from liquid_nav.types import Command

FORWARD, STEP = Command(1.0, 0.5, 0.2, 0.1), 0.02
UDP = {"connection": "udp:127.0.0.1:0"}
SECRET = "correct horse battery staple"
HARMLESS = {mavlink.MAVLINK_MSG_ID_HEARTBEAT, mavlink.MAVLINK_MSG_ID_PARAM_REQUEST_READ}
"""What may be sent to a vehicle that another pilot flies, beside requests for messages."""
ASKING = {mavlink.MAV_CMD_SET_MESSAGE_INTERVAL, mavlink.MAV_CMD_REQUEST_MESSAGE}
"""Commands that ask for messages."""


class Bench:
    """The test is the supervisor and time; ``vehicle`` is a simulated PX4 behind UDP, or None.

    ``sent`` is what the bridge has sent over MAVLink. What the test publishes has arrived before
    time goes on.
    """

    def __init__(self, harness, height=3.0, first=None, vehicle=True, remap=(), **parameters):
        self.harness, probe = harness, harness.probe
        self.now, self.command, self.taken, self.sent = 1.0, FORWARD, itertools.count(), []
        harness.listen_to_diagnostics()
        self.states = harness.listen("autopilot_bridge/state", String, latched_qos())
        self.orders = probe.create_publisher(String, "safety_supervisor/order", latched_qos())
        self.order = first or Order("test", Mode.DISENGAGED)
        self._publish_order()
        names = dict(remap)
        self.commands = probe.create_publisher(
            TwistStamped, names.get("cmd_vel", "cmd_vel"), reliable_qos()
        )
        self._clock = probe.create_publisher(Clock, "/clock", sensor_data_qos())
        self.remap, self.parameters = remap, parameters
        self.vehicle = Px4Vehicle(PointBody(height)) if vehicle else None
        self.server = None
        self.start_bridge()

    def start_bridge(self):
        """Start a bridge, and wait until it has received the order that is there."""
        arguments = [argument for old, new in self.remap for argument in ("-r", f"{old}:={new}")]
        overrides = [
            Parameter(name, value=value)
            for name, value in {"use_sim_time": True, **self.parameters}.items()
        ]
        self.node = self.harness._enter(
            AutopilotBridge(
                context=self.harness.context,
                cli_args=["--ros-args", *arguments],
                parameter_overrides=overrides,
            )
        )
        self._taken = 0
        take = self.node.session.command

        def counted(command, now):
            self._taken += 1
            take(command, now)

        self.node.session.command = counted
        self.harness.until(lambda: self.node.session.order is not None, "the order")
        for publisher in (self.commands, self._clock):
            self.harness.matched(publisher)
        if self.vehicle is None:
            return
        link = self.node._backend._link
        self.harness.until(lambda: link.wire is not None, "the port")
        if self.server is not None:
            self.server.close()
        self.server, send = UdpServer(port=link.wire.port), link.send
        link.send = lambda messages, now: (
            self.sent.extend(messages := list(messages)),
            send(messages, now),
        )

    def kill_bridge(self):
        """SIGKILL: no last message."""
        self.node.close()
        self.harness.executor.remove_node(self.node)
        self.harness.nodes.remove(self.node)
        self.node.destroy_node()

    @property
    def session(self):
        return self.node.session

    def state(self, name):
        return json.loads(self.states[-1].data)[name] if self.states else None

    def _publish_order(self):
        self.orders.publish(String(data=json.dumps(self.order.to_facts())))

    def change(self, request, person=False):
        """The supervisor's mode changes; ``person``: because a person has asked for it."""
        mode, order = Mode(request), self.order
        engagement = order.engagement + (person and mode is Mode.ENGAGED)
        self.order = Order(order.supervisor, mode, order.act + person, engagement, self.now)
        self._publish_order()
        self.harness.until(lambda: self.node._order == self.order, "the order")

    def person(self, request):
        self.change(request, person=True)

    def step(self):
        self.now += STEP
        self._clock.publish(Clock(clock=to_stamp(from_seconds(self.now))))
        self.harness.until(
            lambda: self.node.get_clock().now().nanoseconds / NANO >= self.now - 1e-6, "/clock"
        )
        if self.command is not None:
            before = self._taken
            self.commands.publish(command_message(self.command, 0))
            self.harness.until(lambda: self._taken > before, "the command")
        if self.vehicle is not None:
            self.server.send(self.vehicle.advance(self.vehicle.now + STEP))
        self.node._on_timer()  # its own timer lives by the computer's clock
        if self.vehicle is not None:
            for data in self.server.receive():
                self.vehicle.receive(data)

    def go(self, seconds):
        for _ in range(round(seconds / STEP)):
            self.step()

    def until(self, condition, what, seconds=60.0):
        """Go on until something holds; returns how long it took, s."""
        begin = self.now
        while not condition():
            assert self.now - begin < seconds, f"{what} did not happen: {self.states[-1:]}"
            self.step()
        return self.now - begin

    def until_phase(self, phase):
        return self.until(
            lambda: self.session.phase is Phase(phase) and self.state("phase") == phase, phase
        )

    def connect(self):
        self.until(lambda: self.state("phase") not in (None, "offline"), "a connection")
        return self

    def fly(self):
        self.connect()
        self.person("engaged")
        self.until_phase("flying")
        return self

    def requests(self):
        """What was sent that is more than asking for messages and parameters."""
        return [
            m
            for m in self.sent
            if m.get_msgId() not in HARMLESS and getattr(m, "command", 0) not in ASKING
        ]


@pytest.fixture
def bridge(harness):
    """Return a function that makes a bench."""
    benches = []

    def make(**options):
        benches.append(Bench(harness, **options))
        return benches[-1]

    yield make
    for bench in benches:
        bench.node.close()
        if bench.server is not None:
            bench.server.close()


def test_it_flies_on_the_supervisors_order_and_not_with_two_supervisors(bridge):
    bench = bridge(**UDP)
    harness = bench.harness
    odometry = harness.listen("odom", Odometry, sensor_data_qos(10))
    bench.connect()
    bench.until(
        lambda: odometry and 2.8 < odometry[-1].pose.pose.position.z < 3.2, "odometry in ENU"
    )
    bench.fly()
    bench.until(lambda: bench.vehicle.set_point.vx > 0.9, "set points")
    assert bench.vehicle.set_point.as_array() == pytest.approx(FORWARD.as_array())
    second = harness.probe.create_publisher(TwistStamped, "cmd_vel", reliable_qos())
    bench.until(lambda: bench.state("kind") == "two_supervisors", "the fault")
    bench.until(
        lambda: harness.reports(
            "autopilot_bridge: cmd_vel", "more than one node publishes /cmd_vel"
        ),
        "its name",
    )
    second.publish(command_message(Command(vx=5.0), 0))
    bench.until(
        lambda: bench.state("phase") == "holding" and bench.vehicle.set_point == Command(), "a hold"
    )
    bench.go(1.0)
    assert bench.vehicle.set_point == Command()


def test_two_who_give_orders_are_named_as_the_graph_knows_them(bridge):
    bench = bridge(**UDP, remap=(("cmd_vel", "gate/cmd_vel"),)).fly()
    bench.harness.probe.create_publisher(TwistStamped, "gate/cmd_vel", reliable_qos())
    bench.until(lambda: bench.state("kind") == "two_supervisors", "the fault")
    assert "publishes /gate/cmd_vel" in bench.state("fault")
    bench.until_phase("holding")


def test_two_orders_are_no_order(bridge):
    bench = bridge(**UDP).fly()
    second = bench.harness.probe.create_publisher(String, "safety_supervisor/order", latched_qos())
    bench.until(lambda: bench.state("kind") == "two_supervisors", "the fault")
    for numbers in ((Mode.PILOT, 7, 3), (Mode.ENGAGED, 8, 4)):
        order = Order("other", *numbers)
        second.publish(String(data=json.dumps(order.to_facts())))
        bench.harness.until(lambda o=order: bench.node._order == o, "the other's order")
        bench.go(1.0)
        assert bench.session.phase is Phase.HOLDING and bench.state("supervisor") == "test"


def test_the_state_is_what_the_supervisor_reads(bridge):
    bench = bridge(**UDP).fly()
    bench.go(0.5)
    facts = read_json(bench.states[-1].data)
    assert set(facts) == {
        "phase",
        "armed",
        "airborne",
        "supervisor",
        "act",
        "change",
        "kind",
        "fault",
        "flips",
        "switched_on",
        "bridge",
        "mode",
        "text",
        "hold",
        "failsafes",
    }
    identity = bench.session.identity
    assert identity
    assert BridgeReport.from_facts(facts) == BridgeReport(
        Phase.FLYING, True, True, "test", 1, bridge=identity
    )
    assert (facts["mode"], facts["hold"]) == ("OFFBOARD", "mode")
    assert facts["failsafes"]["NAV_RCL_ACT"] == {
        "value": 2.0,
        "meaning": "the remote control lost: it returns to its launch",
    }
    bench.vehicle.pilot_sticks()
    bench.vehicle.pilot_switches(0x30000)
    bench.until_phase("released")
    facts = read_json(bench.states[-1].data)
    assert (facts["kind"], facts["mode"]) == ("foreign_mode", "POSCTL") and "POSCTL" in facts[
        "fault"
    ]


def test_a_parameter_that_is_no_number_leaves_the_state_readable(bridge):
    """JSON has no NaN: a state with one would be none, and the supervisor would believe that the
    bridge is gone.
    """
    bench = bridge(**UDP)
    bench.connect()
    bench.until(lambda: "GF_ACTION" in bench.state("failsafes"), "its failsafes")
    bench.vehicle.parameters["GF_ACTION"] = (math.nan, mavlink.MAV_PARAM_TYPE_REAL32)
    bench.vehicle.show_parameter("GF_ACTION")
    bench.until(lambda: math.isnan(bench.session.parameters["GF_ACTION"]), "the parameter")
    bench.until(lambda: "GF_ACTION" not in bench.state("failsafes"), "a state without it")
    assert read_json(bench.states[-1].data)["failsafes"]["NAV_RCL_ACT"]["value"] == 2.0


def test_its_own_limits_hold_whatever_the_supervisor_commands(bridge):
    bench = bridge(**UDP, speed=3.0, vertical_speed=1.5, yaw_rate=1.4)
    bench.command = Command(30.0, 40.0, -9.0, 9.0)
    bench.fly()
    bench.until(lambda: bench.vehicle.set_point.vx > 0.0, "set points")
    assert bench.vehicle.set_point.as_array() == pytest.approx((1.8, 2.4, -1.5, 1.4), abs=1e-5)


def test_a_position_that_is_too_old_is_a_hold_and_how_old_is_a_parameter(bridge):
    bench = bridge(**UDP, position_age=0.3).fly()
    bench.session.received_position = lambda now: None
    silent = bench.now
    position = mavlink.MAVLINK_MSG_ID_LOCAL_POSITION_NED
    send = bench.server.send
    bench.server.send = lambda packets: send(
        [packet for packet in packets if packet[7] != position]
    )
    bench.until(lambda: bench.state("kind") == "position_old", "the fault")
    assert 0.3 <= bench.now - silent < 0.45
    bench.until_phase("holding")


def test_a_bridge_that_starts_while_an_engaged_order_is_latched_does_not_arm(bridge):
    bench = bridge(**UDP, height=0.0, first=Order("test", Mode.ENGAGED, 3, 2, 1.0))
    bench.until_phase("ready")
    bench.go(20.0)
    assert bench.session.phase is Phase.READY and not bench.vehicle.armed and bench.requests() == []
    bench.change("holding")
    bench.change("engaged")  # the supervisor resumes: no person has asked for that either
    bench.go(5.0)
    assert bench.session.phase is Phase.READY and not bench.vehicle.armed and bench.requests() == []
    bench.person("engaged")
    bench.until_phase("flying")
    assert bench.vehicle.armed


def test_a_bridge_that_is_started_again_in_flight_keeps_its_hands_off(bridge):
    bench = bridge(**UDP).fly()
    bench.go(1.0)
    bench.kill_bridge()
    bench.sent.clear()
    bench.start_bridge()
    bench.until_phase("released")
    assert bench.state("kind") == "found_armed"
    bench.go(10.0)
    asked = {m.get_type() for m in bench.sent}
    assert bench.requests() == [] and asked == {"HEARTBEAT", "PARAM_REQUEST_READ", "COMMAND_LONG"}
    assert bench.session.phase is Phase.RELEASED and bench.vehicle.armed
    assert bench.state("supervisor") == "test" and bench.state("act") == 1  # it knows who let go
    bench.person(
        "engaged"
    )  # out of PX4's failsafe, which ends by itself as soon as set points come
    bench.until_phase("flying")


def test_the_mode_for_people_is_not_listened_to(bridge):
    bench = bridge(**UDP)
    names = {
        topic
        for topic, _ in bench.harness.probe.get_subscriber_names_and_types_by_node(
            "autopilot_bridge", "/"
        )
    }
    assert names - {"/parameter_events"} == {"/clock", "/cmd_vel", "/safety_supervisor/order"}


GARBAGE = [
    "",
    "{",
    "[]",
    "null",
    "7",
    '"engaged"',
    "engaged",
    "\u2603",
    "[" * 100_000,
    '{"a":' * 40 + "1" + "}" * 40,
    '{"supervisor": "x", "mode": "engaged", "act": NaN, "engagement": 0}',
    "x" * 70_000,
    '{"supervisor": {"a": [[[]]]}, "mode": "engaged", "act": 1, "engagement": 1}',
    '{"supervisor": "x", "mode": ["engaged"], "act": 1, "engagement": 1}',
    '{"supervisor": "x", "mode": "engaged", "act": true, "engagement": 1}',
    '{"supervisor": "x", "mode": "engaged", "act": 1e999, "engagement": 1}',
    '{"supervisor": "", "mode": "engaged", "act": 1, "engagement": 1}',
    '{"supervisor": "x", "mode": "engaged", "act": -1, "engagement": 1}',
]


def test_garbage_in_place_of_an_order_is_counted_and_named(bridge):
    bench = bridge(**UDP).connect()
    statuses, name = bench.node._diagnostics._statuses, "input safety_supervisor/order"
    for count, text in enumerate(GARBAGE, 1):
        bench.orders.publish(String(data=text))
        bench.harness.until(
            lambda n=count: name in statuses and statuses[name].values[0].value == str(n), text[:60]
        )
    assert bench.node._order == bench.order and bench.session.order == bench.order
    reported = f"{len(GARBAGE)} message(s) dropped"
    bench.until(
        lambda: bench.harness.reports(f"autopilot_bridge: {name}", reported, "no order"),
        "the diagnostic",
    )
    bench.person("engaged")
    bench.until_phase("flying")
    bench.until(
        lambda: bench.harness.reports(f"autopilot_bridge: {name}", "the last one was used"),
        "the diagnostic",
    )


def test_odometry_is_handed_to_the_estimator(bridge):
    bench = bridge(**UDP, vision_topic="slam/odom")
    publisher = bench.harness.probe.create_publisher(Odometry, "slam/odom", sensor_data_qos(10))
    bench.harness.matched(publisher)
    message = Odometry()
    message.pose.pose.position.x, message.pose.pose.orientation.w = 2.0, 1.0

    def seen():
        publisher.publish(message)
        return [m for m in bench.sent if m.get_type() == "ODOMETRY"]

    bench.harness.until(seen, "the estimate")
    message.pose.pose.position.x = float("nan")
    with pytest.raises(ValueError, match="external vision"):
        bench.node._backend.on_vision(message)
    assert {(vision.x, vision.y) for vision in seen()} == {(0.0, 2.0)}


@pytest.mark.parametrize("kind", ["twist", "twist_stamped"])
def test_a_plain_twist_is_zero_unless_a_person_has_engaged_and_commands_arrive(bridge, kind):
    stamped = kind == "twist_stamped"
    bench = bridge(autopilot=kind, freshness=0.2, vehicle=False)
    found = bench.harness.listen(
        "autopilot/cmd_vel", TwistStamped if stamped else Twist, reliable_qos(1000)
    )

    def messages():
        return getattr(found[-1], "twist", found[-1]).linear.x if found else None

    bench.until(lambda: messages() == 0.0, "zero while disengaged")
    bench.person("engaged")
    bench.until(lambda: messages() == 1.0, "the command")
    bench.command, silent = None, bench.now
    bench.until(lambda: messages() == 0.0, "zero on silence")
    assert 0.2 <= bench.now - silent < 0.4
    bench.command = FORWARD
    bench.go(1.0)
    assert (
        messages() == 0.0 and bench.state("kind") == "supervisor_silent"
    )  # until a person engages again
    bench.person("engaged")
    bench.until(lambda: messages() == 1.0, "the command")


def test_a_plain_twist_does_not_begin_with_a_latched_order(bridge):
    bench = bridge(autopilot="twist", vehicle=False, first=Order("test", Mode.ENGAGED, 3, 2, 1.0))
    twists = bench.harness.listen("autopilot/cmd_vel", Twist, reliable_qos(1000))
    bench.go(2.0)
    bench.harness.until(lambda: len(twists) > 20, "twists")
    assert all(twist == Twist() for twist in twists)


def test_a_vehicle_that_is_not_there_is_named(bridge):
    bench = bridge(**UDP)
    bench.server.send = lambda packets: None
    bench.until(
        lambda: bench.harness.reports("autopilot_bridge: autopilot", "no heartbeat of system 1"),
        "the diagnostic",
    )
    assert bench.state("phase") == "offline" and "no heartbeat of system 1" in bench.state("fault")


def test_command_from_reads_what_was_written():
    assert command_from(command_message(FORWARD, 0)) == FORWARD


def answer(harness, kind, name, request):
    """Call a service of the bridge; returns its answer."""
    client = harness.probe.create_client(kind, f"autopilot_bridge/{name}")
    harness.until(client.service_is_ready, name)
    future = client.call_async(request)
    harness.until(future.done, f"answer of {name}")
    return future.result()


@pytest.mark.parametrize("way", ["file", "variable"])
def test_no_node_on_the_graph_can_read_the_passphrase(bridge, way, tmp_path, monkeypatch):
    parameters = dict(UDP)
    if way == "file":
        path = tmp_path / "passphrase"
        path.write_text(SECRET + "\n")
        path.chmod(0o600)
        parameters["signing_passphrase_file"] = str(path)
    else:
        monkeypatch.setenv("LIQUID_NAV_SIGNING_PASSPHRASE", SECRET)
    bench = bridge(**parameters, vehicle=False)
    harness = bench.harness
    events = harness.listen("/parameter_events", ParameterEvent, reliable_qos(100))
    names = list(
        answer(harness, ListParameters, "list_parameters", ListParameters.Request()).result.names
    )
    assert "signing_passphrase_file" in names
    values = answer(
        harness, GetParameters, "get_parameters", GetParameters.Request(names=names)
    ).values
    asked = GetParameters.Request(names=["signing_passphrase"])
    values = [*values, *answer(harness, GetParameters, "get_parameters", asked).values]
    value = ParameterValue(type=ParameterType.PARAMETER_STRING, string_value=SECRET)
    wanted = SetParameters.Request(
        parameters=[ParameterMessage(name="signing_passphrase", value=value)]
    )
    assert not answer(harness, SetParameters, "set_parameters", wanted).results[0].successful
    bench.harness.until(lambda: bench.states, "a state")
    shown = [
        *map(str, values),
        *map(str, events),
        *map(str, bench.states),
        *map(str, harness.diagnostics.values()),
    ]
    assert SECRET not in "".join(shown)
    sent = bench.node._backend._link.codec.encode(
        mavlink.MAVLink_heartbeat_message(2, 12, 0, 0, 0, 3)
    )
    assert sent[2] & mavlink.MAVLINK_IFLAG_SIGNED


def test_a_passphrase_in_a_parameter_is_refused(tmp_path):
    arguments = [sys.executable, "-m", "liquid_nav.nodes.autopilot_bridge", "--ros-args"]
    path = tmp_path / "parameters.yaml"
    path.write_text(f"/**:\n  ros__parameters:\n    signing_passphrase: {SECRET}\n")
    for more in (["-p", f"signing_passphrase:={SECRET}"], ["--params-file", str(path)]):
        done = subprocess.run(
            arguments + more, capture_output=True, text=True, timeout=120, env=dict(os.environ)
        )
        assert done.returncode == 2, done.stderr
        (line,) = [line for line in done.stderr.splitlines() if line.startswith("error:")]
        assert "signing_passphrase_file" in line and SECRET not in done.stdout + done.stderr


def test_an_order_of_a_second_supervisor_is_seen_and_not_obeyed(bridge):
    """It knows the first one's identity and the next numbers: the second publisher is what gives it
    away.
    """
    bench = bridge(**UDP, height=0.0)
    bench.go(6.0)
    forger = bench.harness.probe.create_publisher(String, "safety_supervisor/order", latched_qos())
    bench.harness.until(
        lambda: bench.node.count_publishers("safety_supervisor/order") == 2, "discovery"
    )
    order = bench.order
    forged = Order(
        order.supervisor, Mode.ENGAGED, order.act + 1, order.engagement + 1, change=order.change + 1
    )
    bench.session._distrusted = ""
    bench.node._counted = bench.node._now()
    bench.node._on_order(String(data=json.dumps(forged.to_facts())))
    assert bench.session.phase is Phase.READY and bench.session.fault is None
    bench.harness.probe.destroy_publisher(forger)


def test_the_true_pose_of_a_simulated_vehicle_is_published_where_it_was_asked_for(harness):
    truths = harness.listen("autopilot/true_odom", Odometry, sensor_data_qos(200))
    estimates = harness.listen("odom", Odometry, sensor_data_qos(200))
    bench = Bench(harness, true_pose=True, **UDP)
    bench.vehicle.estimate_error = np.array((0.0, 0.0, 1.0))
    bench.until(lambda: len(truths) > 20 and len(estimates) > 20, "both poses")
    asked = [m.param1 for m in bench.sent if m.get_type() == "COMMAND_LONG"]
    assert mavlink.MAVLINK_MSG_ID_HIL_STATE_QUATERNION in asked
    # Its map begins where it was first received; the estimate's begins on the ground, and is a
    # metre off.
    height = bench.vehicle.body.state.position[2]
    assert abs(truths[-1].pose.pose.position.z) < 0.2
    assert estimates[-1].pose.pose.position.z == pytest.approx(height + 1.0, abs=0.2)


def test_the_true_pose_of_a_vehicle_is_not_requested_by_default(harness):
    bench = Bench(harness, **UDP)
    bench.go(4.0)
    asked = [m.param1 for m in bench.sent if m.get_type() == "COMMAND_LONG"]
    assert asked and mavlink.MAVLINK_MSG_ID_HIL_STATE_QUATERNION not in asked
    assert harness.probe.count_publishers("autopilot/true_odom") == 0
