"""The bridge's node and its wires without a network: parameters, publishers, diagnostics, outputs;
at limits.
"""

import importlib.util
import json
import math
import os
import re
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("pymavlink")

from geometry_msgs.msg import Twist, TwistStamped
from nav_msgs.msg import Odometry
from pymavlink.dialects.v20 import common as mavlink
from rclpy.clock_type import ClockType
from rclpy.duration import Duration
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import BatteryState, Imu, Joy
from std_msgs.msg import String

from liquid_nav.autopilots import SessionConfig, VehicleState, link
from liquid_nav.autopilots.adapter import RequestKind
from liquid_nav.autopilots.px4_dds import Px4SetPoint, Px4VehicleCommand
from liquid_nav.errors import UserError
from liquid_nav.geometry import rotation_from_attitude
from liquid_nav.nodes import autopilot_bridge, bridge_backends
from liquid_nav.nodes.autopilot_bridge import AutopilotBridge
from liquid_nav.nodes.autopilot_outputs import AutopilotOutputs
from liquid_nav.nodes.diagnostics import ERROR, OK, WARN, Diagnostics
from liquid_nav.nodes.drone_messages import odometry_message
from liquid_nav.nodes.messages import command_message, nanoseconds, to_stamp
from liquid_nav.nodes.px4_dds_link import Px4DdsLink
from liquid_nav.nodes.qos import latched_qos, reliable_qos, sensor_data_qos
from liquid_nav.safety import Mode, Order, Phase
from liquid_nav.simulation.state import DroneState
from liquid_nav.types import Command

_SPEC = importlib.util.spec_from_file_location("wires", Path(__file__).with_name("wires.py"))
wires = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(wires)
context, node = wires.context, wires.node  # fixtures

FORWARD, NANO = Command(1.0, 0.5, 0.2, 0.1), 1_000_000_000
SECRET = "correct horse battery staple"


class Wired(wires.Wires, AutopilotBridge):
    """A bridge."""


class Link:
    """In place of a wire that heals: ``inbox`` has arrived, ``sent`` are (message, time)."""

    def __init__(self, connection, codec, is_vehicle):
        self.connection, self.codec, self.is_vehicle = connection, codec, is_vehicle
        self.inbox, self.sent, self.looked, self.closed = [], [], [], 0
        self.problem, self.strangers, self.counts = "", 7, SimpleNamespace(bad=5, rejected=3)

    def receive(self, now):
        self.looked.append(now)
        arrived, self.inbox = self.inbox, []
        return arrived

    def send(self, messages, now):
        self.sent += [(message, now) for message in messages]

    def close(self):
        self.closed += 1


class Bench:
    """A bridge whose clock stands at ``time`` s of simulation, or of the computer with
    ``steady``.
    """

    def __init__(self, node, monkeypatch, steady=False, **parameters):
        self.links, self.steady, self.time = [], steady, 100.0 if steady else 0.0
        # In simulation this one must not be read.
        wall = SimpleNamespace(monotonic=lambda: self.time if steady else 1e6)
        monkeypatch.setattr(autopilot_bridge, "wall", wall)
        monkeypatch.setattr(
            link, "MavlinkLink", lambda *given: self.links.append(Link(*given)) or self.links[-1]
        )
        self.node = node(Wired, use_sim_time=not steady, **parameters)
        self.sent, self.session = self.node.sent, self.node.session
        self.order = Order("test", Mode.DISENGAGED)
        if not steady:
            self.at(10.0)

    def at(self, time):
        if not self.steady:
            self.node.callbacks["/clock"](Clock(clock=to_stamp(round(time * NANO))))
        self.time = time

    def tick(self):
        ((_, _, callback),) = [tick for tick in self.node.ticks if tick[0] != 1.0]
        callback()

    def receive(self, order):
        self.node.callbacks["safety_supervisor/order"](String(data=json.dumps(order.to_facts())))

    def person(self, mode):
        """The supervisor reports that a person has requested a mode."""
        engagement = self.order.engagement + (mode is Mode.ENGAGED)
        self.order = Order(
            "test", mode, self.order.act + 1, engagement, self.time, self.order.change + 1
        )
        self.receive(self.order)

    def engage(self):
        self.receive(self.order)
        self.person(Mode.ENGAGED)
        return self

    def command(self, command=FORWARD):
        self.node.callbacks["cmd_vel"](command_message(command, 0))

    def states(self):
        return [json.loads(message.data) for message in self.sent["autopilot_bridge/state"]]

    def twists(self, topic="autopilot/cmd_vel"):
        return self.sent[topic]

    # MAVLink

    @property
    def link(self):
        (found,) = self.links
        return found

    def vehicle(self, *messages, system=1, component=1):
        """The vehicle sends messages, and the bridge looks at the wire."""
        sender = mavlink.MAVLink(None, srcSystem=system, srcComponent=component)
        for message in messages:
            self.link.inbox += self.link.codec.decode(message.pack(sender))
        self.tick()

    def sent(self, kind):
        return [message for message, _ in self.link.sent if message.get_type() == kind]


@pytest.fixture
def make(node, monkeypatch):
    """Return a function that makes a bench."""
    monkeypatch.delenv("LIQUID_NAV_SIGNING_PASSPHRASE", raising=False)
    return lambda **options: Bench(node, monkeypatch, **options)


def heartbeat(mode=4, armed=False):
    base = mavlink.MAV_MODE_FLAG_CUSTOM_MODE_ENABLED | (
        mavlink.MAV_MODE_FLAG_SAFETY_ARMED if armed else 0
    )
    return mavlink.MAVLink_heartbeat_message(
        2, mavlink.MAV_AUTOPILOT_PX4, base, (mode << 16) | (3 << 24), 3, 3
    )


# How it is made


def reported(node, names):
    """{name: (value, range, description)} of parameters."""
    found = {}
    for name in names:
        descriptor = node.describe_parameter(name)
        ranges = [*descriptor.floating_point_range, *descriptor.integer_range]
        limits = (ranges[0].from_value, ranges[0].to_value) if ranges else None
        found[name] = node.get_parameter(name).value, limits, descriptor.description
    return found


USUAL = SessionConfig()
COMMON = {
    "autopilot": (
        "px4",
        None,
        "px4 or ardupilot (MAVLink), px4_dds (px4_msgs), twist or twist_stamped (plain topic).",
    ),
    "odom_topic": (
        "odom",
        None,
        "Topic on which the vehicle's odometry is published; with plain_in_body: received.",
    ),
    "frame_prefix": ("", None, "Prefix of all frame ids."),
    "rate": (USUAL.rate, (20.0, 50.0), "Set points per second."),
    "freshness": (USUAL.freshness, (0.05, 2.0), "Time for which a command is obeyed, s."),
    "position_age": (
        USUAL.position_age,
        (0.1, 10.0),
        "Maximum age of the vehicle's position while it flies, s.",
    ),
    "altitude": (USUAL.altitude, (0.5, 50.0), "Height of take-off above the ground, m."),
    "speed": (USUAL.speed, (0.1, 30.0), "Maximum horizontal speed, m/s: the bridge's own limit."),
    "vertical_speed": (
        USUAL.vertical_speed,
        (0.1, 10.0),
        "Maximum vertical speed, m/s: the bridge's own limit.",
    ),
    "yaw_rate": (USUAL.yaw_rate, (0.1, 6.0), "Maximum yaw rate, rad/s: the bridge's own limit."),
    "resume": (
        USUAL.resume,
        (0.0, 600.0),
        "Time since the beginning of a hold in which the supervisor may let the "
        "flight go on, s; 0: only a person may.",
    ),
    "engage_channel": (
        0,
        (0, 16),
        "Channel of the remote control, from 1, whose switch engages when flipped; 0: none.",
    ),
    "set_parameters": (
        True,
        None,
        "Whether to set the autopilot's parameters that we rely on, or only to check them.",
    ),
}
TRUE_POSE = (
    False,
    None,
    "Ask a simulated vehicle for its true pose and publish it on autopilot/true_odom.",
)
OVER_MAVLINK = {
    "connection": (
        "udp:0.0.0.0:14540",
        None,
        "udp:HOST:PORT (listens), udpout:HOST:PORT, tcp:HOST:PORT or serial:DEVICE:BAUD.",
    ),
    "target_system": (1, (0, 255), "System id of the vehicle; 0: the first one received."),
    "system_id": (247, (1, 255), "Our own MAVLink system id."),
    "component_id": (191, (1, 255), "Our own MAVLink component id."),
    "true_pose": TRUE_POSE,
    "vision_topic": ("", None, "Odometry (ENU) given to the autopilot's estimator; empty: none."),
    "signing_passphrase_file": (
        "",
        None,
        "File with the passphrase of MAVLink 2 signing, readable by its owner alone; empty: "
        "LIQUID_NAV_SIGNING_PASSPHRASE, or unsigned.",
    ),
}
AS_TWIST = {
    "autopilot": ("twist", *COMMON["autopilot"][1:]),
    "plain_topic": ("autopilot/cmd_vel", None, "Topic on which plain velocities are published."),
    "plain_in_body": (
        False,
        None,
        "Whether what receives plain velocities reads them in the tilted body, as Gazebo does: "
        "they are turned by the attitude in odom.",
    ),
}


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [({}, COMMON | OVER_MAVLINK), ({"autopilot": "twist"}, COMMON | AS_TWIST)],
    ids=["px4", "twist"],
)
def test_parameters_have_the_defaults_ranges_and_descriptions_of_the_interface(
    make, parameters, expected
):
    node = make(**parameters).node
    assert reported(node, expected) == expected
    changeable = {name for name in expected if not node.describe_parameter(name).read_only}
    assert changeable == {
        "freshness",
        "position_age",
        "altitude",
        "speed",
        "vertical_speed",
        "yaw_rate",
        "resume",
    }


