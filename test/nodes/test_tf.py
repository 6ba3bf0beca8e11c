"""Where things are, as others see it on /tf and /tf_static: of simulator, bridge and camera, and in
Gazebo.
"""

import importlib.util
import math
from pathlib import Path

import numpy as np
import pytest
from launch_graphs import gazebo_graph, px4_gazebo_graph
from nav_msgs.msg import Odometry
from rclpy.qos import DurabilityPolicy, ReliabilityPolicy

from liquid_nav.autopilots import VehicleState
from liquid_nav.bringup.simulated_flight import FlightPlan, autopilot_graph
from liquid_nav.geometry import rotation_from_attitude
from liquid_nav.nodes import transforms as module
from liquid_nav.nodes.autopilot_bridge import AutopilotBridge
from liquid_nav.nodes.autopilot_outputs import AutopilotOutputs
from liquid_nav.nodes.camera import Camera
from liquid_nav.nodes.qos import latched_qos, reliable_qos
from liquid_nav.nodes.recorder import Recorder
from liquid_nav.nodes.simulator import Simulator
from liquid_nav.nodes.tf_cdr import decode, encode
from liquid_nav.nodes.tf_type import NAME, tf_message_class
from liquid_nav.nodes.transforms import MovingTransforms, camera_mount
from liquid_nav.nodes.weather import WeatherNode
from liquid_nav.simulation import World
from liquid_nav.worlds import DRONE_MODEL, CameraConfig, load_condition, load_scenario

_SPEC = importlib.util.spec_from_file_location("wires", Path(__file__).with_name("wires.py"))
wires = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(wires)
context, node = wires.context, wires.node  # fixtures

WORLD = {"scenario": "field", "seed": 3, "width": 64, "height": 36}


def tree(*messages):
    """Return {child: (parent, rotation [3,3] to the parent's axes, position [3])} of serialized
    messages.
    """
    found = {}
    for one in (transform for data in messages for transform in decode(data)):
        q, move = one.transform.rotation, one.transform.translation
        turn = rotation_from_attitude(np.array((q.w, q.x, q.y, q.z)))
        found[one.child_frame_id] = (one.header.frame_id, turn, np.array((move.x, move.y, move.z)))
    return found


def follow(known, child, root):
    """Return rotation and position of a frame in ``root``."""
    turn, place = np.eye(3), np.zeros(3)
    while child != root:
        child, step, move = known[child]
        turn, place = step @ turn, move + step @ place
    return turn, place


class OnWires(wires.Wires, Simulator):
    """The simulator, whose topics end in the test."""


@pytest.fixture
def simulator(node):
    def make(**parameters):
        made = node(OnWires, **WORLD | parameters)
        made.world.close()
        return made

    return make


def test_the_simulator_publishes_where_its_camera_really_looks(simulator):
    """Through TF a point straight ahead of the lens is where the renderer puts it, mounting errors
    included.
    """
    made = simulator(condition="mounting", frame_prefix="d1/")
    world = made.world
    data = world.data
    world.refresh()
    made._endpoints[0].outputs.odometry(world.drones[0].state)
    known = tree(*made.sent["/tf_static"], *made.sent["/tf"])
    assert {child: one[0] for child, one in known.items()} == {
        "d1/base_link": "d1/odom",
        "d1/camera_link": "d1/base_link",
        "d1/camera_optical_frame": "d1/camera_link",
    }
    turn, place = follow(known, "d1/camera_optical_frame", "d1/odom")
    right, up, back = data.cam("drone0.front").xmat.reshape(3, 3).T
    np.testing.assert_allclose(turn, np.stack((right, -up, -back), axis=1), atol=1e-9)
    np.testing.assert_allclose(place, data.cam("drone0.front").xpos, atol=1e-9)
    assert abs(world.camera.turn[0]) > 1e-3, "this condition turns the camera"


def test_of_drones_that_share_a_world_the_odometry_frames_coincide(simulator):
    made = simulator(drones="d1,d2", frame_prefix="team/")
    known = tree(*made.sent["/tf_static"])
    for name in ("d1", "d2"):
        parent, turn, place = known[f"team/{name}/odom"]
        assert parent == "team/odom" and not place.any()
        np.testing.assert_array_equal(turn, np.eye(3))
        assert known[f"team/{name}/camera_link"][0] == f"team/{name}/base_link"
    assert "team/odom" not in known


