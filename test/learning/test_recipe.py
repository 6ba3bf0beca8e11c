"""Recipes: the shipped one, and one line for whatever is wrong with another."""

from pathlib import Path

import numpy as np
import pytest

from liquid_nav.errors import UserError
from liquid_nav.learning.recipe import (
    TRAINING_SEED_LIMIT,
    Recipe,
    RecipeError,
    Round,
    Stop,
    load_recipe,
)
from liquid_nav.learning.rollout import SIGHT, draw_condition
from liquid_nav.learning.training import PolicyTrainer
from liquid_nav.resources import find

GOOD = """
scenarios: [forest]
shares: [1]
rounds:
  - {driver: expert, flights: 3, steps: 2}
  - {driver: policy, flights: 2, steps: 2, expert_share: 0.5}
windows: {batch: 2, steps: 4, strides: [0.5, 0.5]}
photometric: {noise: 0.0}
policy: {encoder: {height: 24, width: 32, channels: [4], kernels: [5], strides: [2]}}
"""


def read(tmp_path: Path, text: str) -> Recipe:
    path = tmp_path / "recipe.yaml"
    path.write_text(text)
    return load_recipe(path)


@pytest.mark.parametrize("name", ["default", "summer"])
def test_the_shipped_recipes_can_be_followed(name):
    recipe = load_recipe(find(f"config/training/{name}.yaml"))
    assert recipe.rounds[0].driver == "expert" and len(recipe.rounds) >= 2
    assert recipe.first_seed + sum(r.flights for r in recipe.rounds) <= TRAINING_SEED_LIMIT
    assert recipe.photometric is not None


def test_the_recipe_has_the_values_of_the_file(tmp_path):
    recipe = read(tmp_path, GOOD)
    assert recipe.rounds == (Round(3, 2, "expert"), Round(2, 2, "policy", expert_share=0.5))
    assert recipe.scenarios == ("forest",) and recipe.shares == (1,)
    assert recipe.windows.strides == (0.5, 0.5) and recipe.windows.steps == 4
    assert recipe.policy.encoder.channels == (4,) and recipe.photometric.noise == 0.0


def test_when_to_stop(tmp_path):
    assert read(tmp_path, GOOD).stop is None
    flown = read(tmp_path, GOOD + "stop: {every: 50, patience: 4, seeds: 10000:10020}\n").stop
    assert flown == Stop(every=50, patience=4, seeds="10000:10020")
    held = read(tmp_path, GOOD + "caches: [data/mine]\nstop: {held_out: 0.2}\n").stop
    assert held == Stop(every=200, patience=3, held_out=0.2)


def test_augmentation_can_be_switched_off(tmp_path):
    assert (
        read(tmp_path, GOOD.replace("photometric: {noise: 0.0}", "photometric: null")).photometric
        is None
    )


