"""The command from nothing to its page; resumed, extended, and repeated."""

import dataclasses
import json

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from liquid_nav.cli.app import app
from liquid_nav.comparison import ComparisonRun, PlanError, Question, load_plan, load_results
from liquid_nav.comparison.core_training import NOTES, CoreTask, train_core
from liquid_nav.comparison.features import compute_features, open_features
from liquid_nav.comparison.model_places import flown_model, model_place, plastic_copy
from liquid_nav.errors import UserError
from liquid_nav.learning import Shard
from liquid_nav.policy import Policy, PolicyConfig
from liquid_nav.types import Observation
from liquid_nav.vision import EncoderConfig


def compare(folder, plan, *more):
    arguments = ["compare", str(folder), "--plan", str(plan), "--workers", "2", *more]
    return CliRunner().invoke(app, arguments, catch_exceptions=False)


@pytest.fixture(scope="module")
def flown(tiny, tmp_path_factory):
    """A run of two entrants."""
    folder = tmp_path_factory.mktemp("comparison") / "run"
    done = compare(folder, tiny, "--entrant", "ltc_ncp", "--entrant", "gru", "--json")
    assert done.exit_code == 0, done.output
    return folder


def models(folder):
    return sorted(folder.glob("models/shared/*/*/*/*"))


@pytest.mark.slow
def test_it_trains_flies_and_writes_the_page(flown, plan):
    results = load_results(flown / "results_shared.json")
    assert list(results.entrants) == ["ltc_ncp", "gru"] and results.plan == plan.digest()
    assert set(results.claims) == {"ltc_ncp", "gru"}
    assert results.claims["gru"]["clean"] == results.claims["ltc_ncp"]["clean"] > 0.0
    assert results.claims["gru"]["missing"] > 0.0
    for question in ("summer", "half"):
        for name in ("ltc_ncp", "gru"):
            rows = results.outcomes[question][name]
            assert len(rows) == 2 and all(len(row) == 1 for row in rows)
    text = (flown / "comparison.md").read_text()
    assert "2 cores of equal size were trained 2 times each" in text
    assert (flown / "comparison.html").exists()
    alone = load_results(flown / "results_end_to_end.json")
    assert list(alone.entrants) == ["ltc_ncp", "gru"] and list(alone.outcomes) == ["summer"]
    assert "End to end: 2 cores of equal size were trained 1 times" in text
    # Both shares of the demonstrations, two trainings each.
    assert len(models(flown)) == 8
    notes = [json.loads((model / NOTES).read_text()) for model in models(flown)]
    assert all(0.95 * 5668 < one["parameters"] < 1.05 * 5668 for one in notes)
    assert not any(one["diverged"] for one in notes) and all(one["steps"] == 4 for one in notes)


@pytest.mark.slow
def test_the_data_is_from_the_expert_and_from_every_driver(flown, plan):
    shards = [flown / "encoder" / "round-0" / "data", flown / "mixture" / "gru" / "data"]
    seeds = [[seed for _, seed, *_ in Shard(folder).meta["flown"]] for folder in shards]
    assert seeds == [[7000, 7001], [7003]]
    assert not (flown / "mixture" / "ltc_ncp").exists()
    for folder in shards:
        place = flown / "features" / "-".join(folder.relative_to(flown).parts)
        looks, mirrored = open_features(place)
        assert mirrored and [len(look) for look in looks] == [len(Shard(folder).labels)] * 2


@pytest.mark.slow
def test_features_are_what_the_flying_encoder_sees(flown):
    """The first look shows every second flight as it was: the others are mirrored."""
    shard = Shard(flown / "encoder" / "round-0" / "data")
    looks, _ = open_features(flown / "features" / "encoder-round-0-data")
    encoder = Policy.load(models(flown)[0], "torch").encoder
    frame = np.array(shard.frames[3])
    seen = encoder(torch.from_numpy(frame[None]))[0].detach().numpy()
    clean, mirrored = (np.abs(look[3].astype(float) - seen).max() for look in looks)
    # Float16 resolves features to 1.2e-4 there.
    assert clean < 1.5e-4 and mirrored > 3 * clean


