"""A run's folder keeps the recipe that it was begun with: another one is refused, and the card
has the whole one.
"""

import hashlib
import json
from dataclasses import replace

import pytest

from liquid_nav.errors import UserError
from liquid_nav.learning import kept_recipe
from liquid_nav.learning.cache import write_shard
from liquid_nav.learning.kept_recipe import RECIPE
from liquid_nav.learning.recipe import Recipe, RecipeError, Round
from liquid_nav.learning.training import PolicyTrainer
from liquid_nav.learning.windows import WindowConfig
from liquid_nav.policy import Policy


@pytest.fixture
def run(tiny, flight, tmp_path):
    """Return a function that follows a recipe in one folder; returns the model and what was
    reported.
    """
    for index in range(2):
        write_shard(
            tmp_path / "run" / f"round-{index}" / "data",
            [flight(40, 2 * index), flight(30, 2 * index + 1)],
        )

    def follow(recipe):
        lines = []
        return PolicyTrainer(recipe, tmp_path / "run", report=lines.append).run(), lines

    return follow


@pytest.fixture
def recipe(tiny):
    return Recipe(
        (Round(2, 2, "expert"),),
        scenarios=("forest",),
        shares=(1.0,),
        frame_rate=(6.0, 6.0),
        policy=tiny,
        windows=WindowConfig(batch=2, steps=4),
    )


def digest(values):
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def test_recipe_and_digest_lie_in_the_run_and_whole_in_the_card(run, recipe, tmp_path):
    model, _ = run(recipe)
    kept = json.loads((tmp_path / "run" / RECIPE).read_text())
    assert kept["sha256"] == digest(kept["recipe"])
    card = Policy.load(model).card["training"]
    assert card["recipe"] == kept["recipe"] and card["recipe_sha256"] == kept["sha256"]
    assert card["recipe"]["weight_decay"] == recipe.weight_decay
    assert card["recipe"]["policy"]["core"]["wiring"]["inter"] == 6
    assert card["recipe"]["rounds"][0]["learning_rate"] == recipe.rounds[0].learning_rate
    assert run(recipe) == (model, [])


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda r: replace(r, weight_decay=0.5), "weight_decay is 0.0001 there and 0.5 here"),
        (
            lambda r: replace(r, rounds=(replace(r.rounds[0], learning_rate=0.9),)),
            "rounds[0].learning_rate is 0.0005 there and 0.9 here",
        ),
        (
            lambda r: replace(r, windows=WindowConfig(batch=3, steps=4)),
            "windows.batch is 2 there and 3 here",
        ),
        (
            lambda r: replace(r, policy=replace(r.policy, command_scale=(1.0, 1.0, 0.6, 1.0))),
            "policy.command_scale[0] is 1.6 there and 1.0 here",
        ),
        (lambda r: replace(r, photometric=None), "photometric is"),
        (lambda r: replace(r, first_seed=50, seed=3, looks=2), "and 1 more"),
    ],
)
def test_another_recipe_is_refused_and_nothing_is_touched(run, recipe, tmp_path, change, text):
    run(recipe)
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "run").rglob("*")}
    with pytest.raises(RecipeError) as error:
        run(change(recipe))
    line = str(error.value)
    assert text in line and "--out" in line and "\n" not in line and len(line) < 600
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "run").rglob("*")} == before


def test_rounds_that_are_added_at_the_end_go_on_and_are_kept(run, recipe, tmp_path):
    run(recipe)
    longer = replace(recipe, rounds=(*recipe.rounds, Round(2, 2)))
    model, _ = run(longer)
    assert model == tmp_path / "run" / "round-1" / "model"
    assert len(Policy.load(model).card["training"]["recipe"]["rounds"]) == 2
    with pytest.raises(RecipeError, match="rounds are 2 there and 1 here"):
        run(recipe)


def test_a_run_of_before_goes_on_with_a_warning(run, recipe, tmp_path):
    run(recipe)
    (tmp_path / "run" / RECIPE).unlink()
    longer = replace(recipe, rounds=(*recipe.rounds, Round(2, 2)))
    _, lines = run(longer)
    (warning,) = [line for line in lines if line.startswith("warning")]
    assert "no recipe" in warning and str(tmp_path / "run") in warning and "\n" not in warning
    assert json.loads((tmp_path / "run" / RECIPE).read_text())["first_round"] == 1
    card = Policy.load(tmp_path / "run" / "round-1" / "model").card["training"]
    assert card["recipe_since_round"] == 1, "of the rounds before it is not known"
    assert run(longer)[1] == []


def test_a_new_folder_gives_no_warning(recipe, run, tmp_path):
    """The shards that the fixture has put there are what an interrupted first round leaves, but no
    model.
    """
    _, lines = run(recipe)
    assert not [line for line in lines if line.startswith("warning")]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"recipe": 3}'])
def test_a_kept_recipe_that_is_damaged_is_one_line(run, recipe, tmp_path, text):
    (tmp_path / "run" / RECIPE).write_text(text)
    with pytest.raises(RecipeError, match="cannot be read.*--out"):
        run(recipe)


def test_a_run_that_never_began_takes_another_recipe(recipe, tmp_path):
    """It was refused for what it names, and corrected."""
    for caches in ((str(tmp_path / "nowhere"),), (str(tmp_path / "elsewhere"),)):
        wrong = replace(recipe, rounds=(Round(0, 2),), caches=caches)
        with pytest.raises(UserError, match=f"{caches[0]}.*holds no data set"):
            PolicyTrainer(wrong, tmp_path / "new", report=lambda line: None).run()


def test_of_two_long_values_the_ends_are_shown(recipe, tmp_path):
    with pytest.raises(RecipeError, match="models/one.*models/two"):
        a = replace(recipe, start="/a/long/way/" + 9 * "to/where/" + "models/one")
        kept_recipe._compare(
            kept_recipe.values_of(a),
            kept_recipe.values_of(replace(a, start=a.start[:-3] + "two")),
            tmp_path,
        )
