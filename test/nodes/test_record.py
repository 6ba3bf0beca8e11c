"""``liquid-nav record`` starts, ends with Ctrl-C and leaves a bag that can be read."""

import importlib.util
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from rosbags.highlevel import AnyReader

_TIMES = importlib.util.spec_from_file_location(
    "bag_times", Path(__file__).with_name("bag_times.py")
)
bag_times = importlib.util.module_from_spec(_TIMES)
_TIMES.loader.exec_module(bag_times)


def test_ctrl_c_leaves_a_complete_bag(tmp_path):
    folder = tmp_path / "today #1: north"  # a comment and a mapping, where it is read as YAML
    command = [
        sys.executable,
        "-m",
        "liquid_nav.cli.app",
        "record",
        "--out",
        str(folder),
        "--namespace",
        "drone1",
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        line = process.stdout.readline()
        assert line.startswith(f"recording into {folder}"), line + process.stdout.read()
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=120.0)
    assert process.returncode == 0, output
    assert "recorded:" in output
    with AnyReader([folder / "flight.mcap"]) as reader:
        assert "/drone1/camera/image_raw/compressed" in {c.topic for c in reader.connections}


INTERRUPTED = """
import os, signal, sys
from rosbags.rosbag2 import storage_mcap
from liquid_nav.nodes.recorder import main

def write_record(file, kind, record):
    file.write(bytes([kind]))
    storage_mcap.write_uint64(file, record.tell())
    if kind == MESSAGE:
        os.kill(os.getpid(), signal.SIGINT)
    file.write(record.getbuffer())

MESSAGE = 0x05
storage_mcap.write_record = write_record
main(sys.argv[1:])
"""
"""A recorder that is stopped between the length of a message and the message."""


def test_a_signal_in_the_middle_of_a_write_leaves_a_bag_that_can_be_read(harness, tmp_path):
    from nav_msgs.msg import Odometry

    from liquid_nav.nodes.qos import sensor_data_qos

    odometry = harness.probe.create_publisher(Odometry, "odom", sensor_data_qos())
    harness.pumps.append(lambda: odometry.publish(Odometry()))
    recorder = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, "--ros-args", "-p", f"folder:={tmp_path / 'bag'}"],
        env=os.environ | {"ROS_DOMAIN_ID": str(harness.context.get_domain_id())},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        harness.until(lambda: recorder.poll() is not None, "its end")
        _, errors = recorder.communicate()
    finally:
        recorder.kill()
    assert recorder.returncode == 0, errors
    with AnyReader([tmp_path / "bag" / "flight.mcap"]) as reader:
        assert [connection.topic for connection, _, _ in reader.messages()] == ["/odom"]


@pytest.mark.parametrize("node", ["liquid_controller", "expert_pilot"])
def test_it_subscribes_to_commands_only_once_it_receives_the_rest(harness, tmp_path, node):
    """So that whoever counts the listeners of cmd_vel before a flight knows that its first frames
    are recorded.
    """
    import numpy as np
    from geometry_msgs.msg import TwistStamped
    from nav_msgs.msg import Odometry
    from sensor_msgs.msg import Image

    from liquid_nav.nodes.messages import image_message
    from liquid_nav.nodes.qos import command_output_qos, sensor_data_qos
    from liquid_nav.nodes.recorder import Recorder

    camera = harness.probe.create_publisher(Image, "camera/image_raw", sensor_data_qos())
    odometry = harness.probe.create_publisher(Odometry, "odom", sensor_data_qos())
    pilot = harness.probe.create_publisher(TwistStamped, f"{node}/cmd_vel", command_output_qos())
    recorder = harness.add(Recorder, folder=str(tmp_path / "bag"), wait_for_camera=True)
    image = image_message(np.zeros((24, 32, 3), np.uint8), 5, "camera_optical_frame")

    def listeners(moving):
        camera.publish(image)
        pilot.publish(TwistStamped())
        if moving:
            odometry.publish(Odometry())
        return harness.probe.count_subscribers("cmd_vel")

    harness.matched(camera)
    harness.matched(pilot)
    counts = []
    harness.until(lambda: counts.append(listeners(moving=False)) or len(counts) > 20)
    assert not any(counts)
    harness.until(lambda: listeners(moving=True) == 1, "a listener to cmd_vel")
    recorder.close()


