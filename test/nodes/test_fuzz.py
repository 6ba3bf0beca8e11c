"""Random messages straight into the callbacks of supervisor and bridge: nothing but a ValueError
comes out of them.

As long as no person has engaged everything that goes out is zero; engaged it stays inside the
limits.
"""

import json
import math
import os
import random
import struct
from itertools import pairwise

import pytest
from geometry_msgs.msg import TwistStamped
from nav_msgs.msg import Odometry
from rclpy.serialization import serialize_message
from sensor_msgs.msg import BatteryState, CompressedImage, Image, Joy
from std_msgs.msg import String

from liquid_nav.json_text import read_json
from liquid_nav.nodes.autopilot_bridge import AutopilotBridge
from liquid_nav.nodes.messages import command_from, command_message, from_seconds, to_stamp
from liquid_nav.nodes.qos import reliable_qos
from liquid_nav.nodes.safety_supervisor import SupervisorNode
from liquid_nav.safety import BridgeReport, FaultKind, Mode, Order, Phase
from liquid_nav.types import Command

COUNT = int(os.environ.get("LIQUID_NAV_FUZZ", "600"))
TEXTS = (
    "",
    "{",
    "[]",
    "null",
    "engaged?",
    "\u2603",
    "[" * 5000,
    '{"a":' * 50 + "1" + "}" * 50,
    "x" * 70_000,
    "NaN",
)
ODD = (
    None,
    True,
    -1,
    1.5,
    "1",
    [],
    {},
    [[[]]],
    {"a": {"b": 1}},
    2**53,
    2**70,
    -0.0,
    "",
    "engaged",
    "\u2603",
)
"""What may stand in a field of JSON where something else belongs."""
ENCODINGS = (
    "rgb8",
    "bgr8",
    "rgba8",
    "bgra8",
    "mono8",
    "mono16",
    "bayer_rggb8",
    "yuv422_yuy2",
    "16UC1",
    "32FC1",
    "",
    "\u2603",
    "x" * 300,
)
LITTLE, BIG = b"\x00\x01\x00\x00", b"\x00\x00\x00\x00"
"""Encapsulations of CDR."""


def number(rng):
    return rng.choice(
        (0.0, math.nan, math.inf, -math.inf, 1e308, -1e308, 1e30, 5e-324, rng.uniform(-3.0, 3.0))
    )


def fill(rng, part, names):
    for name in names:
        setattr(part, name, number(rng))


def twist(rng):
    message = TwistStamped()
    message.header.stamp.sec, message.header.stamp.nanosec = (
        rng.randrange(-(2**31), 2**31),
        rng.randrange(2**32),
    )
    fill(rng, message.twist.linear, "xyz")
    fill(rng, message.twist.angular, "xyz")
    return message


def odometry(rng):
    message = Odometry()
    message.header.stamp.sec = rng.randrange(-(2**31), 2**31)
    fill(rng, message.pose.pose.position, "xyz")
    fill(rng, message.pose.pose.orientation, "wxyz")
    fill(rng, message.twist.twist.linear, "xyz")
    return message


def spoilt(rng, facts):
    """Return JSON with one to three fields that are missing or hold something else."""
    facts = dict(facts)
    for name in rng.sample(sorted(facts), rng.randrange(1, 4)):
        if rng.random() < 0.3:
            del facts[name]
        else:
            facts[name] = rng.choice((*ODD, math.nan, math.inf))
    return json.dumps(facts)


def order_text(rng):
    """An order without a new request: each of a hundred supervisors has its own
    numbers for ever.
    """
    who = rng.randrange(100)
    order = Order(
        f"s{who}", rng.choice(list(Mode)), who % 7 + who % 3, who % 3, rng.uniform(0.0, 1e9)
    )
    text = json.dumps(order.to_facts())
    if rng.random() < 0.3:
        spoiled = spoilt(rng, order.to_facts())
        read = Order.from_facts(read_json(spoiled))
        # Spoilt into a sound order of another supervisor, or with other numbers, it could be a new
        # engagement indeed.
        numbers = (order.supervisor, order.act, order.engagement)
        if read is None or (read.supervisor, read.act, read.engagement) == numbers:
            text = spoiled
    return rng.choice(TEXTS) if rng.random() < 0.2 else text


