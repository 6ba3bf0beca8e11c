"""The px4_dds backend with the real px4_msgs over real DDS; skipped where px4_msgs is not in the
environment.

It is on no package index: build its branch in a ROS workspace and source that. PX4 is the test
vehicle, in lock step.
"""

import importlib.util
import json
import math
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pymavlink")
MISSING = "px4_msgs is not installed: build it in a ROS workspace and source that"
px4_msgs = pytest.importorskip("px4_msgs.msg", reason=MISSING)

from geometry_msgs.msg import TwistStamped
from nav_msgs.msg import Odometry
from std_msgs.msg import String

from liquid_nav.autopilots.px4_dds import LAND, LOITER, OFFBOARD
from liquid_nav.nodes.autopilot_bridge import AutopilotBridge
from liquid_nav.nodes.messages import NANO, command_message
from liquid_nav.nodes.qos import latched_qos, reliable_qos, sensor_data_qos
from liquid_nav.safety import FaultKind, Mode, Order, Phase
from liquid_nav.types import Command

_SPEC = importlib.util.spec_from_file_location(
    "px4_over_dds", Path(__file__).with_name("px4_over_dds.py")
)
px4_over_dds = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(px4_over_dds)
FORWARD, STEP = Command(1.0, 0.0, 0.0, 0.2), 0.02


class Flight:
    """Bridge and PX4, one step of simulated time after the other: what was sent has arrived before
    time goes on.
    """

    def __init__(self, harness, height, **parameters):
        self.harness, probe = harness, harness.probe
        self.states = harness.listen("autopilot_bridge/state", String, latched_qos())
        self.node = harness.add(
            AutopilotBridge, autopilot="px4_dds", use_sim_time=True, **parameters
        )
        truth = parameters.get("true_pose", False)
        self.px4, self.command = px4_over_dds.Px4OverDds(probe, px4_msgs, height, truth), FORWARD
        self.commands = probe.create_publisher(TwistStamped, "cmd_vel", reliable_qos())
        self.orders = probe.create_publisher(String, "safety_supervisor/order", latched_qos())
        self.order = Order("test", Mode.DISENGAGED)
        self._publish_order()
        for publisher in (self.commands, self.orders, self.px4._clock, *self.px4.topics.values()):
            harness.matched(publisher)
        for topic in self.px4.received:
            harness.until(lambda t=topic: self.node.count_subscribers(f"fmu/in/{t}") == 1, topic)
        harness.until(
            lambda: probe.count_publishers("fmu/in/vehicle_command") == 1, "the bridge's topics"
        )

    @property
    def session(self):
        return self.node.session

    def step(self):
        if self.command is not None:
            self.commands.publish(command_message(self.command, 0))
        self.px4.advance(STEP)
        self.harness.until(
            lambda: self.node.get_clock().now().nanoseconds / NANO >= self.px4.now - 1e-6, "/clock"
        )
        for _ in range(8):
            self.harness.executor.spin_once(timeout_sec=0.0)
        self.node._on_timer()  # its own timer lives by the computer's clock

    def go(self, seconds, until=None):
        begin = self.px4.now
        while self.px4.now < begin + seconds - 1e-9:
            self.step()
            if until is not None and until():
                return self.px4.now - begin
        assert until is None, (
            f"{self.session.phase}, fault '{self.session.fault}', states {self.states[-1:]}"
        )
        return seconds

    def until(self, phase, seconds=40.0):
        return self.go(seconds, lambda: self.session.phase is Phase(phase))

    def _publish_order(self):
        self.orders.publish(String(data=json.dumps(self.order.to_facts())))
        self.harness.until(lambda: self.node._order == self.order, "the order")

    def person(self, request):
        """A person asks for something."""
        mode, order = Mode(request), self.order
        self.order = Order(
            "test", mode, order.act + 1, order.engagement + (mode is Mode.ENGAGED), self.px4.now
        )
        self._publish_order()

    def connect(self):
        self.go(5.0, lambda: self.session.phase is not Phase.OFFLINE)
        return self

    def fly(self):
        self.connect()
        self.person("engaged")
        self.until("flying")
        self.go(2.0)
        return self

    def published(self, time):
        """Whether anything went to PX4 since."""
        return any(self.px4.since(name, time) for name in self.px4.received)

    @property
    def speed(self):
        return float(np.linalg.norm(self.px4.vehicle.body.state.velocity))


