"""The files for RViz, Foxglove, PlotJuggler, rqt and the aggregator: they name topics and
fields that exist.
"""

import ast
import dataclasses
import importlib
import importlib.util
import json
import re
import runpy
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
import setuptools
import yaml
from reference_pages.launch_files import LaunchFile

from liquid_nav.bringup import view_files
from liquid_nav.bringup.simulated_flight import pilot_remappings
from liquid_nav.nodes.controller_outputs import Timing
from liquid_nav.nodes.tf_type import tf_message_class

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "config" / "views"
COMPRESSED = {"/camera/image_raw/compressed": ("sensor_msgs/CompressedImage", "sensor data")}
"""In bags, and from the camera node."""
FRAMES = {"odom", "base_link", "camera_link", "camera_optical_frame"}


def interface():
    """Return {topic: (type, quality)} of the documented interface."""
    rows = dict(COMPRESSED)
    for page in (ROOT / "docs" / "reference" / "topics.md",):
        text = page.read_text(encoding="utf-8")
        section = text.partition("<!-- interfaces -->")[2].partition("<!-- /interfaces -->")[0]
        for line in section.splitlines():
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if len(cells) == 4 and "`" in cells[0]:
                names = re.findall(r"`([^`]+)`", re.sub(r"\([^)]*\)", "", cells[0]))
                kinds = [kind.strip() for kind in cells[1].split(",")]
                for number, name in enumerate(names):
                    kind = kinds[min(number, len(kinds) - 1)]
                    rows["/" + name.lstrip("/")] = (kind, cells[2].partition(",")[0])
    return rows


TOPICS = interface()


def text_of(path):
    return (ROOT / path).read_text(encoding="utf-8")


def split(path, separator):
    """Return topic and field names of what a tool plots, such as /odom/pose/pose/position/z."""
    topics = [topic for topic in TOPICS if re.match(re.escape(topic) + re.escape(separator), path)]
    assert topics, f"{path} is of no topic of the interface"
    topic = max(topics, key=len)
    return topic, path[len(topic) + 1 :].split(separator)


NAMES = {
    "/liquid_controller/timing": tuple(field.name for field in dataclasses.fields(Timing)),
    "/liquid_controller/neurons": ("motor.0", "motor.1", "motor.2", "motor.3"),
    "/liquid_controller/time_constants": ("motor.0", "motor.1", "motor.2", "motor.3"),
}
"""Topic of named numbers -> names that PlotJuggler makes curves of; the neurons of every NCP."""


def check_curve(path):
    """Fail unless PlotJuggler has the curve: of numbers with names, `<topic>/<name>/position`."""
    topic, fields = split(path, "/")
    if TOPICS[topic][0] == "sensor_msgs/JointState":
        assert (fields[0] in NAMES[topic], fields[1:]) == (True, ["position"]), path
    else:
        check_field(path)


def check_field(path, separator="/"):
    """Fail unless the path leads through fields that exist to a number."""
    topic, fields = split(path, separator)
    package, _, name = TOPICS[topic][0].partition("/")
    value = getattr(importlib.import_module(f"{package}.msg"), name)()
    for field in fields:
        field, bracket, _ = field.partition("[")
        value = getattr(value, field)
        if bracket:
            assert not isinstance(value, (str, bytes)) and hasattr(value, "__len__"), path
            return
    assert isinstance(value, (int, float)), path


def test_every_file_is_shipped():
    captured = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(setuptools, "setup", lambda **arguments: captured.update(arguments))
        patch.chdir(ROOT)
        runpy.run_path("setup.py")
    shipped = {name for _, names in captured["data_files"] for name in names}
    named = {
        view_files.RVIZ_FILE,
        view_files.PERSPECTIVE_FILE,
        view_files.AGGREGATOR_FILE,
        view_files.PLOTJUGGLER_FILE,
        *view_files.FOXGLOVE_FILES,
    }
    assert named == {str(path.relative_to(ROOT)) for path in FOLDER.iterdir()} <= shipped


def test_the_page_names_every_file():
    page = text_of("docs/how_to/views.md")
    assert all(path.name in page for path in FOLDER.iterdir())


# RViz


DISPLAYS = {
    "MarkerArray": "visualization_msgs/MarkerArray",
    "Odometry": "nav_msgs/Odometry",
    "Camera": "sensor_msgs/Image",
}
QUALITIES = {
    "sensor data": ("Best Effort", "Volatile"),
    "reliable": ("Reliable", "Volatile"),
    "latched": ("Reliable", "Transient Local"),
}


@pytest.fixture(scope="module")
def rviz():
    return yaml.safe_load(text_of(view_files.RVIZ_FILE))["Visualization Manager"]


