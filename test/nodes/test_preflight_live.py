"""Preflight on live graphs: simulator, controller, supervisor and bridge over DDS, whole, and each
time with one fault.

The simulator's lock step makes time: rates and ages are judged in simulated seconds, whatever the
machine does.
"""

import json
import os
import shutil
import sys
from subprocess import PIPE, STDOUT, Popen

import pytest

mavlink = pytest.importorskip("pymavlink.dialects.v20.common")

import numpy as np
import rclpy
from geometry_msgs.msg import TwistStamped
from rclpy.parameter import Parameter
from sensor_msgs.msg import BatteryState, CameraInfo, Image
from std_msgs.msg import String
from std_srvs.srv import Trigger

from liquid_nav.nodes.autopilot_bridge import AutopilotBridge
from liquid_nav.nodes.liquid_controller import LiquidController
from liquid_nav.nodes.messages import image_message, nanoseconds, to_stamp
from liquid_nav.nodes.preflight_listening import Listening, add_local_facts
from liquid_nav.nodes.preflight_probe import Probe
from liquid_nav.nodes.qos import latched_qos, reliable_qos, sensor_data_qos
from liquid_nav.nodes.safety_supervisor import SupervisorNode
from liquid_nav.nodes.simulator import Simulator
from liquid_nav.preflight import watches as preflight_watches
from liquid_nav.preflight.checks import preflight_findings
from liquid_nav.preflight.facts import FindingLevel, PreflightLimits
from liquid_nav.safety import Mode, Order
from liquid_nav.simulation.camera_renderer import RenderingError
from liquid_nav.sitl.simulated_px4 import Px4Vehicle
from liquid_nav.sitl.vehicle_body import PointBody
from liquid_nav.sitl.vehicle_server import UdpServer

CAMERA = "camera/image_raw"
WANTED = PreflightLimits(free_space=1)
NODES = {
    "simulator": (
        Simulator,
        {
            "scenario": "field",
            "seed": 1,
            "width": 128,
            "height": 72,
            "real_time_factor": 0.0,
            "command_timeout": 5.0,
            "resend_after": 0.3,
        },
    ),
    "liquid_controller": (LiquidController, {"frozen_after": 0.0}),
    "safety_supervisor": (SupervisorNode, {"speed": 2.0, "vertical_speed": 1.0, "yaw_rate": 1.2}),
    "autopilot_bridge": (
        AutopilotBridge,
        {"connection": "udp:127.0.0.1:0", "odom_topic": "autopilot/odom"},
    ),
}


