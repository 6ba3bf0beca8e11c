"""The camera of a drone that flies elsewhere: where its first pose is laid."""

import json
import math
from itertools import islice

import numpy as np
import pytest
from geometry_msgs.msg import TwistStamped
from nav_msgs.msg import Odometry
from sensor_msgs.msg import Image
from std_msgs.msg import String
from std_srvs.srv import Trigger

from liquid_nav.nodes import simulated_camera, world_camera
from liquid_nav.nodes.diagnostics import ERROR, OK
from liquid_nav.nodes.drone_messages import odometry_message
from liquid_nav.nodes.expert_pilot import ExpertPilot
from liquid_nav.nodes.messages import command_from, from_seconds, nanoseconds
from liquid_nav.nodes.qos import latched_qos, reliable_qos, sensor_data_qos
from liquid_nav.nodes.simulated_camera import SimulatedCamera
from liquid_nav.safety import BridgeReport, Phase
from liquid_nav.simulation.frame_times import FRAME_DROPPED, FRAME_LATE, FrameTiming
from liquid_nav.simulation.state import DroneState
from liquid_nav.worlds import DRONE_MODEL


def report(phase, airborne):
    """What the bridge reports in a phase."""
    return String(data=json.dumps(BridgeReport(Phase(phase), airborne=airborne).to_facts()))


@pytest.mark.parametrize("airborne", [False, True])
def test_nothing_is_shown_before_the_bridge_reports_whether_it_flies(harness, airborne):
    probe, zero = harness.probe, np.zeros(3)
    node = harness.add(SimulatedCamera, scenario="field", seed=3, width=64, height=36)
    poses = harness.listen("odom", Odometry, sensor_data_qos(100))
    output = probe.create_publisher(Odometry, "autopilot/odom", sensor_data_qos(100))
    states = probe.create_publisher(String, "autopilot_bridge/state", latched_qos())
    harness.matched(output)
    times = iter(np.arange(4.0, 400.0, 0.04))

    def pose():
        # Its own height is anything: an autopilot's map begins where it was switched on.
        state = DroneState(
            next(times), np.array((7.0, 8.0, 5.0)), np.array((1.0, 0, 0, 0)), zero, zero, zero
        )
        output.publish(odometry_message(state, from_seconds(state.time)))
        return bool(poses)

    for phase in (None, "offline"):
        if phase:
            states.publish(report(phase, False))
            harness.until(
                lambda: node._bridge is not None and node._bridge.phase is Phase.OFFLINE,
                "the state",
            )
        seen = []
        harness.until(lambda: seen.append(pose()) or len(seen) == 20, "twenty poses")
        assert not any(seen)
    states.publish(report("ready", airborne))
    harness.until(pose, "odometry")
    place, start = poses[0].pose.pose.position, node.world.layout.start
    assert (place.x, place.y, place.z) == pytest.approx(
        (start.x, start.y, start.z if airborne else DRONE_MODEL.standing_height)
    )
    node.close()


class Vehicle:
    """A bridge that publishes an estimate and, where a test wants it, a true pose; and the camera
    that follows them.
    """

    def __init__(self, harness, **parameters):
        self.harness = harness
        self.node = harness.add(
            SimulatedCamera, scenario="field", seed=3, width=64, height=36, **parameters
        )
        self.poses = harness.listen("odom", Odometry, sensor_data_qos(100))
        self.images = harness.listen("camera/image_raw", Image, sensor_data_qos(100))
        self.which = harness.listen("simulator/pose", String, latched_qos())
        harness.listen_to_diagnostics()
        make = harness.probe.create_publisher
        self.outputs = {
            name: make(Odometry, f"autopilot/{name}", sensor_data_qos(100))
            for name in ("odom", "true_odom")
        }
        states = make(String, "autopilot_bridge/state", latched_qos())
        states.publish(report("ready", True))
        for output in self.outputs.values():
            harness.matched(output)
        harness.until(lambda: self.node._bridge is not None, "the bridge's state")

    def publish_odometry(self, name, time, east=7.0):
        zero = np.zeros(3)
        state = DroneState(
            time, np.array((east, 8.0, 5.0)), np.array((1.0, 0, 0, 0)), zero, zero, zero
        )
        self.outputs[name].publish(odometry_message(state, from_seconds(time)))

    def publish_each(self, times):
        """Publish an estimate at each time, s; each has arrived before the next one."""
        for time in times:
            self.publish_odometry("odom", time)
            self.harness.until(lambda t=time: self.node._time >= t - 1e-6, "the pose")


