"""Two drones in namespaces: neither receives from the other, the simulated clock included."""

import pytest
from rclpy.parameter import Parameter

from liquid_nav.bringup.simulated_flight import clock_remapping
from liquid_nav.nodes.autopilot_bridge import AutopilotBridge
from liquid_nav.nodes.liquid_controller import LiquidController
from liquid_nav.nodes.safety_supervisor import SupervisorNode

SHARED = {"/diagnostics", "/rosout", "/parameter_events", "/tf", "/tf_static"}


def drone(harness, name, model):
    """Start the graph of one drone, as the launch files do; returns its nodes."""
    simulator = pytest.importorskip("liquid_nav.nodes.simulator")
    remap = [
        "--ros-args",
        *(part for old, new in clock_remapping(name) for part in ("-r", f"{old}:={new}")),
    ]
    nodes = []
    for kind, parameters in (
        (simulator.Simulator, {"scenario": "field", "frame_prefix": f"{name}/"}),
        (LiquidController, {"model": str(model), "frame_prefix": f"{name}/", "autostart": False}),
        (SupervisorNode, {"frame_prefix": f"{name}/"}),
        (AutopilotBridge, {"autopilot": "twist", "frame_prefix": f"{name}/"}),
    ):
        overrides = [
            Parameter("use_sim_time", value=True),
            *(Parameter(k, value=v) for k, v in parameters.items()),
        ]
        node = kind(
            context=harness.context, namespace=name, cli_args=remap, parameter_overrides=overrides
        )
        nodes.append(harness._enter(node))
    return nodes


def test_two_drones_share_nothing_but_what_is_meant_for_all(harness, small_model):
    fleets = {name: drone(harness, name, small_model) for name in ("d1", "d2")}
    for name, nodes in fleets.items():
        for node in nodes:
            here = [*node.publishers, *node.subscriptions]
            topics = {entity.topic_name for entity in here} - SHARED
            assert topics and all(topic.startswith(f"/{name}/") for topic in topics), (
                node.get_name()
            )
            services = {node.resolve_service_name(service.srv_name) for service in node.services}
            assert all(service.startswith(f"/{name}/") for service in services)
    assert {p.topic_name for p in fleets["d1"][0].publishers} >= {
        "/d1/clock",
        "/d1/camera/image_raw",
    }


def test_each_command_reaches_its_own_drone(harness):
    from geometry_msgs.msg import TwistStamped

    from liquid_nav.nodes.qos import reliable_qos

    first, second = (
        harness._enter(SupervisorNode(context=harness.context, namespace=name))
        for name in ("d1", "d2")
    )
    received = [
        harness.listen(f"/{name}/cmd_vel", TwistStamped, reliable_qos(10)) for name in ("d1", "d2")
    ]
    harness.until(lambda: all(received), "both supervisors publish")
    assert first.get_namespace() != second.get_namespace()
    assert harness.probe.count_publishers("/d1/cmd_vel") == 1


def test_diagnostics_distinguish_drones(harness):
    harness.listen_to_diagnostics()
    seen = set()
    from diagnostic_msgs.msg import DiagnosticArray

    harness.probe.create_subscription(
        DiagnosticArray, "/diagnostics", lambda m: seen.update(s.hardware_id for s in m.status), 10
    )
    for name in ("d1", "d2"):
        harness._enter(SupervisorNode(context=harness.context, namespace=name))
    harness.until(lambda: seen >= {"d1", "d2"}, "both ids")


def test_without_a_namespace_the_clock_is_the_usual_one():
    assert clock_remapping("") == [] and clock_remapping("/d1/") == [("/clock", "/d1/clock")]
