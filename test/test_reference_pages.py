"""The pages of docs/reference that follow from the code are current."""

import importlib
import importlib.util
import re
import runpy
import sys
from pathlib import Path

import pytest
import setuptools

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
REMEDY = "out of date: run python docs/generate_reference.py"


@pytest.fixture(scope="module")
def generator():
    """The script as a module, and what it imports."""
    before = list(sys.path)
    path = DOCS / "generate_reference.py"
    spec = importlib.util.spec_from_file_location("generate_reference", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.path[:] = before


@pytest.fixture
def node_parameters(generator):
    pytest.importorskip("rclpy")
    return importlib.import_module("reference_pages.node_parameters")


def rows(page, title):
    """Return the cells of the table below a heading."""
    part = page.split(f"\n## {title}\n")[1].split("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]


def test_the_pages_are_current(generator):
    assert not generator.outdated(generator.PAGES, generator.REFERENCE), REMEDY


@pytest.mark.ros
def test_the_page_that_imports_the_nodes_is_current(node_parameters, generator):
    assert not generator.outdated(generator.ROS_PAGES, generator.REFERENCE), REMEDY


def test_an_old_page_is_named_with_the_command(generator, tmp_path, monkeypatch, capsys):
    pages = {"one.md": lambda: "new\n", "two.md": lambda: "2\n", "three.md": lambda: "3\n"}
    monkeypatch.setattr(generator, "PAGES", pages)
    monkeypatch.setattr(generator, "REFERENCE", tmp_path)
    (tmp_path / "one.md").write_text("old\n")
    (tmp_path / "two.md").write_text("2\n")
    assert generator.main(["--check", "--without-ros"]) == 1
    printed = capsys.readouterr().err
    assert "one.md" in printed and "three.md" in printed and "two.md" not in printed
    assert printed.count(generator.COMMAND) == 2
    assert (tmp_path / "one.md").read_text() == "old\n"
    assert generator.main(["--without-ros"]) == 0
    assert generator.main(["--check", "--without-ros"]) == 0
    assert (tmp_path / "one.md").read_text() == "new\n"


def test_generated_pages_are_marked_in_their_first_line(generator):
    for name in (*generator.PAGES, *generator.ROS_PAGES):
        first = (generator.REFERENCE / name).read_text(encoding="utf-8").splitlines()[0]
        assert generator.COMMAND in first and "do not edit" in first


@pytest.mark.ros
def test_every_parameter_of_every_node_is_there(node_parameters):
    from liquid_nav.bringup import node_help

    captured = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(setuptools, "setup", lambda **arguments: captured.update(arguments))
        patch.chdir(ROOT)
        runpy.run_path("setup.py")
    scripts = captured["entry_points"]["console_scripts"]
    executables = {line.partition(" = ")[0] for line in scripts} - {"liquid-nav"}
    assert set(node_parameters.NODES) == executables
    for name in node_parameters.NODES:
        shown = node_parameters.parameters(name)
        module = importlib.import_module(f"liquid_nav.nodes.{name}")
        assert {one.name for one in shown} == {one.name for one in node_help.parameters(module)}
        for one in shown:
            assert one.kind and one.default and one.description, f"{name}: {one}"
            assert one.range or one.kind in ("bool", "string"), f"{name}: {one}"


WITHOUT_UNIT = {
    "battery",
    "component_id",
    "drone",
    "engage_channel",
    "jpeg_quality",
    "listeners",
    "port",
    "seed",
    "system_id",
    "target_system",
    "real_time_factor",
}
"""Numbers that count or name, and shares."""


@pytest.mark.ros
def test_every_number_has_its_unit(node_parameters):
    for name in node_parameters.NODES:
        for one in node_parameters.parameters(name):
            if one.kind in ("int", "float"):
                assert bool(one.unit) is (one.name not in WITHOUT_UNIT), f"{name}: {one}"


def test_values_of_the_launch_files_are_shown(generator):
    page = (generator.REFERENCE / "node_parameters.md").read_text(encoding="utf-8")
    cells = {row[0]: row for row in rows(page, "safety_supervisor")}
    assert cells["`radius`"][1:7] == ["float", "`0.0`", "0 to 10000", "m", "drone `40.0`", "yes"]
    assert {row[0]: row[4] for row in rows(page, "liquid_controller")}["`frozen_after`"] == "s"
    assert {row[0]: row[4] for row in rows(page, "camera")}["`width`"] == "pixels"


def test_every_option_of_the_command_line_is_there(generator):
    page = (generator.REFERENCE / "command_line.md").read_text(encoding="utf-8")
    cells = {row[0]: row for row in rows(page, "liquid-nav evaluate")}
    assert cells["`--model`"][1:3] == ["text, repeatable", "`default`"]
    assert "liquid-nav bench core" in page and "`--nodes`" in page


def test_launch_arguments_are_read_without_launch(generator):
    launch_files = importlib.import_module("reference_pages.launch_files")
    before = {name: sys.modules.get(name) for name in ("launch", "launch_ros")}
    simulated = launch_files.LaunchFile("flight.launch.py").arguments()
    real = launch_files.LaunchFile("drone.launch.py").arguments()
    assert {name: sys.modules.get(name) for name in before} == before
    assert "liquid_nav.bringup.launching" not in sys.modules or before["launch"] is not None
    sim = next(one for one in simulated if one.name == "sim")
    assert sim.default == "embedded" and "gazebo" in sim.choices and sim.description
    assert {"source", "connection", "speed", "namespace"} <= {one.name for one in real}


@pytest.mark.parametrize(
    "given, shown",
    [("a | b", "a \\| b"), ("<date>", "&lt;date>"), ("`<x>` *", "`<x>` \\*"), ("a\n b", "a b")],
)
def test_a_cell_stays_one_cell(generator, given, shown):
    assert importlib.import_module("reference_pages.markdown").cell(given) == shown


def test_public_names_are_described(generator):
    api = importlib.import_module("reference_pages.api")
    for name in api.PACKAGES:
        package = importlib.import_module(f"liquid_nav.{name}")
        for one in getattr(package, "__all__", ()):
            described = api.describe(package, one)
            assert described or api._kind(package, one) == "constant", f"{name}: {one}"
