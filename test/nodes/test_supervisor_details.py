"""The supervisor's node without a network: the test holds its topics, services, timers and clocks;
at limits.
"""

import importlib.util
import json
import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from geometry_msgs.msg import TwistStamped
from nav_msgs.msg import Odometry
from rclpy.clock_type import ClockType
from rclpy.parameter import Parameter
from rclpy.serialization import serialize_message
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import BatteryState, CompressedImage, Image, Joy
from std_msgs.msg import String
from std_srvs.srv import Trigger

from liquid_nav.errors import UserError
from liquid_nav.nodes import safety_supervisor
from liquid_nav.nodes.diagnostics import ERROR, OK, WARN, Diagnostics
from liquid_nav.nodes.drone_messages import odometry_message
from liquid_nav.nodes.messages import (
    command_from,
    command_message,
    image_message,
    nanoseconds,
    to_stamp,
)
from liquid_nav.nodes.qos import command_output_qos, latched_qos, reliable_qos, sensor_data_qos
from liquid_nav.nodes.safety_supervisor import LIMITS, SupervisorNode
from liquid_nav.nodes.supervisor_inputs import WATCHED, SupervisorInputs
from liquid_nav.safety import BridgeReport, Phase, SafetyLimits, SafetySupervisor, WatchLimits
from liquid_nav.simulation.state import DroneState
from liquid_nav.types import Command

_SPEC = importlib.util.spec_from_file_location("wires", Path(__file__).with_name("wires.py"))
wires = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(wires)
context, node = wires.context, wires.node  # fixtures

FORWARD = Command(1.0, 0.5, 0.2, 0.1)
NANO = 1_000_000_000
STEADY = 500.0
"""Time of the steady clock when a test begins, s; the clock that stamps messages shows
1,700,000,000 s then.
"""


class Wired(wires.Wires, SupervisorNode):
    """A supervisor."""


@pytest.fixture
def make(node, monkeypatch):
    """Return a function that makes a bench."""
    return lambda **options: Bench(node, monkeypatch, **options)


class Bench:
    """A supervisor whose clock stands at ``time`` s: the simulated one, or with ``wall`` the
    computer's steady one.
    """

    def __init__(self, node, monkeypatch, wall=False, **parameters):
        self.wall, self.time = wall, STEADY if wall else 0.0
        # In simulation this one must not be read.
        steady = SimpleNamespace(monotonic=lambda: self.time if wall else 1e6)
        monkeypatch.setattr(safety_supervisor, "wall", steady)
        monkeypatch.setattr(Wired, "stamping", 1.7e9 if wall else None)
        quick = {"acceleration": 100.0, "yaw_acceleration": 100.0}
        self.node = node(Wired, use_sim_time=not wall, **(quick | parameters))
        self.sent = self.node.sent
        if not wall:
            self.at(0.75)

    def at(self, time):
        """Set the clock, s; of the computer's clocks both go on."""
        if self.wall:
            self.node.stamping += time - self.time
        else:
            self.node.callbacks["/clock"](Clock(clock=to_stamp(round(time * NANO))))
        self.time = time

    @property
    def stamp(self):
        """Of this instant, ns."""
        return self.node.get_clock().now().nanoseconds

    def image(self, stamp=None):
        message = image_message(
            np.zeros((1, 1, 3), np.uint8), self.stamp if stamp is None else stamp, "c"
        )
        self.node.callbacks["camera/image_raw"](serialize_message(message))

    def command(self, command=FORWARD, stamp=None):
        """Hand over a command; returns what is let through at once."""
        before = len(self.sent["cmd_vel"])
        self.node.callbacks["liquid_controller/cmd_vel"](
            command_message(command, self.stamp if stamp is None else stamp)
        )
        (answer,) = self.sent["cmd_vel"][before:]
        return command_from(answer)

    def frame(self, command=FORWARD):
        self.image()
        return self.command(command)

    def call(self, service):
        kind, callback = self.node.offers[f"~/{service}"]
        assert kind is Trigger
        answer = callback(Trigger.Request(), Trigger.Response())
        return answer.success, answer.message

    def engage(self):
        """Engage, at 1 s of a simulated clock."""
        self.frame()
        assert self.call("engage") == (True, "engaged")
        self.at(self.time + 0.25)
        assert self.frame() == FORWARD
        return self

    def tick(self):
        """Call the supervisor's own timer."""
        ((_, _, callback),) = [tick for tick in self.node.ticks if tick[0] != 1.0]
        callback()

    def order(self):
        return json.loads(self.sent["safety_supervisor/order"][-1].data)

    def modes(self):
        return [message.data for message in self.sent["safety_supervisor/mode"]]

    def report(self, phase, text="", kind="", flips=0, switched_on=False, **other):
        """The bridge reports, as having received the last order unless ``other`` sets something
        else.
        """
        order = self.order()
        received = {
            "supervisor": order["supervisor"],
            "act": order["act"],
            "change": order["change"],
        } | other
        report = BridgeReport(
            phase,
            phase is not Phase.READY,
            False,
            received["supervisor"],
            received["act"],
            kind,
            text,
            received["change"],
            flips,
            switched_on,
        )
        self.node.callbacks["autopilot_bridge/state"](String(data=json.dumps(report.to_facts())))


