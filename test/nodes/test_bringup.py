"""The description of the graph, and the command lines made of it. No ROS needed."""

import math
from xml.etree import ElementTree

import numpy as np
import pytest
import yaml
from launch_graphs import drone_graph, gazebo_graph, px4_gazebo_graph
from typer.testing import CliRunner

from liquid_nav.autopilots import SessionConfig
from liquid_nav.bringup import gazebo_processes as gazebo_bringup
from liquid_nav.bringup import px4_gazebo as px4_gazebo_bringup
from liquid_nav.bringup import real_drone as drone_bringup
from liquid_nav.bringup.node_help import names_read_by
from liquid_nav.bringup.simulated_flight import (
    EMBEDDED_PARAMETER_FILE,
    RANDOM_SEEDS,
    SIMULATED_FLIGHT_AUTOPILOTS,
    FlightPlan,
    NodeProcess,
    autopilot_graph,
    embedded_graph,
    parameter_as_yaml,
    parse_namespace,
    parse_number,
    parse_seed,
)
from liquid_nav.bringup.unknown_names import refuse_unknown_parameters
from liquid_nav.cli import app as cli
from liquid_nav.cli.processes import arguments, claim_ros_domain
from liquid_nav.errors import UserError
from liquid_nav.nodes.safety_supervisor import LIMITS
from liquid_nav.nodes.supervisor_inputs import WATCHED
from liquid_nav.resources import find
from liquid_nav.safety import SafetyLimits
from liquid_nav.worlds import ConditionError, draw_mounting, load_condition, load_scenario

SIMULATED = {
    **{
        name: (lambda n=name: autopilot_graph(FlightPlan(autopilot=n)), EMBEDDED_PARAMETER_FILE)
        for name in SIMULATED_FLIGHT_AUTOPILOTS
    },
    "gazebo": (lambda: gazebo_graph(FlightPlan()), gazebo_bringup.GAZEBO_PARAMETER_FILE),
    "px4_gazebo": (lambda: px4_gazebo_graph(FlightPlan()), gazebo_bringup.GAZEBO_PARAMETER_FILE),
}
"""Ways to fly a simulated drone through the bridge: the graph, and the parameter file that it is
started with.
"""


def from_file(path, node):
    """Return the parameters that a parameter file gives a node."""
    values = yaml.safe_load(find(path).read_text(encoding="utf-8"))
    return values.get(f"/**/{node}", {}).get("ros__parameters", {})


def parameters(graph, path, node):
    """Return what a node is started with: the file's parameters, and over them those of the
    graph.
    """
    (process,) = [process for process in graph if process.executable == node]
    return from_file(path, node) | dict(process.parameters)


def test_the_supervisor_gets_the_scenarios_limits():
    gate = next(
        p for p in embedded_graph(FlightPlan("forest")) if p.executable == "safety_supervisor"
    )
    limits = load_scenario("forest").limits
    assert (
        gate.parameters["speed"] == limits.speed
        and gate.parameters["acceleration"] == limits.acceleration
    )


def test_every_node_of_a_flight_has_the_same_world():
    plan = FlightPlan("field", 17, "fog")
    for process in embedded_graph(plan):
        if process.executable in ("simulator", "scenario_runner"):
            assert [process.parameters[key] for key in ("scenario", "seed", "condition")] == [
                "field",
                17,
                "fog",
            ]


@pytest.mark.parametrize("value", ["forest", "12", "a: b # c", 'it\'s "quoted"', 3, 2.5, True])
def test_parameter_values_survive_the_command_line(value):
    assert yaml.safe_load(parameter_as_yaml(value)) == value


def test_empty_parameters_are_left_out():
    line = arguments(NodeProcess("simulator", {"condition": "", "seed": 3}))
    assert "seed:=3" in line and not [part for part in line if part.startswith("condition")]