class Graph:
    """The nodes of a flight, all in the executor of the test; ``spoil`` is called before they
    start.
    """

    def __init__(self, harness, model):
        self.harness, self.model, self.probe = harness, model, harness.probe
        self.changes = {name: {} for name in NODES}
        self.remaps = {name: {} for name in NODES} | {
            "autopilot_bridge": {"battery_state": "autopilot/battery"}
        }
        self.left_out, self.vehicle, self.nodes, self.wanted = set(), True, {}, WANTED
        self.body, self.failsafes, self.found = Px4Vehicle(PointBody()), {}, []
        self.after = lambda: None

    def start(self):
        self.changes["liquid_controller"]["model"] = str(self.model)
        for name, (kind, usual) in NODES.items():
            if name not in self.left_out:
                self.nodes[name] = self._make(
                    name, kind, {"use_sim_time": True} | usual | self.changes[name]
                )
        self.nodes["liquid_controller"].start()
        if self.vehicle:
            self._connect()
        self.after()

    def _make(self, name, kind, values):
        arguments = [
            argument
            for old, new in self.remaps[name].items()
            for argument in ("-r", f"{old}:={new}")
        ]
        overrides = [Parameter(key, value=value) for key, value in values.items()]
        node = kind(
            context=self.harness.context,
            cli_args=["--ros-args", *arguments],
            parameter_overrides=overrides,
        )
        if name == "simulator":
            try:
                node.world.drones[0].render()
            except RenderingError as error:
                pytest.skip(str(error))
        return self.harness._enter(node)

    def _connect(self):
        """Put a vehicle on the ground behind the bridge: one that flies was armed by another
        else.
        """
        bridge = self.nodes["autopilot_bridge"]
        link = bridge._backend._link
        self.harness.until(lambda: link.wire is not None, "the port")
        vehicle, server = self.body, UdpServer(port=link.wire.port)
        vehicle.parameters = vehicle.parameters | self.failsafes

        def pump():
            for data in server.receive():
                vehicle.receive(data)
            server.send(vehicle.advance(bridge.get_clock().now().nanoseconds / 1e9))

        self.harness.pumps.append(pump)
        states = self.harness.listen("autopilot_bridge/state", String, latched_qos())
        self.run(lambda: any('"ready"' in state.data for state in states) or None)

    def run(self, until):
        in_step = "command_timeout" not in self.changes["simulator"]
        return self.harness.fly(self.nodes["simulator"], until, burst=0 if in_step else 15)

    def relay(self, kind, topic, change):
        """Put something between the simulator and all other nodes."""
        self.remaps["simulator"][topic] = f"before/{topic}"
        publisher = self.probe.create_publisher(kind, topic, sensor_data_qos(10))

        def pass_on(message):
            change(message)
            publisher.publish(message)

        self.probe.create_subscription(kind, f"before/{topic}", pass_on, sensor_data_qos(10))

    def look(self, folder, slow=200.0, whole=False):
        """Return {name: text} of what preflight finds wrong, in its order; ``found``: all that it
        finds.

        ``whole``: it listens until it has received the battery state, which is published once a
        second.
        """
        node = rclpy.create_node(
            "preflight",
            context=self.harness.context,
            parameter_overrides=[Parameter("use_sim_time", value=True)],
        )
        listening = Listening(self.harness._enter(node), CAMERA, 1.0, True, (0.2, 3.0), slow)

        def received():
            facts = listening.facts()
            return (
                None if facts is None or whole and not facts.topics["battery_state"].last else facts
            )

        facts = self.run(received)
        add_local_facts(facts, folder)
        self.found = preflight_findings(facts, self.wanted)
        return self.of(FindingLevel.FAILURE)

    def of(self, level):
        """Return {name: text} of the findings of a level."""
        return {finding.name: finding.text for finding in self.found if finding.level is level}


@pytest.fixture
def graph(harness, small_model):
    graph = Graph(harness, small_model)
    yield graph
    for node in graph.nodes.values():
        getattr(node, "close", lambda: None)()


def parameter(node, **values):
    return lambda graph: graph.changes[node].update(values)


def relay(kind, topic, **fields):
    return lambda graph: graph.relay(
        kind, topic, lambda message: [setattr(message, *item) for item in fields.items()]
    )


def out_of_step(spoil):
    """Where no command comes back the simulator shall not wait long for it."""

    def both(graph):
        graph.changes["simulator"]["command_timeout"] = 0.1
        spoil(graph)

    return both


def no_camera(graph):
    graph.remaps["simulator"][CAMERA] = "somewhere/else"


def no_odometry(graph):
    graph.remaps["simulator"]["odom"] = "somewhere/else"


def no_supervisor(graph):
    graph.left_out.add("safety_supervisor")


def no_vehicle(graph):
    graph.vehicle = False


def full_disk(graph):
    graph.wanted = PreflightLimits(free_space=2**60)


def late_images(graph):
    def age(image):
        image.header.stamp = to_stamp(max(0, nanoseconds(image.header.stamp) - 800_000_000))

    graph.relay(Image, CAMERA, age)


def second_supervisor(graph):
    graph.probe.create_publisher(TwistStamped, "cmd_vel", reliable_qos())


def other_model(graph):
    def copy_another_over_it():
        card = graph.model / "card.json"
        card.write_text(json.dumps(json.loads(card.read_text()) | {"sha256": "f" * 64}))

    graph.model = shutil.copytree(graph.model, graph.folder / "model")
    graph.after = copy_another_over_it