CHANGEABLE = {
    "speed": (0.0, 30.0),
    "vertical_speed": (0.05, 10.0),
    "yaw_rate": (0.0, 6.0),
    "acceleration": (0.1, 100.0),
    "yaw_acceleration": (0.1, 100.0),
    "image_age": (0.02, 10.0),
    "command_age": (0.02, 10.0),
    "descent": (0.05, 5.0),
    "resume": (0.0, 600.0),
    "odometry_age": (0.0, 10.0),
    "autopilot_age": (0.0, 10.0),
    "latency": (0.0, 10.0),
    "clock_jump": (0.0, 60.0),
    "position_jump": (0.0, 100.0),
    "pose_frozen": (0.0, 60.0),
    "battery": (0.0, 1.0),
    "battery_age": (0.0, 600.0),
    "joy_age": (0.0, 60.0),
    "recorder_age": (0.0, 60.0),
    "radius": (0.0, 10000.0),
    "low": (-1000.0, 0.0),
    "high": (0.0, 1000.0),
}
"""Parameter -> its range."""

# How it is made


def test_parameters_have_the_defaults_ranges_and_descriptions_of_the_interface(make):
    node, usual = make(acceleration=3.0, yaw_acceleration=4.0).node, SafetyLimits()
    changeable = {
        name: (getattr(usual, name), CHANGEABLE[name], text) for name, text in LIMITS.items()
    }
    changeable |= {
        name: (0.0, CHANGEABLE[name], f"{text} 0: not watched.") for name, text in WATCHED.items()
    }
    expected = changeable | {
        "silence": (
            0.25,
            (0.02, 10.0),
            "Time without a command until the supervisor publishes by itself, s.",
        ),
        "frame_prefix": ("", None, "Prefix of all frame ids."),
        "image_transport": ("raw", None, "raw or compressed, as the controller's."),
    }
    found = {}
    for name in expected:
        descriptor = node.describe_parameter(name)
        ranges = [*descriptor.floating_point_range, *descriptor.integer_range]
        limits = (ranges[0].from_value, ranges[0].to_value) if ranges else None
        found[name] = node.get_parameter(name).value, limits, descriptor.description
    assert found == expected
    assert {name for name in expected if not node.describe_parameter(name).read_only} == set(
        changeable
    )
    assert set(changeable) == set(CHANGEABLE)


@pytest.mark.parametrize("transport", ["theora", "Raw", "compressedDepth"])
def test_a_transport_that_is_none_is_refused(make, transport):
    """It would watch the raw images, which may not be those that fly."""
    with pytest.raises(
        UserError, match=f"unknown image_transport '{transport}'. choose raw or compressed"
    ):
        make(image_transport=transport)


@pytest.mark.parametrize("transport", ["raw", "compressed"])
def test_topics_services_and_the_timer(make, transport):
    node = make(image_transport=transport, silence=0.5).node
    camera = {
        "raw": ("camera/image_raw", Image),
        "compressed": ("camera/image_raw/compressed", CompressedImage),
    }
    topic, kind = camera[transport]
    assert node.get_name() == "safety_supervisor"
    expected = {
        topic: (kind, sensor_data_qos(), True),
        "liquid_controller/cmd_vel": (TwistStamped, reliable_qos(), False),
        "autopilot_bridge/state": (String, latched_qos(), False),
        "joy": (Joy, sensor_data_qos(), False),
        "cmd_vel": (TwistStamped, command_output_qos()),
        "safety_supervisor/mode": (String, latched_qos()),
        "safety_supervisor/order": (String, latched_qos()),
    }
    assert {name: node.seen[name] for name in expected} == expected
    other = {name for name, _ in camera.values()} - {topic}
    assert not other & set(node.seen) and not {"odom", "battery_state"} & set(node.seen)
    names = {"engage", "disengage", "hold", "land"}
    assert names | {f"~/{name}" for name in names} <= set(node.offers)
    assert [tick[:2] for tick in node.ticks if tick[0] != 1.0] == [(0.02, ClockType.STEADY_TIME)]
    quick = make(silence=0.05).node
    assert [tick[0] for tick in quick.ticks if tick[0] != 1.0] == [pytest.approx(0.01)]
    node.callbacks["liquid_controller/cmd_vel"](command_message(FORWARD, 0))
    assert f"/{topic}" in node.looked


