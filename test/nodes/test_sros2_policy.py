"""The SROS2 policy: complete for what the nodes open, and strict where it matters."""

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from liquid_nav.nodes.autopilot_bridge import AutopilotBridge
from liquid_nav.nodes.bringup import enclave
from liquid_nav.nodes.camera import Camera
from liquid_nav.nodes.expert_pilot import ExpertPilot
from liquid_nav.nodes.liquid_controller import LiquidController
from liquid_nav.nodes.recorder import Recorder
from liquid_nav.nodes.safety_supervisor import SupervisorNode
from liquid_nav.nodes.scenario_runner import ScenarioRunner
from liquid_nav.nodes.weather import WeatherNode

POLICY = Path(__file__).parents[2] / "config" / "sros2_policy.xml"
FIELD = {"scenario": "field"}
NODES = {
    "camera": (Camera, {"source": "/nowhere.avi"}),
    "liquid_controller": (LiquidController, {"autostart": False, "image_transport": "compressed"}),
    "safety_supervisor": (SupervisorNode, {"odometry_age": 0.5, "battery": 0.2}),
    "autopilot_bridge": (AutopilotBridge, {"autopilot": "twist"}),
    "weather": (WeatherNode, {}),
    "expert_pilot": (ExpertPilot, FIELD),
    "scenario_runner": (ScenarioRunner, FIELD),
    "recorder": (Recorder, {}),
}


def allowed():
    """Return {node: {action: names}} with absolute names."""
    found = {}
    for profile in ElementTree.parse(POLICY).getroot().iter("profile"):
        actions = found[profile.get("node")] = {}
        for group in profile:
            ((action, word),) = group.attrib.items()
            assert word == "ALLOW" and profile.get("ns") == "/"
            actions[action] = {"/" + entry.text.lstrip("/") for entry in group}
    return found


RULES = allowed()


@pytest.mark.parametrize("name", NODES)
def test_every_node_may_do_what_it_does(harness, name, tmp_path):
    kind, parameters = NODES[name]
    more = {"folder": str(tmp_path / "bag")} if name == "recorder" else {}
    node = harness.add(kind, use_sim_time=True, **parameters, **more)
    try:
        rules = RULES[name]
        assert {entity.topic_name for entity in node.publishers} <= rules["publish"]
        assert {entity.topic_name for entity in node.subscriptions} <= rules["subscribe"]
        assert {node.resolve_service_name(service.srv_name) for service in node.services} <= rules["reply"]
    finally:
        getattr(node, "close", lambda: None)()


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


def test_every_enclave_is_named_after_its_node():
    for part in ElementTree.parse(POLICY).getroot().iter("enclave"):
        assert [part.get("path")] == [f"/liquid_nav/{profile.get('node')}" for profile in part.iter("profile")]


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
