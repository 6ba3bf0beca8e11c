"""The names that each subpackage exports: all can be imported, each is listed wherever it must be,
and importing a light one loads nothing heavy.
"""

import ast
import json
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

import liquid_nav
from liquid_nav.lazy_names import lazy_names

SOURCE = Path(liquid_nav.__file__).parent
SUBPACKAGES = sorted(path.parent.name for path in SOURCE.glob("*/__init__.py"))
HEAVY = {
    *("torch", "lightning", "numba", "onnx", "onnxruntime", "mujoco", "scipy", "h5py"),
    *("pymavlink", "rclpy", "launch", "rosbags", "matplotlib", "jinja2", "PIL", "av"),
}
"""What takes long to import or may not be installed."""
EAGER = {"baselines", "preflight", "safety"}
"""Subpackages that import all their modules: each of their names needs the same packages."""


class Source:
    """What the text of an ``__init__`` lists."""

    def __init__(self, name: str) -> None:
        tree = ast.parse((SOURCE / name / "__init__.py").read_text())
        self.prefix = f"liquid_nav.{name}."
        self.imported: dict[str, str] = {}
        self.for_type_checker: dict[str, str] = {}
        self.lazy: dict[str, str] = {}
        self.listed: list[str] = []
        self._read(tree.body, self.imported)

    def _read(self, body, imported) -> None:
        for node in body:
            if isinstance(node, ast.ImportFrom):
                module = f"{node.level * '.'}{node.module}".removeprefix(self.prefix)
                imported |= {alias.asname or alias.name: module for alias in node.names}
            elif isinstance(node, ast.If):
                assert ast.unparse(node.test) == "TYPE_CHECKING"
                self._read(node.body, self.for_type_checker)
                self._read(node.orelse, {})
            elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                assert ast.unparse(node.targets[0]) == "(__getattr__, __dir__)"
                name, table = node.value.args
                assert ast.unparse(name) == "__name__"
                for module, names in ast.literal_eval(table).items():
                    self.lazy |= dict.fromkeys(names, module)
            elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
                self.listed = ast.literal_eval(node.value)


def in_subpackage(name: str):
    """Return a parameter; nodes need ROS."""
    return pytest.param(name, marks=pytest.mark.ros if name == "nodes" else ())


def is_installed(package: str) -> bool:
    """Return whether a package is there; a folder of this name without code, as ``launch`` is, is
    none.
    """
    spec = find_spec(package)
    return spec is not None and spec.origin is not None


def modules_after(code: str) -> set[str]:
    """Return the top-level packages that a new interpreter has loaded after ``code``."""
    report = "import json, sys; print(json.dumps([name.partition('.')[0] for name in sys.modules]))"
    ended = subprocess.run(
        [sys.executable, "-c", f"{code}\n{report}"], capture_output=True, text=True, check=True
    )
    return set(json.loads(ended.stdout))


@pytest.mark.parametrize("name", [in_subpackage(name) for name in SUBPACKAGES])
def test_every_exported_name_can_be_imported_and_is_shown(name):
    package = import_module(f"liquid_nav.{name}")
    assert set(package.__all__) <= set(dir(package))
    missing = set()
    for exported in package.__all__:
        try:
            getattr(package, exported)
        except ImportError as error:
            assert error.name and not error.name.startswith("liquid_nav"), exported
            assert not is_installed(error.name.partition(".")[0]), exported
            missing.add(error.name)
    if missing:
        pytest.skip(f"not installed: {', '.join(sorted(missing))}")


@pytest.mark.parametrize("name", SUBPACKAGES)
def test_the_lists_of_exported_names_agree(name):
    source = Source(name)
    assert source.lazy == source.for_type_checker
    assert bool(source.lazy) != (name in EAGER)
    helpers = {"TYPE_CHECKING", "lazy_names"}
    assert sorted(source.listed) == sorted({*source.imported, *source.lazy} - helpers)


@pytest.mark.parametrize("name", SUBPACKAGES)
def test_no_module_has_the_name_of_what_its_package_loads_lazily(name):
    """Once imported, the module would be found in place of the name."""
    modules = {path.stem for path in (SOURCE / name).iterdir()}
    assert not modules & set(Source(name).lazy)


@pytest.mark.parametrize("name", SUBPACKAGES)
def test_a_name_that_is_not_exported_is_an_error(name):
    package = import_module(f"liquid_nav.{name}")
    assert not hasattr(package, "nothing_of_this_name")
    with pytest.raises(ImportError, match="nothing_of_this_name"):
        exec(f"from liquid_nav.{name} import nothing_of_this_name")


def test_a_name_is_looked_up_in_its_module_each_time(monkeypatch):
    """What a test or a debugger puts in its place there is found."""
    get, names = lazy_names("liquid_nav", {"clocks": ["SystemClock"]})
    module = import_module("liquid_nav.clocks")
    monkeypatch.setattr(module, "SystemClock", 1, raising=False)
    assert get("SystemClock") == 1
    monkeypatch.setattr(module, "SystemClock", 2)
    assert get("SystemClock") == 2
    assert {"SystemClock", "__version__"} <= set(names())


def test_importing_subpackages_loads_nothing_heavy():
    light = [name for name in SUBPACKAGES if name != "baselines"]
    code = "\n".join(f"import liquid_nav.{name}" for name in light)
    assert not modules_after(code) & HEAVY


@pytest.mark.parametrize(
    "code",
    [
        "from liquid_nav.autopilots import PX4, OffboardSession, PlainSession, Px4DdsAdapter",
        "from liquid_nav.worlds import generate_layout, load_condition, load_scenario, write_sdf",
        "from liquid_nav.simulation import DroneState, FlightRecord, World",
        "from liquid_nav.recordings import BagWriter, open_recordings",
        "from liquid_nav.camera import CaptureThread, FrameGuard, VideoSource, decode_image",
        "from liquid_nav.bringup import FlightPlan, flight_processes",
        "from liquid_nav.evaluation import Campaign, FlightTask, summarize_flights, write_rows",
        "from liquid_nav.sitl import UdpServer",
        "from liquid_nav.cli import main",
    ],
)
def test_a_light_name_loads_nothing_heavy(code):
    assert not modules_after(code) & HEAVY


def test_a_task_loads_no_numerical_library():
    """A worker reads how many threads they may have before it imports them."""
    assert "numpy" not in modules_after(
        "from liquid_nav.evaluation import Campaign, FlightTask, prepare_worker_process"
    )


def test_each_subpackage_has_a_contract_that_protects_its_modules():
    tomllib = pytest.importorskip("tomllib")
    settings = tomllib.loads((SOURCE.parent / "pyproject.toml").read_text())
    contracts = [
        contract
        for contract in settings["tool"]["importlinter"]["contracts"]
        if contract["type"] == "protected"
    ]
    assert {
        (*contract["protected_modules"], *contract["allowed_importers"]) for contract in contracts
    } == {(f"liquid_nav.{name}.*", f"liquid_nav.{name}") for name in SUBPACKAGES}
    assert not any("ignore_imports" in contract for contract in contracts)
    assert not settings["tool"]["importlinter"].get("exclude_type_checking_imports")
