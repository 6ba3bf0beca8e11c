"""The pictures of docs/reference: the arrows of the node graphs and of the TF tree are those of the
running nodes, with the parameters with which they are started.
"""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from liquid_nav.bringup.params_file import read_params_file
from liquid_nav.nodes.autopilot_bridge import AutopilotBridge
from liquid_nav.nodes.camera import Camera
from liquid_nav.nodes.liquid_controller import LiquidController
from liquid_nav.nodes.recorder import Recorder
from liquid_nav.nodes.safety_supervisor import SERVICES, SupervisorNode
from liquid_nav.nodes.scenario_runner import ScenarioRunner
from liquid_nav.nodes.simulator import Simulator
from liquid_nav.nodes.transforms import camera_mount

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
KINDS = {
    "autopilot_bridge": AutopilotBridge,
    "camera": Camera,
    "liquid_controller": LiquidController,
    "recorder": Recorder,
    "safety_supervisor": SupervisorNode,
    "scenario_runner": ScenarioRunner,
    "simulator": Simulator,
}
LEFT_OUT = {"/clock", "/diagnostics", "/parameter_events", "/rosout", "/tf", "/tf_static"}
"""Topics of (nearly) every node, which the text below the pictures names."""
ARROW = re.compile(r'^\s*(\w+) (-->|-\.->|<-->)\|"([^"]+)"\| (\w+)$', re.MULTILINE)
LINE = re.compile(r"(\S+) \((\S+)\)")
"""One line on an arrow: a name, and in brackets its type."""


def allowed():
    """Return {node: {action: names}} of the SROS2 policy, which another test compares with the
    running nodes; names are relative.
    """
    found = {}
    for one in ElementTree.parse(ROOT / "config" / "sros2_policy.xml").iter("enclave"):
        actions = found[one.get("path").removeprefix("/liquid_nav/")] = {}
        for group in one.iter("profile"):
            for rules in group:
                (action,) = rules.attrib
                actions[action] = {entry.text for entry in rules}
    return found


RULES = allowed()


def picture(page, heading):
    """Return the first Mermaid diagram below a heading of a page of the reference."""
    text = (REFERENCE / page).read_text(encoding="utf-8")
    _, found, below = text.partition(f"# {heading}\n")
    assert found, f"{page} has no heading '{heading}'"
    return below.partition("```mermaid\n")[2].partition("\n```")[0]


def arrows(diagram, kind):
    """Return {(from, to, name, type)} of the arrows of one kind, a name on each of their lines."""
    found = set()
    for source, drawn, label, target in ARROW.findall(diagram):
        if drawn == kind:
            for line in label.split("<br/>"):
                name, type_name = LINE.fullmatch(line).groups()
                found.add((source, target, name, type_name))
    return found


@pytest.fixture
def simulated(harness, small_model, tmp_path):
    more = {
        "simulator": {"scenario": "field"},
        "liquid_controller": {"model": str(small_model)},
        "safety_supervisor": {},
        "recorder": {"folder": str(tmp_path / "bag")},
        "scenario_runner": {"scenario": "field"},
    }
    return picture("topics.md", "A simulated flight"), started(harness, more, "embedded.yaml")


@pytest.fixture
def real(harness, small_model, tmp_path):
    more = {
        "camera": {"source": "/nowhere.avi"},
        "liquid_controller": {"model": str(small_model)},
        "safety_supervisor": {},
        "autopilot_bridge": {"connection": "udp:127.0.0.1:0"},
        "recorder": {"folder": str(tmp_path / "bag")},
    }
    nodes = started(harness, more, "drone.yaml")
    yield picture("topics.md", "A real drone"), nodes
    nodes["autopilot_bridge"].close()


def started(harness, more, file):
    """Return {name: node} of a graph, with the parameters of a file in config and some more."""
    given = read_params_file(str(ROOT / "config" / file))
    return {
        name: harness.add(KINDS[name], **{**given.values(f"/{name}"), **parameters})
        for name, parameters in more.items()
    }


def kind_of(entity):
    """Return the type of a publisher or subscription, such as ``std_msgs/String``."""
    kind = entity.msg_type
    return f"{kind.__module__.split('.')[0]}/{kind.__name__}"


def connected(nodes):
    """Return {(from, to, topic, type)} of the topics between nodes."""
    return {
        (source, target, writer.topic_name.removeprefix("/"), kind_of(writer))
        for source, one in nodes.items()
        for target, other in nodes.items()
        for writer in one.publishers
        for reader in other.subscriptions
        if writer.topic_name == reader.topic_name and writer.topic_name not in LEFT_OUT
        if source != target
    }


@pytest.mark.parametrize("flight", ["simulated", "real"])
def test_the_arrows_of_the_node_graph_are_the_topics_of_the_running_nodes(flight, request):
    diagram, nodes = request.getfixturevalue(flight)
    # The text states that the recorder subscribes to everything.
    found = {arrow for arrow in connected(nodes) if arrow[1] != "recorder"}
    drawn = arrows(diagram, "-->")
    assert drawn == found


@pytest.mark.parametrize("flight", ["simulated", "real"])
def test_every_node_is_drawn_and_no_other(flight, request):
    diagram, nodes = request.getfixturevalue(flight)
    people = {"person", "autopilot"}
    drawn = {name for source, _, _, target in ARROW.findall(diagram) for name in (source, target)}
    assert drawn - people == set(nodes) - ({"recorder"} if flight == "simulated" else set())


def test_the_runner_calls_what_the_policy_allows_it():
    drawn = arrows(picture("topics.md", "A simulated flight"), "-.->")
    assert {source for source, *_ in drawn} == {"scenario_runner"}
    # It lets only an autopilot land.
    assert {name for _, _, name, _ in drawn} == RULES["scenario_runner"]["request"] - {
        "safety_supervisor/land"
    }
    for _, target, name, _ in drawn:
        assert name in RULES[target]["reply"]


def test_a_person_has_every_command():
    drawn = arrows(picture("topics.md", "A real drone"), "-.->")
    assert {source for source, *_ in drawn} == {"person"}
    # The old names of the services are not drawn.
    # The old names of the supervisor's services have no namespace.
    commands = {name for name in RULES["pilot"]["request"] if "/" in name}
    assert {name for _, _, name, _ in drawn} == commands - set(SERVICES)
    for _, target, name, _ in drawn:
        assert name in RULES[target]["reply"]


def test_the_tf_tree_has_the_frames_and_publishers_of_the_nodes():
    found = {
        (source, target): label.split("<br/>")
        for source, _, label, target in ARROW.findall(picture("interfaces.md", "TF tree"))
    }
    mount = {
        (one.header.frame_id, one.child_frame_id): "/tf_static"
        for one in camera_mount("", (0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
    }
    assert {pair: lines[0].split(",")[0] for pair, lines in found.items()} == {
        ("odom", "base_link"): "/tf",
        **mount,
    }
    for lines in found.values():
        topic = lines[0].split(",")[0]
        publishers = {name for name, rules in RULES.items() if topic in rules["publish"]}
        assert set(lines[1:]) == publishers, topic
