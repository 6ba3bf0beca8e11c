"""``liquid-nav record`` starts, ends with Ctrl-C and leaves a bag that can be read."""

import os
import signal
import subprocess
import sys

from rosbags.highlevel import AnyReader


def test_ctrl_c_leaves_a_complete_bag(tmp_path):
    folder = tmp_path / "today"
    command = [sys.executable, "-m", "liquid_nav.cli.app", "record", "--out", str(folder), "--namespace", "drone1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
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
main(sys.argv)
"""
"""A recorder that is told to stop between the length of a message and the message."""


def test_a_signal_in_the_middle_of_a_write_leaves_a_bag_that_can_be_read(harness, tmp_path):
    from nav_msgs.msg import Odometry

    from liquid_nav.nodes.qos import sensor_data

    odometry = harness.probe.create_publisher(Odometry, "odom", sensor_data())
    harness.pumps.append(lambda: odometry.publish(Odometry()))
    recorder = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, "--ros-args", "-p", f"folder:={tmp_path / 'bag'}"],
        env=os.environ | {"ROS_DOMAIN_ID": str(harness.context.get_domain_id())}, stderr=subprocess.PIPE, text=True)
    try:
        harness.until(lambda: recorder.poll() is not None, "its end")
        _, errors = recorder.communicate()
    finally:
        recorder.kill()
    assert recorder.returncode == 0, errors
    with AnyReader([tmp_path / "bag" / "flight.mcap"]) as reader:
        assert [connection.topic for connection, _, _ in reader.messages()] == ["/odom"]


def test_it_listens_to_commands_only_once_it_hears_the_rest(harness, tmp_path):
    """So that whoever counts the listeners of cmd_vel before a flight knows that its first frames are recorded."""
    import numpy as np
    from geometry_msgs.msg import TwistStamped
    from nav_msgs.msg import Odometry
    from sensor_msgs.msg import Image

    from liquid_nav.nodes.messages import image_message
    from liquid_nav.nodes.qos import command_output, sensor_data
    from liquid_nav.nodes.recorder import Recorder

    camera = harness.probe.create_publisher(Image, "camera/image_raw", sensor_data())
    odometry = harness.probe.create_publisher(Odometry, "odom", sensor_data())
    pilot = harness.probe.create_publisher(TwistStamped, "liquid_controller/cmd_vel", command_output())
    node = harness.add(Recorder, folder=str(tmp_path / "bag"), wait_for_camera=True)
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
    node.close()