def test_qos_is_that_of_tf2(simulator):
    made = simulator()
    (_, moving), (_, fixed) = made.seen["/tf"], made.seen["/tf_static"]
    assert (moving.reliability, moving.durability, moving.depth) == (
        ReliabilityPolicy.RELIABLE,
        DurabilityPolicy.VOLATILE,
        100,
    )
    assert (fixed.reliability, fixed.durability) == (
        ReliabilityPolicy.RELIABLE,
        DurabilityPolicy.TRANSIENT_LOCAL,
    )


def vehicle():
    return VehicleState(
        boot=2.5,
        position=np.array((1.0, 2.0, -3.0)),
        velocity=np.zeros(3),
        attitude=np.array((1.0, 0.0, 0.0, 0.0)),
        rates=np.zeros(3),
    )


def test_the_bridge_publishes_the_vehicles_pose(node):
    owner = node(wires.Plain, use_sim_time=True)
    outputs = AutopilotOutputs(owner, "odom", "d1/", MovingTransforms(owner))
    outputs.odometry(vehicle(), 2.5)
    ((parent, turn, place),) = tree(*owner.sent["/tf"]).values()
    (odometry,) = owner.sent["odom"]
    assert parent == odometry.header.frame_id == "d1/odom" and place.tolist() == [2.0, 1.0, 3.0]
    q = odometry.pose.pose.orientation
    np.testing.assert_allclose(turn, rotation_from_attitude(np.array((q.w, q.x, q.y, q.z))))


class Bridge(wires.Wires, AutopilotBridge):
    """The bridge, whose topics end in the test."""


@pytest.mark.parametrize(
    ("parameters", "published"),
    [
        ({"autopilot": "twist"}, True),
        ({"autopilot": "twist", "publish_tf": False}, False),
        ({"autopilot": "px4", "connection": "udp:127.0.0.1:0"}, True),
        ({"autopilot": "px4", "connection": "udp:127.0.0.1:0", "publish_tf": False}, False),
    ],
)
def test_the_bridge_can_leave_tf_to_others(node, parameters, published):
    made = node(Bridge, **parameters)
    assert ("/tf" in made.seen) == published
    made.close()


def test_in_gazebo_the_bridge_passes_on_the_pose_that_it_receives(node):
    made = node(Bridge, autopilot="twist_stamped", plain_in_body=True)
    odometry = Odometry(child_frame_id="base_link")
    odometry.header.frame_id = "odom"
    odometry.pose.pose.position.x = 4.0
    odometry.pose.pose.orientation.w = 1.0
    made.callbacks["odom"](odometry)
    assert tree(*made.sent["/tf"])["base_link"][2].tolist() == [4.0, 0.0, 0.0]


def test_one_node_alone_publishes_where_the_drone_is():
    """Where our world renders a vehicle's camera, the world's camera publishes the pose, and the
    bridge must not.
    """
    (bridge,) = [
        one
        for one in autopilot_graph(FlightPlan(autopilot="px4"))
        if one.executable == "autopilot_bridge"
    ]
    assert bridge.parameters["publish_tf"] is False
    for graph, mount in (
        (gazebo_graph(FlightPlan()), True),
        (px4_gazebo_graph(FlightPlan()), False),
    ):
        parameters = {one.executable: one.parameters for one in graph}
        assert parameters["autopilot_bridge"].get("publish_tf", True)
        assert parameters["weather"]["publish_tf"] is mount


class OnlyCamera(wires.Wires, Camera):
    """The camera node, whose topics end in the test."""


def test_the_camera_publishes_how_it_is_mounted(node):
    made = node(
        OnlyCamera,
        source="/nowhere.avi",
        frame_prefix="d2/",
        mount_x=0.2,
        mount_y=-0.1,
        mount_z=0.05,
        mount_roll=0.0,
        mount_pitch=0.5,
        mount_yaw=math.pi / 2,
    )
    made.close()
    turn, place = follow(tree(*made.sent["/tf_static"]), "d2/camera_optical_frame", "d2/base_link")
    assert place.tolist() == [0.2, -0.1, 0.05]
    right, down, ahead = turn.T
    np.testing.assert_allclose(ahead, (0.0, math.cos(0.5), -math.sin(0.5)), atol=1e-9)
    np.testing.assert_allclose(right, (1.0, 0.0, 0.0), atol=1e-9)
    np.testing.assert_allclose(np.cross(right, down), ahead, atol=1e-9)