@pytest.mark.slow
def test_features_of_a_plain_encoder(flown, plan, tmp_path):
    layers = {"channels": (4,), "kernels": (5,), "strides": (3,)}
    small = EncoderConfig(height=45, width=80, features=6, **layers)
    torch.manual_seed(0)
    policy = Policy(PolicyConfig(encoder=small))
    policy.save(tmp_path / "model")
    folder = flown / "encoder" / "round-0" / "data"
    compute_features(folder, tmp_path / "model", plan.encoder, 2, tmp_path / "features")
    looks, mirrored = open_features(tmp_path / "features")
    frames = torch.from_numpy(np.array(Shard(folder).frames[:5]))
    seen = policy.encoder(frames).detach().numpy()
    assert mirrored and len(looks) == 2
    np.testing.assert_allclose(looks[0][:5].astype(float), seen, atol=2e-3)
    assert np.abs(looks[1][:5].astype(float) - seen).max() > 0.01


@pytest.mark.slow
def test_what_is_finished_is_not_done_again(flown, tiny):
    files = [*models(flown), *flown.rglob("*.jsonl"), *flown.rglob("look-*.npy")]
    before = {file: file.stat().st_mtime_ns for file in files if file.suffix != ".jsonl"}
    content = {file: file.read_bytes() for file in files if file.suffix == ".jsonl"}
    results = load_results(flown / "results_shared.json")
    again = compare(flown, tiny, "--entrant", "ltc_ncp", "--entrant", "gru")
    assert again.exit_code == 0 and "The page: " in again.output, again.output
    assert {file: file.stat().st_mtime_ns for file in before} == before
    assert {file: file.read_bytes() for file in content} == content
    # To the last measured time.
    assert load_results(flown / "results_shared.json") == results


@pytest.mark.slow
def test_one_more_entrant_is_flown_alone_against_the_stored_results(flown, tiny):
    results = load_results(flown / "results_shared.json")
    known = set(models(flown))
    done = compare(flown, tiny, "--entrant", "feedforward")
    assert done.exit_code == 0, done.output
    more = load_results(flown / "results_shared.json")
    assert list(more.entrants) == ["ltc_ncp", "gru", "feedforward"]
    assert more.outcomes["summer"]["gru"] == results.outcomes["summer"]["gru"]
    assert {model.parts[-4] for model in set(models(flown)) - known} == {"feedforward"}


@pytest.mark.slow
def test_end_to_end_the_head_learns_and_the_front_stays(flown):
    (model,) = flown.glob("models/end_to_end/gru/*/*/*")
    shared = Policy.load(flown / "encoder" / "round-0" / "model", "torch").encoder
    own = Policy.load(model, "torch").encoder
    for name, value in own.front.state_dict().items():
        assert torch.equal(value, shared.front.state_dict()[name]), name
    assert any(
        not torch.equal(value, shared.head.state_dict()[name])
        for name, value in own.head.state_dict().items()
    )
    cores = models(flown)
    assert all(
        torch.equal(value, shared.head.state_dict()[name])
        for name, value in Policy.load(cores[0], "torch").encoder.head.state_dict().items()
    )


def task_like(flown, plan, notes, out, **changes):
    """The training that has left ``notes``, into another folder."""
    shards = [
        flown / "encoder" / "round-0" / "data",
        *(flown / "mixture" / name / "data" for name in ("feedforward", "gru")),
    ]
    features = ["-".join(shard.relative_to(flown).parts) for shard in shards]
    task = CoreTask(
        entrant="gru",
        core=notes["core"],
        encoder=flown / "encoder" / "round-0" / "model",
        shards=tuple(shards),
        looks=tuple(flown / "features" / name for name in features),
        windows=plan.windows,
        steps=plan.shared.steps,
        learning_rate=notes["learning_rate"],
        training=notes["training"],
        out=out,
    )
    return dataclasses.replace(task, **changes)