def test_two_names_that_are_remapped_to_one_are_recorded_once(harness, tmp_path):
    from geometry_msgs.msg import TwistStamped

    from liquid_nav.bringup.simulated_flight import pilot_remappings
    from liquid_nav.nodes.qos import command_output_qos
    from liquid_nav.nodes.recorder import Recorder

    expert = harness.probe.create_publisher(
        TwistStamped, "expert_pilot/cmd_vel", command_output_qos()
    )
    node = harness.add(Recorder, pilot_remappings("expert"), folder=str(tmp_path / "bag"))
    topics = [subscription.topic_name for subscription in node.subscriptions]
    assert topics.count("/expert_pilot/cmd_vel") == topics.count("/expert_pilot/mode") == 1
    harness.matched(expert)
    expert.publish(TwistStamped())
    harness.until(lambda: node._repeated._newest, "the command")
    node.close()
    with AnyReader([tmp_path / "bag" / "flight.mcap"]) as reader:
        recorded = [connection.topic for connection, _, _ in reader.messages()]
    assert recorded.count("/expert_pilot/cmd_vel") == 1


LIMITED = """
import resource, sys
from liquid_nav.nodes.recorder import Recorder
from liquid_nav.nodes.running import run_node

class Limited(Recorder):
    def begun(self):
        most = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, most))

sys.exit(run_node(Limited, sys.argv[1:]))
"""
"""A recorder on a disk that takes one and a half of the chunks of a bag."""


class Camera:
    """Shows another picture of noise, 1/30 s later, at each call."""

    def __init__(self, harness):
        from sensor_msgs.msg import Image

        from liquid_nav.nodes.qos import sensor_data_qos

        self.rng = np.random.default_rng(0)
        self.shown = 0
        self.publisher = harness.probe.create_publisher(
            Image, "camera/image_raw", sensor_data_qos(10)
        )

    def __call__(self):
        from liquid_nav.nodes.messages import image_message

        self.shown += 1
        pixels = self.rng.integers(0, 255, (144, 256, 3), dtype=np.uint8)
        self.publisher.publish(image_message(pixels, self.shown * 33_000_000, "camera"))


def images_in(path):
    with AnyReader([path]) as reader:
        found = [time for connection, time, _ in reader.messages() if "image" in connection.topic]
    assert found == sorted(found)
    return len(found)


