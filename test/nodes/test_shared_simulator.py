"""Two namespaced drones in one world over DDS: nothing of one is received by the other, and time
waits for both.
"""

import numpy as np
import pytest
from geometry_msgs.msg import TwistStamped
from nav_msgs.msg import Odometry
from rclpy.parameter import Parameter
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Image
from std_msgs.msg import String
from std_srvs.srv import Trigger

from liquid_nav.bringup.simulated_flight import pilot_remappings
from liquid_nav.errors import UserError
from liquid_nav.nodes.expert_pilot import ExpertPilot
from liquid_nav.nodes.messages import command_message, nanoseconds
from liquid_nav.nodes.qos import latched_qos, reliable_qos, sensor_data_qos
from liquid_nav.nodes.safety_supervisor import SupervisorNode
from liquid_nav.nodes.simulator import Simulator, parse_names
from liquid_nav.simulation.camera_renderer import RenderingError
from liquid_nav.types import Command

NAMES = ("d1", "d2")
WORLD = {"scenario": "field", "seed": 3}
SHARED = {"/clock", "/diagnostics", "/rosout", "/parameter_events", "/tf", "/tf_static"}


@pytest.fixture
def simulator(harness):
    node = harness.add(
        Simulator,
        drones="d1,d2",
        width=64,
        height=36,
        real_time_factor=0.0,
        wait_for_start=True,
        command_timeout=300.0,
        resend_after=0.3,
        **WORLD,
    )
    try:
        node.world.drones[0].render()
    except RenderingError as error:
        pytest.skip(str(error))
    yield node
    node.close()


def call(harness, simulator, service):
    for name in NAMES:
        client = harness.probe.create_client(Trigger, f"/{name}/{service}")
        harness.fly(simulator, lambda client=client: client.service_is_ready() or None)
        future = client.call_async(Trigger.Request())
        harness.fly(simulator, lambda future=future: future.done() or None)
        assert future.result().success, future.result().message


def listen(harness, kind, topic, qos):
    return {name: harness.listen(f"/{name}/{topic}", kind, qos) for name in NAMES}


def test_both_fly_and_neither_receives_the_other(harness, simulator):
    nodes = {}
    read = [part for pair in pilot_remappings("expert") for part in ("-r", ":=".join(pair))]
    for number, name in enumerate(NAMES):
        for kind, own in ((ExpertPilot, {"drone": number} | WORLD), (SupervisorNode, {})):
            values = {"use_sim_time": True, "frame_prefix": f"{name}/"} | own
            overrides = [Parameter(key, value=value) for key, value in values.items()]
            node = kind(
                context=harness.context,
                namespace=name,
                cli_args=["--ros-args", *read],
                parameter_overrides=overrides,
            )
            nodes.setdefault(name, []).append(harness._enter(node))
    odometry = listen(harness, Odometry, "odom", sensor_data_qos(500))
    commands = listen(harness, TwistStamped, "cmd_vel", reliable_qos(500))
    harness.fly(simulator, lambda: all(commands.values()) or None)
    call(harness, simulator, "safety_supervisor/engage")
    call(harness, simulator, "simulator/start")
    harness.fly(simulator, lambda: simulator.world.time > 2.0 or None)

    for name in NAMES:
        others = [node for other in NAMES if other != name for node in nodes[other]]
        mine = {
            entity.topic_name
            for node in nodes[name]
            for entity in (*node.publishers, *node.subscriptions)
        }
        theirs = {
            entity.topic_name
            for node in others
            for entity in (*node.publishers, *node.subscriptions)
        }
        assert mine & theirs <= SHARED and all(
            topic.startswith(f"/{name}/") for topic in mine - SHARED
        )
        frames = {(message.header.frame_id, message.child_frame_id) for message in odometry[name]}
        assert frames == {(f"{name}/odom", f"{name}/base_link")}
        assert {message.header.frame_id for message in commands[name]} == {f"{name}/base_link"}
        path = np.array([(m.pose.pose.position.x, m.pose.pose.position.y) for m in odometry[name]])
        assert 0.5 < np.hypot(*(path[-1] - path[0])) < 4.0
        assert harness.probe.count_publishers(f"/{name}/cmd_vel") == 1
    first, second = (odometry[name][-1].pose.pose.position for name in NAMES)
    assert np.hypot(first.x - second.x, first.y - second.y) > 5.0
    assert harness.probe.count_publishers("/clock") == 1
    published = {topic for topic, _ in harness.probe.get_topic_names_and_types()}
    assert not published & {"/odom", "/cmd_vel", "/camera/image_raw", "/d1/clock"}


def test_time_waits_for_both_and_a_crash_of_one_is_its_own(harness, simulator):
    images = listen(harness, Image, "camera/image_raw", sensor_data_qos(100))
    contacts = listen(harness, String, "simulator/contact", latched_qos())
    clock = harness.listen("/clock", Clock, sensor_data_qos(100))
    publish = {
        name: harness.probe.create_publisher(TwistStamped, f"/{name}/cmd_vel", reliable_qos())
        for name in NAMES
    }
    call(harness, simulator, "simulator/start")

    def answer(name):
        if images[name]:
            publish[name].publish(
                command_message(Command(), nanoseconds(images[name][-1].header.stamp))
            )

    def first_only():
        answer("d1")
        return len(images["d2"]) >= 4 or None

    harness.fly(simulator, first_only)
    assert simulator.world.time == 0.0 and {nanoseconds(tick.clock) for tick in clock} == {0}

    def both():
        answer("d1")
        answer("d2")
        return simulator.world.time > 0.15 or None

    harness.fly(simulator, both)
    # Let the second one fall out of the sky: the first one must fly on with its own commands alone.
    simulator.world.drones[1].collision = "tree"
    begin, seen = simulator.world.time, len(images["d2"])

    def without_the_second():
        answer("d1")
        return (contacts["d2"] and simulator.world.time > begin + 0.3) or None

    harness.fly(simulator, without_the_second)
    assert '"tree"' in contacts["d2"][0].data and not contacts["d1"]
    assert len(images["d2"]) <= seen + 1 and simulator.world.drones[0].collision is None


def test_names():
    assert parse_names("") == [] and parse_names("d1, d2") == ["d1", "d2"]
    for text in ("d1,d1", "d1,,d2", "a/b", "1a"):
        with pytest.raises(UserError, match="different names"):
            parse_names(text)
