"""The px4_dds wire, message by message: fields, topic names, QoS, both ways. ``test_px4_msgs.py``
flies over real DDS.

The same assertions for stand-ins, which have the fields that px4_msgs 1.15 to 1.18 have in common,
and for the px4_msgs that is installed, where there is one: no package index has it.
"""

import math
import re
import sys
from dataclasses import dataclass, field, make_dataclass
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("pymavlink")

from rclpy.qos import DurabilityPolicy, ReliabilityPolicy
from rclpy.time import Time

from liquid_nav.autopilots.adapter import Answer, RequestKind
from liquid_nav.autopilots.px4_dds import OFFBOARD, Px4DdsAdapter, Px4SetPoint, Px4VehicleCommand
from liquid_nav.errors import UserError
from liquid_nav.nodes.autopilot_bridge import AutopilotBridge
from liquid_nav.nodes.px4_dds_link import Px4DdsLink
from liquid_nav.safety import Mode, Order, Phase

FIELDS = {
    "OffboardControlMode": "timestamp position velocity acceleration attitude body_rate",
    "TrajectorySetpoint": "timestamp position velocity acceleration jerk yaw yawspeed",
    "VehicleCommand": "timestamp param1 param2 param3 param4 param5 param6 param7 command "
    "target_system "
    "target_component source_system source_component confirmation from_external",
    "VehicleStatus": "timestamp nav_state arming_state system_id pre_flight_checks_pass failsafe "
    "vehicle_type is_vtol",
    "VehicleCommandAck": "timestamp command result target_system target_component",
    "VehicleLandDetected": "timestamp landed",
    "VehicleOdometry": "timestamp pose_frame position q velocity_frame velocity angular_velocity",
    "BatteryStatus": "timestamp remaining voltage_v",
    "VehicleLocalPosition": "timestamp xy_global x y z vx vy vz",
    "VehicleAttitude": "timestamp q",
}
VERSIONS = {
    "1.15": {},
    "1.16": {"VehicleStatus": 1},
    "1.17": {"VehicleStatus": 1, "BatteryStatus": 1, "VehicleLocalPosition": 1},
    "1.18": {
        "VehicleStatus": 4,
        "VehicleCommandAck": 1,
        "BatteryStatus": 1,
        "VehicleLocalPosition": 1,
    },
}
"""MESSAGE_VERSION of each message, read in the branches of github.com/PX4/px4_msgs; 0 where it is
not named.
"""


@pytest.fixture(params=["1.16", "installed"])
def messages(monkeypatch, request):
    """The module px4_msgs.msg of a release, 1.16 and the installed one unless the test sets
    which.
    """
    release = request.param
    if release == "installed":
        return pytest.importorskip("px4_msgs.msg", reason="px4_msgs is not installed")
    module = ModuleType("px4_msgs.msg")
    for name, fields in FIELDS.items():
        kind = make_dataclass(name, [(each, object, field(default=0)) for each in fields.split()])
        if release != "1.15":
            kind.MESSAGE_VERSION = VERSIONS[release].get(name, 0)
        setattr(module, name, kind)
    package = ModuleType("px4_msgs")
    package.msg = module
    monkeypatch.setitem(sys.modules, "px4_msgs", package)
    monkeypatch.setitem(sys.modules, "px4_msgs.msg", module)
    return module


@dataclass
class Board:
    """In place of a node: who publishes and subscribes what, and what was published."""

    sent: dict = field(default_factory=dict)
    callbacks: dict = field(default_factory=dict)
    qualities: dict = field(default_factory=dict)
    kinds: dict = field(default_factory=dict)

    def create_publisher(self, kind, topic, quality):
        self.sent[topic], self.qualities[topic] = [], quality
        return SimpleNamespace(publish=self.sent[topic].append)

    def create_subscription(self, kind, topic, callback, quality, raw=False):
        self.callbacks[topic], self.qualities[topic], self.kinds[topic] = callback, quality, kind

    def get_clock(self):
        return SimpleNamespace(now=lambda: Time(nanoseconds=7_000_000_000))

    def callback(self, name):
        """The callback of that message, whatever its version."""
        (callback,) = (
            received
            for topic, received in self.callbacks.items()
            if re.fullmatch(rf"fmu/out/{name}(_v\d+)?", topic)
        )
        return callback