@pytest.mark.parametrize(
    "old, new, expected",
    [
        ("flights: 3", "flights: 10000", "10002"),
        ("scenarios:", "first_seed: 9999\nscenarios:", "10004"),
        ("scenarios:", "first_seed: -1\nscenarios:", "-1"),
        ("driver: expert", "driver: policy", "expert"),
        ("driver: policy", "driver: polcy", "polcy"),
        ("shares: [1]", "shares: [0.5, 0.5]", "length"),
        ("shares:", "surprise: 1\nshares:", "surprise"),
        ("flights: 2,", "flight: 2,", "flight"),
        ("steps: 4", "step: 4", "step"),
        ("batch: 2", "batch: [2", "YAML"),
        ("noise: 0.0", "fog: 0.5", "fog"),
        ("expert_share: 0.5", "windows: {step: 8}", "round 1"),
        ("expert_share: 0.5", "windows: 8", "round 1"),
        ("windows: {batch: 2, steps: 4, strides: [0.5, 0.5]}", "windows: [1]", "does not fit"),
        ("windows: {batch: 2, steps: 4, strides: [0.5, 0.5]}", "windows: 7", "does not fit"),
        ("photometric: {noise: 0.0}", "photometric: 7", "does not fit"),
        ("policy: {", "policy: {surprise: 1, ", "surprise"),
        ("height: 24", "height: 2", "too small"),
        ("rounds:", "stop: {every: 5}\nrounds:", "seeds or held_out"),
        ("rounds:", "stop: {seeds: 10000:10010, held_out: 0.1}\nrounds:", "seeds or held_out"),
        ("rounds:", "stop: {seeds: 9000:10010}\nrounds:", "10000"),
        ("rounds:", "stop: {seeds: 19990:20010}\nrounds:", "19999"),
        ("rounds:", "stop: {seeds: many}\nrounds:", "many"),
        ("rounds:", "stop: {held_out: 1.5}\nrounds:", "1.5"),
        ("rounds:", "stop: {held_out: 0.1}\nrounds:", "caches"),
        ("rounds:", "stop: {seeds: 10000:10010, patience: 0}\nrounds:", "patience"),
        ("rounds:", "stop: {patient: 3}\nrounds:", "patient"),
        ("batch: 2", "batch: 2 sequences", "batch is '2 sequences'. give a whole number"),
        ("batch: 2", "batch: yes", "batch is True. give a whole number"),
        ("batch: 2", "batch: 0", "batch 0"),
        ("batch: 2", "batch: 2, drop: '0,05'", "drop is '0,05'. give a number"),
        ("batch: 2", "batch: 2, drop: 1.5", "drop is 1.5"),
        ("strides: [0.5, 0.5]", "strides: 0.5", "strides is 0.5. give a list: a number"),
        ("strides: [0.5, 0.5]", "strides: [0, 0]", "strides are [0, 0]"),
        ("expert_share: 0.5", "windows: {steps: long}", "steps is 'long'"),
        ("expert_share: 0.5", "windows: {steps: 0}", "round 1"),
        ("noise: 0.0", "noise: 5 %", "noise is '5 %'. give a number"),
        ("noise: 0.0", "noise: -1", "photometric"),
        ("noise: 0.0", "share: .nan", "share is nan. give a number"),
        ("shares: [1]", "shares: 1", "shares is 1. give a list: a number"),
        ("shares: [1]", "shares: [-1]", "shares are [-1]"),
        (
            "shares: [1]",
            "shares: [1]\nframe_rate: 30 Hz",
            "frame_rate is '30 Hz'. give a list: 2 times a number",
        ),
        (
            "shares: [1]",
            "shares: [1]\nframe_rate: 30",
            "frame_rate is 30. give a list: 2 times a number",
        ),
        ("shares: [1]", "shares: [1]\nframe_rate: [30, 6]", "frame_rate is [30, 6]"),
        ("shares: [1]", "shares: [1]\nseed: 1.5", "seed is 1.5. give a whole number"),
        ("shares: [1]", "shares: [1]\nauxiliary: -0.5", "auxiliary is -0.5"),
        ("shares: [1]", "shares: [1]\nseed: -1", "seed is -1. give a whole number from 0"),
        ("shares: [1]", "shares: [1]\nseed: 4294967296", "seed is 4294967296"),
        ("shares: [1]", f"shares: [1]\nweight_decay: 1{400 * '0'}", "weight_decay is 1000"),
        ("shares: [1]", "shares: []", "shares are []"),
        ("expert_share: 0.5", "shares: [0.0]", "shares of a round are [0.0]"),
        ("expert_share: 0.5", "shares: [-1]", "shares of a round are [-1]"),
        (
            "shares: [1]",
            "shares: [1]\ncaches: data/mine",
            "caches is 'data/mine'. give a list: a text",
        ),
        (
            "shares: [1]",
            "shares: [1]\nphotographs: maybe",
            "photographs is 'maybe'. give true or false",
        ),
        ("shares: [1]", "shares: [1]\nshares: [1]", "the key 'shares' stands twice"),
        ("shares: [1]", "shares: [1]\nseed: 2026-02-30", "day is out of range"),
        ("strides: [2]", "strides: [0]", "at least 1"),
        (GOOD, "[" * 5000, "nested too deeply"),
        (GOOD, "rounds: []", "expert"),
        (GOOD, "rounds: 3", "does not fit"),
        (GOOD, "rounds:\n  - 3", "does not fit"),
        (GOOD, "- 1", "mapping"),
        (GOOD, "", "mapping"),
    ],
)
def test_what_cannot_be_followed_is_one_line(tmp_path, old, new, expected):
    assert old in GOOD
    with pytest.raises(UserError) as error:
        read(tmp_path, GOOD.replace(old, new, 1))
    line = str(error.value)
    assert expected in line and "\n" not in line


def test_strides_are_weights(tmp_path):
    """They need not sum to 1: numpy would report it in the middle of the first round, after its
    flights.
    """
    recipe = read(tmp_path, GOOD.replace("strides: [0.5, 0.5]", "strides: [3, 1]"))
    assert recipe.windows.strides == (3, 1)


def test_no_recipe_there(tmp_path):
    for path in (tmp_path / "nowhere.yaml", tmp_path):
        with pytest.raises(RecipeError, match="no recipe at"):
            load_recipe(path)


def test_what_is_no_text(tmp_path):
    (tmp_path / "recipe.yaml").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(RecipeError, match="recipe.yaml"):
        load_recipe(tmp_path / "recipe.yaml")


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        *(
            (key, 1.1, f"{key} is 1.1. give a share")
            for key in ("drifting", "camera", "fast", "random", "hidden", "wide")
        ),
        ("expert_share", -0.1, "expert_share is -0.1"),
        ("heights", 1.3, "heights is 1.3"),
        ("looks", 0, "looks of a round is 0"),
    ],
)
def test_shares_of_a_round_that_are_none(key, value, expected):
    with pytest.raises(RecipeError, match=expected):
        Round(1, 1, **{key: value})


def test_the_new_model_is_trained_on_no_condition_that_is_reported():
    """Its flights are summer, with what differs drawn by seed; the seeds of the released model are
    not its own.
    """
    recipe = load_recipe(find("config/training/default.yaml"))
    assert recipe.first_seed >= 2020
    tasks = [
        task
        for index in range(len(recipe.rounds))
        for task in PolicyTrainer(recipe, Path("x")).tasks(index, Path("m"))
    ]
    assert (
        len({task.seed for task in tasks}) == len(tasks)
        and max(task.seed for task in tasks) < TRAINING_SEED_LIMIT
    )
    conditions = [draw_condition(task) for task in tasks]
    assert {(c.season, c.light, c.fog) for c in conditions} == {("summer", "day", 0.0)}
    assert {(c.appearance.palette, c.appearance.ground, c.appearance.veil) for c in conditions} == {
        ("natural", "natural", "none")
    }
    drifting = np.mean([c.drift.velocity > 0.0 for c in conditions])
    turned = np.mean([c.camera.mounting > 0.0 for c in conditions])
    hidden = np.mean([c.appearance.sight == SIGHT for c in conditions])
    assert 0.5 < drifting < 0.8 and 0.35 < turned < 0.5 and 0.1 < hidden < 0.25
