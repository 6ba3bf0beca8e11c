"""The launch files, where the launch packages are: documented arguments, and the processes of
``liquid-nav fly``.
"""

import importlib.util
from pathlib import Path

import pytest
import yaml

from liquid_nav.bringup.simulated_flight import FlightPlan, embedded_graph
from liquid_nav.errors import UserError

FOLDER = Path(__file__).parents[2] / "launch"
FILES = [FOLDER / f"{name}.launch.py" for name in ("drone", "field", "flight", "forest")]
"""Those that start a drone's nodes."""

SIMULATED = {"sim", "pilot", "seed", "condition", "engine", "gui", "drones", "px4", "camera_topic"}
REAL = {"source", "calibration", "autopilot", "connection", "speed", "radius", "low", "high"}

needs_launch = pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in ("launch", "launch_ros")),
    reason="launch and launch_ros come with a ROS distribution, not with the wheels",
)


def load(path):
    """Return a launch file as a module."""
    spec = importlib.util.spec_from_file_location(path.stem.replace(".", "_"), path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def actions_of(path, **typed):
    """Return the processes that launch starts for a launch file and what that includes, in order,
    with what a person types; none is started.
    """
    from launch import LaunchContext
    from launch.actions import (
        ExecuteProcess,
        IncludeLaunchDescription,
        LogInfo,
        RegisterEventHandler,
        SetEnvironmentVariable,
    )
    from launch.launch_description_sources import PythonLaunchDescriptionSource

    context = LaunchContext(argv=[f"{name}:={value}" for name, value in typed.items()])
    found = []

    def visit(entity):
        if isinstance(entity, ExecuteProcess):
            found.append(entity)
        elif not isinstance(entity, (LogInfo, RegisterEventHandler, SetEnvironmentVariable)):
            for one in entity.visit(context) or []:
                visit(one)

    source = PythonLaunchDescriptionSource(str(path))
    visit(IncludeLaunchDescription(source, launch_arguments=typed.items()))
    return context, found


def nodes_of(path, **typed):
    """Return the nodes among them, with their names and parameters as launch passes them on."""
    from launch_ros.actions import Node

    context, found = actions_of(path, **typed)
    nodes = [one for one in found if isinstance(one, Node)]
    for one in nodes:
        one._perform_substitutions(context)
    return context, nodes


def started(path, **typed):
    """Return {node: its ROS arguments and parameters} of a launch file."""
    found = {}
    for one in nodes_of(path, **typed)[1]:
        *_, given = one._Node__expanded_parameter_arguments
        (section,) = yaml.safe_load(Path(given[0]).read_text()).values()
        found[one.node_executable] = list(one._Node__ros_arguments), section["ros__parameters"]
    return found


@needs_launch
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_argument_is_documented(path):
    arguments = load(path).generate_launch_description().get_launch_arguments()
    wanted = {"model", "record", "namespace", "frame_prefix", "rqt", "params_file", "log_level"}
    wanted |= REAL if "drone" in path.name else SIMULATED
    assert wanted <= {argument.name for argument in arguments}
    assert all(len(argument.description) > 5 for argument in arguments)


@needs_launch
@pytest.mark.parametrize("name", ["forest", "field"])
def test_a_scenario_of_ones_own_is_flown_in_the_same_way(name):
    path = FOLDER / f"{name}.launch.py"
    shown = load(path).generate_launch_description().get_launch_arguments()
    (scenario,) = [one for one in shown if one.name == "scenario"]
    assert [part.text for part in scenario.default_value] == [name]
    assert started(path, seed="3")["simulator"][1]["scenario"] == name
    other = {"forest": "field", "field": "forest"}[name]
    assert started(path, seed="3", scenario=other)["scenario_runner"][1]["scenario"] == other


THEIRS = """
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource

def generate_launch_description():
    ours = IncludeLaunchDescription(
        PythonLaunchDescriptionSource("{file}"), launch_arguments={{"seed": "7"}}.items()
    )
    return LaunchDescription([DeclareLaunchArgument("gps", default_value="false"), ours])
"""


@needs_launch
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_launch_file_that_includes_ours_has_arguments_of_its_own(path, tmp_path, monkeypatch):
    """And one that a person starts refuses them, also where it is ours that includes another."""
    theirs = tmp_path / "theirs.launch.py"
    theirs.write_text(THEIRS.format(file=path))
    monkeypatch.setattr("sys.argv", ["ros2", "launch", str(theirs), "gps:=true"])
    assert "safety_supervisor" in started(theirs, gps="true")
    monkeypatch.setattr("sys.argv", ["ros2", "launch", "liquid_nav", path.name, "gps:=true"])
    with pytest.raises(UserError, match="unknown launch argument 'gps'"):
        started(path, gps="true")


@needs_launch
@pytest.mark.parametrize("pilot", ["policy", "expert"])
def test_the_processes_are_those_of_fly(pilot):
    given = {"pilot": pilot, "seed": "3", "record": "/tmp/x"}
    _, nodes = nodes_of(FOLDER / "forest.launch.py", **given)
    plan = embedded_graph(FlightPlan("forest", 3, pilot=pilot, record=Path("/tmp/x")))
    assert [node.node_executable for node in nodes] == [process.executable for process in plan]


@needs_launch
def test_several_drones_have_their_namespaces():
    given = {"pilot": "expert", "seed": "3", "drones": "2", "namespace": "team"}
    _, nodes = nodes_of(FOLDER / "field.launch.py", **given)
    spaces = {}
    for one in nodes:
        spaces.setdefault(one.expanded_node_namespace, []).append(one.node_executable)
    assert spaces == {
        "/team": ["simulator"],
        "/team/d1": ["expert_pilot", "safety_supervisor", "scenario_runner"],
        "/team/d2": ["expert_pilot", "safety_supervisor", "scenario_runner"],
    }


@needs_launch
def test_a_window_shows_the_first_of_several_drones():
    from launch_ros.actions import Node

    given = {"pilot": "expert", "seed": "3", "drones": "2", "namespace": "team", "rqt": "true"}
    _, found = actions_of(FOLDER / "field.launch.py", **given)
    (plot,) = [one for one in found if not isinstance(one, Node)]
    assert plot.cmd[4][0].text.startswith("/team/d1/plots/")
    _, nodes = nodes_of(FOLDER / "field.launch.py", **given)
    plots = [one for one in nodes if one.node_executable == "plots"]
    assert [one.expanded_node_namespace for one in plots] == ["/team/d1", "/team/d2"]


@needs_launch
def test_px4_in_gazebo_is_started_with_its_variables(tmp_path):
    from launch.actions import ExecuteProcess, LogInfo

    from liquid_nav.bringup.px4_gazebo import Px4World

    flight = load(FOLDER / "flight.launch.py")
    variables = {"PX4_SIM_MODEL": "gz_x", "GZ_SIM_RESOURCE_PATH": "/m"}
    made = Px4World(tmp_path / "w.sdf", tmp_path / "b.yaml", ["/px4"], variables)
    *_, process = flight.px4(made)
    assert isinstance(process, ExecuteProcess)
    assert [part.text for parts in process.cmd for part in parts] == ["/px4", "-d"]
    (line,) = flight.px4(Px4World(made.world, made.bridge, None, made.environment))
    assert isinstance(line, LogInfo)


@needs_launch
def test_the_processes_of_a_real_drone():
    from launch.utilities import perform_substitutions

    from liquid_nav.bringup.transport import fastdds_profile_variable

    given = {"source": "none", "speed": "1.5", "record": "/tmp/x"}
    context, nodes = nodes_of(FOLDER / "drone.launch.py", **given)
    names = [node.node_executable for node in nodes]
    assert names == ["liquid_controller", "safety_supervisor", "autopilot_bridge", "recorder"]
    own = {node.node_executable: node.additional_env for node in nodes if node.additional_env}
    assert list(own) == ["autopilot_bridge"]
    (((variable, path),),) = own.values()
    assert perform_substitutions(context, variable) == fastdds_profile_variable()
    assert perform_substitutions(context, path).endswith("config/fastdds_udp.xml")


@needs_launch
def test_a_recorder_that_died_is_described_again_with_another_folder(tmp_path):
    (tmp_path / "bag").mkdir()
    (tmp_path / "bag" / "flight.mcap").touch()
    context, nodes = nodes_of(FOLDER / "drone.launch.py", record=str(tmp_path / "bag"))
    for node in nodes:
        again = node.again()
        again._perform_substitutions(context)
        old, new = (_parameters(one) for one in (node, again))
        changed = {name for name in old | new if old.get(name) != new.get(name)}
        assert changed == ({"folder"} if node.node_executable == "recorder" else set())
        assert again.node_executable == node.node_executable
        assert again.additional_env == node.additional_env or again.additional_env


def _parameters(node):
    *_, given = node._Node__expanded_parameter_arguments
    (section,) = yaml.safe_load(Path(given[0]).read_text()).values()
    return section["ros__parameters"]


@needs_launch
@pytest.mark.parametrize("sim", ["gazebo", "px4_gazebo"])
def test_gazebo_without_its_packages_is_one_line(sim, monkeypatch, tmp_path):
    from liquid_nav.bringup import gazebo_processes

    monkeypatch.setattr(
        gazebo_processes, "make_gazebo_world", lambda plan, engine: tmp_path / "world.sdf"
    )
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(tmp_path))
    with pytest.raises(UserError, match="ros_gz_sim"):
        actions_of(FOLDER / "field.launch.py", sim=sim, seed="3")


