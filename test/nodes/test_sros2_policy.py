"""The SROS2 policy: what the nodes open on a running graph and nothing else, and strict where it
matters.
"""

import json
import os
import subprocess
import sys
import threading
from fnmatch import fnmatchcase
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import rclpy
from launch_graphs import drone_graph, gazebo_graph
from nav_msgs.msg import Odometry
from rclpy.executors import SingleThreadedExecutor
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Joy
from std_msgs.msg import String
from std_srvs.srv import Trigger

from liquid_nav.bringup.simulated_flight import (
    GATE_LIMITS,
    FlightPlan,
    autopilot_graph,
    embedded_graph,
    enclave_arguments,
    pilot_remappings,
)
from liquid_nav.nodes.autopilot_bridge import AutopilotBridge
from liquid_nav.nodes.camera import Camera
from liquid_nav.nodes.drone_messages import odometry_message
from liquid_nav.nodes.expert_pilot import ExpertPilot
from liquid_nav.nodes.liquid_controller import LiquidController
from liquid_nav.nodes.messages import from_seconds
from liquid_nav.nodes.plots import Plots
from liquid_nav.nodes.preflight_listening import make_node
from liquid_nav.nodes.preflight_probe import OURS, Probe
from liquid_nav.nodes.qos import latched_qos, sensor_data_qos
from liquid_nav.nodes.recorder import Recorder
from liquid_nav.nodes.running import Finished
from liquid_nav.nodes.safety_supervisor import SupervisorNode
from liquid_nav.nodes.scenario_runner import ScenarioRunner
from liquid_nav.nodes.simulated_camera import SimulatedCamera
from liquid_nav.nodes.simulator import Simulator
from liquid_nav.nodes.weather import WeatherNode
from liquid_nav.safety import BridgeReport, Phase
from liquid_nav.simulation.state import DroneState

POLICY = Path(__file__).parents[2] / "config" / "sros2_policy.xml"
FIELD = {"scenario": "field"}
WATCHED = {"odometry_age": 0.5, "battery": 0.2, "recorder_age": 0.5}
MAVLINK = {"connection": "udp:127.0.0.1:0"}
EXPERT = {"remappings": pilot_remappings("expert")}
"""What makes a node read the expert's topics."""
NODES = {
    "camera": [(Camera, {"source": "/nowhere.avi"})],
    "liquid_controller": [
        (LiquidController, {"autostart": False, "image_transport": transport})
        for transport in ("raw", "compressed")
    ],
    "safety_supervisor": [
        (SupervisorNode, WATCHED | {"image_transport": transport} | remapped)
        for transport in ("raw", "compressed")
        for remapped in ({}, EXPERT)
    ],
    "autopilot_bridge": [
        (AutopilotBridge, {"autopilot": "twist", "plain_in_body": True}),
        (AutopilotBridge, MAVLINK),
        (AutopilotBridge, MAVLINK | {"odom_topic": "autopilot/odom", "true_pose": True}),
    ],
    "weather": [(WeatherNode, {"publish_tf": True})],
    "expert_pilot": [(ExpertPilot, FIELD)],
    "scenario_runner": [
        (ScenarioRunner, FIELD | {"wait_for_takeoff": True} | remapped) for remapped in ({}, EXPERT)
    ],
    "recorder": [(Recorder, {"image_transport": transport}) for transport in ("raw", "compressed")],
    "plots": [(Plots, {}), (Plots, EXPERT)],
    "simulator": [(Simulator, FIELD)],
    "simulated_camera": [(SimulatedCamera, FIELD)],
    "preflight": [
        (None, {"camera": topic}) for topic in ("camera/image_raw", "camera/image_raw/compressed")
    ],
}
"""Every executable, in all the ways in which it opens other topics."""
PEOPLE = {"pilot", "observer"}
"""Enclaves of people and their tools; every other one is a node of ours."""
COMMANDS = {
    "/safety_supervisor/engage": {"pilot", "scenario_runner"},
    "/safety_supervisor/disengage": {"pilot", "scenario_runner"},
    "/safety_supervisor/land": {"pilot", "scenario_runner"},
    "/safety_supervisor/hold": {"pilot"},
    "/engage": {"pilot"},
    "/disengage": {"pilot"},
    "/land": {"pilot"},
    "/hold": {"pilot"},
    "/liquid_controller/reset": {"pilot"},
}
"""A person's commands, and the enclaves that may give them."""