@pytest.fixture
def flight(harness, request):
    flight = Flight(harness, getattr(request, "param", 2.0))
    yield flight
    flight.node.close()


@pytest.mark.parametrize("flight", [0.0], indirect=True)
def test_a_flight_from_the_ground_to_the_ground(flight):
    odometry = flight.harness.listen("odom", Odometry, sensor_data_qos(10))
    flight.until("ready")
    flight.go(5.0)
    assert not flight.px4.vehicle.armed
    flight.person("engaged")
    flight.until("flying")
    flight.go(3.0)
    state = flight.px4.vehicle.body.state
    assert state.level_velocity()[0] == pytest.approx(1.0, abs=0.05)
    assert state.yaw_rate() == pytest.approx(0.2, abs=0.02)
    assert state.position[2] == pytest.approx(1.5, abs=0.35)
    _, mode = flight.px4.received["offboard_control_mode"][-1]
    _, point = flight.px4.received["trajectory_setpoint"][-1]
    assert mode.velocity and not (
        mode.position or mode.acceleration or mode.attitude or mode.body_rate
    )
    assert (
        math.isnan(point.yaw)
        and np.isnan([*point.position, *point.acceleration, *point.jerk]).all()
    )
    assert point.yawspeed == pytest.approx(-0.2)
    seen = odometry[-1].pose.pose.position
    assert (seen.x, seen.y, seen.z) == pytest.approx(tuple(state.position), abs=0.2)
    flight.person("landing")
    flight.go(5.0, lambda: flight.session.vehicle.mode == LAND)
    flight.until("ready")
    assert not flight.px4.vehicle.armed and flight.session.fault is None
    orders = [
        (order.command, order.source_system, order.source_component)
        for _, order in flight.px4.received["vehicle_command"]
    ]
    us = px4_over_dds.US
    assert orders == [(number, us.system, us.component) for number in (176, 400, 21)]


def test_without_fresh_commands_a_hold_is_asked_for_and_the_heartbeat_ends(flight):
    flight.fly()
    flight.command, silent = None, flight.px4.now
    flight.go(5.0, lambda: not flight.session.streaming)
    assert flight.session.vehicle.mode == LOITER
    late = flight.px4.since("trajectory_setpoint", silent + 0.6)
    assert late and all(not np.any(point.velocity) for point in late)
    ended = flight.px4.now + STEP
    flight.go(3.0)
    assert not flight.published(ended) and flight.speed < 0.05


def test_a_command_that_is_not_a_number_is_no_command(flight):
    flight.fly()
    flight.command = Command(math.nan, 0.0, 0.0, 0.0)
    flight.until("holding", 2.0)
    assert all(
        np.isfinite(point.velocity).all() for _, point in flight.px4.received["trajectory_setpoint"]
    )


def test_a_foreign_mode_is_never_requested_back(flight):
    flight.fly()
    flight.px4.vehicle.sticks, flight.px4.vehicle.mode = (1500,) * 8, 0x30000
    flight.until("released", 2.0)
    begin = flight.px4.now + STEP
    flight.go(2.0)
    assert "POSCTL" in json.loads(flight.states[-1].data)["fault"] and not flight.published(begin)


@pytest.mark.parametrize("seconds", [1e6, -1e6])
def test_a_jump_of_px4s_time_synchronisation_changes_nothing(flight, seconds):
    flight.fly()
    flight.px4.skew, before = seconds, len(flight.px4.received["trajectory_setpoint"])
    flight.go(2.0)
    assert flight.session.phase is Phase.FLYING and flight.session.fault is None
    assert len(flight.px4.received["trajectory_setpoint"]) - before > 40