def report_text(rng, order):
    """A report of any bridge about any supervisor."""
    who = rng.choice(("", "another", order.supervisor))
    kind = rng.choice(("", "unknown_kind", *(kind.value for kind in FaultKind)))
    report = BridgeReport(
        rng.choice(list(Phase)),
        rng.random() < 0.5,
        rng.random() < 0.5,
        who,
        rng.choice((0, order.act, order.act + 1, 10**6)),
        kind,
        rng.choice(("", "a text", "\u2603")),
    )
    text = spoilt(rng, report.to_facts()) if rng.random() < 0.3 else json.dumps(report.to_facts())
    return rng.choice(TEXTS) if rng.random() < 0.2 else text


def joy(rng):
    axes = [
        rng.choice((rng.uniform(-1, 1), math.nan, math.inf))
        for _ in range(rng.choice((0, 4, 6, 8, 9, 16, 18)))
    ]
    message = Joy(axes=axes, buttons=[rng.randrange(-2, 3) for _ in range(rng.randrange(12))])
    message.header.frame_id = rng.choice(("", "remote_control", "\u2603", str(rng.randrange(40))))
    return message


def image(rng, stamp):
    """A serialized image of any encoding, size and padding."""
    if rng.random() < 0.3:
        name = rng.choice(("jpeg", "png", "", "\u2603"))
        message = CompressedImage(format=name, data=rng.randbytes(rng.randrange(99)))
    else:
        message = Image(
            encoding=rng.choice(ENCODINGS),
            width=rng.randrange(2**32),
            height=rng.randrange(2**32),
            step=rng.randrange(2**32),
            is_bigendian=rng.randrange(256),
            data=rng.randbytes(rng.randrange(99)),
        )
    message.header.stamp = to_stamp(stamp)
    message.header.frame_id = "c" * rng.randrange(40)
    return serialize_message(message)


def feed(callback, message):
    """Return whether a message was used: what is unusable raises ValueError, which its subscription
    drops.
    """
    try:
        callback(message)
    except ValueError:
        return False
    return True


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_random_messages_neither_break_nor_move_anything(harness):
    rng = random.Random(3)
    supervisor = harness.add(
        SupervisorNode,
        odometry_age=0.5,
        battery=0.2,
        battery_age=5.0,
        autopilot_age=0.5,
        position_jump=1.0,
        pose_frozen=2.0,
        radius=10.0,
        low=-2.0,
        high=10.0,
        latency=0.3,
        clock_jump=2.0,
        joy_age=1.0,
    )
    bridge, messages = harness.add(AutopilotBridge, autopilot="twist_stamped"), []
    bridge._backend._publisher = Wire(TwistStamped, messages)
    supervisor._commands.publish = messages.append
    inputs, used = supervisor._inputs, {"order": 0, "state": 0}

    def order():
        used["order"] += feed(bridge._on_order, String(data=order_text(rng)))

    def state():
        used["state"] += feed(
            inputs._on_state, String(data=report_text(rng, supervisor._supervisor.order))
        )

    for _ in range(COUNT):
        rng.choice(
            (
                lambda: feed(supervisor._on_command, twist(rng)),
                lambda: feed(inputs._on_odometry, odometry(rng)),
                lambda: feed(
                    inputs._on_battery,
                    BatteryState(percentage=rng.choice((math.nan, math.inf, 0.1, -5.0, 1.0))),
                ),
                lambda: feed(inputs._on_joy, joy(rng)),
                state,
                order,
                order,
                lambda: feed(supervisor._on_image, LITTLE + rng.randbytes(rng.randrange(40))),
                lambda: feed(supervisor._on_image, rng.randbytes(rng.randrange(60))),
                lambda: feed(bridge._on_command, twist(rng)),
                bridge._on_timer,
                supervisor._on_timer,
            )
        )()
    # A touch of the sticks ends what any bridge reports that it does.
    assert (
        supervisor._supervisor.mode in ("disengaged", "pilot")
        and messages
        and min(used.values()) > 0
    )
    assert all(command_from(message) == Command() for message in messages)