def allowed():
    """Return {executable: {action: names}} with absolute names; each executable has its enclave."""
    found = {}
    for one in ElementTree.parse(POLICY).getroot().iter("enclave"):
        (profile,) = one.iter("profile")
        actions = found[one.get("path").removeprefix("/liquid_nav/")] = {}
        for group in profile:
            ((action, part),) = group.attrib.items()
            assert part == "ALLOW" and profile.get("ns") == "/"
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
    """Return what the running node of that name has, as the graph reports, its services of
    parameters included.
    """
    ask = {
        "publish": probe.get_publisher_names_and_types_by_node,
        "subscribe": probe.get_subscriber_names_and_types_by_node,
        "reply": probe.get_service_names_and_types_by_node,
        "request": probe.get_client_names_and_types_by_node,
    }
    return {action: {topic for topic, _ in names(name, "/")} for action, names in ask.items()}


def requested(harness, name):
    """Return the services of which the running node of that name has clients in the graph."""
    return {service for service, _ in harness.probe.get_client_names_and_types_by_node(name, "/")}


def all_that_the_runner_asks(harness, folder):
    """Fly out of the fence, and refuse each request until the graph shows who asks."""
    probe, asked = harness.probe, set()
    runner = harness.make(
        ScenarioRunner,
        scenario="field",
        wait_for_takeoff=True,
        land_at_end=True,
        count_from_start=True,
    )
    modes = probe.create_publisher(String, "liquid_controller/mode", latched_qos())
    state = probe.create_publisher(String, "autopilot_bridge/state", latched_qos())
    odom = probe.create_publisher(Odometry, "odom", sensor_data_qos(10))

    def until_seen(name):
        def answer(request, response):
            # Refused until the graph shows the client, which goes with an answer that is good.
            asked.update(requested(harness, "scenario_runner"))
            response.success = f"/{name}" in asked
            return response

        return answer

    def refuse(request, response):
        # The runner gives up and leaves the client in the graph.
        response.success = False
        return response

    for name in ("safety_supervisor/engage", "simulator/start"):
        probe.create_service(Trigger, name, until_seen(name))
    for name in ("safety_supervisor/land", "safety_supervisor/disengage"):
        probe.create_service(Trigger, name, refuse)

    def fly():
        executor = SingleThreadedExecutor(context=harness.context)
        executor.add_node(runner)
        try:
            runner.run(executor)
        except Finished:
            pass

    thread = threading.Thread(target=fly, daemon=True)
    thread.start()
    modes.publish(String(data="active"))
    state.publish(String(data=json.dumps(BridgeReport(Phase.FLYING).to_facts())))
    times = iter(np.arange(0.0, 3600.0, 0.04))
    still, upright = np.zeros(3), np.array((1.0, 0.0, 0.0, 0.0))

    def refused():
        time = next(times)
        high = DroneState(time, np.array((0.0, 0.0, 30.0)), upright, still, still, still)
        odom.publish(odometry_message(high, from_seconds(time)))
        return not thread.is_alive()

    harness.until(refused, "the end of the flight")
    harness.until(
        lambda: (
            {"/safety_supervisor/land", "/safety_supervisor/disengage"}
            <= requested(harness, "scenario_runner")
        ),
        "the last two clients",
    )
    asked.update(requested(harness, "scenario_runner"))
    runner.destroy_node()
    return asked


def all_that_preflight_asks(harness, folder):
    """Let it find all of ours, each with the services of its parameters."""
    for name in OURS:
        ours = harness._enter(rclpy.create_node(name, context=harness.context))
        for limit in GATE_LIMITS:
            ours.declare_parameter(limit, 1.0)
    node = harness._enter(make_node("", True, harness.context))
    probe = Probe(node, "camera/image_raw")

    def all_asked():
        probe.ask()
        return probe._asked == set(OURS) and len(requested(harness, "preflight")) == len(OURS)

    harness.until(all_asked, "a client for each of ours")
    return requested(harness, "preflight")


