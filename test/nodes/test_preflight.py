"""Preflight: a good graph passes, and each fault is named with its remedy; the probe on a live graph."""

import json

import numpy as np
import pytest

from liquid_nav.nodes.preflight_checks import check
from liquid_nav.nodes.preflight_facts import Facts, Stream, Wanted, percentile

CAMERA = "camera/image_raw"


def good():
    """Return the facts of a graph that may fly."""
    return Facts(
        topics={
            CAMERA: Stream(1, 30.0, [0.01, 0.03], "camera_optical_frame", {"size": "256 x 144"}),
            "camera/camera_info": Stream(1, 30.0, last={"size": "256 x 144", "focal": 152.5}),
            "liquid_controller/cmd_vel": Stream(1, 30.0, [0.02]),
            "cmd_vel": Stream(1, 30.0, [0.02]),
            "odom": Stream(1, 50.0, [0.01], "odom", {"child": "base_link", "norm": 1.0}),
            "battery_state": Stream(1, 1.0, last={"share": 0.9}),
            "/clock": Stream(0, last={}),
        },
        sim_time={"camera": False, "liquid_controller": False, "safety_supervisor": False},
        limits={"speed": 2.0, "vertical_speed": 1.0, "yaw_rate": 1.2},
        latencies=[0.01] * 99 + [0.03],
        info={"model": "default", "sha256": "abc"},
        modes={"liquid_controller": "active", "safety_supervisor": "disengaged"},
        autopilot={"phase": "ready", "mode": "POSCTL", "fault": ""},
        sha256="abc",
        free_space=50 * 2**30,
    )


def topic(name, **changes):
    def change(facts):
        for key, value in changes.items():
            setattr(facts.topics[name], key, value)

    return change


def fact(**changes):
    return lambda facts: [setattr(facts, key, value) for key, value in changes.items()]


def paused(facts):
    fact(sim_time={"simulator": True})(facts)
    topic("/clock", publishers=1, last={"first": 3.0, "last": 3.0})(facts)


FAULTS = {
    "no camera": (topic(CAMERA, publishers=0), "camera", "nobody publishes"),
    "two cameras": (topic(CAMERA, publishers=2), "camera", "2 nodes"),
    "frames are lost": (topic(CAMERA, rate=4.0), "camera rate", "4.0 Hz"),
    "camera is late": (topic(CAMERA, ages=[0.1, 0.9]), "camera stamps", "0.90 s old"),
    "camera clock is ahead": (topic(CAMERA, ages=[-3.0]), "camera stamps", "3.00 s in the future"),
    "not calibrated": (topic("camera/camera_info", last={"size": "256 x 144", "focal": 0.0}), "camera model", "empty"),
    "calibration of another size": (
        topic("camera/camera_info", last={"size": "640 x 480", "focal": 500.0}), "camera model", "640 x 480"),
    "controller inactive": (fact(modes={"liquid_controller": "inactive", "safety_supervisor": "x"}), "controller",
                            "inactive"),
    "other model": (fact(sha256="def"), "model", "default"),
    "no commands": (topic("liquid_controller/cmd_vel", rate=0.0), "commands", "0.0 commands"),
    "slow": (fact(latencies=[0.01] * 90 + [0.4] * 10), "latency", "400 ms"),
    "no supervisor": (fact(modes={"liquid_controller": "active"}), "supervisor", "says nothing"),
    "two supervisors": (topic("cmd_vel", publishers=2), "one pilot", "2 nodes publish cmd_vel"),
    "too fast": (fact(limits={"speed": 12.0, "vertical_speed": 1.0, "yaw_rate": 1.0}), "limits", "speed is 12"),
    "no odometry": (topic("odom", rate=0.0), "odometry", "0.0 Hz"),
    "odometry is NED": (topic("odom", frame_id="odom_ned"), "frames", "odom_ned"),
    "mixed clocks": (fact(sim_time={"camera": False, "simulator": True}), "clock", "simulator"),
    "no clock": (fact(sim_time={"liquid_controller": True}), "clock", "nobody publishes /clock"),
    "clock stands still": (paused, "clock", "stands at 3 s"),
    "encoding": (topic(CAMERA, last={"problem": "encoding is 'mono8'"}), "camera image", "mono8"),
    "battery": (topic("battery_state", last={"share": 0.1}), "battery", "10 %"),
    "disk": (fact(free_space=2**20), "disk", "0.0 GB"),
    "diagnostics": (fact(errors=["safety_supervisor: inputs: x"]), "diagnostics", "inputs"),
    "autopilot offline": (fact(autopilot={"phase": "offline", "fault": "no heartbeat"}), "autopilot", "no heartbeat"),
    "autopilot parameter": (fact(autopilot={"phase": "idle", "fault": "COM_OBL_RC_ACT is 0"}), "autopilot", "COM_OBL"),
    "autopilot says nothing": (fact(autopilot={}), "autopilot", "nothing that can be read"),
    "no bridge": (fact(autopilot=None), "autopilot", "no autopilot_bridge"),
}  # fmt: skip


def test_a_good_graph_passes():
    findings = check(good(), Wanted())
    assert len(findings) == 19 and all(finding.good for finding in findings)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_and_nothing_else(name):
    spoil, expected, words = FAULTS[name]
    facts = good()
    spoil(facts)
    bad = [finding for finding in check(facts, Wanted()) if not finding.good]
    assert [finding.name for finding in bad] == [expected]
    assert words in bad[0].words and len(bad[0].remedy) > 5


