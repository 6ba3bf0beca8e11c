"""Scenarios and conditions: what can be read and what is said about what cannot."""

import pickle

import pytest

from liquid_nav.worlds import ConditionError, ScenarioError, load_condition, load_scenario


@pytest.mark.parametrize("name", ["forest", "field"])
def test_shipped_scenarios(name):
    scenario = load_scenario(name)
    assert scenario.name == scenario.world == name
    assert scenario.success.radius == 2.0 and scenario.limits.speed == 2.0
    assert pickle.loads(pickle.dumps(scenario)) == scenario


def test_only_summer_is_clear_and_leafy():
    conditions = {name: load_condition(name) for name in ("summer", "autumn", "winter", "fog", "dusk")}
    assert conditions["summer"].fog == 0.0 and conditions["summer"].light == "day"
    assert len({(c.season, c.fog, c.light) for c in conditions.values()}) == 5


@pytest.mark.parametrize(
    ("text", "says"),
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
    ],
)
def test_bad_scenario(tmp_path, text, says):
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(ScenarioError, match=says) as caught:
        load_scenario(path)
    assert "\n" not in str(caught.value)


def test_unknown_names_list_the_known():
    with pytest.raises(ScenarioError, match="field, forest"):
        load_scenario("forst")
    with pytest.raises(ConditionError, match="autumn, drift, .*pseudo.sepia, .*summer, view, winter"):
        load_condition("rain")


def test_bad_condition(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text("season: monsoon")
    with pytest.raises(ConditionError, match="summer, autumn, winter"):
        load_condition(path)