def test_odometry_that_is_not_a_number_is_a_hold(flight):
    flight.fly()
    flight.px4.spoilt = True
    flight.until("holding", 2.0)
    flight.go(2.0)
    assert (
        flight.session.fault.kind in (FaultKind.REFUSED, FaultKind.POSITION_OLD)
        and flight.speed < 0.05
    )


def test_a_pose_that_repeats_its_stamp_is_a_hold(flight):
    flight.fly()
    flight.px4.frozen = flight.px4.now
    flight.until("holding", 2.0)
    flight.go(2.0)
    assert (
        flight.session.fault.kind in (FaultKind.REFUSED, FaultKind.POSITION_OLD)
        and flight.speed < 0.05
    )


@pytest.mark.parametrize("flight", [0.0], indirect=True)
def test_an_order_that_was_there_before_the_bridge_does_not_arm(flight):
    flight.until("ready")
    flight.go(5.0)
    # As a bridge sees it that starts now: what it receives first of a supervisor counts as seen.
    flight.order = Order("another", Mode.ENGAGED, 3, 2)
    flight._publish_order()
    flight.go(8.0)
    assert flight.session.phase is Phase.READY and not flight.px4.vehicle.armed
    assert (
        not flight.px4.received["vehicle_command"]
        and not flight.px4.received["trajectory_setpoint"]
    )


def test_without_a_global_position_it_holds_by_zero_set_points(flight):
    flight.px4.vehicle.global_position = False
    flight.fly()
    assert json.loads(flight.states[-1].data)["hold"] == "zero set points"
    flight.person("holding")
    flight.until("holding", 2.0)
    flight.go(3.0)
    assert (
        flight.session.vehicle.mode == OFFBOARD and flight.session.streaming and flight.speed < 0.05
    )


def test_a_lost_agent_and_its_return(flight):
    """Found again in its own hold, which is not ours any more."""
    flight.fly()
    flight.px4.vehicle.parameters["COM_OBL_RC_ACT"] = (5.0, 6)
    flight.px4.linked = False
    flight.until("offline", 4.0)
    assert "link lost" in str(flight.session.fault) and not flight.session.streaming
    flight.px4.linked = True
    flight.until("released", 3.0)
    flight.go(1.0)
    assert flight.speed < 0.1 and not flight.session.streaming


def test_the_end_of_the_bridge_asks_for_a_hold(flight):
    flight.fly()
    orders = len(flight.px4.received["vehicle_command"])
    flight.node.end()
    flight.go(2.5, lambda: flight.node.ended)
    assert flight.px4.received["vehicle_command"][orders:]
    order = flight.px4.received["vehicle_command"][-1][1]
    assert (order.command, order.param1, order.param2, order.param3) == (176, 1.0, 4.0, 3.0)
    assert flight.session.vehicle.mode == LOITER


def test_the_true_pose_of_a_simulated_vehicle_is_published_beside_its_estimate(harness):
    truths = harness.listen("autopilot/true_odom", Odometry, sensor_data_qos(10))
    estimates = harness.listen("odom", Odometry, sensor_data_qos(10))
    flight = Flight(harness, 2.0, true_pose=True)
    flight.px4.vehicle.estimate_error = np.array((0.0, 0.0, 1.0))
    for _ in range(100):
        flight.px4.publish_true_pose()
        flight.step()
    flight.node.close()
    state = flight.px4.vehicle.body.state
    reported = truths[-1].pose.pose
    assert (reported.position.x, reported.position.y, reported.position.z) == pytest.approx(
        tuple(state.position), abs=0.01
    )
    q = np.array(
        (
            reported.orientation.w,
            reported.orientation.x,
            reported.orientation.y,
            reported.orientation.z,
        )
    )
    assert abs(float(q @ state.quaternion)) == pytest.approx(1.0, abs=1e-5)
    assert estimates[-1].pose.pose.position.z == pytest.approx(state.position[2] + 1.0, abs=0.2)