@pytest.mark.parametrize(
    ("limit", "topics"),
    [
        ({"odometry_age": 0.5}, {"odom"}),
        ({"position_jump": 2.0}, {"odom"}),
        ({"pose_frozen": 1.0}, {"odom"}),
        ({"radius": 50.0}, {"odom"}),
        ({"low": -1.0}, {"odom"}),
        ({"high": 9.0}, {"odom"}),
        ({"battery": 0.2}, {"battery_state"}),
        ({"battery_age": 5.0}, {"battery_state"}),
        ({"battery": 0.2, "odometry_age": 0.5}, {"odom", "battery_state"}),
        ({"autopilot_age": 1.0, "latency": 0.3, "clock_jump": 2.0, "joy_age": 1.0}, set()),
    ],
    ids=str,
)
def test_odometry_and_battery_are_received_and_guarded_where_a_limit_needs_them(
    make, limit, topics
):
    bench = make(**limit)
    seen, both = bench.node.seen, {"odom", "battery_state"}
    assert both & set(seen) == topics
    expected = {
        "odom": (Odometry, sensor_data_qos(), False),
        "battery_state": (BatteryState, sensor_data_qos(), False),
    }
    assert all(seen[topic] == expected[topic] for topic in topics)
    bench.node.looked.clear()
    bench.tick()
    always = {
        "/liquid_controller/cmd_vel",
        "/cmd_vel",
        "/safety_supervisor/order",
        "/autopilot_bridge/state",
        "/camera/image_raw",
    }
    assert set(bench.node.looked) == always | {f"/{topic}" for topic in topics}


def test_main_runs_the_node_and_ends_with_its_code(monkeypatch):
    monkeypatch.setattr(safety_supervisor, "run_node", lambda kind, arguments: (kind, arguments))
    with pytest.raises(SystemExit) as ended:
        safety_supervisor.main(["--ros-args"])
    assert ended.value.code == (SupervisorNode, ["--ros-args"])


# What it publishes, and when


def test_it_begins_disengaged_and_publishes_it_with_a_new_identity(make):
    first, second = make(), make()
    for bench in (first, second):
        assert bench.modes() == ["disengaged"] and len(bench.sent["safety_supervisor/order"]) == 1
        assert bench.sent["cmd_vel"] == []
        level, text, values = bench.node.status("inputs")
        assert (level, text) == (WARN, "no camera image yet; no command from the controller yet")
        assert values == {"mode": "disengaged", "faults": text}
    facts = first.order()
    assert {key: facts[key] for key in ("mode", "act", "engagement", "change", "stamp")} == {
        "mode": "disengaged",
        "act": 0,
        "engagement": 0,
        "change": 0,
        "stamp": 0.0,
    }
    assert len(facts["supervisor"]) == 8 and facts["supervisor"] != second.order()["supervisor"]


def test_every_command_is_answered_at_once_with_its_stamp_and_the_frame_of_the_drone(make):
    bench = make(frame_prefix="d1/").engage()
    bench.at(1.04)
    bench.image()
    before = len(bench.sent["cmd_vel"])
    assert bench.command(stamp=1_020_000_000) == FORWARD
    (answer,) = bench.sent["cmd_vel"][before:]
    assert (nanoseconds(answer.header.stamp), answer.header.frame_id) == (
        1_020_000_000,
        "d1/base_link",
    )


def test_limits_and_watches_are_those_of_the_parameters(make):
    bench = make(speed=0.5, latency=0.05)
    bench.frame()
    assert bench.call("engage")[0]
    bench.at(1.0)
    assert bench.frame(Command(vx=3.0)) == Command(vx=0.5)
    for _ in range(5):
        bench.image()
        bench.command(stamp=bench.stamp - 60_000_000)
    assert bench.modes()[-1] == "holding"