def wrong_autopilot_parameter(graph):
    def engage():
        client = graph.probe.create_client(Trigger, "safety_supervisor/engage")
        graph.run(lambda: client.service_is_ready() or None)
        future = client.call_async(Trigger.Request())
        received = graph.harness.received["autopilot_bridge/state"]
        graph.run(
            lambda: (
                future.done() and "COM_OBL_RC_ACT" in json.loads(received[-1].data)["fault"] or None
            )
        )

    graph.changes["autopilot_bridge"]["set_parameters"] = False
    graph.after = engage


def falling_failsafe(graph):
    graph.failsafes["NAV_RCL_ACT"] = (6.0, mavlink.MAV_PARAM_TYPE_INT32)


def unsubscribed_bridge(graph):
    graph.remaps["autopilot_bridge"]["safety_supervisor/order"] = "somewhere/else"


def orders_of_another(graph):
    """Give the bridge alone the orders of a supervisor that a person does not
    command.
    """
    unsubscribed_bridge(graph)
    order = Order("another", Mode.DISENGAGED)
    publisher = graph.probe.create_publisher(String, "somewhere/else", latched_qos())
    publisher.publish(String(data=json.dumps(order.to_facts())))


SILENT = {"commands", "latency", "diagnostics"}
"""What a graph whose controller cannot see has beside the cause."""
WATCHES = {f"watch {name}" for name in preflight_watches.watch_names()}
"""Off in this graph; they count where a node lives in real time."""
FAULTS = {
    "no camera": (
        out_of_step(no_camera),
        "camera",
        "no publisher on",
        SILENT | {"camera rate", "camera stamps", "camera image"},
    ),
    "slow camera": (
        parameter("simulator", frame_rate=5.0),
        "camera rate",
        "Hz arrive",
        {"commands", "odometry"},
    ),
    "late images": (out_of_step(late_images), "camera stamps", "s old", SILENT),
    "wrong encoding": (
        out_of_step(relay(Image, CAMERA, encoding="16UC1")),
        "camera image",
        "16UC1",
        SILENT,
    ),
    "calibration of another size": (
        relay(CameraInfo, "camera/camera_info", width=640),
        "camera model",
        "640 x 72",
        (),
    ),
    "controller not started": (
        out_of_step(parameter("liquid_controller", autostart=False)),
        "controller",
        "unconfigured",
        SILENT | {"model"},
    ),
    "another model": (other_model, "model", "ffffffffffff", ()),
    "no supervisor": (
        out_of_step(no_supervisor),
        "supervisor",
        "publishes no mode",
        {"one pilot", "limits", "orders"},
    ),
    "two supervisors": (
        second_supervisor,
        "one pilot",
        "2 nodes publish cmd_vel",
        {"diagnostics", "autopilot", "orders"},
    ),
    "too fast": (parameter("safety_supervisor", speed=9.0), "limits", "speed is 9", ()),
    "no odometry": (no_odometry, "odometry", "0.0 Hz", {"frames"}),
    "wrong frame": (
        parameter("simulator", frame_prefix="d1/"),
        "frames",
        "'d1/odom' of 'd1/base_link'",
        (),
    ),
    "low battery": (relay(BatteryState, "battery_state", percentage=0.1), "battery", "10 %", ()),
    "full disk": (full_disk, "disk", "are needed", ()),
    "a node with another clock": (
        parameter("safety_supervisor", use_sim_time=False),
        "clock",
        "autopilot_bridge, liquid_controller, simulator",
        {"diagnostics", *WATCHES},
    ),
    "autopilot not there": (no_vehicle, "autopilot", "no heartbeat", {"diagnostics"}),
    "falls without a remote control": (
        falling_failsafe,
        "NAV_RCL_ACT",
        "6: the remote control lost: it disarms",
        (),
    ),
    "bridge without orders": (
        unsubscribed_bridge,
        "orders",
        "receives no supervisor",
        {"diagnostics"},
    ),
    "bridge of another supervisor": (
        orders_of_another,
        "orders",
        "the bridge receives supervisor another",
        {"diagnostics"},
    ),
    "autopilot parameter": (
        wrong_autopilot_parameter,
        "autopilot",
        "COM_OBL_RC_ACT",
        {"diagnostics"},
    ),
}