def test_by_default_the_camera_is_mounted_as_in_the_training(node):
    made = node(OnlyCamera, source="/nowhere.avi")
    made.close()
    turn, place = follow(tree(*made.sent["/tf_static"]), "camera_link", "base_link")
    np.testing.assert_allclose(
        turn[:, 0], (math.cos(CameraConfig().pitch), 0.0, -math.sin(CameraConfig().pitch))
    )
    assert place.tolist() == list(DRONE_MODEL.camera_position)


def test_where_a_urdf_defines_the_mount_the_camera_does_not_publish_it(node):
    made = node(OnlyCamera, source="/nowhere.avi", publish_tf=False)
    made.close()
    assert "/tf_static" not in made.seen


class OnlyWeather(wires.Wires, WeatherNode):
    """The weather node, whose topics end in the test."""


def test_in_gazebo_the_mount_is_that_of_our_drones_camera(node):
    """The same as the embedded simulator renders with this seed, but for the drone's own small
    errors.
    """
    made = node(OnlyWeather, condition="mounting", seed=3, publish_tf=True)
    turn, place = follow(tree(*made.sent["/tf_static"]), "camera_link", "base_link")
    camera = CameraConfig().of(load_condition("mounting").camera, 3)
    world = World(load_scenario("field"), 3, load_condition("mounting"))
    world.close()
    assert world.camera.turn == camera.turn and place.tolist() == list(DRONE_MODEL.camera_position)
    ahead = np.array((math.cos(camera.pitch), 0.0, -math.sin(camera.pitch)))
    assert np.linalg.norm(turn[:, 0] - ahead) == pytest.approx(
        np.linalg.norm(np.cross(camera.turn, ahead)), rel=0.1
    )
    assert "/tf_static" not in node(OnlyWeather).seen


class OnlyRecorder(wires.Wires, Recorder):
    """The recorder, whose topics end in the test."""


def odometry_at(time, x=1.0):
    message = Odometry(child_frame_id="base_link")
    message.header.frame_id = "odom"
    message.header.stamp.sec = time
    message.pose.pose.position.x = x
    message.pose.pose.orientation.w = 1.0
    return message


def test_a_stamp_is_published_once_and_again_to_later_subscribers(node):
    """The simulator repeats its state while it waits, and tf2 complains of what it has already."""
    owner = node(wires.Plain)
    made = MovingTransforms(owner)
    for _ in range(3):
        made.odometry(odometry_at(1))
    assert len(owner.sent["/tf"]) == 1
    made._publisher.listeners = 1
    for _ in range(3):
        made.odometry(odometry_at(1))
    assert len(owner.sent["/tf"]) == 2
    made.odometry(odometry_at(2))
    made.odometry(odometry_at(0))
    assert len(owner.sent["/tf"]) == 4, "a simulator that was reset begins again"


@pytest.mark.parametrize("x", [math.nan, math.inf])
def test_a_pose_that_is_no_place_is_left_out(node, x):
    owner = node(wires.Plain)
    MovingTransforms(owner).odometry(odometry_at(1, x))
    assert owner.sent["/tf"] == []


def test_without_a_message_type_a_node_reports_it_and_does_its_work(node, monkeypatch):
    monkeypatch.setattr(module, "tf_message_class", lambda: None)
    made = node(OnlyCamera, source="/nowhere.avi")
    made.close()
    assert "/tf_static" not in made.seen
    (line,) = [text for level, text in made.log if "/tf_static" in text]
    assert "install tf2_msgs" in line
    bridge = node(Bridge, autopilot="twist_stamped", plain_in_body=True)
    bridge.callbacks["odom"](odometry_at(1))
    assert "/tf" not in bridge.seen


def transforms_in(folder):
    """Return {topic: [child frames of each message]} of a bag, as the rosbags library reads it."""
    from rosbags.highlevel import AnyReader

    found = {}
    with AnyReader([folder]) as reader:
        for connection, _, data in reader.messages():
            if connection.msgtype == NAME:
                message = reader.deserialize(data, connection.msgtype)
                found.setdefault(connection.topic, []).append(
                    [one.child_frame_id for one in message.transforms]
                )
    return found