def test_parameters_reach_the_session(make, px4_msgs):
    values = {
        "rate": 25.0,
        "freshness": 0.4,
        "position_age": 0.7,
        "altitude": 2.5,
        "speed": 3.0,
        "vertical_speed": 1.5,
        "yaw_rate": 1.4,
        "resume": 9.0,
        "engage_channel": 7,
        "set_parameters": False,
    }
    for kind in ("px4", "twist", "px4_dds"):
        # Only over MAVLink is there a remote control with a switch.
        given = values if kind == "px4" else values | {"engage_channel": 0}
        config = make(autopilot=kind, **given).session.config
        assert {name: getattr(config, name) for name in given} == given


def change(bench, name, value):
    """Set a parameter as `ros2 param set` does; returns the reason of a refusal, or nothing."""
    (result,) = bench.node.set_parameters([Parameter(name, value=value)])
    return result.reason


OTHER = {
    "freshness": 0.3,
    "position_age": 2.0,
    "altitude": 3.0,
    "speed": 8.0,
    "vertical_speed": 3.0,
    "yaw_rate": 3.0,
    "resume": 5.0,
}


@pytest.mark.parametrize("name", OTHER)
def test_on_the_ground_a_parameter_is_changed_and_asks_the_vehicle_for_nothing(make, name):
    bench = make()
    bench.vehicle(heartbeat())
    before = len(bench.link.sent)
    assert change(bench, name, OTHER[name]) == ""
    assert getattr(bench.session.config, name) == OTHER[name]
    assert len(bench.link.sent) == before and bench.session.phase is Phase.READY


@pytest.mark.parametrize("name", OTHER)
def test_in_flight_a_parameter_is_lowered_where_that_is_safe_and_never_raised(make, name):
    bench = make(autopilot="twist", resume=10.0).engage()
    bench.command()
    assert bench.session.phase is Phase.FLYING
    usual = bench.session.config
    raised = 2.0 * getattr(usual, name)
    reason = change(bench, name, raised)
    assert name in reason and "Land first" in reason and bench.session.config == usual
    lowered = change(bench, name, 0.5 * getattr(usual, name))
    safe = name in ("speed", "vertical_speed", "yaw_rate", "resume")
    assert (lowered == "") == safe and (bench.session.config == usual) == (not safe)
    assert bench.session.phase is Phase.FLYING


def test_a_vehicle_that_is_flown_by_another_pilot_is_in_flight_too(make):
    bench = make()
    bench.vehicle(heartbeat(mode=3, armed=True))
    assert "loosens a limit in flight" in change(bench, "speed", 20.0)
    bench.vehicle(heartbeat(mode=3))
    assert change(bench, "speed", 20.0) == ""


@pytest.mark.parametrize("mode", [Mode.ENGAGED, Mode.HOLDING, Mode.LANDING])
def test_a_bridge_that_was_started_again_in_the_air_asks_the_supervisor_whether_it_flies(
    make, mode
):
    """Its vehicle has sent nothing yet."""
    bench = make()
    bench.receive(Order("test", mode, 3, 1, change=4))
    assert bench.session.phase is Phase.OFFLINE
    assert "loosens a limit in flight" in change(bench, "speed", 20.0)
    bench.receive(Order("test", Mode.DISENGAGED, 4, 1, change=5))
    assert change(bench, "speed", 20.0) == ""


def test_a_pilot_who_flies_by_plain_velocities_is_in_flight_too(make):
    bench = make(autopilot="twist").engage()
    bench.command()
    bench.person(Mode.PILOT)
    assert bench.session.phase is Phase.RELEASED
    assert "loosens a limit in flight" in change(bench, "speed", 20.0)


def test_a_lower_speed_is_obeyed_by_the_next_command(make):
    bench = make(autopilot="twist").engage()
    assert change(bench, "speed", 0.1) == ""
    bench.command(Command(1.0))
    assert bench.twists()[-1].linear.x == pytest.approx(0.1)


@pytest.mark.parametrize("kind", ["twist", "twist_stamped", "px4_dds"])
def test_the_engage_switch_needs_mavlink(make, kind):
    with pytest.raises(UserError) as caught:
        make(autopilot=kind, engage_channel=7)
    assert str(caught.value) == (
        f"engage_channel does nothing with autopilot '{kind}'. "
        "leave it 0, or use px4 or ardupilot: the remote control is received over MAVLink"
    )


@pytest.mark.parametrize("kind", ["px4", "twist"])
def test_topics_and_the_timer(make, kind):
    node = make(autopilot=kind).node
    expected = {
        "cmd_vel": (TwistStamped, reliable_qos(), False),
        "safety_supervisor/order": (String, latched_qos(), False),
        "autopilot_bridge/state": (String, latched_qos()),
    }
    expected |= {
        "twist": {"autopilot/cmd_vel": (Twist, reliable_qos())},
        "px4": {
            "odom": (Odometry, sensor_data_qos(10)),
            "imu": (Imu, sensor_data_qos(10)),
            "battery_state": (BatteryState, sensor_data_qos(10)),
            "joy": (Joy, sensor_data_qos(10)),
        },
    }[kind]
    assert {name: node.seen[name] for name in expected} == expected
    assert [tick[:2] for tick in node.ticks if tick[0] != 1.0] == [(0.01, ClockType.STEADY_TIME)]
    assert node.get_name() == "autopilot_bridge" and node.ends_between_callbacks is True


def test_an_unknown_autopilot_is_named_with_those_that_are_known(make):
    with pytest.raises(UserError) as caught:
        make(autopilot="betaflight")
    assert str(caught.value) == (
        "unknown autopilot 'betaflight'. choose one of: px4, ardupilot, px4_dds, twist, "
        "twist_stamped"
    )


@pytest.mark.parametrize("kind", ["twist", "twist_stamped", "px4_dds"])
def test_external_vision_needs_mavlink(make, kind):
    with pytest.raises(UserError) as caught:
        make(autopilot=kind, vision_topic="slam/odom")
    assert str(caught.value) == (
        f"vision_topic does nothing with autopilot '{kind}'. "
        "leave it empty, or use px4 or ardupilot: external vision goes over MAVLink"
    )


def test_an_empty_vision_topic_is_none(make):
    make(autopilot="twist", vision_topic="")
    assert "" not in make(autopilot="px4", vision_topic="").node.callbacks


