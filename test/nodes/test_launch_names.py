"""What launch files name exists: executables, parameters, topics, files. Needs neither launch nor
ROS nor Gazebo.
"""

import ast
import re
import runpy
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import setuptools
import yaml
from launch_graphs import drone_graph, flight_graph, gazebo_graph, px4_gazebo_graph
from reference_pages.launch_files import LaunchFile

from liquid_nav.bringup import gazebo_processes as gazebo_bringup
from liquid_nav.bringup import px4_gazebo as px4_gazebo_bringup
from liquid_nav.bringup import real_drone as drone_bringup
from liquid_nav.bringup.fleet import drone_namespaces, fleet_graph, flight_processes
from liquid_nav.bringup.simulated_flight import (
    EMBEDDED_PARAMETER_FILE,
    FlightPlan,
    NodeProcess,
    autopilot_graph,
    clock_remapping,
    embedded_graph,
    pilot_remappings,
)
from liquid_nav.cli.processes import arguments
from liquid_nav.errors import UserError
from liquid_nav.worlds import generate_layout, load_condition, load_scenario
from liquid_nav.worlds.sdf import world_sdf
from liquid_nav.worlds.sdf_assets import Library
from liquid_nav.worlds.sdf_drone import COMMAND_TOPIC, DroneSpec

ROOT = Path(__file__).parents[2]
NODES = ROOT / "liquid_nav" / "nodes"
RECORD = Path("/tmp/x")


def graphs():
    """Return {name: (parameter file, processes)} of everything that launch files start."""
    found = {}
    for pilot in ("policy", "expert"):
        plan = FlightPlan("field", 3, "fog", pilot, record=RECORD)
        found[f"embedded {pilot}"] = EMBEDDED_PARAMETER_FILE, embedded_graph(plan)
        flown = FlightPlan("field", 3, "fog", pilot, record=RECORD, autopilot="px4")
        found[f"px4 {pilot}"] = EMBEDDED_PARAMETER_FILE, autopilot_graph(flown)
        fleet = replace(plan, drones=2)
        found[f"embedded two {pilot}s"] = EMBEDDED_PARAMETER_FILE, fleet_graph(fleet)
        found[f"gazebo px4 {pilot}"] = (
            gazebo_bringup.GAZEBO_PARAMETER_FILE,
            px4_gazebo_graph(plan),
        )
        found[f"gazebo {pilot}"] = gazebo_bringup.GAZEBO_PARAMETER_FILE, gazebo_graph(plan)
    found["drone"] = (
        drone_bringup.DRONE_PARAMETER_FILE,
        drone_graph(
            source="x.avi", calibration="c", speed="1.0", record=str(RECORD), engage_channel="7"
        ),
    )
    return found


GRAPHS = graphs()


def executables():
    captured = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(setuptools, "setup", lambda **arguments: captured.update(arguments))
        patch.chdir(ROOT)
        runpy.run_path("setup.py")
    return {script.split("=")[0].strip() for script in captured["entry_points"]["console_scripts"]}


def declared(executable):
    """Return the parameters that a node declares, from its source and that of our modules of nodes
    that it imports.

    Those named by dictionaries (LIMITS) count too.
    """
    tree = ast.parse((NODES / f"{executable}.py").read_text())
    modules = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    ours = [
        module.rpartition(".")[2] for module in modules if module.startswith("liquid_nav.nodes.")
    ]
    trees = [tree, *(ast.parse((NODES / f"{module}.py").read_text()) for module in ours)]
    names, others = {"use_sim_time"}, False
    for call in (node for one in trees for node in ast.walk(one)):
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "declare":
            name = call.args[1]
            names |= {name.value} if isinstance(name, ast.Constant) else set()
            others |= not isinstance(name, ast.Constant)
    if others:
        tables = [node for one in trees for node in ast.walk(one) if isinstance(node, ast.Dict)]
        names |= {
            key.value for table in tables for key in table.keys if isinstance(key, ast.Constant)
        }
    return names


@pytest.mark.parametrize("name", GRAPHS)
def test_executables_and_parameters_exist(name):
    _, processes = GRAPHS[name]
    assert {process.executable for process in processes} <= executables()
    for process in processes:
        assert set(process.parameters) <= declared(process.executable), process.executable


@pytest.mark.parametrize("name", GRAPHS)
def test_parameter_files_name_the_nodes_that_start(name):
    file, processes = GRAPHS[name]
    sections = yaml.safe_load((ROOT / file).read_text())
    nodes = {key.removeprefix("/**/"): value["ros__parameters"] for key, value in sections.items()}
    if not name.startswith("px4"):  # the bridge and the world's camera have only defaults there
        assert {process.executable for process in processes} <= set(nodes)
    clocks = set()
    for executable, parameters in nodes.items():
        assert set(parameters) <= declared(executable), executable
        clocks.add(parameters["use_sim_time"])
    assert clocks == {name != "drone"}


