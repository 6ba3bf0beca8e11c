"""Scenarios and conditions: what can be read and what is reported about what cannot."""

import os
import pickle
import sys
from dataclasses import FrozenInstanceError

import pytest

from liquid_nav.worlds import (
    KEYS_OF_OWN_CAMERA,
    KEYS_OF_OWN_CLOCK,
    KEYS_OF_OWN_ESTIMATOR,
    KEYS_OF_OWN_LOOK,
    WORLDS,
    AppearanceSpec,
    CameraFaults,
    Condition,
    ConditionError,
    Limits,
    Scenario,
    ScenarioError,
    check_condition_supported,
    generate_layout,
    load_condition,
    load_scenario,
)
from liquid_nav.worlds._files import Reader
from liquid_nav.worlds.backend import RenderingError, choose_rendering_backend, load_mujoco
from liquid_nav.worlds.field import FieldParameters
from liquid_nav.worlds.forest import ForestParameters
from liquid_nav.worlds.keys import keys_of


@pytest.mark.parametrize("name", ["forest", "field"])
def test_shipped_scenarios(name):
    scenario = load_scenario(name)
    assert scenario.name == scenario.world == name
    assert scenario.success.radius == 2.0 and scenario.limits.speed == 2.0
    assert pickle.loads(pickle.dumps(scenario)) == scenario


def test_only_summer_is_clear_and_leafy():
    conditions = {
        name: load_condition(name) for name in ("summer", "autumn", "winter", "fog", "dusk")
    }
    assert conditions["summer"].fog == 0.0 and conditions["summer"].light == "day"
    assert len({(c.season, c.fog, c.light) for c in conditions.values()}) == 5


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("world: [forest", "YAML"),
        ("- forest", "mapping"),
        ("world: moon", "forest, field"),
        ("target: {}", "world"),
        ("world: forest\ntarget: {distance: [9, 3]}", "lowest, highest"),
        ("world: forest\nspeed: 3", "unknown key speed"),
        ("world: forest\ncruise_altitude: high", "number"),
        ("world: forest\nparameters: 3", "parameters"),
        ("world: forest\nparameters: {trees_per_m2: dense}", "trees_per_m2"),
        ("world: forest\nparameters: {bales: [1, 2]}", "bales"),
        ("world: field\nparameters: {bales: [9, 1]}", "bales"),
        ("world: forest\ntask: hike", "'task' is 'hike'; use one of: fly_to_target$"),
        ("world: forest\ntask: follow", "'task' is 'follow'; use one of: fly_to_target$"),
        ("world: forest\ntarget: {kind: person}", "chair"),
        ("world: forest\ntarget: no", "'target': expected a mapping"),
        ("world: forest\nworld: field", "line 2: the key 'world' stands twice"),
        ("world: forest\nlimits: {speed: 1, speed: 2}", "the key 'speed' stands twice"),
        ("world: forest\ncruise_altitude: 2026-02-30", "not valid YAML: day is out of range"),
        ("world: forest\nx: " + "[" * 5000, "nested too deeply"),
        ("world: forest\nx: !!timestamp soon", "a value does not fit its tag"),
        ("world: forest\nx: !!bool maybe", "a value does not fit its tag"),
        ("world: forest\nx: !!int ''", "a value does not fit its tag"),
    ],
)
def test_bad_scenario(tmp_path, text, expected):
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(ScenarioError, match=expected) as caught:
        load_scenario(path)
    assert "\n" not in str(caught.value)


def test_unknown_names_list_the_known():
    with pytest.raises(ScenarioError, match="field, forest"):
        load_scenario("forst")
    with pytest.raises(
        ConditionError, match="autumn, drift, .*pseudo.sepia, .*summer, view, winter"
    ):
        load_condition("rain")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("season: monsoon", "summer, autumn, winter"),
        # No empty sections: they would mean the usual wind and the usual camera.
        ("wind: no", "'wind': expected a mapping"),
        ("wind: 0", "'wind': expected a mapping"),
        ("camera: []", "'camera': expected a mapping"),
        ("fog: 0.1\nfog: 0.2", "line 2: the key 'fog' stands twice"),
    ],
)
def test_bad_condition(tmp_path, text, expected):
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(ConditionError, match=expected):
        load_condition(path)