def test_a_passphrase_in_a_parameter_is_refused_with_the_remedy(make):
    with pytest.raises(UserError) as caught:
        make(signing_passphrase=SECRET)
    assert str(caught.value) == (
        "the parameter 'signing_passphrase' could be read by every node on the graph. put the "
        "passphrase into a file "
        "and give its path as signing_passphrase_file, or set LIQUID_NAV_SIGNING_PASSPHRASE"
    )


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        (
            "pymavlink",
            "the Python package 'pymavlink' is not installed. pip install 'liquid_nav[flight]'",
        ),
        (
            "px4_msgs",
            "the ROS package 'px4_msgs' is not installed, which autopilot:=px4_dds needs. build "
            "the branch of "
            "github.com/PX4/px4_msgs for your PX4 release in your workspace, or use autopilot:=px4",
        ),
    ],
)
def test_what_is_not_installed_is_named_with_the_remedy(make, monkeypatch, missing, sentence):
    class Absent:
        """A finder that knows of nothing with that name."""

        def find_spec(self, name, *rest):
            if name == missing:
                raise ModuleNotFoundError(name=missing)

    for name in list(sys.modules):
        if name.split(".")[0] == missing or name == "liquid_nav.autopilots.mavlink_adapter":
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Absent(), *sys.meta_path])
    with pytest.raises(UserError) as caught:
        make(autopilot={"pymavlink": "px4", "px4_msgs": "px4_dds"}[missing])
    assert str(caught.value) == sentence


def test_main_runs_the_node_and_ends_with_its_code(monkeypatch):
    monkeypatch.setattr(autopilot_bridge, "run_node", lambda kind, arguments: (kind, arguments))
    with pytest.raises(SystemExit) as ended:
        autopilot_bridge.main(["--ros-args"])
    assert ended.value.code == (AutopilotBridge, ["--ros-args"])


# Whom it obeys


def test_a_second_publisher_is_named_with_the_remedy_and_neither_is_obeyed(make):
    bench = make(autopilot="twist").engage()
    bench.command()
    assert bench.twists()[-1].linear.x == 1.0
    bench.node.several["/cmd_vel"] = 3
    bench.command()
    assert bench.twists()[-1] == Twist() and bench.session.phase is Phase.HOLDING
    level, text, values = bench.node.status("cmd_vel")
    assert (level, text, values) == (
        ERROR,
        "more than one node publishes /cmd_vel: none is obeyed, holding. End all but one "
        "safety_supervisor",
        {"publishers": "3"},
    )
    bench.tick()
    assert (
        "/cmd_vel" in bench.states()[-1]["fault"]
        and bench.states()[-1]["kind"] == "two_supervisors"
    )
    bench.node.several.clear()
    bench.command()
    assert bench.node.status("cmd_vel") == (OK, "one publisher", {})


def test_the_session_is_informed_when_a_second_publisher_was_seen(make, monkeypatch):
    bench, reported = make(), []
    monkeypatch.setattr(bench.session, "distrust", lambda *given: reported.append(given))
    bench.node.several["/cmd_vel"] = 2
    for time in (10.5, 11.0):
        bench.at(time)
        bench.command()
        bench.node.several.clear()
    assert reported == [("/cmd_vel", 10.5), ("", 11.0)]


def test_two_who_give_orders_are_named_by_the_graphs_name(make):
    bench = make(autopilot="twist")
    bench.node.several["/safety_supervisor/order"] = 2
    bench.engage()
    level, text, values = bench.node.status("cmd_vel")
    assert (
        level == ERROR
        and "publishes /safety_supervisor/order:" in text
        and values == {"publishers": "2"}
    )
    assert bench.session.phase is Phase.READY


def test_an_order_that_came_while_there_were_two_is_obeyed_when_one_has_ended(make):
    bench = make(autopilot="twist").engage()
    bench.node.several["/cmd_vel"] = 2
    bench.person(Mode.DISENGAGED)
    assert bench.session.phase is Phase.HOLDING
    bench.node.several.clear()
    bench.at(10.25)
    bench.tick()
    assert bench.session.phase is Phase.READY and bench.states()[-1]["act"] == 2


@pytest.mark.parametrize(("later", "looks"), [(0.0, 0), (0.03125, 0), (0.0625, 1), (-0.5, 1)])
def test_publishers_are_counted_now_and_then_without_a_message(make, later, looks):
    """Every 0.05 s, and where a simulation begins anew."""
    bench = make(autopilot="twist")
    bench.tick()
    bench.node.looked.clear()
    bench.at(10.0 + later)
    bench.tick()
    assert bench.node.looked == ["/cmd_vel", "/safety_supervisor/order"] * looks


def test_publishers_are_counted_from_exactly_that_period_on(make):
    bench = make(autopilot="twist", steady=True)
    for time, looks in ((0.0, 2), (math.nextafter(0.05, 0.0), 2), (0.05, 4)):
        bench.at(time)
        if not time:
            bench.node.looked.clear()
        bench.tick()
        assert len(bench.node.looked) == looks, time


def test_a_hold_that_came_while_there_were_two_begins_when_it_is_obeyed(make):
    """So that one can decide whether a resume comes in time: after this fault it is refused in any
    case.
    """
    bench = make(autopilot="twist", resume=600.0).engage()
    bench.node.several["/cmd_vel"] = 2
    bench.receive(Order("test", Mode.HOLDING, 1, 1, change=2))
    bench.node.several.clear()
    bench.at(10.25)
    bench.tick()
    bench.receive(Order("test", Mode.ENGAGED, 1, 1, change=3))
    assert bench.session.phase is Phase.HOLDING and bench.states()[-1]["kind"] == "resume_refused"


@pytest.mark.parametrize(
    "data", ["", '{"mode": "engaged"}', '{"a": "' + "x" * 100 + '"}'], ids=range(3)
)
def test_what_is_no_order_is_dropped_and_quoted_in_short(make, data):
    bench = make(autopilot="twist")
    bench.node.callbacks["safety_supervisor/order"](String(data=data))
    level, text, _ = bench.node.status("input safety_supervisor/order")
    assert level == ERROR
    assert (
        text == f"1 message(s) dropped: ValueError: no order of a safety_supervisor: {data[:80]!r}"
    )


@pytest.mark.parametrize(
    ("parameters", "topic"),
    [
        ({"autopilot": "twist"}, "cmd_vel"),
        ({"autopilot": "twist", "plain_in_body": True}, "odom"),
        ({"vision_topic": "slam/odom"}, "slam/odom"),
        ({"autopilot": "px4_dds"}, "fmu/out/vehicle_status"),
        ({"autopilot": "px4_dds", "true_pose": True}, "fmu/out/vehicle_attitude_groundtruth"),
    ],
    ids=["cmd_vel", "odom", "vision", "px4_dds", "true_pose"],
)
def test_what_cannot_be_used_is_dropped_and_named_whatever_it_was_meant_for(
    make, px4_msgs, parameters, topic
):
    bench = make(**parameters)
    bench.node.callbacks[topic](None)
    level, text, _ = bench.node.status(f"input {topic}")
    assert level == ERROR and text.startswith("1 message(s) dropped: ")


def test_an_order_is_answered_at_once(make):
    bench = make(autopilot="twist")
    bench.receive(bench.order)
    before = len(bench.states())
    bench.person(Mode.ENGAGED)
    assert [(facts["phase"], facts["act"]) for facts in bench.states()[before:]] == [("flying", 1)]


# What it publishes


@pytest.mark.parametrize("steady", [False, True])
def test_the_state_is_published_when_it_changes_and_five_times_a_second(make, steady):
    bench = make(autopilot="twist", steady=steady)
    begin = bench.time
    bench.tick()
    assert len(bench.states()) == 1
    for later, count in ((0.125, 1), (0.1875, 1), (0.25, 2), (0.375, 2), (0.5, 3)):
        bench.at(begin + later)
        bench.tick()
        assert len(bench.states()) == count, later
    bench.receive(Order("test", Mode.DISENGAGED, 3))
    assert len(bench.states()) == 4
    bench.at(begin - 1.0)  # the clock has gone back
    bench.tick()
    assert len(bench.states()) == 5


def test_the_state_is_published_again_from_exactly_that_period_on(make):
    bench = make(autopilot="twist", steady=True)
    for time, count in ((0.0, 1), (0.0, 1), (math.nextafter(0.2, 0.0), 1), (0.2, 2)):
        bench.at(time)
        bench.tick()
        assert len(bench.states()) == count, time


def test_the_state_of_a_plain_twist(make):
    bench = make(autopilot="twist").engage()
    state = bench.states()[-1]
    assert re.fullmatch("[0-9a-f]{8}", state.pop("bridge"))
    assert state == {
        "phase": "flying",
        "armed": False,
        "airborne": False,
        "supervisor": "test",
        "act": 1,
        "change": 1,
        "kind": "",
        "fault": "",
        "flips": 0,
        "switched_on": False,
        "mode": "plain",
        "text": "",
    }
    level, text, values = bench.node.status("autopilot")
    assert (
        (level, text) == (OK, "connected")
        and values["phase"] == "flying"
        and values["mode"] == "plain"
    )