def test_rviz_subscribes_with_the_qos_of_its_topics(rviz):
    """RViz's own default, reliable, receives nothing of sensors."""
    seen = set()
    for display in rviz["Displays"]:
        if "Topic" not in display:
            continue
        topic = display["Topic"]
        kind, quality = TOPICS[topic["Value"]]
        assert DISPLAYS[display["Class"].rpartition("/")[2]] == kind
        assert (topic["Reliability Policy"], topic["Durability Policy"]) == QUALITIES[quality], (
            topic
        )
        seen.add(topic["Value"])
    # A camera display reads camera_info beside its images.
    assert seen | {"/camera/camera_info"} == set(view_files.RVIZ_DRONE_TOPICS)


def test_rviz_stands_in_frames_that_exist(rviz):
    assert rviz["Global Options"]["Fixed Frame"] == "odom"
    assert rviz["Views"]["Current"]["Target Frame"] in FRAMES
    names = {display["Name"] for display in rviz["Displays"]}
    (camera,) = [display for display in rviz["Displays"] if display["Class"].endswith("/Camera")]
    assert set(camera["Visibility"]) - {"Value"} <= names, "what the picture is overlaid with"
    assert {"TF", "MarkerArray", "Odometry", "Camera"} <= {
        one["Class"].rpartition("/")[2] for one in rviz["Displays"]
    }


# Foxglove


def panels(tree):
    """Return the panels of a layout's tree in order."""
    return [tree] if isinstance(tree, str) else panels(tree["first"]) + panels(tree["second"])


@pytest.fixture(params=view_files.FOXGLOVE_FILES)
def foxglove(request):
    return json.loads(text_of(request.param)), "bag" in request.param


def test_foxglove_shows_every_panel_once(foxglove):
    layout, _ = foxglove
    shown = panels(layout["layout"])
    assert sorted(shown) == sorted(layout["configById"]) and len(set(shown)) == len(shown)


def test_foxglove_names_topics_and_fields_that_exist(foxglove):
    layout, bag = foxglove
    total = NAMES["/liquid_controller/timing"].index("total")
    paths = [path["value"] for path in layout["configById"]["Plot!height"]["paths"]]
    assert f"/liquid_controller/timing.position[{total}]" in paths
    image = "/camera/image_raw/compressed" if bag else "/camera/image_raw"
    for name, panel in layout["configById"].items():
        kind = name.partition("!")[0]
        for path in panel.get("paths", ()):
            check_field(path["value"], ".")
        if kind == "3D":
            assert set(panel["topics"]) == {"/simulator/markers", "/odom", image}
            assert (
                panel["topics"][image]["cameraInfoTopic"] in TOPICS and panel["followTf"] in FRAMES
            )
        elif kind == "Image":
            assert (
                panel["imageMode"]["imageTopic"] == image
                and panel["imageMode"]["calibrationTopic"] in TOPICS
            )
        for key in ("topicToRender", "topicPath"):
            assert panel.get(key, "/diagnostics") in TOPICS
    kinds = {name.partition("!")[0] for name in layout["configById"]}
    assert {"3D", "Image", "Plot", "DiagnosticSummary", "RosOut"} <= kinds


# PlotJuggler and rqt


def test_plotjuggler_draws_fields_that_exist_of_topics_that_it_asks_for():
    root = ElementTree.fromstring(text_of(view_files.PLOTJUGGLER_FILE))
    curves = [curve.get("name") for curve in root.iter("curve")]
    for curve in curves:
        check_curve(curve)
    asked = {topic.get("name") for topic in root.iter("topic")}
    assert asked == {split(curve, "/")[0] for curve in curves} <= set(TOPICS)
    for splitter in root.iter("DockSplitter"):
        assert len(splitter) == int(splitter.get("count")) == len(splitter.get("sizes").split(";"))


def test_the_perspective_plots_fields_that_exist_without_stamps():
    manager = json.loads(text_of(view_files.PERSPECTIVE_FILE))["groups"]["pluginmanager"]
    running = ast.literal_eval(manager["keys"]["running-plugins"]["repr"])
    assert set(running) == {
        "rqt_console/Console",
        "rqt_plot/Plot",
        "rqt_robot_monitor/RobotMonitor",
    }
    for number in running["rqt_plot/Plot"]:
        keys = manager["groups"][f"plugin__rqt_plot__Plot__{number}"]["groups"]["plugin"]["keys"]
        for path in ast.literal_eval(keys["topics"]["repr"]):
            check_field(path)
            assert not is_stamped(path), path
    needed = {f"{plugin.partition('/')[0]}" for plugin in running}
    declared = {
        element.text for element in ElementTree.parse(ROOT / "package.xml").iter("exec_depend")
    }
    assert needed | {"rviz2", "diagnostic_aggregator", "rqt_gui"} <= declared