@pytest.mark.parametrize("text", ["8e-2", "8E-2", "0.08", ".8e-1", "+8e-2"])
def test_numbers_in_any_spelling(tmp_path, text):
    """YAML 1.1 takes 8e-2 for a string."""
    path = tmp_path / "haze.yaml"
    path.write_text(f"fog: {text}\nwind:\n")
    assert load_condition(path) == Condition("haze", fog=0.08)


def test_keys_that_are_merged_from_an_anchor_stand_once(tmp_path):
    path = tmp_path / "merged.yaml"
    path.write_text("wind: &calm {mean: [0, 0], gust: 0.1}\ndrift: {}\n")
    assert load_condition(path).wind.gust == 0.1
    path.write_text("camera: {<<: {noise: 1, blur: 2}, blur: 3}\n")
    assert load_condition(path).camera.blur == 3.0


def test_the_camera_and_the_look_of_a_condition(tmp_path):
    path = tmp_path / "odd.yaml"
    path.write_text(
        "camera: {noise: 1, drop: 0.1, late: 0.2, jitter: 0.3, rate: 12, view: [60, 70], mounting: "
        "4}\n"
        "appearance: {palette: sepia, ground: blue, veil: stripes, random: 0.5, sight: [6, 9], "
        "occluded: [1, 3], between: [2, 4]}\n"
    )
    odd = load_condition(path)
    assert odd.camera == CameraFaults(1.0, 0.0, (1.0, 1.0), 0.1, 0.2, 0.3, 12.0, (60.0, 70.0), 4.0)
    assert odd.appearance == AppearanceSpec(
        "sepia", "blue", "stripes", 0.5, (6.0, 9.0), (1.0, 3.0), (2.0, 4.0)
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("camera: {jitter: 0.6}", "jitter"),
        ("camera: {rate: 500}", "rate"),
        ("camera: {view: [90, 70]}", "view"),
        ("camera: {mounting: -1}", "mounting"),
        ("camera: {fov: 80}", "unknown key fov; known: noise, .*view, mounting"),
        ("appearance: {palette: green}", "natural, inverted, sepia"),
        ("appearance: {ground: lava}", "natural, blue, checkered"),
        ("appearance: {veil: fog}", "none, stripes"),
        ("appearance: {random: 2}", "random"),
        ("appearance: {sky: red}", "unknown key sky"),
    ],
)
def test_cameras_and_looks_that_are_none(tmp_path, text, expected):
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(ConditionError, match=expected):
        load_condition(path)


def test_the_rate_is_the_requested_one_or_that_of_the_condition_or_the_usual_one():
    slow = Condition(camera=CameraFaults(rate=10.0))
    assert slow.frame_rate() == slow.frame_rate(0.0) == 10.0 and slow.frame_rate(20.0) == 20.0
    assert Condition().frame_rate() == 30.0 and Condition().frame_rate(12.0) == 12.0


def test_invented_looks_have_a_folder_of_their_own():
    assert load_condition("pseudo/sepia").name == "pseudo/sepia"
    assert load_condition("pseudo/sepia").appearance == AppearanceSpec(palette="sepia")
    with pytest.raises(ConditionError, match="unknown condition 'pseudo/snow'"):
        load_condition("pseudo/snow")


@pytest.mark.parametrize(
    ("name", "lacking", "key"),
    [
        ("drift", KEYS_OF_OWN_ESTIMATOR, "drift"),
        ("pseudo/sepia", KEYS_OF_OWN_LOOK, "appearance.palette"),
        ("pseudo/blue_soil", KEYS_OF_OWN_LOOK, "appearance.ground"),
        ("pseudo/random_look", KEYS_OF_OWN_LOOK, "appearance.random"),
        ("pseudo/hidden", KEYS_OF_OWN_LOOK, "appearance.sight"),
        ("occluded", KEYS_OF_OWN_LOOK, "appearance.occluded"),
        ("irregular_frames", KEYS_OF_OWN_CLOCK, "camera.jitter"),
        ("slow_camera", KEYS_OF_OWN_CAMERA, "camera.rate"),
        ("view", KEYS_OF_OWN_CAMERA, "camera.view"),
        ("mounting", KEYS_OF_OWN_CAMERA, "camera.mounting"),
    ],
)
def test_a_key_that_cannot_be_followed_somewhere_is_refused_there(name, lacking, key):
    assert check_condition_supported(load_condition("fog"), "Gazebo", lacking) == load_condition(
        "fog"
    )
    with pytest.raises(
        ConditionError, match=f"condition {name}: '{key}' cannot be simulated in Gazebo"
    ):
        check_condition_supported(load_condition(name), "Gazebo", lacking)