def test_seeds():
    assert parse_seed("42") == 42
    assert parse_seed("random") in RANDOM_SEEDS
    for text in ("-1", "x", "1.5", "", "2147483648"):
        with pytest.raises(UserError, match="random"):
            parse_seed(text)


@pytest.mark.parametrize(
    "text, value", [("1", 1.0), ("0.5", 0.5), ("-2", -2.0), ("1e1", 10.0), (" 3 ", 3.0)]
)
def test_numbers_of_launch_arguments(text, value):
    assert parse_number("speed", text) == value


@pytest.mark.parametrize("text", ["", "fast", "1,5", "2m/s", "nan", "inf", "-inf", "1e999"])
def test_a_launch_argument_that_is_no_number_is_named(text):
    with pytest.raises(UserError) as caught:
        parse_number("speed", text)
    assert (
        str(caught.value)
        == f"cannot read speed:={text}. give a number in SI units, such as 1 or 0.5"
    )


def test_a_domain_is_free():
    assert 1 <= claim_ros_domain() <= 101


@pytest.mark.parametrize("way", SIMULATED)
def test_where_a_simulated_supervisor_resumes_the_bridge_lets_it(way):
    graph, path = SIMULATED[way]
    supervisor = parameters(graph(), path, "safety_supervisor")
    bridge = parameters(graph(), path, "autopilot_bridge")
    assert supervisor["resume"] == 1.0
    assert bridge["resume"] >= 5.0 * supervisor["resume"]


@pytest.mark.parametrize("way", SIMULATED)
def test_nothing_engages_before_the_bridge_has_received_the_supervisor(way):
    """What a bridge receives first counts as seen: an engagement of before would be lost."""
    graph, path = SIMULATED[way]
    assert parameters(graph(), path, "safety_supervisor")["autopilot_age"] > 0.0


@pytest.mark.parametrize("way", SIMULATED)
def test_the_bridges_own_limits_do_not_cut_what_the_scenario_allows(way):
    graph, path = SIMULATED[way]
    supervisor, bridge = (
        parameters(graph(), path, node) for node in ("safety_supervisor", "autopilot_bridge")
    )
    for name in ("speed", "vertical_speed", "yaw_rate"):
        assert supervisor[name] <= bridge.get(name, getattr(SessionConfig(), name))


@pytest.mark.parametrize("autopilot", drone_bringup.REAL_AUTOPILOTS)
def test_a_real_drone_has_a_fence_and_flies_on_by_a_persons_request_alone(autopilot):
    graph, path = drone_graph(autopilot=autopilot), drone_bringup.DRONE_PARAMETER_FILE
    supervisor = parameters(graph, path, "safety_supervisor")
    bridge = parameters(graph, path, "autopilot_bridge")
    assert supervisor["resume"] == bridge["resume"] == 0.0
    assert (supervisor["low"], supervisor["high"], supervisor["radius"]) == (-2.0, 10.0, 40.0)
    ages = ("odometry_age", "autopilot_age", "battery_age", "joy_age", "recorder_age")
    for name in (*ages, "pose_frozen", "battery", "latency"):
        assert supervisor[name] > 0.0, name
    for name in ("speed", "vertical_speed", "yaw_rate"):
        allowed = supervisor.get(name, getattr(SafetyLimits(), name))
        assert allowed < bridge[name] <= 1.5 * allowed, name


@pytest.mark.parametrize(("given", "channel"), [("", 0), ("0", 0), ("7", 7)])
def test_no_switch_engages_a_real_drone_unless_its_channel_is_given(given, channel):
    graph, path = drone_graph(engage_channel=given), drone_bringup.DRONE_PARAMETER_FILE
    assert parameters(graph, path, "autopilot_bridge")["engage_channel"] == channel


