"""The SROS2 policy: what the nodes open on a running graph and nothing else, and strict where it matters."""

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from liquid_nav.nodes.autopilot_bridge import AutopilotBridge
from liquid_nav.nodes.bringup import FlightPlan, autopilot_graph, embedded_graph, enclave
from liquid_nav.nodes.camera import Camera
from liquid_nav.nodes.drone_bringup import DronePlan, drone_graph
from liquid_nav.nodes.expert_pilot import ExpertPilot
from liquid_nav.nodes.gazebo_bringup import gazebo_graph
from liquid_nav.nodes.liquid_controller import LiquidController
from liquid_nav.nodes.preflight_listening import make_node
from liquid_nav.nodes.preflight_probe import OURS, Probe
from liquid_nav.nodes.recorder import Recorder
from liquid_nav.nodes.safety_supervisor import SupervisorNode
from liquid_nav.nodes.scenario_runner import ScenarioRunner
from liquid_nav.nodes.simulator import Simulator
from liquid_nav.nodes.weather import WeatherNode
from liquid_nav.nodes.world_camera import WorldCamera

POLICY = Path(__file__).parents[2] / "config" / "sros2_policy.xml"
FIELD = {"scenario": "field"}
WATCHED = {"odometry_age": 0.5, "battery": 0.2}
MAVLINK = {"connection": "udp:127.0.0.1:0"}
NODES = {
    "camera": [(Camera, {"source": "/nowhere.avi"})],
    "liquid_controller": [(LiquidController, {"autostart": False, "image_transport": transport})
                          for transport in ("raw", "compressed")],
    "safety_supervisor": [(SupervisorNode, WATCHED | {"image_transport": transport})
                          for transport in ("raw", "compressed")],
    "autopilot_bridge": [(AutopilotBridge, {"autopilot": "twist", "plain_in_body": True}), (AutopilotBridge, MAVLINK),
                         (AutopilotBridge, MAVLINK | {"odom_topic": "autopilot/odom"})],
    "weather": [(WeatherNode, {})],
    "expert_pilot": [(ExpertPilot, FIELD)],
    "scenario_runner": [(ScenarioRunner, FIELD | {"wait_for_takeoff": True})],
    "recorder": [(Recorder, {})],
    "simulator": [(Simulator, FIELD)],
    "world_camera": [(WorldCamera, FIELD)],
    "preflight": [(None, {"camera": topic}) for topic in ("camera/image_raw", "camera/image_raw/compressed")],
}  # fmt: skip
"""Every executable, in all the ways in which it opens other topics."""
OPTIONAL = {"/tf"}
"""What is opened only where its message package is installed (tf2_msgs)."""


def allowed():
    """Return {executable: {action: names}} with absolute names; each executable has its enclave."""
    found = {}
    for one in ElementTree.parse(POLICY).getroot().iter("enclave"):
        (profile,) = one.iter("profile")
        actions = found[one.get("path").removeprefix("/liquid_nav/")] = {}
        for group in profile:
            ((action, word),) = group.attrib.items()
            assert word == "ALLOW" and profile.get("ns") == "/"
            actions[action] = {"/" + entry.text.lstrip("/") for entry in group}
    return found


RULES = allowed()


def open_node(harness, kind, parameters, folder):
    if kind is None:
        node = harness._enter(make_node("", True, harness.context))
        Probe(node, parameters["camera"]).ask()
        return node
    more = {"folder": str(folder)} if kind is Recorder else {}
    return harness.add(kind, use_sim_time=True, **parameters, **more)


def opened(probe, name):
    """Return what the running node of that name has, as the graph says, its services of parameters included."""
    ask = {"publish": probe.get_publisher_names_and_types_by_node,
           "subscribe": probe.get_subscriber_names_and_types_by_node,
           "reply": probe.get_service_names_and_types_by_node}  # fmt: skip
    return {action: {topic for topic, _ in names(name, "/")} for action, names in ask.items()}