def test_odometry_goes_with_the_frames_however_fast_the_vehicle_publishes_its_own(harness):
    """PX4 over DDS publishes it at 100 Hz; a record has one row for each frame."""
    vehicle = Vehicle(harness)
    vehicle.publish_each(4.0 + 0.01 * np.arange(101))
    poses, images = vehicle.poses, vehicle.images
    harness.until(lambda: len(images) == len(poses) >= 30, "the last frame")
    assert [pose.header.stamp for pose in poses] == [image.header.stamp for image in images]
    assert len(poses) <= 32
    vehicle.node.close()


def test_dropped_frames_never_come_and_late_ones_come_with_their_stamp(harness, tmp_path):
    condition = tmp_path / "faulty.yaml"
    condition.write_text("camera: {rate: 20, drop: 0.4, late: 0.3}\n")
    vehicle = Vehicle(harness, condition=str(condition))
    moments = list(islice(FrameTiming(0.4, 0.0, 0.3).moments(20.0, 3), 24))
    vehicle.publish_each(4.0 + moment.time for moment in moments)
    wanted = [
        from_seconds(4.0 + moment.time) for moment in moments if moment.delivery != FRAME_DROPPED
    ]
    if moments[-1].delivery == FRAME_LATE:
        wanted.pop()
    harness.until(lambda: len(vehicle.images) >= len(wanted), "the last frame")
    assert [nanoseconds(image.header.stamp) for image in vehicle.images] == wanted
    assert {moment.delivery for moment in moments} == {"on time", FRAME_LATE, FRAME_DROPPED}
    vehicle.node.close()


def test_a_late_frame_goes_with_the_flight_that_a_restart_of_the_vehicle_ends(harness, tmp_path):
    condition = tmp_path / "late.yaml"
    condition.write_text("camera: {rate: 10, late: 1.0}\n")
    vehicle = Vehicle(harness, condition=str(condition))
    # The first frame always arrives; the second is kept for the third, which does not come.
    vehicle.publish_each((100.0, 100.1))
    vehicle.publish_odometry("odom", 4.0)
    harness.until(lambda: vehicle.node._time == pytest.approx(4.0), "the restart")
    vehicle.publish_each((4.1, 4.2))
    harness.until(lambda: len(vehicle.images) >= 3, "the frames after it")
    stamps = [nanoseconds(image.header.stamp) for image in vehicle.images]
    assert stamps == [from_seconds(time) for time in (100.0, 4.0, 4.1)]
    vehicle.node.close()


def test_the_true_pose_is_rendered_where_there_is_one_and_the_estimate_is_ignored(harness):
    bench = Vehicle(harness, true_pose=True)
    times = iter(np.arange(4.0, 400.0, 0.04))

    def both():
        time = next(times)
        bench.publish_odometry("odom", time, 100.0 + time)
        bench.publish_odometry("true_odom", time, 7.0)
        return len(bench.poses) >= 5

    harness.until(both, "odometry")
    harness.until(lambda: bench.which and bench.which[-1].data == "true", "which pose it is")
    start = bench.node.world.layout.start
    assert {pose.pose.pose.position.x for pose in bench.poses} == {start.x}
    harness.until(lambda: harness.reports("simulated_camera: pose", "true pose"), "the diagnostic")
    bench.node.close()


def test_without_a_true_pose_the_estimate_is_rendered_after_a_while_and_labelled_as_one(harness):
    bench = Vehicle(harness, true_pose=True)
    for time in 4.0 + 0.5 * np.arange(10):
        bench.publish_odometry("odom", time, 7.0)
        harness.until(lambda t=time: bench.node._first_estimate is not None, "the estimate")
    assert not bench.poses
    times = iter(np.arange(9.0, 400.0, 0.04))
    harness.until(
        lambda: bench.publish_odometry("odom", next(times), 7.0) or bench.poses, "odometry"
    )
    harness.until(lambda: bench.which and bench.which[-1].data == "estimated", "which pose it is")
    harness.until(
        lambda: harness.reports("simulated_camera: pose", "estimate", "invisible"), "the diagnostic"
    )
    # A true pose that comes now belongs to a map with another origin.
    count = len(bench.poses)
    harness.until(
        lambda: (
            bench.publish_odometry("true_odom", next(times), 50.0)
            or bench.publish_odometry("odom", next(times), 7.0)
            or len(bench.poses) > count + 3
        ),
        "more odometry",
    )
    assert {pose.pose.pose.position.x for pose in bench.poses} == {bench.node.world.layout.start.x}
    bench.node.close()