class Wire:
    """In place of a publisher."""

    def __init__(self, kind, messages):
        self.msg_type, self.publish = kind, messages.append


def test_random_orders_arm_nothing(harness):
    """A vehicle on the ground behind the bridge's MAVLink, and any orders but new ones."""
    pytest.importorskip("pymavlink")
    from liquid_nav.autopilots.mavlink_codec import MavlinkCodec
    from liquid_nav.sitl.simulated_px4 import Px4Vehicle
    from liquid_nav.sitl.vehicle_body import PointBody

    rng, codec, vehicle = random.Random(5), MavlinkCodec(), Px4Vehicle(PointBody())
    bridge = harness.add(AutopilotBridge, connection="udp:127.0.0.1:0")
    bridge._now = lambda: 100.0 + vehicle.now
    link, states = bridge._backend._link, []
    link.receive = lambda now: [
        message
        for packet in vehicle.advance(vehicle.now + 0.02)
        for message in codec.decode(packet)
    ]
    link.send = lambda messages, now: [
        vehicle.receive(codec.encode(message)) for message in messages
    ]
    bridge._states.publish = lambda message: states.append(read_json(message.data))
    for _ in range(COUNT):
        feed(bridge._on_order, String(data=order_text(rng)))
        feed(
            bridge._on_command,
            command_message(Command(vx=1.0), 0) if rng.random() < 0.5 else twist(rng),
        )
        bridge._on_timer()
        assert not vehicle.armed and vehicle.set_points == 0
    bridge.close()
    assert None not in states and all(BridgeReport.from_facts(state) for state in states)
    assert bridge.session.phase is Phase.READY and vehicle.uptime > 10.0


def test_every_image_is_identified_by_its_stamp_whatever_else_it_holds(harness):
    rng, node, seen = random.Random(7), harness.add(SupervisorNode, use_sim_time=True), []
    node._supervisor.image = lambda stamp, now: seen.append(stamp)
    for _ in range(COUNT):
        stamp = rng.randrange(0, 2**31 * 10**9)
        assert feed(node._on_image, image(rng, stamp))
        assert from_seconds(seen[-1]) == pytest.approx(stamp, abs=500)  # float64 of seconds
    for encapsulation, layout in ((LITTLE, "<iI"), (BIG, ">iI")):
        assert feed(node._on_image, encapsulation + struct.pack(layout, 7, 500_000_000) + b"more")
        assert seen[-1] == 7.5
    for length in range(12):
        before = len(seen)
        assert not feed(node._on_image, rng.randbytes(length)) and len(seen) == before


LIMITS = {
    "speed": 2.0,
    "vertical_speed": 1.0,
    "yaw_rate": 1.2,
    "acceleration": 4.0,
    "yaw_acceleration": 6.0,
}
OWN = {"speed": 1.5, "vertical_speed": 0.7, "yaw_rate": 0.9}
"""The bridge's own limits, narrower here than the supervisor's."""


def inside(command, limits):
    speed = math.hypot(command.vx, command.vy)
    return (
        speed <= limits["speed"] + 1e-6
        and abs(command.vz) <= limits["vertical_speed"] + 1e-6
        and abs(command.yaw_rate) <= limits["yaw_rate"] + 1e-6
    )


