"""The tables of topics and services against the running graph: names, types, quality of
service, both ways.
"""

import re
from pathlib import Path

import pytest
from rclpy.qos import DurabilityPolicy, ReliabilityPolicy

from liquid_nav.nodes.autopilot_bridge import AutopilotBridge
from liquid_nav.nodes.expert_pilot import ExpertPilot
from liquid_nav.nodes.liquid_controller import LiquidController
from liquid_nav.nodes.plots import Plots
from liquid_nav.nodes.safety_supervisor import SupervisorNode
from liquid_nav.recordings.flight_topics import RECORDED_TOPICS

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "docs" / "reference" / "topics.md",)
"""The tables of what flies, and of what is only for looking."""
OURS = {
    "simulator",
    "liquid_controller",
    "safety_supervisor",
    "expert_pilot",
    "autopilot_bridge",
    "plots",
}
NOT_OURS = {"/rosout", "/parameter_events", "/liquid_controller/transition_event"}
QUALITY = {
    "sensor data": (ReliabilityPolicy.BEST_EFFORT, DurabilityPolicy.VOLATILE),
    "reliable": (ReliabilityPolicy.RELIABLE, DurabilityPolicy.VOLATILE),
    "latched": (ReliabilityPolicy.RELIABLE, DurabilityPolicy.TRANSIENT_LOCAL),
}


def table():
    """Return {name: (type, quality, from, depth)} of the table between the markers; latched means
    depth 1.
    """
    texts = [page.read_text(encoding="utf-8") for page in PAGES]
    sections = [
        text.partition("<!-- interfaces -->")[2].partition("<!-- /interfaces -->")[0]
        for text in texts
    ]
    assert all(sections), "a page has no table between its <!-- interfaces --> markers"
    rows = {}
    for line in "\n".join(sections).splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        names = re.findall(r"`([^`]+)`", re.sub(r"\([^)]*\)", "", cells[0]))
        types = [kind.strip() for kind in cells[1].split(",")] if len(cells) == 4 else []
        for k, name in enumerate(names):
            quality, _, depth = cells[2].partition(", depth ")
            kind = types[min(k, len(types) - 1)]
            rows["/" + name.lstrip("/")] = (
                kind,
                quality,
                cells[3],
                int(depth or 1) if quality != "service" else 0,
            )
    return rows


@pytest.fixture(scope="module")
def documented():
    rows = table()
    assert rows, "no interface table between the <!-- interfaces --> markers"
    return rows


@pytest.fixture
def graph(harness, small_model):
    simulator = pytest.importorskip("liquid_nav.nodes.simulator")
    nodes = [
        harness.add(simulator.Simulator, scenario="field"),
        harness.add(LiquidController, model=str(small_model)),
        harness.add(SupervisorNode),
        harness.add(ExpertPilot, scenario="field"),
        harness.add(
            AutopilotBridge,
            connection="udp:127.0.0.1:0",
            odom_topic="autopilot/odom",
            true_pose=True,
        ),
        harness.add(AutopilotBridge, autopilot="twist_stamped"),
        harness.add(Plots),
    ]
    probe = harness.probe
    harness.until(
        lambda: all(
            probe.get_publishers_info_by_topic(f"/{pilot}/cmd_vel")
            for pilot in ("liquid_controller", "expert_pilot")
        ),
        "discovery",
    )
    for topic in ("/clock", "/autopilot/cmd_vel", "/joy", "/plots/position"):
        harness.until(lambda t=topic: probe.get_publishers_info_by_topic(t), "discovery")
    yield nodes
    for node in nodes[4:6]:
        node.close()


def test_topics_are_as_documented(harness, graph, documented):
    probe, found = harness.probe, {}
    for topic, (kind,) in probe.get_topic_names_and_types():
        publishers = [p for p in probe.get_publishers_info_by_topic(topic) if p.node_name in OURS]
        if topic in NOT_OURS or not publishers:
            continue
        found[topic] = (kind.replace("/msg/", "/"), publishers)
    assert set(found) == {name for name, row in documented.items() if row[1] != "service"}
    for topic, (kind, publishers) in found.items():
        expected_kind, quality, source, _ = documented[topic]
        assert kind == expected_kind, topic
        for publisher in publishers:
            profile = publisher.qos_profile
            assert (profile.reliability, profile.durability) == QUALITY[quality], topic
            assert source == "all" or publisher.node_name in source, topic


def test_depths_are_as_documented(graph, documented):
    """Asked of the publishers themselves: discovery does not report the depth."""
    depths = {(p.topic_name, p.qos_profile.depth) for node in graph for p in node.publishers}
    found = {row for row in depths if row[0] not in NOT_OURS}
    assert found == {(topic, row[3]) for topic, row in documented.items() if row[1] != "service"}


def test_services_are_as_documented(graph, documented):
    found = {}
    for node in graph:
        for service in node.services:
            kind = f"{service.srv_type.__module__.split('.')[0]}/{service.srv_type.__name__}"
            if kind == "std_srvs/Trigger":
                found[node.resolve_service_name(service.srv_name)] = (kind, node.get_name())
    assert set(found) == {name for name, row in documented.items() if row[1] == "service"}
    for name, (kind, owner) in found.items():
        assert (kind, "service", owner) == documented[name][:3]


def test_subscriptions_fit_what_is_published(harness, graph):
    probe = harness.probe
    for topic, _ in probe.get_topic_names_and_types():
        publishers = probe.get_publishers_info_by_topic(topic)
        for reader in probe.get_subscriptions_info_by_topic(topic):
            for writer in publishers:
                wants, offers = reader.qos_profile, writer.qos_profile
                if wants.reliability == ReliabilityPolicy.RELIABLE:
                    assert offers.reliability == ReliabilityPolicy.RELIABLE, topic
                if wants.durability == DurabilityPolicy.TRANSIENT_LOCAL:
                    assert offers.durability == DurabilityPolicy.TRANSIENT_LOCAL, topic


def test_the_recorder_knows_every_documented_topic(documented):
    recorded = {"/" + topic.name.lstrip("/"): topic for topic in RECORDED_TOPICS}
    topics = {name for name, row in documented.items() if row[1] != "service"}
    # A bag runs on stamps and needs no clock; saliency is drawn only for whoever watches it; what
    # the plain backend repeats is on cmd_vel, and what rqt_plot gets is on other topics with its
    # stamps.
    plots = {topic for topic in topics if topic.startswith("/plots/")}
    assert len(plots) == 5
    assert topics - set(recorded) - plots == {
        "/clock",
        "/liquid_controller/saliency",
        "/autopilot/cmd_vel",
    }
    for name, topic in recorded.items():
        quality = "latched" if topic.latched else "sensor data" if topic.best_effort else "reliable"
        assert (topic.type.replace("/msg/", "/"), quality) == documented[name][:2], name
