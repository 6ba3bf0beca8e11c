"""The files for RViz, Foxglove, PlotJuggler, rqt and the aggregator: they speak of topics and
fields that exist.
"""

import ast
import importlib
import importlib.util
import json
import re
import runpy
from pathlib import Path
from xml.etree import ElementTree

import pytest
import setuptools
import yaml

from liquid_nav.bringup import view_files
from liquid_nav.nodes.tf_type import tf_message_class

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "config" / "views"
COMPRESSED = {"/camera/image_raw/compressed": ("sensor_msgs/CompressedImage", "sensor data")}
"""In bags, and from the camera node."""
FRAMES = {"odom", "base_link", "camera_link", "camera_optical_frame"}
needs_launch = pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in ("launch", "launch_ros")),
    reason="launch and launch_ros come with a ROS distribution, not with the wheels",
)


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
    """RViz's own default, reliable, hears nothing of sensors."""
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
    assert seen | {"/camera/camera_info"} == set(view_files.VIEWED)


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
        check_field(curve)
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
    for path in (*view_files.STAMPED, *view_files.UNSTAMPED):
        check_field(path)
    assert not any(is_stamped(path) for path in view_files.UNSTAMPED)
    assert any(is_stamped(path) for path in view_files.STAMPED)


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
    # Every node speaks once a second.
    assert all(group["timeout"] > 2.0 for group in groups.values() if isinstance(group, dict))


# Launch


@needs_launch
@pytest.mark.parametrize(
    ("simulated", "curves"), [(True, view_files.UNSTAMPED), (False, view_files.STAMPED)]
)
def test_rqt_opens_with_curves_of_the_first_drone(simulated, curves):
    from launch_ros.actions import Node

    from liquid_nav.bringup.view_launching import views

    asked = {
        "rqt": "true",
        "rviz": "false",
        "diagnostics": "false",
        "namespace": "team",
        "frame_prefix": "",
    }
    plot, *others = views(asked, ["team/d1", "team/d2"], simulated)
    arguments = [argument.text for arguments in plot.cmd for argument in arguments]
    assert arguments == [
        "ros2",
        "run",
        "rqt_plot",
        "rqt_plot",
        *(f"/team/d1{name}" for name in curves),
    ]
    assert len(others) == (2 if simulated else 0)
    assert all(isinstance(one, Node) and one.node_executable == "plots" for one in others)


@needs_launch
def test_each_window_has_its_switch_and_none_opens_by_itself():
    from liquid_nav.bringup.view_launching import declare_views, views

    switches = {argument.name: argument for argument in declare_views()}
    assert set(switches) == {"rqt", "rviz", "diagnostics"}
    assert {argument.default_value[0].text for argument in switches.values()} == {"false"}
    shut = dict.fromkeys(switches, "false") | {"namespace": "", "frame_prefix": "d1/"}
    assert views(shut, [""], True) == []
    (rviz,) = views(shut | {"rviz": "true"}, [""], True)
    (aggregator,) = views(shut | {"diagnostics": "true"}, [""], False)
    assert (rviz.node_package, aggregator.node_package) == ("rviz2", "diagnostic_aggregator")
    arguments = [part if isinstance(part, str) else part[0].text for part in rviz._Node__arguments]
    assert arguments[-2:] == ["-f", "d1/odom"]


def test_the_class_for_tf_exists_here():
    assert tf_message_class() is not None