def test_a_limit_of_the_launch_file_is_the_supervisors_alone():
    graph, path = drone_graph(speed="1.5", high="4.0"), drone_bringup.DRONE_PARAMETER_FILE
    supervisor = parameters(graph, path, "safety_supervisor")
    assert (supervisor["speed"], supervisor["high"], supervisor["low"]) == (1.5, 4.0, -2.0)
    assert parameters(graph, path, "autopilot_bridge")["speed"] == 3.0
    assert (
        {"speed", "radius", "low", "high"}
        <= set(drone_bringup.LIMIT_ARGUMENTS)
        <= {*LIMITS, *WATCHED}
    )


def camera_of(world):
    """Return pose (roll, pitch, yaw), field of view and rate of the camera in a Gazebo world."""
    sensor = next(s for s in ElementTree.parse(world).iter("sensor") if s.get("name") == "camera")
    angles = [float(value) for value in sensor.findtext("pose").split()[3:]]
    return (
        angles,
        float(sensor.findtext("camera/horizontal_fov")),
        float(sensor.findtext("update_rate")),
    )


CONNECTED = {
    "drone": lambda text: drone_graph(connection=text),
    "px4": lambda text: autopilot_graph(FlightPlan(autopilot="px4", connection=text)),
    "px4_gazebo": lambda text: px4_gazebo_graph(FlightPlan(connection=text)),
}
"""Graphs with a connection that a person types."""


@pytest.mark.parametrize("graph", CONNECTED)
def test_a_connection_that_cannot_be_read_is_refused_before_any_process_starts(graph):
    with pytest.raises(UserError, match="cannot read the connection 'tcpin:0.0.0.0:5760'"):
        CONNECTED[graph]("tcpin:0.0.0.0:5760")
    (bridge,) = [p for p in CONNECTED[graph]("udp://:14540") if p.executable == "autopilot_bridge"]
    assert bridge.parameters["connection"] == "udp://:14540"


def test_a_drone_without_mavlink_needs_no_connection():
    assert drone_graph(autopilot="px4_dds", connection="")


def test_gazebos_camera_is_the_one_of_the_condition():
    usual = camera_of(gazebo_bringup.make_gazebo_world(FlightPlan("field", 3)))
    assert usual == (
        pytest.approx([0.0, math.radians(10.0), 0.0], abs=1e-9),
        pytest.approx(math.radians(80.0)),
        30.0,
    )
    angles, _, _ = camera_of(gazebo_bringup.make_gazebo_world(FlightPlan("field", 3, "mounting")))
    assert np.linalg.norm(np.subtract(angles, usual[0])) > math.radians(3.0)
    _, fov, _ = camera_of(gazebo_bringup.make_gazebo_world(FlightPlan("field", 3, "view")))
    assert fov == pytest.approx(draw_mounting(load_condition("view").camera, 3).view)
    assert (
        camera_of(gazebo_bringup.make_gazebo_world(FlightPlan("field", 3, "slow_camera")))[2]
        == 10.0
    )
    assert (
        camera_of(
            gazebo_bringup.make_gazebo_world(FlightPlan("field", 3, "slow_camera", frame_rate=20.0))
        )[2]
        == 20.0
    )


@pytest.mark.parametrize("condition", ["drift", "irregular_frames", "pseudo/sepia"])
def test_what_gazebo_cannot_show_is_refused_before_it_starts(condition):
    with pytest.raises(
        ConditionError, match=f"condition {condition}: .* cannot be simulated in Gazebo"
    ):
        gazebo_bringup.make_gazebo_world(FlightPlan("field", 3, condition))


@pytest.mark.parametrize("condition", ["drift", "mounting", "view", "slow_camera"])
def test_what_px4s_own_drone_decides_for_itself_is_refused_before_it_starts(condition):
    with pytest.raises(
        ConditionError, match=f"condition {condition}: .* cannot be simulated in PX4's Gazebo"
    ):
        px4_gazebo_bringup.make_px4_world(
            FlightPlan("field", 3, condition), "", "x500_mono_cam", ""
        )