def what_the_scout_answers(harness):
    """Return the services of the node with which preflight looks for the clock of a drone in a
    namespace.
    """
    made, answered = [], set()
    look = threading.Thread(
        target=lambda: made.append(make_node("d1", True, harness.context, discovery=(0.0, 60.0))),
        daemon=True,
    )
    look.start()

    def seen():
        if ("preflight_scout", "/") in harness.probe.get_node_names_and_namespaces():
            answered.update(opened(harness.probe, "preflight_scout")["reply"])
        return len(answered) == 7

    harness.until(seen, "the scout's services")
    harness.probe.create_publisher(Clock, "/d1/clock", 1)
    harness.until(lambda: not look.is_alive(), "the clock found")
    harness._enter(*made)
    return answered


ASKING = {"scenario_runner": all_that_the_runner_asks, "preflight": all_that_preflight_asks}
"""Nodes that ask others, and what makes them ask for all that they ever do."""


@pytest.mark.parametrize("name", NODES)
def test_the_policy_allows_what_the_running_node_opens_and_nothing_else(harness, name, tmp_path):
    found = {"publish": set(), "subscribe": set(), "reply": set(), "request": set()}
    profile = (
        ElementTree.parse(POLICY)
        .getroot()
        .find(f".//enclave[@path='/liquid_nav/{name}']/profiles/profile")
    )
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
    if name in ASKING:
        found["request"] |= ASKING[name](harness, tmp_path)
    if name == "preflight":
        found["reply"] |= what_the_scout_answers(harness)
    for action, topics in found.items():
        rules = RULES[name].get(action, set())
        assert topics <= rules, f"{name} may not {action}"
        assert rules <= topics, f"{name} does not {action}"


def test_what_a_node_asks_for_another_one_answers():
    answered = set().union(*(rules.get("reply", set()) for rules in RULES.values()))
    for name, rules in RULES.items():
        assert rules.get("request", set()) <= answered, name


def may(action, name):
    """Return the enclaves that may do something with a topic or service of that name, patterns
    considered.
    """
    return {
        enclave
        for enclave, rules in RULES.items()
        if any(fnmatchcase(name, rule) for rule in rules.get(action, ()))
    }


@pytest.mark.parametrize(("service", "callers"), COMMANDS.items())
def test_only_a_person_commands_and_in_simulation_the_runner(service, callers):
    assert may("request", service) == callers
    assert len(may("reply", service)) == 1


def test_joy_comes_from_a_person_or_the_transmitter():
    assert may("publish", "/joy") == {"pilot", "autopilot_bridge"}


def test_no_node_is_changed_over_the_graph():
    for rules in RULES.values():
        for service in rules.get("request", ()):
            assert not service.endswith(
                ("/set_parameters", "/set_parameters_atomically", "/change_state")
            ), service


def test_patterns_are_for_the_own_services_of_peoples_tools():
    patterns = {
        (name, action, rule)
        for name, rules in RULES.items()
        for action, group in rules.items()
        for rule in group
        if set(rule) & set("*?[")
    }
    assert {name for name, _, _ in patterns} == PEOPLE
    for _, action, rule in patterns:
        assert action == "reply" and rule.startswith(("/_ros2cli_*/", "/rqt_gui_*/")), rule


TOOLS = {
    "pilot": {
        # ros2 service call names its node after the type of the service.
        "_ros2cli_requester_std_srvs_Trigger": lambda node: [
            node.create_client(Trigger, name) for name in COMMANDS
        ],
        "joy_node": lambda node: node.create_publisher(Joy, "joy", 10),
        "rqt_gui_py_node_42": lambda node: [node.create_client(Trigger, name) for name in COMMANDS],
    },
    "observer": {"_ros2cli_42": lambda node: None, "rqt_gui_py_node_42": lambda node: None},
}
"""People's tools by the names that their nodes have, and what they open for a command."""


@pytest.mark.parametrize(
    ("enclave", "tool"), [(one, tool) for one, tools in TOOLS.items() for tool in tools]
)
def test_the_tools_of_people_may_open_what_they_need(harness, enclave, tool):
    node = harness._enter(rclpy.create_node(tool, context=harness.context))
    TOOLS[enclave][tool](node)
    own = {publisher.topic_name for publisher in node.publishers} | {"/rosout"}

    def seen():
        now = opened(harness.probe, tool)
        return (
            own <= now["publish"]
            and len(now["reply"]) == 7
            and len(now["request"]) == len(list(node.clients))
        )

    harness.until(seen, "the tool in the graph")
    for action, names in opened(harness.probe, tool).items():
        for name in names:
            assert enclave in may(action, name), f"{tool} of the {enclave} may not {action} {name}"