def test_what_is_no_pose_and_no_state_is_dropped_and_stays_without_effect(harness):
    probe = harness.probe
    zero = np.zeros(3)
    harness.listen_to_diagnostics()
    node = harness.add(SimulatedCamera, scenario="field", seed=3, width=64, height=36)
    output = probe.create_publisher(Odometry, "autopilot/odom", sensor_data_qos(100))
    states = probe.create_publisher(String, "autopilot_bridge/state", latched_qos())
    poses = harness.listen("odom", Odometry, sensor_data_qos(100))
    harness.matched(output)
    harness.matched(states)
    states.publish(report("ready", True))
    harness.until(lambda: node._bridge is not None, "the state")
    states.publish(String(data='{"phase": ' + "[" * 20000))
    dropped = "simulated_camera: input autopilot_bridge/state"
    harness.until(lambda: harness.reports(dropped, "1 message(s) dropped: ValueError"), "the text")

    def reported(place):
        state = DroneState(4.0, np.array(place), np.array((1.0, 0, 0, 0)), zero, zero, zero)
        output.publish(odometry_message(state, from_seconds(4.0)))

    def refused():
        reported((math.nan, 8.0, 5.0))
        return harness.reports(
            "simulated_camera: input autopilot/odom", "the pose has a number that is not"
        )

    harness.until(refused, "the pose that is none")
    assert not poses

    def placed():
        reported((7.0, 8.0, 5.0))
        return poses

    # The first pose that is one decides where the others belong.
    harness.until(placed, "odometry")
    place, start = poses[0].pose.pose.position, node.world.layout.start
    assert (place.x, place.y, place.z) == pytest.approx((start.x, start.y, start.z))
    node.close()


@pytest.mark.parametrize(
    ("phase", "level", "text"),
    [
        ("flying", ERROR, "touched ground"),
        ("holding", ERROR, "touched ground"),
        ("landing", OK, "landed"),
        ("ready", OK, "landed"),
    ],
)
def test_a_contact_is_reported_once_and_the_ground_is_no_error_in_a_landing(
    harness, phase, level, text
):
    node = harness.add(SimulatedCamera, scenario="field", seed=3, width=64, height=36)
    contacts = []
    node._outputs.contact = lambda *contact: contacts.append(contact)
    zero = np.zeros(3)

    def be(time, height):
        """Fly over the start; the first call decides which height is the scenario's."""
        place, upright = np.array((7.0, 8.0, height)), np.array((1.0, 0, 0, 0))
        state = DroneState(time, place, upright, zero, zero, zero)
        node._on_estimate(odometry_message(state, from_seconds(time)))

    node._on_state(report("flying", True))
    be(4.0, 5.0)
    be(4.1, 0.0)
    assert not contacts, "nothing counts before the start"
    be(4.2, 5.0)
    assert node._on_start(Trigger.Request(), Trigger.Response()).success
    node._on_state(report(phase, True))
    be(4.3, 0.0)
    be(4.4, 0.0)
    assert contacts == [("ground", pytest.approx(4.3))]
    status = node._diagnostics._statuses["drone"]
    assert (status.level, status.message) == (level, text)
    node.close()


def test_the_old_name_of_the_executable_runs_the_node_after_one_warning(monkeypatch, capfd):
    started = []
    monkeypatch.setattr(simulated_camera, "main", started.append)
    world_camera.main(["--ros-args"])
    assert started == [["--ros-args"]]
    (line,) = capfd.readouterr().err.splitlines()
    assert "WARN" in line and "world_camera is now called simulated_camera" in line


def test_the_expert_publishes_under_its_own_name_alone(harness):
    node = harness.add(ExpertPilot, scenario="field", seed=3)
    topics = {publisher.topic_name for publisher in node.publishers}
    assert {"/expert_pilot/cmd_vel", "/expert_pilot/mode"} <= topics
    assert not [topic for topic in topics if "liquid_controller" in topic]


def test_the_expert_answers_no_pose_that_is_none(harness):
    harness.listen_to_diagnostics()
    commands = harness.listen("expert_pilot/cmd_vel", TwistStamped, reliable_qos(10))
    output = harness.probe.create_publisher(Odometry, "odom", sensor_data_qos(10))
    node = harness.add(ExpertPilot, scenario="field", seed=3)
    harness.matched(output)
    harness.until(lambda: node.count_subscribers("expert_pilot/cmd_vel"), "discovery")
    message = Odometry()
    message.pose.pose.orientation.w = 1.0
    message.pose.pose.position.x = math.inf

    def refused():
        output.publish(message)
        return harness.reports(
            "expert_pilot: input odom", "the pose has a number that is not finite"
        )

    harness.until(refused, "the refusal")
    assert not commands
    message.pose.pose.position.x = 0.0

    def answered():
        output.publish(message)
        return commands

    harness.until(answered, "a command")
    assert command_from(commands[0]).is_finite()