def test_a_good_live_graph_passes(graph, tmp_path):
    graph.start()
    assert graph.look(tmp_path, whole=True) == {}
    assert graph.of(FindingLevel.WARNING) == {}
    lines = graph.of(FindingLevel.OK)
    assert lines["hold"] == "the autopilot's hold mode"
    assert lines["NAV_RCL_ACT"] == "2: the remote control lost: it returns to its launch"
    identity = graph.nodes["safety_supervisor"]._supervisor.order.supervisor
    assert lines["orders"] == f"the bridge receives supervisor {identity}"


def test_without_a_global_position_it_reports_what_a_hold_will_be(graph, tmp_path):
    graph.body.global_position = False
    graph.start()
    assert graph.look(tmp_path, whole=True) == {}
    assert graph.of(FindingLevel.WARNING) == {
        "hold": "zero set points: there is no global position; if the bridge ends, PX4 lands"
    }


def test_a_failsafe_that_is_not_reported_is_named(graph, tmp_path):
    del (parameters := dict(graph.body.parameters))["GF_ACTION"]
    graph.body.parameters = parameters
    graph.start()
    assert graph.look(tmp_path, whole=True) == {}
    assert graph.of(FindingLevel.WARNING) == {"failsafes": "not reported yet: GF_ACTION"}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_on_a_live_graph_is_named(graph, name, tmp_path):
    spoil, expected, text, consequences = FAULTS[name]
    graph.folder = tmp_path
    spoil(graph)
    graph.start()
    bad = graph.look(tmp_path)
    first = min(
        bad, key=lambda found: (found == "diagnostics", list(bad).index(found)), default="nothing"
    )
    assert first == expected and text in bad[expected], bad
    assert set(bad) <= {expected, *consequences}, bad


def test_a_simulation_that_stands_still_is_named(graph, tmp_path):
    parameter("simulator", wait_for_start=True)(graph)
    no_vehicle(graph)
    graph.start()
    bad = graph.look(tmp_path, slow=5.0)
    assert next(iter(bad)) == "clock" and "stands at 0 s" in bad["clock"]


def test_the_command_reports_it_with_its_exit_code(graph, tmp_path):
    """A process of its own, as people start it: once well, once with a limit that the graph does
    not keep.
    """
    # A simulation as fast as it goes would outrun a process that has to share the processor with
    # it. And it listens for 3 s: DDS may stand still for one, where a process of another test was
    # killed.
    parameter("simulator", real_time_factor=1.0)(graph)
    graph.start()
    environment = os.environ | {"ROS_DOMAIN_ID": str(graph.harness.context.get_domain_id())}
    arguments = [
        sys.executable,
        "-m",
        "liquid_nav.cli.app",
        "preflight",
        "--use-sim-time",
        "--seconds",
        "3",
        "--space",
        "0",
        "--folder",
        str(tmp_path),
        "--json",
        str(tmp_path / "found.json"),
    ]
    for more, code, wrong in (([], 0, set()), (["--speed", "1"], 1, {"limits"})):
        with Popen(arguments + more, env=environment, stdout=PIPE, stderr=STDOUT) as command:
            assert graph.run(command.poll) == code, command.stdout.read().decode()
        rows = json.loads((tmp_path / "found.json").read_text())
        assert {row["check"] for row in rows if row["level"] == "failure"} == wrong, rows


def test_one_image_is_read_and_after_a_bad_one_the_next(harness):
    probe = Probe(harness.probe)
    bad = Image(width=4, height=3, encoding="16UC1")
    probe._on_image(CAMERA, bad)
    assert "problem" in probe._streams[CAMERA].last
    probe._on_image(CAMERA, image_message(np.zeros((3, 4, 3), np.uint8), 0, "camera"))
    probe._on_image(CAMERA, bad)
    assert probe._streams[CAMERA].last == {"size": "4 x 3"}