@pytest.mark.slow
def test_a_training_can_be_repeated_to_the_last_bit(flown, plan, tmp_path):
    model = next(flown.glob("models/shared/gru/*/share-1/training-2"))
    notes = json.loads((model / NOTES).read_text())
    train_core(task_like(flown, plan, notes, tmp_path / "again"))
    weights = "weights.safetensors"
    assert (tmp_path / "again" / weights).read_bytes() == (model / weights).read_bytes()
    other = model.with_name("training-1") / weights
    assert (model / weights).read_bytes() != other.read_bytes()


@pytest.mark.slow
def test_a_training_that_diverges_is_noted_and_leaves_a_model(flown, plan, tmp_path):
    model = next(flown.glob("models/shared/gru/*/share-1/training-1"))
    notes = json.loads((model / NOTES).read_text())
    train_core(task_like(flown, plan, notes, tmp_path / "wild", learning_rate=1e38, steps=50))
    wild = json.loads((tmp_path / "wild" / NOTES).read_text())
    assert wild["diverged"] and wild["steps"] < 50
    assert Policy.load(tmp_path / "wild", "torch").core.state_size == notes["state"]


def test_where_synapses_are_plastic_the_copy_is_flown(tmp_path):
    model = model_place(tmp_path, "shared", "liquid_state", 0.002, 1.0, 3)
    model.mkdir(parents=True)
    (model / "config.json").write_text('{"core": {"kind": "liquid_state", "units": 20}}')
    where = (tmp_path, "shared")
    which = ("liquid_state", 0.002, 3)
    assert flown_model(*where, Question("summer", ""), *which) == model
    copy = flown_model(*where, Question("plastic", "", plastic=True), *which)
    assert json.loads((copy / "config.json").read_text())["core"]["plastic_synapses"] is True


def test_synapses_are_plastic_in_a_copy_of_the_model(tmp_path):
    layers = {"channels": (4,), "kernels": (5,), "strides": (3,)}
    small = EncoderConfig(height=24, width=32, features=6, **layers)
    torch.manual_seed(0)
    for kind in ("liquid_state", "gru"):
        Policy(PolicyConfig(encoder=small, core={"kind": kind, "units": 20})).save(tmp_path / kind)
    assert plastic_copy(tmp_path / "gru") == tmp_path / "gru"
    copy = plastic_copy(tmp_path / "liquid_state")
    assert plastic_copy(tmp_path / "liquid_state") == copy != tmp_path / "liquid_state"
    frame = np.random.default_rng(0).integers(0, 256, (24, 32, 3), dtype=np.uint8)
    plastic = []
    for folder in (tmp_path / "liquid_state", copy):
        policy = Policy.load(folder, "torch")
        state = policy.initial_state()
        for _ in range(5):
            _, state = policy.step(Observation(frame), state, 0.05)
        plastic.append(dict(state.plastic))
    assert plastic[0] == {}
    assert not torch.equal(plastic[1]["internal"][0], policy.core.internal)


def test_another_plan_in_the_same_folder_is_refused(tmp_path, tiny, other):
    ComparisonRun(load_plan(tiny), tmp_path)
    with pytest.raises(PlanError, match="was begun with another plan"):
        ComparisonRun(load_plan(other), tmp_path)


def test_an_unknown_entrant_is_refused_before_anything_is_done(tmp_path, tiny):
    with pytest.raises(UserError, match="unknown entrant 'gur'. choose one of: ltc_ncp"):
        ComparisonRun(load_plan(tiny), tmp_path).run(["gur"])
    assert {file.name for file in tmp_path.iterdir()} == {"plan.json"}