def test_trouble_is_a_warning_in_the_log_and_in_the_diagnostics(make):
    bench = make(autopilot="twist", freshness=0.25).engage()
    bench.command()
    bench.at(11.0)
    bench.tick()
    bench.tick()
    fault = bench.states()[-1]["fault"]
    assert fault and bench.node.log.count(("warning", fault)) == 1
    level, text, _ = bench.node.status("autopilot")
    assert (level, text) == (WARN, f"holding: {fault}")


def test_every_change_of_the_phase_is_logged_once_with_its_cause_and_published_with_values(make):
    bench = make(autopilot="twist").engage()
    bench.command()
    bench.tick()
    assert (
        "info",
        "mode: ready (plain) -> flying (plain): the supervisor's order is 'engaged', act 1",
    ) in bench.node.log
    assert bench.node.status("mode") == (
        OK,
        "flying (plain)",
        {
            "mode": "flying (plain)",
            "before": "ready (plain)",
            "cause": "the supervisor's order is 'engaged', act 1",
            "phase": "flying",
            "vehicle_mode": "plain",
            "armed": "False",
        },
    )
    bench.at(20.0)
    bench.tick()
    (line,) = [text for level, text in bench.node.log if level == "info" and "-> holding" in text]
    assert (
        line.startswith("mode: flying (plain) -> holding (plain): ")
        and bench.states()[-1]["fault"] in line
    )
    before = len(bench.node.log)
    bench.tick()
    assert len(bench.node.log) == before


def test_a_mode_that_the_vehicle_has_changed_is_logged(make):
    bench = make()
    for mode in (4, 3):
        bench.vehicle(heartbeat(mode=mode))
    reported = bench.node.status("mode")[2]
    assert reported["before"].startswith("ready (") and reported["mode"].startswith("ready (")
    (line,) = [
        text
        for _, text in bench.node.log
        if text.startswith(f"mode: {reported['before']} -> {reported['mode']}: ")
    ]
    assert reported["mode"] != reported["before"] and line.endswith(reported["cause"])


def test_ctrl_c_ends_it_with_a_last_zero(make):
    bench = make(autopilot="twist").engage()
    bench.command()
    assert not bench.node.ended
    bench.node.end()
    assert not bench.node.ended
    bench.tick()
    assert bench.node.ended and bench.twists()[-1] == Twist()


def test_ctrl_c_is_passed_to_the_session_with_its_time(make):
    bench = make()
    bench.at(10.5)
    bench.node.end()
    assert bench.session.now == 10.5 and bench.node.ended


def test_closing_waits_until_the_last_message_is_received(make):
    bench = make(autopilot="twist")
    bench.node.close()
    assert bench.node.waited == [Duration(seconds=0.5)]


def test_closing_does_not_wait_without_ros(make, monkeypatch):
    bench = make(autopilot="twist")
    monkeypatch.setattr(Wired, "context", SimpleNamespace(ok=lambda: False))
    bench.node.close()
    assert bench.node.waited == []


def test_a_bridge_that_was_not_made_can_be_closed():
    AutopilotBridge.close(SimpleNamespace())


# Plain velocities


@pytest.mark.parametrize("kind", ["twist", "twist_stamped"])
def test_a_plain_velocity_has_its_kind_topic_stamp_and_frame(make, kind):
    bench = make(autopilot=kind, plain_topic="somewhere", frame_prefix="d1/").engage()
    bench.at(12.5)
    bench.command()
    message = bench.twists("somewhere")[-1]
    if kind == "twist_stamped":
        assert (nanoseconds(message.header.stamp), message.header.frame_id) == (
            12_500_000_000,
            "d1/base_link",
        )
        message = message.twist
    assert isinstance(message, Twist)
    assert (message.linear.x, message.linear.y, message.linear.z, message.angular.z) == (
        1.0,
        0.5,
        0.2,
        0.1,
    )


def test_a_plain_velocity_is_repeated_at_its_rate_and_not_more_often(make):
    bench = make(autopilot="twist", rate=40.0)
    bench.tick()
    before = len(bench.twists())
    for later, count in ((0.015625, 0), (0.03125, 1), (0.046875, 1), (0.0625, 2)):
        bench.at(10.0 + later)
        bench.tick()
        assert len(bench.twists()) - before == count, later


def tilted(pitch, x=0.0):
    """Odometry of a drone with its nose down."""
    zero = np.zeros(3)
    attitude = np.array((math.cos(pitch / 2), 0.0, math.sin(pitch / 2), 0.0))
    return odometry_message(
        DroneState(10.0, np.array((x, 0.0, 0.0)), attitude, zero, zero, zero), 10 * NANO
    )


def test_a_plain_velocity_is_turned_into_the_tilted_body_where_that_is_wanted(make):
    bench = make(autopilot="twist", plain_in_body=True, odom_topic="pose").engage()
    assert bench.node.seen["pose"] == (Odometry, sensor_data_qos(), False)
    bench.node.callbacks["pose"](tilted(0.3))
    bench.command(Command(vx=1.0))
    linear = bench.twists()[-1].linear
    assert (linear.x, linear.z) == (pytest.approx(math.cos(0.3)), pytest.approx(math.sin(0.3)))
    assert "odom" not in make(autopilot="twist").node.callbacks


# MAVLink


def test_what_is_missing_is_named_until_a_vehicle_is_received(make):
    bench = make(target_system=3, connection="udp:127.0.0.1:0")
    bench.tick()
    facts = bench.states()[-1]
    assert (
        facts["phase"] == "offline"
        and facts["fault"] == "no heartbeat of system 3 on udp:127.0.0.1:0"
    )
    level, text, values = bench.node.status("autopilot")
    assert (level, text) == (ERROR, "offline: no heartbeat of system 3 on udp:127.0.0.1:0")
    assert {"foreign", "strangers", "bad", "rejected"} <= set(values) and "failsafes" not in values
    assert (values["foreign"], values["strangers"], values["bad"], values["rejected"]) == (
        "0",
        "7",
        "5",
        "3",
    )
    bench.link.problem = "cannot open it"
    bench.tick()
    assert bench.states()[-1]["fault"] == "cannot open it"


def test_a_bridge_that_takes_any_vehicle_reports_that_there_is_none(make):
    bench = make(target_system=0)
    bench.tick()
    assert bench.states()[-1]["fault"] == "no heartbeat of any autopilot on udp:0.0.0.0:14540"


def test_a_vehicle_that_is_received_is_reported_with_its_mode_and_its_hold(make):
    bench = make()
    bench.vehicle(heartbeat())
    facts = bench.states()[-1]
    assert (
        facts["phase"] == "ready"
        and facts["mode"] == "AUTO.LOITER"
        and facts["hold"] == "zero set points"
    )
    assert ("info", "connected") in [(level, text[:9]) for level, text in bench.node.log if text]
    assert all(text for _, text in bench.node.log)
    assert facts["failsafes"] == {} and facts["text"] == "" and bench.link.looked[-1] == 10.0
    bench.vehicle(
        heartbeat(), mavlink.MAVLink_global_position_int_message(1000, 1, 1, 1, 1, 0, 0, 0, 0)
    )
    assert bench.states()[-1]["hold"] == "mode"