class Outputs:
    def __init__(self):
        self.shown = []

    def odometry(self, telemetry, time):
        self.shown.append((telemetry.odometry(), time))

    def battery(self, telemetry, time):
        self.shown.append((telemetry.battery, time))

    def offer_true_pose(self):
        self.offered = True

    def true_pose(self, odometry):
        self.shown.append(odometry)


@pytest.fixture
def bench(messages):
    return make(messages)


def make(messages, **options):
    board, autopilot, outputs = Board(), Px4DdsAdapter(), Outputs()
    clock = SimpleNamespace(now=1.0)
    link = Px4DdsLink(board, autopilot, outputs, lambda: clock.now, diagnostics=None, **options)
    return SimpleNamespace(
        board=board, autopilot=autopilot, outputs=outputs, link=link, clock=clock, m=messages
    )


@pytest.mark.parametrize(
    ("messages", "versions"),
    [
        ("1.15", ("", "", "", "")),
        ("1.16", ("_v1", "", "", "")),
        ("1.17", ("_v1", "", "_v1", "_v1")),
        ("1.18", ("_v4", "_v1", "_v1", "_v1")),
    ],
    indirect=["messages"],
)
def test_topics_fit_the_release_and_the_quality_of_service_every_one(bench, versions):
    names = ("vehicle_status", "vehicle_command_ack", "battery_status", "vehicle_local_position")
    expected = {f"fmu/out/{name}{version}" for name, version in zip(names, versions)}
    assert set(bench.board.callbacks) == expected | {
        "fmu/out/vehicle_land_detected",
        "fmu/out/vehicle_odometry",
    }
    truths = {
        topic for topic in make(bench.m, truth=True).board.callbacks if "groundtruth" in topic
    }
    place = f"fmu/out/vehicle_local_position_groundtruth{versions[3]}"
    assert truths == {"fmu/out/vehicle_attitude_groundtruth", place}
    assert set(bench.board.sent) == {
        "fmu/in/offboard_control_mode",
        "fmu/in/trajectory_setpoint",
        "fmu/in/vehicle_command",
    }
    for topic, quality in (
        bench.board.qualities | make(bench.m, truth=True).board.qualities
    ).items():
        assert quality.reliability == ReliabilityPolicy.BEST_EFFORT
        durability = (
            DurabilityPolicy.TRANSIENT_LOCAL if "/in/" in topic else DurabilityPolicy.VOLATILE
        )
        assert quality.durability == durability, topic


def test_a_set_point_has_its_heartbeat_and_leaves_the_rest_free(bench):
    bench.link.send([Px4SetPoint((1.0, 2.0, -3.0), -0.4)])
    (mode,), (point,) = (
        bench.board.sent["fmu/in/offboard_control_mode"],
        bench.board.sent["fmu/in/trajectory_setpoint"],
    )
    assert (mode.velocity, mode.position, mode.acceleration, mode.attitude, mode.body_rate) == (
        True,
        0,
        0,
        0,
        0,
    )
    assert (
        point.velocity.tolist() == [1.0, 2.0, -3.0]
        and point.yawspeed == -0.4
        and math.isnan(point.yaw)
    )
    assert all(
        np.isnan(values).all() for values in (point.position, point.acceleration, point.jerk)
    )
    assert mode.timestamp == point.timestamp == 0
    bench.link.send([])
    assert len(bench.board.sent["fmu/in/offboard_control_mode"]) == 1


def test_a_request_names_its_sender_and_only_our_answers_count(bench):
    bench.autopilot.request(RequestKind.MODE, OFFBOARD)
    bench.link.send(
        [value for value in bench.autopilot.take() if isinstance(value, Px4VehicleCommand)]
    )
    (sent,) = bench.board.sent["fmu/in/vehicle_command"]
    assert (sent.command, sent.param1, sent.param2, sent.param7) == (176, 1.0, 6.0, 0.0)
    assert (sent.target_system, sent.target_component, sent.from_external) == (1, 1, True)
    answer = bench.board.callback("vehicle_command_ack")
    answer(bench.m.VehicleCommandAck(command=176, result=0, target_system=1, target_component=1))
    answer(
        bench.m.VehicleCommandAck(command=176, result=0, target_system=255, target_component=190)
    )
    assert not bench.autopilot.session.replies
    assert (sent.source_system, sent.source_component) == (247, 191)
    answer(
        bench.m.VehicleCommandAck(
            command=176,
            result=2,
            target_system=sent.source_system,
            target_component=sent.source_component,
        )
    )
    assert bench.autopilot.session.replies[RequestKind.MODE].answer is Answer.DENIED