@pytest.mark.parametrize("name", NODES)
def test_the_policy_allows_what_the_running_node_opens_and_nothing_else(harness, name, tmp_path):
    found = {"publish": set(), "subscribe": set(), "reply": set()}
    profile = ElementTree.parse(POLICY).getroot().find(f".//enclave[@path='/liquid_nav/{name}']/profiles/profile")
    for count, (kind, parameters) in enumerate(NODES[name]):
        node = open_node(harness, kind, parameters, tmp_path / str(count))
        own = {entity.topic_name for entity in (*node.publishers, *node.subscriptions)}

        def seen():
            now = opened(harness.probe, node.get_name())
            return own <= now["publish"] | now["subscribe"] and now["reply"]

        assert node.get_name() == profile.get("node")
        harness.until(seen, "the node in the graph")
        for action, topics in opened(harness.probe, node.get_name()).items():
            found[action] |= topics
        getattr(node, "close", lambda: None)()
        harness.executor.remove_node(node)
        harness.nodes.remove(node)
        node.destroy_node()
    for action, topics in found.items():
        rules = RULES[name].get(action, set())
        assert topics <= rules, f"{name} may not {action}"
        assert rules - topics <= OPTIONAL, f"{name} does not {action}"


def test_what_a_node_asks_for_another_one_answers():
    answered = set().union(*(rules.get("reply", set()) for rules in RULES.values()))
    for name, rules in RULES.items():
        assert rules.get("request", set()) <= answered, name
    assert RULES["scenario_runner"]["request"] == {"/engage", "/disengage", "/simulator/start"}
    assert RULES["preflight"]["request"] == {f"/{name}/get_parameters" for name in OURS}


def test_only_the_supervisor_speaks_to_the_drone():
    speakers = {topic: {node for node, rules in RULES.items() if topic in rules["publish"]}
                for topic in ("/cmd_vel", "/liquid_controller/cmd_vel", "/autopilot/cmd_vel")}  # fmt: skip
    assert speakers == {
        "/cmd_vel": {"safety_supervisor"},
        "/liquid_controller/cmd_vel": {"liquid_controller", "expert_pilot"},
        "/autopilot/cmd_vel": {"autopilot_bridge"},
    }


def test_launched_nodes_get_their_enclave_where_security_is_on(monkeypatch):
    monkeypatch.delenv("ROS_SECURITY_ENABLE", raising=False)
    assert enclave("camera") == []
    monkeypatch.setenv("ROS_SECURITY_ENABLE", "true")
    paths = {one.get("path") for one in ElementTree.parse(POLICY).getroot().iter("enclave")}
    for name in NODES:
        assert enclave(name)[0] == "--enclave" and enclave(name)[1] in paths


@pytest.mark.parametrize("graph", [
    embedded_graph(FlightPlan(record=Path("x"))), embedded_graph(FlightPlan(pilot="expert")),
    autopilot_graph(FlightPlan(autopilot="px4")), gazebo_graph(FlightPlan()), drone_graph(DronePlan(record=Path("x"))),
])  # fmt: skip
def test_everything_that_the_launch_files_start_has_an_enclave(graph):
    assert {process.executable for process in graph} <= set(RULES)


@pytest.fixture
def keystore(tmp_path):
    """A keystore made of the policy by the real sros2."""
    pytest.importorskip("sros2", reason="sros2 comes with a ROS distribution, not with the wheels")
    from sros2.api import _artifact_generation

    _artifact_generation.generate_artifacts(tmp_path / "keys", policy_files=[POLICY])
    return tmp_path / "keys"


def test_the_real_sros2_makes_permissions_of_it(keystore):
    def published(name):
        tree = ElementTree.parse(keystore / "enclaves" / "liquid_nav" / name / "permissions.xml")
        return {topic.text for rule in tree.iter("publish") for topic in rule.iter("topic")}

    assert all((keystore / "enclaves" / "liquid_nav" / name / "cert.pem").exists() for name in NODES)
    assert "rt/cmd_vel" in published("safety_supervisor") and "rt/camera/image_raw" in published("camera")
    for name in set(NODES) - {"safety_supervisor"}:
        assert not published(name) & {"rt/cmd_vel", "*"}, name


def test_a_node_comes_up_with_security_on(keystore):
    environment = os.environ | {
        "ROS_SECURITY_KEYSTORE": str(keystore), "ROS_SECURITY_ENABLE": "true", "ROS_SECURITY_STRATEGY": "Enforce",
    }  # fmt: skip
    command = [sys.executable, "-m", "liquid_nav.nodes.safety_supervisor", "--ros-args", "--enclave",
               "/liquid_nav/safety_supervisor"]  # fmt: skip
    said = []
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        for line in process.stderr:
            said.append(line)
            if "no camera image yet" in line:
                break
        process.terminate()
    if any("have the security libraries" in line for line in said):
        pytest.skip("this Fast DDS is compiled without its security plugins, as the wheels' is")
    assert "no camera image yet" in said[-1], "".join(said)
