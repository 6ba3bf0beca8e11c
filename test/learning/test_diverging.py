"""A training whose numbers run away stops in one line, keeps the last good checkpoint and saves no
broken model.
"""

import json

import pytest
import torch

from liquid_nav.errors import UserError
from liquid_nav.learning.cache import write_shard
from liquid_nav.learning.imitation import ImitationModule
from liquid_nav.learning.recipe import Recipe, RecipeError, Round, load_recipe
from liquid_nav.learning.stopping import KeepBest
from liquid_nav.learning.training import DivergedError, PolicyTrainer
from liquid_nav.learning.windows import WindowConfig
from liquid_nav.policy import ModelError, Policy


@pytest.fixture
def trainer(tiny, flight, tmp_path):
    def make(steps=6, **changes):
        write_shard(tmp_path / "run" / "round-0" / "data", [flight(40, 0), flight(30, 1)])
        plan = Round(2, steps, "expert", **changes)
        recipe = Recipe(
            (plan,),
            scenarios=("forest",),
            shares=(1.0,),
            frame_rate=(6.0, 6.0),
            policy=tiny,
            windows=WindowConfig(batch=2, steps=4),
        )
        return PolicyTrainer(recipe, tmp_path / "run", report=lambda line: None)

    return make


def poison(monkeypatch, at, what):
    """From step ``at`` on, ``what(losses)`` takes the place of the loss."""
    real = ImitationModule.losses

    def losses(self, batch):
        found = real(self, batch)
        return found | {"loss": what(found["loss"])} if self.global_step >= at else found

    monkeypatch.setattr(ImitationModule, "losses", losses)


def finite(path):
    """Whether all weights of a checkpoint are numbers."""
    state = torch.load(path, map_location="cpu", weights_only=True)["state_dict"]
    return all(bool(torch.isfinite(value).all()) for value in state.values())


@pytest.mark.parametrize(
    "what",
    [
        lambda loss: loss * float("nan"),
        lambda loss: loss * float("inf"),
        # A finite loss whose gradient is not.
        lambda loss: loss + torch.sqrt(loss * 0.0),
    ],
    ids=["nan", "inf", "gradient"],
)
def test_the_step_that_is_no_number_is_the_last(trainer, monkeypatch, tmp_path, what):
    poison(monkeypatch, 3, what)
    with pytest.raises(DivergedError, match="round 0 has diverged in step 4") as error:
        trainer().run()
    line = str(error.value)
    assert isinstance(error.value, UserError) and "\n" not in line
    assert "learning_rate" in line and "solver" in line and "--out" in line
    assert not (tmp_path / "run" / "round-0" / "model").exists()


def test_the_last_good_checkpoint_stays_and_is_named(trainer, monkeypatch, tmp_path):
    poison(monkeypatch, 150, lambda loss: loss * float("nan"))
    with pytest.raises(DivergedError) as error:
        trainer(steps=210).run()
    last = tmp_path / "run" / "round-0" / "checkpoints" / "last.ckpt"
    assert str(last) in str(error.value) and "step 100" in str(error.value)
    assert torch.load(last, weights_only=True)["global_step"] == 100 and finite(last)
    assert not (tmp_path / "run" / "round-0" / "model").exists()


def test_weights_that_are_no_numbers_reach_neither_checkpoint_nor_model(
    trainer, monkeypatch, tmp_path
):
    """Spoiled by the very last step of the round, after its loss was reported."""

    def spoil(self, *args):
        if self.global_step == 6:
            with torch.no_grad():
                self.policy.core.gleak.fill_(float("nan"))

    monkeypatch.setattr(ImitationModule, "on_train_batch_end", spoil)
    with pytest.raises(UserError, match="contains? NaN or infinity"):
        trainer().run()
    assert not list((tmp_path / "run").rglob("*.safetensors"))
    assert all(finite(path) for path in (tmp_path / "run").rglob("*.ckpt"))