def test_a_jump_of_px4s_clock_changes_nothing(bench):
    status, odometry = (
        bench.board.callback("vehicle_status"),
        bench.board.callback("vehicle_odometry"),
    )
    for stamp in (10_000_000, 5_000_000_000, 1):
        bench.clock.now += 0.1
        status(bench.m.VehicleStatus(timestamp=stamp, nav_state=4, arming_state=2, system_id=1))
        odometry(
            bench.m.VehicleOdometry(
                timestamp=stamp,
                pose_frame=1,
                position=[1.0, 2.0, -3.0],
                q=[1.0, 0.0, 0.0, 0.0],
                velocity_frame=1,
                velocity=[0.0] * 3,
                angular_velocity=[0.0] * 3,
            )
        )
        bench.autopilot.update(bench.clock.now)
        # It was armed elsewhere: whatever its clock shows, that is all there is to it.
        assert (
            bench.autopilot.session.phase is Phase.RELEASED
            and bench.autopilot.session.vehicle.armed
        )
        assert bench.autopilot.session.vehicle.position_time == bench.clock.now
    assert [time for _, time in bench.outputs.shown] == [7.0] * 3
    assert bench.outputs.shown[0][0].position.tolist() == [2.0, 1.0, 3.0]


def test_battery_and_odometry_that_cannot_be_used(bench):
    battery = bench.board.callback("battery_status")
    battery(bench.m.BatteryStatus(remaining=0.4, voltage_v=15.0))
    battery(bench.m.BatteryStatus(remaining=0.3, voltage_v=15.0))  # too soon to publish again
    bench.clock.now += 0.3
    battery(bench.m.BatteryStatus(remaining=-1.0, voltage_v=0.0))
    assert bench.outputs.shown == [(0.4, 7.0), (None, 7.0)]
    bench.board.callback("vehicle_odometry")(
        bench.m.VehicleOdometry(
            pose_frame=2,
            position=[0.0] * 3,
            q=[1.0, 0.0, 0.0, 0.0],
            velocity_frame=1,
            velocity=[0.0] * 3,
            angular_velocity=[0.0] * 3,
        )
    )
    assert bench.link.bad == 1 and bench.autopilot.session.vehicle.position is None


def test_the_same_pose_again_is_no_news(bench):
    """PX4's client repeats what it has when its estimator has died: a stamp that stands still is no
    progress.
    """
    odometry = bench.board.callback("vehicle_odometry")
    for _ in range(3):
        bench.clock.now += 0.1
        odometry(
            bench.m.VehicleOdometry(
                timestamp=10_000_000,
                pose_frame=1,
                position=[1.0, 2.0, -3.0],
                q=[1.0, 0.0, 0.0, 0.0],
                velocity_frame=1,
                velocity=[0.0] * 3,
                angular_velocity=[0.0] * 3,
            )
        )
    assert len(
        bench.outputs.shown
    ) == 1 and bench.autopilot.session.vehicle.position_time == pytest.approx(1.1)


@pytest.mark.parametrize("known", [True, False])
def test_whether_there_is_a_global_position_decides_how_it_holds(bench, known):
    bench.board.callback("vehicle_local_position")(bench.m.VehicleLocalPosition(xy_global=known))
    bench.board.callback("vehicle_status")(
        bench.m.VehicleStatus(nav_state=4, arming_state=1, system_id=1)
    )
    bench.autopilot.update(bench.clock.now)
    assert bench.autopilot.session.holds_by_mode is known


def test_a_failsafe_and_the_pre_flight_checks_are_received(bench):
    status, session = bench.board.callback("vehicle_status"), bench.autopilot.session
    status(
        bench.m.VehicleStatus(
            nav_state=4, arming_state=1, system_id=1, failsafe=True, pre_flight_checks_pass=False
        )
    )
    assert session.vehicle.failsafe and "pre-flight checks" in session.warnings(0.0)[0]
    status(
        bench.m.VehicleStatus(
            nav_state=4, arming_state=1, system_id=1, failsafe=False, pre_flight_checks_pass=True
        )
    )
    assert not session.vehicle.failsafe and session.warnings(0.0) == []
    status(bench.m.VehicleStatus(nav_state=14, arming_state=2, system_id=2, failsafe=True))
    assert not session.vehicle.armed and bench.autopilot.foreign == 1