@pytest.mark.parametrize("world", ["forest", "field"])
def test_an_empty_scenario_is_the_shipped_one_and_so_is_one_made_in_code(world, tmp_path):
    """Every default has one owner: a world is the same whoever leaves a number out."""
    path = tmp_path / f"{world}.yaml"
    path.write_text(f"world: {world}\n")
    bare = load_scenario(path)
    made = Scenario(world, world)
    shipped = load_scenario(world)
    assert made == bare
    assert bare.parameters == shipped.parameters
    for key in ("cruise_altitude", "task", "condition", "limits", "success", "geofence"):
        assert getattr(bare, key) == getattr(shipped, key), key
    for seed in (3, 4):
        assert generate_layout(made, seed).items == generate_layout(bare, seed).items


def test_parameters_that_are_given_in_code_replace_the_defaults_and_cannot_be_changed():
    parameters = Scenario("sparse", "forest", ForestParameters(trees_per_m2=0.01)).parameters
    assert parameters.trees_per_m2 == 0.01
    assert parameters == ForestParameters(0.35, 0.01, 0.018)
    with pytest.raises(FrozenInstanceError):
        parameters.trees_per_m2 = 0.5


def test_a_scenario_made_in_code_is_checked_like_one_of_a_file():
    with pytest.raises(ScenarioError, match="'world' is 'moon'; use one of: forest, field"):
        Scenario("far", "moon")
    with pytest.raises(ScenarioError, match=r"no parameters of 'forest'. .*ForestParameters"):
        Scenario("mixed", "forest", FieldParameters())


@pytest.mark.parametrize("kind", [Scenario, Condition])
def test_every_key_of_a_file_has_a_default_that_it_takes_itself(kind):
    """A default beyond its own range could not be written into a file."""

    def sections(one):
        for name, (key, default) in keys_of(one).items():
            yield one, name, key, default
            if key.section is not None:
                yield from sections(key.section)

    kinds = [kind, *(world.parameters for world in WORLDS.values())]
    found = [entry for one in kinds for entry in sections(one)]
    assert len(found) > 10
    for one, name, key, default in found:
        if key.section is None:
            given = list(default) if isinstance(default, tuple) else default
            assert key.take(Reader({name: given}, one.__name__, ScenarioError), name, None) == (
                default
            )


def test_an_empty_condition_is_the_one_made_in_code(tmp_path):
    path = tmp_path / "plain.yaml"
    path.write_text("{}")
    assert load_condition(path) == Condition(name="plain")


def test_without_a_scenario_the_supervisor_allows_what_scenarios_do():
    """A real drone is flown by networks that learned behind these limits."""
    from liquid_nav.safety import SafetyLimits

    usual = SafetyLimits()
    for name in Limits.__dataclass_fields__:
        assert (
            getattr(usual, name)
            == getattr(Limits(), name)
            == getattr(load_scenario("forest").limits, name)
        ), name


@pytest.mark.parametrize("problem", [ImportError(), ImportError("no libGL\nin this place")])
def test_a_mujoco_that_cannot_be_imported_is_one_line_with_the_remedy(monkeypatch, problem):
    class Finder:
        def find_spec(self, name, path, target=None):
            if name == "mujoco":
                raise problem

    monkeypatch.delitem(sys.modules, "mujoco", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])
    with pytest.raises(RenderingError, match="MuJoCo cannot be loaded .*pip install") as caught:
        load_mujoco()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("own", [None, "3"])
@pytest.mark.parametrize("first", ["campaign", "flight"])
def test_the_renderers_threads_are_the_same_wherever_a_flight_is_flown(monkeypatch, own, first):
    from liquid_nav.evaluation.task import prepare_worker_process

    monkeypatch.setattr(os, "environ", {} if own is None else {"LP_NUM_THREADS": own})
    ways = [prepare_worker_process.__wrapped__, choose_rendering_backend]
    for prepare in ways if first == "campaign" else reversed(ways):
        prepare()
        assert os.environ["LP_NUM_THREADS"] == (own or "0")