def test_every_declared_limit_reaches_the_supervisor():
    limits = {name: str(1.5 + number) for number, name in enumerate(drone_bringup.LIMIT_ARGUMENTS)}
    (supervisor,) = [one for one in drone_graph(**limits) if one.executable == "safety_supervisor"]
    given = {name: supervisor.parameters[name] for name in limits}
    assert given == {name: float(text) for name, text in limits.items()}
    assert set(limits) <= declared("safety_supervisor")


def test_a_folder_that_a_person_types_wins_against_their_parameter_file(tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text("/**/recorder: {ros__parameters: {folder: theirs, jpeg_quality: 50}}")
    graph = drone_graph(record="typed", params_file=str(mine))
    (recorder,) = [one for one in graph if one.executable == "recorder"]
    assert recorder.parameters["folder"] == str(Path("typed").resolve())
    assert recorder.parameters["jpeg_quality"] == 50


def test_a_parameter_file_wins_against_defaults_of_arguments_and_not_against_typed_ones(tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text("/**/camera: {ros__parameters: {source: theirs, calibration: theirs}}")
    camera = drone_graph(params_file=str(mine))[0].parameters
    assert (camera["source"], camera["calibration"]) == ("theirs", "theirs")
    camera = drone_graph(params_file=str(mine), source="typed")[0].parameters
    assert (camera["source"], camera["calibration"]) == ("typed", "theirs")


def test_arguments_of_a_launch_file_that_includes_ours_are_not_given_to_ours():
    module = LaunchFile("flight.launch.py").module
    given = module.GivenArguments(module.generate_launch_description().positional[0][1:-1])
    theirs = {"seed": "7", "speed": "3", "altitude": "2"}
    given._note(SimpleNamespace(launch_configurations=theirs))
    assert given.names == {"seed"}


@pytest.mark.parametrize(("name", "timeout"), [("drone", "20"), ("flight", "1")])
def test_only_nodes_of_a_simulated_flight_get_a_second_signal_early(name, timeout, monkeypatch):
    """Those of a real drone end one after the other, each at the first signal that it gets."""
    file = LaunchFile(f"{name}.launch.py")
    # Its handlers need the real launch.
    monkeypatch.setattr(
        file.module,
        "DroneGraph",
        lambda nodes: SimpleNamespace(start=lambda: nodes),
        raising=False,
    )
    given = SimpleNamespace(check=lambda context: None, names=set())
    actions = file.module.launch_setup(SimpleNamespace(launch_configurations=file.values()), given)
    nodes = [one for one in actions if getattr(one, "named", {}).get("package") == "liquid_nav"]
    assert len(nodes) >= 4
    assert {one.named["sigterm_timeout"] for one in nodes} == {timeout}
    patient = [one for one in nodes if one.named["sigkill_timeout"] == "20"]
    hurried = [one for one in nodes if one not in patient]
    if name == "drone":
        assert hurried == []
        return
    # Without ``record`` no node of the flight keeps a file.
    assert patient == []
    assert {one.named["sigkill_timeout"].perform(None) for one in hurried} == {"20"}
    file.module.end_with_flight = lambda *given: given[-1]()
    actions = file.module.launch_setup(SimpleNamespace(launch_configurations=file.values()), given)
    nodes = [one for one in actions if getattr(one, "named", {}).get("package") == "liquid_nav"]
    assert {one.named["sigkill_timeout"].perform(None) for one in nodes} == {"0.4"}


def test_nodes_that_keep_files_get_their_time_also_when_another_one_has_died(tmp_path):
    file = LaunchFile("flight.launch.py")
    given = SimpleNamespace(check=lambda context: None, names=set())
    values = file.values() | {"record": str(tmp_path)}
    file.module.end_with_flight = lambda *given: given[-1]()
    actions = file.module.launch_setup(SimpleNamespace(launch_configurations=values), given)
    nodes = [one for one in actions if getattr(one, "named", {}).get("package") == "liquid_nav"]
    patient = {one.named["executable"] for one in nodes if one.named["sigkill_timeout"] == "20"}
    assert patient == {"recorder", "scenario_runner"}


def test_launch_files_describe_scenarios_that_exist():
    for name in ("forest", "field"):
        (argument,) = LaunchFile(f"{name}.launch.py").arguments()
        assert (argument.name, argument.default) == ("scenario", name)
        assert load_scenario(name).world == name


@pytest.mark.parametrize(
    ("sim", "config"),
    [
        ("embedded", "embedded.yaml"),
        ("px4", "embedded.yaml"),
        ("gazebo", "gazebo.yaml"),
        ("px4_gazebo", "gazebo.yaml"),
    ],
)
def test_every_node_of_a_flight_has_the_parameter_file_of_its_simulator(
    sim, config, monkeypatch, tmp_path
):
    file = LaunchFile("flight.launch.py")
    monkeypatch.setattr(file.module, "gazebo_launch_file", lambda: str(tmp_path / "gz.launch.py"))
    given = SimpleNamespace(check=lambda context: None, names=set())
    value = file.values(sim=sim, seed="3", record=str(tmp_path))
    actions = file.module.launch_setup(SimpleNamespace(launch_configurations=value), given)
    nodes = [one for one in actions if getattr(one, "named", {}).get("package") == "liquid_nav"]
    assert [one.named["executable"] for one in nodes][-2:] == ["recorder", "scenario_runner"]
    for one in nodes:
        path, parameters = one.named["parameters"]
        assert path.endswith(f"config/{config}") and isinstance(parameters, dict)


PLANS = {
    "embedded": {},
    "embedded, recorded": {"record": RECORD, "watchers": 1},
    "embedded, expert": {"pilot": "expert", "frame_prefix": "d1/", "frame_rate": 20.0},
    "embedded, two": {"drones": 2, "record": RECORD},
    "embedded, two experts": {"drones": 2, "pilot": "expert"},
    "px4": {"autopilot": "px4"},
    "px4, recorded": {"autopilot": "px4", "record": RECORD, "frame_prefix": "d1/"},
    "px4, expert": {"autopilot": "px4", "pilot": "expert", "connection": "udp:0.0.0.0:14541"},
}
"""Flights that both ``liquid-nav fly`` and flight.launch.py know."""


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.parametrize("namespace", ["", "team"])
def test_the_launch_file_starts_what_fly_starts(name, namespace):
    """Both describe the nodes: a parameter that one of them forgot would be another flight."""
    plan = FlightPlan("field", 3, "fog", real_time_factor=2.0, **PLANS[name])
    wanted = [
        replace(
            one,
            namespace="/".join(filter(None, (namespace, one.namespace))),
            # Empty ones are left out on the command line, and no one reads the progress here.
            parameters={
                key: value
                for key, value in one.parameters.items()
                if value != "" and key != "progress"
            },
            remappings=(*clock_remapping(namespace), *one.remappings),
        )
        for one in flight_processes(plan)
    ]
    assert flight_graph(name.partition(",")[0], plan, namespace) == wanted


def bridge():
    return yaml.safe_load((ROOT / gazebo_bringup.GAZEBO_BRIDGE_FILE).read_text())


def test_the_bridge_names_topics_of_our_world():
    layout, condition = generate_layout(load_scenario("field"), 3), load_condition("summer")
    text = world_sdf(layout, condition, Library("files"), drone=DroneSpec())
    named = set(re.findall(r"topic>([^<]+)</", text)) | {f"/model/drone/{COMMAND_TOPIC}", "/clock"}
    for entry in bridge():
        assert entry["gz_topic_name"] in named, entry


def test_the_bridge_names_topics_of_the_interface():
    page = (ROOT / "docs" / "reference" / "topics.md").read_text()
    page += (NODES / "autopilot_bridge.py").read_text()
    for entry in bridge():
        name, kind = entry["ros_topic_name"], entry["ros_type_name"].replace("/msg/", "/")
        if name != "gazebo/contacts":
            assert name in page and kind.split("/")[1] in page, entry
    names = [entry["ros_topic_name"] for entry in bridge()]
    assert len(names) == len(set(names)) and gazebo_bringup.WEATHER_REMAPPING[0] in names
    assert gazebo_bringup.WEATHER_REMAPPING[1] in (NODES / "weather.py").read_text()
    out = [entry for entry in bridge() if entry["direction"] == "ROS_TO_GZ"]
    parameters = yaml.safe_load((ROOT / gazebo_bringup.GAZEBO_PARAMETER_FILE).read_text())[
        "/**/autopilot_bridge"
    ]
    assert [entry["ros_topic_name"] for entry in out] == [
        parameters["ros__parameters"]["plain_topic"]
    ]


def test_gazebo_arguments():
    assert gazebo_bringup.gazebo_arguments(Path("/a b.sdf"), True) == "-r '/a b.sdf'"
    assert "--headless-rendering" in gazebo_bringup.gazebo_arguments(Path("/w.sdf"), False)


@pytest.mark.parametrize("name", GRAPHS)
def test_a_graph_reads_the_topics_of_its_own_pilot(name):
    """Whoever reads a pilot's command or mode has them remapped where the expert flies, and nothing
    else is remapped.
    """
    _, processes = GRAPHS[name]
    executables = {process.executable for process in processes}
    pilot = "expert" if "expert_pilot" in executables else "policy"
    assert not {"expert_pilot", "liquid_controller"} <= executables
    assert pilot == ("expert" if "expert" in name else "policy")
    for process in processes:
        wanted = ()
        if process.executable in ("safety_supervisor", "scenario_runner"):
            wanted = pilot_remappings(pilot)
        assert tuple(process.remappings) == wanted, process.executable


def test_what_is_remapped_for_the_expert():
    assert pilot_remappings("policy") == ()
    assert pilot_remappings("expert") == (
        ("liquid_controller/cmd_vel", "expert_pilot/cmd_vel"),
        ("liquid_controller/mode", "expert_pilot/mode"),
    )


def test_fly_gives_each_process_its_remappings_in_its_namespace():
    process = NodeProcess("safety_supervisor", {}, "d1", (("a/b", "c/b"), ("x", "y")))
    command = arguments(process)
    found = [part for before, part in zip(command, command[1:]) if before == "-r"]
    assert found == ["a/b:=c/b", "x:=y", "__ns:=/d1"]


def test_each_of_several_drones_has_its_own_names_and_place():
    graph = fleet_graph(FlightPlan("field", 3, pilot="expert", record=RECORD, drones=3))
    assert graph[0].namespace == "" and graph[0].parameters["drones"] == "d1,d2,d3"
    for number, name in enumerate(drone_namespaces(3)):
        own = {
            process.executable: process.parameters for process in graph if process.namespace == name
        }
        assert set(own) == {"expert_pilot", "safety_supervisor", "recorder", "scenario_runner"}
        assert own["expert_pilot"]["drone"] == own["scenario_runner"]["drone"] == number
        assert own["safety_supervisor"]["frame_prefix"] == f"{name}/"
        assert own["recorder"]["folder"] == own["scenario_runner"]["folder"] == str(RECORD / name)
    assert [process.executable for process in graph[-3:]] == ["scenario_runner"] * 3
    assert flight_processes(FlightPlan(drones=1))[0].namespace == "" and drone_namespaces(1) == [""]
    for plan in (FlightPlan(drones=9), FlightPlan(drones=2, autopilot="test-px4")):
        with pytest.raises(UserError):
            flight_processes(plan)


def test_px4_in_gazebo_gets_our_world_its_start_and_its_camera(tmp_path):
    plan = FlightPlan("field", 3, "fog")
    with pytest.raises(UserError, match="no PX4 in"):
        px4_gazebo_bringup.make_px4_world(plan, str(tmp_path), "x500_mono_cam", "")
    binary = tmp_path / px4_gazebo_bringup.BINARY
    binary.parent.mkdir(parents=True)
    binary.touch()
    made = px4_gazebo_bringup.make_px4_world(plan, str(tmp_path), "x500_mono_cam", "")
    text = made.world.read_text()
    layout = generate_layout(load_scenario("field"), 3)
    assert (
        f'<world name="{made.environment["PX4_GZ_WORLD"]}"' in text
        and "velocity_controller" not in text
    )
    assert all(
        system in text
        for system in ("AirPressure", "Magnetometer", "NavSat", "<spherical_coordinates>")
    )
    x, y, z, roll, pitch, yaw = (
        float(part) for part in made.environment["PX4_GZ_MODEL_POSE"].split(",")
    )
    assert (x, y, roll, pitch) == (layout.start.x, layout.start.y, 0.0, 0.0) and 0.0 < z < 0.5
    assert yaw == pytest.approx(layout.start.yaw, abs=1e-4)
    assert made.command == [str(binary)] and made.environment["PX4_SIM_MODEL"] == "gz_x500_mono_cam"
    entries = yaml.safe_load(made.bridge.read_text())
    assert {entry["ros_topic_name"] for entry in entries} == {
        "/clock",
        "camera/image_raw",
        "camera/camera_info",
    }
    assert made.world.stem in entries[1]["gz_topic_name"] and entries[2]["gz_topic_name"].endswith(
        "/camera_info"
    )
    other = px4_gazebo_bringup.bridge_entries("/my/camera/image")
    assert [entry["gz_topic_name"] for entry in other] == [
        "/clock",
        "/my/camera/image",
        "/my/camera/camera_info",
    ]
    graph = {process.executable: process.parameters for process in px4_gazebo_graph(plan)}
    assert (
        graph["autopilot_bridge"]["autopilot"] == "px4"
        and graph["safety_supervisor"]["autopilot_age"] > 0.0
    )