def is_stamped(path):
    package, _, name = TOPICS[split(path, "/")[0]][0].partition("/")
    return hasattr(getattr(importlib.import_module(f"{package}.msg"), name)(), "header")


def test_rqt_plot_draws_fields_that_exist_and_in_simulation_none_with_a_stamp():
    """With a stamp it subtracts the wall clock of its start: simulated flights then lie decades to
    the left.
    """
    for path in (*view_files.STAMPED_PLOT_TOPICS, *view_files.UNSTAMPED_PLOT_TOPICS):
        check_field(path)
    total = NAMES["/liquid_controller/timing"].index("total")
    assert f"/liquid_controller/timing/position[{total}]" in view_files.STAMPED_PLOT_TOPICS
    assert not any(is_stamped(path) for path in view_files.UNSTAMPED_PLOT_TOPICS)
    assert any(is_stamped(path) for path in view_files.STAMPED_PLOT_TOPICS)


# Diagnostics


def test_the_aggregator_has_a_group_for_every_node_that_reports():
    groups = yaml.safe_load(text_of(view_files.AGGREGATOR_FILE))["analyzers"]["ros__parameters"]
    prefixes = [
        part for group in groups.values() if isinstance(group, dict) for part in group["startswith"]
    ]
    assert len(set(prefixes)) == len(prefixes)
    reporting = set()
    for path in (ROOT / "liquid_nav" / "nodes").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "Diagnostics(self)" in text or "DroneEndpoint(self" in text:
            reporting |= set(re.findall(r'super\(\).__init__\("(\w+)"', text))
    assert {"camera", "simulator", "safety_supervisor", "plots"} <= reporting
    assert reporting <= {prefix.removesuffix(": ") for prefix in prefixes}
    # Every node publishes once a second.
    assert all(group["timeout"] > 2.0 for group in groups.values() if isinstance(group, dict))


# Launch


def windows(**given):
    """Return what views.launch.py starts."""
    file = LaunchFile("views.launch.py")
    value = file.values(**given)
    context = SimpleNamespace(launch_configurations=value)
    given = SimpleNamespace(check=lambda context: None)
    return [one.named for one in file.module.launch_setup(context, given)]


@pytest.mark.parametrize(
    ("simulated", "curves"),
    [("true", view_files.UNSTAMPED_PLOT_TOPICS), ("false", view_files.STAMPED_PLOT_TOPICS)],
)
def test_rqt_opens_with_curves_of_the_first_drone(simulated, curves):
    plot, *others = windows(
        rqt="true", namespace="team", drones="2", use_sim_time=simulated, pilot="expert"
    )
    assert plot["cmd"] == [
        "ros2",
        "run",
        "rqt_plot",
        "rqt_plot",
        *(f"/team/d1{name}" for name in curves),
    ]
    assert len(others) == (2 if simulated == "true" else 0)
    assert all(one["executable"] == "plots" for one in others)
    for one in others:
        assert ("/clock", "/team/clock") in one["remappings"]
        assert set(pilot_remappings("expert")) <= set(one["remappings"])


def test_each_window_has_its_switch_and_none_opens_by_itself():
    switches = ("rqt", "rviz", "diagnostics")
    declared = {one.name: one for one in LaunchFile("views.launch.py").arguments()}
    assert {declared[name].default for name in switches} == {"false"}
    assert windows() == []
    (rviz,) = windows(rviz="true", frame_prefix="d1/", use_sim_time="true")
    (aggregator,) = windows(diagnostics="true")
    assert (rviz["package"], aggregator["package"]) == ("rviz2", "diagnostic_aggregator")
    assert rviz["arguments"][-2:] == ["-f", "d1/odom"] and rviz["remappings"] == []
    (inside,) = windows(rviz="true", namespace="d1", use_sim_time="true")
    assert set(inside["remappings"]) == {
        ("/clock", "/d1/clock"),
        *((name, f"/d1{name}") for name in view_files.RVIZ_DRONE_TOPICS),
    }


def test_the_other_launch_files_have_the_switches_too():
    declared = {one.name: vars(one) for one in LaunchFile("views.launch.py").arguments()}
    for file in ("flight.launch.py", "drone.launch.py"):
        theirs = {one.name: vars(one) for one in LaunchFile(file).arguments()}
        for name in ("rqt", "rviz", "diagnostics", "namespace", "frame_prefix"):
            assert theirs[name] == declared[name]


def test_the_class_for_tf_exists_here():
    assert tf_message_class() is not None
