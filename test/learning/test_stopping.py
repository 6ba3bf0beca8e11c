"""A round ends when nothing better comes, keeps its best model, and is interrupted without loss."""

import json
import signal
from concurrent.futures import Executor, Future

import numpy as np
import pytest
import torch
import yaml
from typer.testing import CliRunner

from liquid_nav.cli import app as cli
from liquid_nav.errors import UserError
from liquid_nav.evaluation.task import FlightSummary
from liquid_nav.learning import training
from liquid_nav.learning.cache import Shard, write_shard
from liquid_nav.learning.hardware import TrainingHardware
from liquid_nav.learning.imitation import ImitationModule
from liquid_nav.learning.recipe import Recipe, RecipeError, Round, Stop
from liquid_nav.learning.stopping import closed_loop, command_error, held_out_flights
from liquid_nav.learning.training import PolicyTrainer
from liquid_nav.learning.windows import WindowConfig
from liquid_nav.policy import Observation, Policy


@pytest.fixture
def data(flight, tmp_path):
    """A data set of ten recordings."""
    folder = tmp_path / "data"
    write_shard(folder, [flight(20 + i, i, "recorded") for i in range(10)])
    meta = json.loads((folder / "meta.json").read_text())
    meta["flown"] = [[f"bag{i}", 0, "recorded"] for i in range(10)]
    (folder / "meta.json").write_text(json.dumps(meta))
    return folder


@pytest.fixture
def recipe(tiny, data):
    def make(steps, **stop):
        return Recipe(
            (Round(0, steps),),
            policy=tiny,
            windows=WindowConfig(batch=2, steps=4),
            caches=(str(data),),
            stop=Stop(held_out=0.2, **stop),
        )

    return make


def scripted(monkeypatch, errors):
    """Let the held-out error be what a list gives, and keep the weights that were measured."""
    left, seen = list(errors), []

    def measure(policy):
        assert not policy.training
        seen.append({name: value.clone() for name, value in policy.state_dict().items()})
        return {"command_error": left.pop(0)}

    monkeypatch.setattr(training, "command_error", lambda *_: measure)
    return seen


def test_it_ends_without_improvement_and_keeps_the_best(recipe, tmp_path, monkeypatch):
    seen = scripted(monkeypatch, [0.5, 0.3, 0.4, 0.3, 0.1])
    model = PolicyTrainer(
        recipe(40, every=2, patience=2), tmp_path / "run", report=lambda line: None
    ).run()
    assert len(seen) == 4, "steps 2, 4, 6 and 8"
    weights = Policy.load(model).state_dict()
    assert all(torch.equal(weights[name], seen[1][name]) for name in weights)
    assert not all(torch.equal(weights[name], seen[3][name]) for name in weights)
    (card,) = json.loads((model / "card.json").read_text())["training"]["rounds"]
    assert card["chosen_step"] == 4
    assert card["measured"][-1] == {"step": 8, "command_error": 0.3}


def test_it_remembers_over_an_interruption(recipe, tmp_path, monkeypatch):
    seen = scripted(monkeypatch, [0.5, 0.2, 0.4])
    after = ImitationModule.on_train_batch_end

    def fail(self, *args):
        if self.global_step == 105:
            raise RuntimeError("the power fails")
        after(self, *args)

    trainer = PolicyTrainer(recipe(110, every=50), tmp_path / "run", report=lambda line: None)
    monkeypatch.setattr(ImitationModule, "on_train_batch_end", fail)
    with pytest.raises(RuntimeError, match="the power fails"):
        trainer.run()
    monkeypatch.setattr(ImitationModule, "on_train_batch_end", after)
    model = trainer.run()
    (card,) = json.loads((model / "card.json").read_text())["training"]["rounds"]
    assert [entry["step"] for entry in card["measured"]] == [50, 100, 110] and card[
        "chosen_step"
    ] == 100
    assert torch.equal(Policy.load(model).state_dict()["core.cm"], seen[1]["core.cm"])