def test_the_vehicles_position_is_published_and_that_of_others_is_not(make):
    bench = make(odom_topic="pose", frame_prefix="d1/")
    bench.vehicle(heartbeat())
    place = mavlink.MAVLink_local_position_ned_message(2000, 1.0, 2.0, -3.0, 0.0, 0.0, 0.0)
    attitude = mavlink.MAVLink_attitude_quaternion_message(2000, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    bench.vehicle(attitude, place, system=2)
    assert bench.sent["pose"] == []
    bench.vehicle(attitude, place)
    (odom,) = bench.sent["pose"]
    assert (odom.pose.pose.position.x, odom.header.frame_id) == (2.0, "d1/odom")
    assert nanoseconds(odom.header.stamp) == 2 * NANO


def test_a_released_flight_is_an_error_in_the_diagnostics(make):
    bench = make()
    bench.vehicle(heartbeat(armed=True))
    assert bench.states()[-1]["phase"] == "released" and bench.node.status("autopilot")[0] == ERROR


def test_a_warning_of_the_vehicle_is_reported_for_ten_seconds(make):
    bench = make()
    bench.vehicle(
        heartbeat(), mavlink.MAVLink_statustext_message(mavlink.MAV_SEVERITY_WARNING, b"compass")
    )
    for later, text in ((1.0, "compass"), (9.75, "compass"), (10.0, "compass"), (10.25, "")):
        bench.at(10.0 + later)
        bench.vehicle(heartbeat())
        assert bench.states()[-1]["text"] == text, later


def parameter(name, value):
    kind = mavlink.MAV_PARAM_TYPE_REAL32
    return mavlink.MAVLink_param_value_message(name.encode(), value, kind, 1, 0)


def test_failsafes_that_were_read_are_reported_with_what_follows(make):
    bench = make()
    bench.vehicle(heartbeat(), parameter("NAV_RCL_ACT", 2.0), parameter("GF_ACTION", math.nan))
    assert bench.states()[-1]["failsafes"] == {
        "NAV_RCL_ACT": {
            "value": 2.0,
            "meaning": "the remote control lost: it returns to its launch",
        }
    }


def test_other_systems_are_foreign_and_system_zero_means_the_first_received(make):
    bench = make()
    bench.vehicle(heartbeat(), system=2)
    assert bench.states()[-1]["phase"] == "offline"
    bench.vehicle(heartbeat())
    assert int(bench.node.status("autopilot")[2]["foreign"]) >= 1
    other = make(target_system=0)
    other.vehicle(heartbeat(), system=2)
    assert other.states()[-1]["phase"] == "ready"


@pytest.mark.parametrize(("ids", "secret"), [((247, 191), ""), ((200, 25), SECRET)])
def test_what_is_sent_has_our_ids_and_is_signed_where_there_is_a_passphrase(
    make, monkeypatch, ids, secret
):
    if secret:
        monkeypatch.setenv("LIQUID_NAV_SIGNING_PASSPHRASE", secret)
    monkeypatch.setattr(bridge_backends, "wall", SimpleNamespace(time=lambda: 1_700_000_000.0))
    bench = make(system_id=ids[0], component_id=ids[1])
    bench.tick()
    (first, now), *_ = bench.link.sent
    data = bench.link.codec.encode(first)
    assert (
        now == 10.0
        and (data[5], data[6]) == ids
        and bool(data[2] & mavlink.MAVLINK_IFLAG_SIGNED) is bool(secret)
    )
    if secret:
        since_2015 = int.from_bytes(data[-12:-6], "little") / 1e5
        assert since_2015 == pytest.approx(1_700_000_000 - 1_420_070_400, abs=1.0)


@pytest.mark.parametrize(
    ("connection", "whole"),
    [
        ("udp:127.0.0.1:0", True),
        ("udpout:127.0.0.1:9", True),
        ("tcp:127.0.0.1:9", False),
        ("serial:/dev/null:9600", False),
    ],
)
def test_a_packet_may_come_in_two_parts_except_as_datagrams(make, connection, whole):
    codec = make(connection=connection).link.codec
    data = heartbeat().pack(mavlink.MAVLink(None, srcSystem=1, srcComponent=1))
    received = [
        message.get_type() for part in (data[:9], data[9:]) for message in codec.decode(part)
    ]
    assert ("HEARTBEAT" in received) is not whole


def test_the_wire_knows_the_vehicle_and_is_freed(make):
    bench = make()
    sender = mavlink.MAVLink(None, srcSystem=1, srcComponent=1)
    (mine,) = bench.link.codec.decode(heartbeat().pack(sender))
    (other,) = bench.link.codec.decode(
        heartbeat().pack(mavlink.MAVLink(None, srcSystem=9, srcComponent=1))
    )
    assert bench.link.is_vehicle(mine) and not bench.link.is_vehicle(other)
    bench.node.close()
    assert bench.link.closed == 1


@pytest.mark.parametrize(
    ("address", "received"),
    [((200, 25), True), ((0, 0), True), ((247, 25), False), ((200, 191), False)],
)
def test_an_acknowledgement_counts_where_it_is_addressed_to_us_or_to_all(make, address, received):
    bench = make(system_id=200, component_id=25)
    bench.vehicle(heartbeat())
    bench.session.adapter.request(RequestKind.DISARM)
    command = mavlink.MAV_CMD_COMPONENT_ARM_DISARM
    bench.vehicle(
        mavlink.MAVLink_command_ack_message(command, mavlink.MAV_RESULT_DENIED, 0, 0, *address)
    )
    assert (RequestKind.DISARM in bench.session.replies) is received


def test_ardupilot_has_its_own_modes(make):
    bench = make(autopilot="ardupilot")
    bench.vehicle(
        mavlink.MAVLink_heartbeat_message(2, mavlink.MAV_AUTOPILOT_ARDUPILOTMEGA, 1, 4, 3, 3)
    )
    assert bench.states()[-1]["mode"] == "GUIDED"


def vision(position=(2.0, 0.0, 1.0), scale=1.0, speed=0.5):
    zero = np.zeros(3)
    state = DroneState(
        3.0,
        np.array(position),
        np.array((1.0, 0.0, 0.0, 0.0)),
        np.array((speed, 0.0, 0.0)),
        np.array((0.1, 0.2, 0.3)),
        zero,
    )
    message = odometry_message(state, 3 * NANO)
    message.pose.pose.orientation.w = scale
    return message


def test_external_vision_goes_to_the_estimator_in_its_frames(make):
    bench = make(vision_topic="slam/odom")
    assert bench.node.seen["slam/odom"] == (Odometry, sensor_data_qos(), False)
    bench.at(11.0)
    bench.node.callbacks["slam/odom"](vision())
    ((message, now),) = bench.link.sent
    assert (message.get_type(), message.time_usec, now) == ("ODOMETRY", 3_000_000, 11.0)
    assert (message.x, message.y, message.z) == (0.0, 2.0, -1.0) and (message.vx, message.vy) == (
        0.0,
        0.5,
    )
    assert (message.rollspeed, message.pitchspeed, message.yawspeed) == pytest.approx(
        (0.1, -0.2, -0.3)
    )


@pytest.mark.parametrize(
    ("change", "sent"),
    [
        ({"scale": 1.009}, 1),
        ({"scale": 0.991}, 1),
        ({"scale": 1.011}, 0),
        ({"scale": 0.989}, 0),
        ({"scale": 0.0}, 0),
        ({"scale": math.nan}, 0),
        ({"position": (math.nan, 0.0, 0.0)}, 0),
        ({"position": (0.0, 0.0, math.inf)}, 0),
        ({"scale": 14.0}, 0),
        ({"speed": math.nan}, 0),
    ],
    ids=str,
)
def test_what_is_no_pose_is_not_handed_to_the_estimator_and_named(make, change, sent):
    bench = make(vision_topic="slam/odom")
    bench.node.callbacks["slam/odom"](vision(**change))
    assert len(bench.link.sent) == sent
    if sent:
        return
    what = (
        "the orientation is a quaternion of length"
        if "scale" in change
        else "external vision has a number"
    )
    level, text, _ = bench.node.status("input slam/odom")
    assert level == ERROR and text.startswith(f"1 message(s) dropped: ValueError: {what}")


@pytest.mark.parametrize(
    ("pose", "twist", "named"),
    [
        ("world", "world", "world"),
        ("odom_ned", "base_link", "odom_ned"),
        ("odom", "base_link_frd", "base_link_frd"),
        ("map", "camera_color_optical_frame", "camera_color_optical_frame"),
    ],
)
def test_vision_in_frames_that_the_estimator_would_misread_is_not_handed_on_and_named(
    make, pose, twist, named
):
    """VINS publishes the velocity in the world: turned by the heading once more it is another."""
    bench = make(vision_topic="slam/odom")
    message = vision()
    message.header.frame_id = pose
    message.child_frame_id = twist
    bench.node.callbacks["slam/odom"](message)
    assert not bench.link.sent
    level, text, _ = bench.node.status("input slam/odom")
    assert level == ERROR and f"external vision is in the frame '{named}', expected" in text


@pytest.mark.parametrize("frame", ["", "base_link", "d1/base_link", "camera_pose_frame", "imu"])
def test_vision_of_bodies_by_other_names_is_handed_on(make, frame):
    bench = make(vision_topic="slam/odom")
    message = vision()
    message.child_frame_id = frame
    bench.node.callbacks["slam/odom"](message)
    assert len(bench.link.sent) == 1


# The true pose of a simulated vehicle


def truth(north=0, q=(1.0, 0.0, 0.0, 0.0)):
    """Three centimetres for each unit of ``north``, 2 m/s east, 1.5 m above the first place's sea
    level.
    """
    return mavlink.MAVLink_hil_state_quaternion_message(
        0, list(q), 0.1, 0.2, 0.3, 474000000 + 3 * north, 85000000, 1500, 0, 200, 0, 0, 0, 0, 0, 0
    )


def place(boot):
    return mavlink.MAVLink_local_position_ned_message(boot, 9.0, 9.0, -9.0, 0.0, 0.0, 0.0)


def requests(bench):
    """(time, number, interval) of the requests for a true pose."""
    kinds = (mavlink.MAVLINK_MSG_ID_HIL_STATE_QUATERNION, mavlink.MAVLINK_MSG_ID_SIM_STATE)
    sent = [(m, now) for m, now in bench.link.sent if m.get_type() == "COMMAND_LONG"]
    return [(now, m.param1, m.param2, m.target_system) for m, now in sent if m.param1 in kinds]


@pytest.mark.parametrize(
    ("autopilot", "number"),
    [
        ("px4", mavlink.MAVLINK_MSG_ID_HIL_STATE_QUATERNION),
        ("ardupilot", mavlink.MAVLINK_MSG_ID_SIM_STATE),
    ],
)
def test_the_true_pose_is_requested_as_soon_as_the_vehicle_is_received_and_every_two_seconds(
    make, autopilot, number
):
    bench = make(autopilot=autopilot, true_pose=True)
    assert bench.node.seen["autopilot/true_odom"] == (Odometry, sensor_data_qos(10))
    bench.tick()
    assert requests(bench) == []
    bench.vehicle(heartbeat())
    bench.tick()
    for later in (0.5, 1.9921875, 2.0, 3.0, 4.0):
        bench.at(10.0 + later)
        bench.vehicle(heartbeat())
    assert requests(bench) == [(now, number, 20_000.0, 1) for now in (10.0, 12.0, 14.0)]


def test_it_is_asked_for_again_when_the_clock_has_gone_back(make):
    bench = make(true_pose=True)
    bench.vehicle(heartbeat())
    bench.at(9.0)
    bench.vehicle(heartbeat())
    assert [now for now, *_ in requests(bench)] == [10.0, 9.0]


def test_the_true_pose_is_published_with_the_vehicles_time_in_our_frames(make):
    bench = make(true_pose=True, frame_prefix="d1/")
    bench.vehicle(heartbeat())
    bench.vehicle(truth())
    assert bench.sent["autopilot/true_odom"] == [], "without the vehicle's time it has no stamp"
    bench.vehicle(place(2000), truth(), place(2500), truth(north=100))
    bench.vehicle(place(3000), truth(north=200), system=2)
    bench.vehicle(truth(north=200), component=25)
    first, second = bench.sent["autopilot/true_odom"]
    assert [nanoseconds(m.header.stamp) for m in (first, second)] == [2 * NANO, 5 * NANO // 2]
    assert (first.header.frame_id, first.child_frame_id) == ("d1/odom", "d1/base_link")
    points = [m.pose.pose.position for m in (first, second)]
    assert (points[0].x, points[0].y, points[0].z) == (0.0, 0.0, 0.0)
    assert (points[1].x, points[1].y, points[1].z) == pytest.approx((0.0, 3.3358, 0.0), abs=1e-3)
    rates = second.twist.twist.angular
    assert (rates.x, rates.y, rates.z) == pytest.approx((0.1, -0.2, -0.3))
    assert bench.session.vehicle.position.tolist() == [9.0, 9.0, -9.0], (
        "the session flies by the estimate"
    )


def test_the_true_pose_is_left_out_unless_requested(make):
    bench = make()
    bench.vehicle(heartbeat(), place(2000), truth())
    assert requests(bench) == [] and "autopilot/true_odom" not in bench.sent


# Outputs


@pytest.fixture
def outputs(node):
    """AutopilotOutputs of a vehicle whose clock is the flight's, and what they have published."""
    owner = node(wires.Plain, use_sim_time=True)
    made = AutopilotOutputs(owner, "pose", "d1/")
    return SimpleNamespace(out=made, sent=owner.sent, seen=owner.seen)


def message(kind):
    return SimpleNamespace(get_type=lambda: kind)


def vehicle(**changes):
    state = VehicleState(
        boot=2.5,
        position=np.array((1.0, 2.0, -3.0)),
        velocity=np.array((0.1, 0.2, -0.3)),
        attitude=np.array((1.0, 0.0, 0.0, 0.0)),
        rates=np.array((0.4, 0.5, 0.6)),
    )
    for name, value in changes.items():
        setattr(state, name, value)
    return state


def test_a_position_brings_odometry_and_inertial_data_in_our_frames(outputs):
    outputs.out.message(message("LOCAL_POSITION_NED"), vehicle(force=np.array((0.1, 0.2, -9.8))))
    (odom,), (imu,) = outputs.sent["pose"], outputs.sent["imu"]
    place, rates, force = odom.pose.pose.position, odom.twist.twist.angular, imu.linear_acceleration
    assert (place.x, place.y, place.z) == (2.0, 1.0, 3.0)
    assert (rates.x, rates.y, rates.z) == (0.4, -0.5, -0.6)
    assert (imu.angular_velocity.x, imu.angular_velocity.y) == (0.4, -0.5)
    assert (force.x, force.y, force.z) == pytest.approx((0.1, -0.2, 9.8))
    assert nanoseconds(odom.header.stamp) == nanoseconds(imu.header.stamp) == 2_500_000_000
    assert (odom.header.frame_id, odom.child_frame_id) == ("d1/odom", "d1/base_link")
    assert imu.header.frame_id == "d1/base_link"
    q = odom.pose.pose.orientation
    body = odom.twist.twist.linear
    world = rotation_from_attitude(np.array((q.w, q.x, q.y, q.z))) @ np.array(
        (body.x, body.y, body.z)
    )
    assert world.tolist() == pytest.approx([0.2, 0.1, 0.3])


def test_unknown_acceleration_is_no_number(outputs):
    outputs.out.message(message("LOCAL_POSITION_NED"), vehicle())
    force = outputs.sent["imu"][0].linear_acceleration
    assert all(math.isnan(value) for value in (force.x, force.y, force.z))


@pytest.mark.parametrize("missing", ["boot", "position", "attitude"])
def test_there_is_no_odometry_before_everything_is_known(outputs, missing):
    outputs.out.message(message("LOCAL_POSITION_NED"), vehicle(**{missing: None}))
    outputs.out.odometry(vehicle(), None)
    assert outputs.sent["pose"] == outputs.sent["imu"] == []


def test_a_status_brings_the_battery_where_it_is_known(outputs):
    state = vehicle(battery=0.4, voltage=15.5)
    for kind, telemetry in (
        ("SYS_STATUS", state),
        ("SYS_STATUS", vehicle(battery=0.3)),
        ("SYS_STATUS", vehicle(battery=None)),
        ("SYS_STATUS", vehicle(battery=0.4, boot=None)),
        ("HEARTBEAT", state),
    ):
        outputs.out.message(message(kind), telemetry)
    first, second = outputs.sent["battery_state"]
    assert (first.percentage, first.voltage, first.present) == (pytest.approx(0.4), 15.5, True)
    assert nanoseconds(first.header.stamp) == 2_500_000_000 and math.isnan(second.voltage)
    assert (first.power_supply_status, first.power_supply_technology) == (
        BatteryState.POWER_SUPPLY_STATUS_UNKNOWN,
        BatteryState.POWER_SUPPLY_TECHNOLOGY_UNKNOWN,
    )
    assert outputs.sent["pose"] == outputs.sent["joy"] == []


def test_the_remote_control_is_published_as_a_joystick_with_a_name(outputs):
    state = vehicle(sticks=(1000, 1500, 2000, 1250, 900, 2100))
    outputs.out.message(message("RC_CHANNELS"), state)
    outputs.out.message(message("RC_CHANNELS"), vehicle(sticks=(1600,), boot=None))
    outputs.out.message(message("RC_CHANNELS"), vehicle())
    outputs.out.message(message("HEARTBEAT"), state)
    first, second = outputs.sent["joy"]
    assert list(first.axes) == [-1.0, 0.0, 1.0, -0.5, -1.0, 1.0] and list(second.axes) == [
        pytest.approx(0.2)
    ]
    assert (
        first.header.frame_id == "remote_control"
        and nanoseconds(first.header.stamp) == 2_500_000_000
    )
    assert nanoseconds(second.header.stamp) == 0


UNIX = 1_790_000_000.0
"""s; what the computer's clock shows."""


@pytest.fixture
def real(node):
    """AutopilotOutputs on a real drone: ROS time is the computer's, what they have published, and
    who owns them.
    """
    owner = node(wires.Plain)
    owner.stamping = UNIX
    return SimpleNamespace(out=AutopilotOutputs(owner, "odom", ""), sent=owner.sent, owner=owner)


def stamp_of(message):
    return nanoseconds(message.header.stamp) / 1e9


def test_a_real_vehicle_stamps_in_the_time_of_the_camera(real):
    """Its own is since boot: a record of both could not show which image belongs to which
    velocity.
    """
    for k in range(20):
        real.owner.stamping = UNIX + 0.1 * k + 0.004
        real.out.message(message("LOCAL_POSITION_NED"), vehicle(boot=312.0 + 0.1 * k))
    stamps = [stamp_of(odom) for odom in real.sent["odom"]]
    assert stamps == pytest.approx([UNIX + 0.1 * k + 0.004 for k in range(20)], abs=1e-5)
    assert [stamp_of(imu) for imu in real.sent["imu"]] == stamps
    # What comes between two positions is as old as the last one.
    real.owner.stamping = UNIX + 1.95
    real.out.message(message("SYS_STATUS"), vehicle(boot=313.9, battery=0.4))
    real.out.message(message("RC_CHANNELS"), vehicle(boot=313.9, sticks=(1600,)))
    assert stamp_of(real.sent["battery_state"][0]) == stamp_of(real.sent["joy"][0]) == stamps[-1]


def test_after_a_reboot_or_a_correction_of_our_clock_stamps_are_right_at_once(real):
    for now, boot in ((UNIX, 312.0), (UNIX + 1.0, 2.0), (UNIX - 600.0, 2.1), (UNIX - 599.0, 3.1)):
        real.owner.stamping = now
        real.out.message(message("LOCAL_POSITION_NED"), vehicle(boot=boot))
        assert stamp_of(real.sent["odom"][-1]) == pytest.approx(now, abs=1e-5)


def test_where_a_simulated_vehicle_is_rendered_its_clock_is_the_flights(real):
    real.out.offer_true_pose()
    real.out.message(message("LOCAL_POSITION_NED"), vehicle(boot=312.0))
    assert stamp_of(real.sent["odom"][0]) == 312.0


# PX4 over DDS


@pytest.fixture
def px4_msgs(monkeypatch):
    """Stand-ins for px4_msgs, which keep what they are given; 0 where that is nothing."""

    class Message:
        def __init__(self, **fields):
            self.fields = fields

        def __getattr__(self, name):
            if name.startswith("__"):
                raise AttributeError(name)
            return self.fields.get(name, 0)

    names = (
        "OffboardControlMode",
        "TrajectorySetpoint",
        "VehicleCommand",
        "VehicleStatus",
        "VehicleCommandAck",
        "VehicleLandDetected",
        "VehicleOdometry",
        "BatteryStatus",
        "VehicleLocalPosition",
        "VehicleAttitude",
    )
    module, package = ModuleType("px4_msgs.msg"), ModuleType("px4_msgs")
    for name in names:
        setattr(module, name, type(name, (Message,), {"MESSAGE_VERSION": 0}))
    package.msg = module
    monkeypatch.setitem(sys.modules, "px4_msgs", package)
    monkeypatch.setitem(sys.modules, "px4_msgs.msg", module)
    return module


def status(m, **fields):
    return m.VehicleStatus(
        **(
            {"nav_state": 4, "arming_state": 1, "system_id": 1, "pre_flight_checks_pass": True}
            | fields
        )
    )


def test_px4_over_dds_is_received_and_published(make, px4_msgs):
    bench = make(autopilot="px4_dds")
    bench.tick()
    missing = (
        "nothing on the fmu/out topics: is MicroXRCEAgent running, do the px4_msgs fit "
        "the firmware?"
    )
    assert bench.states()[-1]["fault"] == missing
    bench.node.callbacks["fmu/out/vehicle_status"](status(px4_msgs, system_id=2))
    bench.tick()
    assert bench.states()[-1]["phase"] == "offline"
    bench.node.callbacks["fmu/out/vehicle_status"](status(px4_msgs))
    bench.node.callbacks["fmu/out/vehicle_odometry"](
        px4_msgs.VehicleOdometry(
            pose_frame=2,
            position=[0.0] * 3,
            q=[1.0, 0.0, 0.0, 0.0],
            velocity=[0.0] * 3,
            angular_velocity=[0.0] * 3,
        )
    )
    bench.tick()
    facts, (level, _, values) = bench.states()[-1], bench.node.status("autopilot")
    assert (facts["phase"], facts["mode"], facts["failsafes"]) == ("ready", "AUTO.LOITER", {})
    assert level != ERROR and (values["foreign"], values["bad"]) == ("1", "1")
    expected = {"target_system": OVER_MAVLINK["target_system"], "true_pose": TRUE_POSE}
    assert reported(bench.node, expected) == expected
    bench.node.close()


@pytest.mark.parametrize("wanted", [True, False])
def test_px4_over_dds_publishes_the_true_pose_where_it_was_requested(make, px4_msgs, wanted):
    bench = make(autopilot="px4_dds", true_pose=wanted)
    assert any("groundtruth" in topic for topic in bench.node.callbacks) is wanted
    assert ("autopilot/true_odom" in bench.node.seen) is wanted


def test_px4_over_dds_with_system_zero_is_the_first_received(make, px4_msgs):
    bench = make(autopilot="px4_dds", target_system=0)
    bench.node.callbacks["fmu/out/vehicle_status"](status(px4_msgs, system_id=2))
    bench.tick()
    assert bench.states()[-1]["phase"] == "ready"


def test_px4_over_dds_is_asked_for_a_mode_after_an_engagement(make, px4_msgs):
    bench = make(autopilot="px4_dds", odom_topic="pose")
    for k in range(200):
        bench.at(10.0 + 0.0625 * k)
        bench.node.callbacks["fmu/out/vehicle_status"](status(px4_msgs))
        bench.node.callbacks["fmu/out/vehicle_land_detected"](
            px4_msgs.VehicleLandDetected(landed=True)
        )
        bench.node.callbacks["fmu/out/vehicle_odometry"](
            px4_msgs.VehicleOdometry(
                timestamp=1 + k,
                pose_frame=1,
                position=[0.0] * 3,
                q=[1.0, 0.0, 0.0, 0.0],
                velocity_frame=1,
                velocity=[0.0] * 3,
                angular_velocity=[0.0] * 3,
            )
        )
        bench.command(Command())
        if k == 100:
            bench.engage()
    assert bench.sent["fmu/in/trajectory_setpoint"] and bench.sent["pose"]
    assert 176 in [order.command for order in bench.sent["fmu/in/vehicle_command"]]


class CallRecorder:
    """In place of the adapter of PX4's messages: keeps its calls."""

    def __init__(self, target=None, used=True):
        self.calls, self.target, self.used = [], target, used
        self.session = SimpleNamespace(vehicle="the vehicle")

    def __getattr__(self, name):
        return lambda *given: self.calls.append((name, given)) or self.used


@pytest.fixture
def wire(node, px4_msgs):
    """Return a function that makes a link at 5 s of the bridge's clock and 10 s of ROS time."""

    def make(**options):
        owner, adapter, clock = node(wires.Plain), CallRecorder(**options), SimpleNamespace(now=5.0)
        owner.stamping = 10.0
        shown = CallRecorder()
        made = Px4DdsLink(owner, adapter, shown, lambda: clock.now, Diagnostics(owner))
        return SimpleNamespace(
            link=made,
            callbacks=owner.callbacks,
            sent=owner.sent,
            seen=owner.seen,
            m=px4_msgs,
            calls=adapter.calls,
            shown=shown.calls,
            clock=clock,
            owner=owner,
        )

    return make


def quality(durability):
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=5,
        reliability=ReliabilityPolicy.BEST_EFFORT,
        durability=durability,
    )


@pytest.mark.parametrize("version", [0, 3])
def test_topics_have_the_type_the_version_and_the_quality_that_px4_takes(wire, px4_msgs, version):
    """Offered transient local and asked for volatile: fits what any PX4 offers and asks for."""
    to_px4 = ("OffboardControlMode", "TrajectorySetpoint", "VehicleCommand")
    from_px4 = (
        "VehicleStatus",
        "VehicleCommandAck",
        "VehicleLandDetected",
        "VehicleOdometry",
        "BatteryStatus",
        "VehicleLocalPosition",
    )
    expected = {}
    for folder, kinds, durability, raw in (
        ("in", to_px4, DurabilityPolicy.TRANSIENT_LOCAL, ()),
        ("out", from_px4, DurabilityPolicy.VOLATILE, (False,)),
    ):
        for name in kinds:
            kind = getattr(px4_msgs, name)
            kind.MESSAGE_VERSION = version
            snake = re.sub("(?<!^)([A-Z])", r"_\1", name).lower()
            topic = f"fmu/{folder}/{snake}" + (f"_v{version}" if version else "")
            expected[topic] = (kind, quality(durability), *raw)
    seen = {topic: how for topic, how in wire().seen.items() if topic.startswith("fmu/")}
    assert seen == expected


def test_a_status_is_passed_on_whole_and_old_firmware_counts_as_sound(wire):
    bench = wire()
    receive = bench.callbacks["fmu/out/vehicle_status"]
    receive(
        SimpleNamespace(
            nav_state=14, arming_state=2, system_id=3, pre_flight_checks_pass=False, failsafe=True
        )
    )
    receive(SimpleNamespace(nav_state=4, arming_state=1, system_id=1))
    receive(SimpleNamespace(nav_state=4, arming_state=3, system_id=1))
    assert bench.calls == [
        ("status", (14, True, 3, False, True, 5.0, None)),
        ("status", (4, False, 1, True, False, 5.0, None)),
        ("status", (4, False, 1, True, False, 5.0, None)),
    ]


@pytest.mark.parametrize("flag", [True, False])
def test_landing_and_global_position_are_passed_on(wire, flag):
    bench = wire()
    bench.callbacks["fmu/out/vehicle_land_detected"](bench.m.VehicleLandDetected(landed=int(flag)))
    bench.callbacks["fmu/out/vehicle_local_position"](
        bench.m.VehicleLocalPosition(xy_global=int(flag))
    )
    assert bench.calls == [("landed", (flag, 5.0)), ("global_position", (flag, 5.0))]
    assert all(isinstance(given[0], bool) for _, given in bench.calls)


@pytest.mark.parametrize(
    ("address", "received"), [((247, 191), 1), ((247, 1), 0), ((1, 191), 0), ((255, 190), 0)]
)
def test_acknowledgements_for_others_are_not_ours(wire, address, received):
    bench = wire()
    bench.callbacks["fmu/out/vehicle_command_ack"](
        bench.m.VehicleCommandAck(
            command=176, result=2, target_system=address[0], target_component=address[1]
        )
    )
    assert bench.calls == [("acknowledge", (176, 2, 5.0))] * received


def single(*values):
    """An array of 32-bit numbers, as in PX4's messages."""
    return np.array(values, dtype=np.float32)


@pytest.mark.parametrize("used", [True, False])
def test_odometry_is_passed_on_whole_and_shown_with_the_time_of_arrival_where_it_is_used(
    wire, used
):
    bench = wire(used=used)
    bench.callbacks["fmu/out/vehicle_odometry"](
        bench.m.VehicleOdometry(
            timestamp=77.0,
            pose_frame=1,
            velocity_frame=3,
            position=single(1.0, 2.0, 3.0),
            q=single(1.0, 0.5, 0.25, 0.0),
            velocity=single(4.0, 5.0, 6.0),
            angular_velocity=single(7.0, 8.0, 9.0),
        )
    )
    ((name, (position, q, velocity, rates, kinds, stamp, now)),) = bench.calls
    assert (name, kinds, stamp, now) == ("odometry", (1, 3), 77, 5.0) and isinstance(stamp, int)
    assert [values.tolist() for values in (position, q, velocity, rates)] == [
        [1.0, 2.0, 3.0],
        [1.0, 0.5, 0.25, 0.0],
        [4.0, 5.0, 6.0],
        [7.0, 8.0, 9.0],
    ]
    assert all(values.dtype == np.float64 for values in (position, q, velocity, rates))
    assert bench.link.bad == (not used)
    assert bench.shown == [("odometry", ("the vehicle", 10.0))] * used
    bench.callbacks["fmu/out/vehicle_odometry"](
        bench.m.VehicleOdometry(
            position=[0.0] * 3, q=[1.0, 0, 0, 0], velocity=[0.0] * 3, angular_velocity=[0.0] * 3
        )
    )
    assert bench.link.bad == 2 * (not used)


@pytest.mark.parametrize(
    ("later", "count"), [(0.0, 1), (0.125, 1), (0.1875, 1), (0.25, 2), (-1.0, 2)]
)
def test_charges_are_passed_on_five_times_a_second(wire, later, count):
    """And at once where the clock has gone back."""
    bench = wire()
    receive = bench.callbacks["fmu/out/battery_status"]
    receive(bench.m.BatteryStatus(remaining=1, voltage_v=16))
    bench.clock.now += later
    receive(bench.m.BatteryStatus(remaining=1, voltage_v=16))
    assert bench.calls == [("battery", (1.0, 16.0))] * count
    assert bench.shown == [("battery", ("the vehicle", 10.0))] * count
    assert all(type(value) is float for _, given in bench.calls for value in given)


def test_a_charge_is_passed_on_from_exactly_that_period_on(wire):
    bench = wire()
    bench.clock.now = 0.0
    receive = bench.callbacks["fmu/out/battery_status"]
    receive(bench.m.BatteryStatus(remaining=1, voltage_v=16))
    bench.clock.now = math.nextafter(0.2, 0.0)
    receive(bench.m.BatteryStatus(remaining=1, voltage_v=16))
    assert len(bench.calls) == 1
    bench.clock.now = 0.2
    receive(bench.m.BatteryStatus(remaining=1, voltage_v=16))
    assert len(bench.calls) == 2


@pytest.mark.parametrize(("target", "system"), [(None, 1), (1, 1), (5, 5)])
def test_a_request_is_from_us_to_the_autopilot_of_the_vehicle(wire, target, system):
    bench = wire(target=target)
    bench.link.send([Px4VehicleCommand(400, (1, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0))])
    (sent,) = bench.sent["fmu/in/vehicle_command"]
    assert sent.fields == {
        "timestamp": 0,
        "command": 400,
        "target_system": system,
        "target_component": 1,
        "source_system": 247,
        "source_component": 191,
        "from_external": True,
        **{f"param{k}": float(k) for k in range(1, 8)},
    }
    assert type(sent.fields["param1"]) is float


def test_a_set_point_leaves_everything_free_but_velocity_and_yaw_rate(wire):
    bench = wire()
    bench.link.send([Px4SetPoint((1.0, 2.0, -3.0), 1)])
    (mode,), (point,) = (
        bench.sent["fmu/in/offboard_control_mode"],
        bench.sent["fmu/in/trajectory_setpoint"],
    )
    assert mode.fields == {"timestamp": 0, "velocity": True}
    fields = dict(point.fields)
    assert (
        fields.pop("velocity").tolist() == [1.0, 2.0, -3.0]
        and point.fields["velocity"].dtype == np.float32
    )
    for name in ("position", "acceleration", "jerk"):
        values = fields.pop(name)
        assert values.dtype == np.float32 and values.shape == (3,) and np.isnan(values).all()
    assert math.isnan(fields.pop("yaw")) and fields == {"timestamp": 0, "yawspeed": 1.0}
    assert type(point.fields["yawspeed"]) is float


def test_an_invalid_message_of_px4_is_dropped_and_named(wire):
    bench = wire()
    bench.callbacks["fmu/out/vehicle_status"](None)
    assert (
        bench.calls == []
        and "AttributeError" in bench.owner.status("input fmu/out/vehicle_status")[1]
    )


def test_the_environment_is_where_a_passphrase_may_be(make, monkeypatch, tmp_path):
    path = tmp_path / "passphrase"
    path.write_text(SECRET)
    path.chmod(0o600)
    data = make(signing_passphrase_file=os.fspath(path)).link.codec.encode(heartbeat())
    assert data[2] & mavlink.MAVLINK_IFLAG_SIGNED