class Engaged:
    """Supervisor and bridge with each other's messages, on a clock of their own; whoever has held
    is engaged again.
    """

    def __init__(self, harness, rng):
        self.rng, self.now, self.out, self.sent = rng, 50.0, [], []
        self.supervisor = harness.add(
            SupervisorNode, use_sim_time=True, **LIMITS, autopilot_age=1.0, latency=0.3
        )
        self.bridge = harness.add(
            AutopilotBridge, autopilot="twist_stamped", use_sim_time=True, **OWN
        )
        self.supervisor._stamping = self.bridge._now = lambda: self.now
        self.supervisor._inputs._now = self.supervisor._now
        self.bridge._backend._now = lambda: self.now
        self.bridge._backend._publisher = Wire(TwistStamped, self.sent)
        self.supervisor._commands.publish = self.let_through
        self.supervisor._order.publish = self.bridge._on_order
        self.bridge._states.publish = self.supervisor._inputs._on_state

    def let_through(self, message):
        self.out.append((self.now, self.supervisor._supervisor.state, command_from(message)))
        self.bridge._on_command(message)

    def step(self, command):
        self.now += self.rng.uniform(0.005, 0.05)
        stamp = from_seconds(self.now)
        feed(self.supervisor._on_image, image(self.rng, stamp))
        feed(self.supervisor._on_command, command_message(command, stamp))
        self.supervisor._on_timer()
        self.bridge._on_timer()
        if self.supervisor._supervisor.state is not Mode.ENGAGED:
            self.supervisor._supervisor.engage(self.now)
            self.supervisor._show_mode()


def test_engaged_every_command_that_goes_out_is_inside_the_limits(harness):
    rng = random.Random(11)
    graph = Engaged(harness, rng)
    for _ in range(COUNT):
        wild = Command(*(number(rng) for _ in range(4)))
        tame = Command(*(rng.uniform(-9.0, 9.0) for _ in range(4)))
        graph.step(wild if rng.random() < 0.3 else tame)
        if rng.random() < 0.2:
            feed(graph.bridge._on_command, twist(rng))  # as if the supervisor had no limits
        assert graph.bridge.session.phase in (Phase.READY, Phase.FLYING, Phase.HOLDING)
    commands = [command for _, _, command in graph.out]
    assert all(inside(command, LIMITS) for command in commands)
    assert all(inside(command_from(message), OWN) for message in graph.sent)
    for (before, was, last), (now, mode, command) in pairwise(graph.out):
        if mode is Mode.ENGAGED and was is Mode.ENGAGED:
            most = LIMITS["acceleration"] * (now - before) + 1e-6
            assert math.hypot(command.vx - last.vx, command.vy - last.vy) <= most
            assert abs(command.vz - last.vz) <= most
            assert (
                abs(command.yaw_rate - last.yaw_rate)
                <= LIMITS["yaw_acceleration"] * (now - before) + 1e-6
            )
    # Else this were a test of standing still.
    assert sum(command != Command() for command in commands) > COUNT / 4
    assert sum(command_from(message) != Command() for message in graph.sent) > COUNT / 4
    assert {mode for _, mode, _ in graph.out} >= {Mode.ENGAGED, Mode.HOLDING}


def test_an_intruder_on_the_controllers_topic_moves_nothing(harness):
    node = harness.add(SupervisorNode)
    own = harness.probe.create_publisher(TwistStamped, "liquid_controller/cmd_vel", reliable_qos())
    harness.matched(own)
    intruder = harness.probe.create_publisher(
        TwistStamped, "liquid_controller/cmd_vel", reliable_qos()
    )
    harness.until(lambda: node.count_publishers("liquid_controller/cmd_vel") == 2, "discovery")
    now = node._now()
    node._supervisor.image(now)
    node._supervisor.command(Command(vx=1.0), now, now)
    node._inputs.count_publishers()
    done, reason = node._supervisor.engage(now)
    assert not done and "2 publishers on /liquid_controller/cmd_vel" in reason
    harness.probe.destroy_publisher(intruder)
    harness.until(
        lambda: node.count_publishers("liquid_controller/cmd_vel") == 1, "the intruder to leave"
    )
    node._inputs.count_publishers()
    now = node._now()
    node._supervisor.image(now)
    node._supervisor.command(Command(vx=1.0), now, now)
    assert node._supervisor.engage(now)[0]