@pytest.mark.parametrize(
    ("kind", "vertical", "text"),
    [
        (0, False, ""),
        (1, False, ""),
        (2, False, "a plane"),
        (3, False, "a rover"),
        (4, False, "an airship"),
        (1, True, "a VTOL plane"),
        (2, True, "a VTOL plane"),
    ],
)
def test_a_vehicle_that_is_no_multicopter_is_named_when_a_person_engages(
    bench, kind, vertical, text
):
    bench.board.callback("vehicle_status")(
        bench.m.VehicleStatus(
            nav_state=4, arming_state=1, system_id=1, vehicle_type=kind, is_vtol=vertical
        )
    )
    session = bench.autopilot.session
    session.take_order(Order("test", Mode.DISENGAGED), bench.clock.now)
    session.take_order(Order("test", Mode.ENGAGED, 1, 1, 0.0, 1), bench.clock.now)
    wrong = f"this vehicle is {text}, not a multicopter: its modes mean something else"
    assert (str(session.fault) == wrong) is bool(text)
    assert (session.phase is Phase.READY) is bool(text)


def test_the_true_pose_of_a_simulated_vehicle_is_passed_on_in_our_frames(messages):
    bench = make(messages, truth=True)
    assert bench.outputs.offered
    attitude = bench.board.callback("vehicle_attitude_groundtruth")
    place = bench.board.callback("vehicle_local_position_groundtruth")
    position = messages.VehicleLocalPosition(x=1.0, y=2.0, z=-3.0, vx=0.5, vy=-0.25, vz=0.125)
    place(position)
    assert not bench.outputs.shown, "no message has given its attitude"
    kinds = [kind for topic, kind in bench.board.kinds.items() if "groundtruth" in topic]
    assert kinds == [messages.VehicleAttitude, messages.VehicleLocalPosition]
    bench.autopilot.session.vehicle.rates = np.array((0.1, 0.2, 0.3))
    # Its nose points east: our x axis.
    attitude(messages.VehicleAttitude(q=[math.sqrt(0.5), 0.0, 0.0, math.sqrt(0.5)]))
    place(position)
    (pose,) = bench.outputs.shown
    assert pose.time == 7.0
    np.testing.assert_allclose(pose.position, (2.0, 1.0, 3.0))
    np.testing.assert_allclose(pose.velocity, (-0.25, 0.5, -0.125))
    np.testing.assert_allclose(np.abs(pose.quaternion), (1.0, 0.0, 0.0, 0.0), atol=1e-7)
    np.testing.assert_allclose(pose.angular_velocity, (0.1, -0.2, -0.3))


def test_a_true_pose_does_not_wait_for_the_vehicles_own_rates(messages):
    bench = make(messages, truth=True)
    bench.board.callback("vehicle_attitude_groundtruth")(
        messages.VehicleAttitude(q=[1.0, 0.0, 0.0, 0.0])
    )
    place = messages.VehicleLocalPosition(x=0.0, y=0.0, z=0.0, vx=0.0, vy=0.0, vz=0.0)
    bench.board.callback("vehicle_local_position_groundtruth")(place)
    assert bench.outputs.shown[0].angular_velocity.tolist() == [0.0, 0.0, 0.0]


def test_the_true_pose_is_left_out_unless_requested(bench):
    assert not [topic for topic in bench.board.callbacks if "groundtruth" in topic]


def test_without_px4_msgs_one_line_gives_the_remedy(harness, monkeypatch):
    monkeypatch.setitem(sys.modules, "px4_msgs", None)
    with pytest.raises(UserError, match="px4_msgs.*not installed"):
        harness.make(AutopilotBridge, autopilot="px4_dds")


def test_an_unknown_autopilot_and_a_vision_topic_without_use_are_named(harness):
    with pytest.raises(UserError, match="px4_dds"):
        harness.make(AutopilotBridge, autopilot="betaflight")
    with pytest.raises(UserError, match="vision_topic"):
        harness.make(AutopilotBridge, autopilot="px4_dds", vision_topic="slam/odom")