def test_whole_recordings_are_held_out_and_always_the_same(data):
    held = held_out_flights([data], 0.3, seed=1)
    assert len(held) == 3 and held == held_out_flights([data], 0.3, seed=1)
    assert held != held_out_flights([data], 0.3, seed=2)
    meta = json.loads((data / "meta.json").read_text())
    meta["flown"] = [[f"bag{i // 5}", i % 5, "recorded"] for i in range(10)]
    (data / "meta.json").write_text(json.dumps(meta))
    assert held_out_flights([data], 0.1, seed=1) in (
        [(0, i) for i in range(5)],
        [(0, i) for i in range(5, 10)],
    )
    meta["flown"] = [["bag", i, "recorded"] for i in range(10)]
    (data / "meta.json").write_text(json.dumps(meta))
    with pytest.raises(RecipeError, match="two recordings"):
        held_out_flights([data], 0.1, seed=1)


def test_the_command_error_is_that_of_stepping_through_the_flights(data, tiny):
    torch.manual_seed(3)
    policy, shard, squares = Policy(tiny).eval(), Shard(data), []
    for flight in (2, 7):
        state, begin = policy.initial_state(), int(shard.begins[flight])
        for row in range(begin, begin + int(shard.lengths[flight])):
            decision, state = policy.step(
                Observation(np.array(shard.frames[row])), state, float(shard.elapsed[row])
            )
            squares.append(
                ((decision.command.as_array() - shard.labels[row]) / policy.scale.numpy()) ** 2
            )
    with torch.no_grad():
        found = command_error([data], [(0, 2), (0, 7)])(policy)
    assert found["command_error"] == pytest.approx(np.sqrt(np.mean(squares)), rel=1e-3)


class Inline(Executor):
    """Notes the tasks; flights on even seeds succeed."""

    def __init__(self):
        self.tasks = []

    def submit(self, function, task):
        self.tasks.append(task)
        future = Future()
        future.set_result(
            FlightSummary(
                "candidate",
                task.scenario.name,
                task.condition.name,
                task.seed,
                task.seed % 2 == 0,
                "",
                "",
                5.0,
                float(task.seed - 10_000),
                10,
                "",
            )
        )
        return future


def test_closed_loop_flies_the_seeds_over_the_scenarios_in_turn(tiny, tmp_path):
    recipe = Recipe((Round(1, 1, "expert"),), policy=tiny, stop=Stop(seeds="10000:10005"))
    pool, policy = Inline(), Policy(tiny)
    found = closed_loop(recipe, tmp_path / "candidate", pool)(policy)
    assert found == {"success": 0.6, "final_distance": 2.0}
    assert [(task.scenario.name, task.seed) for task in pool.tasks] == [
        ("forest", 10000),
        ("field", 10001),
        ("forest", 10002),
        ("field", 10003),
        ("forest", 10004),
    ]
    flown = Policy.load(pool.tasks[0].pilot.source).state_dict()
    assert all(torch.equal(value, flown[name]) for name, value in policy.state_dict().items())


def test_ctrl_c_is_exit_code_130_and_prints_how_to_go_on(data, tiny, tmp_path, monkeypatch):
    path = tmp_path / "recipe.yaml"
    path.write_text(
        yaml.safe_dump(
            {
                "rounds": [{"flights": 0, "steps": 9}],
                "caches": [str(data)],
                "windows": {"batch": 2, "steps": 4},
                "policy": json.loads(json.dumps(tiny.to_dict())),
            }
        )
    )
    before = signal.getsignal(signal.SIGINT)

    def press(self, *args):
        raise KeyboardInterrupt

    monkeypatch.setattr(ImitationModule, "on_train_batch_end", press)
    result = CliRunner().invoke(
        cli.app, ["train", "--recipe", str(path), "--out", str(tmp_path / "run")]
    )
    assert result.exit_code == 130
    assert "the same command goes on" in result.stderr
    assert signal.getsignal(signal.SIGINT) is before


def test_hardware_that_is_not_there_is_one_line(data, tiny, tmp_path):
    recipe = Recipe(
        (Round(0, 2),), policy=tiny, caches=(str(data),), windows=WindowConfig(batch=2, steps=4)
    )
    hardware = TrainingHardware(strategy="telepathy")
    with pytest.raises(UserError, match="telepathy"):
        PolicyTrainer(recipe, tmp_path / "run", hardware=hardware).run()