def test_an_observer_sees_everything_and_commands_nothing():
    rules = RULES["observer"]
    topics = set().union(*(RULES[name]["publish"] for name in RULES))
    assert rules["subscribe"] == topics | {"/clock"}
    assert rules["publish"] == {"/rosout", "/parameter_events"}
    readable = {
        f"/{node}/{part}_parameters"
        for node in {one.get("node") for one in ElementTree.parse(POLICY).getroot().iter("profile")}
        - PEOPLE
        for part in ("get", "list", "describe")
    }
    assert readable <= rules["request"]
    assert not rules["request"] & set(COMMANDS)


def test_only_the_supervisor_commands_the_drone():
    speakers = {
        topic: {node for node, rules in RULES.items() if topic in rules["publish"]}
        for topic in (
            "/cmd_vel",
            "/liquid_controller/cmd_vel",
            "/expert_pilot/cmd_vel",
            "/autopilot/cmd_vel",
        )
    }
    assert speakers == {
        "/cmd_vel": {"safety_supervisor"},
        "/liquid_controller/cmd_vel": {"liquid_controller"},
        "/expert_pilot/cmd_vel": {"expert_pilot"},
        "/autopilot/cmd_vel": {"autopilot_bridge"},
    }


def test_only_enclaves_stand_between_enclaves():
    """Even a comment there ends the real sros2 with an error."""
    parser = ElementTree.XMLParser(target=ElementTree.TreeBuilder(insert_comments=True))
    (enclaves,) = ElementTree.parse(POLICY, parser).getroot()
    assert {child.tag for child in enclaves} == {"enclave"}


def test_launched_nodes_get_their_enclave_where_security_is_on(monkeypatch):
    monkeypatch.delenv("ROS_SECURITY_ENABLE", raising=False)
    assert enclave_arguments("camera") == []
    monkeypatch.setenv("ROS_SECURITY_ENABLE", "true")
    paths = {one.get("path") for one in ElementTree.parse(POLICY).getroot().iter("enclave")}
    for name in NODES:
        assert enclave_arguments(name)[0] == "--enclave" and enclave_arguments(name)[1] in paths


@pytest.mark.parametrize(
    "graph",
    [
        embedded_graph(FlightPlan(record=Path("x"))),
        embedded_graph(FlightPlan(pilot="expert")),
        autopilot_graph(FlightPlan(autopilot="px4")),
        gazebo_graph(FlightPlan()),
        drone_graph(record="x"),
    ],
)
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

    assert all(
        (keystore / "enclaves" / "liquid_nav" / name / "cert.pem").exists() for name in RULES
    )
    assert "rt/cmd_vel" in published("safety_supervisor") and "rt/camera/image_raw" in published(
        "camera"
    )
    for name in set(RULES) - {"safety_supervisor"}:
        assert not published(name) & {"rt/cmd_vel", "*"}, name
    # Whoever calls a service publishes its requests.
    for service, callers in COMMANDS.items():
        assert {name for name in RULES if f"rq{service}Request" in published(name)} == callers


def test_a_node_comes_up_with_security_on(keystore):
    environment = os.environ | {
        "ROS_SECURITY_KEYSTORE": str(keystore),
        "ROS_SECURITY_ENABLE": "true",
        "ROS_SECURITY_STRATEGY": "Enforce",
    }
    command = [
        sys.executable,
        "-m",
        "liquid_nav.nodes.safety_supervisor",
        "--ros-args",
        "--enclave",
        "/liquid_nav/safety_supervisor",
    ]
    messages = []
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        for line in process.stderr:
            messages.append(line)
            if "no camera image yet" in line:
                break
        process.terminate()
    if any("have the security libraries" in line for line in messages):
        pytest.skip("this Fast DDS is compiled without its security plugins, as the wheels' is")
    assert "no camera image yet" in messages[-1], "".join(messages)