def test_a_full_disk_ends_the_recording_and_not_the_recorder(harness, tmp_path):
    harness.listen_to_diagnostics()
    harness.pumps.append(Camera(harness))
    folder = tmp_path / "bag"
    arguments = ["--ros-args", "-p", f"folder:={folder}", "-p", "jpeg_quality:=100"]
    recorder = subprocess.Popen(
        [sys.executable, "-c", LIMITED, *arguments],
        env=os.environ | {"ROS_DOMAIN_ID": str(harness.context.get_domain_id())},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        kept = f"{folder}/flight.mcap holds what came before"
        parts = ("recording has stopped", "File too large", kept, "free space, start")
        harness.until(
            lambda: harness.reports("recorder: recording", *parts), "the diagnostic", 120.0
        )
        count = images_in(folder / "flight.mcap")
        assert count > 5 and recorder.poll() is None
        assert harness.diagnostics["recorder: recording"].level == b"\x02"
        camera = harness.pumps[0]
        end = camera.shown + 20
        harness.until(lambda: camera.shown > end, "more images")
        recorder.send_signal(signal.SIGINT)
        harness.until(lambda: recorder.poll() is not None, "its end")
        _, errors = recorder.communicate()
    finally:
        recorder.kill()
    assert recorder.returncode == 3, errors
    assert errors.count("recording has stopped") == 1
    assert images_in(folder / "flight.mcap") == count


@pytest.fixture
def recorder(harness, tmp_path):
    from liquid_nav.nodes.recorder import Recorder

    harness.listen_to_diagnostics()
    node = harness.add(Recorder, folder=str(tmp_path / "bag"))
    yield node
    node.close()


def test_any_exception_while_writing_ends_the_recording_only(harness, recorder, tmp_path):
    def fail(name, time, data, published):
        raise RuntimeError("out of\norder")

    recorder._bag.write = fail
    camera = Camera(harness)
    harness.pumps.append(camera)
    expected = (
        "recording has stopped: RuntimeError: out of order",
        "before: start the recorder again",
    )
    harness.until(lambda: harness.reports("recorder: recording", *expected), "the diagnostic")
    end = camera.shown + 5
    harness.until(lambda: camera.shown > end, "more images")
    assert images_in(tmp_path / "bag" / "flight.mcap") == 0


def test_a_bag_that_cannot_be_finished_is_ended_and_has_an_exit_code(harness, recorder, tmp_path):
    from liquid_nav.nodes.running import Finished

    camera = Camera(harness)
    harness.pumps.append(camera)
    harness.until(lambda: recorder._last_image > 0, "an image")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(Finished) as end:
            recorder.end()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert end.value.code == 3
    harness.until(
        lambda: harness.reports("recorder: recording", "File too large"), "the diagnostic"
    )
    assert images_in(tmp_path / "bag" / "flight.mcap") == 0


def test_a_recorder_that_finishes_its_bag_ends_well(recorder, tmp_path):
    recorder.end()
    assert (tmp_path / "bag" / "metadata.yaml").exists()


def test_bytes_that_are_no_message_are_counted_and_not_recorded(harness, recorder, tmp_path):
    from nav_msgs.msg import Odometry

    from liquid_nav.nodes.qos import sensor_data_qos

    camera = Camera(harness)
    odometry = harness.probe.create_publisher(Odometry, "odom", sensor_data_qos(10))
    harness.matched(odometry)
    harness.matched(camera.publisher)

    def dropped():
        camera.publisher.publish(b"\x00\x01\x00\x00ab")
        odometry.publish(b"\x00\x01\x00\x00" + bytes([255]) * 20)
        six = harness.reports("recorder: input camera/image_raw", "ImageError: the message has 6")
        return six and harness.reports("recorder: input odom", "dropped: RMWError")

    harness.until(dropped, "the counts")
    harness.pumps.append(camera)
    harness.until(lambda: recorder._last_image > 0, "an image")
    recorder.close()
    with AnyReader([tmp_path / "bag" / "flight.mcap"]) as reader:
        topics = {connection.topic for connection, _, _ in reader.messages()}
    assert "/odom" not in topics and "/camera/image_raw/compressed" in topics


def test_its_own_diagnostics_are_not_part_of_the_flight(harness, recorder, tmp_path):
    """They carry the machine's clock, under which everything after them would be filed."""
    from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus

    messages = harness.listen("/diagnostics", DiagnosticArray, 10)
    other = harness.probe.create_publisher(DiagnosticArray, "/diagnostics", 10)
    harness.matched(other, 2)
    message = DiagnosticArray(status=[DiagnosticStatus(name="camera: source")])
    message.header.stamp.sec = 7

    def reported():
        other.publish(message)
        return {status.name for array in messages for status in array.status} >= wanted

    wanted = {"recorder: recording", "camera: source"}
    harness.until(reported, "both")
    harness.until(lambda: recorder._time is not None, "the other's")
    recorder.close()
    found = bag_times.times(tmp_path / "bag" / "flight.mcap")
    assert {reports for topic, _, reports in found if topic == "/diagnostics"} == {7_000_000_000}


def test_changes_of_parameters_are_recorded_and_what_a_node_starts_with_is_not(
    harness, recorder, tmp_path
):
    """A camera starts with its source, in which a password may stand."""
    from rcl_interfaces.msg import Parameter, ParameterEvent, ParameterType, ParameterValue
    from rclpy.serialization import deserialize_message

    def one(name, value):
        return Parameter(
            name=name, value=ParameterValue(type=ParameterType.PARAMETER_DOUBLE, double_value=value)
        )

    events = harness.probe.create_publisher(ParameterEvent, "/parameter_events", 10)
    harness.matched(events, 1)
    begun = ParameterEvent(node="/camera", new_parameters=[one("source", 0.0)])
    changed = ParameterEvent(node="/safety_supervisor", changed_parameters=[one("speed", 1.5)])
    written = []
    write = recorder._bag.write
    recorder._bag.write = lambda name, *rest: written.append(name) or write(name, *rest)

    def reported():
        events.publish(begun)
        events.publish(changed)
        return "/parameter_events" in written

    harness.until(reported, "the change")
    recorder.close()
    with AnyReader([tmp_path / "bag" / "flight.mcap"]) as reader:
        found = [
            deserialize_message(raw, ParameterEvent)
            for connection, _, raw in reader.messages()
            if connection.topic == "/parameter_events"
        ]
    assert {event.node for event in found} == {"/safety_supervisor"}
    assert found[0].changed_parameters[0].value.double_value == 1.5
