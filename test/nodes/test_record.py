"""``liquid-nav record`` starts, ends with Ctrl-C and leaves a bag that can be read."""

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