def test_a_checkpoint_never_holds_parameters_that_the_next_step_cannot_take(trainer, tmp_path):
    """A resumed round once diverged at once: its checkpoint was stored before negative values were
    cut.
    """
    trainer(steps=101, learning_rate=0.3).run()
    stored = torch.load(
        tmp_path / "run" / "round-0" / "checkpoints" / "last.ckpt", weights_only=True
    )["state_dict"]
    lowest = {
        name: float(stored[f"policy.core.{name}"].min())
        for name in ("w", "sensory_w", "gleak", "cm")
    }
    assert min(lowest.values()) == 0.0, (
        "the steps of this test are large enough that something was cut"
    )


def test_explicit_euler_that_runs_away_is_such_a_case(trainer, tiny, tmp_path):
    from dataclasses import replace

    made = trainer(steps=12, learning_rate=1e4)
    core = dict(tiny.core) | {
        "solver": {"kind": "euler", "steps": 1},
        "time_constant": [1e-6, 1e-5],
    }
    core.pop("unfolds")
    made.recipe = replace(made.recipe, policy=replace(tiny, core=core))
    with pytest.raises(UserError, match="diverged"):
        made.run()
    assert not (tmp_path / "run" / "round-0" / "model").exists()


def test_a_measurement_that_is_no_number_chooses_nothing(tiny):
    answers = iter(
        [{"command_error": float("nan")}, {"command_error": 0.5}, {"command_error": float("nan")}]
    )
    keep = KeepBest(
        lambda policy: next(answers), every=1, patience=3, steps=9, report=lambda line: None
    )

    class Loop:
        logger = None

    module = ImitationModule(Policy(tiny))
    for step in (1, 2, 3):
        keep._judge(Loop(), module, step)
    assert keep.chosen["step"] == 2


def test_a_policy_whose_weights_are_no_numbers_is_neither_saved_nor_loaded(tiny, tmp_path):
    policy = Policy(tiny)
    policy.save(tmp_path / "good", {})
    with torch.no_grad():
        policy.core.gleak[0] = float("inf")
    with pytest.raises(ModelError, match="core.gleak"):
        policy.save(tmp_path / "good", {})
    assert Policy.load(tmp_path / "good").core.gleak.isfinite().all(), (
        "the model of before is still there"
    )
    from safetensors.torch import load_file, save_file

    from liquid_nav.policy.model_folder import POLICY_CARD_NAME, WEIGHTS, sha256

    tensors = load_file(tmp_path / "good" / WEIGHTS)
    tensors["core.gleak"][0] = float("nan")
    save_file(tensors, tmp_path / "good" / WEIGHTS)
    (tmp_path / "good" / POLICY_CARD_NAME).write_text(
        json.dumps({"sha256": sha256(tmp_path / "good" / WEIGHTS)})
    )
    with pytest.raises(ModelError, match="core.gleak"):
        Policy.load(tmp_path / "good")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("learning_rate", 0.0),
        ("learning_rate", -1e-3),
        ("learning_rate", float("nan")),
        ("learning_rate", float("inf")),
        ("learning_rate", "fast"),
        ("steps", 0),
        ("steps", -5),
        ("steps", 2.5),
        ("flights", -1),
        ("flights", "many"),
        ("expert_share", "half"),
    ],
)
def test_numbers_that_cannot_be_learned_with_are_refused_at_start(key, value):
    with pytest.raises(RecipeError, match=f"recipe: {key} of a round|recipe: {key} is"):
        Round(**{"flights": 2, "steps": 3, "driver": "expert"} | {key: value})


@pytest.mark.parametrize("text", ["5e-4", "5E-4", "0.5e-3", "+5e-4", "0.0005"])
def test_numbers_in_any_spelling_are_read(tmp_path, text):
    """YAML 1.1 takes 5e-4 for a string; every other parser, for a number."""
    path = tmp_path / "recipe.yaml"
    path.write_text(
        f"rounds:\n  - {{driver: expert, flights: 1, steps: 2, learning_rate: {text}}}\n"
        "weight_decay: 1e-4\n"
    )
    recipe = load_recipe(path)
    assert recipe.rounds[0].learning_rate == 5e-4 and recipe.weight_decay == 1e-4