def test_an_empty_graph_fails_without_breaking():
    bad = {finding.name for finding in check(Facts(), Wanted()) if not finding.good}
    assert {"camera", "controller", "model", "supervisor", "odometry", "limits", "autopilot"} <= bad


def test_a_prefix_is_expected_in_the_frames():
    facts = good()
    wanted = Wanted(frame_prefix="d1/")
    assert [f.name for f in check(facts, wanted) if not f.good] == ["frames"]
    topic("odom", frame_id="d1/odom", last={"child": "d1/base_link", "norm": 1.0})(facts)
    assert all(finding.good for finding in check(facts, wanted))


def test_percentile():
    assert percentile([3.0, 1.0, 2.0], 0.99) == 3.0 and percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert np.isnan(percentile([], 0.5))


def test_the_probe_hears_a_live_graph(harness, pictures):
    pytest.importorskip("rclpy")
    from nav_msgs.msg import Odometry
    from sensor_msgs.msg import CameraInfo, Image
    from std_msgs.msg import String

    from liquid_nav.nodes.messages import image_message, to_stamp
    from liquid_nav.nodes.preflight_probe import Probe
    from liquid_nav.nodes.qos import latched, sensor_data
    from liquid_nav.nodes.safety_supervisor import SupervisorNode

    harness.add(SupervisorNode, speed=1.5)
    node = harness.probe
    camera = node.create_publisher(Image, CAMERA, sensor_data())
    model = node.create_publisher(CameraInfo, "camera/camera_info", sensor_data())
    odometry = node.create_publisher(Odometry, "odom", sensor_data())
    info = node.create_publisher(String, "liquid_controller/info", latched())
    info.publish(String(data=json.dumps({"model": "m", "sha256": "abc"})))
    probe = Probe(harness._enter(harness_node(harness)))

    def all_heard():
        now = node.get_clock().now().nanoseconds
        camera.publish(image_message(pictures[0], now - 20_000_000, "camera_optical_frame"))
        model.publish(CameraInfo(width=128, height=72, k=[100.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0]))
        message = Odometry(child_frame_id="base_link")
        message.header.frame_id, message.header.stamp = "odom", to_stamp(now)
        odometry.publish(message)
        probe.ask()
        facts = probe.facts(1.0)
        heard = [facts.topics[name].rate for name in (CAMERA, "camera/camera_info", "odom")]
        return all(heard) and facts.limits and facts.info and "safety_supervisor" in facts.modes

    harness.until(all_heard, "everything", deadline=60.0)
    facts = probe.facts(1.0)
    assert facts.limits["speed"] == 1.5 and facts.sim_time == {"safety_supervisor": False}
    assert facts.modes["safety_supervisor"] == "disengaged" and facts.info["sha256"] == "abc"
    assert facts.topics[CAMERA].last == {"size": "128 x 72"} and min(facts.topics[CAMERA].ages) >= 0.02
    assert facts.topics["odom"].last["child"] == "base_link"
    named = {finding.name for finding in check(facts, Wanted()) if not finding.good}
    assert {"controller", "model", "commands"} <= named and "camera" not in named and "frames" not in named


@pytest.mark.parametrize(
    ("namespace", "published", "expected"),
    [
        ("d1", ("/clock", "/d1/clock"), "/d1/clock"),
        ("/d1/", ("/clock",), "/clock"),
        ("team/d1", ("/clock", "/team/clock", "/d1/clock"), "/team/clock"),
        ("d1", ("/d2/clock",), "/d1/clock"),
        ("", ("/clock", "/d1/clock"), "/clock"),
    ],
)
def test_a_drone_is_judged_by_its_own_clock(harness, namespace, published, expected):
    pytest.importorskip("rclpy")
    from rosgraph_msgs.msg import Clock

    from liquid_nav.nodes.messages import to_stamp
    from liquid_nav.nodes.preflight_listening import make_node
    from liquid_nav.nodes.preflight_probe import Probe
    from liquid_nav.nodes.qos import sensor_data

    clocks = {name: harness.probe.create_publisher(Clock, name, sensor_data()) for name in published}
    for name in published:
        harness.until(lambda name=name: harness.probe.get_publishers_info_by_topic(name), "discovery")
    node = harness._enter(make_node(namespace, True, harness.context, discovery=(0.2, 0.6)))
    probe = Probe(node)
    facts = probe.facts(1.0)
    assert facts.clock == expected
    assert facts.topics["/clock"].publishers == (expected in published)
    if expected not in published:
        facts.sim_time = {"simulator": True}
        assert f"nobody publishes {expected}" in check(facts, Wanted())[0].words
        return

    def told():
        for seconds, (name, publisher) in enumerate(clocks.items(), start=1):
            publisher.publish(Clock(clock=to_stamp((10 if name == expected else seconds) * 1_000_000_000)))
        return facts.topics["/clock"].last and node.get_clock().now().nanoseconds

    harness.until(told, "the clock")
    assert facts.topics["/clock"].last == {"first": 10.0, "last": 10.0}
    assert node.get_clock().now().nanoseconds == 10_000_000_000


def harness_node(harness):
    import rclpy

    return rclpy.create_node("preflight", context=harness.context)
