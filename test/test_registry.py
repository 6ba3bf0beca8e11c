"""Tables that other packages add to: what is built in stays, what is broken is reported in one
line.
"""

import pickle
import sys

import pytest

from liquid_nav.errors import UserError
from liquid_nav.evaluation.entrants import PILOTS, build_pilot, resolve_pilot
from liquid_nav.policy import CORES, ModelError
from liquid_nav.policy.core_factory import build_core
from liquid_nav.registry import Registry
from liquid_nav.worlds import (
    WORLDS,
    ConditionError,
    ScenarioError,
    build_mujoco_spec,
    generate_layout,
    load_condition,
    load_scenario,
)
from liquid_nav.worlds.sdf import world_sdf
from liquid_nav.worlds.sdf_assets import Library

GROUP = "liquid_nav.tested"


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Return a function that installs a package with a module and entry points."""

    def install(name, code, points, group=GROUP):
        (tmp_path / f"{name}.py").write_text(code)
        place = tmp_path / f"{name}-1.0.dist-info"
        place.mkdir()
        (place / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        lines = [f"{point} = {target}" for point, target in points.items()]
        (place / "entry_points.txt").write_text("\n".join([f"[{group}]", *lines, ""]))
        monkeypatch.delitem(sys.modules, name, raising=False)

    monkeypatch.syspath_prepend(str(tmp_path))
    return install


def test_what_is_built_in_is_found_and_imported_only_when_it_is_looked_up():
    table = Registry(GROUP, {"plain": 3, "late": "math:pi", "missing": "no_such_module:x"})
    assert list(table) == ["plain", "late", "missing"] and len(table) == 3
    assert table["plain"] == 3
    assert table["late"] == pytest.approx(3.14159265)
    with pytest.raises(ModuleNotFoundError):
        table["missing"]
    with pytest.raises(KeyError):
        table["other"]


def test_a_name_is_registered_once():
    table = Registry(GROUP, {"a": 1})
    table.register("b", 2)
    assert table["b"] == 2 and sorted(table) == ["a", "b"]
    for name in ("a", "b"):
        with pytest.raises(UserError, match=f"'{name}' is taken"):
            table.register(name, 5)
    assert (table["a"], table["b"]) == (1, 2)


def test_an_installed_package_adds_its_names(package):
    package("more_things", "made = 7\n", {"seven": "more_things:made"})
    table = Registry(GROUP, {"a": 1})
    assert "seven" in table and list(table) == ["a", "seven"]
    assert "more_things" not in sys.modules
    assert table["seven"] == 7


def test_an_installed_package_does_not_replace_what_is_built_in(package):
    package("more_of_them", "made = 7\n", {"a": "more_of_them:made"})
    table = Registry(GROUP, {"a": 1})
    assert table["a"] == 1 and len(table) == 1
    assert "more_of_them" not in sys.modules


@pytest.mark.parametrize("code", ["import no_such_module\n", "raise RuntimeError('no')\n", ""])
def test_a_package_that_cannot_be_imported_is_one_line_with_its_name(package, code):
    package("broken_thing", code, {"x": "broken_thing:made"})
    with pytest.raises(UserError, match="'x' of broken_thing cannot be imported") as raised:
        Registry(GROUP, {})["x"]
    assert "\n" not in str(raised.value)


def test_a_core_of_another_package_is_built_by_its_name_in_a_config(package):
    code = (
        "import liquid_nav.baselines as b\n"
        "def make(inputs, outputs, period, arguments):\n"
        "    return b.GRU(inputs, output_size=outputs, nominal_period=period, **arguments)\n"
    )
    package("core_package", code, {"theirs": "core_package:make"}, "liquid_nav.cores")
    core = build_core({"kind": "theirs", "units": 5}, 3, 4, 1 / 30)
    assert (core.input_size, core.state_size, core.output_size) == (3, 5, 4)
    assert "theirs" in CORES
    with pytest.raises(ModelError, match="core 'theirs' does not fit"):
        build_core({"kind": "theirs", "cells": 5}, 3, 4, 1 / 30)


def test_a_world_of_another_package_is_flown_by_its_name_in_a_scenario(package, tmp_path):
    code = (
        "from dataclasses import dataclass\n"
        "from liquid_nav.worlds import Horizon, WorldKind, meadow_texture, number_key\n"
        "@dataclass(frozen=True)\n"
        "class Parameters:\n"
        "    posts: float = number_key(3.0, 1.0, 9.0)\n"
        "def fill(ground, parameters):\n"
        "    for n in range(int(parameters.posts)):\n"
        "        ground.add('post', *ground.to_world(4.0, 3.0 * n - 6.0))\n"
        "POSTS = WorldKind(Parameters, fill, meadow_texture, Horizon(0.1, 0.0, 0.0))\n"
    )
    package("post_package", code, {"posts": "post_package:POSTS"}, "liquid_nav.worlds")
    path = tmp_path / "mine.yaml"
    path.write_text("world: posts\nparameters: {posts: 5}\n")
    scenario = load_scenario(path)
    assert scenario.parameters.posts == 5.0 and set(WORLDS) == {"forest", "field", "posts"}
    assert pickle.loads(pickle.dumps(scenario)) == scenario
    layout = generate_layout(scenario, 1)
    assert {item.kind for item in layout.items} == {"post"} and 3 <= len(layout.items) <= 5
    text = world_sdf(layout, load_condition("summer"), Library("files"))
    assert text.count('<collision name="post.') == len(layout.items)
    path.write_text("world: posts\nparameters: {posts: 10}\n")
    with pytest.raises(ScenarioError, match="'posts' must be a number from 1 to 9"):
        load_scenario(path)


CONDITION_PACKAGE = (
    "WET = {'season': 'autumn', 'fog': 0.03, 'camera': {'drop': 0.1}}\n"
    "WRONG = {'foog': 1.0}\n"
    "TEXT = 'fog: 0.03'\n"
)


def test_a_condition_of_another_package_has_a_name(package):
    points = {name: f"wet_package:{name.upper()}" for name in ("wet", "wrong", "text")}
    # What is shipped cannot be replaced.
    points["winter"] = "wet_package:WET"
    package("wet_package", CONDITION_PACKAGE, points, "liquid_nav.conditions")
    wet = load_condition("wet")
    assert (wet.name, wet.season, wet.fog, wet.camera.drop) == ("wet", "autumn", 0.03, 0.1)
    assert pickle.loads(pickle.dumps(wet)) == wet
    assert load_condition("winter").season == "winter"
    with pytest.raises(ConditionError, match="condition wrong: .*foog"):
        load_condition("wrong")
    with pytest.raises(ConditionError, match="condition text: expected a mapping"):
        load_condition("text")
    with pytest.raises(ConditionError, match="unknown condition 'weet'.*winter.*, wet, "):
        load_condition("weet")


def test_a_condition_of_a_package_that_cannot_be_imported_is_one_line(package):
    points = {"wet": "no_wet:WET"}
    package("no_wet", "import no_such_module\n", points, "liquid_nav.conditions")
    with pytest.raises(UserError, match="'wet' of no_wet cannot be imported"):
        load_condition("wet")
    assert load_condition("summer").season == "summer"


def test_a_world_of_a_package_that_cannot_be_imported_is_one_line(package, tmp_path):
    package("broken_world", "import no_such_module\n", {"x": "broken_world:X"}, "liquid_nav.worlds")
    path = tmp_path / "mine.yaml"
    path.write_text("world: x\n")
    with pytest.raises(UserError, match="'x' of broken_world cannot be imported"):
        load_scenario(path)


SPECIES_PACKAGE = (
    "from liquid_nav.worlds import BroadTree, Bush, Grows, Material, Species, VariantSize\n"
    "BLUE = Material('blue', colour=(0.1, 0.2, 0.9))\n"
    "PALM = Species(\n"
    "    'tree',\n"
    "    2,\n"
    "    BroadTree((0.2, 0.3), (6, 7), (3.0, 3.5), (1.0, 1.5), 3, bark=BLUE, leaves=BLUE),\n"
    "    (Grows('forest trees', shares=(1.0, 1.0, 1.0, 1.0)), Grows('forest bushes')),\n"
    "    absent=('winter',),\n"
    "    shadow=0.9,\n"
    ")\n"
    "HERE = (Grows('forest belt', (1,)),)\n"
    "CLAIMS = Species('bush', 1, Bush(VariantSize(1.0), VariantSize(0.5), leaves=BLUE), HERE)\n"
    "FAR = (Grows('forest belt', (7,)),)\n"
    "GAP = Species('bush', 1, Bush(VariantSize(1.0), VariantSize(0.5), leaves=BLUE), FAR)\n"
    "WOOD = (Grows('forest trees'),)\n"
    "BARE = Species('tree', 1, Bush(VariantSize(1.0), VariantSize(0.5), leaves=BLUE), WOOD)\n"
)


def test_a_species_of_another_package_stands_in_layouts_and_in_both_sorts_of_files(package):
    """One record is everything that a species needs."""
    package("palm_package", SPECIES_PACKAGE, {"palm": "palm_package:PALM"}, "liquid_nav.species")
    layout = generate_layout(load_scenario("forest"), 1)
    palms = [item for item in layout.items if item.species == "palm"]
    assert len(palms) > 10 and {item.kind for item in palms} == {"tree"}
    assert {item.variant for item in palms} == {0, 1}
    assert {solid.kind for item in palms for solid in item.solids} == {"trunk", "crown"}
    for season, shown in (("summer", True), ("winter", False)):
        spec = build_mujoco_spec(layout, load_condition(season))
        meshes = {mesh.name for mesh in spec.meshes}
        assert ({"palm0.trunk", "palm1.crown", "palm1.crown_far"} <= meshes) is shown
        assert ("blue" in {material.name for material in spec.materials}) is shown
        assert sum(geom.name.startswith("trunk.") for geom in spec.geoms) >= len(palms)
        text = world_sdf(layout, load_condition(season), Library("files"))
        assert ("files/palm0.trunk.obj" in text) is shown
        assert text.count('<model name="tree_') >= len(palms)


def test_two_species_that_claim_one_number_of_a_habitat_are_one_line(package):
    package("claims", SPECIES_PACKAGE, {"thorn": "claims:CLAIMS"}, "liquid_nav.species")
    with pytest.raises(UserError, match="'far_tree' and 'thorn' both have number 1 in"):
        generate_layout(load_scenario("forest"), 1)


@pytest.mark.parametrize(
    ("record", "cause"),
    [
        ("GAP", r"'forest belt' have the numbers \[0, 1, 2, 7\].* without a gap"),
        ("BARE", "'thorn' has 0 shares in 'forest trees'. give one for each of: mixed, birch wood"),
    ],
)
def test_a_species_that_does_not_fit_its_habitat_is_one_line(package, record, cause):
    package("misfits", SPECIES_PACKAGE, {"thorn": f"misfits:{record}"}, "liquid_nav.species")
    with pytest.raises(UserError, match=cause):
        generate_layout(load_scenario("forest"), 1)


def test_a_pilot_of_another_package_can_be_evaluated(package):
    code = "class Still:\n    name = 'still'\n    needs_image = False\n"
    package("pilot_package", code, {"still": "pilot_package:Still"}, "liquid_nav.pilots")
    assert build_pilot(resolve_pilot("still")).name == "still"
    assert set(PILOTS) == {"expert", "straight", "colour", "still"}
