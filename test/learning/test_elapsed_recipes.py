"""Real against constant elapsed time: two recipes that differ in nothing else, from an earlier
training's flights.
"""

from dataclasses import replace

import numpy as np
import pytest
import torch

from liquid_nav.learning.cache import write_shard
from liquid_nav.learning.import_dataset import data_set_shards
from liquid_nav.learning.recipe import load_recipe
from liquid_nav.learning.training import PolicyTrainer
from liquid_nav.policy import Observation, Policy
from liquid_nav.resources import find

NAMES = ("elapsed_stamps", "elapsed_constant")


@pytest.fixture
def run(flight, tmp_path):
    """The folder of an earlier training with flights in rounds 2 and 10, and a round that is being
    collected.
    """
    for number in (2, 10):
        folder = tmp_path / "run" / f"round-{number}"
        write_shard(folder / "data", [flight(40, number), flight(30, number + 1)])
        (folder / "model").mkdir()
        (folder / "model" / "meta.json").write_text("{}")
    (tmp_path / "run" / "round-11" / "data.part").mkdir(parents=True)
    return tmp_path / "run"


def test_the_flights_of_an_earlier_training_are_found_in_order(run):
    assert data_set_shards(run) == [run / "round-2" / "data", run / "round-10" / "data"]
    assert data_set_shards(run / "round-2" / "data") == [run / "round-2" / "data"]


def test_the_recipes_differ_in_the_inputs_of_the_core_alone():
    stamps, constant = (load_recipe(find(f"config/training/{name}.yaml")) for name in NAMES)
    assert (stamps.policy.elapsed, constant.policy.elapsed) == ("stamps", "constant")
    assert replace(constant, policy=replace(constant.policy, elapsed="stamps")) == stamps
    assert stamps.policy.elapsed_unit == 1.0 and stamps.policy.elapsed_constant == pytest.approx(
        1 / 30
    )
    default = load_recipe(find("config/training/summer.yaml"))
    assert stamps.windows == replace(
        default.windows,
        **{
            k: tuple(v) if isinstance(v, list) else v for k, v in default.rounds[-1].windows.items()
        },
    )
    assert (
        stamps.policy.encoder == default.policy.encoder
        and stamps.policy.core == default.policy.core
    )
    assert (stamps.photometric, stamps.auxiliary, stamps.seed) == (
        default.photometric,
        default.auxiliary,
        default.seed,
    )


def test_both_train_and_only_one_receives_the_stamps(run, tiny, tmp_path):
    answers = []
    image = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    for name in NAMES:
        recipe = load_recipe(find(f"config/training/{name}.yaml"))
        policy = replace(recipe.policy, encoder=tiny.encoder, core=tiny.core)
        recipe = replace(
            recipe,
            policy=policy,
            caches=(str(run),),
            rounds=(replace(recipe.rounds[0], steps=2),),
            windows=replace(recipe.windows, batch=2, steps=4),
        )
        model = PolicyTrainer(recipe, tmp_path / name, report=lambda line: None).run()
        trained = Policy.load(model)
        assert trained.card["training"]["recorded"] == {str(run): {"flights": 4, "frames": 140}}
        assert trained.config.elapsed == name.removeprefix("elapsed_")
        answers.append([_answer(trained, image, elapsed) for elapsed in (1 / 30, 1 / 30, 0.2)])
    stamps, constant = answers
    assert np.array_equal(stamps[0], stamps[1]) and not np.array_equal(stamps[0], stamps[2])
    assert np.array_equal(constant[0], constant[2]), "flown with the constant, whatever the stamps"
    # At the nominal period both are given the same: the constant is in the core's own unit.
    reported = [
        Policy.load(tmp_path / name / "round-0" / "model").core_time(torch.tensor([[1 / 30]]))
        for name in NAMES
    ]
    torch.testing.assert_close(*reported)


def _answer(policy, image, elapsed):
    state = policy.initial_state()
    for _ in range(3):
        decision, state = policy.step(Observation(image), state, elapsed)
    return decision.command.as_array()
