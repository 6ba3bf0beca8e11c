"""A recipe is followed to its end, and after an interruption only what is missing is done."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from liquid_nav.learning import training
from liquid_nav.learning.cache import Shard, write_shard
from liquid_nav.learning.hardware import TrainingHardware, bfloat16_is_fast
from liquid_nav.learning.imitation import ImitationModule
from liquid_nav.learning.recipe import Recipe, RecipeError, Round
from liquid_nav.learning.seen import HEAD, load_head
from liquid_nav.learning.training import PolicyTrainer
from liquid_nav.learning.windows import WindowConfig
from liquid_nav.policy import Observation, Policy


@pytest.fixture
def recipe(tiny):
    def make(*rounds):
        return Recipe(
            rounds,
            scenarios=("forest",),
            shares=(1.0,),
            first_seed=7,
            frame_rate=(6.0, 6.0),
            policy=tiny,
            windows=WindowConfig(batch=2, steps=4),
        )

    return make


def contents(folder):
    """Everything in a folder with the time of its last change."""
    return {p.relative_to(folder): p.stat().st_mtime_ns for p in folder.rglob("*") if p.is_file()}


def test_rounds_never_share_a_seed_and_are_always_the_same(recipe, tmp_path):
    trainer = PolicyTrainer(
        recipe(Round(30, 2, "expert"), Round(20, 2), Round(10, 2, expert_share=0.3)), tmp_path
    )
    rounds = [trainer.tasks(i, tmp_path / "model") for i in range(3)]
    assert [task.seed for tasks in rounds for task in tasks] == list(range(7, 67))
    assert [tasks[0].driver for tasks in rounds] == [
        "expert",
        str(tmp_path / "model"),
        str(tmp_path / "model"),
    ]
    assert rounds[2][0].expert_share == 0.3 and rounds[2][0].height == 24
    assert rounds == [trainer.tasks(i, tmp_path / "model") for i in range(3)]


def test_scenarios_are_drawn_by_their_shares(tiny, tmp_path):
    recipe = Recipe((Round(400, 1, "expert"),), shares=(3.0, 1.0), policy=tiny)
    names = [task.scenario.name for task in PolicyTrainer(recipe, tmp_path).tasks(0, None)]
    assert names.count("forest") == pytest.approx(300, abs=30) and set(names) == {"forest", "field"}


def test_a_training_that_starts_from_a_model_goes_on_with_its_head(recipe, flight, tmp_path):
    """A head decodes what the encoder has to predict; a new one would spoil a trained encoder."""
    flights = [flight(40, 0), flight(30, 1)]
    for name in ("first", "second"):
        write_shard(tmp_path / name / "round-0" / "data", flights)
    model = PolicyTrainer(
        recipe(Round(2, 3, "expert")), tmp_path / "first", report=lambda line: None
    ).run()
    slow = replace(recipe(Round(2, 1, "expert", learning_rate=1e-9)), start=str(model))
    later = PolicyTrainer(slow, tmp_path / "second", report=lambda line: None).run()
    torch.testing.assert_close(
        load_head(later).weight, load_head(model).weight, rtol=0.0, atol=1e-6
    )
    assert (later / HEAD).stat().st_mode & 0o777 == 0o644


def test_a_start_that_takes_other_images_is_refused_before_anything_is_flown(
    recipe, tiny, flight, tmp_path
):
    """Flights are collected in the size of the recipe's encoder; those of a data set are checked
    when they are read.
    """
    Policy(tiny).save(tmp_path / "model", {})
    wide = replace(tiny, encoder=replace(tiny.encoder, width=48))
    flown = replace(recipe(Round(2, 3, "expert")), start=str(tmp_path / "model"), policy=wide)
    with pytest.raises(RecipeError, match="takes images of 32 x 24 .* 48 x 24"):
        PolicyTrainer(flown, tmp_path / "run", report=lambda line: None).run()
    assert not (tmp_path / "run").exists()
    write_shard(tmp_path / "data", [flight(40, 0)])
    recorded = replace(flown, rounds=(Round(0, 1),), caches=(str(tmp_path / "data"),))
    PolicyTrainer(recorded, tmp_path / "run", report=lambda line: None).run()


def test_learning_goes_on_from_the_last_checkpoint(recipe, flight, tmp_path, monkeypatch):
    """Interrupted in step 105 of 110: ten steps from the checkpoint of step 100 are left, on the
    batches of then.
    """
    write_shard(tmp_path / "round-0" / "data", [flight(40, 0), flight(30, 1)])
    trainer = PolicyTrainer(recipe(Round(2, 110, "expert")), tmp_path, report=lambda line: None)
    done, seen, after = [], [], ImitationModule.on_train_batch_end

    def count(self, *args):
        done.append(self.global_step)
        seen.append(args[1]["elapsed"])
        if len(done) == 105:
            raise RuntimeError("the power fails")
        after(self, *args)

    monkeypatch.setattr(ImitationModule, "on_train_batch_end", count)
    with pytest.raises(RuntimeError, match="the power fails"):
        trainer.run()
    assert not (tmp_path / "round-0" / "model").exists()
    model = trainer.run()
    assert done[105:] == list(range(101, 111))
    assert all(torch.equal(a, b) for a, b in zip(seen[100:105], seen[105:110], strict=True))
    assert Policy.load(model).card["training"]["seeds"] == "7:9"


def test_a_finished_round_is_not_done_again(recipe, flight, tmp_path, monkeypatch):
    write_shard(tmp_path / "round-0" / "data", [flight(40, 0), flight(30, 1)])
    one = recipe(Round(2, 3, "expert"))
    PolicyTrainer(one, tmp_path, report=lambda line: None).run()
    before = contents(tmp_path)
    monkeypatch.setattr(training, "process_pool", None)
    monkeypatch.setattr(training.lightning, "Trainer", None)
    assert PolicyTrainer(one, tmp_path).run() == tmp_path / "round-0" / "model"
    assert contents(tmp_path) == before


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_rounds_from_flights_to_a_model_that_flies(recipe, tmp_path):
    lines = []
    rounds = Round(2, 3, "expert", disturbed=1.0), Round(1, 2, "policy", expert_share=0.5)
    PolicyTrainer(recipe(rounds[0]), tmp_path, workers=1, report=lines.append).run()
    first = contents(tmp_path / "round-0")
    model = PolicyTrainer(recipe(*rounds), tmp_path, workers=1, report=lines.append).run()
    assert contents(tmp_path / "round-0") == first, "the second run goes on where the first ended"
    assert model == tmp_path / "round-1" / "model"

    shards = [Shard(tmp_path / f"round-{i}" / "data") for i in range(2)]
    assert [[seed for _, seed, _ in shard.meta["flown"]] for shard in shards] == [[7, 8], [9]]
    for shard in shards:
        frames = int(shard.lengths.sum())
        assert shard.labels.shape == (frames, 4) and np.isfinite(shard.labels).all()
        assert np.abs(shard.labels[:, :2]).max() < 2.5 and np.isfinite(shard.auxiliary).all()
        np.testing.assert_allclose(shard.elapsed, 1 / 6, atol=0.005)
        assert len(np.unique(shard.frames[:frames:10].reshape(-1, 24 * 32 * 3), axis=0)) > 5, (
            "the picture changes"
        )

    card = json.loads((model / "card.json").read_text())["training"]
    assert card["seeds"] == "7:10" and [r["steps"] for r in card["rounds"]] == [3, 2]
    assert [r["frames"] for r in card["rounds"]] == [int(s.lengths.sum()) for s in shards]
    assert len(lines) == 4 and all("\n" not in line for line in lines)
    policy = Policy.load(model)
    decision, _ = policy.step(
        Observation(np.zeros((144, 256, 3), np.uint8)), policy.initial_state(), 1 / 6
    )
    assert decision.command.is_finite()


@pytest.mark.parametrize(
    ("device", "reported", "fast"),
    [
        ("cpu", {"avx2": True, "avx512_f": True}, False),
        ("cpu", {"avx512_bf16": True}, True),
        ("cpu", {"amx_bf16": True}, True),
        ("cuda", {}, True),
    ],
)
def test_a_processor_that_only_imitates_bfloat16_does_not_learn_in_it(
    monkeypatch, device, reported, fast
):
    """Also where a GPU is there and left alone (``--accelerator cpu``)."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: reported, raising=False)
    assert bfloat16_is_fast(TrainingHardware({"cuda": "gpu"}.get(device, device)).device()) is fast


def test_a_torch_without_that_query_learns_in_single_precision(monkeypatch):
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert bfloat16_is_fast(torch.device("cpu")) is False
