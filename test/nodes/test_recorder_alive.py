"""A recorder that dies in flight is a hold with its name; one that a person ends is none. Real
processes, real DDS.
"""

import os
import signal
import subprocess
import sys

import pytest

from liquid_nav.errors import UserError
from liquid_nav.nodes.qos import RECORDER_STATE, alive_qos
from liquid_nav.nodes.safety_supervisor import SupervisorNode


@pytest.fixture
def recorder(harness, tmp_path):
    """A recorder as a process of its own, known to the graph."""
    from std_msgs.msg import String

    states = harness.listen(RECORDER_STATE, String, alive_qos(5.0))
    arguments = [
        sys.executable,
        "-m",
        "liquid_nav.nodes.recorder",
        "--ros-args",
        "-p",
        f"folder:={tmp_path / 'bag'}",
    ]
    process = subprocess.Popen(arguments, env=os.environ | {"ROS_DOMAIN_ID": str(harness.domain)})
    try:
        harness.until(lambda: states, "the recorder's state")
        assert states[-1].data == f"recording into {tmp_path / 'bag'}"
        yield process
    finally:
        process.kill()
        process.wait()


def watching(harness):
    """Return a supervisor that watches recorders, and the list of the deaths reported to it."""
    supervisor = harness.add(SupervisorNode, recorder_age=1.0)
    reported = []
    lost = supervisor._supervisor.watch.recorder_lost
    supervisor._supervisor.watch.recorder_lost = lambda now: (reported.append(now), lost(now))
    # Matching is not enough: only a publisher that was known to be alive can be missed.
    harness.until(lambda: supervisor._inputs.recorders == 1, "a recorder that is alive")
    return supervisor, reported


def test_a_killed_recorder_is_reported(harness, recorder):
    _, reported = watching(harness)
    recorder.send_signal(signal.SIGKILL)
    harness.until(lambda: reported, "its death")


def test_a_recorder_that_is_ended_is_no_death(harness, recorder):
    supervisor, reported = watching(harness)
    recorder.send_signal(signal.SIGINT)
    name = f"/{RECORDER_STATE}"
    harness.until(lambda: supervisor.count_publishers(name) == 0, "its leave")
    recorder.wait()
    # As long as a death would need to be reported: its silence would begin now.
    begin = supervisor._now()
    harness.until(lambda: supervisor._now() > begin + 1.5, "time")
    assert reported == []


def test_an_age_that_no_recorder_promises_is_refused(harness):
    """The subscription would silently not fit, and nothing would be watched."""
    with pytest.raises(UserError, match="recorder_age is 0.2 s. give 0.3 or more"):
        harness.add(SupervisorNode, recorder_age=0.2)


def test_the_age_is_changed_on_the_ground_and_then_watched(harness, recorder):
    from rclpy.parameter import Parameter

    supervisor = harness.add(SupervisorNode)
    assert not [one for one in supervisor.subscriptions if one.topic_name == f"/{RECORDER_STATE}"]
    (refused,) = supervisor.set_parameters([Parameter("recorder_age", value=0.2)])
    assert not refused.successful
    assert refused.reason == "give 0.3 or more, or 0 to fly on when a recorder ends"
    for age, listeners in ((2.0, 1), (1.0, 1), (0.0, 0), (1.0, 1)):
        (result,) = supervisor.set_parameters([Parameter("recorder_age", value=age)])
        assert result.successful
        assert (
            len([one for one in supervisor.subscriptions if one.topic_name == f"/{RECORDER_STATE}"])
            == listeners
        )
    reported = []
    supervisor._supervisor.watch.recorder_lost = reported.append
    # Matching is not enough: only a publisher that was known to be alive can be missed.
    harness.until(lambda: supervisor._inputs.recorders == 1, "a recorder that is alive")
    recorder.send_signal(signal.SIGKILL)
    harness.until(lambda: reported, "its death")