def test_a_real_autopilot_has_an_estimator_of_its_own_and_a_test_vehicle_has_ours():
    for autopilot in ("px4", "ardupilot", "px4_dds"):
        with pytest.raises(
            ConditionError, match="condition drift: 'drift' cannot be simulated in a real"
        ):
            autopilot_graph(FlightPlan(condition="drift", autopilot=autopilot))
    graph = autopilot_graph(FlightPlan(condition="drift", autopilot="test-px4"))
    assert any(process.parameters.get("condition") == "drift" for process in graph)


@pytest.mark.parametrize(
    ("text", "name"),
    [("", ""), ("/", ""), ("d1", "d1"), ("/d1", "d1"), ("/d1/", "d1"), ("/fleet/_d1", "fleet/_d1")],
)
def test_a_namespace_is_the_same_with_and_without_slashes(text, name):
    assert parse_namespace(text) == name


@pytest.mark.parametrize(
    "text", ["drone-1", "1st", "d 1", "fleet//d1", "a/2b", "dröhne", "d1.a", "~d1", "{ns}"]
)
def test_a_namespace_that_ros_does_not_accept_is_one_line_before_anything_starts(text):
    with pytest.raises(UserError, match="no namespace.*such as drone_1"):
        parse_namespace(text)


def test_preflight_and_recorder_read_a_namespace_so(tmp_path):
    for command in (["preflight"], ["record", "--out", str(tmp_path / "flight")]):
        result = CliRunner().invoke(cli.app, [*command, "--namespace", "drone-1"])
        assert (result.exit_code, "'drone-1' is no namespace of ROS" in result.stderr) == (
            2,
            True,
        ), result.output
    assert not (tmp_path / "flight").exists()


def all_graphs(tmp_path):
    """Every graph that a command or a launch file starts, with its parameter file."""
    for pilot in ("policy", "expert"):
        yield (
            EMBEDDED_PARAMETER_FILE,
            embedded_graph(FlightPlan(seed=3, pilot=pilot, record=tmp_path, progress=True)),
        )
    for autopilot in SIMULATED_FLIGHT_AUTOPILOTS:
        yield (
            EMBEDDED_PARAMETER_FILE,
            autopilot_graph(FlightPlan(seed=3, autopilot=autopilot, record=tmp_path)),
        )
    yield gazebo_bringup.GAZEBO_PARAMETER_FILE, gazebo_graph(FlightPlan(seed=3, record=tmp_path))
    yield (
        gazebo_bringup.GAZEBO_PARAMETER_FILE,
        px4_gazebo_graph(FlightPlan(seed=3, record=tmp_path)),
    )
    for autopilot in drone_bringup.REAL_AUTOPILOTS:
        limits = dict.fromkeys(drone_bringup.LIMIT_ARGUMENTS, "1.0")
        yield (
            drone_bringup.DRONE_PARAMETER_FILE,
            drone_graph(autopilot=autopilot, record=str(tmp_path), **limits),
        )


def test_every_graph_gives_its_nodes_only_parameters_that_they_read(tmp_path):
    """Others are refused at the start: one forgotten name in our own files would end every flight
    of a kind.
    """
    checked = set()
    for file, graph in all_graphs(tmp_path):
        sections = yaml.safe_load(find(file).read_text())
        for process in graph:
            theirs = sections.get(f"/**/{process.executable}", {}).get("ros__parameters", {})
            refuse_unknown_parameters(
                process.executable,
                [*theirs, *process.parameters],
                names_read_by(process.executable),
            )
            checked.add(process.executable)
    assert checked >= {
        "simulator",
        "simulated_camera",
        "safety_supervisor",
        "autopilot_bridge",
        "camera",
        "recorder",
    }


def test_a_recorder_that_dies_again_and_again_is_given_up():
    assert [drone_bringup.is_given_up("recorder", deaths) for deaths in (1, 2, 3, 4)] == [
        False,
        False,
        True,
        True,
    ]
    assert not drone_bringup.is_given_up("camera", 20)