def test_the_bag_has_the_transforms_of_all_nodes(harness, tmp_path):
    """Two nodes have published what is fixed before the recorder came; a third party's bytes that
    are none are left out.
    """
    camera = harness.add(Camera, source="/nowhere.avi")
    harness.add(WeatherNode, publish_tf=True, frame_prefix="gz/")
    recorder = harness.make(Recorder, folder=str(tmp_path / "bag"))
    harness._enter(recorder)
    moving = MovingTransforms(harness.probe)
    harness.matched(moving._publisher)
    moving._publisher.publish(b"\0\1\0\0\5\0\0\0")
    moving.odometry(odometry_at(7))
    both = [["camera_link", "camera_optical_frame"], ["gz/camera_link", "gz/camera_optical_frame"]]
    harness.listen_to_diagnostics()
    harness.until(
        lambda: harness.reports("recorder: input /tf", "1 message(s) dropped so far"),
        "the good one",
    )

    def frames():
        known = recorder._latched.get("/tf_static", {})
        return [one for data in known.values() for one in decode(data)]

    harness.until(lambda: len(frames()) == 4, "both cameras")
    recorder.end()
    camera.close()
    found = transforms_in(tmp_path / "bag")
    assert found["/tf"] == [["base_link"]] and sorted(found["/tf_static"]) == both


def test_after_a_reset_the_next_bag_knows_all_fixed_frames(node, tmp_path):
    recorder = node(OnlyRecorder, use_sim_time=True, folder=str(tmp_path / "today"))
    for prefix in ("", "d2/"):
        recorder.callbacks["/tf_static"](
            encode(camera_mount(prefix, DRONE_MODEL.camera_position, (0.0, 0.1, 0.0)))
        )
    newer = encode(camera_mount("", DRONE_MODEL.camera_position, (0.0, 0.2, 0.0)))
    recorder.callbacks["/tf_static"](newer)
    recorder._begin_anew(5_000_000_000, 0)
    recorder.end()
    ours, theirs = (
        ["camera_link", "camera_optical_frame"],
        ["d2/camera_link", "d2/camera_optical_frame"],
    )
    # The newest of a frame comes last, which is the one that counts.
    assert transforms_in(tmp_path / "today-2")["/tf_static"] == [ours, theirs, ours]
    assert list(recorder._latched["/tf_static"].values())[-1] == newer


def test_a_fixed_frame_that_is_published_as_before_is_the_newest_again(node, tmp_path):
    recorder = node(OnlyRecorder, folder=str(tmp_path / "today"))
    older, newer = (
        encode(camera_mount("", DRONE_MODEL.camera_position, (0.0, pitch, 0.0)))
        for pitch in (0.1, 0.2)
    )
    for data in (older, newer, older):
        recorder.callbacks["/tf_static"](data)
    assert list(recorder._latched["/tf_static"].values()) == [newer, older]
    recorder.end()


def test_without_a_message_type_the_rest_is_recorded(node, tmp_path, monkeypatch):
    monkeypatch.setattr("liquid_nav.nodes.recorder.tf_message_class", lambda: None)
    recorder = node(OnlyRecorder, folder=str(tmp_path / "today"))
    assert "/tf" not in recorder.callbacks and "odom" in recorder.callbacks
    assert [text for _, text in recorder.log if "/tf is not recorded" in text]
    recorder.end()


def test_a_late_listener_gets_what_is_fixed(harness):
    """Over DDS: the camera's mount was published before there was a subscriber."""
    camera = harness.add(Camera, source="/nowhere.avi", frame_prefix="d1/")
    received = []
    harness.until(lambda: harness.probe.count_publishers("/tf_static"), "discovery")
    harness.probe.create_subscription(
        tf_message_class(), "/tf_static", received.append, latched_qos(), raw=True
    )
    harness.until(lambda: received, "the mount")
    camera.close()
    (expected,) = [
        camera_mount("d1/", DRONE_MODEL.camera_position, (0.0, CameraConfig().pitch, 0.0))
    ]
    assert [one.child_frame_id for one in decode(received[0])] == [
        one.child_frame_id for one in expected
    ]


def test_a_moving_drone_is_received_over_dds(harness):
    moving = MovingTransforms(harness.probe)
    received = []
    harness.probe.create_subscription(
        tf_message_class(), "/tf", received.append, reliable_qos(10), raw=True
    )
    harness.matched(moving._publisher)
    moving.odometry(odometry_at(7, 2.0))
    harness.until(lambda: received, "the pose")
    (one,) = decode(received[0])
    assert (one.header.stamp.sec, one.transform.translation.x) == (7, 2.0)