@pytest.mark.parametrize(
    ("ahead", "passes"), [(0, True), (1, True), (NANO // 2 - 1, True), (NANO // 2, False)]
)
def test_in_lock_step_a_command_may_come_before_its_clock(make, ahead, passes):
    bench = make().engage()
    bench.image(NANO + ahead)
    assert (bench.command(stamp=NANO + ahead) == FORWARD) is passes


def test_in_the_computers_time_a_command_from_the_future_is_a_fault(make):
    bench = make(wall=True).engage()
    assert bench.command(stamp=bench.stamp + 300_000_000) == Command()
    assert bench.modes()[-1] == "holding"


def test_in_the_computers_time_an_image_from_the_future_is_left_out(make):
    """Every tenth of another computer's; the others go on."""
    bench = make(wall=True).engage()
    for k in range(20):
        bench.at(bench.time + 0.03)
        if k % 10 == 5:
            bench.image(bench.stamp + 300_000_000)
        else:
            assert bench.frame() == FORWARD
    assert bench.modes()[-1] == "engaged"


def test_in_lock_step_an_image_may_come_before_its_clock(make):
    bench = make().engage()
    bench.image(bench.stamp + 300_000_000)
    bench.at(bench.time + 0.6)
    assert bench.command() == FORWARD, "that image is fresh: the one before it would be too old"


@pytest.mark.parametrize("wall", [False, True])
def test_it_publishes_by_itself_after_its_silence_and_not_before(make, wall):
    bench = make(wall=wall, silence=0.5, image_age=9.0, command_age=9.0).engage()
    begin, messages = bench.time, bench.sent["cmd_vel"]
    before = len(messages)
    for later, count in ((0.25, 0), (0.499, 0), (0.5, 1), (0.75, 1), (0.999, 1), (1.0, 2)):
        bench.at(begin + later)
        bench.tick()
        assert len(messages) - before == count, later
    assert nanoseconds(messages[-1].header.stamp) == bench.stamp


@pytest.mark.parametrize("wall", [False, True])
def test_a_fault_between_two_commands_is_a_hold_at_the_next_look(make, wall):
    """Not at the end of the silence: a camera that dies would fly on for up to 0.3 s more."""
    bench = make(wall=wall, silence=0.25, image_age=0.5, command_age=0.5).engage()
    begin = bench.time
    bench.at(begin + 0.375)
    bench.tick()
    before = len(bench.sent["cmd_vel"])
    bench.at(begin + 0.5)
    bench.tick()
    assert len(bench.sent["cmd_vel"]) == before and bench.modes()[-1] == "engaged"
    bench.at(begin + 0.53125)
    bench.tick()
    assert [command_from(message) for message in bench.sent["cmd_vel"][before:]] == [Command()]
    assert bench.modes()[-1] == "holding"
    bench.at(begin + 0.5625)
    bench.tick()
    assert len(bench.sent["cmd_vel"]) == before + 1, "once; then as often as its silence sets"


def test_it_publishes_by_itself_also_before_the_first_command(make):
    bench = make(silence=0.5)
    bench.tick()
    assert [command_from(message) for message in bench.sent["cmd_vel"]] == [Command()]


def test_a_command_begins_the_silence_anew(make):
    bench = make(silence=0.5).engage()
    bench.at(1.25)
    bench.frame()
    before = len(bench.sent["cmd_vel"])
    bench.at(1.5)
    bench.tick()
    assert len(bench.sent["cmd_vel"]) == before
    bench.at(1.75)
    bench.tick()
    assert len(bench.sent["cmd_vel"]) == before + 1


@pytest.mark.parametrize(("back", "count"), [(0.5, 0), (1.0, 0), (1.25, 1)])
def test_it_publishes_where_a_simulation_begins_anew(make, back, count):
    bench = make(silence=0.5)
    bench.at(10.0)
    bench.frame()
    before = len(bench.sent["cmd_vel"])
    bench.at(10.0 - back)
    bench.tick()
    assert len(bench.sent["cmd_vel"]) - before == count


def test_a_change_of_mode_is_published_by_the_timer_too_and_before_the_silence_is_over(make):
    bench = make(silence=10.0).engage()
    bench.report(Phase.RELEASED)
    assert bench.modes() == ["disengaged", "engaged"]
    bench.tick()
    assert bench.modes() == ["disengaged", "engaged", "pilot"] and bench.order()["mode"] == "pilot"


def test_the_order_is_published_before_the_command_that_follows_from_it(make):
    bench = make().engage()
    bench.node.topics_sent.clear()
    assert bench.command(Command(vx=math.nan)) == Command()
    messages = [
        topic for topic in bench.node.topics_sent if topic in ("safety_supervisor/order", "cmd_vel")
    ]
    assert messages == ["safety_supervisor/order", "cmd_vel"]


# The order, repeated


@pytest.mark.parametrize(
    "other_report", [{"supervisor": "other"}, {"change": 77}], ids=["another", "older"]
)
def test_an_order_that_the_bridge_has_not_received_is_repeated_once_a_second(make, other_report):
    bench = make()
    bench.at(10.0)
    bench.frame()
    assert bench.call("hold")[0]
    bench.report(Phase.READY, **other_report)
    orders = bench.sent["safety_supervisor/order"]
    before = len(orders)
    for time, count in (
        (10.0, 0),
        (10.5, 0),
        (10.999, 0),
        (11.0, 1),
        (11.5, 1),
        (11.999, 1),
        (12.0, 2),
        (11.75, 3),
    ):
        bench.at(time)
        bench.tick()
        assert len(orders) - before == count, time
    assert orders[-1] == orders[before - 1]


@pytest.mark.parametrize("received", [True, False])
def test_an_order_that_was_received_or_has_no_receiver_is_not_repeated(make, received):
    bench = make()
    bench.at(10.0)
    if received:
        bench.report(Phase.READY)
    orders = bench.sent["safety_supervisor/order"]
    before = len(orders)
    for time in (11.0, 12.0, 15.0):
        bench.at(time)
        bench.tick()
    assert len(orders) == before


# Diagnostics


def test_what_is_wrong_is_a_warning_on_the_ground_and_an_error_in_a_hold(make):
    bench = make(image_age=0.5, command_age=0.5).engage()
    assert bench.node.status("inputs") == (OK, "camera and controller are fresh", {})
    bench.at(1.75)
    bench.tick()
    level, text, values = bench.node.status("inputs")
    assert level == ERROR and bench.modes()[-1] == "holding"
    assert text == (
        "camera image is too old: is the camera node running, does its clock agree with ours?; "
        "command is too old: is liquid_controller active?"
    )
    first, second = values.pop("faults").split("; ")
    assert "0.75 s" in first and "image" in first and "0.75 s" in second and "command" in second
    assert values == {"mode": "holding"}
    assert bench.call("disengage") == (True, "disengaged")
    bench.at(2.75)
    bench.tick()
    level, _, values = bench.node.status("inputs")
    assert level == WARN and values["mode"] == "disengaged"


def test_why_it_holds_is_published_until_a_person_or_health_engages_again(make):
    bench = make(resume=0.5).engage()
    assert bench.node.status("mode")[:2] == (OK, "engaged")
    bench.command(Command(vx=math.nan))
    level, text, _ = bench.node.status("mode")
    assert level == ERROR
    assert text.startswith("holding: the command is not a finite number") or text.startswith(
        "holding: "
    )
    assert text.endswith(": engage again to go on")
    for time in (1.25, 1.5, 1.75, 2.0):
        bench.at(time)
        bench.frame()
    assert bench.node.status("mode")[:2] == (OK, "engaged") and bench.modes()[-2:] == [
        "holding",
        "engaged",
    ]


def test_a_pilot_is_a_warning_and_what_was_asked_for_is_none(make):
    bench = make().engage()
    bench.report(Phase.RELEASED, text="POSCTL was chosen")
    bench.tick()
    assert bench.node.status("mode")[:2] == (
        WARN,
        "pilot: POSCTL was chosen: engage again to go on",
    )
    assert bench.call("hold") == (True, "holding")
    assert bench.node.status("mode")[:2] == (OK, "holding")


def test_every_change_of_the_mode_is_logged_once_with_its_cause_and_published_with_values(make):
    bench = make(resume=0.5).engage()
    assert bench.node.status("mode")[2] == {
        "mode": "engaged",
        "before": "disengaged",
        "cause": "asked for by the service engage",
        "act": "1",
        "engagement": "1",
    }
    bench.command(Command(vx=math.nan))
    reported = bench.node.status("mode")[2]
    assert (reported["mode"], reported["before"]) == (
        "holding",
        "engaged",
    ) and "not finite" in reported["cause"]
    for time in (1.25, 1.5, 1.75, 2.0):
        bench.at(time)
        bench.frame()
    for service in ("hold", "hold", "land", "disengage"):
        bench.call(service)
    assert bench.node.status("mode")[2]["act"] == "5", (
        "a request that changes no mode is published too"
    )
    messages = [
        text for level, text in bench.node.log if level == "info" and text.startswith("mode: ")
    ]
    assert messages[1].startswith("mode: engaged -> holding: ") and "not finite" in messages.pop(1)
    assert messages == [
        "mode: disengaged -> engaged: asked for by the service engage",
        "mode: holding -> engaged: resumed: all inputs are healthy again",
        "mode: engaged -> holding: asked for by the service hold",
        "mode: holding -> landing: asked for by the service land",
        "mode: landing -> disengaged: asked for by the service disengage",
    ]


def test_a_mode_after_a_flip_of_the_switch_names_the_switch(make):
    bench = make()
    bench.frame()
    bench.report(Phase.READY, flips=3, switched_on=True)
    bench.report(Phase.READY, flips=4, switched_on=True)
    bench.tick()
    assert (
        "info",
        "mode: disengaged -> engaged: the engage switch of the remote control",
    ) in bench.node.log


def test_the_mode_for_people_is_published_when_it_changes_and_the_order_for_every_request(make):
    bench = make()
    for _ in range(2):
        assert bench.call("hold") == (True, "holding")
    assert bench.modes() == ["disengaged", "holding"]
    acts = [json.loads(message.data)["act"] for message in bench.sent["safety_supervisor/order"]]
    assert acts == [0, 1, 2]
    bench.tick()
    assert len(bench.sent["safety_supervisor/order"]) == 3


# Services and second publishers


@pytest.mark.parametrize(
    ("service", "mode"), [("hold", "holding"), ("disengage", "disengaged"), ("land", "landing")]
)
def test_a_service_acts_at_once_and_answers(make, service, mode):
    bench = make().engage()
    bench.at(1.5)
    assert bench.call(service) == (True, mode)
    assert bench.modes()[-1] == mode
    assert (bench.order()["mode"], bench.order()["act"], bench.order()["stamp"]) == (mode, 2, 1.5)


@pytest.mark.parametrize(
    ("service", "mode"),
    [
        ("engage", "engaged"),
        ("hold", "holding"),
        ("disengage", "disengaged"),
        ("land", "landing"),
    ],
)
def test_the_old_name_of_a_service_does_the_same_and_warns_once(make, service, mode):
    bench = make().engage()
    _, callback = bench.node.offers[service]
    for act in (2, 3):
        bench.frame()
        answer = callback(Trigger.Request(), Trigger.Response())
        assert (answer.success, answer.message) == (True, mode)
        assert (bench.order()["mode"], bench.order()["act"]) == (mode, act)
    warned = [text for level, text in bench.node.log if level == "warning"]
    assert [text for text in warned if "service" in text] == [
        f"the service /{service} is now called /safety_supervisor/{service}; the old name goes "
        "with the next release"
    ]


def test_the_old_name_of_engage_is_refused_as_the_new_one_is(make):
    bench = make()
    _, callback = bench.node.offers["engage"]
    bench.frame()
    bench.node.several["/cmd_vel"] = 2
    answer = callback(Trigger.Request(), Trigger.Response())
    assert not answer.success and "2 publishers on /cmd_vel" in answer.message
    assert bench.modes() == ["disengaged"] and bench.order()["act"] == 0


def test_engaging_is_refused_with_the_reason(make):
    assert make().call("engage") == (
        False,
        "no camera image yet; no command from the controller yet",
    )


def test_an_intruder_is_looked_for_before_engaging(make):
    bench = make()
    bench.frame()
    bench.node.several["/cmd_vel"] = 2
    granted, text = bench.call("engage")
    assert not granted and "2 publishers on /cmd_vel" in text


def test_an_intruder_is_looked_for_by_the_timer_and_before_a_command_passes(make):
    bench = make().engage()
    bench.node.several["/liquid_controller/cmd_vel"] = 2
    assert bench.frame() == Command() and bench.modes()[-1] == "holding"
    bench = make().engage()
    bench.node.several["/camera/image_raw"] = 2
    bench.at(1.25)
    bench.tick()
    assert (
        bench.modes()[-1] == "holding"
        and "2 publishers on /camera/image_raw" in bench.node.status("mode")[1]
    )


# The computer's clocks


@pytest.mark.parametrize("seconds", [-60.0, 0.11, 3600.0])
def test_a_clock_that_is_set_is_reported_and_ages_stay(make, seconds):
    bench = make(wall=True).engage()
    before = bench.stamp
    bench.node.stamping += seconds
    bench.image(before)
    assert bench.command(stamp=before) == FORWARD  # made before, arrives after
    assert bench.frame() == FORWARD and bench.modes()[-1] == "engaged"
    assert bench.node.status("clock") == (
        WARN,
        "the computer's clock was set: ages are measured by its steady clock, nothing else changes",
        {"jump": f"{seconds:+.3f} s"},
    )
    bench.at(bench.time + 0.7)
    bench.tick()
    assert bench.modes()[-1] == "holding"


def test_a_clock_that_runs_a_little_faster_is_not_reported(make):
    bench = make(wall=True).engage()
    bench.node.stamping += 0.05
    bench.frame()
    assert "clock" not in bench.node.statuses()


def test_the_simulated_clock_is_the_only_one_that_counts_in_simulation(make):
    bench = make().engage()
    bench.node.callbacks["/clock"](Clock(clock=to_stamp(100 * NANO)))
    bench.frame()
    bench.at(99.0)
    assert bench.call("hold")[0] and bench.order()["stamp"] == 99.0
    assert "clock" not in bench.node.statuses()


def test_in_the_computers_time_orders_are_stamped_by_the_steady_clock(make):
    bench = make(wall=True)
    bench.at(STEADY + 2.5)
    assert bench.call("hold")[0] and bench.order()["stamp"] == STEADY + 2.5


# What it receives beside images and commands


def pose(x, time, yaw=0.0):
    """Odometry at ``x``, level."""
    turned, zero = np.array((math.cos(yaw / 2), 0.0, 0.0, math.sin(yaw / 2))), np.zeros(3)
    state = DroneState(time, np.array((x, 2.0, 3.0)), turned, np.array((0.5, 0.0, 0.0)), zero, zero)
    return odometry_message(state, round(time * NANO))


def test_odometry_goes_in_whole_with_its_stamp_and_its_arrival(node, monkeypatch):
    owner, supervisor, calls = (
        node(wires.Plain),
        SafetySupervisor(watch=WatchLimits(radius=9.0)),
        [],
    )
    monkeypatch.setattr(supervisor.watch, "odometry", lambda *given: calls.append(given))
    SupervisorInputs(owner, supervisor, Diagnostics(owner), lambda: 8.0, "camera")
    owner.callbacks["odom"](pose(7.0, 0.75, yaw=0.3))
    ((position, velocity, yaw, stamp, now),) = calls
    assert (position.tolist(), velocity.tolist()) == (
        [7.0, 2.0, 3.0],
        pytest.approx([0.5, 0.0, 0.0]),
    )
    assert (yaw, stamp, now) == (pytest.approx(0.3), 0.75, 8.0)


def test_odometry_that_is_silent_is_a_hold(make):
    bench = make(odometry_age=0.5)
    assert "odometry" in bench.call("engage")[1]
    bench.node.callbacks["odom"](pose(0.0, 1.0))
    bench.engage()
    bench.node.callbacks["odom"](pose(1.0, 2.0))
    bench.at(1.5)
    assert bench.frame() == FORWARD
    bench.at(1.75)
    assert bench.frame() == Command()


def test_the_battery_is_passed_on_with_its_arrival(make):
    bench = make(battery=0.2, battery_age=5.0)
    bench.node.callbacks["battery_state"](BatteryState(percentage=0.5))
    bench.engage()
    bench.node.callbacks["battery_state"](BatteryState(percentage=0.5))
    bench.at(6.0)
    assert bench.frame() == FORWARD
    bench.at(6.25)
    assert bench.frame() == Command()  # silent
    for _ in range(3):
        assert bench.modes()[-1] == "holding"
        bench.node.callbacks["battery_state"](BatteryState(percentage=0.1))
        bench.frame()
    assert bench.modes()[-1] == "landing"


def test_the_bridge_is_passed_on_with_its_arrival(make):
    bench = make(autopilot_age=1.0)
    bench.report(Phase.READY)
    bench.frame()
    assert bench.call("engage")[0]
    bench.at(1.0)
    bench.report(Phase.FLYING)
    bench.at(2.0)
    assert bench.frame() == FORWARD
    bench.at(2.25)
    assert bench.frame() == Command()


def test_what_is_no_state_of_a_bridge_is_dropped_and_quoted_in_short(make):
    bench = make()
    bench.node.callbacks["autopilot_bridge/state"](String(data='{"phase": "' + "x" * 100 + '"}'))
    level, text, _ = bench.node.status("input autopilot_bridge/state")
    quoted = '{"phase": "' + "x" * 69
    assert level == ERROR and text == (
        f"1 message(s) dropped: ValueError: no state of an autopilot_bridge: {quoted!r}"
    )


@pytest.mark.parametrize(
    "topic",
    [
        "odom",
        "battery_state",
        "joy",
        "autopilot_bridge/state",
        "camera/image_raw",
        "liquid_controller/cmd_vel",
    ],
)
def test_what_cannot_be_used_is_dropped_and_named_whatever_it_was_meant_for(make, topic):
    bench = make(odometry_age=0.5, battery=0.2)
    bench.node.callbacks[topic](None)
    level, text, _ = bench.node.status(f"input {topic}")
    assert level == ERROR and text.startswith("1 message(s) dropped: ")


@pytest.mark.parametrize("w", [0.0, math.nan, 14.0])
def test_odometry_whose_orientation_is_none_is_refused_aloud_and_counts_as_silent(make, w):
    bench = make(odometry_age=0.5)
    message = Odometry()
    message.pose.pose.orientation.w = w
    bench.node.callbacks["odom"](message)
    level, text, _ = bench.node.status("input odom")
    assert (level, text) == (
        ERROR,
        f"1 message(s) dropped: ValueError: the orientation is a quaternion of length {w:g}, "
        "expected 1",
    )
    assert [str(fault) for fault in bench.node._supervisor.watch.faults(bench.time)] == [
        "no odometry yet"
    ]


def test_a_battery_that_counts_to_100_is_refused_with_an_error_and_prevents_engagement(make):
    bench = make(battery=0.2)
    for _ in range(3):
        bench.node.callbacks["battery_state"](BatteryState(percentage=78.0, present=True))
    text = (
        "battery_state reported 78, and 1 is full: divide its percentage by 100 if it counts to "
        "100, "
        "or fly without it (battery: 0.0)"
    )
    level, reported, _ = bench.node.status("input battery_state")
    assert (level, reported) == (ERROR, f"3 message(s) dropped: ValueError: {text}")
    done, why = bench.call("engage")
    assert not done and text in why


@pytest.mark.parametrize("unknown", [-0.01, -1.0, math.nan])
def test_a_driver_without_a_charge_is_received_and_neither_full_nor_empty(make, unknown):
    bench = make(battery=0.2)
    for _ in range(5):
        bench.node.callbacks["battery_state"](BatteryState(percentage=unknown, voltage=15.2))
    assert bench.node._supervisor.watch.faults(bench.time) == []
    assert "input battery_state" not in bench.node._diagnostics._statuses


def joy(bench, axes, buttons, name):
    message = Joy(axes=list(axes), buttons=list(buttons))
    message.header.frame_id = name
    bench.node.callbacks["joy"](message)


@pytest.mark.parametrize(
    ("axes", "buttons", "text"),
    [
        ((1.0, 0.0, 0.0, 0.0), (0, 0), "the pilot has touched stick 0"),
        ((0.0, 0.0, 0.0, 0.0), (0, 1), "the pilot has touched button 1"),
    ],
)
def test_a_touch_of_stick_or_button_is_the_pilots(make, axes, buttons, text):
    bench = make()
    joy(bench, (0.0,) * 4, (0, 0), "pad")
    bench.engage()
    joy(bench, (0.0,) * 4, (0, 0), "pad")
    assert bench.frame() == FORWARD
    joy(bench, axes, buttons, "pad")
    assert bench.frame() == Command()
    assert bench.node.status("mode")[1] == f"pilot: {text}: engage again to go on"


def test_two_devices_of_one_shape_rest_each_in_its_own_way(make):
    bench = make()
    for _ in range(3):
        joy(bench, (0.0, 0.0, -1.0, 0.0), (0, 0), "left")
        joy(bench, (0.0, 0.0, 1.0, 0.0), (0, 0), "right")
        if bench.modes()[-1] != "engaged":
            bench.engage()
    assert bench.frame() == FORWARD


def test_a_joystick_that_was_there_and_falls_silent_is_a_hold(make):
    bench = make(joy_age=1.0)
    bench.engage()
    joy(bench, (0.0,) * 4, (0, 0), "pad")
    bench.at(2.0)
    assert bench.frame() == FORWARD
    bench.at(2.25)
    assert bench.frame() == Command()


def test_the_switch_engages_and_it_is_logged(make):
    bench = make()
    bench.frame()
    bench.report(Phase.READY, flips=3, switched_on=True)
    bench.report(Phase.READY, flips=4, switched_on=True)
    bench.tick()
    assert bench.modes()[-1] == "engaged"
    assert ("info", "the switch of the remote control: engaged") in bench.node.log


def test_a_switch_that_engages_nothing_is_logged_with_the_reason(make):
    """Who publishes is looked at before the bridge is believed."""
    bench = make()
    bench.frame()
    bench.report(Phase.READY)
    bench.node.several["/cmd_vel"] = 2
    bench.report(Phase.READY, flips=1, switched_on=True)
    bench.tick()
    assert bench.modes()[-1] == "disengaged"
    ((level, line),) = [entry for entry in bench.node.log if "switch" in entry[1]]
    assert level == "warning" and "2 publishers on /cmd_vel" in line
    assert line.startswith("the switch of the remote control was flipped, and nothing engages: ")


def test_a_report_without_a_flip_is_nothing_to_log(make):
    bench = make()
    bench.frame()
    for on in (False, True):
        bench.report(Phase.READY, flips=2, switched_on=on)
    bench.tick()
    assert bench.modes()[-1] == "disengaged" and not [
        entry for entry in bench.node.log if "switch" in entry[1]
    ]


# Parameters of a running supervisor


def change(bench, **values):
    """Set parameters as `ros2 param set` does; returns the reason of a refusal, or nothing."""
    (result,) = bench.node.set_parameters(
        [Parameter(name, value=value) for name, value in values.items()]
    )
    return result.reason


def test_on_the_ground_a_limit_is_changed_and_counts_in_the_next_flight(make):
    bench = make(speed=5.0)
    assert change(bench, speed=0.5) == ""
    assert ("info", "parameter changed: speed 5 -> 0.5") in bench.node.log
    assert (
        bench.modes() == ["disengaged"] and bench.order()["act"] == bench.order()["engagement"] == 0
    )
    bench.frame()
    bench.call("engage")
    bench.at(bench.time + 0.25)
    command = bench.frame()
    assert math.hypot(command.vx, command.vy) == pytest.approx(0.5)


def test_in_flight_a_limit_is_tightened_at_once_and_not_loosened(make):
    bench = make(speed=2.0).engage()
    order = bench.order()
    assert change(bench, speed=5.0) == "speed 2 -> 5 loosens a limit in flight. Land first"
    assert bench.node.get_parameter("speed").value == 2.0
    assert bench.frame() == FORWARD
    assert change(bench, speed=0.5) == ""
    bench.at(bench.time + 0.25)
    command = bench.frame()
    assert math.hypot(command.vx, command.vy) == pytest.approx(0.5)
    assert bench.order() == order and bench.modes() == ["disengaged", "engaged"]


def test_what_a_new_limit_needs_is_received_from_then_on_and_has_one_publisher(make):
    bench = make()
    assert "odom" not in bench.node.callbacks and "battery_state" not in bench.node.callbacks
    assert change(bench, radius=10.0) == change(bench, battery=0.2) == ""
    assert bench.node.seen["odom"] == (Odometry, sensor_data_qos(), False)
    assert bench.node.seen["battery_state"] == (BatteryState, sensor_data_qos(), False)
    first = bench.node.callbacks["odom"]
    assert change(bench, radius=20.0) == "" and bench.node.callbacks["odom"] is first
    bench.node.several["/odom"] = 2
    bench.frame()
    engaged, text = bench.call("engage")
    assert not engaged and "/odom" in text


@pytest.mark.parametrize("name", ["silence", "frame_prefix", "image_transport"])
def test_what_is_read_at_the_start_only_is_read_only(make, name):
    bench = make()
    value = {"silence": 0.1}.get(name, "compressed")
    assert "read-only" in change(bench, **{name: value})


def test_a_limit_whose_topic_has_two_publishers_is_not_turned_on_in_flight(make):
    bench = make().engage()
    bench.node.several["/battery_state"] = 2
    assert "2 publishers on /battery_state. Land first" in change(bench, battery=0.2)
    assert "battery_state" not in bench.node.callbacks
    bench.frame()
    assert bench.modes()[-1] == "engaged"
    bench.node.several["/battery_state"] = 1
    assert change(bench, battery=0.2) == ""
