"""What makes the tree a package: metadata that agree, shared files that are shipped, versions that
are pinned.
"""

import ast
import re
import runpy
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
import setuptools
import yaml

import liquid_nav

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "liquid_nav"

# Import name -> requirement, where they differ.
REQUIREMENT_OF = {
    "cv2": "opencv-python-headless",
    "yaml": "pyyaml",
    "distributed": "dask",
    "llvmlite": "numba",
    "PIL": "pillow",
    "serial": "pyserial",
}
OURS = {"liquid_nav", "liquid_nav_benchmarks"}
# Messages that rclpy itself brings along, and what is used only where it was installed.
WITH_RCLPY = {"builtin_interfaces", "rcl_interfaces", "ament_index_python"}
WHERE_PRESENT = {"bond", "tf2_msgs", "px4_msgs", "ros_gz_interfaces", "launch", "launch_ros"}


@pytest.fixture(scope="module")
def setup_arguments() -> dict:
    """Return the keyword arguments of setup()."""
    captured = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(setuptools, "setup", lambda **arguments: captured.update(arguments))
        patch.chdir(ROOT)
        runpy.run_path("setup.py")
    return captured


@pytest.fixture(scope="module")
def package_xml() -> ElementTree.Element:
    """Return the root of package.xml."""
    return ElementTree.parse(ROOT / "package.xml").getroot()


def normal(name: str) -> str:
    """Return the normal form of a distribution's name, without extras and version."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", name, maxsplit=1)[0]).lower()


def requirements(setup_arguments) -> set[str]:
    """Return the names of all requirements, extras included."""
    lists = [setup_arguments["install_requires"], *setup_arguments["extras_require"].values()]
    return {normal(name) for names in lists for name in names}


def test_package_xml_is_format_3_and_ament_python(package_xml):
    assert package_xml.get("format") == "3"
    assert package_xml.findtext("name") == "liquid_nav"
    assert package_xml.findtext("license") == "Apache-2.0"
    assert package_xml.findtext("export/build_type") == "ament_python"


def test_versions_agree(package_xml, setup_arguments):
    changelog = re.search(r"^(\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.rst").read_text(), re.MULTILINE)
    versions = {
        liquid_nav.__version__,
        setup_arguments["version"],
        package_xml.findtext("version"),
        changelog.group(1),
        yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"],
    }
    assert len(versions) == 1


def test_every_console_script_exists(setup_arguments):
    for script in setup_arguments["entry_points"]["console_scripts"]:
        module, function = script.split("=")[1].strip().split(":")
        source = ROOT / Path(*module.split(".")).with_suffix(".py")
        assert source.is_file(), script
        names = {
            node.name
            for node in ast.parse(source.read_text()).body
            if isinstance(node, ast.FunctionDef)
        }
        assert function in names, script


def test_every_shared_file_is_shipped(setup_arguments):
    shipped = {(folder, name) for folder, names in setup_arguments["data_files"] for name in names}
    assert ("share/ament_index/resource_index/packages", "resource/liquid_nav") in shipped
    assert ("share/liquid_nav", "package.xml") in shipped
    for top in ("launch", "config", "models"):
        for path in (ROOT / top).rglob("*"):
            relative = path.relative_to(ROOT)
            if path.is_file() and not any(part.startswith((".", "__")) for part in relative.parts):
                assert (f"share/liquid_nav/{relative.parent}", str(relative)) in shipped


def test_the_command_is_on_path_where_colcon_installs(setup_arguments):
    """Console scripts go where ros2 run looks, which is on no PATH; a wheel has its own
    command in bin.
    """
    assert ("bin", ["scripts/liquid-nav"]) in setup_arguments["data_files"]
    script = ROOT / "scripts" / "liquid-nav"
    assert (
        script.stat().st_mode & 0o111 == 0o111
        and "/lib/liquid_nav/liquid-nav" in script.read_text()
    )
    captured = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(setuptools, "setup", lambda **arguments: captured.update(arguments))
        patch.setattr(sys, "argv", ["setup.py", "bdist_wheel"])
        patch.chdir(ROOT)
        runpy.run_path("setup.py")
    assert "bin" not in {folder for folder, _ in captured["data_files"]}


def test_every_subpackage_is_a_package_with_a_docstring(setup_arguments):
    for subpackage in SOURCE.iterdir():
        if subpackage.is_dir() and any(subpackage.glob("*.py")):
            assert f"liquid_nav.{subpackage.name}" in setup_arguments["packages"]
            assert ast.get_docstring(ast.parse((subpackage / "__init__.py").read_text())), (
                subpackage
            )


@pytest.mark.parametrize(
    ("command", "installed"), [("bdist_wheel", False), ("editable_wheel", True)]
)
def test_measuring_tools_are_installed_only_where_the_source_stays(command, installed):
    captured = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(setuptools, "setup", lambda **arguments: captured.update(arguments))
        patch.setattr(sys, "argv", ["setup.py", command])
        patch.chdir(ROOT)
        runpy.run_path("setup.py")
    tools = [name for name in captured["packages"] if name.startswith("liquid_nav_benchmarks")]
    assert bool(tools) is installed
    assert "graft benchmarks" in (ROOT / "MANIFEST.in").read_text(), "a source archive has them"


def test_constraints_cover_every_requirement(setup_arguments):
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = [line.split("==")[0] for line in lines if line and not line.startswith("#")]
    assert all("==" in line for line in lines if line and not line.startswith("#"))
    assert requirements(setup_arguments) <= {normal(name) for name in pins}


def test_every_imported_package_is_required(setup_arguments):
    known = requirements(setup_arguments)
    missing = {}
    tools = ROOT / "benchmarks" / "liquid_nav_benchmarks"
    launch_files = (ROOT / "launch").rglob("*.py")
    for path in [*SOURCE.rglob("*.py"), *tools.rglob("*.py"), *launch_files]:
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module]
            for name in {name.partition(".")[0] for name in names}:
                if name in sys.stdlib_module_names or name in WITH_RCLPY | WHERE_PRESENT | OURS:
                    continue
                wanted = normal(REQUIREMENT_OF.get(name, name))
                if not {wanted, f"ros-{wanted}"} & known:
                    missing[name] = path.relative_to(ROOT)
    assert not missing


def test_a_serial_port_needs_no_second_installation(setup_arguments, package_xml):
    """pymavlink opens serial ports by a package that it does not name."""
    assert "pyserial" in {normal(name) for name in setup_arguments["extras_require"]["flight"]}
    assert "python3-serial" in {element.text for element in package_xml.findall("exec_depend")}


def test_ros_packages_in_package_xml_are_the_ones_imported(package_xml):
    declared = {
        element.text for tag in ("depend", "exec_depend") for element in package_xml.findall(tag)
    }
    used = set()
    for path in [*SOURCE.rglob("*.py"), *(ROOT / "launch").rglob("*.py")]:
        used |= set(
            re.findall(
                r"^\s*(?:from|import) (rclpy|launch|launch_ros|\w+_(?:msgs|srvs|interfaces))\b",
                path.read_text(),
                re.MULTILINE,
            )
        )
    assert used - {"px4_msgs"} <= declared, "px4_msgs is built by those who choose PX4 over DDS"


def test_pip_only_packages_are_not_required_where_ros_is(setup_arguments):
    assert {normal(name) for name in setup_arguments["install_requires"]} <= {
        "numpy",
        "pyyaml",
        "rich",
        "scipy",
        "setuptools",
        "torch",
        "typer",
    }
