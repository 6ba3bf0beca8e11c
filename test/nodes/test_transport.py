"""The Fast DDS profile: under the name that the sourced distribution reads, and never over a
person's own choice.
"""

from collections import namedtuple
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from launch_graphs import drone_graph

from liquid_nav.bringup.simulated_flight import node_environment
from liquid_nav.cli.processes import graph_environment
from liquid_nav.nodes.liquid_controller import LiquidController
from liquid_nav.preflight import checks as preflight_checks
from liquid_nav.preflight.facts import PreflightFacts, PreflightLimits, TopicStatistics

OLD_NAME = "FASTRTPS_DEFAULT_PROFILES_FILE"
NEW_NAME = "FASTDDS_DEFAULT_PROFILES_FILE"
NAMES = {
    "jazzy": OLD_NAME,
    " Jazzy ": OLD_NAME,
    "kilted": NEW_NAME,
    "lyrical": NEW_NAME,
    "rolling": NEW_NAME,
    "": NEW_NAME,
}
"""ROS_DISTRO, and the only name that its Fast DDS reads. Empty: the wheels, whose Fast DDS is 3.x.
"""


@pytest.fixture
def machine(monkeypatch):
    """A machine with plenty of shared memory, on which nothing was chosen; returns
    monkeypatch.
    """
    for name in (
        OLD_NAME,
        NEW_NAME,
        "FASTDDS_BUILTIN_TRANSPORTS",
        "RMW_IMPLEMENTATION",
        "ROS_DISTRO",
    ):
        monkeypatch.delenv(name, raising=False)
    have(monkeypatch, 2**40)
    return monkeypatch


def have(monkeypatch, free):
    """Let /dev/shm have that many bytes free."""
    usage = namedtuple("usage", "free")(free)
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage)


def profiles(variables):
    """Return what is set of either name."""
    return {name: value for name, value in variables.items() if name in (OLD_NAME, NEW_NAME)}


@pytest.mark.parametrize("distribution", NAMES)
def test_the_profile_has_the_name_that_the_distribution_reads(machine, distribution):
    machine.setenv("ROS_DISTRO", distribution)
    ((name, path),) = profiles(node_environment()).items()
    assert name == NAMES[distribution]
    assert Path(path).name == "fastdds.xml"
    assert Path(path).is_file()
    assert profiles(graph_environment(domain=1)) == {name: path}


@pytest.mark.parametrize("distribution", ["jazzy", "lyrical"])
@pytest.mark.parametrize("own", [OLD_NAME, NEW_NAME, "FASTDDS_BUILTIN_TRANSPORTS"])
def test_a_persons_own_choice_is_left_alone(machine, distribution, own):
    machine.setenv("ROS_DISTRO", distribution)
    machine.setenv(own, "mine")
    assert not profiles(node_environment())


@pytest.mark.parametrize("free, expected", [(512 * 2**20, 0), (512 * 2**20 + 1, 1)])
def test_small_containers_keep_small_segments(machine, free, expected):
    have(machine, free)
    assert len(profiles(node_environment())) == expected


@pytest.mark.parametrize(
    "middleware, expected",
    [
        ("rmw_fastrtps_cpp", 1),
        ("rmw_fastrtps_dynamic_cpp", 1),
        ("", 1),
        ("rmw_cyclonedds_cpp", 0),
        ("rmw_zenoh_cpp", 0),
    ],
)
def test_another_middleware_needs_no_profile_of_fast_dds(machine, middleware, expected):
    machine.setenv("RMW_IMPLEMENTATION", middleware)
    assert len(profiles(node_environment())) == expected


def of_the_bridge():
    """Return {node: variables of its own} of the nodes of a real drone that have any."""
    return {one.executable: one.environment for one in drone_graph(record="x") if one.environment}


@pytest.mark.parametrize("distribution", NAMES)
def test_the_bridge_alone_stays_out_of_shared_memory(machine, distribution):
    machine.setenv("ROS_DISTRO", distribution)
    have(machine, 0)
    (name,) = of_the_bridge()
    assert name == "autopilot_bridge"
    ((variable, path),) = of_the_bridge()[name].items()
    assert variable == NAMES[distribution]
    tree = ElementTree.parse(path)
    (profile,) = tree.iter("{http://www.eprosima.com}participant")
    assert profile.get("is_default_profile") == "true"
    assert [kind.text for kind in tree.iter("{http://www.eprosima.com}type")] == ["UDPv4"]
    assert [used.text for used in tree.iter("{http://www.eprosima.com}useBuiltinTransports")] == [
        "false"
    ]


@pytest.mark.parametrize("own", [OLD_NAME, NEW_NAME, "FASTDDS_BUILTIN_TRANSPORTS"])
def test_a_persons_own_transport_is_the_bridges_too(machine, own):
    machine.setenv(own, "mine")
    assert not of_the_bridge()


def test_another_middleware_needs_no_profile_for_the_bridge(machine):
    machine.setenv("RMW_IMPLEMENTATION", "rmw_zenoh_cpp")
    assert not of_the_bridge()


def remedies():
    """Return what controller and preflight advise where too few images arrive, and where commands
    come too late.
    """
    lines = []
    diagnostics = SimpleNamespace(report=lambda name, level, text, **counts: lines.append(text))
    guard = SimpleNamespace(frames=40, repeated=0, lost=20, was_early=lambda now: False)
    clock = SimpleNamespace(now=lambda: SimpleNamespace(nanoseconds=0))
    losing = SimpleNamespace(
        _guard=guard, _topic="camera/image_raw", _diagnostics=diagnostics, get_clock=lambda: clock
    )
    LiquidController._report_camera(losing, "")
    wanted = PreflightLimits()
    slow = PreflightFacts(topics={wanted.camera: TopicStatistics(publishers=1)}, latencies=[9.0])
    findings = (
        preflight_checks._camera_rate(slow, wanted),
        preflight_checks._latency(slow, wanted),
    )
    return [*lines, *(finding.remedy for finding in findings)]


@pytest.mark.parametrize("distribution", NAMES)
def test_every_remedy_names_the_variable_that_counts_here(machine, distribution):
    machine.setenv("ROS_DISTRO", distribution)
    (other,) = {OLD_NAME, NEW_NAME} - {NAMES[distribution]}
    for text in remedies():
        assert f"set {NAMES[distribution]}=/" in text
        assert other not in text


def test_no_remedy_sends_people_of_another_middleware_to_fast_dds(machine):
    machine.setenv("RMW_IMPLEMENTATION", "rmw_cyclonedds_cpp")
    for text in remedies():
        assert "FAST" not in text
        assert "rmw_cyclonedds_cpp" in text