def test_the_graph_has_the_pilot_that_was_asked_for():
    names = {
        pilot: [p.executable for p in embedded_graph(FlightPlan(pilot=pilot))]
        for pilot in ("policy", "expert")
    }
    assert names["policy"] == [
        "simulator",
        "liquid_controller",
        "safety_supervisor",
        "scenario_runner",
    ]
    assert names["expert"] == ["simulator", "expert_pilot", "safety_supervisor", "scenario_runner"]


@needs_launch
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_persons_file_wins_against_defaults_and_what_they_type_wins_against_it(path, tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text("""
/**/safety_supervisor: {ros__parameters: {speed: 0.5, image_age: 0.7}}
liquid_controller: {ros__parameters: {model: from_the_file, blind_after: 2.5}}
""")
    plain = started(path, **({} if "drone" in path.name else {"seed": "3"}))
    given = {"params_file": str(mine)} | ({} if "drone" in path.name else {"seed": "3"})
    with_file = started(path, **given)
    assert plain["liquid_controller"][1]["model"] == "default"
    controller = with_file["liquid_controller"][1]
    assert (controller["model"], controller["blind_after"]) == ("from_the_file", 2.5)
    supervisor = with_file["safety_supervisor"][1]
    assert (supervisor["speed"], supervisor["image_age"]) == (0.5, 0.7)
    assert started(path, model="typed", **given)["liquid_controller"][1]["model"] == "typed"
    if "drone" in path.name:
        assert started(path, speed="1.5", **given)["safety_supervisor"][1]["speed"] == 1.5


@needs_launch
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_level_of_the_log_reaches_every_node(path):
    seed = {} if "drone" in path.name else {"seed": "3"}
    for level in ("info", "debug"):
        for command, _ in started(path, log_level=level, **seed).values():
            assert command[command.index("--log-level") + 1] == level


@needs_launch
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_of_a_node_that_does_not_exist_ends_the_launch_with_one_line(path, tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text("/**/safty_supervisor: {ros__parameters: {speed: 0.5}}")
    with pytest.raises(UserError, match="did you mean safety_supervisor"):
        started(path, params_file=str(mine), **({} if "drone" in path.name else {"seed": "3"}))
